"""Files in the store: the same bytes back, once, checked, and nowhere but in the folder."""

import base64
import hashlib
from pathlib import Path

import bson
import numpy as np
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import JSONStore, MemoryStore

from selflimit.documents import FieldFile
from selflimit.errors import InputError
from selflimit.mesoscale.field_files import load_fields, save_fields
from selflimit.workflows import carried_files
from selflimit.workflows.running import identical_work as reuse
from selflimit.workflows.stores import files as large_data
from selflimit.workflows.stores.files import get_file, has_file, inside, put_file
from selflimit.workflows.stores.opening import open_store


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(large_data, "PIECE", 1000)


@pytest.fixture
def store(empty_store):
    return open_store(empty_store)


@pytest.fixture
def fields(tmp_path):
    noise = np.random.default_rng(1).normal(size=(16, 24))
    return save_fields(tmp_path, "growth.npz", {"xi": (noise, "1"), "c": (noise.astype(np.float32), "mol/m^3")})


def pieces(store):
    return list(store.additional_stores["data"].query({}))


def test_a_documents_file_comes_back_bit_by_bit(store, fields, tmp_path):
    put = put_file(store, tmp_path / "growth.npz")
    assert put.sha256 == fields.sha256
    assert put.arrays["c"].startswith("16x24 float32")
    get_file(store, fields, tmp_path / "elsewhere")  # by the document's own reference
    there, here = load_fields(tmp_path / "elsewhere", fields), load_fields(tmp_path, fields)
    assert {name: array.dtype for name, array in there.items()} == {"xi": np.float64, "c": np.float32}
    assert all(np.array_equal(there[name], here[name]) for name in here)


def test_the_same_bytes_are_stored_once_and_a_put_that_was_killed_goes_on(store, fields, tmp_path):
    put_file(store, tmp_path / "growth.npz")
    count = len(pieces(store))
    assert count == -(-(tmp_path / "growth.npz").stat().st_size // 1000) > 2
    put_file(store, tmp_path / "growth.npz")
    assert len(pieces(store)) == count
    store.additional_stores["data"].remove_docs({"piece": 1})
    assert not has_file(store, fields)
    with pytest.raises(InputError, match="not whole"):
        get_file(store, fields, tmp_path / "elsewhere")
    put_file(store, tmp_path / "growth.npz")
    assert has_file(store, fields)


def test_a_piece_that_changed_in_the_store_is_refused_and_leaves_nothing(store, fields, tmp_path):
    put_file(store, tmp_path / "growth.npz")
    piece = pieces(store)[1]
    store.additional_stores["data"].update({**piece, "data": b"x" * len(piece["data"])}, key="blob_uuid")
    with pytest.raises(InputError, match="expected SHA-256"):
        get_file(store, fields, tmp_path / "elsewhere")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_empty_file_is_a_file(store, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert get_file(store, put_file(store, tmp_path / "empty"), tmp_path / "e").read_bytes() == b""


def test_a_workers_json_store_takes_files_and_a_database_takes_them_over(store, fields, tmp_path):
    """As jobflow-remote does it: the job writes to JSON files, the runner copies their documents to the database."""
    path = str(tmp_path / "additional_store_data.json")
    worker = JobStore(MemoryStore(), additional_stores={"data": JSONStore(path, read_only=False)})
    worker.connect()
    put_file(worker, tmp_path / "growth.npz")
    uploaded = JSONStore(path, key="blob_uuid")
    uploaded.connect()
    for doc in uploaded.query():
        store.additional_stores["data"].update({key: value for key, value in doc.items() if key != "_id"})
    assert all(base64.b64decode(piece["data"]) for piece in pieces(store))
    assert get_file(store, fields, tmp_path / "here").read_bytes() == (tmp_path / "growth.npz").read_bytes()


@reuse.job(config=carried_files.WITH_STORE)
def large_fields(side):
    noise = np.random.default_rng(1).normal(size=(2, side, side))
    fields = save_fields(Path.cwd(), "large.npz", {"xi": (noise[0], "1"), "c": (noise[1], "mol/m^3")})
    return [fields, carried_files.carried(fields)]


def test_large_fields_leave_the_document_small(store, tmp_path, monkeypatch):
    """16 MB of fields: what is found of them are hash, shape, type and unit; each piece is one that MongoDB takes."""
    monkeypatch.setattr(large_data, "PIECE", 8 * 2**20)
    one = large_fields(1000)
    run_locally(Flow([one]), store=store, create_folders=True, root_dir=tmp_path, log=False, ensure_success=True)
    [stored] = store.docs_store.query({})
    assert len(bson.encode(stored)) < 1e4
    fields, _ = stored["output"]
    [file] = tmp_path.glob("*/large.npz")
    assert file.stat().st_size > 10e6, "noise cannot be compressed"
    assert fields["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert fields["arrays"] == {"xi": "1000x1000 float64 1", "c": "1000x1000 float64 mol/m^3"}
    assert sum(len(piece["data"]) for piece in pieces(store)) == file.stat().st_size
    assert max(len(piece["data"]) for piece in pieces(store)) <= 8 * 2**20


def test_a_store_without_data_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    store = JobStore(MemoryStore())
    store.connect()
    with pytest.raises(InputError, match="additional store 'data'"):
        put_file(store, tmp_path / "a")
    with pytest.raises(InputError, match="which is none"):
        put_file(store, tmp_path / "b")


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../../out", "", "a\0b", "link/out", "..", "/"])
def test_no_name_leads_out_of_the_folder(name, tmp_path, store):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="file name below"):
        inside(folder, name)
    (tmp_path / "bytes").write_bytes(b"x")
    file = put_file(store, tmp_path / "bytes")
    with pytest.raises(InputError, match="file name below"):
        get_file(store, FieldFile.model_construct(path=name, sha256=file.sha256, arrays={}), folder)
    assert {path.name for path in tmp_path.iterdir()} <= {"run", "bytes", "store"}


def test_names_below_the_folder_are_fine(tmp_path):
    assert inside(tmp_path, "a/b..c.npz") == tmp_path / "a" / "b..c.npz"
