"""Everything that one diagram of electrolytes needs: entries of one level of theory, and what is missing among them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LeftOutPhase, LevelOfTheory, common_level
from selflimit.errors import InputError, MissingDependencyError
from selflimit.phase_diagrams.entries.bundled import left_out_phases
from selflimit.phase_diagrams.entries.sources import competing_entries
from selflimit.phase_diagrams.phases import parse_formula


@dataclass(frozen=True)
class EntrySet:
    """Competing phases of one or more electrolytes, the electrolytes among them."""

    chemsys: str
    """Elements joined by dashes."""
    entries: tuple[ComputedStructureEntry, ...]
    """Energies in eV, cells in Angstrom, all of one level of theory."""
    left_out: tuple[LeftOutPhase, ...]
    """Known phases that do not compete; the results hold without them and have to say so."""
    source: Literal["force-field", "mp-api"]
    """Where the entries come from."""
    fallback: str
    """Why they do not come from the Materials Project although a key is there; empty: no such case."""

    @property
    def level_of_theory(self) -> LevelOfTheory:
        """The one level of all entries."""
        return common_level(list(self.entries))


def electrolyte_entries(
    formulas: Sequence[str],
    working_ion: str = "Li",
    source: Literal["auto", "force-field", "mp-api"] = "auto",
    api_key: str | None = None,
    time_limit: float = 120.0,
    may_lack: bool = False,
) -> EntrySet:
    """Competing phases of electrolytes, of one level of theory, with the list of what is left out.

    Parameters
    ----------
    formulas
        Electrolytes, e.g. ``["Li10GeP2S12", "Li6PS5Cl"]``: the set covers their elements together.
    working_ion
        Element of the reservoir.
    source
        ``"force-field"``: bundled entries (CHGNet r2scan). ``"mp-api"``: the Materials Project; every failure is an
        error. ``"auto"``: the Materials Project where a key is there, and the bundled entries where there is none or
        where it fails or lacks one of the electrolytes; the result says why.
    api_key, time_limit
        As :func:`selflimit.phase_diagrams.entries.sources.competing_entries`.
    may_lack
        Give the set too where an electrolyte has no entry in it: what competes then tells its products, nothing else.

    Raises
    ------
    InputError
        Not a formula; system not bundled; an electrolyte without entry; with ``"mp-api"`` a failed download.
    MissingDependencyError
        With ``"mp-api"``: its package is not installed.
    """
    wanted = [parse_formula(formula) for formula in formulas]
    chemsys = "-".join(sorted({element.symbol for unit in wanted for element in unit} | {working_ion}))
    names = [] if may_lack else [unit.reduced_formula for unit in wanted]
    if source == "mp-api":
        return _downloaded(chemsys, names, api_key, time_limit)
    if source == "force-field" or not (api_key or os.environ.get("MP_API_KEY")):
        return _bundled(chemsys, names, "")
    try:
        return _downloaded(chemsys, names, api_key, time_limit)
    # told in the result and printed, because other energies move every boundary
    except (InputError, MissingDependencyError) as error:
        return _bundled(chemsys, names, str(error))


def _bundled(chemsys: str, names: Sequence[str], fallback: str) -> EntrySet:
    entries = competing_entries(chemsys, "force-field")
    _require_all(names, entries, "the bundled force-field entries")
    return EntrySet(chemsys, tuple(entries), tuple(left_out_phases(chemsys)), "force-field", fallback)


def _downloaded(chemsys: str, names: Sequence[str], api_key: str | None, time_limit: float) -> EntrySet:
    entries = competing_entries(chemsys, "mp-api", api_key, time_limit)
    _require_all(names, entries, "the Materials Project")
    return EntrySet(chemsys, tuple(entries), (), "mp-api", "")


def _require_all(names: Sequence[str], entries: Sequence[ComputedStructureEntry], where: str) -> None:
    missing = sorted(set(names) - {entry.composition.reduced_formula for entry in entries})
    if missing:
        raise InputError(
            f"{where} hold no entry of {', '.join(missing)}; relax a crystal of it together with all competing phases "
            "(selflimit run), or give entries of one level of theory with read_entries(path)"
        )
