"""A longer growth in the folder of a finished one: which settings extend it, and what of the flow is done again."""

import json

import pytest

from selflimit.errors import InputError
from selflimit.run_settings import RunConfiguration
from selflimit.workflows import InterfaceMaker
from selflimit.workflows.makers.run_flow import continue_growth, extend_run, extended_flow, make_flow
from selflimit.workflows.running.folder import configuration_path
from selflimit.workflows.running.local import jobs_in_order

SHORT = RunConfiguration(duration=2100.0)


def test_outputs_so_far_stay_and_later_ones_keep_their_interval():
    longer = continue_growth(SHORT, RunConfiguration(duration=3000.0))
    assert InterfaceMaker.of(longer).output_times() == [60.0 * n for n in range(1, 51)]
    one_run = RunConfiguration(duration=3000.0, output_every=60.0)
    assert InterfaceMaker.of(one_run).output_times() == InterfaceMaker.of(longer).output_times()
    closer = continue_growth(SHORT, RunConfiguration(duration=2400.0, output_every=100.0))
    assert InterfaceMaker.of(closer).output_times()[-4:] == [2100.0, 2200.0, 2300.0, 2400.0]
    again = continue_growth(longer, RunConfiguration(duration=3100.0))
    assert InterfaceMaker.of(again).output_times()[-2:] == [3060.0, 3100.0]


def test_the_same_command_again_extends_nothing():
    asked = RunConfiguration(duration=3000.0)
    longer = continue_growth(SHORT, asked)
    assert continue_growth(longer, asked) == longer
    assert continue_growth(SHORT, SHORT) == SHORT


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ({}, {"schedule": ("hold:-0.1:2100", "rest:600", "strip:0.5:0.1")}),
        ({"overpotential": -0.05}, {"overpotential": -0.05, "schedule": ("hold:-0.05:2200",)}),
        ({"current": 0.5}, {"schedule": ("pass:0.5:2100", "rest:60")}),
        ({"current": 0.5, "cycles": 2}, {"current": 0.5, "cycles": 3}),
        ({"schedule": ("plate:0.5:0.1",)}, {"schedule": ("plate:0.5:0.2", "rest:60")}),
    ],
)
def test_a_schedule_that_begins_with_what_is_done_goes_on_from_it(kept, asked):
    longer = continue_growth(RunConfiguration(**kept), RunConfiguration(**asked))
    before, after = InterfaceMaker.of(RunConfiguration(**kept)).output_times(), InterfaceMaker.of(longer).output_times()
    assert after[: len(before)] == before
    assert after[-1] > before[-1]


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ({}, {"duration": 2000.0}),
        ({}, {"schedule": ("hold:-0.2:2100", "rest:600")}),
        ({}, {"schedule": ("hold:-0.1:2000", "rest:600")}),
        ({}, {"output_every": 100.0}),
        ({"current": 0.5, "cycles": 2}, {"current": 0.5, "cycles": 1}),
        ({"current": 0.5, "cycles": 2}, {"current": 0.5, "cycles": 2, "duration": 3000.0}),
    ],
)
def test_what_is_done_cannot_be_made_another(kept, asked):
    with pytest.raises(InputError, match="--folder"):
        continue_growth(RunConfiguration(**kept), RunConfiguration(**asked))


def test_another_setting_is_no_extension():
    assert continue_growth(SHORT, RunConfiguration(duration=3000.0, seed=2)) is None


def test_growths_and_report_are_done_again_and_nothing_else(tmp_path):
    small = RunConfiguration(cells=("primitive",), keep=1, duration=60.0)
    flow = make_flow(small, ["mine"])
    longer = continue_growth(small, RunConfiguration(cells=("primitive",), keep=1, duration=90.0))
    jobs = list(jobs_in_order(extended_flow(flow, longer)))
    assert {job.name for job in jobs if job.index == 2} == {"growth fine", "growth graded", "report"}
    assert {job.index for job in jobs} == {1, 2}
    grown = next(job for job in jobs if job.name == "growth fine")
    assert grown.maker.output_times()[-1] == 90.0
    assert all(job.metadata["selflimit"]["configuration"]["duration"] == 90.0 for job in jobs)
    assert all(job.metadata["selflimit"]["flow"] == flow.uuid for job in jobs)
    configuration_path(tmp_path).write_text(json.dumps(small.data()))
    assert extend_run(tmp_path, RunConfiguration(cells=("primitive",), keep=1, duration=90.0)) == longer
    assert json.loads(configuration_path(tmp_path).read_text())["duration"] == 90.0
