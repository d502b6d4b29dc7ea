"""Lithium growth in particle layers, the static stress with the decomposition products, and the closed loop."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from jobflow import Flow, Job, Maker, OutputReference
from monty.json import MSONable
from pymatgen.core import Composition

from selflimit import coupling, mesoscale
from selflimit.documents import CandidatesDoc, DecompositionDoc, ElasticDoc, GrowthDoc, RelaxationDoc, StressDoc
from selflimit.documents.self_limitation import ClosedLoopDoc, DesignPoint, DesignPointDoc, PressureSpreadDoc
from selflimit.mesoscale.growth.schedule import Schedule, cell_schedule
from selflimit.mesoscale.layers.microstructure import ON_COARSE
from selflimit.mesoscale.mechanics.plasticity import LITHIUM_YIELD_STRENGTH
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.phase_diagrams.diagram import LARGEST_K_EFF
from selflimit.phase_diagrams.entries.bundled import bundled_structure
from selflimit.phase_diagrams.entries.volumes import volume_sources
from selflimit.phase_diagrams.rules import MechanicalRules, Sampling
from selflimit.progress import current_progress
from selflimit.run_settings import RunConfiguration
from selflimit.units import MICROMETRE
from selflimit.workflows.makers.calculators import calculators_of
from selflimit.workflows.makers.flow_parts import (
    LOOPS,
    RelaxMaker,
    first_and_last,
    named,
    relax_found,
    usable_constants,
)
from selflimit.workflows.makers.phase_diagram import diagram_of, entries_of
from selflimit.workflows.makers.relaxation import ForceFieldElasticMaker, ForceFieldRelaxMaker
from selflimit.workflows.makers.verdicts import ArrestMaker, FlowingGrowthMaker, growth_times
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.stores.files import IN_DATA, with_files

PARTICLE = "Li3N mp-2251"
"""Crystal of the particle layer in the paper: Li3N, as made at ambient pressure (alpha)."""
VERDICT_RADIUS = 9.0 * MICROMETRE
"""Radius of the coarse particles that are judged (m), that of the growth."""
VERDICT_WIDTH = 1.0 * MICROMETRE
"""Width of the front, and spacing, of the layers that are judged (m): 64 x 96 micrometres in under two minutes."""
VERDICT_LAYERS = {"fine": 0.0, "graded": 0.4}
"""Layers that are judged, the control first, and their coarse fraction."""

Relaxations = Sequence[RelaxationDoc]


@dataclass
class InterfaceOutputs(MSONable):
    """References to what the stage finds."""

    elastic: OutputReference
    """ElasticDocs of electrolyte, particles and products."""
    growths: list[OutputReference]
    """One GrowthDoc per layer, its fields with it."""
    stresses: OutputReference
    """StressDocs of the first and the last decomposition, their fields with them."""
    closed_loops: list[OutputReference]
    """One ClosedLoopDoc per functional; empty: not asked for."""
    spreads: list[OutputReference]
    """One PressureSpreadDoc; empty: not asked for."""
    verdicts: list[OutputReference]
    """DesignPointDocs of the control and the graded layer; empty: not asked for."""
    arrest: OutputReference
    """ArrestDoc of the first decomposition."""


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
    duration, overpotential
        Model time (s), and potential of the metal against the far electrolyte (V); negative deposits.
    current
        Current density (mA/cm^2) that plates lithium for ``duration``, instead of the overpotential; None: not given.
    cycles
        How often lithium is plated and stripped at that current, each for ``duration``; 0: plated once.
    program
        What the cell is made to do instead, part by part, as :func:`selflimit.setting_fields.read_part` reads it.
    output_every
        Time between outputs (s); None: a 35th of the whole.
    earlier_outputs
        Output times (s) of the growth before it was extended.
    grid_cells
        Grid cells along x and y.
    front
        'single-ion' for a solid electrolyte, in which only Li+ moves; 'published' for the published equations, with
        the parameters that they are computed with; 'sharp' for these with a front that moves as a sharp one does.
    coarse
        'closed' for coarse particles that are dense grains, round which lithium goes; 'open' for ones that it grows
        into where it is driven, as in the published equations.
    seed
        Seed of packing and noise.
    closed_loop
        Also bring products and the constriction by their surroundings into agreement, and judge both layers.
    voltage, rules
        Of the closed loop: voltage (V vs the working ion's metal) of the decomposition, volumes and working ion.
    sampling
        Errors of energies and volumes that are carried to the tip, with the closed loop.
    relax_maker, elastic_maker
        What relaxes the particles' crystal, and what computes elastic constants.
    arrest_maker
        What judges arrest at C = 1.
    flow_maker
        What grows layers with lithium that flows; None: lithium is elastic.
    """

    name: str = "interface"
    particle: str = PARTICLE
    layers: tuple[str, ...] = ("fine", "graded")
    duration: float = 2100.0
    overpotential: float = -0.1
    current: float | None = None
    cycles: int = 0
    program: tuple[str, ...] = ()
    output_every: float | None = None
    earlier_outputs: tuple[float, ...] = ()
    grid_cells: tuple[int, int] = (128, 192)
    front: Literal["single-ion", "published", "sharp"] = "single-ion"
    coarse: Literal["closed", "open"] = "closed"
    seed: int = 1
    closed_loop: bool = False
    voltage: float = 0.0
    rules: MechanicalRules = field(default_factory=MechanicalRules)
    sampling: Sampling = field(default_factory=Sampling)
    relax_maker: RelaxMaker = field(default_factory=ForceFieldRelaxMaker)
    elastic_maker: ForceFieldElasticMaker = field(default_factory=ForceFieldElasticMaker)
    arrest_maker: ArrestMaker = field(default_factory=ArrestMaker)
    flow_maker: FlowingGrowthMaker | None = None

    @classmethod
    def of(cls, settings: RunConfiguration) -> Self:
        """The Maker of a run."""
        calculators = calculators_of(settings)
        return cls(
            particle=settings.particle,
            duration=settings.duration,
            overpotential=settings.overpotential,
            current=settings.current,
            cycles=settings.cycles,
            program=settings.schedule,
            output_every=settings.output_every,
            earlier_outputs=settings.earlier_outputs,
            grid_cells=settings.grid_cells,
            front=settings.front,
            coarse=settings.coarse,
            seed=settings.seed,
            closed_loop=settings.closed_loop,
            voltage=settings.voltage_range[0],
            rules=MechanicalRules(
                ion_volume=settings.ion_volume, gases=settings.gases, working_ion=settings.working_ion
            ),
            relax_maker=calculators.phases,
            # the user's entries are of another level of theory than the force field that strains them
            elastic_maker=replace(calculators.elastic, relax_first=True) if settings.entries else calculators.elastic,
            flow_maker=None if settings.mechanics == "elastic" else FlowingGrowthMaker.of(settings),
        )

    def make(self, electrolyte: OutputReference, competing: OutputReference, decompositions: OutputReference) -> Flow:
        """Flow whose output are the stage's :class:`InterfaceOutputs`.

        Parameters
        ----------
        electrolyte
            Reference to the electrolyte's RelaxationDoc.
        competing
            Reference to the list of the competing phases' RelaxationDocs.
        decompositions
            Reference to the list of DecompositionDocs; the first gives the growth its parameters.
        """
        crystal = named(self.find_particle(), "particle crystal")
        particle = relax_found(self.relax_maker, crystal, "relax particle")
        phases = (electrolyte, competing, particle.output, decompositions)
        chosen = named(self.choose_crystals(*phases), "crystals to strain")
        # the closed loop strains every compound that might be a product: one that is unstable must not end the run
        # before it is needed
        strain = replace(self.elastic_maker, keep_failures=self.needs_all_products)
        strained = named(strain.make(chosen.output), "elastic constants")
        constants = named(usable_constants(strained.output), "usable constants")
        elastic = constants.output
        parameters = named(self.find_parameters(decompositions, elastic), "parameters")
        here = (electrolyte, competing, elastic, parameters.output)
        grown = self.grow_layers(*here)
        stress = named(self.solve_stress(decompositions, elastic), "stress")
        arrest = self.arrest_maker.make(decompositions[0], parameters.output)
        loops, spreads, verdicts = self.judge(*here) if self.closed_loop else ([], [], [])
        outputs = InterfaceOutputs(
            elastic=elastic,
            growths=[step.output for step in grown],
            stresses=stress.output,
            closed_loops=[step.output for step in loops],
            spreads=[step.output for step in spreads],
            verdicts=[step.output for step in verdicts],
            arrest=arrest.output,
        )
        steps = [crystal, particle, chosen, strained, constants, parameters, arrest, *grown, stress]
        return Flow([*steps, *loops, *spreads, *verdicts], outputs, name=self.name)

    @property
    def needs_all_products(self) -> bool:
        """Whether elastic constants of every possible product are needed."""
        return self.closed_loop or (self.flow_maker is not None and self.flow_maker.film)

    def grow_layers(self, *here: OutputReference) -> list[Job]:
        """One growth for each layer; where lithium flows, before the second electrolyte."""
        if self.flow_maker is not None:
            return self.flow_maker.grow_layers(*here)
        return [named(self.grow(here[-1], layer), f"growth {layer}") for layer in self.layers]

    def judge(self, *here: OutputReference) -> tuple[list[Job], list[Job], list[Job]]:
        """The closed loop by both functionals, the spread of the pressure at the tip, and the verdicts on both layers.

        The verdict on a uniform fine layer is the control; each layer gets a domain of its own.
        """
        loops = [named(self.close_loop(*here, functional), f"loop {functional}") for functional in LOOPS]
        spread = named(self.spread_pressure(*here), "tip pressure spread")
        verdicts = [
            named(self.judge_layer(here[-1], coarse), f"verdict {layer}") for layer, coarse in VERDICT_LAYERS.items()
        ]
        return loops, [spread], verdicts

    @job(output_schema=CandidatesDoc)
    def find_particle(self) -> CandidatesDoc:
        """The crystal of the particle layer, from the bundled structures."""
        return CandidatesDoc(structures=[bundled_structure(self.particle)], labels=[self.particle], degeneracies=[1])

    @job
    def choose_crystals(
        self,
        electrolyte: RelaxationDoc,
        competing: Relaxations,
        particles: Relaxations,
        decompositions: Sequence[DecompositionDoc],
    ) -> list[RelaxationDoc]:
        """The crystals to strain: electrolyte, particles, the products that are put into the interface.

        The closed loop needs every product below the largest K_eff and the lowest crystal of each compound as well:
        errors of energies and volumes can bring any compound among the products.

        Parameters
        ----------
        electrolyte
            Its relaxed crystal, of energy in eV and volume in Angstrom^3 as all of them.
        competing, particles
            Relaxed crystals of the competing phases, and of the particle layer.
        decompositions
            Of the electrolyte at lithium metal, in the order of K_eff; the first and the last count.
        """
        wanted = {product.entry_id for doc in first_and_last(decompositions) for product in doc.products}
        chosen = [electrolyte, *particles, *(relaxed for relaxed in competing if relaxed.label in wanted)]
        if not self.needs_all_products:
            return chosen
        wanted = self._in_the_loop(electrolyte, competing) - {relaxed.label for relaxed in chosen}
        return chosen + [relaxed for relaxed in competing if relaxed.label in wanted]

    @job
    def find_parameters(
        self, decompositions: Sequence[DecompositionDoc], elastic: Sequence[ElasticDoc]
    ) -> InterfaceParameters:
        """The continuum's parameters from the atoms' results, by the first decomposition."""
        return self._parameters(decompositions[0], elastic)

    @job(output_schema=GrowthDoc, data=IN_DATA)
    def grow(self, parameters: InterfaceParameters, layer: str) -> GrowthDoc:
        """Lithium growth in one particle layer."""
        structure = mesoscale.build_layer(layer, parameters, self.grid_cells, self.seed)
        structure = replace(structure, closed=self.coarse == "closed")
        here = Path.cwd()
        numerics, times = mesoscale.Numerics(front=self.front), self.output_times()
        grown = mesoscale.grow_lithium(
            parameters, structure, self.schedule(), times, here, current_progress(), numerics
        )
        return with_files(grown, here)

    def schedule(self) -> float | Schedule:
        """What the cell is made to do: its programme, or the overpotential for the duration, or the current."""
        return cell_schedule(self.duration, self.current, self.cycles, self.program)

    def output_times(self) -> list[float]:
        """Output times (s) of the growths."""
        return growth_times(self.schedule(), self.output_every, self.earlier_outputs)

    @job(data=IN_DATA)
    def solve_stress(
        self, decompositions: Sequence[DecompositionDoc], elastic: Sequence[ElasticDoc]
    ) -> list[StressDoc]:
        """Static stress with the products of the first and the last decomposition in place."""
        return [
            self._stress(reaction, self._parameters(reaction, elastic)) for reaction in first_and_last(decompositions)
        ]

    @job(output_schema=ClosedLoopDoc)
    def close_loop(
        self,
        electrolyte: RelaxationDoc,
        competing: Relaxations,
        elastic: Sequence[ElasticDoc],
        parameters: InterfaceParameters,
        functional: Literal["linear", "elastic"],
    ) -> ClosedLoopDoc:
        """Find every self-consistent pair of products and constriction at one voltage.

        Parameters
        ----------
        electrolyte, competing
            Relaxed crystals (eV, Angstrom).
        elastic
            Elastic constants (GPa) of every product that can occur.
        parameters
            Of the surroundings (SI), and the retained fraction.
        functional
            Mechanical functional of the phase diagram: 'linear' or 'elastic'.
        """
        diagram = diagram_of(
            {"electrolyte": electrolyte, "competing": competing}, self.rules.model_copy(update={"model": functional})
        )
        zone = self._zone(parameters, elastic)
        return coupling.close_loop(
            diagram, electrolyte.formula, self.voltage, zone,
            yield_strengths=LITHIUM_YIELD_STRENGTH, progress=current_progress(),
        )  # fmt: skip

    @job(output_schema=PressureSpreadDoc)
    def spread_pressure(
        self,
        electrolyte: RelaxationDoc,
        competing: Relaxations,
        elastic: Sequence[ElasticDoc],
        parameters: InterfaceParameters,
    ) -> PressureSpreadDoc:
        """Carry errors of energies and volumes to the compression at the tip (MPa), at one voltage.

        Parameters
        ----------
        electrolyte, competing, elastic, parameters
            As :meth:`close_loop`.
        """
        entries, s = entries_of({"electrolyte": electrolyte, "competing": competing}), self.sampling
        zone = self._zone(parameters, elastic)
        return coupling.spread_pressure(
            entries, electrolyte.formula, self.voltage, zone, s.energy_error, volume_sources(entries),
            s.samples, s.seed, current_progress(), self.rules,
        )  # fmt: skip

    @job(output_schema=DesignPointDoc)
    def judge_layer(self, parameters: InterfaceParameters, coarse_fraction: float) -> DesignPointDoc:
        """Whether one layer limits lithium at the less stable electrolyte."""
        conditions = {"overpotential": parameters.overpotential, "correction": parameters.mechanical_correction}
        point = DesignPoint(coarse_fraction=coarse_fraction, radius=VERDICT_RADIUS, seed=self.seed, **conditions)
        widened = parameters.model_copy(update={"interface_width": VERDICT_WIDTH})
        # long enough for lithium to cross the fine layer: salt is used up, and a front is then far slower than at c = 1
        crossings = 1.5 if self.front == "single-ion" else 10.0
        settings = mesoscale.DesignSettings(crossings=crossings, gap=3.0 * MICROMETRE, front=self.front)
        return mesoscale.design_point(point, settings, widened, current_progress())

    def _in_the_loop(self, electrolyte: RelaxationDoc, competing: Relaxations) -> set[str]:
        """Labels of all products below the largest K_eff, and of the lowest crystal of each compound."""
        over_k = diagram_of({"electrolyte": electrolyte, "competing": competing}, self.rules).constriction_profile(
            electrolyte.formula, self.voltage, (0.0, LARGEST_K_EFF)
        )
        compounds = [d for d in competing if len(d.structure.composition) > 1 and d.formula != electrolyte.formula]
        # highest first: the lowest crystal of a formula is written over the others
        lowest = {doc.formula: doc.label for doc in sorted(compounds, key=lambda doc: -doc.energy_per_atom)}
        return {product.entry_id for segment in over_k.segments for product in segment.products} | {*lowest.values()}

    def _parameters(self, reaction: DecompositionDoc, elastic: Sequence[ElasticDoc]) -> InterfaceParameters:
        """Of several crystals of one formula the one that takes part in the reaction counts."""
        taking_part = {product.entry_id for product in reaction.products}
        ordered = sorted(elastic, key=lambda doc: doc.label in taking_part)
        # those that take part come last and are written over the others of their formula
        by_formula = {doc.formula: doc for doc in ordered}
        particle = Composition(self.particle.split()[0]).reduced_formula
        given = {} if self.front == "single-ion" else dict(mesoscale.PUBLISHED_MODEL)
        return InterfaceParameters.from_decomposition(
            reaction, by_formula, particle, overpotential=self.overpotential, **given
        )

    def _stress(self, reaction: DecompositionDoc, parameters: InterfaceParameters) -> StressDoc:
        structure, here = mesoscale.build_layer("channel", parameters, self.grid_cells, self.seed), Path.cwd()
        found = mesoscale.static_stress(parameters, structure, reaction, here, progress=current_progress())
        return with_files(found, here)

    def _zone(self, parameters: InterfaceParameters, elastic: Sequence[ElasticDoc]) -> "coupling.ReactionZone":
        """The reaction zone at the mouth of the channel."""
        structure = mesoscale.build_layer("channel", parameters, self.grid_cells, self.seed)
        by_label = {doc.label: doc for doc in elastic}
        return coupling.ReactionZone(structure, parameters, by_label, mesoscale.ZONE_DEPTH, ON_COARSE)
