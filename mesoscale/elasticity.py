"""Plane-strain mechanics with eigenstrain on the structured grid.

Mechanical equilibrium div(sigma) = 0 with sigma = C : (eps(u) - eps0), C isotropic per cell and eps0 a diagonal
eigenstrain (stress-free strain) per cell. Plane strain: the total eps_zz is zero, so eps0_zz presses on the plane.
Tension is positive: compression is a negative hydrostatic pressure P = tr(sigma)/3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selflimit.errors import InputError
from selflimit.mesoscale.grid import Array, Grid
from selflimit.mesoscale.multigrid import solve_elastic

XX, YY, ZZ, XY = range(4)
"""Order of the components of a stress."""


@dataclass(frozen=True)
class MechanicalState:
    """Displacement and stress in mechanical equilibrium.

    Attributes
    ----------
    displacement
        Nodal displacement (u_x, u_y) (m), shape ``nodes + (2,)``.
    stress
        Stress (xx, yy, zz, xy) per cell (Pa), shape ``shape + (4,)``: the mean over the cell, which for Q1 is the
        value at its centre. Tension positive.
    iterations
        Iterations of the linear solver.
    residual
        Relative residual reached by the linear solver.
    """

    displacement: Array
    stress: Array
    iterations: int
    residual: float

    @property
    def pressure(self) -> Array:
        """Hydrostatic pressure P = tr(sigma)/3 per cell (Pa), shape ``shape``; compression is negative."""
        return np.asarray(self.stress[..., :XY].sum(axis=-1) / 3.0)

    @property
    def von_mises(self) -> Array:
        """Von Mises stress sqrt(3/2 s:s), s the stress deviator, per cell (Pa), shape ``shape``."""
        deviator = self.stress[..., :XY] - self.pressure[..., None]
        return np.asarray(np.sqrt(1.5 * (deviator**2).sum(axis=-1) + 3.0 * self.stress[..., XY] ** 2))

    @property
    def principal_stresses(self) -> Array:
        """Principal stresses per cell (Pa), largest (most tensile) first, shape ``shape + (3,)``."""
        mean = 0.5 * (self.stress[..., XX] + self.stress[..., YY])
        radius = np.hypot(0.5 * (self.stress[..., XX] - self.stress[..., YY]), self.stress[..., XY])
        return np.sort(np.stack([mean - radius, mean + radius, self.stress[..., ZZ]], axis=-1), axis=-1)[..., ::-1]


def lame(youngs_modulus: Array | float, poisson_ratio: Array | float) -> tuple[Array, Array]:
    """Lame constants of an isotropic solid.

    lam = E nu / ((1 + nu)(1 - 2 nu)), mu = E / (2 (1 + nu)).

    Parameters
    ----------
    youngs_modulus
        Young's modulus E (Pa), any shape.
    poisson_ratio
        Poisson's ratio nu, 0 <= nu < 0.5, of a shape that broadcasts with E.

    Returns
    -------
    First Lame constant lam and shear modulus mu (Pa).

    Raises
    ------
    InputError
        If E is not positive or nu is outside [0, 0.5).
    """
    E, nu = np.asarray(youngs_modulus, dtype=np.float64), np.asarray(poisson_ratio, dtype=np.float64)
    if not np.all(np.isfinite(E) & (E > 0.0)):
        raise InputError(f"youngs_modulus must be positive and finite, got minimum {np.min(E)} Pa; give E in Pa")
    if not np.all((nu >= 0.0) & (nu < 0.5)):
        raise InputError(f"poisson_ratio must lie in [0, 0.5), got {np.min(nu)} to {np.max(nu)}")
    return E * nu / ((1.0 + nu) * (1.0 - 2.0 * nu)), E / (2.0 * (1.0 + nu))


def roller_box(grid: Grid) -> NDArray[np.bool_]:
    """Fixed displacement components of a cell held between rigid ends and frictionless sides.

    u_x = 0 on the sides (rollers), u = 0 on the bottom (electrode) and the top (far electrolyte).

    Returns
    -------
    Mask of the fixed components, shape ``nodes + (2,)``.
    """
    fixed = np.zeros((*grid.nodes, 2), dtype=np.bool_)
    fixed[[0, -1], :, 0] = True
    fixed[:, [0, -1], :] = True
    return fixed


def equilibrium(
    grid: Grid,
    lam: Array,
    mu: Array,
    eigenstrain: Array,
    fixed: NDArray[np.bool_],
    x0: Array,
    rtol: float = 1e-8,
    max_iterations: int = 100,
) -> MechanicalState:
    """Displacement and stress that balance an eigenstrain in plane strain, without body forces.

    Parameters
    ----------
    grid
        The grid.
    lam, mu
        Lame constants per cell (Pa), shape ``shape``.
    eigenstrain
        Diagonal eigenstrain (eps_xx, eps_yy, eps_zz) per cell, shape ``shape + (3,)``; positive swells.
    fixed
        Fixed displacement components, shape ``nodes + (2,)``; ``roller_box`` gives the usual one.
    x0
        Displacement (m), shape ``nodes + (2,)``: the prescribed values where fixed, a first guess elsewhere.
    rtol
        Relative residual of the linear solve.
    max_iterations
        Most iterations of the linear solve.

    Returns
    -------
    The mechanical state.

    Raises
    ------
    InputError
        If a shape or a coefficient is wrong, or ``fixed`` leaves a rigid motion free.
    ConvergenceError
        If the linear solve misses ``rtol``.
    """
    _check_cells(grid, lam, mu, eigenstrain)
    stress_free = eigenstress(lam, mu, eigenstrain)
    solution = solve_elastic(grid, lam, mu, nodal_forces(grid, stress_free), fixed, x0, rtol, max_iterations)
    stress = elastic_stress(lam, mu, cell_strain(grid, solution.x)) - stress_free
    return MechanicalState(solution.x, stress, solution.iterations, solution.residual)


def cell_strain(grid: Grid, displacement: Array) -> Array:
    """Mean strain (xx, yy, zz, xy) of each cell, shape ``shape + (4,)``; zz is zero in plane strain.

    The mean of a Q1 gradient over a cell is its value at the centre: differences of the edge means.
    """
    d_x = np.diff(displacement[:, :-1] + displacement[:, 1:], axis=0) / (2.0 * grid.spacing)
    d_y = np.diff(displacement[:-1] + displacement[1:], axis=1) / (2.0 * grid.spacing)
    zero = np.zeros(grid.shape)
    return np.stack([d_x[..., 0], d_y[..., 1], zero, 0.5 * (d_x[..., 1] + d_y[..., 0])], axis=-1)


def elastic_stress(lam: Array, mu: Array, strain: Array) -> Array:
    """Hooke's law sigma = lam tr(eps) I + 2 mu eps for (xx, yy, zz, xy) strains; (Pa), shape ``shape + (4,)``."""
    stress = 2.0 * mu[..., None] * strain
    stress[..., :XY] += (lam * strain[..., :XY].sum(axis=-1))[..., None]
    return np.asarray(stress)


def eigenstress(lam: Array, mu: Array, eigenstrain: Array) -> Array:
    """C : eps0, the stress (xx, yy, zz, xy) that would undo an eigenstrain (xx, yy, zz) (Pa)."""
    return elastic_stress(lam, mu, np.concatenate([eigenstrain, np.zeros_like(eigenstrain[..., :1])], axis=-1))


def nodal_forces(grid: Grid, stress: Array) -> Array:
    """Integrated nodal forces int B^T sigma dV of a stress constant per cell (N/m), shape ``nodes + (2,)``.

    The integral of each Q1 gradient over a cell is +-dx/2, so this is the exact (full-quadrature) load.
    """
    half = 0.5 * grid.spacing
    from_x = half * stress[..., [XX, XY]]
    from_y = half * stress[..., [XY, YY]]
    forces = np.zeros((*grid.nodes, 2))
    forces[:-1, :-1] += -from_x - from_y
    forces[1:, :-1] += from_x - from_y
    forces[:-1, 1:] += from_y - from_x
    forces[1:, 1:] += from_x + from_y
    return forces


def _check_cells(grid: Grid, lam: Array, mu: Array, eigenstrain: Array) -> None:
    for name, field, components in (("lam", lam, ()), ("mu", mu, ()), ("eigenstrain", eigenstrain, (3,))):
        if np.shape(field) != (*grid.shape, *components):
            raise InputError(f"{name} must have shape {(*grid.shape, *components)} on this grid, got {np.shape(field)}")
    if not np.isfinite(eigenstrain).all():
        raise InputError("eigenstrain must be finite, got infinite or NaN entries; check the swelling coefficients")
