"""Elastic constants of an isotropic solid: every conversion between its pairs of moduli, written once.

E is Young's modulus, nu Poisson's ratio, K the bulk modulus, G = mu the shear modulus and lam the first Lame constant.
Scalars and arrays of any shape are taken alike; the moduli may be in any one unit unless a unit is named.
"""

from typing import NamedTuple, TypeVar

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import InputError

Modulus = TypeVar("Modulus", float, FloatArray)


class Isotropic(NamedTuple):
    """Young's modulus and Poisson's ratio of an isotropic solid."""

    youngs_modulus: float
    """Young's modulus E, in Pa in the mesoscale stage."""
    poisson_ratio: float
    """Poisson's ratio nu, dimensionless."""

    @classmethod
    def from_bulk_and_shear(cls, bulk: float, shear: float) -> "Isotropic":
        """The solid of a bulk and a shear modulus in one unit: E = 9KG/(3K + G), nu = (3K - 2G)/(2(3K + G)).

        >>> Isotropic.from_bulk_and_shear(bulk=50.0, shear=30.0)
        Isotropic(youngs_modulus=75.0, poisson_ratio=0.25)
        """
        return cls(9 * bulk * shear / (3 * bulk + shear), (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear)))


def lame(youngs_modulus: FloatArray | float, poisson_ratio: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Lame constants of an isotropic solid: lam = E nu/((1 + nu)(1 - 2 nu)) and mu = E/(2(1 + nu)).

    >>> tuple(float(modulus) for modulus in lame(75e9, 0.25))
    (30000000000.0, 30000000000.0)

    Parameters
    ----------
    youngs_modulus
        Young's modulus E (Pa), any shape.
    poisson_ratio
        Poisson's ratio nu, 0 <= nu < 0.5, of a shape that broadcasts with E.

    Returns
    -------
    First Lame constant lam and shear modulus mu (Pa).

    Raises
    ------
    InputError
        If E is not positive or nu is outside [0, 0.5).
    """
    E, nu = np.asarray(youngs_modulus, dtype=np.float64), np.asarray(poisson_ratio, dtype=np.float64)
    if not np.all(np.isfinite(E) & (E > 0.0)):
        raise InputError(f"youngs_modulus must be positive and finite, got minimum {np.min(E)} Pa; give E in Pa")
    if not np.all((nu >= 0.0) & (nu < 0.5)):
        raise InputError(f"poisson_ratio must lie in [0, 0.5), got {np.min(nu)} to {np.max(nu)}")
    return E * nu / ((1.0 + nu) * (1.0 - 2.0 * nu)), E / (2.0 * (1.0 + nu))


def bulk_modulus(lam: Modulus, shear: Modulus) -> Modulus:
    """Bulk modulus K = lam + 2 mu/3 of the Lame constants, in their unit and shape.

    >>> bulk_modulus(lam=30.0, shear=30.0)
    50.0
    """
    return lam + 2.0 * shear / 3.0


def first_lame(bulk: Modulus, shear: Modulus) -> Modulus:
    """First Lame constant lam = K - 2 mu/3 of a bulk and a shear modulus, in their unit and shape.

    >>> first_lame(bulk=50.0, shear=30.0)
    30.0
    """
    return bulk - 2.0 * shear / 3.0
