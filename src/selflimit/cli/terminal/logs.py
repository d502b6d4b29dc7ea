"""How much is said on standard error: -q only warnings and errors, -v what each step does and when.

Messages go through the standard :mod:`logging`, below the name ``selflimit``, so that a program that uses the package
decides for itself what it hears.
"""

import logging
from collections.abc import Sequence

QUIET, VERBOSE = frozenset({"-q", "--quiet"}), frozenset({"-v", "--verbose"})
"""Words that may stand before or behind the verb."""


def split_verbosity(words: Sequence[str]) -> tuple[list[str], int]:
    """Take the words for less and more out of a command line; the level of :mod:`logging` that they ask for.

    >>> split_verbosity(["run", "-v", "--keep", "5"])
    (['run', '--keep', '5'], 10)

    Parameters
    ----------
    words
        What was typed behind the program's name.
    """
    asked = set(words)
    level = logging.DEBUG if asked & VERBOSE else logging.WARNING if asked & QUIET else logging.INFO
    return [word for word in words if word not in QUIET | VERBOSE], level


def start_logging(level: int) -> None:
    """Let messages of the package go to standard error, with the time where everything is said."""
    handler = logging.StreamHandler()
    pattern = "%(asctime)s %(name)s: %(message)s" if level == logging.DEBUG else "%(message)s"
    handler.setFormatter(logging.Formatter(pattern, "%H:%M:%S"))
    top = logging.getLogger("selflimit")
    top.handlers[:] = [handler]
    top.setLevel(level)
    top.propagate = False
