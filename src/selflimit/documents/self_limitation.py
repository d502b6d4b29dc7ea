"""Documents of the closed loop between products and stress, of the verdict on a layer, and of the design map."""

from typing import Literal

from pydantic import Field

from selflimit.documents.diagrams import FUNCTIONAL_TEXT, Functional, PhaseAmount
from selflimit.documents.growth import ParameterRow
from selflimit.documents.records import Document, LevelOfTheory, Record
from selflimit.documents.uncertainties import EnergyError, Estimate, VolumeSpread

INDEX = "K that the phase diagram sees (GPa): r K_eff in the linear, r^2 K_eff in the quadratic functionals"


class SeriesModulus(Record):
    """How a reaction zone and its surroundings resist the zone's swelling."""

    k_eff: float = Field(gt=0, description="Mean compression of the zone per volumetric eigenstrain (GPa)")
    zone: float = Field(gt=0, description="The same between rigid walls: the zone's bulk modulus (GPa)")
    surroundings: float | None = Field(
        description="Of the surroundings alone, 1/(1/k_eff - 1/zone) (GPa); None: they are rigid"
    )


class ZoneGeometry(Record):
    """Which zone reacts, in which surroundings."""

    microstructure: str = Field(description="Which structure, with seed")
    grid_shape: tuple[int, ...] = Field(description="Cells along each axis")
    spacing: float = Field(gt=0, description="Grid spacing (m)")
    depth: float = Field(gt=0, description="Depth of the zone below the electrolyte's surface (m)")
    constraint: Literal["plane strain", "three dimensions"] = Field(
        description="Plane strain: the zone's eigenstrain along z counts, and no total strain along z is allowed"
    )


class LoopBranch(Record):
    """One assemblage of products, the range of the index in which it is the ground state, and what it answers."""

    low: float = Field(ge=0, description=f"Lower end: {INDEX}")
    high: float = Field(ge=0, description="Upper end of the range (GPa)")
    reaction: str = Field(description="Balanced reaction per formula unit of the electrolyte")
    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the electrolyte")
    reaction_strain: float = Field(description="dV/V0, dimensionless")
    modulus: SeriesModulus = Field(description="Of a zone of these products")
    answer: float = Field(ge=0, description=f"Of such a zone: {INDEX}")
    next_branch: int = Field(ge=0, description="Number of the branch that the answer lies in: one round of the loop")


class FixedPoint(Record):
    """Products and constriction that call for each other."""

    kind: Literal["one assemblage", "coexistence"] = Field(
        description="coexistence: two assemblages share the zone at their critical index"
    )
    index: float = Field(ge=0, description=INDEX)
    modulus: SeriesModulus = Field(description="Of the zone with these products")
    reaction: str = Field(description="Balanced reaction; of coexisting assemblages both, joined by ' | '")
    products: list[PhaseAmount] = Field(description="Phases and amounts per formula unit of the electrolyte")
    share_upper: float | None = Field(
        description="Share of the electrolyte that reacts as on the stiffer side of the critical index; "
        "None: one assemblage"
    )
    reaction_strain: float = Field(description="dV/V0, dimensionless")
    pressure: float = Field(
        description="Mean compression of the zone by the reaction alone (MPa), 3 r k_eff ((1 + dV/V0)^(1/3) - 1)"
    )
    stable: bool = Field(description="Whether a small disturbance dies out")
    margin: float | None = Field(
        description="Change of the index that brings other products (GPa); None: none does, or it is not known"
    )
    after_disturbance: str = Field(description="What a disturbance does")


class RetainedFractionRow(Record):
    """The fixed points at another retained fraction of the reaction strain."""

    retained_fraction: float = Field(ge=0, le=1, description="Share r of the reaction strain that builds stress")
    indices: list[float] = Field(description=f"One per fixed point: {INDEX}")
    reactions: list[str] = Field(description="One per fixed point")
    pressures: list[float] = Field(description="Mean compression of the zone (MPa), one per fixed point")
    stable: list[bool] = Field(description="One per fixed point")


class ClosedLoopDoc(Document):
    """Constriction -> products -> moduli and strain of the zone -> constriction: every fixed point, and its stability.

    With the linear functional the products change at critical moduli only, so all fixed points are found exactly. The
    quadratic functionals answer continuously; there the fixed points are roots between scanned moduli.
    """

    formula: str = Field(description="Electrolyte, reduced formula")
    voltage: float = Field(description="V vs the working ion's metal")
    functional: Functional = Field(description=FUNCTIONAL_TEXT)
    retained_fraction: float = Field(ge=0, le=1, description="Share r of the reaction strain that builds stress")
    geometry: ZoneGeometry = Field(description="The zone and its surroundings")
    branches: list[LoopBranch] = Field(description="Assemblages by index; empty for the quadratic functionals")
    fixed_points: list[FixedPoint] = Field(description="All of them, lowest index first")
    statement: str = Field(description="What the loop settles to, in words")
    retained_fraction_sweep: list[RetainedFractionRow] = Field(description="The same at other retained fractions")
    yielding: dict[str, float] = Field(
        description="Yield strength of lithium (MPa) -> secant K_eff (GPa) of the first fixed point's zone at its "
        "retained strain, lithium ideally plastic; empty: not asked for"
    )
    parameters: list[ParameterRow] = Field(description="Every parameter of the surroundings with unit and source")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")


class ProductPressure(Record):
    """The samples with the same products."""

    products: list[str] = Field(description="Reduced formulas")
    share: float = Field(ge=0, le=1, description="Share of the samples")
    standard_error: float = Field(ge=0, description="sqrt(p (1 - p) / samples)")
    median_strain: float = Field(description="Median of dV/V0 among them, dimensionless")
    median: float = Field(description="Median compression of the zone among them (MPa)")


class PressureSpreadDoc(Document):
    """Errors of energies and volumes carried to the compression at the tip, in MPa."""

    formula: str = Field(description="Electrolyte, reduced formula")
    voltage: float = Field(description="V vs the working ion's metal")
    functional: Functional = Field(description=FUNCTIONAL_TEXT)
    retained_fraction: float = Field(ge=0, le=1, description="Share r of the reaction strain that builds stress")
    geometry: ZoneGeometry = Field(description="The zone and its surroundings")
    energy_error: EnergyError = Field(description="Assumed error of the energies")
    volumes: list[VolumeSpread] = Field(description="Assumed distribution of each phase's volume")
    samples: int = Field(ge=1, description="Samples: an exact diagram and a closed loop each")
    seed: int = Field(ge=0, description="Seed of the random numbers")
    lithium: float = Field(
        description="Compression of the zone by the deposited lithium alone (MPa), same in all samples"
    )
    without_errors: float = Field(description="Compression of the zone with the energies and volumes as given (MPa)")
    polymorph_range: tuple[float, float] | None = Field(
        None,
        description="Lowest and highest of it over polymorphs within 10 meV/atom, of the electrolyte and its products "
        "(MPa); None: not computed",
    )
    low: Estimate = Field(description="5 % quantile of the compression of the zone (MPa)")
    median: Estimate = Field(description="Its median (MPa)")
    high: Estimate = Field(description="95 % quantile (MPa)")
    products: list[ProductPressure] = Field(description="By products, most frequent first")
    several_fixed_points: float = Field(
        ge=0, le=1, description="Share of the samples with more than one stable fixed point; the lowest index counts"
    )
    not_covered: list[str] = Field(description="Errors that the spread does not contain")
    level_of_theory: LevelOfTheory = Field(description="Of the entries, before volumes and energies are varied")


class Criterion(Record):
    """When a layer counts as self-limiting; none of the numbers follows from the model."""

    reached: float = Field(
        0.02, gt=0, lt=1, description="Covered share of the electrolyte's surface from which lithium has arrived"
    )
    largest_coverage: float = Field(
        0.5, gt=0, le=1, description="Localised: at most this share of the surface is covered at the end"
    )
    least_stress_ratio: float = Field(
        1.0, gt=0, description="Arrested: |eta_m| at the contact is at least this share of the applied |eta|"
    )
    largest_detached: float = Field(
        0.02, ge=0, lt=1, description="No verdict if more of the lithium is without connection to the electrode"
    )


class VerdictDoc(Document):
    """Does this layer self-limit? The numbers that decide, and the decision by a stated criterion."""

    geometry: ZoneGeometry = Field(description="The layer, and the zone below the covered surface")
    coarse_fraction: float = Field(ge=0, le=1, description="Share of the particle layer that is coarse, as drawn")
    coarse_contact: float = Field(
        ge=0, le=1, description="Share of the electrolyte's surface that lies on coarse particles"
    )
    parameters: list[ParameterRow] = Field(description="Every parameter with unit and source")
    criterion: Criterion = Field(description="Thresholds")
    duration: float = Field(gt=0, description="Model time asked for (s)")
    times: list[float] = Field(description="Output times (s)")
    coverage: list[float] = Field(description="Share of the electrolyte's surface with lithium, at the output times")
    coverage_fine: list[float] = Field(description="The same of the part that lies on fine particles")
    coverage_coarse: list[float | None] = Field(
        description="The same of the part on coarse particles; None: there is none"
    )
    arrival: float | None = Field(
        description="First output time with lithium at the electrolyte (s); None: not reached"
    )
    penetration: float = Field(ge=0, description="Highest lithium over the layer's thickness at the end, dimensionless")
    detached: float = Field(
        ge=0, le=1, description="Share of the lithium at the end without connection to the electrode: an artefact"
    )
    tip_velocity: float = Field(description="Mean velocity of the tip up to the arrival, or the end (m/s)")
    planar_velocity: float = Field(description="Of a flat front without stress at c = 1 (m/s): the kinetic limit")
    compression_lithium: float | None = Field(
        description="-P in the lithium that touches the electrolyte, without reaction (MPa); None: not reached"
    )
    compression_reaction: float | None = Field(
        description="The same caused by the products' strain alone (MPa); None: not reached"
    )
    zone_modulus: SeriesModulus | None = Field(description="Of the zone below the covered surface; None: not reached")
    stress_overpotential: float | None = Field(
        description="eta_m = -C P v_m/(nF) there (V), positive opposes deposition; None: not reached"
    )
    stress_ratio: float | None = Field(description="eta_m over the applied |eta|, dimensionless; None: not reached")
    velocity_ratio: float | None = Field(
        description="Velocity of a flat front at eta + eta_m over that at eta, c = 1, dimensionless; negative: lithium "
        "dissolves; None: not reached"
    )
    critical_correction: float | None = Field(
        description="Correction factor C from which eta_m outweighs eta at this compression; None: not reached, or no "
        "compression"
    )
    localised: bool | None = Field(description="Coverage at the end within the criterion; None: not reached")
    arrested: bool | None = Field(description="Stress ratio within the criterion; None: not reached")
    self_limiting: bool | None = Field(
        description="Localised and arrested; None: not reached, or too much lithium is detached"
    )
    reason: str = Field(description="The decision in words, with its numbers")
    notes: list[str] = Field(description="What makes the growth doubtful; empty if nothing does")


class DesignPoint(Record):
    """One layer and the conditions it is judged under."""

    coarse_fraction: float = Field(ge=0, lt=1, description="Share of the layer that coarse particles take")
    radius: float = Field(gt=0, description="Radius of the coarse particles (m)")
    overpotential: float = Field(gt=-1, lt=0, description="Overpotential of the metal (V); negative deposits")
    correction: float = Field(ge=0, description="Mechanical correction factor C, dimensionless")
    seed: int = Field(ge=0, description="Seed of packing, needles and noise")


class DesignPointDoc(Document):
    """The verdict on one point of a design map."""

    point: DesignPoint = Field(description="What was asked")
    verdict: VerdictDoc | None = Field(description="None: it could not be computed, 'failure' says why")
    failure: str = Field(description="Why there is no verdict, e.g. an impossible packing; empty: there is one")
    cpu_seconds: float = Field(ge=0, description="Processor time (s)")


class DesignCell(Record):
    """All packings of one point of the map."""

    coarse_fraction: float = Field(description="Share of the layer that coarse particles take")
    radius: float = Field(description="Radius of the coarse particles (m)")
    overpotential: float = Field(description="V; negative deposits")
    correction: float = Field(description="Mechanical correction factor C, dimensionless")
    packings: int = Field(ge=0, description="Packings with a verdict")
    artefacts: int = Field(ge=0, description="Packings without one because lithium is detached from the electrode")
    self_limiting: int = Field(ge=0, description="How many of them self-limit")
    localised: int = Field(ge=0, description="How many of them stay localised, arrested or not")
    not_reached: int = Field(ge=0, description="Packings in which lithium did not reach the electrolyte")
    failed: int = Field(ge=0, description="Packings without verdict, e.g. impossible ones")
    probability: float | None = Field(description="Share of self-limiting packings; None: no verdict")
    low: float | None = Field(description="Lower end of its 95 % interval (Wilson); None: no verdict")
    high: float | None = Field(description="Upper end of its 95 % interval (Wilson); None: no verdict")
    coverage: float | None = Field(description="Mean covered share of the surface where lithium arrived; None: nowhere")
    detached: float | None = Field(
        description="Mean share of lithium without connection, where it arrived; None: nowhere"
    )
    stress_ratio: float | None = Field(description="Mean of eta_m/|eta| where lithium arrived; None: nowhere")
    critical_correction: float | None = Field(
        description="Mean C from which stress outweighs eta, there; None: nowhere"
    )


class DesignMapDoc(Document):
    """Probability of self-limitation over designs and conditions, from repeated packings."""

    cells: list[DesignCell] = Field(description="One per point")
    criterion: Criterion = Field(description="Thresholds")
    crossings: float = Field(
        gt=0, description="Model time of a growth over the time in which a flat front without stress crosses the layer"
    )
    grid_shape: tuple[int, ...] = Field(description="Cells along each axis")
    spacing: float = Field(gt=0, description="Grid spacing (m)")
    seeds: list[int] = Field(description="Seeds of the packings")
    retained_fraction: float = Field(ge=0, le=1, description="Share of the reaction strain that builds stress")
    cpu_seconds: float = Field(ge=0, description="Processor time of all points (s)")
