from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selflimit.errors import InputError
from selflimit.mesoscale import Grid
from selflimit.mesoscale.grid import COARSEST_NODES, FEW_NODES

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40)) | st.tuples(*[st.integers(1, 8)] * 3)
GRIDS = st.builds(Grid, SHAPES, st.floats(1e-9, 1e3))
SEEDS = st.integers(0, 2**32 - 1)


def test_coordinates_run_from_the_electrode_to_the_far_electrolyte():
    grid = Grid((4, 8), 0.5)
    x, y = grid.node_coordinates()
    assert x.shape == y.shape == grid.nodes == (5, 9)
    assert (x[-1, 3], y[2, -1]) == grid.size == (2.0, 4.0)
    assert np.all(y[:, 0] == 0.0)
    centre_x, centre_y = grid.cell_centres()
    assert centre_x.shape == grid.shape
    assert (centre_x[0, 0], centre_y[1, 2]) == (0.25, 1.25)


@given(GRIDS)
def test_volumes_fill_the_rectangle(grid):
    # a sum of at most 1681 positive terms: round-off below 1681 eps
    assert grid.integrate(np.ones(grid.nodes)) == pytest.approx(np.prod(grid.size), rel=1e-12)


@given(GRIDS, SEEDS)
def test_cell_means_and_nodal_means_conserve_the_integral(grid, seed):
    random = np.random.default_rng(seed)
    nodal, cell = random.random(grid.nodes), random.random(grid.shape)
    # positive terms: round-off only
    assert grid.to_cells(nodal).sum() * grid.cell_volume == pytest.approx(grid.integrate(nodal), rel=1e-12)
    assert grid.integrate(grid.to_nodes(cell)) == pytest.approx(cell.sum() * grid.cell_volume, rel=1e-12)


def test_cell_means_of_a_bilinear_field_are_its_values_at_the_centres():
    grid = Grid((6, 4), 0.25)

    def field(x, y):
        return 2.0 + 3.0 * x - y + 5.0 * x * y

    # bilinear functions are in the Q1 space: round-off only
    np.testing.assert_allclose(grid.to_cells(field(*grid.node_coordinates())), field(*grid.cell_centres()), rtol=1e-14)


def test_cell_means_of_a_trilinear_field_are_its_values_at_the_centres():
    grid = Grid((3, 2, 5), 0.25)

    def field(x, y, z):
        return 2.0 + 3.0 * x - y + 5.0 * x * y * z + z * x

    np.testing.assert_allclose(grid.to_cells(field(*grid.node_coordinates())), field(*grid.cell_centres()), rtol=1e-14)


def test_transfer_keeps_trailing_components():
    grid = Grid((6, 4), 0.25)
    vector = np.random.default_rng(0).random((*grid.shape, 3))
    by_component = np.stack([grid.to_nodes(vector[..., a]) for a in range(3)], axis=-1)
    np.testing.assert_array_equal(grid.to_nodes(vector), by_component)


@given(st.lists(st.integers(1, 8), min_size=2, max_size=3), st.integers(0, 5))
def test_levels_halve_down_to_few_nodes(blocks, power):
    grid = Grid(tuple(m * 2**power for m in blocks), 1.0)
    levels = grid.levels()
    assert all(fine == tuple(2 * n for n in coarse) for fine, coarse in pairwise(levels))
    assert np.prod([n + 1 for n in levels[-1]]) <= COARSEST_NODES[grid.dimension]
    assert len(levels) == 1 or np.prod([n + 1 for n in levels[-2]]) > FEW_NODES


@pytest.mark.parametrize(
    ("shape", "spacing", "message"),
    [
        ((0, 4), 1.0, "positive whole"),
        ((4,), 1.0, "positive whole"),
        ((4, 4, 4, 4), 1.0, "positive whole"),
        ((101, 101, 101), 1.0, "multiples of a power of two such as \\(96, 96, 96\\)"),
        ((4.0, 4), 1.0, "positive whole"),
        ((401, 401), 1.0, "multiples of a power of two"),
        ((64_000, 96_000), 1.0, "at most 1e.09 cells, got 64000 x 96000, of which one field takes 49.2 GB"),
        ((4, 4), 0.0, "cell edge"),
        ((4, 4), float("nan"), "cell edge"),
    ],
)
def test_bad_grids_are_refused(shape, spacing, message):
    with pytest.raises(InputError, match=message):
        Grid(shape, spacing)


def test_the_shape_suggested_in_the_error_is_accepted():
    with pytest.raises(InputError, match=r"such as \(400, 208\)"):
        Grid((401, 211), 1.0)
    assert Grid((400, 208), 1.0).levels()[-1] == (25, 13)


def test_fields_of_another_grid_are_refused():
    grid = Grid((4, 6), 1.0)
    with pytest.raises(InputError, match=r"\(5, 7\)"):
        grid.to_cells(np.zeros(grid.shape))
    with pytest.raises(InputError, match=r"\(4, 6\)"):
        grid.to_nodes(np.zeros(grid.nodes))
    with pytest.raises(InputError, match=r"\(5, 7\)"):
        grid.integrate(np.zeros(grid.shape))
