"""A schedule on its way: which segment a run is in, what its current asks for, and what ends it."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from selflimit.documents import CellHistory
from selflimit.errors import InputError
from selflimit.mesoscale.equations.profile import bring_into_motion
from selflimit.mesoscale.equations.state import State
from selflimit.mesoscale.equations.time_step import CoupledEquations
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.growth.growth_run import GrowthRun, Leg
from selflimit.mesoscale.growth.schedule import Segment
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import FARADAY, MILLIAMPERE_HOUR_PER_CM2, MILLIAMPERE_PER_CM2

EMPTY = 3.0
"""Height of the lithium, in widths w of its front, at which it counts as stripped: below it the profile is cut off."""
AT_ONCE = 1e-9
"""Relative difference of two times that is none."""


def electrode_area(grid: Grid) -> float:
    """Area of the electrode's plane (m per m of depth; m^2 in 3-D)."""
    return float(np.prod(grid.size[:-1]))


def areal_charge(grid: Grid, p: InterfaceParameters, metal: float) -> float:
    """Charge (C per m^2 of electrode) that deposits the integral ``metal`` of xi (m^2; m^3 in 3-D).

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters of the interface.
    metal
        Integral of xi (m^2; m^3 in 3-D).
    """
    return p.charge_number * FARADAY * p.metal_site_density * metal / electrode_area(grid)


def passed_metal(grid: Grid, state: State) -> float:
    """Integral of xi (m^2; m^3 in 3-D) that all charge so far would have made: the front's, and what passed elsewhere.

    Parameters
    ----------
    grid
        The grid.
    state
        After a step.
    """
    return grid.integrate(state.xi) + state.elsewhere


def has_given_current(leg: Leg) -> bool:
    """Whether the current is held and the overpotential found."""
    return bool(leg.done) and leg.done[-1].overpotential is None


def wanted_metal(grid: Grid, p: InterfaceParameters, leg: Leg, time: float) -> float | None:
    """Integral of xi (m^2; m^3 in 3-D) that the current asks for at ``time`` (s); None where the potential is held.

    It is counted from the beginning of the segment, so what one step leaves the next one makes up for.

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters of the interface.
    leg
        The part of the schedule that is under way, and what came before.
    time
        Time (s) since the growth began.
    """
    if not has_given_current(leg):
        return None
    passed = leg.done[-1].current * (time - leg.begin)
    return leg.metal + passed / areal_charge(grid, p, 1.0)


def goal_within(leg: Leg, goal: float) -> float:
    """The next time (s) to land on: ``goal`` or the end of the segment."""
    # a step never straddles two segments, whose drives differ
    end = leg.begin + leg.done[-1].duration if leg.done else math.inf
    return end if end < goal * (1.0 - AT_ONCE) else goal


def find_end(run: GrowthRun, tip: float, p: InterfaceParameters) -> str | None:
    """Why the segment is over, '' if its time is; None if it is not.

    Parameters
    ----------
    run
        The run.
    tip
        Highest point of the lithium (m).
    p
        Parameters.
    """
    segment, state, width = run.leg.done[-1], run.state, p.interface_width
    if state.time >= (run.leg.begin + segment.duration) * (1.0 - AT_ONCE):
        return _rested(state.overpotential, p) if segment.overpotential is None and segment.current == 0.0 else ""
    if segment.current < 0.0 and tip < EMPTY * width:
        return (
            f"stripped at {state.time:.4g} s: less than {EMPTY:g} w = {EMPTY * width * 1e6:.2g} um of lithium are left"
        )
    # the first step of a segment begins at a guessed overpotential, which is not judged
    if abs(state.overpotential) > segment.limit and len(state.past) > 1:
        passed = f"{segment.current / MILLIAMPERE_PER_CM2:.3g} mA/cm^2"
        return f"{passed} ended at {state.time:.4g} s: the overpotential {state.overpotential:.3g} V passed its limit"
    return None


def add_note(run: GrowthRun, reason: str) -> GrowthRun:
    """The run with ``reason`` among its notes, if there is one."""
    return replace(run, notes=tuple(dict.fromkeys([*run.notes, *filter(None, [reason])])))


def _rested(overpotential: float, p: InterfaceParameters) -> str:
    """What is to be said of a rest that ended at this overpotential (V)."""
    if p.mechanical_correction <= 1.0:
        return ""
    return (
        f"lithium rested at {1e3 * overpotential:.3g} mV, where C = {p.mechanical_correction:g} times its own pressure "
        "holds it; held at 0 V it would dissolve. Thermodynamics is C = 1"
    )


def enter_segment(equations: CoupledEquations, run: GrowthRun, segment: Segment) -> GrowthRun:
    """The run at the beginning of ``segment``.

    Parameters
    ----------
    equations
        Equations of the growth.
    run
        The run so far.
    segment
        Potential, current or rest that begins.
    """
    grid, p = equations.microstructure.grid, equations.parameters
    effort, eta = replace(run.effort), segment.overpotential
    before = run.history[-1][1] if run.history else 0.0
    xi = bring_into_motion(equations, run.state.xi, before, eta, segment.current)
    now = replace(run.state, past=(run.state.past[0]._replace(xi=xi),))
    if eta is None:
        charge_transfer = math.asinh(segment.current / (2.0 * p.exchange_current)) if p.exchange_current else 0.0
        eta = -2.0 * charge_transfer / p.inverse_thermal_voltage  # with c = 1 and alpha = 1/2: where the search begins
    # what the fields did under another drive says nothing of what they will do: the history ends here
    state = equations.driven_by(now, eta, effort)
    leg = Leg(state.time, passed_metal(grid, state), (*run.leg.done, segment))
    return replace(run, state=state, dt=equations.numerics.first_step, effort=effort, leg=leg)


def record_step(run: GrowthRun, grid: Grid, p: InterfaceParameters, before: float, first: float) -> GrowthRun:
    """The run with what its last step passed in its history.

    Parameters
    ----------
    run
        The run after the step.
    grid, p
        Grid and parameters.
    before, first
        Integral of xi (m^2; m^3 in 3-D) before the step and at the beginning.
    """
    state = run.state
    # the current that passed, not the one that was asked for: the difference would show here
    metal, dt = passed_metal(grid, state), state.past[0].time - state.past[1].time
    current, charge = areal_charge(grid, p, metal - before) / dt, areal_charge(grid, p, metal - first)
    return replace(run, history=(*run.history, (state.time, current, state.overpotential, charge)))


def continue_schedule(run: GrowthRun, segments: Sequence[Segment], overpotential: float) -> GrowthRun:
    """A run of a checkpoint in a schedule that begins like its own; the segment that it is in may be longer.

    Parameters
    ----------
    run
        The run of the checkpoint.
    segments
        The schedule; empty where the overpotential is held to the end.
    overpotential
        Overpotential (V) that a run without schedule has held, as if by a first segment.

    Raises
    ------
    InputError
        If the schedule differs in what is done already.
    """
    if segments and not run.leg.done and segments[0].overpotential == overpotential:
        # its lithium at the beginning counts only where a current is given
        run = replace(run, leg=Leg(run.outputs[0].time, 0.0, tuple(segments[:1])))
    done, leg, count = run.leg.done, run.leg, len(run.leg.done)
    same = (count > 0) == (len(segments) > 0) and len(segments) >= count and tuple(segments[: count - 1]) == done[:-1]
    if same and count > 0:
        now = segments[count - 1]
        alike = now._replace(duration=0.0) == done[-1]._replace(duration=0.0)
        same = alike and (now == done[-1] or leg.begin + now.duration > run.state.time)
        run = replace(run, leg=replace(leg, done=(*done[:-1], now)))
    if not same:
        raise InputError(
            f"expected a schedule that begins with the {count} segments done by {run.state.time:.6g} s, got another; "
            "keep them and add to them, or begin anew from the fields with start="
        )
    return run


def cell_history(run: GrowthRun) -> CellHistory:
    """Current and overpotential against time, for the document."""
    times, currents, overpotentials, charges = zip(*run.history, strict=True) if run.history else ((), (), (), ())
    return CellHistory(
        times=list(times),
        current_density=[i / MILLIAMPERE_PER_CM2 for i in currents],
        overpotential=list(overpotentials),
        areal_capacity=[q / MILLIAMPERE_HOUR_PER_CM2 for q in charges],
    )
