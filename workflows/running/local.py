"""Run a jobflow flow in this process, and resume it where it stopped.

jobflow's ``run_locally`` starts from the beginning every time. Here the flow, with its job identifiers, is kept in the
run folder; a job whose output is in the store is not run again. Flows that a job returns (``Response.replace``,
``detour``, ``addition``) are kept and resumed in the same way.
"""

import fcntl
import json
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobflow import Flow, Job, JobStore
from monty.json import MontyDecoder, MontyEncoder

from selflimit.documents import Record
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.progress import Progress, listening, silent
from selflimit.workflows.running.identical_work import reuse_output, stamp
from selflimit.workflows.stores.files import has_content


class JobRecord(Record):
    """One finished job of a run."""

    name: str
    uuid: str
    seconds: float
    reused: bool
    finished: str


class Listener:
    """Hears a run: which job starts, how far it is, when it is done. This one is silent."""

    def start(self, job: Job) -> Progress:
        """A job starts; returns who hears its progress."""
        return silent

    def finish(self, job: Job, record: JobRecord) -> None:
        """A job is finished, or was already."""

    def offspring(self, job: Job, child: Job) -> None:
        """A job that ``job`` made while it ran is finished, or was already."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run folder for this process; a second run into the same folder is refused.

    Raises
    ------
    InputError
        Another process holds the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"another run is using {folder}; wait for it, or give another --folder") from None
        yield


def save_flow(path: Path, flow: Flow) -> Flow:
    """Write ``flow`` with its job identifiers to ``path`` and return it."""
    write_atomically(path, json.dumps(flow, cls=MontyEncoder))
    return flow


def saved_flow(path: Path) -> Flow | None:
    """The flow at ``path``, or None when none was saved.

    Raises
    ------
    InputError
        The file is damaged.
    """
    if not path.exists():
        return None
    try:
        flow = MontyDecoder().decode(path.read_text(encoding="utf-8"))
    except Exception as fault:  # the decoder raises whatever the damaged text provokes
        raise InputError(f"{path} holds no flow ({fault}); delete its run folder, or put the file back") from None
    if not isinstance(flow, Flow):
        raise InputError(f"{path} holds no flow but {type(flow).__name__}; delete its run folder, or put the file back")
    return flow


def jobs_in_order(flow: Flow) -> list[Job]:
    """The jobs of ``flow``, parents before children."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Some jobs are not connected")  # stages may begin with several roots
        return [job for job, _ in flow.iterflow()]


def stored_output(job: Job, store: JobStore) -> dict[str, Any] | None:
    """The job's latest document in the store if it has an output, its files' content with it, else None."""
    found = store.query_one({"uuid": job.uuid}, sort={"index": -1})
    if found is None or found["index"] < job.index or found.get("output") is None:
        return None
    if not has_content(store, found["output"]):
        return None
    return dict(found)


def run_flow(
    flow: Flow,
    store: JobStore,
    folder: Path,
    listener: Listener,
    *,
    until: frozenset[str] | None = None,
    reuse: bool = False,
) -> list[JobRecord]:
    """Run the jobs of ``flow`` that have no output in ``store`` yet, in order, inside ``folder``.

    Parameters
    ----------
    flow
        The jobs; dynamic ones may return further flows.
    store
        A connected JobStore; outputs are written job by job.
    folder
        Working directory of the jobs; relative paths in documents start here.
    listener
        Hears starts, progress and ends.
    until
        Names of the jobs to run; None for all. Their parents must be among them or finished.
    reuse
        Take over the output of identical work that the store holds already, see
        :mod:`selflimit.workflows.running.identical_work`.

    Returns
    -------
    list[JobRecord]
        One record per job, in order.

    Raises
    ------
    Exception
        Whatever a job raises; outputs stored before stay.
    """
    records, folder = [], folder.resolve()  # jobs run inside it, where a relative path would mean another place
    for job in jobs_in_order(flow):
        if until is not None and job.name not in until:
            continue
        record = _run_job(job, store, folder, listener, reuse)
        if job.index > 1 and not record.reused:
            # it was made longer: what it was before is replaced now that there is something in its place
            store.remove_docs({"uuid": job.uuid, "index": {"$lt": job.index}})
        listener.finish(job, record)
        records.append(record)
    return records


def _run_job(job: Job, store: JobStore, folder: Path, listener: Listener, reuse: bool) -> JobRecord:
    done = stored_output(job, store)
    if done is not None:
        return JobRecord(name=job.name, uuid=job.uuid, seconds=0.0, reused=True, finished=done["completed_at"])
    begin = time.monotonic()
    with chdir(folder), listening(listener.start(job)):
        _run_with_offspring(job, store, folder, listener, reuse)
    return JobRecord(
        name=job.name,
        uuid=job.uuid,
        seconds=time.monotonic() - begin,
        reused=False,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _run_with_offspring(job: Job, store: JobStore, folder: Path, listener: Listener, reuse: bool) -> None:
    """Run ``job``, then the flows it returned, each of their jobs in a folder of its own."""
    for number, offspring in enumerate(_offspring(job, store, folder, reuse)):
        for child in jobs_in_order(offspring):
            if stored_output(child, store) is None:
                directory = folder / "jobs" / f"{number}-{child.name.replace('/', '_')}-{child.uuid[:8]}-{child.index}"
                directory.mkdir(parents=True, exist_ok=True)
                with chdir(directory):
                    _run_with_offspring(child, store, folder, listener, reuse)
            listener.offspring(job, child)


def _offspring(job: Job, store: JobStore, folder: Path, reuse: bool) -> list[Flow]:
    """The flows that ``job`` returns, kept so that a resume finds the same identifiers and runs the job only once."""
    kept = saved_offspring(folder, job)
    if kept:
        return kept
    stamp(job, store)
    if reuse and reuse_output(job, store, Path.cwd()):
        return []
    try:
        response = job.run(store=store)
    except Exception:
        write_atomically(failure_path(folder, job), traceback.format_exc())
        raise
    failure_path(folder, job).unlink(missing_ok=True)
    made = (response.replace, response.detour, response.addition)
    paths = _offspring_paths(folder, job)
    return [save_flow(path, flow) for path, flow in zip(paths, made, strict=True) if isinstance(flow, Flow)]


def saved_offspring(folder: Path, job: Job) -> list[Flow]:
    """The flows that ``job`` has returned in this run folder, empty if it returned none or has not run."""
    return [flow for path in _offspring_paths(folder, job) if (flow := saved_flow(path)) is not None]


def key_of(job: Job) -> str:
    """uuid and index of a job in one."""
    return f"{job.uuid}-{job.index}"


def jobs_with_offspring(folder: Path, flow: Flow, creator: str | None = None) -> Iterator[tuple[Job, str | None]]:
    """Jobs of ``flow`` in order, each followed by those that it made, with the key of the job that made them.

    Parameters
    ----------
    folder
        The run folder, which keeps the flows that jobs have made.
    flow
        The flow.
    creator
        Key of the job that made the flow; None: no job has.
    """
    for job in jobs_in_order(flow):
        yield job, creator
        for offspring in saved_offspring(folder, job):
            yield from jobs_with_offspring(folder, offspring, key_of(job))


def failure_path(folder: Path, job: Job) -> Path:
    """Where the traceback of a job that failed is kept until it succeeds."""
    return folder / ".flows" / f"{job.uuid}-{job.index}-failed.txt"


def _offspring_paths(folder: Path, job: Job) -> list[Path]:
    return [folder / ".flows" / f"{job.uuid}-{job.index}-{kind}.json" for kind in ("replace", "detour", "addition")]
