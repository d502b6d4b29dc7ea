"""Mechanics with eigenstrain on the structured grid: plane strain, generalised plane strain and three dimensions.

Mechanical equilibrium div(sigma) = 0 with sigma = C : (eps(u) - eps0), C isotropic per cell and eps0 an eigenstrain
(stress-free strain) per cell. In plane strain the total eps_zz is zero, so eps0_zz presses on the plane; in generalised
plane strain it is uniform and such that no force is left along z: a long body whose ends are free.
Tension is positive: compression is a negative hydrostatic pressure P = tr(sigma)/3.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from selflimit.arrays import BoolArray, FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.mechanics import stress as stress_measures
from selflimit.mesoscale.mechanics.stress import PAIRS, XY, ZZ, cell_gradient, component, components
from selflimit.mesoscale.solver.hierarchy import Hierarchy
from selflimit.mesoscale.solver.solve import Stop, elastic_hierarchy, solve_elastic


@dataclass(frozen=True)
class MechanicalState:
    """Displacement and stress in mechanical equilibrium.

    Attributes
    ----------
    displacement
        Nodal displacement (m), shape ``nodes + (d,)``.
    stress
        Stress per cell (Pa): the mean over the cell, which for Q1 is the value at its centre. Components
        (xx, yy, zz, xy), shape ``shape + (4,)``, or (xx, yy, zz, xy, xz, yz), shape ``shape + (6,)``. Tension positive.
    iterations
        Iterations of the linear solver.
    residual
        Relative residual reached by the linear solver.
    stopped
        Why the linear solver stopped, as in ``multigrid.Solution``.
    axial_strain
        Uniform total strain along z: 0 in plane strain, the result in generalised plane strain.
    """

    displacement: FloatArray
    stress: FloatArray
    iterations: int
    residual: float
    stopped: Stop = "tolerance"
    axial_strain: float = 0.0

    @cached_property
    def pressure(self) -> FloatArray:
        """Hydrostatic pressure P = tr(sigma)/3 per cell (Pa), shape ``shape``; compression is negative."""
        return stress_measures.hydrostatic_pressure(self.stress)

    @property
    def von_mises(self) -> FloatArray:
        """Von Mises stress sqrt(3/2 s:s), s the stress deviator, per cell (Pa), shape ``shape``."""
        return stress_measures.von_mises(self.stress)

    @property
    def principal_stresses(self) -> FloatArray:
        """Principal stresses per cell (Pa), largest (most tensile) first, shape ``shape + (3,)``."""
        return stress_measures.principal_stresses(self.stress)


def roller_box(grid: Grid) -> BoolArray:
    """Fixed displacement components of a cell held between rigid ends and frictionless sides.

    The normal displacement is 0 on the lateral sides (rollers), u = 0 on the bottom (electrode) and the top (far
    electrolyte), that is at the ends of the last axis.

    Returns
    -------
    Mask of the fixed components, shape ``nodes + (d,)``.
    """
    fixed = np.zeros((*grid.nodes, grid.dimension), dtype=np.bool_)
    for axis in range(grid.dimension):
        np.moveaxis(fixed[..., axis], axis, 0)[[0, -1]] = True
    fixed[..., [0, -1], :] = True
    return fixed


def equilibrium(
    grid: Grid,
    lam: FloatArray,
    mu: FloatArray,
    eigenstrain: FloatArray,
    fixed: BoolArray,
    x0: FloatArray,
    rtol: float = 1e-8,
    max_iterations: int = 100,
    threads: int = 1,
    hierarchy: Hierarchy | None = None,
) -> MechanicalState:
    """Displacement and stress that balance an eigenstrain, in plane strain or three dimensions, without body forces.

    Parameters
    ----------
    grid
        The grid, of d = 2 or 3 dimensions.
    lam, mu
        Lame constants per cell (Pa), shape ``shape``.
    eigenstrain
        Eigenstrain per cell, positive swells: diagonal (xx, yy, zz), shape ``shape + (3,)``, or with shear as in
        ``stress_measures``, shape ``shape + (4,)`` for d = 2 and ``shape + (6,)`` for d = 3.
    fixed
        Fixed displacement components, shape ``nodes + (d,)``; ``roller_box`` gives the usual one.
    x0
        Displacement (m), shape ``nodes + (d,)``: the prescribed values where fixed, a first guess elsewhere.
    rtol
        Relative residual of the linear solve.
    max_iterations
        Most iterations of the linear solve.
    threads
        Number of threads; the result does not depend on it.
    hierarchy
        From ``elastic_hierarchy`` with similar moduli, to save its making.

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
    del eigenstrain  # as large as any array of the solution, and often the caller kept none
    load = nodal_forces(grid, stress_free)
    solution = solve_elastic(grid, lam, mu, load, fixed, x0, rtol, max_iterations, threads, hierarchy)
    stress = elastic_stress(lam, mu, cell_strain(grid, solution.x))
    stress[..., : stress_free.shape[-1]] -= stress_free
    return MechanicalState(solution.x, stress, solution.iterations, solution.residual, solution.stopped)


def generalised_plane_strain(
    grid: Grid,
    lam: FloatArray,
    mu: FloatArray,
    eigenstrain: FloatArray,
    fixed: BoolArray,
    x0: FloatArray,
    rtol: float = 1e-8,
    max_iterations: int = 100,
    threads: int = 1,
) -> MechanicalState:
    """Equilibrium with a uniform total strain along z that leaves no mean force along z.

    The sum of the plane-strain answer and e times the answer to a unit strain along z, e = -F/F_1 with the forces
    F = int sigma_zz dA of both. Parameters, errors and result are those of ``equilibrium``; two dimensions only, and
    ``iterations`` counts both solves.

    Raises
    ------
    InputError
        If a shape or a coefficient is wrong, the grid is not two-dimensional, or a rigid motion is left free.
    ConvergenceError
        If a linear solve misses ``rtol``.
    """
    if grid.dimension != 2:
        raise InputError(f"generalised plane strain needs a grid of two dimensions, got {grid.dimension}")
    # both solves have the same operator
    hierarchy = elastic_hierarchy(grid, lam, mu, fixed, threads)
    plane = equilibrium(grid, lam, mu, eigenstrain, fixed, x0, rtol, max_iterations, threads, hierarchy)
    pulled = np.zeros((*grid.shape, 3))
    # the total strain along z is held at zero, so an eigenstrain of -1 stands for a total strain of 1
    pulled[..., ZZ] = -1.0
    unit = equilibrium(grid, lam, mu, pulled, fixed, np.zeros_like(x0), rtol, max_iterations, threads, hierarchy)
    strain = -float(plane.stress[..., ZZ].sum() / unit.stress[..., ZZ].sum())
    return replace(
        plane,
        displacement=plane.displacement + strain * unit.displacement,
        stress=plane.stress + strain * unit.stress,
        iterations=plane.iterations + unit.iterations,
        residual=max(plane.residual, unit.residual),
        axial_strain=strain,
    )


def cell_strain(grid: Grid, displacement: FloatArray) -> FloatArray:
    """Mean strain of each cell, shape ``shape + (4,)`` (zz is zero in plane strain) or ``shape + (6,)``.

    The mean of a Q1 gradient over a cell is its value at the centre.
    """
    gradient = cell_gradient(grid, displacement)
    strain = np.zeros((*grid.shape, components(grid.dimension)))
    for place, (a, b) in enumerate(PAIRS[: strain.shape[-1]]):
        if b < grid.dimension:
            strain[..., place] = 0.5 * (gradient[..., a, b] + gradient[..., b, a])
    return strain


def elastic_stress(lam: FloatArray, mu: FloatArray, strain: FloatArray) -> FloatArray:
    """Hooke's law sigma = lam tr(eps) I + 2 mu eps (Pa), shape of ``strain``.

    Parameters
    ----------
    lam, mu
        Lame constants per cell (Pa).
    strain
        Components in the last axis, the cells before.
    """
    stress = 2.0 * mu[..., None] * strain
    stress[..., :XY] += (lam * stress_measures.trace(strain))[..., None]
    return np.asarray(stress)


def eigenstress(lam: FloatArray, mu: FloatArray, eigenstrain: FloatArray) -> FloatArray:
    """C : eps0, the stress (Pa) that would undo an eigenstrain, with as many components as it has.

    Parameters
    ----------
    lam, mu
        Lame constants per cell (Pa).
    eigenstrain
        Components in the last axis, the cells before.
    """
    return elastic_stress(lam, mu, eigenstrain)


def nodal_forces(grid: Grid, stress: FloatArray) -> FloatArray:
    """Integrated nodal forces int B^T sigma dV of a stress constant per cell, shape ``nodes + (d,)``.

    In N, in plane strain per metre of depth (N/m).
    """
    stress = all_components(grid, stress)
    rows = (stress[..., [component(a, b) for b in range(grid.dimension)]] for a in range(grid.dimension))
    return np.stack([stress_measures.weak_divergence(grid, row) for row in rows], axis=-1)


def all_components(grid: Grid, strain: FloatArray) -> FloatArray:
    """A strain or stress with shear components, zero where it had none: shape ``shape + (4,)`` or ``shape + (6,)``."""
    missing = components(grid.dimension) - strain.shape[-1]
    return np.concatenate([strain, np.zeros((*grid.shape, missing))], axis=-1) if missing else strain


def _check_cells(grid: Grid, lam: FloatArray, mu: FloatArray, eigenstrain: FloatArray) -> None:
    for name, field in (("lam", lam), ("mu", mu)):
        if np.shape(field) != grid.shape:
            raise InputError(f"{name} must have shape {grid.shape} on this grid, got {np.shape(field)}")
    allowed = [(*grid.shape, 3), (*grid.shape, components(grid.dimension))]
    if np.shape(eigenstrain) not in allowed:
        expected = " or ".join(map(str, allowed))
        raise InputError(f"eigenstrain must have shape {expected} on this grid, got {np.shape(eigenstrain)}")
    if not np.isfinite(eigenstrain).all():
        raise InputError("eigenstrain must be finite, got infinite or NaN entries; check the swelling coefficients")
