"""Errors of volumes and energies as distributions: Monte Carlo over exact diagrams.

Each sample draws energies and volumes (:mod:`selflimit.phase_diagrams.uncertainty.draws`) and is then solved exactly,
like the diagram without errors. The same draws serve every functional, so two of them can be compared sample by sample
(same seed). What the spread does not contain is said in ``not_covered`` of the document; what other models of the
errors would give for the products, in ``by_error_model``.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from pymatgen.core import Composition

from selflimit.documents import (
    CompetingPhasesDoc,
    EnergyError,
    ErrorModelShare,
    SourceThreshold,
    UncertaintyDoc,
    VolumeRules,
    VolumeSpread,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.competing_set import Competing, competing_phases
from selflimit.phase_diagrams.entries.volumes import VolumeTable
from selflimit.phase_diagrams.phases import parse_formula
from selflimit.phase_diagrams.uncertainty.draws import Distributed, ErrorModel
from selflimit.phase_diagrams.uncertainty.error_models import VolumeModel, main_model, other_models
from selflimit.phase_diagrams.uncertainty.linear_propagation import boundary_deviation, threshold_deviation
from selflimit.phase_diagrams.uncertainty.question import Question
from selflimit.phase_diagrams.uncertainty.staircase import (
    Boundary,
    Names,
    find_products,
    find_threshold,
    trace_staircase,
)
from selflimit.phase_diagrams.uncertainty.summaries import (
    SampledAnswer,
    boundary_bands,
    product_probabilities,
    threshold_band,
    with_model_ranges,
)

VOLTAGE_PRIOR = (0.0, 5.0)
"""Range of voltages (V)."""
MODEL_SAMPLES = 60
"""Samples of each of the other error models: their shares are good to 0.06, and they differ by far more."""
FEWEST_SAMPLES = 20
"""Samples that 5 % quantiles need."""


def sample_uncertainty(
    entries: Competing,
    question: Question,
    energy_error: EnergyError,
    sources: VolumeTable | None = None,
    samples: int = 300,
    seed: int = 1,
    volume_model: VolumeModel = "anchored",
) -> UncertaintyDoc:
    """Bands of the boundaries, thresholds with their spread, and probabilities of the products.

    Parameters
    ----------
    entries
        Competing phases of one level of theory. Energies in eV, lengths in Angstrom. Their order does not matter, and a
        copy is no further phase.
    question
        Electrolyte, moduli (GPa) and voltages (V).
    energy_error
        Assumed error of the formation energies (eV/atom), with its source.
    sources
        Volumes of each entry from every source (Angstrom^3 per formula unit), by identifier; None: all bundled ones
        (:func:`selflimit.phase_diagrams.entries.volumes.volume_sources`).
    samples, seed
        Number of samples (at least 20, for the 5 % quantiles) and seed of their random numbers.
    volume_model
        Model of the volumes' errors, as :func:`~selflimit.phase_diagrams.uncertainty.error_models.main_model`. With
        'anchored' the probabilities of the products are given under the other error models too.

    Raises
    ------
    InputError
        Too few samples, an entry without volumes, values out of range; or from the diagram: the elastic functionals
        need an entry of the electrolyte.
    LevelOfTheoryError
        Entries of different, or unstated, levels of theory.
    """
    if samples < FEWEST_SAMPLES:
        raise InputError(f"expected at least {FEWEST_SAMPLES} samples for 5 % quantiles, got {samples}")
    competing = _inside(competing_phases(entries, with_volumes=True, sources=sources), question)
    model = main_model(competing, energy_error, volume_model)
    spreads = model.volume.spreads if isinstance(model.volume, Distributed) else ()
    drawn = _answers(competing, question, model, samples, seed)
    diagram = question.diagram(competing)
    plain = _ask(diagram, question)
    others = other_models(competing, energy_error) if volume_model == "anchored" else {}
    products = product_probabilities(question, drawn)
    fewer = min(samples, MODEL_SAMPLES)
    by_model = [
        row for name, (_, other) in others.items() for row in _shares(name, competing, question, other, fewer, seed)
    ]
    # random numbers of its own: the resampling must not depend on how many the samples have drawn
    random = np.random.default_rng([seed, 1])
    return UncertaintyDoc(
        formula=parse_formula(question.composition).reduced_formula,
        working_ion=question.working_ion,
        functional=question.model,
        rules=VolumeRules(ion_volume=question.ion_volume, gases=question.gases),
        has_entry=plain.staircases[0].has_entry,
        energy_error=energy_error,
        volumes=list(spreads),
        samples=samples,
        seed=seed,
        boundaries=boundary_bands(question, plain, drawn, _propagated(question, energy_error, spreads), random),
        products=with_model_ranges(products, by_model) if others else products,
        thresholds=[
            threshold_band(
                voltage,
                plain.thresholds[i],
                [answer.thresholds[i] for answer in drawn],
                _by_source(competing, question, voltage),
                threshold_deviation(plain.thresholds[i], energy_error, spreads, question.working_ion)
                if question.has_closed_form
                else None,
                random,
            )
            for i, voltage in enumerate(question.voltages)
        ],
        volume_model=volume_model,
        error_models={name: said for name, (said, _) in others.items()},
        by_error_model=by_model,
        not_covered=question.not_covered,
        level_of_theory=diagram.level_of_theory,
    )


def _inside(competing: CompetingPhasesDoc, question: Question) -> CompetingPhasesDoc:
    """The phases within the electrolyte's elements: others take no part."""
    elements = {e.symbol for e in parse_formula(question.composition)} | {question.working_ion}
    kept = [p for p in competing.phases if {e.symbol for e in Composition(p.formula)} <= elements]
    return competing.model_copy(update={"phases": kept}) if kept else competing


def _ask(diagram: ConstrainedPhaseDiagram, question: Question) -> SampledAnswer:
    return SampledAnswer(
        tuple(trace_staircase(diagram, question.composition, k_eff, VOLTAGE_PRIOR) for k_eff in question.k_effs),
        tuple(find_threshold(diagram, question.composition, voltage) for voltage in question.voltages),
    )


def _answers(
    competing: CompetingPhasesDoc, question: Question, model: ErrorModel, samples: int, seed: int
) -> list[SampledAnswer]:
    """Exact diagrams of all samples."""
    random = np.random.default_rng(seed)
    return [
        _ask(question.diagram(model.sample(competing, question.working_ion, random)), question) for _ in range(samples)
    ]


def _shares(
    name: str, competing: CompetingPhasesDoc, question: Question, model: ErrorModel, samples: int, seed: int
) -> list[ErrorModelShare]:
    """Probabilities of the products under one error model, at the points of the question only."""
    random, points = np.random.default_rng(seed), [(v, k) for v in question.voltages for k in question.k_effs]
    counts: dict[tuple[float, float], Counter[Names]] = {point: Counter() for point in points}
    for _ in range(samples):
        diagram = question.diagram(model.sample(competing, question.working_ion, random))
        for point, names in zip(points, find_products(diagram, question.composition, points), strict=True):
            counts[point][names] += 1
    return [
        ErrorModelShare(model=name, voltage=voltage, k_eff=k_eff, products=list(names), probability=count / samples)
        for (voltage, k_eff), found in counts.items()
        for names, count in found.most_common()
    ]


def _propagated(
    question: Question, error: EnergyError, spreads: Sequence[VolumeSpread]
) -> Callable[[Boundary, float], float | None]:
    """Deviation (V) of a boundary at a modulus (GPa) by linear propagation, where that holds."""

    def deviation(boundary: Boundary, k_eff: float) -> float | None:
        return boundary_deviation(boundary, k_eff, error, spreads) if question.has_closed_form else None

    return deviation


def _by_source(competing: CompetingPhasesDoc, question: Question, voltage: float) -> list[SourceThreshold]:
    """K* with the volumes of each source, where it has those of all products."""
    names = sorted({source for phase in competing.phases for source in phase.volumes})
    rows = (_with_source(competing, question, voltage, name) for name in names)
    return [row for row in rows if row]


def _with_source(
    competing: CompetingPhasesDoc, question: Question, voltage: float, name: str
) -> SourceThreshold | None:
    """K* with one source's volumes where it has them; None: a product's volume comes from another source."""
    volumes = {phase.entry_id: phase.volumes.get(name) for phase in competing.phases}
    phases = [p.model_copy(update={"volume": volumes[p.entry_id] or p.volume}) for p in competing.phases]
    replaced = competing.model_copy(update={"phases": phases})
    found = find_threshold(question.diagram(replaced), question.composition, voltage)
    if any(volumes[product.entry_id] is None for product in found.products):
        return None
    return SourceThreshold(
        source=name,
        replaced=sum(volume is not None for volume in volumes.values()),
        phases=len(phases),
        k_eff=found.k_eff,
        below=list(found.below),
        above=list(found.above),
    )
