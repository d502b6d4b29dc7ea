"""A new electrolyte is a crystal, a line of the table and one command, as CONTRIBUTING.md says."""

import json
import shutil
from pathlib import Path

import compute_entries
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from selflimit.documents import LevelOfTheory, RelaxationDoc
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.phase_diagrams.entries import bundled

OWN_DATA = Path(str(bundled.data_folder()))
LABEL = "Li3ZrCl7 made"


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A copy of the bundled data, which package and tool take for their own."""
    folder = shutil.copytree(OWN_DATA, tmp_path / "data")
    monkeypatch.setattr(bundled, "data_folder", lambda: folder)
    monkeypatch.setattr(compute_entries, "DATA", folder)
    return folder


@pytest.fixture
def crystal():
    """SYNTHETIC: eleven atoms on a line, of a composition between LiCl and ZrCl4."""
    species = ["Li"] * 3 + ["Zr"] + ["Cl"] * 7
    return Structure(Lattice.orthorhombic(5.0, 5.0, 12.0), species, [(0, 0, n / 11) for n in range(11)])


def add(folder, crystal):
    """The two files that a person touches."""
    CifWriter(crystal).write_file(folder / "structures" / "Li3ZrCl7.cif")
    table = json.loads((folder / "phases.json").read_text())
    table["phases"].append(
        {
            "label": LABEL, "formula": "Li3ZrCl7", "file": "structures/Li3ZrCl7.cif", "mp_id": None, "trial": False,
            "origin": "made for a test", "space_group": "P1", "volume_per_formula": crystal.volume,
            "experimental_volume": None, "experimental_volume_source": None, "bulk_modulus": None,
            "bulk_modulus_source": None, "note": "",
        }
    )  # fmt: skip
    (folder / "phases.json").write_text(json.dumps(table, indent=1))


def relaxed_as_it_is(energy_per_atom):
    """Stands in for the relaxation: the crystal keeps its cell and gets that energy (eV per atom)."""

    def relaxed(label):
        structure = bundled.bundled_structure(label)
        return RelaxationDoc(
            label=label, formula="Li3ZrCl7", structure=structure, energy=energy_per_atom * len(structure),
            energy_per_atom=energy_per_atom, volume=structure.volume, volume_per_formula=structure.volume,
            volume_change=0.0, max_force=0.0, max_stress=0.0, steps=0,
            level_of_theory=LevelOfTheory(**level_of_the_bundled_entries()),
        )  # fmt: skip

    return relaxed


def level_of_the_bundled_entries():
    first = json.loads((OWN_DATA / compute_entries.ENTRIES).read_text())[0]
    return first["parameters"]["level_of_theory"]


def test_adding_an_electrolyte_touches_two_files(data, crystal, monkeypatch):
    add(data, crystal)
    monkeypatch.setattr(
        compute_entries, "relaxed_or_none", lambda label: relaxed_as_it_is(-20.0)(label) if label == LABEL else None
    )
    before = json.loads((data / compute_entries.ENTRIES).read_text())
    compute_entries.main(["--new"])
    after = json.loads((data / compute_entries.ENTRIES).read_text())
    assert after[: len(before)] == before
    assert [entry["entry_id"] for entry in after[len(before) :]] == [LABEL]
    entries = electrolyte_entries(["Li3ZrCl7"], source="force-field").entries
    # at -20 eV per atom, below every mixture of chlorides, it is its own product where no lithium comes in
    found = ConstrainedPhaseDiagram(list(entries)).products("Li3ZrCl7", 3.0, 0.0)
    assert [product.formula for product in found.products] == ["Li3ZrCl7"]


def test_the_recorded_hashes_are_those_that_ship(data):
    (data / "manifest.json").write_text('{"sha256": {}}')
    compute_entries.record_hashes()
    assert (data / "manifest.json").read_bytes() == (OWN_DATA / "manifest.json").read_bytes()
