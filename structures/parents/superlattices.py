"""Integer lattices: Hermite normal forms, the translations inside a supercell, and all cell shapes of one size.

Vectors are rows, in units of the primitive ones. Every superlattice has one basis in Hermite normal form: upper
triangular, entries above the diagonal non-negative and below the diagonal entry of their column. Shapes that a point
operation maps onto each other are one (G. L. W. Hart and R. W. Forcade, Phys. Rev. B 77, 224115 (2008),
doi:10.1103/PhysRevB.77.224115).
"""

from collections.abc import Sequence

import numpy as np
from pymatgen.core import Lattice

from selflimit.arrays import BoolArray, IntArray


def hermite_normal_form(matrices: IntArray) -> IntArray:
    """Bases of the lattices spanned by the rows of integer ``matrices``, shape (..., 3, 3), none singular.

    >>> hermite_normal_form(np.array([[1, 1, 0], [1, -1, 0], [0, 0, 1]])).tolist()
    [[1, 1, 0], [0, 2, 0], [0, 0, 1]]
    """
    rows = np.moveaxis(matrices, (-2, -1), (0, 1)).astype(np.int64, order="C")  # row, column, then the matrices
    for column in range(3):
        for lower in range(column + 1, 3):
            _clear(rows[column, column:], rows[lower, column:])
        rows[column] *= np.sign(rows[column, column])
        for upper in range(column):
            rows[upper] -= rows[upper, column] // rows[column, column] * rows[column]
    return np.moveaxis(rows, (0, 1), (-2, -1))


def _clear(upper: IntArray, lower: IntArray) -> None:
    """Make the first entry of ``lower`` zero by row operations on the two (Euclid's algorithm), shapes (n, ...)."""
    while (is_left := lower[0] != 0).any():
        remainder = upper - upper[0] // np.where(is_left, lower[0], 1) * lower
        upper[...], lower[...] = np.where(is_left, (lower, remainder), (upper, lower))


def translations(hnfs: IntArray) -> IntArray:
    """One translation of each class modulo superlattices of one size, in the order of their index.

    >>> translations(np.diag([1, 1, 2])).tolist()
    [[0, 0, 0], [0, 0, 1]]

    Shape (..., n_cells, 3) for ``hnfs`` of shape (..., 3, 3).
    """
    a, b, c = np.moveaxis(np.diagonal(hnfs, axis1=-2, axis2=-1), -1, 0)[..., None]
    index = np.arange((a * b * c).flat[0])
    return np.stack([index // (b * c), index // c % b, index % c], axis=-1)


def translation_index(vectors: IntArray, hnfs: IntArray) -> IntArray:
    """Index in :func:`translations` of integer ``vectors`` modulo superlattices, shapes (..., 3) and (..., 3, 3)."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    (a, ab, ac), (_, b, bc), (_, _, c) = np.moveaxis(hnfs, (-2, -1), (0, 1))
    turns = x // a
    x, y, z = x - turns * a, y - turns * ab, z - turns * ac
    turns = y // b
    y, z = y - turns * b, z - turns * bc
    index: IntArray = (x * b + y) * c + z % c
    return index


def keep_lattice(rotations: IntArray, hnfs: IntArray) -> BoolArray:
    """Which point operations map which lattice onto itself, shape (n_lattices, n_rotations).

    Parameters
    ----------
    rotations
        Acting on row vectors from the right, shape (n_rotations, 3, 3).
    hnfs
        Shape (n_lattices, 3, 3).
    """
    moved = hnfs[:, None] @ rotations
    kept: BoolArray = (translation_index(moved, hnfs[:, None, None]) == 0).all(axis=-1)
    return kept


def shapes(n_cells: int, rotations: IntArray) -> tuple[IntArray, IntArray]:
    """All superlattices of ``n_cells`` primitive cells up to the point group, and how many each stands for.

    >>> from selflimit.structures import parent_cell
    >>> shapes(2, parent_cell("LZC-A").primitive.generators)[1]  # 7 superlattices of two cells
    array([2, 1, 2, 1, 1])

    Shapes (n_shapes, 3, 3) and (n_shapes,), in ascending order of the entries.

    Parameters
    ----------
    rotations
        Operations that generate the point group and act on row vectors from the right, shape (n_rotations, 3, 3);
        with inversion or without, which maps every lattice onto itself.
    """
    forms = _hermite_normal_forms(n_cells)
    images = np.searchsorted(_keys(forms), _keys(hermite_normal_form(forms @ rotations[:, None])))  # keys ascend
    least = _least_of_orbits(images)
    equivalent = np.bincount(least, minlength=len(forms))
    return forms[equivalent > 0], equivalent[equivalent > 0]


def _least_of_orbits(images: IntArray) -> IntArray:
    """The least member of each number's orbit under permutations, shape (n_permutations, n)."""
    least, is_new = np.arange(images.shape[1]), True
    while is_new:
        before = least
        for image in images:
            least = np.minimum(least, least[image])
        is_new = not np.array_equal(before, least)
    return least


def _hermite_normal_forms(n_cells: int) -> IntArray:
    """Every superlattice of this size once, shape (n_superlattices, 3, 3), in ascending order of their entries."""
    divisors = [a for a in range(1, n_cells + 1) if n_cells % a == 0]
    diagonals = [(a, b, n_cells // (a * b)) for a in divisors for b in divisors if n_cells % (a * b) == 0]
    numbers = [b * c * c for _, b, c in diagonals]
    a, b, c = np.repeat(diagonals, numbers, axis=0).T
    number = np.concatenate([np.arange(n) for n in numbers])
    zero = np.zeros_like(number)
    entries = [a, number // (c * c), number // c % c, zero, b, number % c, zero, zero, c]
    return np.stack(entries, axis=-1).reshape(-1, 3, 3)


def _keys(forms: IntArray) -> IntArray:
    """One integer for each superlattice of a size: a, b, x, y, z as digits (c is the size over a b)."""
    size = forms[..., 0, 0] * forms[..., 1, 1] * forms[..., 2, 2]
    keys = np.zeros_like(size)
    for row, column in ((0, 0), (1, 1), (0, 1), (0, 2), (1, 2)):
        keys = keys * (size + 1) + forms[..., row, column]
    return keys


def generators(rotations: IntArray) -> IntArray:
    """Operations out of a point group, shape (n_operations, 3, 3), from whose products the whole group follows."""
    chosen: list[IntArray] = []
    reached = {np.eye(3, dtype=np.int64).tobytes()}
    for rotation in rotations:
        if rotation.tobytes() not in reached:
            chosen.append(rotation)
            reached = _products(chosen)
    return np.array(chosen, dtype=np.int64).reshape(-1, 3, 3)


def _products(chosen: Sequence[IntArray]) -> set[bytes]:
    """All products of these operations, as bytes."""
    new = [np.eye(3, dtype=np.int64)]
    reached = {new[0].tobytes()}
    while new:
        images = {image.tobytes(): image for operation in new for image in operation @ np.array(chosen)}
        new = [image for key, image in images.items() if key not in reached]
        reached |= images.keys()
    return reached


def compact_basis(hnf: IntArray, primitive: Lattice) -> IntArray:
    """Right-handed basis of the same superlattice with short vectors (Lenstra-Lenstra-Lovasz)."""
    reduced = Lattice(hnf @ primitive.matrix).get_lll_reduced_lattice()
    basis: IntArray = np.round(reduced.matrix @ np.linalg.inv(primitive.matrix)).astype(np.int64)
    # LLL does not care for handedness, and minus all three vectors spans the same lattice
    return -basis if np.linalg.det(basis) < 0 else basis
