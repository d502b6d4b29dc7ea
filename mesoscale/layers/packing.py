"""Random packings of coarse particles: sizes and positions.

Lengths in m. A packing depends on the box, the sizes and the seed, never on the grid: every resolution shows the same
particles. They are placed one after another at random, the largest first (random sequential addition). That jams at
0.547 of the area for equal discs and 0.384 of the volume for equal spheres (doi:10.1103/PhysRevE.74.061308); where it
finds no room, the rest is dropped in anywhere and all that overlap are pushed apart, which reached 0.78 and 0.55
in boxes of 8 and 5 diameters; random close packing is at 0.82 and 0.64 (doi:10.1103/PhysRevA.27.1053).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.layers.particles import Particle, ball_measure, in_micrometres, measure_within
from selflimit.plausible import DISTANCE, LENGTH, check_quantity

MOST_PARTICLES = 200_000
"""Most particles of a packing; more are finer than any grid that fits into memory resolves."""
MAX_TRIALS = 20_000
"""Random positions tried for all particles before those that found no room are pushed in."""
TRIED_TOGETHER = 128
"""Positions tried together; the packing does not depend on it."""
MAX_PUSHES = 6_000
"""Rounds of pushing apart before a packing counts as impossible."""
ROUNDS_TO_IMPROVE = 300
"""Rounds within which the overlaps together must fall by 5 %; where they do not, they never vanish."""
FACE = 0.8
"""Radius of the flat face of a pressed particle over its own radius."""
PUSH_MARGIN = 1e-5
"""How much farther apart than needed pushed particles are aimed, as a fraction of their radii: the approach to contact
is geometric and would never end."""


@dataclass(frozen=True)
class NormalRadii:
    """Radii (m) with a normal distribution by number, of which only the positive ones are drawn."""

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        """Check the range."""
        check_quantity("mean radius of the coarse particles", self.mean, LENGTH)
        if not 0.0 <= self.deviation < self.mean:
            raise InputError(f"expected a standard deviation from 0 to below the mean radius {self.mean} m, got "
                             f"{self.deviation} m; a wide distribution is lognormal")  # fmt: skip

    def stream(self, draw: np.random.Generator) -> Iterator[float]:
        """Random radii (m), without end."""
        while True:
            radius = float(draw.normal(self.mean, self.deviation))
            if radius > 0.0:
                yield radius

    def __str__(self) -> str:
        return f"normal, mean {in_micrometres(self.mean)}, standard deviation {in_micrometres(self.deviation)}"


@dataclass(frozen=True)
class LognormalRadii:
    """Radii (m) with a lognormal distribution by number: its median (m) and its geometric standard deviation (>= 1).

    The median by volume is larger by exp(3 ln^2 s) in three dimensions (Hatch and Choate 1929,
    doi:10.1016/S0016-0032(29)91451-4).
    """

    median: float
    geometric_deviation: float

    def __post_init__(self) -> None:
        """Check the range."""
        check_quantity("median radius of the coarse particles", self.median, LENGTH)
        if not 1.0 <= self.geometric_deviation < math.inf:
            raise InputError(f"expected a geometric standard deviation of at least 1, got {self.geometric_deviation}; "
                             "1 is all equal, 2 is a wide powder")  # fmt: skip

    def stream(self, draw: np.random.Generator) -> Iterator[float]:
        """Random radii (m), without end."""
        while True:
            yield float(self.median * math.exp(math.log(self.geometric_deviation) * draw.normal()))

    def __str__(self) -> str:
        median = in_micrometres(self.median)
        return f"lognormal, median {median}, geometric standard deviation {self.geometric_deviation:g}"


Radii = float | NormalRadii | LognormalRadii | Sequence[float]
"""One radius for all (m), a distribution, or the radius of every particle (m)."""


def draw_radii(radii: Radii, amount: float, dimension: int, draw: np.random.Generator) -> list[float]:
    """Radii (m) whose areas (m^2) or volumes (m^3) add up to ``amount``, to within half a particle, largest first.

    A list of radii is taken as it is, whatever ``amount``.

    Parameters
    ----------
    radii
        One radius (m), a list of them, or a distribution.
    amount
        Area (m^2) or volume (m^3) to fill.
    dimension
        2 or 3.
    draw
        Gives the random numbers of a distribution.

    Raises
    ------
    InputError
        If a radius is not a positive length.
    """
    if isinstance(radii, int | float):
        check_quantity("radius of the coarse particles", radii, LENGTH)
        count = round(amount / ball_measure(radii, dimension))
        _check_number(count, radii)
        return [float(radii)] * count
    if isinstance(radii, Sequence):
        for radius in radii:
            check_quantity("radius of the coarse particles", radius, LENGTH)
        return sorted(map(float, radii), reverse=True)
    taken: list[float] = []
    for radius in radii.stream(draw):
        # one more brings the sum nearer to the amount as long as it is less than twice what is left
        if ball_measure(radius, dimension) > 2.0 * amount:
            break
        taken.append(radius)
        _check_number(len(taken), radii)
        amount -= ball_measure(radius, dimension)
    return sorted(taken, reverse=True)


@dataclass(frozen=True)
class Room:
    """Where particles may lie: lateral sides cut them, the ends of the last axis do not.

    Parameters
    ----------
    sides
        Lateral edge lengths (m): one or two. Centres lie within them.
    bottom
        Least height of a particle's lowest point (m).
    top
        Largest height of its highest point (m).
    gap
        Least distance between the surfaces of two particles (m).
    """

    sides: tuple[float, ...]
    bottom: float
    top: float
    gap: float

    def __post_init__(self) -> None:
        """Refuse lengths that cannot be meant."""
        check_quantity("gap between coarse particles", self.gap, DISTANCE)
        check_quantity("clearance of the coarse particles", self.bottom, DISTANCE)

    def bounds(self, radius: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """Least and largest centre coordinates (m) of particles of ``radius`` (m), shape of ``radius`` + (d,)."""
        r = np.asarray(radius, dtype=float)
        low = np.stack([*(np.zeros_like(r) for _ in self.sides), self.bottom + r], axis=-1)
        high = np.stack([*(np.full_like(r, side) for side in self.sides), self.top - r], axis=-1)
        return low, high


@dataclass(frozen=True)
class SurfaceRoom(Room):
    """The same, for particles that are pressed against the top and cut flat there."""

    def bounds(self, radius: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """As in :class:`Room`, at the one height that leaves a flat face of ``FACE`` radii."""
        low, high = super().bounds(radius)
        low[..., -1] = high[..., -1] = self.top - math.sqrt(1.0 - FACE**2) * np.asarray(radius)
        return low, high


def pack_coarse_layer(
    radii: Radii, fraction: float, height: float, room: Room, contact: float, seed: int, least: float = 0.0
) -> list[Particle]:
    """Coarse particles that take ``fraction`` of a layer, the parts beyond its sides and its top not counted.

    Parameters
    ----------
    radii
        One radius (m), a distribution, or the radius of every particle (m), of which then all are taken.
    fraction
        Share of the layer's area or volume, met to within half a particle of mean size.
    height
        Height of the layer (m).
    room
        Where particles may lie.
    contact
        Share of the top of ``room`` that lies on the flat faces of pressed particles, the largest; fewer where there
        are no more, at least one if there is any.
    seed
        Seed of sizes and positions.
    least
        Least radius that is allowed (m).

    Raises
    ------
    InputError
        If a share or radius makes no sense, one particle is more than the fraction, or there is no room for all.
    """
    for name, share in (("the layer's space", fraction), ("the electrolyte's surface in contact", contact)):
        if not 0.0 <= share < 1.0:
            raise InputError(f"expected coarse particles to take 0 to below 1 of {name}, got {share}")
    dimension, box = len(room.sides) + 1, (*room.sides, height)
    wanted = asked = fraction * math.prod(box)
    while True:
        # begun anew: a distribution gives the sizes of the round before again, and then more
        draw = np.random.default_rng(seed)
        sizes = draw_radii(radii, asked, dimension, draw)
        _check_sizes(sizes, radii, fraction, least)
        pressed = sizes[: _pressed(sizes, room, contact)]
        row = pack_particles(pressed, SurfaceRoom(**vars(room)), draw) if pressed else []
        particles = pack_particles(sizes[len(row) :], room, draw, row)
        missing = wanted - sum(measure_within(box, particle) for particle in particles)
        mean = sum(ball_measure(r, dimension) for r in sizes) / max(1, len(sizes))
        if not sizes or isinstance(radii, Sequence) or missing <= 0.5 * mean:
            return particles
        # what the sides and the top have cut off is asked for on top
        asked += missing


def _pressed(radii: Sequence[float], room: Room, contact: float) -> int:
    """How many of ``radii`` (m), from the largest, have flat faces that add up to ``contact`` of the top."""
    left = contact * math.prod(room.sides)
    for count, radius in enumerate(radii if contact else ()):
        face = 2.0 * FACE * radius if len(room.sides) == 1 else math.pi * (FACE * radius) ** 2
        if count and face > 2.0 * left:
            return count
        left -= face
    return len(radii) if contact else 0


def pack_particles(
    radii: Sequence[float], room: Room, draw: np.random.Generator, fixed: Sequence[Particle] = ()
) -> list[Particle]:
    """Discs or spheres at random, none closer than the gap; ``fixed`` ones stay where they are and come first.

    Parameters
    ----------
    radii
        Radii (m), largest first.
    room
        Where they may lie.
    draw
        Source of the positions.
    fixed
        Discs or spheres that are there already.

    Raises
    ------
    InputError
        If a particle does not fit between the ends, or no packing without overlaps is found.
    """
    if radii and 2.0 * radii[0] > room.top - room.bottom:
        raise InputError(
            f"expected coarse particles that fit between electrode and top, got radius {in_micrometres(radii[0])} with "
            f"{in_micrometres(room.top - room.bottom)} between the clearances; give smaller ones or a higher domain"
        )
    sizes = np.array([*(particle.semi_axes[0] for particle in fixed), *radii])
    centres = np.empty((len(sizes), len(room.sides) + 1))
    for i, particle in enumerate(fixed):
        centres[i] = particle.centre
    placed = _add_sequentially(centres, sizes, len(fixed), room, draw)
    if placed < len(sizes):
        centres[placed:] = draw.uniform(*room.bounds(sizes[placed:]))
        centres = _push_apart(centres, sizes, len(fixed), room, placed)
    return [Particle.ball(centre.tolist(), radius) for centre, radius in zip(centres, sizes, strict=True)]


def _add_sequentially(
    centres: FloatArray, radii: FloatArray, placed: int, room: Room, draw: np.random.Generator
) -> int:
    """Fill ``centres`` from number ``placed`` on by random sequential addition; how many are in when it ends."""
    (low, high), trials = room.bounds(radii), draw.random((MAX_TRIALS, centres.shape[1]))
    while placed < len(radii) and len(trials):
        some = low[placed] + (high[placed] - low[placed]) * trials[:TRIED_TOGETHER]
        distance2 = ((some[:, None] - centres[:placed]) ** 2).sum(axis=-1)
        free = np.flatnonzero(np.all(distance2 >= (radii[:placed] + radii[placed] + room.gap) ** 2, axis=1))
        trials = trials[free[0] + 1 if free.size else TRIED_TOGETHER :]
        if free.size:
            centres[placed] = some[free[0]]
            placed += 1
    return placed


def _push_apart(centres: FloatArray, radii: FloatArray, fixed: int, room: Room, placed: int) -> FloatArray:
    """Centres (m) after moving every overlapping pair apart, each by half, until none overlaps."""
    low, high = room.bounds(radii)
    # clipped to where they are: a particle that is there already is never pushed
    low[:fixed] = high[:fixed] = centres[:fixed]
    reach = radii * (1.0 + PUSH_MARGIN) + 0.5 * room.gap
    before = np.inf
    for push in range(MAX_PUSHES):
        one, other = KDTree(centres).query_pairs(2.0 * reach.max(), output_type="ndarray").T
        apart = centres[one] - centres[other]
        distance = np.linalg.norm(apart, axis=1)
        overlaps = np.clip(reach[one] + reach[other] - distance, 0.0, None)
        if np.max(overlaps, initial=0.0) <= PUSH_MARGIN * radii.min():
            return centres
        if push % ROUNDS_TO_IMPROVE == 0:
            if overlaps.sum() > 0.95 * before:
                break
            before = overlaps.sum()
        # two centres in one place have no direction apart: they wait until a neighbour moves one
        shift = (0.5 * overlaps / np.maximum(distance, 1e-300))[:, None] * apart
        moved = [np.bincount(one, x, len(radii)) - np.bincount(other, x, len(radii)) for x in shift.T]
        centres = np.clip(centres + np.transpose(moved), low, high)
    raise InputError(_no_room(radii, room, placed, float(overlaps.max())))


def _no_room(radii: FloatArray, room: Room, placed: int, overlap: float) -> str:
    dimension = len(room.sides) + 1
    space = math.prod(room.sides) * (room.top - room.bottom)
    asked, with_gaps = (
        sum(ball_measure(r + extra, dimension) for r in radii) / space for extra in (0.0, 0.5 * room.gap)
    )
    return (
        f"expected room for {len(radii)} coarse particles, random addition placed {placed} in {MAX_TRIALS} trials, and "
        f"pushing all of them apart left overlaps of {in_micrometres(overlap)}. They ask for "
        f"{asked:.2f} of the space between the clearances, {with_gaps:.2f} with gaps of {in_micrometres(room.gap)}; "
        f"about {0.78 if dimension == 2 else 0.55} can be reached with gaps. Give fewer particles or narrower gaps"
    )


def describe_sizes(radius: Radii, count: int) -> str:
    """Number and radii of coarse particles in words; nothing where there are none."""
    if not count:
        return ""
    if isinstance(radius, int | float):
        return f"{count} coarse particles, radius {in_micrometres(radius)}"
    listed = isinstance(radius, Sequence)
    return f"{count} coarse particles, radii {'as listed' if listed else str(radius)}"


def _check_sizes(sizes: Sequence[float], radii: Radii, fraction: float, least: float) -> None:
    if fraction > 0.0 and not sizes:
        raise InputError(
            f"expected coarse particles that take {fraction:.3g} of the layer, but one (radius in m: {radii}) takes "
            "more than twice that; enlarge the domain or give smaller ones"
        )
    if sizes and sizes[-1] < least:
        raise InputError(
            f"expected coarse particles with a radius of at least {in_micrometres(least)} (two cells), got "
            f"{in_micrometres(sizes[-1])}; refine the grid, or count them among the fine particles"
        )


def _check_number(count: int, radii: Radii) -> None:
    if count > MOST_PARTICLES:
        raise InputError(
            f"expected at most {MOST_PARTICLES} coarse particles, but of radius {radii} (in m) the layer takes {count} "
            "or more; give larger ones, or count them among the fine particles"
        )
