"""jobflow-remote on a real Slurm, started on loopback by tools/slurm_on_loopback.py."""

import managed_projects
import pytest
import runner_numbers
from jobflow import Flow

from selflimit.structures import parent_cell
from selflimit.workflows import OrderingMaker, results
from selflimit.workflows.makers.flow_parts import named
from selflimit.workflows.makers.orderings import orderings_to_relax
from selflimit.workflows.managers import jobflow_remote as manager

RESOURCES = {"partition": "main", "ntasks": 1, "time": "00:30:00"}


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """Environment of a Slurm of the test's own."""
    tool = managed_projects.slurm_tool()
    if reason := tool.missing():
        pytest.skip(f"no Slurm: {reason}")
    folder = tmp_path_factory.mktemp("slurm")
    try:
        yield tool.start(folder)
    finally:
        tool.stop(folder)


@pytest.fixture
def project(slurm, mongo_server, tmp_path, monkeypatch):
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    return managed_projects.new_project(tmp_path, mongo_server, monkeypatch, scheduler="slurm", resources=RESOURCES)


def test_slurm_runs_the_jobs_of_a_flow(project):
    found = named(OrderingMaker(keep=1).rank(parent_cell("LZC-A"), "primitive"), "orderings primitive")
    chosen = named(orderings_to_relax([found.output]), "orderings to relax")
    flow = Flow([found, chosen], output=chosen.output, name="small")
    manager.submit(flow, project.name, "main", {}, None, {})
    project.run()
    state = manager.flow_status(flow.uuid, project.name)
    assert [job.state for job in state.jobs] == ["COMPLETED"] * 2
    numbers = {doc.remote.process_id for doc in project.controller().get_jobs_info()}
    assert all(number.isdecimal() and int(number) < 100 for number in numbers), "Slurm's own job numbers, from 1"
    assert len(results(project.store(), kind="CandidatesDoc")) == 1


@pytest.mark.slow
def test_slurm_runs_the_whole_chain_and_gives_the_same_numbers(project, numbers_of_run_locally):
    """From the disordered crystal to the report; each job in a folder of its own, none with a database."""
    flow = runner_numbers.whole_chain()
    manager.submit(flow, project.name, "main", {}, None, {})
    project.run(3600)
    state = manager.flow_status(flow.uuid, project.name)
    assert {job.state for job in state.jobs} == {"COMPLETED"}, [job for job in state.jobs if job.error]
    store = project.store()
    assert len(results(store, kind="GrowthDoc")) == 2
    assert len(results(store, kind="ReportDoc")) == 1
    assert runner_numbers.differences(runner_numbers.all_numbers(store), numbers_of_run_locally) == []
