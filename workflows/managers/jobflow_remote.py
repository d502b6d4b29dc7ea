"""A flow in jobflow-remote: submit it, see how far it is, run its failed jobs again.

Only the public parts of jobflow-remote are used: ``submit_flow``, ``set_run_config`` and ``JobController``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from jobflow import Flow, JobStore
from pydantic import Field
from pymongo.errors import PyMongoError

from selflimit.documents import Record
from selflimit.errors import InputError, MissingDependencyError
from selflimit.workflows.managers.status import UNFINISHED, FlowStatus, JobStatus, last_lines
from selflimit.workflows.stores.opening import redact
from selflimit.workflows.stores.retrying import reason

DETAILS = ["remote", "error", "run_dir", "start_time", "end_time"]
"""What is asked of each job of one flow, beside name, state and parents."""

GUIDE = "docs/howto/cluster.md shows a project file"


class Submission(Record):
    """A flow that was handed over."""

    flow: str = Field(description="uuid of the flow")
    jobs: tuple[str, ...] = Field(description="The manager's numbers of its jobs, in order")


class Changes(Record):
    """What failed jobs ask the queue for when they run again; the rest stays as it was."""

    worker: str | None = Field(None, description="Another worker; None: the same")
    exec_config: str | None = Field(None, description="Another execution configuration; None: the same")
    resources: dict[str, Any] = Field({}, description="Resources that change, by the queue's own names")
    wall_time: int = Field(0, description="Another limit of the run time (s); 0: the same")


class Resumed(Record):
    """What became of the unfinished jobs of a flow."""

    run_again: tuple[str, ...] = Field(description="Numbers of the jobs that run again")
    retried: tuple[str, ...] = Field(description="Numbers of the jobs that have run, and whose results are taken over")
    unlocked: int = Field(description="Jobs and flows whose lock was removed")


def submit(
    flow: Flow,
    project: str | None,
    worker: str | None,
    worker_for: Mapping[str, str],
    exec_config: str | None,
    resources: Mapping[str, Any],
) -> Submission:
    """Hand ``flow`` to jobflow-remote.

    Parameters
    ----------
    flow
        The flow; its jobs must not share a folder.
    project, worker, exec_config
        Names in jobflow-remote's configuration; None: its defaults.
    worker_for
        Text in a job's name -> worker of that job and of the jobs it makes.
    resources
        What each job asks the queue for; empty: as the worker says.

    Raises
    ------
    InputError
        No such project, worker or configuration, or its database does not answer.
    MissingDependencyError
        jobflow-remote is not installed.
    """
    with answering():
        from jobflow_remote import ConfigManager, set_run_config, submit_flow  # optional, as everywhere below

        for text, name in worker_for.items():
            require_jobs(flow, text)
            ConfigManager().get_worker(worker_name=name, project_name=project)
            set_run_config(flow, name_filter=text, worker=name)
        numbers = submit_flow(
            flow, worker=worker, project=project, exec_config=exec_config, resources=dict(resources) or None
        )
        return Submission(flow=flow.uuid, jobs=tuple(numbers))


def require_jobs(flow: Flow, text: str) -> None:
    """Refuse a text that no job's name contains.

    Raises
    ------
    InputError
        With the names there are.
    """
    names = [job.name for job, _ in flow.iterflow()]
    if not any(text in name for name in names):
        raise InputError(f"--worker-for {text}: no job's name contains it; the jobs are: {', '.join(names)}")


def flow_statuses(project: str | None) -> list[FlowStatus]:
    """Every flow of a project, latest first.

    Raises
    ------
    InputError, MissingDependencyError
        As :func:`submit`.
    """
    with answering(), _controller(project) as controller:
        found = controller.get_flows_info(sort=[("created_on", -1)], with_jobs_info=True)
        return [_status(info) for info in found]


def flow_status(beginning: str, project: str | None) -> FlowStatus:
    """The flow whose uuid begins so.

    Raises
    ------
    InputError, MissingDependencyError
        As :func:`submit`; also if no flow or several begin so.
    """
    with answering(), _controller(project) as controller:
        flow = _uuid(controller, beginning)
        return _status(controller.get_flows_info(flow_ids=[flow], with_jobs_info=DETAILS)[0])


def rerun(beginning: str, project: str | None, break_lock: bool, changes: Changes) -> Resumed:
    """Make the failed jobs of a flow ready again.

    A job that failed, or whose process vanished, runs again. One that has run, and whose results could not be taken
    over after several attempts (the database was away, say), is not repeated: taking them over is.

    Parameters
    ----------
    beginning
        Beginning of the flow's uuid.
    project
        jobflow-remote project; None: the default one.
    break_lock
        Remove locks that a killed runner has left; only when no runner is at work.
    changes
        What the jobs that run again ask the queue for.

    Raises
    ------
    InputError, MissingDependencyError
        As :func:`flow_status`; also if the project has no such worker or configuration, or the worker's queue has no
        limit of the run time.
    """
    with answering(), _controller(project) as controller:
        flow = _uuid(controller, beginning)
        unlocked = 0
        if break_lock:
            unlocked = controller.unlock_jobs(flow_ids=[flow]) + controller.unlock_flows(flow_ids=[flow])
        again, retried = [], []
        for job in controller.get_jobs_info(flow_ids=[flow]):
            state = job.state.value
            if state in UNFINISHED:
                change_job(controller, job, changes)
            if state == "REMOTE_ERROR" and job.remote.step_attempts > 0:
                retried.append(controller.retry_job(db_id=job.db_id))
            elif state in ("FAILED", "REMOTE_ERROR"):
                controller.rerun_job(db_id=job.db_id, delete_files=False)  # growth goes on from its checkpoint there
                again.append(job.db_id)
            elif state in ("STOPPED", "USER_STOPPED"):
                controller.rerun_job(db_id=job.db_id, force=True)
                again.append(job.db_id)
            elif state == "PAUSED":
                controller.resume_job(db_id=job.db_id)
                again.append(job.db_id)
        return Resumed(run_again=tuple(again), retried=tuple(retried), unlocked=unlocked)


def change_job(controller: Any, job: Any, changes: Changes) -> None:
    """Let one job ask the queue for something else.

    Parameters
    ----------
    controller
        jobflow-remote's JobController.
    job
        jobflow-remote's account of a job that is not running.
    changes
        What changes.

    Raises
    ------
    InputError
        The resources of the job cannot be changed one by one, or its worker's queue has no limit of the run time.
    ValueError
        From jobflow-remote: no such worker or configuration.
    """
    from jobflow_remote import ConfigManager  # optional

    worker = ConfigManager().get_worker(worker_name=changes.worker or job.worker, project_name=controller.project.name)
    asked = dict(changes.resources)
    if changes.wall_time:
        asked |= _time_limit(worker, changes.wall_time)
    # a job without resources of its own asks for its worker's; once it has its own, for nothing else
    kept = {} if changes.worker else controller.get_job_doc(db_id=job.db_id).resources
    resources = _add_resources(kept or worker.resources or {}, asked) if asked else None
    if changes.worker or changes.exec_config or resources:
        controller.set_job_run_properties(
            worker=changes.worker,
            exec_config=changes.exec_config,
            resources=resources,
            update=False,
            db_ids=[job.db_id],
        )


def _time_limit(worker: Any, wall_time: int) -> dict[str, Any]:
    """The resource that limits the run time (s), by the name that the worker's queue has for it."""
    from qtoolkit.core.data_objects import QResources  # comes with jobflow-remote
    from qtoolkit.core.exceptions import UnsupportedResourcesError

    queue = worker.get_scheduler_io()
    try:
        without = queue.check_convert_qresources(QResources(processes=1))
        limited = queue.check_convert_qresources(QResources(processes=1, time_limit=wall_time))
    except UnsupportedResourcesError:
        raise InputError(
            f"--wall-time: the worker's queue ({worker.scheduler_type}) has no limit of the run time; leave it out"
        ) from None
    return {key: value for key, value in limited.items() if key not in without}


def _add_resources(kept: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """``kept`` with what is asked for in its place."""
    if not isinstance(kept, dict) or "@class" in kept:
        raise InputError(
            "the job's resources are given as QResources, in which no single one can be changed; write them with the "
            "queue's own names into the project file, or choose another --worker"
        )
    return {**kept, **asked}


def project_store(project: str | None) -> JobStore:
    """The JobStore of a project, connected.

    Raises
    ------
    InputError, MissingDependencyError
        As :func:`submit`.
    """
    with answering():
        from jobflow_remote import get_jobstore  # optional

        store: JobStore = get_jobstore(project)
        store.connect()
        return store


@contextmanager
def answering() -> Iterator[None]:
    """Turn what the manager says of its projects and database into an error that says what to do."""
    try:
        from jobflow_remote.config.base import ConfigError
        from jobflow_remote.utils.db import LockedDocumentError
    except ImportError:
        raise MissingDependencyError("jobflow-remote is not installed; pip install 'selflimit[remote]'") from None
    try:
        yield
    except ConfigError as fault:
        raise InputError(f"jobflow-remote: {fault}; {GUIDE}, `jf project list` names yours") from None
    except PyMongoError as fault:
        raise InputError(
            f"the database of the jobflow-remote project does not answer ({redact(reason(fault))}); start it: jobs "
            "that run go on, and their results are taken over afterwards"
        ) from None
    except InputError:
        raise
    except LockedDocumentError as fault:
        raise InputError(
            f"jobflow-remote: {fault}; wait until its runner is done with it, or, if that was killed, resume with "
            "--break-lock"
        ) from None
    except ValueError as fault:
        empty = "not been initialised" in str(fault)
        raise InputError(f"jobflow-remote: {fault}" + ("; run `jf admin reset` once" if empty else "")) from None


@contextmanager
def _controller(project: str | None) -> Iterator[Any]:
    from jobflow_remote import JobController  # optional

    controller = JobController.from_project_name(project)
    try:
        yield controller
    finally:
        controller.close()


def _uuid(controller: Any, beginning: str) -> str:
    """The only flow whose uuid begins so."""
    found = controller.flows.find({"uuid": {"$regex": f"^{re.escape(beginning)}"}}, projection=["uuid"], limit=2)
    uuids = [str(flow["uuid"]) for flow in found]
    if len(uuids) != 1:
        said = "several flows begin" if uuids else "no flow begins"
        raise InputError(f"{said} with {beginning!r}; `selflimit status` lists them")
    return uuids[0]


def _status(info: Any) -> FlowStatus:
    """jobflow-remote's account of a flow as ours."""
    latest = {uuid: f"{uuid}-{max(indexes)}" for uuid, indexes in info.ids_mapping.items()}
    creators = {  # the jobs that took the place of job i share their innermost flow with its successor i + 1
        hosts[0]: f"{uuid}-{index - 1}"
        for uuid, index, hosts in zip(info.job_ids, info.job_indexes, info.hosts, strict=True)
        if index > 1
    }
    jobs = [
        JobStatus(
            key=f"{job.uuid}-{job.index}",
            name=job.name,
            state=job.state.value,
            parents=tuple(latest[uuid] for uuid in parents if uuid in latest and uuid != job.uuid),
            creator=creators.get(hosts[0]),
            number=job.db_id,
            worker=job.worker,
            seconds=job.run_time,
            error=redact(_error(job)),
            run_dir=job.run_dir or "",
        )
        for job, parents, hosts in zip(info.jobs_info or (), info.parents, info.hosts, strict=True)
    ]
    return FlowStatus(uuid=info.flow_id, name=info.name, state=info.state.value, jobs=tuple(jobs))


def _error(job: Any) -> str:
    """The end of the traceback; where there is none, of what the manager and the queue say (killed, out of time)."""
    told = job.error or job.remote.error
    said_by_queue = "" if "Traceback" in (told or "") else last_lines(job.remote.queue_err)
    return "\n".join(filter(None, (last_lines(told), said_by_queue)))


def read_assignments(pairs: Sequence[str], option: str) -> dict[str, str]:
    """'KEY=VALUE' from the command line as a dictionary.

    Raises
    ------
    InputError
        Not of that form.
    """
    split = [pair.partition("=") for pair in pairs]
    if wrong := [pair for pair, (key, sign, value) in zip(pairs, split, strict=True) if not (key and sign and value)]:
        raise InputError(f"{option}: expected KEY=VALUE, got {wrong[0]!r}")
    return {key: value for key, _, value in split}
