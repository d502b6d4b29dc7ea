"""Linear solves on the structured grid: conjugate gradients with a geometric multigrid cycle as preconditioner.

Two problems share one solver: screened diffusion -div(k grad x) + r x = f and isotropic elasticity (plane strain or
three-dimensional), both in Q1 finite elements with natural (no-flux, traction-free) boundaries wherever no node is
fixed. Conjugate gradients run in double precision with an operator that is never stored; the cycle runs in single
precision, which halves its memory traffic and does not change the number of iterations (``SINGLE_UP_TO``).

Convergence is judged in the energy norm: sqrt(r.M r) <= rtol sqrt(x.A x), M the cycle and A the whole operator
including fixed nodes. With the error e = A^-1 r, r.M r = (A e).M (A e) lies between e.A e times the least and the
largest eigenvalue of M A: it estimates the energy of the error, and unlike the plain norm of r it does not let a good
conductor hide the error in a poor one.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numba
import numpy as np

from selflimit.arrays import AnyArray, BoolArray, FloatArray
from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.solver.elements import diffusion_elements, elastic_elements
from selflimit.mesoscale.solver.floating_conductors import Conductors, find_floating_conductors
from selflimit.mesoscale.solver.hierarchy import STRONG_ABOVE, Hierarchy, build_hierarchy
from selflimit.mesoscale.solver.nodal_vectors import advance_iterate, dot, follow
from selflimit.mesoscale.solver.operators import Operator, q1_operator

Stop = Literal["tolerance", "round-off"]

RESIDUAL_ROUND_OFF = 4.0 * float(np.finfo(np.float64).eps)
"""Round-off of a residual relative to the terms it sums: below it no iteration gains anything."""

SINGLE_UP_TO = 1e10
"""Contrast up to which a potential's cycle takes as many iterations in single precision as in double (measured)."""


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
    stopped
        Why the iteration ended: 'tolerance' if ``residual`` <= rtol, 'round-off' if r is down to the round-off of its
        own terms. Anything else raises.
    """

    x: FloatArray
    iterations: int
    residual: float
    stopped: Stop


def solve_scalar(
    grid: Grid,
    conductivity: FloatArray,
    reaction: FloatArray,
    rhs: FloatArray,
    fixed: BoolArray,
    x0: FloatArray,
    rtol: float = 1e-8,
    max_iterations: int = 200,
    threads: int = 1,
) -> Solution:
    """Solve -div(k grad x) + r x = f in the Q1 weak form, with no flux through edges without fixed nodes.

    Row i of the system is sum_j (int k grad N_i . grad N_j) x_j + r_i V_i x_i = b_i, V_i the nodal volume.

    Parameters
    ----------
    grid
        The grid, of two or three dimensions.
    conductivity
        k > 0 per cell, shape ``shape``, in any unit [k].
    reaction
        r >= 0 per node, shape ``nodes``, in [k]/m^2: a density, lumped here with the nodal volumes.
    rhs
        Integrated nodal load b, shape ``nodes``, in the units of k and x (times m in 3-D): ``node_volumes() * f`` for a
        density f.
    fixed
        Nodes whose value is given, shape ``nodes``; any pattern.
    x0
        Given values where fixed, a first guess elsewhere, shape ``nodes``.
    rtol
        Relative residual to reach, in the energy norm (module docstring).
    max_iterations
        Most conjugate-gradient iterations.
    threads
        Number of threads; the result does not depend on it.

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
    load, guess = (_field(name, value, grid.nodes) for name, value in (("rhs", rhs), ("x0", x0)))
    effort = _Effort(rtol, max_iterations, threads)
    elements, bodies = diffusion_elements(grid.dimension), _bodies(grid, k, r, held)
    operator = _freed(q1_operator(grid, k[None], elements, r * grid.node_volumes()), held[..., None])
    system = _System(operator, load[..., None], guess[..., None], bodies)
    precision = np.float32 if operator.contrast <= SINGLE_UP_TO else np.float64
    hierarchy = build_hierarchy(operator, None, precision, len(grid.levels()) - 1, threads)
    solution = _solve(system, hierarchy, effort)
    return replace(solution, x=solution.x[..., 0])


def solve_elastic(
    grid: Grid,
    lam: FloatArray,
    mu: FloatArray,
    rhs: FloatArray,
    fixed: BoolArray,
    x0: FloatArray,
    rtol: float = 1e-8,
    max_iterations: int = 100,
    threads: int = 1,
    hierarchy: Hierarchy | None = None,
) -> Solution:
    """Solve -div(lam tr(eps) I + 2 mu eps) = f, traction-free on edges without fixed components.

    In two dimensions that is plane strain.

    Parameters
    ----------
    grid
        The grid, of d = 2 or 3 dimensions.
    lam
        First Lame constant >= 0 per cell (Pa), shape ``shape``.
    mu
        Shear modulus > 0 per cell (Pa), shape ``shape``.
    rhs
        Integrated nodal forces (N; in plane strain per metre of depth, N/m), shape ``nodes + (d,)``.
    fixed
        Displacement components that are given, shape ``nodes + (d,)``; any pattern that holds the body.
    x0
        Given displacement where fixed, a first guess elsewhere (m), shape ``nodes + (d,)``.
    rtol
        Relative residual to reach, in the energy norm (module docstring).
    max_iterations
        Most conjugate-gradient iterations.
    threads
        Number of threads; the result does not depend on it.
    hierarchy
        From :func:`elastic_hierarchy` with the same ``fixed`` and similar moduli, to save its making, half the work of
        a warm start; the solution still meets ``rtol``, after a few more iterations.

    Returns
    -------
    The displacement (m), of shape ``nodes + (d,)``.

    Raises
    ------
    InputError
        If a shape, sign or value is wrong, or ``fixed`` leaves a translation or a rotation free.
    ConvergenceError
        If ``rtol`` is missed.
    """
    effort, vector = _Effort(rtol, max_iterations, threads), (*grid.nodes, grid.dimension)
    load, guess = (_field(name, value, vector) for name, value in (("rhs", rhs), ("x0", x0)))
    hierarchy = hierarchy or elastic_hierarchy(grid, lam, mu, fixed, threads)
    operator = _elasticity(grid, _moduli(grid, lam, mu), _held(grid, fixed))
    return _solve(_System(operator, load, guess, None), hierarchy, effort)


def elastic_hierarchy(grid: Grid, lam: FloatArray, mu: FloatArray, fixed: BoolArray, threads: int = 1) -> Hierarchy:
    """The multigrid cycle of :func:`solve_elastic`, for several solves whose moduli differ little.

    Parameters are those of :func:`solve_elastic`.

    Raises
    ------
    InputError
        As :func:`solve_elastic`.
    """
    moduli = _moduli(grid, lam, mu)
    operator = _elasticity(grid, moduli, _held(grid, fixed))
    compression = moduli[:1] + 2.0 * moduli[1:]  # modulus of uniaxial strain: as good a guide as any other measured
    # without fixed nodes: they carry zero, not nothing, and in the weights would double the iterations
    # (docs/decisions/0009-rigid-motions-on-coarse-levels.md)
    guide = q1_operator(grid, compression, diffusion_elements(grid.dimension), np.zeros(grid.nodes))
    return build_hierarchy(operator, guide, np.float32, len(grid.levels()) - 1, threads)


def _moduli(grid: Grid, lam: FloatArray, mu: FloatArray) -> FloatArray:
    return np.stack([_field("lam", lam, grid.shape, least=0.0), _field("mu", mu, grid.shape, above=0.0)])


def _elasticity(grid: Grid, moduli: FloatArray, held: BoolArray) -> Operator:
    return _freed(q1_operator(grid, moduli, elastic_elements(grid.dimension), np.zeros(grid.nodes)), held)


def _freed(whole: Operator, held: BoolArray) -> Operator:
    """The operator in the rows of the unknowns that are not held, ``held`` of shape ``nodes + (c,)``."""
    return replace(whole, free=whole.lines.pack(~held, np.float64))


def _held(grid: Grid, fixed: BoolArray) -> BoolArray:
    held = _mask(fixed, (*grid.nodes, grid.dimension))
    _check_held(grid, held)
    return held


@dataclass(frozen=True)
class _Effort:
    """How far and how to iterate."""

    rtol: float
    max_iterations: int
    threads: int

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rtol) and self.rtol > 0.0):
            raise InputError(f"rtol must be positive, got {self.rtol}; give a relative residual such as 1e-8")
        if not 1 <= self.threads <= numba.config.NUMBA_NUM_THREADS:
            most = numba.config.NUMBA_NUM_THREADS
            raise InputError(f"threads must lie between 1 and {most} on this machine, got {self.threads}")
        if self.threads > 1:
            numba.set_num_threads(self.threads)


@dataclass(frozen=True)
class _System:
    """A x = b on the free unknowns: operator, load, first guess and bodies."""

    operator: Operator
    load: FloatArray
    guess: FloatArray
    bodies: Conductors | None


def _bodies(grid: Grid, conductivity: FloatArray, reaction: FloatArray, fixed: BoolArray) -> Conductors | None:
    """Floating conductors where the contrast makes them matter."""
    if conductivity.max() <= STRONG_ABOVE * conductivity.min():
        return None
    element = diffusion_elements(grid.dimension)[0, :, :, 0, 0]
    return find_floating_conductors(grid, conductivity, reaction * grid.node_volumes(), element, fixed)


def _solve(system: _System, hierarchy: Hierarchy, effort: _Effort) -> Solution:
    """Find the correction to the first guess, so that fixed values and a warm start are treated alike."""
    lines, threads = system.operator.lines, effort.threads
    defect, energy, floor = _at_guess(system, threads)
    search = _Search(system.operator, hierarchy, system.bodies, system.load, energy, floor, threads)
    correction, iterations, residual, stopped = _conjugate_gradients(search, defect, effort)
    return Solution(system.guess + lines.unpack(correction), iterations, residual, stopped)


def _at_guess(system: _System, threads: int) -> tuple[AnyArray, float, float]:
    """The defect b - A x, x.A x and the round-off of the defect at the first guess x, fixed values included."""
    operator, lines = system.operator, system.operator.lines
    guess, defect = lines.pack(system.guess, np.float64), lines.pack(system.load, np.float64)
    energy = floor = 0.0
    if guess.any():
        energy = dot(lines, threads, guess, defect)
        # with every unknown free, for fixed values push on their free neighbours
        replace(operator, free=lines.pack(np.ones(1), np.float64)).subtract(threads, guess, defect)
        energy -= dot(lines, threads, guess, defect)
        terms = operator.diagonal()
        terms *= guess
        floor = RESIDUAL_ROUND_OFF * dot(lines, threads, terms, guess) ** 0.5
    defect *= operator.free
    return defect, energy, floor


@dataclass(frozen=True)
class _Search:
    """What conjugate gradients need besides the defect."""

    operator: Operator
    hierarchy: Hierarchy
    bodies: Conductors | None
    load: FloatArray
    energy: float
    floor: float
    threads: int

    def begin(self, r: AnyArray) -> tuple[AnyArray, float]:
        """First correction and the energy gained by it; r becomes the residual after it."""
        e = self.operator.lines.zeros(np.float64)
        if not self.bodies:
            return e, 0.0
        before = r.copy()
        self.bodies.balance(r, e)
        self.operator.subtract(self.threads, e, r)
        return e, dot(self.operator.lines, self.threads, e, before)

    def precondition(self, r: AnyArray) -> AnyArray:
        """One cycle, after it every floating conductor in balance; the result is overwritten by the next call."""
        z = self.hierarchy.precondition(r)
        if self.bodies:
            z, left = z.astype(np.float64), r.copy()
            self.operator.subtract(self.threads, z, left)
            self.bodies.balance(left, z)
        return z

    def energy_after(self, correction: AnyArray, gained: float) -> float:
        """x.A x at x = x0 + e: x0.A x0 + 2 e.A x0 + e.A e.

        Conjugate gradients sum up e.A e = e.(b - A x0), hence e.A x0 = e.b - e.A e.
        """
        if self.energy > 0.0:
            e, axes = self.operator.lines.unpack(correction), range(self.load.ndim)
            gained = 2.0 * float(np.einsum(e, axes, self.load, axes, [])) - gained
        return max(self.energy + gained, 0.0)


def _conjugate_gradients(search: _Search, r: AnyArray, effort: _Effort) -> tuple[AnyArray, int, float, Stop]:
    """Preconditioned conjugate gradients from zero; returns correction, iterations, relative residual and reason."""
    lines, threads = search.operator.lines, effort.threads
    # the first direction follows none: error / infinity is 0
    (e, gained), last = search.begin(r), np.inf
    p, minus_Ap = (lines.zeros(np.float64) for _ in range(2))
    for iteration in range(effort.max_iterations + 1):
        z = search.precondition(r)
        error = dot(lines, threads, r, z)
        scale = search.energy_after(e, gained) ** 0.5
        residual = abs(error) ** 0.5 / scale if scale > 0.0 else float(error != 0.0)
        if residual <= effort.rtol or abs(error) ** 0.5 <= search.floor:
            return e, iteration, residual, "tolerance" if residual <= effort.rtol else "round-off"
        follow(threads, lines.inner, z, error / last, p, minus_Ap)
        search.operator.subtract(threads, p, minus_Ap)
        step = -error / dot(lines, threads, p, minus_Ap)
        # a curvature that is not positive means that round-off, or a cycle that is not definite, has taken over
        if not (np.isfinite(step) and step > 0.0) or iteration == effort.max_iterations:
            break
        advance_iterate(threads, lines.inner, step, p, minus_Ap, e, r)
        gained, last = gained + step * error, error
    raise ConvergenceError(
        f"multigrid reached the relative residual {residual:.2e} in {iteration} iterations, expected "
        f"{effort.rtol:.2e}; raise max_iterations or rtol, or lower the contrast of the coefficients"
    )


def _field(
    name: str, value: FloatArray, shape: tuple[int, ...], least: float | None = None, above: float | None = None
) -> FloatArray:
    """Check shape, finiteness and lower bound (inclusive ``least`` or exclusive ``above``) of an array."""
    field = np.asarray(value, dtype=np.float64)
    if field.shape != shape:
        raise InputError(f"{name} must have shape {shape} on this grid, got {field.shape}")
    # NaN passes through min and max, so two reductions find what is not finite without an array of flags
    lowest = field.min()
    if not (np.isfinite(lowest) and np.isfinite(field.max())):
        raise InputError(f"{name} must be finite, got {np.count_nonzero(~np.isfinite(field))} infinite or NaN entries")
    if least is not None and lowest < least:
        raise InputError(f"{name} must be at least {least}, got {lowest}; check its sign")
    if above is not None and lowest <= above:
        raise InputError(f"{name} must be above {above}, got {lowest}; check its sign or cap its contrast")
    return field


def _mask(fixed: BoolArray, shape: tuple[int, ...]) -> BoolArray:
    mask = np.asarray(fixed)
    if mask.shape != shape or mask.dtype != np.bool_:
        raise InputError(f"fixed must be a boolean array of shape {shape}, got {mask.dtype} of shape {mask.shape}")
    return mask


def _check_held(grid: Grid, fixed: BoolArray) -> None:
    """Refuse restraints that leave a rigid motion free: the motions of the fixed components need full rank."""
    *node, component = np.nonzero(fixed)
    # lengths of order one: rotations weigh as much as translations in the rank
    place, axes = np.array(node) / max(grid.shape), np.eye(grid.dimension)
    motions = list(axes[component].T)
    motions += [
        place[a] * axes[b][component] - place[b] * axes[a][component] for a, b in combinations(range(grid.dimension), 2)
    ]
    products = np.array([[np.dot(v, w) for w in motions] for v in motions])
    rank = int(np.linalg.matrix_rank(products)) if fixed.any() else 0
    if rank < len(motions):
        raise InputError(f"fixed must hold {len(motions)} rigid motions, got {rank}; fix more nodes")
