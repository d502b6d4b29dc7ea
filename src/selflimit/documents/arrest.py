"""Documents of arrest at C = 1: what stops lithium at a given current, as probabilities over what is not known."""

from typing import Literal

from pydantic import Field

from selflimit.documents.diagrams import DecompositionDoc
from selflimit.documents.records import Document, Record

Fate = Literal["stalls", "passivates", "extrudes", "is consumed", "cracks", "crosses"]
"""What becomes of lithium that has reached the less stable electrolyte."""
ENDS: dict[Fate, str] = {
    "stalls": "lithium yields too little to be pressed out by the field that drives it: the current stays on the foil",
    "passivates": "the product's film lets so few ions through that the current goes elsewhere",
    "extrudes": "lithium flows back to the foil as it is plated: not into the electrolyte, but the channel widens",
    "is consumed": "the reaction eats through the whole electrolyte",
    "cracks": "the pressure at the tip opens a crack, which one half-cycle does not fill with lithium",
    "crosses": "one half-cycle's lithium fills a crack through the whole electrolyte",
}
"""Each outcome in words; the first two are self-limiting."""
SELF_LIMITING: tuple[Fate, ...] = ("stalls", "passivates")
"""Outcomes in which lithium stops without harm to the electrolyte."""
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


class BranchVerdict(Record):
    """The verdict at one current if the products insulate, or conduct, electrons."""

    products: Products = Field(description="What the products are taken to do with electrons: insulate or conduct")
    probabilities: dict[Fate, float] = Field(description="Fate -> share of the samples")
    answer: Fate = Field(description="The most frequent outcome")
    limits_itself: float = Field(ge=0, le=1, description="Share of the samples that stall or passivate")
    standard_error: float = Field(ge=0, description="sqrt(p (1 - p)/samples) of it, an upper bound for Sobol points")
    margin: Spread = Field(
        description="By what factor the layer limits itself (above 1) or fails to: the least of yield over field (or "
        "film over circuit), crack pressure over tip pressure, electrolyte over product, dimensionless"
    )
    tip_pressure: Spread = Field(description="Compression of the lithium at the tip (MPa)")
    film: Spread = Field(description="Thickness of the product at the end of the test (m)")
    influences: list[Influence] = Field(description="Quantities by their share in the margin, largest first")

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
    crack_pressure: float = Field(description="K_IC/(1.12 sqrt(pi a)) (MPa)")
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
    central: CentralState = Field(description="At the most probable values")
    branches: list[BranchVerdict] = Field(description="Products that insulate, products that conduct electrons")
    statement: str = Field(description="The answer in one line")


class ArrestDoc(Document):
    """Does the layer limit its lithium, by which mechanism, up to which current: C = 1, nothing fitted.

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
    test_time: float = Field(gt=0, description="How long the products grow (s)")
    half_cycle: float = Field(gt=0, description="How long lithium is plated at a time (s); stripping resets pressure")
    electrolyte_modulus: float = Field(gt=0, description="Young's modulus of the electrolyte (GPa)")
    electrolyte_poisson: float = Field(ge=0, lt=0.5, description="Its Poisson ratio, dimensionless")
    temperature: float = Field(gt=0, description="Temperature (K)")
    ranges: list[UncertainQuantity] = Field(description="Everything that was varied, and what was given")
    samples: int = Field(ge=2, description="Points of a scrambled Sobol sequence")
    seed: int = Field(ge=0, description="Seed of the sequence")
    not_covered: list[str] = Field(description="What no probability includes")
