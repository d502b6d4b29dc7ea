"""Closed forms of the arrival against differential equations, of the crack against the roots of its cubic."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from selflimit.mesoscale import (
    LITHIUM_CREEP,
    ChannelLayer,
    arrival_charge,
    charge_transfer_resistance,
    crack_depth,
    crack_pressure,
    foil_share,
    solve_channels,
)
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME

SOFT = LITHIUM_CREEP.strengthened(1e-9)


def test_the_share_of_the_foil_is_that_of_the_resolved_layer():
    """Soft lithium, so that nothing presses; 0.02 A/m^2, so that charge transfer is linear; second order."""
    layer = {"length": 200e-6, "pitch": 20e-6, "conductivity": 0.1, "exchange_current": 30.0, "creep": SOFT}
    exact = foil_share(120e-6, 3e-6, 20e-6, 0.1, 30.0)
    errors = []
    for cells in (40, 80, 160):  # 120 um is a node of each
        made = ChannelLayer(0.02, widths=np.array([3e-6]), filled=np.array([120e-6]), cells=cells, **layer)
        errors.append(abs(solve_channels(made).foil - exact))
    assert errors[-1] < 3e-3 * exact
    assert np.log2(np.divide(errors[:-1], errors[1:])) == pytest.approx([2.0, 2.0], abs=0.1)


def test_without_a_channel_all_but_the_tips_is_on_the_foil():
    assert foil_share(0.0, 1e-6, 100e-6, 0.05, 300.0) == pytest.approx(0.99, rel=1e-12)


@pytest.mark.parametrize("width", [0.1e-6, 1e-6, 10e-6])
def test_the_charge_of_arrival_is_the_integral_of_the_rise(width):
    """dl/dQ = w (1 - F)/a by LSODA, until l = L."""
    length, where = 0.6e-3, (width, 100e-6, 0.05, 300.0)
    area = width / 100e-6

    def rise(_, filled):
        return LITHIUM_CHARGE_VOLUME * (1.0 - foil_share(filled, *where)) / area

    def far(_, filled):
        return filled[0] - length

    far.terminal = True
    solved = solve_ivp(rise, (0.0, 1e7), [0.0], method="LSODA", rtol=1e-10, atol=1e-16, events=far)
    assert arrival_charge(length, *where) == pytest.approx(solved.t[-1], rel=1e-7)


def test_thin_lines_leave_everything_to_the_foil_until_the_needle_is_long():
    """l << lambda and H: all surfaces plate alike, dl/dQ = w (1 + 2 l/H), so l = (H/2) (exp(2 w Q/H) - 1)."""
    width, length = 1e-6, 2e-6
    exact = 0.5 * width / LITHIUM_CHARGE_VOLUME * math.log1p(2.0 * length / width)
    # a far pitch and a bad exchange make lambda = 1.6 cm, a thousand times the needle, and its share 1e-4
    assert arrival_charge(length, width, 10e-3, 0.05, 0.003) == pytest.approx(exact, rel=1e-3)


@given(st.floats(-14.0, -8.0), st.floats(-9.0, -5.0))
def test_the_depth_of_a_crack_is_the_root_of_its_cubic(log_section, log_consumed):
    section, consumed = 10.0**log_section, 10.0**log_consumed
    opening = 1.12 * math.sqrt(math.pi) * 0.15e6 * (1.0 - 0.3**2) / 12e9
    roots = np.roots([opening, consumed, 0.0, -section])
    (positive,) = (root.real for root in roots if abs(root.imag) < 1e-6 * abs(root) and root.real > 0.0)
    assert crack_depth(section, 0.15e6, 12e9, 0.3, consumed) == pytest.approx(positive**2, rel=1e-6)


def test_a_crack_without_lithium_has_no_depth():
    assert crack_depth(np.array([0.0]), 0.15e6, 12e9, 0.3, np.array([0.0]))[0] == pytest.approx(0.0, abs=1e-30)


def test_confinement_adds_to_what_a_crack_needs():
    assert crack_pressure(0.15e6, 3e-6, 20e6) - crack_pressure(0.15e6, 3e-6) == pytest.approx(20e6)


def test_the_decay_length_is_that_of_a_transmission_line():
    """Two long channels: the share falls by e over lambda."""
    decay = math.sqrt(0.05 * charge_transfer_resistance(300.0) * 100e-6 / 2.0)
    shares = [foil_share(length, 1e-6, 100e-6, 0.05, 300.0) for length in (200e-6, 200e-6 + decay)]
    assert shares[0] / shares[1] == pytest.approx(math.e, rel=1e-6)
