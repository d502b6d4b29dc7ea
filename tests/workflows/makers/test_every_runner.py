"""The same Maker under jobflow's own runner, with and without a folder for each job: it ends with its report."""

import json

import pytest
import runner_numbers
from monty.json import jsanitize

from selflimit.structures import parent_cell
from selflimit.workflows import ForceFieldRelaxMaker, InterfaceMaker, OrderingMaker, PhaseDiagramMaker, SelfLimitMaker
from selflimit.workflows.stores.files import without_content

pytest.importorskip("chgnet", reason="the chain's force field is CHGNet: pip install 'selflimit[forcefields]'")


def chain():
    maker = SelfLimitMaker(
        ordering_maker=OrderingMaker(cells=("primitive",), keep=1),
        diagram_maker=PhaseDiagramMaker(k_effs=(0.0,), sampling=None),
        interface_maker=InterfaceMaker(grid_cells=(64, 96), duration=30.0, layers=("fine",)),
    )
    flow = maker.make(parent_cell("LZC-A"))
    flow.update_maker_kwargs({"k_effs": (0.0, 5.0)}, class_filter=PhaseDiagramMaker)
    flow.update_maker_kwargs({"max_force": 0.02}, class_filter=ForceFieldRelaxMaker)
    return flow


@pytest.fixture(scope="module", params=[True, False], ids=["a folder for each job", "one folder"])
def finished(request, tmp_path_factory):
    """The store of the flow and the folder in which it has run."""
    return runner_numbers.run_here(chain(), tmp_path_factory.mktemp("runner"), create_folders=request.param)


KNOWN = {}


def test_the_chain_ends_with_its_report_and_the_same_numbers(finished):
    store, folder = finished
    [page] = folder.rglob("report.html")
    assert page.stat().st_size > 100_000
    found = runner_numbers.all_numbers(store)
    assert [found[f"stabilities/{number}/k_eff"] for number in range(2)] == [0.0, 5.0], "the powerup reached the job"
    assert runner_numbers.differences(found, KNOWN.setdefault("numbers", found)) == []


def test_a_number_that_differs_is_found(finished):
    store, _ = finished
    found = runner_numbers.all_numbers(store)
    pressure = "growth fine/fields/pressure"
    changed = {**found, pressure: found[pressure] + 1e-9, "stabilities/0/k_eff": 1e-12}
    del changed["growth fine/times/0"]
    assert runner_numbers.differences(changed, found) == [pressure, "growth fine/times/0", "stabilities/0/k_eff"]


def test_the_documents_of_its_jobs_are_small(finished):
    store, _ = finished
    sizes = {doc["name"]: len(json.dumps(jsanitize(without_content(doc["output"])))) for doc in store.query({})}
    assert max(sizes.values()) < 200_000, sizes
