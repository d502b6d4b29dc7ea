from .orderings.counting import count_orderings
from .orderings.lowest import lowest_orderings
from .orderings.orderings import enumerate_orderings
from .orderings.sampling import sample_orderings
from .parents.by_name import parent_named
from .parents.cif import parent_from_cif
from .parents.from_structure import parent_from_structure
from .parents.parents import Parent, parent_cell
from .relaxation.elastic_constants import elastic_constants
from .relaxation.force_fields import ForceField, load_force_field
from .relaxation.relaxation import relax

__all__ = [
    "ForceField",
    "Parent",
    "count_orderings",
    "elastic_constants",
    "enumerate_orderings",
    "load_force_field",
    "lowest_orderings",
    "parent_cell",
    "parent_from_cif",
    "parent_from_structure",
    "parent_named",
    "relax",
    "sample_orderings",
]
