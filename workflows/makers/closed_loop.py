"""The jobs of the closed loop: which crystals it needs elastic constants of, the loop, and its spread in MPa."""

from collections.abc import Sequence

from selflimit.coupling.closed_loop import closed_loop
from selflimit.coupling.pressure_spread import pressure_spread
from selflimit.coupling.reaction_zone import ReactionZone
from selflimit.documents import DecompositionDoc, ElasticDoc, FailedRelaxationDoc, Functional, RelaxationDoc
from selflimit.documents.self_limitation import ClosedLoopDoc, DesignPoint, DesignPointDoc, PressureSpreadDoc
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.verdict.design_map import DesignSettings, design_point
from selflimit.phase_diagrams.diagram import LARGEST_K_EFF, ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.volumes import volume_sources
from selflimit.progress import Progress, current_progress, silent
from selflimit.units import MICROMETRE
from selflimit.workflows.diagram_jobs import Sampling
from selflimit.workflows.jobs import diagram_of, grid_of, interface_phases
from selflimit.workflows.running.identical_work import job

ZONE_DEPTH = 6.0 * MICROMETRE
"""Depth of the reaction zone (m), as in the static stress."""
CONTACT = 1.0 * MICROMETRE
"""Thickness of the lithium that counts as lying on a coarse particle (m), as there."""
VERDICT_RADIUS = 9.0 * MICROMETRE
"""Radius of the coarse particles that are judged (m), that of the growth."""
VERDICT_WIDTH = 1.0 * MICROMETRE
"""Width of the front, and spacing, of the layers that are judged (m): 64 x 96 micrometres in under two minutes."""
VERDICT_SETTINGS = DesignSettings(crossings=10.0, gap=3.0 * MICROMETRE)
"""Long enough for lithium to cross the fine layer."""
Relaxations = Sequence[RelaxationDoc]


@job
def loop_candidates(
    electrolyte: RelaxationDoc,
    competing: Relaxations,
    particles: Relaxations,
    decompositions: Sequence[DecompositionDoc],
    voltage: float,
    working_ion: str,
) -> list[RelaxationDoc]:
    """The crystals to strain: the interface's, every product at this voltage (V), and the lowest of each compound."""
    return loop_phases(electrolyte, competing, particles, decompositions, voltage, working_ion)


@job(output_schema=ClosedLoopDoc)
def loop_closed(
    electrolyte: RelaxationDoc,
    competing: Relaxations,
    elastic: Sequence[ElasticDoc],
    parameters: InterfaceParameters,
    functional: Functional,
    voltage: float,
    working_ion: str,
    grid_cells: tuple[int, int],
    seed: int,
    yield_strengths: Sequence[float],
) -> ClosedLoopDoc:
    """Every self-consistent pair of products and constriction at one voltage (V), yield strengths in Pa."""
    zone = zone_of(parameters, elastic, grid_cells, seed)
    return loop_of(electrolyte, competing, zone, functional, voltage, working_ion, yield_strengths, current_progress())


@job(output_schema=PressureSpreadDoc)
def tip_pressure_spread(
    electrolyte: RelaxationDoc,
    competing: Relaxations,
    elastic: Sequence[ElasticDoc],
    parameters: InterfaceParameters,
    voltage: float,
    grid_cells: tuple[int, int],
    seed: int,
    sampling: Sampling,
) -> PressureSpreadDoc:
    """Errors of energies and volumes carried to the compression at the tip, at one voltage (V)."""
    zone = zone_of(parameters, elastic, grid_cells, seed)
    return spread_of(electrolyte, competing, zone, voltage, sampling, current_progress())


@job(output_schema=DesignPointDoc)
def layer_verdict(parameters: InterfaceParameters, coarse_fraction: float, seed: int) -> DesignPointDoc:
    """Whether one layer limits lithium at the less stable electrolyte; without coarse particles it is the control."""
    conditions = {"overpotential": parameters.overpotential, "correction": parameters.mechanical_correction}
    point = DesignPoint(coarse_fraction=coarse_fraction, radius=VERDICT_RADIUS, seed=seed, **conditions)
    widened = parameters.model_copy(update={"interface_width": VERDICT_WIDTH})
    return design_point(point, VERDICT_SETTINGS, widened, current_progress())


def loop_phases(
    electrolyte: RelaxationDoc,
    competing: Relaxations,
    particles: Relaxations,
    decompositions: Sequence[DecompositionDoc],
    voltage: float,
    working_ion: str,
) -> list[RelaxationDoc]:
    """The crystals that the interface needs, all products below the largest K_eff, and the lowest of each compound.

    Errors of energies and volumes can bring any compound among the products.
    """
    span = (0.0, LARGEST_K_EFF)
    over_k = diagram_of(electrolyte, competing, working_ion).constriction_profile(electrolyte.formula, voltage, span)
    found = interface_phases(electrolyte, competing, particles, decompositions)
    compounds = [doc for doc in competing if len(doc.structure.composition) > 1 and doc.formula != electrolyte.formula]
    lowest = {doc.formula: doc.label for doc in sorted(compounds, key=lambda doc: -doc.energy_per_atom)}
    wanted = {product.entry_id for segment in over_k.segments for product in segment.products} | {*lowest.values()}
    known = {relaxed.label for relaxed in found}
    return found + [relaxed for relaxed in competing if relaxed.label in wanted - known]


@job
def usable(outcomes: Sequence[ElasticDoc | FailedRelaxationDoc]) -> list[ElasticDoc]:
    """The elastic constants of the crystals that have any; a product among the others is refused where it is needed."""
    return [doc for doc in outcomes if isinstance(doc, ElasticDoc)]


def zone_of(
    parameters: InterfaceParameters, elastic: Sequence[ElasticDoc], grid_cells: tuple[int, int], seed: int
) -> ReactionZone:
    """The reaction zone at the mouth of the channel of an 'interface' structure."""
    from selflimit.mesoscale.layers.microstructure import Microstructure  # numba takes seconds to import

    structure = Microstructure.interface(grid_of(parameters, grid_cells), seed)
    return ReactionZone(structure, parameters, {doc.label: doc for doc in elastic}, ZONE_DEPTH, CONTACT)


def loop_of(
    electrolyte: RelaxationDoc,
    competing: Relaxations,
    zone: ReactionZone,
    functional: Functional,
    voltage: float,
    working_ion: str,
    yield_strengths: Sequence[float],
    progress: Progress = silent,
) -> ClosedLoopDoc:
    """The closed loop of relaxed crystals; errors as :func:`selflimit.coupling.closed_loop.closed_loop`."""
    entries = [relaxed.entry() for relaxed in (electrolyte, *competing)]
    diagram = ConstrainedPhaseDiagram(entries, working_ion, functional)
    return closed_loop(diagram, electrolyte.formula, voltage, zone, yield_strengths=yield_strengths, progress=progress)


def spread_of(
    electrolyte: RelaxationDoc,
    competing: Relaxations,
    zone: ReactionZone,
    voltage: float,
    sampling: Sampling,
    progress: Progress = silent,
) -> PressureSpreadDoc:
    """The spread of relaxed crystals; errors as :func:`selflimit.coupling.pressure_spread.pressure_spread`."""
    entries = [relaxed.entry() for relaxed in (electrolyte, *competing)]
    asked = (electrolyte.formula, voltage, zone, sampling.energy_error, volume_sources(entries))
    return pressure_spread(entries, *asked, sampling.samples, sampling.seed, progress)
