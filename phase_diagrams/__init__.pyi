from .diagram import ConstrainedPhaseDiagram
from .electrolyte_interfaces import interface_scan
from .entries.bundled import bundled_catalogue, bundled_structure, bundled_structures, bundled_text
from .entries.entry_sets import electrolyte_entries
from .entries.sources import competing_entries, read_entries, with_experimental_volumes
from .layers import rank_layers, screen_layer
from .phases import as_electrolyte, parse_formula
from .rules import MechanicalRules, Sampling
from .uncertainty.sampling import sample_uncertainty

__all__ = [
    "ConstrainedPhaseDiagram",
    "MechanicalRules",
    "Sampling",
    "as_electrolyte",
    "bundled_catalogue",
    "bundled_structure",
    "bundled_structures",
    "bundled_text",
    "competing_entries",
    "electrolyte_entries",
    "interface_scan",
    "parse_formula",
    "rank_layers",
    "read_entries",
    "sample_uncertainty",
    "screen_layer",
    "with_experimental_volumes",
]
