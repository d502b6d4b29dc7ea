"""Nine-point block stencils on the nodes of the grid: assembly from Q1 cells, product, residual and smoothing.

A stencil array has shape ``(Nx, Ny, 9, c, c)``: for every node the c x c blocks that couple it to its neighbours,
neighbour ``3 * (dx + 1) + dy + 1``; entry 4 is the diagonal block. c is the number of unknowns per node (1 for a
potential, 2 for a displacement). Nodal vectors carry a rim of zeros, shape ``(Nx + 2, Ny + 2, c)``, so that no kernel
asks where the boundary is; node (i, j) sits at ``[i + 1, j + 1]``.

Kernels take ``unknowns``, a tuple with c entries: its length is part of the compiled type, so loops over the unknowns
of a node are unrolled for c = 1 and c = 2 from one source. They are compiled on first use, kept on disk, and run on
one thread, so results do not depend on the number of threads: a sweep of a 256 x 256 potential takes below 1 ms, and
two threads were measured to spend several milliseconds on meeting when the machine has other work.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np

from selflimit.mesoscale.grid import Array

Unknowns = tuple[int, ...]
CENTRE = 4
"""Position of the diagonal block among the nine of a stencil."""

_Kernel = TypeVar("_Kernel", bound=Callable[..., object])


def compiled(kernel: _Kernel) -> _Kernel:
    """Compile a kernel on first use and keep its machine code on disk."""
    return cast(_Kernel, numba.njit(cache=True, error_model="numpy")(kernel))


def with_rim(nodes: tuple[int, ...], unknowns: Unknowns) -> Array:
    """Nodal vector of zeros with its rim, shape ``(Nx + 2, Ny + 2, c)``."""
    return np.zeros((nodes[0] + 2, nodes[1] + 2, len(unknowns)))


def inside(vector: Array) -> Array:
    """View of a nodal vector without its rim, shape ``(Nx, Ny, c)``."""
    return vector[1:-1, 1:-1]


def cell_gradients() -> Array:
    """Gradients of the four Q1 functions of a unit cell at its 2 x 2 Gauss points, shape ``(4 points, 4 corners, 2)``.

    Corner ``2 * right + upper``. Every point has weight 1/4; the rule is exact for Q1 stiffness of a square.
    """
    at = 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0)
    value, slope = np.stack([1.0 - at, at]), np.array([[-1.0, -1.0], [1.0, 1.0]])  # [end, point]
    d_x = np.einsum("ip,jq->pqij", slope, value).reshape(4, 4)
    d_y = np.einsum("ip,jq->pqij", value, slope).reshape(4, 4)
    return np.stack([d_x, d_y], axis=-1)


def diffusion_elements() -> Array:
    """Element matrix of int grad(v).grad(u) for unit conductivity, shape ``(1, 4, 4, 1, 1)``."""
    B = cell_gradients()
    return np.asarray(0.25 * np.einsum("pia,pja->ij", B, B)[None, :, :, None, None])


def elastic_elements() -> Array:
    """Element matrices of plane strain for unit lam and unit mu, shape ``(2, 4, 4, 2, 2)``.

    int div(v) div(u) and int 2 eps(v):eps(u); for square cells both are free of the spacing.
    """
    B = cell_gradients()
    from_lam = np.einsum("pia,pjb->ijab", B, B)
    from_mu = np.einsum("pib,pja->ijab", B, B) + np.einsum("pic,pjc,ab->ijab", B, B, np.eye(2))
    return np.asarray(0.25 * np.stack([from_lam, from_mu]))


def stencil_of_cells(coefficients: Array, elements: Array, unknowns: Unknowns) -> Array:
    """Stencil of the sum of element matrices, each weighted with its coefficient per cell.

    Parameters
    ----------
    coefficients
        Coefficients per cell, shape ``(m, nx, ny)``.
    elements
        Element matrix of each coefficient, shape ``(m, 4, 4, c, c)``.
    unknowns
        Tuple with c entries.

    Returns
    -------
    Stencil, shape ``(nx + 1, ny + 1, 9, c, c)``.
    """
    padded = np.pad(coefficients, [(0, 0), (1, 1), (1, 1)])
    nodes = (coefficients.shape[1] + 1, coefficients.shape[2] + 1)
    stencil = np.zeros((*nodes, 9, len(unknowns), len(unknowns)))
    _assemble(padded, elements, unknowns, stencil)
    return stencil


@compiled
def _assemble(coefficients: Array, elements: Array, unknowns: Unknowns, stencil: Array) -> None:
    for i in range(stencil.shape[0]):
        for j in range(stencil.shape[1]):
            for cell in range(4):  # the four cells around the node, 2 * right + upper
                right, upper = cell // 2, cell % 2
                for corner in range(4):
                    neighbour = 3 * (right + corner // 2) + upper + corner % 2
                    for m in range(elements.shape[0]):
                        k = coefficients[m, i + right, j + upper]
                        _add_scaled_block(k, elements[m, 3 - cell, corner], unknowns, stencil[i, j, neighbour])


@compiled
def _add_scaled_block(factor: float, block: Array, unknowns: Unknowns, total: Array) -> None:
    for a in range(len(unknowns)):
        for b in range(len(unknowns)):
            total[a, b] += factor * block[a, b]


@compiled
def restrain(stencil: Array, free: Array, unknowns: Unknowns) -> None:
    """Zero the rows and columns of fixed unknowns; ``free`` is 1 or 0, a nodal vector with rim."""
    for i in range(stencil.shape[0]):
        for j in range(stencil.shape[1]):
            for s in range(9):
                for a in range(len(unknowns)):
                    for b in range(len(unknowns)):
                        stencil[i, j, s, a, b] *= free[i + 1, j + 1, a] * free[i + s // 3, j + s % 3, b]


def diagonal(stencil: Array) -> Array:
    """Diagonal of the operator, shape ``(Nx, Ny, c)``; zero where an unknown is fixed."""
    return np.asarray(np.einsum("xyaa->xya", stencil[:, :, CENTRE]))


@compiled
def multiply(stencil: Array, x: Array, unknowns: Unknowns, y: Array) -> None:
    """y = A x."""
    for i in range(stencil.shape[0]):
        for j in range(stencil.shape[1]):
            for a in range(len(unknowns)):
                total = 0.0
                for s in range(9):
                    for b in range(len(unknowns)):
                        total += stencil[i, j, s, a, b] * x[i + s // 3, j + s % 3, b]
                y[i + 1, j + 1, a] = total


@compiled
def residual(stencil: Array, x: Array, rhs: Array, unknowns: Unknowns, r: Array) -> None:
    """r = rhs - A x."""
    for i in range(stencil.shape[0]):
        for j in range(stencil.shape[1]):
            for a in range(len(unknowns)):
                total = rhs[i + 1, j + 1, a]
                for s in range(9):
                    for b in range(len(unknowns)):
                        total -= stencil[i, j, s, a, b] * x[i + s // 3, j + s % 3, b]
                r[i + 1, j + 1, a] = total


@compiled
def smooth(stencil: Array, inverse: Array, rhs: Array, unknowns: Unknowns, backward: bool, x: Array) -> None:
    """One Gauss-Seidel sweep through all unknowns in order, or backward: the one is the adjoint of the other.

    ``inverse`` is one over the diagonal, shape ``(Nx, Ny, c)``, zero where an unknown is fixed.
    """
    rows, columns, n = stencil.shape[0], stencil.shape[1], len(unknowns)
    for row in range(rows):
        i = rows - 1 - row if backward else row
        for column in range(columns):
            j = columns - 1 - column if backward else column
            for turn in range(n):
                a = n - 1 - turn if backward else turn
                total = rhs[i + 1, j + 1, a]
                for s in range(9):
                    for b in range(n):
                        total -= stencil[i, j, s, a, b] * x[i + s // 3, j + s % 3, b]
                x[i + 1, j + 1, a] += inverse[i, j, a] * total


@compiled
def follow(z: Array, factor: float, p: Array) -> None:
    """p = z + factor p, the next search direction of conjugate gradients."""
    for i in range(p.shape[0]):
        for j in range(p.shape[1]):
            for a in range(p.shape[2]):
                p[i, j, a] = z[i, j, a] + factor * p[i, j, a]


@compiled
def advance(step: float, p: Array, q: Array, x: Array, r: Array) -> None:
    """x += step p and r -= step q, one step of conjugate gradients."""
    for i in range(p.shape[0]):
        for j in range(p.shape[1]):
            for a in range(p.shape[2]):
                x[i, j, a] += step * p[i, j, a]
                r[i, j, a] -= step * q[i, j, a]
