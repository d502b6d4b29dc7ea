"""Documents of the uncertainty of a phase diagram: what is assumed, and what follows for boundaries and products."""

from pydantic import Field

from selflimit.documents.diagrams import FUNCTIONAL_TEXT, Functional, VolumeRules
from selflimit.documents.records import Document, LevelOfTheory, Record


class EnergyError(Record):
    """Random error of formation energies: normal, the same for all polymorphs of a composition, none for elements."""

    standard_deviation: float = Field(ge=0, description="Standard deviation of a formation energy (eV/atom)")
    shared_within_metal: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of the variance that all compounds of the same metals have in common, the working ion apart",
    )
    source: str = Field(description="Where the number comes from, and what it was measured on")


class VolumeSpread(Record):
    """What the sources say of one phase's volume, and the log-normal distribution made of it.

    The logarithm has a deviation of its own, and one that is the same for all phases of the same ``shared_by``.
    """

    formula: str = Field(description="Reduced formula of the phase")
    entry_id: str = Field(description="Identifier of the entry")
    volumes: dict[str, float] = Field(description="Source -> volume (Angstrom^3 per formula unit)")
    centre: float = Field(gt=0, description="Median of the distribution (Angstrom^3 per formula unit)")
    relative_deviation: float = Field(
        ge=0, description="The phase's own standard deviation of ln(volume), dimensionless"
    )
    shared_deviation: float = Field(
        0.0, ge=0, description="Standard deviation of ln(volume) that it shares with others, dimensionless"
    )
    shared_by: str = Field("", description="Method and class of crystals that share it; empty: nothing is shared")
    basis: str = Field(description="What centre and deviations are made of")


class Estimate(Record):
    """A quantile estimated from the samples, with its sampling error."""

    value: float = Field(description="The estimate, in the unit of the field that holds it")
    standard_error: float = Field(ge=0, description="Standard error of the sampling (bootstrap), same unit")


class BoundaryBand(Record):
    """Where the products change with voltage at one K_eff, over all samples that have this boundary."""

    k_eff: float = Field(ge=0, description="Effective bulk modulus (GPa)")
    below: list[str] = Field(description="Products (reduced formulas) below the boundary")
    above: list[str] = Field(description="Products above the boundary")
    probability: float = Field(ge=0, le=1, description="Share of the samples in which this boundary exists")
    low: Estimate = Field(description="5 % quantile of its voltage (V vs the ion's metal), where it exists")
    median: Estimate = Field(description="Median of its voltage (V), where it exists")
    high: Estimate = Field(description="95 % quantile of its voltage (V), where it exists")
    linear_deviation: float | None = Field(
        description="Standard deviation of its voltage (V) by linear propagation; None: not a boundary of the diagram "
        "without errors"
    )


class ProductProbability(Record):
    """How probable a set of products is at one voltage and K_eff."""

    voltage: float = Field(description="Voltage (V vs the ion's metal)")
    k_eff: float = Field(ge=0, description="Effective bulk modulus (GPa)")
    products: list[str] = Field(description="Reduced formulas of the products")
    probability: float = Field(ge=0, le=1, description="Share of the samples with these products")
    standard_error: float = Field(ge=0, description="sqrt(p (1 - p) / samples)")
    low: float = Field(ge=0, le=1, description="Lower end of the 95 % interval (Wilson)")
    high: float = Field(ge=0, le=1, description="Upper end of the 95 % interval (Wilson)")
    model_range: tuple[float, float] | None = Field(
        None, description="Lowest and highest share over all error models; None: only one was sampled"
    )


class ErrorModelShare(Record):
    """How probable a set of products is under another model of the errors."""

    model: str = Field(description="Name of the error model")
    voltage: float = Field(description="Voltage (V vs the ion's metal)")
    k_eff: float = Field(ge=0, description="Effective bulk modulus (GPa)")
    products: list[str] = Field(description="Reduced formulas of the products")
    probability: float = Field(ge=0, le=1, description="Share of the samples with these products")


class ThresholdChange(Record):
    """What the products change into at the threshold K*, and in which share of the samples."""

    below: list[str] = Field(description="Products below K*")
    above: list[str] = Field(description="Products above K*; empty: no change up to the largest K_eff looked at")
    probability: float = Field(ge=0, le=1, description="Share of the samples")
    standard_error: float = Field(ge=0, description="sqrt(p (1 - p) / samples)")


class SourceThreshold(Record):
    """K* with the volumes of one source, as entered and without errors."""

    source: str = Field(description="Name of the source of the volumes")
    replaced: int = Field(ge=0, description="Phases whose volume is from that source")
    phases: int = Field(ge=1, description="Phases in all; the others keep the volume of the entries")
    k_eff: float | None = Field(description="K* (GPa); None: no change up to the largest K_eff looked at")
    below: list[str] = Field(description="Products below K*")
    above: list[str] = Field(description="Products above K*; empty: no change")


class ThresholdBand(Record):
    """K*, at which the products at one voltage first change their formulas, over all samples."""

    voltage: float = Field(description="Voltage (V vs the ion's metal)")
    largest: float = Field(gt=0, description="Largest K_eff looked at (GPa)")
    beyond: float = Field(ge=0, le=1, description="Share of the samples without change up to there")
    low: Estimate | None = Field(description="5 % quantile of K* (GPa); None: beyond the largest K_eff")
    median: Estimate | None = Field(description="Median of K* (GPa); None: beyond the largest K_eff")
    high: Estimate | None = Field(description="95 % quantile of K* (GPa); None: beyond the largest K_eff")
    linear_deviation: float | None = Field(
        description="Standard deviation of K* (GPa) by linear propagation; None: no change without errors"
    )
    changes: list[ThresholdChange] = Field(description="What changes into what, most probable first")
    sources: list[SourceThreshold] = Field(
        description="K* with each source's volumes; not listed are sources that lack a phase that takes part"
    )


class UncertaintyDoc(Document):
    """Boundaries, thresholds and products of one electrolyte with the spread of volumes and energies."""

    formula: str = Field(description="Electrolyte, reduced formula")
    working_ion: str = Field(description="Element exchanged with the reservoir")
    functional: Functional = Field("linear", description=FUNCTIONAL_TEXT)
    rules: VolumeRules = Field(default_factory=VolumeRules, description="Which volumes count")
    has_entry: bool = Field(description="False: the electrolyte has no entry; the products of its elements are sampled")
    energy_error: EnergyError = Field(description="Assumed error of the energies")
    volumes: list[VolumeSpread] = Field(description="Assumed distribution of each phase's volume, with its sources")
    samples: int = Field(ge=1, description="Samples; each is an exact diagram")
    seed: int = Field(ge=0, description="Seed of the random numbers")
    boundaries: list[BoundaryBand] = Field(description="Bands of the voltage boundaries")
    products: list[ProductProbability] = Field(description="Products at the points asked for, most probable first")
    volume_model: str = Field("scattered", description="Name of the model of the volumes' errors that was sampled")
    error_models: dict[str, str] = Field(
        default_factory=dict,
        description="Name -> what is assumed, of all error models; the probabilities range over them",
    )
    by_error_model: list[ErrorModelShare] = Field(
        default_factory=list, description="Probabilities of the products under each of them"
    )
    thresholds: list[ThresholdBand] = Field(description="K* at the voltages asked for")
    not_covered: list[str] = Field(description="Errors that the spread does not contain")
    level_of_theory: LevelOfTheory = Field(description="Of the entries, before volumes and energies are varied")
