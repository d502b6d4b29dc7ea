"""Entries from anybody's files: wrapped, compressed, unnamed, mixed, absurd; identifiers are only labels."""

import bz2
import gzip
import json

import numpy as np
import pytest
from pymatgen.analysis.compatibility.computed_entries import GibbsComputedStructureEntry
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LevelOfTheory, common_level, level_of
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, MechanicalRules, Sampling, competing_entries, read_entries
from selflimit.phase_diagrams.entries.distinct import distinct_entries
from selflimit.phase_diagrams.entries.plausibility import require_plausible_energies
from selflimit.phase_diagrams.entries.recognition import recognise
from selflimit.phase_diagrams.entries.run_levels import MP_GGA


def written(path, content):
    text = json.dumps(content)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".bz2":
        path.write_bytes(bz2.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.fixture(scope="module")
def shipped():
    return [entry.as_dict() for entry in competing_entries("Li-Zr-Cl", "force-field")]


@pytest.fixture(scope="module")
def dft():
    """Materials Project entries as its client gives them: run_type and adjustments, no level by our name."""
    found = [entry.as_dict() for entry in competing_entries("Li-Zr-Cl")]
    for item in found:
        item["parameters"] = {"run_type": "GGA"}
    return found


def changed(items, place, **fields):
    copied = json.loads(json.dumps(items))
    copied[place].update(fields)
    return copied


@pytest.mark.parametrize("name", ["entries.json", "entries.json.gz", "entries.json.bz2"])
@pytest.mark.parametrize("wrap", ["list", "entries", "mapping", "thermo", "thermo list", "data"])
def test_every_wrapper_gives_the_same_entries(tmp_path, shipped, name, wrap):
    thermo = [
        {"material_id": f"mp-{i}", "thermo_type": "GGA_GGA+U", "entries": {"GGA": e}} for i, e in enumerate(shipped)
    ]
    content = {
        "list": shipped, "entries": {"entries": shipped}, "mapping": {str(i): e for i, e in enumerate(shipped)},
        "thermo": {"data": thermo}, "thermo list": thermo, "data": {"data": shipped},
    }[wrap]  # fmt: skip
    found = read_entries(written(tmp_path / name, content))
    assert [e.energy for e in found] == [ComputedStructureEntry.from_dict(item).energy for item in shipped]


def test_a_damaged_archive_is_named(tmp_path, shipped):
    whole = written(tmp_path / "entries.json.gz", shipped).read_bytes()
    for content in (whole[: len(whole) // 2], b"no archive"):
        (tmp_path / "entries.json.gz").write_bytes(content)
        with pytest.raises(InputError, match=r"cannot read entries from .*entries\.json\.gz|is not JSON"):
            read_entries(tmp_path / "entries.json.gz")


def test_the_level_follows_from_the_runs(tmp_path, dft):
    assert common_level(read_entries(written(tmp_path / "a.json", dft))) == MP_GGA
    for item in dft:
        assert item["parameters"] == {"run_type": "GGA"}
    raw = [{**item, "correction": 0.0, "energy_adjustments": []} for item in dft]
    for run_type, model in (
        ("GGA", "PBE"),
        ("R2SCAN", "r2SCAN"),
        ("r2SCAN", "r2SCAN"),
        ("PBEsol", "PBEsol"),
        ("HSE06", "HSE06"),
    ):
        named = [{**item, "parameters": {"run_type": run_type}} for item in raw]
        level = common_level(read_entries(written(tmp_path / "b.json", named)))
        assert level == LevelOfTheory(method="DFT", model=model)
    bare = [{**item, "parameters": {}} for item in raw]
    with pytest.raises(LevelOfTheoryError, match=r"entry 0 of .*mp-1018134-GGA.* --level"):
        read_entries(written(tmp_path / "c.json", bare))
    given = LevelOfTheory(method="DFT", model="SCAN")
    assert common_level(read_entries(written(tmp_path / "c.json", bare), given)) == given


def test_contradictions_are_refused_by_name(tmp_path, dft, shipped):
    place, label = next(
        (i, item["entry_id"]) for i, item in enumerate(dft) if item["composition"] == {"Zr": 1.0, "Cl": 2.0}
    )
    stated = [{**item, "parameters": {"level_of_theory": MP_GGA.model_dump(), "run_type": "GGA"}} for item in dft]
    none = MP_GGA.model_copy(update={"corrections": "none"}).model_dump()
    cases = {
        "most are PBE": changed(dft, place, parameters={"run_type": "R2SCAN"}),
        "half of the set": changed(dft, place, correction=0.0, energy_adjustments=[]),
        "half of the set ": changed(stated, place, correction=0.0, energy_adjustments=[]),
        "states corrections 'none'": changed(stated, place, parameters={"level_of_theory": none}),
    }
    for message, content in cases.items():
        with pytest.raises(LevelOfTheoryError, match=message.strip()) as refused:
            read_entries(written(tmp_path / "a.json", content))
        assert label in str(refused.value)
    forced = changed(shipped, 0, parameters={**shipped[0]["parameters"], "run_type": "GGA"})
    with pytest.raises(LevelOfTheoryError, match="states the force field"):
        read_entries(written(tmp_path / "a.json", forced))


def test_a_correction_inside_the_energy_is_believed_where_it_fits(tmp_path, dft):
    """The corrected energy without a list of what was added, at a level that says so, as selflimit itself writes it."""
    place = next(i for i, item in enumerate(dft) if item["composition"] == {"Zr": 1.0, "Cl": 2.0})
    entry = ComputedStructureEntry.from_dict(dft[place])
    own = {"level_of_theory": MP_GGA.model_dump()}
    content = changed(dft, place, energy=entry.energy, correction=0.0, energy_adjustments=[], parameters=own)
    assert read_entries(written(tmp_path / "a.json", content))[place].energy == pytest.approx(entry.energy)


def test_gibbs_energies_keep_their_temperature(tmp_path):
    plain = {e.entry_id: e for e in competing_entries("Li-Cl", "force-field")}
    formation = {"Li mp-135": 0.0, "Cl2 mp-1008394": 0.0, "LiCl mp-22905": -1.95}
    entries = [
        GibbsComputedStructureEntry(
            plain[key].structure, energy, temp=600, parameters=plain[key].parameters, entry_id=key
        )
        for key, energy in formation.items()
    ]
    found = read_entries(written(tmp_path / "gibbs.json", [e.as_dict() for e in entries]))
    assert [e.energy for e in found] == pytest.approx([e.energy for e in entries])
    doc = ConstrainedPhaseDiagram(found).profile("LiCl", 0.0)
    assert doc.level_of_theory.temperature == 600.0
    assert "600 K" in doc.level_of_theory.label
    cold = GibbsComputedStructureEntry(plain["LiCl mp-22905"].structure, -1.95, temp=300, entry_id="cold",
                                       parameters=plain["LiCl mp-22905"].parameters)  # fmt: skip
    with pytest.raises(LevelOfTheoryError):
        ConstrainedPhaseDiagram([*found, cold])


def test_absurd_energies_are_refused_by_name(tmp_path, shipped):
    per_atom = [{**item, "energy": item["energy"] / sum(item["composition"].values())} for item in shipped]
    with pytest.raises(InputError, match=r"Li mp-1018134.* look like energies per atom"):
        read_entries(written(tmp_path / "a.json", per_atom))
    alone = [item for item in per_atom if item["entry_id"] != "Li mp-1018134" and "1185319" not in item["entry_id"]]
    alone = [item for item in alone if "P-3m1" not in item["entry_id"]]  # no formula in cells of two sizes
    with pytest.raises(InputError, match="eV/atom above its elements, and so do most"):
        read_entries(written(tmp_path / "a.json", alone))
    typo = [*shipped, {**shipped[-1], "energy": -3000.0, "entry_id": "typo"}]
    with pytest.raises(InputError, match=r"a\.json \(typo\) has a formation energy of -"):
        read_entries(written(tmp_path / "a.json", typo))


def test_polymorphs_far_apart_are_named(shipped):
    entries = [ComputedStructureEntry.from_dict(item) for item in shipped]
    assert require_plausible_energies(entries) == []
    high = ComputedStructureEntry(entries[0].structure, entries[0].energy + 0.6 * 3, entry_id="high",
                                  parameters=entries[0].parameters)  # fmt: skip
    (said,) = require_plausible_energies([*entries, high])
    assert "high" in said and "0.60 eV/atom" in said


def test_entries_without_crystals_are_all_named(tmp_path, shipped):
    content = [{k: v for k, v in item.items() if k != "structure"} if i < 2 else item for i, item in enumerate(shipped)]
    with pytest.raises(InputError, match=r"entry 0 of .*, entry 1 of .* \(2 of 15\) lack a structure"):
        read_entries(written(tmp_path / "a.json", content))


# --- identifiers are labels ----------------------------------------------------------------------------------------


NAMES = {
    "removed": lambda number: None,
    "all the same": lambda number: "mp-22905",
    "renamed": lambda n: f"{n * 7 % 31}",
}


def renamed(entries, how):
    copies = [ComputedStructureEntry.from_dict(entry.as_dict()) for entry in entries]
    for number, copy in enumerate(copies):
        copy.entry_id = NAMES[how](number) if how in NAMES else copy.entry_id
    if how == "shuffled":
        return [copies[i] for i in np.random.default_rng(3).permutation(len(copies))]
    return [*copies, *copies[::2], *copies[::3]] if how == "copied" else copies


@pytest.mark.parametrize("how", ["removed", "all the same", "renamed", "shuffled", "copied"])
@pytest.mark.parametrize("compressible", [False, True])
def test_labels_change_no_number(how, compressible):
    entries = competing_entries("Li-Zr-Cl", "force-field")
    rules = MechanicalRules(model="elastic" if compressible else "linear", compressible=compressible)
    docs = [rules.diagram(e).profile("Li2ZrCl6", 5.0) for e in (entries, renamed(entries, how))]
    assert [s.voltage_low for s in docs[0].segments] == [s.voltage_low for s in docs[1].segments]
    assert [s.reaction_strain for s in docs[0].segments] == [s.reaction_strain for s in docs[1].segments]


@pytest.mark.parametrize("how", ["removed", "all the same", "renamed", "shuffled", "copied"])
def test_labels_change_no_sample(how):
    entries = competing_entries("Li-Zr-Cl", "force-field")
    question = MechanicalRules().question("Li2ZrCl6", (15.0,), 0.0)
    one, other = (Sampling(samples=20).of(e, question) for e in (entries, renamed(entries, how)))
    assert one.thresholds[0].median == other.thresholds[0].median
    assert one.products == other.products
    assert [(s.formula, s.centre, s.relative_deviation) for s in one.volumes] == [
        (s.formula, s.centre, s.relative_deviation) for s in other.volumes
    ]


def test_distinct_entries_keep_what_differs(shipped):
    entries = [ComputedStructureEntry.from_dict(item) for item in shipped]
    found = distinct_entries([*entries, *entries])
    assert {e.entry_id for e in found} == {e.entry_id for e in entries}
    assert len(found) == len(entries)
    unnamed = distinct_entries(renamed(entries, "removed"))
    assert len({e.entry_id for e in unnamed}) == len(entries)
    assert all(entry.entry_id.split(" #")[0] == entry.composition.reduced_formula for entry in unnamed)


def test_crystals_are_recognised_whatever_they_are_called():
    """All bundled entries, relaxed by other methods than the bundled crystals, are found again by structure alone."""
    for entry in (*competing_entries("Li-Zr-Cl", "force-field"), *competing_entries("Li-Zr-Cl")):
        label = str((entry.data or {}).get("label", entry.entry_id))
        copy = ComputedStructureEntry.from_dict(entry.as_dict())
        copy.entry_id = None
        found = recognise(copy)
        assert found is not None and found.label == label
        assert level_of(copy) == level_of(entry)
