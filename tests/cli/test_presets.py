"""Presets from the command line: table, pictures, resume, and refusals."""

import json

import pytest

from selflimit.cli.main import main
from selflimit.documents import ComparisonDoc
from selflimit.mesoscale import PRESETS, PUBLISHED_EQUATIONS, PUBLISHED_MODEL, find_preset
from selflimit.workflows import decomposition_of, open_store, preset_parameters, results


def asked(folder, *more):
    return [
        "interface",
        "--store",
        str(folder / "store"),
        "--folder",
        str(folder / "out"),
        "--grid",
        "32",
        "192",
        *more,
    ]


def test_a_growth_preset_gives_table_figure_film_and_document(tmp_path, capsys):
    command = asked(tmp_path, "--preset", "fig8-step1", "--duration", "4")
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "1200 (Fig. 8A)" in printed
    assert "not within the run" in printed
    [doc] = results(open_store(str(tmp_path / "store")), kind="ComparisonDoc")
    assert isinstance(doc, ComparisonDoc)
    for name in doc.files:
        assert (tmp_path / "out" / name).stat().st_size > 1000
    assert {name.rsplit(".")[-1] for name in doc.files} == {"png", "webp", "npz"}
    assert main([*command, "--json"]) == 0  # nothing is computed again
    assert json.loads(capsys.readouterr().out)["preset"] == "fig8-step1"
    assert main(asked(tmp_path, "--preset", "fig8-step1", "--duration", "5")) == 2
    assert "duration was 4.0, now 5.0" in capsys.readouterr().err


def test_a_stress_preset_and_the_published_expansion(tmp_path, capsys):
    found = {}
    for name in ("fig8-step2", "fig8-step2-published"):
        assert main([*asked(tmp_path / name, "--preset", name), "--json"]) == 0
        found[name] = json.loads(capsys.readouterr().out)["rows"][0]["value"]
    # static stress is linear in the zone's strain beyond lithium's own share
    ours, paper = (preset_parameters(find_preset(name), 0.0) for name in found)
    assert paper.zone_eigenstrain == pytest.approx(2 * sum(paper.coarse_expansion) / 3)
    assert (found["fig8-step2"] < found["fig8-step2-published"]) == (ours.zone_eigenstrain < paper.zone_eigenstrain)


def test_unknown_presets_are_refused(tmp_path, capsys):
    assert main(asked(tmp_path, "--preset", "fig9")) == 2
    assert "fig8-step1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main(["interface", "--preset", "list"]) == 0
    assert "lgps-step2" in capsys.readouterr().out


@pytest.mark.parametrize("name", PRESETS)
def test_every_presets_parameters_come_from_bundled_data(name):
    preset = find_preset(name)
    p = preset_parameters(preset, 0.0)
    strain = decomposition_of(preset.electrolyte, 0.0).reaction_strain
    assert p.reaction_strain == pytest.approx((1 + strain) ** (1 / 3) - 1)
    assert preset.particle in p.sources["particle_modulus"]
    assert (p.mechanical_correction, p.lithium_modulus) == (1.0, 7.82e9), "thermodynamics, and lithium as measured"
    assert (p.electrolyte_modulus == p.particle_modulus) == preset.has_one_modulus


@pytest.mark.parametrize("name", PUBLISHED_EQUATIONS)
def test_the_published_equations_keep_their_lithium(name):
    p = preset_parameters(find_preset(name, "published"), 0.0)
    assert p.lithium_modulus == PUBLISHED_MODEL["lithium_modulus"]
