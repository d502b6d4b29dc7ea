"""The same Maker under jobflow's own runner, with and without a folder for each job: it ends with its report."""

import json

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize

from selflimit.structures import parent_cell
from selflimit.workflows import ForceFieldRelaxMaker, InterfaceMaker, OrderingMaker, PhaseDiagramMaker, SelfLimitMaker
from selflimit.workflows.stores.files import without_content
from selflimit.workflows.stores.reading import plain_output

pytest.importorskip("chgnet", reason="the chain's force field is CHGNet: pip install 'selflimit[forcefields]'")

TIMES = {"package_version", "search", "sha256", "@version", "pieces"}
"""What may differ from run to run: compressed files hold times."""


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


def numbers(data):
    if isinstance(data, dict):
        return {key: numbers(value) for key, value in data.items() if key not in TIMES}
    return [numbers(part) for part in data] if isinstance(data, list) else data


@pytest.fixture(scope="module", params=[True, False], ids=["a folder for each job", "one folder"])
def finished(request, tmp_path_factory):
    """The flow, its store and the folder in which it has run."""
    folder = tmp_path_factory.mktemp("runner")
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore(key="blob_uuid")})
    store.connect()
    flow = chain()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_locally(
            flow, store=store, create_folders=request.param, root_dir=folder, log=False,
            ensure_success=True, raise_immediately=True,
        )  # fmt: skip
    return flow, store, folder


KNOWN = {}


def test_the_chain_ends_with_its_report_and_the_same_numbers(finished):
    flow, store, folder = finished
    [page] = folder.rglob("report.html")
    assert page.stat().st_size > 100_000
    stage = flow.output.diagram
    found = {
        "stabilities": plain_output(stage.stabilities, store),
        "stress": plain_output(flow.output.interface.stresses, store),
        "growth": plain_output(flow.output.interface.growths[0], store),
    }
    assert [doc["k_eff"] for doc in found["stabilities"]] == [0.0, 5.0], "the powerup reached the job"
    assert KNOWN.setdefault("numbers", numbers(found)) == numbers(found)


def test_the_documents_of_its_jobs_are_small(finished):
    _, store, _ = finished
    sizes = {doc["name"]: len(json.dumps(jsanitize(without_content(doc["output"])))) for doc in store.query({})}
    assert max(sizes.values()) < 200_000, sizes
