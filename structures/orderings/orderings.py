"""Symmetry-distinct orderings of a disordered parent: exact counts, then a stream of blocks in constant memory.

The count comes first and is exact; it decides whether to enumerate, to look for the lowest, or to sample.
"""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from pymatgen.core import Structure

from selflimit.arrays import Int8Array, IntArray
from selflimit.errors import InputError
from selflimit.progress import Progress, silent
from selflimit.structures.orderings.cells import (
    VACANCY,
    CellChoice,
    DisorderedCell,
    cells_of_size,
    fitting_sizes,
    lay_out,
)
from selflimit.structures.orderings.counting import OrderingCount, count_in
from selflimit.structures.parents.parents import LABEL, Parent
from selflimit.structures.search.multinomial import multinomial
from selflimit.structures.search.partial_energies import no_fields
from selflimit.structures.search.walk import Walk, is_over, next_orderings, resume_walk, walk_over

ORDERINGS_PER_BLOCK = 8192
"""Orderings of a full block: large against a call of the compiled search, small against the memory."""

MOST_ENUMERATED = 5_000_000_000
"""Distinct orderings beyond which an enumeration is refused: minutes to an hour on one core."""

NANOSECONDS = {32: 60.0, 64: 150.0, 100_000: 500.0}
"""CPU time per distinct ordering for group orders up to the key: calibrated, upper ends of what
``benchmarks/orderings.py`` measures on one machine."""

SEARCHED_PER_HOUR = 3600 * 10_000_000
"""Distinct orderings that one core searches through in an hour where the group is small: 100 ns each."""

UNCOUNTABLE = 10**100
"""Orderings beyond which estimates no longer grow: floating-point numbers end before the counts do."""

SET_UP = 0.02
"""Seconds to lay a cell out and tabulate its completions, calibrated as ``NANOSECONDS``."""

TABLES = 2 * 2 * 2**20
"""Bytes that the tables of the completions take at most: four that are kept, and the making of one."""


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


def count_orderings(
    parent: Parent,
    cell: CellChoice = "primitive",
    *,
    n_cells: int | None = None,
    superperiodic: bool = True,
    pools: Sequence[Sequence[str]] | None = None,
) -> OrderingCount:
    """Exact number of orderings of ``parent`` before and after symmetry, in milliseconds and for any size.

    Parameters
    ----------
    cell
        One supercell, as in :func:`selflimit.structures.orderings.cells.lay_out`.
    n_cells
        All shapes of this many primitive cells instead, equivalent shapes once.
    superperiodic
        Whether orderings that belong to a smaller cell are counted too.
    pools
        Groups of site labels that share a composition, instead of the parent's.

    Raises
    ------
    InputError
        A cell, size or composition that does not fit, or unknown labels in ``pools``.
    """
    counts = [count_in(found, superperiodic) for found in cells_to_fill(parent, cell, n_cells, pools)]
    return OrderingCount(sum(count.raw for count in counts), sum(count.distinct for count in counts))


def enumerate_orderings(
    parent: Parent,
    cell: CellChoice = "primitive",
    *,
    n_cells: int | None = None,
    superperiodic: bool = True,
    pools: Sequence[Sequence[str]] | None = None,
    most: int = MOST_ENUMERATED,
    progress: Progress = silent,
) -> Iterator[OrderingBlock]:
    """Stream every symmetry-distinct ordering of ``parent``, in blocks of one cell.

    Parameters
    ----------
    cell, n_cells, superperiodic, pools
        As in :func:`count_orderings`.
    most
        Refuse more distinct orderings than this.
    progress
        Told how many of the exact total are found.

    Raises
    ------
    InputError
        More than ``most`` orderings, or as :func:`count_orderings`. Raised by the call, not by the first block.
    """
    cells = list(cells_to_fill(parent, cell, n_cells, pools))
    total = sum(count_in(found, superperiodic).distinct for found in cells)
    check_size(parent, total, most, max(len(found.permutations) for found in cells))
    return with_progress((block for found in cells for block in enumerate_in(found, superperiodic)), total, progress)


def with_progress(blocks: Iterator[OrderingBlock], total: int, progress: Progress) -> Iterator[OrderingBlock]:
    """The same blocks; ``progress`` is told how many orderings of ``total`` have come."""
    found = 0
    for block in blocks:
        found += len(block)
        progress(found / total, f"{found:,} of {total:,} orderings")
        yield block


def cells_to_fill(
    parent: Parent, cell: CellChoice, n_cells: int | None, pools: Sequence[Sequence[str]] | None = None
) -> Iterator[DisorderedCell]:
    """The one cell, or all shapes of a size.

    Raises
    ------
    InputError
        As :func:`count_orderings`.
    """
    pooled = parent if pools is None else parent.with_pools(pools)
    return iter([lay_out(pooled, cell)]) if n_cells is None else cells_of_size(pooled, n_cells)


class SearchEstimate(NamedTuple):
    """What an enumeration will cost.

    Attributes
    ----------
    seconds
        CPU time of one core (s).
    memory
        Bytes beside the imports, whatever the number of orderings.
    stored
        Bytes of all labels and degeneracies, where they are kept or written.
    """

    seconds: float
    memory: int
    stored: int

    def __str__(self) -> str:
        time, memory, stored = _duration(self.seconds), _size(self.memory), _size(self.stored)
        return f"about {time} on one core, {memory} of memory, {stored} if kept"


def estimate_search(cells: Iterable[DisorderedCell], superperiodic: bool = True) -> SearchEstimate:
    """CPU time and memory of an enumeration (or a search for the lowest), before it starts.

    Parameters
    ----------
    cells
        From :func:`cells_to_fill`.
    superperiodic
        As in :func:`count_orderings`; orderings that are left out are searched through as well.
    """
    estimates = [_estimate(cell, superperiodic) for cell in cells]
    seconds, memory, stored = zip(*estimates, strict=True)
    return SearchEstimate(sum(seconds), max(memory), sum(stored))


def _estimate(cell: DisorderedCell, superperiodic: bool) -> SearchEstimate:
    order, n_active = cell.permutations.shape
    row = n_active + 8
    return SearchEstimate(
        seconds=SET_UP + 1e-9 * _nanoseconds(order) * min(count_in(cell).distinct, UNCOUNTABLE),
        memory=order * (16 * n_active + 128)
        + 2 * ORDERINGS_PER_BLOCK * row
        + TABLES,  # queues, tree, two blocks, tables
        stored=row * min(count_in(cell, superperiodic).distinct, UNCOUNTABLE),
    )


def _nanoseconds(order: int) -> float:
    return NANOSECONDS[min(limit for limit in NANOSECONDS if order <= limit or limit == max(NANOSECONDS))]


def check_size(parent: Parent, distinct: int, most: int, order: int = 64) -> None:
    """Refuse an absurd enumeration, with advice.

    Parameters
    ----------
    order
        Of the symmetry group, for the estimate of the time.

    Raises
    ------
    InputError
        ``distinct`` above ``most``.
    """
    if distinct > most:
        sizes = ", ".join(map(str, fitting_sizes(parent)[:4]))
        hours = _short(distinct * round(_nanoseconds(order)) // (3600 * 10**9))
        raise InputError(
            f"{parent.name}: {_short(distinct)} distinct orderings, more than the {_short(most)} that are searched "
            f"through (about {hours} h on one core); take a smaller cell (sizes that fit: {sizes} primitive cells), "
            "draw a sample (sample_orderings, --sample), or raise the limit (most=..., --most)"
        )


def _short(number: int) -> str:
    return f"{number:,}" if number < 10**12 else f"{Decimal(number):.2E}"


def _duration(seconds: float) -> str:
    """Two digits and the largest unit that does not make it a fraction."""
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{float(f'{seconds / length:.2g}'):,g} {unit}"
    return f"{max(seconds, 0.1):.1g} s" if seconds < 1 else f"{seconds:.2g} s"


def _size(number: int) -> str:
    """Two digits in binary units."""
    power = min(5, max(0, (number.bit_length() - 1) // 10))
    return f"{float(f'{number / 1024**power:.2g}'):,g} {('B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB')[power]}"


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
    return walk_over(cell.permutations, cell.pool_of_site, [pool.counts for pool in cell.pools], excluding)
