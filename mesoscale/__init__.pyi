from .field_files import load_fields
from .grid import Grid
from .growth.model import GrowthModel
from .growth.time_step import Numerics
from .layers.initial_lithium import needles
from .layers.microstructure import Microstructure
from .layers.packing import LognormalRadii, NormalRadii
from .layers.particles import Particle
from .mechanics.effective_modulus import effective_modulus
from .mechanics.static_stress import static_stress
from .parameters import InterfaceParameters
from .pictures.design_map import plot_design_map
from .pictures.movies import write_movie
from .pictures.overviews import plot_growth_overview, plot_stress_overview
from .pictures.plotting import plot_growth, plot_interface_stress, plot_multiphase
from .pictures.volumes import plot_packing, plot_volume
from .pictures.vtk import export_vtk
from .verdict.contact import Contact
from .verdict.verdict import judge

__all__ = [
    "Contact",
    "Grid",
    "GrowthModel",
    "InterfaceParameters",
    "LognormalRadii",
    "Microstructure",
    "NormalRadii",
    "Numerics",
    "Particle",
    "effective_modulus",
    "export_vtk",
    "judge",
    "load_fields",
    "needles",
    "plot_design_map",
    "plot_growth",
    "plot_growth_overview",
    "plot_interface_stress",
    "plot_multiphase",
    "plot_packing",
    "plot_stress_overview",
    "plot_volume",
    "static_stress",
    "write_movie",
]
