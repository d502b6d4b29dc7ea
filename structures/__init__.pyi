from .cluster_expansion.closed_loop import learn_orderings
from .cluster_expansion.documents import learned_document
from .lowest.documents import orderings_document
from .lowest.monte_carlo import anneal_orderings
from .orderings.counting import count_orderings
from .orderings.lowest import lowest_orderings
from .orderings.orderings import enumerate_orderings
from .orderings.sampling import sample_orderings
from .parents.by_name import parent_named
from .parents.cif import parent_from_cif
from .parents.from_structure import parent_from_structure
from .parents.parents import Parent, parent_cell
from .relaxation.elastic_constants import elastic_constants
from .relaxation.force_fields import FORCE_FIELDS, ForceField, load_force_field
from .relaxation.minimisation import largest_force, minimise
from .relaxation.relaxation import DEFAULT_TOLERANCES, relax, relax_all, relax_each

__all__ = [
    "DEFAULT_TOLERANCES",
    "FORCE_FIELDS",
    "ForceField",
    "Parent",
    "anneal_orderings",
    "count_orderings",
    "elastic_constants",
    "enumerate_orderings",
    "largest_force",
    "learn_orderings",
    "learned_document",
    "load_force_field",
    "lowest_orderings",
    "minimise",
    "orderings_document",
    "parent_cell",
    "parent_from_cif",
    "parent_from_structure",
    "parent_named",
    "relax",
    "relax_all",
    "relax_each",
    "sample_orderings",
]
