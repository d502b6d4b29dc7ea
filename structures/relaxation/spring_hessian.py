"""A crystal as a network of springs between near atoms: the Hessian with which a minimisation starts.

Every pair of atoms within ``REACH`` is a spring of stiffness ``exp(-DECAY (r / r0 - 1))``, ``r0`` the sum of the
covalent radii, times ``TRANSVERSE`` across the bond. Exponential springs as initial Hessian: Lindh et al. 1995
(doi:10.1016/0009-2614(95)00646-L) for molecules, Packwood et al. 2016 (doi:10.1063/1.4947024) for crystals; here they
couple positions and strain, because layers slide and cells shear with the atoms.
"""

import numpy as np
from ase import Atoms
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list

from selflimit.arrays import FloatArray, IntArray

DECAY = 3.0
"""Decay of the stiffness with the relative bond length: the default of Packwood et al."""

TRANSVERSE = 0.1
"""Stiffness across a bond over the one along it."""

REACH = 6.0
"""Longest spring (Angstrom): beyond it the stiffness is below 2 % of a bond's."""

GROUND = 0.3
"""Stiffness of every coordinate against the ground (eV/Angstrom^2): keeps first steps along soft directions short. With
0.02 the layers of ZrCl2 are thrown apart into another minimum (CHGNet r2scan: 36 % more volume); 0.3 leads each of
eleven phases of Li-Zr-Cl into the basin that FIRE finds."""

SPAN = 15
"""Coordinates that a spring depends on: three of each atom and nine of the cell."""


def spring_hessian(atoms: Atoms, cell_factor: float) -> FloatArray:
    """Second derivatives of the springs' energy at unit stiffness.

    Parameters
    ----------
    atoms
        Crystal (Angstrom), periodic.
    cell_factor
        What the logarithm of the deformation is multiplied by to become nine coordinates, as in ASE's
        ``FrechetCellFilter.exp_cell_factor``.

    Returns
    -------
    ndarray
        Shape (3 n + 9, 3 n + 9): positions, then the deformation; per eV/Angstrom^2 of a bond at its ``r0``.
    """
    n = len(atoms)
    first, second, bonds, lengths = neighbor_list("ijDd", atoms, REACH)
    blocks = _spring_blocks(atoms, cell_factor, first, second, bonds, lengths)
    cell = np.broadcast_to(np.arange(3 * n, 3 * n + 9), (len(first), 9))
    axes = np.arange(3)
    coordinates = np.hstack([3 * first[:, None] + axes, 3 * second[:, None] + axes, cell])
    hessian = np.zeros((3 * n + 9, 3 * n + 9))
    np.add.at(hessian, (coordinates[:, :, None], coordinates[:, None, :]), blocks)
    return hessian


def _spring_blocks(
    atoms: Atoms,
    cell_factor: float,
    first: IntArray,
    second: IntArray,
    bonds: FloatArray,
    lengths: FloatArray,
) -> FloatArray:
    """Hessian of each spring in its own coordinates, shape (springs, 15, 15); every bond is met twice, hence 1/2."""
    radii = covalent_radii[atoms.numbers]
    stiffness = 0.5 * np.exp(-DECAY * (lengths / (radii[first] + radii[second]) - 1.0))
    units = bonds / lengths[:, None]
    along = units[:, :, None] * units[:, None, :]
    root = along + np.sqrt(TRANSVERSE) * (np.eye(3) - along)  # of the tensor along + TRANSVERSE * across
    stretch = np.zeros((len(first), 3, SPAN))
    for axis in range(3):  # difference of the displacements, and deformation times bond
        stretch[:, axis, axis], stretch[:, axis, 3 + axis] = -1.0, 1.0
        stretch[:, axis, 6 + 3 * axis : 9 + 3 * axis] = bonds / cell_factor
    strain = np.sqrt(stiffness)[:, None, None] * (root @ stretch)
    blocks: FloatArray = strain.transpose(0, 2, 1) @ strain
    return blocks
