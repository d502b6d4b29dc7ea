"""The flows: Makers whose fields are settings and whose ``make`` takes data.

One flow for every calculator: a relax Maker is anything whose ``make(structures, labels, degeneracies)`` gives a list
of RelaxationDoc, be it a force field in one batch or VASP crystal by crystal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Literal, Protocol, TypeVar

from jobflow import Flow, Job, Maker, OutputReference

from selflimit.mesoscale.mechanics.plasticity import LITHIUM_YIELD_STRENGTH
from selflimit.phase_diagrams.diagram import VOLTAGE_RANGE
from selflimit.phase_diagrams.uncertainty.sampling import REACTION_ERROR
from selflimit.structures.parents.parents import Parent
from selflimit.workflows import carried_files, diagram_jobs, jobs
from selflimit.workflows.diagram_jobs import Sampling
from selflimit.workflows.makers import closed_loop as closed_loop_jobs
from selflimit.workflows.makers.relaxation import ForceFieldElasticMaker, ForceFieldRelaxMaker, StagedRelaxMaker
from selflimit.workflows.running.local import jobs_in_order

PARTICLE = "Li3N mp-2251"
"""Crystal of the particle layer in the paper: Li3N, as made at ambient pressure (alpha)."""


class RelaxMaker(Protocol):
    """Relaxes a list of crystals; output: list[RelaxationDoc]."""

    def make(self, structures: Any, labels: Any, degeneracies: Any) -> Job | Flow:
        """Job or flow whose output is the list of relaxations, in order."""
        ...


Files = Literal["folder", "store"]
"""Where fields and report go: into the working directory, which all jobs share, or into the JobStore's ``data``."""

Work = TypeVar("Work", bound=Job | Flow)


def named(work: Work, name: str) -> Work:
    """``work`` under a new name."""
    work.name = name
    return work


def relaxed(maker: RelaxMaker, candidates: Job, name: str) -> Job | Flow:
    """Relax what the job ``candidates`` found."""
    found = candidates.output
    return named(maker.make(found.structures, found.labels, found.degeneracies), name)


def writing_jobs(files: Files) -> ModuleType:
    """The jobs that write files, by where these go; both modules name them alike."""
    return carried_files if files == "store" else jobs


def document(work: Job, files: Files) -> OutputReference:
    """The document in the output of a job that writes files."""
    return work.output[0] if files == "store" else work.output


@dataclass
class OrderingMaker(Maker):
    """From a disordered parent to its lowest relaxed ordering.

    Parameters
    ----------
    name
        Name of the flow.
    cells
        Cells to fill: 'primitive', 'conventional' or a supercell of the conventional cell such as '2x1x1'.
    keep
        Orderings to relax per cell, lowest electrostatic energy first.
    relax_maker
        What relaxes them.
    compared_makers
        What relaxes them as well, to see how far the rankings agree: another force field, or VASP.
    temperature
        Of the Boltzmann weights (K).
    """

    name: str = "orderings"
    cells: tuple[str, ...] = ("primitive", "conventional")
    keep: int = 8
    relax_maker: RelaxMaker = field(default_factory=StagedRelaxMaker)
    compared_makers: tuple[RelaxMaker, ...] = ()
    temperature: float = 300.0

    def make(self, parent: Parent) -> Flow:
        """Flow whose output is the lowest ordering's RelaxationDoc."""
        found = [named(jobs.orderings(parent, cell, self.keep), f"orderings {cell}") for cell in self.cells]
        chosen = named(jobs.ordering_candidates([job.output for job in found]), "orderings to relax")
        relaxations = relaxed(self.relax_maker, chosen, "relax orderings")
        others = [
            relaxed(maker, chosen, f"compared relaxations {number}")
            for number, maker in enumerate(self.compared_makers)
        ]
        best = named(jobs.lowest(relaxations.output), "lowest ordering")
        data = ([job.output for job in found], relaxations.output, [other.output for other in others])
        energies = named(jobs.energies_of_orderings(*data, self.temperature), "energies of orderings")
        return Flow([*found, chosen, relaxations, *others, best, energies], output=best.output, name=self.name)


@dataclass
class PhaseDiagramMaker(Maker):
    """Constrained phase diagrams of one electrolyte, all phases relaxed by one Maker.

    Parameters
    ----------
    name
        Name of the flow.
    working_ion
        Element exchanged with the reservoir.
    k_effs
        Effective bulk moduli (GPa).
    voltage_range
        Voltages (V vs the working ion's metal).
    k_eff_range
        Effective bulk moduli (GPa) of the map.
    sampling
        Errors of the bundled DFT energies and volumes, and how they are sampled.
    phases
        Where the competing crystals come from: 'bundled' or 'mp-api'.
    relax_maker
        What relaxes the competing phases; of the same level of theory as the electrolyte.
    elastic_makers
        What computes elastic constants of the electrolyte and every competing phase; empty: only those that the
        interface needs are computed, there.
    """

    name: str = "phase diagram"
    working_ion: str = "Li"
    k_effs: tuple[float, ...] = (0.0, 5.0, 10.0, 15.0)
    voltage_range: tuple[float, float] = VOLTAGE_RANGE
    k_eff_range: tuple[float, float] = (0.0, 20.0)
    sampling: Sampling = field(default_factory=lambda: Sampling(energy_error=REACTION_ERROR, samples=300, seed=1))
    phases: str = "bundled"
    relax_maker: RelaxMaker = field(default_factory=ForceFieldRelaxMaker)
    elastic_makers: tuple[ForceFieldElasticMaker, ...] = ()

    def make(self, electrolyte: OutputReference, formula: str) -> Flow:
        """Flow whose output holds the competing relaxations, map, uncertainty, and two documents per K_eff.

        Parameters
        ----------
        electrolyte
            Reference to the electrolyte's RelaxationDoc.
        formula
            Its reduced formula; fixes the chemical system.
        """
        found = named(jobs.competing_candidates(formula, self.working_ion, self.phases), "competing phases")
        competing = relaxed(self.relax_maker, found, "relax competing phases")
        data = (electrolyte, competing.output)
        profiles = [
            named(jobs.stability(*data, k, self.voltage_range, self.working_ion), f"stability {k:g} GPa")
            for k in self.k_effs
        ]
        reactions = [
            named(jobs.decomposition(*data, k, self.voltage_range[0], self.working_ion), f"decomposition {k:g} GPa")
            for k in self.k_effs
        ]
        over_k = named(jobs.constriction(*data, self.voltage_range[0], self.working_ion), "constriction")
        reference = named(
            jobs.reference_products(formula, self.working_ion, self.k_effs, self.voltage_range), "DFT products"
        )
        over_both = jobs.predominance(*data, self.voltage_range, self.k_eff_range, self.working_ion)
        asked = (formula, self.k_effs, self.voltage_range[0], self.working_ion)
        spread = named(diagram_jobs.dft_uncertainty(*asked, self.sampling), "uncertainty")
        everything = named(jobs.all_phases(*data), "all phases")
        constants = [
            named(maker.make(everything.output), f"elastic constants of all phases {number}")
            for number, maker in enumerate(self.elastic_makers)
        ]
        elastic_jobs = [everything, *constants] if constants else []
        output = {
            "competing": competing.output,
            "constriction": over_k.output,
            "predominance": over_both.output,
            "uncertainties": spread.output,
            "reference": reference.output,
            "stabilities": [job.output for job in profiles],
            "decompositions": [job.output for job in reactions],
        }
        steps = [found, competing, *profiles, *reactions, over_k, over_both, reference, spread, *elastic_jobs]
        return Flow(steps, output=output, name=self.name)


@dataclass
class InterfaceMaker(Maker):
    """Lithium growth in a fine and a graded particle layer, then the static stress with the decomposition products.

    Parameters
    ----------
    name
        Name of the flow.
    particle
        Label of the bundled crystal of the particle layer.
    layers
        Particle layers to grow through.
    duration
        Model time (s).
    overpotential
        Potential of the metal against the far electrolyte (V); negative deposits.
    grid_cells
        Grid cells along x and y.
    seed
        Seed of packing and noise.
    files
        Where the fields go: 'folder' where all jobs share one, 'store' where each runs on a machine of its own.
    closed_loop
        Also bring products and the constriction by their surroundings into agreement, and judge both layers.
    voltage, working_ion
        Of the closed loop: voltage (V vs the working ion's metal) of the decomposition.
    sampling
        Errors of energies and volumes that are carried to the tip, with the closed loop.
    relax_maker, elastic_maker
        What relaxes the particles' crystal, and what computes elastic constants.
    """

    name: str = "interface"
    particle: str = PARTICLE
    layers: tuple[str, ...] = ("fine", "graded")
    duration: float = 2100.0
    overpotential: float = -0.1
    grid_cells: tuple[int, int] = (128, 192)
    seed: int = 1
    files: Files = "folder"
    closed_loop: bool = False
    voltage: float = 0.0
    working_ion: str = "Li"
    sampling: Sampling = field(default_factory=lambda: Sampling(energy_error=REACTION_ERROR, samples=300, seed=1))
    relax_maker: RelaxMaker = field(default_factory=ForceFieldRelaxMaker)
    elastic_maker: ForceFieldElasticMaker = field(default_factory=ForceFieldElasticMaker)

    def make(
        self, electrolyte: OutputReference, competing: OutputReference, decompositions: Sequence[OutputReference]
    ) -> Flow:
        """Flow whose output holds elastic constants, one GrowthDoc per layer and one StressDoc per decomposition.

        Parameters
        ----------
        electrolyte
            Reference to the electrolyte's RelaxationDoc.
        competing
            Reference to the list of the competing phases' RelaxationDocs.
        decompositions
            References to DecompositionDocs; the first one gives the growth its parameters.
        """
        crystal = named(jobs.particle_candidates(self.particle), "particle crystal")
        particle = relaxed(self.relax_maker, crystal, "relax particle")
        phases = (electrolyte, competing, particle.output, list(decompositions))
        chosen = (
            closed_loop_jobs.loop_candidates(*phases, self.voltage, self.working_ion)
            if self.closed_loop
            else jobs.elastic_candidates(*phases)
        )
        strain = replace(self.elastic_maker, keep_failures=self.closed_loop)
        strained = named(strain.make(named(chosen, "crystals to strain").output), "elastic constants")
        usable = closed_loop_jobs.usable(strained.output)
        constants = named(usable, "usable constants") if self.closed_loop else strained
        parameters = [
            named(jobs.interface_parameters(reaction, constants.output, self.overpotential), f"parameters {number}")
            for number, reaction in enumerate(decompositions)
        ]
        write = writing_jobs(self.files)
        grown = [
            named(
                write.growth(parameters[0].output, layer, self.grid_cells, self.seed, self.duration), f"growth {layer}"
            )
            for layer in self.layers
        ]
        stressed = [
            named(write.stress(part.output, reaction, self.grid_cells, self.seed), f"stress {number}")
            for number, (part, reaction) in enumerate(zip(parameters, decompositions, strict=True))
        ]
        here = (electrolyte, competing, constants.output, parameters[0].output)
        loops = self.loops(*here) if self.closed_loop else []
        verdicts = self.verdicts(parameters[0].output) if self.closed_loop else []
        output = {
            "elastic": constants.output,
            "growths": [document(job, self.files) for job in grown],
            "stresses": [document(job, self.files) for job in stressed],
            "files": [job.output[1] for job in (*grown, *stressed) if self.files == "store"],
            "closed_loops": [job.output for job in loops[:-1]],
            "spreads": [job.output for job in loops[-1:]],
            "verdicts": [job.output for job in verdicts],
        }
        elastic = [strained, constants] if self.closed_loop else [strained]
        steps = [crystal, particle, chosen, *elastic, *parameters, *grown, *stressed, *loops, *verdicts]
        return Flow(steps, output, name=self.name)

    def loops(self, *here: OutputReference) -> list[Job]:
        """The closed loop by both functionals, and the spread of the pressure at the tip."""
        where = (self.voltage, self.working_ion, self.grid_cells, self.seed)
        found = [
            named(closed_loop_jobs.loop_closed(*here, functional, *where, LITHIUM_YIELD_STRENGTH), f"loop {functional}")
            for functional in ("linear", "elastic")
        ]
        spread = closed_loop_jobs.tip_pressure_spread(*here, self.voltage, self.grid_cells, self.seed, self.sampling)
        return [*found, named(spread, "tip pressure spread")]

    def verdicts(self, parameters: OutputReference) -> list[Job]:
        """The verdict on a uniform fine layer, the control, and on a graded one, on a domain of their own."""
        return [
            named(closed_loop_jobs.layer_verdict(parameters, share, self.seed), f"verdict {name}")
            for name, share in (("fine", 0.0), ("graded", 0.4))
        ]


@dataclass
class SelfLimitMaker(Maker):
    """The whole chain: orderings, relaxation, constrained phase diagram, growth and stress, report.

    Parameters
    ----------
    name
        Name of the flow.
    ordering_maker, diagram_maker, interface_maker
        The stages.
    """

    name: str = "selflimit"
    ordering_maker: OrderingMaker = field(default_factory=OrderingMaker)
    diagram_maker: PhaseDiagramMaker = field(default_factory=PhaseDiagramMaker)
    interface_maker: InterfaceMaker = field(default_factory=InterfaceMaker)

    def make(self, parent: Parent) -> Flow:
        """Flow from a disordered parent to the report; its subflows are the stages, in order."""
        first = self.ordering_maker.make(parent)
        electrolyte = first.output
        second = self.diagram_maker.make(electrolyte, parent.formula)
        reactions = second.output["decompositions"]
        third = self.interface_maker.make(electrolyte, second.output["competing"], [reactions[0], *reactions[1:][-1:]])
        content = {
            "parent": parent.name,
            "electrolyte": electrolyte,
            **first_outputs(first),
            **second.output,
            **{name: output for name, output in third.output.items() if name != "files"},
        }
        carried = self.interface_maker.files == "store"
        made = carried_files.report(content, third.output["files"]) if carried else jobs.report(content)
        report = named(made, "report")
        return Flow([first, second, third, Flow([report], report.output, name="report")], name=self.name)


def first_outputs(flow: Flow) -> dict[str, object]:
    """What the report shows of the ordering stage: all orderings, their relaxations and what these say."""
    by_name = {job.name: job.output for job in jobs_in_order(flow)}
    found = [
        output for name, output in by_name.items() if name.startswith("orderings ") and name != "orderings to relax"
    ]
    return {
        "orderings": found,
        "relaxations": by_name["relax orderings"],
        "ordering_energies": by_name["energies of orderings"],
    }
