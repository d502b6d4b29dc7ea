"""Where lithium is at the beginning: a strip on the electrode with needle-like protrusions."""

import math

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid
from selflimit.plausible import LENGTH, check_quantity
from selflimit.units import MICROMETRE

RADIUS_OF_NEEDLES = 2.0 * MICROMETRE
SPREAD_OF_NEEDLES = 0.2
APART = 3.0
"""Least distance of two needles in their half-widths: at the summit of one the other adds 1 % of its own height."""


def most_side_by_side(side: float, radius: float = RADIUS_OF_NEEDLES, spread: float = SPREAD_OF_NEEDLES) -> int:
    """Return how many needles stand side by side on a lateral side; one always does.

    >>> most_side_by_side(32e-6), most_side_by_side(8e-6)
    (3, 1)

    Parameters
    ----------
    side
        Length of the side (m).
    radius
        Half-width of a needle (m).
    spread
        Largest displacement of a needle from the middle of its place, as a share of the place.
    """
    # the last digits of a side that is just long enough must not cost a needle
    return max(1, int(side * (1.0 - 2.0 * spread) / (APART * radius) + 1e-9))


def needles(
    grid: Grid,
    width: float,
    seed: int = 0,
    count: int = 3,
    strip: float = 4.0 * MICROMETRE,
    length: float = 4.0 * MICROMETRE,
    radius: float = RADIUS_OF_NEEDLES,
    spread: float = SPREAD_OF_NEEDLES,
) -> FloatArray:
    """Order parameter of a lithium strip on the electrode with needle-like protrusions.

    Parameters
    ----------
    grid
        The grid, in two or three dimensions.
    width
        Interface width w (m).
    seed
        Seed of the positions and lengths.
    count
        Number of protrusions; 0 gives a flat front. In three dimensions they share the electrode's area as the most
        nearly square array of as many.
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
        If a length cannot be meant in m, the strip and its protrusions do not fit below the far electrolyte, or so many
        protrusions would overlap.
    """
    for name, size in (("interface width w", width), ("strip", strip), ("length", length), ("radius", radius)):
        check_quantity(f"{name} of the lithium at the beginning", size, LENGTH)
    if not 0.0 < strip + 1.5 * length < grid.size[-1]:
        raise InputError(
            f"expected a strip and needles below {grid.size[-1]} m, got {strip} m + {length} m; make them shorter"
        )
    draw = np.random.default_rng(seed)
    *lateral, height = grid.node_coordinates()
    lateral = [x[..., :1] for x in lateral]  # the same at every height
    front, slopes = np.full_like(lateral[0], strip), [np.zeros_like(x) for x in lateral]
    shares = _shares(count, grid.size[:-1])
    fit = [most_side_by_side(side, radius, spread) for side in grid.size[:-1]]
    if any(asked > most for asked, most in zip(shares, fit, strict=True)):
        raise InputError(
            f"expected at most {' x '.join(map(str, fit))} needles of half-width {radius} m side by side, got "
            f"{' x '.join(map(str, shares))}; they would overlap and add up. Give fewer or narrower ones"
        )
    for place in np.ndindex(*shares):
        middle = [i + 0.5 + draw.uniform(-spread, spread) for i in place]
        offsets = [x - size * m / n for x, size, m, n in zip(lateral, grid.size, middle, shares, strict=False)]
        bump = length * draw.uniform(0.7, 1.3) * np.exp(-0.5 * sum((x / radius) ** 2 for x in offsets))
        front = front + bump
        slopes = [slope - bump * x / radius**2 for slope, x in zip(slopes, offsets, strict=True)]
    # the distance to the front counts along its normal, so that the flanks of needles are as wide as the strip's face
    steepness = np.sqrt(1.0 + sum(slope**2 for slope in slopes))
    return np.asarray(0.5 * (1.0 - np.tanh((height - front) / steepness / (2.0 * width))))


def _shares(count: int, sides: tuple[float, ...]) -> tuple[int, ...]:
    """How many protrusions along each lateral axis; their product is ``count``, more along the longer side."""
    if len(sides) == 1:
        return (count,)
    fewer = max((n for n in range(1, math.isqrt(count) + 1) if count % n == 0), default=0)
    more = count // max(fewer, 1)
    return (more, fewer) if sides[0] >= sides[1] else (fewer, more)
