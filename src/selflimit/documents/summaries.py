"""What a document says of itself in a few lines: what it is about, its numbers with units, the sizes of its lists.

Nothing here is written for one kind of document: units come from the descriptions of the fields.
"""

import re
from collections.abc import Mapping, Sequence
from functools import singledispatch
from textwrap import shorten
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pymatgen.core import Structure

from selflimit.templates import templates_of

MOST_ROWS = 20
"""Fields that are shown; a terminal of 25 lines has room for them, the title, and the names of the others."""
WIDEST = 64
"""Characters of a value that are shown."""
UNIT = re.compile(r"\(((?:eV|GPa|MPa|Angstrom|mol|k_B|V|K|m|s)(?:(?:[/^;]| per | vs | against )[^()]*)?)\)")
"""A unit in the description of a field, e.g. 'Reaction energy (eV per formula unit)'."""
NOT_SHOWN = frozenset({"schema_version", "package_version"})
"""Fields that are the same in every document of this version."""


def products_text(products: Sequence[Any]) -> str:
    """Write products as one side of a reaction, amounts with four digits.

    >>> from selflimit.documents import PhaseAmount
    >>> zirconium = PhaseAmount(formula="Zr", entry_id="mp-131", amount=1, volume=23.3)
    >>> products_text([PhaseAmount(formula="LiCl", entry_id="mp-22905", amount=6, volume=34.0), zirconium])
    '6 LiCl + Zr'
    """
    return " + ".join(part.formula if part.amount == 1 else f"{part.amount:.4g} {part.formula}" for part in products)


def what_it_is_about(document: BaseModel) -> dict[str, str]:
    """Pick the fields that tell a document from its like: formulas, or else its label, parent or the like."""
    formulas = {name: value for name in ("formula", "first", "second") if (value := getattr(document, name, None))}
    others = [name for name in ("label", "parent", "preset", "microstructure", "path") if hasattr(document, name)]
    return formulas or {name: str(getattr(document, name)) for name in others[:1]}


def title_of(document: BaseModel) -> str:
    """Name a document's kind and what it is about."""
    about = shorten(" | ".join(what_it_is_about(document).values()), WIDEST, placeholder=" ...")
    return f"{type(document).__name__} of {about}" if about else type(document).__name__


def summary_rows(document: BaseModel) -> list[tuple[str, str]]:
    """List the fields of a document and what they hold, in a few words each; of many, lists are the first to go.

    Left out are versions, what the title says, and rules and remarks that are as they are by default.
    """
    fields = type(document).model_fields
    titled = what_it_is_about(document)
    values = {name: getattr(document, name) for name in fields if name not in NOT_SHOWN | titled.keys()}
    given = {name: value for name, value in values.items() if not is_default(fields[name], value)}
    if len(given) > MOST_ROWS:
        # sorting is stable: the others keep the order of the fields
        given = dict(sorted(given.items(), key=lambda item: isinstance(item[1], list)))
    rows = [(name, in_words(value, unit_of(fields[name]))) for name, value in given.items()]
    others = ", ".join(name for name, _ in rows[MOST_ROWS:])
    return [*rows[:MOST_ROWS], *([("and", shorten(others, WIDEST, placeholder=" ..."))] if others else [])]


def summary_text(document: BaseModel) -> str:
    """Write title and fields of a document, one field per line."""
    rows = summary_rows(document)
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join([title_of(document), *(f"  {name:{width}}  {said}" for name, said in rows)])


def summary_html(document: BaseModel) -> str:
    """Write title and fields of a document as a table for notebooks."""
    template = templates_of("selflimit.documents").get_template("summary.html")
    return template.render(title=title_of(document), rows=summary_rows(document))


def unit_of(field: FieldInfo) -> str:
    """Find the unit of a field in its description; empty: it has none.

    >>> from selflimit.documents import StabilityDoc
    >>> unit_of(StabilityDoc.model_fields["electrolyte_volume"])
    'Å³'
    """
    found = UNIT.search(field.description or "")
    return found[1].replace("Angstrom", "Å").replace("^3", "³") if found else ""


def is_default(field: FieldInfo, value: object) -> bool:
    """Whether a field that need not be given holds its default."""
    return not field.is_required() and value == field.get_default(call_default_factory=True)


@singledispatch
def in_words(value: object, unit: str) -> str:
    """Write one value of a document in a few words, with its unit.

    >>> in_words(3.14159265, "eV"), in_words([1.0, 2.5], "s"), in_words(None, "V")
    ('3.14159 eV', '2 values, the last 2.5 s', 'none')
    """
    return shorten(str(value), WIDEST, placeholder=" ...")


@in_words.register
def _(value: None, unit: str) -> str:
    return "none"


@in_words.register
def _(value: float, unit: str) -> str:
    return f"{value:.6g} {unit}".rstrip()


@in_words.register
def _(value: Structure, unit: str) -> str:
    return f"crystal of {value.composition.reduced_formula}, {len(value)} atoms in {value.volume:.1f} Å³"


@in_words.register
def _(value: BaseModel, unit: str) -> str:
    numbers = [getattr(value, name, None) for name in ("value", "standard_error")]
    if None not in numbers:
        return f"{numbers[0]:.4g} ± {numbers[1]:.2g} {unit}".rstrip()
    return shorten(getattr(value, "label", None) or title_of(value), WIDEST, placeholder=" ...")


@in_words.register
def _(value: Mapping, unit: str) -> str:  # type: ignore[type-arg]
    keys = shorten(", ".join(map(str, value)), WIDEST // 2, placeholder=" ...")
    return f"{len(value)} values ({keys})" if value else "none"


@in_words.register
def _(value: tuple, unit: str) -> str:  # type: ignore[type-arg]
    return f"{', '.join(f'{each:g}' for each in value)} {unit}".rstrip()


@in_words.register
def _(value: list, unit: str) -> str:  # type: ignore[type-arg]
    if not value:
        return "none"
    if all(hasattr(value[0], name) for name in ("formula", "amount")):
        return shorten(products_text(value), WIDEST, placeholder=" ...")
    kind = type(value[0])
    if kind is str:
        return shorten(f"{len(value)}: {', '.join(value)}", WIDEST, placeholder=" ...")
    if kind is list:
        return f"{len(value)} x {len(value[0])} values {unit}".rstrip()
    if kind in (float, int):
        return f"{len(value)} values, the last {in_words(value[-1], unit)}"
    return f"{len(value)} {kind.__name__}"
