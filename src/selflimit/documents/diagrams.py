"""Documents of the constrained phase diagrams."""

from typing import Literal

from pydantic import Field

from selflimit.documents.records import Document, LevelOfTheory, Record

Functional = str
"""Name of a mechanical functional; :mod:`selflimit.phase_diagrams.functionals.registry` lists them."""
FUNCTIONAL_TEXT = (
    "Mechanical functional, by its name in selflimit.phase_diagrams.functionals.registry: 'linear' is "
    "W = K_eff (V - V0), 'elastic' is W = K_eff (V - V0)^2 / (2 V0), 'inclusion' the elastic one with the electrolyte "
    "itself excluded from the products"
)
STRAIN_TEXT = "dV/V0, dimensionless; which volumes count is stated in 'rules'"
STRAIN_RANGE_TEXT = (
    "Lowest and highest reaction strain over polymorphs within 10 meV/atom: of the electrolyte in the place of its own "
    "crystal, and of each product, work included, in the place of the one that forms; dimensionless; None: unknown"
)
PRESSURE_TEXT = "Self-consistent pressure p = K_eff (V - V0)/V0 (GPa); None: the linear functional has no pressure"


IonVolume = Literal["expelled", "none", "released"]
"""Rules for the volume of the ions that are exchanged with the reservoir."""


class BulkModulus(Record):
    """Compressibility of one phase."""

    modulus: float = Field(gt=0, description="Isothermal bulk modulus at zero pressure (GPa)")
    derivative: float = Field(4.0, gt=1, description="Its pressure derivative, dimensionless")
    source: str = Field(min_length=1, description="Where the numbers come from")


class VolumeRules(Record):
    """Whose volume counts in the mechanical work, and which entries were left out."""

    ion_volume: IonVolume = Field(
        "expelled",
        description="Volume of the ions exchanged with the reservoir, as their metal: 'expelled', those that leave the "
        "electrolyte count, those taken up do not; 'none'; 'released', those that leave add it and those taken up "
        "remove it",
    )
    gases: Literal["solid", "released"] = Field(
        "solid",
        description="Phases that are gases at 298 K and 1 bar: 'solid', confined in their entry's crystal volume; "
        "'released', they escape and do no mechanical work",
    )
    excluded: list[str] = Field(
        default_factory=list, description="Identifiers of entries left out because they have no crystal, so no volume"
    )
    bulk_moduli: dict[str, BulkModulus] = Field(
        default_factory=dict,
        description="Entry identifier -> compressibility; empty: volumes do not depend on pressure",
    )


class PhaseAmount(Record):
    """One product phase and how much of it forms."""

    formula: str = Field(description="Reduced formula of the phase")
    entry_id: str = Field(description="Identifier of the entry, e.g. 'mp-22905'")
    amount: float = Field(ge=0, description="Reduced formula units per formula unit of the electrolyte")
    volume: float = Field(gt=0, description="Volume per reduced formula unit of the phase (Angstrom^3)")


class Conduction(Record):
    """Whether electrons pass through the products of a reaction, which decides whether it goes on."""

    character: Literal["mixed conductor", "insulating", "unknown"] = Field(
        description="'mixed conductor': one of the products conducts electrons, so the reaction need not stop; "
        "'insulating': none does, the products passivate; 'unknown': the band gap of a product is not known, and none "
        "of the others conducts"
    )
    conducting: list[str] = Field(description="Reduced formulas of the products that conduct electrons")
    unknown: list[str] = Field(description="Reduced formulas of the products whose band gap is not known")
    conducting_share: float = Field(
        ge=0, le=1, description="Volume of the conducting products over that of all products, dimensionless"
    )
    gaps: dict[str, float] = Field(description="Reduced formula -> band gap (eV), 0: metallic; those that are known")
    sources: dict[str, str] = Field(description="Reduced formula -> where its band gap comes from")


class CoexistingAssemblage(Record):
    """One of two assemblages that share the electrolyte's grain at one pressure."""

    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit that decomposes this way")
    reaction: str = Field(description="Balanced reaction per formula unit that decomposes this way")
    share_low: float = Field(description="Share of the electrolyte that decomposes this way at voltage_low, 0 to 1")
    share_high: float = Field(description="The same at voltage_high")


class FormedProducts(Record):
    """What forms from one formula unit of an electrolyte."""

    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the electrolyte")
    ion_uptake: float = Field(description="Working ions taken up per formula unit (negative: released)")
    reaction: str = Field(description="Balanced reaction per formula unit")
    decomposition_volume: float = Field(description="dV = sum n_j v_j - V0 (Angstrom^3 per formula unit)")
    reaction_strain: float = Field(description=STRAIN_TEXT)
    strain_range: tuple[float, float] | None = Field(None, description=STRAIN_RANGE_TEXT)
    conduction: Conduction | None = Field(
        None, description="Whether electrons pass through the products; None: there is no reaction, or it was not asked"
    )


class VoltageSegment(FormedProducts):
    """One assemblage of products and the voltages between which it is the ground state.

    With the elastic functionals two assemblages may coexist. Then the share of each, and with it amounts, uptake,
    volume and strain, change across the segment; they are stated in its middle, and ``coexisting`` holds the rest.
    """

    voltage_low: float = Field(description="Lower end of the segment (V vs Li/Li+)")
    voltage_high: float = Field(description="Upper end of the segment (V vs Li/Li+)")
    reaction_energy_low: float = Field(
        description="Grand-potential reaction energy at voltage_low, mechanical work included (eV per formula unit)"
    )
    reaction_energy_high: float = Field(description="The same at voltage_high (eV per formula unit)")
    pressure_low: float | None = Field(None, description=f"At voltage_low. {PRESSURE_TEXT}")
    pressure_high: float | None = Field(None, description=f"At voltage_high. {PRESSURE_TEXT}")
    coexisting: list[CoexistingAssemblage] = Field(
        default_factory=list, description="The two assemblages that coexist; empty: the products are one assemblage"
    )


class Polymorph(Record):
    """Another crystal of the electrolyte's composition, which competes."""

    entry_id: str = Field(description="Identifier of the entry")
    energy: float = Field(description="Energy above the electrolyte's crystal (eV/atom); negative: it is the lower one")
    volume: float = Field(gt=0, description="Volume (Angstrom^3 per formula unit)")


class ElectrolyteDocument(Document):
    """What all diagrams of one electrolyte say of it and of how they were made."""

    formula: str = Field(description="Electrolyte, reduced formula")
    working_ion: str = Field(description="Element exchanged with the reservoir, e.g. 'Li'")
    functional: Functional = Field(description=FUNCTIONAL_TEXT)
    electrolyte_volume: float = Field(
        gt=0, description="V0, volume of one formula unit of the electrolyte (Angstrom^3)"
    )
    electrolyte_entry: str = Field(
        "", description="Identifier of the entry whose crystal is the electrolyte, of volume V0; empty: not stated"
    )
    polymorphs: list[Polymorph] = Field(
        default_factory=list, description="Other entries of the electrolyte's composition, lowest in energy first"
    )
    rules: VolumeRules = Field(default_factory=VolumeRules, description="Which volumes count")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")


class StabilityDoc(ElectrolyteDocument):
    """Products of one electrolyte against voltage at one effective bulk modulus."""

    k_eff: float = Field(ge=0, description="Effective bulk modulus K_eff (GPa)")
    segments: list[VoltageSegment] = Field(description="Ground-state assemblages, lowest voltage first")
    stability_low: float | None = Field(
        description="Lower limit of the electrolyte's window (V vs Li/Li+); None: stable nowhere in the range"
    )
    stability_high: float | None = Field(
        description="Upper limit of the window (V vs Li/Li+); None: stable nowhere in the range"
    )
    entries: list[str] = Field(description="Identifiers of all entries that competed")


class ConstrictionSegment(FormedProducts):
    """One assemblage of products and the effective bulk moduli between which it is the ground state."""

    k_eff_low: float = Field(ge=0, description="Lower end of the segment (GPa)")
    k_eff_high: float = Field(ge=0, description="Upper end of the segment (GPa)")
    reaction_energy_low: float = Field(
        description="Grand-potential reaction energy at k_eff_low, mechanical work included (eV per formula unit)"
    )
    reaction_energy_high: float = Field(description="The same at k_eff_high (eV per formula unit)")


class ConstrictionDoc(ElectrolyteDocument):
    """Products of one electrolyte against the effective bulk modulus at one voltage."""

    voltage: float = Field(description="Voltage (V vs Li/Li+)")
    segments: list[ConstrictionSegment] = Field(description="Ground-state assemblages, lowest K_eff first")
    entries: list[str] = Field(description="Identifiers of all entries that competed")


class ProductSegment(Record):
    """One assemblage and the voltages between which it is the ground state of its elements."""

    voltage_low: float = Field(description="Lower end of the segment (V vs Li/Li+)")
    voltage_high: float = Field(description="Upper end of the segment (V vs Li/Li+)")
    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the composition")


class ProductsDoc(Document):
    """Ground-state products of a composition that has no entry of its own: which phases, but no reaction energies."""

    formula: str = Field(description="Composition, reduced formula")
    working_ion: str = Field(description="Element exchanged with the reservoir, e.g. 'Li'")
    k_eff: float = Field(ge=0, description="Effective bulk modulus K_eff (GPa)")
    volumes: str = Field(description="Where the phases' volumes come from, e.g. 'PBE', 'experiment'")
    segments: list[ProductSegment] = Field(description="Ground-state assemblages, lowest voltage first")
    critical_k_eff: float | None = Field(
        description="K_eff at which the products at the lowest voltage first change their formulas (GPa); "
        "None: nowhere below 50 GPa"
    )
    entries: list[str] = Field(description="Identifiers of all entries that competed")
    rules: VolumeRules = Field(default_factory=VolumeRules, description="Which volumes count")
    level_of_theory: LevelOfTheory = Field(description="Of the energies")


class DecompositionDoc(FormedProducts, ElectrolyteDocument):
    """Decomposition of an electrolyte at one voltage and K_eff: all that the mesoscale stage takes from the atoms."""

    voltage: float = Field(description="Voltage (V vs Li/Li+)")
    k_eff: float = Field(ge=0, description="Effective bulk modulus (GPa)")
    reaction_energy: float = Field(
        description="Grand-potential reaction energy, mechanical work included (eV per formula unit)"
    )
    reaction_energy_per_atom: float = Field(description="The same per atom of the electrolyte's formula unit (eV/atom)")
    grand_potential: float = Field(
        description="Sum n_j (E_j - mu a_j) + W on the entries' energy scale, mu = mu(metal) - e*voltage "
        "(eV per formula unit)"
    )
    grand_potential_per_atom: float = Field(description="The same per atom of the electrolyte's formula unit (eV/atom)")
    pressure: float | None = Field(None, description=PRESSURE_TEXT)
    coexisting: list[CoexistingAssemblage] = Field(
        default_factory=list,
        description="The two assemblages that coexist, both shares at this voltage; empty: one assemblage",
    )


class PredominanceRegion(Record):
    """Polygon of the voltage-K_eff map in which one assemblage (elastic: or one pair) is the ground state."""

    vertices: list[tuple[float, float]] = Field(description="Corners (voltage in V, K_eff in GPa), counter-clockwise")
    products: list[PhaseAmount] = Field(
        description="Phases and amounts per formula unit of the electrolyte; of a coexisting pair, in the middle"
    )
    ion_uptake: float = Field(description="Working ions taken up per formula unit (negative: released)")
    reaction: str = Field(description="Balanced reaction per formula unit; of a coexisting pair, both, joined by ' | '")
    reaction_strain: float = Field(description=STRAIN_TEXT)
    coexisting: bool = Field(description="Whether two assemblages coexist here at one pressure (elastic functionals)")


class PredominanceBoundary(Record):
    """Straight piece of a border of two regions: ``energy + uptake * voltage + stiffness * K_eff = 0``."""

    regions: tuple[int, int] = Field(description="Indices of the two regions")
    ends: tuple[tuple[float, float], tuple[float, float]] = Field(description="End points (voltage in V, K_eff in GPa)")
    energy: float = Field(description="Constant of the border's equation (eV); linear: energy difference at 0 V, 0 GPa")
    uptake: float = Field(description="Its voltage coefficient (e); linear: difference of the ion uptakes n")
    stiffness: float = Field(
        description="Its K_eff coefficient (eV/GPa); linear: difference of the volumes V (1 GPa A^3 = 6.2415e-3 eV)"
    )

    def voltage(self, k_eff: float) -> float | None:
        """Find the critical voltage (V) at ``k_eff`` (GPa) on the whole line; None: it runs along the voltage axis.

        >>> ends = ((1.0, 0.0), (0.0, 10.0))
        >>> border = PredominanceBoundary(regions=(0, 1), ends=ends, energy=-4.0, uptake=4.0, stiffness=0.4)
        >>> border.voltage(5.0), border.k_eff(0.5)
        (0.5, 5.0)
        """
        return None if self.uptake == 0 else -(self.energy + self.stiffness * k_eff) / self.uptake

    def k_eff(self, voltage: float) -> float | None:
        """Find the critical K_eff (GPa) at ``voltage`` (V) on the whole line; None: it runs along the K_eff axis."""
        return None if self.stiffness == 0 else -(self.energy + self.uptake * voltage) / self.stiffness

    def crosses(self, voltage: float) -> bool:
        """Whether the border itself, between its ends, reaches ``voltage`` (V)."""
        first, last = sorted(end[0] for end in self.ends)
        return first <= voltage <= last


class TriplePoint(Record):
    """Corner inside the map where three or more regions meet."""

    voltage: float = Field(description="V vs the ion's metal")
    k_eff: float = Field(description="GPa")
    regions: list[int] = Field(description="Indices of the regions")


class PredominanceDoc(ElectrolyteDocument):
    """Voltage-K_eff map of an electrolyte's ground states; the regions cover the rectangle without gap or overlap."""

    voltage_range: tuple[float, float] = Field(description="Lowest and highest voltage (V vs Li/Li+)")
    k_eff_range: tuple[float, float] = Field(description="Lowest and highest effective bulk modulus (GPa)")
    regions: list[PredominanceRegion] = Field(description="Regions, lowest voltage, then lowest K_eff, first")
    boundaries: list[PredominanceBoundary] = Field(description="Borders between the regions")
    triple_points: list[TriplePoint] = Field(description="Corners inside the map")
    entries: list[str] = Field(description="Identifiers of all entries that competed")

    def critical_k_effs(self, voltage: float) -> list[float]:
        """Find the critical moduli (GPa) at one voltage (V), lowest first."""
        found = (border.k_eff(voltage) for border in self.boundaries if border.crosses(voltage))
        return sorted({round(k, 9) for k in found if k is not None})


class LeftOutPhase(Record):
    """A phase that is known, or reported as stable, but does not compete in a set of entries."""

    formula: str = Field(description="Reduced formula")
    reason: str = Field(description="Why it is left out, and what is known of its stability")


class InterfaceKink(Record):
    """One corner of the reaction energy against the mixing ratio: a reaction of fixed stoichiometry."""

    mixing_ratio: float = Field(ge=0, le=1, description="Atoms of the first electrolyte per atom of the mixture")
    molar_ratio: float = Field(
        ge=0, le=1, description="Formula units of the first electrolyte per formula unit of the mixture"
    )
    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the mixture")
    ion_uptake: float = Field(
        description="Working ions taken up from the reservoir per formula unit of the mixture; 0: closed"
    )
    reaction: str = Field(description="Balanced reaction, smallest whole numbers where there are any")
    reaction_energy: float = Field(
        description="Reaction energy, mechanical work included (eV per formula unit of the mixture)"
    )
    reaction_energy_per_atom: float = Field(description="The same per atom of the mixture (eV/atom)")
    mixing_energy_per_atom: float = Field(
        le=1e-9,
        description="Part of it that needs both electrolytes: beyond what each releases on its own (eV/atom)",
    )
    decomposition_volume: float = Field(
        description="dV = sum n_j v_j - V0 (Angstrom^3 per formula unit of the mixture); V0 is the mixture's volume"
    )
    reaction_strain: float = Field(description="dV/V0, dimensionless; which volumes count is stated in 'rules'")


class InterfaceSegment(Record):
    """Mixing ratios between two kinks: the same phases form, in amounts that change linearly."""

    mixing_ratio_low: float = Field(ge=0, le=1, description="Lower end, atoms of the first electrolyte per atom")
    mixing_ratio_high: float = Field(ge=0, le=1, description="Upper end")
    products: list[str] = Field(description="Reduced formulas of the phases")
    reaction: str = Field(description="Balanced reaction at the middle of the segment")
    reaction_strain: float = Field(description="dV/V0 at the middle of the segment, dimensionless")


class InterfaceReactionDoc(Document):
    """Reactions between two electrolytes over all mixing ratios, at one K_eff, with or without a reservoir."""

    first: str = Field(description="Electrolyte whose share is the mixing ratio, reduced formula")
    second: str = Field(description="The other electrolyte, reduced formula")
    working_ion: str = Field(description="Element that the reservoir holds, e.g. 'Li'")
    voltage: float | None = Field(
        description="Voltage of the reservoir (V against the ion's metal); None: closed, no exchange"
    )
    k_eff: float = Field(ge=0, description="Effective bulk modulus K_eff (GPa), linear functional")
    first_volume: float = Field(gt=0, description="Volume of the first electrolyte (Angstrom^3 per formula unit)")
    second_volume: float = Field(gt=0, description="Volume of the second electrolyte (Angstrom^3 per formula unit)")
    kinks: list[InterfaceKink] = Field(description="Corners with both ends, lowest mixing ratio first")
    segments: list[InterfaceSegment] = Field(description="What lies between the kinks")
    entries: list[str] = Field(description="Identifiers of all entries that competed")
    left_out: list[LeftOutPhase] = Field(description="Known phases that did not compete; the answer holds without them")
    rules: VolumeRules = Field(default_factory=VolumeRules, description="Which volumes count")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")
