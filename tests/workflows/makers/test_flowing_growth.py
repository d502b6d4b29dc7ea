"""Settings of lithium that flows reach the growth, and each layer is one job for each branch of the product."""

import pytest
from jobflow import OutputReference

from selflimit.errors import InputError
from selflimit.run_settings import RunConfiguration
from selflimit.workflows import InterfaceMaker
from selflimit.workflows.makers.verdicts import FlowingGrowthMaker

REFERENCES = [OutputReference(name) for name in ("electrolyte", "competing", "reactions")]


def test_settings_reach_the_maker():
    settings = RunConfiguration(
        mechanics="film", stack_pressure=5.0, slot_width=2.0, current=2.0, cycles=3, duration=60.0, seed=7
    )
    found = InterfaceMaker.of(settings).flow_maker
    assert isinstance(found, FlowingGrowthMaker)
    assert (found.film, found.stack_pressure, found.slot_width, found.seed) == (True, 5.0, 2.0, 7)
    assert (found.current, found.cycles, found.duration) == (2.0, 3, 60.0)
    assert InterfaceMaker.of(RunConfiguration()).flow_maker is None
    assert InterfaceMaker.of(RunConfiguration(mechanics="flow")).flow_maker.film is False


@pytest.mark.parametrize(
    ("mechanics", "jobs"),
    [
        ("elastic", ["growth fine", "growth graded"]),
        ("flow", ["growth fine on electrolyte", "growth graded on electrolyte"]),
        (
            "film",
            ["growth fine on electrolyte insulate", "growth graded on electrolyte insulate"],
        ),
    ],
)
def test_each_layer_is_grown_and_each_branch(mechanics, jobs):
    maker = InterfaceMaker.of(RunConfiguration(mechanics=mechanics))
    flow = maker.make(*REFERENCES)
    assert [job.name for job in flow.jobs if job.name.startswith("growth")] == jobs
    assert len(flow.output.growths) == len(jobs)
    assert maker.needs_all_products is (mechanics == "film")


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"stack_pressure": 5.0}, "--stack-pressure only with --mechanics flow or film"),
        ({"slot_width": 2.0}, "--slot-width only with"),
        ({"mechanics": "flow", "front": "published"}, "--mechanics flow only with --front single-ion"),
        ({"mechanics": "fluid"}, "expected elastic, flow, film"),
        ({"mechanics": "flow", "stack_pressure": 5e6}, "did you mean 5"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(values, match):
    with pytest.raises(InputError, match=match):
        RunConfiguration(**values)
