"""What a cell is made to do, as it is typed: 'hold:-0.1:2100', 'plate:0.5:1', 'rest:600'. Standard library only."""

import math
from typing import NamedTuple

from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

KINDS = {
    "hold": ("V", "s"),
    "pass": ("mA/cm^2", "s"),
    "plate": ("mA/cm^2", "mAh/cm^2"),
    "strip": ("mA/cm^2", "mAh/cm^2"),
    "rest": ("s",),
}
"""Kind of a part -> the units of its numbers: overpotential or current density, then time or areal capacity."""
EXAMPLE = (
    "hold:-0.1:2100 (V, s), plate:0.5:1 or strip:0.5:1 (mA/cm^2, mAh/cm^2), pass:-0.5:3600 (mA/cm^2, s), rest:600 (s)"
)


class SchedulePart(NamedTuple):
    """One part of a schedule."""

    kind: str
    """A key of ``KINDS``."""
    numbers: tuple[float, ...]
    """Its numbers, in the units that ``KINDS`` tells."""


def read_part(text: str) -> SchedulePart:
    """One part of a schedule from its text.

    >>> read_part("hold:-0.1:2100")
    SchedulePart(kind='hold', numbers=(-0.1, 2100.0))

    Raises
    ------
    InputError
        No such kind, or other numbers than it takes.
    """
    kind, *given = text.split(":")
    if kind not in KINDS:
        raise InputError(f"--schedule: expected {EXAMPLE}, got {text!r}{did_you_mean(kind, tuple(KINDS))}")
    try:
        numbers = tuple(float(one) for one in given)
    except ValueError:
        numbers = ()
    if len(numbers) != len(KINDS[kind]) or not all(map(math.isfinite, numbers)):
        raise InputError(f"--schedule: expected {kind} with {' and '.join(KINDS[kind])}, got {text!r}; e.g. {EXAMPLE}")
    if numbers[-1] <= 0.0 or (kind in ("plate", "strip") and numbers[0] <= 0.0):
        raise InputError(
            f"--schedule: expected positive {KINDS[kind][-1]} and currents of plate and strip, got {text!r}"
        )
    if kind == "hold" and abs(numbers[0]) >= 1.0:
        raise InputError(f"--schedule: expected an overpotential below 1 V, got {text!r}; it is in V")
    return SchedulePart(kind, numbers)
