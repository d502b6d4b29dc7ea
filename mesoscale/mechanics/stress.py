"""What is read from a stress: hydrostatic pressure, von Mises and principal stresses.

A symmetric tensor is an array whose last axis has the components (xx, yy, zz, xy) in two dimensions and
(xx, yy, zz, xy, xz, yz) in three; shear components are those of the tensor, not twice them. Tension is positive.
"""

from itertools import product

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.mesoscale.grid import Grid, mean_of_neighbours

PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
"""Position in the tensor of each component."""
XX, YY, ZZ, XY, XZ, YZ = range(6)
"""Order of the components of a symmetric tensor."""


def components(dimension: int) -> int:
    """Number of components of a symmetric tensor: 4 in two dimensions (zz is there in plane strain), 6 in three."""
    return 4 if dimension == 2 else 6


def component(a: int, b: int) -> int:
    """Place of the component ab of a symmetric tensor."""
    return PAIRS.index((min(a, b), max(a, b)))


def hydrostatic_pressure(stress: FloatArray) -> FloatArray:
    """P = tr(sigma)/3 (Pa), of the shape of ``stress`` without its last axis; compression is negative.

    >>> float(hydrostatic_pressure(np.array([-3e6, -6e6, 0.0, 1e6])))
    -3000000.0
    """
    return trace(stress) / 3.0


def trace(tensor: FloatArray) -> FloatArray:
    """xx + yy + zz, of the shape of ``tensor`` without its last axis."""
    return np.asarray(tensor[..., 0] + tensor[..., 1] + tensor[..., 2])


def deviator(tensor: FloatArray) -> FloatArray:
    """The tensor less a third of its trace on the diagonal; shape and unit of ``tensor``."""
    result = tensor.copy()
    result[..., :XY] -= hydrostatic_pressure(tensor)[..., None]
    return result


def von_mises(stress: FloatArray) -> FloatArray:
    """Von Mises stress sqrt(3/2 s:s), s the stress deviator (Pa), of the shape of ``stress`` without its last axis.

    >>> float(von_mises(np.array([5e6, 0.0, 0.0, 0.0])))  # pulled along one axis
    5000000.0
    """
    return np.asarray(np.sqrt(1.5 * contraction(deviator(stress), deviator(stress))))


def contraction(a: FloatArray, b: FloatArray) -> FloatArray:
    """a:b of two symmetric tensors; shear components count twice."""
    product = a * b
    return np.asarray(product[..., :XY].sum(axis=-1) + 2.0 * product[..., XY:].sum(axis=-1))


def principal_stresses(stress: FloatArray) -> FloatArray:
    """Principal stresses (Pa), largest (most tensile) first, shape of ``stress`` with a last axis of 3.

    >>> principal_stresses(np.array([0.0, 0.0, 0.0, 2e6])).tolist()  # pure shear
    [2000000.0, 0.0, -2000000.0]
    """
    return np.asarray(np.linalg.eigvalsh(as_matrix(stress))[..., ::-1])


def as_matrix(stress: FloatArray) -> FloatArray:
    """The tensor as 3 x 3 matrices, shape of ``stress`` with the last axis replaced by (3, 3)."""
    matrix = np.zeros((*stress.shape[:-1], 3, 3))
    for place, (a, b) in enumerate(PAIRS[: stress.shape[-1]]):
        matrix[..., a, b] = matrix[..., b, a] = stress[..., place]
    return matrix


def magnitude(vectors: FloatArray) -> FloatArray:
    """Lengths of vectors along the last axis; np.linalg.norm takes five times as long for two or three components."""
    return np.asarray(np.sqrt(sum(vectors[..., axis] ** 2 for axis in range(vectors.shape[-1]))))


def direction(vectors: FloatArray) -> FloatArray:
    """Unit vectors along ``vectors``, of their shape; zero where they are."""
    length = magnitude(vectors)[..., None]
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0.0))


def cell_gradient(grid: Grid, nodal: FloatArray) -> FloatArray:
    """Mean gradient of a Q1 field over each cell, which is its value at the centre.

    Parameters
    ----------
    grid
        The grid.
    nodal
        Nodal field, shape ``nodes + (...)``, in any unit.

    Returns
    -------
    Gradient per cell, shape ``shape + (..., d)``, in that unit per m.
    """
    parts = []
    for axis in range(grid.dimension):
        part = np.diff(nodal, axis=axis) / grid.spacing
        for other in set(range(grid.dimension)) - {axis}:
            part = mean_of_neighbours(part, other)
        parts.append(part)
    return np.stack(parts, axis=-1)


def weak_divergence(grid: Grid, flux: FloatArray) -> FloatArray:
    """Nodal integrals int grad(N) . q dV of a flux constant per cell: its outflow minus its divergence.

    The integral of each Q1 gradient over a cell is the area of a face over 2^(d-1): this is the full quadrature.

    Parameters
    ----------
    grid
        The grid.
    flux
        q per cell, shape ``shape + (..., d)``, in any unit; a stress gives the nodal forces.

    Returns
    -------
    Shape ``nodes + (...)``, in that unit times m (m^2 in three dimensions).
    """
    d = grid.dimension
    load, share = np.zeros((*grid.nodes, *flux.shape[d:-1])), grid.spacing ** (d - 1) / 2 ** (d - 1)
    for corner in product((0, 1), repeat=d):
        at = tuple(slice(1, None) if ahead else slice(None, -1) for ahead in corner)
        for axis, ahead in enumerate(corner):
            load[at] += (share if ahead else -share) * flux[..., axis]
    return load
