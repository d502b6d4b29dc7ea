"""The mechanical functionals: what an electrolyte turns into at one voltage, and over a range of voltages."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from pymatgen.core import Composition
from scipy.optimize import brentq

from selflimit.arrays import FloatArray
from selflimit.documents import CoexistingAssemblage, ConstrictionSegment, Functional, VoltageSegment
from selflimit.phase_diagrams.checks import Range
from selflimit.phase_diagrams.chemical_system import ChemicalSystem, Electrolyte
from selflimit.phase_diagrams.functionals.compressibility import Compression, compression
from selflimit.phase_diagrams.functionals.elastic import Balance, Surrounding
from selflimit.phase_diagrams.functionals.exact_maps import elastic_map, linear_map
from selflimit.phase_diagrams.functionals.over_k_eff import ElasticModuli
from selflimit.phase_diagrams.functionals.over_voltage import ElasticVoltages
from selflimit.phase_diagrams.functionals.traced_maps import traced_map
from selflimit.phase_diagrams.geometry.tiling import Region, Tiling
from selflimit.phase_diagrams.linear_programme import NO_ELECTROLYTE, Assemblage, Candidates, Parametric
from selflimit.phase_diagrams.reaction import Reaction, mix_assemblages, no_reaction
from selflimit.units import GPA_ANGSTROM3_TO_EV

VOLTAGE_TOLERANCE = 1e-12
"""Voltages at which an energy is zero are found to this (V)."""


@dataclass(frozen=True)
class StableAssemblage:
    """What one formula unit of electrolyte turns into at one voltage."""

    voltage: float
    """V."""
    k_eff: float
    """GPa."""
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

    def at(self, voltage: float) -> StableAssemblage:
        """Ground state at ``voltage`` (V)."""

    def segments(self, low: float, high: float) -> list[tuple[StableAssemblage, StableAssemblage, StableAssemblage]]:
        """Ground states from ``low`` to ``high`` (V), each at the beginning, in the middle and at the end."""

    def moduli(
        self, voltage: float, low: float, high: float
    ) -> list[tuple[StableAssemblage, StableAssemblage, StableAssemblage]]:
        """Ground states from K_eff = ``low`` to ``high`` (GPa), each at the beginning, in the middle and at the end."""

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """Its voltage-K_eff map."""

    def reaction_in(self, region: Region, shares: tuple[float, ...]) -> Reaction:
        """What happens in a region of the map; of a pair with these ``shares``, volumes those in its middle."""


@dataclass(frozen=True)
class Linear:
    """W = K_eff (V - V0)."""

    candidates: Candidates
    electrolyte: Electrolyte
    working_ion: str
    k_eff: float

    def _hull(self) -> Parametric:
        return over_voltage(self.candidates, self.k_eff)

    def _outcome(self, assemblage: Assemblage, voltage: float) -> StableAssemblage:
        amounts = tuple(assemblage.present())
        reaction = Reaction(self.candidates, self.electrolyte, amounts, self.candidates.volume, self.working_ion)
        energy = reaction.energy(voltage, self.k_eff)
        return StableAssemblage(voltage, self.k_eff, reaction, energy, None, ((reaction, 1.0),))

    def at(self, voltage: float) -> StableAssemblage:
        """Ground state at ``voltage`` (V); at a critical voltage the one above it."""
        return self._outcome(self._hull().solve(voltage, self.candidates.references), voltage)

    def segments(self, low: float, high: float) -> list[tuple[StableAssemblage, StableAssemblage, StableAssemblage]]:
        """Ground states from ``low`` to ``high`` (V), each at the beginning, in the middle and at the end."""
        found = self._hull().stretches(low, high)
        return [_thrice(lambda v, a=s.assemblage: self._outcome(a, v), s.low, s.high) for s in found]  # type: ignore[misc]

    def moduli(
        self, voltage: float, low: float, high: float
    ) -> list[tuple[StableAssemblage, StableAssemblage, StableAssemblage]]:
        """Ground states from K_eff = ``low`` to ``high`` (GPa), each at the beginning, in the middle and at the end."""
        found = over_k_eff(self.candidates, voltage).stretches(low, high)
        return [
            _thrice(lambda k, a=s.assemblage: replace(self, k_eff=k)._outcome(a, voltage), s.low, s.high)  # type: ignore[misc]
            for s in found
        ]

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """The map, exact."""
        return linear_map(self.candidates, voltages, k_effs)

    def reaction_in(self, region: Region, shares: tuple[float, ...]) -> Reaction:
        """What happens in a region of the map."""
        amounts = mix_assemblages(region.assemblages, shares)
        return Reaction(self.candidates, self.electrolyte, amounts, self.candidates.volume, self.working_ion)


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
        amounts = mix_assemblages(assemblages, shares)
        return Reaction(self.candidates, self.electrolyte, amounts, volumes, self.working_ion)

    def _outcome(self, found: Balance, voltage: float) -> StableAssemblage:
        hull = self._states().hull(voltage)
        volumes = hull.volumes(found.pressure)
        whole = self._reaction(found.assemblages, found.shares, volumes)
        strain_energies = hull.costs(found.pressure) - hull.grand - GPA_ANGSTROM3_TO_EV * found.pressure * volumes
        strain_energy = float(sum(amount * strain_energies[index] for index, amount in whole.amounts))
        work = self._surrounding().work(self.electrolyte.counted_volume + whole.volume_change)
        alone = [self._reaction((assemblage,), (1.0,), volumes) for assemblage in found.assemblages]
        parts = tuple(zip(alone, found.shares, strict=True))
        energy = whole.chemical_energy(voltage) + strain_energy + work
        return StableAssemblage(voltage, self.k_eff, whole, energy, found.pressure, parts)

    def at(self, voltage: float) -> StableAssemblage:
        """Ground state at ``voltage`` (V)."""
        return self._outcome(self._states().solve(voltage, self.candidates.references), voltage)

    def segments(self, low: float, high: float) -> list[tuple[StableAssemblage, StableAssemblage, StableAssemblage]]:
        """Ground states from ``low`` to ``high`` (V), each at the beginning, in the middle and at the end."""
        states = self._states()
        return [
            _thrice(lambda v, f=s.found: self._outcome(states.at(f, v), v), s.low, s.high)  # type: ignore[misc]
            for s in states.stretches(low, high)
        ]

    @property
    def is_inclusion(self) -> bool:
        """Whether the grain decomposes as a whole or not at all."""
        return self.candidates.electrolyte == NO_ELECTROLYTE

    def _moduli(self) -> ElasticModuli:
        return ElasticModuli(self._states(), self.electrolyte, self.is_inclusion)

    def moduli(
        self, voltage: float, low: float, high: float
    ) -> list[tuple[StableAssemblage, StableAssemblage, StableAssemblage]]:
        """Ground states from K_eff = ``low`` to ``high`` (GPa), each at the beginning, in the middle and at the end."""
        found = self._moduli()
        stretches = found.stretches(voltage, found.walk(voltage, high), low, high)

        def at(k_eff: float, is_whole: bool) -> StableAssemblage:
            stiff = replace(self, k_eff=k_eff)
            return stiff.whole(voltage) if is_whole else stiff.at(voltage)

        return [_thrice(lambda k, w=not s.filling: at(k, w), s.low, s.high) for s in stretches]  # type: ignore[misc]

    def whole(self, voltage: float) -> StableAssemblage:
        """The grain that stays what it is."""
        reaction = no_reaction(self.electrolyte, self.working_ion)
        return StableAssemblage(voltage, self.k_eff, reaction, 0.0, 0.0, ((reaction, 1.0),))

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """The map: exact where its borders are straight, else traced."""
        if self.compression is None and not self.is_inclusion:
            return elastic_map(self.candidates, self._surrounding(), voltages, k_effs)
        rigid = replace(self, compression=None)
        levels = [k_effs[0] + (k_effs[1] - k_effs[0]) * quarter / 4 for quarter in range(5)]
        marks = [part.low for k in levels for part in replace(rigid, k_eff=k)._states().stretches(*voltages)]
        return traced_map(self._moduli(), voltages, k_effs, marks)

    def reaction_in(self, region: Region, shares: tuple[float, ...]) -> Reaction:
        """What happens in a region of the map; of a pair with these ``shares``, volumes those in its middle."""
        if not region.assemblages:
            return no_reaction(self.electrolyte, self.working_ion)
        volumes = self.candidates.volume
        if self.compression is not None:
            voltage, k_eff = region.middle
            volumes = self._states().hull(voltage).volumes(replace(self, k_eff=k_eff).at(voltage).pressure or 0.0)
        return self._reaction(region.assemblages, shares, volumes)


def candidates_under(system: ChemicalSystem, model: Functional, electrolyte: Electrolyte) -> Candidates:
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
    candidates = candidates_under(system, model, electrolyte)
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


def voltage_segment(low: StableAssemblage, middle: StableAssemblage, high: StableAssemblage) -> VoltageSegment:
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
    low: StableAssemblage, middle: StableAssemblage, high: StableAssemblage
) -> ConstrictionSegment:
    """The record of one ground state over its moduli."""
    return ConstrictionSegment(
        k_eff_low=low.k_eff,
        k_eff_high=high.k_eff,
        products=middle.reaction.products(),
        ion_uptake=middle.reaction.ion_uptake,
        reaction=middle.reaction.text(),
        reaction_energy_low=low.energy,
        reaction_energy_high=high.energy,
        decomposition_volume=middle.reaction.volume_change,
        reaction_strain=middle.reaction.strain,
    )


def coexisting(low: StableAssemblage, high: StableAssemblage) -> list[CoexistingAssemblage]:
    """The two assemblages that coexist, with their shares at both ends; empty: there is one assemblage."""
    if len(low.parts) == 1:
        return []
    return [
        CoexistingAssemblage(
            products=reaction.products(), reaction=reaction.text(), share_low=share, share_high=high_share
        )
        for (reaction, share), (_, high_share) in zip(low.parts, high.parts, strict=True)
    ]


def window_without_decomposition(at: Callable[[float], StableAssemblage], low: float, high: float) -> Range | None:
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
    return float(brentq(function, begin, end, xtol=VOLTAGE_TOLERANCE, rtol=1e-14))


def _thrice(
    at: Callable[[float], StableAssemblage], low: float, high: float
) -> tuple[StableAssemblage, StableAssemblage, StableAssemblage]:
    return at(low), at(0.5 * (low + high)), at(high)
