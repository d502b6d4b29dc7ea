"""The phases that compete, as the numbers that every diagram is made of: what jobs hand on instead of crystals."""

from typing import Literal

from pydantic import Field

from selflimit.documents.diagrams import BulkModulus
from selflimit.documents.records import Document, LevelOfTheory, Record

Bonding = Literal["dense", "layered", "molecular"]
"""How far strong bonds reach in a crystal: in three dimensions, in two, or in one or none (chains and molecules)."""


class CompetingPhase(Record):
    """One competing phase, per reduced formula unit."""

    formula: str = Field(description="Reduced formula")
    entry_id: str = Field(description="Identifier of the entry the numbers come from")
    energy: float = Field(description="Energy at zero pressure (eV per formula unit)")
    volume: float = Field(gt=0, description="Volume at zero pressure (Angstrom^3 per formula unit)")
    is_given: bool = Field(False, description="Whether it is the crystal of the electrolyte, by the user's word")
    band_gap: float | None = Field(None, ge=0, description="Band gap that the entry states (eV); None: it states none")
    bulk_modulus: BulkModulus | None = Field(None, description="Compressibility; None: not asked for")
    volumes: dict[str, float] = Field(
        default_factory=dict,
        description="Source -> volume (Angstrom^3 per formula unit), its own among them; empty: not asked for",
    )
    bonding: Bonding | None = Field(None, description="Class of the crystal; None: not asked for")


class CompetingPhasesDoc(Document):
    """All phases of one level of theory that compete in diagrams, distinct and in an order that says nothing."""

    phases: list[CompetingPhase] = Field(min_length=1, description="The phases")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")
