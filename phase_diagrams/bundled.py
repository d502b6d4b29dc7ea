"""Crystals, entries and reference facts that ship with the package; every file is checked against its SHA-256."""

import hashlib
import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

from pydantic import Field
from pymatgen.core import Element, Structure
from pymatgen.io.cif import CifParser

from selflimit.documents import Record
from selflimit.errors import InputError


class BundledPhase(Record):
    """One bundled crystal and what is known of it."""

    label: str = Field(description="Name by which the crystal is fetched, e.g. 'LiCl mp-22905'")
    formula: str = Field(description="Reduced formula")
    file: str = Field(description="CIF file, relative to the data folder")
    mp_id: str | None = Field(description="Materials Project identifier; None: none recorded")
    trial: bool = Field(description="A trial ordering of a disordered electrolyte, not a known ordered phase")
    origin: str = Field(description="How the cell was obtained")
    space_group: str = Field(description="Space group of the cell")
    volume_per_formula: float = Field(gt=0, description="Volume of the bundled cell (Angstrom^3 per formula unit)")
    experimental_volume: float | None = Field(
        description="Experimental volume (Angstrom^3 per formula unit); None: no value collected"
    )
    experimental_volume_source: str | None = Field(description="Its source; None: no value collected")
    bulk_modulus: float | None = Field(description="Bulk modulus (GPa), Voigt-Reuss-Hill, PBE; None: not collected")
    bulk_modulus_source: str | None = Field(description="Its source; None: not collected")
    note: str = Field(description="What a user has to know; may be empty")

    @property
    def elements(self) -> set[str]:
        """Symbols of the elements in the crystal."""
        return set(re.findall(r"[A-Z][a-z]?", self.formula))


class BundledCatalogue(Record):
    """All bundled crystals, and for which chemical systems they are a full set of competing phases."""

    units: dict[str, str] = Field(description="Field -> unit")
    systems: dict[str, Literal["complete", "incomplete"]] = Field(
        description="Chemical system -> whether all its competing phases are bundled"
    )
    systems_note: str = Field(description="What 'incomplete' means")
    phases: list[BundledPhase] = Field(description="The crystals")


def data_folder() -> Traversable:
    """Folder of the bundled data."""
    return files("selflimit.phase_diagrams") / "data"


def bundled_text(name: str, folder: Traversable | None = None) -> str:
    """Text of one bundled file, after its SHA-256 was checked.

    Parameters
    ----------
    name
        Path relative to the data folder, e.g. ``"phases.json"``.
    folder
        Data folder; the package's own if not given.

    Raises
    ------
    InputError
        The file is not in the manifest, is missing, or differs from what was shipped.
    """
    root = folder or data_folder()
    expected = json.loads((root / "manifest.json").read_text())["sha256"]
    if name not in expected:
        raise InputError(f"no bundled file {name!r}; bundled are: {', '.join(sorted(expected))}")
    try:
        content = (root / name).read_bytes()
    except OSError as error:
        raise InputError(f"bundled file {name} is missing ({error}); reinstall selflimit") from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected[name]:
        raise InputError(
            f"bundled file {name} was changed: expected SHA-256 {expected[name]}, got {found}; reinstall selflimit"
        )
    return content.decode()


def bundled_catalogue() -> BundledCatalogue:
    """The table of bundled crystals."""
    return BundledCatalogue.model_validate_json(bundled_text("phases.json"))


def bundled_structure(label: str) -> Structure:
    """One bundled crystal.

    Parameters
    ----------
    label
        Its label, e.g. ``"LiCl mp-22905"``.

    Returns
    -------
    Structure
        Ordered crystal; lattice in Angstrom.

    Raises
    ------
    InputError
        No bundled crystal of that label, or its file was changed.
    """
    phases = {phase.label: phase for phase in bundled_catalogue().phases}
    if label not in phases:
        raise InputError(f"no bundled crystal {label!r}; bundled are: {', '.join(phases)}")
    return _crystal(phases[label])


def bundled_structures(
    chemsys: str, include_trial_orderings: bool = False, allow_incomplete: bool = False
) -> dict[str, Structure]:
    """Bundled crystals of a chemical system and its sub-systems, polymorphs included: the starts for relaxations.

    Parameters
    ----------
    chemsys
        Elements joined by dashes, e.g. ``"Li-Zr-Cl"``.
    include_trial_orderings
        Also return trial orderings of disordered electrolytes (Li2ZrCl6); by default the electrolyte's crystal comes
        from the ordering search.
    allow_incomplete
        Also serve systems of which known stable phases are not bundled.

    Returns
    -------
    dict
        Label -> ordered crystal (lattice in Angstrom).

    Raises
    ------
    InputError
        The system is not bundled, or incomplete and that was not allowed.
    """
    catalogue = bundled_catalogue()
    elements = elements_of(chemsys)
    _require_bundled(catalogue, elements, allow_incomplete)
    wanted = (p for p in catalogue.phases if p.elements <= elements and (include_trial_orderings or not p.trial))
    return {phase.label: _crystal(phase) for phase in wanted}


def elements_of(chemsys: str) -> set[str]:
    """Element symbols of a chemical system like ``"Li-Zr-Cl"``.

    Raises
    ------
    InputError
        Not elements joined by dashes.
    """
    symbols = [symbol.strip() for symbol in chemsys.split("-")]
    unknown = [symbol for symbol in symbols if not Element.is_valid_symbol(symbol)]
    if unknown:
        raise InputError(f"expected elements joined by dashes like 'Li-Zr-Cl', got {chemsys!r}: {unknown} unknown")
    return set(symbols)


def _require_bundled(catalogue: BundledCatalogue, elements: set[str], allow_incomplete: bool) -> None:
    covering = {state for system, state in catalogue.systems.items() if elements <= elements_of(system)}
    if "complete" in covering or (covering and allow_incomplete):
        return
    asked = "-".join(sorted(elements))
    if covering:
        raise InputError(
            f"the bundled crystals of {asked} lack known stable phases; pass allow_incomplete=True for the crystals "
            "alone, or competing_entries(..., source='mp-api') for the full set"
        )
    complete = ", ".join(system for system, state in catalogue.systems.items() if state == "complete")
    raise InputError(
        f"no bundled phases for {asked}; bundled are {complete} and their sub-systems. "
        "Use competing_entries(..., source='mp-api') or read_entries(path) for other systems"
    )


def _crystal(phase: BundledPhase) -> Structure:
    """Parse without rounding coordinates to fractions: the bundled cells are taken as they are."""
    parser = CifParser.from_str(bundled_text(phase.file), frac_tolerance=0.0)
    return parser.parse_structures(primitive=False)[0]
