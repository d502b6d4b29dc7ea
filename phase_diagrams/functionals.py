"""The mechanical functionals: what an electrolyte turns into at one voltage, and over a range of voltages."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from pymatgen.core import Composition
from scipy.optimize import brentq

from selflimit.documents import CoexistingAssemblage, ConstrictionSegment, Functional, VoltageSegment
from selflimit.phase_diagrams.assemblage import Assemblage, Candidates, FloatArray, Parametric, Stretch
from selflimit.phase_diagrams.chemical_system import ChemicalSystem, Electrolyte
from selflimit.phase_diagrams.compressibility import Compression, compression
from selflimit.phase_diagrams.decomposition import Reaction, blended
from selflimit.phase_diagrams.elastic import Balance, Surrounding
from selflimit.phase_diagrams.elastic_voltages import ElasticVoltages
from selflimit.phase_diagrams.predominance import elastic_map, linear_map
from selflimit.phase_diagrams.ranges import Range
from selflimit.phase_diagrams.tiling import Tiling
from selflimit.units import GPA_ANGSTROM3_TO_EV

ROOT = 1e-12
"""Voltages at which an energy is zero are found to this (V)."""


@dataclass(frozen=True)
class Outcome:
    """What one formula unit of electrolyte turns into at one voltage."""

    voltage: float
    """V."""
    reaction: Reaction
    """All products together."""
    energy: float
    """Grand-potential reaction energy, mechanical work included (eV/fu)."""
    pressure: float | None
    """GPa; None: the functional has none."""
    parts: tuple[tuple[Reaction, float], ...]
    """The coexisting reactions with their shares; one: a single assemblage."""


class Constriction(Protocol):
    """A mechanical functional at one K_eff."""

    def at(self, voltage: float) -> Outcome:
        """Ground state at ``voltage`` (V)."""

    def segments(self, low: float, high: float) -> list[tuple[Outcome, Outcome, Outcome]]:
        """Ground states from ``low`` to ``high`` (V), each at the beginning, in the middle and at the end."""

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """Its voltage-K_eff map."""


@dataclass(frozen=True)
class Linear:
    """W = K_eff (V - V0)."""

    candidates: Candidates
    electrolyte: Electrolyte
    working_ion: str
    k_eff: float

    def _hull(self) -> Parametric:
        return over_voltage(self.candidates, self.k_eff)

    def _outcome(self, assemblage: Assemblage, voltage: float) -> Outcome:
        amounts = tuple(assemblage.present())
        reaction = Reaction(self.candidates, self.electrolyte, amounts, self.candidates.volume, self.working_ion)
        return Outcome(voltage, reaction, reaction.energy(voltage, self.k_eff), None, ((reaction, 1.0),))

    def at(self, voltage: float) -> Outcome:
        """Ground state at ``voltage`` (V); at a critical voltage the one above it."""
        return self._outcome(self._hull().solve(voltage, self.candidates.references), voltage)

    def segments(self, low: float, high: float) -> list[tuple[Outcome, Outcome, Outcome]]:
        """Ground states from ``low`` to ``high`` (V), each at the beginning, in the middle and at the end."""
        found = self._hull().stretches(low, high)
        return [_thrice(lambda v, a=s.assemblage: self._outcome(a, v), s.low, s.high) for s in found]  # type: ignore[misc]

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """The map, exact."""
        return linear_map(self.candidates, voltages, k_effs)


@dataclass(frozen=True)
class Elastic:
    """W = K_eff (V - V0)^2 / 2 V0; the inclusion functional where the electrolyte is not among the candidates."""

    candidates: Candidates
    electrolyte: Electrolyte
    working_ion: str
    k_eff: float
    compression: Compression | None

    def _surrounding(self) -> Surrounding:
        return Surrounding(self.k_eff, self.electrolyte.volume, self.electrolyte.counted_volume)

    def _states(self) -> ElasticVoltages:
        return ElasticVoltages(self.candidates, self._surrounding(), self.compression)

    def _reaction(
        self, assemblages: tuple[Assemblage, ...], shares: tuple[float, ...], volumes: FloatArray
    ) -> Reaction:
        amounts = blended(assemblages, shares)
        return Reaction(self.candidates, self.electrolyte, amounts, volumes, self.working_ion)

    def _outcome(self, found: Balance, voltage: float) -> Outcome:
        hull = self._states().hull(voltage)
        volumes = hull.volumes(found.pressure)
        whole = self._reaction(found.assemblages, found.shares, volumes)
        strain_energies = hull.costs(found.pressure) - hull.grand - GPA_ANGSTROM3_TO_EV * found.pressure * volumes
        strain_energy = float(sum(amount * strain_energies[index] for index, amount in whole.amounts))
        work = self._surrounding().work(self.electrolyte.counted_volume + whole.volume_change)
        alone = [self._reaction((assemblage,), (1.0,), volumes) for assemblage in found.assemblages]
        parts = tuple(zip(alone, found.shares, strict=True))
        return Outcome(voltage, whole, whole.chemical_energy(voltage) + strain_energy + work, found.pressure, parts)

    def at(self, voltage: float) -> Outcome:
        """Ground state at ``voltage`` (V)."""
        return self._outcome(self._states().solve(voltage, self.candidates.references), voltage)

    def segments(self, low: float, high: float) -> list[tuple[Outcome, Outcome, Outcome]]:
        """Ground states from ``low`` to ``high`` (V), each at the beginning, in the middle and at the end."""
        states = self._states()
        return [
            _thrice(lambda v, f=s.found: self._outcome(states.at(f, v), v), s.low, s.high)  # type: ignore[misc]
            for s in states.stretches(low, high)
        ]

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """The map, exact."""
        return elastic_map(self.candidates, self._surrounding(), voltages, k_effs)


def competitors_of(system: ChemicalSystem, model: Functional, electrolyte: Electrolyte) -> Candidates:
    """The competing phases: with the electrolyte, or without its formula for the inclusion functional."""
    candidates = system.competitors(electrolyte.formula)
    if model == "inclusion":
        return candidates.without(electrolyte.formula)
    return replace(candidates, electrolyte=candidates.phases.index(electrolyte.phase))


def constriction_of(
    system: ChemicalSystem, model: Functional, composition: Composition | str, k_eff: float
) -> tuple[Electrolyte, Constriction]:
    """An electrolyte and its functional at ``k_eff`` (GPa).

    Raises
    ------
    InputError
        No entry of the electrolyte, elements without entries, or a phase without bulk modulus where some have one.
    """
    electrolyte = system.electrolyte(composition)
    candidates = competitors_of(system, model, electrolyte)
    if model == "linear":
        return electrolyte, Linear(candidates, electrolyte, system.working_ion, k_eff)
    moduli = system.rules.bulk_moduli
    escapes = np.array([system.escapes(phase) for phase in candidates.phases])
    soft = compression(candidates.phases, moduli, candidates.volume, escapes) if moduli else None
    return electrolyte, Elastic(candidates, electrolyte, system.working_ion, k_eff, soft)


def over_voltage(candidates: Candidates, k_eff: float) -> Parametric:
    """The linear functional's costs as a function of the voltage (V) at ``k_eff`` (GPa)."""
    at_zero = candidates.energy + k_eff * GPA_ANGSTROM3_TO_EV * candidates.volume
    return Parametric(candidates, at_zero, candidates.ion)


def over_k_eff(candidates: Candidates, voltage: float) -> Parametric:
    """The linear functional's costs as a function of K_eff (GPa) at ``voltage`` (V)."""
    return Parametric(candidates, candidates.energy + voltage * candidates.ion, GPA_ANGSTROM3_TO_EV * candidates.volume)


def voltage_segment(low: Outcome, middle: Outcome, high: Outcome) -> VoltageSegment:
    """The record of one ground state over its voltages."""
    return VoltageSegment(
        voltage_low=low.voltage,
        voltage_high=high.voltage,
        products=middle.reaction.products(),
        ion_uptake=middle.reaction.ion_uptake,
        reaction=middle.reaction.text(),
        reaction_energy_low=low.energy,
        reaction_energy_high=high.energy,
        decomposition_volume=middle.reaction.volume_change,
        reaction_strain=middle.reaction.strain,
        pressure_low=low.pressure,
        pressure_high=high.pressure,
        coexisting=coexisting(low, high),
    )


def constriction_segment(
    candidates: Candidates, electrolyte: Electrolyte, working_ion: str, stretch: Stretch, voltage: float
) -> ConstrictionSegment:
    """The record of one ground state of the linear functional over its moduli."""
    reaction = Reaction(candidates, electrolyte, tuple(stretch.assemblage.present()), candidates.volume, working_ion)
    return ConstrictionSegment(
        k_eff_low=stretch.low,
        k_eff_high=stretch.high,
        products=reaction.products(),
        ion_uptake=reaction.ion_uptake,
        reaction=reaction.text(),
        reaction_energy_low=reaction.energy(voltage, stretch.low),
        reaction_energy_high=reaction.energy(voltage, stretch.high),
        decomposition_volume=reaction.volume_change,
        reaction_strain=reaction.strain,
    )


def coexisting(low: Outcome, high: Outcome) -> list[CoexistingAssemblage]:
    """The two assemblages that coexist, with their shares at both ends; empty: there is one assemblage."""
    if len(low.parts) == 1:
        return []
    return [
        CoexistingAssemblage(
            products=reaction.products(), reaction=reaction.text(), share_low=share, share_high=high_share
        )
        for (reaction, share), (_, high_share) in zip(low.parts, high.parts, strict=True)
    ]


def window_without_decomposition(at: Callable[[float], Outcome], low: float, high: float) -> Range | None:
    """Voltages at which the reaction energy is not negative; None: nowhere between ``low`` and ``high`` (V).

    The energy is concave in the voltage with the ion uptake as its slope, so it has one peak, where the uptake changes
    sign, and at most one zero on either side of it.
    """

    def energy(voltage: float) -> float:
        return at(voltage).energy

    peak = _sign_change(lambda v: at(v).reaction.ion_uptake, low, high)
    if energy(peak) < 0:
        return None
    return _sign_change(energy, peak, low), _sign_change(energy, peak, high)


def _sign_change(function: Callable[[float], float], begin: float, end: float) -> float:
    """Where ``function``, positive at ``begin`` or soon after, turns negative on the way to ``end``; else ``end``."""
    if function(end) >= 0:
        return end
    if function(begin) <= 0:
        return begin
    return float(brentq(function, begin, end, xtol=ROOT, rtol=1e-14))


def _thrice(at: Callable[[float], Outcome], low: float, high: float) -> tuple[Outcome, Outcome, Outcome]:
    return at(low), at(0.5 * (low + high)), at(high)
