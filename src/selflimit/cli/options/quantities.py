"""How numbers on the command line are read: as a number, within the range in which its unit makes sense."""

from argparse import SUPPRESS, ArgumentTypeError
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from selflimit.errors import InputError
from selflimit.plausible import QUANTITIES, require_plausible

Read = TypeVar("Read")


def read_as(name: str) -> Callable[[str], float]:
    """What reads an option's text as the quantity of that name; an argparse ``type``.

    >>> read_as("k_eff")("15")
    15.0
    >>> read_as("keep")("15")
    15
    >>> read_as("radius")("5e-6")
    Traceback (most recent call last):
    ...
    argparse.ArgumentTypeError: expected 0.01 to 100 micrometre, got 5e-06 micrometre; did you mean 5 (5e-06 m)?

    Parameters
    ----------
    name
        One of :data:`selflimit.plausible.QUANTITIES`.
    """
    return tell_errors(partial(require_number, name))


def require_number(name: str, text: str) -> float:
    """``text`` as a number that makes sense for the quantity of that name.

    >>> require_number("keep", "8")
    8

    Raises
    ------
    InputError
        No number, no whole one where things are counted, or out of range.
    """
    quantity = QUANTITIES[name]
    try:
        number = int(text) if quantity.is_whole else float(text)
    except ValueError:
        kind = "a whole number" if quantity.is_whole else "a number"
        unit = f" of {quantity.unit}" if quantity.unit else ""
        raise InputError(f"expected {kind}{unit}, got {text!r}") from None
    return require_plausible(name, number)


def tell_errors(read: Callable[[str], Read]) -> Callable[[str], Read]:
    """``read`` whose errors argparse prints in the words they have; a default that is left out stays so."""

    def read_text(text: str) -> Read:
        if text is SUPPRESS:
            return text  # type: ignore[return-value]
        try:
            return read(text)
        except InputError as fault:
            # the one kind of error whose text argparse keeps; of any other it says "invalid value"
            raise ArgumentTypeError(str(fault)) from None

    return read_text
