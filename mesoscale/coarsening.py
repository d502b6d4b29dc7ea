"""Coarse levels of the multigrid hierarchy: interpolation that follows the coefficients, and Galerkin operators.

Coarse node (I, J) lies on fine node (2I, 2J). Interpolation solves the stencil locally, as in black-box multigrid
(J. E. Dendy, J. Comput. Phys. 48, 366 (1982), doi:10.1016/0021-9991(82)90057-2): on coarse grid lines the stencil is
summed across the line, in the middle of four coarse nodes it is solved for the middle. The flux, not the gradient, is
then continuous across a jump of the coefficient. Each unknown of a node is interpolated from its own diagonal part of
the stencil.

Weights have shape ``(Nx_c, Ny_c, 9, c)``: the value of a coarse basis function at the fine nodes
``(2I + dx, 2J + dy)``, position ``3 * (dx + 1) + dy + 1``. Fixed unknowns have zero weight, so a fixed set of any form
lives on in all levels.
"""

import numpy as np

from selflimit.mesoscale.grid import Array
from selflimit.mesoscale.stencils import CENTRE, Unknowns, compiled


def interpolation(stencil: Array, unknowns: Unknowns) -> Array:
    """Interpolation weights from the next coarser level, shape ``(Nx_c, Ny_c, 9, c)``."""
    coarse = tuple((n + 1) // 2 for n in stencil.shape[:2])
    weights = np.zeros((*coarse, 9, len(unknowns)))
    for a in range(len(unknowns)):
        own = np.ascontiguousarray(stencil[:, :, :, a, a])
        _interpolate_nodes(own, weights[..., a])
        _interpolate_edges(own, weights[..., a])
        _interpolate_middles(own, weights[..., a])
    return weights


def coarse_stencil(stencil: Array, weights: Array, unknowns: Unknowns) -> Array:
    """Galerkin product P^T A P as a stencil on the coarse nodes."""
    coarse = np.zeros((*weights.shape[:2], *stencil.shape[2:]))
    _galerkin(stencil, weights, unknowns, coarse)
    return coarse


@compiled
def _interpolate_nodes(stencil: Array, weights: Array) -> None:
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            if stencil[2 * i, 2 * j, CENTRE] > 0.0:
                weights[i, j, CENTRE] = 1.0


@compiled
def _interpolate_edges(stencil: Array, weights: Array) -> None:
    """Between two coarse nodes: the stencil summed across the grid line is a 1-D equation for the node."""
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            if i + 1 < weights.shape[0]:
                row = stencil[2 * i + 1, 2 * j]
                left, own, right = row[0] + row[1] + row[2], row[3] + row[4] + row[5], row[6] + row[7] + row[8]
                _split(left, own, right, weights[i, j], weights[i + 1, j], 7)
            if j + 1 < weights.shape[1]:
                row = stencil[2 * i, 2 * j + 1]
                below, own, above = row[0] + row[3] + row[6], row[1] + row[4] + row[7], row[2] + row[5] + row[8]
                _split(below, own, above, weights[i, j], weights[i, j + 1], 5)


@compiled
def _split(before: float, own: float, after: float, first: Array, second: Array, position: int) -> None:
    if own > 0.0:
        first[position] = -before / own * first[CENTRE]
        second[8 - position] = -after / own * second[CENTRE]


@compiled
def _interpolate_middles(stencil: Array, weights: Array) -> None:
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            for corner in range(4):
                dx, dy = corner // 2 * 2 - 1, corner % 2 * 2 - 1
                x, y = 2 * i + dx, 2 * j + dy
                if 0 <= x < stencil.shape[0] and 0 <= y < stencil.shape[1]:
                    weights[i, j, CENTRE + 3 * dx + dy] = _middle(stencil[x, y], weights[i, j], dx, dy)


@compiled
def _middle(row: Array, weights: Array, dx: int, dy: int) -> float:
    """Weight of the coarse node at (-dx, -dy) of a middle node: directly, and through the two edges beside it."""
    if row[CENTRE] <= 0.0:
        return 0.0
    corner = row[CENTRE - 3 * dx - dy] * weights[CENTRE]
    edges = row[CENTRE - 3 * dx] * weights[CENTRE + dy] + row[CENTRE - dy] * weights[CENTRE + 3 * dx]
    return float(-(corner + edges) / row[CENTRE])


@compiled
def _galerkin(stencil: Array, weights: Array, unknowns: Unknowns, coarse: Array) -> None:
    reach = np.empty((5, 5, len(unknowns), len(unknowns)))
    for i in range(coarse.shape[0]):
        for j in range(coarse.shape[1]):
            reach[:] = 0.0
            for o in range(9):
                x, y = 2 * i + o // 3 - 1, 2 * j + o % 3 - 1
                if 0 <= x < stencil.shape[0] and 0 <= y < stencil.shape[1]:
                    _add_row(weights[i, j, o], stencil[x, y], o, unknowns, reach)
            for s in range(9):
                x, y = i + s // 3 - 1, j + s % 3 - 1
                if 0 <= x < coarse.shape[0] and 0 <= y < coarse.shape[1]:
                    _project(reach, weights[x, y], s, unknowns, coarse[i, j, s])


@compiled
def _add_row(weight: Array, row: Array, o: int, unknowns: Unknowns, reach: Array) -> None:
    """Add one row of A, weighted, to the 5 x 5 fine nodes that P^T A of a coarse node reaches."""
    for s in range(9):
        for a in range(len(unknowns)):
            for b in range(len(unknowns)):
                reach[o // 3 + s // 3, o % 3 + s % 3, a, b] += weight[a] * row[s, a, b]


@compiled
def _project(reach: Array, weights: Array, s: int, unknowns: Unknowns, block: Array) -> None:
    """Take the reached fine nodes times the basis function of the coarse neighbour s."""
    for o in range(9):
        x, y = 2 * (s // 3) + o // 3 - 1, 2 * (s % 3) + o % 3 - 1
        if 0 <= x < 5 and 0 <= y < 5:
            for a in range(len(unknowns)):
                for b in range(len(unknowns)):
                    block[a, b] += reach[x, y, a, b] * weights[o, b]


@compiled
def restrict(weights: Array, fine: Array, unknowns: Unknowns, coarse: Array) -> None:
    """coarse = P^T fine, both with a rim of zeros."""
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            for a in range(len(unknowns)):
                total = 0.0
                for o in range(9):
                    total += weights[i, j, o, a] * fine[2 * i + o // 3, 2 * j + o % 3, a]
                coarse[i + 1, j + 1, a] = total


@compiled
def prolong(weights: Array, coarse: Array, unknowns: Unknowns, fine: Array) -> None:
    """fine += P coarse, both with a rim of zeros."""
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            for a in range(len(unknowns)):
                value = coarse[i + 1, j + 1, a]
                for o in range(9):
                    fine[2 * i + o // 3, 2 * j + o % 3, a] += weights[i, j, o, a] * value
