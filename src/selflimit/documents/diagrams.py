"""Documents of the constrained phase diagrams."""

from typing import Literal

from pydantic import Field

from selflimit.documents.records import Document, LevelOfTheory, Record


class PhaseAmount(Record):
    """One product phase and how much of it forms."""

    formula: str = Field(description="Reduced formula of the phase")
    entry_id: str = Field(description="Identifier of the entry, e.g. 'mp-22905'")
    amount: float = Field(ge=0, description="Reduced formula units per formula unit of the electrolyte")
    volume: float = Field(gt=0, description="Volume per reduced formula unit of the phase (Angstrom^3)")


class VoltageSegment(Record):
    """One assemblage of products and the voltages between which it is the ground state."""

    voltage_low: float = Field(description="Lower end of the segment (V vs Li/Li+)")
    voltage_high: float = Field(description="Upper end of the segment (V vs Li/Li+)")
    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the electrolyte")
    ion_uptake: float = Field(description="Working ions taken up per formula unit (negative: released)")
    reaction: str = Field(description="Balanced reaction per formula unit")
    reaction_energy_low: float = Field(
        description="Grand-potential reaction energy at voltage_low, mechanical work included (eV per formula unit)"
    )
    reaction_energy_high: float = Field(description="The same at voltage_high (eV per formula unit)")
    decomposition_volume: float = Field(description="dV = sum n_j v_j - V0 (Angstrom^3 per formula unit)")
    reaction_strain: float = Field(description="dV/V0, dimensionless; the ion reservoir's volume is not counted")


class StabilityDoc(Document):
    """Products of one electrolyte against voltage at one effective bulk modulus."""

    formula: str = Field(description="Electrolyte, reduced formula")
    working_ion: str = Field(description="Element exchanged with the reservoir, e.g. 'Li'")
    k_eff: float = Field(ge=0, description="Effective bulk modulus K_eff (GPa)")
    functional: Literal["linear"] = Field(description="Mechanical functional: 'linear' is W = K_eff (V - V0)")
    electrolyte_volume: float = Field(
        gt=0, description="V0, volume of one formula unit of the electrolyte (Angstrom^3)"
    )
    segments: list[VoltageSegment] = Field(description="Ground-state assemblages, lowest voltage first")
    stability_low: float | None = Field(
        description="Lower limit of the electrolyte's window (V vs Li/Li+); None: stable nowhere in the range"
    )
    stability_high: float | None = Field(
        description="Upper limit of the window (V vs Li/Li+); None: stable nowhere in the range"
    )
    entries: list[str] = Field(description="Identifiers of all entries that competed")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")


class ConstrictionSegment(Record):
    """One assemblage of products and the effective bulk moduli between which it is the ground state."""

    k_eff_low: float = Field(ge=0, description="Lower end of the segment (GPa)")
    k_eff_high: float = Field(ge=0, description="Upper end of the segment (GPa)")
    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the electrolyte")
    ion_uptake: float = Field(description="Working ions taken up per formula unit (negative: released)")
    reaction: str = Field(description="Balanced reaction per formula unit")
    reaction_energy_low: float = Field(
        description="Grand-potential reaction energy at k_eff_low, mechanical work included (eV per formula unit)"
    )
    reaction_energy_high: float = Field(description="The same at k_eff_high (eV per formula unit)")
    decomposition_volume: float = Field(description="dV = sum n_j v_j - V0 (Angstrom^3 per formula unit)")
    reaction_strain: float = Field(description="dV/V0, dimensionless; the ion reservoir's volume is not counted")


class ConstrictionDoc(Document):
    """Products of one electrolyte against the effective bulk modulus at one voltage."""

    formula: str = Field(description="Electrolyte, reduced formula")
    working_ion: str = Field(description="Element exchanged with the reservoir, e.g. 'Li'")
    voltage: float = Field(description="Voltage (V vs Li/Li+)")
    functional: Literal["linear"] = Field(description="Mechanical functional: 'linear' is W = K_eff (V - V0)")
    electrolyte_volume: float = Field(
        gt=0, description="V0, volume of one formula unit of the electrolyte (Angstrom^3)"
    )
    segments: list[ConstrictionSegment] = Field(description="Ground-state assemblages, lowest K_eff first")
    entries: list[str] = Field(description="Identifiers of all entries that competed")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")


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
    level_of_theory: LevelOfTheory = Field(description="Of the energies")


class DecompositionDoc(Document):
    """Decomposition of an electrolyte at one voltage and K_eff: all that the mesoscale stage takes from the atoms."""

    formula: str = Field(description="Electrolyte, reduced formula")
    working_ion: str = Field(description="Element exchanged with the reservoir")
    voltage: float = Field(description="Voltage (V vs Li/Li+)")
    k_eff: float = Field(ge=0, description="Effective bulk modulus (GPa)")
    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the electrolyte")
    ion_uptake: float = Field(description="Working ions taken up per formula unit")
    reaction: str = Field(description="Balanced reaction per formula unit")
    reaction_energy: float = Field(
        description="Grand-potential reaction energy, mechanical work included (eV per formula unit)"
    )
    electrolyte_volume: float = Field(gt=0, description="V0 (Angstrom^3 per formula unit)")
    decomposition_volume: float = Field(description="dV = sum n_j v_j - V0 (Angstrom^3 per formula unit)")
    reaction_strain: float = Field(description="dV/V0, dimensionless; the ion reservoir's volume is not counted")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")
