"""Areas of surfaces on the grid against exact ones: planes of any inclination, discs, balls, a trench."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selflimit.mesoscale import Contact, Grid, Microstructure, Particle
from selflimit.mesoscale.layers.particles import rasterise_particles
from selflimit.mesoscale.layers.surfaces import Surface


def disc(cells):
    """A disc of radius 1 µm, edges one cell wide, not centred on the grid."""
    return rasterise_particles(Grid((4 * cells,) * 2, 1e-6 / cells), [Particle.ball((2.03e-6, 2.017e-6), 1e-6)])


def test_the_length_of_a_circle_converges():
    errors = [abs(Surface.of(disc(n)).area.sum() / n / (2.0 * np.pi) - 1.0) for n in (8, 128)]
    assert errors[0] < 3e-3
    # four halvings: an observed order of about 1 between irregular single values
    assert errors[1] < errors[0] / 8.0


@pytest.mark.parametrize("cells", [8, 16, 32, 64])
def test_a_circle_of_whole_cells_is_right_to_half_a_per_cent(cells):
    """Without soft edges the normals keep some noise of the staircase, whose faces alone have 4/pi of the length."""
    found = Surface.of((disc(cells) > 0.5).astype(float))
    assert found.area.sum() / cells == pytest.approx(2.0 * np.pi, rel=5e-3)
    assert len(found.area) / cells == pytest.approx(8.0, rel=0.05)


def test_a_ball_has_its_surface():
    x = (np.arange(48) + 0.5) / 16.0 - 1.51
    inside = x[:, None, None] ** 2 + x[:, None] ** 2 + x**2 < 1.0
    assert Surface.of(inside.astype(float)).area.sum() / 16.0**2 == pytest.approx(4.0 * np.pi, rel=5e-3)


@settings(max_examples=30, deadline=None)
@given(angle=st.floats(0.0, 90.0), offset=st.floats(-3.0, 3.0))
def test_an_inclined_plane_has_its_length_and_not_that_of_the_staircase(angle, offset):
    n, (across, up) = 96, (np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle)))
    x, y = np.meshgrid(*[np.arange(2 * n) + 0.5 - n] * 2, indexing="ij")
    found = Surface.of((across * x + up * y > offset).astype(float))
    i, j = np.unravel_index(found.outside, found.shape)
    along = (i + 0.5 - n) * up - (j + 0.5 - n) * across
    # of the middle 120 cells; a face more or less at either end is 1 %, the noise of the normals less
    assert found.area[np.abs(along) < 60.0].sum() == pytest.approx(120.0, rel=0.02)


@given(st.integers(2, 30))
def test_a_flat_surface_counts_its_faces_exactly(height):
    fraction = np.zeros((8, 32))
    fraction[:, height:] = 1.0
    found = Surface.of(fraction)
    assert np.array_equal(found.area, np.ones(8))
    assert np.array_equal(np.unravel_index(found.outside, found.shape)[1], np.full(8, height - 1))
    assert found.on_inner_cells().sum() == found.on_inner_cells()[:, height].sum() == 8.0


GRID = Grid((64, 96), 0.5e-6)
X, Y = (axis * 1e6 for axis in GRID.node_coordinates())
CELL_X, CELL_Y = (axis * 1e6 for axis in GRID.cell_centres())


def contact(electrolyte, xi):
    return Contact.of(
        Microstructure("drawn", 0, GRID, np.zeros(GRID.shape), electrolyte.astype(float)), xi.astype(float)
    )


def test_the_walls_of_a_trench_count():
    """A channel 8 µm wide from the surface at 12 µm up to 40 µm; lithium fills it to half way between two nodes."""
    wall = (CELL_Y > 12.0) & ~((np.abs(CELL_X - 16.0) < 4.0) & (CELL_Y < 40.0))
    lithium = ((np.abs(X - 16.0) <= 4.0) & (Y < 36.0)) | (Y < 6.0)
    found = contact(wall, lithium)
    # 24 µm of bottom, twice 28 µm of wall, 8 µm of roof; the six corners lose a cell or so each
    assert 0.5 * found.surface.area.sum() == pytest.approx(88.0, rel=0.02)
    assert found.coverage == pytest.approx(48.0 / 88.0, abs=0.01)


def test_lithium_around_a_particle_and_on_one_side_of_it():
    r, R = np.hypot(CELL_X - 16.0, CELL_Y - 24.0), np.hypot(X - 16.0, Y - 24.0)
    assert contact(r < 8.0, R > 7.9).coverage == 1.0
    # the equator is a row of cells: half a cell at either end of pi r
    assert contact(r < 8.0, (R > 7.9) & (Y > 24.0)).coverage == pytest.approx(0.5, abs=0.025)


def test_means_over_the_covered_and_over_all_of_the_surface():
    found = contact(CELL_Y > 12.0, (X < 8.2) & (Y <= 12.0))
    field = np.where(CELL_X < 8.0, 3.0, 1.0)
    assert found.coverage == 0.25
    assert found.mean_over_covered(field) == 3.0
    assert found.mean_over_all(field) == pytest.approx(1.5, rel=1e-12)
