"""Symmetry-distinct orderings of a disordered parent, streamed in constant memory: as many as were counted."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from selflimit.arrays import Int8Array, IntArray
from selflimit.progress import Progress, silent
from selflimit.structures.orderings.cell_choice import CellChoice
from selflimit.structures.orderings.cell_shapes import cells_to_fill
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.populations import VACANCY
from selflimit.structures.orderings.search_cost import MOST_ENUMERATED, ORDERINGS_PER_BLOCK, check_size
from selflimit.structures.parents.parents import LABEL, Parent
from selflimit.structures.search.multinomial import multinomial
from selflimit.structures.search.partial_energies import no_fields
from selflimit.structures.search.walk import Walk, is_over, next_orderings, resume_walk, walk_over


@dataclass(frozen=True, eq=False)
class Ordering:
    """One symmetry-distinct way to place the atoms of a disordered cell.

    Attributes
    ----------
    cell
        The cell that is filled.
    labels
        For every active site the index of its species in the site's pool, shape (n_active,), dtype int8.
    degeneracy
        Number of placements that symmetry maps onto this one.
    """

    cell: DisorderedCell
    labels: Int8Array
    degeneracy: int

    def structure(self) -> Structure:
        """Ordered crystal (Angstrom); empty sites are left out, every site keeps its parent's label."""
        names = [next(iter(site.species)) for site in self.cell.structure]
        for pool in self.cell.pools:
            for site in range(pool.begin, pool.end):
                names[self.cell.active[site]] = pool.species[self.labels[site]]
        kept = [i for i, name in enumerate(names) if name != VACANCY]
        sites = self.cell.structure
        return Structure(
            sites.lattice,
            [names[i] for i in kept],
            sites.frac_coords[kept],
            site_properties={LABEL: [sites[i].properties[LABEL] for i in kept]},
        )


@dataclass(frozen=True, eq=False)
class OrderingBlock:
    """Orderings of one cell as arrays; indexing gives an :class:`Ordering`, whose crystal is built on demand.

    Attributes
    ----------
    cell
        The cell that is filled.
    labels
        Labels as in :class:`Ordering`, one row each, shape (n, n_active), dtype int8, in lexicographic order.
    degeneracies
        Shape (n,), dtype int64.
    """

    cell: DisorderedCell
    labels: Int8Array
    degeneracies: IntArray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Ordering:
        return Ordering(self.cell, self.labels[index], int(self.degeneracies[index]))

    def __iter__(self) -> Iterator[Ordering]:
        return (self[i] for i in range(len(self)))


def enumerate_orderings(
    parent: Parent,
    cell: CellChoice = "primitive",
    *,
    n_cells: int | None = None,
    up_to: int | None = None,
    superperiodic: bool = True,
    pools: Sequence[Sequence[str]] | None = None,
    most: int = MOST_ENUMERATED,
    progress: Progress = silent,
) -> Iterator[OrderingBlock]:
    """Stream every symmetry-distinct ordering of ``parent``, in blocks of one cell.

    >>> from selflimit.structures import parent_cell
    >>> [ordering.degeneracy for block in enumerate_orderings(parent_cell("LZC-A")) for ordering in block]
    [1, 2]

    Parameters
    ----------
    parent, cell, n_cells, up_to, superperiodic, pools
        As in :func:`selflimit.structures.count_orderings`.
    most
        Refuse more distinct orderings than this.
    progress
        Told how many of the exact total are found.

    Raises
    ------
    InputError
        More than ``most`` orderings, or as :func:`~selflimit.structures.count_orderings`. Raised by the call, not by
        the first block.
    """
    cells = list(cells_to_fill(parent, cell, n_cells, up_to, pools))
    blocks = (block for found in cells for block in enumerate_in(found, superperiodic))
    placements = sum(math.prod(multinomial(pool.counts) for pool in found.pools) for found in cells)
    if progress is silent and placements <= most and not len(parent.excluded_pairs):
        # an exact count takes longer than a short search, and nobody asks for it
        return blocks
    total = sum(count_in(found, superperiodic).distinct for found in cells)
    check_size(parent, total, most, max(len(found.permutations) for found in cells))
    return _with_progress(blocks, total, progress)


def _with_progress(blocks: Iterator[OrderingBlock], total: int, progress: Progress) -> Iterator[OrderingBlock]:
    """The same blocks; ``progress`` is told how many orderings of ``total`` have come."""
    found = 0
    for block in blocks:
        found += len(block)
        progress(found / total, f"{found:,} of {total:,} orderings")
        yield block


def enumerate_in(
    cell: DisorderedCell, superperiodic: bool = True, after: Int8Array | None = None
) -> Iterator[OrderingBlock]:
    """Stream the orderings of a cell that is laid out.

    Parameters
    ----------
    superperiodic
        Whether orderings that repeat inside the cell are given too.
    after
        Go on behind the block whose last row this is: blocks come in the same order every time.
    """
    walk = walk_in(cell, superperiodic)
    n_walked = len(walk.branch.tried) - 1
    room = min(ORDERINGS_PER_BLOCK, math.prod(multinomial(pool.counts) for pool in cell.pools))
    fields, energies = no_fields(), np.empty(room)
    if after is not None:
        resume_walk(walk, n_walked - 1, np.asarray(after, dtype=np.int8)[:n_walked])
    while not is_over(walk):
        labels = np.empty((room, len(cell.active)), dtype=np.int8)
        degeneracies = np.empty(room, dtype=np.int64)
        found = next_orderings(walk, fields, np.inf, labels, degeneracies, energies, 0, sys.maxsize)
        yield OrderingBlock(cell, labels[:found], degeneracies[:found])


def walk_in(cell: DisorderedCell, superperiodic: bool = True) -> Walk:
    """The compiled search over the placements of ``cell``; its ranks are the labels."""
    excluding = 1 if superperiodic else len(cell.translations)
    counts, empty = [pool.counts for pool in cell.pools], [pool.empty for pool in cell.pools]
    return walk_over(cell.permutations, cell.pool_of_site, counts, excluding, cell.excluded, empty)
