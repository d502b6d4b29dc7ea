"""Motion of the lithium front: the order-parameter equation, fully implicit in time.

d(xi)/dt = -L_sigma [g'(xi) - kappa lap(xi) + noise] + L_eta h'(xi) {c exp(-alpha f eta) - exp((1 - alpha) f eta)}

with g = W xi^2 (1 - xi)^2. Backward Euler by Newton's method. The Jacobian is symmetric: a mass-lumped diagonal plus
the Q1 stiffness. The front itself makes it positive definite (moving the front costs no energy, and 1/dt adds to it),
but its diagonal may be negative inside the front, so it is not multigrid's case: conjugate gradients with the diagonal
of the positive part as preconditioner need few iterations because dx is of the order of the interface width. A
direction of negative curvature means that the step is too long, and the step is refused.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from selflimit.errors import ConvergenceError
from selflimit.mesoscale.electrochemistry import Charge, switch_curvature, switch_slope
from selflimit.mesoscale.grid import Array, Grid
from selflimit.mesoscale.parameters import InterfaceParameters

MAX_NEWTON = 12
"""Newton iterations after which a step counts as too long."""
MAX_CG = 400
"""Conjugate-gradient iterations after which a linear solve counts as failed."""


def well_slope(xi: Array) -> Array:
    """g'(xi)/W = 2 xi (1 - xi) (1 - 2 xi)."""
    return np.asarray(2.0 * xi * (1.0 - xi) * (1.0 - 2.0 * xi))


def well_curvature(xi: Array) -> Array:
    """g''(xi)/W = 2 - 12 xi + 12 xi^2."""
    return np.asarray(2.0 - 12.0 * xi * (1.0 - xi))


class FrontStep(NamedTuple):
    """Result of one backward-Euler step of the front."""

    xi: Array
    """Order parameter at the end of the step, shape ``nodes``."""
    newton: int
    """Newton iterations."""
    cathodic_slope: Array
    """d(d(xi)/dt)/dc = L_eta h'(xi) exp(-alpha f eta) (1/s), shape ``nodes``."""


@dataclass(frozen=True)
class Front:
    """The order-parameter equation on one grid."""

    grid: Grid
    p: InterfaceParameters

    @cached_property
    def volumes(self) -> Array:
        """Lumped nodal volumes (m^2), shape ``nodes``."""
        return self.grid.node_volumes()

    @cached_property
    def stiffness(self) -> sparse.csr_matrix:
        """Q1 stiffness of -lap, dimensionless, shape (n_nodes, n_nodes)."""
        return _stiffness(self.grid)

    def energy(self, xi: Array) -> float:
        """Free energy int g + kappa/2 |grad xi|^2 (J per m of depth)."""
        flat = xi.ravel()
        well = self.p.barrier * self.volumes.ravel() @ (flat**2 * (1.0 - flat) ** 2)
        return float(well + 0.5 * self.p.gradient_coefficient * flat @ (self.stiffness @ flat))

    def step(
        self, before: Array, c: Array, charge: Charge, load: Array, dt: float, tolerance: float, guess: Array
    ) -> FrontStep:
        """Order parameter after a backward-Euler step.

        Parameters
        ----------
        before
            Order parameter at the beginning of the step, shape ``nodes``.
        c
            Normalised concentration, shape ``nodes``.
        charge
            Butler-Volmer factors.
        load
            Explicit rate (1/s) of noise and anisotropy, shape ``nodes``.
        dt
            Time step (s).
        tolerance
            Largest Newton update of xi that counts as converged.
        guess
            Where Newton's method begins, shape ``nodes``.

        Raises
        ------
        ConvergenceError
            If Newton's method or a linear solve fails: the step is too long.
        """
        drive = self.p.reaction_coefficient * (charge.cathodic * c - charge.anodic)
        xi = guess
        for iteration in range(1, MAX_NEWTON + 1):
            update = self._newton_update(xi, before, drive, load, dt, 0.01 * tolerance)
            xi = xi + update
            if np.max(np.abs(update)) < tolerance:
                return FrontStep(xi, iteration, self.p.reaction_coefficient * switch_slope(xi) * charge.cathodic)
        raise ConvergenceError(
            f"front: Newton's method did not reach {tolerance} in {MAX_NEWTON} iterations at dt = {dt} s"
        )

    def _newton_update(self, xi: Array, before: Array, drive: Array, load: Array, dt: float, atol: float) -> Array:
        p, mobility = self.p, self.p.surface_mobility
        rate = mobility * p.barrier * well_slope(xi) - switch_slope(xi) * drive - load
        elastic = mobility * p.gradient_coefficient * (self.stiffness @ xi.ravel()).reshape(xi.shape)
        residual = self.volumes * ((xi - before) / dt + rate) + elastic
        diagonal = 1.0 / dt + mobility * p.barrier * well_curvature(xi) - switch_curvature(xi) * drive
        return self._conjugate_gradients(diagonal, -residual, atol)

    def _conjugate_gradients(self, diagonal: Array, rhs: Array, atol: float) -> Array:
        """Solve (diag(V d) + L_sigma kappa S) x = rhs to an update error of about ``atol``."""
        spread = self.p.surface_mobility * self.p.gradient_coefficient
        weight = (self.volumes * diagonal).ravel()
        scale = self.volumes.ravel() * np.maximum(diagonal.ravel(), 0.0) + spread * self.stiffness.diagonal()
        x, r = np.zeros(rhs.size), rhs.ravel().copy()
        z = r / scale
        direction, rho = z.copy(), _dot(r, z)
        for _ in range(MAX_CG):
            if np.max(np.abs(z)) < atol:
                return x.reshape(rhs.shape)
            image = weight * direction + spread * (self.stiffness @ direction)
            curvature = _dot(direction, image)
            if curvature <= 0.0:
                raise ConvergenceError("front: the step's operator is not positive definite; take a shorter time step")
            x += rho / curvature * direction
            r -= rho / curvature * image
            z = r / scale
            rho, old = _dot(r, z), rho
            direction = z + rho / old * direction
        raise ConvergenceError(f"front: conjugate gradients did not converge in {MAX_CG} iterations; shorten the step")

    def anisotropy_rate(self, xi: Array) -> Array:
        """Explicit rate (1/s) of the four-fold part of the surface energy, shape ``nodes``.

        The energy density is kappa/2 a^2 |grad xi|^2 with a = 1 + delta cos 4 theta (Kobayashi 1993,
        doi:10.1016/0167-2789(93)90120-P); its isotropic part is solved implicitly.
        """
        p = self.p
        gx, gy = _gradient(self.grid, xi)
        theta = np.arctan2(gy, gx)
        a, slope = 1.0 + p.anisotropy * np.cos(4 * theta), -4.0 * p.anisotropy * np.sin(4 * theta)
        qx, qy = (a**2 - 1.0) * gx - a * slope * gy, (a**2 - 1.0) * gy + a * slope * gx
        return -p.surface_mobility * p.gradient_coefficient * _divergence_load(self.grid, qx, qy) / self.volumes

    def noise_rate(self, xi: Array, charge: Charge, chi: Array) -> Array:
        """Random rate h'(xi) A chi (1/s), shape ``nodes``.

        A is relative to the local exchange rate L_eta exp(-alpha f eta); chi from :mod:`selflimit.mesoscale.noise`.
        """
        p = self.p
        return np.asarray(p.noise_amplitude * p.reaction_coefficient * switch_slope(xi) * charge.cathodic * chi)


def _dot(a: Array, b: Array) -> float:
    """Scalar product without BLAS, whose threads cost more than they give on vectors this short."""
    return float(np.einsum("i,i->", a, b))


def _stiffness(grid: Grid) -> sparse.csr_matrix:
    """Kronecker form of the Q1 stiffness on squares: K (x) M + M (x) K."""
    (kx, mx), (ky, my) = (_line(n) for n in grid.shape)
    return sparse.csr_matrix(sparse.kron(kx, my) + sparse.kron(mx, ky))


def _line(cells: int) -> tuple[sparse.dia_matrix, sparse.dia_matrix]:
    """Linear elements on a line of unit cells: stiffness and mass."""
    inner, off = np.full(cells + 1, 2.0), np.ones(cells)
    inner[[0, -1]] = 1.0
    return sparse.diags([-off, inner, -off], [-1, 0, 1]), sparse.diags([off, 2 * inner, off], [-1, 0, 1]) / 6.0


def _gradient(grid: Grid, nodal: Array) -> tuple[Array, Array]:
    """Gradient at the cell centres, two arrays of shape ``shape``."""
    x = np.diff(nodal[:, :-1] + nodal[:, 1:], axis=0) / (2.0 * grid.spacing)
    y = np.diff(nodal[:-1] + nodal[1:], axis=1) / (2.0 * grid.spacing)
    return x, y


def _divergence_load(grid: Grid, qx: Array, qy: Array) -> Array:
    """Nodal load int grad(N) . q dV of a vector constant per cell, shape ``nodes``."""
    half = 0.5 * grid.spacing
    load = np.zeros(grid.nodes)
    for i, sign_x in ((slice(None, -1), -1), (slice(1, None), 1)):
        for j, sign_y in ((slice(None, -1), -1), (slice(1, None), 1)):
            load[i, j] += half * (sign_x * qx + sign_y * qy)
    return load
