"""What every document shares: immutability, versions, and the level of theory that travels with every energy."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pymatgen.core import Structure
from pymatgen.core.entries import ComputedStructureEntry

from selflimit import __version__
from selflimit.errors import LevelOfTheoryError

SCHEMA_VERSION = "1"

Crystal = Annotated[Structure, PlainSerializer(lambda structure: structure.as_dict(), when_used="json")]
"""A pymatgen Structure that serialises to its dictionary form."""


class Record(BaseModel):
    """Immutable part of a document: unknown fields, NaN and infinities are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Document(Record):
    """Immutable result that is stored on its own."""

    schema_version: str = Field(SCHEMA_VERSION, description="Version of this document's schema")
    package_version: str = Field(__version__, description="selflimit version that wrote the document")


class LevelOfTheory(Record):
    """How an energy was obtained. Energies of different levels are never put on one hull."""

    method: Literal["DFT", "force field"] = Field(description="Kind of calculation")
    model: str = Field(
        description="Functional and input set, or force-field name, e.g. 'PBE (MP GGA)', 'CHGNet r2scan'"
    )
    weights_sha256: str | None = Field(None, description="SHA-256 of the force field's weights; None for DFT")
    corrections: Literal["none", "MP2020"] = Field("none", description="Energy corrections added to the raw energies")

    @property
    def label(self) -> str:
        """Short text for tables and axis labels."""
        return self.model if self.corrections == "none" else f"{self.model} + {self.corrections} corrections"


LEVEL_KEY = "level_of_theory"


def with_level(entry: ComputedStructureEntry, level: LevelOfTheory) -> ComputedStructureEntry:
    """Write ``level`` into ``entry.parameters`` (in place) and return the entry."""
    entry.parameters[LEVEL_KEY] = level.model_dump()
    return entry


def level_of(entry: ComputedStructureEntry) -> LevelOfTheory:
    """Level of theory of one entry.

    Raises
    ------
    LevelOfTheoryError
        The entry does not say how its energy was obtained.
    """
    if LEVEL_KEY not in entry.parameters:
        raise LevelOfTheoryError(
            f"entry {entry.entry_id} ({entry.reduced_formula}) does not say its level of theory; "
            "set it with selflimit.documents.with_level(entry, LevelOfTheory(...))"
        )
    return LevelOfTheory.model_validate(entry.parameters[LEVEL_KEY])


def common_level(entries: list[ComputedStructureEntry]) -> LevelOfTheory:
    """The one level of theory that all ``entries`` share.

    Raises
    ------
    LevelOfTheoryError
        No entries, an entry without level, or more than one level.
    """
    levels = {level_of(entry): entry for entry in entries}
    if len(levels) != 1:
        found = "; ".join(f"{level.label} ({entry.entry_id})" for level, entry in levels.items()) or "no entries"
        raise LevelOfTheoryError(f"expected entries of one level of theory, got: {found}. Relax all with one method")
    return next(iter(levels))
