"""Results as frozen documents with units: what the stages hand on, and what the store keeps.

Every document carries ``schema_version`` and ``package_version``; NaN and infinities are refused. A field that may be
``None`` says in its description what its absence means.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pymatgen.core import Structure
from pymatgen.core.entries import ComputedStructureEntry

from selflimit import __version__
from selflimit.errors import LevelOfTheoryError

SCHEMA_VERSION = "1"

Crystal = Annotated[Structure, PlainSerializer(lambda structure: structure.as_dict(), when_used="json")]
"""A pymatgen Structure that serialises to its dictionary form."""


class Record(BaseModel):
    """Immutable part of a document: unknown fields, NaN and infinities are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Document(Record):
    """Immutable result that is stored on its own."""

    schema_version: str = Field(SCHEMA_VERSION, description="Version of this document's schema")
    package_version: str = Field(__version__, description="selflimit version that wrote the document")


class LevelOfTheory(Record):
    """How an energy was obtained. Energies of different levels are never put on one hull."""

    method: Literal["DFT", "force field"] = Field(description="Kind of calculation")
    model: str = Field(
        description="Functional and input set, or force-field name, e.g. 'PBE (MP GGA)', 'CHGNet r2scan'"
    )
    weights_sha256: str | None = Field(None, description="SHA-256 of the force field's weights; None for DFT")
    corrections: Literal["none", "MP2020"] = Field("none", description="Energy corrections added to the raw energies")

    @property
    def label(self) -> str:
        """Short text for tables and axis labels."""
        return self.model if self.corrections == "none" else f"{self.model} + {self.corrections} corrections"


LEVEL_KEY = "level_of_theory"


def with_level(entry: ComputedStructureEntry, level: LevelOfTheory) -> ComputedStructureEntry:
    """Write ``level`` into ``entry.parameters`` (in place) and return the entry."""
    entry.parameters[LEVEL_KEY] = level.model_dump()
    return entry


def level_of(entry: ComputedStructureEntry) -> LevelOfTheory:
    """Level of theory of one entry.

    Raises
    ------
    LevelOfTheoryError
        The entry does not say how its energy was obtained.
    """
    if LEVEL_KEY not in entry.parameters:
        raise LevelOfTheoryError(
            f"entry {entry.entry_id} ({entry.reduced_formula}) does not say its level of theory; "
            "set it with selflimit.documents.with_level(entry, LevelOfTheory(...))"
        )
    return LevelOfTheory.model_validate(entry.parameters[LEVEL_KEY])


def common_level(entries: list[ComputedStructureEntry]) -> LevelOfTheory:
    """The one level of theory that all ``entries`` share.

    Raises
    ------
    LevelOfTheoryError
        No entries, an entry without level, or more than one level.
    """
    levels = {level_of(entry): entry for entry in entries}
    if len(levels) != 1:
        found = "; ".join(f"{level.label} ({entry.entry_id})" for level, entry in levels.items()) or "no entries"
        raise LevelOfTheoryError(f"expected entries of one level of theory, got: {found}. Relax all with one method")
    return next(iter(levels))


class OrderingDoc(Record):
    """One symmetry-distinct ordering of a disordered parent in one supercell."""

    structure: Crystal = Field(description="Ordered crystal, not relaxed; lattice in Angstrom")
    degeneracy: int = Field(ge=1, description="Number of raw orderings that symmetry maps onto this one")
    electrostatic_energy: float = Field(description="Ewald energy of the formal charges (eV per formula unit)")


class OrderingsDoc(Document):
    """All symmetry-distinct orderings of a parent in one supercell, lowest electrostatic energy first."""

    parent: str = Field(description="Name of the disordered parent model, e.g. 'LZC-A'")
    parent_source: str = Field(description="Where the parent's cell and occupancies come from")
    formula: str = Field(description="Reduced formula, e.g. 'Li2ZrCl6'")
    cell: str = Field(description="Which cell was filled, e.g. 'primitive', 'conventional'")
    raw_count: int = Field(ge=1, description="Orderings before symmetry (multinomial); the degeneracies sum to it")
    distinct_count: int = Field(ge=1, description="Symmetry-distinct orderings, from Burnside's lemma")
    orderings: list[OrderingDoc] = Field(description="Orderings kept, lowest electrostatic energy first")


class CandidatesDoc(Document):
    """Crystals to relax: three lists of equal length."""

    structures: list[Crystal] = Field(description="Crystals as they enter the relaxation; lattices in Angstrom")
    labels: list[str] = Field(description="What each is, e.g. 'LiCl_rocksalt_mp-22905'")
    degeneracies: list[int] = Field(description="Degeneracy of each ordering; 1 for an ordered crystal")


class RelaxationDoc(Document):
    """A crystal relaxed in cell and positions to its force and stress tolerance. Unconverged ones are never made."""

    label: str = Field(description="What was relaxed, e.g. 'LiCl mp-22905' or 'LZC-A primitive #0'")
    formula: str = Field(description="Reduced formula")
    structure: Crystal = Field(description="Relaxed crystal; lattice in Angstrom")
    energy: float = Field(description="Total energy of the cell (eV)")
    energy_per_atom: float = Field(description="Total energy per atom (eV/atom)")
    volume: float = Field(gt=0, description="Volume of the cell (Angstrom^3)")
    volume_per_formula: float = Field(gt=0, description="Volume per reduced formula unit (Angstrom^3)")
    volume_change: float = Field(description="Relative volume change of the relaxation, V/V_initial - 1")
    max_force: float = Field(ge=0, description="Largest force on an atom at the end (eV/Angstrom)")
    max_stress: float = Field(ge=0, description="Largest component of the residual stress (GPa)")
    steps: int = Field(ge=0, description="Optimiser steps taken")
    degeneracy: int = Field(
        1, ge=1, description="Degeneracy of the ordering that was relaxed; 1 for an ordered crystal"
    )
    level_of_theory: LevelOfTheory = Field(description="How the energy was obtained")

    def entry(self) -> ComputedStructureEntry:
        """As pymatgen's entry, carrying its level of theory and label."""
        made = ComputedStructureEntry(self.structure, self.energy, entry_id=self.label)
        return with_level(made, self.level_of_theory)


class ElasticDoc(Document):
    """Elastic constants of a relaxed crystal (relaxed-ion, small strains)."""

    label: str = Field(description="Label of the relaxation the constants belong to")
    formula: str = Field(description="Reduced formula")
    tensor: list[list[float]] = Field(description="Stiffness in Voigt order xx yy zz yz xz xy (GPa), shape (6, 6)")
    bulk_modulus: float = Field(gt=0, description="Voigt-Reuss-Hill bulk modulus (GPa)")
    shear_modulus: float = Field(gt=0, description="Voigt-Reuss-Hill shear modulus (GPa)")
    youngs_modulus: float = Field(gt=0, description="Isotropic Young's modulus E = 9KG/(3K+G) (GPa)")
    poisson_ratio: float = Field(gt=-1, lt=0.5, description="Isotropic Poisson ratio nu = (3K-2G)/(2(3K+G))")
    level_of_theory: LevelOfTheory = Field(description="How the stresses were obtained")


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


class ParameterRow(Record):
    """One parameter as the report shows it."""

    name: str = Field(description="Field-standard name")
    symbol: str = Field(description="Symbol in the equations of the docs")
    value: float = Field(description="Value in the unit beside it")
    unit: str = Field(description="Unit, '1' if dimensionless")
    source: str = Field(description="DOI, derivation, or the stage that computed it")
    calibrated: bool = Field(False, description="True if chosen to meet a published result; never a prediction")


class FieldFile(Record):
    """Large arrays kept beside the document."""

    path: str = Field(description="File name relative to the run folder")
    sha256: str = Field(description="SHA-256 of the file")
    arrays: dict[str, str] = Field(description="Array name -> 'shape dtype unit'")


class GrowthDoc(Document):
    """Lithium growth in one particle layer."""

    microstructure: str = Field(description="'fine' or 'graded', with seed")
    grid_shape: tuple[int, int] = Field(description="Cells along x and y")
    spacing: float = Field(gt=0, description="Grid spacing (m)")
    spacing_over_width: float = Field(gt=0, description="dx / interface width w; the front is resolved for <= 1")
    parameters: list[ParameterRow] = Field(description="Every parameter with unit and source")
    times: list[float] = Field(description="Output times (s)")
    tip_height: list[float] = Field(description="Highest point of the lithium contour xi = 1/2 (m) at the output times")
    deposited: list[float] = Field(description="Lithium deposited since t = 0 (mol per m of depth) at the output times")
    peak_compression: list[float] = Field(description="Largest hydrostatic compression -P (MPa) at the output times")
    interface_compression: list[float] = Field(description="Mean -P over the lithium front (MPa) at the output times")
    lithium_balance_error: float = Field(
        ge=0, description="Largest relative imbalance of the lithium inventory over the run"
    )
    steps: int = Field(ge=1, description="Accepted time steps")
    rejected_steps: int = Field(ge=0, description="Rejected time steps")
    newton_iterations: int = Field(ge=1, description="Newton iterations, all steps")
    multigrid_iterations: int = Field(ge=1, description="Multigrid-preconditioned CG iterations, all solves")
    fields: FieldFile = Field(description="Order parameter, concentration, potential, pressure at the output times")


class StressDoc(Document):
    """Static stress at the multiphase interface with the decomposition products in place."""

    microstructure: str = Field(description="Which interface geometry, with seed")
    grid_shape: tuple[int, int] = Field(description="Cells along x and y")
    spacing: float = Field(gt=0, description="Grid spacing (m)")
    parameters: list[ParameterRow] = Field(description="Every parameter with unit and source")
    decomposition: DecompositionDoc = Field(description="The reaction whose strain acts in the reaction zone")
    zone_eigenstrain: float = Field(description="Linear eigenstrain applied in the reaction zone, dimensionless")
    tip_compression: float = Field(description="-P averaged over the reaction zone at the tip (MPa)")
    peak_compression: float = Field(description="Largest hydrostatic compression -P (MPa)")
    tip_compression_without_reaction: float = Field(
        description="The same tip with the reaction strain set to zero (MPa)"
    )
    retained_fraction_sweep: dict[str, float] = Field(
        description="Retained fraction of the reaction strain -> tip compression (MPa)"
    )
    multigrid_iterations: int = Field(ge=1, description="Multigrid-preconditioned CG iterations")
    residual: float = Field(ge=0, description="Relative residual of the equilibrium equations at the end")
    fields: FieldFile = Field(description="Phases, displacement, hydrostatic pressure")


class ReportDoc(Document):
    """Where the report is and what it shows."""

    path: str = Field(description="HTML file relative to the run folder")
    sha256: str = Field(description="SHA-256 of the HTML file")
    figures: list[str] = Field(description="PNG files relative to the run folder")
