"""Where the coarse particles and the second electrolyte are: volume fractions of the particle classes per cell.

Fine and graded layers share moduli and conductivity; the sole difference is the eigenstrain coefficient K(x) of lithium
that grows among fine or at coarse particles, as in the published model. Two or three dimensions; the last axis is the
direction of growth.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Self

import numpy as np
from scipy.ndimage import maximum_filter

from selflimit.arrays import AnyArray, FloatArray
from selflimit.errors import InputError
from selflimit.isotropic import lame
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.images import LabelledVoxels, load_labels, phase_fractions
from selflimit.mesoscale.layers.initial_lithium import most_side_by_side, needles
from selflimit.mesoscale.layers.packing import Radii, Room, describe_sizes, pack_coarse_layer
from selflimit.mesoscale.layers.particles import CELLS_IN_RADIUS, Particle, check_particles, rasterise_particles
from selflimit.mesoscale.parameters import InterfaceParameters, Strain
from selflimit.plausible import LENGTH, check_quantity
from selflimit.units import MICROMETRE

ON_COARSE = 1.0 * MICROMETRE
"""Thickness of the lithium that counts as lying on a coarse particle (m), and expands as lithium at one does."""
ROUND_OFF = 1e-9
"""How far above 1 a sum of volume fractions may lie."""
RADIUS = 9.0 * MICROMETRE
"""Default radius of a coarse particle (m). Sections of particles; the real ones are hundreds of micrometres wide."""


@dataclass(frozen=True)
class Microstructure:
    """Volume fractions of the particle classes; what is neither coarse nor electrolyte is fine particles.

    Attributes
    ----------
    name
        'fine', 'graded', 'interface', 'fine-on-electrolyte', 'graded-on-electrolyte', 'particles' or 'image': part of
        file names.
    seed
        Seed of the packing and of the needles.
    grid
        The grid.
    coarse
        Volume fraction of coarse particles per cell, shape ``grid.shape``.
    electrolyte
        Volume fraction of the less lithium-stable electrolyte (Li2ZrCl6) per cell, shape ``grid.shape``.
    source
        What else the structure was made from, in words.
    boundaries
        Share of each cell that is grain boundary between fine particles, shape ``grid.shape``; None: all alike.
    closed
        Whether coarse particles are dense grains, which lithium goes round; else it grows into them where it is driven.
    """

    name: str
    seed: int
    grid: Grid
    coarse: FloatArray
    electrolyte: FloatArray
    source: str = ""
    boundaries: FloatArray | None = None
    closed: bool = False

    def __post_init__(self) -> None:
        """Refuse fields that are no volume fractions on the grid, and grids that are not in m."""
        check_quantity("spacing dx of the grid", self.grid.spacing, LENGTH)
        boundaries = () if self.boundaries is None else (("boundaries", self.boundaries),)
        for name, fraction in (("coarse", self.coarse), ("electrolyte", self.electrolyte), *boundaries):
            _check_fraction(name, fraction, self.grid)
        _check_fraction("coarse + electrolyte", self.coarse + self.electrolyte, self.grid)

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
        radius: Radii = RADIUS,
        gap: float = 6.0 * MICROMETRE,
        clearance: float = 12.0 * MICROMETRE,
    ) -> Self:
        """Fine particles with coarse discs or spheres at random, none overlapping.

        Parameters
        ----------
        grid
            The grid.
        seed
            Seed of sizes and positions.
        coarse_fraction
            Area or volume that the coarse particles take, as a fraction, to within half a particle. Ignored where
            ``radius`` lists all particles.
        radius
            One radius (m), a distribution (``NormalRadii``, ``LognormalRadii``), or the radius of every particle (m).
        gap
            Least width of the fine channel between two particles (m).
        clearance
            Least distance of a particle from the electrode and from the top (m).

        Raises
        ------
        InputError
            If the particles do not fit, or are finer than the grid resolves.
        """
        height = grid.size[-1]
        room = Room(grid.size[:-1], clearance, height - clearance, gap)
        particles = pack_coarse_layer(radius, coarse_fraction, height, room, 0.0, seed, CELLS_IN_RADIUS * grid.spacing)
        coarse = rasterise_particles(grid, particles)
        return cls("graded", seed, grid, coarse, np.zeros(grid.shape), describe_sizes(radius, len(particles)))

    @classmethod
    def layered(
        cls,
        grid: Grid,
        seed: int = 0,
        coarse_fraction: float = 0.2,
        radius: Radii = RADIUS,
        gap: float = 6.0 * MICROMETRE,
        clearance: float = 12.0 * MICROMETRE,
        electrolyte_height: float = 30.0 * MICROMETRE,
        contact: float = 0.4,
    ) -> Self:
        """Graded (or, without coarse particles, fine) layer below, less stable electrolyte above.

        Some coarse particles are pressed flat against the electrolyte; channels of fine ones between them reach it.

        Parameters
        ----------
        grid, seed, radius, gap
            As for :meth:`graded`.
        coarse_fraction
            Area or volume of the particle layer that the coarse particles take, as for :meth:`graded`; 0 gives the
            fine layer on the electrolyte.
        clearance
            Least distance of a particle from the electrode (m).
        electrolyte_height
            Thickness of the electrolyte (m).
        contact
            Share of the electrolyte's surface that lies on coarse particles, the largest, to within half a particle;
            fewer if there are no more, at least one.

        Raises
        ------
        InputError
            If the particles do not fit, are or finer than the grid resolves.
        """
        check_quantity("electrolyte_height", electrolyte_height, LENGTH)
        surface = grid.size[-1] - electrolyte_height
        if not grid.spacing <= electrolyte_height < grid.size[-1]:
            raise InputError(
                f"expected an electrolyte between one cell and the domain's height {grid.size[-1]} m, got "
                f"{electrolyte_height} m; give its thickness in m"
            )
        room = Room(grid.size[:-1], clearance, surface, gap)
        particles = pack_coarse_layer(
            radius, coarse_fraction, surface, room, contact, seed, CELLS_IN_RADIUS * grid.spacing
        )
        above = _above(grid, surface)
        coarse, name = rasterise_particles(grid, particles) * (1.0 - above), "graded" if particles else "fine"
        return cls(f"{name}-on-electrolyte", seed, grid, coarse, above, describe_sizes(radius, len(particles)))

    @classmethod
    def interface(
        cls, grid: Grid, seed: int = 0, layer: float = 0.6, channel: float = 0.25, height: float = 0.45
    ) -> Self:
        """Graded layer below, Li2ZrCl6 above; coarse particles at the edges leave a channel of fine ones between them.

        Parameters
        ----------
        grid
            The grid. In three dimensions four particles stand at the lateral edges, and two channels cross.
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
        *sides, top = grid.size
        half = 0.5 * height * top
        semi_axes = (*(0.5 * (1.0 - channel) * side for side in sides), half)
        corners = product(*((0.0, side) for side in sides))
        particles = [Particle((*corner, layer * top - half), semi_axes, 6.0) for corner in corners]
        above = (grid.cell_centres()[-1] > layer * top).astype(float)
        return cls("interface", seed, grid, rasterise_particles(grid, particles) * (1.0 - above), above)

    @classmethod
    def of_particles(
        cls, grid: Grid, particles: Sequence[Particle], electrolyte_height: float = 0.0, seed: int = 0
    ) -> Self:
        """Place given coarse particles among fine ones, below an electrolyte that cuts them.

        Parameters
        ----------
        grid
            The domain.
        particles
            Centre and radius of each (m).
        electrolyte_height
            Height of the less stable electrolyte at the far end (m).
        seed
            Of the noise and the needles; the particles do not depend on it.

        Raises
        ------
        InputError
            If particles overlap, miss the domain, or are finer than the grid resolves.
        """
        check_particles(grid, particles)
        above = _above(grid, grid.size[-1] - electrolyte_height)
        coarse = rasterise_particles(grid, particles) * (1.0 - above)
        return cls("particles", seed, grid, coarse, above, f"{len(particles)} given coarse particles")

    @classmethod
    def from_image(
        cls,
        grid: Grid,
        path: Path,
        labels: Mapping[int, str],
        pixel_size: float | Sequence[float] | None = None,
        seed: int = 0,
        electrode: str = "bottom",
    ) -> Self:
        """Particle classes from a segmented image or array, e.g. a slice or a stack of X-ray tomography.

        The part that the grid covers is taken: from the electrode up, in the middle of the width (and of the depth).

        Parameters
        ----------
        grid
            The grid; two-dimensional for a picture, three-dimensional for a TIFF whose pages are slices.
        path
            PNG or TIFF with one value per phase: 1, 8, 16 or 32 bits grey as stored, or a palette (its indices count);
            .npy or .npz with the array ``[x, z]`` or ``[x, y, z]``; .vti or .nrrd with their axes in this order.
        labels
            Value -> 'fine', 'coarse' or 'electrolyte'.
        pixel_size
            Edge length of a pixel and distance of pages (m), one number or one for each axis; None: as the file says.
        seed
            Seed of the needles.
        electrode
            'bottom' or 'top': the end that lies on the electrode. The bottom of a picture is its last row, of an array
            its first index along the last axis.

        Raises
        ------
        InputError
            If the file cannot be read, has colours or unknown values, is turned or upside down, or is smaller than the
            grid.
        """
        labelled = load_labels(path, grid.dimension, pixel_size)
        return cls._labelled(grid, labelled, labels, seed, electrode, path.name)

    @classmethod
    def from_array(
        cls,
        grid: Grid,
        values: AnyArray,
        labels: Mapping[int, str],
        pixel_size: float | Sequence[float],
        seed: int = 0,
        electrode: str = "bottom",
    ) -> Self:
        """Particle classes from an array of labels ``[x, z]`` or ``[x, y, z]``, z the direction of growth.

        >>> import numpy as np
        >>> values = np.zeros((32, 64), dtype=int)
        >>> values[:, 40:] = 2
        >>> layer = Microstructure.from_array(Grid((32, 64), 1e-6), values, {0: "fine", 2: "electrolyte"}, 1e-6)
        >>> float(layer.electrolyte[0, 39]), float(layer.electrolyte[0, 40])
        (0.0, 1.0)

        Parameters are those of :meth:`from_image`.

        Raises
        ------
        InputError
            As :meth:`from_image`.
        """
        sizes = tuple(pixel_size) if isinstance(pixel_size, Sequence) else (pixel_size,) * grid.dimension
        return cls._labelled(grid, LabelledVoxels(np.asarray(values), sizes), labels, seed, electrode, "an array")

    @classmethod
    def _labelled(
        cls, grid: Grid, labelled: LabelledVoxels, labels: Mapping[int, str], seed: int, electrode: str, name: str
    ) -> Self:
        phases = phase_fractions(grid, labelled, labels, electrode)
        sizes = " x ".join(f"{length / MICROMETRE:.4g}" for length in dict.fromkeys(labelled.voxel))
        return cls("image", seed, grid, phases["coarse"], phases["electrolyte"], f"{name}, pixels of {sizes} µm")

    @property
    def coarse_fraction(self) -> float:
        """Share of the particle layer that coarse particles take, as drawn on the grid."""
        return float(self.coarse.sum() / (1.0 - self.electrolyte).sum())

    @property
    def open_share(self) -> FloatArray | None:
        """Share of each cell that lithium may take, shape ``grid.shape``; None for all of it."""
        closed = self.electrolyte + self.coarse if self.closed else self.electrolyte
        return np.clip(1.0 - closed, 0.0, 1.0) if closed.any() else None

    @property
    def at_coarse(self) -> FloatArray:
        """Share of each cell in which lithium expands as at coarse particles, shape ``grid.shape``."""
        return self.near_coarse(ON_COARSE) if self.closed else self.coarse

    def near_coarse(self, distance: float) -> FloatArray:
        """Largest coarse fraction within ``distance`` (m) of each cell, at least of its neighbours; ``grid.shape``."""
        return np.asarray(maximum_filter(self.coarse, size=2 * max(1, round(distance / self.grid.spacing)) + 1))

    def describe(self) -> str:
        """Name, seed and, after a colon, what distinguishes the structure, for documents and figures."""
        words = [self.source] if self.source else []
        if self.coarse.any():
            words.append(f"{100.0 * self.coarse_fraction:.1f} % of the layer coarse{' and closed' * self.closed}")
        return f"{self.name}, seed {self.seed}" + (f": {'; '.join(words)}" if words else "")

    def initial_lithium(self, width: float) -> FloatArray:
        """Order parameter of a strip with needles, or with one into the channel; interface width w (m).

        Three needles in two dimensions, three by three in three, or as many as stand side by side without overlap.
        """
        if self.name == "interface":
            return needles(self.grid, width, self.seed, count=1, spread=0.05, length=12.0 * MICROMETRE)
        count = math.prod(min(3, most_side_by_side(side)) for side in self.grid.size[:-1])
        lithium, share = needles(self.grid, width, self.seed, count), self.open_share
        if not self.closed or share is None:
            return lithium
        # the foot of a needle's profile may reach into a dense grain
        return np.where(self.grid.to_nodes(share) > 0.0, lithium, 0.0)

    def expansion(self, p: InterfaceParameters) -> FloatArray:
        """Eigenstrain (xx, yy, zz) of lithium that takes a cell, dimensionless, shape ``grid.shape + (3,)``.

        That at coarse particles holds in them, or where they are closed in what lies on them.
        """
        ratio = p.fine_ratio + (1.0 - p.fine_ratio) * self.at_coarse
        return np.asarray(ratio[..., None] * grid_axes(p.coarse_expansion, self.grid.dimension))

    def host_moduli(self, p: InterfaceParameters) -> tuple[FloatArray, FloatArray]:
        """Lame constants (Pa) of the particles and the electrolyte without lithium, each of shape ``grid.shape``."""
        particles, electrolyte = phase_lame(p, "particle"), phase_lame(p, "electrolyte")
        lam, mu = (a + (b - a) * self.electrolyte for a, b in zip(particles, electrolyte, strict=True))
        return lam, mu


def grid_axes(strain: Strain, dimension: int) -> FloatArray:
    """A strain of the parameters, along the axes of the grid, shape ``(3,)``.

    The parameters' x is lateral, y the direction of growth and z the depth of a plane, which in three dimensions is the
    grid's second axis: a structure that is the same at every depth has the strains of its plane.
    """
    x, growth, depth = strain
    return np.array([x, growth, depth] if dimension == 2 else [x, depth, growth])


def phase_lame(p: InterfaceParameters, phase: str) -> tuple[float, float]:
    """Lame constants (Pa) of 'lithium', 'particle', 'electrolyte' or 'zone'."""
    lam, mu = lame(getattr(p, f"{phase}_modulus"), getattr(p, f"{phase}_poisson"))
    return float(lam), float(mu)


def _check_fraction(name: str, fraction: FloatArray, grid: Grid) -> None:
    if np.shape(fraction) != grid.shape:
        raise InputError(f"{name} must have shape {grid.shape}, one number per cell, got {np.shape(fraction)}")
    low, high = float(np.min(fraction)), float(np.max(fraction))  # NaN if there is one
    if not (low >= 0.0 and high <= 1.0 + ROUND_OFF):
        raise InputError(f"{name} must be volume fractions from 0 to 1, got {low:.6g} to {high:.6g}")


def _above(grid: Grid, surface: float) -> FloatArray:
    """Share of every cell that lies above the height ``surface`` (m), shape ``grid.shape``."""
    share = np.clip(np.arange(1, grid.shape[-1] + 1) - round(surface / grid.spacing, 9), 0.0, 1.0)
    return np.array(np.broadcast_to(share, grid.shape))
