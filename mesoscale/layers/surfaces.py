"""The surface of a phase on the grid, of any shape: the faces between its cells and the others, and their true areas.

A staircase of faces has too much area where the surface is inclined: a plane with the unit normal n cuts |n_i| A faces
of the area dx^(d-1) along axis i per area A. Weighed by |n_i|, they add up to sum n_i^2 A = A: exact for planes of any
inclination where n is right. The normal is that of the phase smoothed over a few cells.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from selflimit.arrays import BoolArray, FloatArray, IntArray
from selflimit.mesoscale.grid import Shape

SMOOTHED = 2.0
"""Standard deviation (cells) of the filter before normals are taken; of 1 to 3 the least error on discs and planes."""


@dataclass(frozen=True)
class Surface:
    """Faces between the cells of a phase and the cells outside it.

    Attributes
    ----------
    shape
        Cells of the grid along each axis.
    inside, outside
        Flat number of the cell on either side of each face, shape ``(faces,)``.
    area
        Area of the surface that each face stands for, in areas of a cell's face, shape ``(faces,)``.
    """

    shape: Shape
    inside: IntArray
    outside: IntArray
    area: FloatArray

    @classmethod
    def of(cls, fraction: FloatArray) -> "Surface":
        """The surface where a volume fraction per cell passes one half.

        >>> import numpy as np
        >>> half = np.repeat([[0.0, 0.0, 1.0, 1.0]], 8, axis=0)
        >>> float(Surface.of(half).area.sum())
        8.0
        """
        within, number = fraction >= 0.5, np.arange(fraction.size).reshape(fraction.shape)
        smooth = gaussian_filter(fraction, SMOOTHED, mode="nearest")
        gradient = np.stack([np.gradient(smooth, axis=axis) for axis in range(fraction.ndim)])
        parts = [_along(axis, within, number, gradient) for axis in range(fraction.ndim)]
        inside, outside, area = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(fraction.shape, inside, outside, area)

    def on_outer_cells(self, share: FloatArray | BoolArray | float = 1.0) -> FloatArray:
        """Area that the cells outside have of the surface, times a share per face; shape ``shape``."""
        return self._on(self.outside, share)

    def on_inner_cells(self, share: FloatArray | BoolArray | float = 1.0) -> FloatArray:
        """Area that the cells of the phase itself have of its surface, times a share per face; shape ``shape``."""
        return self._on(self.inside, share)

    def _on(self, cells: IntArray, share: FloatArray | BoolArray | float) -> FloatArray:
        found = np.bincount(cells, self.area * share, int(np.prod(self.shape)))
        return np.asarray(found.reshape(self.shape))


def _along(
    axis: int, within: BoolArray, number: IntArray, gradient: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Faces across one axis: the cells inside and outside, and |n| along the axis."""
    behind, ahead = ((slice(None),) * axis + (side,) for side in (slice(None, -1), slice(1, None)))
    face = within[behind] != within[ahead]
    enters = within[ahead][face]
    low, high = number[behind][face], number[ahead][face]
    slope = np.stack([(part[behind] + part[ahead])[face] for part in gradient])
    length = np.sqrt((slope**2).sum(axis=0))
    normal = np.divide(np.abs(slope[axis]), length, out=np.ones_like(length), where=length > 0.0)
    return np.where(enters, high, low), np.where(enters, low, high), normal
