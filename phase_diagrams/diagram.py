r"""Mechanically constrained phase diagrams.

An electrolyte in a stiff surrounding exchanges a working ion with a reservoir at the voltage :math:`\varphi` against
the ion's metal. Its decomposition into phases of amounts :math:`n_j`, zero-pressure volumes :math:`v_j`, energies
:math:`E_j` and ion contents :math:`a_j` costs the mechanical work W of the volume change,

.. math:: \min_{n \ge 0} \sum_j n_j (E_j - \mu^0 a_j + e\varphi a_j) + W, \qquad V = \sum_j n_j v_j,
   \quad\text{with the closed elements conserved.}

The linear functional (Fitzhugh et al., Small 15, 1901470 (2019), doi:10.1002/smll.201901470; Gil-Gonzalez et al.,
Energy Storage Mater. 45, 484 (2022)) has :math:`W = K_\mathrm{eff} (V - V_0)`: a linear programme, the grand-potential
hull with :math:`E_j + K_\mathrm{eff} v_j`. Its minimum is concave and piecewise linear in :math:`\varphi` and in
:math:`K_\mathrm{eff}`, so every critical value is computed, none is scanned for. The elastic functionals have
:math:`W = K_\mathrm{eff} (V - V_0)^2 / 2 V_0`; see :mod:`~selflimit.phase_diagrams.functionals.elastic`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from pymatgen.core import Composition
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import (
    BulkModulus,
    ConstrictionDoc,
    DecompositionDoc,
    Functional,
    LevelOfTheory,
    PhaseAmount,
    PredominanceDoc,
    ProductsDoc,
    ProductSegment,
    StabilityDoc,
    VolumeRules,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.checks import Range, increasing, require_non_negative, require_one_of
from selflimit.phase_diagrams.chemical_system import ChemicalSystem, Electrolyte, chemical_system
from selflimit.phase_diagrams.functionals.functionals import (
    candidates_under,
    coexisting,
    constriction_of,
    constriction_segment,
    over_k_eff,
    over_voltage,
    voltage_segment,
    window_without_decomposition,
)
from selflimit.phase_diagrams.functionals.map_records import boundary_records, junction_records, region_records
from selflimit.phase_diagrams.linear_programme import Candidates, Stretch
from selflimit.phase_diagrams.phases import Phase, parse_formula
from selflimit.phase_diagrams.reaction import product_amounts

LARGEST_K_EFF = 50.0
"""Effective bulk modulus (GPa) up to which critical values are looked for: stiffer than any solid electrolyte."""
VOLTAGE_RANGE: Range = (0.0, 6.0)
"""Voltages (V) looked at by default: from the metal to beyond every oxidation limit."""


class ConstrainedPhaseDiagram:
    """Ground states of an electrolyte against voltage and effective bulk modulus.

    All entries compete, not only those on the hull of the unconstrained system: a dense polymorph above it can become
    stable under constriction. The electrolyte competes too (not in the ``"inclusion"`` functional). In the linear
    functional its own row carries ``K_eff * V0`` like every phase, which the constant ``-K_eff * V0`` cancels: it keeps
    the mechanical work zero at every ``K_eff``.

    Volumes are zero-pressure volumes, because ``K_eff`` is a series modulus that already holds the material's own
    compliance. The ion's reference stays its unstressed lowest-energy metal. ``K_eff`` in the linear functional is an
    index of constriction, not an attained pressure.

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
        Mechanical functional: ``"linear"``, ``W = K_eff (V - V0)``; ``"elastic"``, ``W = K_eff (V - V0)^2 / (2 V0)``;
        ``"inclusion"``, the elastic one without the electrolyte's formula among the products (a grain decomposes as a
        whole or not at all).
    ion_volume
        ``"none"``: ions in the reservoir have no volume. ``"released"``: each counts in V with the volume of its metal.
    gases
        ``"solid"``: gases at 298 K and 1 bar (``selflimit.phase_diagrams.phases.GASES``) stay confined in the volume of
        their entry's crystal. ``"released"``: they escape and do no mechanical work.
    without_volume
        ``"refuse"`` or ``"exclude"`` entries that have no crystal; the excluded ones are named on every document.
    bulk_moduli
        Entry identifier -> bulk modulus of every competing phase: volumes then depend on the pressure (Murnaghan), and
        ``K_eff`` is the modulus of the surrounding alone. Elastic functionals only: the linear one has no pressure.

    Raises
    ------
    InputError
        An entry without crystal, a non-finite energy or volume, an element without reference phase, an unknown option.
    LevelOfTheoryError
        Entries of different, or unstated, levels of theory.
    """

    def __init__(
        self,
        entries: Sequence[ComputedStructureEntry],
        working_ion: str = "Li",
        model: Functional = "linear",
        ion_volume: Literal["none", "released"] = "none",
        gases: Literal["solid", "released"] = "solid",
        without_volume: Literal["refuse", "exclude"] = "refuse",
        bulk_moduli: Mapping[str, BulkModulus] | None = None,
    ) -> None:
        require_one_of("the mechanical functional", model, get_args(Functional))
        require_one_of("ion_volume", ion_volume, ("none", "released"))
        require_one_of("gases", gases, ("solid", "released"))
        require_one_of("without_volume", without_volume, ("refuse", "exclude"))
        if bulk_moduli and model == "linear":
            raise InputError(
                "expected no bulk moduli with the linear functional: it has no pressure, and K_eff already holds the "
                "material's compliance; use model='elastic'"
            )
        rules = VolumeRules(ion_volume=ion_volume, gases=gases, bulk_moduli=dict(bulk_moduli or {}))
        self.model: Functional = model
        self.system: ChemicalSystem = chemical_system(entries, working_ion, rules, without_volume == "exclude")

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
            product, with energy and strain zero. With the ``"inclusion"`` functional the products are always those of
            the full decomposition, which happens where the reaction energy is negative.

        Raises
        ------
        InputError
            Voltage or modulus negative or not finite; elements or formula of the electrolyte not among the entries; a
            competing phase without bulk modulus, where some have one.
        """
        require_non_negative(voltage=voltage, k_eff=k_eff)
        electrolyte, constriction = constriction_of(self.system, self.model, composition, k_eff)
        found = constriction.at(voltage)
        grand_potential = found.reaction.grand_potential(voltage, found.energy)
        return DecompositionDoc(
            **self._shared(electrolyte),
            voltage=voltage,
            k_eff=k_eff,
            products=found.reaction.products(),
            ion_uptake=found.reaction.ion_uptake,
            reaction=found.reaction.text(),
            reaction_energy=found.energy,
            reaction_energy_per_atom=found.energy / electrolyte.atoms,
            grand_potential=grand_potential,
            grand_potential_per_atom=grand_potential / electrolyte.atoms,
            pressure=found.pressure,
            coexisting=coexisting(found, found),
            decomposition_volume=found.reaction.volume_change,
            reaction_strain=found.reaction.strain,
        )

    def profile(
        self, composition: Composition | str, k_eff: float, voltage_range: Range = VOLTAGE_RANGE
    ) -> StabilityDoc:
        """All ground states of one electrolyte over a voltage range, with exact critical voltages.

        The stability window joins the segments whose only product has the electrolyte's own formula (itself or a
        denser polymorph of it); with the ``"inclusion"`` functional it is where full decomposition gains no energy. A
        limit equal to an end of ``voltage_range`` means the window reaches beyond.

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
        low, high = increasing(voltage_range, "voltage_range (V)")
        require_non_negative(voltage=low, k_eff=k_eff)
        electrolyte, constriction = constriction_of(self.system, self.model, composition, k_eff)
        found = constriction.segments(low, high)
        stable = [(first.voltage, last.voltage) for first, middle, last in found if middle.reaction.keeps_formula]
        window = (stable[0][0], stable[-1][1]) if stable else None
        if self.model == "inclusion":
            window = window_without_decomposition(constriction.at, low, high)
        return StabilityDoc(
            **self._shared(electrolyte),
            k_eff=k_eff,
            segments=[voltage_segment(*outcomes) for outcomes in found],
            stability_low=window[0] if window else None,
            stability_high=window[1] if window else None,
            entries=self._entry_ids,
        )

    def predominance(
        self,
        composition: Composition | str,
        voltage_range: Range = VOLTAGE_RANGE,
        k_eff_range: Range = (0.0, 20.0),
    ) -> PredominanceDoc:
        """The map of all ground states over voltage and effective bulk modulus.

        Exact for the linear functional and the elastic one of rigid phases. Borders are curved with compressible phases
        and at the limit of an inclusion, which stays whole beyond it: they are traced to 1e-6 V in straight pieces.

        Parameters
        ----------
        composition
            Formula of the electrolyte.
        voltage_range
            Lowest and highest voltage against the working ion's metal (V).
        k_eff_range
            Lowest and highest effective bulk modulus (GPa).

        Returns
        -------
        PredominanceDoc
            Regions that cover the rectangle, with products and reactions; borders with equations; triple points.

        Raises
        ------
        InputError
            As :meth:`profile`; or compressible phases under a tension that none of them bears.
        """
        voltages = increasing(voltage_range, "voltage_range (V)")
        k_effs = increasing(k_eff_range, "k_eff_range (GPa)")
        require_non_negative(voltage=voltages[0], k_eff=k_effs[0])
        electrolyte, constriction = constriction_of(self.system, self.model, composition, k_effs[1])
        tiling = constriction.tiling(voltages, k_effs)
        candidates = candidates_under(self.system, self.model, electrolyte)
        return PredominanceDoc(
            **self._shared(electrolyte),
            voltage_range=voltages,
            k_eff_range=k_effs,
            regions=region_records(tiling, constriction),
            boundaries=boundary_records(tiling, candidates, self.model),
            triple_points=junction_records(tiling),
            entries=self._entry_ids,
        )

    def constriction_profile(
        self, composition: Composition | str, voltage: float, k_eff_range: Range = (0.0, 20.0)
    ) -> ConstrictionDoc:
        """All ground states at one voltage over a range of effective bulk moduli, with exact critical moduli.

        Where two assemblages coexist (elastic functionals), the products are those in the middle of the segment.
        Of an inclusion that gains nothing by decomposition, the product is the electrolyte itself.

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
        low, high = increasing(k_eff_range, "k_eff_range (GPa)")
        require_non_negative(voltage=voltage, k_eff=low)
        electrolyte, constriction = constriction_of(self.system, self.model, composition, high)
        return ConstrictionDoc(
            **self._shared(electrolyte),
            voltage=voltage,
            segments=[constriction_segment(*outcomes) for outcomes in constriction.moduli(voltage, low, high)],
            entries=self._entry_ids,
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
        self, composition: Composition | str, k_eff: float, voltage_range: Range = VOLTAGE_RANGE, volumes: str = "PBE"
    ) -> ProductsDoc:
        """Ground-state products of a composition that has no entry of its own.

        They are those of an electrolyte of this composition if it reacts. Reaction energies and strains need the
        electrolyte's own energy and volume and are not given.

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
            As :meth:`profile`; or an elastic functional, which needs V0.
        """
        low, high = increasing(voltage_range, "voltage_range (V)")
        require_non_negative(voltage=low, k_eff=k_eff)
        self._require_linear("hull_products")
        candidates = self.system.competitors(composition)
        stretches = over_voltage(candidates, k_eff).stretches(low, high)
        over_k = over_k_eff(candidates, low).stretches(0.0, LARGEST_K_EFF)
        return ProductsDoc(
            formula=parse_formula(composition).reduced_formula,
            working_ion=self.working_ion,
            k_eff=k_eff,
            volumes=volumes,
            segments=[
                ProductSegment(voltage_low=s.low, voltage_high=s.high, products=_products(candidates, s))
                for s in stretches
            ],
            critical_k_eff=_first_change([(s.low, _products(candidates, s)) for s in over_k]),
            entries=self._entry_ids,
            rules=self.system.rules,
            level_of_theory=self.system.level_of_theory,
        )

    @property
    def working_ion(self) -> str:
        """Symbol of the exchanged element."""
        return self.system.working_ion

    @property
    def phases(self) -> tuple[Phase, ...]:
        """All phases, per formula unit, in stable order."""
        return self.system.phases

    @property
    def references(self) -> dict[str, Phase]:
        """Element symbol -> lowest-energy pure phase."""
        return self.system.references

    @property
    def level_of_theory(self) -> LevelOfTheory:
        """Of all entries."""
        return self.system.level_of_theory

    @property
    def _entry_ids(self) -> list[str]:
        return [phase.entry_id for phase in self.system.phases]

    def _shared(self, electrolyte: Electrolyte) -> dict[str, Any]:
        """The fields that every document of an electrolyte has."""
        return {
            "formula": electrolyte.formula,
            "working_ion": self.working_ion,
            "functional": self.model,
            "electrolyte_volume": electrolyte.volume,
            "rules": self.system.rules,
            "level_of_theory": self.system.level_of_theory,
        }

    def _require_linear(self, name: str) -> None:
        if self.model != "linear":
            raise InputError(
                f"{name} is for the linear functional, this diagram is {self.model!r}; use profile or predominance"
            )


def _products(candidates: Candidates, stretch: Stretch) -> list[PhaseAmount]:
    return product_amounts(candidates, tuple(stretch.assemblage.present()))


def _first_change(segments: list[tuple[float, list[PhaseAmount]]]) -> float | None:
    """Where the formulas of the products first differ from those of the first segment; None: nowhere."""
    formulas = [(begin, {product.formula for product in products}) for begin, products in segments]
    return next((begin for begin, found in formulas if found != formulas[0][1]), None)
