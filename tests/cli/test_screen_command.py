"""`selflimit screen`: layers ranked by what they become; numbers are those of the diagram and of interface scans."""

import csv
import json

import pytest
from spoken import run

from selflimit.documents import LayerScreenDoc, LevelOfTheory, with_level
from selflimit.errors import InputError
from selflimit.phase_diagrams import (
    ConstrainedPhaseDiagram,
    competing_entries,
    interface_scan,
    rank_layers,
    screen_layer,
)

LAYERS = "Li3N  # protective\nLiCl\n\nZrN\nLi3N\nLiF\n"


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("screen")
    (folder / "layers.txt").write_text(LAYERS)
    spoken = run(folder, "screen", "Li2ZrCl6", "--layers", "layers.txt", "--k-eff", "0", "15", "--json")[0]
    return folder, json.loads(spoken)["screen"]


def test_the_numbers_are_those_of_the_diagram(screened):
    _, found = screened
    by_formula = {layer["formula"]: layer for layer in found["layers"]}
    assert by_formula.keys() == {"Li3N", "LiCl", "ZrN"}
    diagram = ConstrainedPhaseDiagram(competing_entries("Li-Zr-Cl-N", "force-field"))
    for formula in ("Li3N", "ZrN"):
        for contact in by_formula[formula]["contacts"]:
            alone = diagram.products(formula, 0.0, contact["k_eff"])
            assert contact["metal_energy"] == pytest.approx(alone.reaction_energy_per_atom)
            scan = interface_scan(diagram, formula, "Li2ZrCl6", k_eff=contact["k_eff"])
            lowest = min(kink.mixing_energy_per_atom for kink in scan.kinks)
            assert contact["electrolyte_energy"] == pytest.approx(lowest)
    assert found["layers"][0]["formula"] == "LiCl"  # neither lithium nor Li2ZrCl6 takes it apart
    assert by_formula["LiCl"]["electronic"] == "no products"


def test_what_has_no_entries_is_named(screened):
    _, found = screened
    assert {one["formula"] for one in found["not_screened"]} == {"LiF"}
    assert all("shipped entries do not cover" in one["reason"] for one in found["not_screened"])


def test_table_and_figure_are_files(screened):
    folder, found = screened
    place = folder / "selflimit-screen" / "Li2ZrCl6"
    rows = list(csv.DictReader((place / "screen.csv").read_text().splitlines()))
    assert [row["layer"] for row in rows[::2]] == [layer["formula"] for layer in found["layers"]]
    assert (place / "screen.png").stat().st_size > 5000


def test_metals_among_the_products_are_conductors():
    diagram = ConstrainedPhaseDiagram(competing_entries("Li-Zr-Cl", "force-field"))
    doc = screen_layer(diagram, "Li2ZrCl6", "ZrCl4", [0.0, 20.0], 0.0)
    assert (doc.electronic, doc.conducting) == ("metallic", ["Zr"])
    assert doc.whole_from is None
    other = screen_layer(diagram, "Li2ZrCl6", "LiCl", [0.0, 20.0], 0.0)
    ranked = rank_layers([doc, other], [])
    assert isinstance(ranked, LayerScreenDoc)
    assert [layer.formula for layer in ranked.layers] == ["LiCl", "ZrCl4"]


def test_layers_of_several_questions_are_not_ranked_together():
    diagram = ConstrainedPhaseDiagram(competing_entries("Li-Zr-Cl", "force-field"))
    one = screen_layer(diagram, "Li2ZrCl6", "LiCl", [0.0], 0.0)
    two = screen_layer(diagram, "Li2ZrCl6", "LiCl", [0.0], 1.0)
    with pytest.raises(InputError, match="one electrolyte and voltage, got 2"):
        rank_layers([one, two], [])
    with pytest.raises(InputError, match="got 0"):
        rank_layers([], [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "names no layers"),
        ("Li3N\nLi3Q\n", "line 2: expected a chemical formula"),
        ("# nothing\n", "names no layers"),
    ],
)
def test_files_of_layers_that_are_none(tmp_path, content, said):
    (tmp_path / "layers.txt").write_text(content)
    assert said in run(tmp_path, "screen", "Li2ZrCl6", "--layers", "layers.txt", code=2)[1]


def test_options_of_a_job_manager_need_one(tmp_path):
    (tmp_path / "layers.txt").write_text("LiCl\n")
    words = ["screen", "Li2ZrCl6", "--layers", "layers.txt"]
    assert "with --submit" in run(tmp_path, *words, "--worker", "w", code=2)[1]
    assert "expected a file of formulas" in run(tmp_path, "screen", "Li2ZrCl6", "--layers", "none.txt", code=2)[1]


def test_own_entries_are_screened(tmp_path):
    level = LevelOfTheory(method="DFT", model="r2SCAN")
    entries = [with_level(entry, level).as_dict() for entry in competing_entries("Li-N", "force-field")]
    (tmp_path / "mine.json").write_text(json.dumps(entries))
    (tmp_path / "layers.json").write_text('["LiN3"]')
    words = ["screen", "Li3N", "--layers", "layers.json", "--entries", "mine.json", "--k-eff", "0", "--json"]
    (layer,) = json.loads(run(tmp_path, *words)[0])["screen"]["layers"]
    assert layer["level_of_theory"]["model"] == "r2SCAN"
    assert layer["contacts"][0]["metal_reaction"] == "LiN3 + 8 Li -> 3 Li3N"
