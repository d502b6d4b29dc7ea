"""Fields that a growth begins from, other than those of its microstructure."""

from typing import NamedTuple, Self

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid

OUTSIDE = 0.02
"""How far xi may lie outside [0, 1], as ``Numerics.overshoot_tolerance`` lets it go."""


class Start(NamedTuple):
    """The fields at the beginning of a growth, each of shape ``nodes``.

    >>> import numpy as np
    >>> Start.of_output({name: np.zeros((3, 5, 9)) for name in ("xi", "c", "phi")}, output=-1).xi.shape
    (5, 9)
    """

    xi: FloatArray
    """Order parameter, 0 to 1."""
    c: FloatArray
    """Normalised Li+ concentration, >= 0."""
    phi: FloatArray
    """Electric potential (V): a first guess, it is solved for anew."""

    @classmethod
    def of_output(cls, fields: dict[str, FloatArray], output: int = -1) -> Self:
        """The fields of one output of a growth, as ``load_fields`` gives them."""
        return cls(*(np.array(fields[name][output]) for name in ("xi", "c", "phi")))

    def checked(self, grid: Grid) -> Self:
        """Itself.

        Raises
        ------
        InputError
            If a field has another shape than the grid's nodes, is not finite or out of its range.
        """
        for name, field, low, high in (
            ("xi", self.xi, -OUTSIDE, 1.0 + OUTSIDE),
            ("c", self.c, -1e-6, np.inf),
            ("phi", self.phi, -1.0, 1.0),
        ):
            if np.shape(field) != grid.nodes:
                raise InputError(f"expected {name} of the shape {grid.nodes} of the nodes, got {np.shape(field)}")
            if not (np.all(np.isfinite(field)) and field.min() >= low and field.max() <= high):
                raise InputError(
                    f"expected finite {name} within [{low:g}, {high:g}], got {field.min():.4g} to {field.max():.4g}"
                )
        return self
