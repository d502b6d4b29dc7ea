"""Integer lattices: Hermite normal forms, the translations inside a supercell, and all cell shapes of one size.

Vectors are rows, in units of the primitive ones. Every superlattice has one basis in Hermite normal form: upper
triangular, entries above the diagonal non-negative and below the diagonal entry of their column. Shapes that a point
operation maps onto each other are one (G. L. W. Hart and R. W. Forcade, Phys. Rev. B 77, 224115 (2008),
doi:10.1103/PhysRevB.77.224115).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

IntMatrix = NDArray[np.int64]


def hermite_normal_form(matrices: IntMatrix) -> IntMatrix:
    """Bases of the lattices spanned by the rows of integer ``matrices``, shape (..., 3, 3), none singular."""
    rows = np.array(matrices, dtype=np.int64)
    for column in range(3):
        for lower in range(column + 1, 3):
            _clear(rows[..., column, :], rows[..., lower, :], column)
        rows[..., column, :] *= np.sign(rows[..., column, column])[..., None]
        for upper in range(column):
            times = rows[..., upper, column] // rows[..., column, column]
            rows[..., upper, :] -= times[..., None] * rows[..., column, :]
    return rows


def _clear(upper: IntMatrix, lower: IntMatrix, column: int) -> None:
    """Make the entry of ``lower`` zero by row operations on the two (Euclid's algorithm), shapes (..., 3)."""
    while (is_left := lower[..., column] != 0).any():
        times = np.zeros_like(lower[..., column])
        np.floor_divide(upper[..., column], lower[..., column], out=times, where=is_left)
        remainder = upper - times[..., None] * lower
        upper[...], lower[...] = np.where(is_left[..., None], (lower, remainder), (upper, lower))


def translations(hnf: IntMatrix) -> IntMatrix:
    """One translation of each class modulo the superlattice, shape (n_cells, 3), in the order of their index."""
    return np.array(list(np.ndindex(*np.diag(hnf))), dtype=np.int64).reshape(-1, 3)


def translation_index(vectors: IntMatrix, hnf: IntMatrix) -> IntMatrix:
    """Index in :func:`translations` of integer ``vectors``, shape (..., 3), modulo the superlattice."""
    left = np.array(vectors, dtype=np.int64)
    for i in range(3):
        left -= (left[..., i] // hnf[i, i])[..., None] * hnf[i]
    diagonal = np.diag(hnf)
    index: IntMatrix = (left[..., 0] * diagonal[1] + left[..., 1]) * diagonal[2] + left[..., 2]
    return index


def keep_lattice(rotations: IntMatrix, hnf: IntMatrix) -> NDArray[np.bool_]:
    """Which point operations, acting on row vectors from the right, shape (n, 3, 3), map the lattice onto itself."""
    kept: NDArray[np.bool_] = (translation_index(hnf @ rotations, hnf) == 0).all(axis=1)
    return kept


def shapes(n_cells: int, rotations: IntMatrix) -> list[tuple[IntMatrix, int]]:
    """All superlattices of ``n_cells`` primitive cells up to the point group, each with how many it stands for.

    Parameters
    ----------
    rotations
        Operations that generate the point group and act on row vectors from the right, shape (n_rotations, 3, 3).
    """
    forms = _hermite_normal_forms(n_cells)
    keys = _keys(forms)  # ascending
    number = np.arange(len(forms))
    links = [(number, np.searchsorted(keys, _keys(hermite_normal_form(forms @ rotation)))) for rotation in rotations]
    begin, end = np.concatenate(links, axis=1)
    graph = coo_array((np.ones(len(begin), dtype=np.bool_), (begin, end)), shape=(len(forms), len(forms)))
    _, first, equivalent = np.unique(connected_components(graph)[1], return_index=True, return_counts=True)
    return [(forms[i], int(n)) for i, n in sorted(zip(first, equivalent, strict=True))]


def _hermite_normal_forms(n_cells: int) -> IntMatrix:
    """Every superlattice of this size once, shape (n_superlattices, 3, 3), in ascending order of their entries."""
    found = [np.empty((0, 3, 3), dtype=np.int64)]
    for a, b in np.ndindex(n_cells, n_cells):
        c, rest = divmod(n_cells, (a + 1) * (b + 1))
        if not rest and c:
            forms = np.zeros((b + 1, c, c, 3, 3), dtype=np.int64)
            forms[..., 0, 1], forms[..., 0, 2], forms[..., 1, 2] = np.indices(forms.shape[:3])
            forms[..., range(3), range(3)] = a + 1, b + 1, c
            found.append(forms.reshape(-1, 3, 3))
    return np.concatenate(found)


def _keys(forms: IntMatrix) -> IntMatrix:
    """One integer for each superlattice of a size: a, b, x, y, z as digits (c is the size over a b)."""
    size = forms[..., 0, 0] * forms[..., 1, 1] * forms[..., 2, 2]
    keys = np.zeros_like(size)
    for row, column in ((0, 0), (1, 1), (0, 1), (0, 2), (1, 2)):
        keys = keys * (size + 1) + forms[..., row, column]
    return keys


def generators(rotations: IntMatrix) -> IntMatrix:
    """Operations out of a point group, shape (n_operations, 3, 3), from whose products the whole group follows."""
    chosen: list[IntMatrix] = []
    reached = {np.eye(3, dtype=np.int64).tobytes()}
    for rotation in rotations:
        if rotation.tobytes() not in reached:
            chosen.append(rotation)
            reached = _products(chosen)
    return np.array(chosen, dtype=np.int64).reshape(-1, 3, 3)


def _products(chosen: Sequence[IntMatrix]) -> set[bytes]:
    """All products of these operations, as bytes."""
    new = [np.eye(3, dtype=np.int64)]
    reached = {new[0].tobytes()}
    while new:
        images = {image.tobytes(): image for operation in new for image in operation @ np.array(chosen)}
        new = [image for key, image in images.items() if key not in reached]
        reached |= images.keys()
    return reached


def compact_basis(hnf: IntMatrix, primitive: Lattice) -> IntMatrix:
    """Right-handed basis of the same superlattice with short vectors (Lenstra-Lenstra-Lovasz)."""
    reduced = Lattice(hnf @ primitive.matrix).get_lll_reduced_lattice()
    basis: IntMatrix = np.round(reduced.matrix @ np.linalg.inv(primitive.matrix)).astype(np.int64)
    return -basis if np.linalg.det(basis) < 0 else basis
