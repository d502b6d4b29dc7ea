"""A disordered parent laid out in one supercell: its active sites, how many atoms they share, and its symmetry.

The group that makes two orderings equivalent holds the operations of the whole disordered crystal that map the
supercell's lattice and the pools onto themselves, times the primitive translations inside the supercell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from pymatgen.core import Composition, Lattice, Structure

from selflimit.arrays import Int32Array, IntArray
from selflimit.errors import InputError
from selflimit.structures.orderings.cell_choice import CellChoice, basis_of
from selflimit.structures.orderings.nearest_populations import pool_contents
from selflimit.structures.orderings.populations import VACANCY, find_members, mean_content
from selflimit.structures.orderings.site_groups import SiteOperations, site_groups, site_operations
from selflimit.structures.parents.excluded_pairs import pairs_in_supercell
from selflimit.structures.parents.occupancies import occupancies
from selflimit.structures.parents.parents import LABEL, Parent
from selflimit.structures.parents.superlattices import compact_basis, hermite_normal_form, translations
from selflimit.structures.parents.symmetry import PrimitiveCell
from selflimit.structures.search.multinomial import multinomial


@dataclass(frozen=True, eq=False)
class SitePool:
    """Active sites that share one composition.

    Attributes
    ----------
    labels
        Labels of the parent's sites that belong to the pool.
    begin, end
        The pool's sites are ``active[begin:end]`` of the cell.
    species
        What may sit on them, the rarest first; 'vacancy' is among them if sites stay empty.
    counts
        Number of sites that each species takes, shape (n_species,).
    """

    labels: tuple[str, ...]
    begin: int
    end: int
    species: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def empty(self) -> int:
        """Rank of the empty site among the species, -1 if none stays empty."""
        return self.species.index(VACANCY) if VACANCY in self.species else -1


@dataclass(frozen=True, eq=False)
class DisorderedCell:
    """A parent in one supercell.

    Attributes
    ----------
    parent
        The disordered parent.
    name
        Which cell: 'primitive', 'conventional', '2x1x1', the matrix, or one of the shapes of a size.
    superlattice
        Hermite normal form of the cell's vectors in units of the primitive ones, shape (3, 3).
    chosen_basis
        The vectors that were asked for in the same units, shape (3, 3); None where only the lattice matters.
    primitive
        The primitive cell, with the space group.
    active
        Sites that belong to a pool, as indices into :attr:`structure`, shape (n_active,). Pool follows pool, the one
        with the fewest arrangements first; within a pool in the order in which a search is fastest, or as numbered.
    pools
        The pools, with integer counts.
    pool_of_site
        Pool of each active site, shape (n_active,).
    permutations
        The distinct permutations of the active sites under the symmetry group, identity first, shape
        (n_permutations, n_active): what is on active site i moves to active site ``permutations[g, i]``.
    translations
        Those of them that are pure translations, shape (n_translations, n_active), identity first.
    shapes
        How many superlattices of this size symmetry maps onto this one.
    """

    parent: Parent
    name: str
    superlattice: IntArray
    chosen_basis: IntArray | None
    primitive: PrimitiveCell
    active: IntArray
    pools: tuple[SitePool, ...]
    pool_of_site: IntArray
    permutations: Int32Array
    translations: Int32Array
    shapes: int

    @property
    def n_cells(self) -> int:
        """Primitive cells in the cell."""
        return int(np.prod(np.diag(self.superlattice)))

    @cached_property
    def basis(self) -> IntArray:
        """Vectors of the cell in units of the primitive ones, integer rows, shape (3, 3); short ones unless chosen."""
        if self.chosen_basis is None:
            return compact_basis(self.superlattice, self.primitive.lattice)
        return self.chosen_basis

    @cached_property
    def excluded(self) -> IntArray:
        """Pairs of active sites of which at most one holds an ion, each once, shape (n_pairs, 2).

        Raises
        ------
        InputError
            A site is excluded by its own image in the next cell.
        """
        everywhere = np.arange(len(self.primitive.positions))
        pairs = pairs_in_supercell(self.parent.excluded_pairs, everywhere, self.superlattice)
        position = np.full(len(everywhere) * self.n_cells, -1)
        position[self.active] = np.arange(len(self.active))
        found = np.sort(position[pairs], axis=1)
        if (found[:, 0] == found[:, 1]).any():
            raise InputError(
                f"{self.parent.name}, {self.name} cell: sites exclude their own images within "
                f"{self.parent.exclude_within:g} A; take a larger cell, or a smaller distance of exclusion"
            )
        return np.unique(found, axis=0)

    @cached_property
    def structure(self) -> Structure:
        """All sites of the supercell, disordered (Angstrom); the copies of one primitive site follow each other."""
        cells = translations(self.superlattice)
        vectors = (self.primitive.positions[:, None, :] + cells[None, :, :]).reshape(-1, 3)
        sites = [self.parent.structure[i] for i in self.primitive.origin for _ in cells]
        return Structure(
            Lattice(self.basis @ self.primitive.lattice.matrix),
            [site.species for site in sites],
            vectors @ np.linalg.inv(self.basis),
            to_unit_cell=True,
            site_properties={LABEL: [site.properties[LABEL] for site in sites]},
        )

    @property
    def deviations(self) -> list[dict[str, float]]:
        """For each pool the occupancy of each species minus the refined one, 0 unless it was rounded."""
        found = []
        for pool in self.pools:
            refined, sites = mean_content(self.parent, pool.labels), pool.end - pool.begin
            counts = dict(zip(pool.species, pool.counts, strict=True))
            rounded = self.parent.max_deviation > 0
            found.append(
                {
                    name: (counts.get(name, 0) - self.n_cells * amount) / sites if rounded else 0.0
                    for name, amount in refined.items()
                }
            )
        return found

    @property
    def composition(self) -> Composition:
        """Atoms in the cell: the same for all its orderings."""
        atoms: dict[str, float] = {}
        for i in self.primitive.origin:
            site = self.parent.structure[i]
            if self.parent.pool_of(site.properties[LABEL]) < 0:
                name = next(iter(occupancies(site)))
                atoms[name] = atoms.get(name, 0) + self.n_cells
        for pool in self.pools:
            for name, count in zip(pool.species, pool.counts, strict=True):
                if name != VACANCY:
                    atoms[name] = atoms.get(name, 0) + count
        return Composition(atoms)


def lay_out(parent: Parent, cell: CellChoice = "primitive", for_search: bool = True) -> DisorderedCell:
    """Lay ``parent`` out in one supercell.

    >>> from selflimit.structures import parent_cell
    >>> lay_out(parent_cell("LZC-A"), "2x1x1").pools[0].counts
    (4, 8)

    Parameters
    ----------
    parent
        The disordered crystal.
    cell
        'primitive', 'conventional', 'AxBxC' (multiples of the conventional axes), or an integer 3x3 matrix whose rows
        are the supercell's vectors in units of the conventional ones.
    for_search
        Whether the sites are put in the order in which a search is fastest; counting needs none.

    Raises
    ------
    InputError
        A cell that is none of these, or one in which a pool's composition is not an integer number of atoms; the
        message names the numbers of primitive cells that would fit.
    """
    return lay_out_basis(parent, *basis_of(parent, cell), for_search)


def lay_out_basis(parent: Parent, name: str, basis: IntArray, for_search: bool = True) -> DisorderedCell:
    """Lay ``parent`` out in the cell of given vectors.

    Parameters
    ----------
    parent
        The disordered crystal.
    name
        Name of the cell on results.
    basis
        The cell's vectors, integer rows in units of the primitive ones, shape (3, 3).
    for_search
        As in :func:`lay_out`.

    Raises
    ------
    InputError
        A composition that does not fit.
    """
    superlattice = hermite_normal_form(basis)
    pooled = pool_sites(parent, int(np.prod(np.diag(superlattice))), f"{name} cell", superlattice)
    return fill_cells(pooled, superlattice[None], [name], [1], basis, for_search)[0]


@dataclass(frozen=True, eq=False)
class PooledSites:
    """What all cells of a size have in common.

    Attributes
    ----------
    parent
        The disordered parent.
    n_cells
        Primitive cells.
    pools
        The pools, the one with the fewest arrangements first.
    sites
        Primitive sites, pool by pool.
    pool
        Pool of each of their copies in the cell; the copies of one site follow each other.
    operations
        What symmetry does to the primitive sites.
    """

    parent: Parent
    n_cells: int
    pools: tuple[SitePool, ...]
    sites: IntArray
    pool: IntArray
    operations: SiteOperations


def pool_sites(parent: Parent, n_cells: int, where: str, superlattice: IntArray | None = None) -> PooledSites:
    """The pools of all cells of a size, with whole atoms.

    Parameters
    ----------
    parent
        The disordered crystal.
    n_cells
        Primitive cells.
    where
        Which cells, for the message.
    superlattice
        Hermite normal form of the one cell that is meant, shape (3, 3), where there is one.

    Raises
    ------
    InputError
        A composition that does not fit.
    """
    contents = pool_contents(parent, n_cells, where, superlattice)
    contents.sort(key=lambda content: multinomial(content[2]))
    members = [find_members(parent, labels) for labels, _, _ in contents]
    sites = np.concatenate([np.empty(0, dtype=np.int64), *members])
    pool = np.repeat(np.arange(len(members)), [len(found) for found in members])
    ends = np.cumsum([0, *(len(found) * n_cells for found in members)]).tolist()
    return PooledSites(
        parent=parent,
        n_cells=n_cells,
        pools=tuple(
            SitePool(labels, begin, end, species, counts)
            for (labels, species, counts), begin, end in zip(contents, ends, ends[1:], strict=False)
        ),
        sites=sites,
        pool=np.repeat(pool, n_cells),
        operations=site_operations(parent.primitive, sites, pool),
    )


def fill_cells(
    pooled: PooledSites,
    superlattices: IntArray,
    names: Sequence[str],
    equivalent: Sequence[int],
    basis: IntArray | None = None,
    for_search: bool = True,
) -> list[DisorderedCell]:
    """Cells of one size.

    Parameters
    ----------
    pooled
        What the cells have in common.
    superlattices
        Their Hermite normal forms, shape (n, 3, 3).
    names, equivalent
        Name of each, and how many superlattices it stands for.
    basis
        The vectors of all in units of the primitive ones, shape (3, 3); None where only the lattice matters.
    for_search
        As in :func:`lay_out`.
    """
    orders, permutations, begin = site_groups(pooled.operations, superlattices, pooled.pool, for_search)
    number = (pooled.sites[:, None] * pooled.n_cells + np.arange(pooled.n_cells)).ravel()
    groups = [permutations[i:j] for i, j in pairwise(begin.tolist())]
    return [
        DisorderedCell(
            parent=pooled.parent,
            name=name,
            superlattice=superlattice,
            chosen_basis=basis,
            primitive=pooled.parent.primitive,
            active=active,
            pools=pooled.pools,
            pool_of_site=pooled.pool,
            permutations=group,
            translations=group[: pooled.n_cells],
            shapes=count,
        )
        for superlattice, name, count, active, group in zip(
            superlattices, names, equivalent, number[orders], groups, strict=True
        )
    ]
