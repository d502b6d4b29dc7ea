"""Laminates between rollers: the exact solution is piecewise linear, so Q1 must reproduce it to round-off."""

import numpy as np
import pytest

from selflimit.isotropic import lame
from selflimit.mesoscale import Grid, solve_scalar
from selflimit.mesoscale.mechanics.elasticity import equilibrium, generalised_plane_strain, roller_box
from selflimit.mesoscale.mechanics.stress import XX, YY, ZZ

CELLS = np.array([8, 16, 24, 16])
YOUNGS_MODULUS, POISSON_RATIO = np.array([4.9e9, 50e9, 1e9, 1e12]), np.array([0.36, 0.25, 0.45, 0.1])
SWELLING = np.array([1e-3, -2e-4, 0.0, 5e-4])
ROUND_OFF = 1e-10  # rtol 1e-13 times the contrast 1e3 of the moduli


def layers(values, lateral):
    """Values of the layers along the last axis, shape lateral + (64,)."""
    return np.broadcast_to(np.repeat(values, CELLS), (*lateral, CELLS.sum())).copy()


def held_laminate(lam, mu, k, along=0.0):
    """Stress along the layers and across them for a given total strain along z; swelling k, ends and sides held.

    s_yy = [-sum h (3 lam + 2 mu) k/M + sum h lam along/M]/sum h/M with M = lam + 2 mu, from sum h eps_yy = 0.
    """
    M, B = lam + 2 * mu, 3 * lam + 2 * mu
    across = (CELLS * (lam * along - B * k) / M).sum() / (CELLS / M).sum()
    strain = (across + B * k - lam * along) / M
    return across, lam * (strain + along) - B * k


@pytest.mark.parametrize("lateral", [(8,), (4, 8)])
def test_swelling_layers_between_rollers(lateral):
    grid = Grid((*lateral, int(CELLS.sum())), 1e-6)
    (lam, mu), k = lame(YOUNGS_MODULUS, POISSON_RATIO), layers(SWELLING, lateral)
    across, along = held_laminate(lam, mu, SWELLING)
    state = equilibrium(
        grid, layers(lam, lateral), layers(mu, lateral), k[..., None] * np.ones(3), roller_box(grid),
        np.zeros((*grid.nodes, grid.dimension)), rtol=1e-13,
    )  # fmt: skip
    expected = np.zeros_like(state.stress)
    expected[..., [XX, YY, ZZ]] = layers(along, lateral)[..., None]
    expected[..., YY if grid.dimension == 2 else ZZ] = across
    np.testing.assert_allclose(state.stress, expected, rtol=0.0, atol=ROUND_OFF * np.abs(expected).max())


def test_generalised_plane_strain_leaves_no_force_along_z():
    grid, lateral = Grid((8, int(CELLS.sum())), 1e-6), (8,)
    lam, mu = lame(YOUNGS_MODULUS, POISSON_RATIO)
    state = generalised_plane_strain(
        grid, layers(lam, lateral), layers(mu, lateral), layers(SWELLING, lateral)[..., None] * np.ones(3),
        roller_box(grid), np.zeros((*grid.nodes, 2)), rtol=1e-13,
    )  # fmt: skip
    forces = []  # linear in the axial strain e: two values give the root
    for e in (0.0, 1.0):
        M, B = lam + 2 * mu, 3 * lam + 2 * mu
        across, _ = held_laminate(lam, mu, SWELLING, e)
        strain = (across + B * SWELLING - lam * e) / M
        forces.append((CELLS * (lam * (strain + e) + 2 * mu * e - B * SWELLING)).sum())
    exact = -forces[0] / (forces[1] - forces[0])
    assert state.axial_strain == pytest.approx(exact, rel=1e-9)
    assert abs(state.stress[..., ZZ].mean()) <= 1e-12 * np.abs(state.stress[..., ZZ]).max()
    across, along = held_laminate(lam, mu, SWELLING, exact)
    scale = ROUND_OFF * np.abs(state.stress).max()
    np.testing.assert_allclose(state.stress[..., YY], across, rtol=0.0, atol=scale)
    np.testing.assert_allclose(state.stress[..., XX], layers(along, lateral), rtol=0.0, atol=scale)


@pytest.mark.parametrize("lateral", [(8,), (4, 8)])
def test_ohms_law_through_layers_of_contrast_1e7(lateral):
    grid, k = Grid((*lateral, int(CELLS.sum())), 0.5), 10.0 ** np.array([7.0, 0.0, 3.0, 5.0])
    fixed, x0 = np.zeros(grid.nodes, dtype=bool), np.zeros(grid.nodes)
    fixed[..., [0, -1]] = True
    x0[..., 0] = -0.1
    drops = np.concatenate([[0.0], np.cumsum(0.5 / np.repeat(k, CELLS))])
    zero = np.zeros(grid.nodes)
    x = solve_scalar(grid, layers(k, lateral), zero, zero, fixed, x0, rtol=1e-12).x
    # round-off of the fluxes in the best layer, contrast times eps, is the limit
    np.testing.assert_allclose(x, np.broadcast_to(-0.1 * (1 - drops / drops[-1]), x.shape), rtol=0.0, atol=1e-10)
