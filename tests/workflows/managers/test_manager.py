"""Flows in job managers: a real jobflow-remote runner and FireWorks on a MongoDB server, files that travel, faults."""

import json
import os
import signal
import socket
import time
from functools import partial
from pathlib import Path

import managed_projects
import numpy as np
import psutil
import pytest
from jobflow import Flow
from jobflow import run_locally as run_each_in_a_folder
from jobflow_remote.jobs.state import JobState
from pymongo import MongoClient
from pymongo.monitoring import CommandListener
from runner_numbers import CHAIN_OPTIONS, all_numbers, differences

from selflimit.cli.main import main
from selflimit.documents import FieldFile, OrderingsDoc, ReportDoc
from selflimit.errors import InputError
from selflimit.mesoscale import InterfaceParameters, load_fields
from selflimit.structures import parent_cell
from selflimit.workflows import InterfaceMaker, OrderingMaker, PhaseDiagramMaker, open_store, results, write_files
from selflimit.workflows.makers.flow_parts import named
from selflimit.workflows.makers.orderings import orderings_to_relax
from selflimit.workflows.managers import jobflow_remote as manager
from selflimit.workflows.managers.fetching import fetch_results
from selflimit.workflows.managers.status import UNFINISHED
from selflimit.workflows.running.identical_work import inputs_hash

SMALL_GRID = (64, 96)
"""The smallest grid that holds the fine layer."""


@pytest.fixture
def project(mongo_server, tmp_path, monkeypatch):
    return managed_projects.new_project(tmp_path, mongo_server, monkeypatch)


def said(arguments, capsys):
    """What a verb prints with --json."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def outputs(project):
    """(uuid, index) of every stored document."""
    store = project.store()
    return [(doc["uuid"], doc["index"]) for doc in store.query({}, ["uuid", "index"])]


def small_flow():
    """Orderings of the smallest cell and the choice among them: two jobs, seconds of work."""
    found = named(OrderingMaker(keep=1).rank(parent_cell("LZC-A"), "primitive"), "orderings primitive")
    chosen = named(orderings_to_relax([found.output]), "orderings to relax")
    return Flow([found, chosen], output=chosen.output, name="small")


def submitted(project, flow):
    return manager.submit(flow, project.name, None, {}, None, {})


def assert_traced(one, store):
    """The document of a job says what it was made from, as this process finds it from flow and store."""
    kept = store.query_one({"uuid": one.uuid}, sort={"index": -1})["metadata"]["provenance"]
    assert kept["inputs_hash"] == inputs_hash(one, store)
    assert kept["parents"] == sorted(set(one.input_uuids))
    assert kept["host"] == socket.gethostname()
    assert {"selflimit", "python", "jobflow", "pymatgen"} <= set(kept["versions"])
    assert kept["git_revision"]


def test_a_flow_goes_through_the_manager_and_its_documents_are_found(project, capsys):
    flow = OrderingMaker(cells=("primitive",), keep=1).make(parent_cell("LZC-A"))
    flow.update_metadata({"tags": ["trial"], "selflimit": {"flow": flow.uuid, "configuration": {"parent": "LZC-A"}}})
    done = submitted(project, flow)
    assert len(done.jobs) == 5
    before = said(["status", flow.uuid[:8], "--project", project.name], capsys)
    assert [job["state"] for job in before["jobs"]] == ["READY", *["WAITING"] * 4]
    project.run()
    [after] = said(["status", "--project", project.name], capsys)
    assert after["state"] == "COMPLETED"
    assert {job["state"] for job in after["jobs"]} == {"COMPLETED"}
    assert len(set(outputs(project))) == len(outputs(project)) == 5
    store = project.store()
    [orderings] = results(store, kind="OrderingsDoc")
    assert isinstance(orderings, OrderingsDoc)
    assert results(store, kind="RelaxationDoc"), "the relaxed orderings"
    assert store.count({"metadata.tags": "trial"}) == 5
    for one, _ in flow.iterflow():
        assert_traced(one, store)
    graph = said(["graph", flow.uuid[:8], "--project", project.name], capsys)
    assert graph["jobs"][-1]["parents"], "the last job depends on others"


class Asked(CommandListener):
    """Notes every query that goes to a database."""

    def __init__(self):
        self.queries = []

    def started(self, event):
        command = event.command
        asked = command.get("filter", command.get("query"))
        if event.command_name in ("update", "delete"):
            asked = command[f"{event.command_name}s"][0]["q"]
        if asked is not None and event.database_name not in ("admin", "local"):
            self.queries.append((event.database_name, command[event.command_name], asked))

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


def test_submission_and_resolution_scan_no_collection(project, monkeypatch, mongo_server, made):
    """Every query of a submission and of resolving a reference, explained by the server."""
    heard = Asked()
    monkeypatch.setattr("maggma.stores.mongolike.MongoClient", partial(MongoClient, event_listeners=[heard]))
    flow = small_flow()
    submitted(project, flow)
    store = project.store()
    made.put(store, {"formula": "LiCl"}, flow.jobs[0].uuid)
    assert flow.jobs[0].output.formula.resolve(store) == "LiCl"
    collections = {name for _, name, _ in heard.queries}
    assert {"jobs", "outputs"} & collections, heard.queries
    client = MongoClient(mongo_server)
    for database, name, asked in heard.queries:
        if name == "auxiliary":
            continue  # three documents: counters
        plan = client[database][name].find(asked).explain()["queryPlanner"]["winningPlan"]
        assert "COLLSCAN" not in str(plan), (name, asked, plan)


def test_a_job_that_fails_says_why_and_runs_again_with_its_flow(project, capsys):
    """An electrolyte of a system without crystals fails on the worker; what depends on it waits."""
    found = named(PhaseDiagramMaker().find_competing("Xe2O"), "competing phases")
    flow = Flow([found, named(orderings_to_relax([found.output]), "what depends on it")], name="failing")
    submitted(project, flow)
    project.run()
    state = said(["status", flow.uuid[:8], "--project", project.name], capsys)
    assert [job["state"] for job in state["jobs"]] == ["FAILED", "WAITING"]
    assert "InputError" in state["jobs"][0]["error"]
    assert len(state["jobs"][0]["error"].splitlines()) <= 4
    assert main(["status", flow.uuid[:8], "--project", project.name]) == 0
    assert f"selflimit resume {flow.uuid[:8]}" in capsys.readouterr().out
    again = said(["resume", flow.uuid[:8], "--project", project.name], capsys)
    assert again["run_again"] == [state["jobs"][0]["number"]]
    assert project.states()["competing phases"] == "READY"


def failed_flow(project):
    """A flow whose first job has failed: an electrolyte of a system without crystals."""
    found = named(PhaseDiagramMaker().find_competing("Xe2O"), "competing phases")
    flow = Flow([found], name="failing")
    submitted(project, flow)
    project.run()
    return flow.uuid[:8]


def test_failed_jobs_run_again_with_what_was_mended(mongo_server, tmp_path, monkeypatch, capsys):
    """Resources that change take the place of the worker's own, the others stay; the queue's name for the wall time is
    the queue's own."""
    worker = {"partition": "main", "ntasks": 1, "time": "00:30:00"}
    project = managed_projects.new_project(tmp_path, mongo_server, monkeypatch)
    flow = failed_flow(project)
    resume = ["resume", flow, "--project", project.name]
    assert main([*resume, "--wall-time", "7200"]) == 2
    assert "the worker's queue (shell) has no limit of the run time" in capsys.readouterr().err
    assert project.states() == {"competing phases": "FAILED"}, "nothing has changed"
    path = project.folder / "projects" / f"{project.name}.json"
    settings = json.loads(path.read_text())
    settings["workers"]["main"] |= {"scheduler_type": "slurm", "resources": worker}
    settings["workers"]["large"] = settings["workers"]["main"] | {"resources": {"partition": "large"}}
    path.write_text(json.dumps(settings))
    assert main([*resume, "--wall-time", "24"]) == 2
    assert "did you mean 86400 (24 h)?" in capsys.readouterr().err
    assert main([*resume, "--worker", "none"]) == 2
    assert "none" in capsys.readouterr().err
    said([*resume, "--wall-time", "7200", "--resources", "mem=2G"], capsys)
    controller = project.controller()
    [job] = controller.get_jobs_info()
    assert job.state.value == "READY"
    assert controller.get_job_doc(db_id=job.db_id).resources == {**worker, "time": "0-2:0:0", "mem": "2G"}
    controller.set_job_state(JobState.FAILED, db_id=job.db_id)
    said([*resume, "--worker", "large", "--resources", "ntasks=4"], capsys)
    moved = project.controller().get_job_doc(db_id=job.db_id)
    assert (moved.worker, moved.resources) == ("large", {"partition": "large", "ntasks": 4})


def test_what_cannot_be_submitted_is_refused_before_anything_is_stored(project, capsys):
    flow = small_flow()
    with pytest.raises(InputError, match="no job's name contains it; the jobs are: orderings primitive"):
        manager.submit(flow, project.name, None, {"relax!": "main"}, None, {})
    with pytest.raises(InputError, match="a project file"):
        manager.submit(flow, "nowhere", None, {}, None, {})
    with pytest.raises(InputError, match="a project file"):
        manager.submit(flow, project.name, "nobody", {}, None, {})
    with pytest.raises(InputError, match="no flow begins with 'abc'"):
        manager.flow_status("abc", project.name)
    with pytest.raises(InputError, match="expected KEY=VALUE, got 'ntasks'"):
        manager.read_assignments(["ntasks"], "--resources")
    assert manager.flow_statuses(project.name) == []


def test_workers_and_resources_reach_the_jobs(project):
    flow = small_flow()
    manager.submit(flow, project.name, None, {"to relax": "main"}, None, {"ntasks": 1})
    docs = {doc.job.name: doc for doc in project.controller().get_jobs_doc()}
    assert docs["orderings to relax"].job.config.manager_config["worker"] == "main"
    assert "worker" not in docs["orderings primitive"].job.config.manager_config
    assert docs["orderings primitive"].resources == {"ntasks": 1}


def test_a_database_that_is_away_is_one_clear_line(tmp_path, monkeypatch, capsys, mongo_server):
    made = managed_projects.new_project(tmp_path, mongo_server, monkeypatch)
    path = tmp_path / "projects" / f"{made.name}.json"
    away = "mongodb://user:secret@127.0.0.1:1/?serverSelectionTimeoutMS=300"  # port 1: nothing listens there
    path.write_text(path.read_text().replace(mongo_server, away))
    assert main(["status", "--project", made.name]) == 2
    message = capsys.readouterr().err
    assert "does not answer" in message
    assert "secret" not in message


def test_fields_travel_with_the_flow(empty_store, tmp_path, monkeypatch):
    """A job in one folder has the fields that a job in another folder wrote, and `fetch` brings them to a third."""
    monkeypatch.chdir(tmp_path)
    store = open_store(empty_store)
    grown = named(
        InterfaceMaker(grid_cells=SMALL_GRID, duration=20.0).grow(InterfaceParameters(), "fine"), "growth fine"
    )
    flow = Flow([grown])
    flow.update_metadata({"selflimit": {"flow": flow.uuid, "configuration": {"parent": "LZC-A"}}})
    run_each_in_a_folder(flow, store=store, create_folders=True, root_dir=tmp_path / "elsewhere", ensure_success=True)
    document = store.get_output(grown.uuid, load=True)
    for folder in (tmp_path / "carried", tmp_path / "fetched"):
        folder.mkdir()
    write_files(document, tmp_path / "carried")
    found = fetch_results(store, flow.uuid[:8], tmp_path / "fetched", "the store")
    written = json.loads((tmp_path / "fetched" / "provenance.json").read_text())
    assert written["sha256"]["growth-fine.npz"] == document["fields"]["sha256"]
    assert (written["store"], written["configuration"]) == ("the store", {"parent": "LZC-A"})
    [record] = written["jobs"]
    assert (record["name"], record["uuid"], record["parents"]) == ("growth fine", grown.uuid, [])
    assert record["host"] == socket.gethostname()
    assert record["inputs_hash"] == inputs_hash(grown, store)
    assert found.files == ["growth-fine.npz"]
    fields = FieldFile.model_validate({key: document["fields"][key] for key in ("path", "sha256", "arrays")})
    [written] = (tmp_path / "elsewhere").rglob("growth-fine.npz")
    expected = load_fields(written.parent, fields)
    for folder in (tmp_path / "carried", tmp_path / "fetched"):
        got = load_fields(folder, fields)
        assert got.keys() == expected.keys()
        assert all(np.array_equal(got[name], expected[name]) for name in expected)
    shown = json.loads((tmp_path / "fetched" / "documents" / "growth-fine.json").read_text())
    assert shown["@class"] == "GrowthDoc"
    assert len(results(store, kind="GrowthDoc")) == 1, "the document is found although its file goes with it"


def test_fireworks_runs_the_same_flow(mongo_server, tmp_path, monkeypatch):
    fireworks = pytest.importorskip("fireworks", reason="FireWorks is not installed: pip install fireworks")
    from fireworks.core.rocket_launcher import rapidfire
    from jobflow import SETTINGS

    from selflimit.workflows.managers.fireworks import submit_workflow

    name = f"f{os.urandom(5).hex()}"
    store = open_store(f"{mongo_server}/{name}")
    monkeypatch.setattr(SETTINGS, "JOB_STORE", store)
    monkeypatch.chdir(tmp_path)
    Path("launchpad.yaml").write_text(f"host: {mongo_server}/{name}\nuri_mode: true\nname: {name}\n")
    launchpad = fireworks.LaunchPad.from_file("launchpad.yaml")
    launchpad.reset("", require_password=False)
    flow = small_flow()
    flow.update_metadata({"tags": ["trial"]})
    done = submit_workflow(flow, Path("launchpad.yaml"), None, {"to relax": "gpu"})
    assert len(done.jobs) == 2
    rapidfire(launchpad, fireworks.FWorker(name="gpu"), nlaunches=2, sleep_time=0.1)
    assert {launchpad.get_fw_by_id(int(number)).state for number in done.jobs} == {"COMPLETED"}
    assert len(results(store, kind="CandidatesDoc")) == 1
    for one in flow.jobs:
        assert_traced(one, store)
    assert "mongodb://" not in json.dumps(list(launchpad.fireworks.find({}, {"_id": 0})), default=str), "no address"


@pytest.mark.slow
def test_the_whole_chain_in_fireworks_gives_the_same_numbers(
    mongo_server, tmp_path, monkeypatch, numbers_of_run_locally
):
    fireworks = pytest.importorskip("fireworks", reason="FireWorks is not installed: pip install fireworks")
    from fireworks.core.rocket_launcher import rapidfire
    from jobflow import SETTINGS

    name = f"f{os.urandom(5).hex()}"
    store = open_store(f"{mongo_server}/{name}")
    monkeypatch.setattr(SETTINGS, "JOB_STORE", store)
    monkeypatch.chdir(tmp_path)
    Path("launchpad.yaml").write_text(f"host: {mongo_server}/{name}\nuri_mode: true\nname: {name}\n")
    launchpad = fireworks.LaunchPad.from_file("launchpad.yaml")
    launchpad.reset("", require_password=False)
    assert main(["submit", "--manager", "fireworks", "--launchpad", "launchpad.yaml", *CHAIN_OPTIONS]) == 0
    rapidfire(launchpad, sleep_time=0.1)
    assert {work["state"] for work in launchpad.fireworks.find({})} == {"COMPLETED"}
    [report] = results(store, kind="ReportDoc")
    assert report.figures
    assert differences(all_numbers(store), numbers_of_run_locally) == []


def process_tree(number):
    """The process and its children, deepest first."""
    top = psutil.Process(number)
    return [*reversed(top.children(recursive=True)), top]


def kill_job(project, name):
    """kill -9 of a running job's whole process tree on its worker, once its Python is at work."""
    [info] = project.controller().get_jobs_info(name=name)
    for process in process_tree(int(info.remote.process_id)):
        process.send_signal(signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_worker_and_a_killed_runner_cost_one_job(project, capsys):
    """The worker's process and the runner die in the middle of a growth; resume runs that job again, and no other."""
    grown = named(
        InterfaceMaker(grid_cells=SMALL_GRID, duration=400.0).grow(InterfaceParameters(), "fine"), "growth fine"
    )
    found = named(OrderingMaker(keep=1).rank(parent_cell("LZC-A"), "primitive"), "orderings primitive")
    flow = Flow([grown, found], name="killed")
    submitted(project, flow)
    with project.runner_process():
        project.wait_for(lambda: project.states()["growth fine"] == "RUNNING", "start of the growth")
        project.wait_for(lambda: project.states()["orderings primitive"] == "COMPLETED", "end of the other job")
        kill_job(project, "growth fine")
    with project.runner_process():
        project.wait_for(lambda: project.states()["growth fine"] in UNFINISHED, "notice of the killed job")
    state = said(["status", flow.uuid[:8], "--project", project.name], capsys)
    [broken] = [job for job in state["jobs"] if job["name"] == "growth fine"]
    assert broken["error"]
    again = said(["resume", flow.uuid[:8], "--project", project.name, "--break-lock"], capsys)
    assert again["run_again"] == [broken["number"]]
    project.run()
    assert set(project.states().values()) == {"COMPLETED"}
    assert sorted(outputs(project)) == sorted({(grown.uuid, 1), (found.uuid, 1)}), "none lost, none twice"


@pytest.mark.slow
def test_the_runner_outlives_an_outage_of_the_database(own_server, tmp_path, monkeypatch, capsys):
    """30 s without database while jobs are under way: afterwards the same runner finishes the flow."""
    monkeypatch.setenv("SELFLIMIT_STORE_TIMEOUT", "20")
    open_store(f"{own_server.uri}/any")
    project = managed_projects.new_project(tmp_path, own_server.uri, monkeypatch)
    flow = small_flow()
    submitted(project, flow)
    with project.runner_process() as runner:
        project.wait_for(lambda: project.states()["orderings primitive"] == "RUNNING", "start of the first job")
        own_server.kill()
        time.sleep(30)  # the length of the outage is what is tested
        assert runner.poll() is None, "the runner must not die with the database"
        own_server.start()
        project.wait_for(lambda: set(project.states().values()) == {"COMPLETED"}, "end of the flow")
    assert len(outputs(project)) == len(set(outputs(project))) == 2


@pytest.mark.slow
def test_the_whole_chain_through_the_manager_gives_the_same_numbers(
    project, tmp_path, monkeypatch, capsys, numbers_of_run_locally
):
    monkeypatch.chdir(tmp_path)
    done = said(["submit", "--project", project.name, "--tag", "whole", *CHAIN_OPTIONS], capsys)
    project.run(3600)
    states = said(["status", done["flow"][:8], "--project", project.name], capsys)
    assert {job["state"] for job in states["jobs"]} == {"COMPLETED"}, states
    found = said(["fetch", done["flow"][:8], "--project", project.name, "--folder", "here"], capsys)
    assert {"report.html", "growth-fine.npz", "growth-graded.npz"} <= set(found["files"])
    [report] = results(project.store(), kind="ReportDoc")
    assert isinstance(report, ReportDoc)
    assert Path("here/report.html").stat().st_size > 100_000
    assert differences(all_numbers(project.store()), numbers_of_run_locally) == []
