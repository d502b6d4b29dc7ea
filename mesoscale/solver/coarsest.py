"""The coarsest level of multigrid, solved directly by a banded Cholesky factorisation.

Written out rather than taken from LAPACK, whose threads cost a hundred times the work of a matrix this small when the
machine is busy, and may sum in another order from run to run. Row j of a band holds column j of the lower triangle:
entry k is the matrix element (j + k, j).
"""

from dataclasses import dataclass
from itertools import product

import numba
import numpy as np

from selflimit.arrays import AnyArray, FloatArray, IntArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale.solver.nodal_vectors import Lines

TURNING = 1e-6
"""Relative stiffness added to the coarsest level, where rotations of nodes in a uniform medium move nothing."""


@dataclass(frozen=True)
class Coarsest:
    """The coarsest level, the banded Cholesky factor of its operator, and where its unknowns are in a nodal vector."""

    lines: Lines
    factor: FloatArray
    place: IntArray
    rhs: AnyArray

    @classmethod
    def of(cls, lines: Lines, stencil: AnyArray, precision: type) -> "Coarsest":
        """Factorise a stencil.

        Parameters
        ----------
        lines
            Layout of its nodal vectors.
        stencil
            The operator of the level, as :func:`stencil_product`.
        precision
            Of the vectors of the cycle.

        Raises
        ------
        ConvergenceError
            If it is not positive definite.
        """
        number = _numbering(lines)
        place = np.flatnonzero(number >= 0)
        return cls(
            lines, _factorise(lines, stencil, number), place[np.argsort(number.ravel()[place])], lines.zeros(precision)
        )

    def solve(self) -> AnyArray:
        """A^-1 rhs."""
        x, solved = np.zeros_like(self.rhs), self.rhs.ravel()[self.place].astype(np.float64)
        solve_banded(self.factor, solved)
        x.ravel()[self.place] = solved
        return x


def _numbering(lines: Lines) -> IntArray:
    """Number of every unknown, a nodal vector with -1 on the rim; along the shortest sides, to keep the band narrow."""
    number = lines.pack(np.zeros(1), np.int64) - 1
    inside = lines.unpack(number)
    long_side_first = np.moveaxis(inside, int(np.argmax(lines.nodes)), 0)
    long_side_first[...] = np.arange(inside.size).reshape(long_side_first.shape)
    return number


def _factorise(lines: Lines, stencil: AnyArray, number: IntArray) -> FloatArray:
    """Banded Cholesky factor of a stencil; fixed unknowns get a unit diagonal, rotations a little more."""
    size = number.max() + 1
    rows, columns, values = [], [], []
    for a, (q, offset), b, s in product(
        range(lines.unknowns), enumerate(lines.around), range(lines.unknowns), range(3)
    ):
        row, column = number[lines.inner, a, 1:-1], number[lines.inner + offset, b, s : s + lines.nodes[-1]]
        lower = (column >= 0) & (row >= column)
        rows.append(row[lower])
        columns.append(column[lower])
        values.append(stencil[lines.inner, a, q, b, s, 1:-1][lower])
    below, column = np.concatenate(rows) - np.concatenate(columns), np.concatenate(columns)
    banded = np.zeros((size, below.max() + 1))
    banded[column, below] = np.concatenate(values)
    rotation = np.arange(size) % lines.unknowns >= len(lines.nodes)
    banded[:, 0] *= 1.0 + TURNING * rotation
    # fixed unknowns have an empty row: with a unit diagonal the matrix stays definite, and they stay zero
    banded[banded[:, 0] <= 0.0, 0] = 1.0
    factorise_banded(banded)
    return banded


def factorise_banded(band: FloatArray) -> None:
    """Overwrite a band, shape ``(n, width)``, by its Cholesky factor.

    Raises
    ------
    ConvergenceError
        If the matrix is not positive definite.
    """
    if not _banded_factor(band):
        raise ConvergenceError(
            "the coarsest level lost positive definiteness to round-off; lower the contrast of the coefficients"
        )


def solve_banded(factor: FloatArray, x: FloatArray) -> None:
    """Overwrite x, shape ``(n,)``, by the solution for it as right-hand side."""
    _banded_solution(factor, x)


@numba.njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _banded_factor(band: FloatArray) -> bool:
    n, width = band.shape
    for j in range(n):
        own = band[j]
        if not own[0] > 0.0:
            return False
        own /= np.sqrt(own[0])
        for k in range(1, min(width, n - j)):
            # most of the band is zero until elimination fills it: a node couples to its neighbours only
            if own[k] != 0.0:
                other, rest = band[j + k], own[k:]
                for m in range(width - k):
                    other[m] -= own[k] * rest[m]
    return True


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})  # type: ignore[untyped-decorator]
def _banded_solution(factor: FloatArray, x: FloatArray) -> None:
    n, width = factor.shape
    for j in range(n):
        own, below = x[j] / factor[j, 0], x[j + 1 : j + width]
        x[j] = own
        for k in range(len(below)):
            below[k] -= factor[j, k + 1] * own
    for j in range(n - 1, -1, -1):
        total, below = x[j], x[j + 1 : j + width]
        for k in range(len(below)):
            total -= factor[j, k + 1] * below[k]
        x[j] = total / factor[j, 0]
