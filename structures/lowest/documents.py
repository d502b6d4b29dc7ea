"""The lowest orderings of a cell as a document.

Few orderings are all searched through. More are annealed and proven by branch and bound. Where that does not end in
time, all are searched through after all, or, if an annealing was asked for, the annealed ones are given with a bound.
"""

from pathlib import Path

from selflimit.documents import OrderingDoc, OrderingsDoc, PoolDoc
from selflimit.progress import Progress, silent
from selflimit.structures.lowest.monte_carlo import anneal_orderings
from selflimit.structures.orderings.cell_choice import CellChoice
from selflimit.structures.orderings.cells import DisorderedCell, lay_out
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.lowest import MOST_SEARCHED, RankedOrdering, lowest_orderings
from selflimit.structures.orderings.search_cost import check_size
from selflimit.structures.parents.parents import Parent

MOST_WALKED = 10_000_000
"""Distinct orderings that are searched through at once, in seconds; of more, branch and bound is tried first."""

MOST_PROVEN = 10**15
"""Distinct orderings of which a proof is tried: with more it has never ended in time."""


def orderings_document(
    parent: Parent,
    cell: CellChoice = "primitive",
    keep: int = 10,
    progress: Progress = silent,
    checkpoint: Path | None = None,
    anneal: int = 0,
) -> OrderingsDoc:
    """Count the orderings of ``parent`` in ``cell``, find those of lowest electrostatic energy, and document them.

    Parameters
    ----------
    parent
        The disordered crystal, with formal charges.
    cell
        As in :func:`selflimit.structures.orderings.cells.lay_out`.
    keep, progress, checkpoint
        As in :func:`selflimit.structures.orderings.lowest.lowest_orderings`.
    anneal
        Seed of an annealing whose result is taken even where it cannot be proven; 0: the lowest ones, proven.

    Raises
    ------
    InputError
        A cell or composition that does not fit, too many orderings, or ``keep`` below 1.
    """
    return lowest_document(lay_out(parent, cell), keep, None, progress, checkpoint, anneal)


def lowest_document(
    cell: DisorderedCell,
    keep: int,
    most: int | None = None,
    progress: Progress = silent,
    checkpoint: Path | None = None,
    anneal: int = 0,
    superperiodic: bool = True,
) -> OrderingsDoc:
    """:func:`orderings_document` of a cell that is laid out.

    Parameters
    ----------
    cell, keep, progress, checkpoint, superperiodic
        As in :func:`selflimit.structures.orderings.lowest.lowest_orderings`.
    most
        Refuse more distinct orderings than this. Default: ``MOST_PROVEN``, and ``MOST_SEARCHED`` without a proof.
    anneal
        As in :func:`orderings_document`.
    """
    count = count_in(cell)
    progress(0.0, f"{count.raw:,} orderings, {count.distinct:,} symmetry-distinct")
    check_size(cell.parent, count.distinct, count.distinct if anneal else most or MOST_PROVEN, len(cell.permutations))
    if anneal or count.distinct > MOST_WALKED:
        found = anneal_orderings(cell, keep, anneal or 1, progress=progress, superperiodic=superperiodic)
        if anneal or found.is_proven:
            return _documented(cell, found.orderings, None if found.is_proven else found.bound)
    limit = most or MOST_SEARCHED
    ranked = lowest_orderings(
        cell, keep, most=limit, progress=progress, checkpoint=checkpoint, superperiodic=superperiodic
    )
    return _documented(cell, ranked, None)


def _documented(cell: DisorderedCell, ranked: list[RankedOrdering], bound: float | None) -> OrderingsDoc:
    count = count_in(cell)
    return OrderingsDoc(
        parent=cell.parent.name,
        parent_source=cell.parent.source,
        notes=list(cell.parent.notes),
        formula=cell.composition.element_composition.reduced_formula,
        cell=cell.name,
        exclude_within=cell.parent.exclude_within,
        charges=cell.parent.charges,
        pools=[
            PoolDoc(
                sites=list(pool.labels), atoms=dict(zip(pool.species, pool.counts, strict=True)), deviations=changes
            )
            for pool, changes in zip(cell.pools, cell.deviations, strict=True)
        ],
        raw_count=count.raw,
        distinct_count=count.distinct,
        lower_bound=bound,
        orderings=[
            OrderingDoc(
                structure=one.ordering.structure(), degeneracy=one.ordering.degeneracy, electrostatic_energy=one.energy
            )
            for one in ranked
        ],
    )
