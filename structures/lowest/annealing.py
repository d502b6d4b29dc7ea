"""Simulated annealing of one placement: atoms of a pool change places, sites that exclude each other never both filled.

S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, Science 220, 671 (1983), doi:10.1126/science.220.4598.671. Random numbers
are those of xorshift64* (S. Vigna, ACM Trans. Math. Softw. 42, 30 (2016), doi:10.1145/2845077): the compiled loop keeps
its own state, so that a seed decides the result.
"""

from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray, Int8Array, IntArray, UInt64Array
from selflimit.structures.search.compiling import compiled, inlined
from selflimit.structures.search.pair_energies import PairEnergy

SCRAMBLE = 0x2545F4914F6CDD1D
"""Multiplier of xorshift64*."""


class Placement(NamedTuple):
    """One placement and what it makes of each site; every array is changed in place.

    Attributes
    ----------
    labels
        Species rank on each site, shape (n_sites,).
    field
        Energy of each species on each site with the others as they are (eV), shape (n_sites * n_species,).
    energy
        Energy of the placement (eV), shape (1,).
    blocked
        Filled sites that exclude each site, shape (n_sites,).
    random
        State of the random numbers, not 0, shape (1,).
    """

    labels: Int8Array
    field: FloatArray
    energy: FloatArray
    blocked: IntArray
    random: UInt64Array


class Landscape(NamedTuple):
    """What does not change.

    Attributes
    ----------
    site
        Energy of each species on each site (eV), shape (n_sites, n_species).
    pair
        Pair energies (eV), species s on site i is number ``i * n_species + s``, 0 within a site, shape (n, n).
    first, last
        The sites of the pool of each site are those from ``first`` to before ``last``, shape (n_sites,).
    empty
        Rank of the empty site on each site, -1 if its pool has none, shape (n_sites,).
    begin, neighbours
        Site i excludes ``neighbours[begin[i]:begin[i + 1]]``, shapes (n_sites + 1,) and (2 * n_pairs,).
    constant
        Energy of the ordered rest (eV).
    """

    site: FloatArray
    pair: FloatArray
    first: IntArray
    last: IntArray
    empty: IntArray
    begin: IntArray
    neighbours: IntArray
    constant: float


def landscape_of(model: PairEnergy, pool: IntArray, empty: IntArray, excluded: IntArray) -> Landscape:
    """The landscape of an energy model.

    Parameters
    ----------
    model
        The energy.
    pool
        Pool of each site, shape (n_sites,); pools are contiguous.
    empty
        Rank of the empty site on each site, -1 if its pool has none, shape (n_sites,).
    excluded
        Pairs of sites of which at most one holds an ion, each once, shape (n_pairs, 2).
    """
    n, n_species = model.site.shape
    pair = np.array(model.pair, dtype=float)
    pair[np.arange(n), :, np.arange(n), :] = 0.0
    # each site looks up its own partners, so every pair stands at both of its sites
    both = np.concatenate([excluded, excluded[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    return Landscape(
        site=np.ascontiguousarray(model.site),
        pair=pair.reshape(n * n_species, n * n_species),
        first=np.searchsorted(pool, pool, side="left"),
        last=np.searchsorted(pool, pool, side="right"),
        empty=empty,
        begin=np.searchsorted(both[:, 0], np.arange(n + 1)),
        neighbours=np.ascontiguousarray(both[:, 1]),
        constant=model.constant,
    )


def placement_of(landscape: Landscape, labels: Int8Array, seed: int) -> Placement:
    """A placement with its fields.

    Parameters
    ----------
    landscape
        Its energies and exclusions.
    labels
        Species rank on each site, shape (n_sites,).
    seed
        Of the random numbers, at least 1.
    """
    n, n_species = landscape.site.shape
    here = np.arange(n) * n_species + labels
    among = landscape.pair[here].sum(axis=0)
    filled = labels != landscape.empty
    blocked = np.array([int(filled[landscape.neighbours[a:b]].sum()) for a, b in _ranges(landscape)], dtype=np.int64)
    energy = landscape.constant + landscape.site[np.arange(n), labels].sum() + 0.5 * among[here].sum()
    state = np.array([seed * 0x9E3779B97F4A7C15 % 2**64 or 1], dtype=np.uint64)
    return Placement(labels.astype(np.int8), landscape.site.ravel() + among, np.array([energy]), blocked, state)


def _ranges(landscape: Landscape) -> list[tuple[int, int]]:
    return list(zip(landscape.begin[:-1].tolist(), landscape.begin[1:].tolist(), strict=True))


@compiled
def anneal(
    landscape: Landscape, placement: Placement, temperatures: FloatArray, steps: int, lowest: Int8Array
) -> float:  # pragma: no cover - compiled
    """Let atoms change places while the temperature falls; the lowest energy met (eV).

    Parameters
    ----------
    landscape
        Energies and exclusions.
    placement
        Changed in place.
    temperatures
        k_B T of each stage (eV).
    steps
        Exchanges that are tried at each.
    lowest
        Receives the placement of lowest energy, shape (n_sites,).
    """
    labels, energy = placement.labels, placement.energy
    n = len(labels)
    best: float = energy[0]
    for p in range(n):
        lowest[p] = labels[p]
    for temperature in temperatures:
        for _ in range(steps):
            i = int(_uniform(placement.random) * n)
            # atoms stay in their pool: its composition is fixed
            j = int(landscape.first[i] + _uniform(placement.random) * (landscape.last[i] - landscape.first[i]))
            if labels[i] == labels[j] or not _may_exchange(landscape, placement, i, j):
                continue
            rise = _rise(landscape, placement, i, j)
            if rise <= 0.0 or _uniform(placement.random) < np.exp(-rise / temperature):
                _exchange(landscape, placement, i, j, rise)
                if energy[0] < best - 1e-9:
                    best = energy[0]
                    for p in range(n):
                        lowest[p] = labels[p]
    return best


@inlined
def _uniform(random: UInt64Array) -> float:  # pragma: no cover - compiled
    """A random number from 0 to below 1."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return float(np.float64((x * np.uint64(SCRAMBLE)) >> np.uint64(11)) * (1.0 / 9007199254740992.0))


@inlined
def _may_exchange(landscape: Landscape, placement: Placement, i: int, j: int) -> bool:  # pragma: no cover - compiled
    """Whether what sites ``i`` and ``j`` hold can change places without filling two that exclude each other."""
    labels, empty = placement.labels, landscape.empty
    may = True
    if len(landscape.neighbours) > 0 and (labels[i] == empty[i]) != (labels[j] == empty[j]):
        new, old = (i, j) if labels[i] == empty[i] else (j, i)
        others = placement.blocked[new]
        for k in range(landscape.begin[new], landscape.begin[new + 1]):
            if landscape.neighbours[k] == old:
                others -= 1
        may = others == 0
    return may


@inlined
def _rise(landscape: Landscape, placement: Placement, i: int, j: int) -> float:  # pragma: no cover - compiled
    """Energy that the exchange costs (eV): each moves in the field of the others, without the other's old place."""
    labels, field, pair, n_species = placement.labels, placement.field, landscape.pair, landscape.site.shape[1]
    a, b = labels[i], labels[j]
    i_a, i_b, j_a, j_b = i * n_species + a, i * n_species + b, j * n_species + a, j * n_species + b
    rise: float = field[i_b] - field[i_a] + field[j_a] - field[j_b]
    rise += pair[i_b, j_a] + pair[i_a, j_b] - pair[i_b, j_b] - pair[j_a, i_a]
    return rise


@inlined
def _exchange(
    landscape: Landscape, placement: Placement, i: int, j: int, rise: float
) -> None:  # pragma: no cover - compiled
    """Exchange what two sites hold."""
    labels, field, blocked = placement.labels, placement.field, placement.blocked
    pair, n_species = landscape.pair, landscape.site.shape[1]
    a, b = labels[i], labels[j]
    i_a, i_b, j_a, j_b = i * n_species + a, i * n_species + b, j * n_species + a, j * n_species + b
    # the fields of all sites, so that the next exchange is judged without a sum over pairs
    for x in range(len(field)):
        field[x] += pair[i_b, x] - pair[i_a, x] + pair[j_a, x] - pair[j_b, x]
    gain = (1 if b != landscape.empty[i] else 0) - (1 if a != landscape.empty[i] else 0)
    if gain != 0:
        for k in range(landscape.begin[i], landscape.begin[i + 1]):
            blocked[landscape.neighbours[k]] += gain
        for k in range(landscape.begin[j], landscape.begin[j + 1]):
            blocked[landscape.neighbours[k]] -= gain
    labels[i], labels[j] = b, a
    placement.energy[0] += rise


def neighbouring_placements(landscape: Landscape, labels: Int8Array) -> tuple[Int8Array, FloatArray]:
    """All allowed placements one exchange away, shape (n, n_sites), and their energies (eV), shape (n,).

    Parameters
    ----------
    landscape
        Energies and exclusions.
    labels
        An allowed placement, shape (n_sites,).
    """
    here = placement_of(landscape, labels, 1)
    n, n_species = landscape.site.shape
    i, j = np.triu_indices(n, 1)
    filled = labels != landscape.empty
    # of one pool, and of different species: all else changes nothing
    differ = (landscape.first[i] == landscape.first[j]) & (labels[i] != labels[j])
    i, j = i[differ], j[differ]
    excludes = np.zeros((n, n), dtype=bool)
    excludes[np.repeat(np.arange(n), np.diff(landscape.begin)), landscape.neighbours] = True
    new, old = np.where(filled[i], j, i), np.where(filled[i], i, j)
    may = (filled[i] == filled[j]) | (here.blocked[new] - excludes[new, old] == 0)
    i, j = i[may], j[may]
    a, b = labels[i].astype(np.int64), labels[j].astype(np.int64)
    i_a, i_b, j_a, j_b = i * n_species + a, i * n_species + b, j * n_species + a, j * n_species + b
    field, pair = here.field, landscape.pair
    rise = field[i_b] - field[i_a] + field[j_a] - field[j_b]
    rise = rise - pair[i_b, j_b] - pair[j_a, i_a] + pair[i_b, j_a] + pair[i_a, j_b]
    found = np.tile(labels, (len(i), 1))
    found[np.arange(len(i)), i], found[np.arange(len(i)), j] = b, a
    return found, here.energy[0] + rise
