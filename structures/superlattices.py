"""Integer lattices: Hermite normal forms, the translations inside a supercell, and all cell shapes of one size.

Vectors are rows, in units of the primitive ones. Every superlattice has one basis in Hermite normal form: upper
triangular, entries above the diagonal non-negative and below the diagonal entry of their column. Shapes that a point
operation maps onto each other are one (G. L. W. Hart and R. W. Forcade, Phys. Rev. B 77, 224115 (2008),
doi:10.1103/PhysRevB.77.224115).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice

IntMatrix = NDArray[np.int64]


def hermite_normal_form(matrix: IntMatrix) -> IntMatrix:
    """Basis of the lattice spanned by the rows of ``matrix`` (integer, shape (3, 3), not singular)."""
    rows = [[int(entry) for entry in row] for row in matrix]
    for column in range(3):
        while pivots := [i for i in range(column, 3) if rows[i][column]]:
            least = min(pivots, key=lambda i: abs(rows[i][column]))
            rows[column], rows[least] = rows[least], rows[column]
            if len(pivots) == 1:
                break
            for i in range(column + 1, 3):
                rows[i] = _minus(rows[i], rows[i][column] // rows[column][column], rows[column])
        if rows[column][column] < 0:
            rows[column] = [-entry for entry in rows[column]]
        for i in range(column):
            rows[i] = _minus(rows[i], rows[i][column] // rows[column][column], rows[column])
    return np.array(rows, dtype=np.int64)


def _minus(row: list[int], times: int, other: list[int]) -> list[int]:
    return [a - times * b for a, b in zip(row, other, strict=True)]


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


def shapes(n_cells: int, rotations: IntMatrix) -> Iterator[tuple[IntMatrix, int]]:
    """All superlattices of ``n_cells`` primitive cells up to the point group, each with how many it stands for.

    Parameters
    ----------
    rotations
        Point operations that act on row vectors from the right, shape (n_operations, 3, 3).
    """
    seen: set[bytes] = set()
    flat = rotations.reshape(-1, 9)
    leading = np.take_along_axis(flat, (flat != 0).argmax(axis=1)[:, None], axis=1)
    halved = np.unique(np.sign(leading) * flat, axis=0).reshape(-1, 3, 3)  # an operation and its negative act alike
    for hnf in _hermite_normal_forms(n_cells):
        if hnf.tobytes() in seen:
            continue
        orbit = {hermite_normal_form(hnf @ rotation).tobytes() for rotation in halved}
        seen |= orbit
        yield hnf, len(orbit)


def _hermite_normal_forms(n_cells: int) -> Iterator[IntMatrix]:
    for a in range(1, n_cells + 1):
        for b in range(1, n_cells // a + 1):
            c = n_cells // (a * b)
            if a * b * c != n_cells:
                continue
            for x, y, z in np.ndindex(b, c, c):
                yield np.array([[a, x, y], [0, b, z], [0, 0, c]], dtype=np.int64)


def compact_basis(hnf: IntMatrix, primitive: Lattice) -> IntMatrix:
    """Right-handed basis of the same superlattice with short vectors (Lenstra-Lenstra-Lovasz)."""
    reduced = Lattice(hnf @ primitive.matrix).get_lll_reduced_lattice()
    basis: IntMatrix = np.round(reduced.matrix @ np.linalg.inv(primitive.matrix)).astype(np.int64)
    return -basis if np.linalg.det(basis) < 0 else basis
