r"""Decomposition in a closed elastic surrounding: one self-consistent pressure.

The electrolyte (volume :math:`V_0` per formula unit) fills a hole in a surrounding of stiffness K. Products of another
volume V store the energy :math:`W = K (V - V_0)^2 / 2 V_0`, and the amounts follow from a convex quadratic programme,

.. math:: \min_{n \ge 0} \sum_j n_j g_j + \frac{K}{2 V_0} \Big(\sum_j n_j v_j - V_0\Big)^2
   \quad\text{with the closed elements conserved.}

Its Hessian has rank one, so its dual has one variable, the pressure p:

.. math:: \max_p \Big[\Phi(p) - p V_0 - \frac{p^2 V_0}{2 K}\Big],
   \qquad \Phi(p) = \min_{n \ge 0} \sum_j n_j (g_j + p v_j).

:math:`\Phi` is the grand-potential hull at pressure p, concave with slope V(p), so the maximum is where
:math:`p = K (V(p) - V_0)/V_0`. V(p) falls in steps. Either the straight line meets a tread, and one assemblage fills
the hole at its own pressure; or it meets a riser, and the two assemblages of that corner coexist, in the ratio (lever
rule) that gives the volume. Two assemblages known on both sides of the maximum bound it; the better of their crossing
and their own pressures is tried, and either it is the answer or the hull there shows a new assemblage: finite and
exact. Negative pressures are tensions: the functional assumes that shrinking products stay bonded to the surrounding.
Where expelled ions have a volume there are none: their metal is one more column of the programme, with an amount from
zero on and no cost, so it fills what shrinking products leave, and :math:`\\max_p` is over :math:`p \\ge 0`.

With compressible phases (:mod:`~selflimit.phase_diagrams.functionals.compressibility`) :math:`p v_j` becomes the
enthalpy's :math:`\int_0^p v_j\,dp`, which is concave too, and the same search runs with roots in place of ratios.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.phase_diagrams.functionals.compressibility import Compression
from selflimit.phase_diagrams.linear_programme import Assemblage, Candidates, ground_state, support_of
from selflimit.units import GPA_ANGSTROM3_TO_EV

SAME_ENERGY = 1e-12
"""Assemblages within this energy, relative to theirs (at least 1 eV per electrolyte fu), are the same ground state."""
SAME_PRESSURE = 1e-14
"""Roots in the pressure are found to this (GPa)."""
SEARCH_LIMIT = 500
"""Assemblages tried before giving up; some 3 are usual."""


@dataclass(frozen=True)
class Surrounding:
    """The elastic surrounding of one formula unit of electrolyte."""

    modulus: float
    """K (GPa)."""
    volume: float
    """V0 (Angstrom^3/fu)."""
    counted_volume: float
    """The electrolyte's volume as it counts among the products' (Angstrom^3/fu); V0 unless reservoir ions count."""
    pulls: bool = True
    """Whether products that shrink pull at it; else they leave a void."""

    def growth(self, volume: float) -> float:
        """The part of V - V0 (Angstrom^3/fu) that strains the surrounding, for products with the counted ``volume``."""
        change = volume - self.counted_volume
        return change if self.pulls else max(change, 0.0)

    def pressure(self, volume: float) -> float:
        """The pressure p = K (V - V0)/V0 (GPa) of products with the counted ``volume`` (Angstrom^3/fu).

        >>> Surrounding(modulus=15.0, volume=200.0, counted_volume=200.0).pressure(210.0)
        0.75
        """
        return self.modulus * self.growth(volume) / self.volume

    def work(self, volume: float) -> float:
        """W = K (V - V0)^2 / 2 V0 (eV/fu)."""
        growth = self.growth(volume)
        return 0.5 * self.modulus * GPA_ANGSTROM3_TO_EV * growth**2 / self.volume


@dataclass(frozen=True)
class PressureHull:
    """The grand-potential hull of one electrolyte as a function of pressure, at one voltage."""

    candidates: Candidates
    grand: FloatArray
    """Grand potentials g_j at zero pressure (eV/fu), shape (P,)."""
    compression: Compression | None
    """Compressibility; None: rigid phases."""

    def costs(self, pressure: float) -> FloatArray:
        """g_j + integral of v_j dp (eV/fu), shape (P,); ``pressure`` in GPa."""
        rigid = self.compression is None
        rise = self.candidates.volume * pressure if rigid else self.compression.enthalpies(pressure)  # type: ignore[union-attr]
        return np.asarray(self.grand + GPA_ANGSTROM3_TO_EV * rise)

    def volumes(self, pressure: float) -> FloatArray:
        """v_j(p) (Angstrom^3/fu), shape (P,)."""
        return self.candidates.volume if self.compression is None else self.compression.volumes(pressure)

    def solve(self, pressure: float, start: tuple[int, ...]) -> Assemblage:
        """Ground state at ``pressure`` (GPa); where assemblages tie, the one with fewer ions, then by the tie rule."""
        rows = [self.costs(pressure), self.candidates.ion, *self.candidates.ties]
        return ground_state(self.candidates, rows, start)

    def energy(self, assemblage: Assemblage, pressure: float) -> float:
        """Cost of an assemblage at ``pressure`` (eV per electrolyte fu)."""
        return assemblage.total(self.costs(pressure))

    def crossing(self, left: Assemblage, right: Assemblage, low: float, high: float) -> float:
        """Find the pressure (GPa) at which two assemblages cost the same.

        Parameters
        ----------
        left, right
            The assemblages.
        low, high
            Pressures that enclose it (GPa).
        """
        if self.compression is None:
            shrinkage = left.total(self.candidates.volume) - right.total(self.candidates.volume)
            return (right.total(self.grand) - left.total(self.grand)) / (GPA_ANGSTROM3_TO_EV * shrinkage)
        return _root(lambda p: self.energy(left, p) - self.energy(right, p), low, high)

    def rest(self, assemblage: Assemblage, surrounding: Surrounding, low: float, high: float) -> float:
        """Pressure (GPa) at which one assemblage alone is in balance with the surrounding.

        Parameters
        ----------
        assemblage
            What rests.
        surrounding
            What it swells against.
        low, high
            Pressures that enclose the balance (GPa).
        """
        if self.compression is None:
            return surrounding.pressure(assemblage.total(self.candidates.volume))
        return _root(lambda p: surrounding.pressure(assemblage.total(self.volumes(p))) - p, low, high)


@dataclass(frozen=True)
class Balance:
    """What fills the hole: one assemblage, or two that coexist."""

    pressure: float
    """p (GPa)."""
    assemblages: tuple[Assemblage, ...]
    """One; or two, the one of larger volume first."""
    shares: tuple[float, ...]
    """Share of the electrolyte that each takes, summing to 1."""
    basis: tuple[int, ...]
    """Optimal basis of the hull at this pressure, whose multipliers prove the state optimal."""

    @property
    def support(self) -> tuple[frozenset[int], ...]:
        """Phases that are there, assemblage by assemblage."""
        return support_of(self.assemblages)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    at_low, at_high = function(low), function(high)
    if at_low * at_high >= 0:  # the root is at an end, to round-off
        return low if abs(at_low) <= abs(at_high) else high
    return float(brentq(function, low, high, xtol=SAME_PRESSURE, rtol=1e-14))


def balance_pair(
    hull: PressureHull, surrounding: Surrounding, pair: tuple[Assemblage, ...], pressure: float, basis: tuple[int, ...]
) -> Balance:
    """Balance two assemblages at the pressure where they cost the same, by the lever rule.

    Parameters
    ----------
    hull
        Energies and volumes of the phases under pressure.
    surrounding
        What the products swell against.
    pair
        The assemblages, the larger one first.
    pressure
        Where they cost the same (GPa).
    basis
        Optimal basis of the hull at this pressure.
    """
    large, small = (assemblage.total(hull.volumes(pressure)) for assemblage in pair)
    asked = surrounding.counted_volume + pressure * surrounding.volume / surrounding.modulus
    share = min(max((asked - small) / (large - small), 0.0), 1.0)
    return Balance(pressure, pair, (share, 1.0 - share), basis)


def balance_pressure(hull: PressureHull, surrounding: Surrounding, start: tuple[int, ...]) -> Balance:
    """Ground state in the elastic surrounding.

    Parameters
    ----------
    hull
        The phases and their grand potentials at one voltage.
    surrounding
        Stiffness and volume of the hole.
    start
        A feasible basis.

    Raises
    ------
    ConvergenceError
        The search did not end; the entries are numerically degenerate.
    InputError
        Compressible phases under a tension that none of them bears.
    """
    first = hull.solve(0.0, start)
    push = surrounding.pressure(first.total(hull.volumes(0.0)))
    if abs(push) < SAME_PRESSURE:
        return Balance(0.0, (first,), (1.0,), first.basis)
    # phases yield under pressure, so the balance lies between none and what the uncompressed ones exert
    own = hull.rest(first, surrounding, min(0.0, push), max(0.0, push))
    far = hull.solve(own, first.basis)
    if same_energy(hull, far, first, own):
        return Balance(own, (first,), (1.0,), far.basis)
    ends = ((0.0, first), (own, far)) if own > 0 else ((own, far), (0.0, first))
    return _between(hull, surrounding, *ends)


def _between(
    hull: PressureHull, surrounding: Surrounding, left: tuple[float, Assemblage], right: tuple[float, Assemblage]
) -> Balance:
    """The maximum of the dual between two ground states that bound it, each with the pressure it was found at."""
    for _ in range(SEARCH_LIMIT):
        (low, large), (high, small) = left, right
        crossing = hull.crossing(large, small, low, high)
        own_large = hull.rest(large, surrounding, low, high)
        own_small = hull.rest(small, surrounding, low, high)
        if own_large <= crossing:
            pressure, known = own_large, large
        elif own_small >= crossing:
            pressure, known = own_small, small
        else:
            pressure, known = crossing, large
        found = hull.solve(pressure, known.basis)
        if same_energy(hull, found, known, pressure):
            if pressure == crossing:
                return balance_pair(hull, surrounding, (large, small), pressure, found.basis)
            return Balance(pressure, (known,), (1.0,), found.basis)
        if surrounding.pressure(found.total(hull.volumes(pressure))) > pressure:
            left = (pressure, found)
        else:
            right = (pressure, found)
    raise ConvergenceError(
        f"no balanced pressure after {SEARCH_LIMIT} assemblages of {len(hull.candidates.phases)} phases; "
        "look for entries with nearly equal compositions and remove them"
    )


def same_energy(hull: PressureHull, found: Assemblage, known: Assemblage, pressure: float) -> bool:
    """Tell whether one assemblage costs no more than another, to ``SAME_ENERGY``.

    Parameters
    ----------
    hull
        Energies of the phases under pressure.
    found, known
        The one of lowest energy, and the one that is compared.
    pressure
        Where both are (GPa).
    """
    energy = hull.energy(known, pressure)
    return energy - hull.energy(found, pressure) <= SAME_ENERGY * max(1.0, abs(energy))
