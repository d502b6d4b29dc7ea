"""Pictures of structures and growths in three dimensions: a view from outside, a height map and plane sections."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import map_coordinates

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc
from selflimit.errors import InputError
from selflimit.mesoscale.grid import Shape
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.pictures.plotting import CONCENTRATION_MAP, GrowthFields, bar_length
from selflimit.units import MICROMETRE

AZIMUTH, ELEVATION = np.deg2rad(30.0), np.deg2rad(24.0)
"""Where the view from outside is taken from."""
LIGHT_DIRECTION = np.array([-0.35, -0.75, 0.56])
"""Direction towards the light, in the picture's axes: right, away from the viewer, up."""
PARTICLE, LITHIUM = np.array([0.90, 0.62, 0.0]), np.array([0.35, 0.45, 0.55])
"""Orange particles and grey-blue lithium: apart in lightness too, for grey print and colour-blind readers."""
PIXELS = 320
"""Width and height of the view from outside."""
SAME_SURFACE = 4.0
"""Difference in depth (cells) up to which neighbouring pixels show one surface."""


@dataclass(frozen=True)
class Volume:
    """What is drawn: volume fractions per cell and the order parameter of lithium at the cells' centres."""

    shape: Shape
    spacing: float
    coarse: FloatArray
    electrolyte: FloatArray
    lithium: FloatArray

    @property
    def size(self) -> FloatArray:
        """Edge lengths (µm)."""
        return np.array(self.shape) * self.spacing / MICROMETRE


def plot_packing(structure: Microstructure, interface_width: float, figure: Figure) -> list[Axes]:
    """Draw coarse particles and the lithium at the beginning, in four panels as :func:`plot_volume`.

    Parameters
    ----------
    structure
        The packing, in three dimensions.
    interface_width
        Width of the front w (m).
    figure
        Where it is drawn.
    """
    grid = structure.grid
    lithium = grid.to_cells(structure.initial_lithium(interface_width))
    return _plot(Volume(grid.shape, grid.spacing, structure.coarse, structure.electrolyte, lithium), figure)


def plot_volume(doc: GrowthDoc, fields: GrowthFields, output: int, figure: Figure) -> list[Axes]:
    """A growth in three dimensions at output number ``output``.

    Parameters
    ----------
    doc, fields
        The growth.
    output
        Number of the output time.
    figure
        Empty figure, about 10 x 8 inches.

    Returns
    -------
    View from outside, height of the lithium, section along the direction of growth, section across it.

    Raises
    ------
    InputError
        If the growth is in a plane.
    """
    if len(doc.grid_shape) != 3:
        raise InputError(f"expected a growth in three dimensions, got cells {doc.grid_shape}; use plot_growth")
    xi = fields["xi"][output]
    for axis in range(3):
        xi = 0.5 * (np.take(xi, range(1, xi.shape[axis]), axis) + np.take(xi, range(xi.shape[axis] - 1), axis))
    panels = _plot(Volume(tuple(doc.grid_shape), doc.spacing, fields["coarse"], fields["electrolyte"], xi), figure)
    panels[0].set_title(f"{doc.microstructure.split(':')[0]}, {doc.times[output]:.0f} s", fontsize="medium")
    return panels


def _plot(volume: Volume, figure: Figure) -> list[Axes]:
    panels = list(figure.subplots(2, 2).ravel())
    _view(volume, panels[0])
    _heights(volume, panels[1])
    _section(volume, 1, volume.shape[1] // 2, panels[2], "y")
    heights = _tops(volume)  # midway between the front's lowest and highest point the section shows both sides of it
    level = int(0.5 * (heights.min() + heights.max())) if heights.any() else volume.shape[2] // 2
    with_particles = np.flatnonzero((volume.coarse > 0.5).any(axis=(0, 1)))
    _section(volume, 2, max(level, int(with_particles[0]) + 1 if with_particles.size else 0), panels[3], "z")
    return panels


def _view(volume: Volume, ax: Axes) -> None:
    """Particles, half transparent, and lithium behind them, lit from the left, in parallel projection."""
    right, away, up = _directions()
    corners = np.array(list(np.ndindex(2, 2, 2))) * np.array(volume.shape)
    middle = 0.5 * np.array(volume.shape)
    half = 0.5 * float(np.linalg.norm(volume.shape))
    across = np.linspace(-half, half, PIXELS)
    picture = np.ones((PIXELS, PIXELS, 3))
    particle, particle_depth = _lit(volume.coarse, middle, across)
    lithium, lithium_depth = _lit(np.where(volume.electrolyte > 0.5, 0.0, volume.lithium), middle, across)
    picture = np.where(np.isfinite(lithium_depth)[..., None], lithium[..., None] * LITHIUM, picture)
    # lithium behind a particle shines through it, lithium before it hides it
    opacity = np.where(np.isfinite(particle_depth), np.where(particle_depth < lithium_depth, 0.6, 0.0), 0.0)[..., None]
    picture = opacity * particle[..., None] * PARTICLE + (1.0 - opacity) * picture
    scale = volume.spacing / MICROMETRE
    ax.imshow(np.clip(picture, 0, 1), origin="lower", extent=(-half * scale, half * scale, -half * scale, half * scale))
    flat = (corners - middle) @ np.stack([right, up], axis=1) * scale
    farthest = int(np.argmax((corners - middle) @ away))
    for edge in combinations(range(8), 2):
        if np.sum(corners[edge[0]] != corners[edge[1]]) == 1:
            hidden = farthest in edge
            ax.plot(*flat[list(edge)].T, color="0.7" if hidden else "0.25", linewidth=0.8, zorder=0.5 if hidden else 3)
    ax.set(xlim=1.02 * np.array([-1, 1]) * flat[:, 0].max(), ylim=1.02 * np.array([-1, 1]) * flat[:, 1].max())
    ax.set_title("coarse particles (orange) and lithium", fontsize="medium")
    ax.set_axis_off()


def _directions() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors to the right, away from the viewer and up in the picture, in the axes of the grid."""
    right = np.array([np.cos(AZIMUTH), np.sin(AZIMUTH), 0.0])
    ahead = np.array([-np.sin(AZIMUTH), np.cos(AZIMUTH), 0.0])
    vertical = np.array([0.0, 0.0, 1.0])
    away = np.cos(ELEVATION) * ahead - np.sin(ELEVATION) * vertical
    return right, away, np.cross(right, away)


def _lit(field: FloatArray, middle: FloatArray, across: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Brightness and depth (cells) of the surface ``field`` = 1/2 seen from outside; depth is infinite beside it."""
    right, away, up = _directions()
    padded = np.pad(field, 1)
    base = (
        middle[:, None, None]
        + 0.5
        + right[:, None, None] * across[None, None, :]
        + up[:, None, None] * across[None, :, None]
    )
    depth = np.full(base.shape[1:], np.inf)
    # steps of less than a cell, or a ray would pass through thin walls
    for step in np.arange(across[0], across[-1], 0.7):
        inside = map_coordinates(padded, base + step * away[:, None, None], order=1) > 0.5
        depth[inside & np.isinf(depth)] = step
    slope = np.gradient(_smoothed(depth), across[1] - across[0])
    normal = np.stack([slope[1], -np.ones_like(depth), slope[0]]) / np.sqrt(1.0 + slope[0] ** 2 + slope[1] ** 2)
    return 0.35 + 0.65 * np.clip(np.tensordot(LIGHT_DIRECTION, normal, axes=1), 0.0, 1.0), depth


def _smoothed(depth: FloatArray) -> FloatArray:
    """Depth with its steps evened out over neighbours of the same surface; 0 beside it."""
    total, weight = np.zeros_like(depth), np.zeros_like(depth)
    here = np.where(np.isfinite(depth), depth, 1e9)
    for shift in np.ndindex(5, 5):
        there = np.roll(here, np.subtract(shift, 2), axis=(0, 1))
        near = np.abs(there - here) < SAME_SURFACE
        total += np.where(near, there, 0.0)
        weight += near
    return np.where(np.isfinite(depth), total / weight, 0.0)


def _heights(volume: Volume, ax: Axes) -> None:
    """Highest lithium above every point of the electrode (µm)."""
    heights = _tops(volume) * volume.spacing / MICROMETRE
    image = ax.imshow(
        heights.T, origin="lower", extent=(0, volume.size[0], 0, volume.size[1]), cmap=CONCENTRATION_MAP, vmin=0.0
    )
    ax.figure.colorbar(image, ax=ax, shrink=0.8, label="height of the lithium (µm)")
    _frame(ax, volume.size[:2], "seen from above")


def _tops(volume: Volume) -> FloatArray:
    """Cells below the highest lithium above every point of the electrode, shape ``shape[:2]``."""
    tops: FloatArray = np.where(volume.lithium >= 0.5, np.arange(1, volume.shape[2] + 1), 0).max(axis=2)
    return tops


def _section(volume: Volume, axis: int, index: int, ax: Axes, letter: str) -> None:
    """Grey section across one axis at a cell index."""
    coarse, electrolyte, lithium = (
        np.take(a, index, axis) for a in (volume.coarse, volume.electrolyte, volume.lithium)
    )
    size = np.delete(volume.size, axis)
    grey = 1.0 - 0.3 * coarse - 0.12 * electrolyte
    ax.imshow(grey.T, origin="lower", extent=(0, size[0], 0, size[1]), cmap="gray", vmin=0.0, vmax=1.0)
    centres = ((np.arange(n) + 0.5) * volume.spacing / MICROMETRE for n in lithium.shape)
    x, y = centres
    if lithium.max() > 0.5:
        ax.contourf(x, y, lithium.T, levels=[0.5, np.inf], colors=[tuple(LITHIUM)])
    if coarse.max() > 0.5:
        ax.contour(x, y, coarse.T, levels=[0.5], colors="0.3", linewidths=0.8)
    _frame(ax, size, f"section at {letter} = {(index + 0.5) * volume.spacing / MICROMETRE:.1f} µm")


def _frame(ax: Axes, size: FloatArray, title: str) -> None:
    length = bar_length(size[0])
    x, y = 0.96 * size[0] - length, 0.05 * size[1]
    # white on black shows on any shade
    ax.plot([x, x + length], [y, y], color="black", linewidth=5.5, solid_capstyle="butt")
    ax.plot([x, x + length], [y, y], color="white", linewidth=3.0, solid_capstyle="butt")
    ax.set_title(f"{title}; bar {length} µm", fontsize="medium")
    ax.set_xticks([])
    ax.set_yticks([])
