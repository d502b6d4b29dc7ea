"""How lithium metal flows: its law of creep, and its flow as a plug through a narrow slot.

Uniaxial creep is a power law, d(eps)/dt = A exp(-Q/RT) (sigma/S)^n with n = 1/m (LePage et al. 2019,
doi:10.1149/2.0221902jes). In simple shear the von Mises stress is sqrt(3) tau and the equivalent rate gamma/sqrt(3), so
d(gamma)/dt = A_s tau^n with A_s = 3^((n+1)/2) A exp(-Q/RT)/S^n.

In a slot of width H whose walls bear tau the shear falls linearly to zero in the middle. The speed there is the
integral of A_s (tau y/(H/2))^n, and its mean over the width is u = A_s tau^n H/(2 (n + 2)). The pressure that drives it
falls by 2 tau/H per length.
"""

import math
from dataclasses import dataclass, replace
from typing import TypeVar

from selflimit.arrays import FloatArray
from selflimit.mesoscale.arrest.kinetics import ROOM_TEMPERATURE
from selflimit.units import GAS_CONSTANT

Value = TypeVar("Value", float, FloatArray)


@dataclass(frozen=True)
class Creep:
    """A power law of creep; the default values are those of bulk lithium.

    They are the set of public MOOSE inputs (ecmLab/continuum, 'pre_factor', 'activation_energy', 'rate_exponent',
    'initial_resistance' 0.95 and 'saturation_resistance' 2.0 MPa), which fits LePage et al. 2019: it gives 0.35, 0.71
    and 1.0 MPa at 1e-6, 1e-4 and 1e-3 1/s. Masias et al. 2019 (doi:10.1007/s10853-018-2971-3) measured a yield strength
    of 0.57-0.89 MPa.

    Attributes
    ----------
    prefactor
        A (1/s).
    activation_energy
        Q (J/mol).
    exponent
        n = 1/m, dimensionless.
    resistance
        S (Pa).
    """

    prefactor: float = 4.25e4
    activation_energy: float = 37e3
    exponent: float = 1.0 / 0.15
    resistance: float = 1.5e6

    def strain_rate(self, stress: float, temperature: float = ROOM_TEMPERATURE) -> float:
        """Uniaxial strain rate (1/s) under a stress (Pa) at a temperature (K).

        >>> f"{Creep().strain_rate(0.71e6):.1e}"
        '1.0e-04'
        """
        return self.attempts(temperature) * math.pow(stress / self.resistance, self.exponent)

    def flow_stress(self, strain_rate: float, temperature: float = ROOM_TEMPERATURE) -> float:
        """Uniaxial stress (Pa) that a strain rate (1/s) needs at a temperature (K)."""
        return self.resistance * math.pow(strain_rate / self.attempts(temperature), 1.0 / self.exponent)

    def attempts(self, temperature: float) -> float:
        """Strain rate A exp(-Q/RT) at the stress S (1/s), at a temperature (K)."""
        return self.prefactor * math.exp(-self.activation_energy / (GAS_CONSTANT * temperature))

    def shear_coefficient(self, temperature: float = ROOM_TEMPERATURE) -> float:
        """A_s = 3^((n+1)/2) A exp(-Q/RT)/S^n (1/(s Pa^n)) at a temperature (K)."""
        n = self.exponent
        return math.pow(3.0, (n + 1.0) / 2.0) * self.attempts(temperature) / math.pow(self.resistance, n)

    def strengthened(self, factor: float) -> "Creep":
        """The same law for a metal that is stronger by a factor at every rate."""
        return replace(self, resistance=self.resistance * factor)


LITHIUM_CREEP = Creep()
"""Bulk lithium."""


def plug_speed(
    wall_stress: Value, width: Value, creep: Creep = LITHIUM_CREEP, temperature: float = ROOM_TEMPERATURE
) -> Value:
    """Mean speed u = A_s tau^n H/(2 (n + 2)) (m/s) of a plug in a slot.

    Parameters
    ----------
    wall_stress
        Shear stress tau at the walls (Pa).
    width
        H (m).
    creep
        Law of the metal.
    temperature
        T (K).
    """
    n = creep.exponent
    found: Value = creep.shear_coefficient(temperature) * wall_stress**n * width / (2.0 * (n + 2.0))
    return found


def plug_wall_stress(
    speed: Value, width: Value, creep: Creep = LITHIUM_CREEP, temperature: float = ROOM_TEMPERATURE
) -> Value:
    """Shear stress tau (Pa) at the walls of a slot in which a plug moves: :func:`plug_speed` solved for it.

    Parameters
    ----------
    speed
        u (m/s).
    width, creep, temperature
        As for :func:`plug_speed`.
    """
    n = creep.exponent
    found: Value = (2.0 * (n + 2.0) * speed / (creep.shear_coefficient(temperature) * width)) ** (1.0 / n)
    return found


def plug_pressure(wall_stress: Value, length: Value, width: Value) -> Value:
    """Pressure 2 tau L/H (Pa) that pushes a plug of length L out of a slot of width H: balance of forces.

    >>> plug_pressure(0.2e6, length=60e-6, width=1e-6)
    24000000.0

    Parameters
    ----------
    wall_stress
        Shear stress tau at the walls (Pa).
    length, width
        L and H (m).
    """
    return 2.0 * wall_stress * length / width


def relaxation_rate(
    stiffness: float, length: float, width: float, creep: Creep = LITHIUM_CREEP, temperature: float = ROOM_TEMPERATURE
) -> float:
    """Coefficient c of dP/dt = -c P^n (Pa^(1-n)/s) for a plug that flows out under its own pressure.

    What flows out, u = A_s (PH/2L)^n H/(2 (n + 2)), takes the volume u dt from a slot of length L, whose walls and
    metal answer with the bulk modulus K: c = (K/L) A_s (H/2L)^n H/(2 (n + 2)).

    Parameters
    ----------
    stiffness
        K (Pa).
    length, width
        L and H (m).
    creep
        Law of the metal.
    temperature
        T (K).
    """
    at_one_pascal = width / (2.0 * length)
    return stiffness / length * plug_speed(at_one_pascal, width, creep, temperature)


def relaxed_pressure(initial: float, rate: float, exponent: float, time: float) -> float:
    """Pressure [P0^(1-n) + (n-1) c t]^(1/(1-n)) (Pa) after a time: the solution of dP/dt = -c P^n.

    Parameters
    ----------
    initial
        P0 (Pa).
    rate
        c (Pa^(1-n)/s).
    exponent
        n, above 1.
    time
        t (s).
    """
    n = exponent
    # taken out of the bracket, P0 leaves a number of order one
    return initial * math.pow(1.0 + (n - 1.0) * rate * math.pow(initial, n - 1.0) * time, 1.0 / (1.0 - n))
