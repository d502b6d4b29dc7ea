"""Implicit Cahn-Hilliard steps on the grid of ``selflimit.mesoscale``; the equation itself is not part of the package.

    dc/dt = M lap(mu),   mu = f'(c) - kappa lap(c) + (more, frozen within a Newton update)

with no flux of c and of mu through the sides. In Q1 elements, K the stiffness, V the lumped volumes and L = V^-1 K, a
step of the difference formula dc/dt = (c - base)/h is

    (c - base)/h + M L (f'(c) + kappa L c + more) = 0

Newton's method; its matrix 1 + h M L (f'' + kappa L) is solved by GMRES. The preconditioner is the same with a constant
S > 0 for f'': cosine transforms (DCT-I) diagonalise L on a rectangle without flux, lumped volumes included.
The integral of c does not change, because the columns of K sum to zero.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.fft import dctn, idctn
from scipy.sparse.linalg import LinearOperator, gmres

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale import Difference, Grid

Potential = Callable[[FloatArray], FloatArray]
MAX_NEWTON = 12


@dataclass(frozen=True)
class CahnHilliard:
    """The equation on one grid; fields of shape ``nodes``."""

    grid: Grid
    mobility: float
    gradient: float
    """Gradient energy coefficient kappa."""
    slope: Potential
    """f'(c)."""
    curvature: Potential
    """f''(c)."""
    more: Potential
    """What else belongs to mu, as a function of c; weak enough to be left out of the Newton matrix."""

    @cached_property
    def volumes(self) -> FloatArray:
        """Lumped nodal volumes."""
        return self.grid.node_volumes()

    @cached_property
    def stiffness(self) -> sparse.csr_matrix:
        """Q1 stiffness of -lap: K (x) M + M (x) K."""
        (kx, mx), (ky, my) = (_line(cells) for cells in self.grid.shape)
        return sparse.csr_matrix(sparse.kron(kx, my) + sparse.kron(mx, ky))

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """Eigenvalues of L by wave numbers, shape ``nodes``."""
        cos = [np.cos(np.pi * np.arange(cells + 1) / cells) for cells in self.grid.shape]
        (kx, mx), (ky, my) = ((2.0 - 2.0 * c, (2.0 + c) / 3.0) for c in cos)
        return np.asarray(np.multiply.outer(kx, my) + np.multiply.outer(mx, ky)) / self.grid.spacing**2

    def minus_laplacian(self, field: FloatArray) -> FloatArray:
        """L field, shape ``nodes``."""
        return np.asarray((self.stiffness @ field.ravel()).reshape(field.shape) / self.volumes)

    def gradient_energy(self, c: FloatArray) -> float:
        """int kappa/2 |grad c|^2."""
        return float(0.5 * self.gradient * c.ravel() @ (self.stiffness @ c.ravel()))

    def step(
        self, difference: Difference, guess: FloatArray, tolerance: float, source: FloatArray | float = 0.0
    ) -> FloatArray:
        """c after a step, to a last Newton update of ``tolerance``; ``source`` is added to dc/dt.

        Raises
        ------
        ConvergenceError
            If Newton's method or GMRES fails: the step is too long.
        """
        c, h = guess, difference.length
        for _ in range(MAX_NEWTON):
            mu = self.slope(c) + self.gradient * self.minus_laplacian(c) + self.more(c)
            residual = c - difference.base + h * (self.mobility * self.minus_laplacian(mu) - source)
            update = self._newton_update(self.curvature(c), -residual, h, 0.1 * tolerance)
            c = c + update
            if np.abs(update).max() < tolerance:
                return c
        raise ConvergenceError(f"Cahn-Hilliard: Newton's method did not reach {tolerance} in {MAX_NEWTON} iterations")

    def _newton_update(self, curvature: FloatArray, rhs: FloatArray, h: float, atol: float) -> FloatArray:
        def matrix(flat: FloatArray) -> FloatArray:
            x = flat.reshape(rhs.shape)
            inner = curvature * x + self.gradient * self.minus_laplacian(x)
            return np.asarray((x + h * self.mobility * self.minus_laplacian(inner)).ravel())

        spread = self.eigenvalues * h * self.mobility
        scale = 1.0 + spread * (0.5 * max(float(curvature.max()), 0.0) + self.gradient * self.eigenvalues)

        def preconditioner(flat: FloatArray) -> FloatArray:
            return np.asarray(idctn(dctn(flat.reshape(rhs.shape), 1) / scale, 1).ravel())

        operators = [LinearOperator((rhs.size, rhs.size), matvec=f, dtype=float) for f in (matrix, preconditioner)]
        found, failed = gmres(operators[0], rhs.ravel(), M=operators[1], rtol=1e-3, atol=atol, restart=40, maxiter=2)
        if failed or not np.isfinite(found).all():
            raise ConvergenceError("Cahn-Hilliard: GMRES did not converge in 80 iterations; shorten the step")
        return np.asarray(found.reshape(rhs.shape))


def _line(cells: int) -> tuple[sparse.dia_matrix, sparse.dia_matrix]:
    """Linear elements on a line of unit cells: stiffness and mass."""
    inner, off = np.full(cells + 1, 2.0), np.ones(cells)
    inner[[0, -1]] = 1.0
    return sparse.diags([-off, inner, -off], [-1, 0, 1]), sparse.diags([off, 2.0 * inner, off], [-1, 0, 1]) / 6.0
