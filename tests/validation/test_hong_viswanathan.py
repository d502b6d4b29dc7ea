"""The example of Hong and Viswanathan (2018): its invariants, and the first half second on both grids."""

import csv
import runpy
from pathlib import Path

import pytest

EXAMPLE = runpy.run_path(str(Path(__file__).resolve().parents[2] / "examples" / "hong_viswanathan.py"))


def test_the_invariants_give_back_the_published_numbers():
    p = EXAMPLE["parameters"]()
    assert p.barrier == pytest.approx(6.0e6)
    assert p.gradient_coefficient == pytest.approx(7.5e-7)
    assert p.reaction_coefficient == pytest.approx(1.0e-3)
    assert p.inverse_thermal_voltage == pytest.approx(38.69, rel=1e-3)  # published with four digits
    assert p.interface_width == pytest.approx(0.25e-6)


def test_both_grids_run_and_the_coarse_one_says_so(tmp_path, capsys):
    found = EXAMPLE["main"](quick=True, out=tmp_path, cases=("coarse", "resolved"))
    said = capsys.readouterr().out
    assert said.count("unresolved front: dx = 4.00 w") == 1
    for name, rows in found.items():
        with (tmp_path / f"{name}.csv").open() as file:
            assert len(list(csv.reader(file))) == len(rows) + 1
        heights = [mean for _, _, mean, _ in rows]
        assert heights == sorted(heights)
        assert heights[-1] > heights[0] + 0.25  # it deposits: one width and more in half a second at -0.45 V
    assert (tmp_path / "fronts.png").stat().st_size > 0
