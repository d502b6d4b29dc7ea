"""Linear solves on the structured grid: conjugate gradients with a geometric multigrid V-cycle as preconditioner.

Two problems share one solver: screened diffusion -div(k grad x) + r x = f and plane-strain elasticity, both in Q1
finite elements with natural (no-flux, traction-free) boundaries wherever no node is fixed.

Convergence is judged in the energy norm: sqrt(r.M r) <= rtol sqrt(x.A x), M the V-cycle and A the whole operator
including fixed nodes. With the error e = A^-1 r, r.M r = (A e).M (A e) lies between e.A e times the least and the
largest eigenvalue of M A: it estimates the energy of the error, and unlike the plain norm of r it does not let a good
conductor hide the error in a poor one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale import stencils
from selflimit.mesoscale.grid import Array, Grid
from selflimit.mesoscale.hierarchy import Hierarchy, build_hierarchy
from selflimit.mesoscale.stencils import Unknowns, inside, with_rim

Mask = NDArray[np.bool_]

ROUND_OFF = 4.0 * float(np.finfo(np.float64).eps)
"""Round-off of a residual relative to the terms it sums: below it no iteration gains anything."""


@dataclass(frozen=True)
class Solution:
    """Solution of a linear system.

    Attributes
    ----------
    x
        The nodal field; fixed entries hold the values of ``x0``.
    iterations
        Conjugate-gradient iterations done.
    residual
        Relative residual reached, sqrt(r.M r / x.A x): an estimate of the relative error of ``x`` in the energy norm.
        It may exceed ``rtol`` only where r is down to the round-off of its own terms.
    """

    x: Array
    iterations: int
    residual: float


def solve_scalar(
    grid: Grid,
    conductivity: Array,
    reaction: Array,
    rhs: Array,
    fixed: Mask,
    x0: Array,
    rtol: float = 1e-8,
    max_iterations: int = 100,
) -> Solution:
    """Solve -div(k grad x) + r x = f in the Q1 weak form, with no flux through edges without fixed nodes.

    Row i of the system is sum_j (int k grad N_i . grad N_j) x_j + r_i V_i x_i = b_i, V_i the nodal volume.

    Parameters
    ----------
    grid
        The grid.
    conductivity
        k > 0 per cell, shape ``shape``, in any unit [k].
    reaction
        r >= 0 per node, shape ``nodes``, in [k]/m^2: a density, lumped here with the nodal volumes.
    rhs
        Integrated nodal load b, shape ``nodes``, in [k][x]: ``node_volumes() * f`` for a density f.
    fixed
        Nodes whose value is given, shape ``nodes``; any pattern.
    x0
        Given values where fixed, a first guess elsewhere, shape ``nodes``.
    rtol
        Relative residual to reach, in the energy norm (module docstring).
    max_iterations
        Most conjugate-gradient iterations.

    Returns
    -------
    The solution, of shape ``nodes``.

    Raises
    ------
    InputError
        If a shape, sign or value is wrong, or nothing fixes the level of x (no fixed node and r = 0).
    ConvergenceError
        If ``rtol`` is missed.
    """
    k = _field("conductivity", conductivity, grid.shape, above=0.0)
    r = _field("reaction", reaction, grid.nodes, least=0.0)
    held = _mask(fixed, grid.nodes)
    if not held.any() and not r.any():
        raise InputError("the problem is singular: got no fixed node and zero reaction; fix a node or give a reaction")
    stencil = stencils.stencil_of_cells(k[None], stencils.diffusion_elements(), (1,))
    stencil[:, :, stencils.CENTRE, 0, 0] += r * grid.node_volumes()
    load, guess = (_field(name, value, grid.nodes) for name, value in (("rhs", rhs), ("x0", x0)))
    system = _System(stencil, load[..., None], ~held[..., None], guess[..., None])
    return _without_axis(_solve(system, len(grid.levels()) - 1, rtol, max_iterations))


def solve_elastic(
    grid: Grid,
    lam: Array,
    mu: Array,
    rhs: Array,
    fixed: Mask,
    x0: Array,
    rtol: float = 1e-8,
    max_iterations: int = 100,
) -> Solution:
    """Solve -div(lam tr(eps) I + 2 mu eps) = f in plane strain, traction-free on edges without fixed components.

    Parameters
    ----------
    grid
        The grid.
    lam
        First Lame constant >= 0 per cell (Pa), shape ``shape``.
    mu
        Shear modulus > 0 per cell (Pa), shape ``shape``.
    rhs
        Integrated nodal forces per metre of depth (N/m), shape ``nodes + (2,)``.
    fixed
        Displacement components that are given, shape ``nodes + (2,)``; any pattern that holds the body.
    x0
        Given displacement where fixed, a first guess elsewhere (m), shape ``nodes + (2,)``.
    rtol
        Relative residual to reach, in the energy norm (module docstring).
    max_iterations
        Most conjugate-gradient iterations.

    Returns
    -------
    The displacement (m), of shape ``nodes + (2,)``.

    Raises
    ------
    InputError
        If a shape, sign or value is wrong, or ``fixed`` leaves a translation or the rotation free.
    ConvergenceError
        If ``rtol`` is missed.
    """
    moduli = np.stack([_field("lam", lam, grid.shape, least=0.0), _field("mu", mu, grid.shape, above=0.0)])
    vector = (*grid.nodes, 2)
    held = _mask(fixed, vector)
    _check_held(grid, held)
    stencil = stencils.stencil_of_cells(moduli, stencils.elastic_elements(), (1, 1))
    system = _System(stencil, _field("rhs", rhs, vector), ~held, _field("x0", x0, vector))
    return _solve(system, len(grid.levels()) - 1, rtol, max_iterations)


@dataclass(frozen=True)
class _System:
    """A x = b on the free unknowns: stencil without restraints, load, free mask and first guess, c unknowns a node."""

    stencil: Array
    load: Array
    free: Mask
    guess: Array

    @property
    def unknowns(self) -> Unknowns:
        return (1,) * int(self.stencil.shape[-1])

    def on_rim(self, field: Array | Mask) -> Array:
        vector = with_rim(field.shape[:2], self.unknowns)
        inside(vector)[:] = field
        return vector


def _solve(system: _System, halvings: int, rtol: float, max_iterations: int) -> Solution:
    """Find the correction to the first guess, so that fixed values and a warm start are treated alike."""
    if not (np.isfinite(rtol) and rtol > 0.0):
        raise InputError(f"rtol must be positive, got {rtol}; give a relative residual such as 1e-8")
    guess, free, n = system.on_rim(system.guess), system.on_rim(system.free), system.unknowns
    forces = np.zeros_like(guess)
    stencils.multiply(system.stencil, guess, n, forces)
    floor = ROUND_OFF * float(np.sqrt(np.vdot(stencils.diagonal(system.stencil), system.guess**2)))
    defect = free * (system.on_rim(system.load) - forces)
    restrained = system.stencil.copy()
    stencils.restrain(restrained, free, n)
    hierarchy = _positive_definite(restrained, halvings, n)
    search = _Search(restrained, hierarchy, forces, float(np.vdot(guess, forces)), floor)
    correction, iterations, residual = _conjugate_gradients(search, defect, rtol, max_iterations)
    return Solution(system.guess + inside(correction), iterations, residual)


def _positive_definite(stencil: Array, halvings: int, unknowns: Unknowns) -> Hierarchy:
    try:
        return build_hierarchy(stencil, halvings, unknowns)
    except np.linalg.LinAlgError as error:
        raise ConvergenceError(
            "the coarsest level lost positive definiteness to round-off; lower the contrast of the coefficients"
        ) from error


@dataclass(frozen=True)
class _Search:
    """What conjugate gradients need besides the defect: operator, V-cycle, and the energy at the first guess."""

    stencil: Array
    hierarchy: Hierarchy
    forces: Array
    energy: float
    floor: float

    def energy_after(self, correction: Array, gained: float) -> float:
        """x.A x at x = x0 + e: x0.A x0 + 2 e.A x0 + e.A e, the last summed up by conjugate gradients."""
        return max(self.energy + 2.0 * float(np.vdot(correction, self.forces)) + gained, 0.0)


def _conjugate_gradients(search: _Search, r: Array, rtol: float, max_iterations: int) -> tuple[Array, int, float]:
    """Preconditioned conjugate gradients from zero; returns correction, iterations and relative residual."""
    e, p, q = np.zeros_like(r), np.zeros_like(r), np.zeros_like(r)
    gained, last = 0.0, np.inf
    for iteration in range(max_iterations + 1):
        z = search.hierarchy.precondition(r)
        error = float(np.vdot(r, z))
        scale = search.energy_after(e, gained) ** 0.5
        if abs(error) ** 0.5 <= max(rtol * scale, search.floor):
            return e, iteration, abs(error) ** 0.5 / scale if scale > 0.0 else 0.0
        stencils.follow(z, error / last, p)
        stencils.multiply(search.stencil, p, search.hierarchy.unknowns, q)
        step = error / float(np.vdot(p, q))
        if not (np.isfinite(step) and step > 0.0) or iteration == max_iterations:
            raise _missed(rtol, iteration, abs(error) ** 0.5 / scale if scale > 0.0 else np.inf)
        stencils.advance(step, p, q, e, r)
        gained, last = gained + step * error, error
    raise _missed(rtol, max_iterations, np.inf)


def _missed(rtol: float, iterations: int, residual: float) -> ConvergenceError:
    return ConvergenceError(
        f"multigrid reached the relative residual {residual:.2e} in {iterations} iterations, expected {rtol:.2e}; "
        "raise max_iterations or rtol, or lower the contrast of the coefficients"
    )


def _without_axis(solution: Solution) -> Solution:
    return Solution(solution.x[..., 0], solution.iterations, solution.residual)


def _field(
    name: str, value: Array, shape: tuple[int, ...], least: float | None = None, above: float | None = None
) -> Array:
    """Check shape, finiteness and lower bound (inclusive ``least`` or exclusive ``above``) of an array."""
    field = np.asarray(value, dtype=np.float64)
    if field.shape != shape:
        raise InputError(f"{name} must have shape {shape} on this grid, got {field.shape}")
    if not np.isfinite(field).all():
        raise InputError(f"{name} must be finite, got {np.count_nonzero(~np.isfinite(field))} infinite or NaN entries")
    if least is not None and field.min() < least:
        raise InputError(f"{name} must be at least {least}, got {field.min()}; check its sign")
    if above is not None and field.min() <= above:
        raise InputError(f"{name} must be above {above}, got {field.min()}; check its sign or cap its contrast")
    return field


def _mask(fixed: Mask, shape: tuple[int, ...]) -> Mask:
    mask = np.asarray(fixed)
    if mask.shape != shape or mask.dtype != np.bool_:
        raise InputError(f"fixed must be a boolean array of shape {shape}, got {mask.dtype} of shape {mask.shape}")
    return mask


def _check_held(grid: Grid, fixed: Mask) -> None:
    """Refuse restraints that leave a rigid motion free: the motions restricted to the fixed components need rank 3."""
    x, y = (coordinate / max(grid.size) for coordinate in grid.node_coordinates())
    zero, one = np.zeros(grid.nodes), np.ones(grid.nodes)
    motions = np.stack([np.stack(m, axis=-1)[fixed] for m in ((one, zero), (zero, one), (-y, x))])
    rank = int(np.linalg.matrix_rank(motions @ motions.T)) if fixed.any() else 0
    if rank < 3:
        raise InputError(f"fixed must hold 3 rigid motions (two translations, a rotation), got {rank}; fix more nodes")
