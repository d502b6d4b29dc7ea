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
        require_shipped(formulas)
    found = electrolyte_entries(formulas, working_ion, source=asked.source)
    is_shipped = found.source == "force-field"
    origin = "Shipped entries" if is_shipped else "Entries of the Materials Project"
    notes = (f"The Materials Project was not used: {found.fallback}",) if found.fallback else ()
    return Competitors(found.entries, found.left_out, f"{origin} of {found.chemsys}", notes, is_shipped)


def require_shipped(formulas: Sequence[str]) -> None:
    """Refuse formulas, or combinations of them, that the shipped entries do not cover.

    Raises
    ------
    InputError
        The message lists the electrolytes that ship, and how to get others.
    """
    catalogue = bundled_catalogue()
    known = {phase.formula: phase for phase in catalogue.phases if "Li" in phase.elements and len(phase.elements) > 1}
    elsewhere = "for others set MP_API_KEY (next-gen.materialsproject.org/api), or give --entries FILE"
    unknown = [text for text in formulas if parse_formula(text).reduced_formula not in known]
    if unknown:
        names = sorted({without_brackets(formula) for formula in known})
        raise InputError(f"no shipped entry of {', '.join(unknown)}; shipped are {', '.join(names)}; {elsewhere}")
    together = {symbol for text in formulas for symbol in known[parse_formula(text).reduced_formula].elements} | {"Li"}
    if not any(together <= elements_of(system) for system in catalogue.systems):
        raise InputError(
            f"the shipped entries do not cover {' and '.join(formulas)} together ({'-'.join(sorted(together))}), only "
            f"{', '.join(catalogue.systems)}; ask for one formula at a time; {elsewhere}"
        )


def without_brackets(formula: str) -> str:
    """The formula as it is usually written, e.g. Li10GeP2S12 for Li10Ge(PS6)2."""
    amounts = parse_formula(formula).get_el_amt_dict()
    return "".join(symbol if amount == 1 else f"{symbol}{amount:g}" for symbol, amount in amounts.items())
