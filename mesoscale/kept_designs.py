"""Designs judged in worker processes here, each kept as it is finished: a map that was stopped goes on from there."""

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import as_completed
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from selflimit.documents import Document
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.progress import Progress
from selflimit.worker_processes import worker_processes

Kind = TypeVar("Kind", bound=Document)


def judge_and_keep(
    tasks: Mapping[str, Callable[[], Kind]],
    kind: type[Kind],
    conditions: tuple[BaseModel, ...],
    folder: Path,
    workers: int,
    progress: Progress,
) -> dict[str, Kind]:
    """Documents by the label of their design; those that are in ``folder`` already are read.

    Parameters
    ----------
    tasks
        Label of each design -> what judges it; picklable.
    kind
        What it gives.
    conditions
        All that a document depends on besides its design.
    folder
        Where each document goes at once, as '<conditions>-<design>.json'.
    workers
        Processes of one thread each.
    progress
        Listener.

    Raises
    ------
    InputError
        If there are no designs or no workers.
    """
    if not tasks or workers < 1:
        raise InputError(f"expected at least one design and one worker, got {len(tasks)} designs, {workers} workers")
    key = hashlib.sha256("".join(one.model_dump_json() for one in conditions).encode()).hexdigest()[:10]
    paths = {label: folder / f"{key}-{label}.json" for label in tasks}
    done = {
        label: kind.model_validate_json(path.read_text(encoding="utf-8"))
        for label, path in paths.items()
        if path.is_file()
    }
    with worker_processes(workers) as pool:
        running = {pool.submit(task): label for label, task in tasks.items() if label not in done}
        for finished in as_completed(running):
            label, doc = running[finished], finished.result()
            write_atomically(paths[label], doc.model_dump_json(indent=1))
            done[label] = doc
            progress(len(done) / len(tasks), label)
    return done
