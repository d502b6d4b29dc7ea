r"""Mechanically constrained phase diagrams.

An electrolyte in a stiff surrounding exchanges a working ion with a reservoir at the voltage :math:`\varphi` against
the ion's metal. Its decomposition into phases of amounts :math:`n_j`, zero-pressure volumes :math:`v_j`, energies
:math:`E_j` and ion contents :math:`a_j` costs the mechanical work of the volume change. In the linear functional
(Fitzhugh et al., Small 15, 1901470 (2019), doi:10.1002/smll.201901470; Gil-Gonzalez et al., Energy Storage Mater. 45,
484 (2022)),

.. math:: \min_{n \ge 0} \sum_j n_j (E_j - \mu^0 a_j + e\varphi a_j) + K_\mathrm{eff} \Big(\sum_j n_j v_j - V_0\Big)
   \quad\text{with the closed elements conserved},

a linear programme: the grand-potential hull with :math:`E_j + K_\mathrm{eff} v_j`. The minimum is concave and piecewise
linear in :math:`\varphi` and in :math:`K_\mathrm{eff}`, so every critical value is computed, none is scanned for.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from pymatgen.core import Composition
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import (
    ConstrictionDoc,
    ConstrictionSegment,
    DecompositionDoc,
    LevelOfTheory,
    PhaseAmount,
    ProductsDoc,
    ProductSegment,
    StabilityDoc,
    VoltageSegment,
    common_level,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.assemblage import NO_ELECTROLYTE, Candidates, FloatArray, Parametric, Stretch
from selflimit.phase_diagrams.decomposition import Reaction
from selflimit.phase_diagrams.phases import (
    Phase,
    lowest_element,
    parse_formula,
    phase_from_entry,
    stable_order,
)
from selflimit.units import GPA_ANGSTROM3_TO_EV

Range = tuple[float, float]

LARGEST_K_EFF = 50.0
"""Effective bulk modulus (GPa) up to which critical values are looked for: stiffer than any solid electrolyte."""


class ConstrainedPhaseDiagram:
    """Ground states of an electrolyte against voltage and effective bulk modulus.

    All entries compete, not only those on the hull of the unconstrained system: a dense polymorph above it can become
    stable under constriction. The electrolyte competes too. Its own row carries ``K_eff * V0`` like every phase, which
    the constant ``-K_eff * V0`` cancels: it keeps the mechanical work zero at every ``K_eff``.

    Volumes are zero-pressure volumes, because ``K_eff`` is a series modulus that already holds the material's own
    compliance. The ion reservoir's volume is not counted, and the ion's reference stays its unstressed lowest-energy
    metal. ``K_eff`` in the linear functional is an index of constriction, not an attained pressure.

    Exact ties (duplicates, a phase on a tie line) are settled in this order: at a critical voltage or modulus the
    assemblage on its upper side; the electrolyte before its decomposition; the smaller total volume; the phases in the
    order of formula, energy, volume, identifier. The order of the entries never matters. Of several entries with the
    electrolyte's formula the lowest in energy is the electrolyte, at equal energy the densest; the others compete.

    Parameters
    ----------
    entries
        Competing phases with their crystals, of one level of theory (``selflimit.documents.with_level``), at least one
        pure crystal of each element among them. Energies in eV, lengths in Angstrom.
    working_ion
        Symbol of the element exchanged with the reservoir.
    model
        Mechanical functional; ``"linear"`` is ``W = K_eff (V - V0)``.

    Raises
    ------
    InputError
        An entry without crystal, a non-finite energy or volume, an element without reference phase, an unknown model.
    LevelOfTheoryError
        Entries of different, or unstated, levels of theory.
    """

    def __init__(
        self,
        entries: Sequence[ComputedStructureEntry],
        working_ion: str = "Li",
        model: Literal["linear"] = "linear",
    ) -> None:
        if model != "linear":
            raise InputError(f"expected the mechanical functional 'linear', got {model!r}")
        self.model: Literal["linear"] = model
        self.working_ion = working_ion
        self.phases: tuple[Phase, ...] = stable_order(phase_from_entry(entry) for entry in entries)
        self.level_of_theory: LevelOfTheory = common_level(list(entries))
        elements = sorted({element for phase in self.phases for element in phase.amounts} | {working_ion})
        self.references: dict[str, Phase] = {element: lowest_element(self.phases, element) for element in elements}

    def products(self, composition: Composition | str, voltage: float, k_eff: float) -> DecompositionDoc:
        """Ground state of one electrolyte at one voltage and effective bulk modulus.

        Parameters
        ----------
        composition
            Formula of the electrolyte; any multiple of it means the same.
        voltage
            Voltage against the working ion's metal (V), >= 0.
        k_eff
            Effective bulk modulus (GPa), >= 0.

        Returns
        -------
        DecompositionDoc
            Products per formula unit, with the reaction energy (eV) and strain. A stable electrolyte is its own
            product, with energy and strain zero.

        Raises
        ------
        InputError
            Voltage or modulus negative or not finite; elements or formula of the electrolyte not among the entries.
        """
        _require_non_negative(voltage=voltage, k_eff=k_eff)
        candidates = self._candidates(composition)
        assemblage = self._over_voltage(candidates, k_eff).solve(voltage, candidates.references)
        reaction = Reaction(candidates, assemblage, self.working_ion)
        return DecompositionDoc(
            formula=candidates.phases[candidates.electrolyte].formula,
            working_ion=self.working_ion,
            voltage=voltage,
            k_eff=k_eff,
            products=reaction.products(),
            ion_uptake=reaction.ion_uptake,
            reaction=reaction.text(),
            reaction_energy=reaction.energy(voltage, k_eff),
            electrolyte_volume=reaction.electrolyte_volume,
            decomposition_volume=reaction.volume_change,
            reaction_strain=reaction.strain,
            level_of_theory=self.level_of_theory,
        )

    def profile(self, composition: Composition | str, k_eff: float, voltage_range: Range = (0.0, 5.0)) -> StabilityDoc:
        """All ground states of one electrolyte over a voltage range, with exact critical voltages.

        The stability window joins the segments whose only product has the electrolyte's own formula (itself or a
        denser polymorph of it); a limit equal to an end of ``voltage_range`` means the window reaches beyond.

        Parameters
        ----------
        composition
            Formula of the electrolyte.
        k_eff
            Effective bulk modulus (GPa), >= 0.
        voltage_range
            Lowest and highest voltage against the working ion's metal (V).

        Raises
        ------
        InputError
            As :meth:`products`; or the range is not increasing.
        """
        low, high = _increasing(voltage_range, "voltage_range (V)")
        _require_non_negative(voltage=low, k_eff=k_eff)
        candidates = self._candidates(composition)
        stretches = self._over_voltage(candidates, k_eff).stretches(low, high)
        stable = [s for s in stretches if self._reaction(candidates, s).keeps_formula]
        return StabilityDoc(
            formula=candidates.phases[candidates.electrolyte].formula,
            working_ion=self.working_ion,
            k_eff=k_eff,
            functional=self.model,
            electrolyte_volume=float(candidates.volume[candidates.electrolyte]),
            segments=[self._voltage_segment(candidates, stretch, k_eff) for stretch in stretches],
            stability_low=stable[0].low if stable else None,
            stability_high=stable[-1].high if stable else None,
            entries=[phase.entry_id for phase in self.phases],
            level_of_theory=self.level_of_theory,
        )

    def constriction_profile(
        self, composition: Composition | str, voltage: float, k_eff_range: Range = (0.0, 20.0)
    ) -> ConstrictionDoc:
        """All ground states at one voltage over a range of effective bulk moduli, with exact critical moduli.

        Parameters
        ----------
        composition
            Formula of the electrolyte.
        voltage
            Voltage against the working ion's metal (V), >= 0.
        k_eff_range
            Lowest and highest effective bulk modulus (GPa).

        Raises
        ------
        InputError
            As :meth:`products`; or the range is not increasing.
        """
        low, high = _increasing(k_eff_range, "k_eff_range (GPa)")
        _require_non_negative(voltage=voltage, k_eff=low)
        candidates = self._candidates(composition)
        at_zero = candidates.energy + voltage * candidates.ion
        stretches = Parametric(candidates, at_zero, GPA_ANGSTROM3_TO_EV * candidates.volume).stretches(low, high)
        return ConstrictionDoc(
            formula=candidates.phases[candidates.electrolyte].formula,
            working_ion=self.working_ion,
            voltage=voltage,
            functional=self.model,
            electrolyte_volume=float(candidates.volume[candidates.electrolyte]),
            segments=[self._constriction_segment(candidates, stretch, voltage) for stretch in stretches],
            entries=[phase.entry_id for phase in self.phases],
            level_of_theory=self.level_of_theory,
        )

    def critical_k_eff(
        self, composition: Composition | str, voltage: float, k_eff_range: Range = (0.0, LARGEST_K_EFF)
    ) -> float | None:
        """Effective bulk modulus K* (GPa) at which the products first change their formulas as it rises.

        A change of polymorph alone (wurtzite to rocksalt LiCl) does not count; :meth:`constriction_profile` lists it.
        ``None``: the products stay the same over ``k_eff_range``. Parameters and errors as there.
        """
        segments = self.constriction_profile(composition, voltage, k_eff_range).segments
        return _first_change([(segment.k_eff_low, segment.products) for segment in segments])

    def hull_products(
        self, composition: Composition | str, k_eff: float, voltage_range: Range = (0.0, 5.0), volumes: str = "PBE"
    ) -> ProductsDoc:
        """Ground-state products of a composition that has no entry of its own.

        What its elements would form: the products that an electrolyte of this composition would have if it reacts.
        Reaction energies and strains need the electrolyte's own energy and volume and are not given.

        Parameters
        ----------
        composition
            Formula of the electrolyte.
        k_eff
            Effective bulk modulus (GPa), >= 0.
        voltage_range
            Lowest and highest voltage against the working ion's metal (V).
        volumes
            Where the volumes of the entries come from, for the document.

        Raises
        ------
        InputError
            As :meth:`profile`.
        """
        low, high = _increasing(voltage_range, "voltage_range (V)")
        _require_non_negative(voltage=low, k_eff=k_eff)
        candidates = self._candidates(composition, competes=False)
        at_zero = candidates.energy + low * candidates.ion
        over_k = Parametric(candidates, at_zero, GPA_ANGSTROM3_TO_EV * candidates.volume).stretches(0.0, LARGEST_K_EFF)
        return ProductsDoc(
            formula=parse_formula(composition).reduced_formula,
            working_ion=self.working_ion,
            k_eff=k_eff,
            volumes=volumes,
            segments=[
                ProductSegment(
                    voltage_low=stretch.low,
                    voltage_high=stretch.high,
                    products=self._reaction(candidates, stretch).products(),
                )
                for stretch in self._over_voltage(candidates, k_eff).stretches(low, high)
            ],
            critical_k_eff=_first_change([(s.low, self._reaction(candidates, s).products()) for s in over_k]),
            entries=[phase.entry_id for phase in self.phases],
            level_of_theory=self.level_of_theory,
        )

    def _candidates(self, composition: Composition | str, competes: bool = True) -> Candidates:
        """Phases within the electrolyte's elements and the working ion, as arrays; with its own if it ``competes``."""
        unit = parse_formula(composition)
        elements = {element.symbol for element in unit}
        self._require_known(elements)
        closed = sorted(elements - {self.working_ion})
        if not closed:
            raise InputError(f"{unit.reduced_formula} is the working ion alone; give a compound, e.g. 'Li2ZrCl6'")
        phases = tuple(p for p in self.phases if closed_part(p, closed) and p.amounts.keys() <= {*elements, *self._ion})
        electrolyte = self._own_phase(phases, unit.reduced_formula) if competes else NO_ELECTROLYTE
        demand = phases[electrolyte].amounts if competes else {e.symbol: float(n) for e, n in unit.items()}
        return Candidates(
            phases=phases,
            balance=np.array([[p.amounts.get(e, 0.0) for p in phases] for e in closed]),
            demand=np.array([demand[e] for e in closed]),
            energy=np.array([self._formation_energy(p) for p in phases]),
            ion=np.array([p.amounts.get(self.working_ion, 0.0) for p in phases]),
            volume=np.array([p.volume for p in phases]),
            electrolyte=electrolyte,
            references=tuple(phases.index(self.references[e]) for e in closed),
        )

    @property
    def _ion(self) -> set[str]:
        return {self.working_ion}

    def _require_known(self, elements: set[str]) -> None:
        unknown = elements - self.references.keys()
        if unknown:
            raise InputError(
                f"no entries for {', '.join(sorted(unknown))}: the entries cover {'-'.join(sorted(self.references))}; "
                "add the competing phases of the missing elements"
            )

    def _own_phase(self, phases: tuple[Phase, ...], formula: str) -> int:
        own = [index for index, phase in enumerate(phases) if phase.formula == formula]
        if not own:
            raise InputError(
                f"no entry for {formula} itself, whose energy and volume V0 are needed; relax a crystal of it at the "
                f"same level of theory ({self.level_of_theory.label}) and add RelaxationDoc.entry() to the entries"
            )
        return own[0]  # in stable order: the lowest in energy, then the densest

    def _formation_energy(self, phase: Phase) -> float:
        """Energy from the elemental references (eV/fu)."""
        return phase.energy - sum(n * self.references[e].energy_per_atom for e, n in phase.amounts.items())

    def _over_voltage(self, candidates: Candidates, k_eff: float) -> Parametric:
        at_zero: FloatArray = candidates.energy + k_eff * GPA_ANGSTROM3_TO_EV * candidates.volume
        return Parametric(candidates, at_zero, candidates.ion)

    def _reaction(self, candidates: Candidates, stretch: Stretch) -> Reaction:
        return Reaction(candidates, stretch.assemblage, self.working_ion)

    def _voltage_segment(self, candidates: Candidates, stretch: Stretch, k_eff: float) -> VoltageSegment:
        reaction = self._reaction(candidates, stretch)
        return VoltageSegment(
            voltage_low=stretch.low,
            voltage_high=stretch.high,
            products=reaction.products(),
            ion_uptake=reaction.ion_uptake,
            reaction=reaction.text(),
            reaction_energy_low=reaction.energy(stretch.low, k_eff),
            reaction_energy_high=reaction.energy(stretch.high, k_eff),
            decomposition_volume=reaction.volume_change,
            reaction_strain=reaction.strain,
        )

    def _constriction_segment(self, candidates: Candidates, stretch: Stretch, voltage: float) -> ConstrictionSegment:
        reaction = self._reaction(candidates, stretch)
        return ConstrictionSegment(
            k_eff_low=stretch.low,
            k_eff_high=stretch.high,
            products=reaction.products(),
            ion_uptake=reaction.ion_uptake,
            reaction=reaction.text(),
            reaction_energy_low=reaction.energy(voltage, stretch.low),
            reaction_energy_high=reaction.energy(voltage, stretch.high),
            decomposition_volume=reaction.volume_change,
            reaction_strain=reaction.strain,
        )


def _first_change(segments: list[tuple[float, list[PhaseAmount]]]) -> float | None:
    """Where the formulas of the products first differ from those of the first segment; None: nowhere."""
    formulas = [(begin, {product.formula for product in products}) for begin, products in segments]
    return next((begin for begin, found in formulas if found != formulas[0][1]), None)


def closed_part(phase: Phase, closed: Sequence[str]) -> bool:
    """Whether the phase holds any closed element (the working ion's metal is the reservoir, not a product)."""
    return any(element in phase.amounts for element in closed)


def _require_non_negative(**values: float) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            unit = "GPa" if name == "k_eff" else "V; below 0 V the ion's metal plates"
            raise InputError(f"expected a finite {name} >= 0, got {value} {unit}; give a value of at least 0")


def _increasing(limits: Range, name: str) -> Range:
    low, high = limits
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"expected {name} as (low, high) with low < high, got {limits}")
    return float(low), float(high)
