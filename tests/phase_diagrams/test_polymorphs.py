"""Which crystal the electrolyte is, what its polymorphs do, and that none takes the place of another in silence."""

import pytest

from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, as_electrolyte, electrolyte_entries

EXACT = 1e-9
NAMES = ("Li2ZrCl6 P-3m1 Li 6h", "Li2ZrCl6 P-3m1 Li 6g", "Li2ZrCl6 C2/m ordering A", "Li2ZrCl6 C2 ordering B")


@pytest.fixture(scope="module")
def shipped():
    return electrolyte_entries(["Li2ZrCl6"], source="force-field").entries


def given(entries, name):
    return [as_electrolyte(entry) if entry.entry_id == name else entry for entry in entries]


def per_fu(entries, name):
    (found,) = (entry for entry in entries if entry.entry_id == name)
    count = found.composition.get_reduced_composition_and_factor()[1]
    return found.energy / count, found.structure.volume / count


def test_the_lowest_is_the_electrolyte_and_the_others_are_named(shipped):
    doc = ConstrainedPhaseDiagram(shipped).products("Li2ZrCl6", 0.0, 0.0)
    assert doc.electrolyte_entry == min(NAMES, key=lambda name: per_fu(shipped, name)[0])
    assert doc.electrolyte_volume == pytest.approx(per_fu(shipped, doc.electrolyte_entry)[1])
    assert {p.entry_id for p in doc.polymorphs} == {*NAMES} - {doc.electrolyte_entry}
    for polymorph in doc.polymorphs:
        energy, volume = per_fu(shipped, polymorph.entry_id)
        assert polymorph.energy == pytest.approx((energy - per_fu(shipped, doc.electrolyte_entry)[0]) / 9, abs=EXACT)
        assert polymorph.volume == pytest.approx(volume)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", ["linear", "elastic", "inclusion"])
def test_the_given_crystal_is_the_electrolyte(shipped, name, model):
    doc = ConstrainedPhaseDiagram(given(shipped, name), model=model).products("Li2ZrCl6", 0.0, 2.0)
    assert doc.electrolyte_entry == name
    energy, volume = per_fu(shipped, name)
    assert doc.electrolyte_volume == pytest.approx(volume)
    made = sum(product.amount * product.volume for product in doc.products)
    assert doc.reaction_strain == pytest.approx(made / volume - 1, abs=EXACT)
    # Li2ZrCl6 + 4 Li -> 6 LiCl + Zr, by hand
    lithium = min(e.energy_per_atom for e in shipped if e.composition.reduced_formula == "Li")
    formed = sum(p.amount * per_fu(shipped, p.entry_id)[0] for p in doc.products) - 4 * lithium
    growth = (made - volume) * 1e-21 / 1.602176634e-19
    work = 2.0 * growth * (1.0 if model == "linear" else (made - volume) / (2 * volume))
    assert doc.reaction_energy == pytest.approx(formed - energy + work, abs=EXACT)


def test_critical_voltages_do_not_depend_on_which_polymorph_it_is(shipped):
    profiles = [ConstrainedPhaseDiagram(given(shipped, name)).profile("Li2ZrCl6", 5.0) for name in NAMES]
    for doc in profiles[1:]:
        assert [s.voltage_low for s in doc.segments] == pytest.approx([s.voltage_low for s in profiles[0].segments])
        assert [s.reaction for s in doc.segments] == [s.reaction for s in profiles[0].segments]


def test_the_strain_over_near_polymorphs(shipped):
    """All four are within 10 meV/atom: the range is that of their strains; one 20 meV/atom higher does not count."""
    found = {n: ConstrainedPhaseDiagram(given(shipped, n)).products("Li2ZrCl6", 0.0, 0.0) for n in NAMES}
    strains = [doc.reaction_strain for doc in found.values()]
    for doc in found.values():
        assert doc.strain_range == pytest.approx((min(strains), max(strains)), abs=EXACT)
    high = next(e for e in shipped if e.entry_id == NAMES[1]).copy()
    high._energy += 0.02 * high.composition.num_atoms
    raised = [*(e for e in shipped if e.entry_id != NAMES[1]), high]
    doc = ConstrainedPhaseDiagram(raised).products("Li2ZrCl6", 0.0, 0.0)
    rest = [found[name].reaction_strain for name in NAMES if name != NAMES[1]]
    assert doc.strain_range == pytest.approx((min(rest), max(rest)), abs=EXACT)


def test_two_crystals_cannot_both_be_the_electrolyte(shipped):
    both = given(given(shipped, NAMES[0]), NAMES[2])
    with pytest.raises(InputError, match="expected one crystal as the electrolyte Li2ZrCl6, got 2"):
        ConstrainedPhaseDiagram(both).products("Li2ZrCl6", 0.0, 0.0)
