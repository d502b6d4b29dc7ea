"""A flow of tiny jobs, one of them dynamic, and a run of it in its folder as `selflimit run` does it.

Each job says in a file that it has been computed, so that a test can count.
"""

import json
import os
import sys
import time
from pathlib import Path

from jobflow import Flow, Response, job

PAUSE = 0.01
"""Seconds that a job takes (s)."""


def note(line):
    handle = os.open(os.environ["TINY_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(handle, (line + "\n").encode())
    os.close(handle)


@job
def step(name, *parents):
    time.sleep(PAUSE)
    note(name)
    return {"name": name, "value": 1 + sum(parent["value"] for parent in parents)}


@job
def fan_out(parent):
    parts = [step(f"part {number}", parent) for number in range(3)]
    last = step("gathered", *[part.output for part in parts])
    note("fan out")
    return Response(replace=Flow([*parts, last], output=last.output))


@job
def crowd(parent):
    """Two worker processes that would take minutes, as a batch of relaxations does."""
    if "TINY_CROWD" in os.environ:
        from selflimit.worker_processes import worker_processes

        with worker_processes(2) as pool:
            for done in [pool.submit(work_for_minutes) for _ in range(2)]:
                done.result()
    return parent


def work_for_minutes():
    note(f"worker {os.getpid()}")
    time.sleep(300)


def crowded_flow():
    first = step("first")
    last = crowd(first.output)
    return Flow([first, last], output=last.output)


def tiny_flow():
    first, second = step("first"), step("second")
    third = step("third", first.output, second.output)
    fan = fan_out(third.output)
    last = step("last", fan.output, third.output)
    for one, name in ((first, "first"), (second, "second"), (third, "third"), (fan, "fan"), (last, "last")):
        one.name = name
    return Flow([first, second, third, fan, last], output=last.output)


def run_in(folder, where, make=tiny_flow):
    """Start or resume the flow in ``folder``; documents and provenance go there as well."""
    from selflimit.workflows import open_store
    from selflimit.workflows.running.execution import execute
    from selflimit.workflows.running.local import Listener, locked, save_flow, saved_flow

    folder = Path(folder)
    with locked(folder):
        (folder / "configuration.json").write_text(json.dumps({}))
        path = folder / ".flows" / "flow.json"
        flow = saved_flow(path) or save_flow(path, make())
        return execute(folder, flow, open_store(where), Listener(), None, where)


if __name__ == "__main__":
    import tiny_flow as importable  # so that the jobs' module has a name another process can import

    importable.run_in(*sys.argv[1:3], importable.crowded_flow)
