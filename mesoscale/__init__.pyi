from .field_files import load_fields
from .grid import Grid
from .growth.model import GrowthModel
from .growth.time_step import Numerics
from .layers.microstructure import Microstructure
from .mechanics.effective_modulus import effective_modulus
from .mechanics.static_stress import static_stress
from .parameters import InterfaceParameters
from .pictures.vtk import export_vtk
from .verdict.verdict import judge

__all__ = [
    "Grid",
    "GrowthModel",
    "InterfaceParameters",
    "Microstructure",
    "Numerics",
    "effective_modulus",
    "export_vtk",
    "judge",
    "load_fields",
    "static_stress",
]
