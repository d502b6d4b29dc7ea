"""States of a run folder, and the drawing of a flow: what is connected, what is left out, no box over another."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jobflow import Flow, Response, job

from selflimit.errors import InputError
from selflimit.workflows import open_store
from selflimit.workflows.managers.drawing import HEIGHT, Layout, draw_svg, graph_of, write_mermaid
from selflimit.workflows.managers.status import FlowStatus, JobStatus, local_status
from selflimit.workflows.running.folder import flow_path
from selflimit.workflows.running.local import Listener, run_flow, save_flow


@job
def add(a, b):
    if b == 0:
        raise ValueError("nothing to add")
    return a + b


@job
def fan_out(values):
    parts = [add(value, 1) for value in values]
    last = add(parts[0].output, parts[1].output)
    return Response(replace=Flow([*parts, last], output=last.output))


def flow_of(*jobs):
    return FlowStatus(uuid="u", name="test", state="RUNNING", jobs=jobs)


def one(key, *parents, creator=None, state="WAITING"):
    return JobStatus(key=key, name=f"job {key}", state=state, parents=parents, creator=creator)


def test_what_follows_from_other_arrows_is_left_out():
    graph = graph_of(flow_of(one("a"), one("b", "a"), one("c", "a", "b")))
    assert set(graph.edges) == {("a", "b"), ("b", "c")}


def test_a_job_points_at_the_first_jobs_that_it_made():
    made = (one("x", creator="a"), one("y", "x", creator="a"))
    graph = graph_of(flow_of(one("a"), *made, one("b", "y")))
    assert {edge: graph.edges[edge]["made"] for edge in graph.edges} == {
        ("a", "x"): True,
        ("x", "y"): False,
        ("y", "b"): False,
    }


def test_mermaid_names_every_job_with_its_state_and_escapes_names():
    text = write_mermaid(flow_of(JobStatus(key="a", name='relax "<Li>"', state="FAILED"), one("b", "a", state="READY")))
    assert "relax &quot;&lt;Li&gt;&quot;<br/>failed" in text
    assert re.search(r"j0 --> j1", text)
    assert ":::FAILED" in text


@st.composite
def flows(draw):
    """Jobs whose parents come before them."""
    size = draw(st.integers(1, 12))
    parents = [draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set() for i in range(size)]
    return flow_of(*(one(str(i), *map(str, sorted(parents[i]))) for i in range(size)))


@settings(max_examples=60, deadline=None)
@given(flows())
def test_arrows_lead_to_the_right_and_boxes_do_not_overlap(flow):
    graph = graph_of(flow)
    layout = Layout.of(graph)
    assert all(layout.left(parent) < layout.left(child) for parent, child in graph.edges)
    for nodes in layout.columns:
        boxes = [layout.height[node] for node in nodes if isinstance(node, str)]
        assert all(abs(a - b) >= HEIGHT for a, b in combinations(boxes, 2))
    drawn = ElementTree.fromstring(draw_svg(flow))  # well-formed
    rectangles = drawn.findall(".//{http://www.w3.org/2000/svg}g/{http://www.w3.org/2000/svg}rect")
    width, height = float(drawn.get("width")), float(drawn.get("height"))
    assert len(rectangles) == len(flow.jobs)
    for box in rectangles:
        x, y = float(box.get("x")), float(box.get("y"))
        assert x >= 0 and x + float(box.get("width")) <= width
        assert y >= 0 and y + float(box.get("height")) <= height


@pytest.fixture
def store(empty_store):
    return open_store(empty_store)


def states(folder, store):
    return [(job.name, job.state) for job in local_status(folder, store).jobs]


def test_a_run_folder_tells_what_is_done_what_failed_and_why(store, tmp_path):
    first = add(1, 2)
    broken = add(first.output, 0)
    after = add(broken.output, 1)
    flow = save_flow(flow_path(tmp_path), Flow([first, broken, after]))
    assert [state for _, state in states(tmp_path, store)] == ["READY", "WAITING", "WAITING"]
    with pytest.raises(ValueError, match="nothing to add"):
        run_flow(flow, store, tmp_path, Listener())
    found = local_status(tmp_path, store)
    assert [job.state for job in found.jobs] == ["COMPLETED", "FAILED", "WAITING"]
    assert found.state == "FAILED"
    assert found.jobs[1].error.endswith("ValueError: nothing to add")
    assert found.jobs[2].parents == (f"{broken.uuid}-1",)


def test_jobs_that_a_job_made_are_among_the_states(store, tmp_path):
    fan = fan_out([1, 2])
    after = add(fan.output, 100)
    flow = save_flow(flow_path(tmp_path), Flow([fan, after]))
    assert len(states(tmp_path, store)) == 2
    run_flow(flow, store, tmp_path, Listener())
    found = local_status(tmp_path, store)
    # fan_out, its two additions, their sum, the job that stores the sum as fan_out's own output, and the last one
    assert [job.state for job in found.jobs] == ["COMPLETED"] * 6
    made = [job for job in found.jobs if job.creator == f"{fan.uuid}-1"]
    assert len(made) == 4
    assert found.jobs[-1].parents == (f"{fan.uuid}-2",), "the last job takes what took the place of fan_out"


def test_a_folder_without_a_run_is_said_to_be_one(store, tmp_path):
    with pytest.raises(InputError, match="holds no run"):
        local_status(tmp_path, store)
