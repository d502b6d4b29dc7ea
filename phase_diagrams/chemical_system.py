"""All phases of a chemical system, and those of them that compete for one electrolyte's atoms.

Here it is decided which volume counts in the mechanical work. A phase of zero-pressure volume v (Angstrom^3 per formula
unit) that holds a working ions counts with

* v, with ``ion_volume="expelled"`` (default) and ``"none"``;
* v - a v_ion with ``ion_volume="released"``: the reservoir's ions are part of the confined volume, each with the volume
  per atom of the ion's lowest-energy metal at zero pressure. An ion that leaves a phase for the reservoir adds v_ion to
  V, one that is taken up removes it;
* 0 for phases that are gases at 298 K and 1 bar with ``gases="released"``: they escape and do no work.

With ``"expelled"`` the ions that the products lack of the electrolyte's a_0 count beside the phases, each with v_ion,
and those that they have more count nothing:

.. math:: V = \\sum_j n_j v_j + v_\\mathrm{ion} \\max\\Big(0,\\; a_0 - \\sum_j a_j n_j\\Big) .
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from pymatgen.core import Composition
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.arrays import FloatArray
from selflimit.documents import CompetingPhasesDoc, LevelOfTheory, VolumeRules, common_level
from selflimit.errors import InputError
from selflimit.phase_diagrams.linear_programme import NO_ELECTROLYTE, Candidates
from selflimit.phase_diagrams.phases import (
    GASES,
    ION_CHARGES,
    Phase,
    find_lowest_element,
    has_volume,
    order_phases,
    parse_formula,
    phase_from_entry,
    phase_from_record,
)
from selflimit.suggestions import did_you_mean

NEAR = 0.010
"""Polymorphs this close (eV/atom) may be what a sample is: k_B T at 116 K, less than the error of energies."""


@dataclass(frozen=True)
class Electrolyte:
    """The electrolyte's own numbers, per formula unit."""

    formula: str
    """Reduced formula."""
    phase: Phase
    """Its phase: of several of the formula the one that is given, else the lowest in energy, then the densest."""
    polymorphs: tuple[Phase, ...]
    """The other entries of the formula, which compete; lowest in energy first."""
    atoms: float
    """Atoms per fu."""
    energy: float
    """Formation energy (eV/fu)."""
    ion: float
    """Charge of the working ions (e/fu)."""
    counted_volume: float
    """Volume that counts in the mechanical work (Angstrom^3/fu); differs from V0 with ``ion_volume="released"``."""
    reference_energy: float
    """Energy of its closed elements as elemental references (eV/fu): from formation energies to the entries' scale."""

    @property
    def volume(self) -> float:
        """V0 (Angstrom^3/fu)."""
        return self.phase.volume


@dataclass(frozen=True)
class ChemicalSystem:
    """Phases of one level of theory, their elemental references, and the volume rules."""

    phases: tuple[Phase, ...]
    """All phases, in stable order."""
    working_ion: str
    """Symbol of the exchanged element."""
    references: dict[str, Phase]
    """Element symbol -> lowest-energy pure phase."""
    level_of_theory: LevelOfTheory
    """Of all energies and volumes."""
    rules: VolumeRules = field(default_factory=VolumeRules)
    """Which volumes count."""

    @cached_property
    def elements(self) -> list[str]:
        """Symbols, sorted."""
        return sorted(self.references)

    @cached_property
    def formulas(self) -> list[str]:
        """Reduced formulas of all phases, sorted."""
        return sorted({phase.formula for phase in self.phases})

    @property
    def entry_ids(self) -> list[str]:
        """Identifiers of the entries of all phases."""
        return [phase.entry_id for phase in self.phases]

    @cached_property
    def amounts(self) -> FloatArray:
        """Atoms per fu, shape (elements, phases)."""
        return np.array([[phase.amounts.get(e, 0.0) for phase in self.phases] for e in self.elements])

    @property
    def charge(self) -> int:
        """Charge of a working ion (e)."""
        return ION_CHARGES[self.working_ion]

    @cached_property
    def ion(self) -> FloatArray:
        """Charge of the working ions (e/fu), by which a voltage acts; shape (phases,)."""
        return np.asarray(self.charge * self.amounts[self.elements.index(self.working_ion)])

    @cached_property
    def formation_energy(self) -> FloatArray:
        """Energy from the elemental references (eV/fu), shape (phases,)."""
        elemental = np.array([self.references[e].energy_per_atom for e in self.elements])
        return np.asarray(np.array([phase.energy for phase in self.phases]) - elemental @ self.amounts)

    @cached_property
    def ion_volume(self) -> float:
        """Volume of the working ion's lowest-energy metal at zero pressure, per charge of its ions (Angstrom^3/e)."""
        metal = self.references[self.working_ion]
        return metal.volume / metal.atoms / self.charge

    @property
    def counts_expelled(self) -> bool:
        """Whether the ions that leave the electrolyte take a volume, and those that come to it none."""
        return self.rules.ion_volume == "expelled"

    def escapes(self, phase: Phase) -> float:
        """1 for a gas that escapes, else 0."""
        return float(self.rules.gases == "released" and phase.formula in GASES)

    @cached_property
    def counted_volume(self) -> FloatArray:
        """Volume that counts in the mechanical work (Angstrom^3/fu), shape (phases,)."""
        own = np.array([phase.volume * (1.0 - self.escapes(phase)) for phase in self.phases])
        counted = self.ion_volume if self.rules.ion_volume == "released" else 0.0
        return np.asarray(own - counted * self.ion)

    @property
    def volumes_text(self) -> str:
        """Which volumes count, in words."""
        rules = self.rules
        phases = f"compressible, {len(rules.bulk_moduli)} bulk moduli" if rules.bulk_moduli else "rigid"
        without = f"; {len(rules.excluded)} entries without crystal left out" if rules.excluded else ""
        return f"phases {phases}; gases {rules.gases}; ions in the reservoir {rules.ion_volume}{without}"

    def competitors(self, composition: Composition | str) -> Candidates:
        """Phases within a composition's elements and the working ion that can use its atoms; it has no entry itself.

        Raises
        ------
        InputError
            Not a formula, the working ion alone, or elements without entries.
        """
        unit = parse_formula(composition, self.formulas)
        closed = self._closed_elements(unit)
        demand = np.array([float(unit[e]) for e in closed])
        found = self.candidates(closed, {*closed, self.working_ion}, demand)
        held = self.charge * float(unit[self.working_ion])
        return found.counting_expelled(held, self.ion_volume) if self.counts_expelled else found

    def candidates(self, conserved: Sequence[str], inside: Collection[str], demand: FloatArray) -> Candidates:
        """Phases that hold no other elements than those ``inside``, and atoms of a conserved one.

        Parameters
        ----------
        conserved
            Symbols of the C elements whose atoms are kept.
        inside
            Symbols of all elements that are there, an exchanged ion among them.
        demand
            Atoms of each conserved element, shape (C,).
        """
        rows = [self.elements.index(e) for e in conserved]
        others = [i for i, e in enumerate(self.elements) if e not in inside]
        # a phase of the ion alone is the reservoir itself, not a product
        usable = np.flatnonzero((self.amounts[rows].sum(axis=0) > 0) & (self.amounts[others].sum(axis=0) == 0))
        phases = tuple(self.phases[j] for j in usable)
        return Candidates(
            phases=phases,
            balance=self.amounts[rows][:, usable],
            demand=demand,
            energy=self.formation_energy[usable],
            ion=self.ion[usable],
            volume=self.counted_volume[usable],
            electrolyte=NO_ELECTROLYTE,
            references=tuple(phases.index(self.references[e]) for e in conserved),
        )

    def electrolyte(self, composition: Composition | str, own: Phase | None = None) -> Electrolyte:
        """The electrolyte's own numbers, of its crystal or of another polymorph, ``own``.

        Raises
        ------
        InputError
            As :meth:`competitors`; or the composition has no entry, whose energy and volume are needed.
        """
        unit = parse_formula(composition, self.formulas)
        closed, own = self._closed_elements(unit), own or self.electrolyte_phase(unit)
        at = self.phases.index(own)
        return Electrolyte(
            formula=unit.reduced_formula,
            phase=own,
            polymorphs=tuple(p for i, p in enumerate(self.phases) if p.formula == own.formula and i != at),
            atoms=float(unit.num_atoms),
            energy=float(self.formation_energy[at]),
            ion=float(self.ion[at]),
            counted_volume=float(self.counted_volume[at]),
            reference_energy=sum(unit[e] * self.references[e].energy_per_atom for e in closed),
        )

    def electrolyte_phase(self, unit: Composition) -> Phase:
        """The crystal of a formula unit: the given one, else the lowest in energy, of several the densest.

        Raises
        ------
        InputError
            The formula has no entry, whose energy and volume are needed; or different crystals are given.
        """
        formula = unit.reduced_formula
        found = [phase for phase in self.phases if phase.formula == formula]  # in stable order
        given = [phase for phase in found if phase.is_given]
        if len({(phase.energy, phase.volume) for phase in given}) > 1:
            raise InputError(
                f"expected one crystal as the electrolyte {formula}, got {len(given)}: "
                f"{', '.join(phase.entry_id for phase in given)}; give one of them, the others compete anyway"
            )
        if found:
            return (given or found)[0]
        raise InputError(
            f"no entry for {formula} itself, whose energy and volume V0 are needed; relax a crystal of it at the same "
            f"level of theory ({self.level_of_theory.label}) and add RelaxationDoc.entry() to the entries"
            f"{did_you_mean(formula, self.formulas)}"
        )

    def _closed_elements(self, unit: Composition) -> list[str]:
        elements = {element.symbol for element in unit}
        if unknown := elements - self.references.keys():
            raise InputError(
                f"no entries for {', '.join(sorted(unknown))}: the entries cover {'-'.join(self.elements)}; "
                "add the competing phases of the missing elements"
            )
        if elements == {self.working_ion}:
            raise InputError(f"{unit.reduced_formula} is the working ion alone; give a compound, e.g. 'Li2ZrCl6'")
        return sorted(elements - {self.working_ion})


def near_polymorphs(electrolyte: Electrolyte) -> list[Phase]:
    """Polymorphs within ``NEAR`` of the lowest crystal of the electrolyte's composition."""
    lowest = min(phase.energy_per_atom for phase in (electrolyte.phase, *electrolyte.polymorphs))
    return [phase for phase in electrolyte.polymorphs if phase.energy_per_atom - lowest <= NEAR]


def chemical_system(
    entries: Sequence[ComputedStructureEntry] | CompetingPhasesDoc,
    working_ion: str,
    rules: VolumeRules,
    exclude_without_volume: bool,
) -> ChemicalSystem:
    """The phases of ``entries``, checked.

    Parameters
    ----------
    entries
        Of one level of theory, energies in eV and lengths in Angstrom; or the phases as a job hands them on.
    working_ion
        Symbol of the working ion, one of ``ION_CHARGES``.
    rules
        Whose volume counts.
    exclude_without_volume
        Leave out entries without crystal, and name them in the rules, instead of refusing them.

    Raises
    ------
    InputError
        An entry without crystal that is not excluded, a non-finite energy or volume, an element without reference, a
        working ion whose charge is not known.
    LevelOfTheoryError
        Entries of different, or unstated, levels of theory.
    """
    if working_ion not in ION_CHARGES:
        raise InputError(
            f"expected a working ion whose charge is known ({', '.join(ION_CHARGES)}), got {working_ion!r}"
            f"{did_you_mean(working_ion, ION_CHARGES)}"
        )
    excluded: list[str] = []
    if isinstance(entries, CompetingPhasesDoc):
        phases, level = order_phases(map(phase_from_record, entries.phases)), entries.level_of_theory
    else:
        kept = [entry for entry in entries if has_volume(entry) or not exclude_without_volume]
        phases, level = order_phases(map(phase_from_entry, kept)), common_level(list(entries))
        excluded = sorted(str(entry.entry_id) for entry in entries if not has_volume(entry))
    elements = sorted({element for phase in phases for element in phase.amounts} | {working_ion})
    return ChemicalSystem(
        phases=phases,
        working_ion=working_ion,
        references={element: find_lowest_element(phases, element) for element in elements},
        level_of_theory=level,
        rules=rules.model_copy(update={"excluded": excluded}),
    )
