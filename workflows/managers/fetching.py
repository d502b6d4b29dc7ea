"""From the store back into a folder: what a flow that ran elsewhere has found, laid out as a local run lays it out."""

import json
import re
from pathlib import Path
from typing import Any

from jobflow import JobStore
from pydantic import Field

from selflimit.documents import FieldFile, Record
from selflimit.errors import InputError
from selflimit.files import write_atomically
from selflimit.workflows.running.folder import configuration_path, document_path
from selflimit.workflows.running.identical_work import PROVENANCE
from selflimit.workflows.running.provenance import write_provenance
from selflimit.workflows.stores.files import get_file


class Fetched(Record):
    """What was written."""

    flow: str = Field(description="uuid of the flow")
    documents: int = Field(description="Outputs of jobs, written to documents/<job name>.json")
    files: list[str] = Field(description="Field files and the report, relative to the folder")


def fetched(store: JobStore, beginning: str, folder: Path, where: str) -> Fetched:
    """Write documents, field files, report and ``provenance.json`` of a flow to ``folder``.

    Parameters
    ----------
    store
        The connected JobStore of the job manager.
    beginning
        Beginning of the flow's uuid.
    folder
        New or empty folder.
    where
        Where the store is, without password; kept in the provenance.

    Raises
    ------
    InputError
        No flow or several begin so, or a file is missing or damaged in the store.
    """
    jobs = list(store.query({"metadata.selflimit.flow": {"$regex": f"^{re.escape(beginning)}"}}, sort={"index": 1}))
    flows = {job["metadata"]["selflimit"]["flow"]: job["metadata"]["selflimit"] for job in jobs}
    if len(flows) != 1:
        said = "results of several flows begin" if flows else "no result of a submitted flow begins"
        raise InputError(f"{said} with {beginning!r} in this store; `selflimit status` lists the flows")
    [(flow, about)] = flows.items()
    outputs = {job["uuid"]: job for job in jobs if job.get("output") is not None}  # the last index of each job counts
    files = []
    for job in outputs.values():
        output = _document_of(job["output"])
        write_atomically(document_path(folder, job["name"]), json.dumps(output, indent=1))
        files += [_file_of(item) for item in (output if isinstance(output, list) else [output]) if _has_file(item)]
    for file in files:
        get_file(store, file, folder)
    write_atomically(configuration_path(folder), json.dumps(about["configuration"], indent=1))
    write_provenance(folder, about["configuration"], [_record(job) for job in outputs.values()], where)
    return Fetched(flow=flow, documents=len(outputs), files=[file.path for file in files])


def _record(job: dict[str, Any]) -> dict[str, Any]:
    """What a job's document says of how it came about: on which host, by which versions, from what."""
    came_about = job["metadata"].get(PROVENANCE, {})
    about = {"name": job["name"], "uuid": job["uuid"], "finished": job["completed_at"]}
    return {**about, "reused": "reused_from" in came_about, **came_about}


def _document_of(output: Any) -> Any:
    """The document alone, where a job returned it with the file that belongs to it."""
    carries = isinstance(output, list) and len(output) == 2 and isinstance(output[1], dict) and "pieces" in output[1]
    return output[0] if carries else output


def _has_file(output: Any) -> bool:
    return isinstance(output, dict) and ("fields" in output or output.get("@class") == "ReportDoc")


def _file_of(output: dict[str, Any]) -> FieldFile:
    """The file that a document speaks of."""
    told = (
        output["fields"] if "fields" in output else {"path": output["path"], "sha256": output["sha256"], "arrays": {}}
    )
    return FieldFile.model_validate({key: told[key] for key in ("path", "sha256", "arrays")})
