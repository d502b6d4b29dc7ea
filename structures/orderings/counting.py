"""Exact numbers of orderings: Burnside's lemma with a generating polynomial per cycle type.

The number of orbits is the mean number of placements that a group element leaves unchanged. A placement is unchanged
by a permutation if every cycle holds one species, so a pool contributes the coefficient of ``prod_s x_s^count_s`` in
``prod_cycles sum_s x_s^length`` (G. Polya, Acta Math. 68, 145 (1937), doi:10.1007/BF02546665). Where sites exclude each
other, so do their cycles, and the unchanged placements are counted over the net of cycles
(:mod:`selflimit.structures.exclusion.filling`).
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from selflimit.arrays import Int32Array, IntArray
from selflimit.structures.exclusion.filling import AtomFilling, Node, PoolCounts
from selflimit.structures.orderings.cell_choice import CellChoice
from selflimit.structures.orderings.cell_shapes import cells_to_fill
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.parents.parents import Parent
from selflimit.structures.search.multinomial import multinomial

ELEMENTS_AT_ONCE = 1024
"""Group elements whose orbits are found in one call: bounds the memory."""


class OrderingCount(NamedTuple):
    """Number of placements before symmetry, and of symmetry-distinct ones."""

    raw: int
    distinct: int


def count_orderings(
    parent: Parent,
    cell: CellChoice = "primitive",
    *,
    n_cells: int | None = None,
    up_to: int | None = None,
    superperiodic: bool = True,
    pools: Sequence[Sequence[str]] | None = None,
) -> OrderingCount:
    """Exact number of orderings of ``parent`` before and after symmetry, in milliseconds and for any size.

    >>> from selflimit.structures import parent_cell
    >>> count_orderings(parent_cell("LZC-E"), "2x1x2")
    OrderingCount(raw=94140288, distinct=2942874)

    Parameters
    ----------
    parent
        The disordered crystal.
    cell
        One supercell, as in :func:`selflimit.structures.orderings.cells.lay_out`.
    n_cells, up_to
        All shapes of this many primitive cells instead, equivalent shapes once; or all shapes of up to this many.
    superperiodic
        Whether orderings that belong to a smaller cell are counted too. Without them, up to a size, every crystal is
        counted once, in its own primitive cell.
    pools
        Groups of site labels that share a composition, instead of the parent's.

    Raises
    ------
    InputError
        A cell, size or composition that does not fit, or unknown labels in ``pools``.
    """
    counts = [
        count_in(found, superperiodic) for found in cells_to_fill(parent, cell, n_cells, up_to, pools, for_search=False)
    ]
    return OrderingCount(sum(count.raw for count in counts), sum(count.distinct for count in counts))


def count_in(cell: DisorderedCell, superperiodic: bool = True) -> OrderingCount:
    """Exact number of orderings in ``cell``.

    >>> from selflimit.structures import parent_cell
    >>> from selflimit.structures.orderings.cells import lay_out
    >>> count_in(lay_out(parent_cell("LZC-A"), "2x1x1", for_search=False))
    OrderingCount(raw=495, distinct=49)

    Parameters
    ----------
    cell
        A cell that is laid out; the order of its sites does not matter.
    superperiodic
        Whether orderings that repeat inside the cell, and so belong to a smaller cell, are counted too. Without them
        each element's fixed placements are counted by Moebius inversion over the subgroups of the translations
        (P. Hall, Q. J. Math. 7, 134 (1936), doi:10.1093/qmath/os-7.1.134).
    """
    subgroups = [(1, np.empty((0, cell.permutations.shape[1]), dtype=np.int32))]
    if not superperiodic:
        subgroups = list(_elementary_subgroups(cell.translations, _shared_divisor(cell)))
    identity = np.arange(cell.permutations.shape[1], dtype=np.int32)[None, :]
    raw = sum(sign * _fixed(cell, identity, subgroup) for sign, subgroup in subgroups)
    total = 0
    for sign, subgroup in subgroups:
        elements, alike = _without_translations(cell, subgroup)
        total += sign * alike * _fixed(cell, elements, subgroup)
    return OrderingCount(raw, total // len(cell.permutations))


def _without_translations(cell: DisorderedCell, subgroup: Int32Array) -> tuple[Int32Array, int]:
    """One group element of those that differ by a translation of ``subgroup``, and how many each stands for.

    They leave the same placements unchanged together with the subgroup. The group is laid out operation by operation,
    each followed by every translation.
    """
    if not len(subgroup):
        return cell.permutations, 1
    moves = cell.translations
    reached = moves[:, :1].astype(np.int64)
    before = 0
    while reached.shape[1] != before:
        before = reached.shape[1]
        images = [move[reached] for move in subgroup]
        reached = np.sort(np.concatenate([reached, *images], axis=1), axis=1)
        # as many images of each site as the subgroup has elements, so the rows stay of one length
        reached = np.array([np.unique(row) for row in reached])
    is_first = moves[:, 0] == reached[:, 0]
    by_operation = cell.permutations.reshape(-1, len(moves), moves.shape[1])
    return by_operation[:, is_first].reshape(-1, moves.shape[1]), before


def orbit_types(cell: DisorderedCell) -> Int32Array:
    """Orbits of each group element by pool and length, shape (n_permutations, n_pools, n_active + 1)."""
    no_subgroup = np.empty((0, cell.permutations.shape[1]), dtype=np.int32)
    return _orbits_of(cell, cell.permutations, no_subgroup)


def _orbits_of(cell: DisorderedCell, elements: Int32Array, subgroup: Int32Array) -> Int32Array:
    """For each element g, the orbits of <g, subgroup> by pool and length, shape (n_elements, n_pools, n_active + 1).

    An orbit that runs through several pools has the same number of sites in each; it is counted in the first.
    """
    n, n_pools, pool = elements.shape[1], len(cell.pools), cell.pool_of_site
    row = np.arange(len(elements))[:, None]
    first = _least_of_orbits(elements, subgroup)
    members = (row * n + first)[pool[first] == pool]
    length = np.bincount(members, minlength=row.size * n)
    element, site = np.divmod(np.flatnonzero(length), max(n, 1))
    kind = (element * n_pools + pool[site]) * (n + 1) + length[length > 0]
    types = np.bincount(kind, minlength=row.size * n_pools * (n + 1))
    return types.reshape(row.size, n_pools, n + 1).astype(np.int32)


def _least_of_orbits(elements: Int32Array, subgroup: Int32Array) -> IntArray:
    """The least site of each site's orbit under <g, subgroup>, for each element g, shape (n_elements, n_active)."""
    least, before = np.tile(np.arange(elements.shape[1]), (len(elements), 1)), None
    while before is None or not np.array_equal(least, before):
        before, step, is_new = least, elements, True
        while is_new:  # least over 1, 2, 4, ... powers of g
            reached = np.minimum(least, np.take_along_axis(least, step, axis=1))
            least, is_new = reached, not np.array_equal(reached, least)
            step = np.take_along_axis(step, step, axis=1)
        for move in subgroup:
            least = np.minimum(least, least[:, move])
    return least


def _fixed(cell: DisorderedCell, elements: Int32Array, subgroup: Int32Array) -> int:
    """Placements unchanged by an element and by ``subgroup``, summed over ``elements``."""
    if len(cell.excluded):
        alike = Counter(filling_of(cell, element, subgroup) for element in elements)
        return sum(times * filling.count() for filling, times in alike.items())
    total = 0
    for begin in range(0, len(elements), ELEMENTS_AT_ONCE):
        found = _orbits_of(cell, elements[begin : begin + ELEMENTS_AT_ONCE], subgroup)
        types, times = np.unique(found, axis=0, return_counts=True)
        total += sum(int(number) * count_unchanged(cell, kind) for kind, number in zip(types, times, strict=True))
    return total


def orbit_numbers(element: Int32Array, subgroup: Int32Array | None = None) -> IntArray:
    """Number of each site's orbit, in the order of the orbits' least sites, shape (n_active,).

    Parameters
    ----------
    element, subgroup
        As in :func:`filling_of`.
    """
    nothing = np.empty((0, len(element)), dtype=np.int32)
    first = _least_of_orbits(element[None], nothing if subgroup is None else subgroup)[0]
    numbers: IntArray = np.unique(first, return_inverse=True)[1]
    return numbers


def filling_of(cell: DisorderedCell, element: Int32Array, subgroup: Int32Array | None = None) -> AtomFilling:
    """The placements that an element leaves unchanged: its orbits, each filled as one, by their least sites.

    Parameters
    ----------
    cell
        The cell, whose excluded pairs become pairs of orbits.
    element
        Permutation of the active sites, shape (n_active,).
    subgroup
        Permutations that leave the placements unchanged as well, shape (n, n_active).
    """
    number = orbit_numbers(element, subgroup)
    least = np.unique(number, return_index=True)[1]
    neighbours: list[set[int]] = [set() for _ in least]
    for a, b in number[cell.excluded].tolist():
        neighbours[a].add(b)
        neighbours[b].add(a)
    # an orbit that runs through several pools is counted in the first, as in _orbits_of
    is_first = cell.pool_of_site[least[number]] == cell.pool_of_site
    sites = np.bincount(number[is_first], minlength=len(least))
    nodes = [
        Node(int(cell.pool_of_site[site]), int(size), frozenset(near))
        for site, size, near in zip(least, sites, neighbours, strict=True)
    ]
    return AtomFilling(tuple(nodes), tuple(PoolCounts(pool.counts, pool.empty) for pool in cell.pools))


def count_unchanged(cell: DisorderedCell, orbits: IntArray) -> int:
    """Placements in which every orbit holds one species; ``orbits[k, l]`` orbits have l sites in pool k."""
    ways = 1
    for pool, row in zip(cell.pools, orbits, strict=True):
        lengths = sorted(((int(length), int(row[length])) for length in np.flatnonzero(row)), key=itemgetter(1))
        ways *= uniform_orbits(tuple(lengths), pool.counts) if lengths else 1
    return ways


@lru_cache(maxsize=100_000)
def uniform_orbits(lengths: tuple[tuple[int, int], ...], counts: tuple[int, ...]) -> int:
    """Ways to give each orbit one species so that species s fills ``counts[s]`` sites.

    Parameters
    ----------
    lengths
        Pairs (length, number of orbits of this length); fastest with the largest number last, because the last ones
        have no choice.
    """
    if not lengths:
        return int(not any(counts))
    (length, number), rest = lengths[0], lengths[1:]
    if not rest:
        fits = sum(counts) == length * number and not any(count % length for count in counts)
        return multinomial([count // length for count in counts]) if fits else 0
    return sum(
        multinomial(share) * uniform_orbits(rest, tuple(c - length * s for c, s in zip(counts, share, strict=True)))
        for share in shares(number, tuple(count // length for count in counts))
    )


def shares(number: int, limits: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All ways to write ``number`` as an ordered sum with the given upper limits.

    >>> list(shares(2, (1, 2)))
    [(0, 2), (1, 1)]
    """
    if len(limits) == 1:
        if number <= limits[0]:
            yield (number,)
        return
    for first in range(max(0, number - sum(limits[1:])), min(number, limits[0]) + 1):
        for rest in shares(number - first, limits[1:]):
            yield (first, *rest)


def _shared_divisor(cell: DisorderedCell) -> int:
    """Greatest common divisor of all numbers of atoms and of the primitive cells."""
    return math.gcd(cell.n_cells, *(count for pool in cell.pools for count in pool.counts))


def _elementary_subgroups(moves: Int32Array, divisor: int) -> Iterator[tuple[int, Int32Array]]:
    """Subgroups of the translations with a Moebius number other than zero, as (number, generators).

    Those are the products of elementary abelian groups: for rank r at the prime p the number is (-1)^r p^(r(r-1)/2).

    Parameters
    ----------
    moves
        The translations, shape (n_cells, n_active).
    divisor
        Of all numbers of atoms: translations move every site, so only subgroups whose order divides it leave any
        placement unchanged. Others are left out.
    """
    identity = np.arange(moves.shape[1])
    primes = [p for p in range(2, divisor + 1) if divisor % p == 0 and _is_prime(p)]
    orders = np.array([_order(move, identity) for move in moves]) if primes else np.empty(0)
    found: list[tuple[int, list[Int32Array]]] = [(1, [])]
    for p in primes:
        of_order = [move for move, order in zip(moves, orders, strict=True) if order == p]
        choices = [one for one in _elementary_at(p, of_order) if divisor % p ** len(one[1]) == 0]
        found = [(a * b, [*x, *y]) for a, x in found for b, y in [(1, []), *choices]]
    for number, generators in found:
        yield number, np.array(generators, dtype=np.int32).reshape(-1, moves.shape[1])


def _elementary_at(p: int, moves: list[Int32Array]) -> Iterator[tuple[int, list[Int32Array]]]:
    """Subgroups of order p, p^2 and p^3 that moves of order p generate, each once."""
    seen: set[frozenset[bytes]] = set()
    for rank in (1, 2, 3):
        for generators in combinations(moves, rank):
            members = _span(p, generators)
            if len(members) == p**rank and members not in seen:
                seen.add(members)
                yield (-1) ** rank * p ** (rank * (rank - 1) // 2), list(generators)


def _span(p: int, generators: tuple[Int32Array, ...]) -> frozenset[bytes]:
    members = [np.arange(len(generators[0]), dtype=np.int32)]
    for generator in generators:
        powers = members
        for _ in range(p - 1):
            powers = [generator[power] for power in powers]
            members = members + powers
    return frozenset(member.tobytes() for member in members)


def _order(move: Int32Array, identity: IntArray) -> int:
    power, order = move, 1
    while not np.array_equal(power, identity):
        power, order = move[power], order + 1
    return order


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))
