"""Documents of arrest at C = 1: what stops lithium at a given current, as probabilities over what is not known."""

from typing import Literal

from pydantic import Field

from selflimit.documents.diagrams import DecompositionDoc
from selflimit.documents.records import Document, Record

Fate = Literal["turns back", "stalls", "passivates", "extrudes", "spreads", "is consumed", "cracks", "crosses"]
"""What becomes of lithium that goes through the layer to the less stable electrolyte."""
ENDS: dict[Fate, str] = {
    "turns back": "plating does not fill the channels, and stripping empties them: it does not arrive",
    "stalls": "lithium yields too little to be pressed out by the field that drives it: the current stays on the foil",
    "passivates": "the product's film lets so few ions through that the current goes elsewhere",
    "extrudes": "lithium flows back to the foil as it is plated: not into the electrolyte, but the channel widens",
    "spreads": "the bond of layer and electrolyte opens and lithium lies between them: no crack and no short, but "
    "product all over the electrolyte",
    "is consumed": "the reaction eats through the whole electrolyte",
    "cracks": "the pressure at the tip opens a crack, which the lithium fills in part: no short",
    "crosses": "the lithium fills a crack through the whole electrolyte: a short",
}
"""Each outcome in words, the harmless ones first."""
SELF_LIMITING: tuple[Fate, ...] = ("stalls", "passivates")
"""Outcomes in which lithium stops at the electrolyte without harm to it."""
HARMLESS: tuple[Fate, ...] = ("turns back", *SELF_LIMITING)
"""Outcomes in which the electrolyte stays whole."""
Products = Literal["insulate", "conduct"]
"""Whether the products are taken to insulate or to conduct electrons."""


class UncertainQuantity(Record):
    """A number that is known within a range only, and the distribution made of it: triangular between the ends."""

    name: str = Field(description="Name, e.g. 'slot width'")
    symbol: str = Field(description="Symbol in the equations")
    unit: str = Field(description="Unit of low, central and high, SI; '1' where it has none")
    low: float = Field(description="Lower end")
    central: float = Field(description="Most probable value")
    high: float = Field(description="Upper end; equal to the lower one: taken as known")
    scale: Literal["logarithmic", "linear"] = Field(description="Axis on which the distribution is a triangle")
    confidence: Literal["measured", "by analogy", "assumed", "not known", "given"] = Field(
        description="How far the range can be trusted; 'given': by the user"
    )
    source: str = Field(min_length=1, description="Where the numbers come from")


class Spread(Record):
    """Quantiles over the samples."""

    low: float = Field(description="5 % quantile, in the unit of the field that holds it")
    median: float = Field(description="Median, same unit")
    high: float = Field(description="95 % quantile, same unit")

    @property
    def label(self) -> str:
        """The spread in a few words.

        >>> Spread(low=0.5, median=1.0, high=2.0).label
        '1 (0.5 to 2, 5-95 %)'
        """
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g}, 5-95 %)"


class Influence(Record):
    """How much of the spread of a result one quantity causes (variance-based, Sobol)."""

    name: str = Field(description="Name of the quantity")
    margin: float = Field(description="First-order index for the logarithm of the margin, 0 to 1 but for its error")
    margin_total: float = Field(description="Total index for the same, interactions included")
    pressure: float = Field(description="First-order index for the logarithm of the pressure at the tip")


class DrawnChannels(Record):
    """What becomes of lithium in a resolved layer whose channels are drawn at random, at the most probable values."""

    seed: int = Field(ge=0, description="Seed of the widths")
    widths: list[float] = Field(description="Widths of the channels in each period (m)")
    arrival: float | None = Field(
        description="Areal capacity after which the first channel is full (mAh/cm^2); None: none is"
    )
    tip_pressure: float = Field(ge=0, description="Largest pressure at the electrolyte (MPa)")
    outcome: Fate = Field(description="What becomes of the lithium")


class BranchVerdict(Record):
    """The verdict at one current if the products insulate, or conduct, electrons."""

    products: Products = Field(description="What the products are taken to do with electrons: insulate or conduct")
    probabilities: dict[Fate, float] = Field(description="Fate -> share of the samples")
    answer: Fate = Field(description="The most frequent outcome")
    limits_itself: float = Field(ge=0, le=1, description="Share of the samples that stall or passivate")
    harmless: float = Field(ge=0, le=1, description="Share of the samples that turn back, stall or passivate")
    standard_error: float = Field(ge=0, description="sqrt(p (1 - p)/samples) of it, an upper bound for Sobol points")
    margin: Spread = Field(
        description="By what factor the electrolyte stays unharmed (above 1) or does not: charge of arrival over "
        "charge plated or, if that is more, the least of yield over field (or film over circuit), pressure that bond "
        "and electrolyte bear over tip pressure, electrolyte over product, dimensionless"
    )
    arrival: Spread = Field(description="Areal capacity that brings lithium through the layer (mAh/cm^2)")
    crack_depth: Spread = Field(
        description="Depth of the lithium in a crack at the end of the test, were the tip's pressure to open one (m)"
    )
    tip_pressure: Spread = Field(description="Compression of the lithium at the tip (MPa)")
    film: Spread = Field(description="Thickness of the product at the end of the test (m)")
    drawn: list[DrawnChannels] = Field(description="Resolved layers with drawn channels, one per seed")
    influences: list[Influence] = Field(description="Quantities by their total index for the margin, largest first")

    @property
    def agreeing(self) -> int:
        """How many of the drawn layers have the most frequent outcome."""
        return sum(one.outcome == self.answer for one in self.drawn)

    @property
    def decides(self) -> str:
        """Name of the quantity that decides."""
        return self.influences[0].name if self.influences else "nothing: every quantity is given"


class CentralState(Record):
    """The numbers of the criterion at the most probable values, products left out."""

    extrusion_number: float = Field(description="N_s, yield gradient over field gradient: above 1 the channel stalls")
    leak: float = Field(description="Current density at the tip over the mean one, to leading order")
    stall_pressure: float = Field(description="(F/v_m)(eta_ct + i L/sigma) (MPa)")
    charge_transfer_pressure: float = Field(description="What charge transfer has in it (MPa)")
    plug_pressure: float = Field(description="What presses a plug out at the speed at which it is plated (MPa)")
    crack_pressure: float = Field(description="p + K_IC/(1.12 sqrt(pi a)) (MPa)")
    bond_pressure: float = Field(description="kappa K_IC/(1.12 sqrt(pi a)), which opens the bond to the layer (MPa)")
    arrival: float = Field(description="Areal capacity that brings lithium through the layer (mAh/cm^2)")
    plated: float = Field(description="Areal capacity in channels when the last plating ends, at most (mAh/cm^2)")
    slot_width: float = Field(description="Width of the widest slot (m)")
    critical_slot_width: float = Field(description="Slots up to this width stall (m)")
    critical_thickness: float = Field(
        description="Layers up to this one stay below the crack pressure (m); 0: none does"
    )
    layer_voltage: float = Field(description="i L/sigma, what the layer itself asks for (V)")


class CurrentVerdict(Record):
    """The verdict at one current."""

    current: float = Field(gt=0, description="Current density (mA/cm^2)")
    answer: Fate = Field(description="The most frequent outcome, both branches of the products weighted equally")
    probabilities: dict[Fate, float] = Field(description="Fate -> mean of the two branches: an assumption")
    limits_itself: float = Field(ge=0, le=1, description="Probability to stall or passivate, mean of the two branches")
    harmless: float = Field(ge=0, le=1, description="Probability that the electrolyte stays whole, mean of the two")
    central: CentralState = Field(description="At the most probable values")
    branches: list[BranchVerdict] = Field(description="Products that insulate, products that conduct electrons")
    statement: str = Field(description="The answer in one line")

    @property
    def agreement(self) -> str:
        """How many resolved layers with drawn channels agree with the verdict of each branch."""
        return ", ".join(
            f"{one.agreeing} of {len(one.drawn)} if the products {one.products} electrons" for one in self.branches
        )


class ArrestDoc(Document):
    """Does the layer limit its lithium, by which mechanism, up to which current: C = 1, no number fitted.

    Probabilities are shares of samples over the stated ranges. Where a range is assumed they are no prediction.
    """

    formula: str = Field(description="Electrolyte, reduced formula")
    answers: str = Field(description="Most frequent outcome and its probability at each current density (mA/cm^2)")
    decomposition: DecompositionDoc = Field(description="Its reaction with lithium: voltage and volumes per charge")
    reaction_voltage: float = Field(description="E, energy of the reaction per electron (V); 0: it takes up no lithium")
    currents: list[CurrentVerdict] = Field(description="One verdict for each current")
    critical_current: Spread = Field(
        description="Current density up to which the channel stalls and the electrolyte stays whole (mA/cm^2), "
        "products left out"
    )
    critical_capacity: Spread = Field(
        description="Areal capacity of a half-cycle that brings lithium through the layer (mAh/cm^2)"
    )
    test_time: float = Field(gt=0, description="How long the cell is cycled and its products grow (s)")
    foil: float = Field(ge=0, description="Lithium foil on each side (m): no more can stay in the channels")
    electrolyte_modulus: float = Field(gt=0, description="Young's modulus of the electrolyte (GPa)")
    electrolyte_poisson: float = Field(ge=0, lt=0.5, description="Its Poisson ratio, dimensionless")
    temperature: float = Field(gt=0, description="Temperature (K)")
    ranges: list[UncertainQuantity] = Field(description="Everything that was varied, and what was given")
    samples: int = Field(ge=2, description="Points of a scrambled Sobol sequence")
    seed: int = Field(ge=0, description="Seed of the sequence")
    not_covered: list[str] = Field(description="What no probability includes")
