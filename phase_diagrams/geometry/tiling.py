"""Convex regions that tile a rectangle: their shared corners, borders and junctions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from scipy.spatial import cKDTree

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.phase_diagrams.linear_programme import Assemblage

Corner = TypeVar("Corner")
SAME_CORNER = 1e-8
"""Corners within this fraction of the rectangle's sides are one: the round-off of clipping is far below it."""
AREA_TOLERANCE = 1e-7
"""Largest relative gap or overlap: regions narrower than ``SAME_CORNER`` are lost."""

SMALLEST_AREA = 1e-15
"""Regions below this fraction of the rectangle are points or lines."""


@dataclass(frozen=True)
class Region:
    """Polygon with one assemblage, two that coexist, or none: the electrolyte stays whole."""

    corners: FloatArray
    """(voltage in V, K_eff in GPa), counter-clockwise, shape (N, 2)."""
    assemblages: tuple[Assemblage, ...]
    """One, or two with the larger volume first; none: the electrolyte stays whole."""

    @property
    def middle(self) -> tuple[float, float]:
        """A point well inside (V, GPa)."""
        return find_middle(self.corners)


@dataclass(frozen=True)
class Border:
    """Segment that two regions share."""

    regions: tuple[int, int]
    ends: FloatArray
    """End points, shape (2, 2)."""


@dataclass(frozen=True)
class Tiling:
    """Regions that cover a rectangle once, their borders, and the inner points where three or more meet."""

    regions: tuple[Region, ...]
    borders: tuple[Border, ...]
    junctions: tuple[tuple[FloatArray, tuple[int, ...]], ...]


def polygon_area(polygon: Sequence[tuple[float, float]] | FloatArray) -> float:
    """The area of a counter-clockwise polygon, shape (N, 2).

    >>> polygon_area([(0, 0), (2, 0), (2, 3), (0, 3)])
    6.0
    """
    x, y = np.asarray(polygon, dtype=np.float64).T
    return float(0.5 * (x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def find_middle(polygon: Sequence[tuple[float, float]] | FloatArray) -> tuple[float, float]:
    """A point well inside a polygon: half way up, in the middle of the widest stretch there.

    >>> find_middle([(0, 0), (4, 0), (4, 2), (0, 2)])
    (2.0, 1.0)
    """
    begin = np.asarray(polygon)
    end = np.roll(begin, -1, axis=0)
    height = float(0.5 * (begin[:, 1].min() + begin[:, 1].max()))
    crossing = (begin[:, 1] > height) != (end[:, 1] > height)
    (x1, y1), (x2, y2) = begin[crossing].T, end[crossing].T
    crossed = np.sort(x1 + (height - y1) * (x2 - x1) / (y2 - y1)).reshape(-1, 2)
    return float(crossed[np.ptp(crossed, axis=1).argmax()].mean()), height


def tiled(regions: Sequence[Region], frame: FloatArray) -> Tiling:
    """Regions with shared corners made identical, lowest voltage first, and how they touch.

    Parameters
    ----------
    regions
        Convex polygons that cover the rectangle up to round-off.
    frame
        Corners of the rectangle, counter-clockwise, shape (4, 2).

    Raises
    ------
    ConvergenceError
        The regions leave a gap or overlap.
    """
    size = np.ptp(frame, axis=0)
    points, loops = _shared_corners([(region.corners - frame[0]) / size for region in regions])
    solid = [
        (region, loop)
        for region, loop in zip(regions, loops, strict=True)
        if polygon_area(points[loop]) > SMALLEST_AREA
    ]
    # the search meets regions in an order that depends on where it began; documents are compared
    solid.sort(key=lambda pair: tuple(points[pair[1]].mean(axis=0)))
    covered = sum(polygon_area(points[loop]) for _, loop in solid)
    if abs(covered - 1.0) > AREA_TOLERANCE:
        raise ConvergenceError(f"the regions cover {covered:.9f} of the map instead of all; choose narrower ranges")
    corners = frame[0] + points * size
    chains = [_with_points_on_edges(loop, points) for _, loop in solid]
    return Tiling(
        tuple(Region(corners[loop], region.assemblages) for region, loop in solid),
        tuple(Border(pair, corners[list(ends)]) for pair, ends in _borders(chains, points)),
        tuple((corners[point], touching) for point, touching in _junctions(chains, points)),
    )


def _shared_corners(polygons: Sequence[FloatArray]) -> tuple[FloatArray, list[list[int]]]:
    """Points, shape (N, 2), and each polygon as their indices; corners within ``SAME_CORNER`` are one point."""
    every = np.concatenate(polygons)
    first = np.array([min(near) for near in cKDTree(every).query_ball_point(every, SAME_CORNER)])
    # twice: the first of the near corners may itself lie near an earlier one
    found, index = np.unique(first[first], return_inverse=True)
    points = every[found]
    on_frame = np.abs(points - np.rint(points)) < SAME_CORNER  # sides of the unit square, exactly
    points = np.where(on_frame, np.rint(points), points)
    splits = np.cumsum([len(polygon) for polygon in polygons])[:-1]
    return points, [drop_repeats(part.tolist()) for part in np.split(index, splits)]


def drop_repeats(loop: Sequence[Corner]) -> list[Corner]:
    """A closed loop without points that equal the one before.

    >>> drop_repeats(["a", "a", "b", "c", "c", "a"])
    ['b', 'c', 'a']
    """
    return [point for index, point in enumerate(loop) if point != loop[index - 1]]


def _with_points_on_edges(loop: list[int], points: FloatArray) -> list[int]:
    """The loop with every point that lies on one of its edges, where another region has a corner."""
    chain: list[int] = []
    for begin, end in pairwise([*loop, loop[0]]):
        along = points[end] - points[begin]
        offset = points - points[begin]
        share = offset @ along / (along @ along)
        distance = np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0]) / np.hypot(*along)
        inside = np.flatnonzero((share > 0) & (share < 1) & (distance < SAME_CORNER))
        inside = inside[(inside != begin) & (inside != end)]
        chain += [begin, *inside[np.argsort(share[inside])].tolist()]
    return chain


def _borders(chains: Sequence[list[int]], points: FloatArray) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of regions and the two points at the ends of the segment they share."""
    owners: dict[frozenset[int], list[int]] = defaultdict(list)
    for region, chain in enumerate(chains):
        for edge in pairwise([*chain, chain[0]]):
            owners[frozenset(edge)].append(region)
    shared: dict[tuple[int, int], set[int]] = defaultdict(set)
    for points_of_edge, touching in owners.items():
        # an edge on the rim of the map has one region
        if len(touching) == 2:
            shared[touching[0], touching[1]] |= points_of_edge
    return [(pair, _ends(sorted(line), points)) for pair, line in sorted(shared.items())]


def _ends(line: list[int], points: FloatArray) -> tuple[int, int]:
    """First and last of collinear points."""
    ordered = sorted(line, key=lambda point: tuple(points[point]))
    return ordered[0], ordered[-1]


def _junctions(chains: Sequence[list[int]], points: FloatArray) -> list[tuple[int, tuple[int, ...]]]:
    """Points inside the rectangle where three or more regions meet."""
    touching: dict[int, list[int]] = defaultdict(list)
    for region, chain in enumerate(chains):
        for point in chain:
            touching[point].append(region)
    inner = [p for p, regions in touching.items() if len(regions) > 2 and ((points[p] > 0) & (points[p] < 1)).all()]
    return [(point, tuple(touching[point])) for point in sorted(inner, key=lambda p: tuple(points[p]))]
