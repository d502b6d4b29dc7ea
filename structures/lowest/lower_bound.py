"""A lower bound of all placements' energies: what an ordering that was only sampled can miss at most.

Every site takes half of each of its pairs. The least that a species on a site can cost, whatever the others do, follows
from its cheapest partners, as many of each species as there are; then species are put on sites at the least total cost
(P. C. Gilmore, J. SIAM 10, 305 (1962), doi:10.1137/0110022; E. L. Lawler, Manage. Sci. 9, 586 (1963),
doi:10.1287/mnsc.9.4.586).
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from selflimit.arrays import FloatArray, IntArray
from selflimit.structures.search.pair_energies import PairEnergy

IMPOSSIBLE = 1e9
"""Energy (eV) in the place of an infinite one, far above any other."""


def lower_bound(
    model: PairEnergy, pool: IntArray, counts: Sequence[Sequence[int]], empty: Sequence[int], excluded: IntArray
) -> float:
    """No allowed placement has a lower energy than this (eV per formula unit).

    Parameters
    ----------
    model
        The energy.
    pool
        Pool of each site, shape (n_sites,); pools are contiguous.
    counts
        Sites that each species takes, for each pool.
    empty
        Rank of the empty site in each pool, -1 if it has none.
    excluded
        Pairs of sites of which at most one holds an ion, shape (n_pairs, 2).
    """
    # half of each pair at either end: the sum over sites is then the energy, and each part at least its least
    cost = model.site + 0.5 * _cheapest_partners(_allowed_pairs(model, pool, empty, excluded), pool, counts)
    total = model.constant
    for k, row in enumerate(counts):
        places = cost[pool == k][:, np.repeat(np.arange(len(row)), row)]
        # the assignment takes no infinities; one that had to use it would say that there is no placement
        places[~np.isfinite(places)] = IMPOSSIBLE
        total += float(places[linear_sum_assignment(places)].sum())
    return total / model.units


def _allowed_pairs(model: PairEnergy, pool: IntArray, empty: Sequence[int], excluded: IntArray) -> FloatArray:
    """Pair energies, infinite for a site with itself and for two ions that exclude each other."""
    n, n_species = model.site.shape
    pair = np.array(model.pair, dtype=float)
    pair[np.arange(n), :, np.arange(n), :] = np.inf
    is_ion = np.arange(n_species) != np.array(empty)[pool][:, None]
    for i, j in [*excluded.tolist(), *excluded[:, ::-1].tolist()]:
        pair[i, :, j, :] = np.where(is_ion[i][:, None] & is_ion[j], np.inf, pair[i, :, j, :])
    return pair


def _cheapest_partners(pair: FloatArray, pool: IntArray, counts: Sequence[Sequence[int]]) -> FloatArray:
    """Least energy of each species on each site with all others (eV), shape (n_sites, n_species)."""
    n, n_species = pair.shape[:2]
    least = np.zeros((n, n_species))
    for k, row in enumerate(counts):
        for partner, count in enumerate(row):
            energies = np.sort(pair[:, :, pool == k, partner], axis=2)
            sums = np.concatenate([np.zeros((n, n_species, 1)), np.cumsum(energies, axis=2)], axis=2)
            others = np.full((n, n_species), count)
            others[pool == k, partner] = max(count - 1, 0)  # the species' own place is one of them
            least += np.take_along_axis(sums, others[:, :, None], axis=2)[:, :, 0]
    return least
