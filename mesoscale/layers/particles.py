"""Single coarse particles: shape, overlap, the volume fraction they give per cell. Lengths in m."""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid
from selflimit.units import MICROMETRE

CELLS_IN_RADIUS = 2.0
"""Least radius of a particle in cells."""
CONTACT_TOLERANCE = 1e-6
"""How far two gauges may be below 1 at a common point that still counts as a contact of the surfaces."""


class Particle(NamedTuple):
    """Coarse particle: the superellipsoid sum |x_i/a_i|^n < 1 around its centre (lengths in m, per axis)."""

    centre: tuple[float, ...]
    semi_axes: tuple[float, ...]
    exponent: float = 2.0

    @classmethod
    def ball(cls, centre: Sequence[float], radius: float) -> "Particle":
        """Disc or sphere.

        >>> Particle.ball((20e-6, 30e-6), 8e-6).semi_axes
        (8e-06, 8e-06)
        """
        return cls(tuple(map(float, centre)), (float(radius),) * len(centre))

    def reach(self, *position: FloatArray) -> FloatArray:
        """Gauge of the particle: 0 at its centre, 1 on its surface, linear along every ray."""
        scaled = (np.abs((x - c) / a) for x, c, a in zip(position, self.centre, self.semi_axes, strict=True))
        return np.asarray(sum(x**self.exponent for x in scaled) ** (1.0 / self.exponent))

    def depth(self, *position: FloatArray) -> FloatArray:
        """Depth (m) below the particle's surface, positive inside; exact for discs and spheres."""
        return np.asarray((1.0 - self.reach(*position)) * min(self.semi_axes))


def ball_measure(radius: float, dimension: int) -> float:
    """Area of a disc (m^2) or volume of a ball (m^3).

    >>> round(ball_measure(1.0, dimension=3), 4)
    4.1888
    """
    return math.pi * radius**2 if dimension == 2 else 4.0 / 3.0 * math.pi * radius**3


def measure_within(box: Sequence[float], particle: Particle) -> float:
    """Area (m^2) or volume (m^3) of a disc's or sphere's part inside a box from the origin with edges ``box`` (m).

    Exact where the box does not cut it, to 1 % elsewhere (midpoint rule).
    """
    radius, points = particle.semi_axes[0], 32
    edges = [(max(0.0, c - radius), min(side, c + radius)) for side, c in zip(box, particle.centre, strict=True)]
    volume = math.prod(max(0.0, high - low) for low, high in edges)
    if all(math.isclose(high - low, 2.0 * radius) for low, high in edges):
        return ball_measure(radius, len(box))
    axes = [low + (high - low) * (np.arange(points) + 0.5) / points for low, high in edges]
    return float((particle.reach(*np.meshgrid(*axes, indexing="ij", sparse=True)) < 1.0).mean() * volume)


def rasterise_particles(grid: Grid, particles: Sequence[Particle]) -> FloatArray:
    """Volume fraction of the particles per cell, with edges one cell wide, shape ``grid.shape``."""
    fraction = np.zeros(grid.shape)
    for particle in particles:
        box = tuple(
            slice(max(0, math.floor((c - a) / grid.spacing) - 1), max(0, math.ceil((c + a) / grid.spacing) + 1))
            for c, a in zip(particle.centre, particle.semi_axes, strict=True)
        )
        axes = (grid.spacing * (np.arange(n)[part] + 0.5) for n, part in zip(grid.shape, box, strict=True))
        depth = particle.depth(*np.meshgrid(*axes, indexing="ij", sparse=True))
        fraction[box] = np.maximum(fraction[box], np.clip(0.5 + depth / grid.spacing, 0.0, 1.0))
    return fraction


def check_particles(grid: Grid, particles: Sequence[Particle]) -> None:
    """Refuse particles of the wrong dimension, outside the domain, unresolved or overlapping.

    Raises
    ------
    InputError
        With the number and the place of the particle at fault, counted from 0.
    """
    for number, (centre, semi_axes, exponent) in enumerate(particles):
        where = f"particle {number} at ({', '.join(map(in_micrometres, centre))})"
        if not (len(centre) == len(semi_axes) == grid.dimension and exponent >= 1.0):
            raise InputError(
                f"{where}: expected {grid.dimension} coordinates and semi-axes and an exponent of at least 1, got "
                f"{len(centre)}, {len(semi_axes)} and {exponent}"
            )
        if not all(-a < c < side + a for c, a, side in zip(centre, semi_axes, grid.size, strict=True)):
            raise InputError(
                f"{where}: expected it to reach into the domain {' x '.join(map(in_micrometres, grid.size))}; move it"
            )
        if min(semi_axes) < CELLS_IN_RADIUS * grid.spacing:
            raise InputError(
                f"{where}: expected semi-axes of at least two cells, got {in_micrometres(min(semi_axes))} at dx = "
                f"{in_micrometres(grid.spacing)}; refine the grid, or count it among the fine particles"
            )
    for (i, one), (j, other) in combinations(enumerate(particles), 2):
        if _overlap(one, other):
            places = (f"number {n} at ({', '.join(map(in_micrometres, p.centre))})" for n, p in ((i, one), (j, other)))
            raise InputError(f"expected particles that do not overlap, got {' and '.join(places)}; move or shrink one")


def _overlap(one: Particle, other: Particle) -> bool:
    """Whether two convex particles share a point: the least of the larger of their gauges is below 1."""

    def larger(position: FloatArray) -> float:
        return float(max(one.reach(*position), other.reach(*position)))

    half_way, scale = 0.5 * (np.array(one.centre) + np.array(other.centre)), min(*one.semi_axes, *other.semi_axes)
    start = np.append(half_way / scale, larger(half_way))
    under_both = {"type": "ineq", "fun": lambda z: [z[-1] - p.reach(*(scale * z[:-1])) for p in (one, other)]}
    best = minimize(lambda z: z[-1], start, method="SLSQP", constraints=[under_both]).x[:-1] * scale
    return min(larger(half_way), larger(best)) < 1.0 - CONTACT_TOLERANCE


def in_micrometres(length: float) -> str:
    """A length (m) as text, e.g. '9 µm'.

    >>> in_micrometres(9e-6)
    '9 µm'
    """
    return f"{length / MICROMETRE:.4g} µm"
