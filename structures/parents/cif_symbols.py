"""What the symbols and labels of a CIF file say: the element of a site, and the charge that the file states for it."""

import re
from collections.abc import Collection

from pymatgen.core import Element

from selflimit.errors import InputError

ISOTOPES = {"D": "H", "T": "H"}
"""Isotopes with symbols of their own: chemically one species, and one species in every ordering."""


def element_of(symbol: str, label: str, known: Collection[str] = ()) -> str:
    """The chemical element of a site; isotopes of hydrogen are hydrogen.

    >>> element_of("Fe3+", "M1"), element_of("", "LiM"), element_of("", "D2"), element_of("", "CL1", ["Na", "Cl"])
    ('Fe', 'Li', 'H', 'Cl')

    Parameters
    ----------
    symbol
        The file's ``_atom_site_type_symbol``; empty where it has none.
    label
        The file's ``_atom_site_label``, which stands in for it.
    known
        Elements that the file's formula names: they decide what labels in capitals leave open.

    Raises
    ------
    InputError
        No element, or several that it could be.
    """
    letters = (re.match(r"[A-Za-z]*", symbol.strip() or label) or [""])[0]
    if symbol.strip():
        found = {letters.capitalize()} & _ELEMENTS
        if not found:
            raise InputError(f"expected chemical elements, got {symbol!r}; correct _atom_site_type_symbol")
    else:
        found = _candidates(letters)
        found = found & set(known) if len(found) > 1 and found & set(known) else found
        if len(found) != 1:
            what = f"the elements {' and '.join(sorted(found))}" if found else "no element"
            raise InputError(
                f"expected a label that begins with one chemical element, got {label!r}, which names {what}; add the "
                "column _atom_site_type_symbol"
            )
    (element,) = found
    return ISOTOPES.get(element, element)


_ELEMENTS = frozenset(element.symbol for element in Element) | ISOTOPES.keys()


def _candidates(letters: str) -> set[str]:
    """Elements that the letters at the beginning of a label may stand for: 'Lia' one, 'OH', 'CO' and 'SB' two."""
    two, rest = letters[:2].capitalize(), letters[1:]
    found = {two} & _ELEMENTS if len(letters) > 1 else set()
    if letters[:1].upper() in _ELEMENTS and not rest[:1].islower():
        found |= {letters[:1].upper()}
        if two not in _ELEMENTS and _candidates(rest):  # two atoms, as in 'OH'
            found |= _candidates(rest)
    return found


def stated_charge(symbol: str) -> float | None:
    """The charge (e) at the end of a symbol; None if it has none.

    >>> stated_charge("Fe3+"), stated_charge("O2-"), stated_charge("Li+"), stated_charge("Li")
    (3.0, -2.0, 1.0, None)
    """
    match = re.fullmatch(r"[A-Za-z]+(\d*\.?\d*)([+-])", symbol.strip()) or re.fullmatch(
        r"[A-Za-z]+()([+-]\d+\.?\d*)", symbol.strip()
    )
    return float(f"{match[2]}{match[1] or ('1' if len(match[2]) == 1 else '')}") if match else None
