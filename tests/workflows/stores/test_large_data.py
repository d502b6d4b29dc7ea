"""Files in the store: the same bytes back, checked, and nowhere but in the folder."""

import base64
import hashlib
from pathlib import Path

import bson
import numpy as np
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import JSONStore, MemoryStore

from selflimit.documents import Document, FieldFile
from selflimit.errors import InputError
from selflimit.files import require_inside
from selflimit.mesoscale import load_fields
from selflimit.mesoscale.field_files import save_fields
from selflimit.workflows import open_store, write_files
from selflimit.workflows.running import identical_work
from selflimit.workflows.stores import files as store_files
from selflimit.workflows.stores.files import IN_DATA, has_content, with_files


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(store_files, "PIECE", 1000)


@pytest.fixture
def store(empty_store):
    return open_store(empty_store)


class Fields(Document):
    fields: FieldFile


@pytest.fixture
def document(tmp_path):
    noise = np.random.default_rng(1).normal(size=(16, 24))
    arrays = {"xi": (noise, "1"), "c": (noise.astype(np.float32), "mol/m^3")}
    return Fields(fields=save_fields(tmp_path, "growth.npz", arrays))


def keep(store, document, folder):
    """As a job with ``data=IN_DATA`` keeps its output."""
    record = {"uuid": "one", "index": 1, "output": with_files(document, folder)}
    store.update(record, save={"data": IN_DATA})


def pieces(store):
    return list(store.additional_stores["data"].query({}))


def test_a_documents_file_comes_back_bit_by_bit(store, document, tmp_path):
    keep(store, document, tmp_path)
    [written] = write_files(store.get_output("one", load=True), tmp_path / "elsewhere")
    assert written == tmp_path / "elsewhere" / "growth.npz"
    there, here = load_fields(written.parent, document.fields), load_fields(tmp_path, document.fields)
    assert {name: array.dtype for name, array in there.items()} == {"xi": np.float64, "c": np.float32}
    assert all(np.array_equal(there[name], here[name]) for name in here)


def test_a_document_without_all_of_its_pieces_is_not_whole(store, document, tmp_path):
    keep(store, document, tmp_path)
    stored = store.query_one({"uuid": "one"})["output"]
    assert len(pieces(store)) == -(-(tmp_path / "growth.npz").stat().st_size // 1000) > 2
    assert has_content(store, stored)
    store.additional_stores["data"].remove_docs({"blob_uuid": pieces(store)[1]["blob_uuid"]})
    assert not has_content(store, stored)
    with pytest.raises(InputError, match="got a reference"):
        write_files(stored, tmp_path / "elsewhere")


def test_a_piece_that_changed_in_the_store_is_refused_and_leaves_nothing(store, document, tmp_path):
    keep(store, document, tmp_path)
    piece = pieces(store)[1]
    changed = base64.b64encode(b"x" * 1000).decode()
    store.additional_stores["data"].update({**piece, "data": changed}, key="blob_uuid")
    with pytest.raises(InputError, match="expected SHA-256"):
        write_files(store.get_output("one", load=True), tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_is_not_the_documents_is_refused(document, tmp_path):
    (tmp_path / "growth.npz").write_bytes(b"another")
    with pytest.raises(InputError, match="expected SHA-256"):
        with_files(document, tmp_path)
    (tmp_path / "growth.npz").unlink()
    with pytest.raises(InputError, match="found none"):
        with_files(document, tmp_path)


def test_a_workers_json_store_takes_files_and_a_database_takes_them_over(store, document, tmp_path):
    """As jobflow-remote does it: the job writes to JSON files, the runner copies their documents to the database."""
    path = str(tmp_path / "additional_store_data.json")
    worker = JobStore(MemoryStore(), additional_stores={"data": JSONStore(path, read_only=False)})
    worker.connect()
    keep(worker, document, tmp_path)
    uploaded = JSONStore(path, key="blob_uuid")
    uploaded.connect()
    for doc in uploaded.query():
        store.additional_stores["data"].update({key: value for key, value in doc.items() if key != "_id"})
    store.docs_store.update(worker.query_one({}), key=["uuid", "index"])
    [written] = write_files(store.get_output("one", load=True), tmp_path / "here")
    assert written.read_bytes() == (tmp_path / "growth.npz").read_bytes()


@identical_work.job(data=IN_DATA)
def large_fields(side):
    noise = np.random.default_rng(1).normal(size=(2, side, side))
    written = save_fields(Path.cwd(), "large.npz", {"xi": (noise[0], "1"), "c": (noise[1], "mol/m^3")})
    return with_files(Fields(fields=written), Path.cwd())


def test_large_fields_leave_the_document_small(store, tmp_path, monkeypatch):
    """16 MB of fields: what is found of them are hash, shape, type and unit; each piece is one that MongoDB takes."""
    monkeypatch.setattr(store_files, "PIECE", 8 * 2**20)
    one = large_fields(1000)
    run_locally(Flow([one]), store=store, create_folders=True, root_dir=tmp_path, log=False, ensure_success=True)
    [stored] = store.docs_store.query({})
    assert len(bson.encode(stored)) < 1e4
    fields = stored["output"]["fields"]
    [file] = tmp_path.glob("*/large.npz")
    assert file.stat().st_size > 10e6, "noise cannot be compressed"
    assert fields["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert fields["arrays"] == {"xi": "1000x1000 float64 1", "c": "1000x1000 float64 mol/m^3"}
    assert sum(len(base64.b64decode(piece["data"])) for piece in pieces(store)) == file.stat().st_size
    assert max(len(bson.encode(piece)) for piece in pieces(store)) < 16 * 2**20


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../../out", "", "a\0b", "link/out", "..", "/"])
def test_no_name_leads_out_of_the_folder(name, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="file name below"):
        require_inside(folder, name)
    with pytest.raises((InputError, ValueError), match="below"):
        write_files({"path": name, "sha256": "x", "pieces": []}, folder)
    assert {path.name for path in tmp_path.iterdir()} <= {"run", "store"}


def test_names_below_the_folder_are_fine(tmp_path):
    assert require_inside(tmp_path, "a/b..c.npz") == tmp_path / "a" / "b..c.npz"
