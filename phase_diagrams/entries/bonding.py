"""How far strong bonds reach in a crystal: what a method gets wrong in its volume depends on that.

Atoms are bonded within the sum of their covalent radii (Cordero et al., Dalton Trans. 2832 (2008),
doi:10.1039/b801115j) and ``BOND_SLACK``. A bonded cluster whose images in the 2 x 2 x 2 supercell fall into 8, 4, 2 or
1 pieces reaches in 0, 1, 2 or 3 dimensions (Cheon et al., Nano Lett. 17, 1915 (2017),
doi:10.1021/acs.nanolett.6b05229). Among metal atoms the neighbours reach in three dimensions, whatever their radii.
"""

import numpy as np
from pymatgen.core import Element, Structure
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from selflimit.documents import Bonding

BOND_SLACK = 0.6
"""What a bond may be longer than the sum of the covalent radii (Angstrom). Cheon et al. take 0.45, with which lithium
in a wide octahedron of chlorine (2.8 Angstrom) counts as free; gaps between layers are wider by 0.7 at least."""
OF_PIECES: dict[int, Bonding] = {1: "dense", 2: "layered", 4: "molecular", 8: "molecular"}
"""Pieces of a cluster's eight images -> class; the class of a crystal is that of its most connected cluster."""


def bonding_of(structure: Structure) -> Bonding:
    """Find whether a crystal (Angstrom) is dense, layered, or of molecules or chains.

    >>> from selflimit.phase_diagrams import bundled_structure
    >>> [bonding_of(bundled_structure(label)) for label in ("LiCl mp-22905", "ZrCl2 mp-23162", "ZrCl4 mp-569175")]
    ['dense', 'layered', 'molecular']
    """
    if all(element.is_metal for element in structure.composition.elements if isinstance(element, Element)):
        return "dense"
    radii = np.array([_radius(site.specie.symbol) for site in structure])
    first, second, image, distance = structure.get_neighbor_list(2.0 * float(radii.max()) + BOND_SLACK)
    bonded = distance <= radii[first] + radii[second] + BOND_SLACK
    pieces = _pieces(len(structure), first[bonded], second[bonded], image[bonded].astype(int))
    return OF_PIECES[min(pieces)]


def _pieces(atoms: int, first: np.ndarray, second: np.ndarray, image: np.ndarray) -> list[int]:
    """Into how many pieces the eight images of each bonded cluster fall.

    Parameters
    ----------
    atoms
        Atoms in the cell.
    first, second, image
        Bonds: indices of the atoms, and the cell of the second one, shapes (bonds,), (bonds,), (bonds, 3).
    """
    cells = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    number = cells @ (4, 2, 1)
    there = ((cells[:, None, :] + image[None]) % 2) @ (4, 2, 1)
    rows = (number[:, None] * atoms + first[None]).ravel()
    columns = (there * atoms + second[None]).ravel()
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(8 * atoms, 8 * atoms))
    _, label = connected_components(links, directed=False)
    _, cluster = connected_components(
        coo_array((np.ones(len(first)), (first, second)), shape=(atoms, atoms)), directed=False
    )
    by_image = label.reshape(8, atoms)
    return [len(np.unique(by_image[:, cluster == one])) for one in np.unique(cluster)]


def _radius(symbol: str) -> float:
    """Covalent radius (Angstrom)."""
    from ase.data import atomic_numbers, covalent_radii

    return float(covalent_radii[atomic_numbers[symbol]])
