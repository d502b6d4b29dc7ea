"""What goes wrong on real machines, on purpose: nothing is lost, doubled or half written, and the message says what."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import uuid
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import pytest
import tiny_flow
from pymongo import MongoClient

from selflimit.cli.main import main
from selflimit.errors import InputError, SelflimitError
from selflimit.workflows import open_store, results

HERE = Path(tiny_flow.__file__).resolve().parent
EXPECTED = {"first": 1, "second": 1, "third": 3, "fan": 13, "last": 17}
"""By hand: 1 + 1 + 1 = 3; each of three parts 1 + 3 = 4; gathered 1 + 3 * 4 = 13; last 1 + 13 + 3 = 17."""


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    monkeypatch.setenv("TINY_LOG", str(tmp_path / "log"))
    from selflimit.workflows.running import execution  # noqa: F401  # children are to be killed at work, not importing

    return tiny_flow


def forked(work):
    """Do ``work`` in a child process, which is much faster to start than an interpreter; returns its pid."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            work()
            code = 0
        except SelflimitError:
            code = 2
        finally:
            os._exit(code)
    return pid


def exit_code(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def computed(tmp_path):
    path = tmp_path / "log"
    return path.read_text().splitlines() if path.exists() else []


def finished(folder, where):
    """Names of the jobs whose output is in the store."""
    flow = folder / ".flows" / "flow.json"
    if not flow.exists():
        return set()
    found = open_store(where).query({}, ["output"])
    return {doc["output"].get("name") for doc in found if doc.get("output")}  # of a replaced job it is a reference


def values(folder, where):
    """What the store and the run folder hold at the end."""
    jobs = json.loads((folder / ".flows" / "flow.json").read_text())["jobs"]
    store = open_store(where)
    stored = {one["name"]: store.get_output(one["uuid"])["value"] for one in jobs}
    kept = {path.stem: json.loads(path.read_text())["value"] for path in (folder / "documents").glob("*.json")}
    assert kept == stored
    return stored


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_three_random_moments_and_resumed(tiny, tmp_path, seed):
    """30 kills in all. What was in the store before a resume is not computed by it; the results are the same."""
    chance = random.Random(seed)
    folder, where = tmp_path / "run", str(tmp_path / "store")
    for _ in range(3):
        done, before = finished(folder, where), len(computed(tmp_path))
        pid = forked(lambda: tiny.run_in(folder, where))
        jobs = chance.randrange(3)  # of the nine, so that three kills all come before the end
        while len(computed(tmp_path)) < before + jobs:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.05))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert not done & set(computed(tmp_path)[before:])
    done, before = finished(folder, where), len(computed(tmp_path))
    tiny.run_in(folder, where)
    assert not done & set(computed(tmp_path)[before:])
    assert values(folder, where) == EXPECTED
    # of a job that was computed but not yet stored when the kill came, at most one is repeated per kill
    assert sum(count - 1 for count in Counter(computed(tmp_path)).values()) <= 3
    assert len(list(open_store(where).query({}))) == 5 + 4 + 1  # jobs, the fan-out's parts, its replacement
    assert not list(folder.rglob("*.json.part")), "halves of files are hidden"
    assert json.loads((folder / "provenance.json").read_text())["jobs"]


def at_work(pid):
    """Whether the process is there, and not just waiting for somebody to read its exit code."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_a_run_with_its_workers_and_it_goes_on(tiny, tmp_path, monkeypatch, number):
    """Ctrl-C reaches the command line as KeyboardInterrupt, which it turns into 130 (test_manager); here is none."""
    monkeypatch.setenv("TINY_CROWD", "1")
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)
    command = [sys.executable, str(HERE / "tiny_flow.py"), str(tmp_path / "run"), str(tmp_path / "store")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while len(workers := [line for line in computed(tmp_path) if line.startswith("worker")]) < 2:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)  # the workers would take five minutes
    assert process.returncode == (143 if number == signal.SIGTERM else -number)
    assert ("selflimit: terminated; run the same command again" in said) == (number == signal.SIGTERM)
    assert "KeyError" not in said, "of Python's tracker of semaphores, had it been killed too"
    for line in workers:  # of a process that was killed with -9 they notice it themselves: reading its stderr ended
        assert not at_work(int(line.split()[1]))
    assert not [path for path in (tmp_path / "run").rglob("*") if path.name.endswith(".part")]
    monkeypatch.delenv("TINY_CROWD")
    records = tiny.run_in(tmp_path / "run", str(tmp_path / "store"))
    assert [(record.name, record.reused) for record in records] == [("step", True), ("crowd", False)]


def test_two_runs_into_one_folder_the_second_is_refused(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(tiny, "PAUSE", 0.2)
    pid = forked(lambda: tiny.run_in(tmp_path / "run", str(tmp_path / "store")))
    while not computed(tmp_path):
        time.sleep(0.01)
    with pytest.raises(InputError, match="another run is using"):
        tiny.run_in(tmp_path / "run", str(tmp_path / "store"))
    assert exit_code(pid) == 0
    assert values(tmp_path / "run", str(tmp_path / "store")) == EXPECTED


def test_four_runs_into_one_store_are_safe(tiny, tmp_path, empty_store):
    pids = [forked(lambda n=number: tiny.run_in(tmp_path / f"run-{n}", empty_store)) for number in range(4)]
    assert [exit_code(pid) for pid in pids] == [0] * 4
    assert all(values(tmp_path / f"run-{number}", empty_store) == EXPECTED for number in range(4))
    assert len(list(open_store(empty_store).query({}))) == 40


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 640 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a full disk needs a file system of its own, and mounting one needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk, leave):
    """Fill the file system but for ``leave`` bytes."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "ballast").write_bytes(b"x" * (free - leave))


@pytest.mark.parametrize("leave", [0, 4096, 12288, 20480])
def test_a_full_disk_of_the_run_folder(tiny, small_disk, tmp_path, leave):
    folder, where = small_disk / "run", str(tmp_path / "store")
    fill(small_disk, leave)
    with pytest.raises(OSError, match="No space left on device"):
        tiny.run_in(folder, where)
    for path in folder.rglob("*.json"):
        assert path.name == "configuration.json" or json.loads(path.read_text()), "a document is whole or not there"
    done, before = finished(folder, where), len(computed(tmp_path))
    (small_disk / "ballast").unlink()
    tiny.run_in(folder, where)
    assert values(folder, where) == EXPECTED
    assert not done & set(computed(tmp_path)[before:])


@pytest.mark.parametrize("leave", [32768, 65536])
def test_a_full_disk_of_the_embedded_store(tiny, small_disk, tmp_path, leave):
    folder, where = tmp_path / "run", str(small_disk / "store")
    open_store(where).update({"uuid": "x", "index": 1, "output": None})
    fill(small_disk, leave)
    with pytest.raises((InputError, OSError), match=r"make room on its disk|No space left"):
        for _ in range(20):
            tiny.run_in(folder, where)
            for number in range(20):
                open_store(where).update({"uuid": f"ballast {number}", "index": 1, "output": "x" * 10_000})
    (small_disk / "ballast").unlink()
    tiny.run_in(folder, where)
    assert values(folder, where) == EXPECTED


@pytest.fixture(scope="module", params=["folder", "mongodb"])
def poisoned(request, made, tmp_path_factory):
    """Good documents among everything that does not belong there."""
    embedded = request.param == "folder"
    where = (
        str(tmp_path_factory.mktemp("poisoned")) if embedded else f"{request.getfixturevalue('mongo_server')}/poisoned"
    )
    store = open_store(where)
    made.put(store, made.decomposition(15.0, 1.0), "good", tags=["t"])
    good = store.query_one({"uuid": "good"})["output"]
    size = 50 if embedded else 15  # MB; more than 16 MB do not get into MongoDB
    poison = [
        {**good, "schema_version": "99"},
        {**good, "k_eff": "fifteen"},
        {**good, "reaction_energy": float("nan")},
        {**good, "search": [1, 2]},
        {**good, "search": {"formulas": None}},
        {**good, "products": [{"formula": "LiCl"}] * 3},
        {**good, "formula": "../../etc/passwd"},
        {**good, "level_of_theory": {"@module": "os", "@class": "system", "@version": None}},
        {**good, "reaction": "x" * (size * 2**20)},
        {"@class": "DecompositionDoc"},
        {"@class": ["DecompositionDoc"]},
        {"@class": 7, "search": good["search"]},
        [good["search"], None, [[good]], 1.5, {"@class": "StabilityDoc", "search": good["search"]}],
        "text", 7, None, True, [], {},
    ]  # fmt: skip
    about = {"completed_at": "2026-03-01T12:00:00", "metadata": {"tags": ["t"]}}
    collection = store.docs_store._collection
    collection.insert_many([{"uuid": f"poison-{n}", "output": output, **about} for n, output in enumerate(poison)])
    collection.insert_one({"output": good, "uuid": None, "metadata": None, "completed_at": 20260301})
    collection.insert_one({"completed_at": {"day": "x"}, "metadata": "no", "name": 4, "output": good})
    return where


@pytest.mark.filterwarnings("ignore:.*cannot be read")
@pytest.mark.parametrize(
    "filters",
    [
        {}, {"kind": "DecompositionDoc"}, {"formula": "Li2ZrCl6"}, {"chemsys": "Cl-Li-Zr"}, {"k_eff": 15.0},
        {"voltage": (0.5, 1.5)}, {"level": "model-A"}, {"tag": "t"}, {"since": "2026-01-01"}, {"sort": "-date"},
        {"sort": "k_eff"},
    ],
)  # fmt: skip
def test_poisoned_documents_do_not_stop_queries_of_the_others(poisoned, filters, made):
    store = open_store(poisoned)
    assert made.decomposition(15.0, 1.0) in results(store, **filters)
    assert made.decomposition(15.0, 1.0) in results(store, limit=1000, **filters)
    rows = results(store, fields=["uuid", "formula", "k_eff", "reaction_energy"], **filters)
    assert {"uuid": "good", "formula": "Li2ZrCl6", "k_eff": 15.0, "reaction_energy": -1.0} in rows
    json.dumps([{**row, "uuid": str(row["uuid"])} for row in rows], allow_nan=False)


def test_the_command_line_survives_a_poisoned_store(poisoned, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert main(["results", "--store", poisoned, "--k-eff", "15", "--json"]) == 0
    assert any(one["reaction_energy"] == -1.0 for one in json.loads(capsys.readouterr().out))


class Bomb:
    def __reduce__(self):
        return (os.mkdir, (os.environ["BOMB"],))


@pytest.fixture
def bomb(tmp_path, monkeypatch):
    """An archive of NumPy arrays, one of which is a pickle that makes a folder when it is loaded."""
    monkeypatch.setenv("BOMB", str(tmp_path / "exploded"))
    path = tmp_path / "bomb.npz"
    np.savez(path, header=np.array([Bomb()], dtype=object), xi=np.array([Bomb()], dtype=object))
    with np.load(path, allow_pickle=True) as stored:
        assert stored["xi"].shape == (1,)
    assert (tmp_path / "exploded").is_dir(), "the control: it does go off where pickles are allowed"
    (tmp_path / "exploded").rmdir()
    return path


def test_no_pickle_is_loaded(bomb, tmp_path):
    from selflimit.documents import FieldFile
    from selflimit.files import sha256
    from selflimit.mesoscale import load_fields
    from selflimit.mesoscale.growth.checkpoint import CheckpointFile

    file = FieldFile(path="bomb.npz", sha256=sha256(bomb), arrays={"xi": "1 object 1"})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_fields(tmp_path, file)
    with pytest.raises(InputError, match="delete it and start again"):
        CheckpointFile(bomb, {}).load()
    assert not (tmp_path / "exploded").exists()


def test_no_source_file_allows_pickles():
    """numpy refuses them by default; nobody may switch that on, or load them in another way."""
    root = HERE.parents[1]
    forbidden = re.compile(
        r"allow_pickle\s*=\s*True|^\s*(import|from)\s+(c?pickle|dill|joblib|shelve)\b|torch\.load", re.M
    )
    folders = ("structures", "phase_diagrams", "mesoscale", "workflows", "src")
    faults = [
        path for folder in folders for path in (root / folder).rglob("*.py") if forbidden.search(path.read_text())
    ]
    assert faults == []
    assert forbidden.search("    import pickle\n"), "the control"


SECRET = "s3cr3t-Pa55"


@pytest.fixture
def with_password(mongo_server):
    """URI of a database with a user and a password."""
    if "@" in mongo_server:
        pytest.skip("the given server has its own accounts")
    name = f"user-{uuid.uuid4().hex[:8]}"
    client = MongoClient(mongo_server)
    roles = [{"role": "readWriteAnyDatabase", "db": "admin"}]
    client["admin"].command("createUser", name, pwd=SECRET, roles=roles)
    yield mongo_server.replace("://", f"://{name}:{SECRET}@") + f"/secret-{name}?authSource=admin"
    client["admin"].command("dropUser", name)


def test_the_password_is_in_no_file_document_or_message(with_password, tiny, tmp_path, capfd, mongo_server, made):
    folder = tmp_path / "run"
    tiny.run_in(folder, with_password)
    store = open_store(with_password)
    made.put(store, made.decomposition(15.0, 1.0), "one")
    assert main(["results", "--store", with_password, "--k-eff", "15"]) == 0
    wrong = with_password.replace(SECRET, "wrong-" + SECRET)
    assert main(["results", "--store", wrong]) == 2
    assert main(["results", "--store", with_password + "&nonsense=:"]) == 2
    assert main(["results", "--store", with_password, "--kind", "Nonsense"]) == 2
    said = "".join(capfd.readouterr())
    assert "15" in said
    assert SECRET not in said
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    database = MongoClient(mongo_server)[with_password.split("/")[-1].split("?")[0]]
    documents = [doc for name in database.list_collection_names() for doc in database[name].find({})]
    assert len(documents) > 5
    assert SECRET not in repr(documents)
    assert "***@" in (folder / "provenance.json").read_text()


@pytest.mark.slow
def test_the_whole_chain_killed_at_five_random_moments_gives_the_same_numbers(tmp_path):
    """As a user runs it, force field and phase field included; about five minutes."""
    pytest.importorskip("chgnet", reason="the chain's force field is CHGNet: pip install 'selflimit[forcefields]'")
    small = ["--cell", "primitive", "--keep", "1", "--k-eff", "0", "--duration", "20", "--grid", "64", "96"]
    command = [sys.executable, "-m", "selflimit.cli.main", "run", *small, "--folder", "run", "--store", "store"]
    places = {name: tmp_path / name for name in ("whole", "killed")}
    for place in places.values():
        place.mkdir()
    begin = time.monotonic()
    subprocess.run(command, cwd=places["whole"], check=True, capture_output=True)
    needed = time.monotonic() - begin
    chance = random.Random(1)
    for _ in range(5):
        with subprocess.Popen(command, cwd=places["killed"], stdout=subprocess.DEVNULL) as process:
            time.sleep(chance.uniform(0.1, 0.7) * needed)
            process.kill()
    subprocess.run(command, cwd=places["killed"], check=True, capture_output=True)
    whole, killed = (_numbers(place / "run") for place in places.values())
    assert set(whole) == set(killed)
    for name, number in whole.items():
        assert killed[name] == pytest.approx(number, rel=1e-6, abs=1e-9), name


def _numbers(folder):
    """Every number in the documents by its place."""
    found = {}

    def collect(data, place):
        if isinstance(data, dict):
            for key, value in data.items():
                collect(value, f"{place}.{key}")
        elif isinstance(data, list):
            for number, value in enumerate(data):
                collect(value, f"{place}.{number}")
        elif isinstance(data, float):
            found[place] = data

    for path in sorted((folder / "documents").glob("*.json")):
        collect(json.loads(path.read_text()), path.stem)
    return found
