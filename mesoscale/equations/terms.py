"""What moves the front besides charge transfer and the surface energy of its profile: one object for each cause.

A term gives a rate of xi at every node. The Li+ and the charge for what it moves are booked by the step, whatever the
term. ``TERMS`` holds the makers of the built-in ones; a model takes others as ``GrowthModel(..., terms=...)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from scipy.ndimage import gaussian_filter

from selflimit.arrays import FloatArray
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations.anisotropy import Anisotropy
from selflimit.mesoscale.equations.front import Front
from selflimit.mesoscale.equations.noise import noise
from selflimit.mesoscale.equations.sharp_limit import PUBLISHED
from selflimit.mesoscale.equations.step_length import Moment
from selflimit.mesoscale.mechanics.stress import cell_gradient, direction, magnitude

STILL = 1e-9
"""h'(xi) below which drives and noise are nothing: they would move xi by less than round-off."""
NOISE_WIDTH = 0.5e-6
"""Width (m) that the noise amplitude belongs to. A front averages white noise over its width, so A^2 w^(d-1) stays."""
BAND = 1e-3
"""xi nearer to 0 or 1 than this has no curvature."""
SMOOTH = 0.75
"""Length over w of the filter of the distance: without it the curvature that is taken away grows teeth of 2 cells."""
FADED = 0.3
"""Slope of the distance below which its direction is faded out, as where two fronts meet; 1 in a front."""


class Seen(NamedTuple):
    """What a term sees of a step."""

    front: Front
    """The order-parameter equation: grid, parameters, what is open."""
    begin: float
    """Time at the beginning of the step (s)."""
    now: Moment
    """The fields at its end, as far as they are known."""
    eta: FloatArray
    """Total overpotential there (V), shape ``nodes``."""


class Term(Protocol):
    """One cause of motion of the front."""

    @property
    def lagged(self) -> bool:
        """Whether it is computed anew in every sweep and asked for by the guard of pinned fronts, or once in a step."""
        ...

    def rate(self, seen: Seen) -> FloatArray:
        """Rate d(xi)/dt (1/s), shape ``nodes``."""
        ...


class TermSetting(NamedTuple):
    """What a built-in term is made of."""

    front: Front
    """The order-parameter equation."""
    seed: int
    """Seed of the microstructure."""
    capillarity: float | None
    """Surface tension T (m^2/s) where it is a number of its own; None where it is L_sigma kappa."""


@dataclass(frozen=True)
class Noise:
    """Random rate L_eta h'(xi) A chi, relative to the local exchange rate; chi from ``equations.noise``."""

    seed: int
    lagged: bool = False

    @staticmethod
    def of(setting: TermSetting) -> "Noise | None":
        """The noise of these parameters, if any."""
        return Noise(setting.seed) if setting.front.p.noise_amplitude > 0.0 else None

    def rate(self, seen: Seen) -> FloatArray:
        """Rate (1/s), the mean over the step."""
        front, now = seen.front, seen.now
        slope = ec.switch_slope(now.xi)
        chi = noise(front.grid, front.p.interface_width, self.seed, seen.begin, now.time, slope > STILL)
        return self.scaled(front, now, ec.charge_transfer(front.p, seen.eta), chi)

    def scaled(self, front: Front, now: Moment, charge: ec.Charge, chi: FloatArray) -> FloatArray:
        """Rate (1/s) for the noise ``chi`` of unit variance per w^d and 1 s, shape ``nodes``."""
        exchange = front.form.fluctuation(front.p, charge, now.c)
        return np.asarray(noise_amplitude(front) * front.kinetics * ec.switch_slope(now.xi) * exchange * chi)


def noise_amplitude(front: Front) -> float:
    """A at this width: the published model's is relative to w^d, the sharp one's to a strength along the front."""
    p = front.p
    if front.form is PUBLISHED:
        return p.noise_amplitude
    return float(p.noise_amplitude * (NOISE_WIDTH / p.interface_width) ** (0.5 * (front.grid.dimension - 1)))


@dataclass(frozen=True)
class AnisotropicProfile:
    """The published anisotropy: energy density kappa/2 a^2 |grad xi|^2, less its isotropic part, which is implicit."""

    anisotropy: Anisotropy
    lagged: bool = True

    @staticmethod
    def of(setting: TermSetting) -> "AnisotropicProfile | None":
        """The anisotropy of these parameters, if any, where surface tension is not a number of its own."""
        shape = surface_anisotropy(setting.front)
        return AnisotropicProfile(shape) if setting.capillarity is None and shape is not None else None

    def rate(self, seen: Seen) -> FloatArray:
        """L_sigma kappa div[|grad xi| (a grad_n(a) - n)] (1/s)."""
        front, gradient = seen.front, cell_gradient(seen.front.grid, seen.now.xi)
        n, a = direction(gradient), self.anisotropy
        flux = magnitude(gradient)[..., None] * (a.factor(n)[..., None] * a.vector(n) - n)
        return front.p.surface_mobility * front.p.gradient_coefficient * front.divergence(flux)


@dataclass(frozen=True)
class SurfaceTension:
    """Makes T the surface tension: L_sigma kappa K |grad xi| of the profile's energy is taken away, T K_a put instead.

    K = div(n) is the curvature, K_a = div(dr a(r)/dr) that weighted with the stiffness (Folch et al. 1999,
    doi:10.1103/PhysRevE.60.1724, for the isotropic one).
    """

    capillarity: float
    anisotropy: Anisotropy | None = None
    lagged: bool = True

    @staticmethod
    def of(setting: TermSetting) -> "SurfaceTension | None":
        """The surface tension, where it is a number of its own."""
        found = setting.capillarity
        return None if found is None else SurfaceTension(found, surface_anisotropy(setting.front))

    def rate(self, seen: Seen) -> FloatArray:
        """|grad xi| [T K_a/(1 + R) - L_sigma kappa K] (1/s); R as in ``SharpForm``, which answers to it too."""
        front, most = seen.front, 1.0 / seen.front.p.interface_width
        normal = smooth_normal(front, seen.now.xi)
        # no front of width w curves more than 1/w; where two meet the divergence knows no bound
        curvature = np.clip(front.divergence(normal), -most, most)
        weighted = curvature
        if self.anisotropy is not None:
            length = magnitude(normal)[..., None]
            weighted = np.clip(front.divergence(length * self.anisotropy.vector(direction(normal))), -most, most)
        charge = ec.charge_transfer(front.p, seen.eta)
        tension = self.capillarity * front.form.fluctuation(front.p, charge, seen.now.c) / charge.cathodic
        spread = front.p.surface_mobility * front.p.gradient_coefficient
        return np.asarray(front.steepness(seen.now.xi) * (tension * weighted - spread * curvature))


def smooth_normal(front: Front, xi: FloatArray) -> FloatArray:
    """Direction of grad xi per cell, shape ``shape + (d,)``: of length 1 in a front, faded out between two.

    It is the gradient of psi = w ln[xi/(1 - xi)], the distance to the front where the profile is kept: differences of
    it are exact where those of xi are not. The filter 2 G - G G leaves long waves alone to fourth order.
    """
    # beyond the band the logarithm would make a distance of round-off
    w, x = front.p.interface_width, np.clip(xi, BAND, 1.0 - BAND)
    once = _filtered(front, w * np.log(x / (1.0 - x)))
    gradient = cell_gradient(front.grid, 2.0 * once - _filtered(front, once))
    return np.asarray(gradient / np.maximum(magnitude(gradient), FADED)[..., None])


def _filtered(front: Front, field: FloatArray) -> FloatArray:
    """Gaussian mean of the open nodes."""
    length = SMOOTH * front.p.interface_width / front.grid.spacing
    if front.open_share is None:
        return np.asarray(gaussian_filter(field, length, mode="mirror"))
    weight = gaussian_filter(front.is_open.astype(np.float64), length, mode="mirror")
    return np.asarray(gaussian_filter(field * front.is_open, length, mode="mirror") / np.maximum(weight, 1e-12))


def surface_anisotropy(front: Front) -> Anisotropy | None:
    """Anisotropy of the surface energy, if any."""
    p = front.p
    found = Anisotropy(p.anisotropy, p.anisotropy_folds, p.anisotropy_orientation)
    return found.checked(front.grid.dimension, convex=True) if p.anisotropy > 0.0 else None


def kinetic_anisotropy(front: Front) -> Anisotropy | None:
    """Anisotropy of the exchange current, if any."""
    p = front.p
    found = Anisotropy(p.kinetic_anisotropy, p.anisotropy_folds, p.anisotropy_orientation)
    return found.checked(front.grid.dimension, convex=False) if p.kinetic_anisotropy != 0.0 else None


def directed_exchange(front: Front, xi: FloatArray, charge: ec.Charge) -> ec.Charge:
    """Butler-Volmer factors times the kinetics of each direction of the front ``xi``; as they are where it has none.

    Parameters
    ----------
    front
        The front, with its grid and parameters.
    xi
        Front, shape ``grid.shape``.
    charge
        Butler-Volmer factors at the nodes.
    """
    if (shape := kinetic_anisotropy(front)) is None:
        return charge
    factor = shape.factor(direction(front.grid.to_nodes(smooth_normal(front, xi))))
    return ec.Charge(factor * charge.cathodic, factor * charge.anodic)


TERMS: dict[str, Callable[[TermSetting], Term | None]] = {
    "noise": Noise.of,
    "anisotropic profile": AnisotropicProfile.of,
    "surface tension": SurfaceTension.of,
}
"""Makers of the built-in terms; None where a term has nothing to do."""


def made_terms(
    setting: TermSetting, makers: Mapping[str, Callable[[TermSetting], Term | None]] = TERMS
) -> tuple[Term, ...]:
    """The terms that act in a setting."""
    return tuple(term for make in makers.values() if (term := make(setting)) is not None)
