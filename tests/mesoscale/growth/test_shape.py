"""Trunks, tips, solidity and perimeter of shapes whose numbers are known."""

import numpy as np
import pytest

from selflimit.mesoscale import Grid, measure_shape
from selflimit.mesoscale.growth.shape import describe_shapes

WIDTH = 0.5e-6
SIDE = 64e-6


def drawn(inside, spacing, width=WIDTH):
    """A front of width w around what lies inside, by its signed distance (m) at the nodes."""
    count = round(SIDE / spacing) + 1
    x, y = np.meshgrid(*(np.arange(count) * spacing,) * 2, indexing="ij")
    return 1.0 / (1.0 + np.exp(np.clip(inside(x, y) / width, -50.0, 50.0)))


def box(x, y, left, right, bottom, top):
    """Signed distance to a rectangle, negative inside."""
    return np.maximum(np.maximum(left - x, x - right), np.maximum(bottom - y, y - top))


def stick(x, y, begin, end, radius):
    """Signed distance to a line with a round end."""
    (a, b), (c, d) = begin, end
    along = np.clip(((x - a) * (c - a) + (y - b) * (d - b)) / ((c - a) ** 2 + (d - b) ** 2), 0.0, 1.0)
    return np.hypot(x - a - along * (c - a), y - b - along * (d - b)) - radius


def comb(teeth, margin):
    """A back of 4 um on a stem in the middle, teeth of 3 um pointing up from it, all grown by a margin (m)."""

    def part(x, y, *edges):
        return box(x, y, *edges) - margin

    def inside(x, y):
        places = np.linspace(8e-6, SIDE - 8e-6, teeth)
        parts = [part(x, y, middle - 1.5e-6, middle + 1.5e-6, 22e-6, 50e-6) for middle in places]
        back, stem = part(x, y, 6e-6, SIDE - 6e-6, 20e-6, 24e-6), part(x, y, 30e-6, 34e-6, -1e-6, 22e-6)
        return np.minimum.reduce([stem, back, *parts])

    return inside


def star(arms):
    """Arms of 24 um from the middle, the first of them down to the electrode."""

    def inside(x, y):
        middle = (SIDE / 2, 32e-6)
        parts = []
        for arm in range(arms):
            angle = 2 * np.pi * arm / arms - np.pi / 2
            length = 34e-6 if arm == 0 else 24e-6
            end = (middle[0] + length * np.cos(angle), middle[1] + length * np.sin(angle))
            parts.append(stick(x, y, middle, end, 2e-6))
        return np.minimum.reduce(parts)

    return inside


@pytest.mark.parametrize("spacing", [0.5e-6, 0.25e-6])
def test_a_disc_on_a_stem_is_one_needle(spacing):
    """Its contour is the circle less the stem's width, and the stem's two sides: 2 per cent for the corners."""
    r, middle, half = 14e-6, 30e-6, 2e-6

    def inside(x, y):
        disc = np.hypot(x - SIDE / 2, y - middle) - r
        return np.minimum(disc, box(x, y, SIDE / 2 - half, SIDE / 2 + half, -1e-6, middle))

    shape = measure_shape(drawn(inside, spacing), spacing, WIDTH)
    foot = middle - np.sqrt(r**2 - half**2)
    exact = 2 * np.pi * r - 2 * r * np.arcsin(half / r) + 2 * foot
    assert (shape.trunks, shape.tips) == (1, 1)
    assert shape.perimeter == pytest.approx(exact, rel=0.02)


def test_a_needle_is_as_solid_as_its_hull():
    shape = measure_shape(drawn(lambda x, y: box(x, y, 30e-6, 34e-6, -1e-6, 40e-6), 0.5e-6), 0.5e-6, WIDTH)
    assert (shape.trunks, shape.tips) == (1, 1)
    assert shape.solidity == pytest.approx(1.0, abs=0.01)
    assert shape.perimeter == pytest.approx(84e-6, rel=0.02)


@pytest.mark.parametrize("spacing", [0.5e-6, 0.25e-6])
@pytest.mark.parametrize("teeth", [2, 3, 5, 4])
def test_a_comb_has_as_many_tips_as_teeth(teeth, spacing):
    """Its area over that of its hull is a sum of rectangles over one of two trapezia and a rectangle.

    Grown by half a spacing its edges are those of the nodes' squares, so that both areas are exact.
    """
    half = spacing / 2
    shape = measure_shape(drawn(comb(teeth, half), spacing), spacing, WIDTH)
    assert (shape.trunks, shape.tips) == (1, teeth)
    stem, back, tooth = 4e-6 + spacing, 52e-6 + spacing, 3e-6 + spacing
    area = stem * 20e-6 + back * (4e-6 + spacing) + teeth * tooth * 26e-6
    outer = 51e-6 + spacing
    hull = 0.5 * (stem + back) * 20e-6 + back * (4e-6 + spacing) + 0.5 * (back + outer) * 26e-6
    assert shape.solidity == pytest.approx(area / hull, rel=1e-3)


@pytest.mark.parametrize("spacing", [0.5e-6, 0.25e-6])
@pytest.mark.parametrize("arms", [3, 5, 7])
def test_a_star_has_a_tip_at_every_arm_but_the_one_it_stands_on(arms, spacing):
    assert measure_shape(drawn(star(arms), spacing), spacing, WIDTH).tips == arms - 1


def test_teeth_on_the_strip_are_trunks_and_waves_are_not():
    def teeth(x, y):
        parts = [box(x, y, middle - 2e-6, middle + 2e-6, -1e-6, 30e-6) for middle in (16e-6, 32e-6, 48e-6)]
        return np.minimum.reduce([y - 10e-6, *parts])

    def waves(x, y):
        return y - 12e-6 - 4e-6 * np.cos(2 * np.pi * x / 32e-6)

    shape = measure_shape(drawn(teeth, 0.5e-6), 0.5e-6, WIDTH)
    assert (shape.trunks, shape.tips) == (3, 3)
    flat = measure_shape(drawn(waves, 0.5e-6), 0.5e-6, WIDTH)
    assert (flat.trunks, flat.tips, flat.solidity) == (0, 0, None)


def test_lithium_apart_from_the_electrode_does_not_count():
    def inside(x, y):
        return np.minimum(box(x, y, 30e-6, 34e-6, -1e-6, 30e-6), np.hypot(x - 10e-6, y - 40e-6) - 6e-6)

    shape = measure_shape(drawn(inside, 0.5e-6), 0.5e-6, WIDTH)
    assert (shape.trunks, shape.tips) == (1, 1)
    assert shape.perimeter == pytest.approx(64e-6, rel=0.03)


def test_filling_is_that_of_the_profile_deep_inside():
    """Half-filled metal shows; a profile at rest is above 0.98 four widths behind its contour."""
    full = drawn(lambda x, y: y - 20e-6, 0.5e-6)
    assert measure_shape(full, 0.5e-6, WIDTH).filling > 0.998
    assert measure_shape(0.8 * full, 0.5e-6, WIDTH).filling == pytest.approx(0.8, abs=0.002)


def test_in_space_there_is_no_shape():
    grid = Grid((8, 8, 8), 1e-6)
    assert describe_shapes(grid, [np.zeros(grid.nodes)], 1e-6).tips == []


def test_bumps_are_no_branches():
    """A needle of 10 um with bumps of 1 um on its flanks has one tip."""

    def inside(x, y):
        bumps = [
            np.hypot(x - SIDE / 2 - side * 5e-6, y - up) - 1e-6 for side in (-1, 1) for up in (15e-6, 25e-6, 35e-6)
        ]
        return np.minimum.reduce([stick(x, y, (32e-6, 0.0), (32e-6, 40e-6), 5e-6), *bumps])

    assert measure_shape(drawn(inside, 0.25e-6), 0.25e-6, 0.25e-6).tips == 1
