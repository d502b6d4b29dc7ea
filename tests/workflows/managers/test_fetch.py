"""Results of a submitted flow brought into a folder, while it runs and when it is done."""

import json
from pathlib import Path

import managed_projects
from jobflow import Flow

from selflimit.cli.main import main
from selflimit.structures import parent_cell
from selflimit.workflows import OrderingMaker, open_store
from selflimit.workflows.makers.flow_parts import named
from selflimit.workflows.makers.orderings import orderings_to_relax
from selflimit.workflows.managers import jobflow_remote as manager


def test_fetch_says_at_every_state_what_is_missing_and_completes_the_folder(
    empty_store, made, tmp_path, capsys, monkeypatch
):
    """A chain of 22 jobs, fetched after each of them."""
    names = {f"uuid-{i}": f"job {i}" for i in range(22)}
    about = {"flow": "abcdef", "configuration": {"parent": "LZC-A"}, "jobs": names}
    store, fetch = open_store(empty_store), ["fetch", "abc", "--store", empty_store, "--folder"]
    monkeypatch.chdir(tmp_path)
    for done, (uuid, name) in enumerate(names.items(), start=1):
        made.put(store, {"formula": name}, uuid)
        stored = store.docs_store.query_one({"uuid": uuid})
        store.docs_store.update({**stored, "name": name, "metadata": {"selflimit": about}}, ["uuid", "index"])
        missing = [f"job {i}" for i in range(done, 22)]
        capsys.readouterr()
        assert main([*fetch, "here", "--json"]) == (3 if missing else 0)
        assert json.loads(capsys.readouterr().out)["missing"] == missing
        written = {path.stem for path in Path("here/documents").iterdir()}
        assert len(written) == done
    assert main([*fetch, "here"]) == 0
    assert "missing" not in capsys.readouterr().out
    Path("other").mkdir()
    Path("other/mine.txt").write_text("mine")
    assert main([*fetch, "other"]) == 2
    assert "which holds files that were not fetched" in capsys.readouterr().err
    assert [path.name for path in Path("other").iterdir()] == ["mine.txt"]


def test_fetch_before_the_first_job_has_finished(mongo_server, tmp_path, capsys, monkeypatch):
    project = managed_projects.new_project(tmp_path, mongo_server, monkeypatch)
    found = named(OrderingMaker(keep=1).rank(parent_cell("LZC-A"), "primitive"), "orderings primitive")
    chosen = named(orderings_to_relax([found.output]), "orderings to relax")
    flow = Flow([found, chosen], output=chosen.output, name="small")
    manager.submit(flow, project.name, None, {}, None, {})
    fetch = ["fetch", flow.uuid[:8], "--project", project.name, "--folder", str(tmp_path / "here")]
    assert main(fetch) == 3
    said = capsys.readouterr().out
    assert "still missing: orderings primitive, orderings to relax" in said
    assert f"`selflimit status {flow.uuid[:8]}` says why" in said
