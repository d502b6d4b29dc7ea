"""Lithium that flows into space that is still free moves the front there."""

import numpy as np
from scipy.ndimage import gaussian_filter

from selflimit.arrays import FloatArray
from selflimit.mesoscale.equations.front import Front

HANDED_OVER = 4.0
"""Length, in widths w, over which what enters free space is handed to the front beside it."""


def spread_advance(front: Front, xi: FloatArray, entering: FloatArray) -> FloatArray:
    """Growth of xi by a volume that enters free space, u |grad xi|: a front moves by u; shape ``nodes``.

    Parameters
    ----------
    front
        The front, with its grid and parameters.
    xi
        Order parameter, shape ``nodes``.
    entering
        Volume that enters at each node (m^2; m^3 in 3-D), shape ``nodes``.
    """
    if not entering.any():
        return np.zeros_like(xi)
    volumes, steepness = front.grid.node_volumes(), front.steepness(xi)
    length = HANDED_OVER * front.p.interface_width / front.grid.spacing
    # what each node got is shared out among the nodes near it in the proportion of their steepness: none is lost
    near = volumes * _filtered(steepness, length)
    shares = np.divide(entering, near, out=np.zeros_like(xi), where=near > 0.0)
    return np.asarray(steepness * _filtered(shares, length))


def _filtered(field: FloatArray, length: float) -> FloatArray:
    """Gaussian mean; with the mirror at the nodes on the sides it is symmetric in the lumped volumes."""
    return np.asarray(gaussian_filter(field, length, mode="mirror"))
