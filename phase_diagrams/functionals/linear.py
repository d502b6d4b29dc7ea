"""The linear functional, W = K_eff (V - V0): the grand-potential hull of E_j + K_eff v_j."""

from dataclasses import dataclass, replace

from selflimit.phase_diagrams.checks import Range
from selflimit.phase_diagrams.chemical_system import Electrolyte
from selflimit.phase_diagrams.functionals.constriction import Course, StableAssemblage, follow_course
from selflimit.phase_diagrams.functionals.exact_maps import linear_map
from selflimit.phase_diagrams.geometry.tiling import Region, Tiling
from selflimit.phase_diagrams.linear_programme import Assemblage, Candidates, Parametric
from selflimit.phase_diagrams.reaction import Reaction, mix_assemblages
from selflimit.units import GPA_ANGSTROM3_TO_EV


@dataclass(frozen=True)
class Linear:
    """Ground states of one electrolyte under W = K_eff (V - V0)."""

    candidates: Candidates
    electrolyte: Electrolyte
    working_ion: str
    k_eff: float
    """GPa."""

    def at(self, voltage: float) -> StableAssemblage:
        """Ground state at ``voltage`` (V); at a critical voltage the one above it."""
        return self._outcome(self._hull().solve(voltage, self.candidates.references), voltage)

    def segments(self, low: float, high: float) -> list[Course]:
        """Ground states from ``low`` to ``high`` (V), lowest first."""

        def follow(assemblage: Assemblage, begin: float, end: float) -> Course:
            return follow_course(lambda v: self._outcome(assemblage, v), begin, end)

        return [follow(part.state, part.low, part.high) for part in self._hull().stretches(low, high)]

    def moduli(self, voltage: float, low: float, high: float) -> list[Course]:
        """Find the ground states over a range of K_eff at one voltage, lowest first.

        Parameters
        ----------
        voltage, low, high
            As :meth:`~selflimit.phase_diagrams.functionals.constriction.Constriction.moduli`.
        """

        def follow(assemblage: Assemblage, begin: float, end: float) -> Course:
            return follow_course(lambda k: replace(self, k_eff=k)._outcome(assemblage, voltage), begin, end)

        found = vary_k_eff(self.candidates, voltage).stretches(low, high)
        return [follow(part.state, part.low, part.high) for part in found]

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """The voltage-K_eff map over ranges in V and GPa, exact."""
        return linear_map(self.candidates, voltages, k_effs)

    def reaction_in(self, region: Region, shares: tuple[float, ...]) -> Reaction:
        """What happens in a region of the map."""
        amounts = mix_assemblages(region.assemblages, shares)
        return Reaction(self.candidates, self.electrolyte, amounts, self.candidates.volume, self.working_ion)

    def _hull(self) -> Parametric:
        return vary_voltage(self.candidates, self.k_eff)

    def _outcome(self, assemblage: Assemblage, voltage: float) -> StableAssemblage:
        amounts = tuple(assemblage.present())
        reaction = Reaction(self.candidates, self.electrolyte, amounts, self.candidates.volume, self.working_ion)
        energy = reaction.energy(voltage, self.k_eff)
        return StableAssemblage(voltage, self.k_eff, reaction, energy, None, ((reaction, 1.0),))


def vary_voltage(candidates: Candidates, k_eff: float) -> Parametric:
    """The costs of the phases as a function of the voltage (V) at ``k_eff`` (GPa)."""
    at_zero = candidates.energy + k_eff * GPA_ANGSTROM3_TO_EV * candidates.volume
    return Parametric(candidates, at_zero, candidates.ion)


def vary_k_eff(candidates: Candidates, voltage: float) -> Parametric:
    """The costs of the phases as a function of K_eff (GPa) at ``voltage`` (V)."""
    return Parametric(candidates, candidates.energy + voltage * candidates.ion, GPA_ANGSTROM3_TO_EV * candidates.volume)
