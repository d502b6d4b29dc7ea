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
from .grid import Grid
from .growth.grow import grow_lithium
from .growth.growth_run import GrowthRun
from .growth.model import GrowthModel, tip_height
from .growth.schedule import ConstantCurrent, ConstantPotential, Cycle, Rest, plate, strip
from .growth.start import Start
from .layers.initial_lithium import needles
from .layers.microstructure import Microstructure
from .layers.named_layers import LAYERS, build_layer
from .layers.packing import LognormalRadii, NormalRadii
from .layers.particles import Particle
from .mechanics.effective_modulus import effective_modulus
from .mechanics.elasticity import cell_strain
from .mechanics.static_stress import static_stress
from .paper.presets import PUBLISHED_MODEL
from .parameters import InterfaceParameters
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
    "LARGEST_RATIO",
    "LAYERS",
    "PUBLISHED_MODEL",
    "ZONE_DEPTH",
    "Charge",
    "ConstantCurrent",
    "ConstantPotential",
    "Contact",
    "Cycle",
    "DesignSettings",
    "Difference",
    "Front",
    "Grid",
    "GrowthModel",
    "GrowthRun",
    "InterfaceParameters",
    "LognormalRadii",
    "Microstructure",
    "Moment",
    "NormalRadii",
    "Numerics",
    "Particle",
    "Rest",
    "Start",
    "backward_difference",
    "build_layer",
    "cell_strain",
    "design_point",
    "effective_modulus",
    "export_vtk",
    "extrapolate",
    "grow_lithium",
    "judge",
    "load_fields",
    "local_error",
    "needles",
    "next_length",
    "plate",
    "plot_cell",
    "plot_design_map",
    "plot_growth",
    "plot_growth_overview",
    "plot_interface_stress",
    "plot_multiphase",
    "plot_packing",
    "plot_stress_overview",
    "plot_volume",
    "solve_elastic",
    "solve_scalar",
    "static_stress",
    "strip",
    "switch",
    "switch_slope",
    "tip_height",
    "write_movie",
]
