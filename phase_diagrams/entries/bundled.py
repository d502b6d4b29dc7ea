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

from selflimit.documents import ElasticDoc, LeftOutPhase, Record
from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean


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
        return symbols_in(self.formula)


def symbols_in(formula: str) -> set[str]:
    """Element symbols in a reduced formula.

    >>> sorted(symbols_in("Li2ZrCl6"))
    ['Cl', 'Li', 'Zr']
    """
    return set(re.findall(r"[A-Z][a-z]?", formula))


class BundledCatalogue(Record):
    """All bundled crystals, and for which chemical systems they are a full set of competing phases."""

    units: dict[str, str] = Field(description="Field -> unit")
    systems: dict[str, Literal["complete", "with gaps"]] = Field(
        description="Chemical system -> whether all its competing phases are bundled"
    )
    systems_note: str = Field(description="What 'with gaps' means")
    phases: list[BundledPhase] = Field(description="The crystals")
    left_out: list[LeftOutPhase] = Field(description="Known or reported phases that are not bundled")


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
        raise InputError(
            f"no bundled crystal {label!r}{did_you_mean(label, phases) or ';'} bundled are {', '.join(phases)}"
        )
    return _crystal(phases[label])


def bundled_structures(chemsys: str, include_trial_orderings: bool = False) -> dict[str, Structure]:
    """Bundled crystals of a chemical system and its sub-systems, polymorphs included: the starts for relaxations.

    Systems with gaps are served too; :func:`left_out_phases` says what they lack.

    Parameters
    ----------
    chemsys
        Elements joined by dashes, e.g. ``"Li-Zr-Cl"``.
    include_trial_orderings
        Also return trial orderings of disordered electrolytes (Li2ZrCl6); by default the electrolyte's crystal comes
        from the ordering search.

    Returns
    -------
    dict
        Label -> ordered crystal (lattice in Angstrom).

    Raises
    ------
    InputError
        The system is not bundled.
    """
    return {p.label: _crystal(p) for p in bundled_phases(chemsys) if include_trial_orderings or not p.trial}


def bundled_orderings(chemsys: str) -> dict[str, Structure]:
    """Bundled orderings of the disordered electrolytes within a chemical system, by label; empty: there are none."""
    elements = elements_of(chemsys)
    return {p.label: _crystal(p) for p in bundled_catalogue().phases if p.trial and p.elements <= elements}


def bundled_phases(chemsys: str) -> list[BundledPhase]:
    """What is known of the bundled crystals of a chemical system and its sub-systems, trial orderings included.

    Raises
    ------
    InputError
        The system is not bundled.
    """
    catalogue, elements = bundled_catalogue(), elements_of(chemsys)
    if not any(elements <= elements_of(system) for system in catalogue.systems):
        raise InputError(
            f"no bundled phases for {'-'.join(sorted(elements))}; bundled are {', '.join(catalogue.systems)} and their "
            "sub-systems. Others: your own entries (`selflimit diagram FORMULA --entries FILE`, read_entries(path)) "
            "or the Materials Project's (--phases mp-api, competing_entries(..., source='mp-api'))"
        )
    return [phase for phase in catalogue.phases if phase.elements <= elements]


def bundled_elastic() -> dict[str, ElasticDoc]:
    """Elastic constants (CHGNet r2scan) of the bundled electrolytes, Li3N and their products, by reduced formula."""
    found = [ElasticDoc.model_validate(part) for part in json.loads(bundled_text("elastic_CHGNet-r2scan.json"))]
    return {doc.formula: doc for doc in found}


def left_out_phases(chemsys: str) -> list[LeftOutPhase]:
    """Known or reported phases of a chemical system that do not compete in the bundled sets; empty: it is complete.

    Raises
    ------
    InputError
        Not elements joined by dashes.
    """
    elements = elements_of(chemsys)
    return [phase for phase in bundled_catalogue().left_out if symbols_in(phase.formula) <= elements]


def elements_of(chemsys: str) -> set[str]:
    """Element symbols of a chemical system.

    >>> sorted(elements_of("Li-Zr-Cl"))
    ['Cl', 'Li', 'Zr']

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


def _crystal(phase: BundledPhase) -> Structure:
    """Parse without rounding coordinates to fractions: the bundled cells are taken as they are."""
    parser = CifParser.from_str(bundled_text(phase.file), frac_tolerance=0.0)
    return parser.parse_structures(primitive=False)[0]
