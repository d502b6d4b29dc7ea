"""From an assemblage to the reaction it stands for: balanced text, energy, volume change, strain."""

from dataclasses import dataclass
from fractions import Fraction

from selflimit.documents import PhaseAmount
from selflimit.phase_diagrams.assemblage import Assemblage, Candidates
from selflimit.phase_diagrams.phases import LARGEST_DENOMINATOR
from selflimit.units import GPA_ANGSTROM3_TO_EV

SMALLEST_UPTAKE = 1e-9
"""Ion uptakes below this (ions per electrolyte fu) are zero."""


@dataclass(frozen=True)
class Reaction:
    """Electrolyte + ions -> products, per formula unit of the electrolyte."""

    candidates: Candidates
    assemblage: Assemblage
    working_ion: str

    @property
    def electrolyte_volume(self) -> float:
        """V0 (Angstrom^3/fu)."""
        return float(self.candidates.volume[self.candidates.electrolyte])

    @property
    def ion_uptake(self) -> float:
        """Working ions taken up per fu of the electrolyte; negative: released."""
        uptake = self.assemblage.total(self.candidates.ion) - self.candidates.ion[self.candidates.electrolyte]
        return 0.0 if abs(uptake) < SMALLEST_UPTAKE else float(uptake)

    @property
    def volume_change(self) -> float:
        """dV = sum n_j v_j - V0 (Angstrom^3/fu); the ion reservoir's volume is not counted."""
        return 0.0 if self.is_identity else self.assemblage.total(self.candidates.volume) - self.electrolyte_volume

    @property
    def strain(self) -> float:
        """Reaction strain dV/V0, dimensionless."""
        return self.volume_change / self.electrolyte_volume

    @property
    def is_identity(self) -> bool:
        """Whether the electrolyte just stays what it is."""
        return [index for index, _ in self.assemblage.present()] == [self.candidates.electrolyte]

    @property
    def keeps_formula(self) -> bool:
        """Whether the electrolyte's composition stays one phase (itself or a denser polymorph)."""
        own = self.candidates.phases[self.candidates.electrolyte].formula
        return {self.candidates.phases[j].formula for j, _ in self.assemblage.present()} == {own}

    def energy(self, voltage: float, k_eff: float) -> float:
        """Grand-potential reaction energy with the mechanical work, dG = dE + e*voltage*n + K_eff*dV (eV/fu).

        Here n is the ion uptake: a working ion costs e*voltage less in the reservoir than in its metal. ``voltage``
        in V against the metal, ``k_eff`` in GPa.
        """
        if self.is_identity:
            return 0.0
        formation = self.assemblage.total(self.candidates.energy) - self.candidates.energy[self.candidates.electrolyte]
        return float(formation + voltage * self.ion_uptake + k_eff * GPA_ANGSTROM3_TO_EV * self.volume_change)

    def products(self) -> list[PhaseAmount]:
        """Products, most abundant first."""
        pairs = sorted(self.assemblage.present(), key=lambda pair: (-round(pair[1], 9), pair[0]))
        return [self._amount(index, amount) for index, amount in pairs]

    def _amount(self, index: int, amount: float) -> PhaseAmount:
        phase = self.candidates.phases[index]
        return PhaseAmount(formula=phase.formula, entry_id=phase.entry_id, amount=amount, volume=phase.volume)

    def text(self) -> str:
        """Balanced reaction, e.g. ``Li2ZrCl6 + 4 Li -> 6 LiCl + Zr``."""
        own = self.candidates.phases[self.candidates.electrolyte].formula
        uptake = self.ion_uptake
        left = [own, *([_term(uptake, self.working_ion)] if uptake > 0 else [])]
        right = [_term(product.amount, product.formula) for product in self.products()]
        released = [_term(-uptake, self.working_ion)] if uptake < 0 else []
        return f"{' + '.join(left)} -> {' + '.join(right + released)}"


def _term(amount: float, formula: str) -> str:
    """Coefficient and formula; amounts are ratios of small integers, so they are written as fractions."""
    exact = Fraction(amount).limit_denominator(LARGEST_DENOMINATOR)
    coefficient = str(exact) if abs(float(exact) - amount) < SMALLEST_UPTAKE else f"{amount:.9g}"
    return formula if coefficient == "1" else f"{coefficient} {formula}"
