"""Competing phases as the numbers the minimisation needs: amounts, energy and volume per formula unit."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from pymatgen.core import Composition, Element
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import CompetingPhase
from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

BAND_GAP_KEY = "band_gap"
"""Key of an entry's data that holds its band gap (eV), as in the summaries of the Materials Project."""
ELECTROLYTE_KEY = "electrolyte"
"""Key of an entry's data that says it is the crystal of the electrolyte, whichever polymorph is lower."""
LARGEST_DENOMINATOR = 1000
"""Amounts in a formula are taken as fractions with denominators up to this (Li5.5 is 11/2)."""

ION_CHARGES = {
    "H": 1, "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Cu": 1, "Ag": 1,
    "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2, "Al": 3,
}  # fmt: skip
"""Working ions and their charges (e): a voltage changes the chemical potential of an ion by its charge times it."""

GASES = (
    *("H2", "He", "N2", "O2", "F2", "Ne", "Cl2", "Ar", "Kr", "Xe"),
    *("HF", "HCl", "HBr", "HI", "H2S", "H2Se", "H3N", "PH3", "AsH3", "SiH4", "GeH4", "H4C"),
    *("CO", "CO2", "CSO", "NO", "NO2", "N2O", "SO2", "Cl2O", "ClO2", "OF2"),
    *("NF3", "BF3", "BCl3", "CF4", "SiF4", "GeF4", "PF3", "PF5", "AsF5", "SF4", "SF6", "SeF6", "TeF6", "ClF", "ClF3"),
)
"""Formulas of phases that are gases at 298.15 K and 1 bar: normal boiling or sublimation point below 298.15 K (CRC
Handbook of Chemistry and Physics, 97th ed. (2016), "Physical constants of inorganic compounds"). Everything else,
molecular crystals such as ZrCl4 and liquids such as PCl3 among it, is taken as condensed."""


@dataclass(frozen=True)
class Phase:
    """One competing phase, per reduced formula unit (fu)."""

    formula: str
    """Reduced formula."""
    entry_id: str
    """Identifier of the entry the numbers come from."""
    amounts: dict[str, float]
    """Element symbol -> atoms per fu."""
    energy: float
    """Energy at zero pressure (eV/fu)."""
    volume: float
    """Volume at zero pressure (Angstrom^3/fu)."""
    is_given: bool = False
    """Whether it is the crystal of the electrolyte, by the user's word (:func:`as_electrolyte`)."""
    band_gap: float | None = None
    """Band gap that its entry states (eV), 0: metallic; None: it states none."""

    @property
    def atoms(self) -> float:
        """Atoms per fu."""
        return sum(self.amounts.values())

    @property
    def energy_per_atom(self) -> float:
        """Energy at zero pressure (eV/atom)."""
        return self.energy / self.atoms


def formula_unit(composition: Composition) -> Composition:
    """Reduced formula unit with integer amounts; fractional amounts are cleared first.

    Diatomic molecules are kept (``Cl2``, ``N2``).

    >>> formula_unit(Composition("Li5.5PS4.5Cl1.5")).reduced_formula
    'Li11P2(S3Cl)3'
    """
    if all(float(amount).is_integer() for amount in composition.values()):
        return composition.reduced_composition
    amounts = {e: Fraction(a).limit_denominator(LARGEST_DENOMINATOR) for e, a in composition.items()}
    denominator = math.lcm(*(amount.denominator for amount in amounts.values()))
    return Composition({e: int(a * denominator) for e, a in amounts.items()}).reduced_composition


def parse_formula(composition: Composition | str, known: Iterable[str] = ()) -> Composition:
    """Formula unit of a user's composition; a misspelt one is answered with the nearest of the ``known`` formulas.

    >>> parse_formula("Li4Zr2Cl12").reduced_formula
    'Li2ZrCl6'
    >>> parse_formula("li2zrcl6")
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: expected a chemical formula like 'Li2ZrCl6', got 'li2zrcl6'; did you mean Li2ZrCl6?

    Raises
    ------
    InputError
        Not a formula, an unknown element, or nothing in it.
    """
    with suppress(ValueError, TypeError, KeyError):
        if parsed := _unit_of(composition):
            return parsed
    text = str(composition)
    question = did_you_mean(text, [spelt] if (spelt := capitalise_formula(text)) else known)
    raise InputError(f"expected a chemical formula like 'Li2ZrCl6', got {composition!r}{question}")


@lru_cache(maxsize=4096)
def _unit_of(composition: Composition | str) -> Composition:
    """Formula unit, kept: samples ask for the same one thousands of times."""
    return formula_unit(Composition(composition, strict=True))


def capitalise_formula(text: str) -> str:
    """A formula with its capitals put right and plain digits; empty: its letters spell no elements.

    >>> capitalise_formula("LI6PS5CL"), capitalise_formula("Li₂ZrCl₆"), capitalise_formula("Li2ZqCl6")
    ('Li6PS5Cl', 'Li2ZrCl6', '')
    """
    words = re.findall(r"[A-Za-z]+|[0-9.()]+", unicodedata.normalize("NFKC", text))
    spelt = [_spell_symbols(word) if word.isalpha() else word for word in words]
    return "".join(word for word in spelt if word) if all(spelt) else ""


def _spell_symbols(letters: str) -> str | None:
    """The fewest element symbols that ``letters`` spell whatever their capitals; None: they spell none."""
    for length in (2, 1):
        symbol, rest = letters[:length].capitalize(), letters[length:]
        if Element.is_valid_symbol(symbol):
            spelt = _spell_symbols(rest) if rest else ""
            if spelt is not None:
                return symbol + spelt
    return None


def has_volume(entry: ComputedStructureEntry) -> bool:
    """Whether the entry comes with a crystal structure, so with a volume."""
    return getattr(entry, "structure", None) is not None


def phase_from_entry(entry: ComputedStructureEntry) -> Phase:
    """Numbers of one entry per formula unit.

    Raises
    ------
    InputError
        The entry has no crystal structure (so no volume), or its energy or volume is not a finite number.
    """
    name = f"entry {entry.entry_id} ({entry.composition.reduced_formula})"
    if not has_volume(entry):
        raise InputError(
            f"{name} has no crystal structure, so no volume; use a ComputedStructureEntry, or leave it out knowingly "
            "with without_volume='exclude'"
        )
    structure = entry.structure
    if not math.isfinite(entry.energy):
        raise InputError(f"{name} has energy {entry.energy} eV, expected a finite number; relax it again or drop it")
    if not (math.isfinite(structure.volume) and structure.volume > 0):
        raise InputError(f"{name} has cell volume {structure.volume} Angstrom^3, expected a positive number; drop it")
    unit = formula_unit(entry.composition)
    count = entry.composition.num_atoms / unit.num_atoms
    amounts = {element.symbol: float(amount) for element, amount in unit.items()}
    volume = structure.volume / (structure.composition.num_atoms / unit.num_atoms)
    data = entry.data or {}
    return Phase(
        unit.reduced_formula,
        str(entry.entry_id),
        amounts,
        entry.energy / count,
        volume,
        bool(data.get(ELECTROLYTE_KEY)),
        _stated_gap(data.get(BAND_GAP_KEY), name),
    )


def _stated_gap(value: object, name: str) -> float | None:
    """The band gap that an entry states; ``name`` is what messages call the entry."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    raise InputError(
        f"{name} has band gap {value!r}, expected a number of eV, 0 for a metal; correct it or leave it out"
    )


@lru_cache(maxsize=4096)
def atoms_by_symbol(formula: str) -> Mapping[str, float]:
    """Atoms of each element in a formula, by symbol.

    >>> dict(atoms_by_symbol("Li2ZrCl6"))
    {'Li': 2.0, 'Zr': 1.0, 'Cl': 6.0}
    """
    return {element.symbol: float(n) for element, n in Composition(formula).items()}


def phase_from_record(record: CompetingPhase) -> Phase:
    """Numbers of a phase as a job hands them on (eV and Angstrom^3 per formula unit)."""
    return Phase(
        record.formula,
        record.entry_id,
        dict(atoms_by_symbol(record.formula)),
        record.energy,
        record.volume,
        record.is_given,
        record.band_gap,
    )


def as_electrolyte(entry: ComputedStructureEntry) -> ComputedStructureEntry:
    """Copy of an entry (eV, Angstrom) that is the electrolyte of its formula: V0 is its volume, polymorphs compete.

    >>> from selflimit.phase_diagrams import competing_entries
    >>> high = next(e for e in competing_entries("Li-N", "force-field") if e.entry_id == "Li3N mp-2341")
    >>> phase_from_entry(as_electrolyte(high)).is_given
    True
    """
    copied = ComputedStructureEntry.from_dict(entry.as_dict())
    copied.data[ELECTROLYTE_KEY] = True
    return copied


def order_phases(phases: Iterable[Phase]) -> tuple[Phase, ...]:
    """Phases in an order that does not depend on how they came: formula, energy, volume, identifier.

    Energies and volumes are compared to 1e-8 (eV/fu, Angstrom^3/fu), so that round-off does not order equal ones.
    """
    return tuple(sorted(phases, key=lambda p: (p.formula, round(p.energy, 8), round(p.volume, 8), p.entry_id)))


def find_lowest_element(phases: Iterable[Phase], element: str) -> Phase:
    """Lowest-energy phase of a pure element: its reference.

    Raises
    ------
    InputError
        No phase of the pure element.
    """
    found = [phase for phase in phases if phase.amounts.keys() == {element}]
    if not found:
        raise InputError(f"no entry for the pure element {element}; add its reference crystal to the entries")
    return min(found, key=lambda phase: phase.energy_per_atom)
