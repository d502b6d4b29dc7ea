"""Bundled data, user files and the Materials Project client: what comes, and how each failure is told."""

import json
import shutil
import sys
import time
from importlib.resources import as_file

import pytest
from mp_api.client.core.exceptions import MPRestError
from pymatgen.analysis.phase_diagram import PhaseDiagram

from selflimit.documents import LevelOfTheory, level_of
from selflimit.errors import InputError, LevelOfTheoryError, MissingDependencyError
from selflimit.phase_diagrams import (
    bundled_catalogue,
    bundled_structure,
    bundled_structures,
    bundled_text,
    competing_entries,
    read_entries,
    with_experimental_volumes,
)
from selflimit.phase_diagrams.entries.bundled import (
    bundled_phases,
    data_folder,
    elements_of,
    left_out_phases,
    symbols_in,
)
from selflimit.phase_diagrams.entries.sources import competing_structures, mp_number

# --- bundled -----------------------------------------------------------------------------------------------------


def test_bundled_hull_equals_the_published_one(mp_entries):
    """Formation energies (eV/atom) of the MP2020-corrected MP hull, as published for these mp ids."""
    hull = PhaseDiagram(mp_entries)
    found = {mp_number(e): hull.get_form_energy_per_atom(e) for e in mp_entries}
    published = {"mp-22905": -2.1164, "mp-23162": -2.0531, "mp-22871": -2.1958, "mp-569175": -2.2669}
    assert {name: found[name] for name in published} == pytest.approx(published, abs=1e-4)  # four decimals published


def test_bundled_entries_carry_their_level(mp_entries):
    assert {level_of(e).label for e in mp_entries} == {"PBE (MP GGA) + MP2020 corrections"}
    assert len(competing_entries("Zr-Cl")) == 6  # Zr, Cl2, ZrCl, ZrCl2, ZrCl3, ZrCl4


def test_bundled_corrections_are_those_of_mp2020(mp_entries):
    """-0.614 eV per chloride ion (Wang et al. 2021), none for the elements."""
    for e in mp_entries:
        expected = 0.0 if len(e.composition) == 1 else -0.614 * e.composition["Cl"]
        assert e.correction == pytest.approx(expected, abs=1e-9)  # sums of decimals


def test_every_bundled_crystal_is_what_the_catalogue_says():
    for phase in bundled_catalogue().phases:
        crystal = bundled_structure(phase.label)
        units = crystal.composition.get_reduced_composition_and_factor()[1]
        assert crystal.composition.reduced_formula == phase.formula
        assert crystal.volume / units == pytest.approx(phase.volume_per_formula, abs=1e-3)  # CIF digits
        assert crystal.is_ordered
        assert crystal.is_valid(tol=1.0)  # no two atoms closer than 1 Angstrom


def test_competing_structures_are_those_of_the_shipped_entries():
    """A run that relaxes them and a diagram of shipped entries ask the same phases."""
    for system, without in (("Li-Zr-Cl", set()), ("Li-Ge-P-S-Cl", {"GeP3 mp-7542"})):  # GeP3: CHGNet does not relax it
        entries = competing_entries(system, "force-field")
        assert set(competing_structures(system)) - {entry.entry_id for entry in entries} == without
    labels = list(competing_structures("Li-Zr-Cl"))
    assert {"LiCl mp-22905", "LiCl mp-1185319", "ZrCl3 mp-22871", "ZrCl3 mp-2353328", "Li mp-135"} <= set(labels)
    assert sum(label.startswith("Li2ZrCl6") for label in labels) == 4
    assert sum(label.startswith("Li2ZrCl6") for label in bundled_structures("Li-Zr-Cl", True)) == 4


def test_chemical_system_in_any_order():
    assert competing_structures("Cl-Zr-Li").keys() == competing_structures("Li-Zr-Cl").keys()


@pytest.mark.parametrize("fetch", [competing_structures, competing_entries])
def test_system_that_is_not_bundled(fetch):
    with pytest.raises(InputError, match=r"Li-Zr-Cl.*mp-api"):
        fetch("Li-Y-Cl")
    with pytest.raises(InputError, match="elements joined by dashes"):
        fetch("LiZrCl")


def test_systems_with_gaps_say_what_is_missing():
    assert left_out_phases("Li-Zr-Cl") == []
    for system in ("Li-Ge-P-S", "Li-P-S-Cl", "Li-Zr-Cl-N", "Li-Ge-P-S-N", "Li-Zr-P-S-Cl"):
        gaps = left_out_phases(system)
        bundled = {p.formula for p in bundled_phases(system)}
        assert gaps
        assert all(symbols_in(p.formula) <= elements_of(system) and p.reason for p in gaps)
        # a bundled crystal may be left out of the entries only
        assert {p.formula for p in gaps} & bundled <= {"GeP3"}


def test_unknown_crystal():
    with pytest.raises(InputError, match="LiCl mp-22905"):
        bundled_structure("LiCl")


def test_changed_file_is_refused(tmp_path):
    with as_file(data_folder()) as folder:
        copy = shutil.copytree(folder, tmp_path / "data")
    assert bundled_text("phases.json", copy)
    (copy / "phases.json").write_text(bundled_text("phases.json").replace("34.2", "35.2"))
    with pytest.raises(InputError, match="was changed"):
        bundled_text("phases.json", copy)
    (copy / "thermochem.json").unlink()
    with pytest.raises(InputError, match="missing"):
        bundled_text("thermochem.json", copy)
    with pytest.raises(InputError, match="no bundled file"):
        bundled_text("../secret", copy)


def test_manifest_covers_every_file():
    listed = set(json.loads((data_folder() / "manifest.json").read_text())["sha256"])
    with as_file(data_folder()) as folder:
        found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert found - listed == {"manifest.json", "SOURCES.md"}
    assert {p.file for p in bundled_catalogue().phases} <= listed


def test_experimental_volumes_change_volumes_only(mp_entries):
    before = [e.structure.volume for e in mp_entries]
    swapped = {mp_number(e): e for e in with_experimental_volumes(mp_entries)}
    rocksalt = swapped["mp-22905"]
    assert rocksalt.structure.volume == pytest.approx(20.480 / 0.602214076, abs=0.01)  # CRC cm3/mol, two decimals kept
    assert rocksalt.energy == next(e for e in mp_entries if mp_number(e) == "mp-22905").energy
    assert "experimental volumes" in level_of(rocksalt).label
    assert [e.structure.volume for e in mp_entries] == before


# --- user files --------------------------------------------------------------------------------------------------


def written(path, items):
    path.write_text(json.dumps(items))
    return path


def test_entries_survive_the_file(tmp_path, mp_entries):
    path = written(tmp_path / "entries.json", [e.as_dict() for e in mp_entries])
    assert [e.energy for e in read_entries(path)] == [e.energy for e in mp_entries]


def test_level_of_theory_is_asked_for(tmp_path, mp_entries):
    bare = {**mp_entries[0].as_dict(), "parameters": {}}
    path = written(tmp_path / "entries.json", [bare])
    with pytest.raises(LevelOfTheoryError, match="states no level of theory"):
        read_entries(path)
    level = LevelOfTheory(method="DFT", model="PBEsol")
    assert level_of(read_entries(path, level)[0]) == level


def test_unreadable_files(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_entries(tmp_path / "absent.json")
    (tmp_path / "torn.json").write_text('[{"energy": ')
    with pytest.raises(InputError, match="is not JSON"):
        read_entries(tmp_path / "torn.json")
    for content in ({}, []):
        with pytest.raises(InputError, match="no list of entries"):
            read_entries(written(tmp_path / "empty.json", content))
    with pytest.raises(InputError, match=r"entry 0 of .* is int"):
        read_entries(written(tmp_path / "odd.json", [1]))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("energy", float("nan"), "finite number"),
        ("energy", "low", "finite number"),
        ("energy", None, "finite number"),
        ("structure", None, "cannot be read"),
        ("structure", {"lattice": {}}, "cannot be read"),
    ],
)
def test_broken_entries_name_themselves(tmp_path, mp_entries, field, value, message):
    broken = {**mp_entries[4].as_dict(), field: value}
    path = written(tmp_path / "entries.json", [mp_entries[0].as_dict(), broken])
    with pytest.raises(InputError, match=rf"entry 1 of .*mp-22905-GGA.*{message}"):
        read_entries(path)


def test_unknown_element_and_missing_fields(tmp_path, mp_entries):
    text = json.dumps([mp_entries[4].as_dict()]).replace('"element": "Cl"', '"element": "Qq"')
    (tmp_path / "entries.json").write_text(text)
    with pytest.raises(InputError, match="Qq"):
        read_entries(tmp_path / "entries.json")
    with pytest.raises(InputError, match="lacks energy and structure"):
        read_entries(written(tmp_path / "entries.json", [{"entry_id": "mp-1"}]))


def test_flat_cell_is_refused(tmp_path, mp_entries):
    flat = mp_entries[4].as_dict()
    flat["structure"]["lattice"]["matrix"][2] = [0.0, 0.0, 0.0]
    with pytest.raises(InputError, match=r"mp-22905-GGA"):
        read_entries(written(tmp_path / "entries.json", [flat]))


# --- Materials Project -------------------------------------------------------------------------------------------


class Server:
    """Stand-in for the client: answers, fails or hangs as told, without network."""

    answer = None
    asked = None

    def __init__(self, key, **settings):
        Server.asked = {"key": key}
        if callable(Server.answer):
            Server.answer()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def get_entries_in_chemsys(self, elements, **settings):
        Server.asked |= {"elements": elements, **settings}
        return Server.answer


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("mp_api.client.MPRester", Server)
    monkeypatch.delenv("MP_API_KEY", raising=False)
    return Server


def download(**settings):
    return competing_entries("Li-Zr-Cl", source="mp-api", **{"api_key": "k" * 32, **settings})


def test_download_asks_for_gga_and_drops_non_commercial(server, mp_entries):
    copies = [type(e).from_dict(e.as_dict()) for e in mp_entries]
    copies[0].data["builder_meta"] = {"license": "BY-NC"}
    copies[1].data["license"] = "BY-NC"
    server.answer = copies
    found = download()
    assert server.asked["additional_criteria"] == {"thermo_types": ["GGA_GGA+U"]}
    assert server.asked["elements"] == ["Cl", "Li", "Zr"]
    assert found == copies[2:]
    assert {level_of(e).label for e in found} == {"PBE (MP GGA) + MP2020 corrections"}
    assert "ZrCl2 mp-23162-GGA" in competing_structures("Li-Zr-Cl", "mp-api", api_key="k" * 32)


def test_key_from_the_environment(server, mp_entries, monkeypatch):
    server.answer = list(mp_entries)
    monkeypatch.setenv("MP_API_KEY", "e" * 32)
    download(api_key=None)
    assert server.asked["key"] == "e" * 32


def test_no_key(server):
    with pytest.raises(InputError, match="MP_API_KEY"):
        download(api_key=None)


@pytest.mark.parametrize(
    "error", [MPRestError("401 invalid key"), ConnectionError("name not known"), ValueError("old key"), OSError("disk")]
)
def test_refused_key_and_no_network(server, error):
    def fail():
        raise error

    server.answer = fail
    with pytest.raises(InputError, match=str(error)) as caught:
        download()
    assert "\n" not in str(caught.value)


def test_silent_network(server):
    server.answer = lambda: time.sleep(5)
    begin = time.monotonic()
    with pytest.raises(InputError, match=r"within 0\.1 s"):
        download(time_limit=0.1)
    assert time.monotonic() - begin < 3  # far below the 5 s of the server, far above thread start-up


def test_nothing_found(server):
    server.answer = []
    with pytest.raises(InputError, match="has no entries"):
        download()


def test_client_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "mp_api.client", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        download()


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_bad_time_limit(server, limit):
    with pytest.raises(InputError, match="time limit"):
        download(time_limit=limit)


def test_unknown_source():
    with pytest.raises(InputError, match="web"):
        competing_entries("Li-Zr-Cl", source="web")
