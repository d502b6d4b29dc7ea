"""The paper's simulations as flows: parameters, the simulation itself, comparison with figure and film."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jobflow import Flow, Maker, OutputReference
from monty.json import MSONable

from selflimit import mesoscale
from selflimit.arrays import FloatArray
from selflimit.documents import ComparisonDoc, DecompositionDoc, GrowthDoc, StressDoc
from selflimit.mesoscale.growth.grow import grow_lithium
from selflimit.mesoscale.paper.comparison import compare_growth, compare_stress
from selflimit.mesoscale.paper.histories import GrowthHistory
from selflimit.mesoscale.paper.presets import Preset
from selflimit.mesoscale.paper.simulations import find_preset
from selflimit.mesoscale.parameters import EXPANSION_RATIO, InterfaceParameters
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.bundled import bundled_elastic
from selflimit.phase_diagrams.entries.entry_sets import electrolyte_entries
from selflimit.progress import Progress, current_progress, silent
from selflimit.units import MICROMETRE
from selflimit.workflows.makers.flow_parts import named
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.stores.files import IN_DATA, with_files, write_files

VOLTAGE = 0.0
"""Voltage (V vs Li/Li+) of the decomposition: lithium metal touches the electrolyte."""
PRESET_OUTPUTS = 42
"""Intervals between output times: 50 s in the paper's 2100 s, enough for times and a film."""

MovieKind = Literal["webp", "gif", "mp4"]


@dataclass
class PresetOutputs(MSONable):
    """References to what a preset finds."""

    computed: OutputReference
    """GrowthDoc or StressDoc, its fields with it."""
    comparison: OutputReference
    """ComparisonDoc."""


@dataclass
class PresetMaker(Maker):
    """One simulation of the paper, with its figure, film and comparison.

    Parameters
    ----------
    name
        Name of the flow.
    front
        'single-ion' for the reading in a single-ion conductor at C = 1; 'published' for the published equations.
    interface_width
        Width of the front, and edge of a cell (um); None: the preset's own.
    grid_cells
        Cells along each axis; None: as many as the preset's domain takes.
    seed
        Seed of packing, needles and noise.
    duration
        Model time (s); None: the preset's own.
    k_eff
        Effective bulk modulus (GPa) at which the decomposition products are taken.
    movie
        Kind of the film: 'webp', 'gif' or 'mp4'.
    """

    name: str = "preset"
    front: Literal["single-ion", "published"] = "single-ion"
    interface_width: float | None = None
    grid_cells: tuple[int, ...] | None = None
    seed: int = 1
    duration: float | None = None
    k_eff: float = 0.0
    movie: MovieKind = "webp"

    def find(self, preset: str) -> Preset:
        """The preset of that name, in the equations of this Maker."""
        return find_preset(preset, self.front)

    def structure(self, preset: Preset) -> "mesoscale.Microstructure":
        """The preset's layer on this Maker's grid."""
        width = None if self.interface_width is None else self.interface_width * MICROMETRE
        return preset.build(preset.grid(width, self.grid_cells), self.seed)

    def make(self, preset: str) -> Flow:
        """Flow of the preset of that name; its output are the :class:`PresetOutputs`.

        Raises
        ------
        InputError
            Unknown name.
        """
        is_growth = self.find(preset).step == "growth"
        parameters = named(self.find_parameters(preset), "parameters")
        computed = (
            named(self.grow(preset, parameters.output), "growth")
            if is_growth
            else named(self.solve_stress(preset, parameters.output), "stress")
        )
        compared = named(self.compare(preset, computed.output), "comparison")
        outputs = PresetOutputs(computed.output, compared.output)
        return Flow([parameters, computed, compared], output=outputs, name=f"{self.name} {preset}")

    @job
    def find_parameters(self, preset: str) -> InterfaceParameters:
        """The preset's parameters, from bundled entries and elastic constants."""
        return preset_parameters(self.find(preset), self.k_eff)

    @job(output_schema=GrowthDoc, data=IN_DATA)
    def grow(self, preset: str, parameters: InterfaceParameters) -> GrowthDoc:
        """The preset's growth; goes on from a checkpoint in the working directory."""
        known, here = self.find(preset), Path.cwd()
        grown = grow_preset(known, parameters, self.structure(known), here, current_progress(), duration=self.duration)
        return with_files(grown, here)

    @job(output_schema=StressDoc, data=IN_DATA)
    def solve_stress(self, preset: str, parameters: InterfaceParameters) -> StressDoc:
        """The preset's static stress with decomposition products."""
        known, here = self.find(preset), Path.cwd()
        structure = self.structure(known)
        reaction = decomposition_of(known.electrolyte, self.k_eff)
        return with_files(
            mesoscale.static_stress(parameters, structure, reaction, here, progress=current_progress()), here
        )

    @job(output_schema=ComparisonDoc)
    def compare(self, preset: str, computed: GrowthDoc | StressDoc) -> ComparisonDoc:
        """Published and computed values; figure and film go to the working directory."""
        from selflimit.report.pictures.presets import draw  # the plotting library takes seconds to import

        known, here = self.find(preset), Path.cwd()
        write_files(computed, here)
        fields: Mapping[str, FloatArray] = mesoscale.load_fields(here, computed.fields)
        if isinstance(computed, GrowthDoc):
            rows = compare_growth(known, GrowthHistory(computed, fields, self.structure(known)))
            notes = list(computed.notes)
        else:
            rows, notes = compare_stress(known, computed, fields), [f"decomposition: {computed.decomposition.reaction}"]
        return ComparisonDoc(
            preset=known.name,
            figure=known.figure,
            particle=known.particle,
            electrolyte=known.electrolyte,
            front=known.front,
            width=computed.spacing,
            seed=self.seed,
            rows=rows,
            notes=notes,
            files=[*draw(known, computed, fields, here, self.movie), computed.fields.path],
        )


def grow_preset(
    preset: Preset,
    parameters: InterfaceParameters,
    structure: mesoscale.Microstructure,
    folder: Path,
    progress: Progress = silent,
    duration: float | None = None,
) -> GrowthDoc:
    """Grow lithium as a preset says; goes on from a checkpoint in ``folder``.

    Parameters
    ----------
    preset
        The simulation of the paper.
    parameters
        As :func:`preset_parameters` gives them; the width of the front becomes the spacing.
    structure
        The preset's layer on its grid.
    folder
        Where fields and checkpoint go.
    progress
        Listener.
    duration
        Model time (s); None: the preset's own.
    """
    width = structure.grid.spacing
    given = parameters.model_copy(update={"interface_width": width})
    numerics, lasting = mesoscale.Numerics(front=preset.front), preset.duration if duration is None else duration
    start = preset.start(structure, width)
    return grow_lithium(given, structure, lasting, PRESET_OUTPUTS, folder, progress, numerics, start=start)


def decomposition_of(electrolyte: str, k_eff: float) -> DecompositionDoc:
    """Decomposition at lithium metal by the bundled entries, at an effective bulk modulus (GPa)."""
    entries = electrolyte_entries([electrolyte], source="force-field").entries
    return ConstrainedPhaseDiagram(list(entries)).products(electrolyte, VOLTAGE, k_eff)


def preset_parameters(preset: Preset, k_eff: float) -> InterfaceParameters:
    """Parameters of a preset, by bundled entries and elastic constants (CHGNet r2scan).

    Raises
    ------
    InputError
        No elastic constants for a product at this ``k_eff`` (GPa).
    """
    reaction, elastic = decomposition_of(preset.electrolyte, k_eff), bundled_elastic()
    p = InterfaceParameters.from_decomposition(reaction, elastic, preset.particle, **preset.values)
    if preset.has_one_modulus:
        p = with_one_modulus(p)
    if preset.step != "stress, published expansion":
        return p
    expansion = EXPANSION_RATIO * sum(p.coarse_expansion) / 3.0
    source = {"retained_fraction": "published rule: the zone expands twice as much as lithium at coarse particles"}
    given: dict[str, Any] = {
        **p.model_dump(),
        "retained_fraction": expansion / p.reaction_strain,
        "sources": {**p.sources, **source},
    }
    return InterfaceParameters(**given)


def with_one_modulus(p: InterfaceParameters) -> InterfaceParameters:
    """``p`` with the particles' elastic constants for the second electrolyte too, as the paper writes its stiffness."""
    said = f"as the particles', one stiffness C_SSE as published: {p.sources['particle_modulus']}"
    return p.model_copy(
        update={
            "electrolyte_modulus": p.particle_modulus,
            "electrolyte_poisson": p.particle_poisson,
            "sources": {**p.sources, "electrolyte_modulus": said, "electrolyte_poisson": said},
        }
    )
