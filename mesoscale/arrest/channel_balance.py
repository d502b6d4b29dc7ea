"""Solving the layer with channels by Newton's method, and what its solution says."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import spsolve

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale.arrest.channel import ChannelFields, ChannelLayer, curvature, functional, gradient
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
        P above that of the foil (Pa), shape ``(kinds, nodes)``.
    tip_current
        Current density at the tips (A/m^2), shape ``(kinds,)``.
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
    foil: float
    walls: float
    tips: float
    imbalance: float
    steps: int

    @property
    def tip_pressure(self) -> FloatArray:
        """P at the tips (Pa), shape ``(kinds,)``."""
        return self.pressure[:, -1]


def solve_channels(layer: ChannelLayer) -> ChannelState:
    """Find the balance of a layer with channels.

    >>> import numpy as np
    >>> layer = ChannelLayer(2.0, 60e-6, np.array([1e-6]), 100e-6, 0.05, 300.0)
    >>> state = solve_channels(layer)
    >>> f"{state.foil:.3f} on the foil, {state.tip_pressure[0] / 1e6:.0f} MPa"
    '0.985 on the foil, 19 MPa'

    Raises
    ------
    ConvergenceError
        Newton's method does not reach its tolerance.
    """
    at, steps = _first_guess(layer), 0
    residual = gradient(layer, at)
    while (size := float(np.abs(residual).max())) > BALANCE_TOLERANCE * layer.current:
        change = spsolve(curvature(layer, at), -residual)
        at, residual, moved = _search(layer, at, residual, change)
        steps += 1
        if size <= LEAST_RESIDUAL * layer.current and np.abs(residual).max() > 0.5 * size:
            break  # what is left is round-off
        if not moved or steps == MOST_STEPS:
            raise ConvergenceError(
                f"channels at {layer.current:g} A/m^2: residual {size / layer.current:.1e} of the current after "
                f"{steps} Newton steps, {LEAST_RESIDUAL:g} needed; use more cells or a narrower range of widths"
            )
    return _state(layer, at, steps)


def _first_guess(layer: ChannelLayer) -> ChannelFields:
    """The undisturbed field with stalled channels: there every exponential is one, so nothing overflows."""
    height = np.linspace(0.0, layer.length, layer.cells + 1)
    begin = float(charge_transfer_overpotential(layer.current, layer.exchange_current, layer.temperature))
    eta = begin + layer.current * height / layer.conductivity
    p = np.tile(eta, (layer.kinds, 1))
    p[:, 0] = 0.0
    return ChannelFields(eta, p)


def _search(
    layer: ChannelLayer, at: ChannelFields, residual: FloatArray, change: FloatArray
) -> tuple[ChannelFields, FloatArray, bool]:
    """Go along a Newton step until the functional falls enough (Armijo), or the residual does: fields, residual,
    moved."""
    begin, descent, size = functional(layer, at), float(residual @ change), float(np.abs(residual).max())
    share = 1.0
    while share > LEAST_STEP:
        tried = at.shifted(change, share)
        value = functional(layer, tried)
        if np.isfinite(value):
            after = gradient(layer, tried)
            # close to the minimum the functional changes by less than its last digit, and the residual decides
            if value <= begin + 1e-4 * share * descent or np.abs(after).max() < 0.5 * size:
                return tried, after, True
        share /= 2.0
    return at, residual, False


def _state(layer: ChannelLayer, at: ChannelFields, steps: int) -> ChannelState:
    def plated(drive: FloatArray) -> FloatArray:
        return deposition_current(drive, layer.exchange_current, layer.temperature)

    drive = at.eta - at.p
    tip_current = plated(drive[:, -1])
    foil = float((1.0 - layer.areas.sum()) * plated(at.eta[:1])[0]) / layer.current
    walls = float((layer.walls * plated(drive)).sum()) / layer.current
    tips = float(layer.areas @ tip_current) / layer.current
    return ChannelState(
        height=np.linspace(0.0, layer.length, layer.cells + 1),
        overpotential=at.eta,
        pressure=at.p / LITHIUM_CHARGE_VOLUME,
        tip_current=tip_current,
        foil=foil,
        walls=walls,
        tips=tips,
        imbalance=foil + walls + tips - 1.0,
        steps=steps,
    )
