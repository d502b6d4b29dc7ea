"""The examples run, and their numbers are the published or independently known ones."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def main_of(name, **asked):
    return runpy.run_path(str(EXAMPLES / name))["main"](**asked)


def test_constriction_threshold():
    found = main_of("constriction_threshold.py")
    # 16.7 and 13.6 GPa by a separate calculation with one decimal
    assert found["PBE volumes"] == pytest.approx(16.7, abs=0.05)
    assert found["experimental volumes"] == pytest.approx(13.6, abs=0.05)


def test_orderings():
    # Burnside counts on which several independent enumerators agree
    wanted = {"primitive": (3, 2), "conventional": (15, 6), "2x1x1": (495, 49), "3x1x1": (18564, 870)}
    assert main_of("orderings.py") == wanted


def test_derivative_structures():
    # Hart and Forcade (doi:10.1103/PhysRevB.77.224115) count 2, 3, 12, 14 with exchanged species as one: twice that
    # less the orderings of equal composition, of which there are 2 for two sites and 5 for four
    assert main_of("derivative_structures.py") == {2: 2, 3: 2 * 3, 4: 2 * 12 - 5, 5: 2 * 14}


def test_branch_spacing_does_not_depend_on_the_width():
    coarse, fine = main_of("branch_spacing.py", quick=True)
    assert (coarse.width, fine.width) == (1e-6, 0.5e-6)
    assert coarse.spacing == pytest.approx(fine.spacing, rel=0.15)
    assert coarse.height == pytest.approx(fine.height, rel=0.03)


def test_every_example_is_tested():
    # hong_viswanathan.py: tests/validation/test_hong_viswanathan.py; pfhub/: tests/test_pfhub.py
    tested = {"constriction_threshold.py", "orderings.py", "derivative_structures.py", "hong_viswanathan.py"}
    tested |= {"branch_spacing.py"}
    assert {path.name for path in EXAMPLES.glob("*.py")} == tested
