"""How much surface tension a front of finite width can carry, and what that leaves of its shape.

Surface tension moves a front of curvature K by T K. The material's T is M_phys = i0 f gamma v_m/(nF)/(n F c_s), the
Gibbs-Thomson overpotential times the kinetics. A flat front of the velocity V that supply limits is unstable: a wave of
the wavenumber k grows at (k V - k^3 T/k_r)/(1 + k/k_r), k_r the kinetics' answer over the supply's, fastest where

    V k_r = T k^2 (3 + 2 k/k_r)

(docs/theory/phase-field.md). A front of width w shows that wavelength lambda_max only if it spans many w; so T is the
least multiple of M_phys for which lambda_max >= 12 w. The mobility L_sigma, which keeps the profile, is another number.
"""

import math
from typing import NamedTuple

import numpy as np

from selflimit.errors import InputError
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import FARADAY

WAVE = 12.0
"""Widths w that the fastest wavelength must span: measured, branches are then spaced as on half the width."""
ACCURATE = 24.0
"""Widths w from which on a wave grows as the sharp front's to 7 %; at 20 w, or at Lambda = 6 w, to 12 %."""
CARRIED = 0.1
"""Least share T/(L_sigma kappa) that a grid with dx = w carries to 2 %: what is left of the cancelled motion."""
SUPPLIED = 2.0
"""Largest V/(L_sigma gamma) of a front that supply limits: its profile is stretched by some per cent."""
FREE = 0.7
"""The same where the kinetics alone sets the velocity, which then is 0.3 % low."""


class FlatFront(NamedTuple):
    """A flat front, and what makes it unstable: crests reach into fresh supply."""

    velocity: float
    """V (m/s), positive where lithium grows."""
    response: float
    """k_r (1/m): the kinetics' answer to the supply over what an electrolyte of unit thickness conducts; 0 where supply
    limits nothing, so that the front is stable."""
    stretch: float
    """Largest V/(L_sigma gamma) at which such a front keeps its profile."""

    def fastest_wavelength(self, capillarity: float) -> float:
        """lambda_max (m) at the capillarity T (m^2/s); infinite for a stable front.

        Where kinetics is slow, k << k_r, it is 2 pi sqrt(3) sqrt(T/(V k_r)).

        >>> round(FlatFront(2.8e-8, 8.0e5, SUPPLIED).fastest_wavelength(8.3e-14) * 1e6)
        23
        """
        unstable = self.velocity * self.response
        if unstable <= 0.0:
            return math.inf
        if capillarity == 0.0:
            return 0.0
        roots = np.roots([2.0 * capillarity / self.response, 3.0 * capillarity, 0.0, -unstable])
        return 2.0 * math.pi / max(float(root.real) for root in roots)

    def least_capillarity(self, wavelength: float) -> float:
        """T (m^2/s) at which that wavelength (m) grows fastest; 0 for a stable front."""
        k, unstable = 2.0 * math.pi / wavelength, self.velocity * self.response
        return unstable / (k**2 * (3.0 + 2.0 * k / self.response)) if unstable > 0.0 else 0.0


class FrontTension(NamedTuple):
    """Surface tension of a front and the mobility that keeps its profile."""

    capillarity: float
    """T (m^2/s): a front of curvature K moves by T K."""
    physical: float
    """M_phys (m^2/s), of gamma and i0."""
    mobility: float
    """L_sigma (m^3/(J s))."""
    width: float
    """w (m)."""
    flat: FlatFront
    """The flat front that it is judged by."""

    @property
    def wavelength(self) -> float:
        """Fastest growing wavelength (m); infinite where nothing makes a flat front unstable."""
        return self.flat.fastest_wavelength(self.capillarity)

    @property
    def multiple(self) -> float:
        """T over its physical value; infinite without exchange current."""
        return self.capillarity / self.physical if self.physical > 0.0 else math.inf

    @property
    def is_resolved(self) -> bool:
        """Whether the fastest wavelength spans 12 w."""
        return self.wavelength >= WAVE * self.width * (1.0 - 1e-9)

    def statement(self) -> str:
        """What of the front's shape is the material's, and what the grid's, in one sentence."""
        if math.isinf(self.wavelength):
            return "nothing makes a flat front unstable here; what protrudes was there or comes from stress and noise"
        here = f"a flat front wrinkles fastest at {self.wavelength * 1e6:.3g} um = {self.wavelength / self.width:.3g} w"
        if not self.is_resolved:
            return f"{here}, less than {WAVE:g} w: spacing and radius of branches are those of the width, not of gamma"
        if self.wavelength < ACCURATE * self.width:
            here += f", and waves below {ACCURATE:g} w grow at a rate that is off by 12 % at 20 w and more below"
        if self.multiple > 1.01:
            own = self.flat.fastest_wavelength(self.physical) * 1e6
            return (
                f"{here}; the material's surface tension, {self.multiple:.3g} times less, would make it {own:.3g} um: "
                "spacing and radius of branches are those of the stated tension"
            )
        return f"{here}, with the material's surface tension: spacing and radius of branches are resolved"


def physical_capillarity(p: InterfaceParameters) -> float:
    """M_phys = v_0 f gamma v_m/(n F) (m^2/s), v_0 = i0/(n F c_s).

    >>> f"{physical_capillarity(InterfaceParameters()):.2g}"
    '1.2e-16'
    """
    gibbs_thomson = p.surface_energy * p.metal_molar_volume / (p.charge_number * FARADAY)
    return exchange_velocity(p) * p.inverse_thermal_voltage * gibbs_thomson


def exchange_velocity(p: InterfaceParameters) -> float:
    """v_0 = i0/(n F c_s) (m/s)."""
    return p.exchange_current / (p.charge_number * FARADAY * p.metal_site_density)


def flat_front_velocity(p: InterfaceParameters, distance: float) -> float:
    """Quasi-steady velocity (m/s) of a sharp flat front that is ``distance`` (m) from the far electrolyte.

    Between front and far electrolyte phi is linear and c'' + e c' = 0 with e = -f eta/distance, so c at the front is
    exp(e distance) - (q v/D) expm1(e distance)/e; v = v_0 (cathodic c - anodic) is linear in it.
    """
    f, eta, alpha = p.inverse_thermal_voltage, p.overpotential, p.transfer_coefficient
    cathodic, anodic = math.exp(-alpha * f * eta), math.exp((1.0 - alpha) * f * eta)
    v0, e = exchange_velocity(p), -f * eta / distance
    piled = math.expm1(e * distance) / e if eta != 0.0 else distance
    depletion = p.metal_site_density / p.bulk_concentration / p.electrolyte_diffusivity * piled
    supplied = v0 * (cathodic * math.exp(-f * eta) - anodic) / (1.0 + v0 * cathodic * depletion)
    return min(supplied, v0 * (cathodic * p.saturation - anodic))


def depleting_front(p: InterfaceParameters, distance: float) -> FlatFront:
    """A flat front, ``distance`` (m) from the far electrolyte, that uses up Li+: k_r = (c_s/c_0) beta/D, beta = v_0
    exp(-alpha f eta)."""
    beta = exchange_velocity(p) * math.exp(-p.transfer_coefficient * p.inverse_thermal_voltage * p.overpotential)
    ratio = p.metal_site_density / p.bulk_concentration
    return FlatFront(flat_front_velocity(p, distance), beta * ratio / p.electrolyte_diffusivity, SUPPLIED)


def stable_front(p: InterfaceParameters) -> FlatFront:
    """A flat front at c = 1 and the full overpotential, which nothing but the kinetics limits."""
    return FlatFront(p.planar_velocity(p.overpotential), 0.0, FREE)


def front_tension(p: InterfaceParameters, spacing: float, flat: FlatFront, allow_unresolved: bool) -> FrontTension:
    """Surface tension and profile-keeping mobility of a front on a grid.

    Parameters
    ----------
    p
        Parameters; ``capillarity`` 0 asks for the least multiple of the physical value that can be carried.
    spacing
        Grid spacing (m).
    flat
        The flat front by which it is judged.
    allow_unresolved
        Take a capillarity that is too small for the width.

    Raises
    ------
    InputError
        If the given capillarity makes the front wrinkle at less than 12 w and ``allow_unresolved`` is not set.
    """
    w, physical = p.interface_width, physical_capillarity(p)
    # a wider profile would be another width: the mobility has to pull it back as fast as it is stretched
    kept = abs(flat.velocity) / (flat.stretch * p.surface_energy)
    mobility = max(p.surface_mobility, kept, p.capillarity / (6.0 * w * p.surface_energy))
    least = flat.least_capillarity(WAVE * w)
    # what is taken away must be small enough to be taken away well
    carried = CARRIED * (spacing / w) * mobility * p.gradient_coefficient
    found = FrontTension(p.capillarity or max(physical, least, carried), physical, mobility, w, flat)
    if not found.is_resolved and not allow_unresolved:
        raise InputError(
            f"expected a capillarity of at least {least:.3g} m^2/s, which makes a flat front wrinkle at {WAVE:g} w, "
            f"got {found.capillarity:.3g} m^2/s: {found.wavelength * 1e6:.3g} um = {found.wavelength / w:.3g} w; "
            f"narrow interface_width to {found.wavelength / WAVE:.2g} m, leave capillarity out, or set allow_unresolved"
        )
    return found


def published_tension(p: InterfaceParameters, flat: FlatFront) -> FrontTension:
    """Surface tension of the published model, where L_sigma kappa is both; judged by the front ``flat``."""
    capillarity = p.surface_mobility * p.gradient_coefficient
    return FrontTension(capillarity, physical_capillarity(p), p.surface_mobility, p.interface_width, flat)
