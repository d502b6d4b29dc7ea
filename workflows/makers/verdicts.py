"""What stops lithium, as jobs: arrest at C = 1, design maps with one job per design or growth, lithium that flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from jobflow import Flow, Job, Maker, OutputReference

from selflimit import coupling, mesoscale
from selflimit.documents import (
    ArrestDoc,
    ArrestMapDoc,
    ChannelDesign,
    ChannelDesignDoc,
    DecompositionDoc,
    ElasticDoc,
    GrowthDoc,
    RelaxationDoc,
)
from selflimit.documents.arrest import Products
from selflimit.documents.self_limitation import DesignMapDoc, DesignPoint, DesignPointDoc
from selflimit.mesoscale.arrest.arrest import ArrestSettings, judge_arrest
from selflimit.mesoscale.arrest.arrest_map import (
    ArrestMapSettings,
    collect_designs,
    design_label,
    judge_design,
)
from selflimit.mesoscale.growth.schedule import cell_schedule, regular_times, total_time
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.phase_diagrams.rules import MechanicalRules
from selflimit.progress import current_progress
from selflimit.run_settings import RunConfiguration
from selflimit.units import MICROMETRE, MPA
from selflimit.workflows.makers.flow_parts import named
from selflimit.workflows.makers.phase_diagram import diagram_of
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.stores.files import IN_DATA, with_files

OUTPUT_INTERVALS = 35
"""Intervals between output times of a growth: 60 s in the default 2100 s, 36 frames of a film."""
FLOW_LAYERS = ("fine on electrolyte", "graded on electrolyte")
"""Layers in which lithium flows: it has no room where it meets the second electrolyte."""
PRODUCT_BRANCHES: tuple[Products, ...] = ("insulate",)
"""What products are taken to do with electrons in a growth. Which is not known; ones that conduct make the contact a
short-circuited cell, in which lithium dissolves faster than a front of finite width can follow: the verdict answers."""

if TYPE_CHECKING:  # growths bring the compiled solver, which takes a second to import; arrest has none
    from selflimit.mesoscale.growth.schedule import Schedule
    from selflimit.mesoscale.verdict.design_map import DesignSettings


def _usual_settings() -> DesignSettings:
    from selflimit.mesoscale.verdict.design_map import DesignSettings

    return DesignSettings()


@job(output_schema=DesignPointDoc)
def judge_point(point: DesignPoint, settings: DesignSettings, parameters: InterfaceParameters) -> DesignPointDoc:
    """Judge one point of a design map.

    Parameters
    ----------
    point, settings, parameters
        As :func:`selflimit.mesoscale.verdict.design_map.design_point`.
    """
    from selflimit.mesoscale.verdict.design_map import design_point

    return design_point(point, settings, parameters)


@job(output_schema=DesignMapDoc)
def collect_map(
    points: Sequence[DesignPointDoc], settings: DesignSettings, parameters: InterfaceParameters
) -> DesignMapDoc:
    """Collect all points into the map.

    Parameters
    ----------
    points, settings, parameters
        As :func:`selflimit.mesoscale.verdict.design_map.design_map`.
    """
    from selflimit.mesoscale.verdict.design_map import design_map

    return design_map(points, settings, parameters)


@dataclass
class DesignMapMaker(Maker):
    """A design map with one job per point, for any of jobflow's managers.

    Parameters
    ----------
    name
        Name of the flow.
    settings
        Domain, duration, criterion.
    """

    name: str = "design map"
    settings: DesignSettings = field(default_factory=_usual_settings)

    def make(self, points: Sequence[DesignPoint], parameters: InterfaceParameters) -> Flow:
        """Flow whose output is the DesignMapDoc."""
        from selflimit.mesoscale.verdict.design_map import point_label

        jobs = [judge_point(point, self.settings, parameters) for point in points]
        for one in jobs:
            one.name = f"design {point_label(one.function_args[0])}"
        collect = collect_map([one.output for one in jobs], self.settings, parameters)
        return Flow([*jobs, collect], collect.output, name=self.name)


@job(output_schema=ChannelDesignDoc)
def judge_one_design(design: ChannelDesign, settings: ArrestMapSettings) -> ChannelDesignDoc:
    """Fill one layer of a design map at every current.

    Parameters
    ----------
    design, settings
        As :func:`selflimit.mesoscale.arrest.arrest_map.judge_design`.
    """
    return judge_design(design, settings)


@job(output_schema=ArrestMapDoc)
def collect_designs_into_map(docs: Sequence[ChannelDesignDoc], settings: ArrestMapSettings) -> ArrestMapDoc:
    """Collect all designs into the map.

    Parameters
    ----------
    docs, settings
        As :func:`selflimit.mesoscale.arrest.arrest_map.collect_designs`.
    """
    return collect_designs(docs, settings)


@dataclass
class ArrestMapMaker(Maker):
    """A design map at C = 1 with one job per layer, for any of jobflow's managers.

    Parameters
    ----------
    name
        Name of the flow.
    settings
        Currents, channels, numerics.
    """

    name: str = "arrest map"
    settings: ArrestMapSettings = field(default_factory=ArrestMapSettings)

    def make(self, designs: Sequence[ChannelDesign]) -> Flow:
        """Flow whose output is the ArrestMapDoc."""
        jobs = [judge_one_design(design, self.settings) for design in designs]
        for one in jobs:
            one.name = f"design {design_label(one.function_args[0])}"
        collect = collect_designs_into_map([one.output for one in jobs], self.settings)
        return Flow([*jobs, collect], collect.output, name=self.name)


@dataclass
class ArrestMaker(Maker):
    """Job that judges arrest at C = 1: which outcome, how probable over what is not known.

    Parameters
    ----------
    name
        Name of the job.
    settings
        Currents, what is known better than the table says, times, samples.
    """

    name: str = "arrest"
    settings: ArrestSettings = field(default_factory=ArrestSettings)

    @job(output_schema=ArrestDoc)
    def make(self, decomposition: DecompositionDoc, parameters: InterfaceParameters) -> Job:
        """Judge a layer in front of the electrolyte that decomposes; output: ArrestDoc.

        Parameters
        ----------
        decomposition
            Reaction of the electrolyte with lithium, or a reference to it (eV, Angstrom^3).
        parameters
            Elastic constants of the electrolyte (Pa) and the temperature (K), or a reference to them.
        """
        return judge_arrest(decomposition, parameters, self.settings)  # type: ignore[return-value]


def growth_times(schedule: float | Schedule, every: float | None, earlier: Sequence[float]) -> list[float]:
    """Output times (s) of a growth: those before an extension, then at regular intervals, and the end.

    Parameters
    ----------
    schedule
        Duration (s), or what the cell is made to do.
    every
        Time between outputs (s); None: ``OUTPUT_INTERVALS`` of them.
    earlier
        Output times (s) of the run that is extended; empty: none is.
    """
    end = total_time(schedule)
    return regular_times(end, every or end / OUTPUT_INTERVALS, earlier)


@dataclass
class FlowingGrowthMaker(Maker):
    """Lithium growth before the second electrolyte, with lithium that creeps where it has no room.

    Parameters
    ----------
    name
        Name of the jobs.
    film
        Whether a product grows at that electrolyte; then each layer is grown once per branch of ``PRODUCT_BRANCHES``.
    stack_pressure
        Pressure on the foil (MPa).
    slot_width
        Width of the slots between the particles (micrometre).
    duration, current, cycles, program, output_every, earlier_outputs, grid_cells, coarse, seed
        As of :class:`InterfaceMaker`.
    rules
        Volumes and working ion of the phase diagram that the film is asked for.
    """

    name: str = "growth"
    film: bool = True
    stack_pressure: float = 0.0
    slot_width: float = 1.0
    duration: float = 2100.0
    current: float | None = None
    cycles: int = 0
    program: tuple[str, ...] = ()
    output_every: float | None = None
    earlier_outputs: tuple[float, ...] = ()
    grid_cells: tuple[int, int] = (128, 192)
    coarse: Literal["closed", "open"] = "closed"
    seed: int = 1
    rules: MechanicalRules = field(default_factory=MechanicalRules)

    @classmethod
    def of(cls, settings: RunConfiguration) -> Self:
        """The Maker of a run."""
        return cls(
            film=settings.mechanics == "film",
            stack_pressure=settings.stack_pressure,
            slot_width=settings.slot_width,
            duration=settings.duration,
            current=settings.current,
            cycles=settings.cycles,
            program=settings.schedule,
            output_every=settings.output_every,
            earlier_outputs=settings.earlier_outputs,
            grid_cells=settings.grid_cells,
            coarse=settings.coarse,
            seed=settings.seed,
            rules=MechanicalRules(
                ion_volume=settings.ion_volume, gases=settings.gases, working_ion=settings.working_ion
            ),
        )

    def grow_layers(self, *here: OutputReference) -> list[Job]:
        """One job for each layer and branch; ``here`` are the references that :meth:`make` takes first."""
        branches = PRODUCT_BRANCHES if self.film else (None,)
        return [
            named(self.make(*here, layer, branch), " ".join(filter(None, [self.name, layer, branch])))
            for layer in FLOW_LAYERS
            for branch in branches
        ]

    @job(output_schema=GrowthDoc, data=IN_DATA)
    def make(
        self,
        electrolyte: RelaxationDoc,
        competing: Sequence[RelaxationDoc],
        elastic: Sequence[ElasticDoc],
        parameters: InterfaceParameters,
        layer: str,
        branch: Products | None,
    ) -> Job:
        """Growth in one particle layer; output: GrowthDoc.

        Parameters
        ----------
        electrolyte, competing
            Relaxed crystals (eV, Angstrom), for the film's products.
        elastic
            Elastic constants (GPa) of every product that can occur.
        parameters
            Of the growth (SI).
        layer
            Name of the layer.
        branch
            What the products do with electrons; None: there is no film.
        """
        structure = mesoscale.build_layer(layer, parameters, self.grid_cells, self.seed)
        # two branches of one layer are two growths, with files of their own
        name = "-".join(filter(None, [structure.name, branch]))
        structure, here = replace(structure, closed=self.coarse == "closed", name=name), Path.cwd()
        film = None if branch is None else self._film(electrolyte, competing, elastic, branch)
        width = self.slot_width * MICROMETRE
        flow = mesoscale.LithiumFlow(width, width, self.stack_pressure * MPA, film=film)
        schedule = cell_schedule(self.duration, self.current, self.cycles, self.program)
        times = growth_times(schedule, self.output_every, self.earlier_outputs)
        grown = mesoscale.grow_lithium(parameters, structure, schedule, times, here, current_progress(), flow=flow)
        return with_files(grown, here)  # type: ignore[return-value]

    def _film(
        self,
        electrolyte: RelaxationDoc,
        competing: Sequence[RelaxationDoc],
        elastic: Sequence[ElasticDoc],
        branch: Products,
    ) -> mesoscale.ProductFilm:
        diagram = diagram_of({"electrolyte": electrolyte, "competing": competing}, self.rules)
        constants = {doc.formula: doc for doc in elastic} | {doc.label: doc for doc in elastic}
        return mesoscale.ProductFilm(
            coupling.FilmLoop(diagram, electrolyte.formula, constants),
            electronic_conductivity=mesoscale.ELECTRONIC_CONDUCTIVITY[branch].central,
        )
