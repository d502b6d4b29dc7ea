"""The local runner: order, resume, offspring, locks."""

from pathlib import Path

import pytest
from jobflow import Flow, Response, job

from selflimit.errors import InputError
from selflimit.progress import current_progress
from selflimit.workflows import open_store
from selflimit.workflows.running.local import Listener, failure_path, locked, run_flow, save_flow, saved_flow

RUNS = []


@job
def add(a, b):
    RUNS.append((a, b))
    current_progress()(0.5, "adding")
    return a + b


@job
def fail(a):
    raise ValueError("no luck")


@job
def fan_out(values):
    RUNS.append("fan out")
    parts = [add(value, 1) for value in values]
    collected = gather([part.output for part in parts])
    return Response(replace=Flow([*parts, collected], output=collected.output))


@job
def gather(values):
    return sum(values)


class Heard(Listener):
    def __init__(self):
        self.said, self.finished, self.made = [], [], []

    def start(self, job):
        return lambda fraction, message: self.said.append((job.name, fraction, message))

    def finish(self, job, record):
        self.finished.append((job.name, record.reused))

    def offspring(self, job, child):
        self.made.append((job.name, child.name))


@pytest.fixture(autouse=True)
def forget():
    RUNS.clear()


@pytest.fixture
def store(empty_store):
    return open_store(empty_store)


def chain():
    first = add(1, 2)
    second = add(first.output, 10)
    return Flow([first, second], output=second.output), second


def value_of(store, job):
    return store.get_output(job.uuid)


def test_outputs_are_passed_on_and_progress_is_heard(store, tmp_path):
    flow, last = chain()
    heard = Heard()
    run_flow(flow, store, tmp_path, heard)
    assert value_of(store, last) == 13  # (1 + 2) + 10
    assert heard.said == [("add", 0.5, "adding")] * 2


def test_finished_jobs_are_not_run_again(store, tmp_path):
    flow, last = chain()
    kept = save_flow(tmp_path / "flow.json", flow)
    run_flow(kept, store, tmp_path, Listener())
    heard = Heard()
    again = run_flow(saved_flow(tmp_path / "flow.json"), store, tmp_path, heard)
    assert RUNS == [(1, 2), (3, 10)]
    assert [record.reused for record in again] == [True, True]
    assert value_of(store, last) == 13


def test_a_run_that_failed_goes_on_where_it_stopped(store, tmp_path):
    first = add(1, 2)
    broken = fail(first.output)
    save_flow(tmp_path / "flow.json", Flow([first, broken]))
    for _ in range(2):
        with pytest.raises(ValueError, match="no luck"):
            run_flow(saved_flow(tmp_path / "flow.json"), store, tmp_path, Listener())
    assert RUNS == [(1, 2)]


def test_a_relative_run_folder_keeps_its_failure_where_it_belongs(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    work = fail(1)
    with pytest.raises(ValueError, match="no luck"):
        run_flow(Flow([work]), store, Path("run"), Listener())
    assert failure_path(tmp_path / "run", work).exists()
    assert not (tmp_path / "run" / "run").exists()  # jobs run inside the folder: the path must not be taken from there


def test_offspring_are_run_and_resumed(store, tmp_path):
    fan = fan_out([1, 2, 3])
    after = add(fan.output, 100)
    save_flow(tmp_path / "flow.json", Flow([fan, after]))
    heard = Heard()
    run_flow(saved_flow(tmp_path / "flow.json"), store, tmp_path, heard)
    assert heard.made == [("fan_out", name) for name in ("add", "add", "add", "gather", "store_inputs")]
    assert value_of(store, after) == 109  # (2 + 3 + 4) + 100
    ran = list(RUNS)
    # forget the collected output, as if the process had died before it was written
    store.docs_store.remove_docs({"uuid": fan.uuid, "index": 2})
    run_flow(saved_flow(tmp_path / "flow.json"), store, tmp_path, Listener())
    assert ran == RUNS, "neither the fan-out nor its parts may run twice"
    assert value_of(store, fan) == 9


def test_a_folder_in_use_is_refused(tmp_path):
    with locked(tmp_path / "run"), pytest.raises(InputError, match="another run is using"), locked(tmp_path / "run"):
        pass
