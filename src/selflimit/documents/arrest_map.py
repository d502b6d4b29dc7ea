"""Documents of the design map at C = 1: up to which current and capacity layers with drawn channels stay whole."""

from pydantic import Field

from selflimit.documents.arrest import Fate, UncertainQuantity
from selflimit.documents.records import Document, Record


class ChannelDesign(Record):
    """A particle layer, and the seed of its channels."""

    slot_width: float = Field(gt=0, description="Median width of the channels (m)")
    layer_thickness: float = Field(gt=0, description="Thickness of the layer (m)")
    coarse_fraction: float = Field(ge=0, lt=1, description="Share of the layer that coarse, closed particles take")
    seed: int = Field(ge=0, description="Seed of the widths")


class ChannelDesignDoc(Document):
    """How one layer with drawn channels fills, and what it bears, at every current."""

    design: ChannelDesign = Field(description="What was asked")
    widths: list[float] = Field(description="Widths of the channels in each period (m)")
    currents: list[float] = Field(description="Current densities (mA/cm^2)")
    critical_current: float | None = Field(
        description="Current density up to which every channel bears its pressure (mA/cm^2); None: it always does"
    )
    arrivals: list[float | None] = Field(
        description="Areal capacity that fills the first channel at each current (mAh/cm^2); None: more than the foil's"
    )
    outcomes: list[Fate] = Field(description="What becomes of lithium once a channel is full, at each current")
    cpu_seconds: float = Field(ge=0, description="Processor time (s)")


class PackingSpread(Record):
    """A number over the packings of a design."""

    low: float = Field(description="Smallest, in the unit of the field that holds it")
    median: float = Field(description="Median, same unit")
    high: float = Field(description="Largest, same unit")


class ArrestMapCell(Record):
    """All packings of a design at one current."""

    current: float = Field(gt=0, description="Current density (mA/cm^2)")
    outcomes: dict[Fate, int] = Field(description="What becomes of lithium that arrives -> in how many packings")
    arrival: PackingSpread | None = Field(
        description="Areal capacity of a half-cycle that fills a channel (mAh/cm^2); None: more than the foil's in one"
    )
    fails: int = Field(ge=0, description="Packings in which something gives way from that capacity on")


class ArrestMapRow(Record):
    """All packings of a design."""

    slot_width: float = Field(gt=0, description="Median width of the channels (m)")
    layer_thickness: float = Field(gt=0, description="Thickness of the layer (m)")
    coarse_fraction: float = Field(ge=0, lt=1, description="Share of coarse particles")
    packings: int = Field(ge=1, description="Seeds")
    critical_current: PackingSpread | None = Field(
        description="Current density up to which the layer stays whole at any capacity (mA/cm^2); None: in some "
        "packing at every current"
    )
    cells: list[ArrestMapCell] = Field(description="One per current")


class ArrestMapDoc(Document):
    """Critical current, and the areal capacity from which a layer fails above it, over designs, at C = 1.

    Below the capacity of arrival lithium turns back at any current; above it, a layer fails above its critical current.
    """

    rows: list[ArrestMapRow] = Field(description="One per design")
    channel_share: float = Field(gt=0, lt=1, description="Share of the fine regions that channels take: an assumption")
    bears: float = Field(gt=0, description="Pressure at which the bond or the electrolyte gives way (MPa)")
    values: list[UncertainQuantity] = Field(description="Quantities, of which the most probable value is taken")
    cells: int = Field(ge=8, description="Cells along the layer and each channel")
    step_error: float = Field(gt=0, description="Relative error of a length that a step may make")
    seeds: list[int] = Field(description="Seeds of the packings")
    cpu_seconds: float = Field(ge=0, description="Processor time of all designs (s)")
