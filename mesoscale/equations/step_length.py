"""Second-order steps of variable length in time, and their local error.

BDF2 with the step ratio r = dt/dt_before (Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I,
section III.5, doi:10.1007/978-3-540-78862-1): xi' = (xi - base)/h with

    base = [(1 + r)^2 xi_0 - r^2 xi_1]/(1 + 2 r),   h = dt (1 + r)/(1 + 2 r)

so one solver of (xi - base)/h = rate serves BDF2 and, with base = xi_0 and h = dt, backward Euler, which is the first
step. BDF2 is A-stable for any constant step and zero-stable for r < 1 + sqrt(2).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray

LARGEST_RATIO = 1.8
"""Most that a step grows over the one before, with a margin to the bound 1 + sqrt(2) of zero-stability."""
SMALLEST_RATIO = 0.3
"""Least share of its length that a rejected step is tried with again."""
SAFETY = 0.85
"""Share of the step length at which the error estimate would just meet the tolerance."""


class Moment(NamedTuple):
    """The fields at one time."""

    time: float
    """Time (s)."""
    xi: FloatArray
    """Order parameter, shape ``nodes``."""
    c: FloatArray
    """Normalised Li+ concentration, shape ``nodes``."""
    phi: FloatArray
    """Electric potential (V), shape ``nodes``."""

    def order_parameter_only(self) -> "Moment":
        """The moment without c and phi: all that the third one back is needed for."""
        return self._replace(c=np.empty(0), phi=np.empty(0))


class Difference(NamedTuple):
    """A backward difference: xi' = (xi - base)/length."""

    base: FloatArray
    """What the new value is compared with, shape ``nodes``."""
    length: float
    """Effective step (s)."""
    order: int
    """1 for backward Euler, 2 for BDF2."""


def backward_difference(past: Sequence[Moment], dt: float, order: int) -> Difference:
    """Difference formula for a step of ``dt`` (s) after the moments ``past``, newest first; order 2 needs two.

    Parameters
    ----------
    past
        Moments so far, the newest first.
    dt
        Step (s).
    order
        1 or 2; with one moment the order is 1.
    """
    if order == 1 or len(past) < 2:
        return Difference(past[0].xi, dt, 1)
    # steps differ in length, so the weights do: at r = 1 they are 4/3 and -1/3
    r = dt / (past[0].time - past[1].time)
    base = ((1.0 + r) ** 2 * past[0].xi - r**2 * past[1].xi) / (1.0 + 2.0 * r)
    return Difference(base, dt * (1.0 + r) / (1.0 + 2.0 * r), 2)


def extrapolate(past: Sequence[Moment], time: float, name: str) -> FloatArray:
    """The polynomial through one field ('xi', 'c' or 'phi') of all ``past`` moments, at ``time`` (s).

    Parameters
    ----------
    past
        Moments so far, the newest first; each raises the degree by one.
    time
        Time (s) asked for.
    name
        'xi', 'c' or 'phi'.
    """
    total = np.zeros_like(past[0].xi)
    for moment in past:
        others = [other.time for other in past if other is not moment]
        weight = np.prod([(time - t) / (moment.time - t) for t in others])
        total += weight * getattr(moment, name)
    return total


def local_error(past: Sequence[Moment], time: float, difference: Difference, xi: FloatArray) -> float:
    """Estimate of the error (largest over the nodes) that one step made in xi, from the extrapolation beside it.

    With q past moments at the distances d_i from ``time``, a formula of order q errs by h d_1 ... d_q xi^(q+1)/(q+1)!
    and the extrapolation through q + 1 moments, d the distance to its oldest, by d times the same and the other sign.

    Parameters
    ----------
    past
        Moments before the step, the newest first.
    time
        Time (s) at the end of the step.
    difference
        The formula that made the step.
    xi
        Front that it led to.
    """
    used = past[: difference.order + 1]
    if len(used) <= difference.order:
        return float(np.max(np.abs(xi - past[0].xi)))  # the first step: no second moment yet, all change counts
    distance = time - used[-1].time
    # both err by the same derivative with opposite signs, so their difference shows their sum
    share = difference.length / (difference.length + distance)
    return share * float(np.max(np.abs(xi - extrapolate(used, time, "xi"))))


def next_length(dt: float, error: float, tolerance: float, order: int) -> float:
    """Step (s) whose local error would meet ``tolerance``: the error goes with the (order + 1)-th power of the step.

    Parameters
    ----------
    dt
        Step (s) that was made.
    error
        Its local error.
    tolerance
        Allowed local error.
    order
        Order of the formula.
    """
    ratio = SAFETY * (tolerance / max(error, 1e-12)) ** (1.0 / (order + 1))
    return dt * float(np.clip(ratio, SMALLEST_RATIO, LARGEST_RATIO))
