"""Matrices that a permutation group leaves unchanged: their free entries, and the small blocks they fall into.

An invariant matrix has one entry for each orbit of ordered pairs, and the orbits' matrices are a basis of an algebra.
Of a vector v inside one irreducible part of the space the algebra makes a small space that each invariant matrix maps
into itself, and that shows all of its eigenvalues on the copies of this part (E. de Klerk, Eur. J. Oper. Res. 201, 1
(2010), doi:10.1016/j.ejor.2009.01.025; the parts from a random invariant matrix: K. Murota, Y. Kanno, M. Kojima and
S. Kojima, Jpn. J. Ind. Appl. Math. 27, 125 (2010), doi:10.1007/s13160-010-0006-9).
"""

from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from selflimit.arrays import FloatArray, Int32Array, IntArray

GENERATORS = 16
"""Group elements, drawn at random, whose orbits are found: they generate the group, or, once in a long time, a large
subgroup of it, which costs time and no correctness."""

SAME_EIGENVALUE = 1e-8
"""Eigenvalues of a random invariant matrix closer than this, as a share of the largest, belong to one part."""

IN_SPACE = 1e-6
"""Length of a projection of a unit vector that is not rounding."""


def pair_orbits(permutations: Int32Array) -> IntArray:
    """Number of the orbit of each ordered pair, shape (n, n).

    >>> pair_orbits(np.array([[0, 1, 2], [1, 2, 0]])).tolist()
    [[0, 1, 2], [2, 0, 1], [1, 2, 0]]

    Parameters
    ----------
    permutations
        Of n things, shape (n_permutations, n).
    """
    n = permutations.shape[1]
    chosen = permutations
    if len(permutations) > GENERATORS:
        chosen = np.random.default_rng(0).choice(permutations, GENERATORS, replace=False)
    images = np.concatenate([(move[:, None] * n + move).ravel() for move in chosen.astype(np.int64)])
    pairs = np.tile(np.arange(n * n), len(chosen))
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs, images)), shape=(n * n, n * n))
    found: IntArray = connected_components(graph, directed=False)[1].reshape(n, n).astype(np.int64)
    return found


def invariant_spaces(orbits: IntArray) -> list[FloatArray]:
    """Orthonormal bases of small spaces that together show all eigenvalues of every invariant matrix.

    Shape (n, size) each; an invariant symmetric matrix A is positive semidefinite if Q^T A Q is, for each basis Q.

    Parameters
    ----------
    orbits
        From :func:`pair_orbits`, shape (n, n).
    """
    random = np.random.default_rng(0).normal(size=orbits.max() + 1)
    values, vectors = np.linalg.eigh(random[orbits] + random[orbits.T])
    apart = np.flatnonzero(np.diff(values) > SAME_EIGENVALUE * np.abs(values).max()) + 1
    parts = [vectors[:, a:b] for a, b in pairwise([0, *apart.tolist(), len(values)])]
    spaces: list[FloatArray] = []
    while parts:
        spaces.append(_reached_from(parts[0][:, 0], orbits))
        # copies of the same part meet this space; what is left does not
        parts = [part for part in parts[1:] if np.linalg.norm(spaces[-1].T @ part) < IN_SPACE]
    return spaces


def _reached_from(vector: FloatArray, orbits: IntArray) -> FloatArray:
    """Orthonormal basis of what invariant matrices make of a vector."""
    n, n_orbits = len(vector), int(orbits.max()) + 1
    images = np.zeros((n, n_orbits))
    np.add.at(images, (np.arange(n)[:, None], orbits), vector)
    basis, sizes, _ = np.linalg.svd(images, full_matrices=False)
    reached: FloatArray = basis[:, sizes > IN_SPACE * sizes[0]]
    return reached


def blocks_of_orbits(space: FloatArray, orbits: IntArray) -> FloatArray:
    """Q^T E Q for the matrix E of each orbit, shape (n_orbits, size, size).

    Parameters
    ----------
    space
        Q, from :func:`invariant_spaces`, shape (n, size).
    orbits
        From :func:`pair_orbits`, shape (n, n).
    """
    size, n_orbits = space.shape[1], int(orbits.max()) + 1
    blocks = np.empty((n_orbits, size, size))
    for i in range(size):
        for j in range(size):
            weights = np.outer(space[:, i], space[:, j])
            blocks[:, i, j] = np.bincount(orbits.ravel(), weights.ravel(), minlength=n_orbits)
    return blocks
