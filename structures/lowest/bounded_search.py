"""The compiled part of the branch and bound: sites are filled one after the other while a lower bound allows it.

Of the convex form y^T Z y = sum_v (L^T y)_v^2 (Cholesky, the numbers in reverse order) each term needs only the numbers
that are fixed before v: the sum so far is the least that the form can still take, whatever the numbers to come are,
whole or not (C. Buchheim, A. Caprara and A. Lodi, Math. Program. 135, 369 (2012), doi:10.1007/s10107-011-0475-x). To it
come the repulsions of the numbers that are 1.
"""

from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray, Int8Array, IntArray
from selflimit.structures.lowest.binary_form import BinaryForm
from selflimit.structures.lowest.convex_bound import ConvexBound
from selflimit.structures.search.compiling import compiled, inlined


class BoundTables(NamedTuple):
    """What does not change; sites and numbers in the order in which they are filled.

    Attributes
    ----------
    site, pool, empty
        Site, pool and rank of the empty site (-1 if its pool has none) at each position, shape (n_positions,).
    number
        Number of each rank at each position, 0 if it is the reference, shape (n_positions, n_species).
    begin
        The numbers of position p are those from ``begin[p]`` to before ``begin[p + 1]``, shape (n_positions + 1,).
    factor, repulsion
        Terms of the convex form, lower triangular (root of eV), and what two numbers repel by (eV), shape
        (n + 1, n + 1).
    first, neighbours
        Position p excludes the later ``neighbours[first[p]:first[p + 1]]``, shapes (n_positions + 1,) and (n_pairs,).
    """

    site: IntArray
    pool: IntArray
    empty: IntArray
    number: IntArray
    begin: IntArray
    factor: FloatArray
    repulsion: FloatArray
    first: IntArray
    neighbours: IntArray


class BoundBranch(NamedTuple):
    """Where the search is; every array is changed in place.

    Attributes
    ----------
    depth
        Positions filled, -1 when the search is over, and branches looked at so far, shape (2,).
    tried
        Last rank tried at each position, -1 before the first, shape (n_positions + 1,).
    bound
        Least energy of all completions at each depth (eV), shape (n_positions + 1,).
    left
        Atoms still to be placed, shape (n_pools, n_species).
    blocked
        Filled positions that exclude each position, shape (n_positions,).
    chosen, n_chosen
        Numbers that are 1, in order, shape (n + 1,), and how many of them there are at each depth, shape
        (n_positions + 1,).
    """

    depth: IntArray
    tried: Int8Array
    bound: FloatArray
    left: IntArray
    blocked: IntArray
    chosen: IntArray
    n_chosen: IntArray


def tables_of(form: BinaryForm, bound: ConvexBound, pool: IntArray, empty: IntArray, excluded: IntArray) -> BoundTables:
    """Tables of a search.

    Parameters
    ----------
    form, bound
        The energy and its bound.
    pool, empty
        Pool of each site and rank of its empty site, -1 if it has none, shape (n_sites,).
    excluded
        Pairs of sites of which at most one holds an ion, shape (n_pairs, 2).
    """
    sites = _filling_order(bound.convex, form.site, len(pool))
    position = np.argsort(sites)
    numbers = np.concatenate([[0], *(np.flatnonzero(form.site == site) for site in sites)]).astype(np.int64)
    number = np.zeros((len(sites), int(form.rank.max(initial=0)) + 2), dtype=np.int64)
    # one species more than numbers: the reference of a pool may have the highest rank
    number[position[form.site[numbers[1:]]], form.rank[numbers[1:]]] = np.arange(1, len(numbers))
    begin = 1 + np.searchsorted(position[form.site[numbers[1:]]], np.arange(len(sites) + 1))
    backwards = bound.convex[np.ix_(numbers[::-1], numbers[::-1])]
    factor = np.linalg.cholesky(backwards)[::-1, ::-1].T
    pairs = np.sort(position[excluded], axis=1)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return BoundTables(
        site=sites,
        pool=pool[sites],
        empty=empty[sites],
        number=number,
        begin=begin,
        factor=np.ascontiguousarray(factor),
        repulsion=2.0 * np.ascontiguousarray(bound.repulsion[np.ix_(numbers, numbers)]),
        first=np.searchsorted(pairs[:, 0], np.arange(len(sites) + 1)),
        neighbours=np.ascontiguousarray(pairs[:, 1]),
    )


def _filling_order(convex: FloatArray, site: IntArray, n_sites: int) -> IntArray:
    """Sites in the order of filling: last the ones that, free among those before, cost the form least."""
    left, order = convex.copy(), [int(one) for one in range(n_sites) if one not in set(site.tolist())]
    to_come = sorted(set(site[1:].tolist()))
    while to_come:
        costs = np.bincount(site[1:], np.diag(left)[1:], minlength=n_sites)
        last = min(to_come, key=lambda one: (costs[one], one))
        for v in np.flatnonzero(site == last):
            # the form with this number free
            left = left - np.outer(left[:, v], left[v]) / left[v, v]
            left[v, v] = np.inf
        to_come.remove(last)
        order.append(last)
    return np.array(order[::-1], dtype=np.int64)


def branch_of(tables: BoundTables, counts: IntArray, base: float) -> BoundBranch:
    """The root of a search.

    Parameters
    ----------
    tables
        Of the search.
    counts
        Sites that each species takes, shape (n_pools, n_species).
    base
        Bound of the energy without the convex form (eV).
    """
    n = len(tables.site)
    bound = np.zeros(n + 1)
    bound[0] = base + tables.factor[0, 0] ** 2
    return BoundBranch(
        depth=np.zeros(2, dtype=np.int64),
        tried=np.full(n + 1, -1, dtype=np.int8),
        bound=bound,
        left=counts.copy(),
        blocked=np.zeros(n, dtype=np.int64),
        chosen=np.zeros(len(tables.factor), dtype=np.int64),
        n_chosen=np.zeros(n + 1, dtype=np.int64),
    )


@compiled
def next_placements(
    tables: BoundTables, branch: BoundBranch, limit: float, until: int, labels: Int8Array
) -> int:  # pragma: no cover - compiled
    """Write the next placements whose energies are up to ``limit`` (eV); how many there are.

    Stops when ``labels`` is full, shape (n, n_sites), or ``until`` branches have been looked at; call until the depth
    is -1.

    Parameters
    ----------
    tables, branch
        What is searched, and where the search is; it is moved on.
    limit
        Highest energy of interest (eV).
    until
        Branches looked at, in all calls together, after which it returns.
    labels
        Written: species rank on each site.
    """
    n, depth, tried, found = len(tables.site), branch.depth, branch.tried, 0
    d = depth[0]
    while d >= 0 and depth[1] < until and found < len(labels):
        if d == n:
            for p in range(n):
                labels[found, tables.site[p]] = tried[p]
            found += 1
            d -= 1
        elif not _next_rank(tables, branch, d):
            d -= 1
        elif branch.blocked[d] == 0 or tried[d] == tables.empty[d]:
            depth[1] += 1
            _bound_here(tables, branch, d)
            if branch.bound[d + 1] <= limit:
                d += 1
    depth[0] = d
    return found


@inlined
def _next_rank(tables: BoundTables, branch: BoundBranch, d: int) -> bool:  # pragma: no cover - compiled
    """Put the next species on the position at depth ``d``; False, with the position empty, if none is left."""
    left, k, rank = branch.left, tables.pool[d], np.int64(branch.tried[d])
    if rank >= 0:
        left[k, rank] += 1
        _block(tables, branch, d, rank, -1)
    rank += 1
    while rank < left.shape[1] and left[k, rank] == 0:
        rank += 1
    is_placed = rank < left.shape[1]
    branch.tried[d] = rank if is_placed else -1
    if is_placed:
        left[k, rank] -= 1
        _block(tables, branch, d, rank, 1)
    return bool(is_placed)


@inlined
def _block(
    tables: BoundTables, branch: BoundBranch, d: int, rank: np.int64, by: int
) -> None:  # pragma: no cover - compiled
    """Count an ion at depth ``d`` among those that block its neighbours, or (-1) take it back."""
    if rank != tables.empty[d]:
        for i in range(tables.first[d], tables.first[d + 1]):
            branch.blocked[tables.neighbours[i]] += by


@inlined
def _bound_here(tables: BoundTables, branch: BoundBranch, d: int) -> None:  # pragma: no cover - compiled
    """The least energy with the species that has been put at depth ``d``."""
    factor, chosen, number = tables.factor, branch.chosen, branch.n_chosen[d]
    own, least = tables.number[d, branch.tried[d]], branch.bound[d]
    if own > 0:
        for i in range(number):
            least += tables.repulsion[own, chosen[i]]
        chosen[number] = own
        number += 1
    for v in range(tables.begin[d], tables.begin[d + 1]):
        term = factor[v, 0]
        for i in range(number):
            if chosen[i] <= v:
                term += factor[v, chosen[i]]
        least += term * term
    branch.n_chosen[d + 1] = number
    branch.bound[d + 1] = least
