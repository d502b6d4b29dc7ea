"""Where the coarse particles and the second electrolyte are: volume fractions of the particle classes per cell.

Fine and graded layers share moduli and conductivity; the sole difference is the eigenstrain coefficient K(x) of lithium
that grows among fine or at coarse particles, as in the published model.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from selflimit.errors import InputError
from selflimit.mesoscale.elasticity import lame
from selflimit.mesoscale.grid import Array, Grid
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import MICROMETRE

MAX_TRIALS = 20_000
"""Random positions tried for all particles before a packing counts as impossible."""


class Particle(NamedTuple):
    """Coarse particle: the superellipse |x/a|^n + |y/b|^n < 1 around its centre (lengths in m)."""

    x: float
    y: float
    a: float
    b: float
    exponent: float = 2.0

    def inside(self, x: Array, y: Array) -> Array:
        """Signed distance-like depth (m) below the particle's surface, positive inside."""
        reach = (np.abs((x - self.x) / self.a) ** self.exponent + np.abs((y - self.y) / self.b) ** self.exponent) ** (
            1.0 / self.exponent
        )
        return np.asarray((1.0 - reach) * min(self.a, self.b))


@dataclass(frozen=True)
class Microstructure:
    """Volume fractions of the particle classes; what is neither coarse nor electrolyte is fine particles.

    Attributes
    ----------
    name
        'fine', 'graded' or 'interface'.
    seed
        Seed of the packing and of the needles.
    grid
        The grid.
    coarse
        Volume fraction of coarse particles per cell, shape ``grid.shape``.
    electrolyte
        Volume fraction of the less lithium-stable electrolyte (Li2ZrCl6) per cell, shape ``grid.shape``.
    """

    name: str
    seed: int
    grid: Grid
    coarse: Array
    electrolyte: Array

    @classmethod
    def fine(cls, grid: Grid, seed: int = 0) -> Self:
        """Layer of uniform fine particles, which are smaller than the grid resolves."""
        return cls("fine", seed, grid, np.zeros(grid.shape), np.zeros(grid.shape))

    @classmethod
    def graded(
        cls,
        grid: Grid,
        seed: int = 0,
        coarse_fraction: float = 0.2,
        radius: float = 9.0 * MICROMETRE,
        gap: float = 6.0 * MICROMETRE,
        clearance: float = 12.0 * MICROMETRE,
    ) -> Self:
        """Fine particles with coarse discs at random, none overlapping.

        Parameters
        ----------
        grid
            The grid.
        seed
            Seed of the positions.
        coarse_fraction
            Area that the coarse particles take, as a fraction; rounded to whole particles.
        radius
            Radius of a coarse particle (m). Sections of particles; the real ones are hundreds of micrometres wide.
        gap
            Least width of the fine channel between two particles (m).
        clearance
            Least distance of a particle from the electrode and from the top (m).

        Raises
        ------
        InputError
            If the particles do not fit, or are finer than the grid resolves.
        """
        if not 0.0 <= coarse_fraction < 1.0:
            raise InputError(f"expected coarse particles to take 0 to below 1 of the area, got {coarse_fraction}")
        count = round(coarse_fraction * grid.size[0] * grid.size[1] / (math.pi * radius**2))
        centres = _pack(grid, np.random.default_rng(seed), count, radius, gap, clearance)
        particles = [Particle(x, y, radius, radius) for x, y in centres]
        return cls("graded", seed, grid, _occupied(grid, particles), np.zeros(grid.shape))

    @classmethod
    def interface(
        cls, grid: Grid, seed: int = 0, layer: float = 0.6, channel: float = 0.25, height: float = 0.45
    ) -> Self:
        """Graded layer below, Li2ZrCl6 above; two coarse particles leave one channel of fine ones between them.

        Parameters
        ----------
        grid
            The grid.
        seed
            Seed of the needles only: the packing is not random.
        layer
            Height of the particle layer as a fraction of the domain.
        channel
            Width of the fine channel as a fraction of the domain.
        height
            Height of a coarse particle as a fraction of the domain; its flat top touches the electrolyte.

        Raises
        ------
        InputError
            If the fractions leave no room for the particles, the channel or the electrolyte.
        """
        if not (0.0 < channel < 1.0 and 0.0 < height < layer < 1.0):
            raise InputError(
                f"expected 0 < channel < 1 and 0 < height < layer < 1, got channel {channel}, height {height}, "
                f"layer {layer}; give fractions of the domain"
            )
        width, top = grid.size
        a, b = 0.5 * (1.0 - channel) * width, 0.5 * height * top
        particles = [Particle(x, layer * top - b, a, b, 6.0) for x in (0.0, width)]
        above = (grid.cell_centres()[1] > layer * top).astype(float)
        return cls("interface", seed, grid, _occupied(grid, particles) * (1.0 - above), above)

    def initial_lithium(self, width: float) -> Array:
        """Order parameter of a strip with three needles, or with one into the channel; interface width w (m)."""
        if self.name == "interface":
            return needles(self.grid, width, self.seed, count=1, spread=0.05, length=12.0 * MICROMETRE)
        return needles(self.grid, width, self.seed)

    def expansion(self, p: InterfaceParameters) -> Array:
        """Eigenstrain (xx, yy, zz) of lithium that takes a cell, dimensionless, shape ``grid.shape + (3,)``."""
        ratio = p.fine_ratio + (1.0 - p.fine_ratio) * self.coarse
        return np.asarray(ratio[..., None] * np.array(p.coarse_expansion))

    def host_moduli(self, p: InterfaceParameters) -> tuple[Array, Array]:
        """Lame constants (Pa) of the particles and the electrolyte without lithium, each of shape ``grid.shape``."""
        particles, electrolyte = phase_lame(p, "particle"), phase_lame(p, "electrolyte")
        lam, mu = (a + (b - a) * self.electrolyte for a, b in zip(particles, electrolyte, strict=True))
        return lam, mu


def phase_lame(p: InterfaceParameters, phase: str) -> tuple[float, float]:
    """Lame constants (Pa) of 'lithium', 'particle', 'electrolyte' or 'zone'."""
    lam, mu = lame(getattr(p, f"{phase}_modulus"), getattr(p, f"{phase}_poisson"))
    return float(lam), float(mu)


def needles(
    grid: Grid,
    width: float,
    seed: int = 0,
    count: int = 3,
    strip: float = 4.0 * MICROMETRE,
    length: float = 4.0 * MICROMETRE,
    radius: float = 2.0 * MICROMETRE,
    spread: float = 0.2,
) -> Array:
    """Order parameter of a lithium strip on the electrode with needle-like protrusions.

    Parameters
    ----------
    grid
        The grid.
    width
        Interface width w (m).
    seed
        Seed of the positions and lengths.
    count
        Number of protrusions; 0 gives a flat front.
    strip
        Thickness of the strip (m).
    length
        Mean height of a protrusion above the strip (m).
    radius
        Half-width of a protrusion (m).
    spread
        How far a protrusion may lie from the middle of its share of the width, as a fraction of that share.

    Returns
    -------
    Order parameter, shape ``grid.nodes``.

    Raises
    ------
    InputError
        If the strip and its protrusions do not fit below the far electrolyte.
    """
    if not 0.0 < strip + 1.5 * length < grid.size[1]:
        raise InputError(
            f"expected a strip and needles below {grid.size[1]} m, got {strip} m + {length} m; make them shorter"
        )
    draw = np.random.default_rng(seed)
    x, y = grid.node_coordinates()
    front, slope = np.full_like(x, strip), np.zeros_like(x)
    for number in range(count):
        centre = grid.size[0] * (number + 0.5 + draw.uniform(-spread, spread)) / count
        bump = length * draw.uniform(0.7, 1.3) * np.exp(-0.5 * ((x - centre) / radius) ** 2)
        front, slope = front + bump, slope - bump * (x - centre) / radius**2
    return np.asarray(0.5 * (1.0 - np.tanh((y - front) / np.sqrt(1.0 + slope**2) / (2.0 * width))))


def _pack(
    grid: Grid, draw: np.random.Generator, count: int, radius: float, gap: float, clearance: float
) -> list[tuple[float, float]]:
    """Random sequential packing of equal discs; sides may cut them."""
    low, high = clearance + radius, grid.size[1] - clearance - radius
    if count < 0 or radius < 2.0 * grid.spacing or low > high:
        raise InputError(
            f"expected coarse particles of at least two cells that fit between electrode and top, got {count} of "
            f"radius {radius} m, clearance {clearance} m, on {grid.size[1]} m at dx = {grid.spacing} m"
        )
    centres: list[tuple[float, float]] = []
    for _ in range(MAX_TRIALS):
        if len(centres) == count:
            return centres
        x, y = draw.uniform(0.0, grid.size[0]), draw.uniform(low, high)
        if all((x - a) ** 2 + (y - b) ** 2 >= (2.0 * radius + gap) ** 2 for a, b in centres):
            centres.append((x, y))
    if len(centres) == count:
        return centres
    raise InputError(
        f"expected room for {count} coarse particles of radius {radius} m with gaps of {gap} m, placed {len(centres)} "
        f"in {MAX_TRIALS} trials; give fewer or smaller ones"
    )


def _occupied(grid: Grid, particles: list[Particle]) -> Array:
    """Volume fraction of the particles per cell, with edges one cell wide."""
    x, y = grid.cell_centres()
    depth = np.max([particle.inside(x, y) for particle in particles], axis=0, initial=-np.inf)
    return np.asarray(np.clip(0.5 + depth / grid.spacing, 0.0, 1.0)) if particles else np.zeros(grid.shape)
