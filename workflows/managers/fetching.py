"""From the store back into a folder: what a flow that ran elsewhere has found, laid out as a local run lays it out."""

import json
import re
from pathlib import Path
from typing import Any

from jobflow import JobStore
from pydantic import Field

from selflimit.documents import Record
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.workflows.managers.status import FlowStatus
from selflimit.workflows.running.folder import configuration_path, document_path
from selflimit.workflows.running.identical_work import PROVENANCE
from selflimit.workflows.running.provenance import write_provenance
from selflimit.workflows.stores.files import files_of, without_content, write_files

FETCHED = ".fetched"
"""File of the folder that names the flow whose results are in it."""


class Fetched(Record):
    """What was written, and what is still to come."""

    flow: str = Field(description="uuid of the flow")
    documents: int = Field(description="Outputs of jobs, written to documents/<job name>.json")
    files: list[str] = Field(description="Field files and the report, relative to the folder")
    missing: list[str] = Field([], description="Names of the jobs that have no output yet")


def fetch_results(
    store: JobStore, beginning: str, folder: Path, where: str, expected: FlowStatus | None = None
) -> Fetched:
    """Write documents, field files, report and ``provenance.json`` of a flow to ``folder``, as far as there are any.

    Parameters
    ----------
    store
        The connected JobStore of the job manager.
    beginning
        Beginning of the flow's uuid.
    folder
        New or empty, or one into which the same flow was fetched before.
    where
        Where the store is, without password; kept in the provenance.
    expected
        What the manager says of the flow; None: what is missing is known from the first finished job on.

    Raises
    ------
    InputError
        No flow or several begin so, the folder holds something else, or a file is missing or damaged in the store.
    """
    jobs = list(store.query({"metadata.selflimit.flow": {"$regex": f"^{re.escape(beginning)}"}}, sort={"index": 1}))
    flows = {job["metadata"]["selflimit"]["flow"]: job["metadata"]["selflimit"] for job in jobs}
    if not flows and expected is not None:
        _take_folder(folder, expected.uuid)
        return Fetched(flow=expected.uuid, documents=0, files=[], missing=[job.name for job in expected.jobs])
    if len(flows) != 1:
        said = "results of several flows begin" if flows else "no result of a submitted flow begins"
        raise InputError(
            f"{said} with {beginning!r} in this store; `selflimit status` lists the flows"
            + ("" if flows else ", and whether one of its jobs has finished")
        )
    [(flow, about)] = flows.items()
    _take_folder(folder, flow)
    outputs = {job["uuid"]: job for job in jobs if job.get("output") is not None}  # the last index of each job counts
    files: list[Path] = []
    for uuid, job in outputs.items():
        write_atomically(document_path(folder, job["name"]), json.dumps(without_content(job["output"]), indent=1))
        if any(files_of(job["output"])):
            files += write_files(store.get_output(uuid, load=True), folder)
    write_atomically(configuration_path(folder), json.dumps(about["configuration"], indent=1))
    write_provenance(folder, about["configuration"], [_record(job) for job in outputs.values()], where)
    return Fetched(
        flow=flow,
        documents=len(outputs),
        files=[str(file.relative_to(folder)) for file in files],
        missing=[name for uuid, name in about.get("jobs", {}).items() if uuid not in outputs],
    )


def _take_folder(folder: Path, flow: str) -> None:
    """Mark ``folder`` as that of ``flow``; refuse one that holds anything else."""
    mark = folder / FETCHED
    if folder.exists() and any(folder.iterdir()):
        there = mark.read_text(encoding="utf-8").strip() if mark.is_file() else ""
        if there != flow:
            held = f"the results of flow {there}" if there else "files that were not fetched"
            raise InputError(f"--folder: expected a new or empty folder, got {folder}, which holds {held}")
    write_atomically(mark, flow)


def _record(job: dict[str, Any]) -> dict[str, Any]:
    """What a job's document says of how it came about: on which host, by which versions, from what."""
    came_about = job["metadata"].get(PROVENANCE, {})
    about = {"name": job["name"], "uuid": job["uuid"], "finished": job["completed_at"]}
    return {**about, "reused": "reused_from" in came_about, **came_about}
