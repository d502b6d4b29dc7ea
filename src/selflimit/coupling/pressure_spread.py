"""Errors of energies and volumes carried through the closed loop to the compression at the tip, in MPa.

A sample draws energies and volumes as :mod:`selflimit.phase_diagrams.uncertainty.draws` does, and closes the loop of
the linear functional exactly: products, strain and constriction. The stress is linear in the zone's eigenstrain, so
with the two elastic solutions of its products, lithium's strain and a unit strain of the zone, each sample becomes a
compression without another solve. The zone's moduli are mixed with the central volumes.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from selflimit.coupling.fixed_points import Piece, fixed_points
from selflimit.coupling.reaction_zone import ReactionZone, mix_products
from selflimit.documents import ConstrictionSegment, EnergyError, PhaseAmount, VolumeSpread
from selflimit.documents.self_limitation import PressureSpreadDoc, ProductPressure
from selflimit.errors import InputError
from selflimit.mesoscale.bridge import linear_strain
from selflimit.mesoscale.mechanics.static_stress import interface_stress, tip_compression
from selflimit.mesoscale.verdict.verdict import zone_geometry
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.competing_set import Competing, competing_phases
from selflimit.phase_diagrams.entries.volumes import VolumeTable
from selflimit.phase_diagrams.rules import MechanicalRules
from selflimit.phase_diagrams.uncertainty.draws import Distributed
from selflimit.phase_diagrams.uncertainty.error_models import VolumeModel, main_model
from selflimit.phase_diagrams.uncertainty.question import NOT_COVERED
from selflimit.phase_diagrams.uncertainty.summaries import quantile_estimates, share_error
from selflimit.progress import Progress, silent
from selflimit.units import GPA, MPA

ALSO_NOT_COVERED = (
    "the retained fraction, a factor on the reaction's part of every pressure: see its sweep",
    "elastic constants, shape and depth of the zone, plasticity, cracks",
)


@dataclass(frozen=True)
class TipResponse:
    """Mean compression of a zone of given moduli (Pa): by lithium, and per volumetric eigenstrain of the zone."""

    lithium: float
    k_eff: float


@dataclass(frozen=True)
class SettledSample:
    """What one sample settles to."""

    names: tuple[str, ...]
    strain: float
    pressure: float
    """Compression of the zone (MPa)."""
    reaction: float
    """Part of it that is the reaction's (MPa)."""
    k_eff: float
    """Index of the fixed point (GPa)."""
    several: bool
    """Whether there is more than one stable fixed point; this is the one of the lowest index."""


@dataclass
class _Zone:
    """Responses by assemblage; the products' volumes are the central ones, so that a few solves serve all samples."""

    zone: ReactionZone
    volumes: Mapping[str, float]
    known: dict[tuple[tuple[str, float], ...], TipResponse] = field(default_factory=dict)

    def response(self, products: Sequence[PhaseAmount]) -> TipResponse:
        """Of a zone of these products."""
        # rounded: samples meet one assemblage again and again, with amounts that differ in their last digits
        key = tuple(sorted((product.entry_id, round(product.amount, 4)) for product in products))
        if key not in self.known:
            self.known[key] = self._solved(products)
        return self.known[key]

    def _solved(self, products: Sequence[PhaseAmount]) -> TipResponse:
        central = [product.model_copy(update={"volume": self.volumes[product.entry_id]}) for product in products]
        zone = self.zone
        solved = interface_stress(zone.structure.grid, zone.phases, zone.with_products(central))
        lithium = tip_compression(zone.phases, solved.lithium.pressure) * MPA
        # the zone's solution is for a unit linear strain, a third of the volumetric one
        return TipResponse(lithium, tip_compression(zone.phases, solved.zone.pressure) * MPA / 3.0)


def spread_pressure(
    entries: Competing,
    composition: str,
    voltage: float,
    zone: ReactionZone,
    energy_error: EnergyError,
    sources: VolumeTable | None = None,
    samples: int = 300,
    seed: int = 1,
    progress: Progress = silent,
    rules: MechanicalRules | None = None,
    volume_model: VolumeModel = "anchored",
) -> PressureSpreadDoc:
    """Distribution of the compression of the reaction zone.

    Parameters
    ----------
    entries
        The electrolyte and its competing phases, of one level of theory. Energies in eV, lengths in Angstrom.
    composition
        Formula of the electrolyte.
    voltage
        V vs the working ion's metal.
    zone
        The zone in its surroundings, with the retained fraction.
    energy_error, sources
        As :func:`selflimit.phase_diagrams.uncertainty.sampling.sample_uncertainty`.
    samples, seed
        Number of samples (at least 20) and seed of their random numbers.
    progress
        Listener.
    rules
        Volumes that count, and the working ion; None: the default ones.
    volume_model
        Model of the volumes' errors.

    Raises
    ------
    InputError
        Too few samples, a product without elastic constants; or from the diagram.
    ConvergenceError
        If a linear solve misses its tolerance.
    """
    if samples < 20:
        raise InputError(f"expected at least 20 samples for 5 % quantiles, got {samples}")
    competing = competing_phases(entries, with_volumes=True, sources=sources)
    model = main_model(competing, energy_error, volume_model)
    spreads = model.volume.spreads if isinstance(model.volume, Distributed) else ()
    mechanics = _Zone(zone, {spread.entry_id: spread.centre for spread in spreads})
    rules = rules or MechanicalRules()
    diagram, random = rules.diagram(competing), np.random.default_rng(seed)
    plain = find_settled(diagram, composition, voltage, mechanics)
    drawn = []
    for number in range(samples):
        progress(number / samples, f"sample {number + 1} of {samples}")
        sample = model.sample(competing, rules.working_ion, random)
        drawn.append(find_settled(rules.diagram(sample), composition, voltage, mechanics))
    pressures = [outcome.pressure for outcome in drawn]
    # random numbers of its own: the resampling must not depend on how many the samples have drawn
    low, median, high = quantile_estimates(pressures, np.random.default_rng([seed, 1]))
    return PressureSpreadDoc(
        formula=diagram.products(composition, voltage, 0.0).formula,
        voltage=voltage,
        functional="linear",
        retained_fraction=zone.parameters.retained_fraction,
        geometry=zone_geometry(zone.structure, zone.depth),
        energy_error=energy_error,
        volumes=_used(spreads, drawn, composition),
        samples=samples,
        seed=seed,
        lithium=_lithium(diagram, composition, voltage, mechanics),
        without_errors=plain.pressure,
        polymorph_range=_over_polymorphs(diagram, composition, voltage, plain),
        low=low,
        median=median,
        high=high,
        products=_by_products(drawn),
        several_fixed_points=sum(outcome.several for outcome in drawn) / samples,
        not_covered=[*NOT_COVERED, *ALSO_NOT_COVERED],
        level_of_theory=diagram.level_of_theory,
    )


def find_settled(diagram: ConstrainedPhaseDiagram, composition: str, voltage: float, mechanics: _Zone) -> SettledSample:
    """Return the stable fixed point of lowest index, and the compression there.

    Parameters
    ----------
    diagram
        Of one sample of energies and volumes, with the linear functional.
    composition
        Formula of the electrolyte.
    voltage
        V vs the working ion's metal.
    mechanics
        The zone with its responses by assemblage, which grow as new ones are asked for.
    """
    retained, top = mechanics.zone.parameters.retained_fraction, mechanics.zone.bound
    segments = diagram.constriction_profile(composition, voltage, (0.0, top)).segments
    answers = [retained * mechanics.response(segment.products).k_eff / GPA for segment in segments]
    pieces = [Piece(s.k_eff_low, s.k_eff_high, answer) for s, answer in zip(segments, answers, strict=True)]
    stable = [point for point in fixed_points(pieces, _mixture(segments, mechanics)) if point.stable]
    here, share = segments[stable[0].piece], stable[0].share_upper or 0.0
    above = segments[stable[0].piece + 1] if share else here
    products = mix_products(here.products, above.products, share) if share else here.products
    strain = (1.0 - share) * here.reaction_strain + share * above.reaction_strain
    response = mechanics.response(products)
    reaction = 3.0 * retained * linear_strain(strain) * response.k_eff
    names = tuple(sorted({product.formula for product in products}))
    whole = (response.lithium + reaction) / MPA
    return SettledSample(names, strain, whole, reaction / MPA, stable[0].index, len(stable) > 1)


def _over_polymorphs(
    diagram: ConstrainedPhaseDiagram, composition: str, voltage: float, plain: SettledSample
) -> tuple[float, float] | None:
    """Compression (MPa) over the strains of near polymorphs: the reaction's part is linear in the linear strain.

    Parameters
    ----------
    diagram, composition, voltage
        Without errors (V).
    plain
        What it settles to.
    """
    found = diagram.products(composition, voltage, plain.k_eff)
    if found.strain_range is None or linear_strain(plain.strain) == 0.0:
        return None
    per_strain = plain.reaction / linear_strain(plain.strain)
    ends = [plain.pressure + per_strain * (linear_strain(e) - linear_strain(plain.strain)) for e in found.strain_range]
    return min(ends), max(ends)


def _mixture(segments: Sequence[ConstrictionSegment], mechanics: _Zone) -> Callable[[int, float], float]:
    retained = mechanics.zone.parameters.retained_fraction

    def mixed(number: int, share: float) -> float:
        products = mix_products(segments[number].products, segments[number + 1].products, share)
        return retained * mechanics.response(products).k_eff / GPA

    return mixed


def _lithium(diagram: ConstrainedPhaseDiagram, composition: str, voltage: float, mechanics: _Zone) -> float:
    return mechanics.response(diagram.products(composition, voltage, 0.0).products).lithium / MPA


def _used(spreads: Sequence[VolumeSpread], drawn: Sequence[SettledSample], composition: str) -> list[VolumeSpread]:
    formulas = {composition, *(name for outcome in drawn for name in outcome.names)}
    return [spread for spread in spreads if spread.formula in formulas]


def _by_products(drawn: Sequence[SettledSample]) -> list[ProductPressure]:
    groups: dict[tuple[str, ...], list[SettledSample]] = {}
    for outcome in drawn:
        groups.setdefault(outcome.names, []).append(outcome)
    return [
        ProductPressure(
            products=list(names),
            share=len(found) / len(drawn),
            standard_error=share_error(len(found) / len(drawn), len(drawn)),
            median_strain=statistics.median(outcome.strain for outcome in found),
            median=statistics.median(outcome.pressure for outcome in found),
        )
        for names, found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
