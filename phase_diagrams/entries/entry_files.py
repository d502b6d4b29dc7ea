"""Entries in files, as pymatgen, the Materials Project's client and other codes write them."""

import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monty.io import zopen
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LEVEL_KEY, LevelOfTheory, level_of, with_level
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.phase_diagrams.entries.run_levels import require_one_level, stated_level
from selflimit.phase_diagrams.phases import phase_from_entry

WRAPPERS = ("entries", "data", "thermo", "docs")
"""Keys under which a list of entries may stand."""


def entries_in_file(path: Path, level: LevelOfTheory | None) -> list[ComputedStructureEntry]:
    """Read all entries of a file, checked one by one and against each other.

    Parameters
    ----------
    path
        JSON, or JSON compressed by gzip or bzip2: a list of entries or a mapping to them, alone or under one of
        ``WRAPPERS``; or the Materials Project's thermo documents, each with its entries.
    level
        Level of theory of the entries that do not state one.

    Raises
    ------
    InputError
        No such file, no JSON, no entries; an entry that cannot be read, or without crystal.
    LevelOfTheoryError
        An entry states no level of theory, neither by name nor by the type of its run, and none was given; or entries
        contradict each other.
    """
    items = list(_entry_items(_json_in(path)))
    if not items:
        raise InputError(f"{path} holds no list of entries; expected [ComputedStructureEntry.as_dict(), ...]")
    names = [_name_of(item, index, path) for index, item in enumerate(items)]
    flat = [name for item, name in zip(items, names, strict=True) if _is_flat(item)]
    if flat:
        raise InputError(
            f"{', '.join(flat[:5])}{' and others' if len(flat) > 5 else ''} ({len(flat)} of {len(items)}) lack a "
            "structure, whose volume the mechanical work needs; write entries with their crystal"
        )
    found = [_parsed(item, name) for item, name in zip(items, names, strict=True)]
    require_one_level(list(zip(found, names, strict=True)))
    corrected = any(entry.energy_adjustments for entry in found)
    for entry, name in zip(found, names, strict=True):
        if LEVEL_KEY not in entry.parameters:
            with_level(entry, level or _stated(entry, corrected, name))
        level_of(entry)
    return found


def _stated(entry: ComputedStructureEntry, corrected: bool, name: str) -> LevelOfTheory:
    stated = stated_level(entry, corrected)
    if stated is None:
        raise LevelOfTheoryError(
            f"{name} states no level of theory: no run_type, no level_of_theory in its parameters; say it for all that "
            "state none, with --level FUNCTIONAL (such as PBE, r2SCAN) or read_entries(path, LevelOfTheory(...))"
        )
    return stated


def _json_in(path: Path) -> Any:
    try:
        with zopen(path, "rt", encoding="utf-8") as file:
            return json.load(file)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read entries from {path} ({reason}); give a JSON file of entries") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is not JSON ({error}); expected a list of ComputedStructureEntry.as_dict()"
        ) from error


def _entry_items(data: Any) -> Iterator[Any]:
    """The entries of a file's data, whatever they are wrapped in; what is no entry is handed on to be refused."""
    if isinstance(data, dict) and "energy" not in data and "structure" not in data:
        inside = next((data[key] for key in WRAPPERS if key in data), None)
        if inside is None:  # identifier -> entry
            inside = [value for value in data.values() if isinstance(value, dict | list)]
        yield from _entry_items(inside)
    elif isinstance(data, list):
        for item in data:
            if isinstance(item, dict) and "entries" in item:
                yield from _entry_items(item["entries"])
            else:
                yield item
    elif isinstance(data, dict):
        yield data


def _name_of(item: Any, index: int, path: Path) -> str:
    """How messages call an entry: by its place in the file, and by its identifier."""
    name = f"entry {index} of {path}"
    return f"{name} ({item.get('entry_id', 'no identifier')})" if isinstance(item, dict) else name


def _class_of(item: dict[str, Any]) -> type[ComputedStructureEntry]:
    """Class of an entry's data; every name but that of Gibbs energies is read as the usual one."""
    if item.get("@class") != "GibbsComputedStructureEntry":
        return ComputedStructureEntry
    from pymatgen.analysis.compatibility.computed_entries import GibbsComputedStructureEntry  # seconds of imports

    return GibbsComputedStructureEntry


def _is_flat(item: Any) -> bool:
    """Whether an item is an entry without crystal."""
    return isinstance(item, dict) and "energy" in item and "structure" not in item


def _parsed(item: Any, name: str) -> ComputedStructureEntry:
    """One validated entry, called ``name`` in messages."""
    if not isinstance(item, dict):
        raise InputError(f"{name} is {type(item).__name__}, expected a ComputedStructureEntry dictionary")
    if missing := {"energy", "structure"} - item.keys():
        raise InputError(f"{name} lacks {' and '.join(sorted(missing))}; write entries with their crystal and energy")
    if not isinstance(item["energy"], int | float) or not math.isfinite(item["energy"]):
        raise InputError(f"{name} has energy {item['energy']!r}, expected a finite number in eV")
    try:
        entry: ComputedStructureEntry = _class_of(item).from_dict(item)
        phase_from_entry(entry)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
        reason = next(iter(str(error).splitlines()), "no message")[:200]
        raise InputError(f"{name} cannot be read ({type(error).__name__}: {reason})") from error
    return entry
