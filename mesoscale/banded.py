"""Cholesky factorisation of a symmetric banded matrix: the coarsest level of multigrid.

Written out rather than taken from LAPACK, whose threads cost a hundred times the work of a matrix this small when the
machine is busy, and may sum in another order from run to run.

Row j of a band holds column j of the lower triangle: entry k is the matrix element (j + k, j).
"""

import numba
import numpy as np

from selflimit.errors import ConvergenceError
from selflimit.mesoscale.grid import Array


def factorise_banded(band: Array) -> None:
    """Overwrite a band, shape ``(n, width)``, by its Cholesky factor.

    Raises
    ------
    ConvergenceError
        If the matrix is not positive definite.
    """
    if not _factorise(band):
        raise ConvergenceError(
            "the coarsest level lost positive definiteness to round-off; lower the contrast of the coefficients"
        )


def solve_banded(factor: Array, x: Array) -> None:
    """Overwrite x, shape ``(n,)``, by the solution for it as right-hand side."""
    _solve(factor, x)


@numba.njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _factorise(band: Array) -> bool:
    n, width = band.shape
    for j in range(n):
        own = band[j]
        if not own[0] > 0.0:
            return False
        own /= np.sqrt(own[0])
        for k in range(1, min(width, n - j)):
            if own[k] != 0.0:
                other, rest = band[j + k], own[k:]
                for m in range(width - k):
                    other[m] -= own[k] * rest[m]
    return True


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})  # type: ignore[untyped-decorator]
def _solve(factor: Array, x: Array) -> None:
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
