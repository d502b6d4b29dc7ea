"""How long-running functions tell how far they are, without knowing who listens."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called as ``progress(fraction, message)``: fraction done in [0, 1] and what is being done now."""


def silent(fraction: float, message: str) -> None:
    """Listen to nothing: the default of every ``progress`` argument."""


def part_of(progress: Progress, begin: float, end: float) -> Progress:
    """Map a sub-task's fraction [0, 1] onto the interval [begin, end] of ``progress``."""
    return lambda fraction, message: progress(begin + (end - begin) * fraction, message)
