"""The run's own ordering is the electrolyte of its diagrams; every known polymorph competes with it."""

import pytest

from selflimit.documents import RelaxationDoc, level_of
from selflimit.phase_diagrams import MechanicalRules, competing_entries
from selflimit.workflows.makers.phase_diagram import competing_crystals, diagram_of


def relaxed(entry):
    count = entry.composition.get_reduced_composition_and_factor()[1]
    volume = entry.structure.volume
    return RelaxationDoc(
        label=entry.entry_id, formula=entry.composition.reduced_formula, structure=entry.structure, energy=entry.energy,
        energy_per_atom=entry.energy_per_atom, volume=volume, volume_per_formula=volume / count, volume_change=0.0,
        max_force=0.0, max_stress=0.0, steps=0, level_of_theory=level_of(entry),
    )  # fmt: skip


def test_the_runs_own_ordering_is_not_replaced():
    everything = [relaxed(entry) for entry in competing_entries("Li-Zr-Cl", "force-field")]
    own = next(doc for doc in everything if doc.label == "Li2ZrCl6 C2/m ordering A")
    ordering = own.model_copy(update={"label": "mine #0"})
    diagram = diagram_of({"electrolyte": ordering, "competing": everything}, MechanicalRules())
    doc = diagram.products("Li2ZrCl6", 0.0, 0.0)
    assert doc.electrolyte_entry == "mine #0"
    assert doc.electrolyte_volume == pytest.approx(own.volume_per_formula)
    # the shipped crystal that it is a copy of is no other polymorph
    others = {d.label for d in everything if d.formula == "Li2ZrCl6"} - {own.label}
    assert {p.entry_id for p in doc.polymorphs} == others


def test_a_run_and_a_diagram_of_shipped_entries_ask_the_same_phases():
    found = competing_crystals("Li2ZrCl6", "Li", "bundled")
    assert set(found.labels) == {entry.entry_id for entry in competing_entries("Li-Zr-Cl", "force-field")}
