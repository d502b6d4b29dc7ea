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
    basis
        Vectors of the cell in units of the primitive ones, integer rows, shape (3, 3).
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
    basis: IntMatrix
    primitive: PrimitiveCell
    active: IntMatrix
    pools: tuple[SitePool, ...]
    permutations: NDArray[np.int32]
    translations: NDArray[np.int32]
    shapes: int

    @property
    def n_cells(self) -> int:
        """Primitive cells in the cell."""
        return round(abs(float(np.linalg.det(self.basis))))

    @cached_property
    def pool_of_site(self) -> IntMatrix:
        """Pool of each active site, shape (n_active,)."""
        return np.repeat(np.arange(len(self.pools)), [pool.end - pool.begin for pool in self.pools])

    @cached_property
    def structure(self) -> Structure:
        """All sites of the supercell, disordered (Angstrom); the copies of one primitive site follow each other."""
        cells = translations(hermite_normal_form(self.basis))
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
    primitive = parent.primitive
    name, basis = _basis(parent, primitive, cell)
    return _fill(parent, primitive, name, basis)


def lay_out_basis(parent: Parent, name: str, basis: IntMatrix) -> DisorderedCell:
    """Lay ``parent`` out in the cell whose vectors are ``basis`` (integer rows in units of the primitive ones).

    Raises
    ------
    InputError
        A composition that does not fit.
    """
    return _fill(parent, parent.primitive, name, basis)


def cells_of_size(parent: Parent, n_cells: int) -> Iterator[DisorderedCell]:
    """Lay ``parent`` out in every shape of ``n_cells`` primitive cells, equivalent shapes once.

    Raises
    ------
    InputError
        ``n_cells`` below 1, or a composition that is not integer in this size. Raised by the call.
    """
    if n_cells < 1:
        raise InputError(f"expected at least 1 primitive cell, got {n_cells}")
    primitive = parent.primitive
    _integer_contents(parent, primitive, n_cells, f"{n_cells} primitive cells")
    return _shapes(parent, primitive, n_cells)


def _shapes(parent: Parent, primitive: PrimitiveCell, n_cells: int) -> Iterator[DisorderedCell]:
    for number, (hnf, equivalent) in enumerate(shapes(n_cells, primitive.rotations)):
        basis = compact_basis(hnf, primitive.lattice)
        yield _fill(parent, primitive, f"{n_cells} cells, shape {number}", basis, equivalent)


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


def _fill(parent: Parent, primitive: PrimitiveCell, name: str, basis: IntMatrix, equivalent: int = 1) -> DisorderedCell:
    hnf = hermite_normal_form(basis)
    n_cells = int(np.prod(np.diag(hnf)))
    contents = _integer_contents(parent, primitive, n_cells, f"{name} cell")
    contents.sort(key=lambda content: multinomial(content[2]))
    members = [_members(parent, primitive, labels) for labels, _, _ in contents]
    sites = np.concatenate([np.empty(0, dtype=np.int64), *members])
    sizes = [len(found) * n_cells for found in members]
    pool = np.repeat(np.arange(len(sizes)), sizes)
    group, moves = _group(primitive, hnf, sites, pool)
    order = position_order(group, pool)
    ends = np.cumsum([0, *sizes]).tolist()
    return DisorderedCell(
        parent=parent,
        name=name,
        basis=basis,
        primitive=primitive,
        active=(sites[:, None] * n_cells + np.arange(n_cells)).ravel()[order],
        pools=tuple(
            SitePool(labels, ends[k], ends[k + 1], species, counts)
            for k, (labels, species, counts) in enumerate(contents)
        ),
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
    moves = translated[np.sort(np.unique(translated, axis=0, return_index=True)[1])]
    return np.unique(products, axis=0), moves.astype(np.int32)  # sorted: the identity is first


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
