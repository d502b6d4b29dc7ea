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


class ShapeHistory(Record):
    """Shape of the lithium in a plane at the output times; empty in three dimensions."""

    trunks: list[int] = Field([], description="Pieces of lithium that rise at least 4 µm above the closed strip")
    tips: list[int] = Field(
        [],
        description="Ends of branches that reach at least 2 µm out of the largest circle inside the lithium at their "
        "root, at least one for each trunk; 0 where there is no trunk",
    )
    solidity: list[float | None] = Field(
        [], description="Area of the trunks over that of their convex hulls, from 0 to 1; None where there is no trunk"
    )
    perimeter: list[float] = Field([], description="Length of the contour xi = 1/2 of attached lithium (m)")
    filling: list[float | None] = Field(
        [], description="Mean xi more than four widths w behind the contour; None where nothing is so deep"
    )


class ContactHistory(Record):
    """Lithium at the less stable electrolyte and what presses on it, after every time step.

    Amounts are per m of depth (in 3-D of the domain). Without lithium that flows nothing is extruded, pushed or reacts.
    """

    times: list[float] = Field([], description="Times (s)")
    contact: list[float] = Field([], description="Share of the electrolyte's surface that lithium touches")
    peak_pressure: list[float] = Field([], description="Largest compression -P (MPa)")
    contact_pressure: list[float] = Field([], description="Mean compression -P at that contact (MPa)")
    lithium: list[float] = Field([], description="Lithium in the domain (mol per m of depth; mol in 3-D)")
    film: list[float] = Field([], description="Mean thickness of the product at that contact (micrometre)")
    thickest_film: list[float] = Field([], description="Largest thickness of the product (micrometre)")
    plated_without_room: list[float] = Field(
        [], description="Lithium plated where it had no room, less what dissolved again (mol per m; mol in 3-D)"
    )
    extruded: list[float] = Field([], description="Lithium that flowed out through the foil (mol per m; mol in 3-D)")
    pushed_ahead: list[float] = Field([], description="Lithium that flowed into free space (mol per m; mol in 3-D)")
    reacted: list[float] = Field([], description="Electrolyte that has become product (m^2; m^3 in 3-D)")
    reaction_charge: list[float] = Field([], description="Charge that the product took (C per m; C in 3-D)")


class HalfCycle(Record):
    """A stretch in which lithium was plated or stripped, and what it left behind."""

    number: int = Field(ge=1, description="Its place among them")
    kind: Literal["plating", "stripping"] = Field(description="What was done")
    end: float = Field(description="Time at which it ended (s)")
    capacity: float = Field(ge=0, description="Charge that passed (mAh/cm^2 of electrode)")
    contact: float = Field(description="Share of the less stable electrolyte's surface that lithium touches at the end")
    largest_pressure: float = Field(description="Largest compression -P during it (MPa)")
    contact_pressure: float = Field(description="Mean compression -P at that contact at the end (MPa)")
    lithium: float = Field(description="Lithium in the domain at the end (mol per m of depth; mol in 3-D)")
    extruded: float = Field(description="Lithium extruded through the foil since the beginning (mol per m; mol in 3-D)")
    film: float = Field(description="Mean thickness of the product at the contact at the end (micrometre)")


class ProductAmount(Record):
    """One product of the film."""

    formula: str = Field(description="Reduced formula")
    amount: float = Field(description="Amount (mol per m of depth; mol in 3-D)")


class FilmRecord(Record):
    """What became of the electrolyte at the contact."""

    equations: list[str] = Field(description="Reaction at each output time")
    reaction_voltage: list[float] = Field(description="E, reaction energy per electron, at each output time (V)")
    local_voltage: list[float] = Field(description="Voltage at the contact for which products were asked (V)")
    k_eff: list[float] = Field(description="K_eff of the film in the layer at each output time (GPa); 0: not asked")
    retained: list[float] = Field(description="P V0/(K_eff dV) at each output time: share of the strain retained")
    products: list[ProductAmount] = Field(description="What was made, at the end")
    element_balance_error: float = Field(
        ge=0, description="Largest imbalance of an element between electrolyte and lithium consumed and products made"
    )


class FlowDoc(Record):
    """How lithium flowed: what was solved and given, and what became of the film."""

    statement: str = Field(description="What was solved, in words")
    fine_slot: float = Field(description="Width of the slots among fine particles (m)")
    coarse_slot: float = Field(description="Width of the slots at coarse particles (m)")
    stack_pressure: float = Field(description="Pressure on the foil (MPa)")
    products: Literal["insulate", "conduct"] | None = Field(
        description="What the products are taken to do with electrons; None: no film"
    )
    electronic_conductivity: float | None = Field(description="sigma_e of the film (S/m); None: no film")
    ionic_conductivity: float | None = Field(description="sigma_i of the film (S/m); None: no film")
    film: FilmRecord | None = Field(description="The reaction; None: no film")


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
    shape: ShapeHistory = Field(ShapeHistory(), description="Trunks, tips, solidity and perimeter of the lithium")
    contacts: ContactHistory = Field(ContactHistory(), description="Contact, pressure and lithium against time")
    half_cycles: list[HalfCycle] = Field([], description="What each plating and stripping left behind")
    flow: FlowDoc | None = Field(None, description="Lithium that flows; None: elastic stress was solved instead")
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
    condition: str = Field("", description="What was put in or chosen, without which the value would be another")
    remark: str = Field("", description="What the reader must know to compare, and why the value is what it is")

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

    @property
    def outcome(self) -> str:
        """Whether the published value comes out, in words.

        >>> given = {"quantity": "tips", "unit": "1", "published": "branches", "low": 4.0, "basis": "predicted"}
        >>> ComparisonRow(value=5.0, **given).outcome, ComparisonRow(value=1.0, **given).outcome
        ('reproduced', 'not reproduced')
        >>> ComparisonRow(value=5.0, condition="tension is small", **given).outcome
        'reproduced only if tension is small'
        """
        if self.low is None and self.high is None:
            return "no number published"
        if not self.is_within:
            return "not reproduced"
        if self.basis == "calibrated":
            return "calibrated on it"
        return f"reproduced only if {self.condition}" if self.condition else "reproduced"


class ComparisonDoc(Document):
    """A simulation of the paper, repeated under its name, beside the published values."""

    preset: str = Field(description="Name of the preset")
    figure: str = Field(description="Figure of the paper")
    particle: str = Field(description="Formula of the particle layer")
    electrolyte: str = Field(description="Formula of the less lithium-stable electrolyte")
    front: Literal["published", "sharp", "single-ion"] = Field(
        "published", description="Equations of the growth, as in FrontShape"
    )
    width: float | None = Field(None, description="Width of the front and edge of a cell (m); None: not kept")
    seed: int | None = Field(None, description="Seed of packing, needles and noise; None: not kept")
    rows: list[ComparisonRow] = Field(description="Published and computed values")
    notes: list[str] = Field(description="What differs from the published set-up or makes the result doubtful")
    files: list[str] = Field(description="Figures, movies and fields, relative to the folder")


class ReportDoc(Document):
    """Where the report is and what it shows."""

    path: RelativePath = Field(description="HTML file relative to the run folder")
    sha256: str = Field(description="SHA-256 of the HTML file")
    figures: list[RelativePath] = Field(description="PNG files relative to the run folder")
    pieces: list[FilePiece] = PIECES
