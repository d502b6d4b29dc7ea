"""The elastic functionals, W = K_eff (V - V0)^2 / 2 V0: a closed box, and an inclusion that decomposes as a whole."""

from dataclasses import dataclass, replace

from selflimit.arrays import FloatArray
from selflimit.phase_diagrams.checks import Range
from selflimit.phase_diagrams.chemical_system import Electrolyte
from selflimit.phase_diagrams.functionals.compressibility import Compression
from selflimit.phase_diagrams.functionals.constriction import Course, StableAssemblage, follow_course
from selflimit.phase_diagrams.functionals.exact_maps import elastic_map
from selflimit.phase_diagrams.functionals.over_k_eff import ElasticModuli, Filling
from selflimit.phase_diagrams.functionals.over_voltage import ElasticVoltages
from selflimit.phase_diagrams.functionals.pressure_balance import Balance, Surrounding
from selflimit.phase_diagrams.functionals.traced_maps import traced_map
from selflimit.phase_diagrams.geometry.tiling import Region, Tiling
from selflimit.phase_diagrams.linear_programme import NO_ELECTROLYTE, Assemblage, Candidates
from selflimit.phase_diagrams.reaction import Reaction, mix_assemblages, no_reaction
from selflimit.units import GPA_ANGSTROM3_TO_EV


@dataclass(frozen=True)
class Elastic:
    """W = K_eff (V - V0)^2 / 2 V0; the inclusion functional where the electrolyte is not among the candidates."""

    candidates: Candidates
    electrolyte: Electrolyte
    working_ion: str
    k_eff: float
    """GPa."""
    compression: Compression | None
    """Of the candidates; None: rigid phases."""

    def at(self, voltage: float) -> StableAssemblage:
        """Ground state at ``voltage`` (V)."""
        return self._outcome(self._states().solve(voltage, self.candidates.references), voltage)

    def segments(self, low: float, high: float) -> list[Course]:
        """Ground states from ``low`` to ``high`` (V), lowest first."""
        states = self._states()

        def follow(found: Balance, begin: float, end: float) -> Course:
            return follow_course(lambda v: self._outcome(states.at(found, v), v), begin, end)

        return [follow(part.state, part.low, part.high) for part in states.stretches(low, high)]

    def moduli(self, voltage: float, low: float, high: float) -> list[Course]:
        """Find the ground states over a range of K_eff at one voltage, lowest first.

        Parameters
        ----------
        voltage, low, high
            As :meth:`~selflimit.phase_diagrams.functionals.constriction.Constriction.moduli`.
        """

        def follow(filling: Filling, begin: float, end: float) -> Course:
            def at(k_eff: float) -> StableAssemblage:
                stiff = replace(self, k_eff=k_eff)
                return stiff.at(voltage) if filling else stiff._whole(voltage)

            return follow_course(at, begin, end)

        found = self._moduli()
        parts = found.stretches(voltage, found.walk(voltage, high), low, high)
        return [follow(part.state, part.low, part.high) for part in parts]

    def tiling(self, voltages: Range, k_effs: Range) -> Tiling:
        """The voltage-K_eff map over ranges in V and GPa: exact where its borders are straight, else traced."""
        if self.compression is None and not self._is_inclusion:
            return elastic_map(self.candidates, self._surrounding(), voltages, k_effs)
        rigid = replace(self, compression=None)
        levels = [k_effs[0] + (k_effs[1] - k_effs[0]) * quarter / 4 for quarter in range(5)]
        marks = [part.low for k in levels for part in replace(rigid, k_eff=k)._states().stretches(*voltages)]
        return traced_map(self._moduli(), voltages, k_effs, marks)

    def reaction_in(self, region: Region, shares: tuple[float, ...]) -> Reaction:
        """What happens in a region of the map; of a pair with these ``shares``, volumes those in its middle."""
        if not region.assemblages:
            return no_reaction(self.electrolyte, self.working_ion)
        volumes = self.candidates.volume
        if self.compression is not None:
            voltage, k_eff = region.middle
            volumes = self._states().hull(voltage).volumes(replace(self, k_eff=k_eff).at(voltage).pressure or 0.0)
        return self._reaction(region.assemblages, shares, volumes)

    @property
    def _is_inclusion(self) -> bool:
        return self.candidates.electrolyte == NO_ELECTROLYTE

    def _surrounding(self) -> Surrounding:
        own, pulls = self.electrolyte, not self.candidates.counts_expelled
        return Surrounding(self.k_eff, own.volume, own.counted_volume, pulls)

    def _states(self) -> ElasticVoltages:
        return ElasticVoltages(self.candidates, self._surrounding(), self.compression)

    def _moduli(self) -> ElasticModuli:
        return ElasticModuli(self._states(), self.electrolyte, self._is_inclusion)

    def _whole(self, voltage: float) -> StableAssemblage:
        """The grain that stays what it is."""
        reaction = no_reaction(self.electrolyte, self.working_ion)
        return StableAssemblage(voltage, self.k_eff, reaction, 0.0, 0.0, ((reaction, 1.0),))

    def _outcome(self, found: Balance, voltage: float) -> StableAssemblage:
        hull = self._states().hull(voltage)
        volumes = hull.volumes(found.pressure)
        whole = self._reaction(found.assemblages, found.shares, volumes)
        strain_energies = hull.costs(found.pressure) - hull.grand - GPA_ANGSTROM3_TO_EV * found.pressure * volumes
        strain_energy = float(sum(amount * strain_energies[index] for index, amount in whole.amounts))
        work = self._surrounding().work(self.electrolyte.counted_volume + whole.volume_change)
        alone = [self._reaction((assemblage,), (1.0,), volumes) for assemblage in found.assemblages]
        parts = tuple(zip(alone, found.shares, strict=True))
        energy = whole.chemical_energy(voltage) + strain_energy + work
        return StableAssemblage(voltage, self.k_eff, whole, energy, found.pressure, parts)

    def _reaction(
        self, assemblages: tuple[Assemblage, ...], shares: tuple[float, ...], volumes: FloatArray
    ) -> Reaction:
        amounts = mix_assemblages(assemblages, shares)
        return Reaction(self.candidates, self.electrolyte, amounts, volumes, self.working_ion)
