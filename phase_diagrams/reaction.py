"""From an assemblage to the reaction it stands for: balanced text, energy, volume change, strain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import PhaseAmount
from selflimit.phase_diagrams.chemical_system import Electrolyte
from selflimit.phase_diagrams.linear_programme import SMALLEST_AMOUNT, Assemblage, Candidates
from selflimit.phase_diagrams.phases import ION_CHARGES, LARGEST_DENOMINATOR
from selflimit.units import GPA_ANGSTROM3_TO_EV

SMALLEST_UPTAKE = 1e-9
"""Ion uptakes below this (ions per electrolyte fu) are zero."""

SMALLEST_SHARE = 1e-12
"""Amounts below this (fu per electrolyte fu) in a coexisting pair are zero: atoms balance to within it."""

Amounts = tuple[tuple[int, float], ...]
"""Phases that are there, as (index, fu per electrolyte fu)."""


def mix_assemblages(assemblages: Iterable[Assemblage], shares: Iterable[float]) -> Amounts:
    """Amounts of coexisting assemblages together, each weighted with its share of the electrolyte."""
    total: dict[int, float] = {}
    for assemblage, share in zip(assemblages, shares, strict=True):
        for index, amount in assemblage.present():
            total[index] = total.get(index, 0.0) + share * amount
    return tuple((index, amount) for index, amount in total.items() if amount > SMALLEST_SHARE)


def product_amounts(candidates: Candidates, amounts: Amounts) -> list[PhaseAmount]:
    """Phases and amounts, most abundant first."""
    there = [(index, amount) for index, amount in amounts if candidates.is_phase(index)]
    pairs = sorted(there, key=lambda pair: (-round(pair[1], 9), pair[0]))
    named = [(candidates.phases[index], amount) for index, amount in pairs]
    return [PhaseAmount(formula=p.formula, entry_id=p.entry_id, amount=n, volume=p.volume) for p, n in named]


def find_first_change(segments: Sequence[tuple[float, list[PhaseAmount]]]) -> float | None:
    """Where the formulas of the products first differ from those of the first segment; None: nowhere.

    Segments are given as their begin (V or GPa) and their products.
    """
    formulas = [(begin, {product.formula for product in products}) for begin, products in segments]
    return next((begin for begin, found in formulas if found != formulas[0][1]), None)


@dataclass(frozen=True)
class Reaction:
    """Electrolyte + ions -> products, per formula unit of the electrolyte."""

    candidates: Candidates
    electrolyte: Electrolyte
    amounts: Amounts
    volumes: FloatArray
    """Volume that counts in the mechanical work (Angstrom^3/fu), shape (P,)."""
    working_ion: str

    def _total(self, per_phase: FloatArray) -> float:
        return float(sum(amount * per_phase[index] for index, amount in self.amounts))

    @property
    def ion_uptake(self) -> float:
        """Working ions taken up per fu of the electrolyte; negative: released."""
        ions = self._exact_uptake / ION_CHARGES[self.working_ion]
        return 0.0 if abs(ions) < SMALLEST_UPTAKE else ions

    @property
    def _exact_uptake(self) -> float:
        """Charge taken up with the ions (e/fu)."""
        return self._total(self.candidates.ion) - self.electrolyte.ion

    @property
    def volume_change(self) -> float:
        """dV = V - V0 (Angstrom^3/fu), of the volumes that count, expelled ions among them."""
        return 0.0 if self.is_identity else self._total(self.volumes) - self.electrolyte.counted_volume

    @property
    def strain(self) -> float:
        """Reaction strain dV/V0, dimensionless."""
        return self.volume_change / self.electrolyte.volume

    @property
    def is_identity(self) -> bool:
        """Whether the electrolyte just stays what it is."""
        return [index for index, _ in self.amounts] == [self.candidates.electrolyte]

    @property
    def keeps_formula(self) -> bool:
        """Whether the electrolyte's composition stays one phase (itself or a denser polymorph)."""
        return {product.formula for product in self.products()} == {self.electrolyte.formula}

    def chemical_energy(self, voltage: float) -> float:
        """Grand-potential reaction energy without mechanical work, dE + e*voltage*n (eV/fu).

        Here n is the charge of the ions taken up: a working ion costs its charge times the voltage less in the
        reservoir than in its metal. ``voltage`` in V against the metal.
        """
        if self.is_identity:
            return 0.0
        return self._total(self.candidates.energy) - self.electrolyte.energy + voltage * self._exact_uptake

    def energy(self, voltage: float, k_eff: float) -> float:
        """Reaction energy of the linear functional, mechanical work K_eff*dV included (eV/fu); ``k_eff`` in GPa."""
        return float(self.chemical_energy(voltage) + k_eff * GPA_ANGSTROM3_TO_EV * self.volume_change)

    def grand_potential(self, voltage: float, reaction_energy: float) -> float:
        """Sum n_j (E_j - mu a_j) + W (eV/fu) on the entries' scale, from the reaction energy (eV/fu)."""
        own = self.electrolyte
        return own.energy + own.reference_energy + voltage * own.ion + reaction_energy

    def products(self) -> list[PhaseAmount]:
        """Products, most abundant first."""
        return product_amounts(self.candidates, self.amounts)

    def text(self) -> str:
        """Balanced reaction, e.g. ``Li2ZrCl6 + 4 Li -> 6 LiCl + Zr``."""
        uptake = self.ion_uptake
        left = [self.electrolyte.formula, *([_term(uptake, self.working_ion)] if uptake > 0 else [])]
        amounts: dict[str, float] = {}
        for product in self.products():  # polymorphs together
            amounts[product.formula] = amounts.get(product.formula, 0.0) + product.amount
        right = [_term(amount, formula) for formula, amount in amounts.items() if amount > SMALLEST_AMOUNT]
        released = [_term(-uptake, self.working_ion)] if uptake < 0 else []
        return f"{' + '.join(left)} -> {' + '.join(right + released)}"


def no_reaction(electrolyte: Electrolyte, working_ion: str) -> Reaction:
    """The electrolyte that stays what it is."""
    one = np.ones(1)
    alone = Candidates(
        phases=(electrolyte.phase,),
        balance=one[:, None],
        demand=one,
        energy=one * electrolyte.energy,
        ion=one * electrolyte.ion,
        volume=one * electrolyte.counted_volume,
        electrolyte=0,
        references=(0,),
    )
    return Reaction(alone, electrolyte, ((0, 1.0),), alone.volume, working_ion)


def _term(amount: float, formula: str) -> str:
    """Coefficient and formula; amounts are ratios of small integers, so they are written as fractions."""
    exact = Fraction(amount).limit_denominator(LARGEST_DENOMINATOR)
    coefficient = str(exact) if abs(float(exact) - amount) < SMALLEST_UPTAKE else f"{amount:.9g}"
    return formula if coefficient == "1" else f"{coefficient} {formula}"
