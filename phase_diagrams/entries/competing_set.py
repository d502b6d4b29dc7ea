"""What competes, as numbers: the crystals are read once, and every diagram is made of what was read."""

from collections.abc import Sequence

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import BulkModulus, CompetingPhase, CompetingPhasesDoc, common_level
from selflimit.phase_diagrams.entries.bonding import bonding_of
from selflimit.phase_diagrams.entries.bulk_moduli import bulk_moduli
from selflimit.phase_diagrams.entries.distinct import distinct_entries
from selflimit.phase_diagrams.entries.volumes import VolumeTable, volume_sources
from selflimit.phase_diagrams.phases import phase_from_entry

Competing = Sequence[ComputedStructureEntry] | CompetingPhasesDoc
"""Entries (eV, Angstrom) of one level of theory, or the phases that were made of them."""


def competing_phases(
    entries: Competing, with_moduli: bool = False, with_volumes: bool = False, sources: VolumeTable | None = None
) -> CompetingPhasesDoc:
    """Collect the distinct phases of entries with the numbers that diagrams need.

    Parameters
    ----------
    entries
        Of one level of theory, with crystals; energies in eV, lengths in Angstrom. What has been collected before is
        handed back.
    with_moduli
        Also each phase's bulk modulus, for compressible phases.
    with_volumes
        Also each phase's volumes from all sources and the class of its crystal, for the spread of volumes.
    sources
        Volumes of each entry from every source (Angstrom^3 per formula unit), by identifier; None: the bundled ones.

    Raises
    ------
    InputError
        An entry without crystal, or of an energy or volume that is no number.
    LevelOfTheoryError
        Entries of different, or unstated, levels of theory.
    """
    if isinstance(entries, CompetingPhasesDoc):
        return entries
    found = distinct_entries(entries)
    moduli = bulk_moduli(found) if with_moduli else {}
    volumes = (volume_sources(found) if sources is None else sources) if with_volumes else {}
    return CompetingPhasesDoc(
        phases=[_record(entry, moduli, volumes, with_volumes) for entry in found],
        level_of_theory=common_level(found),
    )


def _record(
    entry: ComputedStructureEntry, moduli: dict[str, BulkModulus], volumes: VolumeTable, is_classed: bool
) -> CompetingPhase:
    phase, key = phase_from_entry(entry), str(entry.entry_id)
    return CompetingPhase(
        formula=phase.formula,
        entry_id=key,
        energy=phase.energy,
        volume=phase.volume,
        is_given=phase.is_given,
        band_gap=phase.band_gap,
        bulk_modulus=moduli.get(key),
        volumes=dict(volumes.get(key, {})),
        bonding=bonding_of(entry.structure) if is_classed else None,
    )
