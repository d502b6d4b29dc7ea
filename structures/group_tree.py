"""A permutation group as a tree: elements whose images agree on the first positions share a node.

Their comparisons go the same way as long as they see the same positions, and one that is decided decides for all.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Tree(NamedTuple):
    """The elements other than the identity.

    Attributes
    ----------
    permutations
        In lexicographic order, shape (n_elements, n_positions): what is on position i moves to position
        ``permutations[g, i]``.
    element, begin, shared, child
        For each node one of its elements, how many first images its parent's elements share, how many its own share,
        and its first child; the children of node v are ``child[v]`` to ``child[v + 1]``, none where a single element
        is left. Node 0 is the root.
    """

    permutations: NDArray[np.int16]
    element: Ints
    begin: Ints
    shared: Ints
    child: Ints


def tree_of(permutations: NDArray[np.int32]) -> Tree:
    """The tree of a group that is given as distinct permutations, identity included, shape (order, n_positions)."""
    moving = permutations[(permutations != np.arange(permutations.shape[1])).any(axis=1)].astype(np.int16)
    in_order = np.ascontiguousarray(moving[np.lexsort(moving.T[::-1])]) if len(moving) else moving
    element, begin, shared, child = _nodes(in_order)
    return Tree(in_order, element, begin, shared, child)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _nodes(permutations: NDArray[np.int16]) -> tuple[Ints, Ints, Ints, Ints]:  # pragma: no cover - compiled
    """Nodes of sorted ``permutations``, breadth first: (element, begin, shared, child)."""
    n_elements, n_positions = permutations.shape
    size = 2 * n_elements + 2
    first, end = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    begin, shared, child = (
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
        np.zeros(size + 1, dtype=np.int64),
    )
    end[0], number, v = n_elements, 1, 0
    while v < number:
        child[v] = number
        low, high, p = first[v], end[v], 0
        while p < n_positions and low < high and permutations[low, p] == permutations[high - 1, p]:
            p += 1
        shared[v] = p
        while low < high and p < n_positions:
            last = low
            while last < high and permutations[last, p] == permutations[low, p]:
                last += 1
            first[number], end[number], begin[number], low = low, last, p, last
            number += 1
        v += 1
    child[number] = number
    return first[:number], begin[:number], shared[:number], child[: number + 1]
