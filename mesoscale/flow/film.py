"""The product at a contact during one step: how thick it becomes, and what charge and volume go with it.

J_e = (E + eta)/(x/sigma_e + r) and dx/dt = (V0/(z F)) J_e (:mod:`selflimit.mesoscale.arrest.film`), with eta = -psi. At
a drive that is constant over the step (x + r sigma_e)^2 grows by 2 (V0/(z F)) sigma_e (E + eta) dt: the thickness at
the end is exact for it, and the mean current is the growth over the step, so charge and product belong together.
"""

from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.mesoscale.bridge import ReactionPerCharge
from selflimit.mesoscale.flow.settings import ProductFilm


class FilmCurrent(NamedTuple):
    """The product after a step, per area of contact."""

    thickness: FloatArray
    """x (m)."""
    density: FloatArray
    """Mean of J_e over the step (A/m^2)."""
    slope: FloatArray
    """dJ_e/d(eta) (S/m^2), >= 0."""


def film_step(
    film: ProductFilm, reaction: ReactionPerCharge, before: FloatArray, eta: FloatArray, covered: FloatArray, dt: float
) -> FilmCurrent:
    """The film after a step.

    Parameters
    ----------
    film
        Its conductivities and the reaction's resistance.
    reaction
        Voltage (V) and volumes (m^3/C) of the reaction.
    before
        Thickness at the beginning (m), any shape.
    eta
        Overpotential at the contact (V), positive plates.
    covered
        Share of the contact that lithium touches, 0 to 1.
    dt
        Length of the step (s).
    """
    added, rate = film.resistance * film.electronic_conductivity, reaction.consumed_volume
    # a reaction does not run back: what has become product stays
    drive = np.maximum(reaction.voltage + eta, 0.0)
    grown = rate * film.electronic_conductivity * covered * dt
    after = np.sqrt((before + added) ** 2 + 2.0 * grown * drive)
    # the root less what was there before, written so that a small growth is no difference of large numbers
    both = after + before + added
    increase = np.divide(2.0 * grown * drive, both, out=np.zeros_like(after), where=both > 0.0)
    slope = np.divide(grown, after, out=np.zeros_like(after), where=(drive > 0.0) & (after > 0.0))
    return FilmCurrent(before + increase, increase / (rate * dt), slope / (rate * dt))


def no_film(like: FloatArray) -> FilmCurrent:
    """Nothing, of the shape of ``like``."""
    return FilmCurrent(np.zeros_like(like), np.zeros_like(like), np.zeros_like(like))
