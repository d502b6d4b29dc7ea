"""Mechanics with eigenstrain against closed-form solutions; orders of convergence are in tests/validation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selflimit.errors import InputError
from selflimit.isotropic import lame
from selflimit.mesoscale import Grid, cell_strain
from selflimit.mesoscale.mechanics.elasticity import (
    MechanicalState,
    eigenstress,
    elastic_stress,
    equilibrium,
    generalised_plane_strain,
    nodal_forces,
    roller_box,
)

SEEDS = st.integers(0, 2**32 - 1)
XX, YY, ZZ, XY = range(4)
LITHIUM, CERAMIC = lame(4.9e9, 0.36), lame(50e9, 0.25)


def at_rest(grid):
    return np.zeros((*grid.nodes, 2))


def edges(grid):
    fixed = np.zeros((*grid.nodes, 2), dtype=bool)
    fixed[[0, -1]] = fixed[:, [0, -1]] = True
    return fixed


def uniform(grid, moduli):
    return tuple(np.full(grid.shape, float(m)) for m in moduli)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.sampled_from([(1, 1, 1, 1), (2, 4, 8, 2), (1, 7, 4, 4)]), st.integers(1, 8))
def test_laminate_between_rollers_is_exact(seed, cells, columns):
    random = np.random.default_rng(seed)
    lam, mu = lame(random.uniform(1e9, 1e11, 4), random.uniform(0.0, 0.45, 4))
    k = random.uniform(-1e-3, 1e-3, 4)
    thickness, M, B = np.array(cells), lam + 2 * mu, 3 * lam + 2 * mu
    s_yy = -(thickness * B * k / M).sum() / (thickness / M).sum()
    s_xx = lam * (s_yy + B * k) / M - B * k

    grid = Grid((columns, sum(cells)), 1e-6)
    lam, mu, k, s_xx = (np.tile(np.repeat(values, cells), (columns, 1)) for values in (lam, mu, k, s_xx))
    state = equilibrium(grid, lam, mu, k[..., None] * np.ones(3), roller_box(grid), at_rest(grid), rtol=1e-13)
    # Q1 holds the exact solution; round-off and rtol stay below 1e-10 of the largest eigenstress
    expected = np.stack([s_xx, np.full_like(s_xx, s_yy), s_xx, np.zeros_like(s_xx)], axis=-1)
    np.testing.assert_allclose(state.stress, expected, rtol=0.0, atol=1e-10 * np.abs(s_xx).max())
    np.testing.assert_allclose(state.pressure, (2 * s_xx + s_yy) / 3, rtol=0.0, atol=1e-10 * np.abs(s_xx).max())


def test_different_eigenstrain_in_each_direction_of_a_clamped_block():
    grid, K = Grid((4, 8), 1e-6), np.array([0.866e-3, 0.773e-3, 0.529e-3])
    lam, mu = LITHIUM
    eigenstrain = np.broadcast_to(K, (*grid.shape, 3))
    state = equilibrium(grid, *uniform(grid, LITHIUM), eigenstrain, edges(grid), at_rest(grid))
    normal = -(lam * K.sum() + 2 * mu * K)  # nothing can move: sigma = -C : eps0
    # a clamped uniform block: exact up to round-off
    np.testing.assert_allclose(state.stress, np.broadcast_to([*normal, 0.0], state.stress.shape), rtol=1e-12, atol=1e-6)
    assert state.pressure.max() < 0.0  # swelling under confinement is compression
    np.testing.assert_allclose(state.pressure, -(lam + 2 * mu / 3) * K.sum(), rtol=1e-12)


def test_patch_of_linear_displacement_is_exact():
    grid, gradient = Grid((16, 8), 0.125), np.array([[1e-3, 3e-4], [-7e-4, -2e-3]])
    exact = np.stack(grid.node_coordinates(), axis=-1) @ gradient.T
    x0 = np.where(edges(grid), exact, 0.0)
    lam, mu = CERAMIC
    state = equilibrium(grid, *uniform(grid, CERAMIC), np.zeros((*grid.shape, 3)), edges(grid), x0, rtol=1e-13)
    # linear fields are in the Q1 space: round-off and rtol only
    np.testing.assert_allclose(state.displacement, exact, rtol=0.0, atol=1e-11 * np.abs(exact).max())
    strain, trace = 0.5 * (gradient + gradient.T), np.trace(gradient)
    expected = [lam * trace + 2 * mu * strain[0, 0], lam * trace + 2 * mu * strain[1, 1], lam * trace]
    np.testing.assert_allclose(
        state.stress, np.broadcast_to([*expected, 2 * mu * strain[0, 1]], state.stress.shape), rtol=1e-9
    )


def test_a_rigid_motion_of_the_edges_gives_no_stress():
    grid, random = Grid((16, 16), 1.0 / 16), np.random.default_rng(5)
    x, y = grid.node_coordinates()
    exact = np.stack([0.3 - 0.01 * y, -0.2 + 0.01 * x], axis=-1)  # linearised rotation
    lam, mu = lame(10.0 ** random.uniform(9, 11, grid.shape), random.uniform(0, 0.45, grid.shape))
    x0 = np.where(edges(grid), exact, 0.0)
    state = equilibrium(grid, lam, mu, np.zeros((*grid.shape, 3)), edges(grid), x0, rtol=1e-12)
    np.testing.assert_allclose(state.displacement, exact, rtol=0.0, atol=1e-10)  # displacement of order 0.3
    assert np.abs(state.stress).max() < 1e-7 * mu.max()  # 1e-10 over dx, times the stiffest modulus, with margin


def test_a_body_free_to_swell_carries_no_stress_in_the_plane():
    grid, e = Grid((16, 8), 0.125), 2e-3
    lam, mu = uniform(grid, LITHIUM)
    fixed = np.zeros((*grid.nodes, 2), dtype=bool)
    fixed[0, 0] = fixed[-1, 0, 1] = True  # three restraints: no rigid motion, no reaction
    eigenstrain = np.broadcast_to([e, e, 0.0], (*grid.shape, 3))
    state = equilibrium(grid, lam, mu, eigenstrain, fixed, at_rest(grid), rtol=1e-12)
    x, y = grid.node_coordinates()
    np.testing.assert_allclose(state.displacement, e * np.stack([x, y], axis=-1), rtol=0.0, atol=1e-9 * e)
    assert np.abs(state.stress).max() < 1e-8 * lam[0, 0] * e


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_zero_eigenstrain_gives_zero_stress(seed):
    grid, random = Grid((16, 8), 1e-6), np.random.default_rng(seed)
    lam, mu = lame(random.uniform(1e9, 1e11, grid.shape), random.uniform(0, 0.45, grid.shape))
    state = equilibrium(grid, lam, mu, np.zeros((*grid.shape, 3)), roller_box(grid), at_rest(grid))
    assert not state.stress.any()
    assert not state.displacement.any()


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_mirror_image_and_exchange_of_axes(seed):
    grid, random = Grid((16, 16), 1e-6), np.random.default_rng(seed)
    lam, mu = lame(random.uniform(1e9, 1e10, grid.shape), random.uniform(0, 0.45, grid.shape))
    eigenstrain = random.uniform(0, 1e-3, (*grid.shape, 3))
    one = equilibrium(grid, lam, mu, eigenstrain, edges(grid), at_rest(grid), rtol=1e-12)
    mirrored = equilibrium(grid, lam[::-1], mu[::-1], eigenstrain[::-1], edges(grid), at_rest(grid), rtol=1e-12)
    turned = equilibrium(
        grid, lam.T, mu.T, eigenstrain.swapaxes(0, 1)[..., [1, 0, 2]], edges(grid), at_rest(grid), rtol=1e-12
    )
    tolerance = 1e-8 * np.abs(one.stress).max()  # rtol times the square root of the number of cells, with margin
    np.testing.assert_allclose(mirrored.stress[::-1] * [1, 1, 1, -1], one.stress, rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(
        turned.stress.swapaxes(0, 1)[..., [YY, XX, ZZ, XY]], one.stress, rtol=0.0, atol=tolerance
    )


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_nodal_forces_are_the_virtual_work_of_the_stress(seed):
    grid, random = Grid((8, 4), 0.5), np.random.default_rng(seed)
    stress, v = random.normal(size=(*grid.shape, 4)), random.normal(size=(*grid.nodes, 2))
    strain = cell_strain(grid, v)
    work = (stress[..., :XY] * strain[..., :XY]).sum() + 2.0 * (stress[..., XY] * strain[..., XY]).sum()
    # identical bilinear form, summed in another order
    assert np.vdot(nodal_forces(grid, stress), v) == pytest.approx(work * grid.cell_volume, rel=1e-10, abs=1e-10)


def test_displacement_agrees_with_the_direct_solver(oracle):
    grid, random = Grid((24, 16), 1e-6), np.random.default_rng(2)
    lam, mu = lame(10.0 ** random.uniform(9, 12, grid.shape), random.uniform(0, 0.45, grid.shape))
    eigenstrain = random.uniform(0, 1e-3, (*grid.shape, 3))
    state = equilibrium(grid, lam, mu, eigenstrain, roller_box(grid), at_rest(grid), rtol=1e-11)
    load = nodal_forces(grid, eigenstress(lam, mu, eigenstrain))
    expected = oracle.direct_elastic(grid, lam, mu, load, roller_box(grid), at_rest(grid))
    assert np.abs(state.displacement - expected).max() <= 1e-8 * np.abs(expected).max()
    balance = nodal_forces(grid, state.stress)  # cell means leave out the hourglass part: compare with the direct one
    direct = elastic_stress(lam, mu, cell_strain(grid, expected))
    direct[..., :XY] -= eigenstress(lam, mu, eigenstrain)
    np.testing.assert_allclose(balance, nodal_forces(grid, direct), rtol=0.0, atol=1e-7 * np.abs(balance).max())


def test_lame_constants_give_back_youngs_modulus_and_poissons_ratio():
    lam, mu = lame(np.array([4.9e9, 50e9]), np.array([0.36, 0.25]))
    np.testing.assert_allclose(mu * (3 * lam + 2 * mu) / (lam + mu), [4.9e9, 50e9], rtol=1e-14)
    np.testing.assert_allclose(lam / (2 * (lam + mu)), [0.36, 0.25], rtol=1e-14)


@pytest.mark.parametrize("moduli", [(-1.0, 0.3), (0.0, 0.3), (1e9, 0.5), (1e9, -0.1), (np.nan, 0.3), (1e9, np.nan)])
def test_impossible_elastic_constants_are_refused(moduli):
    with pytest.raises(InputError, match=r"youngs_modulus|poisson_ratio"):
        lame(*moduli)


@settings(deadline=None)
@given(SEEDS, st.sampled_from([4, 6]))
def test_stress_measures_are_those_of_the_stress_tensor(seed, count):
    random = np.random.default_rng(seed)
    stress = random.normal(size=(2, 3, count))
    state = MechanicalState(np.zeros((3, 4, 2)), stress, 0, 0.0)
    tensor = np.zeros((2, 3, 3, 3))
    for component, (i, j) in enumerate([(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)][:count]):
        tensor[..., i, j] = tensor[..., j, i] = stress[..., component]
    s = np.linalg.eigvalsh(tensor)[..., ::-1]
    # the same numbers by another route: round-off only
    np.testing.assert_allclose(state.principal_stresses, s, atol=1e-12)
    shear = (s[..., 0] - s[..., 1]) ** 2 + (s[..., 1] - s[..., 2]) ** 2 + (s[..., 2] - s[..., 0]) ** 2
    np.testing.assert_allclose(state.von_mises, np.sqrt(0.5 * shear), atol=1e-12)
    np.testing.assert_allclose(state.pressure, s.mean(axis=-1), atol=1e-12)


@pytest.mark.parametrize("grid", [Grid((8, 8), 1e-6), Grid((4, 4, 4), 1e-6)])
def test_shear_eigenstrain_of_a_clamped_block(grid):
    d, (lam, mu) = grid.dimension, LITHIUM
    strain = np.random.default_rng(4).normal(size=4 if d == 2 else 6)
    fixed = np.ones((*grid.nodes, d), dtype=bool)
    field = np.broadcast_to(strain, (*grid.shape, len(strain)))
    state = equilibrium(grid, *uniform(grid, LITHIUM), field, fixed, np.zeros(fixed.shape))
    expected = -2 * mu * strain
    expected[:3] -= lam * strain[:3].sum()
    # nothing can move: sigma = -C : eps0, round-off
    np.testing.assert_allclose(state.stress, np.broadcast_to(expected, state.stress.shape), rtol=1e-12)


def test_generalised_plane_strain_is_for_two_dimensions():
    grid = Grid((4, 4, 4), 1.0)
    one = np.ones(grid.shape)
    with pytest.raises(InputError, match="needs a grid of two dimensions, got 3"):
        generalised_plane_strain(grid, one, one, np.zeros((4, 4, 4, 3)), roller_box(grid), np.zeros((5, 5, 5, 3)))


def test_wrong_shapes_are_refused():
    grid = Grid((8, 8), 1.0)
    lam, mu = uniform(grid, LITHIUM)
    with pytest.raises(InputError, match=r"eigenstrain must have shape \(8, 8, 3\)"):
        equilibrium(grid, lam, mu, np.zeros(grid.shape), roller_box(grid), at_rest(grid))
    with pytest.raises(InputError, match="lam must have shape"):
        equilibrium(grid, lam[1:], mu, np.zeros((8, 8, 3)), roller_box(grid), at_rest(grid))
