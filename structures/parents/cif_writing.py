"""Crystals as CIF text with the symmetry that they have and the labels of their parent.

The cell stays as it is; the operations are those of the crystal in this cell, so that no setting has to be named.
"""

from collections import Counter

import gemmi
import numpy as np
from pymatgen.core import Structure

from selflimit.arrays import FloatArray, IntArray
from selflimit.structures.parents.parents import LABEL, SYMPREC
from selflimit.structures.parents.symmetry import find_symmetry, spglib_cell

IDENTITY = (np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
"""Rotations and translations of a crystal without symmetry."""


def cif_text(structure: Structure, name: str, symprec: float = SYMPREC) -> str:
    """The crystal as CIF text: one site of each orbit, and the operations that make the others.

    >>> from pymatgen.core import Lattice
    >>> salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0, 0]])
    >>> [line for line in cif_text(salt, "salt").splitlines() if line.startswith(("Na", "Cl"))]
    ['Na1 Na 4 0 0 0 1', 'Cl2 Cl 4 0.5 0 0 1']

    Parameters
    ----------
    structure
        Ordered crystal (Angstrom), with labels or without.
    name
        Of the data block.
    symprec
        Distance within which symmetry is found (Angstrom).
    """
    number, rotations, translations = _operations(structure, symprec)
    orbit = _orbits(structure, rotations, translations)
    block = gemmi.cif.Block("".join(c if c.isalnum() else "_" for c in name))
    for key, value in zip(("a", "b", "c"), structure.lattice.abc, strict=True):
        block.set_pair(f"_cell_length_{key}", f"{value:.6f}")
    for key, value in zip(("alpha", "beta", "gamma"), structure.lattice.angles, strict=True):
        block.set_pair(f"_cell_angle_{key}", f"{value:.6f}")
    block.set_pair("_chemical_formula_sum", gemmi.cif.quote(structure.composition.element_composition.formula))
    block.set_pair("_cell_formula_units_Z", "1")
    block.set_pair("_space_group_IT_number", str(number))
    block.init_loop("_space_group_symop_", ["operation_xyz"]).set_all_values(
        [[gemmi.cif.quote(_triplet(w, t)) for w, t in zip(rotations, translations, strict=True)]]
    )
    columns = ["label", "type_symbol", "symmetry_multiplicity", "fract_x", "fract_y", "fract_z", "occupancy"]
    by_column = [list(column) for column in zip(*_rows(structure, orbit), strict=True)]
    block.init_loop("_atom_site_", columns).set_all_values(by_column)
    document = gemmi.cif.Document()
    document.add_copied_block(block)
    return str(document.as_string())


def _operations(structure: Structure, symprec: float) -> tuple[int, IntArray, FloatArray]:
    """Number of the space group, and the operations that CIF readers can hold: their translations in 24ths.

    Those are a group, for rotations are integer; only repeats inside odd supercells are lost.
    """
    dataset = find_symmetry(spglib_cell(structure), symprec)
    if dataset is None:
        return 1, *IDENTITY
    exact = np.abs(gemmi.Op.DEN * dataset.translations - np.round(gemmi.Op.DEN * dataset.translations)).max(axis=1)
    kept = exact < gemmi.Op.DEN * 1e-3
    shifts = np.round(gemmi.Op.DEN * dataset.translations[kept]) / gemmi.Op.DEN % 1.0
    number = int(dataset.number) if kept.all() else 1
    return number, dataset.rotations[kept].astype(np.int64), shifts


def _orbits(structure: Structure, rotations: IntArray, translations: FloatArray) -> IntArray:
    """Least site of each site's orbit, shape (n_sites,)."""
    positions = structure.frac_coords
    orbit = np.arange(len(positions))
    for rotation, translation in zip(rotations, translations, strict=True):
        apart = (positions @ rotation.T + translation)[:, None] - positions
        apart -= np.round(apart)
        image = np.linalg.norm(apart @ structure.lattice.matrix, axis=-1).argmin(axis=1)
        orbit = np.minimum(orbit, image)
    return orbit


def _rows(structure: Structure, orbit: IntArray) -> list[tuple[str, ...]]:
    """Label, element, multiplicity, position and occupancy of one site of each orbit."""
    first, multiplicity = np.unique(orbit, return_counts=True)
    labels = structure.site_properties.get(LABEL) or [None] * len(structure)
    wanted = [labels[i] or f"{structure[i].specie.symbol}{n}" for n, i in enumerate(first, start=1)]
    # a parent's orbit may fall into several in the ordered crystal, and a label names one
    repeated, used = {label for label, times in Counter(wanted).items() if times > 1}, Counter[str]()
    rows = []
    for label, i, times in zip(wanted, first, multiplicity, strict=True):
        used[label] += 1
        own = f"{label}_{used[label]}" if label in repeated else label
        position = (f"{x % 1.0:.8f}".rstrip("0").rstrip(".") for x in structure.frac_coords[i])
        rows.append((own, structure[i].specie.symbol, str(times), *position, "1"))
    return rows


def _triplet(rotation: IntArray, translation: FloatArray) -> str:
    """An operation as in 'x,-y,z+1/2'."""
    made = gemmi.Op()
    made.rot = (gemmi.Op.DEN * rotation).tolist()
    made.tran = [round(gemmi.Op.DEN * x) for x in translation]
    return str(made.triplet())
