"""A single-ion conductor: flat and wavy fronts against exact answers, at given potentials and currents."""

import numpy as np
import pytest

from selflimit.mesoscale import (
    ConstantCurrent,
    ConstantPotential,
    Grid,
    GrowthModel,
    InterfaceParameters,
    Microstructure,
    Numerics,
    Start,
    load_fields,
    needles,
)
from selflimit.mesoscale.equations.single_ion import planar_current
from selflimit.units import FARADAY

W, STRIP = 0.5e-6, 4e-6


def model(shape=(2, 64), spacing=0.25e-6, overpotential=-0.1):
    p = InterfaceParameters(
        interface_width=W, overpotential=overpotential, mechanical_correction=0.0, noise_amplitude=0.0
    )
    return GrowthModel(p, Microstructure.fine(Grid(shape, spacing)), Numerics(front="single-ion"))


def begun(xi):
    return Start(xi, np.ones_like(xi), np.zeros_like(xi))


def flat(case):
    return begun(needles(case.microstructure.grid, W, count=0, strip=STRIP))


def test_a_held_potential_drives_the_current_of_charge_transfer_and_ohm(tmp_path):
    case = model()
    doc = case.run([ConstantPotential(-0.1, 40.0)], 8, tmp_path, start=flat(case))
    currents = np.diff(doc.deposited) / np.diff(doc.times) * FARADAY / case.microstructure.grid.size[0]
    middle = 0.5 * (np.array(doc.tip_height[1:]) + doc.tip_height[:-1])
    exact = np.array([planar_current(case.parameters, 16e-6 - height) for height in middle])
    # before, the profile at rest becomes a moving one, in 1/(L_sigma W) = 6 s
    assert currents[4:] == pytest.approx(exact[4:], rel=0.01)
    assert doc.charge_balance_error < 1e-9
    assert "wrinkles fastest" in doc.front.statement  # a front that the field feeds is unstable


@pytest.mark.parametrize("current", [2.0, 20.0, 200.0])
def test_a_given_current_needs_charge_transfer_and_the_drop(tmp_path, current):
    case = model()
    p = case.parameters
    doc = case.run([ConstantCurrent(current, 20.0)], 1, tmp_path, start=flat(case))
    drop = current * (16e-6 - doc.tip_height[-1]) / p.electrolyte_conductivity
    exact = -2.0 / p.inverse_thermal_voltage * np.arcsinh(0.5 * current / p.exchange_current) - drop
    assert doc.cell.overpotential[-1] == pytest.approx(exact, rel=0.01)
    assert doc.deposited[-1] * FARADAY == pytest.approx(current * 20.0 * case.microstructure.grid.size[0], rel=1e-9)


def test_the_current_of_a_wavy_front_is_the_secondary_distribution(tmp_path):
    """A cosine of the amplitude a, q = k coth(kL): i_1 = a (i q - nF c_s T k^2 sigma q/G)/(1 + sigma q/G).

    G = di/d(eta) is the kinetics' conductance, sigma k coth(kL) the electrolyte's.
    """
    case = model((64, 96), overpotential=-0.01)
    grid, p, current, duration = case.microstructure.grid, case.parameters, 200.0, 20.0
    x, y = grid.node_coordinates()
    wave = np.cos(2.0 * np.pi * x / grid.size[0])
    xi = 0.5 * (1.0 - np.tanh((y - 8e-6 - 0.2e-6 * wave) / (2.0 * W)))
    doc = case.run([ConstantCurrent(current, duration)], [0.5 * duration, duration], tmp_path, start=begun(xi))
    fields = load_fields(tmp_path, doc.fields)["xi"]
    amplitudes = [2.0 * grid.integrate(xi * wave) / grid.size[0] for xi in fields]
    rate = np.log(amplitudes[2] / amplitudes[1]) / (0.5 * duration)
    k, charge = 2.0 * np.pi / grid.size[0], FARADAY * p.metal_site_density
    spread = k / np.tanh(k * (grid.size[1] - doc.tip_height[1])) * p.electrolyte_conductivity
    kinetic = p.inverse_thermal_voltage * np.hypot(p.exchange_current, 0.5 * current)
    tension = charge * case.equations.tension.capillarity * k**2
    field = current * spread / p.electrolyte_conductivity
    expected = (field - tension * spread / kinetic) / (1.0 + spread / kinetic) / charge
    assert abs(field) > 2.0 * tension * spread / kinetic  # the field decides
    assert rate == pytest.approx(expected, rel=0.1)
