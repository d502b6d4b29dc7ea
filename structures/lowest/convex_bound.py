"""A lower bound of all placements' energies from the best convex form of the energy, by semidefinite programming.

Numbers that are 0 or 1 equal their squares, pools hold fixed numbers of atoms, and two ions never sit on one site or on
two that exclude each other. Multiples of these equations can be added to the energy E without changing it at any
placement, and multiples of products x_v x_w >= 0 taken away from it:

    E = bound + y^T Z y + sum_vw N_vw x_v x_w,   Z positive semidefinite, N >= 0,   y = (1, x).

The multiples for which the bound is largest are a semidefinite program (A. Billionnet, S. Elloumi and M.-C. Plateau,
Discrete Appl. Math. 157, 1185 (2009), doi:10.1016/j.dam.2007.12.007; with N: F. Rendl, Ann. Oper. Res. 240, 1 (2016)).
The crystal's symmetry leaves few multiples and small blocks (:mod:`~selflimit.structures.lowest.invariant_matrices`).
Whatever the solver returns, Z is made positive semidefinite afterwards, so that the bound is one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import clarabel
import numpy as np
from scipy.sparse import csc_array

from selflimit.arrays import FloatArray, Int32Array, IntArray
from selflimit.structures.lowest.binary_form import BinaryForm
from selflimit.structures.lowest.invariant_matrices import blocks_of_orbits, invariant_spaces, pair_orbits

MOST_NUMBERS = 400
"""Numbers of a form for which a bound is computed: the orbits of their pairs are found in seconds."""

MOST_MULTIPLIERS = 1200
"""Multipliers of a programme that takes seconds; with more, those of the inequalities are left out."""

LARGEST_BLOCK = 60
"""Rows of a block up to which a programme takes seconds; the time grows with the sixth power."""

RIDGE = 1e-7
"""Share of the largest eigenvalue that is added to the diagonal of Z, so that rounding leaves it positive."""


class ConvexBound(NamedTuple):
    """The bound and what makes it one (all in eV).

    Attributes
    ----------
    bound
        No allowed placement has a lower energy.
    convex
        Z, positive definite, shape (n + 1, n + 1).
    repulsion
        N, not negative, 0 on the diagonal, shape (n + 1, n + 1), each pair in both directions.
    """

    bound: float
    convex: FloatArray
    repulsion: FloatArray


def convex_bound(form: BinaryForm, permutations: Int32Array, pool: IntArray) -> ConvexBound | None:
    """The best bound of a form; None where the programme would be too large.

    Parameters
    ----------
    form
        The energy.
    permutations
        Symmetry of the sites, shape (n_permutations, n_sites).
    pool
        Pool of each site, shape (n_sites,).
    """
    if len(form.site) > MOST_NUMBERS:
        return None
    orbits = pair_orbits(_moved_numbers(form, permutations[(pool[permutations] == pool).all(axis=1)]))
    spaces = invariant_spaces(orbits)
    if max(space.shape[1] for space in spaces) > LARGEST_BLOCK:
        return None
    entries, is_inequality = _multipliers(form, orbits)
    multiples = _solve(_mean_of_orbits(form.matrix, orbits), entries, is_inequality, orbits, spaces)
    multiples[is_inequality] = np.maximum(multiples[is_inequality], 0.0)
    repulsion = -(multiples[is_inequality] @ entries[is_inequality])[orbits]
    convex = form.matrix + (multiples @ entries)[orbits]
    values = np.linalg.eigvalsh(convex)
    # the rounding of the solver: y^T y is the same for all placements, so a multiple of it moves only the bound
    ridge = RIDGE * values[-1] + max(0.0, -values[0])
    length = 1.0 + sum(count for _, count in form.classes)
    return ConvexBound(float(multiples[0] - ridge * length), convex + ridge * np.eye(len(convex)), repulsion)


def _moved_numbers(form: BinaryForm, permutations: Int32Array) -> Int32Array:
    """Where permutations of the sites take the numbers, shape (n_permutations, n + 1); the constant stays."""
    number = np.zeros((int(form.site.max(initial=0)) + 1, int(form.rank.max(initial=0)) + 1), dtype=np.int32)
    number[form.site[1:], form.rank[1:]] = np.arange(1, len(form.site))
    moved: Int32Array = number[permutations[:, form.site], form.rank]
    moved[:, 0] = 0
    return moved


def _mean_of_orbits(matrix: FloatArray, orbits: IntArray) -> FloatArray:
    """Mean entry of each orbit, shape (n_orbits,); rounded coordinates make equivalent ones differ."""
    mean: FloatArray = np.bincount(orbits.ravel(), matrix.ravel()) / np.bincount(orbits.ravel())
    return mean


def _multipliers(form: BinaryForm, orbits: IntArray) -> tuple[FloatArray, IntArray]:
    """What may be added to the form, and which of them are inequalities.

    Returns
    -------
    entries
        Entry of each orbit in the matrix that each multiplier adds, the bound's first, shape
        (n_multipliers, n_orbits).
    is_inequality
        Numbers of those that must not be negative.
    """
    n, n_orbits = len(orbits), int(orbits.max()) + 1
    first = np.unique(orbits.ravel(), return_index=True)[1]
    a, b = np.divmod(first, n)
    kind = np.unique(np.diag(orbits), return_inverse=True)[1]
    is_border = (a == 0) != (b == 0)
    end = np.where(a == 0, b, a)
    corner = 1.0 * ((a == 0) & (b == 0))
    rows = [-corner]
    members = [np.isin(np.arange(n), numbers) for numbers, _ in form.classes]
    for one in range(1, kind.max() + 1):
        of_kind = kind == one
        # x^2 - x
        rows.append(1.0 * ((a == b) & of_kind[a]) - 0.5 * (is_border & of_kind[end]))
        for inside, (_, count) in zip(members, form.classes, strict=True):
            # x times (the atoms of a species minus their number)
            product = 0.5 * (of_kind[a] & inside[b]) + 0.5 * (of_kind[b] & inside[a])
            rows.append(product - 0.5 * count * (is_border & of_kind[end]))
    for inside, (_, count) in zip(members, form.classes, strict=True):
        rows.append(0.5 * (is_border & inside[end]) - count * corner)
    rows += _products(form, orbits, first, equations=True)
    equations = len(rows)
    rows += _products(form, orbits, first, equations=False)
    rows = rows[:equations] if len(rows) > MOST_MULTIPLIERS else rows
    return np.array(rows).reshape(-1, n_orbits), np.arange(equations, len(rows))


def _products(form: BinaryForm, orbits: IntArray, first: IntArray, equations: bool) -> list[FloatArray]:
    """The products of two numbers that are never both 1, or those of all others."""
    n = len(orbits)
    a, b = np.divmod(first, n)
    other = orbits[b, a]
    wanted = (a > 0) & (b > 0) & (a != b) & (form.never[a, b] == equations)
    pairs = {(min(o, int(other[o])), max(o, int(other[o]))) for o in np.flatnonzero(wanted).tolist()}
    rows = []
    for pair in sorted(pairs):
        row = np.zeros(len(first))
        row[list(pair)] = -1.0
        rows.append(row)
    return rows


def _solve(
    base: FloatArray, entries: FloatArray, is_inequality: IntArray, orbits: IntArray, spaces: Sequence[FloatArray]
) -> FloatArray:
    """Multiples for which the bound is largest while each block is positive semidefinite, shape (n_multipliers,).

    Parameters
    ----------
    base
        The form's entry of each orbit (eV), shape (n_orbits,).
    entries, is_inequality
        From :func:`_multipliers`.
    orbits, spaces
        Of the pairs, and of the blocks.
    """
    n_multipliers = len(entries)
    rows, right, cones = [], [], []
    for space in spaces:
        blocks = blocks_of_orbits(space, orbits)
        triangle = _triangle(blocks)
        rows.append(-(triangle.T @ entries.T))
        right.append(triangle.T @ base)
        cones.append(clarabel.PSDTriangleConeT(space.shape[1]))
    rows.append(-np.eye(n_multipliers)[is_inequality])
    right.append(np.zeros(len(is_inequality)))
    cones.append(clarabel.NonnegativeConeT(len(is_inequality)))
    cost = np.zeros(n_multipliers)
    cost[0] = -1.0
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    nothing = csc_array((n_multipliers, n_multipliers))
    constraints = csc_array(np.vstack(rows))
    solver = clarabel.DefaultSolver(nothing, cost, constraints, np.concatenate(right), cones, settings)
    return np.array(solver.solve().x)


def _triangle(blocks: FloatArray) -> FloatArray:
    """Upper triangles column by column, off the diagonal times the root of 2, shape (n_orbits, size (size + 1) / 2)."""
    size = blocks.shape[1]
    column, row = np.tril_indices(size)
    scale = np.where(row == column, 1.0, np.sqrt(2.0))
    triangle: FloatArray = 0.5 * (blocks + blocks.transpose(0, 2, 1))[:, row, column] * scale
    return triangle
