"""A disordered parent laid out in one supercell: its active sites, how many atoms they share, and its symmetry.

Symmetry is that of the whole disordered crystal, ordered sites included. Its operations are taken from the primitive
cell and kept if they map the supercell's lattice onto itself; together with the primitive translations inside the
supercell they are the group that makes two orderings equivalent.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import spglib
from numpy.typing import NDArray
from pymatgen.core import Composition, Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures.parents import LABEL, OCCUPANCY_DIGIT, Parent, is_ordered, occupancies

CellChoice = str | Sequence[Sequence[int]]
"""'primitive', 'conventional', 'AxBxC' or an integer 3x3 matrix; the last two multiply the conventional cell."""

VACANCY = "vacancy"
"""Name of the empty site in species tables."""

SYMMETRY_TOLERANCE = 1e-3
"""Distance (Angstrom) within which two positions are the same: above the rounding of four-decimal coordinates, far
below any distance between atoms."""

INTEGER_TOLERANCE_LIMIT = 0.05
"""Largest deviation of a pool's atom count from an integer that is ever put down to rounded occupancies."""

LARGEST_NEARBY_CELL = 12
"""Primitive cells up to which fitting cells are looked for when a composition is not integer."""


@dataclass(frozen=True)
class SitePool:
    """Active sites that share one composition.

    Attributes
    ----------
    sites
        Positions in :attr:`DisorderedCell.active`, shape (n_pool,).
    counts
        Number of sites that each species of :attr:`DisorderedCell.species` takes, shape (n_species,).
    """

    sites: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class DisorderedCell:
    """A parent in one supercell.

    Attributes
    ----------
    parent
        The disordered parent.
    name
        Which cell: 'primitive', 'conventional', '2x1x1' or the matrix.
    structure
        All sites of the supercell, disordered (Angstrom).
    active
        Indices in ``structure`` of the sites that belong to a pool, shape (n_active,).
    species
        Species that an ordering's labels point to; 'vacancy' stands for an empty site.
    pools
        The active sites by pool, with integer counts.
    permutations
        One row per distinct action of the symmetry group on the active sites, shape (n_permutations, n_active):
        the atom on active site i moves to active site ``permutations[g, i]``.
    """

    parent: Parent
    name: str
    structure: Structure
    active: NDArray[np.int64]
    species: tuple[str, ...]
    pools: tuple[SitePool, ...]
    permutations: NDArray[np.int64]

    @property
    def composition(self) -> Composition:
        """Atoms in the cell: the same for all its orderings."""
        inert = set(range(len(self.structure))) - set(self.active.tolist())
        content = Counter(next(iter(occupancies(self.structure[i]))) for i in inert)
        for pool in self.pools:
            content.update(dict(zip(self.species[:-1], pool.counts.tolist(), strict=False)))
        return Composition(content)


def lay_out(parent: Parent, cell: CellChoice) -> DisorderedCell:
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
    primitive = primitive_cell(parent)
    name, structure = _supercell(parent, primitive, cell)
    active = np.array([i for i, site in enumerate(structure) if parent.pool_of(site.properties[LABEL]) >= 0], dtype=int)
    species = _species_table(parent)
    pools = _integer_pools(parent, primitive, structure, active, species, name)
    return DisorderedCell(parent, name, structure, active, species, pools, _permutations(primitive, structure, active))


def primitive_cell(parent: Parent) -> Structure:
    """Primitive cell of the disordered crystal, in the frame of the conventional cell (Angstrom)."""
    structure = parent.structure
    dataset = spglib.get_symmetry_dataset(_spglib_cell(structure), symprec=SYMMETRY_TOLERANCE)
    representatives = [int(np.flatnonzero(dataset.mapping_to_primitive == i)[0]) for i in _prim_indices(dataset)]
    sites = [structure[i] for i in representatives]
    return Structure(
        Lattice(dataset.primitive_lattice),
        [site.species for site in sites],
        [site.coords for site in sites],
        coords_are_cartesian=True,
        to_unit_cell=True,
        site_properties={LABEL: [site.properties[LABEL] for site in sites]},
    )


def _prim_indices(dataset: spglib.SpglibDataset) -> Iterator[int]:
    return iter(range(int(dataset.mapping_to_primitive.max()) + 1))


def _supercell(parent: Parent, primitive: Structure, cell: CellChoice) -> tuple[str, Structure]:
    if isinstance(cell, str) and cell == "primitive":
        return cell, primitive
    if isinstance(cell, str) and cell == "conventional":
        return cell, parent.structure
    matrix = _matrix(cell)
    diagonal = np.array_equal(matrix, np.diag(np.diag(matrix)))
    name = "x".join(map(str, np.diag(matrix))) if diagonal else str(matrix.tolist())
    return name, parent.structure.make_supercell(matrix.tolist(), to_unit_cell=True, in_place=False)


def _matrix(cell: CellChoice) -> NDArray[np.int64]:
    expected = "expected cell 'primitive', 'conventional', e.g. '2x1x1', or an integer 3x3 matrix"
    if isinstance(cell, str) and not re.fullmatch(r"\d+x\d+x\d+", cell):
        raise InputError(f"{expected}, got {cell!r}")
    rows = np.diag([int(part) for part in cell.split("x")]) if isinstance(cell, str) else cell
    matrix = np.array(rows, dtype=float)
    if matrix.shape != (3, 3) or not np.array_equal(matrix, np.round(matrix)):
        raise InputError(f"{expected}, got {cell!r}")
    if round(np.linalg.det(matrix)) < 1:
        raise InputError(
            f"{expected} with a positive determinant, got {cell!r} of determinant {np.linalg.det(matrix):.0f}"
        )
    return np.round(matrix).astype(int)


def _species_table(parent: Parent) -> tuple[str, ...]:
    sites = [site for site in parent.structure if parent.pool_of(site.properties[LABEL]) >= 0]
    return (*sorted({name for site in sites for name in occupancies(site)}), VACANCY)


def _integer_pools(
    parent: Parent,
    primitive: Structure,
    structure: Structure,
    active: NDArray[np.int64],
    species: tuple[str, ...],
    name: str,
) -> tuple[SitePool, ...]:
    membership = np.array([parent.pool_of(structure[i].properties[LABEL]) for i in active], dtype=int)
    pools = []
    for k, labels in enumerate(parent.pools):
        sites = np.flatnonzero(membership == k)
        content = _content([structure[active[i]] for i in sites], species)
        if not _is_integer(content, len(sites)):
            raise InputError(_misfit(parent, primitive, labels, content, species, name))
        pools.append(SitePool(sites, np.round(content).astype(int)))
    return tuple(pools)


def _content(sites: Sequence, species: tuple[str, ...]) -> NDArray[np.float64]:  # type: ignore[type-arg]
    """Atoms of each species on ``sites``; the last entry is what is left for vacancies."""
    content = np.zeros(len(species))
    for site in sites:
        for name, amount in occupancies(site).items():
            content[species.index(name)] += amount
    content[-1] = len(sites) - content[:-1].sum()
    return content


def _is_integer(content: NDArray[np.float64], n_sites: int) -> bool:
    forgiven = min(1e-6 + OCCUPANCY_DIGIT * n_sites, INTEGER_TOLERANCE_LIMIT)
    return bool(np.all(np.abs(content - np.round(content)) <= forgiven))


def _misfit(
    parent: Parent,
    primitive: Structure,
    labels: tuple[str, ...],
    content: NDArray[np.float64],
    species: tuple[str, ...],
    name: str,
) -> str:
    amounts = ", ".join(f"{amount:.3f} {one}" for one, amount in zip(species, content, strict=True) if amount > 1e-6)
    fitting = [n for n in range(1, LARGEST_NEARBY_CELL + 1) if _fits(parent, primitive, n)]
    per_conventional = round(len(parent.structure) / len(primitive))
    advice = f"cells of {', '.join(map(str, fitting[:4]))} primitive cells fit" if fitting else "no cell up to 12 fits"
    return (
        f"{parent.name}, {name} cell: expected whole atoms in pool {'+'.join(labels)}, got {amounts}; {advice} "
        f"(the conventional cell holds {per_conventional}), or let sites share the composition (pools=..., --pool)"
    )


def _fits(parent: Parent, primitive: Structure, n_cells: int) -> bool:
    species = _species_table(parent)
    pooled = [[site for site in primitive if site.properties[LABEL] in pool] for pool in parent.pools]
    return all(_is_integer(n_cells * _content(sites, species), n_cells * len(sites)) for sites in pooled)


def _spglib_cell(structure: Structure) -> tuple[NDArray[np.float64], NDArray[np.float64], list[int]]:
    """Cell for spglib; sites of one composition and one pool-independent kind share a type."""
    kinds: dict[tuple[tuple[str, float], ...], int] = {}
    types = []
    for site in structure:
        key = tuple(sorted((name, round(amount, 6)) for name, amount in occupancies(site).items()))
        key = (("ordered", 1.0), *key) if is_ordered(site) else key
        types.append(kinds.setdefault(key, len(kinds)))
    return np.array(structure.lattice.matrix), np.array(structure.frac_coords), types


def _permutations(primitive: Structure, supercell: Structure, active: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distinct permutations of the active sites under the supercell's symmetry group."""
    if not len(active):
        return np.empty((1, 0), dtype=np.int64)
    symmetry = spglib.get_symmetry(_spglib_cell(primitive), symprec=SYMMETRY_TOLERANCE)
    to_super = primitive.lattice.matrix @ np.linalg.inv(supercell.lattice.matrix)
    shifts = _inner_translations(to_super)
    positions = supercell.frac_coords[active]
    lengths = supercell.lattice.abc
    rows = []
    for rotation, translation in zip(symmetry["rotations"], symmetry["translations"], strict=True):
        turned = np.linalg.inv(to_super) @ rotation.T @ to_super
        if np.abs(turned - np.round(turned)).max() > 1e-6:
            continue
        for shift in shifts:
            moved = positions @ np.round(turned) + (translation + shift) @ to_super
            rows.append(_matched(moved, positions, lengths))
    return np.unique(np.array(rows, dtype=np.int64).reshape(len(rows), len(active)), axis=0)


def _inner_translations(to_super: NDArray[np.float64]) -> NDArray[np.float64]:
    """Primitive lattice translations inside the supercell, in primitive units, shape (n_cells, 3)."""
    n_cells = round(1 / abs(np.linalg.det(to_super)))
    corners = np.round(np.linalg.inv(to_super)).astype(int)
    reach = np.abs(corners).sum(axis=0)
    grid = np.array(list(np.ndindex(*(2 * reach + 1)))) - reach
    inside = (grid @ to_super + 1e-6) % 1.0
    kept = np.unique(np.round(inside, 5), axis=0, return_index=True)[1]
    if len(kept) != n_cells:
        raise AssertionError(f"expected {n_cells} translations in the supercell, found {len(kept)}")
    return np.array(grid[kept], dtype=float)


def _matched(moved: NDArray[np.float64], positions: NDArray[np.float64], lengths: Sequence[float]) -> NDArray[np.int64]:
    """Index in ``positions`` of each moved site (fractional coordinates, modulo the lattice)."""
    apart = moved[:, None, :] - positions[None, :, :]
    apart -= np.round(apart)
    distance = np.linalg.norm(apart * np.array(lengths), axis=-1)
    nearest: NDArray[np.int64] = distance.argmin(axis=1)
    if distance.min(axis=1).max() > 10 * SYMMETRY_TOLERANCE or len(set(nearest)) != len(nearest):
        raise AssertionError("a symmetry operation does not map the active sites onto each other")
    return nearest
