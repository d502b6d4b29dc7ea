"""The package as it is installed: stages from the root folders, light imports, one-line errors."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from selflimit.cli.main import main
from selflimit.cli.verbs import VERBS
from selflimit.run_settings import RunConfiguration

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("structures", "phase_diagrams", "mesoscale", "workflows")
HEAVY = ("torch", "pymatgen", "numba", "matplotlib", "jobflow", "scipy", "pydantic")


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_its_root_folder(stage):
    module = importlib.import_module(f"selflimit.{stage}")
    assert Path(module.__file__).resolve().parent == ROOT / stage


@pytest.mark.parametrize(
    "code", ["import selflimit", "from selflimit.cli.parsing import make_parsers; make_parsers()[0].format_help()"]
)
def test_import_and_help_load_nothing_heavy(code):
    ask = f"import sys; {code}; print([m for m in {HEAVY} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_each_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([verb, "--help"])
    said = capsys.readouterr().out
    assert stopped.value.code == 0
    assert "example:" in said
    assert "--json" in said or verb in {"app", "completion"}  # a page and a script are their results


def refused(arguments, capsys):
    """Exit code not 0, one line, no traceback; returns the line."""
    code = main(arguments)
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    return said.err


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SELFLIMIT_STORE", "store")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "--parent", "nowhere.cif"], "nowhere.cif"),
        (["run", "--k-eff", "-5"], "-5"),
        (["run", "--k-eff", "nan"], "nan"),
        (["run", "--keep", "0"], "--keep"),
        (["run", "--max-force", "0"], "--max-force"),
        (["run", "--cell", "2x0x1"], "2x0x1"),
        (["run", "--force-field", "NoSuchField"], "NoSuchField"),
        (["run", "--force-field", "MACE:missing.model"], "missing.model"),
        (["run", "--voltage-range", "3", "1"], "3.0"),
        (["interface", "--duration", "-1"], "--duration"),
        (["interface", "--grid", "7", "6000"], "7"),
        (["interface", "--grid", "0", "64"], "--grid"),
        (["interface", "--overpotential", "nan"], "nan"),
        (["report", "--folder", "none"], "none holds no run"),
        (["results", "--store", "none"], "no results at none"),
        (["diagram", "--entries", "none.json", "--formula", "LiCl"], "none.json"),
        (["diagram", "--entries", "none.json"], "none.json"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, named, here, capsys):
    assert named in refused(arguments, capsys)
    left = [p for p in here.rglob("*") if p.is_file() and p.name not in (".lock", "monty.storage.cfg")]
    assert not [p for p in left if p.suffix in (".json", ".html", ".npz")], "nothing half-written"


MALFORMED = {
    "empty.cif": "",
    "noise.cif": "data_x\n_cell_length_a what\n",
    "unknown.cif": """data_x
_cell_length_a 4
_cell_length_b 4
_cell_length_c 4
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
A1 Xx 0 0 0 1
""",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_cif(name, here, capsys):
    (here / name).write_text(MALFORMED[name])
    assert name in refused(["run", "--parent", name], capsys)


def test_a_file_in_the_place_of_the_run_folder(here, capsys):
    (here / "taken").write_text("mine")
    assert "taken" in refused(["orderings", "--folder", "taken"], capsys)
    assert (here / "taken").read_text() == "mine"


@pytest.mark.force_field
def test_a_run_killed_while_it_is_set_up_keeps_to_its_configuration(here, capsys, monkeypatch):
    from selflimit.workflows.running import execution

    def killed(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(execution, "save_flow", killed)
        assert main(["run", "--cell", "primitive"]) == 130
    capsys.readouterr()
    assert "another configuration" in refused(["run", "--cell", "conventional"], capsys)


def test_no_password_reaches_the_provenance(monkeypatch):
    from selflimit.workflows.running.provenance import environment

    monkeypatch.setattr("sys.argv", ["selflimit", "run", "--store", "mongodb://me:secret@host/db"])
    assert environment()["command"] == ["selflimit", "run", "--store", "mongodb://me:***@host/db"]


def test_a_folder_of_another_configuration_is_refused(here, capsys):
    first = RunConfiguration(cells=("primitive",), keep=1, k_effs=(0.0,), voltage_range=(0.0, 5.0))
    (here / "selflimit-run").mkdir()
    (here / "selflimit-run" / "configuration.json").write_text(json.dumps(first.data()))
    said = refused(["run", "--k-eff", "0", "10"], capsys)
    assert "another configuration" in said
    assert "k_effs was [0.0], now [0.0, 10.0]" in said
    assert "--folder" in said
