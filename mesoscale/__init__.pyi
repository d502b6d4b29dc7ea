from .arrest.arrest import ArrestSettings, judge_arrest
from .arrest.arrest_map import ArrestMapSettings, channel_designs, collect_designs, judge_design
from .arrest.arrival import arrival_charge, crack_depth, foil_share
from .arrest.channel import ChannelLayer
from .arrest.channel_balance import ChannelState, solve_channels
from .arrest.creep import (
    LITHIUM_CREEP,
    Creep,
    plug_pressure,
    plug_speed,
    plug_wall_stress,
    relaxation_rate,
    relaxed_pressure,
)
from .arrest.drawn_channels import draw_widths
from .arrest.filling import Filling, fill_channels
from .arrest.film import film_current, film_thickness, swelling_pressure
from .arrest.kinetics import charge_transfer_overpotential, charge_transfer_resistance, deposition_current
from .arrest.known_ranges import ELECTRONIC_CONDUCTIVITY, KNOWN_RANGES
from .arrest.stall import (
    crack_pressure,
    critical_current,
    critical_slot_width,
    extrusion_current,
    extrusion_number,
    extrusion_stress,
    leak_current,
    stall_pressure,
    tip_pressure,
)
from .bridge import ReactionPerCharge, reaction_per_charge
from .equations.electrochemistry import Charge, switch, switch_slope
from .equations.front import Front
from .equations.numerics import Numerics
from .equations.step_length import (
    LARGEST_RATIO,
    Difference,
    Moment,
    backward_difference,
    extrapolate,
    local_error,
    next_length,
)
from .field_files import load_fields
from .flow.settings import FixedReaction, LithiumFlow, ProductFilm
from .grid import Grid
from .growth.description import tip_height
from .growth.grow import grow_lithium
from .growth.growth_run import GrowthRun
from .growth.model import GrowthModel
from .growth.schedule import ConstantCurrent, ConstantPotential, Cycle, Rest, plate, strip
from .growth.shape import LithiumShape, measure_shape
from .growth.start import Start
from .layers.grains import add_grains
from .layers.initial_lithium import needles
from .layers.microstructure import Microstructure
from .layers.named_layers import LAYERS, build_layer
from .layers.packing import LognormalRadii, NormalRadii
from .layers.particles import Particle
from .mechanics.effective_modulus import effective_modulus
from .mechanics.elasticity import cell_strain
from .mechanics.static_stress import static_stress
from .paper.comparison import compare_growth, compare_stress
from .paper.histories import GrowthHistory
from .paper.presets import Preset
from .paper.simulations import PRESETS, PUBLISHED_EQUATIONS, PUBLISHED_MODEL, find_preset
from .parameters import InterfaceParameters
from .pictures.arrest_map import plot_arrest_map
from .pictures.contacts import plot_contacts
from .pictures.design_map import plot_design_map
from .pictures.movies import write_movie
from .pictures.overviews import plot_growth_overview, plot_stress_overview
from .pictures.plotting import plot_cell, plot_growth, plot_interface_stress, plot_multiphase
from .pictures.volumes import plot_packing, plot_volume
from .pictures.vtk import export_vtk
from .solver.solve import solve_elastic, solve_scalar
from .verdict.contact import Contact
from .verdict.design_map import DesignSettings, design_point
from .verdict.verdict import ZONE_DEPTH, judge

__all__ = [
    "ELECTRONIC_CONDUCTIVITY",
    "KNOWN_RANGES",
    "LARGEST_RATIO",
    "LAYERS",
    "LITHIUM_CREEP",
    "PRESETS",
    "PUBLISHED_EQUATIONS",
    "PUBLISHED_MODEL",
    "ZONE_DEPTH",
    "ArrestMapSettings",
    "ArrestSettings",
    "ChannelLayer",
    "ChannelState",
    "Charge",
    "ConstantCurrent",
    "ConstantPotential",
    "Contact",
    "Creep",
    "Cycle",
    "DesignSettings",
    "Difference",
    "Filling",
    "FixedReaction",
    "Front",
    "Grid",
    "GrowthHistory",
    "GrowthModel",
    "GrowthRun",
    "InterfaceParameters",
    "LithiumFlow",
    "LithiumShape",
    "LognormalRadii",
    "Microstructure",
    "Moment",
    "NormalRadii",
    "Numerics",
    "Particle",
    "Preset",
    "ProductFilm",
    "ReactionPerCharge",
    "Rest",
    "Start",
    "add_grains",
    "arrival_charge",
    "backward_difference",
    "build_layer",
    "cell_strain",
    "channel_designs",
    "charge_transfer_overpotential",
    "charge_transfer_resistance",
    "collect_designs",
    "compare_growth",
    "compare_stress",
    "crack_depth",
    "crack_pressure",
    "critical_current",
    "critical_slot_width",
    "deposition_current",
    "design_point",
    "draw_widths",
    "effective_modulus",
    "export_vtk",
    "extrapolate",
    "extrusion_current",
    "extrusion_number",
    "extrusion_stress",
    "fill_channels",
    "film_current",
    "film_thickness",
    "find_preset",
    "foil_share",
    "grow_lithium",
    "judge",
    "judge_arrest",
    "judge_design",
    "leak_current",
    "load_fields",
    "local_error",
    "measure_shape",
    "needles",
    "next_length",
    "plate",
    "plot_arrest_map",
    "plot_cell",
    "plot_contacts",
    "plot_design_map",
    "plot_growth",
    "plot_growth_overview",
    "plot_interface_stress",
    "plot_multiphase",
    "plot_packing",
    "plot_stress_overview",
    "plot_volume",
    "plug_pressure",
    "plug_speed",
    "plug_wall_stress",
    "reaction_per_charge",
    "relaxation_rate",
    "relaxed_pressure",
    "solve_channels",
    "solve_elastic",
    "solve_scalar",
    "stall_pressure",
    "static_stress",
    "strip",
    "swelling_pressure",
    "switch",
    "switch_slope",
    "tip_height",
    "tip_pressure",
    "write_movie",
]
