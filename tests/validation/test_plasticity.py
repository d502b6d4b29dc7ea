"""Ideal plasticity against exact elastic-plastic solutions."""

import numpy as np
import pytest

from selflimit.errors import ConvergenceError, InputError
from selflimit.isotropic import lame
from selflimit.mesoscale import Grid
from selflimit.mesoscale.mechanics.plasticity import LITHIUM_YIELD_STRENGTH, no_plastic_strain, take_plastic_step
from selflimit.mesoscale.mechanics.stress import XX, YY, ZZ, hydrostatic_pressure, von_mises

E, NU, Y = 4.9e9, 0.36, LITHIUM_YIELD_STRENGTH[0]


def layer(grid, swelling, plastic_strain, **options):
    """A layer that swells between frictionless walls, free on top: equal stress along the walls, none across."""
    lam, mu = (np.full(grid.shape, m) for m in lame(E, NU))
    fixed = np.zeros((*grid.nodes, 2), dtype=bool)
    fixed[[0, -1], :, 0] = fixed[:, 0, 1] = True
    strain = np.full((*grid.shape, 3), swelling)
    strength = np.full(grid.shape, Y)
    return take_plastic_step(grid, lam, mu, strength, strain, plastic_strain, fixed, np.zeros(fixed.shape), **options)


def test_layer_that_swells_yields_and_springs_back():
    grid, limit = Grid((8, 8), 1e-6), Y * (1 - NU) / E
    elastic = layer(grid, 0.9 * limit, no_plastic_strain(grid))
    np.testing.assert_allclose(elastic.mechanics.stress[..., XX], -0.9 * Y, rtol=1e-6)  # rtol of the solver and margin
    assert not elastic.plastic_strain.any()

    yielded = layer(grid, 3.0 * limit, elastic.plastic_strain)
    np.testing.assert_allclose(
        yielded.mechanics.stress[..., [XX, ZZ]], -Y, rtol=2e-4
    )  # twice the tolerance of the step
    np.testing.assert_allclose(yielded.mechanics.stress[..., YY], 0.0, atol=1e-6 * Y)
    # what the walls do not let happen elastically: eps_xx = 0 = -Y (1 - nu)/E + swelling + ep_xx
    np.testing.assert_allclose(yielded.plastic_strain[..., XX], -2.0 * limit, rtol=1e-3)
    np.testing.assert_allclose(yielded.plastic_strain[..., :3].sum(axis=-1), 0.0, atol=1e-12)

    released = layer(grid, 2.0 * limit, yielded.plastic_strain)  # elastic again: the stress rises by Y to zero
    np.testing.assert_allclose(released.mechanics.stress, 0.0, atol=2e-3 * Y)
    np.testing.assert_array_equal(released.plastic_strain, yielded.plastic_strain)


def sphere(cells):
    """Swelling elastic ball in an ideally plastic infinite body: pressure in the ball, computed and exact.

    R. Hill, The Mathematical Theory of Plasticity (1950), ch. V: with one set of elastic constants the yielded shell
    reaches to c, (c/a)^3 = e E/((1 - nu) Y), and p = 2/3 Y (1 + ln (c/a)^3); beyond, u_r = (1 + nu) Y c^3/(3 E r^2).
    One octant, sides on the planes of symmetry, exact displacement on the outer ones.
    """
    a, ratio = 0.4, 8.0
    swelling, c3 = ratio * (1 - NU) * Y / E, ratio * a**3
    grid, parts = Grid((cells,) * 3, 1.0 / cells), 4
    ticks = (np.arange(cells * parts) + 0.5) / (cells * parts)
    inside = sum(t**2 for t in np.meshgrid(ticks, ticks, ticks, indexing="ij", sparse=True)) < a**2
    share = inside.reshape(cells, parts, cells, parts, cells, parts).mean(axis=(1, 3, 5))
    lam, mu = (np.full(grid.shape, m) for m in lame(E, NU))
    place = np.stack(grid.node_coordinates(), axis=-1)
    r = np.maximum(np.linalg.norm(place, axis=-1, keepdims=True), a)
    outer = (1 + NU) * Y * c3 / (3 * E * r**3) * place
    fixed = np.zeros(place.shape, dtype=bool)
    for axis in range(3):
        fixed[..., axis] |= place[..., axis] == 0.0
    fixed[place.max(axis=-1) > 1.0 - 1e-9] = True
    strength = np.where(share < 1.0, Y, np.inf)
    state = take_plastic_step(
        grid, lam, mu, strength, swelling * share[..., None] * np.ones(3), no_plastic_strain(grid), fixed,
        np.where(fixed, outer, 0.0),
    )  # fmt: skip
    assert von_mises(state.mechanics.stress)[share < 1.0].max() <= 1.0001 * Y
    exact = 2.0 / 3.0 * Y * (1.0 + np.log(ratio))
    return -hydrostatic_pressure(state.mechanics.stress)[0, 0, 0], exact


def test_swelling_ball_in_a_yielding_body(rate):
    sizes = (8, 12, 16)
    errors = [abs(found / exact - 1.0) for found, exact in map(sphere, sizes)]
    # cells cut by the surface of the ball are wrong by O(1) on a layer of width h: first order
    assert rate(sizes, errors) == pytest.approx(1.0, abs=0.2)
    assert errors[-1] < 0.1


def test_a_load_that_the_body_cannot_carry_is_an_error():
    grid = Grid((8, 8), 1e-6)
    with pytest.raises(ConvergenceError, match=r"plasticity: .* after 3 solves"):
        layer(grid, 1e-2, no_plastic_strain(grid), max_solves=3, tolerance=1e-12)


def test_yield_strength_must_be_positive():
    grid = Grid((8, 8), 1e-6)
    one = np.ones(grid.shape)
    with pytest.raises(InputError, match="yield_strength must be positive"):
        take_plastic_step(
            grid, one, one, 0 * one, np.zeros((8, 8, 3)), no_plastic_strain(grid),
            np.ones((9, 9, 2), dtype=bool), np.zeros((9, 9, 2)),
        )  # fmt: skip
