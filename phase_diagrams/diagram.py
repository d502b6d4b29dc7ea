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
:math:`W = K_\mathrm{eff} (V - V_0)^2 / 2 V_0`; see :mod:`~selflimit.phase_diagrams.functionals.pressure_balance`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

from pymatgen.core import Composition
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import (
    BulkModulus,
    CompetingPhasesDoc,
    ConstrictionDoc,
    DecompositionDoc,
    IonVolume,
    LevelOfTheory,
    PhaseAmount,
    PredominanceDoc,
    ProductsDoc,
    ProductSegment,
    StabilityDoc,
    VolumeRules,
)
from selflimit.documents.pictures import load_drawing
from selflimit.errors import InputError
from selflimit.phase_diagrams.checks import Range, require_one_of, require_quantities, require_range
from selflimit.phase_diagrams.chemical_system import Electrolyte, chemical_system
from selflimit.phase_diagrams.functionals import records
from selflimit.phase_diagrams.functionals.constriction import constrict_electrolyte, find_window, strain_range
from selflimit.phase_diagrams.functionals.linear import vary_k_eff, vary_voltage
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.linear_programme import Assemblage
from selflimit.phase_diagrams.phases import Phase, parse_formula
from selflimit.phase_diagrams.reaction import find_first_change, product_amounts
from selflimit.phase_diagrams.stretches import Stretch
from selflimit.templates import templates_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LARGEST_K_EFF = 50.0
"""Effective bulk modulus (GPa) up to which critical values are looked for: stiffer than any solid electrolyte."""
VOLTAGE_RANGE: Range = (0.0, 6.0)
"""Voltages (V) looked at by default: from the metal to beyond every oxidation limit."""


class ConstrainedPhaseDiagram:
    """Ground states of an electrolyte against voltage and effective bulk modulus.

    All entries compete, not only those on the hull of the unconstrained system: a dense polymorph above it can become
    stable under constriction. The electrolyte competes too (not in the ``"inclusion"`` functional): its own row carries
    ``K_eff * V0`` like every phase, which the constant ``-K_eff * V0`` cancels.

    Volumes are those at zero pressure: ``K_eff`` is a series modulus that holds the material's own compliance. In the
    linear functional it is an index of constriction, not an attained pressure.

    Exact ties (duplicates, a phase on a tie line) are settled in this order: at a critical voltage or modulus the
    assemblage on its upper side; the electrolyte before its decomposition; the smaller total volume; the phases in the
    order of formula, energy, volume, identifier. The order of the entries never matters. Of several entries with the
    electrolyte's formula the electrolyte is the one marked by ``as_electrolyte``, else the lowest in energy, at equal
    energy the densest; the others compete. Documents name its entry and the distances of the others.

    >>> from selflimit.phase_diagrams import electrolyte_entries
    >>> diagram = ConstrainedPhaseDiagram(electrolyte_entries(["Li2ZrCl6"], source="force-field").entries)
    >>> diagram.products("Li2ZrCl6", voltage=0.0, k_eff=0.0).reaction
    'Li2ZrCl6 + 4 Li -> 6 LiCl + Zr'
    >>> round(diagram.critical_k_eff("Li2ZrCl6", voltage=0.0), 1)
    18.1

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
        Which exchanged ions count in V, with the volume of their metal. ``"expelled"``: those that leave the
        electrolyte. ``"none"``. ``"released"``: those that leave; those that are taken up are subtracted.
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
        entries: Sequence[ComputedStructureEntry] | CompetingPhasesDoc,
        working_ion: str = "Li",
        model: str = "linear",
        ion_volume: IonVolume = "expelled",
        gases: Literal["solid", "released"] = "solid",
        without_volume: Literal["refuse", "exclude"] = "refuse",
        bulk_moduli: Mapping[str, BulkModulus] | None = None,
    ) -> None:
        require_one_of("ion_volume", ion_volume, get_args(IonVolume))
        require_one_of("gases", gases, ("solid", "released"))
        require_one_of("without_volume", without_volume, ("refuse", "exclude"))
        self.functional = find_functional(model)
        if bulk_moduli and not self.functional.has_pressure:
            raise InputError(
                f"expected no bulk moduli with the {model} functional: it has no pressure, and K_eff already holds the "
                "material's compliance; use model='elastic'"
            )
        rules = VolumeRules(ion_volume=ion_volume, gases=gases, bulk_moduli=dict(bulk_moduli or {}))
        self.system = chemical_system(entries, working_ion, rules, without_volume == "exclude")

    def products(self, composition: Composition | str, voltage: float, k_eff: float) -> DecompositionDoc:
        """Ground state of one electrolyte at one voltage and effective bulk modulus, with energy (eV) and strain.

        A stable electrolyte is its own product, with energy and strain zero. With the ``"inclusion"`` functional the
        products are always those of the full decomposition, which happens where the reaction energy is negative.

        Parameters
        ----------
        composition
            Formula of the electrolyte; any multiple of it means the same.
        voltage
            Voltage against the working ion's metal (V), >= 0.
        k_eff
            Effective bulk modulus (GPa), >= 0.

        Raises
        ------
        InputError
            Voltage or modulus negative or not finite; elements or formula of the electrolyte not among the entries; a
            competing phase without bulk modulus, where some have one.
        """
        require_quantities(voltage=voltage, k_eff=k_eff)
        electrolyte, constriction = constrict_electrolyte(self.system, self.functional, composition, k_eff)
        found = constriction.at(voltage)
        strains = strain_range(self.system, self.functional, electrolyte, found)
        return records.record_decomposition(found, strains, self._shared(electrolyte))

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
        low, high = require_range(voltage_range, "voltage_range")
        require_quantities(k_eff=k_eff)
        electrolyte, constriction = constrict_electrolyte(self.system, self.functional, composition, k_eff)
        found = constriction.segments(low, high)
        window = find_window(self.functional, constriction, found) or (None, None)
        ranges = partial(strain_range, self.system, self.functional, electrolyte)
        return StabilityDoc(
            **self._shared(electrolyte),
            k_eff=k_eff,
            segments=[records.record_voltages(*course, ranges) for course in found],
            stability_low=window[0],
            stability_high=window[1],
            entries=self.system.entry_ids,
        )

    def predominance(
        self,
        composition: Composition | str,
        voltage_range: Range = VOLTAGE_RANGE,
        k_eff_range: Range = (0.0, 20.0),
    ) -> PredominanceDoc:
        """The map of all ground states over voltage and effective bulk modulus, in regions that cover the rectangle.

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

        Raises
        ------
        InputError
            As :meth:`profile`; or compressible phases under a tension that none of them bears.
        """
        voltages, k_effs = require_range(voltage_range, "voltage_range"), require_range(k_eff_range, "k_eff_range")
        electrolyte, constriction = constrict_electrolyte(self.system, self.functional, composition, k_effs[1])
        return PredominanceDoc(
            **self._shared(electrolyte),
            voltage_range=voltages,
            k_eff_range=k_effs,
            **records.record_map(constriction, constriction.tiling(voltages, k_effs), self.functional.is_linear),
            entries=self.system.entry_ids,
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
        low, high = require_range(k_eff_range, "k_eff_range")
        require_quantities(voltage=voltage)
        electrolyte, constriction = constrict_electrolyte(self.system, self.functional, composition, high)
        return ConstrictionDoc(
            **self._shared(electrolyte),
            voltage=voltage,
            segments=[records.record_moduli(*course) for course in constriction.moduli(voltage, low, high)],
            entries=self.system.entry_ids,
        )

    def critical_k_eff(
        self, composition: Composition | str, voltage: float, k_eff_range: Range = (0.0, LARGEST_K_EFF)
    ) -> float | None:
        """Effective bulk modulus K* (GPa) at which the products first change their formulas as it rises.

        A change of polymorph alone (wurtzite to rocksalt LiCl) does not count; :meth:`constriction_profile` lists it.
        ``None``: the products stay the same over ``k_eff_range``. Parameters and errors as there.
        """
        segments = self.constriction_profile(composition, voltage, k_eff_range).segments
        return find_first_change([(segment.k_eff_low, segment.products) for segment in segments])

    def hull_products(
        self, composition: Composition | str, k_eff: float, voltage_range: Range = VOLTAGE_RANGE, volumes: str = "PBE"
    ) -> ProductsDoc:
        """Ground-state products of a composition that has no entry of its own, if it reacts.

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
            As :meth:`profile`; or an elastic functional, which needs V0.
        """
        low, high = require_range(voltage_range, "voltage_range")
        require_quantities(k_eff=k_eff)
        if not self.functional.is_linear:
            raise InputError(
                f"hull_products is for the linear functional, this diagram is {self.functional.name!r}; use profile or "
                "predominance"
            )
        candidates = self.system.competitors(composition)

        def products(part: Stretch[Assemblage]) -> list[PhaseAmount]:
            return product_amounts(candidates, tuple(part.state.present()))

        stretches = vary_voltage(candidates, k_eff).stretches(low, high)
        over_k = vary_k_eff(candidates, low).stretches(0.0, LARGEST_K_EFF)
        return ProductsDoc(
            formula=parse_formula(composition).reduced_formula,
            working_ion=self.working_ion,
            k_eff=k_eff,
            volumes=volumes,
            segments=[ProductSegment(voltage_low=s.low, voltage_high=s.high, products=products(s)) for s in stretches],
            critical_k_eff=find_first_change([(s.low, products(s)) for s in over_k]),
            entries=self.system.entry_ids,
            rules=self.system.rules,
            level_of_theory=self.system.level_of_theory,
        )

    def plot(
        self,
        composition: Composition | str,
        k_effs: Sequence[float] = (0.0, 5.0, 10.0, 15.0),
        voltage_range: Range = VOLTAGE_RANGE,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw the decomposition products of an electrolyte against voltage, one lane for each modulus.

        Parameters
        ----------
        composition
            Formula of the electrolyte.
        k_effs
            Effective bulk moduli (GPa).
        voltage_range
            Lowest and highest voltage against the working ion's metal (V).
        ax
            Axes to draw on, at least 7 inches wide; None: those of a figure of their own.

        Raises
        ------
        InputError
            As :meth:`profile`.
        MissingDependencyError
            The plotting library is not installed.
        """
        draw = load_drawing("selflimit.phase_diagrams.pictures.default_pictures:draw_profiles")
        return draw([self.profile(composition, k_eff, voltage_range) for k_eff in k_effs], ax)

    @property
    def working_ion(self) -> str:
        """Symbol of the exchanged element."""
        return self.system.working_ion

    @property
    def phases(self) -> tuple[Phase, ...]:
        """All phases, per formula unit, in stable order."""
        return self.system.phases

    @property
    def level_of_theory(self) -> LevelOfTheory:
        """The level of theory of all entries."""
        return self.system.level_of_theory

    def __repr__(self) -> str:
        return "\n".join([self._title(), *(f"  {name:16}{text}" for name, text in self._rows())])

    def _repr_html_(self) -> str:
        template = templates_of("selflimit.documents").get_template("summary.html")
        return template.render(title=self._title(), rows=self._rows())

    def _title(self) -> str:
        return f"ConstrainedPhaseDiagram of {'-'.join(self.system.elements)}: {len(self.phases)} entries"

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("working ion", self.working_ion),
            ("functional", f"{self.functional.name}: {self.functional.work}"),
            ("volumes", self.system.volumes_text),
            ("level of theory", self.level_of_theory.label),
        ]

    def _shared(self, electrolyte: Electrolyte) -> dict[str, Any]:
        """The fields that every document of an electrolyte has."""
        return {
            "working_ion": self.working_ion,
            "functional": self.functional.name,
            **records.record_crystals(electrolyte),
            "rules": self.system.rules,
            "level_of_theory": self.system.level_of_theory,
        }
