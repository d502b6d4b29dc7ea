"""Documents of the mesoscale stage and of the report."""

from typing import Any, Literal

from pydantic import Field

from selflimit.documents.diagrams import DecompositionDoc
from selflimit.documents.records import Document, Record, RelativePath


class ParameterRow(Record):
    """One parameter as the report shows it."""

    name: str = Field(description="Field-standard name")
    symbol: str = Field(description="Symbol in the equations of the docs")
    value: float = Field(description="Value in the unit beside it")
    unit: str = Field(description="Unit, '1' if dimensionless")
    source: str = Field(description="DOI, derivation, or the stage that computed it")
    calibrated: bool = Field(False, description="True if chosen to meet a published result; never a prediction")


class FilePiece(Record):
    """A part of a file on its way through a store."""

    base64_bytes: str | dict[str, Any] = Field(
        description="The bytes in base64; where a document was read without its files, the store's reference to them"
    )


PIECES: Any = Field(
    [], repr=False, description="Content of the file in pieces; empty: it lies beside the document, in its folder"
)


class FieldFile(Record):
    """Large arrays kept beside the document."""

    path: RelativePath = Field(description="File name relative to the run folder")
    sha256: str = Field(description="SHA-256 of the file")
    arrays: dict[str, str] = Field(description="Array name -> 'shape dtype unit'")
    pieces: list[FilePiece] = PIECES


class FrontShape(Record):
    """What surface tension a front had, and what of its shape is therefore the material's."""

    model: Literal["published", "sharp", "single-ion"] = Field(
        description="'published': equations as published; 'sharp': corrected to the first order in the width; "
        "'single-ion': also c = 1 and two potentials"
    )
    width: float = Field(gt=0, description="Width w of the front's profile (m), a number of the computation")
    mobility: float = Field(gt=0, description="Mobility L_sigma that keeps the profile (m^3/(J s))")
    capillarity: float = Field(ge=0, description="T (m^2/s): surface tension moves a front of curvature K by T K")
    physical_capillarity: float = Field(ge=0, description="The material's, i0 f gamma v_m/(nF)/(n F c_s) (m^2/s)")
    fastest_wavelength: float | None = Field(
        description="Wavelength (m) at which a flat front wrinkles fastest, half-way; None if it is stable"
    )
    statement: str = Field(description="What of the shape is the material's and what is the computation's")


class CellHistory(Record):
    """What passed through the cell, after every time step."""

    times: list[float] = Field([], description="Times (s)")
    current_density: list[float] = Field(
        [],
        description="Current that the lithium took, mean of each step (mA/cm^2 of electrode); positive: plates",
    )
    overpotential: list[float] = Field(
        [], description="Potential of the metal against the far electrolyte (V), negative where it plates"
    )
    areal_capacity: list[float] = Field([], description="Lithium plated since the beginning (mAh/cm^2 of electrode)")


class GrowthDoc(Document):
    """Lithium growth in one particle layer."""

    microstructure: str = Field(description="'fine' or 'graded', with seed")
    grid_shape: tuple[int, ...] = Field(description="Cells along each axis; the last one is the direction of growth")
    spacing: float = Field(gt=0, description="Grid spacing (m)")
    spacing_over_width: float = Field(gt=0, description="dx / interface width w; the front is resolved for <= 1")
    parameters: list[ParameterRow] = Field(description="Every parameter with unit and source")
    front: FrontShape = Field(description="Surface tension of the front and what of its shape is resolved")
    times: list[float] = Field(description="Output times (s)")
    tip_height: list[float] = Field(description="Highest point of the lithium contour xi = 1/2 (m) at the output times")
    deposited: list[float] = Field(
        description="Lithium deposited since t = 0 (mol per m of depth; mol in 3-D) at the output times"
    )
    peak_compression: list[float] = Field(description="Largest hydrostatic compression -P (MPa) at the output times")
    interface_compression: list[float] = Field(description="Mean -P over the lithium front (MPa) at the output times")
    cell: CellHistory = Field(CellHistory(), description="Current and overpotential against time")
    lithium_balance_error: float = Field(
        ge=0, description="Largest relative imbalance of the lithium inventory over the run"
    )
    charge_balance_error: float = Field(
        ge=0, description="Largest imbalance of the charge over the run, relative to the charge of the metal"
    )
    overshoot: float = Field(ge=0, description="Farthest that the order parameter went outside [0, 1]")
    steps: int = Field(ge=1, description="Accepted time steps")
    rejected_steps: int = Field(ge=0, description="Rejected time steps")
    sweeps: int = Field(ge=1, description="Passes through the coupled equations, all steps")
    newton_iterations: int = Field(ge=1, description="Newton iterations, all steps")
    multigrid_iterations: int = Field(ge=1, description="Multigrid-preconditioned CG iterations, all solves")
    notes: list[str] = Field(
        description="What makes the result doubtful, such as an unresolved front or particle; empty if nothing does"
    )
    fields: FieldFile = Field(description="Order parameter, concentration, potential, pressure at the output times")


class StressDoc(Document):
    """Static stress at the multiphase interface with the decomposition products in place."""

    microstructure: str = Field(description="Which interface geometry, with seed")
    grid_shape: tuple[int, ...] = Field(description="Cells along each axis; the last one is the direction of growth")
    spacing: float = Field(gt=0, description="Grid spacing (m)")
    parameters: list[ParameterRow] = Field(description="Every parameter with unit and source")
    decomposition: DecompositionDoc = Field(description="The reaction whose strain acts in the reaction zone")
    zone_eigenstrain: float = Field(description="Linear eigenstrain applied in the reaction zone, dimensionless")
    tip_compression: float = Field(description="-P averaged over the reaction zone at the tip (MPa)")
    tip_compression_range: tuple[float, float] | None = Field(
        None,
        description="Lowest and highest of it over polymorphs within 10 meV/atom, of the electrolyte and its products "
        "(MPa); None: the strain's range is not known",
    )
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


class ComparisonRow(Record):
    """One published value beside the one computed here."""

    quantity: str = Field(description="What is compared, in words")
    unit: str = Field(description="Unit, '1' if dimensionless")
    published: str = Field(description="As published, with its figure")
    low: float | None = Field(None, description="Lower end of the published band, in the unit; None: open")
    high: float | None = Field(None, description="Upper end of the published band, in the unit; None: open")
    value: float | None = Field(description="Computed here, in the unit; None: did not happen within the run")
    basis: Literal["calibrated", "predicted"] = Field(
        description="'calibrated': a parameter was chosen to meet this very value; else 'predicted'"
    )
    remark: str = Field("", description="What the reader must know to compare")

    @property
    def is_within(self) -> bool:
        """Whether the computed value lies within the published band; without a band nothing lies outside.

        >>> given = {"quantity": "tip", "unit": "MPa", "published": "up to 40", "high": 40.0, "basis": "calibrated"}
        >>> row = ComparisonRow(value=16.0, **given)
        >>> row.is_within, row.model_copy(update={"value": 50.0}).is_within
        (True, False)
        """
        low, high = self.low, self.high
        if low is None and high is None:
            return True
        return self.value is not None and (low is None or self.value >= low) and (high is None or self.value <= high)


class ComparisonDoc(Document):
    """A simulation of the paper, repeated under its name, beside the published values."""

    preset: str = Field(description="Name of the preset")
    figure: str = Field(description="Figure of the paper")
    particle: str = Field(description="Formula of the particle layer")
    electrolyte: str = Field(description="Formula of the less lithium-stable electrolyte")
    rows: list[ComparisonRow] = Field(description="Published and computed values")
    notes: list[str] = Field(description="What differs from the published set-up or makes the result doubtful")
    files: list[str] = Field(description="Figures, movies and fields, relative to the folder")


class ReportDoc(Document):
    """Where the report is and what it shows."""

    path: RelativePath = Field(description="HTML file relative to the run folder")
    sha256: str = Field(description="SHA-256 of the HTML file")
    figures: list[RelativePath] = Field(description="PNG files relative to the run folder")
    pieces: list[FilePiece] = PIECES
