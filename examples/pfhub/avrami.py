"""Transformed fraction by seeds that grow as discs in a periodic square: Johnson, Mehl, Avrami and Kolmogorov.

Theory of the front in d(phi)/dt = lap(phi) - g'(phi) + Df p'(phi), g and p as in ``benchmark8``. A flat front
phi(x - v t) obeys

    phi'' + v phi' = g'(phi) - Df p'(phi),   phi(-inf) = 1,   phi(inf) = 0

and with q(phi) = -phi' the first-order dq/d(phi) = v + (g' - Df p')/q, q(0) = q(1) = 0: ``flat_speed`` shoots from both
ends to phi = 1/2. (To first order in Df, v = 3 sqrt(2) Df.) In polar coordinates the Laplacian has phi_r/r more, so
that a disc grows with dr/dt = v - 1/r, up to terms of the interface width over r.

Where each of N seeds lies anywhere with the same probability and a disc of it covers the share a of the square, a point
is not covered with the probability (1 - a)^N; for many small discs that is the exp(-N a) of the textbooks. Two points
at a distance s are both not covered with (1 - 2 a + c(s))^N, c the share common to two such discs at s. The mean over s
gives the second moment of the fraction, thus its scatter from run to run. Random times of birth average a and c.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from selflimit.arrays import FloatArray

POINTS = 400
"""Points on a side of the square where the theory is evaluated; errs by the part of a cell at the rim of a disc."""


class Seed(NamedTuple):
    """When and where a seed is put."""

    time: float
    x: float
    y: float


def flat_speed(drive: float) -> float:
    """Speed v of a flat front under the driving force Df, above 0 and at most 1/4."""

    def slope(speed: float, end: float) -> float:
        """-phi' at phi = 1/2 along the solution that leaves the rest state ``end`` (0 or 1)."""
        sign, small = 1.0 - 2.0 * end, 1e-6
        rate = 0.5 * (sign * speed + np.sqrt(speed**2 + 8.0))  # of the decay to the rest state, where g'' = 2

        def right(phi: float, q: FloatArray) -> FloatArray:
            return speed + (2.0 * phi * (1.0 - phi) * (1.0 - 2.0 * phi) - 30.0 * drive * (phi * (1.0 - phi)) ** 2) / q

        return float(solve_ivp(right, (end + sign * small, 0.5), [rate * small], rtol=1e-10, atol=1e-13).y[0, -1])

    estimate = 3.0 * np.sqrt(2.0) * drive
    return float(brentq(lambda v: slope(v, 1.0) - slope(v, 0.0), 0.5 * estimate, 1.5 * estimate))


def growth_time(end: ArrayLike, start: float, speed: float) -> FloatArray:
    """Time in which dr/dt = v - 1/r, with v start > 1, brings a disc from radius ``start`` to ``end``; 0 up to it."""
    r = np.maximum(np.asarray(end, dtype=float), start)
    return np.asarray((r - start) / speed + np.log((speed * r - 1.0) / (speed * start - 1.0)) / speed**2)


def radius(age: ArrayLike, start: float, speed: float) -> FloatArray:
    """Radius of a disc that began with ``start``, the inverse of ``growth_time``; 0 before its birth."""
    reach = start + speed * float(np.max(age)) + 1.0
    r = np.linspace(start, reach, 20_000)
    return np.where(np.asarray(age) < 0.0, 0.0, np.interp(age, growth_time(r, start, speed), r))


def distance(side: float, points: int, x: float, y: float) -> FloatArray:
    """Distance to the nearest periodic image of (x, y), on points x points of the square."""
    place = side / points * np.arange(points)
    across, along = ((place - centre + 0.5 * side) % side - 0.5 * side for centre in (x, y))
    return np.hypot(across[:, None], along[None, :])


def sharp_fraction(side: float, seeds: Sequence[Seed], start: float, speed: float, times: FloatArray) -> FloatArray:
    """Covered fraction at ``times`` by the discs of these very seeds; discs do not feel each other."""
    arrival = np.full((POINTS, POINTS), np.inf)
    for seed in seeds:
        reached = seed.time + growth_time(distance(side, POINTS, seed.x, seed.y), start, speed)
        arrival = np.minimum(arrival, reached)
    return np.array([(arrival <= time).mean() for time in times])


def expected_fraction(side: float, count: int, radii: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Mean and standard deviation of the covered fraction by ``count`` random discs, over all their placements.

    Parameters
    ----------
    side
        Edge of the periodic square.
    count
        Number of discs.
    radii
        Radii that a disc may have.
    weights
        Probability of each radius; what is missing to 1 belongs to discs that are not born yet.
    """
    away, share, common = distance(side, POINTS, 0.0, 0.0), 0.0, np.zeros((POINTS, POINTS))
    for r, weight in zip(radii, weights, strict=True):
        disc = (away < r).astype(float)
        share += weight * disc.mean()
        common += weight * np.fft.irfft2(np.abs(np.fft.rfft2(disc)) ** 2, disc.shape) / disc.size
    bare = (1.0 - share) ** count
    second = ((1.0 - 2.0 * share + common) ** count).mean()
    return 1.0 - bare, float(np.sqrt(max(second - bare**2, 0.0)))


def avrami_exponent(times: FloatArray, fraction: FloatArray) -> float:
    """Slope of log(-log(1 - Y)) over log(t) where -2 < log10(-log10(1 - Y)) < 0, that is 0.0228 < Y < 0.9."""
    used = (fraction > 1.0 - 10.0**-0.01) & (fraction < 0.9)
    return float(np.polyfit(np.log(times[used]), np.log(-np.log1p(-fraction[used])), 1)[0])
