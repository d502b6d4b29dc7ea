"""Constrained phase diagrams of one electrolyte: of crystals that are relaxed for it, or of entries that are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from jobflow import Flow, Job, Maker, OutputReference
from monty.json import MSONable
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import (
    CandidatesDoc,
    CompetingPhasesDoc,
    ConstrictionDoc,
    DecompositionDoc,
    PredominanceDoc,
    ProductsDoc,
    RelaxationDoc,
    StabilityDoc,
    UncertaintyDoc,
)
from selflimit.phase_diagrams.diagram import LARGEST_K_EFF, VOLTAGE_RANGE, ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.competing_set import Competing, competing_phases
from selflimit.phase_diagrams.entries.sources import competing_structures
from selflimit.phase_diagrams.functionals.compressibility import TensileLimitError
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.phases import as_electrolyte
from selflimit.phase_diagrams.rules import MechanicalRules, Sampling, chemical_system_of, dft_entries, dft_products
from selflimit.run_settings import RunConfiguration
from selflimit.workflows.entries.own import own_entries, own_phases
from selflimit.workflows.makers.calculators import calculators_of
from selflimit.workflows.makers.flow_parts import RelaxMaker, named, relax_found
from selflimit.workflows.makers.relaxation import ForceFieldRelaxMaker
from selflimit.workflows.running.identical_work import job

Phases = Sequence[Any] | Mapping[str, Any] | CompetingPhasesDoc
"""Relaxations, entries, or sequences of these, of one level of theory: the electrolyte and all that competes. A mapping
has the crystal that is the electrolyte under 'electrolyte', all that competes under 'competing'. Or the phases that
were made of them: crystals are read once, by :meth:`PhaseDiagramMaker.collect`."""


@dataclass
class DiagramOutputs(MSONable):
    """References to what the stage finds; each is a list with one document per K_eff, unless it says otherwise."""

    stabilities: OutputReference
    decompositions: OutputReference
    compressible: OutputReference
    """The same as the stabilities with compressible phases; empty under the linear functional."""
    constriction: OutputReference
    """One ConstrictionDoc."""
    predominance: OutputReference
    """One PredominanceDoc."""
    reference: OutputReference
    """ProductsDocs by the bundled DFT energies; empty where none are bundled, or under other than default rules."""
    uncertainties: OutputReference
    """UncertaintyDocs; empty where nothing was sampled."""


@dataclass
class PhaseDiagramMaker(Maker):
    """Constrained phase diagrams of one electrolyte.

    Parameters
    ----------
    name
        Name of the flow.
    rules
        Mechanical functional, volumes that count, and the working ion.
    k_effs
        Effective bulk moduli (GPa).
    voltage_range
        Voltages (V vs the working ion's metal).
    k_eff_range
        Effective bulk moduli (GPa) of the map.
    sampling
        Errors of energies and volumes, and how they are sampled; None: not at all.
    sampled
        What is sampled: the bundled 'DFT' energies, the 'entries' of the diagram, or both.
    phases
        Where the competing crystals come from: 'bundled' or 'mp-api'.
    relax_maker
        What relaxes the competing phases; of the same level of theory as the electrolyte.
    entries
        Path of the user's entries, the electrolyte among them, which take the place of relaxations; '': none.
    """

    name: str = "phase diagram"
    rules: MechanicalRules = field(default_factory=MechanicalRules)
    k_effs: tuple[float, ...] = (0.0, 5.0, 10.0, 15.0)
    voltage_range: tuple[float, float] = VOLTAGE_RANGE
    k_eff_range: tuple[float, float] = (0.0, 20.0)
    sampling: Sampling | None = field(default_factory=Sampling)
    sampled: tuple[Literal["entries", "DFT"], ...] = ("DFT",)
    phases: Literal["bundled", "mp-api"] = "bundled"
    relax_maker: RelaxMaker = field(default_factory=ForceFieldRelaxMaker)
    entries: str = ""

    @classmethod
    def of(cls, settings: RunConfiguration) -> Self:
        """The Maker of a run."""
        return cls(
            rules=MechanicalRules(
                model=settings.model,
                ion_volume=settings.ion_volume,
                gases=settings.gases,
                working_ion=settings.working_ion,
            ),
            k_effs=settings.k_effs,
            voltage_range=settings.voltage_range,
            phases=settings.phases,
            relax_maker=calculators_of(settings).phases,
            entries=settings.entries,
        )

    def make(self, electrolyte: OutputReference, formula: str) -> Flow:
        """Flow that relaxes or reads what competes; its output holds that and the :class:`DiagramOutputs`.

        With the user's entries it holds the electrolyte's too.


        Parameters
        ----------
        electrolyte
            Reference to the electrolyte's RelaxationDoc.
        formula
            Its reduced formula; fixes the chemical system.
        """
        if self.entries:
            return self._of_own(formula)
        found = named(self.find_competing(formula), "competing phases")
        competing = relax_found(self.relax_maker, found, "relax competing phases")
        steps, outputs = self.diagrams({"electrolyte": electrolyte, "competing": competing.output}, formula)
        output = {"competing": competing.output, "diagram": outputs}
        return Flow([found, competing, *steps], output=output, name=self.name)

    def _of_own(self, formula: str) -> Flow:
        """The same flow of the user's entries, which are read now; its output holds the electrolyte too."""
        docs = own_entries(Path(self.entries), formula, self.rules.working_ion)
        found = named(own_phases(docs, formula), "own entries")
        own, competing = found.output["electrolyte"], found.output["competing"]
        steps, outputs = self.diagrams({"electrolyte": own, "competing": competing}, formula)
        output = {"electrolyte": own, "competing": competing, "diagram": outputs}
        return Flow([found, *steps], output=output, name=self.name)

    def of_entries(self, entries: Competing, formula: str) -> Flow:
        """Flow of given entries (eV, Angstrom), or of their phases; its output are the :class:`DiagramOutputs`."""
        steps, outputs = self.diagrams(self.collected(entries), formula, f" {formula}")
        return Flow([*steps], output=outputs, name=f"{self.name} {formula}")

    def collected(self, entries: Competing) -> CompetingPhasesDoc:
        """The phases of entries (eV, Angstrom) with all the numbers that the jobs need of their crystals."""
        return competing_phases(
            entries,
            with_moduli=find_functional(self.rules.model).has_pressure,
            with_volumes=self.sampling is not None and "entries" in self.sampled,
        )

    def diagrams(self, phases: Phases, formula: str, about: str = "") -> tuple[list[Job], DiagramOutputs]:
        """Make the jobs of one electrolyte.

        Parameters
        ----------
        phases
            Relaxations or entries of the electrolyte and all that competes, or references to them.
        formula
            Formula of the electrolyte.
        about
            Ends the names of the jobs where a flow has several electrolytes.
        """
        collected = named(self.collect(phases), f"phases{about}")
        competing = collected.output
        found = {
            "stabilities": self.stabilities(competing, formula),
            "decompositions": self.decompositions(competing, formula),
            "compressible": self.compressible_stabilities(competing, formula),
            "constriction": self.constriction(competing, formula),
            "predominance": self.predominance(competing, formula),
            "reference": self.products_by_dft(formula),
            "uncertainties": self.uncertainties(competing, formula),
        }
        steps = [named(step, f"{name}{about}") for name, step in found.items()]
        return [collected, *steps], DiagramOutputs(**{name: step.output for name, step in found.items()})

    @job(output_schema=CompetingPhasesDoc)
    def collect(self, phases: Phases) -> CompetingPhasesDoc:
        """Collect the numbers of all phases, so that no other job reads their crystals."""
        return self.collected(phases if isinstance(phases, CompetingPhasesDoc) else entries_of(phases))

    @job(output_schema=CandidatesDoc)
    def find_competing(self, formula: str) -> CandidatesDoc:
        """The crystals of every phase that competes in the electrolyte's chemical system."""
        return competing_crystals(formula, self.rules.working_ion, self.phases)

    @job
    def stabilities(self, phases: Phases, formula: str) -> list[StabilityDoc]:
        """Products of the electrolyte against voltage, at each K_eff."""
        diagram = diagram_of(phases, self.rules)
        return [diagram.profile(formula, k_eff, self.voltage_range) for k_eff in self.k_effs]

    @job
    def decompositions(self, phases: Phases, formula: str) -> list[DecompositionDoc]:
        """Decomposition of the electrolyte at the lowest voltage, at each K_eff."""
        diagram = diagram_of(phases, self.rules)
        return [diagram.products(formula, self.voltage_range[0], k_eff) for k_eff in self.k_effs]

    @job
    def compressible_stabilities(self, phases: Phases, formula: str) -> list[StabilityDoc]:
        """The stabilities with compressible phases; a K_eff at which products would be torn is left out."""
        if not find_functional(self.rules.model).has_pressure:
            return []
        diagram = diagram_of(phases, self.rules.model_copy(update={"compressible": True}))
        # without constriction there is no pressure, and the profile is that of rigid phases
        found = [profile_if_whole(diagram, formula, k_eff, self.voltage_range) for k_eff in self.k_effs if k_eff > 0]
        return [doc for doc in found if doc is not None]

    @job(output_schema=ConstrictionDoc)
    def constriction(self, phases: Phases, formula: str) -> ConstrictionDoc:
        """Products of the electrolyte against K_eff at the lowest voltage, with the exact critical K_eff."""
        span = (0.0, LARGEST_K_EFF)
        return diagram_of(phases, self.rules).constriction_profile(formula, self.voltage_range[0], span)

    @job(output_schema=PredominanceDoc)
    def predominance(self, phases: Phases, formula: str) -> PredominanceDoc:
        """The voltage-K_eff map of the electrolyte."""
        return diagram_of(phases, self.rules).predominance(formula, self.voltage_range, self.k_eff_range)

    @job
    def products_by_dft(self, formula: str) -> list[ProductsDoc]:
        """Products by the bundled DFT energies, with DFT and with experimental volumes."""
        if not self.rules.is_default:
            return []
        return dft_products(formula, self.rules.working_ion, self.k_effs, self.voltage_range)

    @job
    def hull_products(self, phases: Phases, formula: str) -> list[ProductsDoc]:
        """Products of a composition that is no entry, at each K_eff; linear functional.

        Parameters
        ----------
        phases
            Relaxations or entries of all that competes, or references to them.
        formula
            The composition.
        """
        diagram = diagram_of(phases, self.rules)
        source = diagram.level_of_theory.label
        return [diagram.hull_products(formula, k_eff, self.voltage_range, source) for k_eff in self.k_effs]

    @job
    def uncertainties(self, phases: Phases, formula: str) -> list[UncertaintyDoc]:
        """Spread of boundaries, K* and products at the lowest voltage, by each set of energies that is sampled."""
        if self.sampling is None:
            return []
        by_dft = dft_entries(formula, self.rules.working_ion) if self.rules.is_default else []
        sets: dict[str, Competing] = {"DFT": by_dft}
        if "entries" in self.sampled:
            sets["entries"] = phases if isinstance(phases, CompetingPhasesDoc) else entries_of(phases)
        question = self.rules.question(formula, self.k_effs, self.voltage_range[0])
        return [self.sampling.of(sets[name], question) for name in self.sampled if sets[name]]


def entries_of(phases: Sequence[Any] | Mapping[str, Any]) -> list[ComputedStructureEntry]:
    """Entries of relaxations, entries, or sequences of these, in order; that of a mapping's electrolyte is marked."""
    if isinstance(phases, Mapping):
        (own,) = entries_of([phases["electrolyte"]])
        return [as_electrolyte(own), *entries_of(phases["competing"])]
    found: list[ComputedStructureEntry] = []
    for phase in phases:
        if isinstance(phase, Sequence):
            found += entries_of(phase)
        else:
            found.append(phase.entry() if isinstance(phase, RelaxationDoc) else phase)
    return found


def diagram_of(phases: Phases, rules: MechanicalRules) -> ConstrainedPhaseDiagram:
    """The constrained phase diagram of ``phases`` under these rules; all must share one level of theory."""
    return rules.diagram(phases if isinstance(phases, CompetingPhasesDoc) else entries_of(phases))


def profile_if_whole(
    diagram: ConstrainedPhaseDiagram, formula: str, k_eff: float, voltage_range: tuple[float, float]
) -> StabilityDoc | None:
    """Return the profile at one K_eff, or None where products that shrink would be torn (tension beyond B/B').

    Parameters
    ----------
    diagram
        The electrolyte and all that competes with it.
    formula
        Formula of the electrolyte.
    k_eff
        Effective bulk modulus (GPa).
    voltage_range
        Lowest and highest voltage (V vs the working ion's metal).
    """
    try:
        return diagram.profile(formula, k_eff, voltage_range)
    except TensileLimitError:
        return None


def competing_crystals(formula: str, working_ion: str, source: Literal["bundled", "mp-api"]) -> CandidatesDoc:
    """The competing crystals of the chemical system of ``formula`` and the working ion.

    Parameters
    ----------
    formula
        Formula of the electrolyte.
    working_ion
        Symbol of the working ion, which belongs to the chemical system.
    source
        Where the crystals come from: the package, or the Materials Project.

    Raises
    ------
    InputError
        No crystals are known for the chemical system, or the source does not answer.
    """
    found = competing_structures(chemical_system_of(formula, working_ion), source=source)
    return CandidatesDoc(structures=list(found.values()), labels=list(found), degeneracies=[1] * len(found))
