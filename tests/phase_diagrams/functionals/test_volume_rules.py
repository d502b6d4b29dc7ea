"""Which volumes count: reservoir ions, gases, entries without volume; and what the documents say about it."""

import pytest
from pymatgen.core import Composition
from pymatgen.core.entries import ComputedEntry

from selflimit.documents import DecompositionDoc, with_level
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.sources import MP_GGA
from selflimit.phase_diagrams.phases import GASES

GPA_A3 = 1e-21 / 1.602176634e-19  # eV; SI defining constant of the electronvolt
EXACT = 1e-9  # eV, V, GPa: what the product promises


@pytest.mark.parametrize("model", ["linear", "elastic", "inclusion"])
def test_released_ions_bring_their_metals_volume(entry, model):
    """Li2S -> S + 2 Li: dV = 30 + 2 x 20 - 47; the denominator of the strain stays V0 = 47."""
    entries = [entry("Li3", 0, 60, "Li"), entry("S", 0, 30, "S"), entry("Li2S", -4.2, 47, "Li2S")]
    doc = ConstrainedPhaseDiagram(entries, model=model, ion_volume="released").products("Li2S", 5.0, 3.0)
    assert doc.reaction == "Li2S -> S + 2 Li"
    assert doc.decomposition_volume == pytest.approx(23, abs=EXACT)
    assert doc.reaction_strain == pytest.approx(23 / 47, abs=EXACT)
    assert doc.electrolyte_volume == pytest.approx(47, abs=EXACT)
    work = 3 * GPA_A3 * (23 if model == "linear" else 23**2 / (2 * 47))
    assert doc.reaction_energy == pytest.approx(4.2 - 2 * 5.0 + work, abs=EXACT)
    assert doc.pressure == (None if model == "linear" else pytest.approx(3 * 23 / 47, abs=EXACT))
    assert doc.rules.ion_volume == "released"


def test_consumed_ions_remove_their_metals_volume(chloride_entries):
    """The design note: with the lithium counted, the limit of metallic zirconium rises with K instead of falling."""
    loose, tight = (
        ConstrainedPhaseDiagram(chloride_entries, ion_volume="released").profile("Li2ZrCl6", k) for k in (1.0, 15.0)
    )
    assert all({p.formula for p in d.segments[0].products} == {"LiCl", "Zr"} for d in (loose, tight))
    assert tight.segments[0].voltage_high > loose.segments[0].voltage_high
    assert tight.stability_high > loose.stability_high  # oxidation is held back


def test_gases_escape_or_stay(chloride_entries):
    """LZC -> ZrCl4 + Cl2 + 2 Li: the chlorine crystal's volume is in dV, or it is not."""
    confined, escaped = (
        ConstrainedPhaseDiagram(chloride_entries, ion_volume="none", gases=rule).products("Li2ZrCl6", 5.5, 10.0)
        for rule in ("solid", "released")
    )
    assert confined.reaction == escaped.reaction == "Li2ZrCl6 -> Cl2 + ZrCl4 + 2 Li"
    chlorine = next(p.volume for p in confined.products if p.formula == "Cl2")
    assert confined.decomposition_volume - escaped.decomposition_volume == pytest.approx(chlorine, abs=EXACT)
    assert escaped.reaction_energy == pytest.approx(confined.reaction_energy - 10 * GPA_A3 * chlorine, abs=EXACT)
    assert escaped.rules.gases == "released"


def test_gases_carry_the_formulas_that_phases_have():
    noble = {"He", "Ne", "Ar", "Kr", "Xe"}  # pymatgen warns about their electronegativity
    assert all(Composition(gas).reduced_formula == gas for gas in set(GASES) - noble)


def test_entries_without_volume_are_left_out_knowingly(chloride_entries):
    flat = with_level(ComputedEntry("Zr2Cl", -40.0, entry_id="flat"), MP_GGA)
    with pytest.raises(InputError, match="without_volume='exclude'"):
        ConstrainedPhaseDiagram([*chloride_entries, flat])
    diagram = ConstrainedPhaseDiagram([*chloride_entries, flat], without_volume="exclude")
    for doc in (
        diagram.products("Li2ZrCl6", 0.0, 5.0),
        diagram.profile("Li2ZrCl6", 5.0),
        diagram.predominance("Li2ZrCl6"),
        diagram.constriction_profile("Li2ZrCl6", 0.0),
        diagram.hull_products("Li2ZrCl6", 5.0),
    ):
        assert doc.rules.excluded == ["flat"]
    assert "flat" not in diagram.profile("Li2ZrCl6", 5.0).entries


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"ion_volume": "counted"}, "ion_volume"),
        ({"gases": "ideal"}, "gases"),
        ({"without_volume": "guess"}, "without_volume"),
    ],
)
def test_unknown_options(chloride_entries, option, message):
    with pytest.raises(InputError, match=message):
        ConstrainedPhaseDiagram(chloride_entries, **option)


def test_elements_are_not_left_out_of_their_own_inclusion(chloride_entries):
    with pytest.raises(InputError, match="is an element"):
        ConstrainedPhaseDiagram(chloride_entries, model="inclusion").products("Zr", 0.0, 5.0)


def test_what_the_linear_functional_alone_has(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries, model="elastic")
    with pytest.raises(InputError, match="for the linear functional"):
        diagram.hull_products("Li2ZrCl6", 0.0)


@pytest.mark.parametrize("model", ["linear", "elastic", "inclusion"])
def test_documents_survive_json(chloride_entries, model):
    doc = ConstrainedPhaseDiagram(chloride_entries, model=model).products("Li2ZrCl6", 1.0, 15.0)
    assert DecompositionDoc.model_validate_json(doc.model_dump_json()) == doc
    assert doc.reaction_energy_per_atom * 9 == pytest.approx(doc.reaction_energy, rel=1e-12)
