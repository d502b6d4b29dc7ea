"""The lowest orderings with proof where they are too many to enumerate: branch and bound on the pair energies.

All placements whose energy is not above that of the last ordering that is kept are found; one of each orbit stands for
the others. A good list to begin with, from annealing, makes the search short.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from selflimit.arrays import Int8Array, IntArray
from selflimit.progress import Progress, silent
from selflimit.structures.lowest.binary_form import BinaryForm, binary_form
from selflimit.structures.lowest.bounded_search import BoundBranch, branch_of, next_placements, tables_of
from selflimit.structures.lowest.convex_bound import ConvexBound, convex_bound
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.lowest import TIE, RankedOrdering, in_rank_order
from selflimit.structures.orderings.sampling import least_of_orbit
from selflimit.structures.search.pair_energies import PairEnergy

MOST_BRANCHES = 100_000_000
"""Branches that are looked at before the search gives up: ten to twenty seconds."""

BRANCHES_PER_CALL = 5_000_000
"""Branches after which the compiled search reports: about half a second."""

PLACEMENTS_PER_CALL = 4096
"""Placements that a call may find; then the highest energy of interest is lowered."""

ROUNDING = 1e-7
"""Rounding of the sums along a branch (eV): far above what doubles make, far below ``TIE``."""


@dataclass(frozen=True, eq=False)
class BoundedSearch:
    """What the branch and bound found.

    Attributes
    ----------
    orderings
        The lowest ones, lowest first, with the ties of the last one.
    bound
        No ordering has a lower energy (eV per formula unit); the lowest one's energy if it is proven.
    is_proven
        Whether the whole tree was searched, so that these are the lowest orderings.
    branches
        Branches that were looked at.
    """

    orderings: list[RankedOrdering]
    bound: float
    is_proven: bool
    branches: int


def search_bounded(
    cell: DisorderedCell,
    model: PairEnergy,
    known: Sequence[RankedOrdering],
    keep: int,
    superperiodic: bool = True,
    most_branches: int = MOST_BRANCHES,
    progress: Progress = silent,
) -> BoundedSearch | None:
    """The ``keep`` lowest orderings, with proof if ``most_branches`` suffice; None where no good bound can be had.

    Parameters
    ----------
    cell
        From :func:`selflimit.structures.orderings.cells.lay_out`.
    model
        The energy.
    known
        At least ``keep`` orderings of low energy.
    keep
        Number of orderings wanted.
    superperiodic
        Whether orderings that repeat inside the cell, and so belong to a smaller one, are among them.
    most_branches
        Branches that are looked at, at most.
    progress
        Told how many branches of ``most_branches`` have been looked at.
    """
    counts, empty = [pool.counts for pool in cell.pools], [pool.empty for pool in cell.pools]
    form = binary_form(model, cell.pool_of_site, counts, empty, cell.excluded)
    least = convex_bound(form, cell.permutations, cell.pool_of_site)
    if least is None:
        return None
    kept = _Kept(cell, model, keep, superperiodic, known)
    branch = _search(cell, form, least, kept, most_branches, progress)
    is_proven = bool(branch.depth[0] < 0)
    ranked = kept.ranked()
    bound = ranked[0].energy if is_proven else min(least.bound / model.units, ranked[0].energy)
    return BoundedSearch(ranked, bound, is_proven, int(branch.depth[1]))


def _search(
    cell: DisorderedCell, form: BinaryForm, least: ConvexBound, kept: "_Kept", most: int, progress: Progress
) -> BoundBranch:
    """Search the tree and put what is low enough into ``kept``; where the search ended."""
    empty = np.array([pool.empty for pool in cell.pools], dtype=np.int64)
    tables = tables_of(form, least, cell.pool_of_site, empty[cell.pool_of_site], cell.excluded)
    branch = branch_of(tables, _table(cell, tables.number.shape[1]), least.bound)
    labels = np.empty((PLACEMENTS_PER_CALL, len(cell.active)), dtype=np.int8)
    while branch.depth[0] >= 0 and branch.depth[1] < most:
        until = min(most, int(branch.depth[1]) + BRANCHES_PER_CALL)
        found = next_placements(tables, branch, kept.limit + ROUNDING, until, labels)
        kept.add(labels[:found])
        progress(branch.depth[1] / most, f"{branch.depth[1]:,} branches searched")
    return branch


def _table(cell: DisorderedCell, n_species: int) -> IntArray:
    """Sites that each species takes, shape (n_pools, n_species)."""
    table = np.zeros((len(cell.pools), n_species), dtype=np.int64)
    for k, pool in enumerate(cell.pools):
        table[k, : len(pool.counts)] = pool.counts
    return table


class _Kept:
    """The lowest orderings so far, each orbit once.

    Parameters
    ----------
    cell, model
        What is filled, and its energies.
    keep, superperiodic, known
        As in :func:`search_bounded`.
    """

    def __init__(
        self, cell: DisorderedCell, model: PairEnergy, keep: int, superperiodic: bool, known: Sequence[RankedOrdering]
    ) -> None:
        self.cell, self.model, self.keep = cell, model, keep
        self.moves = cell.translations[:0] if superperiodic else cell.translations[1:]
        self.found = {one.ordering.labels.tobytes(): one for one in known}

    @property
    def limit(self) -> float:
        """Highest energy of interest (eV): that of the last ordering that is kept, and its ties."""
        energies = sorted(one.energy for one in self.found.values())
        return (energies[self.keep - 1] + TIE) * self.model.units if len(energies) >= self.keep else np.inf

    def add(self, placements: Int8Array) -> None:
        """Add placements, shape (n, n_sites)."""
        # images of one ordering come by the dozen: each is asked once for its orbit
        for labels in np.unique(placements, axis=0):
            if any((labels[move] == labels).all() for move in self.moves):
                continue
            ordering = least_of_orbit(self.cell, labels)
            key = ordering.labels.tobytes()
            if key not in self.found:
                self.found[key] = RankedOrdering(ordering, float(self.model(ordering.labels[None])[0]))
        limit = self.limit / self.model.units
        self.found = {key: one for key, one in self.found.items() if one.energy <= limit}

    def ranked(self) -> list[RankedOrdering]:
        """The lowest ones, in order."""
        limit = self.limit / self.model.units
        return in_rank_order([one for one in self.found.values() if one.energy <= limit])
