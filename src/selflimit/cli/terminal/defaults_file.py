"""Defaults of a folder: the file selflimit.toml has a table for each verb, with options as they are typed.

    [run]
    folder = "my-run"
    force-field = "CHGNet-r2scan"
    k-eff = [0, 10, 20]

An option on the command line comes before the same one in the file.
"""

import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

DEFAULTS_FILE = Path("selflimit.toml")


def default_words(verb: str, verbs: Collection[str], known: Collection[str], typed: Sequence[str]) -> list[str]:
    """Words that the file in this folder adds to a command line; none where there is no file.

    Parameters
    ----------
    verb
        What was asked.
    verbs
        All verbs, which may have tables.
    known
        Options of the verb, with their dashes.
    typed
        What was typed behind the verb; an option in it is not taken from the file.

    Raises
    ------
    InputError
        The file is no TOML, or has a table or an option that is not known.
    """
    table = _read(verbs).get(verb, {})
    words: list[str] = []
    given = {word.partition("=")[0] for word in typed}
    for name, value in table.items():
        option = f"--{name.lstrip('-')}"
        if option not in known:
            raise InputError(f"{DEFAULTS_FILE}: [{verb}] has no option {name}{did_you_mean(option, known)}")
        if option not in given:
            words += _words(option, value)
    return words


def _read(verbs: Collection[str]) -> dict[str, dict[str, Any]]:
    if not DEFAULTS_FILE.is_file():
        return {}
    try:
        tables = tomllib.loads(DEFAULTS_FILE.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InputError(f"{DEFAULTS_FILE} is no TOML: {fault}; mend it, or move it away") from None
    for name, table in tables.items():
        if name not in verbs or not isinstance(table, dict):
            meant = did_you_mean(name, verbs)
            raise InputError(f"{DEFAULTS_FILE}: expected a table for each verb, such as [run], got {name!r}{meant}")
    return tables


def _words(option: str, value: Any) -> list[str]:
    """An option with its values as words; false leaves it out."""
    if isinstance(value, bool):
        return [option] if value else []
    return [option, *(str(one) for one in (value if isinstance(value, list) else [value]))]
