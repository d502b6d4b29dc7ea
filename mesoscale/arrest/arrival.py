"""When lithium arrives at the far side of a layer, and how deep a crack its charge fills: closed forms.

An open channel is filled up to l. As long as it is open nothing presses, so foil, walls and tip share the current as a
transmission line whose walls leak: sigma eta'' = eta/(R_ct s/2) below l, with the decay length
lambda = sqrt(sigma R_ct s/2). What does not go to the foil raises the top, a dl = w (1 - F) dQ with a = H/s.
"""

from typing import TypeVar

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.mesoscale.arrest.kinetics import (
    LITHIUM_CHARGE_VOLUME,
    ROOM_TEMPERATURE,
    charge_transfer_resistance,
)
from selflimit.mesoscale.arrest.stall import EDGE_CRACK

Size = TypeVar("Size", float, FloatArray)

QUADRATURE = np.polynomial.legendre.leggauss(24)
"""Places and weights between -1 and 1: the integrand is smooth on a logarithmic axis; 96 places change it by 1e-9."""
NEWTON_STEPS = 60
"""More than a convex cubic ever needs from the right."""


def foil_share(
    filled: Size, width: Size, pitch: Size, conductivity: Size, exchange_current: Size,
    temperature: float = ROOM_TEMPERATURE,
) -> Size:  # fmt: skip
    """Share F of the current that goes to the foil beside open channels, for a charge transfer that is linear.

    >>> f"{foil_share(60e-6, 1e-6, 100e-6, 0.05, 300.0):.3f}"
    '0.025'

    Parameters
    ----------
    filled
        l (m).
    width, pitch
        H of a channel and s between two (m).
    conductivity
        sigma (S/m).
    exchange_current
        i0 (A/m^2).
    temperature
        T (K).
    """
    resistance = charge_transfer_resistance(exchange_current, temperature)
    decay, area = np.sqrt(conductivity * resistance * pitch / 2.0), width / pitch
    line, ends = conductivity * resistance / decay, (1.0 - area) * decay / (conductivity * resistance)
    # cosh and sinh without their common exp(l/lambda), which overflows
    even, odd = 0.5 * (1.0 + np.exp(-2.0 * filled / decay)), 0.5 * (1.0 - np.exp(-2.0 * filled / decay))
    found: Size = (1.0 - area) * np.exp(-filled / decay) / (line * (odd + ends * even) + area * (even + ends * odd))
    return found


def arrival_charge(
    length: Size, width: Size, pitch: Size, conductivity: Size, exchange_current: Size,
    temperature: float = ROOM_TEMPERATURE,
) -> Size:  # fmt: skip
    """Charge per area (C/m^2) that brings the top of an open channel through a layer: int a/(w (1 - F)) dl.

    The first part, until a channel is longer than lambda, goes to the foil; the rest fills it. Walls are taken to push
    their lithium up without resistance, which narrow channels do not: the charge is a lower bound.

    >>> f"{arrival_charge(0.6e-3, 1e-6, 100e-6, 0.05, 300.0) / 36e3:.2f} mAh/cm2"
    '1.51 mAh/cm2'

    Parameters
    ----------
    length
        L (m).
    width, pitch
        H and s (m).
    conductivity
        sigma (S/m).
    exchange_current
        i0 (A/m^2).
    temperature
        T (K).
    """
    places, weights = QUADRATURE
    span = np.log1p(2.0 * length / width)
    total = 0.0 * span
    for place, weight in zip(places, weights, strict=True):
        stretched = 0.5 * (place + 1.0) * span
        filled = 0.5 * width * np.expm1(stretched)
        share = foil_share(filled, width, pitch, conductivity, exchange_current, temperature)
        step = 0.5 * width * np.exp(stretched) * 0.5 * span * weight  # dl
        total = total + step * width / pitch / (LITHIUM_CHARGE_VOLUME * (1.0 - share))
    found: Size = total
    return found


def crack_depth(section: Size, toughness: Size, modulus: Size, poisson_ratio: float, consumed: Size) -> Size:
    """Depth (m) of a crack that a section of lithium fills.

    A crack at rest, K = K_IC, is open by the section 1.12 sqrt(pi) K_IC L^(3/2)/E'; the reaction at its two faces takes
    the section ``consumed`` per depth. Their sum is what there is: a cubic equation for sqrt(L).

    Parameters
    ----------
    section
        Volume of lithium per length along the crack's front (m^2), not below zero.
    toughness
        K_IC (Pa m^(1/2)).
    modulus
        Young's modulus E (Pa).
    poisson_ratio
        nu, dimensionless.
    consumed
        Lithium that both faces consume, per depth (m).
    """
    opening = EDGE_CRACK * np.sqrt(np.pi) * toughness * (1.0 - poisson_ratio**2) / modulus
    root = (section / opening) ** (1.0 / 3.0)  # of the depth, without reaction: from above, where Newton is monotone
    for _ in range(NEWTON_STEPS):
        value = opening * root**3 + consumed * root**2 - section
        root = root - value / np.maximum(3.0 * opening * root**2 + 2.0 * consumed * root, 1e-300)
    found: Size = root**2
    return found
