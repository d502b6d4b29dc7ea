"""The user's own energies in a run: the electrolyte and what competes, in the shape that later stages take."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from selflimit.documents import EntryDoc, RelaxationDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams import MechanicalRules, parse_formula, read_entries
from selflimit.phase_diagrams.entries.distinct import distinct_entries
from selflimit.phase_diagrams.rules import chemical_system_of
from selflimit.phase_diagrams.runs.setups import setup_of
from selflimit.workflows.running.identical_work import job


def own_entries(path: Path, formula: str, working_ion: str) -> list[EntryDoc]:
    """The distinct entries of an electrolyte's chemical system, with labels that tell them apart.

    Parameters
    ----------
    path
        File or folder of entries.
    formula
        The electrolyte, which has to be among them.
    working_ion
        Symbol of the ion of the reservoir.

    Raises
    ------
    InputError
        It is not among them, or an element has no entry of its own; errors of reading as
        :func:`~selflimit.phase_diagrams.read_entries`.
    """
    elements = set(chemical_system_of(formula, working_ion).split("-"))
    inside = [entry for entry in read_entries(path) if {element.symbol for element in entry.elements} <= elements]
    wanted = parse_formula(formula).reduced_formula
    found = distinct_entries(inside) if inside else []
    if not any(entry.composition.reduced_formula == wanted for entry in found):
        raise InputError(
            f"{path} holds no entry of {wanted}, whose energy and volume a run needs; add one of the same level"
        )
    MechanicalRules(working_ion=working_ion).diagram(found)  # refuses a set without one of the elements
    return [EntryDoc.of(entry, setup_of(entry), str(path)) for entry in found]


@job
def own_phases(entries: Sequence[EntryDoc], formula: str) -> dict[str, Any]:
    """The electrolyte, which is the lowest of its formula, and what competes with it.

    Parameters
    ----------
    entries
        All entries, energies in eV.
    formula
        The electrolyte.
    """
    wanted = parse_formula(formula).reduced_formula
    ordered = sorted(entries, key=lambda one: (one.formula != wanted, one.energy_per_atom))
    own, *others = [_as_relaxation(one) for one in ordered]
    return {"electrolyte": own, "competing": others}


def _as_relaxation(one: EntryDoc) -> RelaxationDoc:
    """The entry as a finished relaxation; residuals that its file does not state are taken for none."""
    return RelaxationDoc(
        label=one.label,
        formula=one.formula,
        structure=one.structure,
        energy=one.energy,
        energy_per_atom=one.energy_per_atom,
        volume=one.structure.volume,
        volume_per_formula=one.volume_per_formula,
        volume_change=0.0,
        max_force=one.max_force or 0.0,
        max_stress=one.max_stress or 0.0,
        steps=0,
        degeneracy=1,
        level_of_theory=one.level_of_theory,
    )
