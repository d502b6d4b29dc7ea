"""Charge transfer under current control: how many millivolts an interface itself asks for.

Butler-Volmer with a symmetry factor of one half and one electron, j = 2 i0 sinh(f eta/2) with f = F/RT; eta > 0
deposits. Pressure enters with its thermodynamic weight, C = 1: lithium under the pressure P is deposited as if eta were
smaller by P v_m/F, 0.135 mV per MPa (Monroe and Newman 2004, doi:10.1149/1.1710893).
"""

from typing import TypeVar

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.units import FARADAY, GAS_CONSTANT

Number = TypeVar("Number", float, FloatArray)

ROOM_TEMPERATURE = 300.0
"""Temperature of the cells in question (K)."""
LITHIUM_MOLAR_VOLUME = 1.30e-5
"""v_m of lithium at 300 K (m^3/mol): 6.94 g/mol over 0.534 g/cm^3."""
LITHIUM_CHARGE_VOLUME = LITHIUM_MOLAR_VOLUME / FARADAY
"""w = v_m/F (m^3/C, that is V/Pa): volume of lithium per charge, and overpotential per pressure."""


def deposition_current(overpotential: Number, exchange_current: float, temperature: float = ROOM_TEMPERATURE) -> Number:
    """Current density j = 2 i0 sinh(F eta/2RT) (A/m^2), of the shape of eta; positive deposits.

    Parameters
    ----------
    overpotential
        eta (V), positive deposits; of compressed lithium eta - P v_m/F.
    exchange_current
        i0 (A/m^2).
    temperature
        T (K).
    """
    scale = FARADAY / (2.0 * GAS_CONSTANT * temperature)
    found: Number = 2.0 * exchange_current * np.sinh(scale * overpotential)
    return found


def charge_transfer_overpotential(
    current: Number, exchange_current: Number, temperature: float = ROOM_TEMPERATURE
) -> Number:
    """Overpotential eta_ct = (2RT/F) asinh(i/2 i0) (V) that an interface needs for a current density.

    >>> f"{1e3 * charge_transfer_overpotential(5.0, 300.0):.2f} mV"
    '0.43 mV'

    Parameters
    ----------
    current
        i (A/m^2).
    exchange_current
        i0 (A/m^2).
    temperature
        T (K).
    """
    scale = 2.0 * GAS_CONSTANT * temperature / FARADAY
    found: Number = scale * np.arcsinh(current / (2.0 * exchange_current))
    return found


def charge_transfer_resistance(exchange_current: Number, temperature: float = ROOM_TEMPERATURE) -> Number:
    """Area resistance R_ct = RT/(F i0) (Ohm m^2): the slope of the overpotential at small currents."""
    return GAS_CONSTANT * temperature / (FARADAY * exchange_current)
