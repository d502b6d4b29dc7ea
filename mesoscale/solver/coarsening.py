"""Coarse levels of the multigrid hierarchy: interpolation that follows the coefficients, and Galerkin operators.

Coarse node I lies on fine node 2I. The weight of a coarse node at the fine nodes around it solves a scalar stencil
locally, as in black-box multigrid (J. E. Dendy, J. Comput. Phys. 48, 366 (1982), doi:10.1016/0021-9991(82)90057-2): on
coarse grid lines the stencil is summed across the line, on coarse grid faces across the face. The flux, not the
gradient, is then continuous across a jump of the coefficient.

A displacement is carried by the rigid motions of the coarse nodes: each coarse node has its translation and its
rotation, and a fine node moves by the weighted mean of what these motions do at its place. Whatever the weights, rigid
motions of any stiff inclusion that the weights respect cost no energy on any level; without rotations a stiff inclusion
locks (Baker, Kolev and Yang, Numer. Linear Algebra Appl. 17, 495 (2010), doi:10.1002/nla.688, variant GM2).

Weights have the shape ``(coarse lines, 3^(d-1), 3, N_c + 2)``: the value of coarse node J of line I at the fine node
``2J + s - 1`` on the line ``around[q]`` beside the fine line of I.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numba
import numpy as np

from selflimit.arrays import AnyArray, FloatArray, IntArray
from selflimit.mesoscale.solver.nodal_vectors import FEWEST_LINES, Kernel, Lines
from selflimit.mesoscale.solver.stencils import StencilRows

PLANES, LINES = 4, 32
"""Fewest coarse planes, and lines, that are projected at a time: their overlap costs an eighth of the stencil."""


def strips(threads: int, fine: Lines, coarse: Lines) -> Iterator[tuple[IntArray, int, int]]:
    """All coarse lines, some at a time, with the first and the end of the fine lines on and beside them.

    So the stencil of the finest level, the largest array of all, need not be there as a whole.

    Parameters
    ----------
    threads
        Threads of the kernel that takes the strips; with several, a strip is of another width.
    fine, coarse
        Layouts of the two levels.
    """
    on_fine, on_coarse = (lines.shape[0] // (lines.nodes[0] + 2) for lines in (fine, coarse))
    wide = max(PLANES, math.ceil((LINES if threads == 1 else FEWEST_LINES) / on_coarse))
    for first in range(1, coarse.nodes[0] + 1, wide):
        last = min(first + wide, coarse.nodes[0] + 1)
        numbers = coarse.inner[np.searchsorted(coarse.inner, first * on_coarse) :]
        numbers = numbers[: np.searchsorted(numbers, last * on_coarse)]
        yield numbers, (2 * first - 2) * on_fine, (2 * last - 1) * on_fine


def interpolation(threads: int, rows: StencilRows, fine: Lines) -> FloatArray:
    """Weights from the next coarser level.

    Around a coarse node, the weight at the place o is that at the places nearer to it, times their couplings, over the
    centre: w(o) = - sum_t a(t) w(o + t) / a(0), where t runs over the steps that set components of o to zero and a is
    the stencil at o, summed over the axes along which o is zero. Positive couplings, which coarse levels have at high
    contrast, count to the centre: weights stay between 0 and 1, without that they reached -1 and 2 in three dimensions.

    Parameters
    ----------
    threads
        Number of threads.
    rows
        Scalar stencil on the nodes, of the shape ``(lines, 1, 3^(d-1), 1, 3, N + 2)``.
    fine
        Layout of the finer level, of odd numbers of nodes.
    """
    d = len(fine.nodes)
    coarse = Lines(tuple((n + 1) // 2 for n in fine.nodes), 1)
    weights = np.zeros((coarse.shape[0], 3**d, coarse.shape[2]))
    place = np.array(list(product((-1, 0, 1), repeat=d)))
    order = np.argsort(np.count_nonzero(place, axis=1), kind="stable")  # the coarse node itself comes first
    summed = _number(place * np.abs(place[:, None]), 1)
    nearer = np.all((place == 0) | (place == -place[:, None]), axis=-1) & place.any(axis=1)
    after = np.where(nearer, _number(place + place[:, None], 1), -1)
    on_fine = _lines_on_fine(fine, coarse)
    for numbers, begin, end in strips(threads, fine, coarse):
        entries = rows(begin, end).reshape(end - begin, 3**d, fine.shape[2])
        _weigh(threads, numbers, on_fine - begin, fine.around, order, summed, after, entries, weights)
    return weights.reshape(coarse.shape[0], 3 ** (d - 1), 3, coarse.shape[2])


@Kernel
def _weigh(  # noqa: C901
    lines: AnyArray,
    on_fine: AnyArray,
    offsets: AnyArray,
    order: AnyArray,
    summed: AnyArray,
    after: AnyArray,
    stencil: AnyArray,
    weights: AnyArray,
) -> None:
    n, itself = weights.shape[2] - 2, order[0]
    for line in numba.prange(len(lines)):
        i = lines[line]
        row, centre = np.empty((len(order), n)), np.empty(n)
        for j in range(n):
            weights[i, itself, j + 1] = 1.0 if stencil[on_fine[i], itself, 2 * j + 1] > 0.0 else 0.0
        for o in order[1:]:
            row[:], centre[:] = 0.0, 0.0
            for t in range(len(order)):
                entry, total = stencil[on_fine[i] + offsets[o // 3], t, o % 3 :], row[summed[o, t]]
                for j in range(n):
                    total[j] += entry[2 * j]
            weight = weights[i, o]
            for t in range(len(order)):
                if summed[o, t] == t:
                    for j in range(n):
                        centre[j] += max(row[t, j], 0.0)
                if after[o, t] >= 0:
                    known = weights[i, after[o, t]]
                    for j in range(n):
                        weight[j + 1] -= min(row[t, j], 0.0) * known[j + 1]
            for j in range(n):
                weight[j + 1] = weight[j + 1] / centre[j] if centre[j] > 0.0 else 0.0


def rigid_motions(dimension: int, unknowns: int, coarse_unknowns: int) -> FloatArray:
    """What a unit motion of a coarse node does at the fine nodes around it, shape ``(3^d, c, c_coarse)``.

    Parameters
    ----------
    dimension
        2 or 3.
    unknowns, coarse_unknowns
        1 and 1 for a scalar. For a displacement d or, with rotations, d (d + 1)/2, translations first. The unit of a
        rotation is one that moves the neighbour on the same level by 1, so that all unknowns are of one size.
    """
    motions = np.zeros((3**dimension, unknowns, coarse_unknowns))
    motions[:, range(unknowns), range(unknowns)] = [1.0] * min(unknowns, dimension) + [0.5] * (unknowns - dimension)
    for at, place in enumerate(product((-1, 0, 1), repeat=dimension)):
        for turn, (a, b) in enumerate(combinations(range(dimension), 2) if coarse_unknowns > 1 else ()):
            motions[at, a, dimension + turn] = -0.5 * place[b]
            motions[at, b, dimension + turn] = 0.5 * place[a]
    return motions


@dataclass(frozen=True)
class Transfer:
    """Restriction and prolongation between two levels.

    Attributes
    ----------
    fine, coarse
        Layouts of the two levels.
    weights
        Interpolation weights.
    motions
        Motions of the fine nodes, from ``rigid_motions``, shape ``(3^(d-1), 3, c, c_coarse)``.
    free
        1 or 0 for every coarse unknown, a nodal vector.
    """

    fine: Lines
    coarse: Lines
    weights: AnyArray
    motions: AnyArray
    free: AnyArray

    @cached_property
    def on_fine(self) -> FloatArray:
        """Number of the fine line that each coarse line lies on, for all coarse lines with rim."""
        return _lines_on_fine(self.fine, self.coarse)

    @cached_property
    def reached_by(self) -> FloatArray:
        """Coarse lines that reach each fine line, and their side q; -1 for none. Shape ``(lines, 2^(d-1), 2)``."""
        offsets = self.fine.around
        table = np.full((self.fine.shape[0], 2 ** (len(self.fine.nodes) - 1), 2), -1)
        filled = np.zeros(self.fine.shape[0], dtype=np.int64)
        for q, offset in enumerate(offsets):
            target = self.on_fine[self.coarse.inner] + offset
            table[target, filled[target]] = np.stack([self.coarse.inner, np.full(len(target), q)], axis=-1)
            filled[target] += 1
        return table[self.fine.inner]

    def restrict(self, threads: int, fine: AnyArray, coarse: AnyArray) -> None:
        """coarse = P^T fine: forces and moments of the fine nodes on the coarse ones.

        Parameters
        ----------
        threads
            Threads of the kernel.
        fine, coarse
            Nodal vectors of the two levels; ``coarse`` is overwritten.
        """
        tables = (self.on_fine, self.fine.around, self.motions)
        _restrict(threads, self.coarse.inner, *tables, self.weights, self.free, fine, coarse)

    def prolong(self, threads: int, coarse: AnyArray, fine: AnyArray) -> None:
        """fine = P coarse; fixed fine unknowns move too.

        Parameters
        ----------
        threads
            Threads of the kernel.
        coarse, fine
            Nodal vectors of the two levels; ``fine`` is overwritten.
        """
        _prolong(threads, self.fine.inner, self.reached_by, self.motions, self.weights, coarse, fine)

    def project(self, threads: int, rows: StencilRows, dtype: type) -> AnyArray:
        """Galerkin product P^T A P as a coarse stencil, without rows and columns of fixed coarse unknowns.

        Parameters
        ----------
        threads
            Threads of the kernel.
        rows
            Gives the fine stencil in the lines from a first to an end.
        dtype
            Of the coarse stencil.
        """
        d, c = len(self.fine.nodes), self.coarse.unknowns
        result = np.zeros((self.coarse.shape[0], c, 3 ** (d - 1), c, 3, self.coarse.shape[2]), dtype)
        steps = np.array(list(product((-1, 0, 1), repeat=d - 1)))
        reach = _number(steps[:, None] + steps[None], 2)
        apart = 2 * steps[:, None] + steps[None]
        shared = np.where(np.abs(apart).max(axis=-1) <= 2, _number(apart, 2), -1)
        tables = (self.fine.around, self.coarse.around, reach, shared, self.motions, self.weights)
        for numbers, begin, end in strips(threads, self.fine, self.coarse):
            _project(threads, numbers, self.on_fine - begin, *tables, rows(begin, end), self.free, result)
        return result


def _lines_on_fine(fine: Lines, coarse: Lines) -> FloatArray:
    """Number of the fine line that each coarse line lies on; rim lines, whose coarse vectors are zero, on any."""
    places = (2 * np.clip(np.arange(n + 2) - 1, 0, n - 1) + 1 for n in coarse.nodes[:-1])
    mesh = np.meshgrid(*places, indexing="ij")
    return np.asarray(np.ravel_multi_index(tuple(mesh), [n + 2 for n in fine.nodes[:-1]]).ravel())


def _number(steps: FloatArray, reach: int) -> FloatArray:
    """Number of the place at ``steps`` in the block of 2 reach + 1 places along each axis around the middle one."""
    return np.asarray((steps + reach) @ ((2 * reach + 1) ** np.arange(steps.shape[-1])[::-1]))


@Kernel
def _project(  # noqa: C901
    lines: AnyArray,
    on_fine: AnyArray,
    offsets: AnyArray,
    coarse_offsets: AnyArray,
    reach: AnyArray,
    shared: AnyArray,
    motions: AnyArray,
    weights: AnyArray,
    stencil: AnyArray,
    free: AnyArray,
    coarse: AnyArray,
) -> None:
    """For one coarse line: sum up P^T A on the fine nodes it reaches, then take that times P."""
    n, c, c_fine = coarse.shape[5] - 2, coarse.shape[1], stencil.shape[1]
    for line in numba.prange(len(lines)):
        i = lines[line]
        product_row = np.zeros((reach.max() + 1, 5, c, c_fine, n), np.float64)
        for q, s in np.ndindex(len(offsets), 3):
            weight, fine = weights[i, q, s], on_fine[i] + offsets[q]
            for a, p, b, t in np.ndindex(c_fine, len(offsets), c_fine, 3):
                entry = stencil[fine, a, p, b, t, s:]
                for m in range(c):
                    motion = motions[q, s, a, m]
                    if motion != 0.0:
                        total = product_row[reach[q, p], s + t, m, b]
                        for j in range(n):
                            total[j] += motion * weight[j + 1] * entry[2 * j]
        for p, t in np.ndindex(len(offsets), 3):
            for q, s in np.ndindex(len(offsets), 3):
                along = 2 * t + s - 1
                if shared[p, q] >= 0 and 0 <= along < 5:
                    weight = weights[i + coarse_offsets[p], q, s, t:]
                    for m, b in np.ndindex(c, c_fine):
                        total = product_row[shared[p, q], along, m, b]
                        for o in range(c):
                            motion = motions[q, s, b, o]
                            if motion != 0.0:
                                entry = coarse[i, m, p, o, t]
                                for j in range(n):
                                    entry[j + 1] += motion * weight[j] * total[j]
        for m, p, o, t in np.ndindex(c, len(offsets), c, 3):
            entry, other = coarse[i, m, p, o, t], free[i + coarse_offsets[p], o, t:]
            for j in range(n):
                entry[j + 1] *= free[i, m, j + 1] * other[j]


@Kernel
def _restrict(  # noqa: C901
    lines: AnyArray,
    on_fine: AnyArray,
    offsets: AnyArray,
    motions: AnyArray,
    weights: AnyArray,
    free: AnyArray,
    fine: AnyArray,
    coarse: AnyArray,
) -> None:
    n = coarse.shape[2] - 2
    for line in numba.prange(len(lines)):
        i = lines[line]
        coarse[i] = 0.0
        for q in range(len(offsets)):
            for s in range(3):
                weight = weights[i, q, s]
                for a in range(fine.shape[1]):
                    force = fine[on_fine[i] + offsets[q], a, s:]
                    for m in range(coarse.shape[1]):
                        motion = motions[q, s, a, m]
                        if motion != 0.0:
                            for j in range(n):
                                coarse[i, m, j + 1] += motion * weight[j + 1] * force[2 * j]
        for m in range(coarse.shape[1]):
            for j in range(n):
                coarse[i, m, j + 1] *= free[i, m, j + 1]


@Kernel
def _prolong(  # noqa: C901
    lines: AnyArray, reached_by: AnyArray, motions: AnyArray, weights: AnyArray, coarse: AnyArray, fine: AnyArray
) -> None:
    n = coarse.shape[2] - 2
    for line in numba.prange(len(lines)):
        i = lines[line]
        fine[i] = 0.0
        for reached in range(reached_by.shape[1]):
            source, q = reached_by[line, reached]
            if source >= 0:
                for s in range(3):
                    weight = weights[source, q, s]
                    for a in range(fine.shape[1]):
                        target = fine[i, a, s:]
                        for m in range(coarse.shape[1]):
                            motion = motions[q, s, a, m]
                            if motion != 0.0:
                                for j in range(n):
                                    target[2 * j] += motion * weight[j + 1] * coarse[source, m, j + 1]
