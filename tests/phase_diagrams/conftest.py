import numpy as np
import pytest
from pymatgen.core import Composition, Lattice, Structure
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import with_level
from selflimit.phase_diagrams import competing_entries
from selflimit.phase_diagrams.entries.sources import MP_GGA


def make_entry(formula, energy, volume, entry_id, level=MP_GGA):
    """Entry of one formula unit with a given energy (eV/fu) and volume (A^3/fu); positions do not matter here."""
    species = [e.symbol for e, n in Composition(formula).items() for _ in range(int(n))]
    coords = [[i / len(species), 0.0, 0.0] for i in range(len(species))]
    structure = Structure(Lattice.cubic(volume ** (1 / 3)), species, coords)
    return with_level(ComputedStructureEntry(structure, energy, entry_id=entry_id), level)


def make_random_entries(seed, elements=("Li", "Zr", "Cl"), compounds=12, coarse=False):
    """References and random compounds; ``coarse`` energies and volumes come in large steps, so that ties are common."""
    rng = np.random.default_rng(seed)
    entries = [make_entry(e, rng.uniform(-9, -1), rng.uniform(10, 40), f"ref-{e}") for e in elements]
    reference = {e: entry.energy_per_atom for e, entry in zip(elements, entries, strict=True)}
    for index in range(compounds):
        counts = rng.integers(0, 5, len(elements))
        counts[1 + rng.integers(len(elements) - 1)] += 1
        formula = "".join(f"{e}{n}" for e, n in zip(elements, counts, strict=True) if n)
        per_atom, volume = rng.uniform(-2.0, 0.2), rng.uniform(8, 30)
        if coarse:
            per_atom, volume = np.round(2 * per_atom) / 2, 5 * np.ceil(volume / 5)
        total = sum(n * (reference[e] + per_atom) for e, n in zip(elements, counts, strict=True))
        entries.append(make_entry(formula, total, volume * counts.sum(), f"random-{index}"))
    return entries


ELECTRONEGATIVITY = {"Li": 0.98, "Ge": 2.01, "P": 2.19, "S": 2.58, "Cl": 3.16, "N": 3.04, "Zr": 1.33}


def make_large_set(seed, elements, size, polymorphs=0.4):
    """A synthetic set like a real system: ionic formation energies, many polymorphs, duplicates, exact ties."""
    rng = np.random.default_rng(seed)
    energy, volume = rng.uniform(-9, -1, len(elements)), rng.uniform(10, 30, len(elements))
    chi = np.array([ELECTRONEGATIVITY[e] for e in elements])
    entries = [make_entry(f"{e}2", 2 * h, 2 * v, f"ref-{e}") for e, h, v in zip(elements, energy, volume, strict=True)]
    known = []
    while len(entries) < size:
        if known and rng.random() < polymorphs:
            counts, formation, per_atom = known[rng.integers(len(known))]
            formation += rng.choice([0.0, rng.exponential(0.05)])  # an exact tie in energy, half of the times
            per_atom *= rng.choice([1.0, rng.normal(1.0, 0.06)])
        else:
            counts = np.where(rng.random(len(elements)) < 0.6, rng.integers(1, 7, len(elements)), 0)
            share = counts / max(counts.sum(), 1)
            formation = -0.9 * share @ (chi - share @ chi) ** 2 + rng.normal(0.0, 0.12)
            per_atom = share @ volume * rng.uniform(0.7, 1.1)
        if np.count_nonzero(counts) > 1:
            known.append((counts, formation, per_atom))
            formula = "".join(f"{e}{n}" for e, n in zip(elements, counts, strict=True) if n)
            total = counts @ (energy + formation)
            entries.append(make_entry(formula, total, per_atom * counts.sum(), f"large-{len(entries)}"))
    return entries


@pytest.fixture
def large_set():
    return make_large_set


@pytest.fixture
def entry():
    return make_entry


@pytest.fixture
def random_entries():
    return make_random_entries


@pytest.fixture(scope="session")
def mp_entries():
    return competing_entries("Li-Zr-Cl")


@pytest.fixture(scope="session")
def chloride_entries(mp_entries):
    """MP entries plus a made-up Li2ZrCl6, 0.05 eV/atom below LiCl + ZrCl4: a synthetic electrolyte for tests only."""
    lowest = {}
    for e in mp_entries:
        formula = e.composition.reduced_formula
        lowest[formula] = min(
            lowest.get(formula, 0.0), e.energy / e.composition.get_reduced_composition_and_factor()[1]
        )
    energy = 2 * lowest["LiCl"] + lowest["ZrCl4"] - 9 * 0.05
    return [*mp_entries, make_entry("Li2ZrCl6", energy, 210.0, "synthetic-LZC")]
