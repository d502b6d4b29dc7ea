"""Creep and plug flow against quadrature and against an integrator of ordinary differential equations."""

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from selflimit.mesoscale import (
    LITHIUM_CREEP,
    plug_pressure,
    plug_speed,
    plug_wall_stress,
    relaxation_rate,
    relaxed_pressure,
)

GAS = 8.314462618  # CODATA 2018, J/(mol K)


def test_the_law_gives_the_measured_strengths():
    """0.35, 0.71 and 1.0 MPa at 1e-6, 1e-4 and 1e-3 1/s by the set itself; the measured yield strength lies between."""
    stresses = [LITHIUM_CREEP.flow_stress(rate) / 1e6 for rate in (1e-6, 1e-4, 1e-3)]
    by_hand = [1.5 * (rate / (4.25e4 * math.exp(-37e3 / (GAS * 300.0)))) ** 0.15 for rate in (1e-6, 1e-4, 1e-3)]
    assert stresses == pytest.approx(by_hand, rel=1e-9)
    assert stresses == pytest.approx([0.35, 0.71, 1.0], abs=0.01)
    assert LITHIUM_CREEP.strain_rate(0.57e6) < 1e-4 < LITHIUM_CREEP.strain_rate(0.89e6)  # Masias et al. 2019


def test_shear_is_uniaxial_creep_of_equal_power():
    """The power tau d(gamma)/dt equals sigma d(eps)/dt where the von Mises stress sigma = sqrt(3) tau is the same."""
    tau = 0.4e6
    shear_rate = LITHIUM_CREEP.shear_coefficient() * tau**LITHIUM_CREEP.exponent
    sigma = math.sqrt(3.0) * tau
    assert tau * shear_rate == pytest.approx(sigma * LITHIUM_CREEP.strain_rate(sigma), rel=1e-12)


@pytest.mark.parametrize("width", [1e-7, 1e-6, 1e-5])
def test_the_plugs_speed_is_the_mean_of_its_profile(width):
    """Twice integrated creep law: the speed from the rate of shear, the mean speed from the speed."""
    tau, n = 0.3e6, LITHIUM_CREEP.exponent
    half, factor = width / 2.0, LITHIUM_CREEP.shear_coefficient()

    def speed(y):
        return quad(lambda q: factor * (tau * q / half) ** n, y, half, epsrel=1e-10)[0]

    mean = quad(speed, 0.0, half, epsrel=1e-10)[0] / half
    assert plug_speed(tau, width) == pytest.approx(mean, rel=1e-8, abs=0.0)
    assert plug_wall_stress(mean, width) == pytest.approx(tau, rel=1e-8)


def test_the_plugs_pressure_balances_its_walls():
    force_per_depth = 2.0 * 0.25e6 * 60e-6  # two walls
    assert plug_pressure(0.25e6, 60e-6, 2e-6) * 2e-6 == pytest.approx(force_per_depth, rel=1e-14)


@pytest.mark.parametrize("initial", [2e6, 3e7])
def test_relaxation_is_what_an_integrator_finds(initial):
    """LSODA in the logarithm of the pressure; its tolerance is 1e-10."""
    n, length, width, stiffness = LITHIUM_CREEP.exponent, 60e-6, 1e-6, 5e9
    rate = relaxation_rate(stiffness, length, width)

    def flowing_out(time, log):
        outflow = plug_speed(math.exp(log[0]) * width / (2.0 * length), width)
        return [-stiffness / length * outflow / math.exp(log[0])]

    times = np.array([1.0, 1e3, 1e6])
    solved = solve_ivp(flowing_out, (0.0, 1e6), [math.log(initial)], "LSODA", times, rtol=1e-10, atol=1e-12)
    expected = [relaxed_pressure(initial, rate, n, time) for time in times]
    assert np.exp(solved.y[0]) == pytest.approx(expected, rel=1e-6)
    assert expected[0] > expected[1] > expected[2] > 0.0


def test_an_old_pressure_forgets_how_large_it_was():
    """[(n-1) c t]^(1/(1-n)) is all that is left of any large pressure."""
    n, rate = LITHIUM_CREEP.exponent, relaxation_rate(5e9, 60e-6, 1e-6)
    late = [relaxed_pressure(pressure, rate, n, 1e9) for pressure in (1e9, 1e10)]
    assert late == pytest.approx([((n - 1.0) * rate * 1e9) ** (1.0 / (1.0 - n))] * 2, rel=1e-6)


def test_strengthened_lithium_needs_that_much_more_stress():
    strong = LITHIUM_CREEP.strengthened(7.0)
    assert strong.flow_stress(1e-4) == pytest.approx(7.0 * LITHIUM_CREEP.flow_stress(1e-4), rel=1e-12)
    assert plug_wall_stress(1e-9, 1e-6, strong) == pytest.approx(7.0 * plug_wall_stress(1e-9, 1e-6), rel=1e-12)
