"""What no discretisation may break: uniform strain, rigid motions, reflections and quarter turns."""

import numpy as np
import pytest

from selflimit.isotropic import lame
from selflimit.mesoscale import Grid
from selflimit.mesoscale.mechanics.elasticity import equilibrium
from selflimit.mesoscale.mechanics.stress import as_matrix

CUBES = [Grid((32, 32), 1e-6), Grid((8, 8, 8), 1e-6)]


def sides(grid):
    fixed = np.zeros((*grid.nodes, grid.dimension), dtype=bool)
    for axis in range(grid.dimension):
        np.moveaxis(fixed, axis, 0)[[0, -1]] = True
    return fixed


def random_medium(grid, seed=0):
    random = np.random.default_rng(seed)
    lam, mu = lame(10.0 ** random.uniform(9, 12, grid.shape), random.uniform(0, 0.45, grid.shape))
    return lam, mu, random.uniform(0, 1e-3, (*grid.shape, 3))


@pytest.mark.parametrize("grid", CUBES)
def test_uniform_strain_in_a_uniform_body(grid):
    d, (lam, mu) = grid.dimension, lame(50e9, 0.45)
    gradient = np.random.default_rng(1).uniform(-1e-3, 1e-3, (d, d))
    exact = np.stack(grid.node_coordinates(), axis=-1) @ gradient.T
    x0, one = np.where(sides(grid), exact, 0.0), np.ones(grid.shape)
    state = equilibrium(grid, lam * one, mu * one, np.zeros((*grid.shape, 3)), sides(grid), x0, rtol=1e-13)
    strain = np.zeros((3, 3))
    strain[:d, :d] = 0.5 * (gradient + gradient.T)
    stress = lam * np.trace(strain) * np.eye(3) + 2 * mu * strain
    # linear fields are in the Q1 space: round-off and rtol only
    np.testing.assert_allclose(state.displacement, exact, rtol=0.0, atol=1e-10 * np.abs(exact).max())
    np.testing.assert_allclose(
        as_matrix(state.stress), np.broadcast_to(stress, (*grid.shape, 3, 3)), rtol=0, atol=1e-9 * np.abs(stress).max()
    )


@pytest.mark.parametrize("grid", CUBES)
def test_rigid_motion_of_the_sides_moves_a_random_body_without_stress(grid):
    d, random = grid.dimension, np.random.default_rng(2)
    lam, mu, _ = random_medium(grid)
    turn = random.normal(size=(d, d)) * 1e-3
    exact = np.stack(grid.node_coordinates(), axis=-1) @ (turn - turn.T) + random.normal(size=d) * 1e-9
    state = equilibrium(
        grid, lam, mu, np.zeros((*grid.shape, 3)), sides(grid), np.where(sides(grid), exact, 0.0), rtol=1e-12
    )
    # rtol is relative to the energy of the first guess, whose strain at the sides is of the order of the rotation
    np.testing.assert_allclose(state.displacement, exact, rtol=0.0, atol=1e-8 * np.abs(exact).max())
    assert np.abs(state.stress).max() <= 1e-7 * np.abs(turn).max() * lam.max()


@pytest.mark.parametrize("grid", CUBES)
@pytest.mark.parametrize("motion", ["reflection", "quarter turn"])
def test_the_moved_problem_has_the_moved_solution(grid, motion):
    d, (lam, mu, eigenstrain) = grid.dimension, random_medium(grid)
    Q = np.eye(3)
    if motion == "reflection":
        Q[0, 0] = -1.0
    else:
        Q[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]

    def moved(field):
        return np.flip(field, axis=0) if motion == "reflection" else np.rot90(field, axes=(0, 1))

    def solve(lam, mu, eigenstrain):
        return equilibrium(grid, lam, mu, eigenstrain, sides(grid), np.zeros((*grid.nodes, d)), rtol=1e-12)

    one = solve(lam, mu, eigenstrain)
    order = [0, 1, 2] if motion == "reflection" else [1, 0, 2]
    other = solve(moved(lam), moved(mu), moved(eigenstrain)[..., order])
    expected = Q @ moved(as_matrix(one.stress)) @ Q.T
    # rtol times the square root of the number of cells and of the contrast, with margin
    np.testing.assert_allclose(as_matrix(other.stress), expected, rtol=0.0, atol=1e-8 * np.abs(expected).max())
    u = moved(one.displacement) @ Q[:d, :d].T
    np.testing.assert_allclose(other.displacement, u, rtol=0.0, atol=1e-8 * np.abs(u).max())
