"""Exact constrained phase diagrams beside a straightforward pymatgen scan, in the same run.

    python benchmarks/phase_diagrams.py             # map and profile: Li-Zr-Cl and a 900-entry quaternary
    python benchmarks/phase_diagrams.py --growth    # and how cost grows with entries (to 10,000) and elements (2 to 6)

The scan is what a user's script does: at each of 200 voltages x 200 K_eff, add K_eff v to every entry, build a
GrandPotentialPhaseDiagram and ask it for the electrolyte's products. A sample of the grid, spread evenly, is measured
and scaled to all 40,000 points; the sample size is printed. Times are CPU seconds of one process. Entry sets other than
Li-Zr-Cl are synthetic: formation energies follow the spread of electronegativity with 0.12 eV/atom of noise (compounds
near -0.5 eV/atom), 40 % are polymorphs of others, 0.05 eV/atom above on average; seeded, so every run sees the same.
"""

import gc
import sys
import time

import numpy as np
from pymatgen.analysis.phase_diagram import GrandPotentialPhaseDiagram
from pymatgen.core import Composition, Element, Lattice, Structure
from pymatgen.core.entries import ComputedStructureEntry
from pymatgen.entries.computed_entries import ComputedEntry

from selflimit.documents import with_level
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries
from selflimit.phase_diagrams.entries.sources import MP_GGA
from selflimit.units import GPA_ANGSTROM3_TO_EV

LITHIUM = Element("Li")
ELEMENTS = ("Li", "P", "S", "Cl", "Ge", "N")
GRID, VOLTAGES, MODULI = 200, (0.0, 6.0), (0.0, 20.0)


def entry(formula, energy, volume, name):
    species = [e.symbol for e, n in Composition(formula).items() for _ in range(int(n))]
    places = [[i / len(species), 0.0, 0.0] for i in range(len(species))]
    crystal = Structure(Lattice.cubic(volume ** (1 / 3)), species, places)
    return with_level(ComputedStructureEntry(crystal, energy, entry_id=name), MP_GGA)


def synthetic(size, elements, seed=7):
    rng = np.random.default_rng(seed)
    energy, volume = rng.uniform(-9, -1, len(elements)), rng.uniform(10, 30, len(elements))
    chi = np.array([Element(e).X for e in elements])
    entries = [entry(f"{e}2", 2 * h, 2 * v, f"ref-{e}") for e, h, v in zip(elements, energy, volume, strict=True)]
    known = []
    while len(entries) < size:
        if known and rng.random() < 0.4:
            counts, formation, per_atom = known[rng.integers(len(known))]
            formation, per_atom = formation + rng.exponential(0.05), per_atom * rng.normal(1.0, 0.06)
        else:
            counts = np.where(rng.random(len(elements)) < 0.6, rng.integers(1, 7, len(elements)), 0)
            share = counts / max(counts.sum(), 1)
            formation = -0.9 * share @ (chi - share @ chi) ** 2 + rng.normal(0.0, 0.12)
            per_atom = share @ volume * rng.uniform(0.8, 1.0)
            if np.count_nonzero(counts) > 1:
                known.append((counts, formation, per_atom))
        if np.count_nonzero(counts) > 1:
            formula = "".join(f"{e}{n}" for e, n in zip(elements, counts, strict=True) if n)
            total = counts @ (energy + formation)
            entries.append(entry(formula, total, per_atom * counts.sum(), f"synthetic-{len(entries)}"))
    return entries


def electrolyte_of(entries, elements):
    """The ternary or wider compound lowest in formation energy that holds all elements."""
    reference = {e: x.energy_per_atom for e, x in zip(elements, entries, strict=False)}
    full = [e for e in entries if len(e.composition) == len(elements)]
    lowest = min(
        full,
        key=lambda e: (
            e.energy_per_atom - sum(n * reference[x.symbol] for x, n in e.composition.items()) / e.composition.num_atoms
        ),
    )
    return lowest.composition.reduced_formula


def chloride():
    entries = competing_entries("Li-Zr-Cl")
    per_unit = {}
    for e in entries:
        formula = e.composition.reduced_formula
        energy = e.energy / e.composition.get_reduced_composition_and_factor()[1]
        per_unit[formula] = min(per_unit.get(formula, 0.0), energy)
    # a stand-in electrolyte, 0.05 eV/atom below LiCl + ZrCl4: no ternary is bundled
    return [*entries, entry("Li2ZrCl6", 2 * per_unit["LiCl"] + per_unit["ZrCl4"] - 0.45, 210.0, "stand-in")], "Li2ZrCl6"


def timed(function, *arguments):
    gc.collect()
    begin = time.process_time()
    result = function(*arguments)
    return time.process_time() - begin, result


def scan(entries, formula, sample):
    """CPU seconds of the whole grid, from ``sample`` points spread over it."""
    unit = Composition(formula)
    closed = Composition({e: n for e, n in unit.items() if e != LITHIUM})
    lithium = min(e.energy_per_atom for e in entries if e.composition.reduced_formula == "Li")
    points = np.linspace(0, GRID * GRID - 1, sample).astype(int)

    def point(index):
        voltage = VOLTAGES[1] * (index % GRID) / (GRID - 1)
        k_eff = MODULI[1] * (index // GRID) / (GRID - 1)
        work = k_eff * GPA_ANGSTROM3_TO_EV
        moved = [
            ComputedEntry(e.composition, e.energy + work * e.structure.volume, entry_id=e.entry_id) for e in entries
        ]
        moved.append(ComputedEntry("Li", lithium, entry_id="unstressed metal"))
        return GrandPotentialPhaseDiagram(moved, {LITHIUM: lithium - voltage}).get_decomposition(closed)

    return timed(lambda: [point(index) for index in points])[0] * GRID * GRID / sample


def compare(name, entries, formula, sample):
    building, diagram = timed(ConstrainedPhaseDiagram, entries)
    diagram.profile(formula, 1.0)  # first use lays out the arrays
    mapping, doc = timed(diagram.predominance, formula, VOLTAGES, MODULI)
    profiles = [timed(diagram.profile, formula, k_eff)[0] for k_eff in (0.0, 5.0, 10.0, 15.0)]
    theirs = scan(entries, formula, sample)
    print(f"{name}: {len(entries)} entries, {formula}, {len(doc.regions)} regions", flush=True)
    print(f"  construction {building:.3f} s, exact map {mapping:.3f} s, profile {1e3 * max(profiles):.1f} ms")
    print(f"  scan of {GRID} x {GRID} points: {theirs:.0f} s (scaled from {sample}); ratio {theirs / mapping:.0f}")
    print(f"  ratio with construction: {theirs / (mapping + building):.0f}", flush=True)


def growth(elements, size):
    entries = synthetic(size, elements)
    formula = electrolyte_of(entries, elements)
    building, diagram = timed(ConstrainedPhaseDiagram, entries)
    diagram.profile(formula, 1.0)
    profile, _ = timed(diagram.profile, formula, 10.0)
    mapping, doc = timed(diagram.predominance, formula, VOLTAGES, MODULI)
    elastic, _ = timed(ConstrainedPhaseDiagram(entries, model="elastic").profile, formula, 10.0)
    print(
        f"{len(elements):8d} {size:8d} {building:12.3f} {1e3 * profile:12.1f} {1e3 * elastic:12.1f} "
        f"{mapping:10.3f} {len(doc.regions):8d}",
        flush=True,
    )


if __name__ == "__main__":
    compare("Li-Zr-Cl", *chloride(), sample=200)
    quaternary = synthetic(900, ELEMENTS[:4])
    compare("quaternary", quaternary, electrolyte_of(quaternary, ELEMENTS[:4]), sample=10)
    if "--growth" in sys.argv:
        print("elements  entries construct(s)  profile(ms)  elastic(ms)     map(s)  regions")
        for size in (100, 300, 1000, 3000, 10000):
            growth(ELEMENTS[:4], size)
        for count in (2, 3, 5, 6):
            growth(ELEMENTS[:count], 1000)
