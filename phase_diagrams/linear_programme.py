r"""Ground-state assemblages: the linear programme of a phase diagram, solved exactly, and its parametric form.

Amounts :math:`n_j \ge 0` of competing phases make up a fixed demand of the closed elements,
:math:`\sum_j a_{ij} n_j = b_i`, at the lowest cost :math:`\sum_j c_j n_j`. A vertex holds as many phases as there are
closed elements (Gibbs' phase rule), so the primal simplex method walks over small square systems. The elemental
references always make a feasible start. The phase that lies deepest below the hull per closed atom enters; where steps
have length zero, Bland's rule (Math. Oper. Res. 2, 103 (1977), doi:10.1287/moor.2.2.103) takes over, which excludes
cycling. Costs are rows compared lexicographically: the first is the energy, the others settle ties by a stated physical
rule, each among the phases that lie on the hull of the row before.

When the costs are linear in one parameter t, the minimum is concave and piecewise linear in t. Its corners follow
exactly from intersecting the lines of the assemblages known so far, as in Eisner and Severance (J. ACM 23, 619 (1976),
doi:10.1145/321978.321982): no grid in t.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError, InputError
from selflimit.phase_diagrams.phases import Phase
from selflimit.phase_diagrams.stretches import Stretch, join_stretches

REDUCED_COST_TOLERANCE = 1e-11
"""A phase below the hull by less than this (eV per closed atom) counts as on it: 1e3 times the round-off of a solve."""
CORNER_TOLERANCE = 1e-10
"""Assemblages within this energy (eV per electrolyte fu) at a corner meet there."""
SMALLEST_AMOUNT = 1e-9
"""Amounts below this (fu per electrolyte fu) are zero."""
NO_ELECTROLYTE = -1
"""In place of the index of the electrolyte's phase: it has none, or it does not compete."""
PIVOT_LIMIT = 20_000
"""Simplex pivots before giving up; a 900-phase quaternary needs some tens."""
DEGENERATE_PIVOTS = 20
"""Pivots of length zero in a row before Bland's rule takes over."""


@dataclass(frozen=True)
class Candidates:
    """What can form from one electrolyte, as arrays over the P columns of the linear programme and C conserved amounts.

    A column is a phase. Where expelled ions have a volume (:meth:`counting_expelled`), two columns follow the phases.
    """

    phases: tuple[Phase, ...]
    """The phases, in stable order."""
    balance: FloatArray
    """Atoms of closed element i per fu of phase j, shape (C, P)."""
    demand: FloatArray
    """Atoms of closed element i per fu of the electrolyte, shape (C,)."""
    energy: FloatArray
    """Formation energy from the elemental references (eV/fu), shape (P,)."""
    ion: FloatArray
    """Charge of the working ions (e/fu), shape (P,)."""
    volume: FloatArray
    """Zero-pressure volume that counts in the mechanical work (Angstrom^3/fu), shape (P,)."""
    electrolyte: int
    """Index of the electrolyte's own phase; ``NO_ELECTROLYTE`` where it has none or is excluded."""
    references: tuple[int, ...]
    """Indices of the closed elements' reference phases: the feasible start."""

    def without(self, formula: str) -> "Candidates":
        """The phases that do not have the reduced ``formula``.

        Raises
        ------
        InputError
            It is that of an element: nothing else could take up its atoms.
        """
        if any(self.phases[j].formula == formula for j in self.references if self.is_phase(j)):
            raise InputError(f"{formula} is an element, which cannot be left out of its own products; give a compound")
        phases = [index for index, phase in enumerate(self.phases) if phase.formula != formula]
        kept = [*phases, *range(len(self.phases), len(self.volume))]
        return Candidates(
            phases=tuple(self.phases[j] for j in phases),
            balance=self.balance[:, kept],
            demand=self.demand,
            energy=self.energy[kept],
            ion=self.ion[kept],
            volume=self.volume[kept],
            electrolyte=NO_ELECTROLYTE,
            references=tuple(kept.index(j) for j in self.references),
        )

    def counting_expelled(self, ions: float, volume: float) -> "Candidates":
        r"""The same with one more conserved amount, the working ions, so that those expelled take their volume.

        With :math:`a_0` ions in the electrolyte the row :math:`\sum_j a_j n_j + m - u = a_0` has two columns:
        the metal of the expelled ions, :math:`m \ge 0`, and what the reservoir brings, :math:`u \ge 0`. Both cost
        nothing against the reservoir; the metal has a volume, so that one of them is zero wherever volume has a price.

        Parameters
        ----------
        ions
            Charge of the working ions of the electrolyte (e/fu), as ``ion`` counts those of the phases.
        volume
            Volume of expelled ions (Angstrom^3/e).
        """
        closed, nothing = np.zeros((len(self.demand), 2)), np.zeros(2)
        return replace(
            self,
            balance=np.block([[self.balance, closed], [self.ion[None], np.array([[1.0, -1.0]])]]),
            demand=np.append(self.demand, ions),
            energy=np.append(self.energy, nothing),
            ion=np.append(self.ion, nothing),
            volume=np.append(self.volume, [volume, 0.0]),
            # without the reservoir's ions, elements and the metal of all ions are what is surely there
            references=(*self.references, len(self.phases)),
        )

    @property
    def counts_expelled(self) -> bool:
        """Whether expelled ions have a volume here."""
        return len(self.volume) > len(self.phases)

    def is_phase(self, column: int) -> bool:
        """Whether a column is a phase, not exchanged ions."""
        return column < len(self.phases)

    @cached_property
    def closed_atoms(self) -> FloatArray:
        """Atoms of conserved elements per fu, shape (P,): costs are compared per atom."""
        return np.asarray(np.abs(self.balance).sum(axis=0))

    @cached_property
    def fractions(self) -> FloatArray:
        """The balance per closed atom, shape (C, P): columns of equal size for the simplex method."""
        return np.asarray(self.balance / self.closed_atoms)

    @cached_property
    def ties(self) -> FloatArray:
        """Costs that settle exact ties: the electrolyte before others, small volume, then stable order; (3, P)."""
        own = np.zeros(len(self.volume))
        if self.electrolyte != NO_ELECTROLYTE:
            own[self.electrolyte] = -1.0
        return np.vstack([own, self.volume, np.arange(len(self.volume), dtype=float)])


@dataclass(frozen=True)
class Assemblage:
    """A vertex: which phases, how much of each."""

    basis: tuple[int, ...]
    """Indices of the basic columns, shape (C,); some amounts may be zero."""
    amounts: FloatArray
    """Amounts of the basic columns (fu per electrolyte fu), shape (C,)."""

    def total(self, per_phase: FloatArray) -> float:
        """Sum of ``amount * per_phase`` over the assemblage; ``per_phase`` has shape (P,)."""
        return float(self.amounts @ per_phase[list(self.basis)])

    def present(self) -> list[tuple[int, float]]:
        """Columns that are really there, as (index, amount)."""
        pairs = zip(self.basis, self.amounts, strict=True)
        return [(j, float(n)) for j, n in pairs if n > SMALLEST_AMOUNT]


def support_of(assemblages: Sequence[Assemblage]) -> tuple[frozenset[int], ...]:
    """The phases that are there, as indices, assemblage by assemblage.

    >>> support_of([Assemblage((3, 7), np.array([6.0, 0.0])), Assemblage((1, 3), np.array([1.0, 2.0]))])
    (frozenset({3}), frozenset({1, 3}))
    """
    return tuple(frozenset(j for j, _ in assemblage.present()) for assemblage in assemblages)


def inverse_of(candidates: Candidates, basis: Sequence[int]) -> FloatArray:
    """Inverse of the basic columns per closed atom, shape (C, C)."""
    return np.asarray(np.linalg.inv(candidates.fractions[:, list(basis)]), dtype=np.float64)


def _minimise(candidates: Candidates, cost: FloatArray, start: Sequence[int]) -> tuple[list[int], FloatArray]:
    """Optimal basis and reduced costs for ``cost`` per closed atom, shape (P,); infinite cost bars a phase."""
    basis, standstill = list(start), 0
    for _ in range(PIVOT_LIMIT):
        inverse = inverse_of(candidates, basis)
        reduced = cost - (cost[basis] @ inverse) @ candidates.fractions
        # exactly: to round-off alone a phase of the basis might enter it again
        reduced[basis] = 0.0
        entering = int(reduced.argmin())
        if reduced[entering] >= -REDUCED_COST_TOLERANCE:
            return basis, reduced
        if standstill > DEGENERATE_PIVOTS:
            # Bland's rule: with the lowest index that lowers the cost no cycle is possible, but it takes more pivots
            entering = int(np.argmax(reduced < -REDUCED_COST_TOLERANCE))
        row, step = _runs_out_first(candidates, inverse, basis, entering)
        standstill = 0 if step > 0 else standstill + 1
        basis[row] = entering
    raise ConvergenceError(
        f"no ground state after {PIVOT_LIMIT} pivots over {len(candidates.phases)} phases; "
        "look for entries with nearly equal compositions and remove them"
    )


def _runs_out_first(candidates: Candidates, inverse: FloatArray, basis: list[int], entering: int) -> tuple[int, float]:
    """Row of the phase that runs out first when ``entering`` grows, and by how far; ties by lowest index (Bland)."""
    amounts, direction = inverse @ candidates.demand, inverse @ candidates.fractions[:, entering]
    shrinking = np.flatnonzero(direction > 1e-10)  # entries are ratios of small integers: far from 0 or round-off
    ratios = np.maximum(amounts[shrinking], 0.0) / direction[shrinking]
    step = float(ratios.min())
    first_out = shrinking[ratios <= step + 1e-12]
    return int(min(first_out, key=lambda row: basis[row])), step if step > 1e-12 else 0.0


def ground_state(candidates: Candidates, costs: Sequence[FloatArray], start: tuple[int, ...]) -> Assemblage:
    """Assemblage of lowest cost.

    Parameters
    ----------
    candidates
        Phases and demand.
    costs
        Rows of costs per fu, each of shape (P,): the first is the energy (eV), further rows settle ties in order.
    start
        A feasible basis, e.g. ``candidates.references`` or a neighbouring optimum.

    Raises
    ------
    ConvergenceError
        The simplex method did not end; the entries are numerically degenerate.
    """
    basis, reduced = _minimise(candidates, costs[0] / candidates.closed_atoms, start)
    allowed = reduced <= REDUCED_COST_TOLERANCE
    for row in costs[1:]:
        if np.count_nonzero(allowed) == len(basis):
            break
        per_atom = row / candidates.closed_atoms
        scale = np.abs(per_atom).max() or 1.0  # rows after the energy have other units: compared at size 1
        basis, reduced = _minimise(candidates, np.where(allowed, per_atom / scale, np.inf), basis)
        allowed &= reduced <= REDUCED_COST_TOLERANCE
    amounts = np.linalg.solve(candidates.balance[:, basis], candidates.demand)
    return Assemblage(tuple(basis), np.where(np.abs(amounts) < SMALLEST_AMOUNT, 0.0, amounts))


@dataclass(frozen=True)
class Parametric:
    """Costs linear in one parameter t: ``base + t * rate`` (eV/fu), each of shape (P,)."""

    candidates: Candidates
    base: FloatArray
    rate: FloatArray

    def solve(self, t: float, start: tuple[int, ...], side: int = 1) -> Assemblage:
        """Find the ground state at one t.

        Parameters
        ----------
        t
            The parameter, of which the costs are linear functions.
        start
            Basis to begin from: indices of candidates, as many as there are elements.
        side
            Which one where two assemblages meet: that of higher (+1) or lower (-1) t.
        """
        costs = [self.base + t * self.rate, side * self.rate, *self.candidates.ties]
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
        # the lowest cost is concave in t: any ground state between these two undercuts both where their lines cross
        middle = self.solve(t, left.basis)
        if self.cost(left, t) - self.cost(middle, t) <= CORNER_TOLERANCE:
            return [(t, right)]
        return self.corners(left, middle) + self.corners(middle, right)

    def stretches(self, low: float, high: float) -> list[Stretch[Assemblage]]:
        """All ground states from ``low`` to ``high``, with exact corners."""
        left = self.solve(low, self.candidates.references, side=1)
        right = self.solve(high, left.basis, side=-1)
        corners = self.corners(left, right)
        begins = [low, *(min(max(t, low), high) for t, _ in corners)]
        found = zip(begins, [*begins[1:], high], [left, *(a for _, a in corners)], strict=True)
        return join_stretches([Stretch(*each) for each in found], low, high)
