"""Formal charges of formulas whose states are known from chemistry."""

import re

import pytest
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures import parent_from_structure
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


def test_given_charges_leave_the_others_to_neutrality():
    # two iron ions of the file's own names; what is given is kept, element or ion
    row = Structure(
        Lattice.orthorhombic(14, 3, 3), ["Fe2+", "Fe3+", "Fe3+", *(4 * ["O"])], [[i / 7, 0, 0] for i in range(7)]
    )
    known = infer_charges(row, given={"Fe2+": 2, "Fe3+": 3})
    assert known == ({"Fe2+": 2.0, "Fe3+": 3.0, "O": -2.0}, ())
    parent = parent_from_structure(row, "magnetite", "test", charges={"Fe": 2.5, "O": -1.875})
    assert parent.charges == {"Fe2+": 2.5, "Fe3+": 2.5, "O": -1.875}
    with pytest.raises(InputError, match=r"charges for \['Mn'\], which are not in the crystal"):
        parent_from_structure(row, "magnetite", "test", charges={"Mn": 2})


def test_occupancies_of_what_a_site_holds_anyway_and_of_ions():
    row = Structure(Lattice.orthorhombic(14, 3, 3), ["Li", "Fe", "O"], [[0, 0, 0], [0.3, 0, 0], [0.6, 0, 0]])
    filled = parent_from_structure(
        row, "row", "test", {"Li": {"": 1 / 3}, "Fe1": {"Fe2+": 0.5, "Fe3+": 0.5}}, charges={}
    )
    assert [dict(site.species.as_dict()) for site in filled.structure][:2] == [
        {"Li": 1 / 3},
        {"Fe2+": 0.5, "Fe3+": 0.5},
    ]
    with pytest.raises(InputError, match="Fe1 holds Fe2\\+ and Fe3\\+; say which"):
        parent_from_structure(filled.structure, "row", "test", {"Fe1": {"": 0.5}})


def test_an_ordered_crystal_is_told_as_such():
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0, 0]])
    assert (
        "the crystal is ordered: every site is full, and there is one ordering"
        in parent_from_structure(salt, "salt", "test").notes
    )
