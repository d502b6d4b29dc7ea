"""The examples run, and their numbers are the published or independently known ones."""

import runpy
from pathlib import Path

import pytest
from pymatgen.core import Structure

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
    tested |= {"branch_spacing.py", "crystals_without_a_key.py"}
    assert {path.name for path in EXAMPLES.glob("*.py")} == tested


def test_crystals_without_a_key(tmp_path):
    runpy.run_path(str(EXAMPLES / "crystals_without_a_key.py"))["write_crystals"](tmp_path)
    # a^2 c / 8 = 13.134^2 12.663 / 8, a b c sin(beta) / 4 and so on, from the refinements' own cells
    wanted = {
        "Li7La3Zr2O12/Li7La3Zr2O12": ("I4_1/acd", 273.05), "Li7La3Zr2O12/ZrO2": ("P2_1/c", 35.22),
        "Li7La3Zr2O12/La2O3": ("P-3m1", 82.29), "Li3YCl6/YCl3": ("C2/m", 124.2),
    }  # fmt: skip
    for name, (group, volume) in wanted.items():
        crystal = Structure.from_file(tmp_path / f"{name}.cif")
        assert crystal.get_space_group_info()[0] == group
        units = crystal.composition.get_reduced_formula_and_factor()[1]
        assert crystal.volume / units == pytest.approx(volume, rel=1e-3)
    disordered = Structure.from_file(tmp_path / "Li3YCl6" / "Li3YCl6.cif")
    assert not disordered.is_ordered and disordered.composition.reduced_formula == "Li3YCl6"
