"""Adaptive BDF2 steps of one field, with the time stepping of ``selflimit.mesoscale``, and tables as CSV files."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale import (
    LARGEST_RATIO,
    Difference,
    Moment,
    backward_difference,
    extrapolate,
    local_error,
    next_length,
)

Solve = Callable[[Difference, float, FloatArray], FloatArray]
"""Field after a step, from its difference formula, the time at its end and a first guess."""


def march(
    solve: Solve,
    start: FloatArray,
    times: Sequence[float],
    tolerance: float,
    first: float,
    longest: float = float("inf"),
) -> Iterator[tuple[float, FloatArray]]:
    """The field at ``times`` (ascending, the first is the start), by steps whose estimated error is ``tolerance``.

    A step that does not converge is tried again at half its length.
    """
    past, dt = [Moment(times[0], start, start, start)], first
    yield times[0], start
    for goal in times[1:]:
        while past[0].time < goal:
            left = goal - past[0].time
            length = left if dt >= left else min(dt, 0.5 * left)
            end = goal if length == left else past[0].time + length
            difference = backward_difference(past, length, 2)
            try:
                found = solve(difference, end, extrapolate(past[:2], end, "xi"))
                error = local_error(past, end, difference, found)
            except ConvergenceError:
                error = float("inf")
            if error > tolerance:
                dt = _shorter(length, error, tolerance)
                continue
            grown = next_length(length, error, tolerance, difference.order)
            dt = min(max(grown, dt if length < dt else 0.0), LARGEST_RATIO * length, longest)
            past = [Moment(end, found, found, found), *past[:2]]
        yield goal, past[0].xi


def _shorter(length: float, error: float, tolerance: float) -> float:
    dt = 0.5 * length if error == float("inf") else next_length(length, error, tolerance, 2)
    if dt < 1e-9:
        raise ConvergenceError(f"march: the step fell to {dt:.2g} at an error of {error:.2g}, allowed {tolerance:.2g}")
    return dt


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[float]]) -> None:
    """Write rows of numbers under column names as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([f"{value:.10g}" for value in row] for row in rows)
