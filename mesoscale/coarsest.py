"""The coarsest level of multigrid, solved directly."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from selflimit.mesoscale.banded import factorise_banded, solve_banded
from selflimit.mesoscale.grid import Array
from selflimit.mesoscale.lines import Lines, Vector

TURNING = 1e-6
"""Relative stiffness added to the coarsest level, where rotations of nodes in a uniform medium move nothing."""


@dataclass(frozen=True)
class Coarsest:
    """The coarsest level, the banded Cholesky factor of its operator, and where its unknowns are in a nodal vector."""

    lines: Lines
    factor: Array
    place: NDArray[np.int64]
    rhs: Vector

    @classmethod
    def of(cls, lines: Lines, stencil: Vector, precision: type) -> "Coarsest":
        """Factorise a stencil.

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

    def solve(self) -> Vector:
        """A^-1 rhs."""
        x, solved = np.zeros_like(self.rhs), self.rhs.ravel()[self.place].astype(np.float64)
        solve_banded(self.factor, solved)
        x.ravel()[self.place] = solved
        return x


def _numbering(lines: Lines) -> NDArray[np.int64]:
    """Number of every unknown, a nodal vector with -1 on the rim; along the shortest sides, to keep the band narrow."""
    number = lines.pack(np.zeros(1), np.int64) - 1
    inside = lines.unpack(number)
    long_side_first = np.moveaxis(inside, int(np.argmax(lines.nodes)), 0)
    long_side_first[...] = np.arange(inside.size).reshape(long_side_first.shape)
    return number


def _factorise(lines: Lines, stencil: Vector, number: NDArray[np.int64]) -> Array:
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
    banded[banded[:, 0] <= 0.0, 0] = 1.0
    factorise_banded(banded)
    return banded
