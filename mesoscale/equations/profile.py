"""The profile through the front: at rest on its grid, and as it is while the front moves.

A front that starts needs 1/(2 L_sigma W) to take the profile of its motion. Till then kinetics of the weight h' moves
it by int h' d(y)/6 w = 5/6 of what they move it by later, and what the profile of the continuum lacks on a grid passes
through the electrolyte as a current. Both are errors of the width, so a growth begins with the profile that its motion
has, and a change of the current changes it at once. Derivation: docs/theory/phase-field.md.
"""

import numpy as np
from scipy.optimize import brentq

from selflimit.arrays import FloatArray
from selflimit.mesoscale.equations.balances import front_length
from selflimit.mesoscale.equations.electrochemistry import Charge
from selflimit.mesoscale.equations.front import Front
from selflimit.mesoscale.equations.single_ion import planar_current
from selflimit.mesoscale.equations.step_length import Moment
from selflimit.mesoscale.equations.terms import Seen, SurfaceTension
from selflimit.mesoscale.equations.time_step import CoupledEquations
from selflimit.units import FARADAY

RESTS = 16
"""Steps of half 1/(L_sigma W) in which a profile comes to rest: its slowest deviation is over 1.75 after each."""
LARGEST_SKEW = 0.5
"""Most that the profile is skewed: beyond, the first order in the velocity says nothing any more."""
SHORTEST_PROFILE = 1e-3
"""Length of the front, over the electrode's, below which there is none."""
TAIL = 1e-12
"""xi nearer to 0 or 1 than this is left as it is."""


def settle_profile(front: Front, xi: FloatArray) -> FloatArray:
    """The front of the same contours and the same lithium with the profile that rests on its grid.

    Parameters
    ----------
    front
        The order-parameter equation.
    xi
        Order parameter, shape ``nodes``.
    """
    p, one, zero = front.p, np.ones_like(xi), np.zeros_like(xi)
    dt, unmoved, settled = 0.5 / (p.surface_mobility * p.barrier), SurfaceTension(0.0), xi
    for _ in range(RESTS):
        # the motion by curvature that the profile's energy brings is taken away, so that needles stay as they are
        held = unmoved.rate(Seen(front, 0.0, Moment(0.0, settled, one, zero), zero))
        settled = front.step(settled, one, Charge(one, one), held, dt, 1e-8, settled).xi
    return _shifted(front, settled, 0.0, front.grid.integrate(xi))


def skew_profile(front: Front, xi: FloatArray, velocity: float) -> FloatArray:
    """The front of the same lithium with the profile of one that moves faster by ``velocity``.

    To first order |w d(xi)/dy| = xi (1 - xi) [1 + a (1 - 2 xi)] with a = v/(4 w L_sigma W): with the distance
    psi = ln[xi/(1 - xi)] that is psi -> psi + a [ln xi(1 - xi) + b], b such that no lithium appears.

    Parameters
    ----------
    front
        The order-parameter equation.
    xi
        Order parameter, shape ``nodes``.
    velocity
        Change of the mean velocity of the front (m/s), positive where lithium grows.
    """
    p = front.p
    skew = velocity / (4.0 * p.interface_width * p.surface_mobility * p.barrier)
    skew = float(np.clip(skew, -LARGEST_SKEW, LARGEST_SKEW))
    return _shifted(front, xi, skew, front.grid.integrate(xi))


def bring_into_motion(
    equations: CoupledEquations, xi: FloatArray, before: float | None, overpotential: float | None, now: float = 0.0
) -> FloatArray:
    """The front with the profile that it has while it moves; in a single-ion conductor, with salt it is left as it is.

    Parameters
    ----------
    equations
        Equations of the growth.
    xi
        Order parameter, shape ``nodes``.
    before
        Current density (A/m^2) that it has moved under so far; None: a front of any profile, which is settled.
    overpotential
        Overpotential (V) held from now on; None: the current is.
    now
        Current density (A/m^2) held from now on.
    """
    if equations.numerics.front != "single-ion":
        return xi
    front, p, grid = equations.front, equations.parameters, equations.front.grid
    xi, before = (settle_profile(front, xi), 0.0) if before is None else (xi, before)
    area = float(np.prod(grid.size[:-1]))
    if overpotential is not None:
        held = p.model_copy(update={"overpotential": overpotential})
        now = planar_current(held, grid.size[-1] - grid.integrate(xi) / area)
    growth, length = (
        (now - before) * area / (p.charge_number * FARADAY * p.metal_site_density),
        front_length(grid, p, xi),
    )
    # without a front, or with one that is no more than its tails, nothing moves
    return skew_profile(front, xi, growth / length) if length > SHORTEST_PROFILE * area else xi


def _shifted(front: Front, xi: FloatArray, skew: float, lithium: float) -> FloatArray:
    """``xi`` skewed, and moved along its normals until its integral is ``lithium`` (m^2; m^3 in 3-D)."""
    in_front = front.is_open & (xi > TAIL) & (xi < 1.0 - TAIL)
    inside = xi[in_front]
    distance, bent = np.log(inside / (1.0 - inside)), skew * np.log(inside * (1.0 - inside))

    def moved(shift: float) -> FloatArray:
        new = xi.copy()
        new[in_front] = 1.0 / (1.0 + np.exp(-(distance + bent + shift)))
        return new

    def surplus(shift: float) -> float:
        return front.grid.integrate(moved(shift)) - lithium

    if not in_front.any() or surplus(-1.0) * surplus(1.0) >= 0.0:
        return xi  # no front, or one at the end of its space
    return moved(float(brentq(surplus, -1.0, 1.0, xtol=1e-14)))
