"""The closed forms of stalling against root finders, finite differences and a crack's stress intensity."""

import math

import numpy as np
import pytest
from scipy.constants import R as GAS
from scipy.constants import physical_constants
from scipy.optimize import brentq

from selflimit.mesoscale import (
    LITHIUM_CREEP,
    charge_transfer_overpotential,
    charge_transfer_resistance,
    crack_depth,
    crack_pressure,
    critical_current,
    critical_slot_width,
    deposition_current,
    extrusion_current,
    extrusion_number,
    extrusion_stress,
    leak_current,
    stall_pressure,
    tip_pressure,
)
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME

FARADAY = physical_constants["Faraday constant"][0]


@pytest.mark.parametrize("exchange", [30.0, 300.0])
@pytest.mark.parametrize("current", [2.0, 5.0, 200.0])
def test_the_overpotential_drives_the_current(current, exchange):
    """Both exponentials of Butler-Volmer's equation, written out, and a root finder."""
    scale = FARADAY / (GAS * 300.0)

    def excess(eta):
        return exchange * (math.exp(scale * eta / 2) - math.exp(-scale * eta / 2)) - current

    eta = charge_transfer_overpotential(current, exchange)
    assert eta == pytest.approx(brentq(excess, 0.0, 1.0, xtol=1e-15), rel=1e-9, abs=0.0)
    assert deposition_current(eta, exchange) == pytest.approx(current, rel=1e-12)


def test_the_resistance_is_the_slope_to_second_order():
    """Central differences at i = 0: the error falls as the square of the step."""
    exact = charge_transfer_resistance(300.0)
    steps = [100.0, 50.0, 25.0]
    errors = [abs(charge_transfer_overpotential(h, 300.0) / h - exact) for h in steps]
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert orders == pytest.approx([2.0, 2.0], abs=0.02)


def test_at_the_stall_pressure_the_tip_takes_no_current():
    """The tip sees the interface's own overpotential and the field of the layer, less the pressure's work."""
    length, conductivity, exchange = 60e-6, 0.05, 300.0
    for current in (2.0, 5.0, 200.0):
        pressure = stall_pressure(current, length, conductivity, exchange)
        at_tip = charge_transfer_overpotential(current, exchange) + current * length / conductivity
        left = deposition_current(at_tip - pressure * LITHIUM_CHARGE_VOLUME, exchange)
        assert left == pytest.approx(0.0, abs=1e-9 * current)


def test_a_millivolt_is_seven_megapascals():
    """v_m/F of lithium, 6.94 g/mol over 0.534 g/cm^3."""
    volume_per_charge = LITHIUM_CHARGE_VOLUME
    assert volume_per_charge == pytest.approx(6.94e-6 / 0.534 / FARADAY, rel=1e-3, abs=0.0)
    assert volume_per_charge * 7.4e6 == pytest.approx(1e-3, rel=0.01)


@pytest.mark.parametrize("current", [2.0, 5.0, 200.0])
@pytest.mark.parametrize("conductivity", [0.036, 0.1])
def test_width_and_current_of_extrusion_are_roots_of_the_number(current, conductivity):
    def number(width, current):
        return extrusion_number(extrusion_stress(current, width), conductivity, width, current)

    width = brentq(lambda log: number(math.exp(log), current) - 1.0, math.log(1e-9), math.log(1e-2))
    assert critical_slot_width(current, conductivity) == pytest.approx(math.exp(width), rel=1e-9, abs=0.0)
    found = brentq(lambda log: number(1e-6, math.exp(log)) - 1.0, math.log(1e-3), math.log(1e6))
    assert extrusion_current(1e-6, conductivity) == pytest.approx(math.exp(found), rel=1e-9)
    assert number(0.5 * critical_slot_width(current, conductivity), current) > 1.0


def test_the_number_is_the_ratio_of_two_gradients():
    """What the walls bear per length, over what the field drives per length."""
    current, width, conductivity = 2.0, 1e-6, 0.05
    tau = extrusion_stress(current, width)
    walls, field = 2.0 * tau / width, current / conductivity / LITHIUM_CHARGE_VOLUME
    assert extrusion_number(tau, conductivity, width, current) == pytest.approx(walls / field, rel=1e-12)


def test_an_extruding_channel_leaks_everything():
    numbers = np.array([0.3, 1.0, 2.0])
    leaks = leak_current(5.0, numbers, LITHIUM_CREEP.exponent)
    assert leaks == pytest.approx([5.0, 5.0, 5.0 * 2.0**-LITHIUM_CREEP.exponent], rel=1e-12)
    assert tip_pressure(19e6, 90e6) == 19e6
    assert tip_pressure(90e6, 19e6) == 19e6


def test_the_critical_current_is_exact_where_charge_transfer_is_linear():
    """The share by which the exact current is larger, against (i/i0)^2/24: the ratio tends to one."""
    exchange, crack = 300.0, 400e6
    shares = []
    for scale in (1.0, 0.5, 0.25):
        linear = critical_current(scale * crack, 0.0, 1.0, exchange)
        exact = brentq(lambda i, p=scale * crack: stall_pressure(i, 0.0, 1.0, exchange) - p, 0.0, 10.0 * linear)
        assert exact > linear
        shares.append((exact / linear - 1.0) / ((linear / exchange) ** 2 / 24.0))
    assert abs(shares[2] - 1.0) < abs(shares[1] - 1.0) < abs(shares[0] - 1.0) < 0.1
    assert shares[2] == pytest.approx(1.0, abs=0.005)


def test_a_crack_at_its_pressure_has_the_toughness_and_releases_its_energy():
    """K from the pressure; and the work of opening, d/da (P V/2) by central differences, equals K^2/E'.

    An independent size: the handbook's opening at the mouth is 1.454 x 4 P a/E', and the profile lies between a
    triangle and half an ellipse.
    """
    toughness, modulus, poisson, depth = 0.15e6, 12e9, 0.3, 3e-6
    pressure = crack_pressure(toughness, depth)
    assert pressure * 1.12 * math.sqrt(math.pi * depth) == pytest.approx(toughness, rel=1e-12)

    def section(a):
        """Section (m^2) of a crack under the pressure of the first; a crack at rest is as deep as its 2/3 power."""
        at_rest = (a / crack_depth(1.0, toughness, modulus, poisson, 0.0)) ** 1.5
        return at_rest * pressure / crack_pressure(toughness, a)

    step = 1e-3 * depth
    release = pressure / 2.0 * (section(depth + step) - section(depth - step)) / (2.0 * step)
    plane = modulus / (1.0 - poisson**2)
    assert release == pytest.approx(toughness**2 / plane, rel=1e-5)
    mouth = 1.454 * 4.0 * pressure * depth / plane
    assert mouth * depth / 2.0 < section(depth) < math.pi / 4.0 * mouth * depth
