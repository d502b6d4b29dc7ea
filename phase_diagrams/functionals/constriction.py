"""What an electrolyte turns into under constriction: the ground states that every mechanical functional has to give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pymatgen.core import Composition
from scipy.optimize import brentq

from selflimit.phase_diagrams.checks import Range
from selflimit.phase_diagrams.chemical_system import NEAR, ChemicalSystem, Electrolyte, near_polymorphs
from selflimit.phase_diagrams.functionals.registry import MechanicalFunctional
from selflimit.phase_diagrams.geometry.tiling import Region, Tiling
from selflimit.phase_diagrams.linear_programme import Candidates
from selflimit.phase_diagrams.phases import Phase
from selflimit.phase_diagrams.reaction import Reaction
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


Course = tuple[StableAssemblage, StableAssemblage, StableAssemblage]
"""One ground state at the beginning, in the middle and at the end of the stretch over which it is the lowest."""


class Constriction(Protocol):
    """A mechanical functional at one K_eff: ground states of one electrolyte."""

    @property
    def candidates(self) -> Candidates:
        """The phases that compete."""

    def at(self, voltage: float) -> StableAssemblage:
        """Ground state at ``voltage`` (V); at a critical voltage the one above it."""

    def segments(self, low: float, high: float) -> list[Course]:
        """Ground states from ``low`` to ``high`` (V), lowest first."""

    def moduli(self, voltage: float, low: float, high: float) -> list[Course]:
        """Find the ground states over a range of K_eff at one voltage, lowest first.

        Parameters
        ----------
        voltage
            V vs the working ion's metal.
        low, high
            Ends of the range (GPa).
        """

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """The voltage-K_eff map over ranges in V and GPa."""

    def reaction_in(self, region: Region, shares: tuple[float, ...]) -> Reaction:
        """What happens in a region of the map; of a pair with these ``shares``, volumes those in its middle."""


def constrict_electrolyte(
    system: ChemicalSystem,
    functional: MechanicalFunctional,
    composition: Composition | str,
    k_eff: float,
    own: Phase | None = None,
) -> tuple[Electrolyte, Constriction]:
    """An electrolyte and its ground states at one K_eff.

    Parameters
    ----------
    system
        All phases.
    functional
        What the volume change costs; it decides whether the electrolyte is among the competing phases.
    composition
        Formula of the electrolyte.
    k_eff
        Effective bulk modulus (GPa).
    own
        Crystal to take for the electrolyte; None: the one that the system has for it.

    Raises
    ------
    InputError
        No entry of the electrolyte, elements without entries, or a phase without bulk modulus where some have one.
    """
    electrolyte = system.electrolyte(composition, own)
    candidates = system.competitors(electrolyte.formula)
    if functional.is_all_or_nothing:
        candidates = candidates.without(electrolyte.formula)
    else:
        candidates = replace(candidates, electrolyte=candidates.phases.index(electrolyte.phase))
    return electrolyte, functional.constrict(system, candidates, electrolyte, k_eff)


def strain_range(
    system: ChemicalSystem, functional: MechanicalFunctional, electrolyte: Electrolyte, found: StableAssemblage
) -> Range | None:
    """Lowest and highest reaction strain over near polymorphs of the electrolyte and of its products, dimensionless.

    A polymorph takes the electrolyte's place where it is within ``NEAR`` of the lowest at zero pressure, as the sample
    is made; and a product's place where it is within ``NEAR`` of it with the work, as it forms. None: nothing reacts.

    Parameters
    ----------
    system, functional
        As :func:`constrict_electrolyte`.
    electrolyte
        The electrolyte.
    found
        What its own crystal turns into.
    """
    if found.reaction.is_identity:
        return None
    formula = electrolyte.formula
    placed = [constrict_electrolyte(system, functional, formula, found.k_eff, p) for p in near_polymorphs(electrolyte)]
    states = [found, *(other.at(found.voltage) for _, other in placed)]
    ends = [end for state in states for end in _strains_by_products(state)]
    return min(ends), max(ends)


def _strains_by_products(state: StableAssemblage) -> Range:
    """Lowest and highest strain of one reaction with near polymorphs in its products' places."""
    reaction, smallest, largest = state.reaction, 0.0, 0.0
    if reaction.is_identity:
        return 0.0, 0.0
    pressure = (state.k_eff if state.pressure is None else state.pressure) * GPA_ANGSTROM3_TO_EV
    candidates, volumes = reaction.candidates, reaction.volumes
    enthalpies = candidates.energy + pressure * volumes
    for index, amount in reaction.amounts:
        if not candidates.is_phase(index):
            continue
        phase = candidates.phases[index]
        near = [
            volumes[other] - volumes[index]
            for other, twin in enumerate(candidates.phases)
            if twin.formula == phase.formula and enthalpies[other] - enthalpies[index] <= NEAR * phase.atoms
        ]
        smallest, largest = smallest + amount * min(near), largest + amount * max(near)
    volume = reaction.electrolyte.volume
    return reaction.strain + smallest / volume, reaction.strain + largest / volume


def follow_course(at: Callable[[float], StableAssemblage], low: float, high: float) -> Course:
    """Follow a ground state: take it at the beginning, in the middle and at the end of a stretch.

    Parameters
    ----------
    at
        The ground state at a voltage (V) or modulus (GPa).
    low, high
        Ends of the stretch (V or GPa).
    """
    return at(low), at(0.5 * (low + high)), at(high)


def find_window(
    functional: MechanicalFunctional, constriction: Constriction, courses: Sequence[Course]
) -> Range | None:
    """Voltages (V) between which the electrolyte keeps its formula; None: nowhere.

    Parameters
    ----------
    functional
        Of an inclusion the window is where decomposition gains no energy.
    constriction
        Its ground states.
    courses
        The ground states over the voltages, lowest first.
    """
    if functional.is_all_or_nothing:
        return find_whole_window(constriction.at, courses[0][0].voltage, courses[-1][2].voltage)
    stable = [(first.voltage, last.voltage) for first, middle, last in courses if middle.reaction.keeps_formula]
    return (stable[0][0], stable[-1][1]) if stable else None


def find_whole_window(at: Callable[[float], StableAssemblage], low: float, high: float) -> Range | None:
    """Voltages (V) at which decomposition gains no energy; None: nowhere between ``low`` and ``high`` (V).

    The energy is concave in the voltage with the ion uptake as its slope, so it has one peak, where the uptake changes
    sign, and at most one zero on either side of it.

    Parameters
    ----------
    at
        The ground state at a voltage (V).
    low, high
        Ends of the voltages that are looked through (V).
    """
    peak = _sign_change(lambda v: at(v).reaction.ion_uptake, low, high)
    if at(peak).energy < 0:
        return None
    return _sign_change(lambda v: at(v).energy, peak, low), _sign_change(lambda v: at(v).energy, peak, high)


def _sign_change(function: Callable[[float], float], begin: float, end: float) -> float:
    """Where ``function``, positive at ``begin`` or soon after, turns negative on the way to ``end``; else ``end``."""
    if function(end) >= 0:
        return end
    if function(begin) <= 0:
        return begin
    return float(brentq(function, begin, end, xtol=VOLTAGE_TOLERANCE, rtol=1e-14))
