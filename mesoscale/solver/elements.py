"""Q1 elements on squares and cubes: element matrices of diffusion and of isotropic elasticity.

Corners of a cell are numbered in binary, first axis first: corner 1 is the one ahead along the last axis.
"""

from itertools import product

import numpy as np
from scipy.linalg import eigh

from selflimit.arrays import FloatArray


def corners(dimension: int) -> FloatArray:
    """Position of the corners of a unit cell, shape ``(2^d, d)``."""
    return np.array(list(product((0, 1), repeat=dimension)))


def gradients(dimension: int) -> FloatArray:
    """Gradients of the Q1 functions of a unit cell at its 2^d Gauss points, shape ``(points, corners, d)``.

    Every point has the weight 2^-d; the rule is exact for Q1 stiffness.
    """
    points = 0.5 + (corners(dimension) - 0.5) / np.sqrt(3.0)
    value = np.where(corners(dimension)[None] == 1, points[:, None], 1.0 - points[:, None])  # along each axis
    result = np.empty(value.shape)
    for axis in range(dimension):
        others = np.prod(np.delete(value, axis, axis=2), axis=2)
        result[:, :, axis] = (2 * corners(dimension)[:, axis] - 1) * others
    return result


def diffusion_elements(dimension: int) -> FloatArray:
    """Element matrix of int grad(v).grad(u) for unit conductivity on a unit cell, shape ``(1, 2^d, 2^d, 1, 1)``."""
    B = gradients(dimension)
    return np.asarray(np.einsum("pia,pja->ij", B, B)[None, :, :, None, None] / len(B))


def isotropic_elements(dimension: int) -> FloatArray:
    """The same with an error that has no direction, dx^2/12 lap lap: half Q1, half differences along the edges only."""
    apart = np.abs(corners(dimension)[:, None] - corners(dimension)[None]).sum(axis=-1)
    edges = np.where(apart == 1, -1.0, 0.0) / 2 ** (dimension - 1)
    edges -= np.diag(edges.sum(axis=1))
    return np.asarray(0.5 * (diffusion_elements(dimension) + edges[None, :, :, None, None]))


def elastic_elements(dimension: int) -> FloatArray:
    """Element matrices of elasticity for unit lam and unit mu on a unit cell, shape ``(2, 2^d, 2^d, d, d)``.

    int div(v) div(u) and int 2 eps(v):eps(u); in two dimensions that is plane strain.
    """
    B = gradients(dimension)
    from_lam = np.einsum("pia,pjb->ijab", B, B)
    from_mu = np.einsum("pib,pja->ijab", B, B) + np.einsum("pic,pjc,ab->ijab", B, B, np.eye(dimension))
    return np.asarray(np.stack([from_lam, from_mu]) / len(B))


def largest_ratio(coefficients: FloatArray, elements: FloatArray) -> float:
    """Bound on the eigenvalues of D^-1 A, D the diagonal blocks of A.

    x.A x / x.D x is a ratio of sums over the cells, so it is at most the largest ratio of one cell. The ratio of one
    cell depends on the ratio of its coefficients only and is largest where that is extreme.

    Parameters
    ----------
    coefficients
        Coefficients per cell, shape ``(m, ...)``.
    elements
        Element matrix of each coefficient, shape ``(m, corners, corners, c, c)``.
    """
    if len(coefficients) == 1:
        return _element_ratio(np.ones(1), elements)
    first, last = coefficients.reshape(len(coefficients), -1)[[0, -1]]
    ratio = np.divide(first, last, out=np.full(last.shape, np.nan), where=last > 0.0)
    return max(_element_ratio(np.array([extreme, 1.0]), elements) for extreme in (np.nanmin(ratio), np.nanmax(ratio)))


def _element_ratio(coefficients: FloatArray, elements: FloatArray) -> float:
    blocks = np.tensordot(coefficients, elements, axes=1)
    n, _, c, _ = blocks.shape
    diagonal = blocks * np.eye(n)[:, :, None, None]
    K, D = (m.swapaxes(1, 2).reshape(n * c, n * c) for m in (blocks, diagonal))
    return float(eigh(K, D, eigvals_only=True)[-1])
