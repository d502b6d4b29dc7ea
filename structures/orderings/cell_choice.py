"""Which supercell of a disordered crystal is meant: from words or a matrix to its vectors."""

import re
from collections.abc import Sequence

import numpy as np

from selflimit.arrays import IntArray
from selflimit.errors import InputError
from selflimit.structures.parents.parents import Parent
from selflimit.suggestions import did_you_mean

CellChoice = str | Sequence[Sequence[int]]
"""'primitive', 'conventional', 'AxBxC' or an integer 3x3 matrix; the last two multiply the conventional cell."""


def basis_of(parent: Parent, cell: CellChoice) -> tuple[str, IntArray]:
    """Name of a cell, and its vectors in units of the primitive ones, integer rows, shape (3, 3).

    >>> from selflimit.structures import parent_cell
    >>> name, vectors = basis_of(parent_cell("LZC-trigonal"), "1x1x2")
    >>> name, round(abs(np.linalg.det(vectors)))
    ('1x1x2', 2)

    Raises
    ------
    InputError
        A cell that is none of :data:`CellChoice`.
    """
    if isinstance(cell, str) and cell == "primitive":
        return cell, np.eye(3, dtype=np.int64)
    conventional = np.round(parent.structure.lattice.matrix @ parent.primitive.lattice.inv_matrix).astype(np.int64)
    if isinstance(cell, str) and cell == "conventional":
        return cell, conventional
    matrix = _matrix(cell)
    is_diagonal = np.array_equal(matrix, np.diag(np.diag(matrix)))
    return "x".join(map(str, np.diag(matrix))) if is_diagonal else str(matrix.tolist()), matrix @ conventional


def _matrix(cell: CellChoice) -> IntArray:
    expected = "expected cell 'primitive', 'conventional', e.g. '2x1x1', or an integer 3x3 matrix"
    if isinstance(cell, str) and not re.fullmatch(r"\d+x\d+x\d+", cell):
        multiples = re.findall(r"\d+", cell)
        known = ["x".join([*multiples, "1", "1"][:3])] if multiples else ["primitive", "conventional"]
        raise InputError(f"{expected}, got {cell!r}{did_you_mean(cell, known)}")
    rows = np.diag([int(part) for part in cell.split("x")]) if isinstance(cell, str) else cell
    try:
        matrix = np.array(rows, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{expected}, got {cell!r}") from None
    if matrix.shape != (3, 3) or not np.array_equal(matrix, np.round(matrix)):
        raise InputError(f"{expected}, got {cell!r}")
    if round(np.linalg.det(matrix)) < 1:
        raise InputError(
            f"{expected} with a positive determinant, got {cell!r} of determinant {np.linalg.det(matrix):.0f}"
        )
    return np.round(matrix).astype(np.int64)
