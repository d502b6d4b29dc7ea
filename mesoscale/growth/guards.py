"""What makes a growth untrustworthy, said before the run, during it, and in its document."""

import math
from dataclasses import replace

import numpy as np
from scipy.ndimage import distance_transform_edt, label, maximum

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale.equations import balances
from selflimit.mesoscale.equations.electrochemistry import charge_transfer, switch_slope
from selflimit.mesoscale.equations.front import Front
from selflimit.mesoscale.equations.state import State
from selflimit.mesoscale.equations.time_step import CoupledEquations
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.parameters import InterfaceParameters

CELLS_ACROSS = 8
"""Cells across a particle below which its stress is not resolved. The mean pressure in a disc of expanding lithium in
a box of four diameters is 25 % too large with 4 cells across, 10 % with 8 and 5 % with 16 (measured against 64): first
order, because cells on its edge are mixtures."""
PINNED = 0.2
"""Share of the motion asked for below which a front counts as pinned. Measured at -0.1 V and the mobility 2.5e-6
m^3/(J s): 1.18 up to dx = 1.1 w (above 1 because the potential varies across the front), 0.61 at 1.3 w, 0 at 1.35 w."""


FRONT_WIDTHS = 10.0
"""Interface widths across below which a piece of front has no flat part: its own ends decide how it moves."""


def check_resolution(structure: Microstructure, p: InterfaceParameters, allow_unresolved: bool) -> list[str]:
    """Notes for the document on what the grid does not resolve; empty if it resolves everything.

    Parameters
    ----------
    structure
        Layer on its grid.
    p
        Parameters of the interface.
    allow_unresolved
        Whether what is not resolved is a note instead of an error.

    Raises
    ------
    InputError
        If dx > w and ``allow_unresolved`` is not set.
    """
    dx, w = structure.grid.spacing, p.interface_width
    notes = []
    if dx > w * (1.0 + 1e-9):
        if not allow_unresolved:
            raise InputError(
                f"expected dx <= w to resolve the front, got dx = {dx:.3g} m and w = {w:.3g} m (the front pins at "
                "1.33 w); refine the grid, widen interface_width or set allow_unresolved"
            )
        notes.append(f"unresolved front: dx = {dx / w:.2f} w, resolved for <= 1; velocities and shapes are the grid's")
    across = cells_across(structure.coarse)
    if across < CELLS_ACROSS:
        notes.append(f"unresolved particles: the thinnest is {across:.3g} cells across, resolved from {CELLS_ACROSS}")
    return notes


def cells_across(fraction: FloatArray) -> float:
    """Cells across the thinnest particle of a volume fraction per cell; infinite without particles.

    From the largest distance to the outside, so a flat particle counts with its thickness; exact for a flat one of an
    odd number of cells, up to two cells less otherwise.
    """
    particle = fraction >= 0.5
    labels, count = label(particle)
    if count == 0 or particle.all():
        return math.inf
    depth = maximum(distance_transform_edt(particle), labels, np.arange(1, count + 1))
    return float(2.0 * np.min(depth) - 1.0)


SPREAD = 0.5
"""Mean slope of the front over that of its profile below which it is none any more. Measured in a layer of fine
particles at dx = w: 0.78 with C = 10, 0.94 with C = 80, 0.36 with C = 200: lithium dissolves behind and deposits
ahead."""
HELD = 0.5
"""Motion asked for over lithium exchanged below which a front is held by its own drives, not by the grid."""


PROFILE_GONE = 5.0
"""Times 1/(L_sigma W) after which the profile that a run begins with has gone, but for exp(-5)."""
LAST_CORNERS = 0.02
"""Share of the space open to lithium that is left when lithium has filled it: what then moves are its last corners."""


def shortest_front(grid: Grid, p: InterfaceParameters) -> float:
    """Length (m; area in m^2 in 3-D) of the shortest front that is watched; where lithium fills all there is none."""
    return float((FRONT_WIDTHS * p.interface_width) ** (grid.dimension - 1))


def describe_drive(equations: CoupledEquations, state: State) -> str:
    """What drives the front where it is driven most, and what to do about a drive that no step can follow."""
    p, in_front = equations.parameters, switch_slope(state.xi) > 0.1
    if not in_front.any():
        return "no front is left; end the schedule before"
    eta = equations.overpotential(state.phi, state.mechanics)
    charge = charge_transfer(p, eta)
    rates = np.abs(equations.front.form.exchange(p, charge, state.c).net)[in_front]
    fastest = 6.0 * p.reaction_coefficient * float(rates.max())
    stress = eta - state.phi
    largest = float(stress[in_front][np.argmax(np.abs(stress[in_front]))])
    return (
        f"there the kinetics would move the front by up to {fastest:.3g} widths per second, eta_m is up to "
        f"{largest:.3g} V of {state.overpotential:.3g} V applied; take a smaller overpotential, exchange_current or "
        "mechanical_correction, or a larger surface_mobility"
    )


def check_boundaries(structure: Microstructure, p: InterfaceParameters, front: str) -> None:
    """Refuse properties of grain boundaries that nothing would heed.

    Parameters
    ----------
    structure
        Layer on its grid.
    p
        Parameters of the interface.
    front
        Equations of the growth.

    Raises
    ------
    InputError
        If they differ from the grains' without boundaries in the layer, or with other equations.
    """
    if p.boundary_conduction == p.boundary_exchange == 1.0:
        return
    if structure.boundaries is None:
        raise InputError(
            "boundary_conduction and boundary_exchange need grains in the layer; draw them with add_grains"
        )
    if front != "single-ion":
        raise InputError(
            f"boundary_conduction and boundary_exchange need front='single-ion', got {front!r}; leave them at 1"
        )


def require_single_ion(flows: bool, front: str) -> None:
    """Refuse lithium that flows with equations that have no overpotential of their own for its contacts.

    Parameters
    ----------
    flows
        Whether lithium flows.
    front
        Equations of the growth.

    Raises
    ------
    InputError
        If it does and the equations are not those of a single-ion conductor.
    """
    if flows and front != "single-ion":
        raise InputError(
            f"lithium that flows needs front='single-ion', got {front!r}; leave flow out for elastic stress"
        )


def watch_motion(front: Front, state: State, begin: float, allow_unresolved: bool) -> tuple[State, list[str]]:
    """Compare the motion of the front with what its drives ask for, once enough of either has gathered.

    Not before its profile, at rest as the run begins, has become that of a moving front, in some 1/(L_sigma W).

    Parameters
    ----------
    front
        The order-parameter equation.
    state
        After a step.
    begin
        Time (s) at which the run began.
    allow_unresolved
        Whether a front that is held is a note instead of an error.

    Returns
    -------
    The state, whose sums begin anew where they were compared, and notes for the document.

    Raises
    ------
    ConvergenceError
        If the grid holds the front and ``allow_unresolved`` is not set.
    """
    grid, p, said = front.grid, front.p, []
    watched = max(balances.front_length(grid, p, state.xi), shortest_front(grid, p))
    is_full = balances.open_share_left(front, state.xi) < LAST_CORNERS  # then no front is left that could be held
    is_young = state.time - begin < PROFILE_GONE / (p.surface_mobility * p.barrier)
    if not (is_full or is_young) and state.exchanged <= p.interface_width * watched:
        return state, []
    if not (is_full or is_young):
        motion = (state.asked, state.reached, state.exchanged)
        said = check_pinning(state.time, *motion, balances.steepness(grid, p, state.xi), allow_unresolved)
    return replace(state, asked=0.0, reached=0.0, exchanged=0.0), said


def check_pinning(
    time: float, asked: float, reached: float, exchanged: float, steepness: float, allow_unresolved: bool
) -> list[str]:
    """A note if the front did not follow its drive: areas (m^2) asked for, reached and exchanged since the last check.

    A front that stress or depletion holds exchanges lithium without asking for motion, and is not judged. One whose
    mean slope is ``SPREAD`` of its profile's is not held by the grid: its drive changes too much across it.

    Parameters
    ----------
    time
        Time (s), for the message.
    asked, reached, exchanged
        Areas (m^2; m^3 in 3-D) since the last check.
    steepness
        Mean slope of the front over that of its profile.
    allow_unresolved
        Whether a pinned front is a note instead of an error.

    Raises
    ------
    ConvergenceError
        If the front is pinned or spread and ``allow_unresolved`` is not set.
    """
    share = reached / asked if abs(asked) > HELD * exchanged else 1.0
    if share >= PINNED:
        return []
    name, remedy = "pinned front", "the grid holds it, take dx <= w/2"
    if steepness < SPREAD:
        name = f"spread front, {1.0 / steepness:.1f} times as wide as its profile"
        remedy = (
            "stress drives it forward on one side and back on the other, take less mechanical_correction or swelling"
        )
    said = f"{name}: at {time:.1f} s it had done {share:.2f} of the motion that its overpotential asks for"
    if not allow_unresolved:
        raise ConvergenceError(f"growth: {said}; {remedy}, or set allow_unresolved")
    return [said]


def check_balance(time: float, name: str, error: float, allowed: float, remedy: str) -> None:
    """Stop if the relative imbalance ``error`` of 'lithium' or 'charge' is above ``allowed``.

    Parameters
    ----------
    time
        Time (s), for the message.
    name
        'lithium' or 'charge'.
    error, allowed
        Relative imbalance, and the largest that is allowed.
    remedy
        What to do about it, for the message.

    Raises
    ------
    ConvergenceError
        If it is.
    """
    if not error <= allowed:
        raise ConvergenceError(
            f"growth: {name} inventory off by {error:.2e} at {time:.1f} s, allowed {allowed:.1e}; {remedy}"
        )
