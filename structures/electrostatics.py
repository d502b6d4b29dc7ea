"""Electrostatic ranking of orderings: one Ewald matrix of all sites, then a quadratic form per ordering.

The energy of point charges q on fixed positions is ``E = q^T A q`` with a matrix A that depends on the positions only
(P. P. Ewald, Ann. Phys. 369, 253 (1921), doi:10.1002/andp.19213690304), so orderings of one cell share it. Formal
charges rank by Coulomb energy alone: a filter that decides which orderings are worth a relaxation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Structure

from selflimit.documents import OrderingDoc, OrderingsDoc
from selflimit.errors import InputError
from selflimit.progress import Progress, part_of, silent
from selflimit.structures.cells import VACANCY, CellChoice, DisorderedCell, lay_out
from selflimit.structures.orderings import Ordering, count_in, enumerate_in
from selflimit.structures.parents import Parent, occupancies

TIE = 1e-5
"""Orderings closer than this (eV per formula unit) count as tied: far above the rounding of the Ewald sums (1e-10),
far below any difference that formal charges could mean."""

BATCH = 4096
"""Orderings whose energies are computed together."""


@dataclass(frozen=True, eq=False)
class RankedOrdering:
    """An ordering with the Ewald energy of its formal charges (eV per formula unit)."""

    ordering: Ordering
    energy: float


def rank_by_electrostatics(
    parent: Parent, orderings: Iterable[Ordering], keep: int, progress: Progress = silent
) -> list[RankedOrdering]:
    """The ``keep`` orderings of lowest electrostatic energy, lowest first.

    Ties are kept: orderings within ``TIE`` of the last one kept are returned as well, so the list can be longer than
    ``keep``. Energies that differ by less than ``TIE`` from their neighbour are one group, sorted by larger
    degeneracy, then by labels.

    Parameters
    ----------
    parent
        Parent of the orderings; its formal charges are used.
    orderings
        Orderings of one cell of ``parent``.
    keep
        Number of orderings wanted, at least 1.
    progress
        Told the number of orderings ranked; the fraction is that of the symmetry-distinct orderings of the cell.

    Raises
    ------
    InputError
        ``keep`` below 1, or orderings of different cells.
    """
    if keep < 1:
        raise InputError(f"expected keep >= 1 orderings, got {keep}")
    best: list[RankedOrdering] = []
    coulomb: CoulombEnergy | None = None
    seen = 0
    for batch in _batches(orderings):
        coulomb = coulomb or coulomb_energy(parent, batch[0].cell)
        best = _lowest([*best, *coulomb.rank(batch)], keep)
        seen += len(batch)
        progress(seen / max(seen, coulomb.n_orderings), f"{seen:,} orderings ranked by electrostatics")
    return best


def orderings_document(
    parent: Parent, cell: CellChoice = "primitive", keep: int = 10, progress: Progress = silent
) -> OrderingsDoc:
    """Enumerate, rank and document the orderings of ``parent`` in ``cell``: the stage in one call.

    Parameters
    ----------
    cell
        'primitive', 'conventional', 'AxBxC' or an integer 3x3 matrix of the conventional cell.
    keep
        Orderings kept, lowest electrostatic energy first; ties of the last one are kept too.

    Raises
    ------
    InputError
        A cell or composition that does not fit, too many orderings, or ``keep`` below 1.
    """
    filled = lay_out(parent, cell)
    count = count_in(filled)
    progress(0.0, f"{count.raw:,} orderings, {count.distinct:,} symmetry-distinct")
    ranked = rank_by_electrostatics(parent, enumerate_in(filled), keep, part_of(progress, 0.0, 1.0))
    kept = [
        OrderingDoc(
            structure=one.ordering.structure(), degeneracy=one.ordering.degeneracy, electrostatic_energy=one.energy
        )
        for one in ranked
    ]
    return OrderingsDoc(
        parent=parent.name,
        parent_source=parent.source,
        formula=kept[0].structure.composition.element_composition.reduced_formula,
        cell=filled.name,
        raw_count=count.raw,
        distinct_count=count.distinct,
        orderings=kept,
    )


def ewald_matrix(structure: Structure) -> NDArray[np.float64]:
    """Matrix A (eV/e^2), shape (n_sites, n_sites), with ``E = q^T A q`` for every neutral set of charges q (e).

    Self-interaction is on the diagonal; the term of the neutralising background is left out, so A holds for neutral
    charges only.
    """
    unit = Structure(structure.lattice, ["H+"] * len(structure), structure.frac_coords)
    matrix: NDArray[np.float64] = EwaldSummation(unit).total_energy_matrix  # type: ignore[no-untyped-call]
    return matrix


@dataclass(frozen=True, eq=False)
class CoulombEnergy:
    """Coulomb energy of formal charges in one cell, as a function of its orderings.

    Attributes
    ----------
    cell
        The cell whose orderings are ranked.
    matrix
        Ewald matrix of all its sites (eV/e^2), shape (n_sites, n_sites).
    ordered_charges
        Charge of the ordered sites, 0 on active ones (e), shape (n_sites,).
    species_charges
        Charge of each species of ``cell.species`` (e), shape (n_species,).
    formula_units
        Reduced formula units in the cell.
    n_orderings
        Symmetry-distinct orderings of the cell.
    """

    cell: DisorderedCell
    matrix: NDArray[np.float64]
    ordered_charges: NDArray[np.float64]
    species_charges: NDArray[np.float64]
    formula_units: float
    n_orderings: int

    def rank(self, orderings: list[Ordering]) -> list[RankedOrdering]:
        """The orderings with their energies."""
        if any(ordering.cell is not self.cell for ordering in orderings):
            raise InputError("expected orderings of one cell, got several cells; rank each cell by itself")
        energies = self(np.array([ordering.labels for ordering in orderings]))
        return [RankedOrdering(*pair) for pair in zip(orderings, energies.tolist(), strict=True)]

    def __call__(self, labels: NDArray[np.int8]) -> NDArray[np.float64]:
        """Energies (eV per formula unit) of labels of shape (n, n_active)."""
        charges = np.tile(self.ordered_charges, (len(labels), 1))
        charges[:, self.cell.active] = self.species_charges[labels]
        energies: NDArray[np.float64] = np.einsum("ni,ni->n", charges @ self.matrix, charges) / self.formula_units
        return energies


def coulomb_energy(parent: Parent, cell: DisorderedCell) -> CoulombEnergy:
    """Set up the Coulomb energies of the orderings of ``cell`` with the formal charges of ``parent``."""
    ordered = np.array([parent.charges[next(iter(occupancies(site)))] for site in cell.structure])
    ordered[cell.active] = 0.0
    _check_neutral(parent, cell)
    species = np.array([0.0 if name == VACANCY else parent.charges[name] for name in cell.species])
    units = cell.composition.get_reduced_composition_and_factor()[1]
    return CoulombEnergy(cell, ewald_matrix(cell.structure), ordered, species, units, count_in(cell).distinct)


def _check_neutral(parent: Parent, cell: DisorderedCell) -> None:
    total = sum(parent.charges[str(species)] * amount for species, amount in cell.composition.items())
    if abs(total) > 1e-6:
        raise InputError(
            f"{parent.name}, {cell.name} cell: expected a neutral cell, got {total:+.4g} e for "
            f"{cell.composition.formula}; write the occupancies with more digits or give charges"
        )


def _batches(orderings: Iterable[Ordering]) -> Iterator[list[Ordering]]:
    source = iter(orderings)
    while batch := list(islice(source, BATCH)):
        yield batch


def _lowest(ranked: list[RankedOrdering], keep: int) -> list[RankedOrdering]:
    """The ``keep`` lowest and their ties, in the stated order."""
    by_energy = sorted(ranked, key=lambda one: one.energy)
    energies = np.array([one.energy for one in by_energy])
    groups = np.concatenate([[0], np.cumsum(np.diff(energies) > TIE)])
    last = groups[min(keep, len(groups)) - 1]
    kept = [(int(group), one) for group, one in zip(groups, by_energy, strict=True) if group <= last]
    return [one for _, one in sorted(kept, key=_order)]


def _order(item: tuple[int, RankedOrdering]) -> tuple[int, int, bytes]:
    group, one = item
    return group, -one.ordering.degeneracy, one.ordering.labels.tobytes()
