"""Channels that fill and empty under current: how far lithium gets in a half-cycle, and what presses when it is there.

A free top rises by what is plated at its tip and what its walls push up, d(l_k)/dQ = rise_k/i per charge Q and area. It
meets no resistance until it touches the far side. As long as all tops are free the speed is an odd function of the
current: stripping the same charge brings every top back to where it was. Pressure at the far side therefore needs a
charge that fills a channel; short of it lithium turns back.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import solve_ivp

from selflimit.arrays import FloatArray
from selflimit.mesoscale.arrest.channel import LEAST_LENGTH, ChannelLayer
from selflimit.mesoscale.arrest.channel_balance import ChannelState, solve_channels

JUST_OPEN = 1.0 - 1e-6
"""Share of the layer up to which a channel is filled whose tip has just been stripped."""
RESIDUAL = 1e-4
"""Largest residual of charge or volume at a node while channels fill, over the current on the smallest channel."""
STEP_TOLERANCE = 1e-3
"""Relative error of a length that a step along the charge may make."""


@dataclass(frozen=True)
class Filling:
    """What a charge did to a layer with channels.

    Attributes
    ----------
    lengths
        l_k at the end (m), shape ``(kinds,)``.
    arrivals
        Charge per area (C/m^2) after which each kind reached the far side, shape ``(kinds,)``; infinite: it did not.
    peak_pressure
        Largest pressure at the far end of each kind (Pa), shape ``(kinds,)``; 0: it did not arrive.
    begun, ended
        Balance at the begin, and at the end.
    failed
        Charge per area (C/m^2) after which a tip pressed more than it may; infinite: none did.
    """

    lengths: FloatArray
    arrivals: FloatArray
    peak_pressure: FloatArray
    begun: ChannelState
    ended: ChannelState
    failed: float = np.inf


def fill_channels(
    layer: ChannelLayer, charge: float, largest_pressure: float = np.inf, tolerance: float = STEP_TOLERANCE
) -> Filling:
    """Plate or strip a charge and follow every channel.

    Parameters
    ----------
    layer
        How far its channels are filled at the begin; the sign of its current says whether lithium is plated.
    charge
        Per area of the layer (C/m^2), positive.
    largest_pressure
        What a tip may press (Pa); beyond it the filling ends, for the electrolyte has cracked.
    tolerance
        Relative error of a length per step.
    """
    at = _opened(layer) if layer.current < 0.0 else layer
    state = begun = solve_channels(at)
    done, arrivals = 0.0, np.where(at.is_full, 0.0, np.inf)
    peak = _pressed(at, state)
    while done < charge and peak.max(initial=0.0) <= largest_pressure:
        at, state, done = _until_next_event(at, state, done, charge, tolerance)
        arrivals = np.where(at.is_full & np.isinf(arrivals), done, arrivals)
        peak = np.maximum(peak, _pressed(at, state))
    failed = done if peak.max(initial=0.0) > largest_pressure else np.inf
    return Filling(at.lengths, arrivals, peak, begun, state, failed)


def _until_next_event(
    at: ChannelLayer, state: ChannelState, done: float, charge: float, tolerance: float
) -> tuple[ChannelLayer, ChannelState, float]:
    """Go on until a channel is full or empty, or the charge is plated: layer, balance, charge."""
    near, residual = state, RESIDUAL * float(at.areas.min())

    def slopes(_: float, lengths: FloatArray) -> FloatArray:
        nonlocal near
        now = replace(at, filled=np.where(at.is_full, at.length, np.clip(lengths, 0.0, JUST_OPEN * at.length)))
        near = solve_channels(now, near, residual)
        return np.where((now.lengths > 0.0) | (at.current > 0.0), near.rise, 0.0) / abs(at.current)

    def left_to_go(_: float, lengths: FloatArray) -> float:
        if at.current > 0.0:
            return float(np.where(at.is_full, np.inf, JUST_OPEN * at.length - lengths).min(initial=1.0))
        is_open = at.lengths > LEAST_LENGTH * at.length
        return float(np.where(is_open, lengths - LEAST_LENGTH * at.length, np.inf).min(initial=1.0))

    left_to_go.terminal = True  # type: ignore[attr-defined]
    left_to_go.direction = -1.0  # type: ignore[attr-defined]
    error = tolerance * float(at.widths.min())
    found = solve_ivp(slopes, (done, charge), at.lengths, method="RK23", rtol=tolerance, atol=error, events=left_to_go)
    lengths = np.clip(found.y[:, -1], 0.0, at.length)
    if found.status == 1:
        margin = 2.0 * (1.0 - JUST_OPEN)
        full = at.is_full | ((lengths >= (1.0 - margin) * at.length) & (at.current > 0.0))
        empty = (lengths <= 2.0 * LEAST_LENGTH * at.length) & (at.current < 0.0)
        lengths = np.where(full, at.length, np.where(empty, 0.0, lengths))
    after = replace(at, filled=lengths)
    return after, solve_channels(after, near, residual), float(found.t[-1])


def _opened(layer: ChannelLayer) -> ChannelLayer:
    """Stripping begins at the tips, so what was full has a free top."""
    return replace(layer, filled=np.minimum(layer.lengths, JUST_OPEN * layer.length))


def _pressed(layer: ChannelLayer, state: ChannelState) -> FloatArray:
    return np.where(layer.is_full, state.tip_pressure, 0.0)
