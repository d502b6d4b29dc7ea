"""`selflimit import`: from folders, files and a database to a diagram; what is refused names entry and file."""

import json
import uuid

import pytest
from pymatgen.core.entries import ComputedStructureEntry
from pymongo import MongoClient
from spoken import run
from vasp_runs import FUNCTIONALS, MadeRun, task_of, write_run, write_set

from selflimit.documents import common_level
from selflimit.phase_diagrams import competing_entries, read_entries

GGA = FUNCTIONALS["GGA"]


def test_from_folders_to_a_diagram(tmp_path):
    write_set(tmp_path / "runs", incar=FUNCTIONALS["r2SCAN"])
    found = json.loads(run(tmp_path, "import", "runs", "--json")[0])
    assert [(e["formula"], e["level_of_theory"]["model"], e["setup"]["cutoff"]) for e in found["entries"]] == [
        ("Cl2", "r2SCAN", 520.0), ("Li", "r2SCAN", 520.0), ("LiCl", "r2SCAN", 520.0),
    ]  # fmt: skip
    entries = read_entries(tmp_path / "selflimit-import")
    assert sorted(e.energy for e in entries) == pytest.approx([-30.4, -3.8, -3.58])
    docs = []
    for how in (["--entries", "selflimit-import"], ["--entries", "runs"], ["--source", "store"]):
        docs.append(json.loads(run(tmp_path, "diagram", "LiCl", *how, "--samples", "0", "--json")[0])["stabilities"])
    assert docs[0] == docs[1] == docs[2]
    # oxidation where 2 LiCl at -3.80 eV/atom gives up its lithium at -1.90 and chlorine at -1.79
    assert docs[0][0]["segments"][0]["voltage_high"] == pytest.approx(2 * 3.80 - 1.90 - 1.79)


def test_corrections_of_the_materials_project(tmp_path):
    write_set(tmp_path / "runs", ("Fe", "O2", "FeO"), {"FeO": {"incar": FUNCTIONALS["GGA+U"]}}, incar=GGA,
              u_values={"Fe": 5.3})  # fmt: skip
    assert "bridges GGA and GGA+U" in run(tmp_path, "import", "runs", code=2)[1]
    found = json.loads(run(tmp_path, "import", "runs", "--corrections", "MP2020", "--json")[0])["entries"]
    # O in an oxide -0.687 eV, Fe in an oxide with U -2.256 eV (Wang et al. 2021, table of fitted corrections)
    assert {e["formula"]: e["correction"] for e in found} == pytest.approx({"Fe": 0, "O2": 0, "FeO": -0.687 - 2.256})
    assert {e["level_of_theory"]["corrections"] for e in found} == {"MP2020"}


def test_what_is_left_out_is_named(tmp_path):
    write_set(tmp_path / "runs", incar=GGA)
    write_run(tmp_path / "runs" / "bad one", MadeRun("LiCl", GGA, force=0.7))
    assert "bad one/vasprun.xml (LiCl) is not relaxed" in run(tmp_path, "import", "runs", code=2)[1]
    assert not (tmp_path / "selflimit-import").exists()
    said = run(tmp_path, "import", "runs", "--leave-out")[0]
    assert "Left out: runs/bad one/vasprun.xml (LiCl) is not relaxed" in said
    assert len(read_entries(tmp_path / "selflimit-import")) == 3
    run(tmp_path, "import", "runs", "--max-force", "0.9", "--folder", "all")
    assert len(read_entries(tmp_path / "all")) == 4


def test_another_import_is_not_overwritten(tmp_path):
    write_set(tmp_path / "one", incar=GGA)
    write_set(tmp_path / "two", incar=FUNCTIONALS["SCAN"])
    run(tmp_path, "import", "one")
    run(tmp_path, "import", "one")  # the same again is no other
    assert "holds another import" in run(tmp_path, "import", "two", code=2)[1]
    run(tmp_path, "import", "two", "--replace")
    assert common_level(read_entries(tmp_path / "selflimit-import")).model == "SCAN"
    said = run(tmp_path, "diagram", "LiCl", "--source", "store", "--samples", "0", code=2)[1]
    assert "entries of PBE and SCAN" in said
    run(tmp_path, "diagram", "LiCl", "--source", "store", "--level", "SCAN", "--samples", "0", "--k-eff", "0")


def test_a_database_over_the_wire(tmp_path, mongo_server):
    write_set(tmp_path / "runs", incar=FUNCTIONALS["D3(BJ)"])
    tasks = [task_of(folder) for folder in sorted((tmp_path / "runs").iterdir())]
    uri = f"{mongo_server}/tasks-{uuid.uuid4().hex}"
    jobs = [
        {"uuid": str(n), "index": 1, "metadata": {"tags": ["thesis"]}, "output": task} for n, task in enumerate(tasks)
    ]
    with MongoClient(uri) as client:
        database = client.get_default_database()
        database.outputs.insert_many([*jobs, {"uuid": "x", "output": {"energy": 1.0}}])
        database.other.insert_many([{**task, "task_id": str(n)} for n, task in enumerate(tasks[:2])])
    query = '{"metadata.tags": "thesis"}'
    found = json.loads(run(tmp_path, "import", uri, "--query", query, "--json")[0])["entries"]
    assert sorted(e["formula"] for e in found) == ["Cl2", "Li", "LiCl"]
    assert {e["level_of_theory"]["model"] for e in found} == {"PBE+D3(BJ)"}
    assert sorted(e["energy"] for e in found) == pytest.approx([-30.4, -3.8, -3.58])
    some = json.loads(run(tmp_path, "import", uri, "--collection", "other", "--folder", "o", "--json")[0])["entries"]
    assert len(some) == 2
    assert "no collection 'otter'; it has" in run(tmp_path, "import", uri, "--collection", "otter", code=2)[1]
    assert "meet the query" in run(tmp_path, "import", uri, "--query", '{"metadata.tags": "no"}', code=2)[1]
    assert "--query: expected JSON" in run(tmp_path, "import", uri, "--query", "tags", code=2)[1]
    secret = uri.replace("mongodb://", "mongodb://me:geheim@").replace("127.0.0.1", "127.0.0.2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELFLIMIT_STORE_TIMEOUT", "0.3")
        said = run(tmp_path, "import", secret, code=2)[1]
    assert "geheim" not in said and "me:***@" in said


def test_mistakes_on_the_command_line(tmp_path):
    write_set(tmp_path / "runs", incar=GGA)
    assert "did you mean runs?" in run(tmp_path, "import", "rums", code=2)[1]
    assert "expected a mongodb:// URI" in run(tmp_path, "import", "runs", "--collection", "tasks", code=2)[1]
    assert "vasprun.xml is PBE, but r2SCAN was given" in run(tmp_path, "import", "runs", "--level", "r2SCAN", code=2)[1]


def test_sources_of_two_levels_are_no_set(tmp_path):
    write_set(tmp_path / "runs", incar=FUNCTIONALS["r2SCAN"])
    shipped = [entry.as_dict() for entry in competing_entries("Li-Cl", "force-field")]
    (tmp_path / "shipped.json").write_text(json.dumps(shipped))
    said = run(tmp_path, "import", "runs", "shipped.json", code=2)[1]
    assert "expected entries of one level of theory" in said and "CHGNet r2scan" in said and ".xml" in said


def test_entries_come_back_from_the_store_as_they_were(tmp_path):
    """Corrections, temperature and data of an entry survive the store: MP entries and Gibbs energies."""
    mp = [entry.as_dict() for entry in competing_entries("Li-Zr-Cl")]
    for item in mp:
        item["parameters"] = {"run_type": "GGA"}
    (tmp_path / "mp.json").write_text(json.dumps(mp))
    run(tmp_path, "import", "mp.json")
    kept = read_entries(tmp_path / "selflimit-import")
    assert [e.energy for e in kept] == [ComputedStructureEntry.from_dict(item).energy for item in mp]
    assert [e.correction for e in kept] == [ComputedStructureEntry.from_dict(item).correction for item in mp]
