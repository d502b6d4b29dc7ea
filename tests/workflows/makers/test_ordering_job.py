"""The job that looks for the lowest orderings: an interrupted one goes on where it was when the run is resumed."""

import pytest
from jobflow import Flow

from selflimit.structures import parent_cell
from selflimit.structures.orderings import lowest
from selflimit.structures.orderings import search_checkpoint as search_state
from selflimit.workflows import OrderingMaker, open_store
from selflimit.workflows.running.local import Listener, run_flow


class StoppedError(Exception):
    pass


class Heard(Listener):
    """Hears how far the search is, and stops it after so many words."""

    def __init__(self, words):
        self.words, self.parts = words, []

    def start(self, job):
        return self.hear

    def hear(self, part, message):
        self.parts.append(part)
        if len(self.parts) == self.words:
            raise StoppedError


def test_interrupted_search_of_a_run_goes_on(tmp_path, empty_store, monkeypatch):
    # the state is saved after every call, the stop comes in the middle
    monkeypatch.setattr(search_state, "CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr(lowest, "BLOCKS_PER_CALL", 4)
    store, first, second = open_store(empty_store), Heard(6), Heard(0)
    job = OrderingMaker(keep=3).rank(parent_cell("LZC-A"), "3x1x1")
    flow = Flow([job])
    with pytest.raises(StoppedError):
        run_flow(flow, store, tmp_path, first)
    assert (tmp_path / "search-3x1x1.npz").exists()
    run_flow(flow, store, tmp_path, second)
    assert second.parts[0] == 0.0  # the count comes first
    assert second.parts[1] > first.parts[-2] > 0.0
    assert len(store.get_output(job.uuid)["orderings"]) >= 3
    assert not (tmp_path / "search-3x1x1.npz").exists()
