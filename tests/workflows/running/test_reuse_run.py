from jobflow import Flow, job

from selflimit.versions import NO_CHECKOUT
from selflimit.workflows import open_store
from selflimit.workflows.running import identical_work as reuse
from selflimit.workflows.running.local import Listener, run_flow

RUNS = []


@job
def add(a, b):
    RUNS.append((a, b))
    return a + b


def chain():
    first = add(1, 2)
    return Flow([first, add(first.output, 10)])


def test_a_second_run_reuses_and_a_first_says_what_it_was_made_from(tmp_path, monkeypatch):
    monkeypatch.setattr(reuse, "_revision", lambda: NO_CHECKOUT)
    store = open_store(str(tmp_path / "store"))
    one, two, three = chain(), chain(), chain()
    run_flow(one, store, tmp_path, Listener(), reuse=True)
    run_flow(two, store, tmp_path, Listener(), reuse=True)
    assert RUNS == [(1, 2), (3, 10)]
    assert store.get_output(two.jobs[1].uuid) == 13
    found = store.query_one({"uuid": one.jobs[1].uuid})["metadata"]["provenance"]
    assert found["parents"] == [one.jobs[0].uuid]
    run_flow(three, store, tmp_path, Listener())
    assert len(RUNS) == 4
