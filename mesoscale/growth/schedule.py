"""What a cell is made to do: potentials, currents and rests, one after the other.

Signs are those of the lithium electrode that is looked at: a current that plates lithium on it is positive, one that
strips it negative; its overpotential, the metal against the far electrolyte, is negative where it plates. Inside,
currents are A per m^2 of electrode, the area of the electrode's plane and not of the rough lithium; charges C/m^2.
``plate`` and ``strip`` take mA/cm^2 and mAh/cm^2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from selflimit.errors import InputError
from selflimit.setting_fields import read_part
from selflimit.units import MILLIAMPERE_HOUR_PER_CM2, MILLIAMPERE_PER_CM2

LIMIT = 0.5
"""Largest overpotential (V) of a given current, either sign, unless another is given."""


class Segment(NamedTuple):
    """A part of a schedule in which one quantity is held."""

    duration: float
    """Length (s), if no limit ends it before."""
    overpotential: float | None
    """Overpotential held (V); None where the current is."""
    current: float
    """Current density held (A/m^2), positive where it plates; 0 where the overpotential is held."""
    limit: float
    """Overpotential (V), either sign, at which a given current ends."""


@dataclass(frozen=True)
class ConstantPotential:
    """Hold the metal at a potential against the far electrolyte.

    Attributes
    ----------
    overpotential
        Overpotential (V), negative to plate.
    duration
        Length (s).
    """

    overpotential: float
    duration: float

    def segments(self) -> tuple[Segment, ...]:
        """Itself as one segment."""
        _check_finite("an overpotential below 1 V", self.overpotential, "V", abs(self.overpotential) < 1.0)
        return (_checked(Segment(self.duration, self.overpotential, 0.0, math.inf)),)


@dataclass(frozen=True)
class ConstantCurrent:
    """Pass a current; the overpotential is found.

    Attributes
    ----------
    current_density
        Current density (A/m^2 of electrode; 1 mA/cm^2 is 10 A/m^2), positive to plate, negative to strip.
    duration
        Length (s).
    limit
        Overpotential (V), either sign, at which it ends before.
    """

    current_density: float
    duration: float
    limit: float = LIMIT

    @classmethod
    def to_capacity(cls, current_density: float, capacity: float, limit: float = LIMIT) -> "ConstantCurrent":
        """The current (A/m^2) until an areal capacity (C/m^2, positive) has passed.

        Raises
        ------
        InputError
            If the current or the capacity passes nothing.
        """
        _check_finite("a positive capacity", capacity, "C/m^2", capacity > 0.0)
        _check_finite("a current that passes it", current_density, "A/m^2", current_density != 0.0)
        return cls(current_density, capacity / abs(current_density), limit)

    def segments(self) -> tuple[Segment, ...]:
        """Itself as one segment."""
        _check_finite("a current density", self.current_density, "A/m^2", True)
        _check_finite("a limit of the overpotential below 1 V", self.limit, "V", 0.0 < self.limit < 1.0)
        return (_checked(Segment(self.duration, None, self.current_density, self.limit)),)


@dataclass(frozen=True)
class Rest:
    """Leave the circuit open: no net current, the metal takes the potential at which it rests.

    Attributes
    ----------
    duration
        Length (s).
    """

    duration: float

    def segments(self) -> tuple[Segment, ...]:
        """Itself as one segment."""
        return (_checked(Segment(self.duration, None, 0.0, LIMIT)),)


@dataclass(frozen=True)
class Cycle:
    """Parts of a schedule, repeated.

    Attributes
    ----------
    parts
        What is done in one cycle.
    repeats
        How many times.
    """

    parts: "Sequence[Part]"
    repeats: int = 1

    def segments(self) -> tuple[Segment, ...]:
        """All segments of all repeats.

        Raises
        ------
        InputError
            If nothing is repeated.
        """
        if self.repeats < 1 or not self.parts:
            raise InputError(f"expected parts and at least one repeat, got {len(self.parts)} and {self.repeats}")
        return self.repeats * all_segments(self.parts)


Part = ConstantPotential | ConstantCurrent | Rest | Cycle
"""One part of a schedule."""
Schedule = Sequence[Part]
"""What a cell is made to do, in turn."""


def plate(current: float, capacity: float, limit: float = LIMIT) -> ConstantCurrent:
    """Plate lithium.

    Parameters
    ----------
    current
        Current density (mA/cm^2), positive.
    capacity
        Areal capacity (mAh/cm^2).
    limit
        Overpotential (V), either sign, at which it ends before.

    Raises
    ------
    InputError
        If the current or the capacity is not positive.

    >>> plate(0.5, 1.0).duration  # 1 mAh/cm^2 at 0.5 mA/cm^2
    7200.0
    """
    _check_finite("a positive current", current, "mA/cm^2; strip() takes lithium away", current > 0.0)
    return ConstantCurrent.to_capacity(current * MILLIAMPERE_PER_CM2, capacity * MILLIAMPERE_HOUR_PER_CM2, limit)


def strip(current: float, capacity: float, limit: float = LIMIT) -> ConstantCurrent:
    """Strip lithium.

    Parameters
    ----------
    current
        Current density (mA/cm^2), positive.
    capacity
        Areal capacity (mAh/cm^2), positive.
    limit
        Overpotential (V), either sign, at which it ends before.

    Raises
    ------
    InputError
        If the current or the capacity is not positive.

    >>> strip(0.5, 1.0).current_density  # A/m^2
    -5.0
    """
    plated = plate(current, capacity, limit)
    return ConstantCurrent(-plated.current_density, plated.duration, limit)


def all_segments(schedule: Schedule) -> tuple[Segment, ...]:
    """The segments of a schedule, its cycles written out.

    >>> len(all_segments([Rest(60.0), Cycle([plate(0.5, 0.1), strip(0.5, 0.1)], repeats=3)]))
    7
    """
    return tuple(segment for part in schedule for segment in part.segments())


def read_schedule(texts: Sequence[str]) -> tuple[Part, ...]:
    """A schedule from its parts as they are typed, see :func:`selflimit.setting_fields.read_part`.

    >>> read_schedule(["rest:60", "plate:0.5:1"])
    (Rest(duration=60.0), ConstantCurrent(current_density=5.0, duration=7200.0, limit=0.5))
    """
    return tuple(_part(*read_part(text)) for text in texts)


def _part(kind: str, numbers: tuple[float, ...]) -> Part:
    if kind == "rest":
        return Rest(*numbers)
    if kind == "hold":
        return ConstantPotential(*numbers)
    if kind == "pass":
        return ConstantCurrent(numbers[0] * MILLIAMPERE_PER_CM2, numbers[1])
    return plate(*numbers) if kind == "plate" else strip(*numbers)


def cell_schedule(
    duration: float, current: float | None = None, cycles: int = 0, parts: Sequence[str] = ()
) -> float | Schedule:
    """What a cell is made to do, from the settings of a run.

    Parameters
    ----------
    duration
        Time (s) at the parameters' overpotential, or of the current.
    current
        Current density (mA/cm^2) that plates; None: the overpotential is held.
    cycles
        How often it plates and strips, each for ``duration``; 0: plated once.
    parts
        A schedule as it is typed, instead of all that.
    """
    if parts or current is None:
        return read_schedule(parts) if parts else duration
    plated = ConstantCurrent(current * MILLIAMPERE_PER_CM2, duration)
    stripped = replace(plated, current_density=-plated.current_density)
    return [Cycle([plated, stripped], cycles)] if cycles else [plated]


def total_time(duration: float | Schedule) -> float:
    """Time (s) that a duration, or a schedule whose parts meet no limit, takes."""
    return duration if isinstance(duration, float | int) else sum(one.duration for one in all_segments(duration))


def regular_times(end: float, interval: float, begun: Sequence[float] = ()) -> list[float]:
    """Output times (s) at the multiples of ``interval`` and at the end, after those that a run has ``begun`` with.

    Parameters
    ----------
    end
        Last time (s).
    interval
        Time between outputs (s).
    begun
        Earlier output times (s), which stay.

    >>> regular_times(3000.0, 300.0, [300.0, 1000.0])[1:5]
    [1000.0, 1200.0, 1500.0, 1800.0]
    """
    after = begun[-1] if begun else 0.0
    first, last = math.floor(after / interval * (1.0 + 1e-9)) + 1, math.ceil(end / interval * (1.0 - 1e-9))
    return [*begun, *(number * interval for number in range(first, last)), end]


def _checked(segment: Segment) -> Segment:
    _check_finite("a positive duration", segment.duration, "s", segment.duration > 0.0)
    return segment


def _check_finite(expected: str, value: float, unit: str, holds: bool) -> None:
    if not (math.isfinite(value) and holds):
        raise InputError(f"expected {expected}, got {value} {unit}")
