"""Input that makes no constrained phase diagram is refused, with what was expected and what came."""

import pytest
from pymatgen.core.entries import ComputedEntry

from selflimit.documents import LevelOfTheory, with_level
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, interface_scan


@pytest.mark.parametrize("k_eff", [-1.0, float("nan"), float("inf")])
def test_bad_modulus(chloride_entries, k_eff):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    with pytest.raises(InputError, match="k_eff"):
        diagram.profile("Li2ZrCl6", k_eff)
    with pytest.raises(InputError, match="k_eff"):
        diagram.products("Li2ZrCl6", 0.0, k_eff)


@pytest.mark.parametrize("limits", [(1.0, 1.0), (2.0, 1.0), (-1.0, 2.0), (0.0, float("inf"))])
def test_bad_ranges(chloride_entries, limits):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    with pytest.raises(InputError):
        diagram.profile("Li2ZrCl6", 0.0, limits)
    with pytest.raises(InputError):
        diagram.constriction_profile("Li2ZrCl6", 0.0, limits)


@pytest.mark.parametrize("voltage", [-0.1, float("nan")])
def test_bad_voltage(chloride_entries, voltage):
    with pytest.raises(InputError, match="voltage"):
        ConstrainedPhaseDiagram(chloride_entries).products("Li2ZrCl6", voltage, 0.0)


@pytest.mark.parametrize(
    ("composition", "message"),
    [
        ("Li3ZrCl7", "energy and volume V0 are needed"),
        ("Li6PS5Cl", "no entries for P, S"),
        ("Li", "working ion alone"),
        ("Xx2", "expected a chemical formula"),
        ("", "expected a chemical formula"),
    ],
)
def test_bad_composition(chloride_entries, composition, message):
    with pytest.raises(InputError, match=message):
        ConstrainedPhaseDiagram(chloride_entries).profile(composition, 0.0)


def test_missing_reference(chloride_entries):
    without = [e for e in chloride_entries if e.composition.reduced_formula != "Zr"]
    with pytest.raises(InputError, match="pure element Zr"):
        ConstrainedPhaseDiagram(without)
    with pytest.raises(InputError, match="pure element Na"):
        ConstrainedPhaseDiagram(chloride_entries, working_ion="Na")


def test_mixed_levels(chloride_entries, entry):
    other = LevelOfTheory(method="force field", model="CHGNet", weights_sha256="0" * 64)
    with pytest.raises(LevelOfTheoryError, match="CHGNet"):
        ConstrainedPhaseDiagram([*chloride_entries[:-1], entry("Li2ZrCl6", -40, 210, "LZC", other)])


def test_entries_without_volume_or_energy(chloride_entries, entry):
    flat = with_level(ComputedEntry("Li2ZrCl6", -40, entry_id="flat"), LevelOfTheory(method="DFT", model="PBE"))
    with pytest.raises(InputError, match=r"flat.*no crystal structure"):
        ConstrainedPhaseDiagram([*chloride_entries, flat])
    with pytest.raises(InputError, match=r"broken.*nan eV"):
        ConstrainedPhaseDiagram([*chloride_entries, entry("LiZr", float("nan"), 40, "broken")])


def test_unknown_functional(chloride_entries):
    with pytest.raises(InputError, match="quadratic"):
        ConstrainedPhaseDiagram(chloride_entries, model="quadratic")


@pytest.mark.parametrize("ion", ["Ti", "Cl", "X"])
def test_ions_of_other_charge(chloride_entries, ion):
    with pytest.raises(InputError, match="whose charge is known"):
        ConstrainedPhaseDiagram(chloride_entries, working_ion=ion)


def test_other_units_are_recognised(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    with pytest.raises(InputError, match=r"k_eff: .*GPa; did you mean 15 \(1.5e\+10 Pa\)"):
        diagram.profile("Li2ZrCl6", 15e9)
    with pytest.raises(InputError, match=r"voltage: .*did you mean 1.7 \(1700 mV\)"):
        diagram.products("Li2ZrCl6", 1700.0, 5.0)
    with pytest.raises(InputError, match=r"voltage_range: .*6000 mV"):
        diagram.predominance("Li2ZrCl6", (0.0, 6000.0))
    with pytest.raises(InputError, match=r"k_eff_range: .*20000 MPa"):
        diagram.constriction_profile("Li2ZrCl6", 0.0, (0.0, 20000.0))
    with pytest.raises(InputError, match=r"k_eff: .*did you mean 15 "):
        interface_scan(diagram, "Li2ZrCl6", "ZrCl4", 15e9)


@pytest.mark.parametrize("written", ["LI2ZRCL6", "li2zrcl6", "Li₂ZrCl₆", "Li2ZqCl6", "L2ZrCl6", "Li2ZrCl7"])
def test_misspelt_formulas_get_the_nearest(chloride_entries, written):
    """Capitals, printed digits, unknown elements, and a formula that no entry has."""
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    with pytest.raises(InputError, match=r"; did you mean Li2ZrCl6\?"):
        diagram.profile(written, 0.0)


def test_misspelt_options_get_the_nearest(chloride_entries):
    with pytest.raises(InputError, match="did you mean released"):
        ConstrainedPhaseDiagram(chloride_entries, gases="release")
