"""CIF files as people write them: read right, or refused with the contradiction named."""

from pathlib import Path

import pytest

from selflimit.errors import InputError
from selflimit.structures import count_orderings, parent_from_cif

DATA = Path(__file__).parent / "data"

READ = [
    # file, formula, sites of the cell, charges; all by hand from the file's Wyckoff positions
    ("argyrodite", "Li6PS5Cl", 76, {"Li": 1, "P": 5, "S": -2, "Cl": -1}),
    ("bom", "NaLiCl2", 8, {"Li": 1, "Na": 1, "Cl": -1}),
    ("hydrogen_deuterium", "LiH", 8, {"Li": 1, "H": -1}),
    ("no_operations_origin2", "NaLi(FeAs)2", 6, {"Li": 1, "Na": 1, "Fe": 2, "As": -3}),
    ("occupancy_dot", "NaLiCl2", 8, {"Li": 1, "Na": 1, "Cl": -1}),
    ("species_zero_charge", "LiFeO2", 8, {"Li": 1, "Fe": 3, "O": -2}),
    ("thirds_three_digits", "NaLiCl2", 4, {"Li": 1, "Na": 1, "Cl": -1}),
    ("tiny_dopant", "LiCl", 8, {"Li": 1, "Na": 1, "Cl": -1}),
]

REFUSED = [
    ("label_oh_dropped", "'OH', which names the elements H and O; add the column"),
    ("label_unknown_element", "'M1', which names no element"),
    ("label_va_vanadium", "'Va1', which names no element"),
    ("multiplicity_contradicts", "site Li1 has multiplicity 4, its symmetry operations give 1 sites"),
    ("two_blocks", r"holds 2 crystals \(icsd_oxi, fe23\); leave one data block"),
]


@pytest.mark.parametrize(("name", "formula", "sites", "charges"), READ)
def test_what_the_file_means_is_read(name, formula, sites, charges):
    parent = parent_from_cif(DATA / f"{name}.cif")
    assert (parent.formula, len(parent.structure)) == (formula, sites)
    assert parent.charges == charges


@pytest.mark.parametrize(("name", "contradiction"), REFUSED)
def test_a_contradiction_is_refused_and_named(name, contradiction):
    with pytest.raises(InputError, match=contradiction):
        parent_from_cif(DATA / f"{name}.cif")


def test_a_rounded_third_is_the_special_position():
    parent = parent_from_cif(DATA / "thirds_three_digits.cif")
    mixed = next(site for site in parent.structure if len(site.species) == 2)
    assert sorted(mixed.frac_coords % 1)[:2] == pytest.approx([0.25, 1 / 3], abs=1e-12)
    assert count_orderings(parent).raw == 2


def test_what_was_made_of_the_file_is_told():
    assert "those of P 4/n m m:2 are taken" in parent_from_cif(DATA / "no_operations_origin2.cif").notes[0]
    assert "taken as hydrogen" in parent_from_cif(DATA / "hydrogen_deuterium.cif").notes[0]


@pytest.mark.parametrize(("sum_of_atoms", "units"), [("Li0.5 Na0.5 Cl", 4), ("Li2 Na2 Cl4", 4), ("Cl1 Na.5 Li.5", "?")])
def test_a_formula_that_agrees_is_taken(tmp_path, sum_of_atoms, units):
    path = tmp_path / "salt.cif"
    text = (DATA / "occupancy_dot.cif").read_text()
    path.write_text(f"{text}\n_chemical_formula_sum '{sum_of_atoms}'\n_cell_formula_units_Z {units}\n")
    assert parent_from_cif(path).formula == "NaLiCl2"


@pytest.mark.parametrize(("sum_of_atoms", "units"), [("Li0.5 Na0.5 Cl2", 4), ("Li0.5 Na0.5 Cl", 2), ("Na Cl", "?")])
def test_a_formula_that_disagrees_is_refused(tmp_path, sum_of_atoms, units):
    path = tmp_path / "salt.cif"
    text = (DATA / "occupancy_dot.cif").read_text()
    path.write_text(f"{text}\n_chemical_formula_sum '{sum_of_atoms}'\n_cell_formula_units_Z {units}\n")
    with pytest.raises(InputError, match=r"contradicts itself: the formula and Z say .* in the cell, the sites hold"):
        parent_from_cif(path)


NAMED = (
    "data_x\n_symmetry_space_group_name_H-M '{group}'\n_cell_length_a 6.4\n_cell_length_b 11.1\n_cell_length_c 6.4\n"
    "_cell_angle_alpha 90\n_cell_angle_beta 110\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n"
    "_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n"
    "Li1 Li 0 0.17 0.5 1\nCl1 Cl 0.24 0.16 0.23 1\n"
)


def test_a_space_group_without_operations_is_never_read_as_p1(tmp_path):
    path = tmp_path / "named.cif"
    path.write_text(NAMED.format(group="C 2/m"))
    assert len(parent_from_cif(path).structure) == 12  # 4g and 8j
    path.write_text(NAMED.format(group="C 2/q"))
    with pytest.raises(InputError, match="names no space group that is known"):
        parent_from_cif(path)


def test_partly_occupied_neighbours_are_named(tmp_path):
    path = tmp_path / "unmarked.cif"
    path.write_text((DATA / "disorder_group_ignored.cif").read_text().replace(" A 1", " . ."))
    notes = " ".join(parent_from_cif(path).notes)
    assert "sites Cl1 and Cl1 are partly occupied, 0.60 A apart, and filled independently; --exclude-within" in notes
    assert parent_from_cif(path, exclude_within=1.0).notes == ()
    # half a chlorine on each of two sites: every other placement of a doubled cell fills both sites of a pair
    assert count_orderings(parent_from_cif(path), "2x1x1").raw == 6
    assert count_orderings(parent_from_cif(path, exclude_within=1.0), "2x1x1").raw == 4


def test_disorder_assemblies_are_alternatives():
    parent = parent_from_cif(DATA / "disorder_group_ignored.cif")
    assert parent.notes == ("the file marks sites Cl1 as alternatives: close ones hold at most one ion",)
    assert count_orderings(parent, "2x1x1").raw == 4
