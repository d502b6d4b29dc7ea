"""When a lithium channel stalls under current control, and what the electrolyte feels: closed forms.

A channel of metal is at the potential of the foil. At the height z of a layer that carries the current density i the
electrolyte is at eta(z) = eta_ct + i z/sigma against the metal, so lithium there is plated until its pressure is
(F/v_m) eta(z): all of the layer's field, and nothing else, drives it. Lithium that is plated must leave through the
channel; the pressure that pushes it out rises by 2 tau/H per length. If that is more than the field's (F/v_m) i/sigma,
the metal cannot be squeezed out by what drives it in: the channel stalls. The ratio of the two gradients is N_s.
"""

import math
from typing import TypeVar

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.mesoscale.arrest.creep import LITHIUM_CREEP, Creep, plug_wall_stress
from selflimit.mesoscale.arrest.kinetics import (
    LITHIUM_CHARGE_VOLUME,
    ROOM_TEMPERATURE,
    charge_transfer_overpotential,
    charge_transfer_resistance,
)

Real = TypeVar("Real", float, FloatArray)

EDGE_CRACK = 1.12
"""K = 1.12 P sqrt(pi a) of an edge crack under uniform pressure: Tada, Paris and Irwin, The Stress Analysis of Cracks
Handbook, doi:10.1115/1.801535 (1.1215)."""


def stall_pressure(
    current: Real, length: Real, conductivity: Real, exchange_current: Real, temperature: float = ROOM_TEMPERATURE
) -> Real:
    """Pressure (F/v_m)(eta_ct + i L/sigma) (Pa) at which nothing more is plated at the tip of a channel.

    >>> f"{stall_pressure(2.0, 60e-6, 0.05, 300.0) / 1e6:.1f} MPa"
    '19.1 MPa'

    Parameters
    ----------
    current
        i, mean over the layer (A/m^2).
    length
        L of the channel (m).
    conductivity
        sigma of the layer (S/m).
    exchange_current
        i0 (A/m^2).
    temperature
        T (K).
    """
    field = current * length / conductivity
    return (charge_transfer_overpotential(current, exchange_current, temperature) + field) / LITHIUM_CHARGE_VOLUME


def extrusion_stress(
    current: Real, width: Real, creep: Creep = LITHIUM_CREEP, temperature: float = ROOM_TEMPERATURE
) -> Real:
    """Shear stress tau (Pa) at the walls of a slot whose lithium moves at the speed v_m i/F at which it is plated.

    Parameters
    ----------
    current
        i (A/m^2).
    width
        H (m).
    creep
        Law of lithium.
    temperature
        T (K).
    """
    return plug_wall_stress(LITHIUM_CHARGE_VOLUME * current, width, creep, temperature)


def extrusion_number(wall_stress: Real, conductivity: Real, width: Real, current: Real) -> Real:
    """N_s = 2 tau sigma v_m/(F H i), dimensionless: above 1 the channel stalls, below it extrudes.

    Neither the layer's thickness nor the exchange current matters.

    Parameters
    ----------
    wall_stress
        tau at the walls (Pa), by :func:`extrusion_stress`.
    conductivity
        sigma (S/m).
    width
        H (m).
    current
        i (A/m^2).
    """
    return 2.0 * wall_stress * conductivity * LITHIUM_CHARGE_VOLUME / (width * current)


def critical_slot_width(
    current: float, conductivity: float, creep: Creep = LITHIUM_CREEP, temperature: float = ROOM_TEMPERATURE
) -> float:
    """Width H (m) of the slot with N_s = 1: narrower ones stall.

    tau depends on H as H^(-1/n), so H^((n+1)/n) = (2 sigma w/i)(2 (n + 2) w i/A_s)^(1/n) with w = v_m/F.

    >>> f"{critical_slot_width(2.0, 0.05) * 1e6:.1f} um"
    '3.7 um'

    Parameters
    ----------
    current
        i (A/m^2).
    conductivity
        sigma (S/m).
    creep
        Law of lithium.
    temperature
        T (K).
    """
    n = creep.exponent
    at_one_metre = extrusion_number(extrusion_stress(current, 1.0, creep, temperature), conductivity, 1.0, current)
    return math.pow(at_one_metre, n / (n + 1.0))


def extrusion_current(
    width: float, conductivity: float, creep: Creep = LITHIUM_CREEP, temperature: float = ROOM_TEMPERATURE
) -> float:
    """Current density i (A/m^2) with N_s = 1 in a slot: below it the channel stalls, above it extrudes.

    tau rises as i^(1/n), so N_s falls as i^((1-n)/n).

    Parameters
    ----------
    width
        H (m).
    conductivity
        sigma (S/m).
    creep
        Law of lithium.
    temperature
        T (K).
    """
    n = creep.exponent
    at_one_ampere = extrusion_number(extrusion_stress(1.0, width, creep, temperature), conductivity, width, 1.0)
    return math.pow(at_one_ampere, n / (n - 1.0))


def leak_current(current: Real, extrusion: Real, exponent: float) -> Real:
    """Current density i N_s^(-n) (A/m^2) at the tip of a stalled channel, to leading order; i where N_s < 1.

    Far from its ends the pressure of a stalled plug follows the field, so its wall stress is tau/N_s and what it lets
    through is N_s^(-n) of what flows at tau, v_m i/F.

    Parameters
    ----------
    current
        i (A/m^2).
    extrusion
        N_s.
    exponent
        n of the creep law.
    """
    found: Real = current * np.minimum(1.0, extrusion ** (-exponent))
    return found


def tip_pressure(stall: Real, plug: Real) -> Real:
    """Pressure (Pa) at the tip: the stall pressure, or what pushes the plug out if that is less.

    Parameters
    ----------
    stall, plug
        (F/v_m)(eta_ct + i L/sigma) and 2 tau L/H (Pa).
    """
    found: Real = np.minimum(stall, plug)
    return found


def crack_pressure(toughness: Real, flaw: Real, confinement: float | Real = 0.0) -> Real:
    """Pressure P_c = p + K_IC/(1.12 sqrt(pi a)) (Pa) in a flaw at which it grows (Griffith and Irwin; edge crack).

    >>> f"{crack_pressure(0.085e6, 3e-6) / 1e6:.0f} MPa"
    '25 MPa'

    Parameters
    ----------
    toughness
        K_IC of the electrolyte (Pa m^(1/2)).
    flaw
        Depth a (m).
    confinement
        Compression p (Pa) in the plane of the electrolyte, which closes the crack: K = 1.12 (P - p) sqrt(pi a).
    """
    found: Real = confinement + toughness / (EDGE_CRACK * np.sqrt(math.pi * flaw))
    return found


def critical_current(
    crack: Real, length: Real, conductivity: Real, exchange_current: Real, temperature: float = ROOM_TEMPERATURE
) -> Real:
    """Current density (v_m/F) P_c/(R_ct + L/sigma) (A/m^2) up to which a stalled layer stays whole.

    Charge transfer is taken linear. Because asinh(x) < x, the exact current is larger, by a share of about (i/i0)^2/24
    of what charge transfer has in the resistance.

    Parameters
    ----------
    crack
        P_c (Pa).
    length
        L (m).
    conductivity
        sigma (S/m).
    exchange_current
        i0 (A/m^2).
    temperature
        T (K).
    """
    resistance = charge_transfer_resistance(exchange_current, temperature) + length / conductivity
    return LITHIUM_CHARGE_VOLUME * crack / resistance
