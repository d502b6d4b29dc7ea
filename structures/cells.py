"""A disordered parent laid out in one supercell: its active sites, how many atoms they share, and its symmetry.

The group that makes two orderings equivalent holds the operations of the whole disordered crystal that map the
supercell's lattice and the pools onto themselves, times the primitive translations inside the supercell.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition, Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures.counting import multinomial
from selflimit.structures.occupancies import OCCUPANCY_DIGIT, occupancies
from selflimit.structures.parents import LABEL, Parent
from selflimit.structures.positions import position_order
from selflimit.structures.superlattices import (
    IntMatrix,
    compact_basis,
    generators,
    hermite_normal_form,
    shapes,
    translations,
)
from selflimit.structures.symmetry import PrimitiveCell, site_permutations

CellChoice = str | Sequence[Sequence[int]]
"""'primitive', 'conventional', 'AxBxC' or an integer 3x3 matrix; the last two multiply the conventional cell."""

VACANCY = "vacancy"
"""Name of the empty site among the species of a pool."""

INTEGER_TOLERANCE_LIMIT = 0.05
"""Largest deviation of a pool's atom count from an integer that is ever put down to rounded occupancies."""

LARGEST_NEARBY_CELL = 24
"""Primitive cells up to which fitting cells are looked for when a composition is not integer."""


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
        with the fewest arrangements first; within a pool in the order in which the enumeration fills them.
    pools
        The pools, with integer counts.
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
    superlattice: IntMatrix
    chosen_basis: IntMatrix | None
    primitive: PrimitiveCell
    active: IntMatrix
    pools: tuple[SitePool, ...]
    permutations: NDArray[np.int32]
    translations: NDArray[np.int32]
    shapes: int

    @property
    def n_cells(self) -> int:
        """Primitive cells in the cell."""
        return int(np.prod(np.diag(self.superlattice)))

    @cached_property
    def basis(self) -> IntMatrix:
        """Vectors of the cell in units of the primitive ones, integer rows, shape (3, 3); short ones unless chosen."""
        if self.chosen_basis is None:
            return compact_basis(self.superlattice, self.primitive.lattice)
        return self.chosen_basis

    @cached_property
    def pool_of_site(self) -> IntMatrix:
        """Pool of each active site, shape (n_active,)."""
        return np.repeat(np.arange(len(self.pools)), [pool.end - pool.begin for pool in self.pools])

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


def lay_out(parent: Parent, cell: CellChoice = "primitive") -> DisorderedCell:
    """Lay ``parent`` out in one supercell.

    Parameters
    ----------
    cell
        'primitive', 'conventional', 'AxBxC' (multiples of the conventional axes), or an integer 3x3 matrix whose rows
        are the supercell's vectors in units of the conventional ones.

    Raises
    ------
    InputError
        A cell that is none of these, or one in which a pool's composition is not an integer number of atoms; the
        message names the numbers of primitive cells that would fit.
    """
    return lay_out_basis(parent, *_basis(parent, parent.primitive, cell))


def lay_out_basis(parent: Parent, name: str, basis: IntMatrix) -> DisorderedCell:
    """Lay ``parent`` out in the cell whose vectors are ``basis`` (integer rows in units of the primitive ones).

    Raises
    ------
    InputError
        A composition that does not fit.
    """
    superlattice = hermite_normal_form(basis)
    pooled = _pooled_sites(parent, int(np.prod(np.diag(superlattice))), f"{name} cell")
    return _fill(parent, pooled, name, superlattice, basis)


def cells_of_size(parent: Parent, n_cells: int) -> Iterator[DisorderedCell]:
    """Lay ``parent`` out in every shape of ``n_cells`` primitive cells, equivalent shapes once.

    Raises
    ------
    InputError
        ``n_cells`` below 1, or a composition that is not integer in this size. Raised by the call.
    """
    if n_cells < 1:
        raise InputError(f"expected at least 1 primitive cell, got {n_cells}")
    return _shapes(parent, n_cells, _pooled_sites(parent, n_cells, f"{n_cells} primitive cells"))


def _shapes(parent: Parent, n_cells: int, pooled: "_PooledSites") -> Iterator[DisorderedCell]:
    for number, (superlattice, equivalent) in enumerate(shapes(n_cells, generators(parent.primitive.rotations))):
        yield _fill(parent, pooled, f"{n_cells} cells, shape {number}", superlattice, equivalent=equivalent)


def fitting_sizes(parent: Parent, largest: int = LARGEST_NEARBY_CELL) -> list[int]:
    """Numbers of primitive cells, up to ``largest``, in which every pool holds whole atoms."""
    primitive = parent.primitive
    contents = [_content(parent, primitive, labels) for labels in parent.pools]
    return [n for n in range(1, largest + 1) if all(_is_integer(content, n) for content in contents)]


def _basis(parent: Parent, primitive: PrimitiveCell, cell: CellChoice) -> tuple[str, IntMatrix]:
    if isinstance(cell, str) and cell == "primitive":
        return cell, np.eye(3, dtype=np.int64)
    conventional = np.round(parent.structure.lattice.matrix @ primitive.lattice.inv_matrix).astype(np.int64)
    if isinstance(cell, str) and cell == "conventional":
        return cell, conventional
    matrix = _matrix(cell)
    is_diagonal = np.array_equal(matrix, np.diag(np.diag(matrix)))
    return "x".join(map(str, np.diag(matrix))) if is_diagonal else str(matrix.tolist()), matrix @ conventional


def _matrix(cell: CellChoice) -> IntMatrix:
    expected = "expected cell 'primitive', 'conventional', e.g. '2x1x1', or an integer 3x3 matrix"
    if isinstance(cell, str) and not re.fullmatch(r"\d+x\d+x\d+", cell):
        raise InputError(f"{expected}, got {cell!r}")
    rows = np.diag([int(part) for part in cell.split("x")]) if isinstance(cell, str) else cell
    try:
        matrix = np.array(rows, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{expected}, got {cell!r}") from None
    if matrix.shape != (3, 3) or not np.array_equal(matrix, np.round(matrix)):
        raise InputError(f"{expected}, got {cell!r}")
    if round(np.linalg.det(matrix)) < 1:
        raise InputError(
            f"{expected} with a positive determinant, got {cell!r} of determinant {np.linalg.det(matrix):.0f}"
        )
    return np.round(matrix).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _PooledSites:
    """What all cells of a size have in common.

    Attributes
    ----------
    pools
        The pools, the one with the fewest arrangements first.
    sites
        Primitive sites, pool by pool.
    pool
        Pool of each of their copies in the cell; the copies of one site follow each other.
    """

    pools: tuple[SitePool, ...]
    sites: IntMatrix
    pool: IntMatrix


def _pooled_sites(parent: Parent, n_cells: int, where: str) -> _PooledSites:
    contents = _integer_contents(parent, parent.primitive, n_cells, where)
    contents.sort(key=lambda content: multinomial(content[2]))
    members = [_members(parent, parent.primitive, labels) for labels, _, _ in contents]
    sizes = [len(found) * n_cells for found in members]
    ends = np.cumsum([0, *sizes]).tolist()
    return _PooledSites(
        pools=tuple(
            SitePool(labels, begin, end, species, counts)
            for (labels, species, counts), begin, end in zip(contents, ends, ends[1:], strict=False)
        ),
        sites=np.concatenate([np.empty(0, dtype=np.int64), *members]),
        pool=np.repeat(np.arange(len(sizes)), sizes),
    )


def _fill(
    parent: Parent,
    pooled: _PooledSites,
    name: str,
    superlattice: IntMatrix,
    basis: IntMatrix | None = None,
    equivalent: int = 1,
) -> DisorderedCell:
    n_cells = int(np.prod(np.diag(superlattice)))
    group, moves = _group(parent.primitive, superlattice, pooled.sites, pooled.pool)
    order = position_order(group, pooled.pool)
    return DisorderedCell(
        parent=parent,
        name=name,
        superlattice=superlattice,
        chosen_basis=basis,
        primitive=parent.primitive,
        active=(pooled.sites[:, None] * n_cells + np.arange(n_cells)).ravel()[order],
        pools=pooled.pools,
        permutations=_renumbered(group, order),
        translations=_renumbered(moves, order),
        shapes=equivalent,
    )


def _members(parent: Parent, primitive: PrimitiveCell, labels: Sequence[str]) -> IntMatrix:
    """Primitive sites of the pool of these labels."""
    found = [s for s, i in enumerate(primitive.origin) if parent.structure[i].properties[LABEL] in labels]
    return np.array(found, dtype=np.int64)


PoolContent = tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]
"""Labels of a pool, its species, and how many sites each takes."""


def _group(
    primitive: PrimitiveCell, hnf: IntMatrix, sites: IntMatrix, pool: IntMatrix
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The distinct permutations that map pools onto pools, and the translations among them."""
    if not len(pool):
        return np.empty((1, 0), dtype=np.int32), np.empty((1, 0), dtype=np.int32)
    operations, translated = site_permutations(primitive, hnf, sites)
    kept = operations[_map_pools(pool[operations], pool)]
    products = translated.astype(np.int32)[:, kept].reshape(-1, len(pool))
    return _distinct(products), _distinct(translated.astype(np.int32))


def _distinct(permutations: NDArray[np.int32]) -> NDArray[np.int32]:
    """The distinct ones of a group's permutations, in their order: the identity stays first.

    They are a homomorphism's images: equally many of each, as many as are the identity. Numbers made of the images tell
    them apart, and the number of different ones says whether they did.
    """
    n_alike = np.count_nonzero((permutations == np.arange(permutations.shape[1])).all(axis=1))
    if n_alike == 1:
        return permutations
    numbers = permutations @ np.random.default_rng(0).integers(2**62, size=permutations.shape[1])
    first = np.unique(numbers, return_index=True)[1]
    return (
        permutations[np.sort(first)] if len(first) * n_alike == len(permutations) else np.unique(permutations, axis=0)
    )


def _map_pools(images: IntMatrix, pool: IntMatrix) -> NDArray[np.bool_]:
    """Which rows of ``images``, the pool where each site lands, have all sites of a pool in one; occupancies agree."""
    first = np.unique(pool, return_index=True)[1]
    together: NDArray[np.bool_] = (images == images[:, first[pool]]).all(axis=1)
    return together


def _renumbered(permutations: NDArray[np.int32], order: IntMatrix) -> NDArray[np.int32]:
    number = np.empty(len(order), dtype=np.int32)
    number[order] = np.arange(len(order))
    return np.ascontiguousarray(number[permutations[:, order]])


def _integer_contents(parent: Parent, primitive: PrimitiveCell, n_cells: int, where: str) -> list[PoolContent]:
    contents = []
    for labels in parent.pools:
        content = _content(parent, primitive, labels)
        if not _is_integer(content, n_cells):
            raise InputError(_misfit(parent, labels, content, n_cells, where))
        whole = {name: round(n_cells * amount) for name, amount in content.items() if round(n_cells * amount)}
        counts = dict(sorted(whole.items(), key=lambda item: item[1]))  # the rarest first: the search prunes earlier
        contents.append((labels, tuple(counts), tuple(counts.values())))
    return contents


def _content(parent: Parent, primitive: PrimitiveCell, labels: Sequence[str]) -> dict[str, float]:
    """Atoms of each species and vacancies on the pool's sites of one primitive cell."""
    sites = [parent.structure[primitive.origin[s]] for s in _members(parent, primitive, labels)]
    content: dict[str, float] = dict.fromkeys(sorted({name for site in sites for name in occupancies(site)}), 0.0)
    for site in sites:
        for name, amount in occupancies(site).items():
            content[name] += amount
    content[VACANCY] = len(sites) - sum(content.values())
    return content


def _is_integer(content: dict[str, float], n_cells: int) -> bool:
    n_sites = sum(content.values()) * n_cells
    forgiven = min(1e-6 + OCCUPANCY_DIGIT * n_sites, INTEGER_TOLERANCE_LIMIT)
    return all(abs(n_cells * amount - round(n_cells * amount)) <= forgiven for amount in content.values())


def _misfit(parent: Parent, labels: Sequence[str], content: dict[str, float], n_cells: int, where: str) -> str:
    amounts = ", ".join(f"{n_cells * amount:.3f} {name}" for name, amount in content.items() if amount > 1e-6)
    primitive = parent.primitive
    sizes = fitting_sizes(parent)
    per_conventional = len(parent.structure) // len(primitive.positions)
    advice = (
        f"cells of {', '.join(map(str, sizes[:4]))} primitive cells fit "
        f"(the conventional cell holds {per_conventional})"
        if sizes
        else f"no cell up to {LARGEST_NEARBY_CELL} primitive cells fits"
    )
    return (
        f"{parent.name}, {where}: expected whole atoms in pool {'+'.join(labels)}, got {amounts}; {advice}, or let "
        "sites share the composition (pools=..., --pool)"
    )
