"""Readers of older documents: each schema version has the step that leads to the next one.

Version 2 added ``search``. It is computed from the other fields, so nothing of version 1 is lost or made up.
"""

from collections.abc import Callable, Mapping
from typing import Any

SCHEMA_VERSION = "2"
"""Version that this package writes."""

Step = Callable[[dict[str, Any]], dict[str, Any]]


def _from_1(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "schema_version": "2"}


STEPS: dict[str, Step] = {"1": _from_1}
"""Schema version -> what makes the next version of such a document; every step raises ``schema_version``."""


def upgraded(document: Mapping[str, Any]) -> dict[str, Any]:
    """``document`` (plain data) in the present schema.

    Raises
    ------
    ValueError
        It was written by a newer package, or by an unknown one.
    """
    found = dict(document)
    while (version := found.get("schema_version", SCHEMA_VERSION)) != SCHEMA_VERSION:
        if version not in STEPS:
            known = ", ".join([*STEPS, SCHEMA_VERSION])
            raise ValueError(
                f"expected a document of schema version {known}, got {version!r}; it was written by a newer selflimit, "
                "read it with that one"
            )
        found = STEPS[version](found)
    return found
