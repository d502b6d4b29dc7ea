"""Entries that an import put into the store, for a diagram."""

from collections import defaultdict
from collections.abc import Sequence

from jobflow import JobStore
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import EntryDoc
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.phase_diagrams import parse_formula
from selflimit.workflows.stores.results import results


def stored_entries(
    store: JobStore, formulas: Sequence[str], working_ion: str, level: str | None
) -> list[ComputedStructureEntry]:
    """Imported entries of the chemical system of electrolytes, of one level of theory.

    Parameters
    ----------
    store
        A connected JobStore.
    formulas
        Formulas of the electrolytes.
    working_ion
        Symbol of the ion of the reservoir.
    level
        How the label of the level of theory begins; None: there is only one.

    Returns
    -------
    list of ComputedStructureEntry
        Energies in eV, lattices in Angstrom.

    Raises
    ------
    InputError
        No such entries.
    LevelOfTheoryError
        Entries of several levels.
    """
    elements = {element.symbol for text in formulas for element in parse_formula(text)} | {working_ion}
    found: dict[str, list[ComputedStructureEntry]] = defaultdict(list)
    for doc in results(store, kind="EntryDoc", level=level):
        if isinstance(doc, EntryDoc) and set(doc.structure.composition.as_dict()) <= elements:
            found[doc.level_of_theory.label].append(doc.entry())
    if not found:
        raise InputError(
            f"the store holds no imported entries of {'-'.join(sorted(elements))}"
            f"{f' at {level}' if level else ''}; bring some with `selflimit import WHERE`"
        )
    if len(found) > 1:
        raise LevelOfTheoryError(
            f"the store holds entries of {' and '.join(sorted(found))} for {'-'.join(sorted(elements))}; choose one "
            "with --level"
        )
    return next(iter(found.values()))
