"""What a run must have reached for its energy and volume to count."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from selflimit.errors import ConvergenceError

KBAR = 0.1
"""GPa per kbar, the unit of VASP's stresses."""
ROUNDED_ENERGY = 1e-3
"""Energies (eV, or eV/atom) that differ by less are one, rounded differently."""
LOOSE_K_POINTS = 0.55
"""K-points further apart than this (1/Angstrom, 2 pi included) are not converged: VASP's own default, which is its
coarsest, is 0.5 (VASP wiki, KSPACING); the margin is for meshes rounded by hand."""


@dataclass(frozen=True)
class Residuals:
    """Residuals up to which a crystal counts as relaxed.

    Attributes
    ----------
    max_force
        Largest force on an atom (eV/Angstrom).
    max_stress
        Largest component of the stress (GPa); the volume is that at zero pressure.
    """

    max_force: float = 0.1
    max_stress: float = 1.0


def find_largest(forces: Sequence[Sequence[float]], stress: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Find the largest force and stress component of a run.

    Parameters
    ----------
    forces
        Forces (eV/Angstrom), shape (N, 3).
    stress
        Stress as VASP writes it (kbar), shape (3, 3).

    Returns
    -------
    tuple of float
        In eV/Angstrom and GPa.
    """
    force = float(np.linalg.norm(np.asarray(forces, dtype=float), axis=1).max())
    return force, float(np.abs(np.asarray(stress, dtype=float)).max()) * KBAR


def require_relaxed(name: str, force: float, stress: float, tolerances: Residuals) -> None:
    """Refuse a crystal that is not relaxed.

    Parameters
    ----------
    name
        What messages call it.
    force, stress
        What is left (eV/Angstrom, GPa).
    tolerances
        What is accepted.

    Raises
    ------
    ConvergenceError
        More is left than accepted; the message says how much.
    """
    if force > tolerances.max_force or stress > tolerances.max_stress:
        raise ConvergenceError(
            f"{name} is not relaxed: it ends with a force of {force:.3g} eV/Angstrom (accepted "
            f"{tolerances.max_force:g}) and a stress of {stress:.3g} GPa (accepted {tolerances.max_stress:g}); relax "
            "cell and atoms further, or accept more with --max-force and --max-stress"
        )


def widest_k_spacing(structure: Structure, mesh: Sequence[float]) -> float:
    """Widest distance between neighbouring k-points of a mesh (1/Angstrom, 2 pi included).

    >>> from pymatgen.core import Lattice
    >>> round(widest_k_spacing(Structure(Lattice.cubic(4.0), ["Li"], [[0, 0, 0]]), (8, 8, 4)), 3)
    0.393
    """
    lengths = structure.lattice.reciprocal_lattice.abc
    return max(length / count for length, count in zip(lengths, mesh, strict=True))


def require_dense_k_points(name: str, spacing: float | None) -> None:
    """Refuse k-points (distance in 1/Angstrom; None: not known) too far apart for any crystal.

    Raises
    ------
    ConvergenceError
        They are.
    """
    if spacing is not None and spacing > LOOSE_K_POINTS:
        raise ConvergenceError(
            f"{name} has k-points {spacing:.2f} 1/Angstrom apart, expected {LOOSE_K_POINTS:g} at most (VASP's coarsest "
            "default is 0.5): its energy and volume are not converged; run it with a denser mesh"
        )
