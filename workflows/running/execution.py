"""Run a flow in a folder: documents as they are finished, and at the end what made them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobflow import Flow, Job, JobStore
from threadpoolctl import threadpool_limits

from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.progress import Progress
from selflimit.workflows.running.ending import ended_with_its_workers
from selflimit.workflows.running.folder import configuration_path, document_path, flow_path
from selflimit.workflows.running.local import (
    JobRecord,
    Listener,
    run_flow,
    save_flow,
    saved_flow,
    stored_output,
)
from selflimit.workflows.running.provenance import recorded_jobs, write_provenance
from selflimit.workflows.stores.opening import redact
from selflimit.workflows.stores.reading import plain_output


def keep_flow(folder: Path, configuration: dict[str, Any], make: Callable[[], Flow]) -> Flow:
    """The folder's flow, kept from an earlier start with the same configuration, else made and kept.

    Parameters
    ----------
    folder
        The run folder.
    configuration
        All that the flow depends on, as plain JSON data.
    make
        Makes the flow.

    Raises
    ------
    InputError
        The folder holds a run of another configuration; the message names what differs.
    """
    path = configuration_path(folder)
    if path.exists():
        require_same(folder, json.loads(path.read_text(encoding="utf-8")), configuration)
    kept = saved_flow(flow_path(folder))
    if kept is not None:
        return kept
    flow = make()
    write_atomically(path, json.dumps(configuration, indent=1))  # first: a flow without it would be anybody's
    return save_flow(flow_path(folder), flow)


def require_same(folder: Path, kept: dict[str, Any], asked: dict[str, Any]) -> None:
    """Refuse another configuration than the one a folder was begun with.

    Parameters
    ----------
    folder
        The run folder, for the message.
    kept, asked
        Configurations as plain JSON data: the folder's, and the one asked for. Only keys of ``asked`` count.

    Raises
    ------
    InputError
        The message names what differs.
    """
    differing = [key for key in asked if kept.get(key) != asked[key]]
    if differing:
        shown = "; ".join(f"{key} was {kept.get(key)}, now {asked[key]}" for key in differing)
        raise InputError(f"{folder} holds a run of another configuration ({shown}); give another --folder, or --out")


class Keeper(Listener):
    """Writes each finished job's document into the run folder, and passes everything on to the display."""

    def __init__(self, folder: Path, store: JobStore, display: Listener) -> None:
        self.folder, self.store, self.display = folder, store, display

    def start(self, job: Job) -> Progress:
        """Pass on."""
        return self.display.start(job)

    def finish(self, job: Job, record: JobRecord) -> None:
        """Write ``documents/<job name>.json`` if it is not there, then pass on."""
        path = document_path(self.folder, job.name)
        if not (record.reused and path.exists()):
            write_atomically(path, json.dumps(plain_output(job.output, self.store), indent=1))
        self.display.finish(job, record)

    def offspring(self, job: Job, child: Job) -> None:
        """Write ``documents/<job name>-<child name>.json`` if the child's output is a document."""
        path, stored = document_path(self.folder, f"{job.name} {child.name}"), stored_output(child, self.store)
        output = None if stored is None else stored["output"]
        if isinstance(output, dict) and "schema_version" in output and not path.exists():
            write_atomically(path, json.dumps(output, indent=1))
        self.display.offspring(job, child)


def execute(
    folder: Path,
    flow: Flow,
    store: JobStore,
    listener: Listener,
    until: frozenset[str] | None,
    where: str,
    reuse: bool = False,
) -> list[JobRecord]:
    """Run what is left of ``flow``, keep its documents in the folder, and write the provenance.

    Parameters
    ----------
    folder
        The run folder, with its configuration.
    flow, store, listener, until, reuse
        As :func:`selflimit.workflows.running.local.run_flow`.
    where
        Where the store is; kept without password.
    """
    with (
        ended_with_its_workers(),
        threadpool_limits(limits=1),
    ):  # threads of linear algebra on small vectors cost up to five times the work
        records = run_flow(flow, store, folder, Keeper(folder, store, listener), until=until, reuse=reuse)
    record_provenance(folder, records, where)
    return records


def record_provenance(folder: Path, records: list[JobRecord], where: str) -> None:
    """Write ``provenance.json``; a job that was reused keeps the record of when it ran.

    Parameters
    ----------
    folder
        The run folder.
    records
        One record per job of this execution; their seconds are wall time (s).
    where
        Where the store is; written without password.
    """
    earlier = {record["uuid"]: record for record in recorded_jobs(folder)}
    now = {record.uuid: record.model_dump() for record in records}
    jobs = {**now, **{uuid: kept for uuid, kept in earlier.items() if uuid not in now or now[uuid]["reused"]}}
    path = configuration_path(folder)
    configuration = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    write_provenance(folder, configuration, list(jobs.values()), redact(where))
