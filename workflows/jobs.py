"""The jobs of the chain. Each body is one call of a public function; progress goes to whoever listens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pymatgen.core import Composition

from selflimit.documents import (
    CandidatesDoc,
    ConstrictionDoc,
    DecompositionDoc,
    ElasticDoc,
    GrowthDoc,
    OrderingEnergiesDoc,
    OrderingsDoc,
    PredominanceDoc,
    ProductsDoc,
    RelaxationDoc,
    ReportDoc,
    StabilityDoc,
    StressDoc,
)
from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.phase_diagrams.diagram import LARGEST_K_EFF, ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.bundled import bundled_structure
from selflimit.phase_diagrams.entries.sources import competing_entries, competing_structures, with_experimental_volumes
from selflimit.progress import Progress, current_progress, silent
from selflimit.structures.orderings.lowest import orderings_document
from selflimit.structures.parents.parents import Parent
from selflimit.structures.relaxation.duplicates import ENERGY_TIE
from selflimit.structures.relaxation.ordering_energies import Outcome, ordering_energies, ordering_labels
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.stores.size_limit import require_storable

GROWTH_OUTPUTS = 7
"""Intervals between output times of a growth."""


@job(output_schema=OrderingsDoc)
def orderings(parent: Parent, cell: str, keep: int) -> OrderingsDoc:
    """Symmetry-distinct orderings of ``parent`` in one cell, the ``keep`` lowest by electrostatics.

    A search of more than some seconds keeps its state in the working directory, where a resumed run finds it.
    """
    state = Path.cwd() / f"search-{cell}.npz"
    found = orderings_document(parent, cell, keep, progress=current_progress(), checkpoint=state)
    require_storable(found, len(found.orderings))
    return found


@job(output_schema=CandidatesDoc)
def ordering_candidates(found: Sequence[OrderingsDoc]) -> CandidatesDoc:
    """The orderings to relax, of all cells."""
    return candidates_of_orderings(found)


@job(output_schema=CandidatesDoc)
def competing_candidates(formula: str, working_ion: str, source: Literal["bundled", "mp-api"]) -> CandidatesDoc:
    """The crystals of every phase that competes in the electrolyte's chemical system."""
    return candidates_of_phases(formula, working_ion, source)


@job(output_schema=RelaxationDoc)
def lowest(outcomes: Sequence[Outcome]) -> RelaxationDoc:
    """The converged relaxation of lowest energy; of those that tie with it the one of the smallest cell."""
    return lowest_of([doc for doc in outcomes if isinstance(doc, RelaxationDoc)])


@job(output_schema=OrderingEnergiesDoc)
def energies_of_orderings(
    found: Sequence[OrderingsDoc],
    outcomes: Sequence[Outcome],
    compared: Sequence[Sequence[Outcome]],
    temperature: float,
) -> OrderingEnergiesDoc:
    """Relaxed orderings: duplicates merged, energies above the hull, weights at ``temperature`` (K), rank agreement."""
    return ordering_energies(found, outcomes, compared, temperature)


@job(output_schema=StabilityDoc)
def stability(
    electrolyte: RelaxationDoc,
    competing: Sequence[RelaxationDoc],
    k_eff: float,
    voltage_range: tuple[float, float],
    working_ion: str,
) -> StabilityDoc:
    """Products of the electrolyte against voltage at one K_eff (GPa)."""
    return diagram_of(electrolyte, competing, working_ion).profile(electrolyte.formula, k_eff, voltage_range)


@job(output_schema=DecompositionDoc)
def decomposition(
    electrolyte: RelaxationDoc, competing: Sequence[RelaxationDoc], k_eff: float, voltage: float, working_ion: str
) -> DecompositionDoc:
    """Decomposition of the electrolyte at one voltage (V vs Li/Li+) and K_eff (GPa)."""
    return diagram_of(electrolyte, competing, working_ion).products(electrolyte.formula, voltage, k_eff)


@job(output_schema=ConstrictionDoc)
def constriction(
    electrolyte: RelaxationDoc, competing: Sequence[RelaxationDoc], voltage: float, working_ion: str
) -> ConstrictionDoc:
    """Products of the electrolyte against K_eff at one voltage (V vs Li/Li+), with the exact critical K_eff."""
    diagram = diagram_of(electrolyte, competing, working_ion)
    return diagram.constriction_profile(electrolyte.formula, voltage, (0.0, LARGEST_K_EFF))


@job(output_schema=PredominanceDoc)
def predominance(
    electrolyte: RelaxationDoc,
    competing: Sequence[RelaxationDoc],
    voltage_range: tuple[float, float],
    k_eff_range: tuple[float, float],
    working_ion: str,
) -> PredominanceDoc:
    """The exact voltage-K_eff map of the electrolyte (V, GPa)."""
    return diagram_of(electrolyte, competing, working_ion).predominance(electrolyte.formula, voltage_range, k_eff_range)


@job
def reference_products(
    formula: str, working_ion: str, k_effs: Sequence[float], voltage_range: tuple[float, float]
) -> list[ProductsDoc]:
    """Products by the bundled DFT energies, with DFT and with experimental volumes; empty where none are bundled."""
    return dft_products(formula, working_ion, k_effs, voltage_range)


@job
def elastic_candidates(
    electrolyte: RelaxationDoc,
    competing: Sequence[RelaxationDoc],
    particles: Sequence[RelaxationDoc],
    decompositions: Sequence[DecompositionDoc],
) -> list[RelaxationDoc]:
    """The crystals whose elastic constants the interface needs: electrolyte, particles, decomposition products."""
    return interface_phases(electrolyte, competing, particles, decompositions)


@job
def all_phases(electrolyte: RelaxationDoc, competing: Sequence[RelaxationDoc]) -> list[RelaxationDoc]:
    """The electrolyte and every competing phase."""
    return [electrolyte, *competing]


@job(output_schema=CandidatesDoc)
def particle_candidates(label: str) -> CandidatesDoc:
    """The crystal of the particle layer, from the bundled structures."""
    return CandidatesDoc(structures=[bundled_structure(label)], labels=[label], degeneracies=[1])


@job
def interface_parameters(
    reaction: DecompositionDoc, elastic: Sequence[ElasticDoc], overpotential: float
) -> InterfaceParameters:
    """The continuum's parameters from the atoms' results."""
    return parameters_of(reaction, elastic, overpotential)


@job(output_schema=GrowthDoc)
def growth(
    parameters: InterfaceParameters, layer: str, grid_cells: tuple[int, int], seed: int, duration: float
) -> GrowthDoc:
    """Lithium growth in one particle layer; fields go to the working directory."""
    return grown(parameters, layer, grid_cells, seed, duration, current_progress())


@job(output_schema=StressDoc)
def stress(
    parameters: InterfaceParameters, reaction: DecompositionDoc, grid_cells: tuple[int, int], seed: int
) -> StressDoc:
    """Static stress with the decomposition products in place; fields go to the working directory."""
    return stressed(parameters, reaction, grid_cells, seed, current_progress())


@job(output_schema=ReportDoc)
def report(content: dict[str, Any]) -> ReportDoc:
    """The HTML report, written to the working directory."""
    from selflimit.report.content import ReportContent
    from selflimit.report.run_report import write_report  # the plotting library takes seconds to import

    return write_report(ReportContent(**content), Path.cwd())


def candidates_of_orderings(found: Sequence[OrderingsDoc]) -> CandidatesDoc:
    """Flatten the orderings of several cells; labels tell parent, cell and rank.

    Raises
    ------
    InputError
        More than can be stored when they are relaxed.
    """
    kept = [pair for doc in found for pair in zip(ordering_labels(doc), doc.orderings, strict=True)]
    made = CandidatesDoc(
        structures=[item.structure for _, item in kept],
        labels=[label for label, _ in kept],
        degeneracies=[item.degeneracy for _, item in kept],
    )
    require_storable(made, len(kept))
    return made


def candidates_of_phases(formula: str, working_ion: str, source: Literal["bundled", "mp-api"]) -> CandidatesDoc:
    """The competing crystals of the chemical system of ``formula`` and the working ion.

    Raises
    ------
    InputError
        No crystals are known for the chemical system, or the source does not answer.
    """
    found = competing_structures(chemical_system(formula, working_ion), source=source)
    return CandidatesDoc(structures=list(found.values()), labels=list(found), degeneracies=[1] * len(found))


def lowest_of(relaxations: Sequence[RelaxationDoc]) -> RelaxationDoc:
    """The relaxation of lowest energy per atom; within ``ENERGY_TIE`` of it the smallest cell counts as the same."""
    lowest_energy = min(relaxed.energy_per_atom for relaxed in relaxations)
    tied = [relaxed for relaxed in relaxations if relaxed.energy_per_atom <= lowest_energy + ENERGY_TIE]
    return min(tied, key=lambda relaxed: (len(relaxed.structure), relaxed.energy_per_atom))


def chemical_system(formula: str, working_ion: str) -> str:
    """Elements of ``formula`` and the working ion, e.g. 'Cl-Li-Zr'."""
    return "-".join(sorted({*Composition(formula).chemical_system.split("-"), working_ion}))


def dft_products(
    formula: str, working_ion: str, k_effs: Sequence[float], voltage_range: tuple[float, float]
) -> list[ProductsDoc]:
    """Products by the bundled DFT energies, once with DFT and once with experimental volumes.

    Energies of other systems are not bundled; there the list is empty, and the report says so.
    """
    try:
        entries = competing_entries(chemical_system(formula, working_ion))
        sources = {"PBE (ZrCl, ZrCl4: estimates)": entries, "experiment": with_experimental_volumes(entries)}
    except InputError:
        return []
    return [
        ConstrainedPhaseDiagram(found, working_ion).hull_products(formula, k_eff, voltage_range, volumes)
        for volumes, found in sources.items()
        for k_eff in k_effs
    ]


def diagram_of(
    electrolyte: RelaxationDoc, competing: Sequence[RelaxationDoc], working_ion: str
) -> ConstrainedPhaseDiagram:
    """The constrained phase diagram of relaxed crystals; all must share one level of theory."""
    entries = [relaxed.entry() for relaxed in (electrolyte, *competing)]
    return ConstrainedPhaseDiagram(entries, working_ion=working_ion)


def interface_phases(
    electrolyte: RelaxationDoc,
    competing: Sequence[RelaxationDoc],
    particles: Sequence[RelaxationDoc],
    decompositions: Sequence[DecompositionDoc],
) -> list[RelaxationDoc]:
    """Electrolyte and particles, then every crystal that appears among the products, each once."""
    wanted = {product.entry_id for doc in decompositions for product in doc.products}
    products = [relaxed for relaxed in competing if relaxed.label in wanted]
    return [electrolyte, *particles, *products]


def parameters_of(
    reaction: DecompositionDoc, elastic: Sequence[ElasticDoc], overpotential: float
) -> InterfaceParameters:
    """The bridge from atoms to continuum, with the elastic constants looked up by formula.

    Of several crystals of one formula the one that takes part in the reaction counts.
    """
    taking_part = {product.entry_id for product in reaction.products}
    ordered = sorted(elastic, key=lambda doc: doc.label in taking_part)
    by_formula = {doc.formula: doc for doc in ordered}
    return InterfaceParameters.from_decomposition(reaction, by_formula, overpotential=overpotential)


def grid_of(parameters: InterfaceParameters, cells: tuple[int, int]) -> Grid:
    """The finest grid that is needed: spacing equal to the interface width, at which the front is resolved."""
    across, up = cells
    return Grid((across, up), parameters.interface_width)


def grown(
    parameters: InterfaceParameters,
    layer: str,
    grid_cells: tuple[int, int],
    seed: int,
    duration: float,
    progress: Progress = silent,
) -> GrowthDoc:
    """Grow lithium in the layer 'fine' or 'graded' for ``duration`` (s); fields go to the working directory.

    Raises
    ------
    InputError
        Unknown layer, impossible packing or grid.
    ConvergenceError
        From :meth:`selflimit.mesoscale.growth.model.GrowthModel.run`.
    """
    from selflimit.mesoscale.growth.model import GrowthModel  # numba takes seconds to import
    from selflimit.mesoscale.layers.microstructure import Microstructure
    from selflimit.mesoscale.solver.nodal_vectors import threads_asked

    made = {"fine": Microstructure.fine, "graded": Microstructure.graded}
    if layer not in made:
        raise InputError(f"expected a particle layer 'fine' or 'graded', got {layer!r}")
    microstructure = made[layer](grid_of(parameters, grid_cells), seed)
    model = GrowthModel(parameters, microstructure, threads=threads_asked())
    return model.run(duration, GROWTH_OUTPUTS, Path.cwd(), progress, resume=True)


def stressed(
    parameters: InterfaceParameters,
    reaction: DecompositionDoc,
    grid_cells: tuple[int, int],
    seed: int,
    progress: Progress = silent,
) -> StressDoc:
    """Static stress at the interface with the products of ``reaction``; fields go to the working directory."""
    from selflimit.mesoscale.layers.microstructure import Microstructure
    from selflimit.mesoscale.mechanics.static_stress import static_stress  # as above

    microstructure = Microstructure.interface(grid_of(parameters, grid_cells), seed)
    return static_stress(parameters, microstructure, reaction, Path.cwd(), progress=progress)
