"""Documents of reactions between two electrolytes, and of what a set of competing phases lacks."""

from pydantic import Field

from selflimit.documents.diagrams import PhaseAmount
from selflimit.documents.records import Document, LevelOfTheory, Record


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
    reaction_strain: float = Field(description="dV/V0, dimensionless; the ion reservoir's volume is not counted")


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
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")
