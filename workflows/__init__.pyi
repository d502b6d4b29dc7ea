from .makers.chain import SelfLimitMaker
from .makers.electrolyte_interface import ElectrolyteInterfaceMaker
from .makers.interface import InterfaceMaker
from .makers.orderings import LearnedOrderingsMaker, OrderingMaker
from .makers.phase_diagram import PhaseDiagramMaker
from .makers.preset import PresetMaker, decomposition_of, grow_preset, preset_parameters
from .makers.relaxation import ForceFieldElasticMaker, ForceFieldRelaxMaker, StagedRelaxMaker
from .makers.screening import ScreenedRelaxMaker
from .makers.vasp import VaspRelaxMaker
from .makers.verdicts import ArrestMaker, ArrestMapMaker, DesignMapMaker
from .stores.files import write_files
from .stores.opening import open_store
from .stores.results import iter_results, results

__all__ = [
    "ArrestMaker",
    "ArrestMapMaker",
    "DesignMapMaker",
    "ElectrolyteInterfaceMaker",
    "ForceFieldElasticMaker",
    "ForceFieldRelaxMaker",
    "InterfaceMaker",
    "LearnedOrderingsMaker",
    "OrderingMaker",
    "PhaseDiagramMaker",
    "PresetMaker",
    "ScreenedRelaxMaker",
    "SelfLimitMaker",
    "StagedRelaxMaker",
    "VaspRelaxMaker",
    "decomposition_of",
    "grow_preset",
    "iter_results",
    "open_store",
    "preset_parameters",
    "results",
    "write_files",
]
