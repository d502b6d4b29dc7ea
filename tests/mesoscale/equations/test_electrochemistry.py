"""Kinetics and transport blocks against exact answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selflimit.mesoscale import Grid, InterfaceParameters
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations.sharp_limit import PUBLISHED
from selflimit.units import FARADAY

P = InterfaceParameters()
GRID = Grid((4, 128), 0.5e-6)
ZERO, ONE = np.zeros(GRID.nodes), np.ones(GRID.nodes)
Y = GRID.node_coordinates()[1]


def conductivity(p, xi):
    return PUBLISHED.conductivity(p, xi, GRID.to_cells)


ELECTROLYTE = conductivity(P, ZERO)


@settings(deadline=None, max_examples=30)
@given(x=st.floats(0.02, 0.98))
def test_switch_derivatives_and_ends(x):
    step = 1e-4
    xi = np.array([x - step, x, x + step])
    h = ec.switch(xi)
    # Central differences: error step^2/6 times the third derivatives (< 120): 2e-7.
    assert (h[2] - h[0]) / (2 * step) == pytest.approx(ec.switch_slope(xi)[1], abs=1e-6)
    slope = ec.switch_slope(xi)
    assert (slope[2] - slope[0]) / (2 * step) == pytest.approx(ec.switch_curvature(xi)[1], abs=1e-5)
    assert ec.switch(np.array([-1.0, 0.0, 0.5, 1.0, 2.0])).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


@settings(deadline=None, max_examples=30)
@given(c=st.floats(1e-3, 50.0))
def test_front_stands_still_at_the_nernst_potential(c):
    eta = ec.nernst_overpotential(P, np.array([c]))
    charge = ec.charge_transfer(P, eta)
    # cathodic c = anodic up to round-off of the exponentials.
    assert charge.cathodic * c == pytest.approx(charge.anodic, rel=1e-12)


def test_compression_opposes_deposition():
    eta_m = ec.mechanical_overpotential(P, np.array([-20e6, 0.0, 20e6]))
    # 20 MPa times v_m over F is 2.69 mV.
    assert eta_m == pytest.approx(np.array([1, 0, -1]) * P.mechanical_correction * 20e6 * 1.30e-5 / FARADAY)
    charge = ec.charge_transfer(P, -0.1 + eta_m)
    net = charge.cathodic - charge.anodic
    assert net[0] < net[1] < net[2]


def test_potential_is_linear_in_a_uniform_electrolyte():
    phi = ec.potential(GRID, P, ELECTROLYTE, ZERO, ZERO, 1e-12).x
    # Q1 represents the exact answer; what is left is the solver's tolerance.
    assert phi == pytest.approx(P.overpotential * (1 - Y / GRID.size[1]), abs=1e-9)


def test_potential_of_two_layers_divides_by_resistance():
    """Half lithium, half electrolyte (sharp, at a node): ohmic drop in series; the metal takes 1e-4 of it."""
    xi = (GRID.node_coordinates()[1] < 0.5 * GRID.size[1]).astype(float)
    phi = ec.potential(GRID, P, conductivity(P, xi), ZERO, ZERO, 1e-12).x
    drop = np.concatenate([[0.0], np.cumsum(1.0 / conductivity(P, xi)[0])])
    assert phi[0] == pytest.approx(P.overpotential * (1 - drop / drop[-1]), abs=1e-9)


def test_conductivity_cap_changes_nothing_that_matters():
    xi = 0.5 * (1 - np.tanh((Y - 20e-6) / (2 * P.interface_width)))
    low, high = (
        ec.potential(GRID, P, conductivity(P.model_copy(update={"conductivity_cap": cap}), xi), ZERO, ZERO, 1e-10).x
        for cap in (1e4, 1e6)
    )
    # The front moves by ln(cap ratio)^(1/3)-like shifts of the contour where h sigma_Li = sigma_SSE, well inside the
    # interface: below 2 % of the overpotential for a hundredfold contrast.
    assert np.max(np.abs(low - high)) < 0.02 * abs(P.overpotential)


def test_charge_balances():
    """Net current through both ends = n F c_s d/dt int xi, for any growth rate."""
    rate = 1e-3 * np.exp(-(((Y - 30e-6) / 5e-6) ** 2))
    phi = ec.potential(GRID, P, ELECTROLYTE, rate, ZERO, 1e-12).x
    flux = P.electrolyte_conductivity * np.diff(phi, axis=1)[:, [0, -1]] / GRID.spacing
    net = (flux[:, 1] - flux[:, 0])[0] * GRID.size[0]
    consumed = P.charge_number * FARADAY * P.metal_site_density * GRID.integrate(rate)
    assert net == pytest.approx(
        consumed, rel=1e-6
    )  # solver tolerance 1e-12 amplified by the cancellation of two fluxes


def test_concentration_settles_to_the_boltzmann_profile():
    """No growth: c exp(f phi) is uniform, so c = exp(-f phi) with c = 1 where phi = 0."""
    phi = P.overpotential * (1 - Y / GRID.size[1])
    sink = ec.Sink(ZERO, ZERO)
    c = ec.concentration(GRID, P, P.electrolyte_diffusivity * ONE, phi, ONE, sink, 1e9, ONE, 1e-12).x
    # 1e9 s is 1e7 diffusion times: the remaining transient is 1e-7.
    assert c == pytest.approx(np.exp(-P.inverse_thermal_voltage * phi), rel=1e-6)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**31), dt=st.floats(0.1, 1e3), strength=st.floats(1e-6, 1e3))
def test_concentration_stays_positive_whatever_the_sink(seed, dt, strength):
    draw = np.random.default_rng(seed)
    before = draw.uniform(0.0, 1.0, GRID.nodes)
    before[:, -1] = 1.0
    rate = strength * draw.normal(size=GRID.nodes)
    sink = ec.consumption(rate, draw.uniform(0, 1, GRID.nodes), before)
    # Exact at the old concentration (round-off of slope c <= 1 and of the rate), with both parts non-negative.
    seen = before > 1e-9
    assert np.allclose((sink.slope * before - sink.rest)[seen], rate[seen], rtol=1e-9, atol=1e-14 * (1 + strength))
    assert sink.slope.min() >= 0.0
    assert sink.rest.min() >= 0.0
    c = ec.concentration(
        GRID, P, P.electrolyte_diffusivity * ONE, -0.1 * (1 - Y / GRID.size[1]), before, sink, dt, before, 1e-12
    ).x
    assert c.min() >= -1e-9  # M-matrix: zero is the bound, the solver's tolerance the slack
