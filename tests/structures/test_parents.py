"""Bundled parents and the user's CIF files: what is accepted, and what each refusal says."""

import json

import pytest
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from selflimit.errors import InputError
from selflimit.structures.cif import parent_from_cif
from selflimit.structures.orderings import count_orderings
from selflimit.structures.parents import known_parents, parent_cell

CIF = """data_toy
_cell_length_a {a}
_cell_length_b 5.0
_cell_length_c 5.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
 _atom_site_label
 _atom_site_type_symbol
 _atom_site_fract_x
 _atom_site_fract_y
 _atom_site_fract_z
 _atom_site_occupancy
 Na1 {element} 0 0 0 {first}
 Na2 Na 0.5 0 0 {second}
 Cl1 Cl 0.5 0.5 0.5 1
"""


@pytest.fixture
def cif(tmp_path):
    def write(a="5.0", element="Na", first="0.5", second="0.5"):
        path = tmp_path / "toy.cif"
        path.write_text(CIF.format(a=a, element=element, first=first, second=second))
        return path

    return write


@pytest.mark.parametrize("name", known_parents())
def test_bundled_models_are_neutral_two_formula_units_in_c2m(name):
    parent = parent_cell(name)
    amounts = parent.structure.composition.get_el_amt_dict()
    assert amounts == pytest.approx({"Li": 4, "Zr": 2, "Cl": 12}, abs=1e-12)  # occupancies are exact fractions
    assert SpacegroupAnalyzer(parent.structure).get_space_group_symbol() == "C2/m"
    # cell of the isostructural indium compound scaled by 0.986: 429.5 * 0.986**3 = 411.7 A^3, lattice given to 0.001 A
    assert parent.structure.volume == pytest.approx(429.5 * 0.986**3, rel=2e-3)


@pytest.mark.parametrize(("element", "radius"), [("Zr", 0.72), ("Li", 0.76)])
def test_cations_sit_in_octahedra_of_chloride(element, radius):
    # Shannon radii (doi:10.1107/S0567739476001551), Cl- 1.81 A; 0.15 A for a framework that is scaled, not refined
    structure = parent_cell("LZC-A").structure
    for cation in (site for site in structure if element in site.species):
        near = sorted(site.nn_distance for site in structure.get_neighbors(cation, 3.3) if "Cl" in site.species)
        assert len(near) == 6
        assert sum(near) / 6 == pytest.approx(radius + 1.81, abs=0.15)


def test_parent_survives_json():
    parent = parent_cell("LZC-C")
    back = json.loads(json.dumps(parent, cls=MontyEncoder), cls=MontyDecoder)
    assert back == parent


def test_unknown_model_lists_the_known():
    with pytest.raises(InputError, match=r"LZC-A, LZC-C, LZC-D, LZC-E.*got 'LZC-B'"):
        parent_cell("LZC-B")


def test_cif_pools_and_guessed_charges(cif):
    separate = parent_from_cif(cif(second="0.5"), charges={"Na": 1, "Cl": -1})
    assert separate.pools == (("Na1",), ("Na2",))
    shared = parent_from_cif(cif(), pools=[["Na1", "Na2"]])
    assert shared.charges == {"Na": 1.0, "Cl": -1.0}
    assert count_orderings(shared, "conventional").raw == 2


def test_three_decimal_occupancies_count_as_fractions(cif):
    # 0.667 + 0.333 in each cell: one atom on two pooled sites
    parent = parent_from_cif(cif(first="0.667", second="0.333"), pools=[["Na1", "Na2"]])
    assert count_orderings(parent, "conventional").raw == 2


def test_composition_that_needs_a_larger_cell_names_it(cif):
    with pytest.raises(InputError, match=r"pool Na1, got 0\.500 Na, 0\.500 vacancy; cells of 2, 4, 6, 8 primitive"):
        count_orderings(parent_from_cif(cif()), "conventional")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": "1.2"}, r"occupancies that sum to at most 1, got 1\.2 on site Na1"),
        ({"element": "Qq"}, "expected chemical elements, got 'Qq'"),
        ({"a": "long"}, "not a readable CIF file"),
    ],
)
def test_bad_cif_is_refused(cif, change, message):
    with pytest.raises(InputError, match=message):
        parent_from_cif(cif(**change), charges={"Na": 1, "Cl": -1})


def test_missing_and_malformed_files(tmp_path):
    with pytest.raises(InputError, match="found none at"):
        parent_from_cif(tmp_path / "none.cif")
    (tmp_path / "poem.cif").write_text("the sea, the sea")
    with pytest.raises(InputError, match="not a readable CIF file"):
        parent_from_cif(tmp_path / "poem.cif")


def test_charged_cell_and_missing_charge(cif):
    with pytest.raises(InputError, match=r"neutral cell, got a total charge of \+1 e"):
        parent_from_cif(cif(), charges={"Na": 2, "Cl": -1})
    with pytest.raises(InputError, match=r"no formal charge for \['Cl'\]"):
        parent_from_cif(cif(), charges={"Na": 1})


def test_pools_must_cover_the_disorder(cif):
    with pytest.raises(InputError, match=r"disordered sites \['Na2'\] are in no pool"):
        parent_from_cif(cif(), pools=[["Na1"]])
    with pytest.raises(InputError, match=r"unknown sites \['K1'\]"):
        parent_from_cif(cif(), pools=[["Na1", "Na2", "K1"]])
    with pytest.raises(InputError, match="more than one pool"):
        parent_from_cif(cif(), pools=[["Na1", "Na2"], ["Na2"]])
