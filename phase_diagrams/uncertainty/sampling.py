r"""Errors of volumes and energies as distributions: Monte Carlo over exact diagrams.

A sample draws for every composition an error of its formation energy and for every phase a volume, and is then solved
exactly, like the diagram without errors:

.. math:: E_j \to E_j + N_j\,\sigma_E\,z_{f(j)}, \quad v_j \to \bar v_j\,e^{s_j z'_j}, \quad z, z' \sim \mathcal N(0,1)

with N_j atoms per formula unit. Polymorphs share the energy error of their composition, because what calculations get
wrong is the bond, far more than the small difference between polymorphs; elements have none, being the reference. The
centre and the deviation s_j come from the sources of the volumes (:mod:`selflimit.phase_diagrams.entries.volumes`).
All draws are independent of each other: see ``NOT_COVERED``.

The same draws serve every functional, so two of them can be compared sample by sample (same seed).

Quantiles carry the standard error of the sampling, from bootstrap resampling (Efron, Ann. Statist. 7, 1 (1979),
doi:10.1214/aos/1176344552); shares carry sqrt(p(1-p)/N) and Wilson's interval (J. Am. Stat. Assoc. 22, 209 (1927),
doi:10.1080/01621459.1927.10502953).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pymatgen.core.entries import ComputedStructureEntry
from scipy.stats import binomtest

from selflimit.documents import (
    BoundaryBand,
    EnergyError,
    Estimate,
    IonVolume,
    ProductProbability,
    SourceThreshold,
    ThresholdBand,
    ThresholdChange,
    UncertaintyDoc,
    VolumeRules,
    VolumeSpread,
    level_of,
    with_level,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.distinct import distinct_entries
from selflimit.phase_diagrams.entries.volumes import VolumeTable, volume_spreads
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.phases import parse_formula, phase_from_entry
from selflimit.phase_diagrams.uncertainty.linear_propagation import boundary_deviation, threshold_deviation
from selflimit.phase_diagrams.uncertainty.staircase import Staircase, Threshold, find_threshold, trace_staircase

REACTION_ERROR = EnergyError(
    standard_deviation=0.024,
    source="GGA reaction energies of ternary oxides from binaries against calorimetry: normal, standard deviation "
    "24 meV/atom (Hautier et al., Phys. Rev. B 85, 155208 (2012), doi:10.1103/PhysRevB.85.155208); for chlorides, "
    "sulfides and redox reactions of a metal it is a lower bound",
)
"""Optimistic error of GGA energies."""

NOT_COVERED = (
    "errors shared by phases: the sources' common bias (layered chlorides too large in PBE), and energy errors common "
    "to all compounds of one metal, which move all its boundaries together",
    "phases that are not among the entries",
    "temperature: vibrations, configurational entropy, gas pressures",
)
QUANTILES = (0.05, 0.5, 0.95)
RAREST_BOUNDARY = 0.05
"""Boundaries in a smaller share of the samples are not listed."""
RESAMPLES = 200
"""Bootstrap resamples for the standard error of a quantile: its own relative error is about 1/sqrt(2*200) = 5 %."""
VOLTAGE_PRIOR = (0.0, 5.0)
"""Range of voltages (V)."""


@dataclass(frozen=True)
class Question:
    """What is asked of every sample.

    Attributes
    ----------
    composition
        Formula of the electrolyte; it need not have an entry.
    k_effs
        Effective bulk moduli (GPa) at which boundaries and products are collected.
    voltages
        Voltages (V) at which products and thresholds K* are collected.
    working_ion
        Element of the reservoir.
    model, ion_volume, gases
        Mechanical functional and volume rules, as :class:`ConstrainedPhaseDiagram`.
    """

    composition: str
    k_effs: tuple[float, ...] = (0.0, 5.0, 10.0, 15.0)
    voltages: tuple[float, ...] = (0.0,)
    working_ion: str = "Li"
    model: str = "linear"
    ion_volume: IonVolume = "expelled"
    gases: Literal["solid", "released"] = "solid"

    def diagram(self, entries: Sequence[ComputedStructureEntry]) -> ConstrainedPhaseDiagram:
        """The diagram of one sample of the entries; errors as there."""
        return ConstrainedPhaseDiagram(entries, self.working_ion, self.model, self.ion_volume, self.gases)

    @property
    def has_closed_form(self) -> bool:
        """Whether :mod:`~selflimit.phase_diagrams.uncertainty.linear_propagation` holds."""
        return find_functional(self.model).is_linear and self.ion_volume != "released" and self.gases == "solid"

    @property
    def not_covered(self) -> list[str]:
        """Errors that the spread does not contain, the functional and its rules among them."""
        rules = f"ions in the reservoir: {self.ion_volume}; gases: {self.gases}"
        return [*NOT_COVERED, f"the {self.model} functional itself ({rules}), and compressibility"]


def sample_uncertainty(
    entries: Sequence[ComputedStructureEntry],
    question: Question,
    energy_error: EnergyError,
    sources: VolumeTable,
    samples: int = 300,
    seed: int = 1,
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
        Volumes of each entry from every source (Angstrom^3 per formula unit), the entry's own among them:
        :func:`selflimit.phase_diagrams.entries.volumes.volume_sources`.
    samples, seed
        Number of samples (at least 20, for the 5 % quantiles) and seed of their random numbers.

    Raises
    ------
    InputError
        Too few samples, an entry without volumes, values out of range; or from the diagram: the elastic functionals
        need an entry of the electrolyte.
    LevelOfTheoryError
        Entries of different, or unstated, levels of theory.
    """
    if samples < 20:
        raise InputError(f"expected at least 20 samples for 5 % quantiles, got {samples}")
    entries = distinct_entries(entries)
    spreads = volume_spreads(entries, sources)
    drawn = _answers(entries, question, energy_error, spreads, samples, seed)
    diagram = question.diagram(entries)
    plain = _ask(diagram, question)
    # random numbers of its own: the resampling must not depend on how many the samples have drawn
    random = np.random.default_rng([seed, 1])
    names = sorted({source for volumes in sources.values() for source in volumes})
    return UncertaintyDoc(
        formula=parse_formula(question.composition).reduced_formula,
        working_ion=question.working_ion,
        functional=question.model,
        rules=VolumeRules(ion_volume=question.ion_volume, gases=question.gases),
        has_entry=plain.staircases[0].has_entry,
        energy_error=energy_error,
        volumes=spreads,
        samples=samples,
        seed=seed,
        boundaries=_bands(question, plain, drawn, energy_error, spreads, random),
        products=_probabilities(question, drawn),
        thresholds=[
            _threshold_band(
                question,
                voltage,
                plain.thresholds[i],
                [answer.thresholds[i] for answer in drawn],
                [row for name in names if (row := _with_source(entries, question, voltage, sources, name))],
                (energy_error, spreads, random),
            )
            for i, voltage in enumerate(question.voltages)
        ],
        not_covered=question.not_covered,
        level_of_theory=diagram.level_of_theory,
    )


@dataclass(frozen=True)
class _Answer:
    """What one diagram says: a staircase for each modulus, a threshold for each voltage."""

    staircases: tuple[Staircase, ...]
    thresholds: tuple[Threshold, ...]


def _ask(diagram: ConstrainedPhaseDiagram, question: Question) -> _Answer:
    return _Answer(
        tuple(trace_staircase(diagram, question.composition, k_eff, VOLTAGE_PRIOR) for k_eff in question.k_effs),
        tuple(find_threshold(diagram, question.composition, voltage) for voltage in question.voltages),
    )


def _answers(
    entries: Sequence[ComputedStructureEntry],
    question: Question,
    error: EnergyError,
    spreads: Sequence[VolumeSpread],
    samples: int,
    seed: int,
) -> list[_Answer]:
    """Exact diagrams of all samples; only phases within the electrolyte's elements are varied."""
    inside = {e.symbol for e in parse_formula(question.composition)} | {question.working_ion}
    pairs = [(e, s) for e, s in zip(entries, spreads, strict=True) if {x.symbol for x in e.composition} <= inside]
    random = np.random.default_rng(seed)
    return [_ask(question.diagram(sample_entries(pairs, error, random)), question) for _ in range(samples)]


def sample_entries(
    pairs: Sequence[tuple[ComputedStructureEntry, VolumeSpread]], error: EnergyError, random: np.random.Generator
) -> list[ComputedStructureEntry]:
    """One sample of the entries: energies (eV) and volumes (Angstrom^3) drawn from their distributions.

    One normal number for each composition and one for each phase, in the order of the entries, whatever the errors.

    Parameters
    ----------
    pairs
        Each entry with the distribution of its volume (Angstrom^3).
    error
        Standard deviation of the energies.
    random
        Gives the numbers.
    """
    formulas = dict.fromkeys(spread.formula for _, spread in pairs)
    # one error for all crystals of a formula: theory ranks polymorphs far better than it places compounds
    shift = {formula: error.standard_deviation * random.standard_normal() for formula in formulas}
    return [_drawn(entry, spread, shift[spread.formula], random.standard_normal()) for entry, spread in pairs]


def _drawn(entry: ComputedStructureEntry, spread: VolumeSpread, shift: float, normal: float) -> ComputedStructureEntry:
    """Copy with another energy and volume; ``shift`` in eV/atom, ``normal`` in standard deviations of ln(volume)."""
    factor = spread.centre * math.exp(spread.relative_deviation * normal) / phase_from_entry(entry).volume
    # elements are the references: an error of theirs would only move the zero of all energies
    error = 0.0 if len(entry.composition) == 1 else shift * entry.composition.num_atoms
    return _scaled(entry, entry.structure.volume * factor if factor != 1.0 else None, error)


def _scaled(entry: ComputedStructureEntry, cell_volume: float | None, error: float) -> ComputedStructureEntry:
    """Copy with another volume of its cell (Angstrom^3), None: its own; its energy changed by an ``error`` (eV)."""
    structure = entry.structure.copy()
    if cell_volume is not None:
        structure.scale_lattice(cell_volume)
    copied = ComputedStructureEntry(structure, entry.energy + error, entry_id=entry.entry_id, data=dict(entry.data))
    return with_level(copied, level_of(entry))


def _bands(
    question: Question,
    plain: _Answer,
    drawn: Sequence[_Answer],
    error: EnergyError,
    spreads: Sequence[VolumeSpread],
    random: np.random.Generator,
) -> list[BoundaryBand]:
    bands = []
    for i, k_eff in enumerate(question.k_effs):
        found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[float]] = {}
        for answer in drawn:
            for boundary in answer.staircases[i].boundaries:
                found.setdefault(boundary.names, []).append(boundary.voltage)
        without_errors = {boundary.names: boundary for boundary in plain.staircases[i].boundaries}
        # a boundary that a few samples have gives no quantiles
        common = {names: at for names, at in found.items() if len(at) >= RAREST_BOUNDARY * len(drawn)}
        for names in sorted(common, key=lambda n: (np.median(common[n]), n)):
            low, median, high = quantile_estimates(common[names], random)
            bands.append(
                BoundaryBand(
                    k_eff=k_eff,
                    below=list(names[0]),
                    above=list(names[1]),
                    probability=len(common[names]) / len(drawn),
                    low=low,
                    median=median,
                    high=high,
                    linear_deviation=boundary_deviation(without_errors[names], k_eff, error, spreads)
                    if names in without_errors and question.has_closed_form
                    else None,
                )
            )
    return bands


def _probabilities(question: Question, drawn: Sequence[_Answer]) -> list[ProductProbability]:
    found = []
    for voltage in question.voltages:
        for i, k_eff in enumerate(question.k_effs):
            counts = Counter(answer.staircases[i].products_at(voltage) for answer in drawn)
            for names, count in counts.most_common():
                share, interval = count / len(drawn), binomtest(count, len(drawn)).proportion_ci(method="wilson")
                found.append(
                    ProductProbability(
                        voltage=voltage,
                        k_eff=k_eff,
                        products=list(names),
                        probability=share,
                        standard_error=share_error(share, len(drawn)),
                        low=max(float(interval.low), 0.0),
                        high=min(float(interval.high), 1.0),
                    )
                )
    return found


def _threshold_band(
    question: Question,
    voltage: float,
    plain: Threshold,
    drawn: Sequence[Threshold],
    side_by_side: list[SourceThreshold],
    model: tuple[EnergyError, Sequence[VolumeSpread], np.random.Generator],
) -> ThresholdBand:
    error, spreads, random = model
    # one beyond the range counts as its end: quantiles below stay what they are, and one at the end is not reported
    values = [plain.largest if found.k_eff is None else found.k_eff for found in drawn]
    low, median, high = (e if e.value < plain.largest else None for e in quantile_estimates(values, random))
    counts = Counter((found.below, found.above) for found in drawn)
    return ThresholdBand(
        voltage=voltage,
        largest=plain.largest,
        beyond=sum(found.k_eff is None for found in drawn) / len(drawn),
        low=low,
        median=median,
        high=high,
        linear_deviation=threshold_deviation(plain, error, spreads) if question.has_closed_form else None,
        changes=[
            ThresholdChange(
                below=list(below),
                above=list(above),
                probability=count / len(drawn),
                standard_error=share_error(count / len(drawn), len(drawn)),
            )
            for (below, above), count in counts.most_common()
        ],
        sources=side_by_side,
    )


def _with_source(
    entries: Sequence[ComputedStructureEntry], question: Question, voltage: float, sources: VolumeTable, name: str
) -> SourceThreshold | None:
    """K* with one source's volumes where it has them; None: a product's volume comes from another source."""
    volumes = {str(e.entry_id): sources[str(e.entry_id)].get(name) for e in entries}
    replaced = [_at_volume(entry, volumes[str(entry.entry_id)]) for entry in entries]
    found = find_threshold(question.diagram(replaced), question.composition, voltage)
    if any(volumes[product.entry_id] is None for product in found.products):
        return None
    return SourceThreshold(
        source=name,
        replaced=sum(volume is not None for volume in volumes.values()),
        phases=len(entries),
        k_eff=found.k_eff,
        below=list(found.below),
        above=list(found.above),
    )


def _at_volume(entry: ComputedStructureEntry, volume: float | None) -> ComputedStructureEntry:
    """Copy scaled to ``volume`` (Angstrom^3/fu), or the entry itself."""
    if volume is None:
        return entry
    return _scaled(entry, entry.structure.volume * volume / phase_from_entry(entry).volume, 0.0)


def share_error(share: float, samples: int) -> float:
    """The standard error of a share among independent samples, dimensionless.

    >>> share_error(0.5, 100)
    0.05
    """
    return math.sqrt(share * (1 - share) / samples)


def quantile_estimates(values: Sequence[float], random: np.random.Generator) -> list[Estimate]:
    """5 %, 50 % and 95 % quantiles (order statistics) with bootstrap standard errors, in the unit of the values."""
    data = np.asarray(values)
    resampled = random.choice(data, size=(RESAMPLES, data.size))
    spread = np.std(np.quantile(resampled, QUANTILES, axis=1, method="inverted_cdf"), axis=1)
    # order statistics, so that a quantile is a value that a sample had, and never a mean of two kinds of products
    found = np.quantile(data, QUANTILES, method="inverted_cdf")
    return [Estimate(value=float(v), standard_error=float(e)) for v, e in zip(found, spread, strict=True)]
