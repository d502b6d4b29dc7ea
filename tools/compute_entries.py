"""Relax every bundled crystal with one force field and write the entries that ship: energies and volumes at one level.

    OMP_NUM_THREADS=1 python tools/compute_entries.py                 # entries_CHGNet-r2scan.json
    OMP_NUM_THREADS=1 python tools/compute_entries.py --new           # the same for crystals that have no entry yet
    OMP_NUM_THREADS=1 python tools/compute_entries.py --volumes       # volumes.json: Li-Zr-Cl by CHGNet 0.3.0, with D3
    OMP_NUM_THREADS=1 python tools/compute_entries.py --elastic       # elastic_CHGNet-r2scan.json

Refused are crystals whose relaxation does not converge and those whose volume leaves the cell that they start from by
more than 25 %: the force field lets their layers or molecules drift apart. They are printed, and belong into
`left_out` of `phases.json`. The third form needs the `dftd3` package (s-dftd3, LGPL) beside the force field. The last
is for the interfaces: the electrolytes, the particle layers, and what the electrolytes become at 0 V up to 20 GPa.
"""

import argparse
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from ase.calculators.mixing import SumCalculator
from ase.optimize import BFGS
from pymatgen.core import Structure

from selflimit.documents import ElasticDoc, LevelOfTheory, RelaxationDoc
from selflimit.errors import ConvergenceError
from selflimit.phase_diagrams import (
    ConstrainedPhaseDiagram,
    bundled_catalogue,
    bundled_structure,
    electrolyte_entries,
    parse_formula,
)
from selflimit.structures import ForceField, elastic_constants, load_force_field, relax, relax_all

DATA = Path(__file__).resolve().parent.parent / "phase_diagrams" / "data"
FORCE_FIELD = "CHGNet-r2scan"
ENTRIES = f"entries_{FORCE_FIELD}.json"
LARGEST_VOLUME_CHANGE = 0.25
KEPT_CELLS = ("ZrNCl",)
"""Crystals relaxed in their experimental cell: this force field opens the gap between their layers (ZrNCl by 31 %)."""
DIGITS = 8
ELECTROLYTES = ("Li2ZrCl6", "Li10GeP2S12", "Li6PS5Cl")
PARTICLES = ("Li3N mp-2251",)
"""Crystals of particle layers that are not the lowest of their formula: Li3N as made at ambient pressure (alpha)."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", action="store_true", help="keep the entries that are there, add the missing ones")
    parser.add_argument("--volumes", action="store_true", help="volumes of the Li-Zr-Cl crystals with and without D3")
    parser.add_argument("--elastic", action="store_true", help="elastic constants of electrolytes and their products")
    asked = parser.parse_args(arguments)
    record_hashes()
    if asked.elastic:
        write(f"elastic_{FORCE_FIELD}.json", one_per_line([doc.model_dump(mode="json") for doc in elastic()]))
    elif asked.volumes:
        write("volumes.json", json.dumps(volumes(), indent=1) + "\n")
    else:
        kept = json.loads((DATA / ENTRIES).read_text()) if asked.new else []
        write(ENTRIES, one_per_line(kept + [as_dict(doc) for doc in relaxed({entry["entry_id"] for entry in kept})]))


def relaxed(but: set[str]) -> list[RelaxationDoc]:
    """All bundled crystals, but those, that the force field relaxes to something like what they were."""
    labels = [phase.label for phase in bundled_catalogue().phases if phase.label not in but]
    docs = [doc for label in labels if (doc := relaxed_or_none(label)) is not None]
    for doc in docs:
        if abs(doc.volume_change) > LARGEST_VOLUME_CHANGE:
            print(f"refused: {doc.label}: volume change {doc.volume_change:+.0%}", flush=True)
    return [doc for doc in docs if abs(doc.volume_change) <= LARGEST_VOLUME_CHANGE]


def relaxed_or_none(label: str) -> RelaxationDoc | None:
    structure = bundled_structure(label)
    try:
        if label in KEPT_CELLS:
            doc = relaxed_in_cell(structure, label, load_force_field(FORCE_FIELD))
        else:
            doc = relax_all([structure], [label], [1], FORCE_FIELD, workers=1)[0]
        print(f"{label}: {doc.energy_per_atom:.4f} eV/atom, {doc.volume_change:+.1%}, {doc.steps} steps", flush=True)
        return doc
    except ConvergenceError as error:
        print(f"refused: {error}", flush=True)
        return None


def relaxed_in_cell(structure: Structure, label: str, force_field: ForceField) -> RelaxationDoc:
    """Positions relaxed to 0.005 eV/Angstrom in the cell as given."""
    atoms = structure.to_ase_atoms(msonable=False)
    atoms.calc = force_field.calculator
    if not BFGS(atoms, logfile=None).run(fmax=0.005, steps=500):
        raise ConvergenceError(f"{label}: positions not converged after 500 steps")
    found = Structure(atoms.cell.array, atoms.get_chemical_symbols(), atoms.positions, coords_are_cartesian=True)
    formula, units = found.composition.get_reduced_formula_and_factor()
    energy = float(atoms.get_potential_energy())
    return RelaxationDoc(
        label=label,
        formula=formula,
        structure=found,
        energy=energy,
        energy_per_atom=energy / len(atoms),
        volume=found.volume,
        volume_per_formula=found.volume / units,
        volume_change=0.0,
        max_force=float(abs(atoms.get_forces()).max()),
        max_stress=float(abs(atoms.get_stress()).max() * 160.2177),
        steps=0,
        level_of_theory=force_field.level,
    )


def as_dict(doc: RelaxationDoc) -> dict[str, Any]:
    """A ComputedStructureEntry dictionary without what can be computed again."""
    entry = doc.entry()
    full = entry.as_dict()
    lattice = [[round(x, DIGITS) for x in row] for row in entry.structure.lattice.matrix.tolist()]
    sites = [
        {"species": [{"element": site.specie.symbol, "occu": 1}], "abc": [round(x, DIGITS) for x in site.frac_coords]}
        for site in entry.structure
    ]
    kept = {key: full[key] for key in ("@module", "@class", "entry_id", "parameters")}
    structure = {
        "@module": "pymatgen.core.structure",
        "@class": "Structure",
        "lattice": {"matrix": lattice},
        "sites": sites,
    }
    composition = dict(entry.composition.get_el_amt_dict())
    return {
        **kept,
        "energy": round(doc.energy, DIGITS),
        "correction": 0.0,
        "composition": composition,
        "structure": structure,
    }


def elastic() -> list[ElasticDoc]:
    """Elastic constants of the lowest crystal of each formula that an interface needs; unstable ones are printed."""
    entries = [
        entry for formula in ELECTROLYTES for entry in electrolyte_entries([formula], source="force-field").entries
    ]
    lowest = {e.reduced_formula: e for e in sorted(entries, key=lambda e: -e.energy_per_atom)}
    formulas = {parse_formula(formula).reduced_formula for formula in ELECTROLYTES}
    wanted = sorted(formulas | {name for formula in ELECTROLYTES for name in products(formula)})
    crystals = {lowest[formula].entry_id: lowest[formula].structure for formula in wanted}
    crystals |= {label: bundled_structure(label) for label in PARTICLES}
    found, force_field = [], load_force_field(FORCE_FIELD)
    for label, crystal in crystals.items():
        try:
            found.append(elastic_constants(relax(crystal, label, force_field), force_field))
            print(label, f"{found[-1].bulk_modulus:.1f} GPa", flush=True)
        except ConvergenceError as error:
            print(f"refused: {error}", flush=True)
    return found


def products(formula: str) -> set[str]:
    """What ``formula`` becomes at 0 V at any K_eff up to 20 GPa."""
    diagram = ConstrainedPhaseDiagram(list(electrolyte_entries([formula], source="force-field").entries))
    return {p.formula for k in np.linspace(0, 20, 81) for p in diagram.products(formula, 0.0, float(k)).products}


def volumes() -> dict[str, Any]:
    """Volume per formula unit (Angstrom^3) of the Li-Zr-Cl crystals: CHGNet 0.3.0 (PBE) with and without dispersion."""
    plain = load_force_field("CHGNet-0.3.0")
    sources = {"CHGNet 0.3.0": plain, "CHGNet 0.3.0 + D3(BJ)": with_dispersion(plain)}
    phases = [p for p in bundled_catalogue().phases if p.elements <= {"Li", "Zr", "Cl"} and not p.trial]
    found: dict[str, dict[str, float]] = {}
    for phase in phases:
        for source, force_field in sources.items():
            try:
                doc = relax(bundled_structure(phase.label), phase.label, force_field)
            except ConvergenceError as error:
                print(f"refused with {source}: {error}", flush=True)
                continue
            print(phase.label, source, round(doc.volume_per_formula, 3), f"{doc.volume_change:+.1%}", flush=True)
            if abs(doc.volume_change) > LARGEST_VOLUME_CHANGE:
                print("refused: the volume leaves the cell it starts from", flush=True)
                continue
            found.setdefault(phase.label, {})[source] = round(doc.volume_per_formula, 4)
    return {"unit": "Angstrom^3 per reduced formula unit", "volumes": found}


def with_dispersion(force_field: ForceField) -> ForceField:
    """The force field with the D3(BJ) dispersion of PBE (doi:10.1002/jcc.21759)."""
    from dftd3.ase import DFTD3

    both = SumCalculator([force_field.calculator, DFTD3(method="PBE", damping="d3bj")])
    level = LevelOfTheory(method="force field", model=f"{force_field.level.model} + D3(BJ)")
    return replace(force_field, name=f"{force_field.name}+D3", calculator=both, level=level)


def one_per_line(items: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]\n"


def write(name: str, text: str) -> None:
    """Write a data file and its hash into the manifest."""
    (DATA / name).write_text(text)
    record_hashes()


def record_hashes() -> None:
    """Write the SHA-256 of every data file into the manifest, which the package holds them against."""
    files = [*DATA.glob("*.json"), *DATA.glob("structures/*.cif")]
    names = sorted(str(path.relative_to(DATA)) for path in files if path.name != "manifest.json")
    sums = {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in names}
    (DATA / "manifest.json").write_text(json.dumps({"sha256": sums}, indent=1) + "\n")


if __name__ == "__main__":
    main()
