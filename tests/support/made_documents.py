"""Documents made by hand, and written as jobflow writes a job's output."""

from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

from selflimit.documents import (
    DecompositionDoc,
    InterfaceReactionDoc,
    LevelOfTheory,
    PhaseAmount,
    RelaxationDoc,
    StabilityDoc,
    VoltageSegment,
)

LEVEL = LevelOfTheory(method="force field", model="model-A", weights_sha256="ab")


def decomposition(k_eff, voltage, formula="Li2ZrCl6", level=LEVEL):
    return DecompositionDoc(
        formula=formula, working_ion="Li", voltage=voltage, k_eff=k_eff,
        products=[PhaseAmount(formula="LiCl", entry_id="x", amount=6, volume=34.0)],
        ion_uptake=4, reaction="a -> b", reaction_energy=-1.0, electrolyte_volume=200.0,
        decomposition_volume=10.0, reaction_strain=0.05, level_of_theory=level,
    )  # fmt: skip


def profile(k_eff, low, high, formula="Li2ZrCl6", level=LEVEL):
    segment = VoltageSegment(
        voltage_low=low, voltage_high=high, products=[], ion_uptake=0, reaction="", reaction_energy_low=0,
        reaction_energy_high=0, decomposition_volume=0, reaction_strain=0,
    )  # fmt: skip
    return StabilityDoc(
        formula=formula, working_ion="Li", k_eff=k_eff, functional="linear", electrolyte_volume=200.0,
        segments=[segment], stability_low=None, stability_high=None, entries=[], level_of_theory=level,
    )  # fmt: skip


def interface_reaction(first, second, k_eff=0.0):
    return InterfaceReactionDoc(
        first=first, second=second, working_ion="Li", voltage=None, k_eff=k_eff, first_volume=200.0,
        second_volume=100.0, kinks=[], segments=[], entries=[], left_out=[], level_of_theory=LEVEL,
    )  # fmt: skip


def relaxation(label, energy_per_atom, level=LEVEL):
    crystal = Structure(Lattice.cubic(5.1), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return RelaxationDoc(
        label=label, formula="LiCl", structure=crystal, energy=2 * energy_per_atom, energy_per_atom=energy_per_atom,
        volume=crystal.volume, volume_per_formula=crystal.volume, volume_change=0.0, max_force=0.0,
        max_stress=0.0, steps=1, level_of_theory=level,
    )  # fmt: skip


def put(store, output, uuid, completed_at="2026-03-01T12:00:00.000001", tags=()):
    """As jobflow stores a job's output."""
    doc = {
        "uuid": uuid, "index": 1, "output": jsanitize(output, strict=True), "completed_at": completed_at,
        "metadata": {"tags": list(tags)}, "hosts": [], "name": f"job {uuid}",
    }  # fmt: skip
    store.update(doc, key=["uuid", "index"])
