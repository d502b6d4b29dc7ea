"""The resolved layer with channels against exact solutions, another solver, and its own functional."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import R as GAS
from scipy.constants import physical_constants
from scipy.integrate import solve_bvp

from selflimit.errors import InputError
from selflimit.mesoscale import (
    LITHIUM_CREEP,
    ChannelLayer,
    charge_transfer_overpotential,
    charge_transfer_resistance,
    deposition_current,
    extrusion_number,
    extrusion_stress,
    leak_current,
    plug_speed,
    solve_channels,
)
from selflimit.mesoscale.arrest.channel import curvature, functional, gradient
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME

FARADAY = physical_constants["Faraday constant"][0]
SOFT = LITHIUM_CREEP.strengthened(1e-9)
"""Lithium whose pressure does no work that matters."""


def layer_of(width=1e-6, current=2.0, **changes):
    given = {"length": 60e-6, "pitch": 100e-6, "conductivity": 0.05, "exchange_current": 300.0} | changes
    return ChannelLayer(current=current, widths=np.atleast_1d(width), **given)


def orders(errors):
    return np.log2(np.divide(errors[:-1], errors[1:]))


def test_a_rigid_plug_takes_no_current_and_stands_the_whole_field():
    """P(L) = (F/v_m)(eta_0 + i L/sigma) and all current on the foil; first order, for P jumps at the foil."""
    pressures, foils = [], []
    for cells in (64, 128, 256):
        layer = layer_of(3e-6, creep=None, cells=cells)
        state = solve_channels(layer)
        foil_current = layer.current / (1.0 - layer.areas.sum())
        at_foil = charge_transfer_overpotential(foil_current, layer.exchange_current)
        exact = (at_foil + layer.current * layer.length / layer.conductivity) / LITHIUM_CHARGE_VOLUME
        pressures.append(abs(state.tip_pressure[0] - exact) / exact)
        foils.append(1.0 - state.foil)
        assert abs(state.tip_current[0]) < 1e-9 * layer.current
    assert pressures[-1] < 1e-3
    assert orders(foils) == pytest.approx([1.0, 1.0], abs=0.05)
    assert orders(pressures) == pytest.approx([1.0, 1.0], abs=0.05)


def test_without_the_work_of_pressure_a_channel_is_a_transmission_line():
    """sigma eta'' = (2/s) eta/R_ct, lambda^2 = sigma R_ct s/2, with foil and tip as its ends; second order."""
    width, length, pitch, conductivity, exchange, current = 3e-6, 200e-6, 20e-6, 0.1, 30.0, 0.02
    resistance = charge_transfer_resistance(exchange)
    decay, area = math.sqrt(conductivity * resistance * pitch / 2.0), width / pitch
    scaled = length / decay
    sinh, cosh = math.sinh(scaled), math.cosh(scaled)
    ends = np.array(
        [
            [-(1.0 - area) / resistance, conductivity / decay],
            [
                conductivity / decay * sinh + area / resistance * cosh,
                conductivity / decay * cosh + area / resistance * sinh,
            ],
        ]
    )
    even, odd = np.linalg.solve(ends, [0.0, current])
    exact = even * cosh + odd * sinh
    errors = []
    for cells in (16, 32, 64):
        changes = {"length": length, "pitch": pitch, "conductivity": conductivity, "exchange_current": exchange}
        state = solve_channels(layer_of(width, current, creep=SOFT, cells=cells, **changes))
        errors.append(abs(state.overpotential[-1] / exact - 1.0))
        assert state.foil == pytest.approx((1.0 - area) * even / resistance / current, rel=20.0 / cells**2)
    assert errors[-1] < 2e-3
    assert orders(errors) == pytest.approx([2.0, 2.0], abs=0.1)


@pytest.mark.parametrize(("current", "width", "conductivity"), [(2.0, 3e-6, 0.1), (5.0, 1e-6, 0.05)])
def test_a_stalled_channel_leaks_as_the_closed_form_says(current, width, conductivity):
    """j_tip/i = N_s^(-n) to leading order. The walls within l of the tip take their part of what flows: with the flow
    linear about the stalled one, l^2 = n N_s^(-n) H sigma R_ct/2, and the tip keeps 1/(1 + 2l/H) of it."""
    n = LITHIUM_CREEP.exponent
    for share, error in ((1.0, 0.05), (0.7, 0.01)):
        i = share * current
        layer = layer_of(width, i, length=200e-6, pitch=300e-6, conductivity=conductivity, cells=4096)
        number = extrusion_number(extrusion_stress(i, width), conductivity, width, i)
        decay = math.sqrt(n * number**-n * width * conductivity * charge_transfer_resistance(300.0) / 2.0)
        kept = leak_current(i, number, n) / (1.0 + 2.0 * decay / width)
        assert solve_channels(layer).tip_current[0] == pytest.approx(kept, rel=error)


@pytest.mark.parametrize(("width", "current"), [(3e-6, 5.0), (10e-6, 2.0)])
def test_another_solver_finds_the_same_extruding_channel(width, current):
    """The two ordinary differential equations by collocation (scipy's solve_bvp), unknowns eta, sigma eta', w P, u."""
    layer = layer_of(width, current, cells=512)
    state = solve_channels(layer)
    w, area, n = LITHIUM_CHARGE_VOLUME, width / layer.pitch, LITHIUM_CREEP.exponent
    at_one = plug_speed(width / (2.0 * w), width)

    def plated(drive):
        return deposition_current(drive, layer.exchange_current)

    def slopes(s, y):
        eta, ionic, p, u = y[0] * 1e-3, y[1] * current, y[2] * 1e-3, y[3] * w * current
        wall = plated(eta - p)
        grown = [ionic / layer.conductivity * 1e3, 2.0 / layer.pitch * wall / current]
        return layer.length * np.array(
            [*grown, np.maximum(u / at_one, 1e-12) ** (1.0 / n) * 1e3, -2.0 / width * wall / current]
        )

    def ends(foil, far):
        on_foil = (1.0 - area) * plated(foil[0] * 1e-3) / current
        tip = plated((far[0] - far[2]) * 1e-3) / current
        return np.array([foil[1] - on_foil, foil[2], far[1] - 1.0 + area * tip, far[3] - tip])

    s = state.height / layer.length
    guess = np.array(
        [state.overpotential * 1e3, np.linspace(state.foil, 1.0, s.size), state.pressure[0] * w * 1e3, 5.0 - 3.0 * s]
    )
    solved = solve_bvp(slopes, ends, s, guess, tol=1e-8, max_nodes=100_000)
    assert solved.success, solved.message
    assert state.tip_pressure[0] * w * 1e3 == pytest.approx(solved.sol(1.0)[2], rel=1e-4)
    assert state.tip_current[0] / current == pytest.approx(solved.sol(1.0)[3], rel=1e-4)
    assert state.foil == pytest.approx(solved.sol(0.0)[1], rel=1e-4)


def test_the_grid_error_of_an_extruding_channel_is_of_second_order():
    values = [solve_channels(layer_of(3e-6, 5.0, cells=cells)).foil for cells in (32, 64, 128, 256)]
    assert orders(np.abs(np.diff(values))) == pytest.approx([2.0, 2.0], abs=0.3)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.1, 300.0),
    st.floats(10e-6, 600e-6),
    st.floats(-7.0, -5.0),
    st.floats(0.02, 0.2),
    st.floats(10.0, 3000.0),
)
def test_no_current_is_lost(current, length, log_width, conductivity, exchange):
    """Foil, walls and tips take the current to 1e-9, and no lithium flows into the channel from the foil."""
    widths = 10.0**log_width * np.array([0.5, 1.0, 2.0])
    layer = ChannelLayer(current, length, widths, 200e-6, conductivity, exchange)
    state = solve_channels(layer)
    assert abs(state.imbalance) < 1e-9
    assert state.foil > 0.0
    assert np.all(np.diff(state.pressure, axis=1) > -1e-6 * state.pressure.max())


def test_equal_channels_are_one_channel():
    one, many = layer_of(2e-6, 5.0), layer_of(np.full(7, 2e-6), 5.0)
    alone, together = solve_channels(one), solve_channels(many)
    assert together.tip_pressure == pytest.approx(np.repeat(alone.tip_pressure, 7), rel=1e-9)
    assert together.foil == pytest.approx(alone.foil, rel=1e-9)


def test_the_widest_channel_takes_the_current_that_the_narrow_ones_refuse():
    """One current: with a wide channel beside them, narrow ones stay stalled and the foil gets less."""
    narrow, mixed = (
        solve_channels(layer_of(np.full(4, 0.3e-6), 5.0)),
        solve_channels(layer_of([0.3e-6] * 3 + [6e-6], 5.0)),
    )
    assert mixed.foil < narrow.foil
    assert mixed.tip_current[:3] / 5.0 == pytest.approx(0.0, abs=1e-3)
    assert mixed.tip_current[3] > 1.0


def made_fields(layer):
    rng = np.random.default_rng(3)
    eta = charge_transfer_overpotential(layer.current, layer.exchange_current) + 1e-3 * rng.random(layer.cells + 1)
    p = np.sort(2e-3 * rng.random((layer.kinds, layer.cells + 1)), axis=1)
    return np.vstack([eta, p])[layer.balance.free]


def test_residuals_are_slopes_of_the_functional_and_the_matrix_is_theirs():
    """Central differences along every unknown; the step 1e-6 V leaves relative errors of 1e-8 and round-off of 1e-6."""
    layer = layer_of([1e-6, 4e-6, 2e-6, 3e-6], cells=5, filled=np.array([60e-6, 60e-6, 31e-6, 0.0]))
    at = made_fields(layer)
    residual, matrix = gradient(layer, at), curvature(layer, at).toarray()
    unit, step = np.eye(residual.size), 1e-6
    slopes = [(functional(layer, at + step * e) - functional(layer, at - step * e)) / 2 / step for e in unit]
    columns = [(gradient(layer, at + step * e) - gradient(layer, at - step * e)) / 2 / step for e in unit]
    assert residual == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-6 * np.abs(residual).max())
    assert matrix == pytest.approx(np.array(columns), rel=1e-4, abs=1e-5 * np.abs(matrix).max())
    assert matrix == pytest.approx(matrix.T, rel=1e-14)
    assert np.linalg.eigvalsh(matrix).min() > 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": 0.0}, r"length.*positive.*got 0"),
        ({"width": [1e-6, -1e-6]}, "positive width"),
        ({"width": 120e-6}, r"take 1\.2 of its area; give a larger pitch"),
        ({"shares": np.array([0.5])}, "sum 1"),
    ],
)
def test_impossible_layers_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        layer_of(**changes)


def test_the_constants_are_those_of_the_tables():
    volume_per_charge = LITHIUM_CHARGE_VOLUME
    assert volume_per_charge == pytest.approx(1.30e-5 / FARADAY, rel=1e-9, abs=0.0)
    assert charge_transfer_resistance(300.0, 300.0) == pytest.approx(GAS * 300.0 / FARADAY / 300.0, rel=1e-9)
