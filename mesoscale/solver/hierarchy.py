"""The multigrid hierarchy of an operator and its cycle, a symmetric positive definite approximate inverse."""

from dataclasses import dataclass
from functools import partial

import numba
import numpy as np

from selflimit.arrays import AnyArray
from selflimit.mesoscale.solver import coarsening
from selflimit.mesoscale.solver.coarsening import Transfer
from selflimit.mesoscale.solver.coarsest import Coarsest
from selflimit.mesoscale.solver.nodal_vectors import Kernel, Lines, dot
from selflimit.mesoscale.solver.operators import Operator
from selflimit.mesoscale.solver.stencils import Product, StencilRows, diagonal_blocks, inverse_blocks, stencil_product


@dataclass(frozen=True)
class Cycle:
    """How often a coarse level visits the next coarser one, and the Chebyshev steps around each visit."""

    visits: int
    degree: int


GENTLE = Cycle(visits=1, degree=2)
"""V-cycle: fastest where coefficients vary little."""
STRONG = Cycle(visits=2, degree=3)
"""W-cycle below the finest level: at a contrast of 1000 it halves the iterations of the V-cycle (measured), because
coarse levels carry the bending of thin stiff parts and the closing of thin soft ones, and it costs a third more."""
LIGHT_CYCLE = Cycle(visits=2, degree=2)
"""The same for a scalar in the plane: a step less costs one iteration at most (6 at 400 x 400, 8 instead of 7 at
512 x 512; measured)."""
STRONG_ABOVE = 100.0
"""Ratio of the largest to the smallest coefficient above which the cycle is not GENTLE."""
WHOLE_STENCIL = 32 * 2**20
"""Size of a stencil (bytes) up to which it is made as a whole, and once: it is used two or three times."""
POWER_STEPS = 8
"""Steps of the power iteration for the largest eigenvalue on coarse levels."""
EIGENVALUE_MARGIN = 1.1
"""Factor on that estimate, which comes from below; the smoother still damps what lies 20 % above its bound."""


@dataclass(frozen=True)
class Level:
    """One level above the coarsest.

    Attributes
    ----------
    lines
        Layout of its nodal vectors.
    subtract
        r -= A x.
    inverse
        Inverse of the diagonal blocks, shape ``(lines, c, c, N + 2)``.
    largest
        Bound on the eigenvalues of D^-1 A.
    free
        1 or 0 for every unknown, a nodal vector.
    transfer
        To and from the next coarser level.
    x, r, d
        Correction, residual and step that the cycle works on.
    """

    lines: Lines
    subtract: Product
    inverse: AnyArray
    largest: float
    free: AnyArray
    transfer: Transfer
    x: AnyArray
    r: AnyArray
    d: AnyArray

    def smooth(self, threads: int, degree: int, residual_after: bool) -> None:
        """Chebyshev iteration of the fourth kind on A x = b, r = b - A x on entry; r on exit only if asked for.

        It needs no lower bound of the spectrum (J. Lottes, Numer. Linear Algebra Appl. 30, e2518 (2023),
        doi:10.1002/nla.2518). One polynomial in D^-1 A before and after keeps the cycle symmetric.

        Parameters
        ----------
        threads
            Threads of the kernels.
        degree
            Degree of the polynomial, which is the number of steps.
        residual_after
            Whether r is needed on exit; without it the last product is spared.
        """
        for k in range(degree):
            keep, add = (2 * k - 1) / (2 * k + 3), (8 * k + 4) / (2 * k + 3) / self.largest
            # in the precision of the cycle: Python's floats would make the kernel compute in double
            scalars = (self.d.dtype.type(max(keep, 0.0)), self.d.dtype.type(add))
            _step(threads, self.lines.inner, *scalars, self.inverse, self.r, self.d, self.x)
            if residual_after or k < degree - 1:
                self.subtract(threads, self.d, self.r)


@dataclass(frozen=True)
class Hierarchy:
    """All levels above the coarsest, finest first, and the coarsest."""

    levels: list[Level]
    coarsest: Coarsest
    cycle: Cycle
    scale: float
    threads: int

    def precondition(self, rhs: AnyArray) -> AnyArray:
        """One cycle from zero: an approximate A^-1 rhs; the result is overwritten by the next call."""
        np.multiply(rhs, self.scale, out=self.rhs(0), casting="same_kind")
        return self._cycle(0)

    def _cycle(self, depth: int) -> AnyArray:
        if depth == len(self.levels):
            return self.coarsest.solve()
        level = self.levels[depth]
        level.x.fill(0.0)
        level.smooth(self.threads, self.cycle.degree, True)
        # the finest level costs as much as all others together and is visited once, also in a W-cycle
        visits = self.cycle.visits if depth > 0 else 1
        for visit in range(visits):
            level.transfer.restrict(self.threads, level.r, self.rhs(depth + 1))
            level.transfer.prolong(self.threads, self._cycle(depth + 1), level.d)
            _add(self.threads, level.lines.inner, level.free, level.d, level.x)
            level.subtract(self.threads, level.d, level.r)
            # after the last visit nobody reads the residual
            level.smooth(self.threads, self.cycle.degree, visit < visits - 1)
        return level.x

    def rhs(self, depth: int) -> AnyArray:
        """Where the right-hand side of a level goes."""
        return self.levels[depth].r if depth < len(self.levels) else self.coarsest.rhs


def build_hierarchy(
    operator: Operator, guide: Operator | None, precision: type, halvings: int, threads: int
) -> Hierarchy:
    """Coarsen an operator ``halvings`` times and factorise the coarsest level.

    Parameters
    ----------
    operator
        The operator of the finest level; it is scaled to the size of 1, so that single precision has room.
    guide
        Scalar operator without fixed nodes that the interpolation follows; None for a scalar that follows itself.
    precision
        Floating-point type of the cycle.
    halvings
        Number of coarse levels.
    threads
        Number of threads.

    Raises
    ------
    ConvergenceError
        If the coarsest operator is not positive definite.
    """
    scale = 1.0 / max(float(operator.coefficients.max()), float(operator.mass.max()))
    finest, levels = operator.scaled(scale, precision), list[Level]()
    # the contrast of a potential, up to 1e7, is projected in double precision
    exact = finest if guide else operator.scaled(scale, np.float64)
    rows = _rows(threads, exact)
    along = _rows(threads, guide.scaled(scale, np.float64)) if guide else rows
    lines, free, blocks = finest.lines, finest.free, finest.diagonal_blocks()
    subtract: Product = finest.subtract
    largest: float | None = finest.largest_eigenvalue()
    for _ in range(halvings):
        transfer = _transfer(threads, along, lines, free)
        levels.append(_level(threads, lines, subtract, blocks, largest, transfer, free))
        beside = _scalar(transfer).project(threads, along, np.float64) if guide else None
        stencil = transfer.project(threads, rows, exact.coefficients.dtype.type)
        rows = partial(_stored, stencil)
        along = rows if beside is None else partial(_stored, beside)
        lines, free, largest, blocks = transfer.coarse, transfer.free, None, diagonal_blocks(stencil)
        subtract = stencil_product(lines, stencil, precision)
    coarsest = Coarsest.of(lines, rows(0, lines.shape[0]), precision)
    return Hierarchy(levels, coarsest, _cycle(operator, guide), scale, threads)


def _rows(threads: int, operator: Operator) -> StencilRows:
    """The stencil of the finest level: small ones as a whole, others made anew for every strip that is projected."""
    numbers = 3 ** len(operator.lines.nodes) * operator.lines.unknowns * operator.free.size
    if numbers * operator.free.itemsize <= WHOLE_STENCIL:
        return partial(_stored, operator.stencil(threads, 0, operator.lines.shape[0]))
    return partial(operator.stencil, threads)


def _stored(stencil: AnyArray, begin: int, end: int) -> AnyArray:
    return stencil[begin:end]


def _cycle(operator: Operator, guide: Operator | None) -> Cycle:
    if (guide or operator).contrast <= STRONG_ABOVE:
        return GENTLE
    return LIGHT_CYCLE if guide is None and len(operator.lines.nodes) == 2 else STRONG


def _level(
    threads: int,
    lines: Lines,
    subtract: Product,
    blocks: AnyArray,
    largest: float | None,
    transfer: Transfer,
    free: AnyArray,
) -> Level:
    inverse = inverse_blocks(threads, lines, blocks, free.dtype.type)
    vectors = [lines.zeros(free.dtype.type) for _ in range(3)]
    if largest is None:
        largest = _power_iteration(threads, lines, subtract, inverse, *vectors)
    return Level(lines, subtract, inverse, largest, free, transfer, *vectors)


def _transfer(threads: int, guide: StencilRows, lines: Lines, free: AnyArray) -> Transfer:
    d, c = len(lines.nodes), lines.unknowns
    c_coarse = 1 if c == 1 else d * (d + 1) // 2
    coarse = Lines(tuple((n + 1) // 2 for n in lines.nodes), c_coarse)
    weights = coarsening.interpolation(threads, guide, lines).astype(free.dtype)
    motions = coarsening.rigid_motions(d, c, c_coarse).reshape(-1, 3, c, c_coarse).astype(free.dtype)
    on_coarse = np.ones((*coarse.nodes, c_coarse))
    on_coarse[..., :c] = lines.unpack(free)[(slice(None, None, 2),) * d]
    return Transfer(lines, coarse, weights, motions, coarse.pack(on_coarse, free.dtype.type))


def _scalar(transfer: Transfer) -> Transfer:
    """The transfer of the scalar that guides the interpolation."""
    fine, coarse = (Lines(lines.nodes, 1) for lines in (transfer.fine, transfer.coarse))
    one = np.ones((transfer.motions.shape[0], 3, 1, 1))
    return Transfer(fine, coarse, transfer.weights, one, coarse.pack(np.ones((*coarse.nodes, 1)), np.float64))


def _power_iteration(
    threads: int,
    lines: Lines,
    subtract: Product,
    inverse: AnyArray,
    x: AnyArray,
    r: AnyArray,
    d: AnyArray,
) -> float:
    """Largest eigenvalue of D^-1 A from a fixed beginning, with a margin; x, r and d are overwritten."""
    # a fixed seed: the bound, and with it every bit of a solution, is the same in every run
    lines.unpack(d)[...] = np.random.default_rng(0).standard_normal((*lines.nodes, lines.unknowns))
    before, minus, zero = 0.0, d.dtype.type(-1.0), d.dtype.type(0.0)
    for _ in range(POWER_STEPS):
        before = dot(lines, threads, d, d)
        r.fill(0.0)
        subtract(threads, d, r)
        _step(threads, lines.inner, zero, minus, inverse, r, d, x)
    return EIGENVALUE_MARGIN * (dot(lines, threads, d, d) / before) ** 0.5 if before > 0.0 else 1.0


@Kernel
def _step(lines: AnyArray, keep: float, add: float, inverse: AnyArray, r: AnyArray, d: AnyArray, x: AnyArray) -> None:
    """d = keep d + add D^-1 r and x += d."""
    n, c = x.shape[2] - 2, x.shape[1]
    for line in numba.prange(len(lines)):
        i = lines[line]
        for a in range(c):
            for j in range(n):
                d[i, a, j + 1] *= keep
            for b in range(c):
                for j in range(n):
                    d[i, a, j + 1] += add * inverse[i, a, b, j + 1] * r[i, b, j + 1]
            for j in range(n):
                x[i, a, j + 1] += d[i, a, j + 1]


@Kernel
def _add(lines: AnyArray, free: AnyArray, d: AnyArray, x: AnyArray) -> None:
    """Hold d where an unknown is fixed, and x += d."""
    for line in numba.prange(len(lines)):
        i = lines[line]
        for a in range(x.shape[1]):
            for j in range(1, x.shape[2] - 1):
                d[i, a, j] *= free[i, a, j]
                x[i, a, j] += d[i, a, j]
