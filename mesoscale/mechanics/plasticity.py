"""Ideal plasticity: von Mises yield without hardening, one implicit step.

At the end of a step the deviator of the stress is s = 2 mu (e - ep) with the plastic strain ep of the end; where the
trial value with the plastic strain of the beginning would exceed the yield strength Y, it is returned radially (M. L.
Wilkins, Methods in Computational Physics 3, 211 (1964)). The return is a secant modulus, s = 2 mu_s (e - ep_begin) with
mu_s = mu Y/(von Mises of the trial stress), so a step is a sequence of elastic solves with mu_s of the solve before.
The step minimises a convex energy, each solve a quadratic that lies above it (Kachanov's method): the energy falls with
every solve.
"""

from dataclasses import dataclass, replace

import numpy as np

from selflimit.arrays import BoolArray, FloatArray
from selflimit.errors import ConvergenceError, InputError
from selflimit.isotropic import bulk_modulus, first_lame
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.mechanics.elasticity import (
    MechanicalState,
    all_components,
    cell_strain,
    elastic_stress,
    equilibrium,
)
from selflimit.mesoscale.mechanics.stress import components, deviator, von_mises

LITHIUM_YIELD_STRENGTH = (0.57e6, 0.89e6)
"""Range of the yield strength of bulk lithium at room temperature (Pa): C. Masias, N. Felten, R. Garcia-Mendez, J.
Wolfenstine and J. Sakamoto, J. Mater. Sci. 54, 2585 (2019), doi:10.1007/s10853-018-2971-3. Thin or small lithium is
several times stronger."""
SOFTEST_SHEAR = 1e-4
"""Least ratio mu_s/mu: beyond it a body flows without limit and the linear solves would fail."""


@dataclass(frozen=True)
class PlasticState:
    """Equilibrium at the end of a step.

    Attributes
    ----------
    mechanics
        Displacement and stress; its ``iterations`` count all linear solves of the step.
    plastic_strain
        Plastic strain per cell, free of volume change, shape ``shape + (4,)`` or ``shape + (6,)``.
    solves
        Elastic solves that the step took.
    """

    mechanics: MechanicalState
    plastic_strain: FloatArray
    solves: int


def no_plastic_strain(grid: Grid) -> FloatArray:
    """The plastic strain of a body that never yielded, shape ``shape + (4,)`` or ``shape + (6,)``."""
    return np.zeros((*grid.shape, components(grid.dimension)))


def take_plastic_step(
    grid: Grid,
    lam: FloatArray,
    mu: FloatArray,
    yield_strength: FloatArray,
    eigenstrain: FloatArray,
    plastic_strain: FloatArray,
    fixed: BoolArray,
    x0: FloatArray,
    tolerance: float = 1e-4,
    max_solves: int = 100,
    rtol: float = 1e-8,
    threads: int = 1,
) -> PlasticState:
    """Equilibrium of an elastic, ideally plastic body after a step of the load, in plane strain or three dimensions.

    Parameters
    ----------
    grid
        The grid.
    lam, mu
        Lame constants per cell (Pa), shape ``shape``.
    yield_strength
        Yield strength Y in tension per cell (Pa), shape ``shape``; ``numpy.inf`` for phases that stay elastic.
    eigenstrain
        Eigenstrain at the end of the step, as in ``elasticity.equilibrium``.
    plastic_strain
        Plastic strain at the beginning; ``no_plastic_strain`` for the first step.
    fixed, x0
        Fixed components and displacement (m) at the end of the step or first guess, shape ``nodes + (d,)``.
    tolerance
        Largest difference between the stress in equilibrium and the returned one, as a share of the yield strength.
    max_solves
        Most elastic solves.
    rtol, threads
        Of each linear solve.

    Returns
    -------
    State at the end of the step.

    Raises
    ------
    InputError
        If a shape is wrong or a yield strength is not positive.
    ConvergenceError
        If ``tolerance`` is missed, as when the load exceeds what the body can carry, or a linear solve fails.
    """
    _check(grid, yield_strength, plastic_strain)
    bulk, inelastic = bulk_modulus(lam, mu), all_components(grid, eigenstrain) + plastic_strain
    secant, u, iterations, miss = mu, x0, 0, np.inf
    for solve in range(1, max_solves + 1):
        # flow keeps the volume: only the shear modulus is a secant one, the bulk modulus stays
        state = equilibrium(grid, first_lame(bulk, secant), secant, inelastic, fixed, u, rtol, threads=threads)
        u, iterations = state.displacement, iterations + state.iterations
        strain = cell_strain(grid, u) - inelastic
        trial = von_mises(elastic_stress(lam, mu, strain))
        returned = np.minimum(trial, yield_strength)
        miss = float(np.max(np.abs(von_mises(state.stress) - returned) / yield_strength))
        if miss <= tolerance:
            flow = (1.0 - secant / mu)[..., None] * deviator(strain)
            return PlasticState(replace(state, iterations=iterations), plastic_strain + flow, solve)
        # a cell without stress stays elastic
        secant = mu * np.maximum(np.divide(returned, trial, out=np.ones(grid.shape), where=trial > 0.0), SOFTEST_SHEAR)
    raise ConvergenceError(
        f"plasticity: stress and yield strength still differ by {miss:.1e} of the latter after {max_solves} solves, "
        f"expected {tolerance:.1e}; take a smaller step, or check that the body can carry the load"
    )


def _check(grid: Grid, yield_strength: FloatArray, plastic_strain: FloatArray) -> None:
    if np.shape(yield_strength) != grid.shape:
        raise InputError(f"yield_strength must have shape {grid.shape} on this grid, got {np.shape(yield_strength)}")
    if not np.all(np.asarray(yield_strength) > 0.0):
        raise InputError(f"yield_strength must be positive, got {np.min(yield_strength)} Pa; give it in Pa")
    if np.shape(plastic_strain) != (expected := (*grid.shape, components(grid.dimension))):
        raise InputError(f"plastic_strain must have shape {expected} on this grid, got {np.shape(plastic_strain)}")
