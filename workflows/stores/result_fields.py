"""One document as a job's output holds it, and single fields of it by name: what tables, CSV and sorting need."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from selflimit.documents import Document, SearchKeys
from selflimit.errors import InputError

JOB_FIELDS = {"date": "completed_at", "job": "name", "uuid": "uuid", "tags": "metadata.tags"}
"""Fields of the job, and where its record in the store has them."""

SEARCH_FIELDS = tuple(SearchKeys.model_fields)
"""Fields that every kind of document has."""


@dataclass(frozen=True)
class Found:
    """A stored document.

    Attributes
    ----------
    kind
        Its type.
    data
        The document as stored: plain data, the whole of it or what was asked for.
    stored
        The record of the job that made it.
    """

    kind: type[Document]
    data: Mapping[str, Any]
    stored: Mapping[str, Any]

    @cached_property
    def search(self) -> SearchKeys | None:
        """Its search keys; None: they cannot be read."""
        try:
            return SearchKeys.model_validate(self.data.get("search"))
        except ValidationError:
            return None

    def document(self) -> Document:
        """The whole document.

        Raises
        ------
        ValidationError
            It is damaged, or of another schema.
        """
        return self.kind.model_validate({key: value for key, value in self.data.items() if not key.startswith("@")})

    def value(self, name: str) -> Any:
        """The field of that name; None where the document has none, and for NaN and infinities."""
        if name == "kind":
            return self.kind.__name__
        if name in JOB_FIELDS:
            return _at(self.stored, JOB_FIELDS[name].split("."))
        if name in SEARCH_FIELDS:
            return getattr(self.search, name, None)
        found = _at(self.data, name.split("."))
        return ", ".join(self.search.formulas) if found is None and name == "formula" and self.search else found


def check_fields(names: Iterable[str], kinds: Mapping[str, type[Document]]) -> None:
    """Refuse a field that no kind of document has.

    Raises
    ------
    InputError
        Unknown field; the message names the known ones.
    """
    known = {"kind", *JOB_FIELDS, *SEARCH_FIELDS}.union(*(kind.model_fields for kind in kinds.values()))
    for name in names:
        if name.split(".")[0] not in known:
            raise InputError(f"expected a field of a document ({', '.join(sorted(known))}), got {name!r}")


def stored_fields(names: Iterable[str]) -> list[str]:
    """What the database must give so that :class:`Found` has the fields ``names``."""
    own = [f"output.{name}" for name in names if name not in {"kind", *JOB_FIELDS, *SEARCH_FIELDS}]
    kept = [field for field in own if not any(field.startswith(other + ".") for other in own)]
    always = ["output.@class", "output.schema_version", "output.search", "uuid", "completed_at", "name", "metadata"]
    return sorted({*always, *kept})


def sort_found(found: Iterable[Found], by: str) -> list[Found]:
    """Smallest ``by`` first, largest first where it begins with '-'; what has no value comes last."""
    name = by.removeprefix("-")
    pairs = [(one.value(name), one) for one in found]
    known = [(value, one) for value, one in pairs if isinstance(value, int | float | str)]
    known.sort(key=lambda pair: (isinstance(pair[0], str), pair[0]), reverse=by.startswith("-"))
    return [one for _, one in known] + [one for value, one in pairs if not isinstance(value, int | float | str)]


def _at(data: Any, path: Sequence[str]) -> Any:
    """What is at ``path``; of a list, that of each part."""
    if not path:
        return None if isinstance(data, float) and not math.isfinite(data) else data
    if isinstance(data, Mapping):
        return _at(data.get(path[0]), path[1:])
    return [_at(part, path) for part in data] if isinstance(data, list) else None
