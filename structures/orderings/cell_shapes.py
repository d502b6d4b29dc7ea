"""Orderings in every cell shape up to a size: the crystals of a composition, whatever their cell."""

from collections.abc import Iterator, Sequence

from selflimit.errors import InputError
from selflimit.progress import Progress, silent
from selflimit.structures.orderings.cells import DisorderedCell, cells_of_size, fitting_sizes
from selflimit.structures.orderings.counting import OrderingCount, count_in
from selflimit.structures.orderings.orderings import (
    MOST_ENUMERATED,
    OrderingBlock,
    check_size,
    enumerate_in,
    with_progress,
)
from selflimit.structures.parents.parents import Parent


def cells_up_to(parent: Parent, n_cells: int) -> list[DisorderedCell]:
    """Every shape of 1 to ``n_cells`` primitive cells in which the composition is whole atoms, equivalent shapes once.

    Raises
    ------
    InputError
        ``n_cells`` below 1, or no size up to it that fits.
    """
    if n_cells < 1:
        raise InputError(f"expected at least 1 primitive cell, got {n_cells}")
    sizes = fitting_sizes(parent, n_cells)
    if not sizes:
        cells_of_size(parent, n_cells)  # raises: says what does not fit, and which sizes do
    return [cell for size in sizes for cell in cells_of_size(parent, size)]


def count_up_to(
    parent: Parent, n_cells: int, *, superperiodic: bool = True, pools: Sequence[Sequence[str]] | None = None
) -> dict[int, OrderingCount]:
    """Exact number of orderings in all shapes of each size up to ``n_cells`` primitive cells; sizes that fit only.

    Parameters
    ----------
    superperiodic
        Whether orderings that belong to a smaller cell are counted again in the larger ones. Without them every crystal
        is counted once, in its own primitive cell.
    pools
        Groups of site labels that share a composition, instead of the parent's.

    Raises
    ------
    InputError
        As :func:`cells_up_to`, or unknown labels in ``pools``.
    """
    counts: dict[int, OrderingCount] = {}
    for cell in cells_up_to(_pooled(parent, pools), n_cells):
        before, added = counts.get(cell.n_cells, OrderingCount(0, 0)), count_in(cell, superperiodic)
        counts[cell.n_cells] = OrderingCount(before.raw + added.raw, before.distinct + added.distinct)
    return counts


def enumerate_up_to(
    parent: Parent,
    n_cells: int,
    *,
    superperiodic: bool = True,
    pools: Sequence[Sequence[str]] | None = None,
    most: int = MOST_ENUMERATED,
    progress: Progress = silent,
) -> Iterator[OrderingBlock]:
    """Stream the orderings that :func:`count_up_to` counts, the smallest cells first, in blocks of one cell.

    Parameters
    ----------
    superperiodic, pools
        As in :func:`count_up_to`.
    most
        Refuse more distinct orderings than this.
    progress
        Told how many of the exact total are found.

    Raises
    ------
    InputError
        More than ``most`` orderings, or as :func:`count_up_to`. Raised by the call, not by the first block.
    """
    pooled = _pooled(parent, pools)
    cells = cells_up_to(pooled, n_cells)
    total = sum(count_in(cell, superperiodic).distinct for cell in cells)
    check_size(pooled, total, most, max(len(cell.permutations) for cell in cells))
    return with_progress((block for cell in cells for block in enumerate_in(cell, superperiodic)), total, progress)


def _pooled(parent: Parent, pools: Sequence[Sequence[str]] | None) -> Parent:
    return parent if pools is None else parent.with_pools(pools)
