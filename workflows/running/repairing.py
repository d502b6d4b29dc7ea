"""A damaged embedded store built anew: from what can still be read of it, and from the documents of run folders."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobflow import Job, JobStore
from montydb.storage.sqlite import INSORE_RECORD, SQLITE_RECORD_TABLE
from pydantic import Field

from selflimit.documents import Record
from selflimit.errors import InputError
from selflimit.files import require_inside, sha256
from selflimit.workflows.running.folder import document_path, flow_path
from selflimit.workflows.running.local import jobs_with_offspring, key_of, saved_flow, stored_output
from selflimit.workflows.running.provenance import recorded_jobs
from selflimit.workflows.stores.embedded import collection_files
from selflimit.workflows.stores.files import IN_DATA, file_pieces
from selflimit.workflows.stores.opening import is_mongo_uri, open_store
from selflimit.workflows.stores.salvaging import salvage_rows


class Repaired(Record):
    """What a store was built from."""

    store: str = Field(description="Folder of the store, built anew")
    damaged: str = Field(description="Where the damaged one is now; nothing of it was deleted")
    read: int = Field(description="Documents and pieces of files that could be read from the damaged store")
    restored: int = Field(description="Outputs of jobs that were taken from run folders")
    incomplete: list[str] = Field([], description="Jobs whose files are in no run folder: these run again on resume")


def repair_store(where: str, runs: Sequence[Path]) -> Repaired:
    """Build an embedded store anew.

    Parameters
    ----------
    where
        Folder of the store; it is moved aside, and the new one takes its place.
    runs
        Run folders that wrote to it: their documents are put where the store has lost them.

    Raises
    ------
    InputError
        No folder of a store, a run folder that holds no run, or a place for the damaged store that is taken.
    """
    folder = Path(where)
    if is_mongo_uri(where) or not collection_files(folder):
        raise InputError(
            f"expected the folder of an embedded store, got {where}; a MongoDB is repaired by its own tools"
        )
    flows = [(run, _jobs_of(run)) for run in runs]
    damaged, fresh = folder.with_name(f"{folder.name}.damaged"), folder.with_name(f"{folder.name}.new")
    for place in (damaged, fresh):
        if place.exists():
            raise InputError(f"{place} is there already; move it away, then run the same command again")
    store = open_store(str(fresh))
    read = sum(_refill(path, fresh) for path in collection_files(folder))
    incomplete: list[str] = []
    restored = sum(_restore(job, path, run, store, incomplete) for run, jobs in flows for job, path in jobs)
    store.close()
    folder.rename(damaged)
    fresh.rename(folder)
    return Repaired(store=where, damaged=str(damaged), read=read, restored=restored, incomplete=incomplete)


def _jobs_of(run: Path) -> list[tuple[Job, Path]]:
    """Every job of the run in a folder, those that others made included, and where the folder keeps its document."""
    flow = saved_flow(flow_path(run))
    if flow is None:
        raise InputError(f"{run} holds no run; give folders of runs that wrote to the store")
    made = list(jobs_with_offspring(run, flow))
    names = {key_of(job): job.name for job, _ in made}
    return [
        (job, document_path(run, job.name if creator is None else f"{names[creator]} {job.name}"))
        for job, creator in made
    ]


def _refill(path: Path, fresh: Path) -> int:
    """Put what can be read of a collection into the new one; the number of its documents."""
    rows = [(content, key) for key, content in salvage_rows(path)]
    target = fresh / path.relative_to(path.parents[1])
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.executemany(INSORE_RECORD.format(SQLITE_RECORD_TABLE), rows)
    return len(rows)


def _restore(job: Job, path: Path, run: Path, store: JobStore, incomplete: list[str]) -> bool:
    """Put the output of ``job`` into the store if the run folder has it at ``path`` and the store has not."""
    if stored_output(job, store) is not None or not path.is_file():
        return False
    output = json.loads(path.read_text(encoding="utf-8"))
    if not _fill_files(output, run):
        incomplete.append(job.name)
        return False
    ended = {record["uuid"]: record["finished"] for record in recorded_jobs(run)}
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    document = {
        "uuid": job.uuid,
        "index": job.index,
        "name": job.name,
        "hosts": job.hosts,
        "metadata": job.metadata,
        "completed_at": ended.get(job.uuid, written),
        "output": output,
    }
    store.update(document, save={"data": [IN_DATA]})
    return True


def _fill_files(output: Any, run: Path) -> bool:
    """Put the content of its files back into plain data of an output; False if one is not in the folder, or another."""
    if isinstance(output, list):
        return all(_fill_files(part, run) for part in output)
    if not isinstance(output, dict):
        return True
    if isinstance(output.get("path"), str) and isinstance(output.get("sha256"), str):
        path = require_inside(run, output["path"])
        if not path.is_file() or sha256(path) != output["sha256"]:
            return False
        output["pieces"] = [piece.model_dump(mode="json") for piece in file_pieces(path)]
        return True
    return all(_fill_files(part, run) for part in output.values())
