"""Where lithium lies on a phase that it cannot enter: how much of it, and how fast charge crosses there.

Such a contact has no room for what is plated: the lithium goes under pressure and is pushed back, or stays away. Its
kinetics is the front's, j = i0 {exp(alpha f e) - exp(-(1 - alpha) f e)} with the drive e = -psi - w P, less the drop
j x/sigma_i over a film. Dissolution takes compressed lithium while there is any; then the lithium retreats.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from selflimit.arrays import FloatArray
from selflimit.mesoscale.grid import Grid, mean_of_neighbours
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.mechanics.stress import cell_gradient, direction
from selflimit.mesoscale.parameters import InterfaceParameters

BOUNDARY_FILTER = 1.5
"""Length (cells) of the filter that gives the direction of a boundary drawn on squares."""
RELIEVED = 1e4
"""Pressure (Pa) at which half of what dissolves is still compressed lithium: small against any that matters."""
ENOUGH = 1e-12
"""Change of the drop over a film, in RT/nF, at which its kinetics is solved."""
MOST_ITERATIONS = 60
"""Newton iterations of that; from its bound the iteration falls monotonically and takes some ten."""


class ContactAreas(NamedTuple):
    """Area of the boundary between what is open to lithium and what is closed, lumped to the nodes."""

    electrolyte: FloatArray
    """Area of the less stable electrolyte (m per m of depth; m^2 in 3-D), shape ``nodes``."""
    coarse: FloatArray
    """Area of closed coarse particles, which do not react, likewise."""

    @property
    def total(self) -> FloatArray:
        """Both."""
        return self.electrolyte + self.coarse


def contact_areas(structure: Microstructure) -> ContactAreas:
    """Contact areas of a layer.

    A boundary on squares is a staircase: each face counts with its part along the normal.
    """
    grid, share = structure.grid, structure.open_share
    areas = np.zeros((2, *grid.nodes))
    if share is None:
        return ContactAreas(*areas)
    normal = _normals(grid, share)
    closed = structure.electrolyte + (structure.coarse if structure.closed else 0.0)
    reacting = np.divide(structure.electrolyte, closed, out=np.zeros(grid.shape), where=closed > 0.0)
    for axis in range(grid.dimension):
        ahead, behind = (_along(axis, side) for side in (slice(1, None), slice(None, -1)))
        step = share[ahead] - share[behind]
        face = np.abs(step) * mean_of_neighbours(np.abs(normal[..., axis]), axis)
        # what lithium meets lies on the side with less room
        met = np.where(step < 0.0, reacting[ahead], reacting[behind])
        for number, part in enumerate((met, 1.0 - met)):
            _spread_faces(areas[number], face * part, axis, grid)
    return ContactAreas(*areas)


def _normals(grid: Grid, share: FloatArray) -> FloatArray:
    """Unit normal of the boundary per cell, shape ``shape + (d,)``."""
    smooth = gaussian_filter(share, BOUNDARY_FILTER, mode="nearest")
    return direction(cell_gradient(grid, grid.to_nodes(smooth)))


def _along(axis: int, side: slice) -> tuple[slice, ...]:
    return (*((slice(None),) * axis), side)


def _spread_faces(nodal: FloatArray, faces: FloatArray, axis: int, grid: Grid) -> None:
    """Add faces between cells along ``axis`` to the nodes at their corners, in equal shares."""
    corners = grid.spacing ** (grid.dimension - 1) * faces
    for other in set(range(grid.dimension)) - {axis}:
        padded = np.pad(corners, [(1, 1) if a == other else (0, 0) for a in range(grid.dimension)])
        corners = mean_of_neighbours(padded, other)
    nodal[_along(axis, slice(1, -1))] += corners


class ContactCurrent(NamedTuple):
    """Current density through a contact and how it answers to the drive."""

    density: FloatArray
    """j (A/m^2), positive where it plates."""
    slope: FloatArray
    """dj/de (S/m^2), >= 0."""


def contact_current(p: InterfaceParameters, drive: FloatArray, resistance: FloatArray) -> ContactCurrent:
    """Current density of a contact behind a resistance in series.

    Parameters
    ----------
    p
        Parameters: kinetics and temperature.
    drive
        e (V), positive plates; any shape.
    resistance
        Area resistance x/sigma_i of the film (Ohm m^2), same shape.
    """
    f, alpha, i0 = p.inverse_thermal_voltage, p.transfer_coefficient, p.exchange_current
    softer = min(alpha, 1.0 - alpha)

    def density(y: FloatArray) -> FloatArray:
        return np.asarray(i0 * (np.exp(alpha * f * y) - np.exp(-(1.0 - alpha) * f * y)))

    def slope(y: FloatArray) -> FloatArray:
        return np.asarray(i0 * f * (alpha * np.exp(alpha * f * y) + (1.0 - alpha) * np.exp(-(1.0 - alpha) * f * y)))

    # what the kinetics keeps is at most all of the drive, and at most what passes all of it through the film
    ratio = np.divide(np.abs(drive), 2.0 * i0 * resistance, out=np.full_like(drive, np.inf), where=resistance > 0.0)
    y = np.sign(drive) * np.minimum(np.abs(drive), np.arcsinh(ratio) / (softer * f))
    if np.any(resistance > 0.0):
        for _ in range(MOST_ITERATIONS):
            change = (y + resistance * density(y) - drive) / (1.0 + resistance * slope(y))
            y = y - change
            if np.max(np.abs(change), initial=0.0) * f < ENOUGH:
                break
    kinetics = slope(y)
    # behind a large resistance y is a small part of the drive, and what passes is known from the rest
    behind = resistance * kinetics > 1.0
    j = np.divide(drive - y, resistance, out=density(y), where=behind)
    return ContactCurrent(j, kinetics / (1.0 + resistance * kinetics))


def compressed_share(p: InterfaceParameters, pressure: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Share of what dissolves at a contact that is compressed lithium, and its derivative by the pressure (1/Pa).

    P/(P + P_0): all of it while the lithium is under pressure, nothing once it is relieved.
    """
    held = np.maximum(pressure, 0.0)
    return held / (held + RELIEVED), np.where(pressure > 0.0, RELIEVED / (held + RELIEVED) ** 2, 0.0)
