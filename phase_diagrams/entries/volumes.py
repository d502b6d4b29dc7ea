"""Volumes of the same phase from several sources: calculation, experiment, force fields with and without dispersion."""

import json
from collections.abc import Mapping, Sequence

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import level_of
from selflimit.phase_diagrams.entries.bundled import bundled_text
from selflimit.phase_diagrams.entries.recognition import recognise
from selflimit.phase_diagrams.entries.run_levels import MP_GGA
from selflimit.phase_diagrams.entries.sources import competing_entries
from selflimit.phase_diagrams.phases import phase_from_entry

EXPERIMENT = "experiment"
MP_ORIGIN = "Materials Project, PBE"
"""Origin of bundled crystals whose own cell is a PBE volume."""
VolumeTable = Mapping[str, Mapping[str, float]]
"""Entry identifier -> source -> volume (Angstrom^3 per reduced formula unit)."""


def volume_sources(entries: Sequence[ComputedStructureEntry]) -> dict[str, dict[str, float]]:
    """All bundled volumes of the phases of the entries, the entries' own among them.

    Parameters
    ----------
    entries
        Entries with a level of theory, which names the source of their own volumes. Phases are recognised by their
        crystals. Identifiers have to be distinct (:func:`~selflimit.phase_diagrams.entries.distinct.distinct_entries`).

    Returns
    -------
    dict
        Entry identifier -> source -> volume (Angstrom^3 per formula unit). Sources are the entries' own level, PBE
        (Materials Project), experiment, and for Li-Zr-Cl CHGNet r2scan and CHGNet 0.3.0 with and without D3(BJ). Cells
        that were estimated because none of the entries' level was at hand count as the entries' own.
    """
    computed = _computed_volumes()
    return {str(entry.entry_id): _sources(entry, computed) for entry in entries}


def _sources(entry: ComputedStructureEntry, computed: VolumeTable) -> dict[str, float]:
    found = {level_of(entry).label: phase_from_entry(entry).volume}
    phase = recognise(entry)
    if phase is None:
        return found
    measured = {EXPERIMENT: phase.experimental_volume} if phase.experimental_volume else {}
    calculated = {MP_GGA.label: phase.volume_per_formula} if phase.origin == MP_ORIGIN else {}
    return {**computed.get(phase.label, {}), **measured, **calculated, **found}


def _computed_volumes() -> dict[str, dict[str, float]]:
    """Label -> force field -> volume (Angstrom^3/fu)."""
    table: dict[str, dict[str, float]] = json.loads(bundled_text("volumes.json"))["volumes"]
    for entry in competing_entries("Li-Zr-Cl", "force-field"):
        table.setdefault(str(entry.entry_id), {})[level_of(entry).label] = phase_from_entry(entry).volume
    return table
