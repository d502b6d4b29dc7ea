"""Copies between the embedded store and MongoDB: every byte of every document, also after a copy was killed."""

import os
import signal
import subprocess
import sys
import uuid

import bson
import pytest

from selflimit.documents import Document, FieldFile
from selflimit.errors import InputError
from selflimit.files import sha256
from selflimit.workflows import open_store, write_files
from selflimit.workflows.stores import copying as store_copy
from selflimit.workflows.stores.copying import copy_store
from selflimit.workflows.stores.files import IN_DATA, with_files
from selflimit.workflows.stores.opening import collections_of


@pytest.fixture(params=["to MongoDB", "to a folder"])
def pair(request, mongo_server, tmp_path):
    """Where the source is, and where the copy is to be."""
    places = [str(tmp_path / "embedded"), f"{mongo_server}/copy-{uuid.uuid4().hex}"]
    return places if request.param == "to MongoDB" else places[::-1]


def fill(store, made, count=30):
    """Results, a list of them, a foreign document with every type a database keeps, and a file of three pieces."""
    for number in range(count):
        made.put(store, made.decomposition(float(number), 0.1 * number), f"job-{number}", tags=["a"])
    made.put(store, [made.relaxation("x", -3.0), made.profile(0.0, 0.0, 1.0)], "list")
    odd = {"f": float("nan"), "i": 2**40, "b": b"\x00\xff", "n": None, "u": "Å³", "deep": [[{"k": [1.5, -0.0]}]]}
    collections_of(store)[0]._collection.insert_one({"whose": "another program's", **odd})


class Fields(Document):
    fields: FieldFile


def content(store):
    """The BSON of everything, in an order that does not depend on the store."""
    return [
        sorted(bson.encode(dict(sorted(doc.items()))) for doc in one._collection.find({}))
        for one in collections_of(store)
    ]


def test_everything_arrives_unchanged_and_a_second_copy_does_nothing(pair, made, tmp_path, monkeypatch):
    monkeypatch.setattr("selflimit.workflows.stores.files.PIECE", 1000)
    source, target = map(open_store, pair)
    fill(source, made)
    (tmp_path / "field.bin").write_bytes(os.urandom(2500))
    file = FieldFile(path="field.bin", sha256=sha256(tmp_path / "field.bin"), arrays={})
    carried = with_files(Fields(fields=file), tmp_path)
    source.update({"uuid": "fields", "index": 1, "output": carried}, save={"data": IN_DATA})
    heard = []
    done = copy_store(source, target, progress=lambda fraction, message: heard.append(fraction))
    assert (done.copied, done.already_there, done.replaced) == (
        36,
        0,
        0,
    )  # 30 + list + foreign + document of the file + 3 pieces
    assert content(target) == content(source)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    again = copy_store(open_store(pair[0]), open_store(pair[1]))
    assert (again.copied, again.already_there) == (0, 36)
    [copy] = write_files(open_store(pair[1]).get_output("fields", load=True), tmp_path / "back")
    assert copy.read_bytes() == (tmp_path / "field.bin").read_bytes()


def test_and_back_again_is_the_same(pair, made, tmp_path):
    source, middle, end = (open_store(place) for place in (*pair, str(tmp_path / "end")))
    fill(source, made)
    copy_store(source, middle)
    copy_store(middle, end)
    assert content(end) == content(source)


def test_a_document_that_differs_is_not_overwritten_unless_told(pair, made):
    source, target = map(open_store, pair)
    fill(source, made, 3)
    made.put(target, made.decomposition(99.0, 0.0), "job-1")
    with pytest.raises(InputError, match=r"1 documents were not copied.*job job-1 1 is another one in the target"):
        copy_store(source, target)
    assert target.get_output("job-1")["k_eff"] == 99.0
    assert target.count({}) == 5, "the others are copied all the same"
    assert copy_store(source, target, replace=True).replaced == 1
    assert target.get_output("job-1")["k_eff"] == 1.0
    assert target.count({"uuid": "job-1"}) == 1


def test_what_mongodb_cannot_hold_is_named_and_stops_nothing(made, mongo_server, tmp_path):
    source, target = open_store(str(tmp_path / "s")), open_store(f"{mongo_server}/large-{uuid.uuid4().hex}")
    fill(source, made, 2)
    source.update({"uuid": "huge", "index": 1, "output": "x" * (17 * 2**20)})
    with pytest.raises(InputError, match="job huge 1 has more than the 16 MiB"):
        copy_store(source, target)
    assert target.count({}) == 4


KILLED = """
import sys, time
from selflimit.workflows.stores import copying as store_copy
from selflimit.workflows.stores.opening import open_store
store_copy.BATCH_BYTES = 2000
copy_store, _ = store_copy.copy_store, print("ready", flush=True)
copy_store(*map(open_store, sys.argv[1:]), progress=lambda f, m: (print(m, flush=True), time.sleep(0.02)))
"""


def test_a_copy_that_was_killed_is_finished_by_the_same_call(pair, made):
    """Killed in the midst of the documents: the rest is copied, nothing twice."""
    fill(open_store(pair[0]), made, 60)
    with subprocess.Popen([sys.executable, "-c", KILLED, *pair], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("2") or line.startswith("3"):  # of 62 documents
                process.send_signal(signal.SIGKILL)
                break
    source, target = map(open_store, pair)
    part = target.count({})
    assert 0 < part < 62, "killed before the first or after the last batch: the test tests nothing"
    done = copy_store(source, target)
    assert (done.copied, done.already_there) == (62 - part, part)
    assert content(target) == content(source)


def test_two_copies_at_once_make_no_document_twice(made, mongo_server, tmp_path, monkeypatch):
    """The second one sees an empty target, as it would when both start together."""
    source, target = open_store(str(tmp_path / "s")), open_store(f"{mongo_server}/race-{uuid.uuid4().hex}")
    fill(source, made, 5)
    began = store_copy._insert

    def insert_after_another(store, batch):
        monkeypatch.setattr(store_copy, "_insert", began)
        copy_store(source, target)
        began(store, batch)

    monkeypatch.setattr(store_copy, "_insert", insert_after_another)
    copy_store(source, target)
    assert content(target) == content(source)
