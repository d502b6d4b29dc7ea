"""The order in which a search fills the sites."""

import numpy as np

from selflimit.arrays import Int32Array, IntArray
from selflimit.structures.search.compiling import compiled, inlined


def position_orders(permutations: Int32Array, begin: IntArray, pool: IntArray) -> IntArray:
    """Sites in the order in which the walk fills them, pool by pool, for several groups, shape (n_groups, n_sites).

    An element's comparison can go on once a site and its image are filled. Next comes the site that most comparisons
    await. Any order is right; this greedy one decides comparisons early and was 2 to 5 times faster than random ones on
    groups of order 96 to 1536.

    Parameters
    ----------
    permutations
        Those of one group after the other, shape (n_permutations, n_sites).
    begin
        Where each group begins, and the end, shape (n_groups + 1,).
    pool
        Pool of each site, shape (n_sites,).
    """
    orders = np.empty((len(begin) - 1, len(pool)), dtype=np.int64)
    compared, awaited, is_filled = np.zeros(len(permutations), dtype=np.int64), np.empty_like(pool), np.empty_like(pool)
    _write_orders(permutations, begin, -pool * (len(permutations) + 1), compared, awaited, is_filled, orders)
    return orders


@compiled
def _write_orders(
    permutations: Int32Array,
    begin: IntArray,
    base: IntArray,
    compared: IntArray,
    awaited: IntArray,
    is_filled: IntArray,
    orders: IntArray,
) -> None:  # pragma: no cover - compiled
    """Write :func:`position_orders`.

    Parameters
    ----------
    base
        Added to the comparisons that await each site, so that those of the first pool come first.
    compared
        Zero at first: how far each element is.
    """
    for group in range(len(orders)):
        for site in range(len(base)):
            is_filled[site] = 0
        for number in range(len(base)):
            for site in range(len(base)):
                awaited[site] = base[site]
            for g in range(begin[group], begin[group + 1]):
                _compare(permutations, g, orders, group, number, compared, awaited, is_filled)
            best = -1
            for site in range(len(base)):
                if is_filled[site] == 0 and (best < 0 or awaited[site] > awaited[best]):
                    best = site
            orders[group, number] = best
            is_filled[best] = 1


@inlined
def _compare(
    permutations: Int32Array,
    g: int,
    orders: IntArray,
    group: int,
    number: int,
    compared: IntArray,
    awaited: IntArray,
    is_filled: IntArray,
) -> None:  # pragma: no cover - compiled
    """Compare element ``g`` as far as the first ``number`` sites allow, and count the sites that it awaits."""
    p, image = compared[g], 0
    while p < number:
        image = permutations[g, orders[group, p]]
        if is_filled[image] == 0:
            break
        p += 1
    compared[g] = p
    if p < number:
        awaited[image] += 1
    else:
        for site in range(len(awaited)):
            awaited[site] += is_filled[permutations[g, site]] or permutations[g, site] == site
