"""Provenance in every job's document, and identical work taken over instead of repeated."""

import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from jobflow import Flow, Maker, Response, job, run_locally

from selflimit import workflows
from selflimit.documents import Document, FieldFile
from selflimit.mesoscale.field_files import save_fields
from selflimit.versions import NO_CHECKOUT
from selflimit.workflows import PhaseDiagramMaker, open_store
from selflimit.workflows.running import identical_work as reuse
from selflimit.workflows.stores.files import IN_DATA, with_files

RUNS = []


@job
def add(a, b, *, scale=1):
    RUNS.append((a, b))
    return scale * (a + b)


@job
def multiply(a, b):
    return a * b


@reuse.job
def subtract(a, b):
    return a - b


@dataclass
class Subtraction(Maker):
    name: str = "subtraction"
    scale: int = 2

    @reuse.job(metadata={"mine": 1})
    def make(self, a, b):
        return self.scale * (a - b)


@reuse.job
def fan_out(a):
    parts = [subtract(a, 1)]
    parts.append(subtract(parts[0].output, 1))
    return Response(replace=Flow(parts, output=parts[1].output))


class Fields(Document):
    fields: FieldFile


@job(data=IN_DATA)
def fields(folder, value):
    RUNS.append("fields")
    written = save_fields(Path(folder), "out.npz", {"xi": (np.full(4, value), "1")})
    return with_files(Fields(fields=written), Path(folder))


@pytest.fixture(autouse=True)
def released(monkeypatch):
    """As an installed package: reuse of a source tree that is being changed is refused, which has its own test."""
    RUNS.clear()
    monkeypatch.setattr(reuse, "_revision", lambda: NO_CHECKOUT)


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"))


def ran(one, store):
    """Stamp and run a job, as the local runner does."""
    reuse.stamp(one, store)
    one.run(store)
    return one


def test_the_hash_is_of_function_and_values_not_of_who_made_them(store):
    first, other = ran(add(1, 2), store), ran(add(0, 3), store)
    digest = reuse.inputs_hash(add(first.output, 4), store)
    assert digest == reuse.inputs_hash(add(other.output, 4), store) == reuse.inputs_hash(add(3, 4), store)
    assert digest == reuse.inputs_hash(add(3, 4), store), "no uuid or time in it"
    different = [add(4, 3), add(3, 4, scale=2), add(3, 4.5), multiply(3, 4), add(a=3, b=4), add(3, [4])]
    assert digest not in {reuse.inputs_hash(one, store) for one in different}


def test_the_hash_does_not_change_with_versions_of_the_arguments_writer(store, made):
    doc = made.decomposition(15.0, 1.0)
    older = doc.model_copy(update={"package_version": "0.0.9"})
    assert reuse.inputs_hash(add(doc, 1), store) == reuse.inputs_hash(add(older, 1), store)
    assert reuse.inputs_hash(add(doc, 1), store) != reuse.inputs_hash(add(made.decomposition(15.0, 1.1), 1), store)


def test_the_hash_is_the_same_in_another_process(store):
    """Nothing in it may hang on an address, a seed or the order of a set."""
    code = (
        "from jobflow import JobStore; from maggma.stores import MemoryStore;"
        "from selflimit.workflows import PhaseDiagramMaker;"
        "from selflimit.workflows.running import identical_work as reuse;"
        "s = JobStore(MemoryStore()); s.connect();"
        "print(reuse.inputs_hash(PhaseDiagramMaker().find_competing('Li2ZrCl6'), s))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == reuse.inputs_hash(PhaseDiagramMaker().find_competing("Li2ZrCl6"), store)


def test_a_document_says_what_it_was_made_from(store):
    first = ran(add(1, 2), store)
    second = ran(add(first.output, 10), store)
    provenance = store.query_one({"uuid": second.uuid})["metadata"]["provenance"]
    assert provenance["parents"] == [first.uuid]
    assert provenance["inputs_hash"] == reuse.inputs_hash(add(3, 10), store)
    assert provenance["host"] == socket.gethostname()
    assert {"selflimit", "python", "jobflow", "pymatgen"} <= set(provenance["versions"])
    assert provenance["git_revision"] == NO_CHECKOUT


def test_another_runner_stamps_too(store):
    """jobflow's own runner knows nothing of provenance; the job's decorator does."""
    one = subtract(5, 2)
    two = Subtraction().make(one.output, 1)
    three = fan_out(two.output)
    run_locally(Flow([one, two, three]), store=store, create_folders=False, log=False)
    assert [store.get_output(each.uuid) for each in (one, two, three)] == [3, 4, 2]
    stored = list(store.query({}, sort={"completed_at": 1}))
    digests = [doc["metadata"]["provenance"]["inputs_hash"] for doc in stored]
    again = [subtract(5, 2), Subtraction().make(3, 1), fan_out(4), subtract(4, 1), subtract(3, 1), fan_out(4)]
    assert digests == [reuse.inputs_hash(each, store) for each in again]
    parents = [doc["metadata"]["provenance"]["parents"] for doc in stored]
    assert parents == [[], [one.uuid], [two.uuid], [], [stored[3]["uuid"]], [two.uuid]]
    assert stored[1]["metadata"]["mine"] == 1
    assert all(doc["metadata"]["provenance"]["host"] == socket.gethostname() for doc in stored)


def test_every_job_of_this_package_is_traced():
    """A job made by jobflow's own decorator would leave no trace where a job manager runs it."""
    folder = Path(workflows.__path__[0])
    own = re.compile(r"^from jobflow import .*\bjob\b", re.M)
    assert {path.name for path in folder.rglob("*.py") if own.search(path.read_text())} == set()
    assert own.search("from jobflow import Flow, job"), "the control"


def test_identical_work_is_taken_over_with_its_origin(store, tmp_path):
    first = ran(add(1, 2), store)
    second = add(1, 2)
    reuse.stamp(second, store)
    assert reuse.reuse_output(second, store, tmp_path)
    assert RUNS == [(1, 2)]
    assert store.get_output(second.uuid) == 3
    provenance = store.query_one({"uuid": second.uuid})["metadata"]["provenance"]
    assert provenance["reused_from"] == first.uuid
    other = add(1, 3)
    reuse.stamp(other, store)
    assert not reuse.reuse_output(other, store, tmp_path)


@pytest.mark.parametrize(
    ("versions", "revision", "same"),
    [
        ({}, NO_CHECKOUT, True),
        ({"numpy": "1.0"}, NO_CHECKOUT, True),
        ({"selflimit": "0.0.1"}, NO_CHECKOUT, False),
        ({"chgnet": "9.9"}, NO_CHECKOUT, False),
        ({}, "0123abcd", False),
    ],
)
def test_only_compatible_versions_are_taken_over(store, versions, revision, same):
    first = ran(add(1, 2), store)
    stored = store.query_one({"uuid": first.uuid})
    provenance = stored["metadata"]["provenance"]
    digest = provenance["inputs_hash"]
    provenance["versions"] |= versions
    provenance["git_revision"] = revision
    store.docs_store.update(stored, ["uuid", "index"])
    assert (reuse.find_identical(store, digest) is not None) == same


def test_a_source_tree_under_change_reuses_nothing(store, monkeypatch):
    monkeypatch.setattr(reuse, "_revision", lambda: "0123abcd-dirty")
    first = ran(add(1, 2), store)
    assert reuse.find_identical(store, first.metadata["provenance"]["inputs_hash"]) is None


def test_files_of_reused_work_come_along_or_the_job_runs(store, tmp_path):
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    ran(fields(str(run), 1.0), store)
    second = fields(str(run), 1.0)
    reuse.stamp(second, store)
    assert reuse.reuse_output(second, store, elsewhere)
    assert (elsewhere / "out.npz").read_bytes() == (run / "out.npz").read_bytes()
    store.additional_stores["data"].remove_docs({})
    third = fields(str(run), 1.0)
    reuse.stamp(third, store)
    assert not reuse.reuse_output(third, store, elsewhere), "its file is not in the store: it must be computed"


def test_the_makers_settings_count(store, made):
    from selflimit.workflows import ForceFieldElasticMaker

    def digest(**settings):
        return reuse.inputs_hash(ForceFieldElasticMaker(**settings).make([made.relaxation("x", -3.0)]), store)

    assert digest() == digest()
    assert digest() != digest(force_field="CHGNet-0.3.0")
