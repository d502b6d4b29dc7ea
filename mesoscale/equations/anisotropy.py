"""Directions that a front prefers: a factor a(n) of its surface energy or its kinetics, n its normal."""

from dataclasses import dataclass

import numpy as np

from selflimit.arrays import AnyArray, FloatArray
from selflimit.errors import InputError


@dataclass(frozen=True)
class Anisotropy:
    """a(n) = 1 + delta cos m(theta - theta_0) in the plane, 1 + delta (4 sum n_i^4 - 3) in space.

    The first is that of Kobayashi 1993, doi:10.1016/0167-2789(93)90120-P, the second has the axes of the cube (Karma
    and Rappel 1998, doi:10.1103/PhysRevE.57.4323) and is the first with m = 4 in every plane of two axes.

    Attributes
    ----------
    strength
        delta, dimensionless.
    folds
        m, even, so that n and -n are alike.
    orientation
        theta_0 (rad), from the first axis.

    Examples
    --------
    >>> Anisotropy(0.1).factor(np.array([[1.0, 0.0], [0.6, 0.8]])).round(3).tolist()
    [1.1, 0.916]
    """

    strength: float
    folds: int = 4
    orientation: float = 0.0

    def factor(self, normal: FloatArray) -> FloatArray:
        """a(n), of the shape of the unit vectors ``normal`` without the last axis; about 1 where they are zero."""
        if normal.shape[-1] == 3:
            return np.asarray(1.0 + self.strength * (4.0 * (normal**4).sum(axis=-1) - 3.0))
        return np.asarray(1.0 + self.strength * self._turned(normal).real)

    def vector(self, normal: FloatArray) -> FloatArray:
        """Gradient of r a(r/|r|) at the unit vectors ``normal``, of their shape: zero where they are.

        Its divergence along a front is the curvature, weighted with the stiffness a + a'' of each direction (Cahn and
        Hoffman 1974, doi:10.1016/0001-6160(74)90134-5).
        """
        factor = self.factor(normal)[..., None] * normal
        if normal.shape[-1] == 3:
            slope = 16.0 * self.strength * (normal**3 - (normal**4).sum(axis=-1, keepdims=True) * normal)
            return np.asarray(factor + slope)
        slope = -self.folds * self.strength * self._turned(normal).imag
        return np.asarray(factor + slope[..., None] * np.stack([-normal[..., 1], normal[..., 0]], axis=-1))

    def checked(self, dimension: int, convex: bool) -> "Anisotropy":
        """This, if it makes sense in so many dimensions, for a surface energy with a stiffness above 0 if ``convex``.

        Raises
        ------
        InputError
            If it does not.
        """
        most = 1.0 / (self.folds**2 - 1.0)
        if convex and self.strength >= most:
            raise InputError(
                f"anisotropy must be below 1/(m^2 - 1) = {most:.4g} for {self.folds} folds, got {self.strength}: the "
                "stiffness would be negative and the front sharp-cornered; give less"
            )
        if dimension == 3 and (self.folds != 4 or self.orientation != 0.0):
            raise InputError(
                f"in space only the anisotropy of the cube is known, 4 folds along the axes, got {self.folds} folds at "
                f"{self.orientation} rad; give anisotropy_folds=4 and anisotropy_orientation=0"
            )
        return self

    def _turned(self, normal: FloatArray) -> AnyArray:
        turned: AnyArray = (normal[..., 0] + 1j * normal[..., 1]) ** self.folds
        return np.asarray(turned * np.exp(-1j * self.folds * self.orientation))
