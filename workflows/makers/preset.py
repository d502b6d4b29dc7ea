"""The paper's simulations by name, as a flow: parameters from the bundled entries, growth or stress, comparison."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jobflow import Flow, Maker

from selflimit.documents import ComparisonDoc, ComparisonRow, DecompositionDoc, GrowthDoc, StressDoc
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.paper.presets import DURATION, Preset, microstructure, preset_named
from selflimit.mesoscale.parameters import EXPANSION_RATIO, InterfaceParameters
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.bundled import bundled_elastic
from selflimit.phase_diagrams.entries.entry_sets import electrolyte_entries
from selflimit.progress import Progress, current_progress, silent
from selflimit.workflows.running.identical_work import job

VOLTAGE = 0.0
"""Voltage (V vs Li/Li+) of the decomposition: lithium metal touches the electrolyte."""
PRESET_OUTPUTS = 42
"""Intervals between output times: 50 s in the paper's 2100 s, enough for times and a film."""

MovieKind = Literal["webp", "gif", "mp4"]


@dataclass
class PresetMaker(Maker):
    """One simulation of the paper, with its figure, film and comparison.

    Parameters
    ----------
    name
        Name of the flow.
    grid_cells
        Cells along each axis; the spacing is the interface width.
    seed
        Seed of packing, needles and noise.
    duration
        Model time (s).
    k_eff
        Effective bulk modulus (GPa) at which the decomposition products are taken.
    movie
        Kind of the film: 'webp', 'gif' or 'mp4'.
    """

    name: str = "preset"
    grid_cells: tuple[int, ...] = (128, 192)
    seed: int = 1
    duration: float = DURATION
    k_eff: float = 0.0
    movie: MovieKind = "webp"

    def make(self, preset: str) -> Flow:
        """Flow of the preset of that name; its output is the ComparisonDoc, its files lie in the working directory.

        Raises
        ------
        InputError
            Unknown name.
        """
        is_growth = preset_named(preset).step == "growth"
        parameters = preset_parameters(self, preset)
        computed = (preset_growth if is_growth else preset_stress)(self, preset, parameters.output)
        compared = preset_comparison(self, preset, computed.output)
        parameters.name, computed.name, compared.name = "parameters", "growth" if is_growth else "stress", "comparison"
        return Flow([parameters, computed, compared], output=compared.output, name=f"{self.name} {preset}")


@job(output_schema=None)
def preset_parameters(maker: PresetMaker, preset: str) -> InterfaceParameters:
    """The preset's parameters, from bundled entries and elastic constants."""
    return parameters_of(preset_named(preset), maker.k_eff)


@job(output_schema=GrowthDoc)
def preset_growth(maker: PresetMaker, preset: str, parameters: InterfaceParameters) -> GrowthDoc:
    """The preset's growth; fields go to the working directory."""
    return grown(maker, preset, parameters, Path.cwd(), current_progress())


@job(output_schema=StressDoc)
def preset_stress(maker: PresetMaker, preset: str, parameters: InterfaceParameters) -> StressDoc:
    """The preset's static stress; fields go to the working directory."""
    return stressed(maker, preset, parameters, Path.cwd(), current_progress())


@job(output_schema=ComparisonDoc)
def preset_comparison(maker: PresetMaker, preset: str, computed: GrowthDoc | StressDoc) -> ComparisonDoc:
    """Published and computed values; figure and film go to the working directory."""
    return compared_with_paper(maker, preset, computed, Path.cwd())


def decomposition_of(electrolyte: str, k_eff: float) -> DecompositionDoc:
    """Decomposition at lithium metal by the bundled entries, at an effective bulk modulus (GPa)."""
    entries = electrolyte_entries([electrolyte], source="force-field").entries
    return ConstrainedPhaseDiagram(list(entries)).products(electrolyte, VOLTAGE, k_eff)


def parameters_of(preset: Preset, k_eff: float) -> InterfaceParameters:
    """Parameters of a preset, by bundled entries and elastic constants (CHGNet r2scan).

    Raises
    ------
    InputError
        No elastic constants for a product at this ``k_eff`` (GPa).
    """
    reaction, elastic = decomposition_of(preset.electrolyte, k_eff), bundled_elastic()
    p = InterfaceParameters.from_decomposition(reaction, elastic, preset.particle, **preset.values)
    if preset.step != "stress, published expansion":
        return p
    expansion = EXPANSION_RATIO * sum(p.coarse_expansion) / 3.0
    source = {"retained_fraction": "published rule: the zone expands twice as much as lithium at coarse particles"}
    given = {**p.model_dump(), "retained_fraction": expansion / p.reaction_strain, "sources": {**p.sources, **source}}
    return InterfaceParameters(**given)


def grown(
    maker: PresetMaker, preset: str, p: InterfaceParameters, folder: Path, progress: Progress = silent
) -> GrowthDoc:
    """The preset's growth, its fields in ``folder``; goes on from a checkpoint there.

    Raises
    ------
    InputError
        The particles do not fit onto the grid, or it cannot be coarsened.
    ConvergenceError
        From :meth:`selflimit.mesoscale.growth.model.GrowthModel.run`.
    """
    from selflimit.mesoscale.growth.model import GrowthModel  # numba takes seconds to import
    from selflimit.mesoscale.solver.nodal_vectors import threads_asked

    structure = structure_of(maker, preset, p)
    model = GrowthModel(p, structure, threads=threads_asked())
    return model.run(maker.duration, PRESET_OUTPUTS, folder, progress, resume=True)


def stressed(
    maker: PresetMaker, preset: str, p: InterfaceParameters, folder: Path, progress: Progress = silent
) -> StressDoc:
    """The preset's static stress with decomposition products, its fields in ``folder``."""
    from selflimit.mesoscale.mechanics.static_stress import static_stress  # as above

    reaction = decomposition_of(preset_named(preset).electrolyte, maker.k_eff)
    return static_stress(p, structure_of(maker, preset, p), reaction, folder, progress=progress)


def structure_of(maker: PresetMaker, preset: str, p: InterfaceParameters) -> Microstructure:
    """The preset's particles on the finest grid that is needed: spacing equal to the interface width."""
    return microstructure(preset_named(preset).layer, Grid(maker.grid_cells, p.interface_width), maker.seed)


def compared_with_paper(
    maker: PresetMaker, preset: str, computed: GrowthDoc | StressDoc, folder: Path
) -> ComparisonDoc:
    """Published beside computed values; draws figure and film into ``folder``, where the fields are."""
    from selflimit.mesoscale.paper.published import GrowthHistory, compare_growth, compare_stress
    from selflimit.report.preset_pictures import draw

    known, fields = preset_named(preset), load_fields(folder, computed.fields)
    if isinstance(computed, GrowthDoc):
        structure = microstructure(known.layer, Grid(computed.grid_shape, computed.spacing), maker.seed)
        rows: list[ComparisonRow] = compare_growth(known, GrowthHistory(computed, fields, structure))
        notes = list(computed.notes)
    else:
        rows, notes = compare_stress(known, computed), [f"decomposition: {computed.decomposition.reaction}"]
    return ComparisonDoc(
        preset=known.name,
        figure=known.figure,
        particle=known.particle,
        electrolyte=known.electrolyte,
        rows=rows,
        notes=notes,
        files=[*draw(known, computed, fields, folder, maker.movie), computed.fields.path],
    )
