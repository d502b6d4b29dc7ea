"""Fine particles one by one: a polycrystal whose grain boundaries conduct and react otherwise than the grains.

Grains are the Voronoi cells of points at random (Poisson-Voronoi tessellation). Their sizes vary as grains do: in the
plane the variance of the areas is 0.280 of their mean squared (Gilbert 1962, doi:10.1214/aoms/1177704464).
"""

from dataclasses import replace

import numpy as np
from scipy.spatial import KDTree

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.plausible import LENGTH, check_quantity

NEIGHBOURS = 8
"""Nearest grains whose boundaries are looked at; the nearest boundary of a cell is with one of the first few."""
CELLS_ACROSS_GRAIN = 4.0
"""Cells across a mean grain below which the grid draws no grains."""


def add_grains(structure: Microstructure, diameter: float, thickness: float, seed: int = 0) -> Microstructure:
    """The layer with its fine particles drawn as grains, and the share of each cell that is grain boundary.

    Coarse particles and the electrolyte have none. Boundaries thinner than a cell take their share of it.

    Parameters
    ----------
    structure
        The layer.
    diameter
        Of the disc or ball of the mean grain's area or volume (m).
    thickness
        Of a grain boundary (m), as far as it conducts or reacts otherwise.
    seed
        Of the grains' places.

    Raises
    ------
    InputError
        If the grid is too coarse to draw such grains, or a length makes no sense.
    """
    check_quantity("mean diameter of the grains", diameter, LENGTH)
    check_quantity("thickness of a grain boundary", thickness, LENGTH)
    grid = structure.grid
    if diameter < CELLS_ACROSS_GRAIN * grid.spacing or thickness > 0.5 * diameter:
        raise InputError(
            f"expected grains of at least {CELLS_ACROSS_GRAIN:g} cells ({CELLS_ACROSS_GRAIN * grid.spacing:.3g} m) and "
            f"twice as wide as their boundaries, got a diameter of {diameter:.3g} m and boundaries of {thickness:.3g} m"
        )
    fine = 1.0 - structure.coarse - structure.electrolyte
    share = fine * boundary_share(grid, diameter, thickness, seed)
    said = f"grains of {diameter * 1e6:.4g} µm, boundaries of {thickness * 1e6:.4g} µm, seed {seed}"
    return replace(structure, boundaries=share, source="; ".join(filter(None, (structure.source, said))))


def boundary_share(grid: Grid, diameter: float, thickness: float, seed: int) -> FloatArray:
    """Share of each cell that is grain boundary, shape ``grid.shape``.

    Parameters
    ----------
    grid
        The grid.
    diameter, thickness, seed
        As :func:`add_grains`.
    """
    draw = np.random.default_rng(seed)
    sides, d = np.array(grid.size), grid.dimension
    # points beyond the box too, so that grains at its sides are as large as inside
    margin = 3.0 * diameter
    measure = np.pi / 4.0 * diameter**2 if d == 2 else np.pi / 6.0 * diameter**3
    count = draw.poisson(np.prod(sides + 2.0 * margin) / measure)
    points = draw.uniform(-margin, sides + margin, size=(max(count, NEIGHBOURS), d))
    centres = np.stack([grid.to_cells(axis) for axis in grid.node_coordinates()], axis=-1).reshape(-1, d)
    # a boundary of the own cell is with one of the nearest points; which one, the distances to the planes tell
    distances, nearest = KDTree(points).query(centres, k=NEIGHBOURS)
    between = np.linalg.norm(points[nearest[:, 1:]] - points[nearest[:, :1]], axis=-1)
    # from a cell to the plane half-way between its own point and another's
    away = ((distances[:, 1:] ** 2 - distances[:, :1] ** 2) / (2.0 * between)).min(axis=1)
    half, edge = 0.5 * thickness, 0.5 * grid.spacing
    covered = np.minimum(half, away + edge) - np.maximum(-half, away - edge)
    return np.asarray(np.clip(covered, 0.0, None) / grid.spacing).reshape(grid.shape)
