"""Entry files of pymatgen, emmet and the Materials Project: contradictions by name, and what changes no number."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core.entries import ComputedStructureEntry, ConstantEnergyAdjustment

from selflimit.documents import LevelOfTheory, common_level
from selflimit.errors import InputError, LevelOfTheoryError
from selflimit.phase_diagrams import MechanicalRules, competing_entries, read_entries
from selflimit.phase_diagrams.entries.plausibility import require_plausible_energies

PBE_SETS = {"Li": "PAW_PBE Li_sv 10Sep2004", "Zr": "PAW_PBE Zr_sv 04Jan2005", "Cl": "PAW_PBE Cl 06Sep2000"}


@pytest.fixture(scope="module")
def raw():
    """Uncorrected entries, with the words that pymatgen's VASP parser writes."""
    found = []
    for entry in competing_entries("Li-Zr-Cl"):
        made = ComputedStructureEntry(entry.structure, entry.uncorrected_energy, entry_id=entry.entry_id)
        made.parameters = {
            "run_type": "PBE", "is_hubbard": False, "hubbards": {},
            "potcar_symbols": [PBE_SETS[element.symbol] for element in made.elements],
        }  # fmt: skip
        found.append(made.as_dict())
    return found


def written(folder, items):
    path = folder / "entries.json"
    path.write_text(json.dumps(items))
    return path


def with_change(items, place, **parameters):
    copied = json.loads(json.dumps(items))
    copied[place]["parameters"].update(parameters)
    return copied


def test_the_words_of_pymatgen_are_understood(tmp_path, raw):
    for run_type, label in (
        ("PBE", "PBE"), ("GGA", "PBE"), ("PBE+vdW-DFT-D3-BJ", "PBE+D3(BJ)"), ("R2SCAN+vdW-DFT-D3", "r2SCAN+D3(0)"),
        ("PBE+vdW-no-correction", "PBE"), ("SCAN+rVV10", "SCAN-rVV10"), ("HSE06", "HSE06"), ("PBEsol", "PBEsol"),
        ("RunType.r2SCAN", "r2SCAN"),
    ):  # fmt: skip
        items = [{**item, "parameters": {**item["parameters"], "run_type": run_type}} for item in raw]
        assert common_level(read_entries(written(tmp_path, items))).label == label


def test_an_entry_that_contradicts_itself(tmp_path, raw):
    place, label = next((i, e["entry_id"]) for i, e in enumerate(raw) if e["composition"] == {"Zr": 1.0, "Cl": 2.0})
    level = LevelOfTheory(method="DFT", model="r2SCAN").model_dump()
    cases = {
        "its Hubbard U are all zero": with_change(raw, place, run_type="PBE+U"),
        "its Hubbard U are": with_change(raw, place, hubbards={"Zr": 4.0}),
        "crystal holds": with_change(raw, place, potcar_symbols=[PBE_SETS["Li"], PBE_SETS["Cl"]]),
        "made with LDA": with_change(raw, place, potcar_symbols=["PAW Zr_sv 07Sep2000", "PAW Cl 02Oct1998"]),
        "one PAW set of Cl": with_change(raw, place, potcar_symbols=[PBE_SETS["Zr"], "PAW_PBE Cl_h 08Apr2002"]),
        "one plane-wave cutoff": with_change(with_change(raw, place, cutoff=400.0), 0, cutoff=520.0),
        "states the level of theory r2SCAN": with_change(raw, place, level_of_theory=level),
        "one functional": with_change(raw, place, run_type="R2SCAN"),
        "one functional, got PBE, PBE": with_change(raw, place, run_type="PBE+vdW-DFT-D3"),
        "one Hubbard U": with_change(raw, place, run_type="GGA+U", hubbards=None, is_hubbard=True),
    }
    for message, items in cases.items():
        with pytest.raises(LevelOfTheoryError, match=message) as refused:
            read_entries(written(tmp_path, items))
        assert label in str(refused.value) or "cutoff" in message  # of two cutoffs either is named
        assert "entries.json" in str(refused.value)


def test_corrections_that_cannot_be(tmp_path, raw):
    mp = [entry.as_dict() for entry in competing_entries("Li-Zr-Cl")]
    for item in mp:
        item["parameters"] = {"run_type": "R2SCAN"}
    with pytest.raises(LevelOfTheoryError, match="made for GGA and GGA"):
        read_entries(written(tmp_path, mp))
    place = next(i for i, e in enumerate(mp) if e["energy_adjustments"])
    for item in mp:
        item["parameters"] = {"run_type": "GGA"}
    mp[place]["correction"] = -99.0
    with pytest.raises(LevelOfTheoryError, match="those it lists add up to"):
        read_entries(written(tmp_path, mp))
    said = {"MP GGA(+U)/r2SCAN mixing adjustment": "mixing scheme", "of my own": "only 'of my own'"}
    for name, message in said.items():
        entry = ComputedStructureEntry.from_dict(raw[place])
        entry.energy_adjustments = [ConstantEnergyAdjustment(-0.5, name=name)]
        with pytest.raises(LevelOfTheoryError, match=message):
            read_entries(written(tmp_path, [*raw[:place], entry.as_dict(), *raw[place + 1 :]]))
    old = {key: value for key, value in raw[place].items() if key != "energy_adjustments"} | {"correction": -1.2}
    with pytest.raises(LevelOfTheoryError, match="expected corrections listed"):
        read_entries(written(tmp_path, [*raw[:place], old, *raw[place + 1 :]]))


def test_a_crystal_of_another_formula(tmp_path, raw):
    wrong = json.loads(json.dumps(raw))
    wrong[3]["composition"] = {"Na": 1.0, "Cl": 1.0}
    with pytest.raises(InputError, match=rf"entry 3 of .*{wrong[3]['entry_id']}.* cannot be read .*Mismatching"):
        read_entries(written(tmp_path, wrong))


def test_thermo_documents_that_contradict_their_entries(tmp_path, raw):
    def thermo(number, item, **fields):
        entry = ComputedStructureEntry.from_dict(item)
        return {"material_id": f"mp-{number}", "thermo_type": "GGA_GGA+U", "entries": {"GGA": item},
                "energy_per_atom": entry.energy_per_atom, **fields}  # fmt: skip

    documents = [thermo(number, item) for number, item in enumerate(raw)]
    assert len(read_entries(written(tmp_path, documents))) == len(raw)
    with pytest.raises(InputError, match=r"mp-2 of .*energy_per_atom = -9.0000"):
        read_entries(written(tmp_path, [*documents[:2], thermo(2, raw[2], energy_per_atom=-9.0)]))
    with pytest.raises(LevelOfTheoryError, match=r"mp-2 of .* an entry under R2SCAN whose run is of type PBE"):
        read_entries(written(tmp_path, [*documents[:2], thermo(2, raw[2], entries={"R2SCAN": raw[2]})]))


@pytest.mark.parametrize("source", ["force-field", "bundled"])
@pytest.mark.parametrize(("element", "shift"), [("Li", 1.0), ("Li", 2.0), ("Cl2", 1.0), ("Zr", 2.0)])
def test_an_element_of_another_scale_is_noticed(source, element, shift):
    entries = competing_entries("Li-Zr-Cl", source)
    assert require_plausible_energies(entries) == []
    moved = [
        ComputedStructureEntry(
            e.structure, e.energy + shift * len(e.structure) * (e.composition.reduced_formula == element),
            parameters=e.parameters, entry_id=e.entry_id,
        )
        for e in entries
    ]  # fmt: skip
    assert any(element.rstrip("2") in said for said in require_plausible_energies(moved))


def test_no_shipped_set_is_strange():
    for system in ("Li-N", "Zr-N", "Li-Ge-P-S-Cl", "Li-Zr-Cl-N"):
        assert require_plausible_energies(competing_entries(system, "force-field")) == []


names = st.sampled_from([None, "", "mp-1", "LiCl mp-22905", "Zr"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), copies=st.integers(0, 6), label=st.lists(names, min_size=15, max_size=15))
def test_labels_order_and_copies_change_no_number(tmp_path, seed, copies, label):
    """Through a file, as users bring them: shuffled, renamed, without identifiers, some twice."""
    entries = competing_entries("Li-Zr-Cl", "force-field")
    random = np.random.default_rng(seed)
    items = [entry.as_dict() for entry in entries]
    for item, name in zip(items, label, strict=True):
        item["entry_id"] = name
    items += [items[place] for place in random.integers(0, len(items), copies)]
    changed = read_entries(written(tmp_path, [items[place] for place in random.permutation(len(items))]))
    one, other = (MechanicalRules().diagram(e).profile("Li2ZrCl6", 15.0) for e in (entries, changed))
    numbers = [
        [(s.voltage_low, s.voltage_high, s.ion_uptake, s.reaction_strain, s.reaction_energy_low) for s in doc.segments]
        for doc in (one, other)
    ]
    assert numbers[0] == numbers[1]
    assert one.electrolyte_volume == other.electrolyte_volume
