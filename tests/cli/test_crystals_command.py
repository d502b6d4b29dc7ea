"""`selflimit diagram FORMULA --crystals FOLDER`: relaxed here, resumed, and the hull for formulas that are no entry."""

import json

import pytest
from pymatgen.core import Lattice, Structure
from spoken import run

from selflimit.phase_diagrams import ConstrainedPhaseDiagram, bundled_structure, competing_entries
from selflimit.workflows.entries.crystals import crystals_in

CHEAP = ["--samples", "0", "--k-eff", "0"]


@pytest.mark.force_field
def test_own_crystals_are_relaxed_once(tmp_path):
    folder = tmp_path / "crystals"
    folder.mkdir()
    bundled_structure("Li3N mp-2251").to(str(folder / "mine.cif"))
    bundled_structure("LiCl mp-22905").to(str(folder / "other.cif"))
    words = ["diagram", "Li3N", "--crystals", "crystals", *CHEAP, "--json"]
    spoken, progress = run(tmp_path, *words)
    found = json.loads(spoken)
    shipped = ConstrainedPhaseDiagram(competing_entries("Li-N", "force-field")).profile("Li3N", 0.0)
    own = found["stabilities"][0]
    # the same crystal by the same force field, once by hand: its volume and limit are those that ship
    assert own["electrolyte_volume"] == pytest.approx(shipped.electrolyte_volume, rel=0.01)
    assert own["segments"][0]["voltage_high"] == pytest.approx(shipped.segments[0].voltage_high, abs=0.01)
    assert "other" in " ".join(found["notes"]) and "[1/1] relax Li3N mine" in progress
    again = run(tmp_path, *words)
    assert "relax Li3N mine: already done" in again[1]
    assert json.loads(again[0])["stabilities"] == found["stabilities"]


def test_what_is_missing_is_named(tmp_path):
    folder = tmp_path / "crystals"
    folder.mkdir()
    words = ["diagram", "Na3N", "--crystals", "crystals", *CHEAP]
    assert "holds no crystals" in run(tmp_path, *words, code=2)[1]
    Structure(Lattice.cubic(4.7), ["Na", "Na", "Na", "N"], [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]]).to(
        str(folder / "POSCAR_Na3N"), fmt="poscar"
    )
    assert "no crystal of pure Na in crystals, and none is bundled" in run(tmp_path, *words, code=2)[1]
    (folder / "broken.cif").write_text("no crystal")
    assert "broken.cif" in run(tmp_path, *words, code=2)[1]
    (folder / "broken.cif").rename(folder / "POSCAR_broken")
    assert "POSCAR_broken is no crystal" in run(tmp_path, *words, code=2)[1]


def test_options_go_together(tmp_path):
    (tmp_path / "crystals").mkdir()
    (tmp_path / "mine.json").write_text("[]")
    both = ["diagram", "Li3N", "--crystals", "crystals"]
    assert "without --crystals" in run(tmp_path, *both, "--entries", "mine.json", code=2)[1]
    assert "with --crystals" in run(tmp_path, "diagram", "Li3N", "--force-field", "CHGNet-0.3.0", code=2)[1]


def test_a_disordered_crystal_stands_for_its_lowest_ordering(tmp_path):
    """One of two sites of a CsCl cell doubled along c: Li and vacancies take turns where that is lowest."""
    rock_salt = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.1), [{"Li": 0.5, "Na": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    rock_salt.to(str(tmp_path / "mixed.cif"))
    with pytest.raises(Exception, match=r"mixed\.cif is disordered, and its lowest ordering cannot be found"):
        crystals_in(tmp_path)  # one formula unit in the primitive cell cannot hold a half of each
    doubled = Structure(
        Lattice.tetragonal(4.0, 8.0), [{"Li": 0.5}, {"Li": 0.5}, "Cl"],
        [[0, 0, 0], [0, 0, 0.5], [0.5, 0.5, 0.25]],
    )  # fmt: skip
    (tmp_path / "mixed.cif").unlink()
    doubled.to(str(tmp_path / "half.cif"))
    ((label, found),) = crystals_in(tmp_path).items()
    assert label == "LiCl half" and found.is_ordered and found.composition.reduced_formula == "LiCl"


def test_formulas_without_entry_are_answered_by_the_hull(tmp_path):
    spoken = run(tmp_path, "diagram", "Li5.5PS4.5Cl1.5", "Li2S", *CHEAP, "--json")[0]
    found = json.loads(spoken)
    diagram = ConstrainedPhaseDiagram(competing_entries("Li-P-S-Cl", "force-field"))
    expected = diagram.hull_products("Li5.5PS4.5Cl1.5", 0.0)
    (doc,) = found["products"]
    assert [part["voltage_high"] for part in doc["segments"]] == [part.voltage_high for part in expected.segments]
    assert [doc["formula"] for doc in found["stabilities"]] == ["Li2S"]
    said = run(tmp_path, "diagram", "Li5.5PS4.5Cl1.5", *CHEAP)[0]
    assert "is no entry of this set" in said and "per Li11P2(S3Cl)3" in said
