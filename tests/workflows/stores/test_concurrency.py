"""Eight processes that write while one reads, in a folder and in MongoDB; clocks that jump."""

import os
import time
import traceback

import pytest

from selflimit.documents import FailedRelaxationDoc
from selflimit.workflows import open_store, results

WRITERS = 8
PATIENCE = 1800.0
"""Seconds after which a reader gives up (s)."""


def document(made, label):
    return made.filled(FailedRelaxationDoc, label=label)


def write(where, made, writer, number):
    store = open_store(where)
    for i in range(number):
        made.put(store, document(made, f"{writer}-{i}"), f"{writer}-{i}")


def read(where, stop_at):
    """Counts that a reader sees until all are there: they never go down, and every document is whole."""
    store, seen, end = open_store(where), [0], time.monotonic() + PATIENCE
    while seen[-1] < stop_at:
        assert time.monotonic() < end
        found = results(store, kind="FailedRelaxationDoc")
        assert len({doc.label for doc in found}) == len(found)
        seen.append(len(found))
        assert seen[-1] >= seen[-2]
        time.sleep(0.02)


def forked(work, *arguments):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work(*arguments)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


@pytest.mark.parametrize("number", [8, pytest.param(1250, marks=pytest.mark.slow)])
def test_eight_writers_and_a_reader(empty_store, made, number):
    """64 documents; slow: 10,000 in MongoDB, and 1,000 in a folder, which looks through all of them at each write."""
    each = number if empty_store.startswith("mongodb") else min(number, 125)
    open_store(empty_store)
    pids = [forked(write, empty_store, made, writer, each) for writer in range(WRITERS)]
    pids.append(forked(read, empty_store, WRITERS * each))
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0] * len(pids)
    found = results(open_store(empty_store), kind="FailedRelaxationDoc")
    assert sorted(doc.label for doc in found) == sorted(f"{w}-{i}" for w in range(WRITERS) for i in range(each))


def test_a_clock_that_jumps_hides_no_result(empty_store, made):
    """Machines disagree about the time: results from future and past are found, newest first by what they say."""
    store = open_store(empty_store)
    for label, when in {
        "past": "1999-12-31T23:59:59",
        "now": "2026-03-01T12:00:00",
        "future": "2099-01-01T00:00:00",
    }.items():
        made.put(store, document(made, label), label, completed_at=when)
    assert [doc.label for doc in results(store, sort="-date", limit=2)] == ["future", "now"]
    assert [doc.label for doc in results(store, sort="-date", limit=9)] == ["future", "now", "past"]
    assert [doc.label for doc in results(store, until="2026-12-31")] in (["past", "now"], ["now", "past"])
