"""Space-time white noise that is a function of seed, place and time, and of nothing else.

The noise is a field on a reference lattice of its own: spacing equal to the interface width, time slots of ``SLOT``.
Every lattice point and slot holds one standard normal number, made from (seed, slot, indices) by a counter-based
generator, so no number depends on threads, on the grid of the simulation, on its steps or on where it was taken up
again. Between lattice points the field is multilinear, and a time step sees its mean over the step: grids and step
lengths sample one and the same field, and a refinement converges.

The lattice functions sum to 1, so the mean over an area S and a time t has the variance w^2/S (1 s)/t of white noise
as soon as S spans many lattice cells and t many slots. Structure below w and ``SLOT`` is smooth.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from selflimit.arrays import BoolArray, FloatArray, IntArray, UInt64Array
from selflimit.mesoscale.grid import Grid

SLOT = 1.0
"""Length of a time slot (s), the time that the noise amplitude refers to. A front takes w/v = 10 s and more to move by
its width at the default parameters: it cannot tell slots from white noise."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def noise(grid: Grid, width: float, seed: int, begin: float, end: float, where: BoolArray) -> FloatArray:
    """Mean over the times ``begin`` to ``end`` of white noise of unit variance per w^2 (w^3 in 3-D) and 1 s.

    Parameters
    ----------
    grid
        Where it is sampled; the first node is the first lattice point.
    width
        Spacing w of the reference lattice (m); resolved by every grid with dx <= w.
    seed
        Seed; every whole number gives a field of its own.
    begin, end
        Times (s), begin < end.
    where
        Nodes at which it is asked for, shape ``nodes``.

    Returns
    -------
    The noise at the nodes, dimensionless, shape ``nodes``; of no meaning where it was not asked for.
    """
    positions = [np.arange(count, dtype=np.float64) * (grid.spacing / width) for count in grid.nodes]
    lattice: FloatArray = np.zeros(tuple(math.ceil(size / width) + 2 for size in grid.size))
    # numbers are drawn around the front only, most of the lattice is never looked at
    points = np.nonzero(_around(lattice.shape, positions, where))
    slots = range(math.floor(begin / SLOT), math.ceil(end / SLOT))
    shares = [(min(end, (slot + 1) * SLOT) - max(begin, slot * SLOT)) / (end - begin) for slot in slots]
    for share, slot in zip(shares, slots, strict=True):
        lattice[points] += share / math.sqrt(SLOT) * lattice_values(points, seed, slot)
    for axis, at in enumerate(positions):
        lattice = _sampled(lattice, axis, at)
    return lattice


def lattice_values(points: Sequence[IntArray], seed: int, slot: int) -> FloatArray:
    """Standard normal numbers of one time slot at lattice points, given by an array of indices for each axis.

    Parameters
    ----------
    points
        Indices along each axis, all of one shape.
    seed
        Seed of the noise.
    slot
        Number of the time slot.
    """
    # a number is a function of where and when it is, so no thread, restart or grid can change it
    word = _mixed(_mixed(np.full(1, seed & 0xFFFFFFFFFFFFFFFF, np.uint64)), np.full(1, slot, np.uint64))
    for index in points:
        word = _mixed(word, index.astype(np.uint64))
    # the 53 bits that a double holds, shifted by half a unit so that neither 0 nor 1 comes, whose normal is infinite
    uniform = ((word >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(ndtri(uniform))


def _around(shape: tuple[int, ...], positions: Sequence[FloatArray], where: BoolArray) -> BoolArray:
    """Lattice points at the corners of the lattice cells that hold the nodes ``where``."""
    cells = np.zeros(shape, np.bool_)
    cells[tuple(np.floor(at).astype(int)[index] for at, index in zip(positions, np.nonzero(where), strict=True))] = True
    for axis in range(cells.ndim):
        cells |= np.roll(cells, 1, axis)  # the last one holds no node
    return cells


def _mixed(word: UInt64Array, counter: UInt64Array | int = 0) -> UInt64Array:
    """Output ``counter`` of SplitMix64 from the state ``word`` (Steele et al. 2014, doi:10.1145/2660193.2660195)."""
    z = word + (np.asarray(counter, np.uint64) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return np.asarray(z ^ (z >> np.uint64(31)))


def _sampled(field: FloatArray, axis: int, at: FloatArray) -> FloatArray:
    """Linear interpolation along one axis at the positions ``at``, in lattice spacings."""
    before = np.floor(at).astype(int)
    share = (at - before).reshape([-1 if a == axis else 1 for a in range(field.ndim)])
    return np.asarray((1.0 - share) * field.take(before, axis) + share * field.take(before + 1, axis))
