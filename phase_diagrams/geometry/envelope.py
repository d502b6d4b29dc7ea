r"""Lower envelope of planes over a rectangle: the exact map of a function that is the minimum of linear functions.

The grand potential of the linear functional, :math:`\Phi(x, y) = \min_A (c_A + u_A x + w_A y)` over all assemblages A,
is concave and piecewise linear in the voltage x and the constriction y; each assemblage rules over a convex polygon.
The polygons are found without listing all assemblages: start with the plane of one of them over the whole rectangle;
solve the linear programme at a corner of the current polygons; if it finds a lower plane, insert that plane, which cuts
off convex parts of the polygons; repeat until every corner is confirmed. A concave function that equals the current
envelope at all corners of a polygon, and nowhere exceeds it, equals it on the whole polygon; so the map is exact and
the number of linear programmes is about that of the corners.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.phase_diagrams.linear_programme import Assemblage

Corner = tuple[float, float]
Solver = Callable[[float, float, tuple[int, ...]], Assemblage]

SAME_VALUE = 1e-10
"""Planes within this (eV per electrolyte fu) of the envelope at a corner do not cut it."""
SAME_PLANE = 1e-12
"""Differences of planes below this (eV per electrolyte fu) are zero."""
SAME_VERTEX = 1e-9
"""Corners within this fraction of the rectangle's sides are one corner."""
LARGEST_MAP = 20_000
"""Polygons before giving up."""


@dataclass(frozen=True)
class Plane:
    """Cost of one assemblage: ``constant + x_slope * x + y_slope * y`` (eV per electrolyte fu)."""

    coefficients: FloatArray
    """(constant, x_slope, y_slope), shape (3,)."""
    assemblage: Assemblage

    def at(self, corners: FloatArray) -> FloatArray:
        """Values at ``corners``, shape (..., 2); shape (...)."""
        return np.asarray(self.coefficients[0] + corners @ self.coefficients[1:])


@dataclass(frozen=True)
class Cell:
    """One plane and the convex polygon over which it is the lowest."""

    plane: Plane
    corners: FloatArray
    """Counter-clockwise, shape (N, 2)."""


def clip(corners: FloatArray, values: FloatArray) -> FloatArray:
    """The part of a convex polygon, shape (N, 2), where a linear function with ``values`` at its corners is <= 0.

    >>> clip(rectangle((0.0, 1.0), (0.0, 1.0)), np.array([-1.0, 1.0, 1.0, -1.0])).tolist()
    [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]
    """
    inside = values <= SAME_PLANE
    if inside.all():
        return corners
    following, next_values, next_inside = np.roll(corners, -1, 0), np.roll(values, -1), np.roll(inside, -1)
    kept: list[FloatArray] = []
    for index in range(len(corners)):
        if inside[index]:
            kept.append(corners[index])
        if inside[index] != next_inside[index]:
            # a corner inside by the tolerance may lie above 0, and the crossing then beyond the edge
            share = np.clip(values[index] / (values[index] - next_values[index]), 0.0, 1.0)
            kept.append(corners[index] + share * (following[index] - corners[index]))
    return np.array(kept).reshape(-1, 2)


def rectangle(x_range: Corner, y_range: Corner) -> FloatArray:
    """The corners of a rectangle, counter-clockwise, shape (4, 2).

    >>> rectangle((0.0, 6.0), (0.0, 20.0)).tolist()
    [[0.0, 0.0], [6.0, 0.0], [6.0, 20.0], [0.0, 20.0]]
    """
    (left, right), (bottom, top) = x_range, y_range
    return np.array([(left, bottom), (right, bottom), (right, top), (left, top)])


def lower_envelope(
    solve: Solver, plane_of: Callable[[Assemblage], Plane], frame: FloatArray, start: tuple[int, ...]
) -> list[Cell]:
    """All polygons of the map over ``frame``.

    Parameters
    ----------
    solve
        Lowest assemblage at (x, y), from a feasible basis.
    plane_of
        Its plane.
    frame
        Corners of the rectangle, counter-clockwise, shape (4, 2).
    start
        A feasible basis.

    Raises
    ------
    ConvergenceError
        More than ``LARGEST_MAP`` polygons.
    """
    cells = [Cell(plane_of(solve(float(frame[0, 0]), float(frame[0, 1]), start)), frame)]
    confirmed: set[tuple[int, ...]] = set()
    pending = [(corner, cells[0].plane) for corner in frame]
    while pending:
        corner, near = pending.pop()
        key = _key(corner, frame)
        if key in confirmed:
            continue
        # only the costs depend on the corner: the basis of a polygon there is feasible, and few pivots from the lowest
        plane = plane_of(solve(float(corner[0]), float(corner[1]), near.assemblage.basis))
        planes = np.array([cell.plane.coefficients for cell in cells])
        if plane.at(corner) > (planes[:, 0] + planes[:, 1:] @ corner).min() - SAME_VALUE:
            confirmed.add(key)
            continue
        cells, own = _inserted(cells, plane, frame)
        pending.extend([(corner, plane), *((new, plane) for new in own)])
        if len(cells) > LARGEST_MAP:
            raise ConvergenceError(f"more than {LARGEST_MAP} regions in the map; choose narrower ranges")
    return cells


def _key(corner: FloatArray, frame: FloatArray) -> tuple[int, ...]:
    """Corners within ``SAME_VERTEX`` share a key (or neighbouring ones, which costs a solve and nothing else)."""
    return tuple(np.rint((corner - frame[0]) / (np.ptp(frame, axis=0) * SAME_VERTEX)).astype(int))


def _inserted(cells: list[Cell], plane: Plane, frame: FloatArray) -> tuple[list[Cell], FloatArray]:
    """The map with a plane added, and the new polygon.

    The polygon is bounded by the cells it cuts: on the way from it to any other point, the border where the plane stops
    being the lowest belongs to one of them.
    """
    corners = np.concatenate([cell.corners for cell in cells])
    counts = [len(cell.corners) for cell in cells]
    values = np.repeat(np.array([cell.plane.coefficients for cell in cells]), counts, axis=0)
    excess = values[:, 0] + np.einsum("ij,ij->i", values[:, 1:], corners) - plane.at(corners)
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    cut = np.maximum.reduceat(excess, begins) > SAME_PLANE
    own, kept = frame, [cell for cell, gone in zip(cells, cut, strict=True) if not gone]
    for index in np.flatnonzero(cut):
        cell = cells[index]
        own = clip(own, plane.at(own) - cell.plane.at(own))
        left = clip(cell.corners, excess[begins[index] : begins[index] + counts[index]])
        # two corners or fewer: the new plane has left nothing of it but a border
        if len(left) > 2:
            kept.append(Cell(cell.plane, left))
    return [*kept, Cell(plane, own)], own
