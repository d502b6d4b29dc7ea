"""Particle classes: packing, sole difference between fine and graded, impossible inputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.microstructure import Microstructure, needles
from selflimit.mesoscale.parameters import InterfaceParameters

GRID = Grid((64, 96), 1e-6)
P = InterfaceParameters()


def fraction(count, radius=9e-6):
    """Area fraction of ``count`` discs."""
    return count * np.pi * radius**2 / (GRID.size[0] * GRID.size[1])


def test_fine_and_graded_differ_only_in_the_eigenstrain():
    fine, graded = Microstructure.fine(GRID), Microstructure.graded(GRID)
    assert all(np.array_equal(a, b) for a, b in zip(fine.host_moduli(P), graded.host_moduli(P), strict=True))
    ratio = graded.expansion(P) / fine.expansion(P)
    assert ratio.min() == pytest.approx(1.0)
    assert ratio.max() == pytest.approx(1.0 / P.fine_ratio)
    inside = graded.coarse == 1.0
    assert graded.expansion(P)[inside] == pytest.approx(np.broadcast_to(P.coarse_expansion, (inside.sum(), 3)))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(0, 4))
def test_packing_keeps_particles_apart_and_off_the_ends(seed, count):
    radius, gap, clearance = 7e-6, 5e-6, 10e-6
    structure = Microstructure.graded(GRID, seed, fraction(count, radius), radius, gap, clearance)
    y = GRID.cell_centres()[1]
    occupied = structure.coarse > 0
    # One cell of smeared edge on either side.
    assert np.all(y[occupied] > clearance - GRID.spacing)
    assert np.all(y[occupied] < GRID.size[1] - clearance + GRID.spacing)
    # Area of whole discs bounds it from above; half of it from below, as only the sides may cut (centres are inside).
    area = structure.coarse.sum() * GRID.cell_volume
    assert 0.5 * count * np.pi * radius**2 * 0.98 <= area <= count * np.pi * radius**2 * 1.02
    assert label(occupied)[1] == count  # a gap of five cells: as many separate pieces as particles
    again = Microstructure.graded(GRID, seed, fraction(count, radius), radius, gap, clearance)
    assert np.array_equal(structure.coarse, again.coarse)


def test_disc_area_is_resolved():
    """The smeared edge keeps the area: 1 % at nine cells of radius (edge error of order (dx/R)^2)."""
    centred = [s for s in range(40) if _inside(Microstructure.graded(GRID, s, fraction(1)))]
    assert centred
    area = Microstructure.graded(GRID, centred[0], fraction(1)).coarse.sum() * GRID.cell_volume
    assert area == pytest.approx(np.pi * (9e-6) ** 2, rel=0.01)


def _inside(structure):
    return structure.coarse[[0, -1]].max() == 0.0


def test_interface_is_symmetric_with_an_open_channel():
    structure = Microstructure.interface(GRID)
    total = structure.coarse + structure.electrolyte
    assert total.max() <= 1.0
    assert structure.coarse == pytest.approx(structure.coarse[::-1], abs=1e-12)
    width = GRID.spacing * (structure.coarse.max(axis=1) < 0.5).sum()
    assert width == pytest.approx(0.25 * GRID.size[0], abs=2 * GRID.spacing)
    assert structure.electrolyte[:, -1].min() == 1.0
    lam, mu = structure.host_moduli(P)
    assert lam[0, -1] / mu[0, -1] == pytest.approx(2 * P.electrolyte_poisson / (1 - 2 * P.electrolyte_poisson))


def test_needles_start_from_a_profile_of_width_w():
    flat = needles(GRID, 1e-6, count=0, strip=10e-6)
    y = GRID.node_coordinates()[1]
    assert flat == pytest.approx(0.5 * (1 - np.tanh((y - 10e-6) / 2e-6)), abs=1e-15)
    pointed = needles(GRID, 1e-6, seed=3)
    assert pointed.max() <= 1.0
    assert GRID.integrate(pointed) > GRID.integrate(needles(GRID, 1e-6, count=0))


@pytest.mark.parametrize(
    "arguments",
    [
        {"coarse_fraction": 0.9},
        {"radius": 1e-6},
        {"radius": 60e-6},
        {"coarse_fraction": -0.1},
        {"coarse_fraction": 1.0},
    ],
)
def test_impossible_packings_are_refused(arguments):
    with pytest.raises(InputError, match="particles"):
        Microstructure.graded(GRID, 0, **arguments)


def test_impossible_interfaces_and_needles_are_refused():
    with pytest.raises(InputError, match="channel"):
        Microstructure.interface(GRID, channel=1.0)
    with pytest.raises(InputError, match="layer"):
        Microstructure.interface(GRID, height=0.7)
    with pytest.raises(InputError, match="shorter"):
        needles(GRID, 1e-6, strip=95e-6)
