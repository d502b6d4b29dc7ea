"""Formation energies and volumes of the Li-Zr-Cl phases by each force field, beside experiment: docs/force-fields.md.

    python tools/compare_force_fields.py CHGNet-r2scan CHGNet-0.3.0    # compute these, keep the numbers, write the page
    python tools/compare_force_fields.py                               # write the page from the numbers kept

A force field whose package needs an environment of its own (SevenNet) is computed there; the numbers of all of them
are kept in docs/force-fields.json. Crystals are the bundled ones, relaxed at 0 K without zero-point motion. Takes
about a minute of one core for each force field.
"""

import argparse
import json
import math
from pathlib import Path

from ase import Atoms

from selflimit.documents import FailedRelaxationDoc
from selflimit.phase_diagrams import bundled_catalogue, bundled_structures, bundled_text
from selflimit.structures import DEFAULT_TOLERANCES, FORCE_FIELDS, largest_force, load_force_field, minimise, relax_each
from selflimit.units import EV_TO_KJ_PER_MOL

PAGE = Path(__file__).parents[1] / "docs" / "force-fields.md"
NUMBERS = PAGE.with_suffix(".json")
SYSTEM = "Li-Zr-Cl"
COMPOUNDS = ("LiCl", "ZrCl", "ZrCl2", "ZrCl3", "ZrCl4")
BOND_LENGTH = 1.988  # Angstrom, Cl2: NIST Chemistry WebBook, only the start of the relaxation
BOX = 15.0  # Angstrom, side of the cell of the molecule: beyond the reach of every force field here

INTRODUCTION = """# What to expect of the force fields

Every energy of one phase diagram comes from one force field: these tables show how far each can be trusted for the
competing phases of Li-Zr-Cl. Crystals are the bundled ones, relaxed in cell and positions to 0.005 eV/Å and 0.03 GPa,
at 0 K and without zero-point motion; experiment is at 298 K. The tabulated enthalpies of LiCl and ZrCl4 at 0 K and at
298 K differ by about 1 kJ/mol (NIST-JANAF); thermal expansion of the volumes is not corrected.

Made by `python tools/compare_force_fields.py`; the numbers, weights' SHA-256 and versions are in `force-fields.json`.
To repeat them:

```
pip install -e '.[forcefields]'
python tools/compare_force_fields.py CHGNet-r2scan CHGNet-0.3.0

python -m venv sevenn-env && sevenn-env/bin/pip install sevenn==0.13.0 -e .   # e3nn clashes with mace-torch's
sevenn-env/bin/python tools/compare_force_fields.py SevenNet-0 SevenNet-l3i5 SevenNet-MF-0-r2SCAN

python tools/compare_force_fields.py MACE-MP-0-small MACE-MPA-0                # downloads public weights
```
"""

ADVICE = """
* Force fields with different corrections or functionals never meet in one diagram: a `LevelOfTheoryError` says so.
  CHGNet 0.3.0 was trained on energies with the MP2020 corrections, SevenNet-0 on uncorrected ones of the same crystals.
* A volume change above 35 % counts as a runaway: no result. Volumes enter the constrained functional times K_eff, so
  at 15 GPa an error of 1 Å³ costs 9 kJ/mol (15 GPa Å³ = 0.094 eV).
* The experimental values for ZrCl2 and ZrCl3 scatter by 140 and 60 kJ/mol: no model can be judged by them. For ZrCl
  only the volume is known.
* Public MACE models are not measured here where the page has no column for them: their weights come from a server that
  the machine that made this page could not reach.
"""


def molecule_energy(force_field):
    """Energy of a Cl2 molecule (eV per atom), its bond relaxed."""
    atoms = Atoms("Cl2", positions=[[0, 0, 0], [0, 0, BOND_LENGTH]], cell=[BOX] * 3, pbc=True)
    atoms.calc = force_field.calculator
    converged, _ = minimise(atoms, lambda: largest_force(atoms) <= DEFAULT_TOLERANCES.max_force, 200, 0.002)
    return atoms.get_potential_energy() / 2 if converged else None


def numbers_of(name):
    """Relaxed energies (eV/atom) and volumes (Angstrom^3/atom) of all phases by one force field."""
    crystals = bundled_structures(SYSTEM)
    found = relax_each(list(crystals.values()), list(crystals), [1] * len(crystals), name)
    force_field = load_force_field(name)
    failures = {doc.label: doc.message for doc in found if isinstance(doc, FailedRelaxationDoc)}
    phases = {
        doc.label: {
            "formula": doc.formula,
            "energy": doc.energy_per_atom,
            "volume": doc.volume / len(doc.structure),
            "volume_change": doc.volume_change,
        }
        for doc in found
        if doc.label not in failures
    }
    return {
        "level": force_field.level.model_dump(mode="json"),
        "molecule": molecule_energy(force_field),
        "phases": phases,
        "failures": failures,
    }


def lowest(numbers, formula):
    """The lowest relaxed crystal of a formula, or None."""
    same = [phase for phase in numbers["phases"].values() if phase["formula"] == formula]
    return min(same, key=lambda phase: phase["energy"]) if same else None


def formation_energy(numbers, formula, chlorine):
    """Formation energy (kJ/mol of formula unit) against ``chlorine`` (eV/atom), or None."""
    metal, count = ("Li", 1) if formula == "LiCl" else ("Zr", int(formula.removeprefix("ZrCl") or 1))
    compound, element = lowest(numbers, formula), lowest(numbers, metal)
    if compound is None or element is None or chlorine is None:
        return None
    energy = (1 + count) * compound["energy"] - element["energy"] - count * chlorine
    return EV_TO_KJ_PER_MOL * energy


def energy_rows(kept):
    measured = json.loads(bundled_text("thermochem.json"))["formation_enthalpy"]
    for formula in COMPOUNDS:
        cells = []
        for numbers in kept.values():
            solid = lowest(numbers, "Cl2") or lowest(numbers, "Cl")
            against = (solid and solid["energy"], numbers["molecule"])
            cells.append(" / ".join(shown(formation_energy(numbers, formula, chlorine), 0) for chlorine in against))
        yield [formula, *cells, experiment(measured.get(formula, {}).values())]


def experiment(values):
    """Range of the collected values, rounded to whole units."""
    rounded = sorted({round(value) for value in values})
    return "-" if not rounded else f"{rounded[-1]}" + (f" to {rounded[0]}" if len(rounded) > 1 else "")


def volume_rows(kept):
    crystals = bundled_structures(SYSTEM)
    for phase in bundled_catalogue().phases:
        if phase.label in crystals:
            atoms = crystals[phase.label].composition.reduced_composition.num_atoms
            known = phase.experimental_volume and phase.experimental_volume / atoms
            cells = [volume(numbers, phase.label, known) for numbers in kept.values()]
            yield [phase.label, *cells, shown(known, 2)]


def volume(numbers, label, known):
    """Volume of one crystal, with its deviation from experiment in per cent."""
    if label in numbers["failures"]:
        return "no convergence"
    found = numbers["phases"][label]["volume"]
    return shown(found, 2) + (f" ({100 * (found / known - 1):+.0f} %)" if known else "")


def shown(value, digits):
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(kept):
    names = list(kept)
    sources = sorted({
        source for formula in COMPOUNDS
        for source in json.loads(bundled_text("thermochem.json"))["formation_enthalpy"].get(formula, {})
    })  # fmt: skip
    failures = [f"* {name}: {message}" for name in names for message in kept[name]["failures"].values()]
    parts = [
        INTRODUCTION,
        "## Formation energies\n\nkJ/mol of formula unit of the lowest relaxed crystal, against solid Cl2 / the Cl2 "
        "molecule. The experimental enthalpy is against the gas, so the second number is the one to compare.\n",
        table(["compound", *names, "experiment"], energy_rows(kept)),
        f"\nExperiment: {'; '.join(sources)} (`phase_diagrams/data/thermochem.json`, SOURCES.md).\n",
        "\n## Volumes\n\nÅ³/atom, in brackets the deviation from experiment. Sources of the experimental cells: "
        "`phase_diagrams/data/SOURCES.md`.\n",
        table(["crystal", *names, "experiment"], volume_rows(kept)),
        *(["\nWithout a result:\n", *failures] if failures else []),
        "\n## How to read them\n" + ADVICE,
    ]
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", metavar="FORCE_FIELD", help=", ".join(FORCE_FIELDS))
    kept = json.loads(NUMBERS.read_text()) if NUMBERS.exists() else {}
    for name in parser.parse_args().names:
        kept[name] = numbers_of(name)
        NUMBERS.write_text(json.dumps(kept, indent=1) + "\n")
    PAGE.write_text(page(kept))
    print(f"{PAGE}: {', '.join(kept)}")


if __name__ == "__main__":
    main()
