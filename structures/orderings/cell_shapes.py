"""Cells of a disordered parent by size: every shape of so many primitive cells, or of up to so many."""

from collections.abc import Iterator, Sequence

from selflimit.errors import InputError
from selflimit.structures.orderings.cell_choice import CellChoice
from selflimit.structures.orderings.cells import (
    DisorderedCell,
    PooledSites,
    fill_cells,
    lay_out,
    pool_sites,
)
from selflimit.structures.orderings.nearest_populations import sizes_to_fill
from selflimit.structures.parents.parents import Parent
from selflimit.structures.parents.superlattices import shapes

LAID_OUT_TOGETHER = 2**20
"""Images in the groups of the shapes that are laid out at a time, at most: bounds the memory (12 bytes each)."""


def cells_to_fill(
    parent: Parent,
    cell: CellChoice = "primitive",
    n_cells: int | None = None,
    up_to: int | None = None,
    pools: Sequence[Sequence[str]] | None = None,
    for_search: bool = True,
) -> Iterator[DisorderedCell]:
    """The one cell, or all shapes of a size, or of every size up to one that fits.

    Parameters
    ----------
    parent
        The disordered crystal.
    cell
        One supercell, as in :func:`selflimit.structures.orderings.cells.lay_out`.
    n_cells, up_to
        All shapes of this many primitive cells instead, equivalent shapes once; or all shapes of up to this many, the
        smallest first.
    pools
        Groups of site labels that share a composition, instead of the parent's.
    for_search
        Whether the sites are put in the order in which a search is fastest; counting needs none.

    Raises
    ------
    InputError
        A cell, size or composition that does not fit, or unknown labels in ``pools``. Raised by the call.
    """
    pooled = parent if pools is None else parent.with_pools(pools)
    largest = n_cells if up_to is None else up_to
    if largest is None:
        return iter([lay_out(pooled, cell, for_search)])
    if largest < 1:
        raise InputError(f"expected at least 1 primitive cell, got {largest}")
    sizes = [largest] if up_to is None else sizes_to_fill(pooled, largest) or [largest]  # which says what does not fit
    of_size = [pool_sites(pooled, size, f"{size} primitive cells") for size in sizes]
    return (found for sites in of_size for found in _cells_of_size(sites, for_search))


def _cells_of_size(pooled: PooledSites, for_search: bool) -> Iterator[DisorderedCell]:
    found, equivalent = shapes(pooled.n_cells, pooled.parent.primitive.generators)
    names = [f"{pooled.n_cells} cells, shape {number}" for number in range(len(found))]
    together = 1 + LAID_OUT_TOGETHER // (1 + len(pooled.operations.rotations) * pooled.n_cells * len(pooled.pool))
    for i in range(0, len(found), together):
        batch = slice(i, i + together)
        yield from fill_cells(pooled, found[batch], names[batch], equivalent[batch].tolist(), None, for_search)
