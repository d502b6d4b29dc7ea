"""Iterations of multigrid: bounded for all sizes, contrasts and dimensions.

The bound is 15 where the phases are resolved: features of two cells and more in the plane, balls of several cells in
three dimensions; for the potential in space also thin sheets and crumbs of one cell. In the plane and for displacements
slivers of one cell and media that are random from cell to cell need two to four times as many.
"""

import numba
import numpy as np
import pytest

from selflimit.isotropic import lame
from selflimit.mesoscale import Grid, GrowthModel, InterfaceParameters, Microstructure, solve_elastic, solve_scalar
from selflimit.mesoscale.mechanics.elasticity import roller_box
from selflimit.mesoscale.solver.nodal_vectors import Kernel, threads_asked

MOST = 15


@Kernel
def note_thread(lines, workers):
    for line in numba.prange(len(lines)):
        workers[lines[line]] = numba.get_thread_id()


def places(grid):
    return [c / size for c, size in zip(grid.cell_centres(), grid.size, strict=True)]


def branches(grid):
    """Needles and loose grains that grow from the bottom, two cells thick and more at 128 cells a side."""
    *lateral, y = places(grid)
    x = sum(lateral) / len(lateral)
    metal = y < 0.2 + 0.1 * np.sin(9.0 * x)
    for cx, cy, radius in np.random.default_rng(1).uniform(0.0, 1.0, (12, 3)):
        metal |= np.hypot(x - cx, y - cy) < 0.08 * radius
        metal |= (abs(x - cx + 0.1 * np.sin(10.0 * y + 6.0 * radius)) < 0.01) & (y < 0.8 * cy)
    return metal


def grains(grid):
    """Loose and overlapping discs or balls; fewer and larger balls, of 3 to 8 cells radius at 32 cells a side."""
    number, least, spread = (30, 0.02, 0.06) if grid.dimension == 2 else (10, 0.1, 0.15)
    place, grains = np.stack(places(grid), axis=-1), np.zeros(grid.shape, dtype=bool)
    for *centre, radius in np.random.default_rng(1).uniform(0.0, 1.0, (number, grid.dimension + 1)):
        grains |= np.linalg.norm(place - centre, axis=-1) < least + spread * radius
    return grains


def potential_iterations(grid, phase, inside, outside):
    fixed, x0, zero = np.zeros(grid.nodes, dtype=bool), np.zeros(grid.nodes), np.zeros(grid.nodes)
    fixed[..., [0, -1]] = True
    x0[..., 0] = -0.1
    return solve_scalar(grid, np.where(phase, inside, outside), zero, zero, fixed, x0).iterations


def mechanics_iterations(grid, phase, inside, outside, fixed=None):
    lam, mu = lame(*(np.where(phase, a, b) for a, b in zip(inside, outside, strict=True)))
    rhs = np.random.default_rng(0).normal(size=(*grid.nodes, grid.dimension))
    fixed = roller_box(grid) if fixed is None else fixed
    return solve_elastic(grid, lam, mu, rhs, fixed, np.zeros_like(rhs)).iterations


SQUARES = [Grid((n, n), 1e-7) for n in (64, 128, 256, 512)]
CUBES = [Grid((n, n, n), 1e-7) for n in (16, 32)]
SOFT, STIFF = (1e9, 0.45), (1e12, 0.3)


@pytest.mark.parametrize("grid", SQUARES)
@pytest.mark.parametrize("medium", [branches, grains])
def test_potential_at_contrast_1e7(grid, medium):
    assert potential_iterations(grid, medium(grid), 1e7, 1.0) <= MOST


@pytest.mark.parametrize("grid", SQUARES)
def test_soft_metal_in_a_stiff_matrix(grid):
    assert mechanics_iterations(grid, branches(grid), (5e9, 0.42), (50e9, 0.3)) <= MOST


@pytest.mark.parametrize(
    ("medium", "grid"),
    # not the needles at 64 cells a side: one cell wide, they touch at corners and are hinges (53 iterations)
    [(branches, SQUARES[1]), (branches, SQUARES[2]), (grains, SQUARES[0]), (grains, SQUARES[1]), (grains, SQUARES[2])],
)
@pytest.mark.parametrize("phases", [(SOFT, STIFF), (STIFF, SOFT)])
def test_stiffness_contrast_1e3_with_a_nearly_incompressible_phase(medium, grid, phases):
    assert mechanics_iterations(grid, medium(grid), *phases) <= MOST


@pytest.mark.parametrize("grid", [*CUBES, Grid((64, 64, 64), 1e-7)])
@pytest.mark.parametrize("medium", [branches, grains])  # branches: sheets of one to three cells, crumbs of one
def test_potential_at_contrast_1e7_in_space(grid, medium):
    """Bodies of conductor that float a few cells apart: 16 to 23 without ``conductors.py``."""
    assert potential_iterations(grid, medium(grid), 1e7, 1.0) <= MOST


def test_hundreds_of_small_discs():
    """600 overlapping discs of two cells radius: 40 without ``conductors.py``."""
    grid = Grid((400, 400), 1e-7)
    discs = np.zeros(grid.shape, dtype=bool)
    for centre in np.random.default_rng(3).uniform(0.0, 1.0, (600, 2)):
        discs |= np.linalg.norm(np.stack(places(grid), axis=-1) - centre, axis=-1) < 2.0 / 400
    assert potential_iterations(grid, discs, 1e7, 1.0) <= MOST


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_media_random_from_cell_to_cell(share):
    """Thousands of floating bodies: at a share of 0.3 more than 300 with potentials for the largest 256 only."""
    grid = Grid((128, 128), 1e-7)
    good = np.random.default_rng(3).random(grid.shape) < share
    assert potential_iterations(grid, good, 1e7, 1.0) <= 4 * MOST


@pytest.mark.parametrize("grid", CUBES)
def test_stiffness_in_space(grid):
    assert mechanics_iterations(grid, grains(grid), (5e9, 0.42), (50e9, 0.3)) <= MOST
    assert mechanics_iterations(grid, grains(grid), SOFT, STIFF) <= MOST
    assert mechanics_iterations(grid, grains(grid), STIFF, SOFT) <= MOST


def test_free_sides():
    """A cantilever: clamped at the bottom, free elsewhere."""
    grid = Grid((64, 256), 1e-7)
    fixed = np.zeros((*grid.nodes, 2), dtype=bool)
    fixed[:, 0] = True
    assert mechanics_iterations(grid, grains(grid), STIFF, SOFT, fixed) <= MOST


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one processor")
def test_threads_share_the_lines():
    """Serial first: numba's cache once took what it compiled for the threaded version, too."""
    lines = np.arange(1000)
    who = {threads: np.full(1000, -1.0) for threads in (1, 2)}
    numba.set_num_threads(2)
    for threads, workers in who.items():
        note_thread(threads, lines, workers)
    assert [len(np.unique(workers)) for workers in who.values()] == [1, 2]


def test_one_and_two_threads_give_the_same_bits():
    grid = Grid((160, 136), 1e-7)
    lam, mu = lame(np.where(grains(grid), 1e12, 1e9), 0.3)
    rhs = np.random.default_rng(0).normal(size=(*grid.nodes, 2))
    one, two = (solve_elastic(grid, lam, mu, rhs, roller_box(grid), 0 * rhs, threads=n).x for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_a_growth_on_one_and_two_threads_gives_the_same_bits():
    layer = Microstructure.fine(Grid((160, 48), 0.5e-6), seed=1)
    parameters = InterfaceParameters(interface_width=0.5e-6)
    begin = layer.initial_lithium(0.5e-6)
    one, two = (GrowthModel(parameters, layer, threads=n).evolve(begin, [0.0, 2.0]).state for n in (1, 2))
    assert one.time == 2.0
    for name in ("xi", "c", "phi"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize(("variable", "threads"), [("2", 2), ("100000", None), ("2,1", 2), ("0", 1), ("", 1), ("x", 1)])
def test_threads_are_those_that_the_batch_system_grants(variable, threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    there = numba.config.NUMBA_NUM_THREADS
    assert threads_asked() == min(threads or there, there)
