"""The multigrid hierarchy of a stencil and its V-cycle, a symmetric positive definite approximate inverse."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded

from selflimit.mesoscale import coarsening, stencils
from selflimit.mesoscale.grid import Array
from selflimit.mesoscale.stencils import Unknowns


@dataclass(frozen=True)
class Level:
    """One level above the coarsest.

    Attributes
    ----------
    stencil
        Operator, shape ``(Nx, Ny, 9, c, c)``.
    inverse
        One over its diagonal, zero where an unknown is fixed, shape ``(Nx, Ny, c)``.
    weights
        Interpolation from the next coarser level, shape ``(Nx_c, Ny_c, 9, c)``.
    correction, defect, coarse_defect
        Vectors the V-cycle writes into, with rim; the last on the next coarser level.
    """

    stencil: Array
    inverse: Array
    weights: Array
    correction: Array
    defect: Array
    coarse_defect: Array


@dataclass(frozen=True)
class Hierarchy:
    """All levels above the coarsest, finest first, and the banded Cholesky factor of the coarsest."""

    levels: list[Level]
    factor: Array
    unknowns: Unknowns

    def precondition(self, rhs: Array) -> Array:
        """One V(1,1) cycle from zero: an approximate A^-1 rhs; the result is overwritten by the next call.

        Forward Gauss-Seidel before and backward after the coarse correction, P^T for restriction: symmetric.
        """
        return self._cycle(0, rhs)

    def _cycle(self, depth: int, rhs: Array) -> Array:
        if depth == len(self.levels):
            return _solve_coarsest(self.factor, rhs)
        level, n = self.levels[depth], self.unknowns
        x = level.correction
        x.fill(0.0)
        stencils.smooth(level.stencil, level.inverse, rhs, n, False, x)
        stencils.residual(level.stencil, x, rhs, n, level.defect)
        coarsening.restrict(level.weights, level.defect, n, level.coarse_defect)
        coarsening.prolong(level.weights, self._cycle(depth + 1, level.coarse_defect), n, x)
        stencils.smooth(level.stencil, level.inverse, rhs, n, True, x)
        return x


def build_hierarchy(stencil: Array, halvings: int, unknowns: Unknowns) -> Hierarchy:
    """Coarsen a stencil ``halvings`` times and factorise the coarsest level.

    Parameters
    ----------
    stencil
        Operator with zero rows and columns for fixed unknowns, shape ``(Nx, Ny, 9, c, c)``.
    halvings
        Number of coarse levels.
    unknowns
        Tuple with c entries.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the coarsest operator is not positive definite.
    """
    levels = []
    for _ in range(halvings):
        levels.append(_level(stencil, unknowns))
        stencil = coarsening.coarse_stencil(stencil, levels[-1].weights, unknowns)
    return Hierarchy(levels, _factorise(stencil), unknowns)


def _level(stencil: Array, unknowns: Unknowns) -> Level:
    weights = coarsening.interpolation(stencil, unknowns)
    fine, coarse = stencil.shape[:2], weights.shape[:2]
    diagonal = stencils.diagonal(stencil)
    inverse = np.divide(1.0, diagonal, out=np.zeros(diagonal.shape), where=diagonal > 0.0)
    vectors = (stencils.with_rim(nodes, unknowns) for nodes in (fine, fine, coarse))
    return Level(stencil, inverse, weights, *vectors)


def _long_side_first(nodal: Array) -> Array:
    """Numbering along the shorter side keeps the band narrow."""
    return nodal if nodal.shape[0] >= nodal.shape[1] else nodal.swapaxes(0, 1)


def _factorise(stencil: Array) -> Array:
    """Banded Cholesky factor of a stencil; fixed unknowns get a unit diagonal."""
    nx, ny, _, c, _ = stencil.shape
    number = np.full((nx + 2, ny + 2, c), -1)
    ordered = _long_side_first(number[1:-1, 1:-1])
    ordered[:] = np.arange(nx * ny * c).reshape(ordered.shape)
    banded = np.zeros(((min(nx, ny) + 2) * c, nx * ny * c))
    for s, a, b in np.ndindex(9, c, c):
        row, column = number[1:-1, 1:-1, a], number[s // 3 :, s % 3 :, b][:nx, :ny]
        lower = (column >= 0) & (row >= column)
        banded[(row - column)[lower], column[lower]] = stencil[:, :, s, a, b][lower]
    banded[0, banded[0] <= 0.0] = 1.0
    return np.asarray(cholesky_banded(banded, lower=True, check_finite=False))


def _solve_coarsest(factor: Array, rhs: Array) -> Array:
    x = np.zeros_like(rhs)
    known, unknown = (_long_side_first(stencils.inside(vector)) for vector in (rhs, x))
    unknown[:] = cho_solve_banded((factor, True), known.ravel(), check_finite=False).reshape(known.shape)
    return x
