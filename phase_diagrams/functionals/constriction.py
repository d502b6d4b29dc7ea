"""What an electrolyte turns into under constriction: the ground states that every mechanical functional has to give."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from pymatgen.core import Composition
from scipy.optimize import brentq

from selflimit.phase_diagrams.checks import Range
from selflimit.phase_diagrams.chemical_system import ChemicalSystem, Electrolyte, near_polymorphs
from selflimit.phase_diagrams.functionals.registry import MechanicalFunctional
from selflimit.phase_diagrams.geometry.tiling import Region, Tiling
from selflimit.phase_diagrams.linear_programme import Candidates
from selflimit.phase_diagrams.phases import Phase
from selflimit.phase_diagrams.reaction import Reaction

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
) -> Range:
    """Lowest and highest reaction strain with near polymorphs in the electrolyte's place, dimensionless.

    Parameters
    ----------
    system, functional
        As :func:`constrict_electrolyte`.
    electrolyte
        The electrolyte.
    found
        What its own crystal turns into.
    """
    formula = electrolyte.formula
    placed = [constrict_electrolyte(system, functional, formula, found.k_eff, p) for p in near_polymorphs(electrolyte)]
    strains = [found.reaction.strain, *(other.at(found.voltage).reaction.strain for _, other in placed)]
    return min(strains), max(strains)


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
