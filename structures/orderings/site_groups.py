"""The permutations of the disordered sites in supercells, for many shapes of one size at a time.

Every step is integer arithmetic on the primitive cell's operations. A site of the supercell is the copy of a primitive
site in one cell: site number ``s * n_cells + t`` is primitive site s in the cell of translation t.
"""

from typing import NamedTuple

import numpy as np

from selflimit.arrays import Int32Array, IntArray
from selflimit.structures.parents.superlattices import keep_lattice, translation_index, translations
from selflimit.structures.parents.symmetry import PrimitiveCell


class SiteOperations(NamedTuple):
    """The crystal's operations that map pools onto pools, on the pooled sites of the primitive cell.

    Attributes
    ----------
    rotations
        Point parts, the identity first, acting on row vectors from the right, shape (n_operations, 3, 3).
    image, shift
        Operation o takes site s to site ``image[o, s]`` of the cell ``shift[o, s]``, shapes (n_operations, n_sites) and
        (n_operations, n_sites, 3).
    """

    rotations: IntArray
    image: IntArray
    shift: IntArray


def site_operations(primitive: PrimitiveCell, sites: IntArray, pool: IntArray) -> SiteOperations:
    """What the crystal's operations do to its pooled sites.

    Parameters
    ----------
    primitive
        The primitive cell.
    sites, pool
        Its sites that belong to a pool, and the pool of each, shape (n_sites,).
    """
    number = np.zeros(len(primitive.positions), dtype=np.int64)
    number[sites] = np.arange(len(sites))
    image = number[primitive.image[:, sites]]
    first = np.unique(pool, return_index=True)[1]
    kept = (pool[image] == pool[image][:, first[pool]]).all(axis=1)  # pools stay together: their occupancies agree
    return SiteOperations(primitive.rotations[kept], image[kept], primitive.shift[:, sites][kept])


class SiteGroups(NamedTuple):
    """The groups of several superlattices.

    Attributes
    ----------
    orders
        Site on each position, shape (n_lattices, n_positions): as numbered, or as a search fills them fastest.
    permutations
        The distinct permutations of the positions, group after group, shape (n_permutations, n_positions). Each group
        begins with the translations, the identity first.
    begin
        Where each group begins, and the end, shape (n_lattices + 1,).
    """

    orders: IntArray
    permutations: Int32Array
    begin: IntArray


def site_groups(operations: SiteOperations, hnfs: IntArray, pool: IntArray, for_search: bool = True) -> SiteGroups:
    """The groups of superlattices of one size.

    Parameters
    ----------
    operations
        Of the primitive cell.
    hnfs
        Hermite normal forms of the superlattices, shape (n_lattices, 3, 3).
    pool
        Pool of each site of a superlattice, shape (n_positions,).
    for_search
        Whether the sites are put in the order in which a search is fastest; counting needs none.
    """
    if not len(pool):
        nothing = np.empty((len(hnfs), 0), dtype=np.int32)
        return SiteGroups(nothing.astype(np.int64), nothing, np.arange(len(hnfs) + 1))
    cells = translations(hnfs)
    moves = _translated_sites(hnfs, cells, operations.image.shape[1])
    lattice, images = _moved_sites(operations, hnfs, cells)
    begin = np.searchsorted(lattice, np.arange(len(hnfs) + 1)) * cells.shape[1]
    permutations = _products(moves, lattice, images)
    if not for_search:
        return SiteGroups(np.tile(np.arange(len(pool)), (len(hnfs), 1)), permutations, begin)
    from selflimit.structures.search.site_order import position_orders  # numba takes longer to import than a count

    orders = position_orders(permutations, begin, pool)
    moves, images = _renumbered(moves, orders[:, None]), _renumbered(images, orders[lattice])
    return SiteGroups(orders, _products(moves, lattice, images), begin)


def _translated_sites(hnfs: IntArray, cells: IntArray, n_sites: int) -> IntArray:
    """Where each translation takes each site, shape (n_lattices, n_cells, n_sites * n_cells)."""
    added = translation_index(cells[:, :, None] + cells[:, None], hnfs[:, None, None])
    return np.concatenate([added + site * cells.shape[1] for site in range(n_sites)], axis=-1)


def _moved_sites(operations: SiteOperations, hnfs: IntArray, cells: IntArray) -> tuple[IntArray, IntArray]:
    """The distinct operations that keep each lattice, times translations that keep the first site in its cell.

    The group is every product of these and the translations; no two products are the same permutation.

    Returns
    -------
    lattice
        Which lattice each belongs to, ascending, shape (n,).
    images
        Where it takes each site, shape (n, n_sites * n_cells).
    """
    lattice, number = np.nonzero(keep_lattice(operations.rotations, hnfs))
    shift = operations.shift - operations.shift[:, :1]
    moved = (cells[lattice] @ operations.rotations[number])[:, None] + shift[number][:, :, None]
    cell = translation_index(moved, hnfs[lattice, None, None])
    images = (operations.image[number][:, :, None] * cells.shape[1] + cell).reshape(len(number), -1)
    first = _first_of_equals(np.column_stack([lattice, images]))
    return lattice[first], images[first]


def _first_of_equals(rows: IntArray) -> IntArray:
    """Numbers of the rows that equal no earlier one, ascending."""
    keys = rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel().tolist()
    first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    return np.array(sorted(first.values()))


def _products(moves: IntArray, lattice: IntArray, images: IntArray) -> Int32Array:
    """Each operation followed by each translation of its lattice, shape (n_products, n_sites)."""
    _, n_cells, n_sites = moves.shape
    rows = (lattice[:, None] * n_cells + np.arange(n_cells)) * n_sites
    products: Int32Array = np.take(moves.astype(np.int32), rows[:, :, None] + images[:, None])
    return products.reshape(-1, n_sites)


def _renumbered(permutations: IntArray, orders: IntArray) -> IntArray:
    """Permutations of sites as permutations of positions."""
    sites = np.take_along_axis(permutations, orders, axis=-1)
    return np.take_along_axis(np.argsort(orders, axis=-1), sites, axis=-1)
