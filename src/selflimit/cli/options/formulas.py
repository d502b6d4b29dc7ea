"""Chemical formulas checked without pymatgen, whose import takes a second: symbols and amounts."""

import re
from fractions import Fraction
from functools import reduce
from math import gcd

from selflimit.cli.options.known import ELEMENTS, bundled_formulas, bundled_systems
from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean, find_nearest

BRACKETED = re.compile(r"\(([^()]*)\)([\d.]*)")
WITH_AMOUNT = re.compile(r"([A-Z][a-z]*)([\d.]*)")


def require_formula(text: str) -> str:
    """``text`` if it can be a chemical formula.

    >>> require_formula("Li10Ge(PS6)2")
    'Li10Ge(PS6)2'
    >>> require_formula("Li2ZrCk6")
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: expected a chemical formula like Li2ZrCl6, got 'Li2ZrCk6'; did you mean Li2ZrCl6?

    Raises
    ------
    InputError
        Something in it is no element; the message names the nearest formula whose entries ship.
    """
    symbols = re.findall(r"[A-Z][a-z]*", text)
    rest = re.sub(r"[A-Z][a-z]*|[-\d.eE+*@,\s()\[\]{}]", "", text)
    if not symbols or rest or not ELEMENTS.issuperset(symbols):
        meant = did_you_mean(text, map(plainly_written, bundled_formulas()))
        raise InputError(f"expected a chemical formula like Li2ZrCl6, got {text!r}{meant}")
    return text


def require_shipped_formula(text: str) -> None:
    """Refuse a formula whose entries do not ship.

    >>> require_shipped_formula("Li20Ge2P4S24")

    Raises
    ------
    InputError
        The message lists those that do.
    """
    wanted = reduced_amounts(text)
    if wanted not in [reduced_amounts(formula) for formula in bundled_formulas()]:
        names = sorted(map(plainly_written, bundled_formulas()))
        raise InputError(
            f"no shipped entry of {text}{did_you_mean(text, names) or ';'} shipped are {', '.join(names)}; for others "
            "set MP_API_KEY (next-gen.materialsproject.org/api), or give --entries PATH, or --crystals FOLDER"
        )


def require_covered_formula(text: str) -> None:
    """Refuse a formula that is not shipped, and whose elements no shipped set of entries covers.

    >>> require_covered_formula("Li5.5PS4.5Cl1.5")

    Raises
    ------
    InputError
        The message lists those that ship.
    """
    if not any(amounts_in(text).keys() <= system for system in bundled_systems()):
        require_shipped_formula(text)


def require_elements(text: str) -> str:
    """``text`` if it is elements joined by dashes.

    >>> require_elements("Li-Zr-Cl")
    'Li-Zr-Cl'

    Raises
    ------
    InputError
        A part is no element.
    """
    unknown = [part.strip() for part in text.split("-") if part.strip() not in ELEMENTS]
    if unknown:
        meant = [find_nearest(part, ELEMENTS) for part in unknown]
        asked = f"; did you mean {' and '.join(filter(None, meant))}?" if all(meant) else ""
        raise InputError(
            f"expected a chemical system such as 'Li-Zr-Cl', got {text!r}; no element {', '.join(unknown)}{asked}"
        )
    return text


def reduced_amounts(text: str) -> dict[str, Fraction]:
    """Symbol -> amount, in smallest whole numbers.

    >>> reduced_amounts("Li4Zr2Cl12") == reduced_amounts("Li2ZrCl6")
    True
    """
    amounts = amounts_in(text)
    unit = reduce(_common_divisor, amounts.values(), Fraction(0))
    return {symbol: amount / unit for symbol, amount in amounts.items()} if unit else amounts


def plainly_written(formula: str) -> str:
    """A formula without brackets, as it is usually written.

    >>> plainly_written("Li10Ge(PS6)2")
    'Li10GeP2S12'
    """
    return "".join(symbol + (str(amount) if amount != 1 else "") for symbol, amount in amounts_in(formula).items())


def amounts_in(text: str) -> dict[str, Fraction]:
    """Symbol -> amount as written.

    >>> amounts_in("Ge(PS6)2")["S"]
    Fraction(12, 1)

    Raises
    ------
    InputError
        No number where one should be.
    """
    text = text.translate(str.maketrans("[]{}", "()()", "@ ,"))
    while BRACKETED.search(text):
        text = BRACKETED.sub(_multiplied, text)
    amounts: dict[str, Fraction] = {}
    for symbol, number in WITH_AMOUNT.findall(text):
        amounts[symbol] = amounts.get(symbol, Fraction(0)) + _amount(number)
    return amounts


def _multiplied(group: re.Match[str]) -> str:
    content, times = group.groups()
    return WITH_AMOUNT.sub(lambda part: f"{part[1]}{float(_amount(part[2]) * _amount(times)):.12g}", content)


def _amount(number: str) -> Fraction:
    try:
        return Fraction(number or 1).limit_denominator(1000)
    except ValueError:
        raise InputError(f"expected an amount in a formula, got {number!r}") from None


def _common_divisor(a: Fraction, b: Fraction) -> Fraction:
    return Fraction(gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)
