"""The verb `import`: entries of files, folders and databases, checked, into the store and a folder."""

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monty.json import MontyEncoder

from selflimit.cli.printing import print_json, print_line, print_table, write_plainly
from selflimit.cli.terminal.progress_display import Display
from selflimit.documents import EntryDoc, LevelOfTheory
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.phase_diagrams.entries.gathering import (
    OWN_ENTRIES,
    Gathered,
    documents_of,
    gather_documents,
    gather_files,
    settle,
)
from selflimit.phase_diagrams.runs.convergence import Residuals
from selflimit.settings import Settings
from selflimit.workflows.entries.keeping import import_flow
from selflimit.workflows.entries.task_collections import read_collection
from selflimit.workflows.running.execution import Keeper
from selflimit.workflows.running.local import jobs_in_order, run_flow
from selflimit.workflows.stores.opening import is_mongo_uri, open_store, redact

ENTRY_COLUMNS = ("formula", "label", "energy (eV/atom)", "volume (A^3/fu)", "correction (eV)", "source")


def import_entries(asked: Namespace) -> None:
    """Read, check and keep entries; print them, and what they can be used for."""
    found = gather_sources(asked)
    level = LevelOfTheory(method="DFT", model=asked.level) if asked.level else None
    strange = settle(found, level, asked.corrections, asked.leave_out)
    entries = documents_of(found)
    folder, where = Path(asked.out), asked.store or Settings().store
    write_entries(folder, entries, asked.replace)
    flow, store = import_flow(entries, asked.tag), open_store(where)
    with Display([job.name for job in jobs_in_order(flow)]) as display:
        run_flow(flow, store, Path.cwd(), Keeper(folder, store, display))
    notes = [*strange, *(f"Left out: {reason}" for reason in (*found.faults, *found.passed_over))]
    if asked.json:
        print_json({"entries": write_plainly(entries), "notes": notes, "folder": str(folder), "store": redact(where)})
        return
    print_table(f"{entries[0].level_of_theory.label}, {len(entries)} entries", ENTRY_COLUMNS, rows_of(entries))
    for note in notes:
        print_line(note)
    print_line(f"entries: {folder / OWN_ENTRIES}   use: selflimit diagram FORMULA --entries {folder}")
    print_line(f"documents: selflimit results --kind EntryDoc --store {redact(where)}, or diagram --source store")


def gather_sources(asked: Namespace) -> Gathered:
    """Gather the entries of all sources on the command line, in their order.

    Raises
    ------
    InputError
        A source that is not there, or a query that is no JSON; options of databases without a database.
    """
    tolerances = Residuals(asked.max_force, asked.max_stress)
    databases = [source for source in asked.sources if is_mongo_uri(source)]
    if (asked.collection or asked.query) and not databases:
        raise InputError("--collection and --query are about a database; expected a mongodb:// URI among the sources")
    query = read_query(asked.query)
    found = Gathered()
    for source in asked.sources:
        if is_mongo_uri(source):
            documents, place = read_collection(source, asked.collection, query)
            part = gather_documents(documents, place, tolerances)
        else:
            part = gather_files([Path(source)], tolerances)
        for name, held in vars(found).items():
            held += getattr(part, name)
    return found


def read_query(text: str | None) -> dict[str, Any]:
    """Read a query of MongoDB.

    Raises
    ------
    InputError
        It is no JSON object.
    """
    try:
        query = json.loads(text or "{}")
    except ValueError as fault:
        example = '{"metadata.tags": "thesis"}'
        raise InputError(f"--query: expected JSON such as {example!r}, got {text!r} ({fault})") from None
    if not isinstance(query, dict):
        raise InputError(f"--query: expected a JSON object, got {text!r}")
    return query


def write_entries(folder: Path, entries: Sequence[EntryDoc], replace: bool) -> None:
    """Write the file of entries that other verbs read.

    Parameters
    ----------
    folder
        Where to.
    entries
        What it is to hold.
    replace
        Overwrite another import.

    Raises
    ------
    InputError
        The folder holds another import, which is not to be overwritten.
    """
    path = folder / OWN_ENTRIES
    text = json.dumps([entry.entry().as_dict() for entry in entries], cls=MontyEncoder, indent=1)
    if path.exists() and not replace and path.read_text(encoding="utf-8") != text:
        raise InputError(f"{path} holds another import; give another --out, or --replace to overwrite it")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)


def rows_of(entries: Sequence[EntryDoc]) -> list[tuple[Any, ...]]:
    """Rows of the table of entries, by formula and energy."""
    ordered = sorted(entries, key=lambda entry: (entry.formula, entry.energy_per_atom))
    return [
        (one.formula, one.label, one.energy_per_atom, one.volume_per_formula, one.correction, one.source)
        for one in ordered
    ]
