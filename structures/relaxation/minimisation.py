"""Energy minimisation with ASE from a spring network's Hessian, whose stiffness one force evaluation measures."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS

from selflimit.arrays import FloatArray
from selflimit.structures.relaxation.spring_hessian import GROUND, spring_hessian
from selflimit.units import EV_PER_ANGSTROM3_TO_GPA

SOFTEST_BOND = 0.05
"""Least stiffness (eV/Angstrom^2) that a bond at the sum of its covalent radii is given; bcc lithium has 0.14, ZrCl4
1.5 (CHGNet r2scan)."""

STRAIN_PER_DISPLACEMENT = 0.5
"""Standard deviation of the initial strain over that of the displacement (1/Angstrom)."""

SEED = 20
"""Seed of the initial displacement: minimisations are reproducible."""


def minimise(
    target: Atoms | FrechetCellFilter, is_done: Callable[[], bool], max_steps: int, displacement: float
) -> tuple[bool, int]:
    """Relax ``target`` in place until ``is_done``.

    A random displacement comes first: a crystal that starts on a symmetric saddle point feels no force that would take
    it off. The change of the forces along it gives the stiffness of the springs whose Hessian BFGS starts with. On
    orderings of Li2ZrCl6 (36 atoms, CHGNet) that takes 18 to 26 force evaluations; BFGS from a multiple of the unit
    matrix took 131 to 137, with a line search 91 to 132, FIRE (which was not displaced) 76 to 120.

    Parameters
    ----------
    target
        Atoms (positions relax) or a cell filter around them (cell and positions).
    is_done
        Asked after every step; may raise to give up.
    max_steps
        Optimiser steps after which it is given up.
    displacement
        Standard deviation of the initial displacement's components (Angstrom).

    Returns
    -------
    tuple
        Whether ``is_done`` was met, and the number of steps.
    """
    run = BFGS(target, logfile=None)
    with warnings.catch_warnings():
        # the cell filter's matrix logarithm warns of errors of 1e-13
        warnings.filterwarnings("ignore", message="logm result may be inaccurate", category=RuntimeWarning)
        run.H0 = _initial_hessian(target, displacement)
        # ASE knows one tolerance for forces and stress together; fmax of 0 leaves the end to is_done
        for _ in run.irun(fmax=0.0, steps=max_steps):
            if is_done():
                return True, int(run.nsteps)
    return False, int(run.nsteps)


def _initial_hessian(target: Atoms | FrechetCellFilter, displacement: float) -> FloatArray:
    """Displace ``target`` and return the springs' Hessian at the stiffness that this shows."""
    atoms, cell_factor = (target, 1.0) if isinstance(target, Atoms) else (target.atoms, target.exp_cell_factor)
    random = np.random.default_rng(SEED)
    step = random.normal(scale=displacement, size=(len(atoms), 3))
    if not isinstance(target, Atoms):
        strain = random.normal(scale=STRAIN_PER_DISPLACEMENT * displacement, size=(3, 3))
        step = np.vstack([step, 0.5 * (strain + strain.T) * cell_factor])
    hessian = spring_hessian(atoms, cell_factor)[: step.size, : step.size]
    before = _forces(target)
    target.set_positions(target.get_positions() + step)
    along = step.ravel()
    measured, modelled = along @ (before - _forces(target)), along @ hessian @ along
    # a lone atom at fixed cell stretches no spring; NaN forces are not above the softest either
    stiffness = measured / modelled if measured > SOFTEST_BOND * modelled > 0 else SOFTEST_BOND
    return stiffness * hessian + GROUND * np.eye(len(hessian))


def _forces(target: Any) -> FloatArray:
    forces: FloatArray = target.get_forces().ravel().copy()
    return forces


def residuals(atoms: Atoms) -> tuple[float, float]:
    """Largest force on an atom (eV/Angstrom) and largest component of the stress (GPa)."""
    stress = np.abs(atoms.get_stress()).max() * EV_PER_ANGSTROM3_TO_GPA
    return largest_force(atoms), float(stress)


def largest_force(atoms: Atoms) -> float:
    """Largest force on an atom (eV/Angstrom)."""
    return float(np.linalg.norm(atoms.get_forces(), axis=1).max())
