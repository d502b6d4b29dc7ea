"""Channels that fill: charge, reversibility, the needle's exact start, and the pressure where they are full."""

import math
from dataclasses import replace

import numpy as np
import pytest

from selflimit.errors import InputError
from selflimit.mesoscale import (
    LITHIUM_CREEP,
    ChannelLayer,
    arrival_charge,
    fill_channels,
    plug_speed,
    solve_channels,
    stall_pressure,
)
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME

SOFT = LITHIUM_CREEP.strengthened(1e-2)


def layer_of(widths, filled, current=2.0, **changes):
    given = {"length": 60e-6, "pitch": 100e-6, "conductivity": 0.05, "exchange_current": 300.0, "cells": 32} | changes
    return ChannelLayer(current=current, widths=np.array(widths), filled=np.array(filled), **given)


@pytest.mark.parametrize("width", [0.2e-6, 1e-6, 5e-6])
def test_what_a_channel_plates_rises_or_flows_to_the_foil(width):
    """Volume: a dl/dt = w (walls + tip) - a u(0); u at the foil by the creep law from the slope of P there."""
    layer = layer_of([width], [30e-6], cells=256)
    state = solve_channels(layer)
    slope = state.pressure[0, 1] / (30e-6 / 256)
    to_foil = plug_speed(0.5 * width * slope, width)
    made = LITHIUM_CHARGE_VOLUME * (state.walls + state.tips) * layer.current / layer.areas[0]
    # the trapezoidal rule gives the foil half a cell of wall, in which P = 0
    assert state.rise[0] + to_foil == pytest.approx(made, rel=0.02)


@pytest.mark.parametrize("current", [2.0, 50.0])
def test_stripping_retraces_what_plating_did(current):
    """As long as no top is at the far side the speeds are odd in the current: so the same charge undoes it."""
    start = np.array([10e-6, 20e-6, 5e-6])
    layer = layer_of([0.5e-6, 1e-6, 2e-6], start, current)
    up = fill_channels(layer, 1500.0, tolerance=1e-5)
    assert np.all(up.lengths > 1.05 * start * (up.lengths > start))
    assert up.lengths.max() < layer.length
    down = fill_channels(replace(layer, current=-current, filled=up.lengths), 1500.0, tolerance=1e-5)
    assert down.lengths == pytest.approx(start, rel=1e-3)


def test_a_short_needle_grows_as_all_surfaces_plate_alike():
    """l << lambda and soft lithium: of what the walls plate one half rises, the other flows to the foil by symmetry,
    dl/dQ = w (1 + l/H), so l = H (exp(w Q/H) - 1)."""
    width, charge = 2e-6, 8000.0
    exact = width * math.expm1(LITHIUM_CHARGE_VOLUME * charge / width)
    grown = [
        fill_channels(
            layer_of([width], [0.0], 1e-3, pitch=10e-3, exchange_current=1e-2, creep=SOFT, cells=cells), charge,
            tolerance=1e-4,
        ).lengths[0]
        for cells in (16, 32)
    ]  # fmt: skip
    assert grown == pytest.approx([exact, exact], rel=5e-3)


def test_lithium_arrives_at_the_charge_of_the_closed_form_and_then_stalls():
    """The closed form is a lower bound: what flows to the foil instead, and walls held by the strength, come later."""
    given = {"length": 200e-6, "cells": 96}
    where = (200e-6, 1e-6, 100e-6, 0.05, 300.0)
    bound = arrival_charge(*where)
    soft = fill_channels(layer_of([1e-6], [0.0], creep=SOFT, **given), 2.5 * bound)
    assert bound < soft.arrivals[0] < 1.4 * bound
    real = fill_channels(layer_of([1e-6], [0.0], **given), 2.5 * bound)
    assert bound < real.arrivals[0] < 2.5 * bound
    assert real.peak_pressure[0] == pytest.approx(stall_pressure(2.0, 200e-6, 0.05, 300.0), rel=0.02)
    assert real.ended.foil > 0.9


def test_less_than_the_charge_of_arrival_presses_nothing():
    turned = fill_channels(layer_of([0.5e-6, 1e-6], [0.0, 0.0]), 3000.0)
    assert np.all(np.isinf(turned.arrivals))
    assert np.all(turned.peak_pressure == 0.0)
    assert math.isinf(turned.failed)


def test_the_filling_ends_where_a_tip_presses_too_much():
    layer = layer_of([0.5e-6, 1e-6, 2e-6], [0.0] * 3)
    whole = fill_channels(layer, 60e3)
    cracked = fill_channels(layer, 60e3, largest_pressure=5e6)
    assert math.isinf(whole.failed)
    assert cracked.failed == pytest.approx(whole.arrivals.min(), rel=1e-6)
    assert cracked.peak_pressure.max() > 5e6


def test_channels_filled_beyond_the_layer_are_refused():
    with pytest.raises(InputError, match="filled up to 0 to 6e-05 m"):
        layer_of([1e-6], [70e-6])
    with pytest.raises(InputError, match="not zero"):
        layer_of([1e-6], [0.0], 0.0)
