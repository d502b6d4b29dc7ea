"""`selflimit orderings` without relaxation: what it prints and writes, and what it refuses."""

import json
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from pymatgen.core import Structure

from selflimit.cli.main import main

POSCAR = "salt\n1.0\n5.0 0 0\n0 5.0 0\n0 0 5.0\nLi Cl\n2 1\ndirect\n0 0 0\n0.5 0 0\n0.5 0.5 0.5\n"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_count(capsys):
    assert main(["orderings", "--count", "--cell", "2x1x1", "3x1x1", "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert [(cell["raw"], cell["distinct"]) for cell in cells] == [(495, 49), (18_564, 870)]


def test_a_refused_composition_says_the_command_that_works(capsys):
    refused = ["orderings", "--parent", "LZC-E", "--no-relax", "--cell", "primitive", "--keep", "2"]
    assert main(refused) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    command = shlex.split(said.partition("; type: selflimit ")[2])
    assert command[:4] == refused[:4]
    assert main([*command, "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)["orderings"]
    # nothing is rounded without saying so
    changes = [abs(change) for pool in document["pools"] for change in pool["deviations"].values()]
    assert max(changes) == pytest.approx(0.125)


def test_nearest_populations_choose_a_cell_and_print_every_deviation(capsys):
    assert main(["orderings", "--parent", "LZC-E", "--nearest", "--max-deviation", "0.13", "--count"]) == 0
    printed = capsys.readouterr().out
    assert "primitive: chosen, no occupancy changes by more than 0.125" in printed
    assert "occupancies change by" in printed
    assert main(["orderings", "--parent", "LZC-E", "--max-deviation", "0.13", "--count"]) == 2
    assert "--nearest" in capsys.readouterr().err


def test_too_many_orderings_are_annealed_by_the_command_that_is_offered(capsys):
    too_many = ["orderings", "--cell", "2x1x1", "--no-relax", "--keep", "2", "--most", "48"]
    assert main(too_many) == 2
    command = shlex.split(capsys.readouterr().err.partition("; type: selflimit ")[2])
    assert main([*command, "--json"]) == 0
    (annealed,) = json.loads(capsys.readouterr().out)["orderings"]
    assert main([*too_many[:-2], "--json"]) == 0
    (searched,) = json.loads(capsys.readouterr().out)["orderings"]
    energies = [[one["electrostatic_energy"] for one in found["orderings"]] for found in (annealed, searched)]
    assert energies[0] == pytest.approx(energies[1])
    assert annealed["lower_bound"] is None  # proven by branch and bound
    assert searched["lower_bound"] is None


def test_all_shapes_up_to_a_size_are_one_list_without_repeats(capsys):
    assert main(["orderings", "--no-relax", "--up-to", "2", "--keep", "30"]) == 0
    printed = capsys.readouterr().out
    listed = [line for line in printed.splitlines() if " cells, shape " in line and "│" in line]
    # every crystal of up to two cells once, in its own primitive cell: as many as are counted without repeats
    assert main(["orderings", "--count", "--up-to", "2", "--skip-superperiodic", "--json"]) == 0
    assert len(listed) == sum(cell["distinct"] for cell in json.loads(capsys.readouterr().out)["cells"])


def test_count_of_all_shapes_as_a_table(capsys):
    assert main(["orderings", "--count", "--n-cells", "2"]) == 0
    printed = capsys.readouterr().out
    assert "2 cells, shape 4" in printed
    assert "75" in printed  # five shapes of 15 placements each


def test_count_of_all_shapes_up_to_a_size(capsys):
    assert main(["orderings", "--count", "--up-to", "2", "--skip-superperiodic", "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    # LZC-A: 3 placements in the primitive cell; of the 15 in each shape of two cells those repeat
    assert (cells[0]["raw"], cells[0]["distinct"]) == (3, 2)
    assert [cell["raw"] for cell in cells[1:]] == [12] * 5


def test_lowest_with_cifs(capsys, tmp_path):
    assert main(["orderings", "--no-relax", "--cell", "2x1x1", "--keep", "2", "--cifs", "low", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)["orderings"]
    assert (document["distinct_count"], len(document["orderings"])) == (49, 2)
    crystals = [Structure.from_file(path) for path in sorted((tmp_path / "low").glob("*.cif"))]
    assert [crystal.composition.reduced_formula for crystal in crystals] == ["Li2ZrCl6"] * 2


def test_sample_and_write(capsys, tmp_path):
    assert main(["orderings", "--sample", "4", "--cell", "2x1x1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["orderings"]) == 4
    assert main(["orderings", "--write", "all", "--cell", "2x1x1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("2x1x1: 49 distinct orderings, about ")
    assert "49 orderings in all/2x1x1" in printed
    assert np.load(tmp_path / "all" / "2x1x1" / "degeneracies.npy").sum() == 495


def test_poscar_with_occupancies_and_pools(capsys, tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR)
    asked = ["orderings", "--parent", "POSCAR", "--occupancy", "Li=Li:0.5", "--pool", "Li1,Li2", "--count", "--json"]
    assert main(asked) == 0
    (cell, _) = json.loads(capsys.readouterr().out)["cells"]
    assert cell["raw"] == 2


def test_search_is_announced_before_it_starts(capsys):
    assert main(["orderings", "--no-relax", "--cell", "2x1x1"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(r"2x1x1: 49 distinct orderings, about .* on one core, .* of memory, .* if kept", first)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--count", "--parent", "LZC-E"], "cells of 8, 16, 24 primitive cells fit"),
        (["--no-relax", "--parent", "LZC-C", "--cell", "4x4x4"], "draw a sample"),
        (["--n-cells", "2"], "--n-cells does not apply to `selflimit orderings` with relaxation, only with --count"),
        (["--up-to", "2"], "--up-to does not apply"),
        (["--count", "--up-to", "0"], "--up-to: expected a whole number from 1 to 1000, got 0"),
        (["--count", "--parent", "none.cif"], "neither a bundled parent"),
        (["--count", "--occupancy", "Li=Li:0.5"], "--occupancy does not apply"),
        (["--count", "--parent", "POSCAR", "--occupancy", "Li"], "--occupancy: expected e.g."),
        (
            ["--count", "--parent", "POSCAR", "--occupancy", "Li=Li:0.5,Li:0.5"],
            "each species once",
        ),
        (["--count", "--parent", "POSCAR", "--occupancy", "Li=Li:nan"], "occupancies above 0 that sum to at most 1"),
        (
            ["--count", "--parent", "POSCAR", "--charge", "Li=nan", "--charge", "Cl=-1"],
            "formal charges in e, got {'Li': nan}",
        ),
        (["--write", "all", "--most", "nan"], "--most: expected 1 to 1e+12, got nan"),
        (["--no-relax", "--most", "0"], "--most: expected 1 to 1e+12, got 0"),
        (["--count", "--symprec", "0"], "--symprec: expected 1e-05 to 0.5 Angstrom, got 0 Angstrom"),
        (["--count", "--parent", "POSCAR", "--charge", "Zr4"], "--charge: expected e.g. Zr=4"),
        (["--sample", "99", "--cell", "2x1x1"], "1 to 49 distinct orderings, got 99"),
        (["--count", "--cell", "1x2"], "expected cell 'primitive'"),
    ],
)
def test_refusals_say_what_to_do(capsys, tmp_path, asked, message):
    (tmp_path / "POSCAR").write_text(POSCAR)
    assert main(["orderings", *asked]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["POSCAR"]


def test_electrostatics_need_charges_counting_does_not(capsys, tmp_path):
    text = POSCAR.replace("Li Cl", "Li Ar").replace("salt", "no charges")
    (tmp_path / "POSCAR").write_text(text)
    asked = ["orderings", "--parent", "POSCAR", "--occupancy", "Li=Li:0.5", "--pool", "Li1,Li2"]
    assert main([*asked, "--count"]) == 0
    assert "no formal charges" in capsys.readouterr().out
    assert main([*asked, "--no-relax"]) == 2
    assert "need formal charges" in capsys.readouterr().err


def test_counting_imports_no_compiled_code_and_no_force_field():
    code = (
        "import sys; from selflimit.cli.main import main; main(['orderings', '--count', '--cell', 'primitive']); "
        "print([m for m in ('numba', 'torch', 'ase', 'jobflow', 'matplotlib') if m in sys.modules], file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stderr.strip() == "[]"
