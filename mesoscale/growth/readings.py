"""What is read off a growth after every step, contact, pressure, lithium, film, and what half-cycles leave of it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from selflimit.documents import ContactHistory, HalfCycle
from selflimit.mesoscale.equations.electrochemistry import switch
from selflimit.mesoscale.equations.state import State
from selflimit.mesoscale.flow.contacts import ContactAreas
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.growth.growth_run import GrowthRun, Reading
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import MICROMETRE, MILLIAMPERE_HOUR_PER_CM2, MPA


def read_step(run: GrowthRun, grid: Grid, areas: ContactAreas) -> GrowthRun:
    """The run with a reading of its newest state.

    Parameters
    ----------
    run
        After a step.
    grid
        The grid.
    areas
        Contact areas of its layer.
    """
    return replace(run, readings=(*run.readings, _reading(run.state, grid, areas)))


def _reading(state: State, grid: Grid, areas: ContactAreas) -> Reading:
    covered = areas.electrolyte * switch(state.xi)
    surface, touched = float(areas.electrolyte.sum()), float(covered.sum())
    flows = state.contacts
    in_nodes = grid.to_nodes(-state.pressure) if flows is None else flows.pressure
    weight = touched if touched > 0.0 else 1.0
    return Reading(
        contact=touched / surface if surface > 0.0 else 0.0,
        peak=max(float(-state.pressure.min()), 0.0) if flows is None else float(flows.pressure.max()),
        at_contact=float((covered * in_nodes).sum()) / weight,
        lithium=grid.integrate(state.xi),
        film=0.0 if flows is None else float((covered * flows.film).sum()) / weight,
        thickest=0.0 if flows is None else float(flows.film.max()),
        voltage=max(float((covered * state.phi).sum()) / weight, 0.0),
        plated=0.0 if flows is None else flows.plated,
        extruded=0.0 if flows is None else flows.extruded,
        advanced=0.0 if flows is None else flows.advanced,
        reacted=0.0 if flows is None else flows.reacted,
        reaction_charge=0.0 if flows is None else flows.reaction_charge,
    )


def contact_history(run: GrowthRun, p: InterfaceParameters) -> ContactHistory:
    """The readings, for the document."""
    readings, density = run.readings, p.metal_site_density
    return ContactHistory(
        times=[moment[0] for moment in run.history],
        contact=[one.contact for one in readings],
        peak_pressure=[one.peak / MPA for one in readings],
        contact_pressure=[one.at_contact / MPA for one in readings],
        lithium=[density * one.lithium for one in readings],
        film=[one.film / MICROMETRE for one in readings],
        thickest_film=[one.thickest / MICROMETRE for one in readings],
        plated_without_room=[density * one.plated for one in readings],
        extruded=[density * one.extruded for one in readings],
        pushed_ahead=[density * one.advanced for one in readings],
        reacted=[one.reacted for one in readings],
        reaction_charge=[one.reaction_charge for one in readings],
    )


def half_cycles(run: GrowthRun, p: InterfaceParameters) -> list[HalfCycle]:
    """One record for each stretch of steps in which lithium was plated or stripped; rests are none."""
    steps = list(zip(run.history, run.readings, strict=True))
    before, found = 0.0, list[HalfCycle]()
    for sign, part in groupby(steps, key=lambda step: (step[0][1] > 0.0) - (step[0][1] < 0.0)):
        stretch = list(part)
        (end, _, _, charge), _ = stretch[-1]
        if sign != 0:
            found.append(_half_cycle(len(found) + 1, sign, end, charge - before, [one for _, one in stretch], p))
        before = charge
    return found


def _half_cycle(
    number: int, sign: int, end: float, charge: float, readings: Sequence[Reading], p: InterfaceParameters
) -> HalfCycle:
    last = readings[-1]
    return HalfCycle(
        number=number,
        kind="plating" if sign > 0 else "stripping",
        end=end,
        capacity=abs(charge) / MILLIAMPERE_HOUR_PER_CM2,
        contact=last.contact,
        largest_pressure=max(one.peak for one in readings) / MPA,
        contact_pressure=last.at_contact / MPA,
        lithium=p.metal_site_density * last.lithium,
        extruded=p.metal_site_density * last.extruded,
        film=last.film / MICROMETRE,
    )
