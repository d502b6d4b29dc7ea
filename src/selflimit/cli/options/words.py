"""How words on the command line are read: one that is not known gets the nearest that is, before heavy imports."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from selflimit.cli.options.known import KNOWN_FORCE_FIELDS, KNOWN_PRESETS, bundled_parents, known_fields, known_kinds
from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

CELLS = ("primitive", "conventional")
NUMBER = r"[-+]?(\d+/\d+|\d+\.?\d*|\.\d+|nan)"
MOST_LISTED = 30
"""Known words that a message lists beside the nearest one."""


def require_known(what: str, word: str, known: Iterable[str], instead: str = "") -> str:
    """``word`` if it is among the known ones.

    >>> require_known("preset", "fig5-grded", ["fig5-fine", "fig5-graded"])
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: expected a preset (fig5-fine, fig5-graded), got 'fig5-grded'; did you mean fig5-graded?

    Parameters
    ----------
    what
        What the words are, in the singular.
    word
        What was given.
    known
        What there is.
    instead
        What else may be given, for the message.

    Raises
    ------
    InputError
        The message names the nearest known word.
    """
    names = list(known)
    if word not in names:
        meant = did_you_mean(word, names)
        choice = "" if meant and len(names) > MOST_LISTED else f" ({', '.join(names)}{instead})"
        raise InputError(f"expected a {what}{choice}, got {word!r}{meant}")
    return word


def require_force_field(name: str) -> str:
    """``name`` if it is a force field, the path of one that exists, or VASP.

    Raises
    ------
    InputError
        Unknown name, or no file.
    """
    if name.startswith("MACE:"):
        require_file(name.removeprefix("MACE:"), "MACE model file after 'MACE:'")
        return name
    return require_known("force field", name, (*KNOWN_FORCE_FIELDS, "VASP"), ", MACE:<path to a model file>")


def require_screen(name: str) -> str:
    """As :func:`require_force_field`, without VASP; empty for no screen.

    Raises
    ------
    InputError
        Unknown name, or VASP.
    """
    if name == "VASP":
        raise InputError(
            f"expected a force field ({', '.join(KNOWN_FORCE_FIELDS)}), got VASP, which it is to save work for"
        )
    return require_force_field(name) if name else name


def require_preset(name: str) -> str:
    """``name`` if it is one of the paper's simulations, or 'list'.

    Raises
    ------
    InputError
        Unknown name.
    """
    return require_known("preset", name, (*KNOWN_PRESETS, "list"))


def require_parent(name: str) -> str:
    """``name`` if it is a bundled crystal or a file.

    Raises
    ------
    InputError
        Neither; the message names the nearest bundled crystal or file beside it.
    """
    names = bundled_parents()
    if name not in names and not Path(name).is_file():
        meant = did_you_mean(name, [*names, *_neighbours(name)])
        raise InputError(
            f"{name!r} is neither a bundled parent ({', '.join(names)}) nor an existing CIF file or POSCAR{meant}"
        )
    return name


def require_cell(text: str) -> str:
    """``text`` if it says which cell is to be filled.

    >>> require_cell("2x1x1")
    '2x1x1'

    Raises
    ------
    InputError
        Another word, or a supercell of no cells.
    """
    if text not in CELLS and not re.fullmatch(r"0*[1-9]\d*x0*[1-9]\d*x0*[1-9]\d*", text):
        raise InputError(
            f"expected cell 'primitive', 'conventional' or a supercell such as 2x1x1, got {text!r}"
            f"{did_you_mean(text, CELLS)}"
        )
    return text


def require_kind(name: str) -> str:
    """``name`` if there are documents of that kind.

    Raises
    ------
    InputError
        The message names the nearest kind.
    """
    return require_known("document type", name, known_kinds())


def require_fields(names: str) -> str:
    """``names`` if each of them, before its first dot, is a field of a document.

    Raises
    ------
    InputError
        The message names the nearest field.
    """
    for name in names.split(","):
        require_field(name)
    return names


def require_field(name: str) -> str:
    """``name``, with '-' before it or not, if it is a field of a document.

    Raises
    ------
    InputError
        The message names the nearest field.
    """
    require_known("field of a document", name.strip().removeprefix("-").split(".")[0], sorted(known_fields()))
    return name


def require_day(text: str) -> str:
    """``text`` if it is a day or a time in ISO 8601.

    >>> require_day("2026-01-31")
    '2026-01-31'

    Raises
    ------
    InputError
        Another order, or no such day.
    """
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"expected a day or time such as 2026-01-31 or 2026-01-31T12:00, got {text!r}") from None
    return text


def require_assignment(text: str) -> str:
    """``text`` if it is a name, '=' and a value.

    >>> require_assignment("ntasks=1")
    'ntasks=1'

    Raises
    ------
    InputError
        Without '=', or nothing on one side of it.
    """
    name, _, value = text.partition("=")
    if not name or not value:
        raise InputError(f"expected a name and a value such as ntasks=1, got {text!r}")
    return text


def require_charge(text: str) -> str:
    """``text`` if it is a species, '=' and its formal charge in e.

    >>> require_charge("Zr=4")
    'Zr=4'

    Raises
    ------
    InputError
        Another form.
    """
    if not re.fullmatch(rf"[^=]+={NUMBER}", text):
        raise InputError(f"expected e.g. Zr=4, got {text}")
    return text


def require_occupancy(text: str) -> str:
    """``text`` if it is a site, '=' and each species there with its share, or a site and its share.

    >>> require_occupancy("Li1=Li:0.5,Na:1/4"), require_occupancy("Fe:1/3")
    ('Li1=Li:0.5,Na:1/4', 'Fe:1/3')

    Raises
    ------
    InputError
        Another form, or a species twice.
    """
    _, _, content = text.partition("=")
    species = [part.partition(":")[0] for part in content.split(",")]
    form = rf"[^=:,]+:{NUMBER}|[^=]+=[^=:,]+:{NUMBER}(,[^=:,]+:{NUMBER})*"
    if not re.fullmatch(form, text) or len(set(species)) < len(species):
        raise InputError(f"expected e.g. Li1=Li:0.5,Na:1/4 or Li1:0.25, each species once, got {text}")
    return text


def require_file(name: str, what: str = "file") -> str:
    """``name`` if there is such a file.

    Raises
    ------
    InputError
        The message names the nearest file beside it.
    """
    if not Path(name).expanduser().is_file():
        raise InputError(f"expected a {what}, found no file at {name}{did_you_mean(name, _neighbours(name))}")
    return name


def require_pressure(text: str) -> tuple[str, float]:
    """The gas and the pressure (bar) that ``text`` names.

    >>> require_pressure("O2=0.21")
    ('O2', 0.21)

    Raises
    ------
    InputError
        Another form, or no number above 0.
    """
    gas, _, number = text.partition("=")
    try:
        pressure = float(number)
    except ValueError:
        pressure = 0.0
    if not gas or not 0.0 < pressure < 1e6:
        raise InputError(f"expected a gas and its pressure in bar such as O2=0.21, got {text!r}")
    return gas, pressure


def require_path(name: str, what: str = "file or folder") -> str:
    """``name`` if there is such a file or folder.

    Raises
    ------
    InputError
        The message names the nearest one beside it.
    """
    if not Path(name).expanduser().exists():
        meant = did_you_mean(name, _neighbours(name, with_folders=True))
        raise InputError(f"expected a {what}, found nothing at {name}{meant}")
    return name


def require_source(name: str) -> str:
    """``name`` if it is a file or folder to import from, or the URI of a database.

    Raises
    ------
    InputError
        Neither; the message names the nearest file or folder.
    """
    if name.startswith(("mongodb://", "mongodb+srv://")):
        return name
    return require_path(name, "file or folder with VASP runs or entries, or a mongodb:// URI")


def _neighbours(name: str, with_folders: bool = False) -> list[str]:
    """Files in the folder that ``name`` would be in, written as it is."""
    folder = Path(name).expanduser().parent
    beside = folder.iterdir() if folder.is_dir() else []
    return [str(Path(name).parent / path.name) for path in beside if with_folders or path.is_file()]
