"""The jobs of one diagram of given entries: staircases, reactions, maps, uncertainty, interfaces."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from pymatgen.core import Composition
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import (
    DecompositionDoc,
    EnergyError,
    Functional,
    InterfaceReactionDoc,
    LeftOutPhase,
    PredominanceDoc,
    Record,
    StabilityDoc,
    UncertaintyDoc,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.electrolyte_interfaces import interface_scan
from selflimit.phase_diagrams.entries.bulk_moduli import bulk_moduli
from selflimit.phase_diagrams.entries.sources import competing_entries
from selflimit.phase_diagrams.entries.volumes import volume_sources
from selflimit.phase_diagrams.functionals.compressibility import TensileLimitError
from selflimit.phase_diagrams.uncertainty.sampling import Question, sample_uncertainty
from selflimit.workflows.running.identical_work import job

Entries = Sequence[ComputedStructureEntry]


class MechanicalRules(Record):
    """How the surrounding resists, and whose volume counts."""

    model: Functional = Field("linear", description="Mechanical functional")
    ion_volume: Literal["none", "released"] = Field("none", description="Whether ions in the reservoir have a volume")
    gases: Literal["solid", "released"] = Field("solid", description="Whether gases stay confined")
    working_ion: str = Field("Li", description="Element of the reservoir")
    compressible: bool = Field(False, description="Whether volumes depend on the pressure, with the known bulk moduli")

    def diagram(self, entries: Entries) -> ConstrainedPhaseDiagram:
        """The diagram of ``entries`` under these rules; errors as there."""
        moduli = bulk_moduli(entries) if self.compressible else None
        return ConstrainedPhaseDiagram(
            entries, self.working_ion, self.model, self.ion_volume, self.gases, bulk_moduli=moduli
        )

    def question(self, formula: str, k_effs: Sequence[float], voltage: float) -> Question:
        """What is asked of every sample: ``formula`` at these moduli (GPa) and this voltage (V)."""
        return Question(formula, tuple(k_effs), (voltage,), self.working_ion, self.model, self.ion_volume, self.gases)


class Sampling(Record):
    """How errors become distributions."""

    energy_error: EnergyError = Field(description="Assumed error of the energies")
    samples: int = Field(ge=20, description="Exact diagrams drawn")
    seed: int = Field(ge=0, description="Seed of the random numbers")


@job(output_schema=StabilityDoc)
def entries_stability(
    entries: Entries, rules: MechanicalRules, formula: str, k_eff: float, voltage_range: tuple[float, float]
) -> StabilityDoc:
    """Products of ``formula`` against voltage (V) at one K_eff (GPa)."""
    return rules.diagram(entries).profile(formula, k_eff, voltage_range)


@job
def entries_compressible(
    entries: Entries, rules: MechanicalRules, formula: str, k_eff: float, voltage_range: tuple[float, float]
) -> list[StabilityDoc]:
    """The same with compressible phases; empty where products that shrink would be torn (tension beyond B/B')."""
    diagram = rules.model_copy(update={"compressible": True}).diagram(entries)
    try:
        return [diagram.profile(formula, k_eff, voltage_range)]
    except TensileLimitError:
        return []


@job(output_schema=DecompositionDoc)
def entries_decomposition(
    entries: Entries, rules: MechanicalRules, formula: str, k_eff: float, voltage: float
) -> DecompositionDoc:
    """Decomposition of ``formula`` at one voltage (V) and K_eff (GPa)."""
    return rules.diagram(entries).products(formula, voltage, k_eff)


@job(output_schema=PredominanceDoc)
def entries_predominance(
    entries: Entries,
    rules: MechanicalRules,
    formula: str,
    voltage_range: tuple[float, float],
    k_eff_range: tuple[float, float],
) -> PredominanceDoc:
    """The voltage-K_eff map of ``formula`` (V, GPa)."""
    return rules.diagram(entries).predominance(formula, voltage_range, k_eff_range)


@job(output_schema=UncertaintyDoc)
def entries_uncertainty(
    entries: Entries, rules: MechanicalRules, formula: str, k_effs: Sequence[float], voltage: float, sampling: Sampling
) -> UncertaintyDoc:
    """Spread of boundaries, K* and products of ``formula`` at one voltage (V)."""
    return sampled(entries, rules.question(formula, k_effs, voltage), sampling)


@job
def dft_uncertainty(
    formula: str, k_effs: Sequence[float], voltage: float, working_ion: str, sampling: Sampling
) -> list[UncertaintyDoc]:
    """The same by the bundled DFT energies; empty where none of the chemical system are bundled."""
    return sampled_with_dft(Question(formula, tuple(k_effs), (voltage,), working_ion), sampling)


@job(output_schema=InterfaceReactionDoc)
def entries_interface(
    entries: Entries,
    rules: MechanicalRules,
    pair: tuple[str, str],
    k_eff: float,
    voltage: float | None,
    left_out: Sequence[LeftOutPhase],
) -> InterfaceReactionDoc:
    """Reactions between two electrolytes at one K_eff (GPa), closed or at a voltage (V), linear functional."""
    linear = rules.model_copy(update={"model": "linear"})
    return interface_scan(linear.diagram(entries), *pair, k_eff=k_eff, voltage=voltage, left_out=left_out)


def sampled(entries: Entries, question: Question, sampling: Sampling) -> UncertaintyDoc:
    """Sample the entries with all their bundled volumes; errors as :func:`sample_uncertainty`."""
    return sample_uncertainty(
        entries, question, sampling.energy_error, volume_sources(entries), sampling.samples, sampling.seed
    )


def sampled_with_dft(question: Question, sampling: Sampling) -> list[UncertaintyDoc]:
    """The spread by the bundled DFT energies, in which the electrolyte has no entry.

    Energies of other systems are not bundled; there the list is empty.
    """
    elements = {*Composition(question.composition).chemical_system.split("-"), question.working_ion}
    try:
        entries = competing_entries("-".join(sorted(elements)))
    except InputError:
        return []
    return [sampled(entries, question, sampling)]
