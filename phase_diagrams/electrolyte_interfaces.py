r"""Reactions between two electrolytes: the lowest energy of every mixture, with and without a reservoir.

A mixture holds the fraction x of its atoms in the first electrolyte. With the compositions :math:`a^{(k)}` and energies
:math:`g^{(k)}` of both per atom, the reaction energy per atom is (Richards et al., Chem. Mater. 28, 266 (2016),
doi:10.1021/acs.chemmater.5b04082; here with the mechanical work of the linear functional)

.. math:: \Delta g(x) = \min_{n \ge 0} \sum_j n_j g_j - x g^{(1)} - (1-x) g^{(2)}
   \quad\text{with}\quad \sum_j a_{ij} n_j = x a^{(1)}_i + (1-x) a^{(2)}_i ,

with :math:`g_j = E_j + K_\mathrm{eff} v_j` for a closed interface, where i runs over all elements, and
:math:`g_j = E_j + K_\mathrm{eff} v_j - \mu a_j` for an open one, where the working ion is not conserved. The reference
volume V0 is that of the mixture, so its work enters through both :math:`g^{(k)}`. Which volumes count, expelled ions
among them, is decided by the diagram (:mod:`selflimit.phase_diagrams.chemical_system`).

The minimum of a linear programme is convex and piecewise linear in its right-hand side. The dual potentials of a solve
at x give a straight line that touches the minimum at x and lies below it elsewhere; where the lines of two neighbouring
solves cross, either the minimum is met, which is a kink, or a new line is found there. Every kink is computed, none is
scanned for: the counterpart in x of the voltage corners (:mod:`selflimit.phase_diagrams.linear_programme`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import (
    InterfaceKink,
    InterfaceReactionDoc,
    InterfaceSegment,
    LeftOutPhase,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.checks import require_quantities
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.linear_programme import Assemblage, Candidates, ground_state
from selflimit.phase_diagrams.phases import ION_CHARGES, LARGEST_DENOMINATOR, Phase, parse_formula
from selflimit.phase_diagrams.reaction import product_amounts
from selflimit.units import GPA_ANGSTROM3_TO_EV

TOUCHING = 1e-10
"""A line this close to the minimum (eV/atom) meets it: 1e3 times the round-off of a solve."""
NARROWEST = 1e-9
"""Kinks closer than this in the mixing ratio are one."""
SMALLEST_COEFFICIENT = 1e-9
"""Amounts below this (formula units per atom of the mixture) are zero."""


def interface_scan(
    diagram: ConstrainedPhaseDiagram,
    first: str,
    second: str,
    k_eff: float = 0.0,
    voltage: float | None = None,
    left_out: Sequence[LeftOutPhase] = (),
) -> InterfaceReactionDoc:
    """All reactions between two electrolytes, from one pure side to the other.

    Parameters
    ----------
    diagram
        Competing phases; entries of both electrolytes among them, all elements of both covered.
    first, second
        Formulas of the electrolytes. The mixing ratio x counts atoms of the first per atom of the mixture.
    k_eff
        Effective bulk modulus (GPa), >= 0.
    voltage
        Voltage of a working-ion reservoir (V against the ion's metal), >= 0; ``None``: closed, nothing is exchanged.
    left_out
        Known phases that are not among the entries; they go onto the result.

    Returns
    -------
    InterfaceReactionDoc
        Kinks (both ends among them) with balanced reactions, energies (eV) and strains, and the segments between.

    Raises
    ------
    InputError
        An electrolyte without entry, twice the same one, a value out of range, or a diagram with another functional
        than the linear one.
    """
    mixture = _mixture(diagram, first, second, k_eff, voltage)
    kinks = _kinks(mixture)
    return InterfaceReactionDoc(
        first=mixture.first.formula,
        second=mixture.second.formula,
        working_ion=diagram.working_ion,
        voltage=voltage,
        k_eff=k_eff,
        first_volume=mixture.first.volume,
        second_volume=mixture.second.volume,
        kinks=[_kink(mixture, x) for x in kinks],
        segments=[_segment(mixture, low, high) for low, high in pairwise(kinks)],
        entries=[phase.entry_id for phase in diagram.phases],
        left_out=list(left_out),
        rules=diagram.system.rules,
        level_of_theory=diagram.level_of_theory,
    )


@dataclass(frozen=True)
class _Mixture:
    """Two electrolytes, what may form from them, and the cost of it."""

    first: Phase
    second: Phase
    elements: tuple[str, ...]
    """Conserved elements."""
    candidates: Candidates
    """Phases that may form; the demand is set for each mixing ratio."""
    costs: FloatArray
    """Rows of costs per fu, shape (R, P): energy with mechanical work (eV), then the tie rule."""
    working_ion: str
    is_open: bool
    energies: tuple[float, float]
    """Energy of both electrolytes on the same scale (eV/atom)."""
    volumes: tuple[float, float]
    """Volume that counts of both electrolytes (Angstrom^3/atom)."""

    def demand(self, x: float) -> FloatArray:
        """Conserved elements per atom of the mixture, the ions last where those expelled count; shape (C,)."""
        kept = (*self.elements, self.working_ion) if self.candidates.counts_expelled else self.elements
        found = x * _per_atom(self.first, kept) + (1 - x) * _per_atom(self.second, kept)
        if self.candidates.counts_expelled:
            found[-1] *= ION_CHARGES[self.working_ion]  # ions are counted by their charge
        return found

    def reference(self, x: float) -> float:
        """Energy of the unreacted mixture (eV/atom)."""
        return x * self.energies[0] + (1 - x) * self.energies[1]

    def volume(self, x: float) -> float:
        """Volume of the unreacted mixture that counts (Angstrom^3/atom)."""
        return x * self.volumes[0] + (1 - x) * self.volumes[1]

    def solve(self, x: float) -> "_Solved":
        """Ground state of the mixture x."""
        here = replace(self.candidates, demand=self.demand(x))
        return _Solved(self, x, ground_state(here, list(self.costs), here.references))


@dataclass(frozen=True)
class _Solved:
    """Ground state at one mixing ratio, with the line that supports the minimum there."""

    mixture: _Mixture
    x: float
    assemblage: Assemblage

    @property
    def energy(self) -> float:
        """Reaction energy (eV/atom)."""
        return self.assemblage.total(self.mixture.costs[0]) - self.mixture.reference(self.x)

    @cached_property
    def _potentials(self) -> FloatArray:
        columns = list(self.assemblage.basis)
        found: FloatArray = np.linalg.solve(
            self.mixture.candidates.balance[:, columns].T, self.mixture.costs[0][columns]
        )
        return found

    def line(self, x: float) -> float:
        """The supporting line at another mixing ratio (eV/atom)."""
        return float(self._potentials @ self.mixture.demand(x)) - self.mixture.reference(x)

    def crossing(self, other: "_Solved") -> float | None:
        """Mixing ratio at which both lines cross; None: they are parallel."""
        at_zero, at_one = self.line(0.0) - other.line(0.0), self.line(1.0) - other.line(1.0)
        slope = at_one - at_zero
        return None if abs(slope) < TOUCHING else -at_zero / slope

    def present(self) -> list[tuple[int, float]]:
        """Phases that form, as (index, fu per atom of the mixture), most abundant first."""
        there = self.assemblage.present()
        found = [(j, n) for j, n in there if n > SMALLEST_COEFFICIENT and self.mixture.candidates.is_phase(j)]
        return sorted(found, key=lambda pair: (-round(pair[1], 9), pair[0]))


def _kinks(mixture: _Mixture) -> list[float]:
    """Mixing ratios of all kinks, both ends among them, lowest first."""
    left, right = mixture.solve(0.0), mixture.solve(1.0)
    points = [left, *_between(mixture, left, right), right]
    kept = [left]
    for here, after in pairwise(points[1:]):
        if here.x - kept[-1].x > NARROWEST and after.x - here.x > NARROWEST and _is_corner(kept[-1], here, after):
            kept.append(here)
    return [*(point.x for point in kept), 1.0]


def _between(mixture: _Mixture, left: _Solved, right: _Solved) -> list[_Solved]:
    """Solves at all kinks between two solves, lowest first; some of the points lie on straight parts."""
    x = left.crossing(right)
    if x is None or not left.x + NARROWEST < x < right.x - NARROWEST:
        return []
    middle = mixture.solve(x)
    if middle.energy - left.line(x) <= TOUCHING:
        return [middle]
    return [*_between(mixture, left, middle), middle, *_between(mixture, middle, right)]


def _is_corner(left: _Solved, here: _Solved, right: _Solved) -> bool:
    """Whether the minimum bends at ``here``: it lies below the straight line between its neighbours."""
    share = (here.x - left.x) / (right.x - left.x)
    return here.energy < (1 - share) * left.energy + share * right.energy - TOUCHING


def _mixture(
    diagram: ConstrainedPhaseDiagram, first: str, second: str, k_eff: float, voltage: float | None
) -> _Mixture:
    if not diagram.functional.is_linear:
        raise InputError(
            f"interfaces are solved for the linear functional, got a diagram with {diagram.functional.name!r}"
        )
    require_quantities(k_eff=k_eff, **({} if voltage is None else {"voltage": voltage}))
    system, ion = diagram.system, diagram.working_ion
    ends = [system.electrolyte_phase(parse_formula(formula, system.formulas)) for formula in (first, second)]
    if ends[0].formula == ends[1].formula:
        raise InputError(f"expected two different electrolytes, got {ends[0].formula} twice")
    exchanged = set() if voltage is None else {ion}
    inside = ends[0].amounts.keys() | ends[1].amounts.keys() | exchanged
    conserved = tuple(sorted(inside - exchanged))
    if not conserved:
        raise InputError(f"nothing but {ion} in {first} and {second}; give compounds")
    candidates = system.candidates(conserved, inside, np.zeros(len(conserved)))
    if voltage is not None and system.counts_expelled:
        candidates = candidates.counting_expelled(0.0, system.ion_volume)  # the ratio sets what is there of them
    energy = _energy(candidates.energy, candidates.ion, candidates.volume, k_eff, voltage)
    at = [system.phases.index(end) for end in ends]
    own = _energy(system.formation_energy[at], system.ion[at], system.counted_volume[at], k_eff, voltage)
    atoms = np.array([end.atoms for end in ends])
    return _Mixture(
        first=ends[0],
        second=ends[1],
        elements=conserved,
        candidates=candidates,
        costs=np.vstack([energy, candidates.volume, np.arange(len(energy), dtype=float)]),
        working_ion=ion,
        is_open=voltage is not None,
        energies=tuple((own / atoms).tolist()),
        volumes=tuple((system.counted_volume[at] / atoms).tolist()),
    )


def _energy(
    formation: FloatArray, ion: FloatArray, volume: FloatArray, k_eff: float, voltage: float | None
) -> FloatArray:
    """Energies of phases (eV/fu) with the work of their volumes (Angstrom^3/fu) and the reservoir's share.

    ``ion`` is the charge of a phase's ions (e/fu): an ion costs its charge times the voltage less in the reservoir than
    in its metal, so holding one costs the phase as much.
    """
    return formation + (voltage or 0.0) * ion + k_eff * GPA_ANGSTROM3_TO_EV * volume


def _per_atom(phase: Phase, elements: Sequence[str]) -> FloatArray:
    """Atoms of the elements per atom of the phase, shape (C,)."""
    return np.array([phase.amounts.get(e, 0.0) for e in elements]) / phase.atoms


def _kink(mixture: _Mixture, x: float) -> InterfaceKink:
    solved = mixture.solve(x)
    atoms = 1.0 / (x / mixture.first.atoms + (1 - x) / mixture.second.atoms)  # per formula unit of the mixture
    ends = x * mixture.solve(1.0).energy + (1 - x) * mixture.solve(0.0).energy
    change = solved.assemblage.total(mixture.candidates.volume) - mixture.volume(x)
    unreacted = abs(solved.energy) <= TOUCHING
    return InterfaceKink(
        mixing_ratio=x,
        molar_ratio=x / mixture.first.atoms * atoms,
        products=product_amounts(mixture.candidates, tuple((j, n * atoms) for j, n in solved.present())),
        ion_uptake=_uptake(solved) * atoms,
        reaction=_reaction_text(solved),
        reaction_energy=0.0 if unreacted else solved.energy * atoms,
        reaction_energy_per_atom=0.0 if unreacted else solved.energy,
        mixing_energy_per_atom=min(solved.energy - ends, 0.0),
        decomposition_volume=change * atoms,
        reaction_strain=change / mixture.volume(x),
    )


def _segment(mixture: _Mixture, low: float, high: float) -> InterfaceSegment:
    middle = (low + high) / 2
    solved = mixture.solve(middle)
    change = solved.assemblage.total(mixture.candidates.volume) - mixture.volume(middle)
    return InterfaceSegment(
        mixing_ratio_low=low,
        mixing_ratio_high=high,
        products=list(dict.fromkeys(mixture.candidates.phases[j].formula for j, _ in solved.present())),
        reaction=_reaction_text(solved),
        reaction_strain=change / mixture.volume(middle),
    )


def _uptake(solved: _Solved) -> float:
    """Working ions taken up per atom of the mixture; 0 for a closed interface."""
    if not solved.mixture.is_open:
        return 0.0
    ion = (solved.mixture.working_ion,)
    first, second = (float(_per_atom(end, ion)[0]) for end in (solved.mixture.first, solved.mixture.second))
    held = solved.assemblage.total(solved.mixture.candidates.ion) / ION_CHARGES[solved.mixture.working_ion]
    uptake = held - solved.x * first - (1 - solved.x) * second
    return 0.0 if abs(uptake) < SMALLEST_COEFFICIENT else uptake


def _reaction_text(solved: _Solved) -> str:
    """Balanced reaction, e.g. ``4 Li3N + 3 Li2ZrCl6 -> ...``, in the smallest whole numbers where there are any."""
    mixture, uptake = solved.mixture, _uptake(solved)
    sides = [
        [
            (mixture.first.formula, solved.x / mixture.first.atoms),
            (mixture.second.formula, (1 - solved.x) / mixture.second.atoms),
        ],
        [(mixture.candidates.phases[j].formula, n) for j, n in solved.present()],
    ]
    if uptake:
        sides[0 if uptake > 0 else 1].append((mixture.working_ion, abs(uptake)))
    scale = _whole_number_scale([n for side in sides for _, n in side if n > SMALLEST_COEFFICIENT])
    return " -> ".join(
        " + ".join(_term(n * scale, name) for name, n in side if n > SMALLEST_COEFFICIENT) for side in sides
    )


def _whole_number_scale(amounts: Sequence[float]) -> float:
    """Factor that turns the amounts into the smallest whole numbers; without such, the largest becomes 1."""
    smallest = min(amounts)
    ratios = [Fraction(amount / smallest).limit_denominator(LARGEST_DENOMINATOR) for amount in amounts]
    exact = all(abs(float(r) - a / smallest) < 1e-6 * float(r) for r, a in zip(ratios, amounts, strict=True))
    denominator = math.lcm(*(ratio.denominator for ratio in ratios))
    divisor = math.gcd(*(int(ratio * denominator) for ratio in ratios))
    return denominator / divisor / smallest if exact and denominator <= LARGEST_DENOMINATOR else 1.0 / max(amounts)


def _term(amount: float, formula: str) -> str:
    """Coefficient and formula; a coefficient of 1 is not written."""
    rounded = round(amount)
    coefficient = str(rounded) if abs(amount - rounded) < 1e-6 * max(1, rounded) else f"{amount:.4g}"
    return formula if coefficient == "1" else f"{coefficient} {formula}"
