"""Results as frozen documents with units: what the stages hand on, and what the store keeps.

Every document carries ``schema_version`` and ``package_version``; NaN and infinities are refused. A field that may be
``None`` says in its description what its absence means.
"""

from selflimit.documents.crystals import (
    CandidatesDoc,
    ElasticDoc,
    OrderingDoc,
    OrderingsDoc,
    RelaxationDoc,
)
from selflimit.documents.diagrams import (
    ConstrictionDoc,
    ConstrictionSegment,
    DecompositionDoc,
    PhaseAmount,
    ProductsDoc,
    ProductSegment,
    StabilityDoc,
    VoltageSegment,
)
from selflimit.documents.interfaces import (
    FieldFile,
    GrowthDoc,
    ParameterRow,
    ReportDoc,
    StressDoc,
)
from selflimit.documents.records import (
    LEVEL_KEY,
    SCHEMA_VERSION,
    Crystal,
    Document,
    LevelOfTheory,
    Record,
    common_level,
    level_of,
    with_level,
)

__all__ = [
    "LEVEL_KEY",
    "SCHEMA_VERSION",
    "CandidatesDoc",
    "ConstrictionDoc",
    "ConstrictionSegment",
    "Crystal",
    "DecompositionDoc",
    "Document",
    "ElasticDoc",
    "FieldFile",
    "GrowthDoc",
    "LevelOfTheory",
    "OrderingDoc",
    "OrderingsDoc",
    "ParameterRow",
    "PhaseAmount",
    "ProductSegment",
    "ProductsDoc",
    "Record",
    "RelaxationDoc",
    "ReportDoc",
    "StabilityDoc",
    "StressDoc",
    "VoltageSegment",
    "common_level",
    "level_of",
    "with_level",
]
