"""What a finished run is: its documents by stage, as the report takes them and as the flow hands them on.

No plotting library is needed to make one, so whoever builds a flow can.
"""

from pydantic import Field

from selflimit.documents import (
    ArrestDoc,
    ClosedLoopDoc,
    CoarseRelaxationDoc,
    ConstrictionDoc,
    DecompositionDoc,
    DesignPointDoc,
    ElasticDoc,
    FailedRelaxationDoc,
    GrowthDoc,
    OrderingEnergiesDoc,
    OrderingsDoc,
    PredominanceDoc,
    PressureSpreadDoc,
    ProductsDoc,
    Record,
    RelaxationDoc,
    StabilityDoc,
    StressDoc,
    UncertaintyDoc,
)


class ReportContent(Record):
    """Everything the report shows: the documents of one run, by stage."""

    parent: str = Field(description="Name of the disordered parent")
    orderings: list[OrderingsDoc] = Field(description="One per cell")
    relaxations: list[RelaxationDoc | CoarseRelaxationDoc | FailedRelaxationDoc] = Field(
        description="What became of each ordering"
    )
    ordering_energies: OrderingEnergiesDoc = Field(description="The relaxed orderings as ensembles")
    electrolyte: RelaxationDoc = Field(description="The lowest ordering")
    competing: list[RelaxationDoc] = Field(description="All competing phases, relaxed")
    stabilities: list[StabilityDoc] = Field(description="One per K_eff")
    constriction: ConstrictionDoc = Field(description="Products against K_eff at the lowest voltage")
    predominance: PredominanceDoc = Field(description="Products against voltage and K_eff")
    uncertainties: list[UncertaintyDoc] = Field(description="Spread of K*; empty: no DFT energies are bundled")
    reference: list[ProductsDoc] = Field(description="Products by the bundled DFT energies; empty: none are bundled")
    decompositions: list[DecompositionDoc] = Field(description="One per K_eff, at the lowest voltage")
    elastic: list[ElasticDoc] = Field(description="Electrolyte, particles, products")
    growths: list[GrowthDoc] = Field(description="One per particle layer")
    stresses: list[StressDoc] = Field(description="One per decomposition that was put into the interface")
    compressible: list[StabilityDoc] = Field(
        [], description="Stabilities with compressible phases; empty: linear functional"
    )
    closed_loops: list[ClosedLoopDoc] = Field([], description="One per functional; empty: not asked for")
    spreads: list[PressureSpreadDoc] = Field([], description="Errors in MPa at the tip; empty: not asked for")
    arrest: ArrestDoc = Field(description="Stalls, extrudes, cracks, passivates, is consumed or crosses, at C = 1")
    verdicts: list[DesignPointDoc] = Field([], description="Fine and graded layer; empty: not asked for")
