"""Ground states along one parameter: stretches that share their ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, TypeVar

NARROWEST_STRETCH = 1e-9
"""Stretches narrower than this in the parameter (V or GPa) are corners where several ground states meet."""

State = TypeVar("State")


@dataclass(frozen=True)
class Stretch(Generic[State]):
    """One ground state and the range of the parameter (V or GPa) over which it is the lowest."""

    low: float
    high: float
    state: State


def join_stretches(found: Sequence[Stretch[State]], low: float, high: float) -> list[Stretch[State]]:
    """Stretches from ``low`` to ``high`` without those too narrow to keep, whose room the one below takes over.

    A corner at which many ground states meet is found as several, a round-off apart. What lies between them is no
    stretch; were it only dropped, its neighbours would not share their end.

    >>> join_stretches([Stretch(0, 1, "A"), Stretch(1, 1 + 2e-10, "B"), Stretch(1 + 2e-10, 5, "C")], 0, 5)
    [Stretch(low=0, high=1.0000000002, state='A'), Stretch(low=1.0000000002, high=5, state='C')]

    Parameters
    ----------
    found
        Stretches in ascending order that follow each other.
    low, high
        Ends of the whole range, in the unit of the stretches.
    """
    wide = [part for part in found if part.high - part.low > NARROWEST_STRETCH]
    kept = wide or [max(found, key=lambda part: part.high - part.low)]  # the whole range is narrow
    edges = [low, *(part.low for part in kept[1:]), high]
    return [replace(part, low=begin, high=end) for part, (begin, end) in zip(kept, pairwise(edges), strict=True)]
