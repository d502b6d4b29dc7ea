"""The verbs for flows that run elsewhere or were interrupted: submit_chain, status, resume, graph, fetch."""

import json
from argparse import Namespace
from pathlib import Path

from jobflow import Flow, JobStore

from selflimit.cli.printing import print_json, print_line, print_table
from selflimit.cli.run_folders import is_run_folder
from selflimit.files import write_atomically
from selflimit.workflows.managers import jobflow_remote as manager
from selflimit.workflows.managers.drawing import draw_svg, write_mermaid
from selflimit.workflows.managers.fetching import fetch_results
from selflimit.workflows.managers.fireworks import submit_workflow
from selflimit.workflows.managers.status import UNFINISHED, FlowStatus, local_status
from selflimit.workflows.running.folder import configuration_path, started_run, store_of
from selflimit.workflows.stores.opening import open_store, redact

FLOW_COLUMNS = ["flow", "name", "state", "completed", "jobs", "failed"]
JOB_COLUMNS = ["job", "name", "state", "worker", "time (s)"]
STILL_TO_COME = 3
"""Exit code where what was asked for is done as far as it can be, and more is to come."""

SHORT = 8
"""Characters of a uuid that are shown; as many are enough to name a flow."""


def submit_chain(asked: Namespace) -> None:
    """Hand the whole chain to a job manager."""
    from selflimit.cli.run import configuration_of  # these know force fields and take seconds to import
    from selflimit.workflows.makers.run_flow import make_flow

    hand_over(make_flow(configuration_of(asked), asked.tag), asked)


def hand_over(flow: Flow, asked: Namespace) -> None:
    """Hand a flow to the job manager that the command line names, and say which jobs that were."""
    worker_for = manager.read_assignments(asked.worker_for, "--worker-for")
    to_fireworks = asked.manager == "fireworks"
    done = (
        submit_workflow(flow, Path(asked.launchpad), asked.worker, worker_for)
        if to_fireworks
        else manager.submit(flow, asked.project, asked.worker, worker_for, asked.exec_config, read_resources(asked))
    )
    if asked.json:
        print_json(done.model_dump(mode="json"))
    else:
        who = "`rlaunch` or `qlaunch`" if to_fireworks else "a running `jf runner start`"
        print_line(
            f"flow {done.flow}: jobs {done.jobs[0]} to {done.jobs[-1]} handed to {asked.manager}; {who} runs them"
        )


def read_resources(asked: Namespace) -> dict[str, int | str]:
    """What ``--resources`` asks for; whole numbers as such.

    Raises
    ------
    InputError
        Not of the form KEY=VALUE.
    """
    given = manager.read_assignments(asked.resources, "--resources")
    return {key: int(value) if value.isdecimal() else value for key, value in given.items()}


def status(asked: Namespace) -> None:
    """All flows of a project, or the jobs of one flow or run folder."""
    if asked.run is None:
        flows = manager.flow_statuses(asked.project)
        print_json([flow.model_dump(mode="json") for flow in flows]) if asked.json else _show_flows(flows)
        return
    flow = flow_asked_for(asked)
    print_json(flow.model_dump(mode="json")) if asked.json else _show_jobs(flow, asked.run)


def _show_flows(flows: list[FlowStatus]) -> None:
    rows = [
        [
            flow.uuid[:SHORT], flow.name, flow.state, flow.count("COMPLETED"), len(flow.jobs),
            sum(job.state in UNFINISHED for job in flow.jobs),
        ]
        for flow in flows
    ]  # fmt: skip
    print_table(f"{len(flows)} flows", FLOW_COLUMNS, rows)


def _show_jobs(flow: FlowStatus, run: str) -> None:
    rows = [
        [job.number or number, job.name, job.state, job.worker, "" if job.seconds is None else job.seconds]
        for number, job in enumerate(flow.jobs, start=1)
    ]
    title = f"{flow.name} {flow.uuid[:SHORT]}: {flow.state}, {flow.count('COMPLETED')} of {len(rows)} jobs completed"
    print_table(title, JOB_COLUMNS, rows)
    stuck = [job for job in flow.jobs if job.state in UNFINISHED]
    for job in stuck:
        print_line(f"\n{job.name}: {job.state}" + (f", in {job.run_dir}" if job.run_dir else ""))
        print_line(job.error or "no message; see the files queue.out and queue.err in its folder")
    if stuck:
        print_line(f"\nMend the cause, then: selflimit resume {run}")


def resume(asked: Namespace) -> None:
    """Go on with a run folder, or make the failed jobs of a submitted flow ready again."""
    if is_run_folder(asked.run):
        _resume_folder(Path(asked.run), asked)
        return
    changes = manager.Changes(
        worker=asked.worker,
        exec_config=asked.exec_config,
        resources=read_resources(asked),
        wall_time=asked.wall_time,
    )
    done = manager.rerun(asked.run, asked.project, asked.break_lock, changes)
    again, retried = (", ".join(numbers) or "none" for numbers in (done.run_again, done.retried))
    if asked.json:
        print_json(done.model_dump(mode="json"))
    else:
        print_line(f"jobs that run again: {again}; jobs whose results are taken over again: {retried}")


def _resume_folder(folder: Path, asked: Namespace) -> None:
    configuration = json.loads(configuration_path(folder).read_text(encoding="utf-8"))
    where = store_of(folder, asked.store)
    if "preset" in configuration:
        from selflimit.cli.preset import open_preset, show_preset  # takes seconds to import

        show_preset(open_preset(folder, configuration, where), asked.json)
        return
    from selflimit.cli.run import resume_run, show_report  # as above

    started = started_run(folder)
    through = started.through if started else "report"
    opened = resume_run(folder, where, through)
    if through == "report":
        show_report(opened, asked.json)
    elif asked.json:
        print_json({"folder": str(folder), "finished": through})
    else:
        print_line(f"{folder}: finished to the end of stage {through!r}")


def graph(asked: Namespace) -> None:
    """Draw the flow."""
    flow = flow_asked_for(asked)
    kinds = {".svg": draw_svg, ".mmd": write_mermaid}
    if asked.out is None:
        print_json(flow.model_dump(mode="json")) if asked.json else print_line(write_mermaid(flow).rstrip())
        return
    out = Path(asked.out)
    write_atomically(out, kinds[out.suffix](flow))
    print_json({"graph": str(out)}) if asked.json else print_line(f"graph: {out}")


def fetch(asked: Namespace) -> int:
    """Bring the results of a submitted flow into a folder; returns 3 while some are still to come."""
    folder = Path(asked.folder)
    store = open_store(asked.store, must_exist=True) if asked.store else manager.project_store(asked.project)
    where = redact(asked.store) if asked.store else f"jobflow-remote project {asked.project or '(default)'}"
    expected = None if asked.store else manager.flow_status(asked.flow, asked.project)
    found = fetch_results(store, asked.flow, folder, where, expected)
    if asked.json:
        print_json(found.model_dump(mode="json"))
    else:
        files = f"{len(found.files)} files ({', '.join(found.files) or 'none'})"
        print_line(f"{folder}: {found.documents} documents, {files}")
        if found.missing:
            print_line(f"still missing: {', '.join(found.missing)}")
            print_line(f"`selflimit status {found.flow[:SHORT]}` says why; the same command then completes {folder}")
    return STILL_TO_COME if found.missing else 0


def flow_asked_for(asked: Namespace) -> FlowStatus:
    """State of the run folder or of the submitted flow that the command line names."""
    if is_run_folder(asked.run):
        folder = Path(asked.run)
        return local_status(folder, _store_for_reading(folder, asked.store))
    return manager.flow_status(asked.run, asked.project)


def _store_for_reading(folder: Path, given: str | None) -> JobStore:
    return open_store(store_of(folder, given), must_exist=True)
