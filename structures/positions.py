"""The order in which a search fills the sites."""

import numpy as np
from numpy.typing import NDArray

from selflimit.structures.compiling import compiled, inlined

Ints = NDArray[np.int64]


def position_order(permutations: NDArray[np.int32], pool: Ints) -> Ints:
    """Sites in the order in which the walk fills them, pool by pool: next comes the site that most comparisons await.

    An element's comparison can go on once a site and its image are filled. Any order is right; this greedy one decides
    comparisons early and was 2 to 5 times faster than random ones on groups of order 96 to 1536.
    """
    order, is_filled = np.zeros(len(pool), dtype=np.int64), np.zeros(len(pool), dtype=np.bool_)
    _write_order(permutations, pool, np.zeros(len(permutations), dtype=np.int64), np.empty_like(pool), is_filled, order)
    return order


@compiled
def _write_order(
    permutations: NDArray[np.int32],
    pool: Ints,
    compared: Ints,
    awaited: Ints,
    is_filled: NDArray[np.bool_],
    order: Ints,
) -> None:  # pragma: no cover - compiled
    """Write :func:`position_order`: ``compared`` is how far each element is, zero at first like ``is_filled``."""
    n_elements, n_sites = permutations.shape
    for number in range(n_sites):
        for site in range(n_sites):
            awaited[site] = 0
        for g in range(n_elements):
            while compared[g] < number and is_filled[permutations[g, order[compared[g]]]]:
                compared[g] += 1
            if compared[g] < number:
                awaited[permutations[g, order[compared[g]]]] += 1
            else:
                for site in range(n_sites):
                    awaited[site] += is_filled[permutations[g, site]] or permutations[g, site] == site
        order[number] = _most_awaited(pool, awaited, is_filled)
        is_filled[order[number]] = True


@inlined
def _most_awaited(pool: Ints, awaited: Ints, is_filled: NDArray[np.bool_]) -> int:  # pragma: no cover - compiled
    """The most awaited of the sites in the first pool that has empty ones."""
    best = -1
    for site in range(len(pool)):
        if is_filled[site] or (best >= 0 and pool[site] > pool[best]):
            continue
        if best < 0 or pool[site] < pool[best] or awaited[site] > awaited[best]:
            best = site
    return best
