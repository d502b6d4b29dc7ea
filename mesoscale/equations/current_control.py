"""A given current: the overpotential at which a step deposits what the current carries.

All that a sweep solves for is linear in a shift of the metal's potential once the kinetics is linearised, so the shift
that meets the charge follows from two solutions and the front gets exactly the lithium that belongs to the charge.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale.equations.electrochemistry import Sink
from selflimit.mesoscale.grid import Grid

LARGEST_SHIFT = 3.0
"""Most that one sweep shifts the overpotential, in RT/nF: the kinetics is linear over less than that."""
SETTLED = 1e-3
"""Share of the overpotential by which the last sweep may still shift it."""
UNNOTICED = 1e-7
"""Shift (V) that is never worth another sweep."""


class Aim(NamedTuple):
    """The lithium that a given current asks for."""

    metal: float
    """Integral of xi at the end of the step (m^2; m^3 in 3-D)."""
    fall: FloatArray
    """How much slower xi grows per V of overpotential (1/(s V)), >= 0, shape ``nodes``."""
    thermal: float
    """RT/nF (V)."""


class Answered(NamedTuple):
    """A sweep's growth after the shift."""

    rate: FloatArray
    """Growth of xi (1/s), shape ``nodes``."""
    field: FloatArray
    """What was solved for beside it, shape ``nodes``."""
    shift: float
    """Shift of the overpotential (V)."""


def shift_to(aim: Aim, grid: Grid, before: FloatArray, rate: FloatArray, answer: FloatArray, dt: float) -> float:
    """The shift (V) at which the lithium after the step is what the current asks for, as far as one sweep may go.

    Parameters
    ----------
    aim
        What is asked for.
    grid
        The grid.
    before
        Order parameter before the step, shape ``nodes``.
    rate, answer
        Growth of xi (1/s) without shift and what a shift adds to it (1/(s V)), shape ``nodes``.
    dt
        Length of the step (s).

    Raises
    ------
    ConvergenceError
        If there is no front that could answer.
    """
    # counted on the lithium itself and not on rates, so that errors do not add up from step to step
    missing, gained = aim.metal - grid.integrate(before + dt * rate), dt * grid.integrate(answer)
    if not gained < 0.0:
        raise ConvergenceError("growth: no lithium front is left that could carry the current; end the schedule before")
    return float(np.clip(missing / gained, -LARGEST_SHIFT * aim.thermal, LARGEST_SHIFT * aim.thermal))


def steered(
    aim: Aim, grid: Grid, before: FloatArray, sink: Sink, solve: Callable[[Sink], FloatArray], dt: float
) -> Answered:
    """Growth and concentration at the current asked for.

    Parameters
    ----------
    aim, grid, before, dt
        As in ``shift_to``.
    sink
        Consumption of Li+ by growth, linearised in c, at the overpotential so far.
    solve
        The concentration for a sink.
    """
    found = solve(sink)
    per_volt = (solve(Sink(sink.slope, sink.rest + aim.thermal * aim.fall)) - found) / aim.thermal
    answer = sink.slope * per_volt - aim.fall
    rate = sink.slope * found - sink.rest
    shift = shift_to(aim, grid, before, rate, answer, dt)
    return Answered(rate + shift * answer, found + shift * per_volt, shift)


def has_settled(shift: float, overpotential: float) -> bool:
    """Whether the last sweep's shift (V) of the overpotential (V) needs no other."""
    return abs(shift) <= SETTLED * abs(overpotential) + UNNOTICED
