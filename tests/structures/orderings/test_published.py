"""Published numbers of orderings over space groups, see data/SOURCES.md; found by another program."""

import csv
import json
from pathlib import Path

import pytest

from selflimit.cli.main import main
from selflimit.structures import count_orderings, enumerate_orderings, parent_from_cif

DATA = Path(__file__).parent / "data"

with (DATA / "published.csv").open(encoding="utf-8", newline="") as table:
    CASES = [pytest.param(row, id=f"{row['cod']} {row['space_group']}") for row in csv.DictReader(table)]


@pytest.mark.parametrize("case", CASES)
def test_counted_and_enumerated(case):
    parent = parent_from_cif(DATA / f"cod-{case['cod']}.cif")
    published = (int(case["raw"]), int(case["distinct"]))
    assert count_orderings(parent, case["supercell"]) == published
    blocks = list(enumerate_orderings(parent, case["supercell"]))
    assert (sum(int(b.degeneracies.sum()) for b in blocks), sum(map(len, blocks))) == published


def test_from_the_command_line(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ["--parent", str(DATA / "cod-8100597.cif"), "--cell", "2x1x1", "--count", "--json"]
    assert main(["orderings", *asked]) == 0
    (cell,) = json.loads(capsys.readouterr().out)["cells"]
    assert (cell["raw"], cell["distinct"]) == (4032, 504)
