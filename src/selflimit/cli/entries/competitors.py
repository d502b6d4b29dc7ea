"""What competes on the diagrams of electrolytes: shipped, downloaded, imported, or from the user's files."""

import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LeftOutPhase, LevelOfTheory, common_level
from selflimit.errors import InputError
from selflimit.phase_diagrams import bundled_catalogue, electrolyte_entries, parse_formula
from selflimit.phase_diagrams.entries.bundled import elements_of
from selflimit.phase_diagrams.entries.sources import read_checked
from selflimit.phase_diagrams.phases import ION_CHARGES
from selflimit.run_settings import WORKING_IONS
from selflimit.settings import Settings
from selflimit.workflows.entries.stored import stored_entries
from selflimit.workflows.stores.opening import open_store, redact


@dataclass(frozen=True)
class Competitors:
    """Entries that compete, and what is known of them as a set."""

    entries: tuple[ComputedStructureEntry, ...]
    """Energies in eV, cells in Angstrom, one level of theory."""
    left_out: tuple[LeftOutPhase, ...]
    """Known phases that are not among them."""
    origin: str
    """Where they come from, for the reader."""
    notes: tuple[str, ...]
    """What went otherwise than asked."""
    is_shipped: bool
    """Whether they ship with the package."""

    def holds(self, formula: str) -> bool:
        """Whether a formula has an entry."""
        reduced = parse_formula(formula).reduced_formula
        return any(entry.composition.reduced_formula == reduced for entry in self.entries)

    @property
    def level_of_theory(self) -> LevelOfTheory:
        """The one level of all entries."""
        return common_level(list(self.entries))


def read_competitors(asked: Namespace, formulas: Sequence[str], working_ion: str) -> Competitors:
    """Read the entries from ``--entries``, the Materials Project, or the package.

    Parameters
    ----------
    asked
        The command line.
    formulas
        Formulas of the electrolytes.
    working_ion
        Symbol of the working ion.

    Raises
    ------
    InputError
        A formula without entries; the message lists what ships and how to get others.
    """
    if asked.entries:
        level = LevelOfTheory(method="DFT", model=asked.level) if asked.level else None
        entries, strange = read_checked(Path(asked.entries), level)
        notes = tuple(strange)
        return Competitors(tuple(entries), (), f"Entries from {asked.entries}", notes, is_shipped=False)
    if asked.source == "store":
        where = asked.store or Settings().store
        entries = stored_entries(open_store(where, must_exist=True), formulas, working_ion, asked.level)
        return Competitors(tuple(entries), (), f"Imported entries in {redact(where)}", (), is_shipped=False)
    if asked.source == "force-field" or (asked.source == "auto" and not os.environ.get("MP_API_KEY")):
        require_shipped(formulas, working_ion)
    found = electrolyte_entries(formulas, working_ion, source=asked.source, may_lack=True)
    is_shipped = found.source == "force-field"
    origin = "Shipped entries" if is_shipped else "Entries of the Materials Project"
    notes = (f"The Materials Project was not used: {found.fallback}",) if found.fallback else ()
    return Competitors(found.entries, found.left_out, f"{origin} of {found.chemsys}", notes, is_shipped)


def require_shipped(formulas: Sequence[str], working_ion: str) -> None:
    """Refuse formulas, or combinations of them, whose elements the shipped entries do not cover.

    Parameters
    ----------
    formulas
        Formulas of the electrolytes.
    working_ion
        Symbol of the working ion.

    Raises
    ------
    InputError
        The message lists what ships, and how to get others.
    """
    systems = bundled_catalogue().systems
    together = {element.symbol for text in formulas for element in parse_formula(text)} | {working_ion}
    if not any(together <= elements_of(system) for system in systems):
        raise InputError(
            f"the shipped entries do not cover {' and '.join(formulas)} ({'-'.join(sorted(together))}), only "
            f"{', '.join(systems)}; for others give --crystals FOLDER with CIF files of what competes (relaxed here), "
            "--entries PATH (your energies), or set MP_API_KEY (next-gen.materialsproject.org/api); ask for "
            "one formula at a time"
        )


def ion_of(formulas: Sequence[str]) -> str:
    """The first of ``WORKING_IONS`` that all formulas hold; lithium, where they hold none.

    >>> ion_of(["Na3PS4", "Na2S"]), ion_of(["ZrO2"])
    ('Na', 'Li')
    """
    held = set.intersection(*({element.symbol for element in parse_formula(text)} for text in formulas))
    return next((symbol for symbol in WORKING_IONS if symbol in held), "Li")


def couple_of(ion: str) -> str:
    """The redox couple that voltages refer to.

    >>> couple_of("Mg")
    'Mg/Mg2+'
    """
    charge = ION_CHARGES[ion]
    return f"{ion}/{ion}{charge if charge > 1 else ''}+"
