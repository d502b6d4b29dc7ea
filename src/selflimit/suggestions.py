"""What someone who misspelt a word most likely meant."""

from collections.abc import Iterable
from difflib import SequenceMatcher

ALIKE = 0.6
"""Least share of letters in common, in the same order, for one word to be taken for another."""


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of ``known`` that is most like ``word``, or None if none is alike; capitals count less than letters.

    >>> find_nearest("StabilityDok", ["RelaxationDoc", "StabilityDoc"])
    'StabilityDoc'
    >>> find_nearest("chgnet-r2scn", ["CHGNet-0.3.0", "CHGNet-r2scan"])
    'CHGNet-r2scan'
    >>> find_nearest("apple", ["fig5-fine", "fig5-graded"]) is None
    True
    """
    rated = [(*likeness(word, other), other) for other in known]
    # of two that are as like, the first: capitals decide only between words of the same letters
    best = max(rated, key=lambda rate: rate[:2], default=None)
    return best[2] if best and best[0] >= ALIKE else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: a question after the nearest known word, or nothing if none is alike.

    >>> did_you_mean("fig5-grded", ["fig5-fine", "fig5-graded"])
    '; did you mean fig5-graded?'
    >>> did_you_mean("apple", ["fig5-fine", "fig5-graded"])
    ''
    """
    found = find_nearest(word, known)
    return f"; did you mean {found}?" if found is not None else ""


def likeness(word: str, other: str) -> tuple[float, float]:
    """Share of letters that two words have in common, first whatever their capitals, then with them; 1 if equal.

    >>> likeness("LICL", "LiCl")
    (1.0, 0.5)
    """
    folded = SequenceMatcher(None, word.casefold(), other.casefold(), autojunk=False).ratio()
    return folded, SequenceMatcher(None, word, other, autojunk=False).ratio()
