"""The product that forms where lithium touches a less stable electrolyte, as a film of thickness x.

Electrons cross the film and reduce the electrolyte; their current J_e = (E + eta)/(x/sigma_e + r) makes the film grow
by dx/dt = V0 J_e/(z F). With the reaction's own resistance r this is growth after Deal and Grove 1965
(doi:10.1063/1.1713945): linear at first, then as the square root of time. Ions cross it too:
J_i = sigma_i (eta - w P)/x plates lithium at the tip, or dissolves it again if its pressure P is large; w = v_m/F.
"""

from typing import TypeVar

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME
from selflimit.mesoscale.bridge import ReactionPerCharge

Amount = TypeVar("Amount", float, FloatArray)


def film_current(thickness: Amount, drive: Amount, conductivity: Amount, resistance: Amount) -> Amount:
    """Electronic current density J_e = (E + eta)/(x/sigma_e + r) (A/m^2) through a film.

    Parameters
    ----------
    thickness
        x (m).
    drive
        E + eta (V): voltage of the reaction at the metal.
    conductivity
        sigma_e of the film (S/m).
    resistance
        r of the reaction and of the rest of the circuit (Ohm m^2).
    """
    return drive / (thickness / conductivity + resistance)


def film_thickness(
    time: Amount, drive: Amount, conductivity: Amount, resistance: Amount, reaction: ReactionPerCharge
) -> Amount:
    """Thickness x (m) of a film that began at none: x^2/2 + r sigma_e x = V0 sigma_e (E + eta) t/(z F).

    Parameters
    ----------
    time
        t (s).
    drive, conductivity, resistance
        As for :func:`film_current`.
    reaction
        Volume of the electrolyte per charge.
    """
    linear = resistance * conductivity
    twice = 2.0 * reaction.consumed_volume * conductivity * drive * time
    # the root of the quadratic equation, written so that a small x is no difference of large numbers
    found: Amount = twice / (np.sqrt(linear**2 + twice) + linear)
    return found


def swelling_pressure(overpotential: Amount, ratio: Amount, reaction: ReactionPerCharge) -> Amount:
    """Pressure (Pa) at the tip behind a growing film from which lithium dissolves as fast as the film swells.

    At rest w J_i + (dV/(z F)) J_e = 0 without a resistance of the reaction, so
    w P = eta + (dV/(z v_m)) (sigma_e/sigma_i) (E + eta). A film that shrinks (dV < 0) draws lithium: P is smaller, and
    below zero where the lithium would lose its contact.

    Parameters
    ----------
    overpotential
        eta of the tip (V), positive deposits.
    ratio
        sigma_e/sigma_i, electronic over ionic conductivity of the film.
    reaction
        Its voltage and its volumes per charge.
    """
    swelling = reaction.swelling / LITHIUM_CHARGE_VOLUME
    return (overpotential + swelling * ratio * (reaction.voltage + overpotential)) / LITHIUM_CHARGE_VOLUME
