"""Shape of the lithium in a plane: trunks, tips, solidity, perimeter, and whether the metal is filled.

A needle has one tip, a tree many. What counts as a branch is a length in micrometres, not in cells, so the same lithium
on another grid has the same numbers.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.ndimage import distance_transform_edt, label
from scipy.spatial import ConvexHull

from selflimit.arrays import BoolArray, FloatArray
from selflimit.documents import ShapeHistory
from selflimit.mesoscale.grid import Grid
from selflimit.units import MICROMETRE

if TYPE_CHECKING:
    import networkx as nx

LEAST_BRANCH = 2.0 * MICROMETRE
"""How far (m) a branch must reach out of the largest circle inside the lithium at its root to be one."""
LEAST_TRUNK = 4.0 * MICROMETRE
"""How high (m) lithium must rise above the closed strip to be a trunk; also at least as high as its foot is wide, else
it is a wave of the front."""
CLOSED = 0.98
"""Share of the width that lithium takes at a height that still belongs to the strip on the electrode."""
BEHIND_CONTOUR = 4.0
"""Depth behind the contour, in widths w, from which the profile at rest is above 0.98: what is inside the metal."""


class LithiumShape(NamedTuple):
    """Numbers of one moment; what they mean stands in ``ShapeHistory``."""

    trunks: int
    tips: int
    solidity: float | None
    perimeter: float
    filling: float | None


def describe_shapes(grid: Grid, fronts: Sequence[FloatArray], width: float) -> ShapeHistory:
    """Shape of the lithium at every output time; empty where the grid is not a plane.

    Parameters
    ----------
    grid
        The grid.
    fronts
        Order parameter at every output time, shape ``nodes``.
    width
        Interface width w (m).
    """
    if grid.dimension != 2:
        return ShapeHistory()
    shapes = [measure_shape(xi, grid.spacing, width) for xi in fronts]
    return ShapeHistory(**{name: [getattr(shape, name) for shape in shapes] for name in LithiumShape._fields})


def measure_shape(xi: FloatArray, spacing: float, width: float) -> LithiumShape:
    """Shape of the lithium that hangs together with the electrode, the first layer of nodes.

    A flat strip has neither trunks nor tips, and its contour is as long as the electrode:

    >>> xi = np.zeros((65, 65))
    >>> xi[:, :20] = 1.0
    >>> shape = measure_shape(xi, 1e-6, 0.5e-6)
    >>> shape.trunks, shape.tips, round(shape.perimeter * 1e6)
    (0, 0, 64)

    Parameters
    ----------
    xi
        Order parameter, shape ``(x, y)`` of the nodes, y the direction of growth.
    spacing, width
        Grid spacing and interface width w (m).
    """
    lithium = attached(xi > 0.5)
    above = lithium.copy()
    above[:, : strip_height(lithium)] = False
    trunks = [piece for piece in pieces_of(above) if is_trunk(piece, spacing)]
    inside = distance_transform_edt(lithium) * spacing
    deep = inside > BEHIND_CONTOUR * width
    return LithiumShape(
        trunks=len(trunks),
        tips=sum(count_tips(trunk, inside, spacing) for trunk in trunks),
        solidity=float(np.sum(trunks)) / sum(map(hull_area, trunks)) if trunks else None,
        perimeter=contour_length(np.where(lithium | (xi <= 0.5), xi, 0.0)) * spacing,
        filling=float(xi[deep].mean()) if deep.any() else None,
    )


def attached(lithium: BoolArray) -> BoolArray:
    """Which of the nodes that are lithium hang together with the first layer, over faces."""
    number, _ = label(lithium)
    return np.asarray(np.isin(number, np.unique(number[:, 0][lithium[:, 0]])))


def strip_height(lithium: BoolArray) -> int:
    """Number of layers up to the highest that lithium closes, at which trunks begin."""
    closed = np.flatnonzero(lithium.mean(axis=0) >= CLOSED)
    return int(closed[-1]) + 1 if closed.size else 0


def pieces_of(lithium: BoolArray) -> Iterator[BoolArray]:
    """Each piece that hangs together over faces."""
    number, count = label(lithium)
    return (number == one for one in range(1, count + 1))


def is_trunk(piece: BoolArray, spacing: float) -> bool:
    """Whether a piece above the strip rises high enough, and higher than its lowest layer is wide."""
    layers = np.flatnonzero(piece.any(axis=0))
    foot, height = int(piece[:, layers[0]].sum()), int(layers[-1] - layers[0])
    return height * spacing >= LEAST_TRUNK and height >= foot


def hull_area(piece: BoolArray) -> float:
    """Area of the convex hull of the nodes' squares, in squares."""
    nodes = np.argwhere(piece)
    corners = np.concatenate([nodes + np.array(corner) for corner in product((-0.5, 0.5), repeat=2)])
    return float(ConvexHull(corners).volume)


def contour_length(xi: FloatArray) -> float:
    """Length of the contours xi = 1/2, in grid spacings; the ends of the domain are no part of it."""
    from skimage.measure import find_contours  # takes half a second to import, at the end of a growth

    return float(sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in find_contours(xi, 0.5)))


def count_tips(trunk: BoolArray, inside: FloatArray, spacing: float) -> int:
    """Ends of branches of a trunk, at least its own one.

    Parameters
    ----------
    trunk
        Nodes of the trunk, shape ``(x, y)``.
    inside
        Distance of every node to what is no lithium (m), same shape.
    spacing
        Grid spacing (m).
    """
    from skimage.morphology import skeletonize

    # a margin, so that the skeleton of lithium at the side of the domain is that of lithium which ends there
    skeleton = skeletonize(np.pad(trunk, 1))[1:-1, 1:-1]
    base = int(np.nonzero(trunk)[1].min())
    # where the trunk is cut off the strip its skeleton ends too
    ends = [
        branch for branch in branches_of(skeleton) if (branch[0][1] - base) * spacing > LEAST_BRANCH + inside[branch[0]]
    ]
    return max(1, sum(reach_of(branch, inside, spacing) > LEAST_BRANCH for branch in ends))


def branches_of(skeleton: BoolArray) -> Iterator[list[tuple[int, int]]]:
    """Every end of a skeleton with its way to the next fork or to the other end, as nodes."""
    graph = neighbours_of(skeleton)
    for end in [node for node, degree in graph.degree if degree == 1]:
        way, here, last = [end], end, None
        while True:
            onward = [node for node in graph[here] if node != last]
            if len(onward) != 1:
                break
            last, here = here, onward[0]
            way.append(here)
        yield way


def neighbours_of(skeleton: BoolArray) -> "nx.Graph[tuple[int, int]]":
    """Neighbours of the skeleton's nodes; across a corner only where no way over faces joins them."""
    import networkx as nx  # as heavy as the rest of the growth's modules, and needed once a run

    nodes = set(map(tuple, np.argwhere(skeleton).tolist()))
    graph: nx.Graph[tuple[int, int]] = nx.Graph()
    graph.add_nodes_from(nodes)
    for i, j in nodes:
        for a, b in ((1, 0), (0, 1)):
            if (i + a, j + b) in nodes:
                graph.add_edge((i, j), (i + a, j + b))
        for b in (-1, 1):
            if (i + 1, j + b) in nodes and not {(i + 1, j), (i, j + b)} & nodes:
                graph.add_edge((i, j), (i + 1, j + b))
    return graph


def reach_of(branch: Sequence[tuple[int, int]], inside: FloatArray, spacing: float) -> float:
    """How far (m) a branch reaches out of the largest circle inside the lithium at its root."""
    tip, root = branch[0], branch[-1]
    apart = spacing * float(np.hypot(*np.subtract(tip, root)))
    return apart + float(inside[tip]) - float(inside[root])
