r"""Ground-state assemblages: the linear programme of a phase diagram, solved exactly, and its parametric form.

Amounts :math:`n_j \ge 0` of competing phases make up a fixed demand of the closed elements,
:math:`\sum_j a_{ij} n_j = b_i`, at the lowest cost :math:`\sum_j c_j n_j`. A vertex holds as many phases as there are
closed elements (Gibbs' phase rule), so the primal simplex method walks over small square systems. The elemental
references always make a feasible start. Costs are rows of a matrix, compared lexicographically: the first row is the
energy, the others settle ties by a stated physical rule. Bland's rule (Math. Oper. Res. 2, 103 (1977),
doi:10.1287/moor.2.2.103) excludes cycling.

When the costs are linear in one parameter t, the minimum is concave and piecewise linear in t. Its corners follow
exactly from intersecting the lines of the assemblages known so far, as in Eisner and Severance (J. ACM 23, 619 (1976),
doi:10.1145/321978.321982): no grid in t.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selflimit.errors import ConvergenceError
from selflimit.phase_diagrams.phases import Phase

FloatArray = NDArray[np.float64]

REDUCED_COST_TOLERANCE = 1e-11
"""A phase below the hull by less than this (eV per closed atom) counts as on it: 1e3 times the round-off of a solve."""
CORNER_TOLERANCE = 1e-10
"""Assemblages within this energy (eV per electrolyte fu) at a corner meet there."""
NARROWEST_SEGMENT = 1e-9
"""Segments narrower than this in the parameter (V or GPa) are corners where several lines meet."""
SMALLEST_AMOUNT = 1e-9
"""Amounts below this (fu per electrolyte fu) are zero."""
NO_ELECTROLYTE = -1
"""In place of the index of the electrolyte's phase: it has none."""
PIVOT_LIMIT = 20_000
"""Simplex pivots before giving up; a 300-phase quaternary needs some tens."""


@dataclass(frozen=True)
class Candidates:
    """Phases that can form from one electrolyte, as arrays over phases (shape (P,)) and closed elements (C)."""

    phases: tuple[Phase, ...]
    """The phases, P of them, in stable order."""
    balance: FloatArray
    """Atoms of closed element i per fu of phase j, shape (C, P)."""
    demand: FloatArray
    """Atoms of closed element i per fu of the electrolyte, shape (C,)."""
    energy: FloatArray
    """Formation energy from the elemental references (eV/fu), shape (P,)."""
    ion: FloatArray
    """Working ions per fu, shape (P,)."""
    volume: FloatArray
    """Zero-pressure volume (Angstrom^3/fu), shape (P,)."""
    electrolyte: int
    """Index of the electrolyte's own phase; ``NO_ELECTROLYTE`` where it has no entry and only its elements count."""
    references: tuple[int, ...]
    """Indices of the closed elements' reference phases: the feasible start."""


@dataclass(frozen=True)
class Assemblage:
    """A vertex: which phases, how much of each."""

    basis: tuple[int, ...]
    """Indices of the basic phases, shape (C,); some amounts may be zero."""
    amounts: FloatArray
    """Amounts of the basic phases (fu per electrolyte fu), shape (C,)."""

    def total(self, per_phase: FloatArray) -> float:
        """Sum of ``amount * per_phase`` over the assemblage; ``per_phase`` has shape (P,)."""
        return float(self.amounts @ per_phase[list(self.basis)])

    def present(self) -> list[tuple[int, float]]:
        """Phases that are really there, as (index, amount)."""
        pairs = zip(self.basis, self.amounts, strict=True)
        return [(j, float(n)) for j, n in pairs if n > SMALLEST_AMOUNT]


@dataclass(frozen=True)
class Stretch:
    """One assemblage and the range of the parameter in which it is the ground state."""

    low: float
    high: float
    assemblage: Assemblage


def _assemblage(candidates: Candidates, basis: tuple[int, ...]) -> Assemblage:
    amounts = np.linalg.solve(candidates.balance[:, list(basis)], candidates.demand)
    return Assemblage(basis, np.where(np.abs(amounts) < SMALLEST_AMOUNT, 0.0, amounts))


def _lexicographically_negative(reduced: FloatArray) -> NDArray[np.bool_]:
    """Which columns of the reduced costs, shape (R, P), have a negative first non-zero row; shape (P,)."""
    negative = reduced < -REDUCED_COST_TOLERANCE
    undecided = np.abs(reduced) <= REDUCED_COST_TOLERANCE
    reached = np.vstack([np.ones_like(undecided[:1]), np.logical_and.accumulate(undecided, axis=0)[:-1]])
    found: NDArray[np.bool_] = np.any(negative & reached, axis=0)
    return found


def _entering(candidates: Candidates, costs: FloatArray, basis: tuple[int, ...]) -> int | None:
    """First phase below the hull that the basis spans (Bland), or None if the basis is optimal."""
    columns = list(basis)
    potentials = np.linalg.solve(candidates.balance[:, columns].T, costs[:, columns].T)
    reduced = (costs - potentials.T @ candidates.balance) / candidates.balance.sum(axis=0)
    reduced[:, columns] = 0.0
    below = np.flatnonzero(_lexicographically_negative(reduced))
    return int(below[0]) if below.size else None


def _pivot(candidates: Candidates, basis: tuple[int, ...], entering: int) -> tuple[int, ...]:
    """Exchange the phase that runs out first when ``entering`` grows; ties leave by lowest index (Bland)."""
    matrix = candidates.balance[:, list(basis)]
    amounts, direction = np.linalg.solve(
        matrix, np.column_stack([candidates.demand, candidates.balance[:, entering]])
    ).T
    shrinking = np.flatnonzero(direction > 1e-10)  # entries are ratios of small integers: far from 0 or round-off
    ratios = np.maximum(amounts[shrinking], 0.0) / direction[shrinking]
    first_out = shrinking[ratios <= ratios.min() + 1e-12]
    leaving = min(first_out, key=lambda row: basis[row])
    return tuple(entering if row == leaving else phase for row, phase in enumerate(basis))


def ground_state(candidates: Candidates, costs: FloatArray, start: tuple[int, ...]) -> Assemblage:
    """Assemblage of lowest cost.

    Parameters
    ----------
    candidates
        Phases and demand.
    costs
        Costs per fu, shape (R, P): row 0 the energy (eV), further rows settle ties in order.
    start
        A feasible basis, e.g. ``candidates.references`` or a neighbouring optimum.

    Raises
    ------
    ConvergenceError
        The simplex method did not end; the entries are numerically degenerate.
    """
    basis = start
    for _ in range(PIVOT_LIMIT):
        entering = _entering(candidates, costs, basis)
        if entering is None:
            return _assemblage(candidates, basis)
        basis = _pivot(candidates, basis, entering)
    raise ConvergenceError(
        f"no ground state after {PIVOT_LIMIT} pivots over {len(candidates.phases)} phases; "
        "look for entries with nearly equal compositions and remove them"
    )


def tie_rule(candidates: Candidates) -> FloatArray:
    """Costs that settle exact ties: the electrolyte before others, small volume, then stable order; shape (3, P)."""
    own = np.zeros(len(candidates.phases))
    if candidates.electrolyte != NO_ELECTROLYTE:
        own[candidates.electrolyte] = -1.0
    rank = np.arange(len(candidates.phases), dtype=float)
    return np.vstack([own, candidates.volume, rank])


@dataclass(frozen=True)
class Parametric:
    """Costs linear in one parameter t: ``base + t * rate`` (eV/fu), each of shape (P,)."""

    candidates: Candidates
    base: FloatArray
    rate: FloatArray

    def solve(self, t: float, start: tuple[int, ...], side: int = 1) -> Assemblage:
        """Ground state at t, on the side of higher (+1) or lower (-1) t where two assemblages meet."""
        costs = np.vstack([self.base + t * self.rate, side * self.rate, tie_rule(self.candidates)])
        return ground_state(self.candidates, costs, start)

    def cost(self, assemblage: Assemblage, t: float) -> float:
        """Energy of an assemblage at t (eV per electrolyte fu)."""
        return assemblage.total(self.base) + t * assemblage.total(self.rate)

    def corners(self, left: Assemblage, right: Assemblage) -> list[tuple[float, Assemblage]]:
        """Corners between two known ground states: (t, assemblage that begins there), lowest t first."""
        slope = left.total(self.rate) - right.total(self.rate)
        if abs(slope) < SMALLEST_AMOUNT:
            return []
        t = (right.total(self.base) - left.total(self.base)) / slope
        middle = self.solve(t, left.basis)
        if self.cost(left, t) - self.cost(middle, t) <= CORNER_TOLERANCE:
            return [(t, right)]
        return self.corners(left, middle) + self.corners(middle, right)

    def stretches(self, low: float, high: float) -> list[Stretch]:
        """All ground states from ``low`` to ``high``, with exact corners."""
        left = self.solve(low, self.candidates.references, side=1)
        right = self.solve(high, left.basis, side=-1)
        corners = self.corners(left, right)
        begins = [low, *(min(max(t, low), high) for t, _ in corners)]
        ends = [*begins[1:], high]
        found = zip(begins, ends, [left, *(a for _, a in corners)], strict=True)
        return [Stretch(b, e, a) for b, e, a in found if e - b > NARROWEST_SEGMENT]
