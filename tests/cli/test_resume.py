"""Local runs that were interrupted, or whose database went away: they go on, or say what to do."""

import json
import time
from pathlib import Path

import pytest
from jobflow import Flow, job

from selflimit.cli.main import main
from selflimit.errors import InputError
from selflimit.workflows import open_store, results
from selflimit.workflows.running.folder import store_of
from selflimit.workflows.running.local import Listener, run_flow
from selflimit.workflows.stores import retrying as patience
from selflimit.workflows.stores.retrying import PatientJobStore


def said(arguments, capsys):
    """What a verb prints with --json."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@job
def wait_for(path):
    """Ends when the file appears."""
    while not Path(path).exists():
        time.sleep(0.05)
    return "done"


def test_an_outage_of_the_database_costs_a_local_run_nothing(own_server, tmp_path, monkeypatch, capsys):
    """The server dies before a job's result is stored and comes back after several attempts."""
    monkeypatch.setattr(patience, "PAUSE", 0.2)
    monkeypatch.setenv("SELFLIMIT_STORE_TIMEOUT", "20")
    open_store(f"{own_server.uri}/outage")  # waits until it answers
    monkeypatch.setenv("SELFLIMIT_STORE_TIMEOUT", "1")
    store = PatientJobStore(open_store(f"{own_server.uri}/outage"))
    waiting = wait_for(str(tmp_path / "go"))
    attempts = []

    def restart_after_three(text):
        attempts.append(text)
        if len(attempts) == 3:
            own_server.start()

    monkeypatch.setattr(patience, "_say", restart_after_three)

    class KillThenGo(Listener):
        def start(self, job):
            own_server.kill()
            (tmp_path / "go").touch()
            return super().start(job)

    run_flow(Flow([waiting]), store, tmp_path, KillThenGo())
    assert "does not answer" in attempts[0]
    assert "answers again" in attempts[-1]
    assert store.get_output(waiting.uuid) == "done"
    assert store.count({}) == 1


def test_a_database_that_stays_away_is_given_up_with_what_to_do(own_server, tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "PAUSE", 0.1)
    monkeypatch.setenv("SELFLIMIT_STORE_TIMEOUT", "20")
    open_store(f"{own_server.uri}/gone")
    monkeypatch.setenv("SELFLIMIT_STORE_TIMEOUT", "0.3")
    store = PatientJobStore(open_store(f"{own_server.uri}/gone"), patience=0.5)
    own_server.kill()
    with pytest.raises(InputError, match="selflimit resume FOLDER"):
        store.query_one({"uuid": "x"})


CONFIGURED = ["orderings", "--cell", "primitive", "--keep", "1", "--folder", "my run"]


def test_resume_needs_no_options(tmp_path, monkeypatch, capsys):
    """A run that was interrupted goes on with the crystal, store and stage that it was started with."""
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("selflimit.workflows.makers.orderings.ordering_labels", interrupted)
        assert main([*CONFIGURED, "--store", "elsewhere", "--tag", "mine"]) == 130
    state = said(["status", "my run"], capsys)
    done = [job["name"] for job in state["jobs"] if job["state"] == "COMPLETED"]
    assert done == ["orderings primitive"]
    assert said(["resume", "my run"], capsys) == {"folder": "my run", "finished": "orderings"}
    store = open_store("elsewhere", must_exist=True)
    assert len(results(store, kind="OrderingsDoc")) == 1, "found in the store that was named at the start, once"
    assert store.count({"metadata.tags": "mine"}) == store.count({}) == 5
    assert not Path("selflimit-store").exists()


def interrupted(*given):
    raise KeyboardInterrupt


def test_resume_asks_for_a_password_that_it_did_not_keep(tmp_path, monkeypatch):
    started = {"through": "report", "store": "mongodb://me:***@host/db"}
    (tmp_path / ".flows").mkdir()
    (tmp_path / ".flows" / "started.json").write_text(json.dumps(started))
    with pytest.raises(InputError, match="SELFLIMIT_STORE"):
        store_of(tmp_path, None)
    monkeypatch.setenv("SELFLIMIT_STORE", "mongodb://me:secret@host/db")
    assert store_of(tmp_path, None) == "mongodb://me:secret@host/db"
    assert store_of(tmp_path, "mine") == "mine"
