"""The same flow as a FireWorks workflow, by jobflow's own adapter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobflow import Flow

from selflimit.errors import InputError, MissingDependencyError
from selflimit.workflows.managers.jobflow_remote import Submission, require_jobs
from selflimit.workflows.stores.opening import redact


def submit_workflow(flow: Flow, launchpad: Path, worker: str | None, worker_for: Mapping[str, str]) -> Submission:
    """Add ``flow`` to a launchpad. The jobs write to the JobStore that jobflow's settings name where they run.

    Parameters
    ----------
    flow
        The flow; its jobs must not share a folder.
    launchpad
        YAML file of the launchpad.
    worker, worker_for
        FireWorker of all jobs, and of those whose name contains a text; None and empty: any.

    Raises
    ------
    InputError
        No such file, or no job of that name.
    MissingDependencyError
        FireWorks is not installed.
    """
    opened = launchpad_of(launchpad)
    from jobflow.managers.fireworks import flow_to_workflow  # imports FireWorks, which is optional

    if worker is not None:
        flow.update_config({"manager_config": {"_fworker": worker}})
    for text, name in worker_for.items():
        require_jobs(flow, text)
        flow.update_config({"manager_config": {"_fworker": name}}, name_filter=text)
    numbers = opened.add_wf(flow_to_workflow(flow))
    return Submission(flow=flow.uuid, jobs=tuple(str(number) for number in sorted(numbers.values())))


def launchpad_of(path: Path) -> Any:
    """The launchpad that a YAML file describes.

    Raises
    ------
    InputError
        No such file, or none of a launchpad.
    MissingDependencyError
        FireWorks is not installed.
    """
    if not path.is_file():
        raise InputError(f"--launchpad: expected the YAML file of a launchpad, found no file {path}")
    try:
        from fireworks import LaunchPad  # optional
    except ImportError:
        raise MissingDependencyError("FireWorks is not installed; pip install fireworks") from None
    try:
        return LaunchPad.from_file(str(path))
    except Exception as fault:  # YAML, the driver and FireWorks itself raise whatever the text provokes
        raise InputError(f"--launchpad: {path} describes no launchpad ({redact(str(fault))})") from None
