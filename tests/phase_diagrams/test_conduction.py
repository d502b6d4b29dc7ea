"""Do the products conduct electrons? Known metals, known salts, and what is not known is said."""

import pytest

from selflimit.documents import PhaseAmount
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.phase_diagrams.conduction import conduction_of, has_closed_shells
from selflimit.phase_diagrams.phases import phase_from_entry


def made(*formulas):
    return [PhaseAmount(formula=f, entry_id=f, amount=1.0, volume=10.0) for f in formulas]


@pytest.mark.parametrize("formula", ["LiCl", "Li2S", "Li3P", "ZrCl4", "GeS2", "GeS", "P2S5", "Li7La3Zr2O12", "Li3YCl6"])
def test_salts_have_closed_shells(formula):
    assert has_closed_shells(formula)


@pytest.mark.parametrize("formula", ["ZrCl", "ZrCl2", "ZrCl3", "ZrN", "Zr2N", "LiP", "FeCl3", "Mg3Bi2"])
def test_others_have_not_or_are_not_known_to(formula):
    assert not has_closed_shells(formula)


def test_one_conductor_is_enough_and_the_unknown_is_said():
    assert conduction_of(made("LiCl", "Zr", "LiP")).character == "mixed conductor"
    found = conduction_of(made("LiCl", "LiP"))
    assert (found.character, found.unknown) == ("unknown", ["LiP"])
    assert conduction_of(made("LiCl", "Zr")).conducting_share == pytest.approx(0.5)


def test_zirconium_lets_the_reaction_go_on_and_its_dichloride_does_not():
    diagram = ConstrainedPhaseDiagram(electrolyte_entries(["Li2ZrCl6"], source="force-field").entries)
    free, constricted = (diagram.products("Li2ZrCl6", 0.0, k_eff) for k_eff in (0.0, 20.0))
    assert (free.conduction.character, free.conduction.conducting) == ("mixed conductor", ["Zr"])
    assert "ZrCl2" in constricted.reaction
    assert constricted.conduction.character == "insulating"


def test_the_entry_s_band_gap_comes_first(entry):
    stated = entry("LiCl", -8.0, 34.0, "LiCl")
    stated.data["band_gap"] = 0.0
    products = made("LiCl")
    assert conduction_of(products, [phase_from_entry(stated)]).character == "mixed conductor"
    stated.data["band_gap"] = -1.0
    with pytest.raises(InputError, match=r"band gap -1\.0"):
        phase_from_entry(stated)
