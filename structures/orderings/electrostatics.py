"""Electrostatic energies of orderings: formal charges on fixed positions.

The energy of point charges q is ``q^T A q`` with a matrix A that depends on the positions only (P. P. Ewald, Ann. Phys.
369, 253 (1921), doi:10.1002/andp.19213690304), so all orderings of a cell share one Ewald sum. Formal charges rank by
Coulomb energy alone: a filter that decides which orderings are worth a relaxation.
"""

import numpy as np
from pymatgen.core import Lattice, Structure
from scipy.constants import elementary_charge, epsilon_0
from scipy.special import erfc

from selflimit.arrays import FloatArray
from selflimit.errors import RemediableError
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.populations import VACANCY
from selflimit.structures.parents.occupancies import occupancies
from selflimit.structures.search.pair_energies import PairEnergy

COULOMB = elementary_charge / (4 * np.pi * epsilon_0) * 1e10
"""e^2/(4 pi eps0) in eV Angstrom (CODATA, as in scipy.constants)."""

EWALD_ACCURACY = 1e-11
"""Relative size of the terms at which both sums are cut: far below the 1e-5 eV that orderings are told apart by."""


def electrostatic_energy(cell: DisorderedCell) -> PairEnergy:
    """Coulomb energy of the formal charges of the cell's parent: a filter before relaxations, not a ranking.

    Raises
    ------
    RemediableError
        No charges, or a charged cell.
    """
    charges = cell.parent.charges
    _check_neutral(cell)
    matrix = ewald_matrix(cell.structure)
    ordered = np.array([charges[next(iter(occupancies(site)))] for site in cell.structure])
    ordered[cell.active] = 0.0
    on_site = np.zeros((len(cell.active), max((len(pool.species) for pool in cell.pools), default=1)))
    for pool in cell.pools:
        on_site[pool.begin : pool.end, : len(pool.species)] = [
            0.0 if name == VACANCY else charges[name] for name in pool.species
        ]
    among = matrix[np.ix_(cell.active, cell.active)]
    field = 2.0 * matrix[cell.active] @ ordered
    return PairEnergy(
        constant=float(ordered @ matrix @ ordered),
        site=field[:, None] * on_site + np.diag(among)[:, None] * on_site**2,
        pair=2.0 * among[:, None, :, None] * on_site[:, :, None, None] * on_site[None, None, :, :],
        units=cell.composition.element_composition.get_reduced_composition_and_factor()[1],
    )


def ewald_matrix(structure: Structure) -> FloatArray:
    """Matrix A (eV/e^2), shape (n_sites, n_sites), with ``E = q^T A q`` for every neutral set of charges q (e).

    >>> salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(2.0), ["Na", "Cl"], [[0, 0, 0], [0.5, 0, 0]])
    >>> charges = np.array([1.0] * 4 + [-1.0] * 4)
    >>> print(f"{charges @ ewald_matrix(salt) @ charges / COULOMB / 4:.6f}")  # minus the Madelung constant of rock salt
    -1.747565

    Self-interaction is on the diagonal; the term of the neutralising background is left out, so A holds for neutral
    charges only. With the splitting parameter a the sum over pairs is erfc(a r)/r in real and exp(-G^2/4a^2)/G^2 in
    reciprocal space; a balances the two (J. W. Perram, H. G. Petersen and S. W. de Leeuw, Mol. Phys. 65, 875 (1988),
    doi:10.1080/00268978800101471).
    """
    n_sites, volume = len(structure), structure.volume
    split = np.sqrt(np.pi) * (n_sites / volume**2) ** (1 / 6)
    reach = np.sqrt(-np.log(EWALD_ACCURACY))
    matrix = np.zeros((n_sites, n_sites))
    first, second, _, distances = structure.get_neighbor_list(reach / split)
    np.add.at(matrix, (first, second), erfc(split * distances) / distances)
    waves = _half_of_reciprocal_lattice(structure.lattice.reciprocal_lattice, 2 * split * reach)
    squares = (waves**2).sum(axis=1)
    weights = np.sqrt(8 * np.pi / volume * np.exp(-squares / (4 * split**2)) / squares)
    phases = structure.cart_coords @ waves.T
    cosines, sines = weights * np.cos(phases), weights * np.sin(phases)
    matrix += cosines @ cosines.T + sines @ sines.T - 2 * split / np.sqrt(np.pi) * np.eye(n_sites)
    half: FloatArray = 0.5 * COULOMB * matrix
    return half


def _half_of_reciprocal_lattice(lattice: Lattice, longest: float) -> FloatArray:
    """One of each pair of opposite lattice vectors up to ``longest``, without zero, shape (n, 3)."""
    largest = np.floor(longest / (2 * np.pi) * np.array(lattice.reciprocal_lattice.abc)).astype(int)
    indices = np.indices((2 * largest + 1).tolist()).reshape(3, -1).T - largest
    waves = indices[len(indices) // 2 + 1 :] @ lattice.matrix  # the first half is minus the second, zero in the middle
    within: FloatArray = waves[(waves**2).sum(axis=1) <= longest**2]
    return within


def _check_neutral(cell: DisorderedCell) -> None:
    if not cell.parent.charges:
        why = next((note for note in cell.parent.notes if "charges" in note), "no formal charges")
        raise RemediableError(
            f"{cell.parent.name}: electrostatic energies need formal charges ({why}; --charge Li=1 ..., or --nearest, "
            "which makes the populations neutral)",
            ("--nearest",),
        )
    total = sum(cell.parent.charges[str(species)] * amount for species, amount in cell.composition.items())
    if abs(total) > 1e-6:
        raise RemediableError(
            f"{cell.parent.name}, {cell.name} cell: expected a neutral cell, got {total:+.4g} e for "
            f"{cell.composition.element_composition.reduced_formula}; write the occupancies with more digits, give "
            "charges, or take the nearest neutral populations (--nearest, max_deviation=...)",
            ("--nearest",),
        )
