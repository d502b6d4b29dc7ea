"""Energy minimisation with ASE that survives the noise of single-precision forces."""

from collections.abc import Callable

import numpy as np
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS, BFGSLineSearch

from selflimit.units import EV_PER_ANGSTROM3_TO_GPA


def minimise(target: Atoms | FrechetCellFilter, is_done: Callable[[], bool], max_steps: int) -> tuple[bool, int]:
    """Relax ``target`` in place until ``is_done``.

    BFGS with line search took the fewest force evaluations of ASE's minimisers on layered chlorides; where its line
    search fails in the noise of single-precision forces, plain BFGS goes on.

    Parameters
    ----------
    target
        Atoms (positions relax) or a cell filter around them (cell and positions).
    is_done
        Asked after every step; may raise to give up.
    max_steps
        Steps of both minimisers together.

    Returns
    -------
    tuple
        Whether ``is_done`` was met, and the number of steps.
    """
    steps = 0
    for minimiser in (BFGSLineSearch, BFGS):
        run = minimiser(target, logfile=None)
        try:
            for _ in run.irun(fmax=0.0, steps=max_steps - steps):
                if is_done():
                    return True, steps + int(run.nsteps)
        except RuntimeError as failure:
            if "LineSearch" not in str(failure):
                raise
        steps += int(run.nsteps)
        if steps >= max_steps:
            break
    return False, steps


def residuals(atoms: Atoms) -> tuple[float, float]:
    """Largest force on an atom (eV/Angstrom) and largest component of the stress (GPa)."""
    stress = np.abs(atoms.get_stress()).max() * EV_PER_ANGSTROM3_TO_GPA
    return largest_force(atoms), float(stress)


def largest_force(atoms: Atoms) -> float:
    """Largest force on an atom (eV/Angstrom)."""
    return float(np.linalg.norm(atoms.get_forces(), axis=1).max())
