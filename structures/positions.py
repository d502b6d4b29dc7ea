"""The order in which a search fills the sites."""

import numpy as np
from numpy.typing import NDArray

from selflimit.structures.compiling import compiled, inlined

Ints = NDArray[np.int64]


def position_orders(permutations: NDArray[np.int32], begin: Ints, pool: Ints) -> Ints:
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
    _write_orders(permutations, begin, pool, compared, awaited, is_filled, orders)
    return orders


@compiled
def _write_orders(
    permutations: NDArray[np.int32],
    begin: Ints,
    pool: Ints,
    compared: Ints,
    awaited: Ints,
    is_filled: Ints,
    orders: Ints,
) -> None:  # pragma: no cover - compiled
    """Write :func:`position_orders`: ``compared``, zero at first, is how far each element is."""
    n_sites = len(pool)
    for group in range(len(orders)):
        for site in range(n_sites):
            is_filled[site] = 0
        for number in range(n_sites):
            for site in range(n_sites):
                awaited[site] = 0
            for g in range(begin[group], begin[group + 1]):
                _compare(permutations, g, orders, group, number, compared, awaited, is_filled)
            best = _most_awaited(pool, awaited, is_filled)
            orders[group, number] = best
            is_filled[best] = 1


@inlined
def _compare(
    permutations: NDArray[np.int32],
    g: int,
    orders: Ints,
    group: int,
    number: int,
    compared: Ints,
    awaited: Ints,
    is_filled: Ints,
) -> None:  # pragma: no cover - compiled
    """Compare element ``g`` as far as the first ``number`` sites allow, and count the sites that it awaits."""
    while compared[g] < number and is_filled[permutations[g, orders[group, compared[g]]]]:
        compared[g] += 1
    if compared[g] < number:
        awaited[permutations[g, orders[group, compared[g]]]] += 1
    else:
        for site in range(len(awaited)):
            awaited[site] += is_filled[permutations[g, site]] or permutations[g, site] == site


@inlined
def _most_awaited(pool: Ints, awaited: Ints, is_filled: Ints) -> int:  # pragma: no cover - compiled
    """The most awaited of the sites in the first pool that has empty ones."""
    best = -1
    for site in range(len(pool)):
        if is_filled[site] or (best >= 0 and pool[site] > pool[best]):
            continue
        if best < 0 or pool[site] < pool[best] or awaited[site] > awaited[best]:
            best = site
    return best
