"""All shapes of a size, laid out together, against the geometry of each one by itself."""

import itertools

import numpy as np
import pytest
import spglib

from selflimit.structures.orderings.cell_shapes import cells_to_fill
from selflimit.structures.parents.symmetry import spglib_cell

N_CELLS = 4


def operations_of(parent):
    """Space group by spglib on the cell that was given: Cartesian rotations (from the left) and translations."""
    symmetry = spglib.get_symmetry(spglib_cell(parent.structure), symprec=0.01)
    axes = parent.structure.lattice.matrix.T
    rotations = axes @ symmetry["rotations"] @ np.linalg.inv(axes)
    return list(zip(rotations, symmetry["translations"] @ axes.T, strict=True))


def permutations_by_geometry(cell, operations):
    """Permutations of the active sites under every operation that keeps the supercell, found by the nearest site."""
    lattice, given = cell.structure.lattice.matrix, cell.parent.structure.lattice.matrix
    sites = cell.structure.cart_coords[cell.active]
    found = set()
    for rotation, translation in operations:
        turned = lattice @ rotation.T @ np.linalg.inv(lattice)
        if np.abs(turned - np.round(turned)).max() > 1e-6:
            continue
        for added in (
            np.array(list(np.ndindex(*3 * (cell.n_cells,)))) @ given
        ):  # this often is a translation of the cell
            apart = ((sites @ rotation.T + translation + added)[:, None] - sites) @ np.linalg.inv(lattice)
            distance = np.linalg.norm((apart - np.round(apart)) @ lattice, axis=-1)
            assert distance.min(axis=1).max() < 1e-3  # symmetry takes sites to sites (coordinates to 1e-3)
            found.add(tuple(distance.argmin(axis=1).tolist()))
    return found


def superlattices_by_geometry(cell, operations):
    """Each superlattice of this size and, of all those, the ones that operations map it onto (indices)."""
    primitive = cell.primitive.lattice.matrix
    forms = []
    for a, b, c in itertools.product(range(1, cell.n_cells + 1), repeat=3):
        if a * b * c == cell.n_cells:
            forms += [[[a, x, y], [0, b, z], [0, 0, c]] for x, y, z in np.ndindex(b, c, c)]
    lattices = np.array(forms) @ primitive
    images = []
    for lattice in lattices:
        turned = np.array([lattice @ rotation.T for rotation, _ in operations])
        entries = turned[:, None] @ np.linalg.inv(lattices)
        alike = (np.abs(entries - np.round(entries)) < 1e-6).all(axis=(-1, -2)).any(axis=0)
        images.append(frozenset(np.flatnonzero(alike).tolist()))
    return np.array(forms), images


@pytest.mark.parametrize(("group", "seed"), [("P-1", 1), ("C2/m", 2), ("Pnma", 3), ("P4/mmm", None)])
def test_every_shape_of_a_random_crystal(parent_of, lattices, group, seed):
    # without a seed one site on a special position, where many operations are alike up to a translation
    contents = {"A": ({"Li": 0.5}, [0.5, 0.5, 0.5])}
    if seed:
        position = np.random.default_rng(seed).uniform([0.15, 0.08, 0.15], [0.35, 0.16, 0.35]).tolist()
        contents = {"A": ({"Li": 0.5}, position), "B": ({"Na": 0.25, "K": 0.5}, [0.0, 0.0, 0.0])}
    parent = parent_of(group, lattices[group], contents)
    operations, cells = operations_of(parent), list(cells_to_fill(parent, n_cells=N_CELLS))
    forms, classes = superlattices_by_geometry(cells[0], operations)
    assert len(cells) == len(set(classes))
    for cell in cells:
        (number,) = np.flatnonzero((forms == cell.superlattice).all(axis=(1, 2)))
        assert cell.shapes == len(classes[number])
        rows = [tuple(row) for row in cell.permutations.tolist()]
        assert len(rows) == len(set(rows))
        assert set(rows) == permutations_by_geometry(cell, operations)
        translated = {tuple(row) for row in cell.translations.tolist()}
        assert len(cell.translations) == len(translated) == N_CELLS
        assert translated >= permutations_by_geometry(cell, [(np.eye(3), np.zeros(3))])
