"""Symmetry-distinct orderings of a disordered parent: exact counts and enumeration.

The count comes first and is exact (Burnside's lemma); it decides whether an enumeration is worth starting. The
enumeration walks all placements in lexicographic order and keeps the first of every orbit, with the orbit's size as
its degeneracy, so the degeneracies sum to the multinomial count of placements.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pymatgen.core import Structure

from selflimit.errors import InputError
from selflimit.structures.cells import VACANCY, CellChoice, DisorderedCell, SitePool, lay_out
from selflimit.structures.parents import LABEL, Parent

RAW_LIMIT = 200_000_000
"""Placements that an enumeration walks at most: one byte of memory each for the record of visited ones."""

BATCH = 4096
"""Distinct orderings found per call of the compiled search."""


class OrderingCount(NamedTuple):
    """Number of placements before symmetry, and of symmetry-distinct ones."""

    raw: int
    distinct: int


@dataclass(frozen=True, eq=False)
class Ordering:
    """One symmetry-distinct way to place the atoms of a disordered cell.

    Attributes
    ----------
    cell
        The cell that is filled.
    labels
        Index into ``cell.species`` for every active site, shape (n_active,), dtype int8.
    degeneracy
        Number of placements that symmetry maps onto this one.
    """

    cell: DisorderedCell
    labels: NDArray[np.int8]
    degeneracy: int

    def structure(self) -> Structure:
        """Ordered crystal (Angstrom); empty sites are left out, every site keeps its parent's label."""
        filled = dict(zip(self.cell.active.tolist(), (self.cell.species[s] for s in self.labels), strict=True))
        sites = self.cell.structure
        content = [filled.get(i, next(iter(site.species))) for i, site in enumerate(sites)]
        kept = [i for i, species in enumerate(content) if species != VACANCY]
        return Structure(
            sites.lattice,
            [content[i] for i in kept],
            sites.frac_coords[kept],
            site_properties={LABEL: [sites[i].properties[LABEL] for i in kept]},
        )


def count_orderings(parent: Parent, cell: CellChoice = "primitive") -> OrderingCount:
    """Exact number of orderings of ``parent`` in ``cell``, before and after symmetry.

    Burnside's lemma: the number of orbits is the mean number of placements that a group element leaves unchanged. A
    placement is unchanged by a permutation if every cycle of it holds one species, so the count is the coefficient of
    ``prod_s x_s^counts_s`` in ``prod_cycles sum_s x_s^length``, per pool.

    Parameters
    ----------
    cell
        As in :func:`selflimit.structures.cells.lay_out`.

    Raises
    ------
    InputError
        From :func:`selflimit.structures.cells.lay_out`.
    """
    return count_in(lay_out(parent, cell))


def count_in(cell: DisorderedCell) -> OrderingCount:
    """Exact number of orderings in a cell that is laid out; see :func:`count_orderings`."""
    raw = math.prod(_multinomial(pool.counts.tolist()) for pool in cell.pools)
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    fixed = sum(
        math.prod(_fixed(k, pool, row, known) for k, pool in enumerate(cell.pools)) for row in cell.permutations
    )
    return OrderingCount(raw, fixed // len(cell.permutations))


def enumerate_orderings(parent: Parent, cell: CellChoice = "primitive") -> Iterator[Ordering]:
    """Every symmetry-distinct ordering of ``parent`` in ``cell``, lexicographically first of its orbit.

    Parameters
    ----------
    cell
        As in :func:`selflimit.structures.cells.lay_out`.

    Raises
    ------
    InputError
        More than ``RAW_LIMIT`` placements, or from :func:`selflimit.structures.cells.lay_out`. Raised by the call,
        not by the first step of the iterator.
    """
    return enumerate_in(lay_out(parent, cell))


def enumerate_in(cell: DisorderedCell) -> Iterator[Ordering]:
    """Every symmetry-distinct ordering of a cell that is laid out; see :func:`enumerate_orderings`."""
    count = count_in(cell)
    if count.raw > RAW_LIMIT:
        raise InputError(
            f"{cell.parent.name}, {cell.name} cell: {count.raw:,} placements ({count.distinct:,} distinct) are more "
            f"than the {RAW_LIMIT:,} that are enumerated; choose a smaller cell or a parent with less disorder"
        )
    return _walk(cell, count.raw)


def _walk(cell: DisorderedCell, raw: int) -> Iterator[Ordering]:
    visited = np.zeros(raw, dtype=np.bool_)
    order = np.concatenate([pool.sites for pool in cell.pools]) if cell.pools else np.empty(0, dtype=np.int64)
    sizes = np.array([len(pool.sites) for pool in cell.pools], dtype=np.int64)
    counts = np.array([pool.counts for pool in cell.pools], dtype=np.int64).reshape(len(cell.pools), len(cell.species))
    raws = np.array([_multinomial(pool.counts.tolist()) for pool in cell.pools], dtype=np.int64)
    labels = np.empty((BATCH, len(order)), dtype=np.int8)
    degeneracies = np.empty(BATCH, dtype=np.int64)
    start = 0
    while start < raw:
        found, start = _next_batch(start, visited, order, sizes, counts, raws, cell.permutations, labels, degeneracies)
        for row, degeneracy in zip(labels[:found].copy(), degeneracies[:found].tolist(), strict=True):
            yield Ordering(cell, row, degeneracy)


def _multinomial(counts: list[int]) -> int:
    return math.factorial(sum(counts)) // math.prod(math.factorial(count) for count in counts)


def _fixed(
    k: int, pool: SitePool, permutation: NDArray[np.int64], known: dict[tuple[int, tuple[int, ...]], int]
) -> int:
    """Placements in one pool that ``permutation`` leaves unchanged; one evaluation per cycle type."""
    key = (k, _cycle_lengths(permutation, pool.sites))
    if key not in known:
        known[key] = _uniform_cycles(key[1], tuple(pool.counts.tolist()))
    return known[key]


def _cycle_lengths(permutation: NDArray[np.int64], sites: NDArray[np.int64]) -> tuple[int, ...]:
    left, lengths = set(sites.tolist()), []
    while left:
        site, length = left.pop(), 1
        while (following := int(permutation[site])) in left:
            left.remove(following)
            site, length = following, length + 1
        lengths.append(length)
    return tuple(sorted(lengths, reverse=True))


def _uniform_cycles(lengths: tuple[int, ...], counts: tuple[int, ...]) -> int:
    """Ways to give each cycle one species so that species s fills ``counts[s]`` sites: a generating polynomial."""
    ways: Counter[tuple[int, ...]] = Counter({counts: 1})
    for length in lengths:
        longer: Counter[tuple[int, ...]] = Counter()
        for left, number in ways.items():
            for s, room in enumerate(left):
                if room >= length:
                    longer[(*left[:s], room - length, *left[s + 1 :])] += number
        ways = longer
    return sum(ways.values())


@njit(cache=True)  # type: ignore[untyped-decorator]
def _next_batch(
    start: int,
    visited: NDArray[np.bool_],
    order: NDArray[np.int64],
    sizes: NDArray[np.int64],
    counts: NDArray[np.int64],
    raws: NDArray[np.int64],
    permutations: NDArray[np.int64],
    labels: NDArray[np.int8],
    degeneracies: NDArray[np.int64],
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Fill ``labels`` and ``degeneracies`` with the next orbits' first members; how many, and where to go on."""
    found, rank = 0, start
    moved = np.empty(len(order), dtype=np.int8)
    while rank < len(visited) and found < len(labels):
        if not visited[rank]:
            _unrank(rank, order, sizes, counts, raws, labels[found])
            degeneracies[found] = _mark_orbit(visited, order, sizes, counts, raws, permutations, labels[found], moved)
            found += 1
        rank += 1
    return found, rank


@njit(cache=True)  # type: ignore[untyped-decorator]
def _mark_orbit(
    visited: NDArray[np.bool_],
    order: NDArray[np.int64],
    sizes: NDArray[np.int64],
    counts: NDArray[np.int64],
    raws: NDArray[np.int64],
    permutations: NDArray[np.int64],
    labels: NDArray[np.int8],
    moved: NDArray[np.int8],
) -> int:  # pragma: no cover - compiled
    """Mark every image of ``labels`` as visited; the number of distinct images."""
    size = 0
    for g in range(len(permutations)):
        for i in range(len(order)):
            moved[permutations[g, i]] = labels[i]
        image = _rank(order, sizes, counts, raws, moved)
        if not visited[image]:
            visited[image] = True
            size += 1
    return size


@njit(cache=True)  # type: ignore[untyped-decorator]
def _rank(
    order: NDArray[np.int64],
    sizes: NDArray[np.int64],
    counts: NDArray[np.int64],
    raws: NDArray[np.int64],
    labels: NDArray[np.int8],
) -> int:  # pragma: no cover - compiled
    """Lexicographic rank of a placement: multiset permutations per pool, pools as digits of a mixed radix."""
    total, begin = 0, 0
    for k in range(len(sizes)):
        left = counts[k].copy()
        below, ways = 0, raws[k]
        for place in range(sizes[k]):
            remaining, label = sizes[k] - place, labels[order[begin + place]]
            for s in range(label):
                below += ways * left[s] // remaining
            ways = ways * left[label] // remaining
            left[label] -= 1
        total, begin = total * raws[k] + below, begin + sizes[k]
    return total


@njit(cache=True)  # type: ignore[untyped-decorator]
def _unrank(
    rank: int,
    order: NDArray[np.int64],
    sizes: NDArray[np.int64],
    counts: NDArray[np.int64],
    raws: NDArray[np.int64],
    labels: NDArray[np.int8],
) -> None:  # pragma: no cover - compiled
    """Inverse of :func:`_rank`: write the placement of lexicographic rank ``rank`` into ``labels``."""
    end = len(order)
    for k in range(len(sizes) - 1, -1, -1):
        rank, below = rank // raws[k], rank % raws[k]
        left, ways = counts[k].copy(), raws[k]
        for place in range(sizes[k]):
            remaining, s = sizes[k] - place, 0
            while below >= ways * left[s] // remaining:
                below -= ways * left[s] // remaining
                s += 1
            ways = ways * left[s] // remaining
            left[s] -= 1
            labels[order[end - sizes[k] + place]] = s
        end -= sizes[k]
