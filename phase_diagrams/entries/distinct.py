"""Entries as what they are: identifiers are labels, the order says nothing, and a copy is no further phase."""

from collections import Counter
from collections.abc import Sequence

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import common_level
from selflimit.phase_diagrams.phases import phase_from_entry

NO_IDENTIFIER = ("None", "")
"""What an entry without identifier has for one."""


def distinct_entries(entries: Sequence[ComputedStructureEntry]) -> list[ComputedStructureEntry]:
    """The distinct phases among entries, in an order and with labels that do not depend on those given.

    Entries of one formula with the same energy and volume (to 1e-8 eV and Angstrom^3 per formula unit) are one phase.
    They are ordered by formula, energy and volume. Where an identifier is missing, or stands for several phases, the
    formula and a number take its place; entries are copied for that, never changed.

    Parameters
    ----------
    entries
        With crystals; energies in eV, lengths in Angstrom.

    Raises
    ------
    InputError
        An entry without crystal, or of an energy or volume that is no number.
    LevelOfTheoryError
        Entries of different, or unstated, levels of theory: one that is equal by chance must not hide another level.
    """
    common_level(list(entries))
    keyed = []
    for entry in entries:
        phase = phase_from_entry(entry)
        key = (phase.formula, round(phase.energy, 8), round(phase.volume, 8))
        keyed.append((key, not phase.is_given, phase.entry_id, entry))
    keyed.sort(key=lambda item: item[:3])
    first: dict[tuple[str, float, float], ComputedStructureEntry] = {}
    for key, _, _, entry in keyed:
        first.setdefault(key, entry)
    used = Counter(str(entry.entry_id) for entry in first.values())
    number: Counter[str] = Counter()
    found = []
    for (formula, *_), entry in first.items():
        number[formula] += 1
        name = str(entry.entry_id)
        is_label = name not in NO_IDENTIFIER and used[name] == 1
        found.append(entry if is_label else _renamed(entry, f"{formula} #{number[formula]}"))
    return found


def _renamed(entry: ComputedStructureEntry, name: str) -> ComputedStructureEntry:
    copied = type(entry).from_dict(entry.as_dict())
    copied.entry_id = name
    return copied
