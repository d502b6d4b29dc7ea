"""The symmetry operations of a CIF file, and the sites that they make of one position."""

from collections.abc import Iterator

import gemmi
import numpy as np
from pymatgen.core import Lattice

from selflimit.arrays import FloatArray
from selflimit.structures.parents.parents import OVERLAP

SNAPS = (OVERLAP, 0.03, 1e-3)
"""Distances (Angstrom) within which a position is taken for the special position that it was rounded from: the first
that gives the multiplicity that the file states. Sites closer than the first are one site."""

SAME_SITE = 0.01
"""Images closer than this (Angstrom) are one site once the position is exactly special."""


NamedOperations = tuple[str, list[gemmi.Op]]
"""Name of a setting of a space group, empty for the file's own operations, and the operations."""


def operation_sets(small: gemmi.SmallStructure) -> list[NamedOperations]:
    """The operations of the file that gemmi has read, or those of every setting of the space group that it names."""
    if small.symops:
        return [("", [gemmi.Op(text) for text in small.symops])]
    name = small.spacegroup_hm.replace(" ", "")
    named = [one for one in gemmi.spacegroup_table() if name and name in (one.hm.replace(" ", ""), one.short_name())]
    numbered = [one for one in gemmi.spacegroup_table() if one.number == small.spacegroup_number]
    found = named or ([] if name else numbered)
    return [(one.xhm(), list(one.operations())) for one in found]


def expand_site(position: FloatArray, operations: list[gemmi.Op], lattice: Lattice) -> Iterator[FloatArray]:
    """Sites that symmetry makes of a position, once for each distance of ``SNAPS``: fractional, shape (n_sites, 3).

    Parameters
    ----------
    position
        Fractional coordinates, shape (3,).
    operations
        All of the space group.
    lattice
        The cell (Angstrom).
    """
    rotations = np.array([op.rot for op in operations]) / gemmi.Op.DEN
    shifts = np.array([op.tran for op in operations]) / gemmi.Op.DEN
    for snap in SNAPS:
        apart = rotations @ position + shifts - position
        apart -= np.round(apart)
        stays = np.linalg.norm(apart @ lattice.matrix, axis=1) < snap
        images = (rotations @ (position + apart[stays].mean(axis=0)) + shifts) % 1.0
        yield _distinct(images, lattice)


def _distinct(images: FloatArray, lattice: Lattice) -> FloatArray:
    """Images without those that are ``SAME_SITE`` as an earlier one."""
    apart = images[:, None] - images
    near = np.linalg.norm((apart - np.round(apart)) @ lattice.matrix, axis=-1) < SAME_SITE
    first: FloatArray = images[near.argmax(axis=1) == np.arange(len(images))]
    return first
