"""Entries in JSON files, as pymatgen, the Materials Project's client, emmet and other codes write them."""

import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monty.io import zopen
from pymatgen.core.entries import ComputedEntry, ComputedStructureEntry

from selflimit.documents import entry_class
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.phase_diagrams.phases import phase_from_entry
from selflimit.phase_diagrams.runs.convergence import ROUNDED_ENERGY, Residuals
from selflimit.phase_diagrams.runs.setups import read_run_type
from selflimit.phase_diagrams.runs.task_documents import entry_in_task, task_in

WRAPPERS = ("entries", "data", "thermo", "docs")
"""Keys under which a list of entries may stand."""
Item = tuple[Any, str]
"""Plain data of an entry or task document, and what messages call it."""


def items_in_file(path: Path) -> list[Item]:
    """The entries and task documents of a file, not yet read, each with what messages call it.

    Parameters
    ----------
    path
        JSON, or JSON compressed by gzip or bzip2: a list of entries or a mapping to them, alone or under one of
        ``WRAPPERS``; the Materials Project's thermo documents, each with its entries; emmet's task documents.

    Raises
    ------
    InputError
        No such file, no JSON, nothing in it; entries without crystal, all of them named; a thermo document that
        contradicts its entries.
    """
    return name_items(_json_in(path), str(path))


def name_items(data: Any, where: str) -> list[Item]:
    """The entries and task documents in plain data, each with what messages call it; errors as :func:`items_in_file`.

    Parameters
    ----------
    data
        Plain data of a file or database.
    where
        What messages call that.
    """
    items = list(_entry_items(data, where))
    if not items:
        raise InputError(f"{where} holds no list of entries; expected [ComputedStructureEntry.as_dict(), ...]")
    names = [_name_of(item, index, where) for index, item in enumerate(items)]
    flat = [name for item, name in zip(items, names, strict=True) if _is_flat(item)]
    if flat:
        raise InputError(
            f"{', '.join(flat[:5])}{' and others' if len(flat) > 5 else ''} ({len(flat)} of {len(items)}) lack a "
            "structure, whose volume the mechanical work needs; write entries with their crystal"
        )
    return list(zip(items, names, strict=True))


def read_item(item: Any, name: str, tolerances: Residuals) -> ComputedStructureEntry:
    """Read one entry or task document.

    Parameters
    ----------
    item
        Its plain data.
    name
        What messages call it.
    tolerances
        What is accepted as relaxed, where a task document tells.

    Raises
    ------
    InputError
        Damaged, or not one of these.
    ConvergenceError
        A task that failed or did not converge.
    LevelOfTheoryError
        A task that contradicts itself.
    """
    task = task_in(item)
    return _parsed(item, name) if task is None else entry_in_task(task, name, tolerances)


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


def _entry_items(data: Any, where: str) -> Iterator[Any]:
    """The entries of a file's data, whatever they are wrapped in; what is no entry is handed on to be refused."""
    if isinstance(data, dict) and "energy" not in data and "structure" not in data and task_in(data) is None:
        if "thermo_type" in data and "entries" in data:
            yield from _thermo_items(data, where)
            return
        inside = next((data[key] for key in WRAPPERS if key in data), None)
        if inside is None:  # identifier -> entry
            inside = [value for value in data.values() if isinstance(value, dict | list)]
        yield from _entry_items(inside, where)
    elif isinstance(data, list):
        for item in data:
            if isinstance(item, dict) and "entries" in item:
                yield from _entry_items(item, where)
            else:
                yield item
    elif isinstance(data, dict):
        yield data


def _thermo_items(document: dict[str, Any], where: str) -> Iterator[Any]:
    """The entries of one thermo document of the Materials Project, which must be what it says of them."""
    inside = document["entries"]
    items = list(inside.values()) if isinstance(inside, dict) else list(inside)
    name = f"{document.get('material_id', 'a thermo document')} of {where}"
    if isinstance(inside, dict):
        for key, item in inside.items():
            said = ((item or {}).get("parameters") or {}).get("run_type")
            if said and read_run_type(str(said)).method != read_run_type(str(key)).method:
                raise LevelOfTheoryError(f"{name} has an entry under {key} whose run is of type {said}; correct it")
    energy = document.get("energy_per_atom")
    own = [_energy_per_atom(item) for item in items if isinstance(item, dict)]
    known = [value for value in own if value is not None]
    if isinstance(energy, int | float) and known and min(abs(energy - value) for value in known) > ROUNDED_ENERGY:
        raise InputError(
            f"{name} says energy_per_atom = {energy:.4f} eV, but its entries have "
            f"{', '.join(f'{value:.4f}' for value in known)}; correct what is not true"
        )
    yield from items


def _energy_per_atom(item: dict[str, Any]) -> float | None:
    """Energy per atom (eV/atom) of an entry's plain data, corrections included; None: it cannot be told."""
    try:
        entry = ComputedEntry.from_dict({"correction": 0.0, **item})
        return float(entry.energy_per_atom)
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        return None


def _name_of(item: Any, index: int, where: str) -> str:
    """How messages call an entry: by its place in the file, and by its identifier."""
    name = f"entry {index} of {where}"
    if not isinstance(item, dict):
        return name
    if (task := task_in(item)) is not None:
        about = task.get("task_id") or task.get("formula_pretty") or "no identifier"
        return f"task {index} of {where} ({about}, {task.get('task_label') or task.get('task_type') or 'no label'})"
    return f"{name} ({item.get('entry_id', 'no identifier')})"


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
        entry: ComputedStructureEntry = entry_class(item).from_dict({"correction": 0.0, **item})
        phase_from_entry(entry)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
        reason = next(iter(str(error).splitlines()), "no message")[:200]
        raise InputError(f"{name} cannot be read ({type(error).__name__}: {reason})") from error
    said = item.get("correction")
    if isinstance(said, int | float) and entry.energy_adjustments and abs(said - entry.correction) > ROUNDED_ENERGY:
        raise LevelOfTheoryError(
            f"{name} says its correction is {said:.4f} eV, but those it lists add up to {entry.correction:.4f}; "
            "correct what is not true"
        )
    return entry
