"""Solving the layer with channels by Newton's method, and what its solution says."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import spsolve

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale.arrest.channel import (
    ChannelLayer,
    curvature,
    functional,
    gradient,
    moved_currents,
    plated_currents,
)
from selflimit.mesoscale.arrest.kinetics import (
    LITHIUM_CHARGE_VOLUME,
    charge_transfer_overpotential,
    deposition_current,
)

BALANCE_TOLERANCE = 1e-12
"""Largest residual of charge or volume at a node, over the current."""
LEAST_RESIDUAL = 1e-10
"""What a residual may be where no step makes it smaller any more."""
MOST_STEPS = 400
"""Newton steps; from far away a power law of exponent n needs some n for each factor e in its slope."""
STEPS_NEARBY = 40
"""The same from a similar layer; beyond, the undisturbed field is the better start."""
LEAST_STEP = 2.0**-40
"""Least share of a Newton step that is tried."""


@dataclass(frozen=True)
class ChannelState:
    """Where the current of a layer goes, and the pressures in its channels.

    Attributes
    ----------
    height
        z of the nodes (m), shape ``(nodes,)``.
    overpotential
        eta (V), positive deposits, shape ``(nodes,)``.
    pressure
        P above that of the foil (Pa), shape ``(kinds, nodes)``, at the nodes of each kind, from the foil to its tip.
    tip_current
        Current density at the tips (A/m^2), shape ``(kinds,)``.
    rise
        Speed of the free tops (m/s), shape ``(kinds,)``; 0 of channels that are full.
    foil, walls, tips
        Shares of the current that go to each.
    imbalance
        foil + walls + tips - 1.
    steps
        Newton steps.
    """

    height: FloatArray
    overpotential: FloatArray
    pressure: FloatArray
    tip_current: FloatArray
    rise: FloatArray
    foil: float
    walls: float
    tips: float
    imbalance: float
    steps: int

    @property
    def tip_pressure(self) -> FloatArray:
        """P at the tips (Pa), shape ``(kinds,)``."""
        return self.pressure[:, -1]


def solve_channels(
    layer: ChannelLayer, near: ChannelState | None = None, tolerance: float = BALANCE_TOLERANCE
) -> ChannelState:
    """Find the balance of a layer with channels.

    >>> import numpy as np
    >>> layer = ChannelLayer(2.0, 60e-6, np.array([1e-6]), 100e-6, 0.05, 300.0)
    >>> state = solve_channels(layer)
    >>> f"{state.foil:.3f} on the foil, {state.tip_pressure[0] / 1e6:.0f} MPa"
    '0.985 on the foil, 19 MPa'

    Parameters
    ----------
    layer
        With as many cells as ``near``.
    near
        Balance of a similar layer, from which Newton's method starts.
    tolerance
        Largest residual of charge or volume at a node, over the current.

    Raises
    ------
    ConvergenceError
        Newton's method does not reach its tolerance.
    """
    if near is not None:
        x, steps, size = _minimise(layer, _from_state(layer, near), tolerance, STEPS_NEARBY)
        if size <= tolerance * abs(layer.current):
            return _state(layer, x, steps)
    x, steps, size = _minimise(layer, _first_guess(layer), tolerance, MOST_STEPS)
    if size > max(tolerance, LEAST_RESIDUAL) * abs(layer.current):
        raise ConvergenceError(
            f"channels at {layer.current:g} A/m^2: residual {size / abs(layer.current):.1e} of the current after "
            f"{steps} Newton steps, {max(tolerance, LEAST_RESIDUAL):.1e} needed; use more cells or a narrower range of "
            "widths"
        )
    return _state(layer, x, steps)


def _minimise(layer: ChannelLayer, x: FloatArray, tolerance: float, most: int) -> tuple[FloatArray, int, float]:
    """Go by Newton steps until the residual is small, or does not move any more: fields, steps, largest residual."""
    residual, scale, steps = gradient(layer, x), abs(layer.current), 0
    while (size := float(np.abs(residual).max())) > tolerance * scale and steps < most:
        change = spsolve(curvature(layer, x), -residual)
        x, residual, moved = _search(layer, x, residual, change)
        steps += 1
        after = float(np.abs(residual).max())
        if not moved or (size <= LEAST_RESIDUAL * scale and after > 0.5 * size):
            return x, steps, after  # what is left is round-off
    return x, steps, float(np.abs(residual).max())


def _first_guess(layer: ChannelLayer) -> FloatArray:
    """The undisturbed field above the highest free top, with stalled channels: there every exponential is about one."""
    height = np.linspace(0.0, layer.length, layer.cells + 1)
    begin = float(charge_transfer_overpotential(layer.current, layer.exchange_current, layer.temperature))
    lands = layer.lengths[~layer.is_full].max(initial=0.0)
    eta = begin + layer.current * np.maximum(height - lands, 0.0) / layer.conductivity
    return np.vstack([eta, np.outer(layer.is_full, eta)])[layer.balance.free]


def _from_state(layer: ChannelLayer, near: ChannelState) -> FloatArray:
    """What a similar layer has; a channel that has just become full begins without a pressure at its tip."""
    return np.vstack([near.overpotential, LITHIUM_CHARGE_VOLUME * near.pressure])[layer.balance.free]


def _search(
    layer: ChannelLayer, x: FloatArray, residual: FloatArray, change: FloatArray
) -> tuple[FloatArray, FloatArray, bool]:
    """Go along a Newton step until the functional falls enough (Armijo), or the residual does: fields, residual,
    moved."""
    size = float(np.abs(residual).max())
    with np.errstate(over="ignore", invalid="ignore"):
        whole = gradient(layer, x + change)
    # close to the minimum the functional changes by less than its last digit, and the residual decides
    if np.abs(whole).max() < 0.5 * size:
        return x + change, whole, True
    begin, descent, share = functional(layer, x), float(residual @ change), 1.0
    while share > LEAST_STEP:
        tried = x + share * change
        value = functional(layer, tried)
        if np.isfinite(value):
            after = gradient(layer, tried)
            if value <= begin + 1e-4 * share * descent or np.abs(after).max() < 0.5 * size:
                return tried, after, True
        share /= 2.0
    return x, residual, False


def _state(layer: ChannelLayer, x: FloatArray, steps: int) -> ChannelState:
    fields = np.zeros((layer.kinds + 1, layer.cells + 1))
    fields[layer.balance.free] = x
    plated = plated_currents(layer, x)
    foil, channels = float(plated[0]), plated[1:].reshape(layer.kinds, -1)
    moved = moved_currents(layer, x).reshape(layer.kinds + 1, -1)[1:]
    drive = (layer.balance.drives @ x)[1:].reshape(layer.kinds, -1)[:, -1]
    tip_current = deposition_current(drive, layer.exchange_current, layer.temperature)
    tips = float(layer.areas @ tip_current)
    walls = float(channels.sum()) - tips
    return ChannelState(
        height=np.linspace(0.0, layer.length, layer.cells + 1),
        overpotential=fields[0],
        pressure=fields[1:] / LITHIUM_CHARGE_VOLUME,
        tip_current=tip_current,
        rise=_rise(layer, channels, moved),
        foil=foil / layer.current,
        walls=walls / layer.current,
        tips=tips / layer.current,
        imbalance=(foil + walls + tips) / layer.current - 1.0,
        steps=steps,
    )


def _rise(layer: ChannelLayer, plated: FloatArray, moved: FloatArray) -> FloatArray:
    """Speed of the free tops: what is plated at the last node less what flows down from it, over the channel's area."""
    part = np.where(layer.lengths > 0.0, layer.lengths, layer.length) / layer.cells
    down = np.where(layer.balance.free[1:, 1], moved[:, -1] / part, 0.0)
    speed = LITHIUM_CHARGE_VOLUME * (plated[:, -1] - down) / layer.areas
    return np.where(layer.is_full, 0.0, speed)
