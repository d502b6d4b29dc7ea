"""Pairs of sites of which at most one holds an ion, in the primitive cell and in its supercells.

The pairs are closed under the space group, so that an operation maps an allowed placement onto an allowed one although
equivalent distances differ by the rounding of the coordinates.
"""

from collections.abc import Sequence

import numpy as np
from pymatgen.core import Structure

from selflimit.arrays import IntArray
from selflimit.structures.parents.superlattices import translation_index, translations
from selflimit.structures.parents.symmetry import PrimitiveCell


def excluded_pairs(
    primitive: PrimitiveCell,
    labels: Sequence[str],
    within: float,
    alternatives: Sequence[Sequence[str]] = (),
    reach: float = 0.0,
) -> IntArray:
    """All pairs of sites that exclude each other, in both directions, shape (n_pairs, 5).

    A row holds the two sites of the primitive cell, and the cell of the second one as seen from that of the first.

    Parameters
    ----------
    primitive
        The primitive cell, with the operations of the space group.
    labels
        Label of each of its sites; empty where a site cannot be empty, and excludes none.
    within
        Sites closer than this exclude each other (Angstrom).
    alternatives, reach
        Groups of labels whose sites exclude each other up to another distance (Angstrom).
    """
    group = {label: number for number, members in enumerate(alternatives) for label in members}
    farthest = max(within, reach if alternatives else 0.0)
    if farthest <= 0.0:
        return np.empty((0, 5), dtype=np.int64)
    sites = Structure(primitive.lattice, len(labels) * ["H"], primitive.positions)
    first, second, cells, distances = sites.get_neighbor_list(farthest)
    of_group = np.array([group.get(label, -1) for label in labels])
    is_open = np.array([bool(label) for label in labels])
    are_alternatives = (of_group[first] == of_group[second]) & (of_group[first] >= 0) & (distances < reach)
    excluded = is_open[first] & is_open[second] & ((distances < within) | are_alternatives)
    pairs = np.column_stack([first, second, np.round(cells)])[excluded].astype(np.int64)
    return _closed(primitive, pairs)


def _closed(primitive: PrimitiveCell, pairs: IntArray) -> IntArray:
    """The pairs and all their images under the space group."""
    first, second, cell = pairs[:, 0], pairs[:, 1], pairs[:, 2:]
    shift = primitive.shift
    images = np.concatenate(
        [
            primitive.image[:, first, None],
            primitive.image[:, second, None],
            shift[:, second] + cell @ primitive.rotations - shift[:, first],
        ],
        axis=2,
    )
    return np.unique(images.reshape(-1, 5), axis=0)


def pairs_in_supercell(pairs: IntArray, sites: IntArray, superlattice: IntArray) -> IntArray:
    """The pairs among the copies of ``sites`` in a supercell, each once, shape (n_pairs, 2).

    A site's copies follow each other: number ``k * n_cells + t`` is site ``sites[k]`` in the cell of translation t. A
    copy that excludes its own periodic image is a pair with itself.

    Parameters
    ----------
    pairs
        From :func:`excluded_pairs`.
    sites
        Sites of the primitive cell, shape (n_sites,).
    superlattice
        Hermite normal form of the supercell, shape (3, 3).
    """
    cells = translations(superlattice)
    number = {int(site): k for k, site in enumerate(sites)}
    kept = [row for row in pairs.tolist() if row[0] in number and row[1] in number]
    found = [np.empty((0, 2), dtype=np.int64)]
    for first, second, *cell in kept:
        there = translation_index(cells + np.array(cell), superlattice)
        here = number[first] * len(cells) + np.arange(len(cells))
        both = np.column_stack([here, number[second] * len(cells) + there])
        found.append(np.sort(both, axis=1))
    return np.unique(np.concatenate(found), axis=0)
