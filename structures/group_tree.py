"""A permutation group as a tree: elements whose images agree on the first positions share a node.

Their comparisons go the same way as long as they see the same positions, and one that is decided decides for all.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from selflimit.structures.compiling import compiled, inlined

Ints = NDArray[np.int64]

ELEMENT, BEGIN, SHARED, CHILD = range(4)
"""Columns of a tree's nodes."""


class Tree(NamedTuple):
    """The elements other than the identity.

    Attributes
    ----------
    permutations
        Shape (n_elements, n_positions): what is on position i moves to position ``permutations[g, i]``.
    nodes
        For each node, in the columns ``ELEMENT``, ``BEGIN``, ``SHARED`` and ``CHILD``: one of its elements, how many
        first images its parent's elements share, how many its own share, and its first child, shape (n_nodes + 1, 4).
        The children of node v are those from its first one to the first one of node v + 1, none where a single element
        is left. Node 0 is the root.
    """

    permutations: NDArray[np.int16]
    nodes: NDArray[np.int32]


def tree_of(permutations: NDArray[np.int32]) -> Tree:
    """The tree of a group that is given as distinct permutations, identity first, shape (order, n_positions)."""
    moving = permutations[1:].astype(np.int16)
    nodes = np.zeros((2 * len(moving) + 3, 4), dtype=np.int32)
    number = _write_nodes(
        moving, np.arange(len(moving)), np.zeros((len(nodes) + len(moving), 2), dtype=np.int64), nodes
    )
    return Tree(moving, nodes[: number + 1])


@compiled
def _write_nodes(
    permutations: NDArray[np.int16], members: Ints, spans: Ints, nodes: NDArray[np.int32]
) -> int:  # pragma: no cover - compiled
    """Write the nodes breadth first; how many. A node's elements are sorted by the first image in which they differ.

    Parameters
    ----------
    members
        The elements; those of node v will be ``members[spans[v, 0]:spans[v, 1]]``.
    spans
        Zero; the rows behind the nodes' are working memory.
    """
    n_elements, n_positions = permutations.shape
    spans[0, 1], number, v, spare = n_elements, 1, 0, len(nodes)
    while v < number:
        low, high, p = spans[v, 0], spans[v, 1], int(nodes[v, BEGIN])
        while low < high and p < n_positions and _is_shared(permutations, members, low, high, p):
            p += 1
        nodes[v, ELEMENT] = members[low] if low < high else 0
        nodes[v, SHARED], nodes[v, CHILD] = p, number
        end = low
        for image in range(n_positions if p < n_positions else 0):
            begin = end
            for i in range(low, high):
                if permutations[members[i], p] == image:
                    spans[spare + end, 0] = members[i]
                    end += 1
            if end > begin:
                spans[number, 0], spans[number, 1], nodes[number, BEGIN] = begin, end, p
                number += 1
        for i in range(low, end):
            members[i] = spans[spare + i, 0]
        v += 1
    nodes[number, CHILD] = number
    return number


@inlined
def _is_shared(
    permutations: NDArray[np.int16], members: Ints, low: int, high: int, p: int
) -> bool:  # pragma: no cover - compiled
    """Whether the elements ``members[low:high]`` send position ``p`` to the same place."""
    is_shared = True
    for i in range(low + 1, high):
        is_shared &= permutations[members[i], p] == permutations[members[low], p]
    return is_shared
