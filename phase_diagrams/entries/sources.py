"""Entries that compete on a phase diagram: bundled, from the Materials Project, or from a user's file."""

import json
import math
import os
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pymatgen.core import Structure
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LevelOfTheory, level_of, with_level
from selflimit.errors import InputError, MissingDependencyError
from selflimit.phase_diagrams.entries.bundled import (
    bundled_catalogue,
    bundled_orderings,
    bundled_phases,
    bundled_structures,
    bundled_text,
    elements_of,
)
from selflimit.phase_diagrams.entries.gathering import gather_files, settle
from selflimit.phase_diagrams.entries.run_levels import MP_GGA
from selflimit.phase_diagrams.phases import phase_from_entry
from selflimit.phase_diagrams.runs.convergence import Residuals

ENTRIES_FILE = "entries_Li-Zr-Cl.json"
BUNDLED_SYSTEM = "Li-Zr-Cl"
FORCE_FIELD_FILE = "entries_CHGNet-r2scan.json"
EntrySource = Literal["bundled", "force-field", "mp-api"]


def competing_entries(
    chemsys: str,
    source: EntrySource = "bundled",
    api_key: str | None = None,
    time_limit: float = 120.0,
) -> list[ComputedStructureEntry]:
    """All competing phases of a chemical system and its sub-systems, with their level of theory.

    Parameters
    ----------
    chemsys
        Elements joined by dashes, e.g. ``"Li-Zr-Cl"``.
    source
        ``"bundled"``: the Li-Zr-Cl snapshot that ships with the package (no ternary is in it: the electrolyte's own
        entry has to be added, at the same level of theory). ``"force-field"``: the bundled crystals, electrolytes
        among them, relaxed with CHGNet r2scan by ``tools/compute_entries.py``; ``left_out_phases`` says what is
        not there. ``"mp-api"``: the Materials Project's GGA/GGA+U entries.
    api_key
        Materials Project key; the environment variable ``MP_API_KEY`` if not given. Only for ``"mp-api"``.
    time_limit
        Seconds after which the whole download is given up. Only for ``"mp-api"``.

    Returns
    -------
    list of ComputedStructureEntry
        Energies in eV, cells in Angstrom; with MP2020 corrections but for ``"force-field"``. Entries licensed BY-NC are
        left out.

    Raises
    ------
    InputError
        System not bundled; no or refused key; no network, or no answer in time.
    MissingDependencyError
        The ``mp-api`` package is not installed.
    """
    if source == "bundled":
        return _bundled_entries(elements_of(chemsys))
    if source == "force-field":
        return _force_field_entries(chemsys)
    if source == "mp-api":
        return _downloaded_entries(elements_of(chemsys), api_key, time_limit)
    raise InputError(f"expected source 'bundled', 'force-field' or 'mp-api', got {source!r}")


def competing_structures(
    chemsys: str,
    source: Literal["bundled", "mp-api"] = "bundled",
    api_key: str | None = None,
    time_limit: float = 120.0,
) -> dict[str, Structure]:
    """Crystals of a chemical system and its sub-systems, polymorphs included: the starts for relaxations.

    They are the phases of :func:`competing_entries` with ``"force-field"``, known orderings of disordered electrolytes
    (Li2ZrCl6) among them, so that a diagram of relaxed crystals and one of shipped entries ask the same phases. Known
    phases that are not bundled are listed by ``left_out_phases``, and belong onto the result.

    Parameters
    ----------
    chemsys
        Elements joined by dashes, e.g. ``"Li-Zr-Cl"``.
    source, api_key, time_limit
        As :func:`competing_entries`; from the Materials Project all crystals of its entries, and the bundled orderings
        of electrolytes, of which it has none.

    Returns
    -------
    dict
        Label such as ``"LiCl mp-22905"`` -> ordered crystal (lattice in Angstrom).

    Raises
    ------
    InputError
        System not bundled; download failures as :func:`competing_entries`.
    MissingDependencyError
        The ``mp-api`` package is not installed.
    """
    if source == "bundled":
        return bundled_structures(chemsys, include_trial_orderings=True)
    entries = competing_entries(chemsys, source, api_key, time_limit)
    found = {f"{entry.composition.reduced_formula} {entry.entry_id}": entry.structure for entry in entries}
    return found | bundled_orderings(chemsys)


def read_entries(path: Path | str, level: LevelOfTheory | None = None) -> list[ComputedStructureEntry]:
    """Entries from a file or folder, as VASP, pymatgen, the Materials Project's client or another code wrote them.

    Parameters
    ----------
    path
        JSON, alone or compressed by gzip or bzip2: a list of ComputedStructureEntry dictionaries, also under
        ``"entries"``, a mapping to them, the Materials Project's thermo documents, or emmet's task documents; a
        vasprun.xml, compressed or not; a folder with such files, or one that ``selflimit import`` wrote.
    level
        Level of theory of the entries that state none; it may not contradict what the others say by the type of their
        runs (``run_type``) and the listed corrections.

    Raises
    ------
    InputError
        No such file, not JSON, no entries; an entry with an unknown element, without crystal, or with an energy or
        volume that is not a finite number or cannot be. The message names the entry.
    ConvergenceError
        A run that was cut off, did not converge, or is not relaxed.
    LevelOfTheoryError
        An entry states no level of theory and none was given; runs of different types, potentials, cutoffs or U;
        corrections that some compounds have and others lack, or that contradict the stated level.
    """
    return read_checked(Path(path), level)[0]


def read_checked(path: Path, level: LevelOfTheory | None) -> tuple[list[ComputedStructureEntry], list[str]]:
    """As :func:`read_entries`, with sentences on what is strange about the energies."""
    found = gather_files([path], Residuals())
    strange = settle(found, level)
    return found.entries, strange


def with_experimental_volumes(entries: Sequence[ComputedStructureEntry]) -> list[ComputedStructureEntry]:
    """Copies of the entries with their cells scaled to experimental volumes, to see what the volumes decide.

    Matched by the Materials Project number in the identifier. Energies stay; the level of theory says that the volumes
    were exchanged. Entries without a collected experimental volume keep theirs: among the bundled ones that is the
    hypothetical wurtzite LiCl and 9R lithium.

    Parameters
    ----------
    entries
        Entries with a level of theory, cells in Angstrom.
    """
    known = {p.mp_id: p.experimental_volume for p in bundled_catalogue().phases if p.mp_id and p.experimental_volume}
    return [_with_volume(entry, known.get(mp_number(entry) or "")) for entry in entries]


def mp_number(entry: ComputedStructureEntry) -> str | None:
    """The Materials Project identifier inside an entry's own; None: there is none.

    >>> from pymatgen.entries.computed_entries import ComputedEntry
    >>> mp_number(ComputedEntry("LiCl", -4.0, entry_id="mp-22905-GGA"))
    'mp-22905'
    """
    words = str(entry.entry_id).replace(" ", "-").split("-")
    numbers = [number for prefix, number in pairwise(words) if prefix == "mp"]
    return f"mp-{numbers[0]}" if numbers else None


def _with_volume(entry: ComputedStructureEntry, volume: float | None) -> ComputedStructureEntry:
    """Copy of the entry, its cell scaled to ``volume`` (Angstrom^3/fu) if there is one."""
    level = level_of(entry)
    copied = ComputedStructureEntry.from_dict(entry.as_dict())
    if volume is not None:
        copied.structure.scale_lattice(copied.structure.volume * volume / phase_from_entry(entry).volume)
    return with_level(copied, level.model_copy(update={"model": f"{level.model}, experimental volumes"}))


def _bundled_entries(elements: set[str]) -> list[ComputedStructureEntry]:
    if not elements <= elements_of(BUNDLED_SYSTEM):
        raise InputError(
            f"no bundled entries for {'-'.join(sorted(elements))}; bundled are {BUNDLED_SYSTEM} and its sub-systems. "
            "Use source='mp-api' with a Materials Project key, read_entries(path), or relax competing_structures(...)"
        )
    found = [ComputedStructureEntry.from_dict(item) for item in json.loads(bundled_text(ENTRIES_FILE))]
    return [with_level(e, MP_GGA) for e in found if {element.symbol for element in e.elements} <= elements]


def _force_field_entries(chemsys: str) -> list[ComputedStructureEntry]:
    wanted = {phase.label for phase in bundled_phases(chemsys)}
    found = [ComputedStructureEntry.from_dict(item) for item in json.loads(bundled_text(FORCE_FIELD_FILE))]
    return [entry for entry in found if entry.entry_id in wanted]


def _downloaded_entries(elements: set[str], api_key: str | None, time_limit: float) -> list[ComputedStructureEntry]:
    key = api_key or os.environ.get("MP_API_KEY")
    if not key:
        raise InputError("no Materials Project key; pass api_key or set MP_API_KEY (next-gen.materialsproject.org/api)")
    if not (math.isfinite(time_limit) and time_limit > 0):
        raise InputError(f"expected a time limit above 0 s, got {time_limit} s")
    client, own_errors = _client()  # imported here: seconds of imports do not count in the server's time
    found = _within(time_limit, lambda: _query(client, own_errors, sorted(elements), key))
    free = [entry for entry in found if not _non_commercial(entry)]
    if not free:
        raise InputError(f"the Materials Project has no entries for {'-'.join(sorted(elements))}; check the elements")
    return [with_level(entry, MP_GGA) for entry in free]


def _client() -> tuple[Any, type[Exception]]:
    """The Materials Project's client class and its own exception."""
    try:
        from mp_api.client import MPRester  # optional
        from mp_api.client.core.exceptions import MPRestError
    except ImportError as error:
        raise MissingDependencyError(
            "downloading entries needs the mp-api package; install it with: pip install 'selflimit[workflows]'"
        ) from error
    return MPRester, MPRestError


def _query(client: Any, own_errors: type[Exception], elements: list[str], key: str) -> list[ComputedStructureEntry]:
    """Ask the Materials Project; every failure of key, network or answer becomes one InputError."""
    try:
        # the client reads MP_API_ENDPOINT once, when it is imported; here it counts at every call
        endpoint = os.environ.get("MP_API_ENDPOINT")
        with client(key, endpoint=endpoint, use_document_model=False, mute_progress_bars=True) as rester:
            found: list[ComputedStructureEntry] = rester.get_entries_in_chemsys(
                elements, property_data=["builder_meta"], additional_criteria={"thermo_types": ["GGA_GGA+U"]}
            )
    except (own_errors, OSError, ValueError, KeyError) as error:
        raise InputError(
            f"the Materials Project gave no entries ({type(error).__name__}: {_first_line(error)}); "
            "check the API key and the network, or use source='bundled'"
        ) from error
    return found


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "no message")[:200]


def _non_commercial(entry: ComputedStructureEntry) -> bool:
    """Whether the entry's licence is BY-NC (stated in its data or in the builder's)."""
    builder = entry.data.get("builder_meta") or {}
    licence = builder.get("license") if isinstance(builder, dict) else getattr(builder, "license", None)
    return "BY-NC" in (licence, entry.data.get("license"))


def _within(seconds: float, work: Callable[[], list[ComputedStructureEntry]]) -> list[ComputedStructureEntry]:
    """Result of ``work``, given up after ``seconds``: the client's constructor waits on a silent server for ever."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:  # handed on to the caller's thread
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise InputError(
            f"the Materials Project did not answer within {seconds:g} s; check the network, raise time_limit, "
            "or use source='bundled'"
        )
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    found: list[ComputedStructureEntry] = outcome[0]
    return found
