"""Stores that may only be read answer queries; a damaged store, built anew, has all that a run folder holds."""

import os
import random
import shutil
import sqlite3
import traceback
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import bson
import pytest
import tiny_flow
from jobflow import Flow

from selflimit.cli.main import main
from selflimit.documents import ReportDoc
from selflimit.errors import InputError
from selflimit.files import sha256
from selflimit.workflows import open_store, results, write_files
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.running.repairing import repair_store
from selflimit.workflows.stores.files import IN_DATA, with_files
from selflimit.workflows.stores.salvaging import salvage_rows

CONTENT = "<title>a page</title>" * 1000


@job(data=IN_DATA)
def write_page():
    """A document with a file, as a report is."""
    Path("page.html").write_text(CONTENT, encoding="utf-8")
    page = ReportDoc(path="page.html", sha256=sha256(Path("page.html")), figures=[])
    return with_files(page, Path.cwd())


def flow_with_page():
    flow = tiny_flow.tiny_flow()
    page = write_page()
    page.name = "page"
    return Flow([flow, page], name="tiny with a page")


@pytest.fixture
def run(monkeypatch, tmp_path):
    """A run folder and the store it wrote to."""
    monkeypatch.setenv("TINY_LOG", str(tmp_path / "log"))
    tiny_flow.run_in(tmp_path / "run", str(tmp_path / "store"), flow_with_page)
    return tmp_path / "run", tmp_path / "store"


def names_in(folder):
    """Jobs that the run folder has documents of."""
    return {path.stem for path in (folder / "documents").iterdir()}


def outputs(store, names):
    """Outputs of the jobs of these names; files as their content."""
    found = {doc["name"]: doc["uuid"] for doc in store.query({"name": {"$in": list(names)}}, ["name", "uuid"])}
    return {name: store.get_output(uuid, load=True) for name, uuid in found.items()}


@pytest.mark.parametrize("part", ["outputs", "data"])
def test_a_store_truncated_anywhere_gets_back_what_the_run_folder_holds(run, part, tmp_path):
    folder, where = run
    before = outputs(open_store(str(where)), names_in(folder))
    assert before.keys() == {"first", "second", "third", "fan", "last", "page"}
    file = where / "db" / f"{part}.collection"
    size, chance = file.stat().st_size, random.Random(part)
    whole = tmp_path / "whole"
    shutil.copytree(where, whole)
    for offset in [0, *(chance.randrange(size) for _ in range(9))]:
        shutil.rmtree(where)
        shutil.copytree(whole, where)
        os.truncate(file, offset)
        done = repair_store(str(where), [folder])
        store = open_store(str(where))
        assert outputs(store, before) == before, (offset, done)
        [page] = results(store, kind="ReportDoc")
        assert write_files(store.get_output(before_uuid(store), load=True), tmp_path / f"{part}{offset}")
        assert (tmp_path / f"{part}{offset}" / "page.html").read_text() == CONTENT
        assert page.path == "page.html"
        assert Path(done.damaged, "db", f"{part}.collection").stat().st_size == offset, "the damaged one is kept"
        shutil.rmtree(done.damaged)
    (tmp_path / "log").unlink()
    tiny_flow.run_in(folder, str(where))
    assert not (tmp_path / "log").exists(), "a resume finds everything finished"


def before_uuid(store):
    return store.query_one({"name": "page"})["uuid"]


def test_a_page_that_is_damaged_costs_only_its_own_rows(tmp_path, made):
    """Without any run folder: of 300 documents all but those on the overwritten page are read."""
    store = open_store(str(tmp_path / "store"))
    store.docs_store._collection.insert_many(
        [{"uuid": f"{i:04}", "index": 1, "output": {"text": "x" * 500}} for i in range(300)]
    )
    store.close()
    path = tmp_path / "store" / "db" / "outputs.collection"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    begin = 4096 * (content.find(b"0150") // 4096)
    content[begin : begin + 4096] = bytes(random.Random(1).randrange(256) for _ in range(4096))
    path.write_bytes(content)
    found = list(salvage_rows(path))
    assert 290 <= len(found) < 300
    assert all(bson.decode(content)["output"]["text"] == "x" * 500 for _, content in found)
    done = repair_store(str(tmp_path / "store"), [])
    assert done.read == len(found)
    assert open_store(str(tmp_path / "store")).count({}) == len(found)


def test_the_message_of_a_damaged_store_names_the_command_that_mends_it(run, capsys):
    folder, where = run
    file = where / "db" / "outputs.collection"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(file, 5000)
    assert main(["results", "--store", str(where)]) == 2
    said = capsys.readouterr().err
    assert f"selflimit store repair {where} RUN_FOLDER" in said
    assert main(["store", "repair", str(where), str(folder)]) == 0
    assert "outputs of run folders; the damaged one is kept as" in capsys.readouterr().out
    assert main(["results", "--store", str(where), "--kind", "ReportDoc"]) == 0
    assert main(["store", "repair", str(where), str(folder)]) == 2
    assert "is there already; move it away" in capsys.readouterr().err


def test_what_is_no_store_is_not_repaired(tmp_path, capsys):
    for where in (str(tmp_path), "mongodb://localhost/x"):
        with pytest.raises(InputError, match="expected the folder of an embedded store"):
            repair_store(where, [])
    open_store(str(tmp_path / "store"))
    with pytest.raises(InputError, match="holds no run; give folders of runs that wrote to the store"):
        repair_store(str(tmp_path / "store"), [tmp_path])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"], "nothing was moved"


def read_only(folder, allowed=False):
    """Take or give the right to write, as on a colleague's folder; root is asked to become somebody else."""
    for path in (folder, *folder.rglob("*")):
        path.chmod((0o755 if path.is_dir() else 0o644) if allowed else (0o555 if path.is_dir() else 0o444))


def in_another_account(work):
    """Exit code of ``work`` in a child process without root's rights."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def public_folder():
    """A folder that every account may read, as pytest's own are not."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_store_that_may_not_be_written_to_answers_queries_and_refuses_results(run, public_folder):
    folder, where = run
    where = Path(shutil.copytree(where, public_folder / "store"))
    before = outputs(open_store(str(where)), names_in(folder))
    read_only(where)

    def query():
        assert not os.access(where, os.W_OK)
        store = open_store(str(where), must_exist=True)
        assert outputs(store, before) == before
        [page] = results(store, kind="ReportDoc")
        assert page.path == "page.html"
        with pytest.raises(InputError, match="may not be written to"):
            store.update({"uuid": "x", "index": 1, "output": 1})
        with pytest.raises(InputError, match="may not be written to"):
            open_store(str(where))
        assert main(["results", "--store", str(where), "--json"]) == 0

    assert in_another_account(query) == 0
    read_only(where, allowed=True)
