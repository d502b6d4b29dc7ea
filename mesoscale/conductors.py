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
from numpy.typing import NDArray
from scipy import ndimage

from selflimit.mesoscale.banded import factorise_banded, solve_banded
from selflimit.mesoscale.grid import Array, Grid
from selflimit.mesoscale.lines import Lines, Vector

Bodies = NDArray[np.int64]

MOST_BODIES = 256
"""So many bodies, the largest, get a potential of their own: small ones the smoother brings to rest."""
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
        Cholesky factor of E, as a band of full width.
    """

    body: Bodies
    factor: Array

    def balance(self, current: Vector, potential: Vector) -> None:
        """Raise every body so that the currents that enter at its nodes add up to zero."""
        raised = np.asarray(np.bincount(self.body.ravel(), current.ravel(), len(self.factor) + 1), np.float64)
        raised[0] = 0.0
        solve_banded(self.factor, raised[1:])
        potential += raised[self.body]


def floating_conductors(
    grid: Grid, conductivity: Array, mass: Array, element: Array, fixed: NDArray[np.bool_]
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
    coupling = np.diag(between.sum(axis=0) + np.bincount(body.ravel(), mass.ravel())) - between
    band = np.array([np.roll(np.tril(coupling[1:, 1:])[:, j], -j) for j in range(len(coupling) - 1)])
    factorise_banded(band)
    return Conductors(Lines(grid.nodes, 1).pack(body[..., None], np.int64), band)


def _floating(grid: Grid, good: NDArray[np.bool_], fixed: NDArray[np.bool_]) -> Bodies:
    """Number of the floating body of every node, 0 elsewhere; the largest bodies only, and none if they are few."""
    cells, count = ndimage.label(good, np.ones((3,) * grid.dimension))
    body = np.zeros(grid.nodes, dtype=np.int64)
    if count < FEWEST_BODIES[grid.dimension]:
        return body
    for corner in _corners(body):
        np.maximum(corner, cells, out=corner)
    size = np.bincount(body.ravel(), minlength=count + 1)
    size[0] = size[np.unique(body[fixed])] = 0
    kept = np.argsort(-size, kind="stable")[: min(MOST_BODIES, np.count_nonzero(size))]
    number = np.zeros(count + 1, dtype=np.int64)
    number[kept] = np.arange(1, len(kept) + 1)
    return number[body]


def _conductances(body: Bodies, conductivity: Array, element: Array) -> Array:
    """Conductance between the bodies, 0 the medium around them: every cell connects its corners pair by pair."""
    count = int(body.max()) + 1
    between = np.zeros((count, count))
    corners = _corners(body)
    for a, b in combinations(range(len(corners)), 2):
        apart = corners[a] != corners[b]
        pair, weight = count * corners[a][apart] + corners[b][apart], -element[a, b] * conductivity[apart]
        between += np.bincount(pair, weight, count**2).reshape(count, count)
    return between + between.T


def _corners(nodal: Bodies) -> list[Bodies]:
    """Views of a nodal field at each corner of the cells, in the order of the element matrix."""
    sides = (slice(None, -1), slice(1, None))
    return [nodal[tuple(sides[s] for s in corner)] for corner in product((0, 1), repeat=nodal.ndim)]
