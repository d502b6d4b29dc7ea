r"""Critical voltages in a closed elastic surrounding.

The voltage :math:`\varphi` enters the quadratic programme linearly: :math:`g_j = \Delta E_j + e\varphi a_j`. Its
optimality conditions (balance, lever rule, :math:`s_j = g_j + p v_j - \sum_i \lambda_i a_{ij} \ge 0`,
:math:`n_j s_j = 0`) are affine in amounts, :math:`p`, :math:`\lambda` and :math:`\varphi` as long as the phases that
are there stay the same. Two consequences:

* the voltages over which a set of phases is the ground state form an interval (amounts and multipliers of two voltages,
  interpolated, satisfy the conditions between them), so equal ends have nothing else between them;
* the ends of that interval follow from one ratio test: where a phase's s reaches zero, or a share reaches 0 or 1.

So the range is split only between different ground states, at a voltage in the gap that neither is known to fill, and
every critical voltage is a ratio, not the result of a scan. In the plane of voltage and pressure the ground state
follows the linear functional's map: level across a cell (one assemblage at its own pressure), along the borders
(coexistence).

With compressible phases a coexisting pair's pressure is no longer affine: its ends are bisected to
``SAME_VOLTAGE``, and no interval is trusted over more than ``WIDEST_STEP``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.phase_diagrams.functionals.compressibility import Compression
from selflimit.phase_diagrams.functionals.pressure_balance import (
    Balance,
    PressureHull,
    Surrounding,
    balance_pair,
    balance_pressure,
)
from selflimit.phase_diagrams.linear_programme import REDUCED_COST_TOLERANCE, Candidates, inverse_of
from selflimit.phase_diagrams.stretches import Stretch, join_stretches
from selflimit.units import GPA_ANGSTROM3_TO_EV

SAME_VOLTAGE = 1e-12
"""Gaps between solved voltages below this (V) are closed."""
WIDEST_STEP = 0.02
"""Volts between two looks at a compressible pair."""
LEVEL = 1e-9
"""Reduced costs that change by less than this (eV/V per closed atom) do not change."""


@dataclass(frozen=True)
class _Known:
    """A solved voltage and the interval around it in which its phases are known to be the ground state."""

    low: float
    high: float
    found: Balance


@dataclass(frozen=True)
class ElasticVoltages:
    """Ground states of one electrolyte in one elastic surrounding against the voltage."""

    candidates: Candidates
    surrounding: Surrounding
    compression: Compression | None

    def hull(self, voltage: float) -> PressureHull:
        """The hull as a function of pressure at ``voltage`` (V)."""
        grand = self.candidates.energy + voltage * self.candidates.ion
        return PressureHull(self.candidates, grand, self.compression)

    def solve(self, voltage: float, start: tuple[int, ...]) -> Balance:
        """Ground state at ``voltage`` (V)."""
        return balance_pressure(self.hull(voltage), self.surrounding, start)

    def stretches(self, low: float, high: float) -> list[Stretch[Balance]]:
        """All ground states from ``low`` to ``high`` (V), lowest voltage first; each as it is somewhere in between."""
        first = self._known(low, self.candidates.references)
        last = self._known(high, first.found.assemblages[0].basis)
        chain = [first, *self._between(first, last), last]
        begins, members = [low], [first]
        for before, after in pairwise(chain):
            if before.found.support != after.found.support:
                corner = 0.5 * (min(before.high, high) + max(after.low, low))
                begins.append(max(corner, begins[-1]))
                members.append(after)
        found = zip(begins, [*begins[1:], high], members, strict=True)
        return join_stretches([Stretch(begin, end, member.found) for begin, end, member in found], low, high)

    def _between(self, left: _Known, right: _Known) -> Iterator[_Known]:
        """Further solved voltages between two, until no gap is left, lowest first."""
        gap = right.low - left.high
        same = left.found.support == right.found.support
        trusted = np.inf if self.compression is None or len(left.found.shares) == 1 else WIDEST_STEP
        if gap <= SAME_VOLTAGE or (same and gap <= trusted):
            return
        middle = self._known(0.5 * (left.high + right.low), left.found.assemblages[0].basis)
        yield from self._between(left, middle)
        yield middle
        yield from self._between(middle, right)

    def _known(self, voltage: float, start: tuple[int, ...]) -> _Known:
        found = self.solve(voltage, start)
        if self.compression is not None and len(found.shares) == 2:
            return _Known(voltage, voltage, found)
        below, above = self._reach(voltage, found)
        return _Known(voltage - below, voltage + above, found)

    def _reach(self, voltage: float, found: Balance) -> tuple[float, float]:
        """How far (V) down and up the phases of ``found`` stay the ground state: the ratio test."""
        slope = self._pressure_slope(found)
        costs = self.hull(voltage).costs(found.pressure)
        rates = self.candidates.ion + GPA_ANGSTROM3_TO_EV * slope * self.candidates.volume
        present = sorted(frozenset().union(*found.support))
        below, above = 0.0, 0.0
        # a degenerate state has several bases, of which each may prove more than the others
        for basis in {found.basis, *(assemblage.basis for assemblage in found.assemblages)}:
            down, up = _certified(self.candidates, costs, rates, list(basis), present)
            below, above = max(below, down), max(above, up)
        if slope:
            at_rest = [self.surrounding.pressure(a.total(self.candidates.volume)) for a in found.assemblages]
            to_rest = sorted((p - found.pressure) / slope for p in at_rest)
            below, above = min(below, max(-to_rest[0], 0.0)), min(above, max(to_rest[1], 0.0))
        return below, above

    def _pressure_slope(self, found: Balance) -> float:
        """dp/dvoltage (GPa/V) of a coexisting rigid pair: ions taken up over volume gained; 0 for one assemblage."""
        if len(found.shares) == 1:
            return 0.0
        large, small = found.assemblages
        uptake = large.total(self.candidates.ion) - small.total(self.candidates.ion)
        growth = large.total(self.candidates.volume) - small.total(self.candidates.volume)
        return -uptake / (GPA_ANGSTROM3_TO_EV * growth)

    def at(self, found: Balance, voltage: float) -> Balance:
        """The same phases at another ``voltage`` (V) of their stretch."""
        if len(found.shares) == 1:
            return found
        large, small = found.assemblages
        hull = self.hull(voltage)
        low, high = sorted(self._pressures(hull, found))
        pressure = hull.crossing(large, small, low, high)
        return balance_pair(hull, self.surrounding, (large, small), pressure, found.basis)

    def _pressures(self, hull: PressureHull, found: Balance) -> list[float]:
        """Pressures (GPa) at which each of a pair would rest alone: they bound the pair's."""
        span = [self.surrounding.pressure(a.total(hull.volumes(0.0))) for a in found.assemblages]
        return [
            hull.rest(a, self.surrounding, min(0.0, p), max(0.0, p))
            for a, p in zip(found.assemblages, span, strict=True)
        ]


def _certified(
    candidates: Candidates, costs: FloatArray, rates: FloatArray, basis: list[int], present: list[int]
) -> tuple[float, float]:
    """How far (V) down and up the multipliers of ``basis`` prove the state optimal.

    Costs change at ``rates`` (eV/V). No phase may fall below the hull, and those that are ``present`` have to stay on
    it; (0, 0): they prove nothing.
    """
    inverse = inverse_of(candidates, basis)
    level = _reduced(candidates, costs, inverse, basis)
    rate = _reduced(candidates, rates, inverse, basis)
    if level.min() < -REDUCED_COST_TOLERANCE or np.abs(rate[present]).max() > LEVEL:
        return 0.0, 0.0
    level = np.maximum(level, 0.0)
    return _ratio(level, rate), _ratio(level, -rate)


def _reduced(candidates: Candidates, cost: FloatArray, inverse: FloatArray, basis: list[int]) -> FloatArray:
    """Reduced costs per closed atom, shape (P,)."""
    per_atom = cost / candidates.closed_atoms
    reduced = np.asarray(per_atom - (per_atom[basis] @ inverse) @ candidates.fractions)
    reduced[basis] = 0.0
    return reduced


def _ratio(level: FloatArray, rate: FloatArray) -> float:
    """How far (V) one can go until a reduced cost ``level`` that falls at ``rate`` reaches zero."""
    falling = rate > LEVEL
    return float((level[falling] / rate[falling]).min()) if falling.any() else np.inf
