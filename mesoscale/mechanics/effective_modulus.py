"""The modulus with which its surroundings, and its own compliance, resist the swelling of a reaction zone.

A zone Z that wants to expand by the volumetric strain e (the eigenstrain e/3 along each axis, also along z in plane
strain) comes under the mean compression p. Its effective modulus is p per e,

    K_eff = -<P>_Z / e,   1/K_eff = 1/K_zone + 1/K_surroundings,

with K_zone what the same zone shows between rigid walls (u = 0 everywhere). For a uniform zone K_zone is its bulk
modulus, and K_surroundings is p over the volumetric strain that the zone really undergoes: p = K_zone (e - theta) holds
for the means over any shape. K_eff is the series modulus of the constrained phase diagram.

The elastic energy of the whole body is K_eff e^2/2 per volume of the zone. It is the minimum over the displacements of
a form that is positive and rises with the stiffness of every cell, so K_eff > 0, K_eff <= K_zone, and stiffening any
cell never lowers it; in the Q1 space as well, which approaches K_eff from above.

Plane strain forbids expansion along z, and that alone resists: a free bar has K_eff = E/9, which is K_surroundings =
mu/3 of the zone's own shear modulus. In generalised plane strain the bar expands freely along z.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from selflimit.arrays import BoolArray, FloatArray
from selflimit.errors import InputError
from selflimit.isotropic import bulk_modulus
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.mechanics.elasticity import (
    MechanicalState,
    equilibrium,
    generalised_plane_strain,
    roller_box,
)
from selflimit.mesoscale.mechanics.plasticity import no_plastic_strain, take_plastic_step
from selflimit.mesoscale.mechanics.static_stress import InterfacePhases
from selflimit.mesoscale.parameters import InterfaceParameters

Walls = Callable[[Grid], BoolArray]
"""Fixed displacement components of a grid, shape ``nodes + (d,)``; ``roller_box`` is the usual one."""

RIGID = 1e-6
"""Surroundings count as rigid if K_eff is within this share of K_zone: what the solver's residual can tell."""

YIELD_TOLERANCE = 1e-3
"""Share of the yield strength by which a stress may exceed it: a modulus read off a mean stress is not finer than that,
and the last cells that begin to flow take hundreds of solves for the next digit."""


@dataclass(frozen=True)
class EffectiveModulus:
    """How a zone and its surroundings resist the zone's swelling, moduli in Pa.

    Attributes
    ----------
    k_eff
        Mean compression of the zone per volumetric eigenstrain: zone and surroundings in series.
    zone
        The same between rigid walls.
    """

    k_eff: float
    zone: float

    @property
    def surroundings(self) -> float:
        """Modulus of the surroundings alone (Pa), 1/(1/K_eff - 1/K_zone); 0 if there are none, infinite if rigid.

        >>> EffectiveModulus(k_eff=10e9, zone=20e9).surroundings
        20000000000.0
        """
        if self.k_eff <= RIGID * self.zone:
            return 0.0
        compliance = 1.0 / self.k_eff - 1.0 / self.zone
        return 1.0 / compliance if compliance > RIGID / self.zone else math.inf


def effective_modulus(
    grid: Grid,
    lam: FloatArray,
    mu: FloatArray,
    zone: FloatArray,
    fixed: Walls = roller_box,
    free_along_z: bool = False,
    rtol: float = 1e-8,
    max_iterations: int = 200,
) -> EffectiveModulus:
    """Effective modulus of a zone in elastic surroundings.

    Parameters
    ----------
    grid
        The grid, of two (plane strain) or three dimensions.
    lam, mu
        Lame constants per cell (Pa), shape ``grid.shape``, the zone's included.
    zone
        Volume fraction of the zone per cell, 0 to 1, shape ``grid.shape``; it weighs eigenstrain and mean.
    fixed
        Which displacement components the walls hold at zero.
    free_along_z
        Generalised plane strain: no force along z. Two dimensions only.
    rtol, max_iterations
        Of each linear solve.

    Raises
    ------
    InputError
        If there is no zone, a fraction is outside [0, 1], a shape is wrong or a rigid motion is left free.
    ConvergenceError
        If a linear solve misses ``rtol``.
    """
    _check_zone(grid, zone)
    solve = generalised_plane_strain if free_along_z else equilibrium
    start = np.zeros((*grid.nodes, grid.dimension))
    swelling = np.repeat(zone[..., None] / 3.0, 3, axis=-1)
    state = solve(grid, lam, mu, swelling, fixed(grid), start, rtol, max_iterations)
    return EffectiveModulus(mean_compression(zone, state), between_rigid_walls(lam, mu, zone))


def mean_compression(zone: FloatArray, state: MechanicalState) -> float:
    """-<P> over the zone (Pa), weighted with its volume fraction."""
    return float(-(zone * state.pressure).sum() / zone.sum())


def between_rigid_walls(lam: FloatArray, mu: FloatArray, zone: FloatArray) -> float:
    """K_zone (Pa): P = -K z e where nothing moves, averaged with the weight z; the bulk modulus of a uniform zone.

    Parameters
    ----------
    lam, mu
        Lame constants per cell (Pa).
    zone
        Volume fraction z of the zone per cell.
    """
    return float((zone**2 * bulk_modulus(lam, mu)).sum() / zone.sum())


def modulus_at_tip(phases: InterfacePhases, grid: Grid, p: InterfaceParameters) -> EffectiveModulus:
    """Effective modulus of the reaction zone among the phases of an interface, between roller sides and fixed ends.

    Parameters
    ----------
    phases
        The phases, e.g. ``InterfacePhases.at_tip(structure, depth, contact)``.
    grid
        Their grid.
    p
        Parameters, for the moduli of all phases.

    Raises
    ------
    InputError
        If there is no reaction zone.
    ConvergenceError
        If the linear solve misses its tolerance.
    """
    return effective_modulus(grid, *phases.moduli(p), phases.zone)


def yielding_modulus(
    phases: InterfacePhases,
    grid: Grid,
    p: InterfaceParameters,
    yield_strength: float,
    eigenstrain: float,
    steps: int = 4,
) -> float:
    """Secant modulus (Pa) of the reaction zone when the lithium around it flows, at a given swelling.

    Parameters
    ----------
    phases, grid, p
        As in :func:`modulus_at_tip`.
    yield_strength
        Yield strength of lithium (Pa), ``plasticity.LITHIUM_YIELD_STRENGTH``; cells yield with their share of lithium
        above one half.
    eigenstrain
        Linear eigenstrain of the zone at the end, e.g. ``p.zone_eigenstrain``.
    steps
        Equal steps of the load.

    Returns
    -------
    Mean compression of the zone over three times ``eigenstrain``. The stress of the lithium's own deposition is not
    counted: it would make the lithium yield earlier.

    Raises
    ------
    InputError
        If the eigenstrain or the yield strength is not positive, or there is no zone.
    ConvergenceError
        If a step of the load cannot be carried.
    """
    if not (eigenstrain > 0.0 and steps >= 1):
        raise InputError(f"expected a positive eigenstrain in at least one step, got {eigenstrain} in {steps} steps")
    _check_zone(grid, phases.zone)
    lam, mu = phases.moduli(p)
    strength = np.where(phases.lithium > 0.5, yield_strength, np.inf)
    flowed, u = no_plastic_strain(grid), np.zeros((*grid.nodes, grid.dimension))
    # plastic flow depends on the path of the load, not on its end alone
    for share in np.arange(1, steps + 1) / steps:
        swelling = share * eigenstrain * phases.unit_zone_strain()
        state = take_plastic_step(grid, lam, mu, strength, swelling, flowed, roller_box(grid), u, YIELD_TOLERANCE)
        flowed, u = state.plastic_strain, state.mechanics.displacement
    return mean_compression(phases.zone, state.mechanics) / (3.0 * eigenstrain)


def _check_zone(grid: Grid, zone: FloatArray) -> None:
    if np.shape(zone) != grid.shape:
        raise InputError(f"zone must have shape {grid.shape} on this grid, got {np.shape(zone)}")
    if not (np.all((zone >= 0.0) & (zone <= 1.0)) and zone.sum() > 0.0):
        raise InputError(
            f"expected volume fractions of a zone between 0 and 1, somewhere positive, got {np.min(zone)} to "
            f"{np.max(zone)}"
        )
