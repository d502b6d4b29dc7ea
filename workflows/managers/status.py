"""How far a flow is: its jobs, dynamic ones included, with state, parents and error, from whoever runs it."""

import fcntl
from pathlib import Path

from jobflow import JobStore
from pydantic import Field

from selflimit.documents import Record
from selflimit.errors import InputError
from selflimit.workflows.running.folder import flow_path
from selflimit.workflows.running.local import failure_path, jobs_with_offspring, key_of, saved_flow
from selflimit.workflows.running.provenance import recorded_jobs

ERROR_LINES = 4
"""Last lines of a traceback that are shown: the error itself, and where it arose."""

UNFINISHED = ("FAILED", "REMOTE_ERROR", "STOPPED", "USER_STOPPED", "PAUSED")
"""States that a job leaves only when somebody acts."""


class JobStatus(Record):
    """One job of a flow."""

    key: str = Field(description="uuid and index, joined by a hyphen")
    name: str = Field(description="Name of the job")
    state: str = Field(description="State as jobflow-remote calls it, e.g. 'WAITING', 'RUNNING', 'COMPLETED', 'FAILED'")
    parents: tuple[str, ...] = Field((), description="Keys of the jobs whose output it takes")
    creator: str | None = Field(None, description="Key of the job that made this one while it ran; None: no such job")
    number: str = Field("", description="The manager's number for the job; empty in a run folder")
    worker: str = Field("", description="Where the manager runs the job; empty in a run folder")
    seconds: float | None = Field(None, description="Run time (s); None: not known")
    error: str = Field("", description="Last lines of what went wrong; empty: nothing did")
    run_dir: str = Field("", description="Folder of the job on its worker; empty: none yet")


class FlowStatus(Record):
    """One flow."""

    uuid: str = Field(description="Identifier of the flow")
    name: str = Field(description="Name of the flow")
    state: str = Field(description="State of the whole")
    jobs: tuple[JobStatus, ...] = Field(description="Its jobs, parents before children")

    def count(self, state: str) -> int:
        """Number of jobs in one state."""
        return sum(job.state == state for job in self.jobs)


def last_lines(text: str | None) -> str:
    """The end of a traceback or log, where the error itself stands; empty for None."""
    return "\n".join([line for line in (text or "").splitlines() if line.strip()][-ERROR_LINES:])


def local_status(folder: Path, store: JobStore) -> FlowStatus:
    """State of the flow in a run folder.

    Parameters
    ----------
    folder
        A run folder.
    store
        The connected JobStore that the run writes to.

    Raises
    ------
    InputError
        The folder holds no run.
    """
    flow = saved_flow(flow_path(folder))
    if flow is None:
        raise InputError(f"{folder} holds no run; make one with `selflimit run --folder {folder}`")
    made = list(jobs_with_offspring(folder, flow))
    latest = {job.uuid: key_of(job) for job, _ in made}
    asked = {"uuid": {"$in": list(latest)}, "output": {"$ne": None}}
    done = {f"{doc['uuid']}-{doc['index']}" for doc in store.query(asked, ["uuid", "index"])}
    done |= {creator for _, creator in made if creator is not None}  # its output are the jobs it made
    seconds, running, jobs = _seconds(folder), _is_held(folder), []
    for job, creator in made:
        parents = tuple(latest[uuid] for uuid in job.input_uuids if uuid in latest)
        failure = failure_path(folder, job)
        state = "WAITING" if not all(parent in done for parent in parents) else "READY"
        if key_of(job) in done:
            state = "COMPLETED"
        elif failure.exists():
            state = "FAILED"
        elif state == "READY" and running:
            state, running = "RUNNING", False  # one job runs at a time: the first that can
        jobs.append(
            JobStatus(
                key=key_of(job),
                name=job.name,
                state=state,
                parents=parents,
                creator=creator,
                seconds=seconds.get(key_of(job)),
                error=last_lines(failure.read_text(encoding="utf-8")) if state == "FAILED" else "",
            )
        )
    return FlowStatus(uuid=flow.uuid, name=flow.name, state=_whole(jobs), jobs=tuple(jobs))


def _whole(jobs: list[JobStatus]) -> str:
    states = {job.state for job in jobs}
    return next((state for state in ("FAILED", "RUNNING", "READY", "WAITING") if state in states), "COMPLETED")


def _seconds(folder: Path) -> dict[str, float]:
    """Run times (s) by key, as far as the provenance of the run tells."""
    return {f"{job['uuid']}-1": job["seconds"] for job in recorded_jobs(folder) if not job["reused"]}


def _is_held(folder: Path) -> bool:
    """Whether a process is running in ``folder``."""
    with (folder / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
