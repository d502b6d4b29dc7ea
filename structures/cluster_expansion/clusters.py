"""Clusters of sites, up to symmetry, and how often an ordering fills each: the variables of a cluster expansion.

J. M. Sanchez, F. Ducastelle and D. Gratias, Physica A 128, 334 (1984), doi:10.1016/0378-4371(84)90096-7, in numbers
that are 0 or 1 (a species is on a site, or not) instead of spins: both span the same energies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from selflimit.arrays import FloatArray, Int8Array, IntArray
from selflimit.errors import InputError
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.populations import VACANCY

TRIPLET_REACH = 5.0
"""Largest distance (Angstrom) inside a triplet, unless another is asked for: about the second cation neighbours."""

GROUP_GENERATORS = 16
"""Group elements, drawn at random, whose orbits of clusters are found; a subgroup would only split orbits."""

ROWS_AT_ONCE = 2000
"""Orderings whose clusters are counted in one call: bounds the memory."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """The orbits of clusters of a supercell.

    Attributes
    ----------
    site, species
        Site in the cell's structure and species of each number that is 0 or 1, of length n_numbers.
    members
        Numbers of each cluster, for clusters of one, two and three sites, shape (n_clusters, n_sites) each.
    orbit
        Orbit of each cluster, in the same three parts; orbits are numbered through, shape (n_clusters,).
    size, reach
        Sites, and largest distance inside (Angstrom), of each orbit's clusters, shape (n_orbits,).
    """

    site: IntArray
    species: tuple[str, ...]
    members: tuple[IntArray, ...]
    orbit: tuple[IntArray, ...]
    size: IntArray
    reach: FloatArray

    def count(self, cell: DisorderedCell, labels: Int8Array) -> FloatArray:
        """Filled clusters of each orbit per primitive cell, shape (n, n_orbits).

        Parameters
        ----------
        cell
            Of the supercell that the clusters are of, with any numbers of atoms.
        labels
            Orderings, shape (n, n_active).
        """
        counts = np.empty((len(labels), len(self.size)))
        for begin in range(0, len(labels), ROWS_AT_ONCE):
            rows = slice(begin, begin + ROWS_AT_ONCE)
            filled = self._numbers(cell, labels[rows])
            counts[rows] = sum(
                filled[:, members].all(axis=2) @ _sums(orbit, len(self.size))
                for members, orbit in zip(self.members, self.orbit, strict=True)
            )
        return counts / cell.n_cells

    def _numbers(self, cell: DisorderedCell, labels: Int8Array) -> Int8Array:
        """The numbers of orderings, shape (n, n_numbers)."""
        position = {int(site): i for i, site in enumerate(cell.active)}
        filled = np.zeros((len(labels), len(self.site)), dtype=np.int8)
        for v, (site, species) in enumerate(zip(self.site.tolist(), self.species, strict=True)):
            held = cell.pools[cell.pool_of_site[position[site]]].species
            if species in held:
                filled[:, v] = labels[:, position[site]] == held.index(species)
        return filled


def _sums(orbit: IntArray, n_orbits: int) -> csr_array:
    """Matrix that sums clusters by orbit, shape (n_clusters, n_orbits)."""
    return csr_array((np.ones(len(orbit)), (np.arange(len(orbit)), orbit)), shape=(len(orbit), n_orbits))


def find_clusters(cells: Sequence[DisorderedCell], triplet_reach: float = TRIPLET_REACH) -> Clusters:
    """Points, all pairs and short triplets of a supercell, up to symmetry.

    Parameters
    ----------
    cells
        One supercell with one or several compositions: the same sites with other numbers of atoms.
    triplet_reach
        Largest distance inside a triplet (Angstrom).

    Raises
    ------
    InputError
        Cells of different supercells.
    """
    first = cells[0]
    for one in cells:
        if not np.array_equal(one.superlattice, first.superlattice) or set(one.active) != set(first.active):
            raise InputError("expected cells of one supercell, with the same disordered sites; expand each for itself")
    numbers = _numbers_of(cells)
    site = np.array([one for one, _ in numbers], dtype=np.int64)
    species = tuple(name for _, name in numbers)
    distances = first.structure.distance_matrix[np.ix_(site, site)]
    moved = _moved_numbers(first, numbers)
    parts: list[IntArray] = []
    orbits: list[IntArray] = []
    sizes: list[int] = []
    reaches: list[float] = []
    for n_sites, longest in ((1, np.inf), (2, np.inf), (3, triplet_reach)):
        members = _members(site, distances, n_sites, longest)
        orbit = _orbits(members, moved)
        parts.append(members)
        orbits.append(orbit + len(sizes))
        representative = np.unique(orbit, return_index=True)[1]
        sizes += [n_sites] * len(representative)
        reaches += [float(distances[np.ix_(one, one)].max()) for one in members[representative]]
    return Clusters(site, species, tuple(parts), tuple(orbits), np.array(sizes), np.array(reaches))


def _numbers_of(cells: Sequence[DisorderedCell]) -> list[tuple[int, str]]:
    """Sites and species of the numbers: all species of a pool but one."""
    found: dict[tuple[int, str], None] = {}
    for pool in cells[0].pools:
        sites = cells[0].active[pool.begin : pool.end].tolist()
        held = {
            name
            for cell in cells
            for other in cell.pools
            if set(other.labels) == set(pool.labels)
            for name in other.species
        }
        # what is left out is there where none of the others is
        reference = VACANCY if VACANCY in held else max(held)
        found |= dict.fromkeys((site, name) for site in sites for name in sorted(held - {reference}))
    return sorted(found)


def _moved_numbers(cell: DisorderedCell, numbers: Sequence[tuple[int, str]]) -> IntArray:
    """Where group elements take the numbers, shape (n_elements, n_numbers)."""
    index = {one: v for v, one in enumerate(numbers)}
    position = {int(site): i for i, site in enumerate(cell.active)}
    chosen = cell.permutations
    if len(chosen) > GROUP_GENERATORS:
        chosen = np.random.default_rng(0).choice(chosen, GROUP_GENERATORS, replace=False)
    moved = [[index[int(cell.active[move[position[site]]]), name] for site, name in numbers] for move in chosen]
    return np.array(moved, dtype=np.int64)


def _members(site: IntArray, distances: FloatArray, n_sites: int, longest: float) -> IntArray:
    """Clusters of so many different sites, shape (n_clusters, n_sites)."""
    near = distances <= longest
    kept = [
        one
        for one in combinations(range(len(site)), n_sites)
        if all(near[a, b] and site[a] != site[b] for a, b in combinations(one, 2))
    ]
    return np.array(kept, dtype=np.int64).reshape(-1, n_sites)


def _orbits(members: IntArray, moved: IntArray) -> IntArray:
    """Orbit of each cluster, shape (n_clusters,)."""
    if not len(members):
        return np.empty(0, dtype=np.int64)
    base = moved.shape[1]
    weights = base ** np.arange(members.shape[1])
    keys = members @ weights
    order = np.argsort(keys)
    images = np.sort(moved[:, members], axis=2) @ weights
    # rounded coordinates can put an image of a triplet beyond the reach: it is left out
    found = np.searchsorted(keys[order], images)
    found = np.where(found < len(keys), found, 0)
    is_there = keys[order][found] == images
    source = np.broadcast_to(np.arange(len(members)), images.shape)[is_there]
    edges = (source, order[found][is_there])
    graph = coo_array((np.ones(len(source), dtype=np.int8), edges), shape=2 * (len(members),))
    orbit: IntArray = connected_components(graph, directed=False)[1].astype(np.int64)
    return orbit
