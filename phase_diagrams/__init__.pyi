from .diagram import ConstrainedPhaseDiagram
from .electrolyte_interfaces import interface_scan
from .entries.entry_sets import electrolyte_entries
from .entries.sources import competing_entries, read_entries, with_experimental_volumes
from .uncertainty.sampling import sample_uncertainty

__all__ = [
    "ConstrainedPhaseDiagram",
    "competing_entries",
    "electrolyte_entries",
    "interface_scan",
    "read_entries",
    "sample_uncertainty",
    "with_experimental_volumes",
]
