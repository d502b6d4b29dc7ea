"""Operators of the coarse levels: stored stencils, their products and the inverses of their diagonal blocks."""

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np

from selflimit.arrays import AnyArray
from selflimit.mesoscale.solver.nodal_vectors import Kernel, Lines

DEPENDENT = 1e-6
"""Relative pivot below which an unknown counts as one that depends on the others."""

Product = Callable[[int, AnyArray, AnyArray], None]
"""r -= A x: called with threads, x, r."""

StencilRows = Callable[[int, int], AnyArray]
"""The stencil of some lines, called with the first and the end of their numbers: stored, or assembled then."""


@dataclass(frozen=True)
class StencilProduct:
    """r -= A x for a stored stencil."""

    lines: Lines
    stencil: AnyArray

    def __call__(self, threads: int, x: AnyArray, r: AnyArray) -> None:
        """r -= A x."""
        _subtract(threads, self.lines.inner, self.lines.around, self.stencil, x, r)


@dataclass(frozen=True)
class SymmetricProduct:
    """The same in the plane, from half of a symmetric stencil: twice as fast, as memory sets the speed.

    ``half`` couples a node to itself, to the next one on its line and to three on the next line: shape
    ``(lines, 5, c, c, N + 2)``. In space the lines behind are no longer in the cache, and it would be slower.
    """

    lines: Lines
    half: AnyArray

    def __call__(self, threads: int, x: AnyArray, r: AnyArray) -> None:
        """r -= A x."""
        _subtract_symmetric(threads, self.lines.inner, self.half, x, r)


@dataclass(frozen=True)
class DifferenceProduct:
    """The same for a scalar, r_i -= s_i x_i + sum_j a_ij (x_j - x_i), the row sums s_i in the middle of the stencil.

    A constant potential then drives no current in single precision either: there the row sums of a good conductor,
    zero in truth, are as large as the couplings of a conductor 1e7 times poorer.
    """

    lines: Lines
    stencil: AnyArray

    def __call__(self, threads: int, x: AnyArray, r: AnyArray) -> None:
        """r -= A x."""
        _subtract_differences(threads, self.lines.inner, self.lines.around, self.stencil, x, r)


def stencil_product(lines: Lines, stencil: AnyArray, precision: type) -> Product:
    """The product of a stencil: of a scalar in the precision of the cycle, of a displacement in that of the stencil.

    Parameters
    ----------
    lines
        Layout of the nodal vectors.
    stencil
        Of shape (lines, c, 3^(d-1), c, 3, N + 2) for c unknowns in d dimensions.
    precision
        Of the cycle.
    """
    if lines.unknowns > 1 and len(lines.nodes) == 2:
        by_place = stencil.transpose(0, 2, 4, 1, 3, 5)
        half: AnyArray = np.empty((len(stencil), 5, *by_place.shape[3:]), stencil.dtype)
        half[:, :2], half[:, 2:] = by_place[:, 1, 1:], by_place[:, 2]
        return SymmetricProduct(lines, half)
    if lines.unknowns > 1:
        return StencilProduct(lines, stencil)
    stored: AnyArray = stencil.astype(precision)
    stored[:, 0, len(lines.around) // 2, 0, 1] = stencil.sum(axis=(1, 2, 3, 4))
    return DifferenceProduct(lines, stored)


def diagonal_blocks(stencil: AnyArray) -> AnyArray:
    """What couples the unknowns of a node to one another, shape ``(lines, c, c, N + 2)``."""
    return np.ascontiguousarray(stencil[:, :, stencil.shape[2] // 2, :, 1])


def inverse_blocks(threads: int, lines: Lines, blocks: AnyArray, precision: type) -> AnyArray:
    """Inverses of ``diagonal_blocks``, of their shape; zeros for what is fixed or depends on others.

    Parameters
    ----------
    threads
        Threads of the kernel.
    lines
        Layout of the nodal vectors.
    blocks
        The diagonal blocks.
    precision
        Of the inverses.
    """
    inverse: AnyArray = np.zeros(blocks.shape, precision)
    _invert_blocks(threads, lines.inner, blocks, inverse)
    return inverse


@Kernel
def _subtract(lines: AnyArray, offsets: AnyArray, stencil: AnyArray, x: AnyArray, r: AnyArray) -> None:
    n, c = x.shape[2] - 2, x.shape[1]
    for line in numba.prange(len(lines)):
        i = lines[line]
        total = np.empty(n, x.dtype)
        for a in range(c):
            total[:] = 0.0
            for q in range(len(offsets)):
                for b in range(c):
                    entry, other = stencil[i, a, q, b], x[i + offsets[q], b]
                    before, own, after = entry[0], entry[1], entry[2]
                    for j in range(n):
                        total[j] += before[j + 1] * other[j] + own[j + 1] * other[j + 1] + after[j + 1] * other[j + 2]
            for j in range(n):
                r[i, a, j + 1] -= total[j]


@Kernel
def _subtract_symmetric(lines: AnyArray, half: AnyArray, x: AnyArray, r: AnyArray) -> None:
    """What couples a node to an earlier one is stored there, with the unknowns the other way round."""
    n, c = x.shape[2] - 2, x.shape[1]
    for line in numba.prange(len(lines)):
        i = lines[line]
        total = np.zeros((c, n), x.dtype)
        for a, b in np.ndindex(c, c):
            y, u, v, w = total[a], x[i, b], x[i + 1, b], x[i - 1, b]
            own, u2, v0 = half[i, 0, a, b], half[i, 1, a, b], half[i, 2, a, b]
            v1, v2 = half[i, 3, a, b], half[i, 4, a, b]
            u0, w2, w1, w0 = half[i, 1, b, a], half[i - 1, 2, b, a], half[i - 1, 3, b, a], half[i - 1, 4, b, a]
            for j in range(n):
                y[j] += u0[j] * u[j] + own[j + 1] * u[j + 1] + u2[j + 1] * u[j + 2]
                y[j] += v0[j + 1] * v[j] + v1[j + 1] * v[j + 1] + v2[j + 1] * v[j + 2]
                y[j] += w0[j] * w[j] + w1[j + 1] * w[j + 1] + w2[j + 2] * w[j + 2]
        for a in range(c):
            for j in range(n):
                r[i, a, j + 1] -= total[a, j]


@Kernel
def _subtract_differences(lines: AnyArray, offsets: AnyArray, stencil: AnyArray, x: AnyArray, r: AnyArray) -> None:
    n, middle = x.shape[2] - 2, len(offsets) // 2
    for line in numba.prange(len(lines)):
        i = lines[line]
        total, own = np.zeros(n, x.dtype), x[i, 0]
        for q in range(len(offsets)):
            entry, other = stencil[i, 0, q, 0], x[i + offsets[q], 0]
            before, beside, after = entry[0], entry[1], entry[2]
            for j in range(n):
                here = own[j + 1]
                total[j] += before[j + 1] * (other[j] - here) + after[j + 1] * (other[j + 2] - here)
            if q != middle:
                for j in range(n):
                    total[j] += beside[j + 1] * (other[j + 1] - own[j + 1])
        row_sum = stencil[i, 0, middle, 0, 1]
        for j in range(n):
            r[i, 0, j + 1] -= total[j] + row_sum[j + 1] * own[j + 1]


@Kernel
def _invert_blocks(lines: AnyArray, blocks: AnyArray, inverse: AnyArray) -> None:  # noqa: C901
    """By the symmetric sweep, pivot by pivot."""
    c, n = blocks.shape[1], blocks.shape[3] - 2
    for line in numba.prange(len(lines)):
        i = lines[line]
        factor = np.zeros(n + 2, inverse.dtype)
        for a, b in np.ndindex(c, c):
            for j in range(1, n + 1):
                inverse[i, a, b, j] = blocks[i, a, b, j]
        for k in range(c):
            for j in range(1, n + 1):
                pivot, diagonal = inverse[i, k, k, j], blocks[i, k, k, j]
                factor[j] = 1.0 / pivot if pivot > DEPENDENT * diagonal else 0.0
                inverse[i, k, k, j] = factor[j]
            for a, b in np.ndindex(c, c):
                if a != k and b != k:
                    for j in range(1, n + 1):
                        inverse[i, a, b, j] -= inverse[i, a, k, j] * inverse[i, k, b, j] * factor[j]
            for a in range(c):
                if a != k:
                    for j in range(1, n + 1):
                        inverse[i, a, k, j] *= factor[j]
                        inverse[i, k, a, j] *= -factor[j]
