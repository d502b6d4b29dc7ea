"""What every document shares: immutability, versions, and the level of theory that travels with every energy."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    computed_field,
    model_validator,
)
from pymatgen.core import Composition, Structure
from pymatgen.core.entries import ComputedStructureEntry

from selflimit import __version__
from selflimit.documents.pictures import picture_of
from selflimit.documents.summaries import summary_html, summary_rows, summary_text
from selflimit.errors import LevelOfTheoryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCHEMA_VERSION = "1"
"""Version of the documents that this package writes and reads; a change of a field's meaning raises it."""

Crystal = Annotated[Structure, PlainSerializer(lambda structure: structure.as_dict(), when_used="json")]
"""A pymatgen Structure that serialises to its dictionary form."""


class Record(BaseModel):
    """Immutable part of a document: unknown fields, NaN and infinities are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MakerSetting(Record):
    """A record that a Maker may hold: it speaks monty's protocol, in which jobs are written."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data with the names of module and class, as monty's protocol wants it."""
        kind = type(self)
        return {"@module": kind.__module__, "@class": kind.__name__, **self.model_dump(mode="json")}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The record from its plain data."""
        return cls.model_validate({key: value for key, value in data.items() if not key.startswith("@")})


class SearchKeys(Record):
    """What a document is found by: flat fields of one name and meaning in every kind, for a database to index."""

    formulas: list[str] = Field(description="Reduced formulas of what the document is about; empty: of no crystal")
    chemsys: str | None = Field(
        description="Elements of the formulas and the working ion, alphabetical, e.g. 'Cl-Li-Zr'; None: no formula"
    )
    k_eff: float | None = Field(description="Effective bulk modulus (GPa); None: of none or of several")
    voltage_low: float | None = Field(description="Lowest voltage it holds for (V vs the ion's metal); None: of none")
    voltage_high: float | None = Field(description="Highest voltage it holds for (V); None: of none")
    level: str | None = Field(description="Label of the level of theory, e.g. 'CHGNet-r2scan'; None: no energies in it")


class Document(Record):
    """Immutable result that is stored on its own."""

    schema_version: str = Field(SCHEMA_VERSION, description="Version of this document's schema")
    package_version: str = Field(__version__, description="selflimit version that wrote the document")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        """Refuse other schema versions, and leave out of stored data what is computed anew.

        Raises
        ------
        ValueError
            The data are of another schema version.
        """
        if not isinstance(data, Mapping):
            return data
        if (version := data.get("schema_version", SCHEMA_VERSION)) != SCHEMA_VERSION:
            raise ValueError(
                f"expected a document of schema version {SCHEMA_VERSION!r}, got {version!r}; read it with the "
                f"selflimit that wrote it, version {data.get('package_version', 'unknown')}, here is {__version__}"
            )
        # stored for the database to index; computed anew from the fields, so that the two cannot differ
        return {name: value for name, value in data.items() if name != "search"}

    @computed_field(description="What queries find the document by; computed from its other fields")  # type: ignore[prop-decorator]
    @property
    def search(self) -> SearchKeys:
        """What queries find the document by."""
        return search_keys(self)

    def plot(self, folder: str | Path = ".", ax: "Axes | None" = None) -> "Figure":
        """Draw the document, where its kind has a picture.

        Parameters
        ----------
        folder
            Folder of the run, which holds the fields of growths and stresses.
        ax
            Axes to draw on, at least 8 inches wide to keep labels readable; None: a figure of its own.

        Returns
        -------
        Figure
            What a notebook shows, and ``savefig`` writes.

        Raises
        ------
        InputError
            Its kind has no picture, or the fields are not in ``folder``.
        MissingDependencyError
            The plotting library is not installed.
        """
        return picture_of(self, Path(folder), ax)

    def __repr__(self) -> str:
        """Write a summary of at most 25 lines; ``model_dump`` has everything."""
        return summary_text(self)

    __str__ = __repr__

    def __rich_repr__(self) -> Iterator[tuple[str, str]]:
        """Give rich the same summary."""
        yield from summary_rows(self)

    def _repr_html_(self) -> str:
        """Give a notebook the same summary."""
        return summary_html(self)


class LevelOfTheory(Record):
    """How an energy was obtained. Energies of different levels are never put on one hull."""

    method: Literal["DFT", "force field"] = Field(description="Kind of calculation")
    model: str = Field(
        description="Functional and input set, or force-field name, e.g. 'PBE (MP GGA)', 'CHGNet r2scan'"
    )
    weights_sha256: str | None = Field(None, description="SHA-256 of the force field's weights; None for DFT")
    corrections: Literal["none", "MP2020"] = Field("none", description="Energy corrections added to the raw energies")
    temperature: float | None = Field(
        None, gt=0, description="Temperature of Gibbs energies (K); None: energies of crystals at rest"
    )

    @property
    def label(self) -> str:
        """Short text for tables and axis labels.

        >>> LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020").label
        'PBE (MP GGA) + MP2020 corrections'
        """
        corrected = "" if self.corrections == "none" else f" + {self.corrections} corrections"
        warm = "" if self.temperature is None else f", Gibbs energies at {self.temperature:g} K"
        return f"{self.model}{corrected}{warm}"


def search_keys(document: Document) -> SearchKeys:
    """Collect the search keys of a document from its own fields, or those of the decomposition it was made for."""
    about = getattr(document, "decomposition", document)
    formulas = [value for name in ("formula", "first", "second") if (value := getattr(about, name, None))]
    voltages = _voltages(about)
    level = getattr(about, "level_of_theory", None)
    return SearchKeys(
        formulas=formulas,
        chemsys=_chemsys(*formulas, getattr(about, "working_ion", "")) if formulas else None,
        k_eff=getattr(about, "k_eff", None),
        voltage_low=min(voltages, default=None),
        voltage_high=max(voltages, default=None),
        level=level.label if level is not None else None,
    )


def _voltages(about: Any) -> list[float]:
    """Every voltage that bounds what the document holds for (V)."""
    parts = [part for part in getattr(about, "segments", []) if hasattr(part, "voltage_low")]
    ends = [voltage for part in parts for voltage in (part.voltage_low, part.voltage_high)]
    single = getattr(about, "voltage", None)
    return [*ends, *getattr(about, "voltage_range", ()), *([] if single is None else [single])]


@lru_cache(maxsize=4096)
def _chemsys(*formulas: str) -> str | None:
    """Elements of ``formulas``; None where one of them is no formula."""
    try:
        elements = {element.symbol for formula in formulas if formula for element in Composition(formula).elements}
    except ValueError:
        return None
    return "-".join(sorted(elements))


def _below_the_folder(name: str) -> str:
    path = PurePosixPath(name)
    if not name or "\0" in name or "\\" in name or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"expected a path below the run folder, got {name!r}")
    return name


RelativePath = Annotated[str, AfterValidator(_below_the_folder)]
"""Path of a file below the run folder."""

LEVEL_KEY = "level_of_theory"


def with_level(entry: ComputedStructureEntry, level: LevelOfTheory) -> ComputedStructureEntry:
    """Write ``level`` into ``entry.parameters`` (in place) and return the entry."""
    entry.parameters[LEVEL_KEY] = level.model_dump()
    return entry


def level_of(entry: ComputedStructureEntry) -> LevelOfTheory:
    """Read the level of theory of one entry.

    Raises
    ------
    LevelOfTheoryError
        The entry does not say how its energy was obtained, or not in the fields of a LevelOfTheory.
    """
    if LEVEL_KEY not in entry.parameters:
        raise LevelOfTheoryError(
            f"entry {entry.entry_id} ({entry.reduced_formula}) does not say its level of theory; "
            "set it with selflimit.documents.with_level(entry, LevelOfTheory(...))"
        )
    try:
        level = LevelOfTheory.model_validate(entry.parameters[LEVEL_KEY])
        # pymatgen's GibbsComputedStructureEntry has the temperature of its energy
        temperature = getattr(entry, "temp", None)
        return level if temperature is None else level.model_copy(update={"temperature": float(temperature)})
    except ValidationError as fault:
        raise LevelOfTheoryError(
            f"entry {entry.entry_id} ({entry.reduced_formula}) has a damaged level of theory "
            f"({fault.errors()[0]['msg']}); set it with selflimit.documents.with_level(entry, LevelOfTheory(...))"
        ) from None


def common_level(entries: list[ComputedStructureEntry]) -> LevelOfTheory:
    """Find the one level of theory that all ``entries`` share.

    Raises
    ------
    LevelOfTheoryError
        No entries, an entry without level, or more than one level.
    """
    levels = {level_of(entry): entry for entry in entries}
    if len(levels) != 1:
        found = "; ".join(f"{level.label} ({entry.entry_id})" for level, entry in levels.items()) or "no entries"
        raise LevelOfTheoryError(
            f"expected entries of one level of theory, got: {found}. Take all from one source: "
            "selflimit.phase_diagrams.competing_entries(chemsys, 'force-field') beside CHGNet-r2scan, 'mp-api' beside "
            "the Materials Project; or relax all with selflimit.structures.relax_all"
        )
    return next(iter(levels))
