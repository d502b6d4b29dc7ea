"""The noise is white, and a function of seed, place and time only."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from selflimit.mesoscale import Grid
from selflimit.mesoscale.equations.noise import lattice_values, noise

W = 0.5e-6


def lattice(*shape):
    return np.ix_(*map(np.arange, shape))


def everywhere(grid, *arguments):
    return noise(grid, *arguments, np.ones(grid.nodes, dtype=bool))


def test_lattice_values_are_independent_standard_normal_numbers():
    values = lattice_values(lattice(300, 300), 3, 7)
    assert stats.kstest(values.ravel(), "norm").pvalue > 1e-3
    others = (
        lattice_values(lattice(300, 300), 4, 7),
        lattice_values(lattice(300, 300), 3, 8),
        lattice_values(lattice(300, 300), 7, 3),
    )
    neighbours = (np.roll(values, 1, 0), np.roll(values, 1, 1), np.roll(values, (1, -1), (0, 1)), values.T)
    # A correlation coefficient of 90 000 independent pairs has the standard deviation 1/300; five of them allowed.
    for other in (*others, *neighbours):
        off_diagonal = ~np.eye(300, dtype=bool)
        assert abs(np.corrcoef(values[off_diagonal], other[off_diagonal])[0, 1]) < 5 / 300


def test_a_value_does_not_depend_on_the_size_of_the_lattice():
    small, large = lattice_values(lattice(5, 6), 1, 2), lattice_values(lattice(50, 40), 1, 2)
    assert np.array_equal(small, large[:5, :6])
    assert not np.array_equal(small, lattice_values(lattice(5, 6), -1, 2))
    assert lattice_values(lattice(3, 4, 5), 1, 2).shape == (3, 4, 5)


def test_what_is_asked_for_does_not_depend_on_the_rest():
    grid = Grid((16, 24), W / 1.7)
    asked = np.random.default_rng(0).random(grid.nodes) < 0.05
    part = noise(grid, W, 5, 0.5, 3.2, asked)
    assert np.array_equal(part[asked], everywhere(grid, W, 5, 0.5, 3.2)[asked])
    assert np.count_nonzero(part) < part.size


@pytest.mark.parametrize("finer", [2, 3])
def test_two_grids_sample_one_field(finer):
    coarse = everywhere(Grid((16, 24), W), W, 5, 3.0, 4.5)
    fine = everywhere(Grid((16 * finer, 24 * finer), W / finer), W, 5, 3.0, 4.5)
    assert fine[::finer, ::finer] == pytest.approx(coarse, abs=1e-9)  # round-off of the positions times the slope
    longer = everywhere(Grid((32, 48), W), W, 5, 3.0, 4.5)
    assert longer[:17, :25] == pytest.approx(coarse, abs=1e-9)


def test_steps_of_any_length_sample_one_field():
    """The mean over a step is the mean of the means over its parts, wherever it is cut."""
    grid = Grid((8, 8), W)
    whole = everywhere(grid, W, 5, 1.3, 9.7)
    cuts = [1.3, 1.9, 2.0, 5.25, 9.7]
    parts = sum((b - a) * everywhere(grid, W, 5, a, b) for a, b in pairwise(cuts))
    assert parts / 8.4 == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(("cells", "spacing"), [((64, 64), W), ((128, 128), W / 2)])
def test_means_over_area_and_time_have_the_variance_of_white_noise(cells, spacing):
    """Variance w^2/S 1 s/t over blocks of 16 w x 16 w and 4 s; on any grid."""
    grid, blocks = Grid(cells, spacing), []
    for sample in range(40):
        field = grid.to_cells(everywhere(grid, W, 11, 4.0 * sample, 4.0 * (sample + 1)))
        n = cells[0] // 4
        blocks.append(field.reshape(4, n, 4, n).mean(axis=(1, 3)).ravel())
    # 640 blocks: relative standard deviation of the variance sqrt(2/640) = 6 %, of which three allowed. The edges of
    # the blocks are blurred over w, which takes 2 x (1/6)/16 = 2 % off.
    assert 16**2 * 4 * np.var(blocks) == pytest.approx(0.98, rel=0.18)
