"""Bundled parents and the user's CIF files: what is accepted, and what each refusal says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from selflimit.errors import InputError
from selflimit.structures import (
    count_orderings,
    orderings_document,
    parent_cell,
    parent_from_cif,
    parent_from_structure,
    parent_named,
)
from selflimit.structures.parents.from_structure import parent_from_poscar
from selflimit.structures.parents.occupancies import as_fraction
from selflimit.structures.parents.parents import known_parents
from selflimit.structures.parents.symmetry import find_primitive_cell, space_group

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


BUNDLED = [
    # formula units of the conventional cell and space group; volumes: the isostructural indium compound's cell (given
    # to 0.001 A) and the same scaled by 0.986; the trigonal cell's is that of its lattice constants
    ("LZC-A", 2, "C2/m", 429.5 * 0.986**3),
    ("LZC-C", 2, "C2/m", 429.5 * 0.986**3),
    ("LZC-D", 2, "C2/m", 429.5 * 0.986**3),
    ("LZC-E", 2, "C2/m", 429.5 * 0.986**3),
    ("LZC-trigonal", 3, "P-3m1", 11.013**2 * 5.946 * 3**0.5 / 2),
    ("Li3InCl6", 2, "C2/m", 429.5),
]


@pytest.mark.parametrize(("name", "units", "group", "volume"), BUNDLED)
def test_bundled_models_have_composition_symmetry_and_volume(name, units, group, volume):
    parent = parent_cell(name)
    unit = {"Li": 3, "In": 1, "Cl": 6} if name == "Li3InCl6" else {"Li": 2, "Zr": 1, "Cl": 6}
    expected = {element: units * amount for element, amount in unit.items()}
    assert parent.structure.composition.get_el_amt_dict() == pytest.approx(expected, abs=1e-12)  # exact fractions
    assert SpacegroupAnalyzer(parent.structure).get_space_group_symbol() == group
    assert parent.structure.volume == pytest.approx(volume, rel=2e-3)
    assert known_parents() == sorted(model for model, *_ in BUNDLED)


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
    with pytest.raises(InputError, match=r"LZC-A, LZC-C, LZC-D, LZC-E, LZC-trigonal.*got 'LZC-B'"):
        parent_cell("LZC-B")


def test_cif_pools_and_guessed_charges(cif):
    separate = parent_from_cif(cif(second="0.5"), charges={"Na": 1, "Cl": -1})
    assert sorted(separate.pools) == [("Na1",), ("Na2",)]
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
        ({"first": "-0.5"}, r"an occupancy from 0 to 1, got -0\.5 on site Na1"),
        ({"first": "nan"}, r"an occupancy from 0 to 1, got nan on site Na1"),
        ({"first": "half"}, "not a readable CIF file .*half"),
        ({"element": "Qq"}, "expected chemical elements, got 'Qq'"),
        ({"a": "long"}, "not a readable CIF file"),
    ],
)
def test_bad_cif_is_refused(cif, change, message):
    with pytest.raises(InputError, match=message):
        parent_from_cif(cif(**change), charges={"Na": 1, "Cl": -1})


def test_sites_of_occupancy_zero_are_not_there(cif):
    # refinements leave such sites in their files
    parent = parent_from_cif(cif(first="0", second="1.0"))
    assert parent.formula == "NaCl"
    assert parent.pools == ()


@pytest.mark.parametrize("symprec", [0.0, -1.0, float("nan"), 1e-12, 5.0])
def test_tolerances_that_spglib_cannot_take_are_refused(cif, symprec):
    with pytest.raises(InputError, match=r"expected 1e-05 to 0\.5 Angstrom, got"):
        parent_from_cif(cif(), symprec=symprec)


def test_missing_and_malformed_files(tmp_path):
    with pytest.raises(InputError, match="found none at"):
        parent_from_cif(tmp_path / "none.cif")
    (tmp_path / "poem.cif").write_text("the sea, the sea")
    with pytest.raises(InputError, match="not a readable CIF file"):
        parent_from_cif(tmp_path / "poem.cif")


def test_charged_cell_and_missing_charge(cif):
    with pytest.raises(InputError, match=r"neutral cell, got a total charge of \+1 e"):
        parent_from_cif(cif(), charges={"Na": 2, "Cl": -1})
    with pytest.raises(InputError, match=r"expected formal charges in e, got \{'Na': nan\}"):
        parent_from_cif(cif(), charges={"Na": float("nan"), "Cl": -1})
    # what is not given follows from neutrality, or is asked for
    assert parent_from_cif(cif(), charges={"Na": 1}).charges == {"Na": 1.0, "Cl": -1.0}
    with pytest.raises(InputError, match=r"no formal charge for \['Cl'\]"):
        parent_from_cif(cif(), charges={"Na": 11})


def test_pools_must_cover_the_disorder(cif):
    with pytest.raises(InputError, match=r"disordered sites \['Na2'\] are in no pool"):
        parent_from_cif(cif(), pools=[["Na1"]])
    with pytest.raises(InputError, match=r"unknown sites \['K1'\]"):
        parent_from_cif(cif(), pools=[["Na1", "Na2", "K1"]])
    with pytest.raises(InputError, match="more than one pool"):
        parent_from_cif(cif(), pools=[["Na1", "Na2"], ["Na2"]])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0.333, "1/3"),
        (0.667, "2/3"),
        (0.666, "2/3"),
        (0.33, "1/3"),
        (0.67, "2/3"),
        (0.17, "1/6"),
        (0.0833, "1/12"),
        (0.714, "5/7"),
        (0.5, None),
        (0.875, None),
        (0.35, None),
        (0.3, None),
        (0.14, None),
        (1.0, None),
        (1 / 3, "1/3"),
    ],
)
def test_rounded_occupancies_are_recognised(written, meant):
    found = as_fraction(written)
    assert (None if found is None else str(found)) == meant


def test_fractions_are_noted(cif):
    parent = parent_from_cif(cif(first="0.667", second="0.333"), pools=[["Na1", "Na2"]])
    assert sorted(parent.notes) == [
        "Na1: occupancy 0.667 of Na taken as 2/3",
        "Na2: occupancy 0.333 of Na taken as 1/3",
    ]
    assert orderings_document(parent, "conventional").notes == list(parent.notes)


def test_sites_of_one_orbit_share_a_pool_whatever_their_labels():
    # a P1 list of four equivalent sites with four labels: one pool; one label on two orbits: two pools
    lattice = Lattice.orthorhombic(6.0, 7.0, 8.0)
    positions = [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0.5, 0.5, 0]]
    one = Structure(lattice, [{"Li": 0.5}] * 4, positions, site_properties={"label": ["a", "b", "c", "d"]})
    assert parent_from_structure(one, "x", "test", charges={"Li": 0}).pools == (("a", "b", "c", "d"),)
    two = Structure(
        lattice,
        [{"Li": 0.5}, {"Li": 0.5}, "Cl"],
        [[0, 0, 0], [0.5, 0.5, 0.5], [0.2, 0.2, 0]],
        site_properties={"label": ["Li", "Li", "Cl"]},
    )
    parent = parent_from_structure(two, "x", "test", charges={"Li": 1, "Cl": -1})
    assert parent.pools == (("Li.1",), ("Li.2",))
    assert parent.notes == ("label Li covers 2 orbits; they are called Li.1 to Li.2",)


POSCAR = """salt
1.0
5.0 0 0
0 5.0 0
0 0 5.0
Li Cl
2 1
direct
0 0 0
0.5 0 0
0.5 0.5 0.5
"""


def test_poscar_with_occupancies(tmp_path):
    path = tmp_path / "POSCAR"
    path.write_text(POSCAR)
    parent = parent_from_poscar(path, {"Li": {"Li": 0.5}}, pools=[["Li1", "Li2"]])
    assert parent.charges == {"Li": 1.0, "Cl": -1.0}
    assert count_orderings(parent, "conventional") == (2, 2)
    mixed = parent_from_poscar(path, {"Li": {"Li": 0.25, "Na": 0.25}}, charges={"Li": 1, "Na": 1, "Cl": -1})
    assert mixed.formula == "NaLiCl2"
    with pytest.raises(
        InputError, match=r"occupancies for unknown sites \['K1'\]; the sites are \['Cl1', 'Li1', 'Li2'\]"
    ):
        parent_from_poscar(path, {"K1": {"K": 1.0}})
    with pytest.raises(InputError, match=r"above 0 that sum to at most 1, got \{'Li': 1\.5\} on Li1"):
        parent_from_poscar(path, {"Li1": {"Li": 1.5}})
    with pytest.raises(InputError, match="expected chemical elements or ions in the occupancies, got"):
        parent_from_poscar(path, {"Li1": {"Qq": 0.5}})
    with pytest.raises(InputError, match="found none at"):
        parent_from_poscar(tmp_path / "none", {})
    path.write_text("no crystal")
    with pytest.raises(InputError, match="not a readable POSCAR"):
        parent_from_poscar(path, {})


def test_overlapping_sites_are_refused(cif):
    path = cif()
    path.write_text(path.read_text().replace("Na2 Na 0.5 0 0", "Na2 Na 0.01 0 0"))
    with pytest.raises(InputError, match=r"sites (Na1 and Na2|Na2 and Na1) overlap, 0\.050 A apart"):
        parent_from_cif(path, charges={"Na": 1, "Cl": -1})


def test_full_sites_that_nearly_coincide_are_counted_but_have_no_energy(cif):
    path = cif(first="1", second="1")
    path.write_text(
        path.read_text().replace("Na2 Na 0.5 0 0", "Na2 Na 0.06 0 0").replace("0.5 0.5 0.5 1", "0.5 0.5 0.5 0.5")
    )
    parent = parent_from_cif(path)
    assert count_orderings(parent, "2x1x1").raw == 2
    assert parent.notes == ("no formal charges: full sites Na1 and Na2 are 0.300 A apart; move them",)
    with pytest.raises(InputError, match=r"need formal charges .*are 0\.300 A apart"):
        orderings_document(parent, "2x1x1")
    with pytest.raises(InputError, match=r"overlap, 0\.300 A apart"):
        parent_from_cif(path, charges={"Na": 0.25, "Cl": -1})


def test_charges_of_an_alloy_are_not_guessed():
    # pymatgen's guess takes ten seconds for this one
    alloy = Structure(
        Lattice.cubic(4.0), [{"In": 108 / 180, "K": 15 / 180, "Cs": 56 / 180, "Rb": 1 / 180}], [[0, 0, 0]]
    )
    (note,) = parent_from_structure(Structure.from_sites(alloy * (3, 5, 1)), "alloy", "test").notes
    assert "found no neutral oxidation states of In9 K1.25 Cs4.667 Rb0.08333; give charges" in note


SHIFTED = """data_shifted
_cell_length_a 4.0
_cell_length_b 4.0
_cell_length_c 6.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_Int_Tables_number 123
_symmetry_space_group_name_H-M 'P4/mmm'
loop_
 _symmetry_equiv_pos_as_xyz
 x,y,z
loop_
 _atom_site_label
 _atom_site_type_symbol
 _atom_site_fract_x
 _atom_site_fract_y
 _atom_site_fract_z
 _atom_site_occupancy
 Na1 Na 0 0 0 0.5
 Cl1 Cl 0.505 0.5 0.5 0.5
"""


def test_symmetry_lost_by_the_tolerance_names_one_that_keeps_it(tmp_path):
    path = tmp_path / "shifted.cif"
    path.write_text(SHIFTED)
    with pytest.raises(
        InputError, match=r"expected space group 123, found .* at symprec 0\.01 A; symprec 0\.1 A would"
    ):
        parent_from_cif(path, charges={"Na": 1, "Cl": -1})
    assert parent_from_cif(path, charges={"Na": 1, "Cl": -1}, symprec=0.1).primitive.rotations.shape == (16, 3, 3)


@pytest.mark.parametrize("old", ["1", "0"])
def test_a_cell_without_symmetry_is_refused_however_spglib_says_so(old, monkeypatch):
    """Other libraries switch spglib from None to exceptions for the whole process."""
    monkeypatch.setenv("SPGLIB_OLD_ERROR_HANDLING", old)
    twice = Structure(np.eye(3) * 4, ["Li", "Li"], [[0, 0, 0], [0, 0, 1e-9]])
    assert space_group(twice, 0.01) == (1, "P1")
    with pytest.raises(InputError, match="found no symmetry at symprec"):
        find_primitive_cell(twice, 0.01, [0, 0])


def test_a_parent_shows_itself_in_a_few_lines():
    crystal = parent_cell("LZC-E")
    text = repr(crystal)
    assert text.count("\n") < 12
    assert "M2: Zr 1/16 on 4 sites" in text
    assert "Li2ZrCl6" in text and "C2/m (12)" in text
    strange = replace(crystal, name="<b>", notes=("a & b",))
    assert "<caption>&lt;b&gt;</caption>" in strange._repr_html_()
    assert "a &amp; b" in strange._repr_html_()


@pytest.mark.parametrize(
    ("ask", "meant"),
    [
        (lambda: parent_cell("LZC-trigonl"), "LZC-trigonal"),
        (lambda: parent_named("LZC_A"), "LZC-A"),
        (lambda: count_orderings(parent_cell(), "conventionel"), "conventional"),
        (lambda: count_orderings(parent_cell(), "2x1"), "2x1x1"),
        (lambda: parent_cell().with_pools([["Li1", "Li22"]]), "Li2"),
        (lambda: replace(parent_cell(), charges={"Li": 1, "Zr": 4, "CL": -1}), "Cl"),
        (lambda: parent_named("LZC-A", symprec=1e-12), r"0\.01 \(1e-12 m\)"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(ask, meant):
    with pytest.raises(InputError, match=rf"did you mean {meant}\?"):
        ask()


@pytest.mark.parametrize(
    "lattice",
    [
        Lattice.cubic(1e5),
        Lattice.orthorhombic(1e-3, 5.0, 5.0),
        Lattice.from_parameters(5.0, 5.0, 5.0, 90.0, 90.0, 1e-3),
    ],
)
def test_a_cell_that_is_none_of_a_crystal_is_refused_before_neighbours_are_looked_for(lattice):
    """Looking for them would take hours, or more memory than there is."""
    structure = Structure(lattice, [{"Li": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(InputError, match="x: expected a cell of a crystal, got edges of"):
        parent_from_structure(structure, "x", "made by hand")
