"""The structured grid of the mesoscale stage: square cells, bilinear (Q1) nodal fields.

Arrays are indexed ``[ix, iy]``: x is lateral, y the direction of growth; y = 0 is the electrode (bottom) and
y = Ly the far electrolyte (top). Nodal arrays have shape ``grid.nodes``, cell arrays ``grid.shape``.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selflimit.errors import InputError

Array = NDArray[np.float64]

COARSEST_NODES = 4096
"""Most nodes the coarsest multigrid level may have: its banded factorisation stays cheap."""


@dataclass(frozen=True)
class Grid:
    """Square cells on a rectangle, coarsened by halving.

    Parameters
    ----------
    shape
        Number of cells (nx, ny). Each is m 2^p, so that halving both until one is odd leaves at most
        ``COARSEST_NODES`` nodes.
    spacing
        Edge length dx of a cell (m).

    Raises
    ------
    InputError
        If ``shape`` is not two positive integers, cannot be coarsened enough, or ``spacing`` is not positive.
    """

    shape: tuple[int, int]
    spacing: float

    def __post_init__(self) -> None:
        """Check shape and spacing."""
        _check_shape(self.shape)
        if not (math.isfinite(self.spacing) and self.spacing > 0.0):
            raise InputError(f"spacing must be a positive length in m, got {self.spacing} m; give the cell edge")

    @property
    def nodes(self) -> tuple[int, int]:
        """Number of nodes (nx + 1, ny + 1): the shape of nodal arrays."""
        return self.shape[0] + 1, self.shape[1] + 1

    @property
    def size(self) -> tuple[float, float]:
        """Edge lengths (Lx, Ly) of the rectangle (m)."""
        return self.shape[0] * self.spacing, self.shape[1] * self.spacing

    @property
    def cell_volume(self) -> float:
        """Area of a cell (m^2), that is its volume per metre of depth."""
        return self.spacing**2

    def levels(self) -> list[tuple[int, int]]:
        """Cells (nx, ny) of every multigrid level, finest first."""
        return halvings(self.shape)

    def node_coordinates(self) -> tuple[Array, Array]:
        """Coordinates (x, y) of the nodes (m), each of shape ``nodes``."""
        x, y = np.meshgrid(*(self.spacing * np.arange(n) for n in self.nodes), indexing="ij")
        return x, y

    def cell_centres(self) -> tuple[Array, Array]:
        """Coordinates (x, y) of the cell centres (m), each of shape ``shape``."""
        x, y = np.meshgrid(*(self.spacing * (np.arange(n) + 0.5) for n in self.shape), indexing="ij")
        return x, y

    def to_cells(self, nodal: Array) -> Array:
        """Cell means of a Q1 nodal field: the mean of the four corners.

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
        along_x = 0.5 * (nodal[:-1] + nodal[1:])
        return np.asarray(0.5 * (along_x[:, :-1] + along_x[:, 1:]))

    def to_nodes(self, cell: Array) -> Array:
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
        padded = np.pad(cell, [(1, 1), (1, 1)] + [(0, 0)] * (cell.ndim - 2), mode="edge")
        along_x = 0.5 * (padded[:-1] + padded[1:])
        return np.asarray(0.5 * (along_x[:, :-1] + along_x[:, 1:]))

    def node_volumes(self) -> Array:
        """Lumped volumes of the nodes (m^2), shape ``nodes``; halved on edges, quartered in corners."""
        weights = [np.ones(n) for n in self.nodes]
        for weight in weights:
            weight[[0, -1]] = 0.5
        return self.cell_volume * np.outer(*weights)

    def integrate(self, nodal: Array) -> float:
        """Integral of a Q1 nodal field over the rectangle (unit of ``nodal`` times m^2).

        Lumping is exact for it: the integral of each Q1 basis function is its nodal volume.
        """
        _check_leading("nodal", nodal, self.nodes)
        return float(np.vdot(self.node_volumes(), nodal))


def halvings(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Cells (nx, ny) after halving both 0, 1, 2, ... times, down to an odd number or a single pair of cells."""
    levels = [shape]
    while all(n % 2 == 0 and n > 2 for n in levels[-1]):
        levels.append((levels[-1][0] // 2, levels[-1][1] // 2))
    return levels


def _check_shape(shape: tuple[int, int]) -> None:
    if len(shape) != 2 or not all(isinstance(n, int | np.integer) and n >= 1 for n in shape):
        raise InputError(f"shape must be two positive whole numbers of cells (nx, ny), got {shape}")
    coarsest = halvings(shape)[-1]
    nodes = (coarsest[0] + 1) * (coarsest[1] + 1)
    if nodes > COARSEST_NODES:
        raise InputError(
            f"shape must halve down to at most {COARSEST_NODES} nodes, got {shape} which stops at {coarsest} cells; "
            f"take multiples of a power of two such as {tuple(_friendly(n) for n in shape)}"
        )


def _friendly(cells: int) -> int:
    block = 2 ** max(int(cells).bit_length() - 5, 0)
    return int(max(block, block * round(cells / block)))


def _check_leading(name: str, field: Array, shape: tuple[int, int]) -> None:
    if field.shape[:2] != shape:
        raise InputError(f"{name} must have shape {shape} on this grid, got {field.shape}")
