"""The operator of the finest level, straight from the coefficients of the cells: no matrix is stored.

Coefficients per cell have the shape ``(m, lines, N + 2)``, cell i at the place of the node behind it: node i touches
the cells i - 1 and i along every axis. ``free`` is a nodal vector, 1 where an unknown is free, 0 where it is fixed.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numba
import numpy as np

from selflimit.arrays import AnyArray, FloatArray
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.solver.elements import largest_ratio
from selflimit.mesoscale.solver.nodal_vectors import Kernel, Lines


@dataclass(frozen=True)
class Operator:
    """A Q1 operator given by coefficients per cell, plus a diagonal.

    Attributes
    ----------
    lines
        Layout of the nodal vectors.
    coefficients
        Coefficients per cell, shape ``(m, lines, N + 2)``.
    elements
        Element matrix of each coefficient, shape ``(m, 2^d, 2^d, c, c)``.
    mass
        Diagonal added for every unknown of a node, shape ``(lines, N + 2)``.
    free
        1 where an unknown is free, 0 where it is fixed and on the rim; a nodal vector.
    """

    lines: Lines
    coefficients: AnyArray
    elements: FloatArray
    mass: AnyArray
    free: AnyArray

    def scaled(self, factor: float, dtype: type) -> "Operator":
        """The operator times a factor, in another precision."""
        coefficients: AnyArray = (factor * self.coefficients).astype(dtype, copy=False)
        mass: AnyArray = (factor * self.mass).astype(dtype, copy=False)
        return Operator(self.lines, coefficients, self.elements, mass, self.free.astype(dtype, copy=False))

    @cached_property
    def contrast(self) -> float:
        """Largest over smallest coefficient of the cells."""
        cells = self.coefficients > 0.0  # the rim holds zeros
        return float(self.coefficients.max() / np.min(self.coefficients, where=cells, initial=np.inf))

    def diagonal(self) -> AnyArray:
        """Diagonal, fixed unknowns or not: a nodal vector."""
        own = np.einsum("maa->ma", self.elements[:, 0, 0])
        inner, n = self.lines.inner, self.lines.nodes[-1]
        result = self.lines.zeros(self.mass.dtype.type)
        result[inner, :, 1:-1] = self.mass[inner, None, 1:-1]
        for behind in self.lines.behind:
            for s in range(2):
                result[inner, :, 1:-1] += np.einsum("ma,mij->iaj", own, self.coefficients[:, inner + behind, s : s + n])
        return result

    def subtract(self, threads: int, x: AnyArray, r: AnyArray) -> None:
        """r -= A x in the rows of the free unknowns.

        Parameters
        ----------
        threads
            Threads of the kernel.
        x, r
            Nodal vectors; ``r`` is overwritten.
        """
        behind, ahead = self.lines.behind, self.lines.ahead
        if len(self.lines.nodes) == 2 and self.lines.unknowns == 1:
            weights = self.weights(6.0, (1, 3))
            _subtract_square(threads, self.lines.inner, *self.coefficients, *weights, x, self.mass, self.free, r)
        elif self.lines.unknowns == 1:
            around = (*self.weights(12.0, (1, 3)), behind, ahead)
            _subtract_cube(threads, self.lines.inner, *self.coefficients, *around, x, self.mass, self.free, r)
        elif self.lines.unknowns == 2:
            _subtract_plane_strain(threads, self.lines.inner, *self.coefficients, x, self.free, r)
        else:
            around = (behind, ahead, self.by_owner)
            _subtract(threads, self.lines.inner, self.coefficients, *around, x, self.mass, self.free, r)

    def weights(self, unit: float, others: tuple[int, ...]) -> AnyArray:
        """What couples corner 0 of a cell to the corners ``others``, in small numbers of 1/``unit``."""
        coupling: AnyArray = np.round(-unit * self.elements[0, 0, list(others), 0, 0], 9)
        return coupling.astype(self.mass.dtype)

    def stencil(self, threads: int, begin: int, end: int) -> AnyArray:
        """The matrix without fixed unknowns in the lines begin to end, shape ``(lines, c, 3^(d-1), c, 3, N + 2)``.

        Entry ``[i, a, q, b, s, j]`` couples unknown a of node j on line ``begin + i`` to unknown b of node
        ``j + s - 1`` on line ``begin + i + around[q]``.

        Parameters
        ----------
        threads
            Threads of the kernel.
        begin, end
            First line and the one behind the last.
        """
        (_, c, along), d, inner = self.lines.shape, len(self.lines.nodes), self.lines.inner
        stencil = np.zeros((end - begin, c, 3 ** (d - 1), c, 3, along), self.coefficients.dtype)
        behind, offsets = self.lines.behind, self.lines.around
        arguments = (self.coefficients, behind, _neighbour(d), offsets, self.by_owner, self.mass, self.free)
        _assemble(threads, inner[(inner >= begin) & (inner < end)], begin, *arguments, stencil)
        return stencil

    def diagonal_blocks(self) -> AnyArray:
        """What couples the free unknowns of a node to one another, shape ``(lines, c, c, N + 2)``."""
        (across, c, along), inner, n = self.lines.shape, self.lines.inner, self.lines.nodes[-1]
        blocks = np.zeros((across, c, c, along), self.coefficients.dtype)
        for p, behind in enumerate(self.lines.behind):
            for s, a, b in product(range(2), range(c), range(c)):
                element = self.by_owner[:, p, s, a, b, -1 - 2 * p - s]
                for m in np.flatnonzero(element):
                    cells = self.coefficients[m, inner + behind, s : s + n]
                    blocks[inner, a, b, 1:-1] += (
                        element[m] * cells * self.free[inner, a, 1:-1] * self.free[inner, b, 1:-1]
                    )
        for a in range(c):
            blocks[:, a, a] += self.free[:, a] * self.mass
        return blocks

    def largest_eigenvalue(self) -> float:
        """Bound on the eigenvalues of D^-1 A, D the diagonal blocks; a mass only brings them nearer to 1."""
        return largest_ratio(self.coefficients, self.elements)

    @cached_property
    def by_owner(self) -> AnyArray:
        """Element rows of a node in the cells that touch it, shape ``(m, 2^(d-1), 2, c, c, 2^d)``.

        Cell lines behind first, then cells behind first: the node is the last corner of the first cell.
        """
        m, n, _, c, _ = self.elements.shape
        rows = np.moveaxis(self.elements[:, ::-1], 2, -1)
        return np.ascontiguousarray(rows.reshape(m, n // 2, 2, c, c, n), dtype=self.mass.dtype)


def q1_operator(grid: Grid, coefficients: FloatArray, elements: FloatArray, mass: FloatArray) -> Operator:
    """The operator on all nodes, every unknown free.

    Parameters
    ----------
    grid
        The grid; element matrices of a unit cell scale with its spacing to the power d - 2.
    coefficients
        Coefficients per cell, shape ``(m,) + shape``.
    elements
        Element matrix of each coefficient on a unit cell, shape ``(m, 2^d, 2^d, c, c)``.
    mass
        Diagonal added for every unknown of a node, shape ``nodes``.
    """
    lines, scalar = (Lines(grid.nodes, c) for c in (elements.shape[-1], 1))
    padded = np.pad(coefficients * grid.spacing ** (grid.dimension - 2), [(0, 0), *[(0, 1)] * grid.dimension])
    on_lines = np.stack([scalar.pack(field[..., None], np.float64)[:, 0] for field in padded])
    free = lines.pack(np.ones(1), np.float64)
    return Operator(lines, on_lines, elements, scalar.pack(mass[..., None], np.float64)[:, 0], free)


def _neighbour(dimension: int) -> FloatArray:
    """Which of the 3^(d-1) lines around a node is line t of the cell line p that touches it, shape (p, t)."""
    sides = np.array(list(product((0, 1), repeat=dimension - 1)))
    return np.asarray((sides[:, None] + sides[None]) @ (3 ** np.arange(dimension - 1)[::-1]))


@Kernel
def _subtract(  # noqa: C901
    lines: AnyArray,
    k: AnyArray,
    behind: AnyArray,
    ahead: AnyArray,
    rows: AnyArray,
    x: AnyArray,
    mass: AnyArray,
    free: AnyArray,
    r: AnyArray,
) -> None:
    """Any element matrix: for every cell around the node, coefficient times (element row times corner values)."""
    n = x.shape[2] - 2
    for line in numba.prange(len(lines)):
        i = lines[line]
        y, g = np.empty((2, n), x.dtype)
        for a in range(x.shape[1]):
            own = x[i, a]
            for j in range(n):
                y[j] = mass[i, j + 1] * own[j + 1]
            for m in range(k.shape[0]):
                for p in range(len(behind)):
                    for s in range(2):
                        g[:] = 0.0
                        for b in range(x.shape[1]):
                            for h in range(len(ahead) // 2):
                                u = x[i + behind[p] + ahead[2 * h], b, s:]
                                v = x[i + behind[p] + ahead[2 * h + 1], b, s:]
                                e = rows[m, p, s, a, b, 4 * h : 4 * h + 4]
                                e0, e1, e2, e3 = e[0], e[1], e[2], e[3]
                                for j in range(n):
                                    g[j] += e0 * u[j] + e1 * u[j + 1] + e2 * v[j] + e3 * v[j + 1]
                        coefficient = k[m, i + behind[p], s:]
                        for j in range(n):
                            y[j] += coefficient[j] * g[j]
            for j in range(n):
                r[i, a, j + 1] -= free[i, a, j + 1] * y[j]


@Kernel
def _subtract_square(
    lines: AnyArray,
    k: AnyArray,
    near: float,
    far: float,
    x: AnyArray,
    mass: AnyArray,
    free: AnyArray,
    r: AnyArray,
) -> None:
    """The same for diffusion through square cells, from differences of the node to the other corners of its cells.

    The force on a corner is k/6 times ``near`` times the differences to its two neighbours plus ``far`` times that to
    the opposite corner; 1 and 2 for Q1.
    """
    n = x.shape[2] - 2
    sixth = x.dtype.type(1.0 / 6.0)
    for line in numba.prange(len(lines)):
        i = lines[line]
        y, own = np.zeros(n, x.dtype), x[i, 0]
        for ahead in range(2):
            cells, other = k[i - 1 + ahead], x[i - 1 + 2 * ahead, 0]
            for j in range(n):
                here, over = own[j + 1], own[j + 1] - other[j + 1]
                left = near * ((here - own[j]) + over) + far * (here - other[j])
                right = near * ((here - own[j + 2]) + over) + far * (here - other[j + 2])
                y[j] += cells[j] * left + cells[j + 1] * right
        for j in range(n):
            r[i, 0, j + 1] -= free[i, 0, j + 1] * (sixth * y[j] + mass[i, j + 1] * own[j + 1])


@Kernel
def _subtract_cube(
    lines: AnyArray,
    k: AnyArray,
    near: float,
    far: float,
    behind: AnyArray,
    ahead: AnyArray,
    x: AnyArray,
    mass: AnyArray,
    free: AnyArray,
    r: AnyArray,
) -> None:
    """The same through cubic cells: k/12 times ``near`` times the differences to the three neighbours plus ``far``
    times those to the four other corners; 0 and 1 for Q1.
    """
    n = x.shape[2] - 2
    twelfth = x.dtype.type(1.0 / 12.0)
    for line in numba.prange(len(lines)):
        i = lines[line]
        y, own = np.zeros(n, x.dtype), x[i, 0]
        for p in range(4):
            cells, first = k[i + behind[p]], i + behind[p]  # the node is on line 3 - p of the four around these cells
            opposite, one, two = (
                x[first + ahead[p], 0],
                x[first + ahead[(3 - p) ^ 1], 0],
                x[first + ahead[(3 - p) ^ 2], 0],
            )
            for j in range(n):
                here = own[j + 1]
                left = (here - one[j]) + (here - two[j]) + (here - opposite[j])
                right = (here - one[j + 2]) + (here - two[j + 2]) + (here - opposite[j + 2])
                over = here - opposite[j + 1]
                y[j] += far * (cells[j] * (over + left) + cells[j + 1] * (over + right))
            if near > 0.0:
                for j in range(n):
                    here = own[j + 1]
                    over = (here - one[j + 1]) + (here - two[j + 1])
                    y[j] += near * (cells[j] * (over + here - own[j]) + cells[j + 1] * (over + here - own[j + 2]))
        for j in range(n):
            r[i, 0, j + 1] -= free[i, 0, j + 1] * (twelfth * y[j] + mass[i, j + 1] * own[j + 1])


@Kernel
def _subtract_plane_strain(
    lines: AnyArray, lam: AnyArray, mu: AnyArray, x: AnyArray, free: AnyArray, r: AnyArray
) -> None:
    """The same for square cells in plane strain, three times as fast: mean strain and hourglass of each cell.

    A Q1 displacement on a square is a rigid motion, a uniform strain and the two hourglass patterns xy e_x, xy e_y. The
    patterns are orthogonal in energy; that of an hourglass is (lam + 3 mu)/12 times the squared amplitude.
    """
    n = x.shape[2] - 2
    quarter, twelfth = x.dtype.type(1.0 / 4.0), x.dtype.type(1.0 / 12.0)
    two, three = x.dtype.type(2.0), x.dtype.type(3.0)
    for line in numba.prange(len(lines)):
        i = lines[line]
        xx, yy, xy, gx, gy, fx, fy = np.empty((7, n + 1), x.dtype)
        fx[:] = 0.0
        fy[:] = 0.0
        for ahead in range(2):
            first = i - 1 + ahead
            u0, u1, v0, v1 = x[first, 0], x[first + 1, 0], x[first, 1], x[first + 1, 1]
            for j in range(n + 1):
                du0, du1, dv0, dv1 = u1[j] - u0[j], u1[j + 1] - u0[j + 1], v1[j] - v0[j], v1[j + 1] - v0[j + 1]
                across_u, across_v = u0[j + 1] + u1[j + 1] - u0[j] - u1[j], v0[j + 1] + v1[j + 1] - v0[j] - v1[j]
                L, M = quarter * lam[first, j], quarter * mu[first, j]
                hourglass = twelfth * (lam[first, j] + three * mu[first, j])
                from_volume = L * (du0 + du1 + across_v)
                xx[j] = from_volume + two * M * (du0 + du1)
                yy[j] = from_volume + two * M * across_v
                xy[j] = M * (across_u + dv0 + dv1)
                gx[j], gy[j] = hourglass * (du1 - du0), hourglass * (dv1 - dv0)
            if ahead:
                for j in range(n):
                    fx[j] += (xy[j] - xy[j + 1]) - (xx[j] + xx[j + 1]) - (gx[j] - gx[j + 1])
                    fy[j] += (yy[j] - yy[j + 1]) - (xy[j] + xy[j + 1]) - (gy[j] - gy[j + 1])
            else:
                for j in range(n):
                    fx[j] += (xy[j] - xy[j + 1]) + (xx[j] + xx[j + 1]) + (gx[j] - gx[j + 1])
                    fy[j] += (yy[j] - yy[j + 1]) + (xy[j] + xy[j + 1]) + (gy[j] - gy[j + 1])
        for j in range(n):
            r[i, 0, j + 1] -= free[i, 0, j + 1] * fx[j]
            r[i, 1, j + 1] -= free[i, 1, j + 1] * fy[j]


@Kernel
def _assemble(  # noqa: C901
    lines: AnyArray,
    begin: int,
    k: AnyArray,
    behind: AnyArray,
    neighbour: AnyArray,
    offsets: AnyArray,
    rows: AnyArray,
    mass: AnyArray,
    free: AnyArray,
    stencil: AnyArray,
) -> None:
    n, c = stencil.shape[5] - 2, stencil.shape[1]
    for line in numba.prange(len(lines)):
        i = lines[line]
        for a in range(c):
            for j in range(n):
                stencil[i - begin, a, len(offsets) // 2, a, 1, j + 1] = mass[i, j + 1]
            for p in range(len(behind)):
                for s, b, corner in np.ndindex(2, c, rows.shape[5]):
                    entry = stencil[i - begin, a, neighbour[p, corner // 2], b, s + corner % 2]
                    for m in range(k.shape[0]):
                        e, coefficient = rows[m, p, s, a, b, corner], k[m, i + behind[p], s:]
                        for j in range(n):
                            entry[j + 1] += e * coefficient[j]
            for q, b, s in np.ndindex(len(offsets), c, 3):
                entry, other = stencil[i - begin, a, q, b, s], free[i + offsets[q], b, s:]
                for j in range(n):
                    entry[j + 1] *= free[i, a, j + 1] * other[j]
