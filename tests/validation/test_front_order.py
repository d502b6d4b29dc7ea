"""The front against exact answers in time and space: orders of convergence, velocity, and rest at equilibrium."""

import numpy as np
import pytest

from selflimit.mesoscale import (
    Front,
    Grid,
    InterfaceParameters,
    Moment,
    backward_difference,
    extrapolate,
    local_error,
    needles,
)
from selflimit.mesoscale.equations import electrochemistry as ec

P = InterfaceParameters(exchange_current=30.0, surface_mobility=2.5e-6, noise_amplitude=0.0)
"""Kinetics slow against the mobility: the front keeps its equilibrium profile and the planar velocity is exact."""
W = P.interface_width
DECAY = P.surface_mobility * P.barrier
"""L_sigma W (1/s)."""


def marched(front, xi, charge, times, order, exact=None):
    """Moments at ``times``, newest first; the first two are exact where an exact solution is given."""
    zero = np.zeros_like(xi)
    past = [Moment(times[0], xi, zero + 1, zero)]
    if exact is not None:
        past.insert(0, Moment(times[1], exact(times[1]) + 0 * xi, zero + 1, zero))
    for time in times[len(past) :]:
        difference = backward_difference(past, time - past[0].time, order)
        guess = extrapolate(past[:2], time, "xi")
        found = front.step(difference.base, zero + 1, charge, zero, difference.length, 1e-13, guess)
        past.insert(0, Moment(time, found.xi, zero + 1, zero))
    return past


def uniform_decay(time):
    """Exact xi(t) without charge transfer, d(xi)/dt = -2 L_sigma W xi (1 - xi) (1 - 2 xi), xi(0) = 0.8.

    With q = (1 - 2 xi)^2 the equation reads dq/dt = 2 L_sigma W q (1 - q): a logistic curve.
    """
    start = (1 - 2 * 0.8) ** 2
    q = start / (start + (1 - start) * np.exp(-2 * DECAY * time))
    return 0.5 * (1 + np.sqrt(q))


def decay_error(steps, order, ratios=(1.0,)):
    """Error after the time 1/(L_sigma W), with steps in the repeating proportions ``ratios``."""
    lengths = np.resize(ratios, steps)
    times = np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum() / DECAY
    xi = np.full((3, 3), 0.8)
    none = ec.Charge(0 * xi, 0 * xi)
    last = marched(Front(Grid((2, 2), W), P), xi, none, times, order, uniform_decay)[0]
    return abs(float(last.xi[0, 0]) - uniform_decay(times[-1]))


@pytest.mark.parametrize(("order", "ratios"), [(1, (1.0,)), (2, (1.0,)), (1, (1.0, 1.7)), (2, (1.0, 1.7, 0.6))])
def test_order_in_time_with_equal_and_varying_steps(order, ratios, rate):
    steps = np.array([24, 48, 96])
    errors = [decay_error(n, order, ratios) for n in steps]
    assert rate(steps, errors) == pytest.approx(order, abs=0.15)  # the next order's share at 24 steps is a tenth


def test_the_estimated_error_is_that_of_the_step():
    """One BDF2 step after exact moments: the estimate against the true error, from the same third derivative."""
    dt = 0.02 / DECAY
    times = dt * np.array([0.0, 1.0, 1.8, 2.5])
    xi = np.zeros((3, 3))
    past = [Moment(t, uniform_decay(t) + xi, xi, xi) for t in times[2::-1]]
    difference = backward_difference(past, times[3] - times[2], 2)
    none = ec.Charge(xi, xi)
    found = Front(Grid((2, 2), W), P).step(difference.base, xi, none, xi, difference.length, 1e-14, past[0].xi).xi
    true = abs(float(found[0, 0]) - uniform_decay(times[3]))
    assert local_error(past, times[3], difference, found) == pytest.approx(
        true, rel=0.1
    )  # the fourth derivative's share


def planar_velocity(spacing, move, order=2):
    """Velocity of a flat front at dx = ``spacing`` w and steps of ``move`` w, over that of the sharp interface."""
    grid, expected = Grid((2, round(32 / spacing)), spacing * W), P.planar_velocity(-0.1)
    xi = needles(grid, W, count=0, strip=8 * W)
    charge = ec.charge_transfer(P, np.full(grid.nodes, -0.1))
    times = np.arange(round(8 / move) + 1) * move * W / expected
    past = marched(Front(grid, P), xi, charge, times, order)
    height = [grid.integrate(moment.xi) / grid.size[0] for moment in past[::-1]]
    start = len(height) // 4
    return (height[-1] - height[start]) / (times[-1] - times[start]) / expected


def test_planar_velocity_within_one_percent_and_second_order_in_space(rate):
    spacings = np.array([1.0, 0.5, 0.25])
    errors = [abs(planar_velocity(spacing, 0.05) - 1.0) for spacing in spacings]
    assert errors[1] < 0.01
    # Between dx = w and w/2 pinning adds terms beyond all orders; below it the ratio is that of dx^2.
    assert rate(1 / spacings, errors) == pytest.approx(2.0, abs=0.3)


def test_front_stands_still_at_the_nernst_potential_whatever_the_step():
    grid, c = Grid((2, 64), 0.5 * W), 0.3
    charge = ec.charge_transfer(P, np.full(grid.nodes, ec.nernst_overpotential(P, np.array(c))))
    front, xi = Front(grid, P), needles(grid, W, count=0, strip=8 * W)
    start = grid.integrate(xi)
    for dt in (0.1, 1.0, 10.0):
        past = [Moment(0.0, xi, xi, xi)]
        for _ in range(10):
            difference = backward_difference(past, dt, 2)
            found = front.step(difference.base, c + 0 * xi, charge, 0 * xi, difference.length, 1e-10, past[0].xi)
            past = [Moment(past[0].time + dt, found.xi, xi, xi), past[0]]
        # At c = 1 and -0.1 V the front would move 2.8 um in the last ten steps. It settles into the lattice by 1 % of a
        # cell, whatever the time.
        assert abs(grid.integrate(past[0].xi) - start) / grid.size[0] < 0.02 * grid.spacing
