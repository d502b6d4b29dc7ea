"""A permutation group as a tree: elements whose images agree on the first positions share a node.

Their comparisons go the same way as long as they see the same positions, and one that is decided decides for all.
"""

from typing import NamedTuple

import numpy as np

from selflimit.arrays import BoolArray, Int16Array, Int32Array, IntArray
from selflimit.structures.search.compiling import compiled

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
    excludes
        Whether placements that the element leaves unchanged are left out, shape (n_elements,).
    """

    permutations: Int16Array
    nodes: Int32Array
    excludes: BoolArray


def tree_of(permutations: Int32Array, excluding: int = 1) -> Tree:
    """The tree of a group.

    Parameters
    ----------
    permutations
        All of them, distinct, the identity first, shape (order, n_positions).
    excluding
        How many of the first ones must leave no placement unchanged; the identity counts, but may.
    """
    order = _lexicographic_order(permutations[1:])
    moving = permutations[1:].take(order, axis=0).astype(np.int16)
    nodes = np.zeros((2 * len(moving) + 3, 4), dtype=np.int32)
    number = _write_nodes(moving, np.empty(len(nodes), dtype=np.int64), nodes)
    return Tree(moving, nodes[: number + 1], order < excluding - 1)


def _lexicographic_order(permutations: Int32Array) -> IntArray:
    """Order of permutations as rows of numbers: that of their bytes, the high one of each number first."""
    n_positions = permutations.shape[1]
    rows = permutations.astype(">i2").view(f"V{2 * n_positions}") if n_positions else permutations
    return rows.ravel().argsort()


@compiled
def _write_nodes(permutations: Int16Array, ends: IntArray, nodes: Int32Array) -> int:  # pragma: no cover - compiled
    """Write the nodes, zero at first, breadth first; how many.

    The elements are in lexicographic order: those of node v are the rows from its element to ``ends[v]`` (working
    memory), and they share an image if the first and the last one do.
    """
    n_elements, n_positions = permutations.shape
    ends[0], number, v = n_elements, 1, 0
    while v < number:
        first, end, p = nodes[v, ELEMENT], ends[v], nodes[v, BEGIN]
        while first < end and p < n_positions and permutations[first, p] == permutations[end - 1, p]:
            p += 1
        nodes[v, SHARED], nodes[v, CHILD] = p, number
        for i in range(first, end if p < n_positions else first):
            if i == first or permutations[i, p] != permutations[i - 1, p]:
                nodes[number, ELEMENT], nodes[number, BEGIN] = i, p
                number += 1
            ends[number - 1] = i + 1
        v += 1
    nodes[number, CHILD] = number
    return number
