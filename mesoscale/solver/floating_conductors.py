"""Floating conductors: bodies of good conductor that touch no fixed node.

At high contrast each has one potential of its own, set by the condition that no net current enters it. Coarse levels of
multigrid cannot keep all bodies apart that are few cells apart: each such body gives the cycle one eigenvalue of 1e-3
to 1e-5 and conjugate gradients three to four iterations more (measured). Hence after each cycle
every body is raised to where its net current vanishes, z += Z E^-1 Z^T (r - A z) with the columns of Z 1 on one body
and E = Z^T A Z: conjugate gradients deflated by Z (A. Nicolaides, SIAM J. Numer. Anal. 24, 355 (1987),
doi:10.1137/0724027), in the form that round-off does not harm (J. M. Tang et al., J. Sci. Comput. 39, 340 (2009),
doi:10.1007/s10915-009-9272-6, method A-DEF2).
"""

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import SuperLU, splu

from selflimit.arrays import AnyArray, BoolArray, FloatArray, IntArray
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.solver.nodal_vectors import Lines

FEWEST_BODIES = {2: 32, 3: 1}
"""With fewer bodies, by dimension, what the cycle alone takes more is not worth the search for them (measured)."""


@dataclass(frozen=True)
class Conductors:
    """Floating conductors and what couples them.

    Attributes
    ----------
    body
        Number of the body that a node is part of, from 1, or 0: a nodal vector.
    factor
        Sparse factors of E.
    """

    body: IntArray
    factor: SuperLU

    def balance(self, current: AnyArray, potential: AnyArray) -> None:
        """Raise every body so that the currents that enter at its nodes add up to zero."""
        entering = np.bincount(self.body.ravel(), current.ravel())[1:]
        potential += np.append(0.0, self.factor.solve(entering))[self.body]


def find_floating_conductors(
    grid: Grid, conductivity: FloatArray, mass: FloatArray, element: FloatArray, fixed: BoolArray
) -> Conductors | None:
    """Bodies of cells that share nodes and conduct better than the geometric mean of the best and the poorest.

    Parameters
    ----------
    grid
        The grid.
    conductivity
        k > 0 per cell, shape ``shape``.
    mass
        Diagonal added to the operator, shape ``nodes``.
    element
        Element matrix of a unit cell with k = 1, shape ``(2^d, 2^d)``.
    fixed
        Nodes whose potential is given, shape ``nodes``.
    """
    body = _floating(grid, conductivity > np.sqrt(conductivity.min() * conductivity.max()), fixed)
    if not body.any():
        return None
    between = _conductances(body, conductivity * grid.spacing ** (grid.dimension - 2), element)
    held = sparse.diags_array(between.sum(axis=0) + np.bincount(body.ravel(), mass.ravel()))
    coupling = sparse.csc_array(held - between)[1:, 1:]
    # symmetric and positive definite: no pivoting
    factor = splu(coupling, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return Conductors(Lines(grid.nodes, 1).pack(body[..., None], np.int64), factor)


def _floating(grid: Grid, good: BoolArray, fixed: BoolArray) -> IntArray:
    """Number of the floating body of every node, 0 elsewhere; none if they are few."""
    cells, count = ndimage.label(good, np.ones((3,) * grid.dimension))
    body = np.zeros(grid.nodes, dtype=np.int64)
    if count < FEWEST_BODIES[grid.dimension]:
        return body
    for corner in _corners(body):
        np.maximum(corner, cells, out=corner)
    floats = np.bincount(body.ravel(), minlength=count + 1) > 0
    floats[0] = floats[np.unique(body[fixed])] = False
    return np.where(floats, np.cumsum(floats), 0)[body]


def _conductances(body: IntArray, conductivity: FloatArray, element: FloatArray) -> sparse.csc_array:
    """Conductance between the bodies, 0 the medium around them: every cell connects its corners pair by pair."""
    count, corners = int(body.max()) + 1, _corners(body)
    between = sparse.csc_array((count, count))
    for a, b in combinations(range(len(corners)), 2):
        apart = corners[a] != corners[b]
        pair, weight = (corners[a][apart], corners[b][apart]), -element[a, b] * conductivity[apart]
        between += sparse.coo_array((weight, pair), (count, count)).tocsc()
    return between + between.T


def _corners(nodal: IntArray) -> list[IntArray]:
    """Views of a nodal field at each corner of the cells, in the order of the element matrix."""
    sides = (slice(None, -1), slice(1, None))
    return [nodal[tuple(sides[s] for s in corner)] for corner in product((0, 1), repeat=nodal.ndim)]
