"""The structured grid of the mesoscale stage: square or cubic cells, Q1 nodal fields.

Fields are plain arrays indexed ``[ix, iy]`` or ``[ix, iy, iz]``. The last axis is the direction of growth: index 0 is
the electrode (bottom), the end the far electrolyte (top); the others are lateral. Nodal arrays have the shape
``grid.nodes``, cell arrays ``grid.shape``.
"""

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import InputError

Shape = tuple[int, ...]

FEW_NODES = 400
"""A level with at most so many nodes is solved directly: faster than the levels below it would be."""
COARSEST_NODES = {2: 4096, 3: 1000}
"""Most nodes the coarsest multigrid level may have, by dimension: its banded factorisation stays cheap."""
MOST_CELLS = 1_000_000_000
"""Most cells of a grid: one field of them takes 8 GB."""


@dataclass(frozen=True)
class Grid:
    """Square cells on a rectangle or cubic cells in a box, coarsened by halving.

    >>> grid = Grid((64, 96), 0.5e-6)
    >>> grid.nodes, grid.dimension
    ((65, 97), 2)
    >>> [f"{side:.3g}" for side in grid.size]
    ['3.2e-05', '4.8e-05']

    Parameters
    ----------
    shape
        Number of cells (nx, ny) or (nx, ny, nz). Each is m 2^p, so that halving all until one is odd leaves at most
        ``COARSEST_NODES`` nodes.
    spacing
        Edge length dx of a cell, in m wherever a ``Microstructure`` lies on the grid; problems without dimensions, such
        as benchmarks, may have any.

    Raises
    ------
    InputError
        If ``shape`` is not two or three positive integers, is too large or cannot be coarsened enough, or ``spacing``
        is not positive.
    """

    shape: Shape
    spacing: float

    def __post_init__(self) -> None:
        """Check shape and spacing; a list becomes a tuple."""
        object.__setattr__(self, "shape", tuple(self.shape))
        _check_shape(self.shape)
        if not (math.isfinite(self.spacing) and self.spacing > 0.0):
            raise InputError(f"spacing must be a positive length in m, got {self.spacing} m; give the cell edge")

    @property
    def dimension(self) -> int:
        """Number of axes d, 2 or 3."""
        return len(self.shape)

    @property
    def nodes(self) -> Shape:
        """Number of nodes along each axis, one more than cells: the shape of nodal arrays."""
        return tuple(n + 1 for n in self.shape)

    @property
    def size(self) -> tuple[float, ...]:
        """Edge lengths of the rectangle or box (m)."""
        return tuple(n * self.spacing for n in self.shape)

    @property
    def cell_volume(self) -> float:
        """Volume of a cell (m^3); in two dimensions its area (m^2), that is its volume per metre of depth."""
        return self.spacing**self.dimension

    def levels(self) -> list[Shape]:
        """Cells of every multigrid level, finest first."""
        return halvings(self.shape)

    def node_coordinates(self) -> tuple[FloatArray, ...]:
        """Coordinates of the nodes (m) along each axis, each of shape ``nodes``."""
        return tuple(np.meshgrid(*(self.spacing * np.arange(n) for n in self.nodes), indexing="ij"))

    def cell_centres(self) -> tuple[FloatArray, ...]:
        """Coordinates of the cell centres (m) along each axis, each of shape ``shape``."""
        return tuple(np.meshgrid(*(self.spacing * (np.arange(n) + 0.5) for n in self.shape), indexing="ij"))

    def to_cells(self, nodal: FloatArray) -> FloatArray:
        """Cell means of a Q1 nodal field: the mean of the corners.

        Parameters
        ----------
        nodal
            Nodal field, shape ``nodes`` or ``nodes + (...)``.

        Returns
        -------
        Field per cell, shape ``shape`` or ``shape + (...)``, in the unit of ``nodal``.

        Raises
        ------
        InputError
            If the leading shape is not ``nodes``.
        """
        _check_leading("nodal", nodal, self.nodes)
        return reduce(mean_of_neighbours, range(self.dimension), nodal)

    def to_nodes(self, cell: FloatArray) -> FloatArray:
        """Nodal values of a cell field: the volume-weighted mean of the cells that touch a node.

        It conserves: ``integrate(to_nodes(c))`` is the sum of ``c`` times the cell volume.

        Parameters
        ----------
        cell
            Field per cell, shape ``shape`` or ``shape + (...)``.

        Returns
        -------
        Nodal field, shape ``nodes`` or ``nodes + (...)``, in the unit of ``cell``.

        Raises
        ------
        InputError
            If the leading shape is not ``shape``.
        """
        _check_leading("cell", cell, self.shape)
        widths = [(1, 1)] * self.dimension + [(0, 0)] * (cell.ndim - self.dimension)
        return reduce(mean_of_neighbours, range(self.dimension), np.pad(cell, widths, mode="edge"))

    def node_volumes(self) -> FloatArray:
        """Lumped volumes of the nodes (m^2 or m^3), shape ``nodes``; halved on every side that a node lies on."""
        weights = [np.ones(n) for n in self.nodes]
        for weight in weights:
            weight[[0, -1]] = 0.5
        return self.cell_volume * reduce(np.multiply.outer, weights)

    def integrate(self, nodal: FloatArray) -> float:
        """Integral of a Q1 nodal field over the domain (unit of ``nodal`` times m^2 or m^3).

        Lumping is exact for it: the integral of each Q1 basis function is its nodal volume.
        """
        _check_leading("nodal", nodal, self.nodes)
        return float((self.node_volumes() * nodal).sum())


def halvings(shape: Shape) -> list[Shape]:
    """Cells after halving all axes 0, 1, 2, ... times, down to few nodes, an odd number or a single pair of cells.

    >>> halvings((64, 96))
    [(64, 96), (32, 48), (16, 24), (8, 12)]
    """
    levels = [shape]
    while all(n % 2 == 0 and n > 2 for n in levels[-1]) and _nodes(levels[-1]) > FEW_NODES:
        levels.append(tuple(n // 2 for n in levels[-1]))
    return levels


def mean_of_neighbours(field: FloatArray, axis: int) -> FloatArray:
    """Means of neighbouring entries along ``axis``, one fewer than entries.

    >>> mean_of_neighbours(np.array([0.0, 1.0, 4.0]), axis=0).tolist()
    [0.5, 2.5]
    """
    ahead, behind = ((slice(None),) * axis + (side,) for side in (slice(1, None), slice(None, -1)))
    return np.asarray(0.5 * (field[ahead] + field[behind]))


def _nodes(shape: Shape) -> int:
    return math.prod(n + 1 for n in shape)


def _check_shape(shape: Shape) -> None:
    if len(shape) not in COARSEST_NODES or not all(isinstance(n, int | np.integer) and n >= 1 for n in shape):
        raise InputError(f"shape must be two or three positive whole numbers of cells, got {shape}")
    if math.prod(shape) > MOST_CELLS:
        raise InputError(
            f"expected at most {MOST_CELLS:.0e} cells, got {' x '.join(map(str, shape))}, of which one field takes "
            f"{8e-9 * math.prod(shape):.3g} GB; take wider cells or a smaller domain"
        )
    coarsest, most = halvings(shape)[-1], COARSEST_NODES[len(shape)]
    if _nodes(coarsest) > most:
        better = tuple(_friendly(n, len(shape)) for n in shape)
        advice = (
            f"take multiples of a power of two such as {better}" if better != shape else "lengthen its shortest side"
        )
        raise InputError(
            f"shape must halve down to at most {most} nodes, got {shape} which stops at {coarsest} cells; {advice}"
        )


def _friendly(cells: int, dimension: int) -> int:
    """The nearest number m 2^p with m of at most 5 bits in two, 3 bits in three dimensions."""
    block = 2 ** max(int(cells).bit_length() - (5 if dimension == 2 else 3), 0)
    return int(max(block, block * round(cells / block)))


def _check_leading(name: str, field: FloatArray, shape: Shape) -> None:
    if field.shape[: len(shape)] != shape:
        raise InputError(f"{name} must have shape {shape} on this grid, got {field.shape}")
