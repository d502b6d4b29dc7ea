"""Motion of the lithium front: the order-parameter equation, fully implicit in time.

d(xi)/dt = -L_sigma [g'(xi) - kappa lap(xi) + noise] + L_eta h'(xi) {a exp(-alpha f eta) - exp((1 - alpha) f eta)}

with g = W xi^2 (1 - xi)^2 and a = min(c, c_sat). Backward Euler by Newton's method. The Jacobian is symmetric: a
mass-lumped diagonal plus the Q1 stiffness. The front itself makes it positive definite (moving the front costs no
energy, and 1/dt adds to it), but its diagonal may be negative inside the front, so it is not multigrid's case:
conjugate gradients with the diagonal of the positive part as preconditioner need few iterations because dx is of the
order of the interface width. A direction of negative curvature means that the step is too long; it is refused.

Where lithium cannot go, in a second electrolyte that consumes it, the equation does not hold: the rest of the domain is
meshed by the share of each cell that is open, and its boundary is natural, so lithium meets it at a right angle.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from selflimit.arrays import AnyArray, BoolArray, FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale.equations.electrochemistry import Charge, switch_curvature, switch_slope
from selflimit.mesoscale.equations.sharp_limit import PUBLISHED, FrontForm
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.mechanics.stress import cell_gradient, direction, magnitude, weak_divergence
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.solver.nodal_vectors import advance_iterate, dot, follow
from selflimit.mesoscale.solver.operators import Operator, q1_operator

MAX_NEWTON = 12
"""Newton iterations after which a step counts as too long."""
MAX_CG = 400
"""Conjugate-gradient iterations after which a linear solve counts as failed."""
FORCING = 0.01
"""Share of a Newton update to which it is solved: the next iteration takes care of the rest."""


def well_slope(xi: FloatArray) -> FloatArray:
    """g'(xi)/W = 2 xi (1 - xi) (1 - 2 xi)."""
    return np.asarray(2.0 * xi * (1.0 - xi) * (1.0 - 2.0 * xi))


def well_curvature(xi: FloatArray) -> FloatArray:
    """g''(xi)/W = 2 - 12 xi + 12 xi^2."""
    return np.asarray(2.0 - 12.0 * xi * (1.0 - xi))


class FrontStep(NamedTuple):
    """Result of one backward-Euler step of the front."""

    xi: FloatArray
    """Order parameter at the end of the step, shape ``nodes``."""
    newton: int
    """Newton iterations."""
    cathodic_slope: FloatArray
    """d(d(xi)/dt)/dc = L_eta h'(xi) exp(-alpha f eta) (1/s), shape ``nodes``; 0 where saturated or closed."""


@dataclass(frozen=True)
class Front:
    """The order-parameter equation on one grid.

    Attributes
    ----------
    grid
        The grid.
    p
        Parameters.
    open_share
        Share of each cell that lithium may take, shape ``grid.shape``; None for all of it.
    threads
        Number of threads; the result does not depend on it.
    form
        How the front's width enters its kinetics.
    """

    grid: Grid
    p: InterfaceParameters
    open_share: FloatArray | None = None
    threads: int = 1
    form: FrontForm = PUBLISHED

    @cached_property
    def is_open(self) -> BoolArray:
        """Nodes that lithium can reach, shape ``nodes``."""
        return np.asarray(self.grid.to_nodes(self._share) > 0.0)

    @cached_property
    def volumes(self) -> FloatArray:
        """Lumped open volume around each node (m^2 or m^3), shape ``nodes``; all of it where nothing is open."""
        return np.where(self.is_open, self.grid.to_nodes(self._share), 1.0) * self.grid.node_volumes()

    def to_open_nodes(self, cell: FloatArray) -> FloatArray:
        """Nodal means of a cell field, shape ``nodes``; beside a closed part those of the open cells only.

        What lithium feels is its own stress and not that of a softer neighbour.
        """
        if self.open_share is None:
            return self.grid.to_nodes(cell)
        # where nothing is open any divisor does: the value is not used
        share = np.where(self.is_open, self.grid.to_nodes(self._share), 1.0)
        return np.where(self.is_open, self.grid.to_nodes(self._share * cell) / share, self.grid.to_nodes(cell))

    @cached_property
    def kinetics(self) -> FloatArray:
        """L_eta on this grid (1/s), shape ``nodes``; 0 where lithium cannot go."""
        factor = self.form.kinetic_factor(self.grid.spacing / self.p.interface_width)
        return np.asarray(factor * self.p.reaction_coefficient * self.is_open)

    @property
    def _share(self) -> FloatArray:
        return np.ones(self.grid.shape) if self.open_share is None else self.open_share

    @cached_property
    def _tension(self) -> Operator:
        """-L_sigma kappa lap in the weak form on the open part."""
        spread = self.p.surface_mobility * self.p.gradient_coefficient
        elements, massless = self.form.stiffness(self.grid.dimension), np.zeros(self.grid.nodes)
        operator = q1_operator(self.grid, spread * self._share[None], elements, massless)
        return replace(operator, free=operator.lines.pack(self.is_open[..., None], np.float64))

    @cached_property
    def _tension_diagonal(self) -> AnyArray:
        return self._tension.diagonal()

    def tension_load(self, xi: FloatArray) -> FloatArray:
        """Nodal integrals int N L_sigma kappa lap(xi) (m^2/s; m^3/s in three dimensions), shape ``nodes``."""
        load = self._tension.lines.zeros(np.float64)
        self._tension.subtract(self.threads, self._packed(xi), load)
        return self._unpacked(load)

    def energy(self, xi: FloatArray) -> float:
        """Free energy int g + kappa/2 |grad xi|^2 (J per m of depth; J in three dimensions)."""
        well = self.p.barrier * float((self.is_open * self.volumes * xi**2 * (1.0 - xi) ** 2).sum())
        return well - 0.5 * float((xi * self.tension_load(xi)).sum()) / self.p.surface_mobility

    def total_curvature(self, xi: FloatArray) -> float:
        """Curvature of the front, int |grad xi| div(grad xi/|grad xi|); negative where lithium bulges.

        -2 pi for a disc, -8 pi R (m) for a sphere, whatever the profile; 0 for a front from side to side in the plane.
        """
        gradient = cell_gradient(self.grid, xi)
        normal = direction(gradient) * self._share[..., None]
        steepness = self.grid.to_nodes(self._share * magnitude(gradient))
        weighted = steepness * self.is_open * self.grid.node_volumes() / self.volumes
        return -float((weighted * weak_divergence(self.grid, normal)).sum())

    def divergence(self, flux: FloatArray) -> FloatArray:
        """Divergence of a flux per cell in the open part, shape ``nodes``; nothing flows out of it."""
        return np.asarray(weak_divergence(self.grid, self._share[..., None] * flux) * self.is_open / -self.volumes)

    def steepness(self, xi: FloatArray) -> FloatArray:
        """|grad xi| (1/m), the mean of the open cells around each node, shape ``nodes``."""
        return self.is_open * self.to_open_nodes(magnitude(cell_gradient(self.grid, xi)))

    def step(
        self,
        before: FloatArray,
        c: FloatArray,
        charge: Charge,
        load: FloatArray,
        dt: float,
        tolerance: float,
        guess: FloatArray,
    ) -> FrontStep:
        """Order parameter after a backward-Euler step.

        Parameters
        ----------
        before
            Order parameter at the beginning of the step, shape ``nodes``; stays where lithium cannot go.
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
        exchange = self.form.exchange(self.p, charge, c)
        drive = self.kinetics * exchange.net
        # a guess may hold lithium where none can go, such as one that was extrapolated beside a particle
        xi = np.where(self.is_open, guess, before)
        for iteration in range(1, MAX_NEWTON + 1):
            update = self._newton_update(xi, before, drive, load, dt, 0.01 * tolerance)
            xi = xi + update
            if np.max(np.abs(update)) < tolerance:
                return FrontStep(xi, iteration, self.kinetics * switch_slope(xi) * exchange.slope)
        raise ConvergenceError(
            f"front: Newton's method did not reach {tolerance} in {MAX_NEWTON} iterations at dt = {dt} s"
        )

    def _newton_update(
        self, xi: FloatArray, before: FloatArray, drive: FloatArray, load: FloatArray, dt: float, atol: float
    ) -> FloatArray:
        p, mobility = self.p, self.p.surface_mobility
        rate = mobility * p.barrier * well_slope(xi) - switch_slope(xi) * drive - load
        defect = self.tension_load(xi) - self.is_open * self.volumes * ((xi - before) / dt + rate)
        diagonal = 1.0 / dt + mobility * p.barrier * well_curvature(xi) - switch_curvature(xi) * drive
        return self._conjugate_gradients(self.volumes * diagonal, defect, atol)

    def _conjugate_gradients(self, diagonal: FloatArray, defect: FloatArray, atol: float) -> FloatArray:
        """Solve (diagonal + tension) x = defect to an error of about ``atol``, or ``FORCING`` of x."""
        mass, r = self._packed(diagonal), self._packed(defect)
        operator = replace(self._tension, mass=mass[:, 0])
        # inside the front the well makes the mass negative; the preconditioner must stay positive
        scale = np.where(operator.free > 0.0, np.maximum(mass, 0.0) + self._tension_diagonal, 1.0)
        lines, threads, last, enough = operator.lines, self.threads, np.inf, atol
        x, direction, image = (lines.zeros(np.float64) for _ in range(3))
        for iteration in range(MAX_CG):
            z = r / scale
            # the residual over the diagonal is about the error of xi, which is what the tolerance is of
            left = max(z.max(), -z.min())
            if iteration == 0:
                enough = max(atol, FORCING * left)
            if left < enough:
                return self._unpacked(x)
            rho = dot(lines, threads, r, z)
            follow(threads, lines.inner, z, rho / last, direction, image)
            operator.subtract(threads, direction, image)
            curvature = -dot(lines, threads, direction, image)
            if curvature <= 0.0:
                raise ConvergenceError("front: the step's operator is not positive definite; take a shorter time step")
            advance_iterate(threads, lines.inner, rho / curvature, direction, image, x, r)
            last = rho
        raise ConvergenceError(f"front: conjugate gradients did not converge in {MAX_CG} iterations; shorten the step")

    def _packed(self, field: FloatArray) -> AnyArray:
        return self._tension.lines.pack(field[..., None], np.float64)

    def _unpacked(self, vector: AnyArray) -> FloatArray:
        return np.ascontiguousarray(self._tension.lines.unpack(vector)[..., 0])
