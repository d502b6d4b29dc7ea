"""Symmetry of a disordered crystal, found once, on its primitive cell.

The symmetry is that of the whole crystal, ordered sites included: two sites are alike if their occupancies are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import spglib
from pymatgen.core import Lattice, Structure

from selflimit.arrays import FloatArray, IntArray
from selflimit.errors import InputError
from selflimit.structures.parents.superlattices import generators

SpglibCell = tuple[FloatArray, FloatArray, list[int]]
"""Lattice vectors, fractional coordinates and types of the sites."""
LOOSER = (0.003, 0.01, 0.03, 0.1)
"""Tolerances (Angstrom) that are tried when the symmetry that a file states is not found."""


@dataclass(frozen=True, eq=False)
class PrimitiveCell:
    """Primitive cell of a disordered crystal with its space group.

    Attributes
    ----------
    lattice
        Primitive lattice, in the frame of the crystal it was found in (Angstrom).
    positions
        Fractional coordinates, shape (n_sites, 3).
    origin
        Index of each site in the crystal it was found in, shape (n_sites,).
    rotations
        Point parts of the operations, the identity first, acting on row vectors from the right, shape
        (n_operations, 3, 3).
    image, shift
        Operation o takes site s to site ``image[o, s]`` of the cell ``shift[o, s]``, shapes (n_operations, n_sites) and
        (n_operations, n_sites, 3).
    """

    lattice: Lattice
    positions: FloatArray
    origin: IntArray
    rotations: IntArray
    image: IntArray
    shift: IntArray

    @cached_property
    def generators(self) -> IntArray:
        """Rotations without inversion that move lattices as the whole point group does, shape (n_generators, 3, 3)."""
        proper = self.rotations * np.round(np.linalg.det(self.rotations)).astype(np.int64)[:, None, None]
        by_order = np.argsort(
            -np.trace(proper, axis1=1, axis2=2), kind="stable"
        )  # 6-fold axes first: fewest generators
        return generators(proper[by_order])


def find_primitive_cell(structure: Structure, symprec: float, marks: Sequence[int]) -> PrimitiveCell:
    """Primitive cell and operations of ``structure`` within ``symprec`` (Angstrom).

    Parameters
    ----------
    marks
        Pool of each site: translations count as primitive only if they keep the pools, so every pool has sites in the
        cell; operations that exchange pools are found all the same.

    Raises
    ------
    InputError
        No consistent symmetry at this tolerance; the message says which tolerance has one.
    """
    lattice_vectors, coordinates, kinds = spglib_cell(structure)
    marked = {pair: number for number, pair in enumerate(dict.fromkeys(zip(kinds, marks, strict=True)))}
    types = [marked[pair] for pair in zip(kinds, marks, strict=True)]
    dataset = find_symmetry((lattice_vectors, coordinates, types), symprec)
    if dataset is None:
        raise InputError(f"found no symmetry at symprec {symprec:g} A; check for overlapping sites, or change symprec")
    lattice = Lattice(dataset.primitive_lattice)
    _, origin = np.unique(dataset.mapping_to_primitive, return_index=True)
    positions = lattice.get_fractional_coords(structure.cart_coords[origin]) % 1.0
    symmetry = find_symmetry((lattice.matrix, positions, [kinds[i] for i in origin]), symprec)
    if symmetry is None:
        raise InputError(f"the primitive cell has no symmetry at symprec {symprec:g} A; choose a smaller symprec")
    moved = np.einsum("oij,sj->osi", symmetry.rotations, positions) + symmetry.translations[:, None, :]
    image = _nearest(moved, positions, lattice, symprec)
    shift = np.round(moved - positions[image]).astype(np.int64)
    rotations = np.swapaxes(symmetry.rotations, 1, 2).astype(np.int64)
    return PrimitiveCell(lattice, positions, origin, rotations, image, shift)


def _nearest(moved: FloatArray, positions: FloatArray, lattice: Lattice, symprec: float) -> IntArray:
    """Site that each moved site falls on, shape (n_operations, n_sites)."""
    image: IntArray = np.empty(moved.shape[:2], dtype=np.int64)
    for sites, nearest in zip(moved, image, strict=True):  # one operation at a time: the memory stays small
        apart = sites[:, None] - positions
        nearest[:] = (((apart - np.round(apart)) @ lattice.matrix) ** 2).sum(axis=-1).argmin(axis=1)
    apart = moved - positions[image]
    distance = np.linalg.norm((apart - np.round(apart)) @ lattice.matrix, axis=-1)
    is_permutation = (np.sort(image, axis=1) == np.arange(len(positions))).all()
    if not is_permutation or distance.max(initial=0.0) > 10 * symprec:
        raise InputError(
            f"the symmetry found at symprec {symprec:g} A does not map the sites onto each other: sites lie too close; "
            "choose a smaller symprec"
        )
    return image


def spglib_cell(structure: Structure) -> SpglibCell:
    """Cell for spglib; sites of equal occupancies share a type.

    Raises
    ------
    InputError
        A lattice parameter or a coordinate is no finite number, on which spglib does not return.
    """
    if not (np.isfinite(structure.lattice.matrix).all() and np.isfinite(structure.frac_coords).all()):
        raise InputError(
            f"expected finite lattice parameters and coordinates, got a lattice of {structure.lattice.parameters}; "
            "correct the crystal's file"
        )
    # rounded: occupancies of one kind of site, read from a file, may differ in their last digit
    keys = [
        tuple(sorted((str(species), round(float(amount), 6)) for species, amount in site.species.items()))
        for site in structure
    ]
    types = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array(structure.lattice.matrix), np.array(structure.frac_coords), [types[key] for key in keys]


def find_symmetry(cell: SpglibCell, symprec: float) -> Any:
    """What spglib says of a cell's symmetry, None if it finds none.

    Whether it then returns None or raises is one setting for the whole process, and other libraries change it.
    """
    try:
        return spglib.get_symmetry_dataset(cell, symprec=symprec)
    except getattr(spglib, "SpglibError", ()):  # from 2.7 on
        return None


def space_group(structure: Structure, symprec: float) -> tuple[int, str]:
    """Number and symbol of the space group within ``symprec`` (Angstrom); (1, 'P1') if there is none.

    >>> from selflimit.structures import parent_cell
    >>> space_group(parent_cell("LZC-trigonal").structure, symprec=0.01)
    (164, 'P-3m1')
    """
    dataset = find_symmetry(spglib_cell(structure), symprec)
    return (1, "P1") if dataset is None else (dataset.number, dataset.international)


def orbits(structure: Structure, symprec: float) -> IntArray:
    """Orbit of each site, named by its first member, shape (n_sites,)."""
    dataset = find_symmetry(spglib_cell(structure), symprec)
    return np.arange(len(structure)) if dataset is None else np.array(dataset.crystallographic_orbits, dtype=np.int64)


def check_space_group(structure: Structure, stated: int, symprec: float, name: str) -> None:
    """Refuse a crystal whose stated space group is lost at ``symprec``.

    Parameters
    ----------
    structure
        The crystal.
    stated
        Number of the space group that its file states.
    symprec
        Distance within which symmetry is found (Angstrom).
    name
        Of the file, for the message.

    Raises
    ------
    InputError
        Fewer operations are found than the stated group has; the message names a tolerance that keeps them.
    """
    found = _operations(structure, symprec)
    expected = _order_of(stated)
    if found >= expected:
        return
    # a looser tolerance only is tried: a tighter one never finds more operations
    keeping = [looser for looser in LOOSER if looser > symprec and _operations(structure, looser) >= expected]
    advice = (
        f"symprec {keeping[0]:g} A would keep it" if keeping else "no symprec up to 0.1 A finds it: check positions"
    )
    number, symbol = space_group(structure, symprec)
    raise InputError(
        f"{name}: expected space group {stated}, found {symbol} ({number}) at symprec {symprec:g} A; {advice}"
    )


def _operations(structure: Structure, symprec: float) -> int:
    """Point operations of the crystal."""
    dataset = find_symmetry(spglib_cell(structure), symprec)
    return 1 if dataset is None else len({rotation.tobytes() for rotation in dataset.rotations})


@lru_cache(maxsize=230)
def _order_of(number: int) -> int:
    """Order of the point group of a space group."""
    for hall in range(1, 531):
        if spglib.get_spacegroup_type(hall).number == number:
            operations = spglib.get_symmetry_from_database(hall)["rotations"]
            return len({rotation.tobytes() for rotation in operations})
    raise ValueError(f"space groups run from 1 to 230, got {number}")
