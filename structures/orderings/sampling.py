"""Random orderings where enumeration is out of reach: uniform over the distinct ones, or weighted by degeneracy.

Uniform over orbits: draw a group element g with probability proportional to the number of placements it leaves
unchanged, then one of those placements uniformly. Its orbit is uniform, because every orbit is met by |G| pairs (g,
placement) (J. D. Dixon and H. S. Wilf, J. Algorithms 4, 205 (1983), doi:10.1016/0196-6774(83)90021-6). Weighted by
degeneracy: draw a placement uniformly, without regard to symmetry. Where sites exclude each other, only placements
without excluded pairs count, and are drawn.
"""

import random
from collections.abc import Iterator
from typing import Literal

import numpy as np

from selflimit.arrays import Int8Array, Int32Array
from selflimit.errors import InputError
from selflimit.structures.orderings.cell_choice import CellChoice
from selflimit.structures.orderings.cells import DisorderedCell, SitePool, lay_out
from selflimit.structures.orderings.counting import (
    count_in,
    count_unchanged,
    filling_of,
    orbit_numbers,
    orbit_types,
    shares,
    uniform_orbits,
)
from selflimit.structures.orderings.orderings import Ordering
from selflimit.structures.parents.parents import Parent
from selflimit.structures.search.multinomial import multinomial


def sample_orderings(
    parent: Parent,
    k: int,
    seed: int,
    cell: CellChoice = "primitive",
    weights: Literal["uniform", "degeneracy"] = "uniform",
) -> list[Ordering]:
    """Draw ``k`` different symmetry-distinct orderings of ``parent`` in one cell.

    >>> from selflimit.structures import parent_cell
    >>> sample_orderings(parent_cell("LZC-A"), k=2, seed=1)[0].structure().formula
    'Li2 Zr1 Cl6'

    Draws that repeat an ordering are dropped, so the uniform sample is a uniform one without replacement.

    Parameters
    ----------
    parent
        The disordered crystal.
    k
        Orderings wanted, at most the number of distinct ones.
    seed
        Same seed, same sample.
    cell
        As in :func:`selflimit.structures.orderings.cells.lay_out`.
    weights
        'uniform': every distinct ordering is equally probable; 'degeneracy': in proportion to its degeneracy, as in a
        crystal whose atoms sit at random.

    Raises
    ------
    InputError
        ``k`` below 1 or above the number of distinct orderings, unknown ``weights``, or from
        :func:`~selflimit.structures.orderings.cells.lay_out`.
    """
    return sample_in(lay_out(parent, cell), k, seed, weights)


def sample_in(
    cell: DisorderedCell, k: int, seed: int, weights: Literal["uniform", "degeneracy"] = "uniform"
) -> list[Ordering]:
    """:func:`sample_orderings` in a cell that is laid out.

    Parameters
    ----------
    cell
        The cell.
    k, seed, weights
        As in :func:`sample_orderings`.
    """
    distinct = count_in(cell).distinct
    if not 1 <= k <= distinct:
        raise InputError(f"expected a sample of 1 to {distinct:,} distinct orderings, got {k}")
    if weights not in ("uniform", "degeneracy"):
        raise InputError(f"expected weights 'uniform' or 'degeneracy', got {weights!r}")
    draws = _uniform_draws(cell, seed) if weights == "uniform" else placements_at_random(cell, seed)
    found: dict[bytes, Ordering] = {}
    while len(found) < k:
        ordering = least_of_orbit(cell, next(draws))
        found.setdefault(ordering.labels.tobytes(), ordering)
    return list(found.values())


def least_of_orbit(cell: DisorderedCell, labels: Int8Array) -> Ordering:
    """The ordering that stands for the orbit of ``labels``, shape (n_active,): the lexicographically least image."""
    images = labels[cell.permutations]
    left = images
    for position in range(images.shape[1]):
        left = left[left[:, position] == left[:, position].min()]
    # every image occurs once for each element of the stabiliser
    return Ordering(cell, left[0].copy(), len(images) // len(left))


def placements_at_random(cell: DisorderedCell, seed: int) -> Iterator[Int8Array]:
    """Placements of ``cell``, all equally probable, without excluded pairs, shape (n_active,) each, without end."""
    if len(cell.excluded):
        yield from _draws_of(cell, cell.permutations[:1], seed)
    generator = np.random.default_rng(seed)
    while True:
        pools = [np.repeat(np.arange(len(pool.counts)), pool.counts) for pool in cell.pools]
        yield np.concatenate([np.empty(0, dtype=int), *map(generator.permutation, pools)]).astype(np.int8)


def _draws_of(cell: DisorderedCell, elements: Int32Array, seed: int) -> Iterator[Int8Array]:
    """Pairs of an element and a placement that it leaves unchanged, without excluded pairs: the placements."""
    generator = random.Random(seed)
    fillings = [filling_of(cell, element) for element in elements]
    ways = {filling: filling.count() for filling in set(fillings)}
    while True:
        number = _weighted(generator, [ways[filling] for filling in fillings])
        ranks = np.array(fillings[number].draw(generator), dtype=np.int8)
        yield ranks[orbit_numbers(elements[number])]


def _uniform_draws(cell: DisorderedCell, seed: int) -> Iterator[Int8Array]:
    if len(cell.excluded):
        yield from _draws_of(cell, cell.permutations, seed)
    generator = random.Random(seed)
    types = orbit_types(cell)
    kinds, member = np.unique(types, axis=0, return_inverse=True)
    elements = [np.flatnonzero(member.ravel() == number) for number in range(len(kinds))]
    weights = [len(group) * count_unchanged(cell, kind) for group, kind in zip(elements, kinds, strict=True)]
    while True:
        number = _weighted(generator, weights)
        element = cell.permutations[generator.choice(elements[number].tolist())]
        yield _fixed_placement(cell, element, generator)


def _weighted(generator: random.Random, weights: list[int]) -> int:
    """Index drawn in proportion to integer weights of any size."""
    left = generator.randrange(sum(weights))
    for index, weight in enumerate(weights):
        if left < weight:
            return index
        left -= weight
    raise AssertionError("the weights do not sum to their sum")


def _fixed_placement(cell: DisorderedCell, element: Int32Array, generator: random.Random) -> Int8Array:
    """A placement drawn uniformly from those that ``element`` leaves unchanged."""
    labels = np.full(len(element), -1, dtype=np.int8)
    for pool in cell.pools:
        if pool.end > pool.begin and labels[pool.begin] < 0:
            _fill_orbits(pool, _orbits(element, pool), generator, labels)
    return labels


def _orbits(element: Int32Array, pool: SitePool) -> dict[int, list[list[int]]]:
    """Orbits of the pool's sites, by the number of sites that they have in it, longest first."""
    seen: set[int] = set()
    by_length: dict[int, list[list[int]]] = {}
    for start in range(pool.begin, pool.end):
        orbit, site = [], start
        while site not in seen:
            seen.add(site)
            orbit.append(site)
            site = int(element[site])
        if orbit:
            by_length.setdefault(sum(pool.begin <= site < pool.end for site in orbit), []).append(orbit)
    return dict(sorted(by_length.items(), reverse=True))


def _fill_orbits(
    pool: SitePool, orbits: dict[int, list[list[int]]], generator: random.Random, labels: Int8Array
) -> None:
    left = pool.counts
    lengths = tuple((length, len(group)) for length, group in orbits.items())
    for place, (length, number) in enumerate(lengths):
        options = list(shares(number, tuple(count // length for count in left)))
        after = [tuple(c - length * s for c, s in zip(left, share, strict=True)) for share in options]
        ways = [
            multinomial(share) * uniform_orbits(lengths[place + 1 :], rest)
            for share, rest in zip(options, after, strict=True)
        ]
        chosen = _weighted(generator, ways)
        group = orbits[length]
        generator.shuffle(group)
        species = [s for s, times in enumerate(options[chosen]) for _ in range(times)]
        for orbit, s in zip(group, species, strict=True):
            labels[orbit] = s
        left = after[chosen]
