r"""Ground states of the elastic functionals against K_eff, at one voltage.

At fixed voltage the pressure leaves zero as K rises and never turns back, because V(p) falls and the surrounding asks
for :math:`V = V_0 + p V_0/K`. So the ground state walks along the hull over pressure, assemblage by assemblage:

* A alone rests at p for :math:`K_A(p) = p V_0/(V_A(p) - V_0)`;
* where A and B cost the same, at :math:`p_{AB}`, they coexist for K between :math:`K_A(p_{AB})` and
  :math:`K_B(p_{AB})`; for ever, if B lies beyond :math:`V_0`.

Every critical K_eff is one of these numbers. An inclusion decomposes as a whole or not at all. Its energy

.. math:: \Delta G(K) = \Phi(p) - p V_0 - \frac{p^2 V_0}{2K} - g_\mathrm{electrolyte}

rises with K, so it has one zero, above which the grain stays whole: :math:`K_c = p^2 V_0 / 2(\Phi(p) - p V_0 - g)`
where two assemblages coexist, and a root in p where one rests alone. Compressible phases only turn ratios into roots.
"""

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from selflimit.errors import ConvergenceError
from selflimit.phase_diagrams.chemical_system import Electrolyte
from selflimit.phase_diagrams.functionals.over_voltage import ElasticVoltages
from selflimit.phase_diagrams.functionals.pressure_balance import (
    SAME_PRESSURE,
    PressureHull,
    Surrounding,
    balance_pressure,
    same_energy,
)
from selflimit.phase_diagrams.linear_programme import SMALLEST_AMOUNT, Assemblage, support_of
from selflimit.phase_diagrams.stretches import Stretch, join_stretches
from selflimit.units import GPA_ANGSTROM3_TO_EV

SAME_CROSSING = 1e-12
"""Crossings in the pressure are found to this (GPa)."""
ROUND_OFF = 1e-14
"""Energies of assemblages that differ by less than this, relative to themselves, are the same."""
NEWTON_LIMIT = 60
"""Newton steps to a crossing; the functions are smooth and nearly straight, so some 3 are usual."""

Filling = tuple[Assemblage, ...]
"""What fills the hole: one assemblage; two that coexist, the larger first; none: the grain stays whole."""


@dataclass(frozen=True)
class PressureWalk:
    """The assemblages that follow each other as K rises from zero, and the pressures (GPa) where they do."""

    assemblages: tuple[Assemblage, ...]
    pressures: tuple[float, ...]
    """One less than the assemblages."""
    sign: float
    """+1: products press; -1: they pull; 0: no pressure at any K."""


@dataclass(frozen=True)
class ElasticModuli:
    """Ground states of one electrolyte at one voltage against the stiffness of its surrounding."""

    states: ElasticVoltages
    """Of a surrounding whose modulus is not used."""
    electrolyte: Electrolyte
    stays_whole: bool
    """The inclusion functional: the grain is left as it is where decomposition gains nothing."""

    def walk(self, voltage: float, stiffest: float) -> PressureWalk:
        """Assemblages between K = 0 and ``stiffest`` (GPa) at ``voltage`` (V)."""
        at = self._at(voltage)
        found = balance_pressure(at.hull, at.surrounding(stiffest), self.states.candidates.references)
        free = at.hull.solve(0.0, found.basis)
        resting = abs(found.pressure) < SAME_PRESSURE
        if resting and len(found.assemblages) == 1:
            return PressureWalk((free,), (), 0.0)
        sign = math.copysign(1.0, at.growth(found.assemblages[0] if resting else free, 0.0))
        ends = found.assemblages if sign > 0 else found.assemblages[::-1]
        first = ends[0] if resting else free
        corners = _corners(at.hull, first, ends[-1], 0.0, found.pressure)
        return PressureWalk((first, *(a for _, a in corners)), tuple(p for p, _ in corners), sign)

    def stretches(self, voltage: float, walk: PressureWalk, low: float, high: float) -> list[Stretch[Filling]]:
        """Return what ``walk`` says between two moduli, softest first.

        Parameters
        ----------
        voltage
            V vs the working ion's metal.
        walk
            Ground states by pressure at that voltage.
        low, high
            The two moduli (GPa).
        """
        return join_stretches(self.ordered(voltage, walk, low, high), low, high)

    def ordered(self, voltage: float, walk: PressureWalk, low: float, high: float) -> list[Stretch[Filling]]:
        """Return the same with what is too narrow to keep, or empty.

        Parameters
        ----------
        voltage, walk, low, high
            As :meth:`stretches`.
        """
        ends = self._ends(self._at(voltage), walk, high)
        begins = [0.0, *(end for end, _ in ends)]
        return [
            Stretch(min(max(begin, low), high), max(min(end, high), low), filling)
            for begin, (end, filling) in zip(begins, ends, strict=False)
        ]

    def _at(self, voltage: float) -> "_Column":
        own = self.electrolyte.energy + voltage * self.electrolyte.ion
        return _Column(self.states.hull(voltage), self.electrolyte, own)

    def _ends(self, at: "_Column", walk: PressureWalk, high: float) -> list[tuple[float, Filling]]:
        """Upper end (GPa) of each ground state of ``walk``, in order, up to ``high``."""
        found: list[tuple[float, Filling]] = []
        begin = 0.0
        for index, alone in enumerate(walk.assemblages):
            last = index == len(walk.pressures)
            if last:
                end = at.rest(alone, high)
            else:
                end = at.crossing(alone, walk.assemblages[index + 1], walk.pressures[index])
            if self.stays_whole and at.gain(alone, end) >= 0:
                return [*found, (at.limit(alone, begin, end), (alone,)), (math.inf, ())]
            found.append((math.inf if last else at.modulus(alone, end, walk.sign), (alone,)))
            if last:
                break
            small = walk.assemblages[index + 1]
            pair = (alone, small) if walk.sign > 0 else (small, alone)
            limit, begin = at.modulus(small, end, walk.sign), end
            if self.stays_whole and (whole := at.limit_of_pair(alone, end)) <= limit:
                return [*found, (max(whole, found[-1][0]), pair), (math.inf, ())]
            found.append((limit, pair))
        return found


@dataclass(frozen=True)
class _Column:
    """One voltage."""

    hull: PressureHull
    electrolyte: Electrolyte
    own: float
    """Grand potential of the electrolyte (eV/fu)."""

    def surrounding(self, modulus: float) -> Surrounding:
        """The surrounding with a ``modulus`` (GPa)."""
        own, pulls = self.electrolyte, not self.hull.candidates.counts_expelled
        return Surrounding(modulus, own.volume, own.counted_volume, pulls)

    def growth(self, assemblage: Assemblage, pressure: float) -> float:
        """V - V0 (Angstrom^3/fu) at ``pressure`` (GPa)."""
        return assemblage.total(self.hull.volumes(pressure)) - self.electrolyte.counted_volume

    def modulus(self, assemblage: Assemblage, pressure: float, sign: float) -> float:
        """Return K (GPa) at which an assemblage alone rests at a pressure; infinite: it lies beyond V0.

        Parameters
        ----------
        assemblage
            The assemblage.
        pressure
            Its pressure (GPa).
        sign
            +1 where the products grow, -1 where they shrink.
        """
        growth = self.growth(assemblage, pressure)
        return pressure * self.electrolyte.volume / growth if sign * growth > SMALLEST_AMOUNT else math.inf

    def rest(self, assemblage: Assemblage, modulus: float) -> float:
        """Pressure (GPa) of an assemblage alone in a surrounding of ``modulus`` (GPa)."""
        around = self.surrounding(modulus)
        push = around.pressure(assemblage.total(self.hull.volumes(0.0)))
        return self.hull.rest(assemblage, around, min(0.0, push), max(0.0, push))

    def crossing(self, first: Assemblage, second: Assemblage, near: float) -> float:
        """Find the pressure (GPa) at which two assemblages cost the same, by Newton's method.

        Parameters
        ----------
        first, second
            The assemblages.
        near
            Pressure to begin from (GPa).
        """
        pressure = near
        for _ in range(NEWTON_LIMIT):
            volumes = self.hull.volumes(pressure)
            change = GPA_ANGSTROM3_TO_EV * (first.total(volumes) - second.total(volumes))
            energy = self.hull.energy(first, pressure)
            difference = energy - self.hull.energy(second, pressure)
            pressure -= difference / change
            # of nearly equal volumes the round-off of the energies is a larger step than the tolerance
            if abs(difference) < max(SAME_CROSSING * abs(change), ROUND_OFF * abs(energy)):
                return pressure
        raise ConvergenceError(f"no pressure near {near:.6g} GPa at which two assemblages cost the same")

    def drive(self, assemblage: Assemblage, pressure: float) -> float:
        """Phi(p) - p V0 - g of the electrolyte (GPa Angstrom^3/fu)."""
        chemical = (self.hull.energy(assemblage, pressure) - self.own) / GPA_ANGSTROM3_TO_EV
        return chemical - pressure * self.electrolyte.counted_volume

    def gain(self, alone: Assemblage, pressure: float) -> float:
        """Reaction energy (GPa Angstrom^3/fu) of an assemblage that rests at ``pressure`` (GPa)."""
        return self.drive(alone, pressure) - 0.5 * pressure * self.growth(alone, pressure)

    def limit(self, alone: Assemblage, begin: float, end: float) -> float:
        """Find K (GPa) above which an assemblage gains nothing.

        Parameters
        ----------
        alone
            The assemblage.
        begin, end
            Pressures (GPa) between which it rests; at ``end`` it gains nothing.
        """
        if self.gain(alone, begin) >= 0:
            pressure = begin
        else:
            pressure = float(brentq(lambda p: self.gain(alone, p), begin, end, xtol=1e-15, rtol=1e-14))
        return pressure * self.electrolyte.volume / self.growth(alone, pressure) if pressure else 0.0

    def limit_of_pair(self, member: Assemblage, pressure: float) -> float:
        """K (GPa) above which a pair at ``pressure`` (GPa) gains nothing; infinite: it gains at every K."""
        drive = self.drive(member, pressure)
        return 0.5 * pressure**2 * self.electrolyte.volume / drive if drive > 0 else math.inf


def _corners(
    hull: PressureHull, first: Assemblage, last: Assemblage, begin: float, end: float
) -> list[tuple[float, Assemblage]]:
    """Corners of the hull between two ground states: (pressure in GPa, assemblage that follows), in order."""
    change = first.total(hull.volumes(begin)) - last.total(hull.volumes(begin))
    if support_of((first,)) == support_of((last,)) or abs(change) < SMALLEST_AMOUNT:
        return []
    low, high = sorted((begin, end))
    pressure = min(max(hull.crossing(first, last, low, high), low), high)
    middle = hull.solve(pressure, first.basis)
    if same_energy(hull, middle, first, pressure):
        return [(pressure, last)]
    return _corners(hull, first, middle, begin, pressure) + _corners(hull, middle, last, pressure, end)
