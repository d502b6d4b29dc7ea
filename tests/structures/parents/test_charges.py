"""Formal charges of formulas whose states are known from chemistry."""

import re

import pytest
from pymatgen.core import Lattice, Structure

from selflimit.structures.parents.charges import infer_charges

KNOWN = [
    ("Li7 La3 Zr2 O12", {"Li": 1, "La": 3, "Zr": 4, "O": -2}),
    ("Li10 Ge P2 S12", {"Li": 1, "Ge": 4, "P": 5, "S": -2}),
    ("Li6 P S5 Cl", {"Li": 1, "P": 5, "S": -2, "Cl": -1}),
    ("Li3 In Cl6", {"Li": 1, "In": 3, "Cl": -1}),
    ("Li2 S O4", {"Li": 1, "S": 6, "O": -2}),
    ("Li B H4", {"Li": 1, "B": 3, "H": -1}),
    ("Fe3 O4", {"Fe": 8 / 3, "O": -2}),
]


def row_of(formula, share=1.0):
    """The atoms of a formula far apart in a row; the first site holds ``share`` of an atom."""
    atoms = [word.rstrip("0123456789") for word in formula.split() for _ in range(int(re.sub(r"\D", "", word) or 1))]
    positions = [[i / len(atoms), 0, 0] for i in range(len(atoms))]
    crystal = Structure(Lattice.orthorhombic(3 * len(atoms), 3, 3), atoms, positions)
    crystal[0] = {atoms[0]: share}
    return crystal


@pytest.mark.parametrize(("formula", "charges"), KNOWN)
def test_states_of_known_compounds(formula, charges):
    assert infer_charges(row_of(formula))[0] == pytest.approx(charges)


def test_what_misses_neutrality_is_told():
    charges, (note,) = infer_charges(row_of("Li7 La3 Zr2 O12", share=0.8))
    assert charges == {}
    assert "sum to -0.2 e with Li +1, La +3, Zr +4, O -2" in note
