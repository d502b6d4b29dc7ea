"""The lowest orderings of a cell that is too large to enumerate: annealed from many placements, merged by symmetry.

Every anneal begins with a placement drawn uniformly from the allowed ones. The orderings that are kept are then
improved together: all exchanges are tried from each of them, one of an orbit standing for all. Then branch and bound
(:mod:`~selflimit.structures.lowest.branch_and_bound`) looks for anything lower.
"""

from dataclasses import dataclass

import numpy as np

from selflimit.arrays import Int8Array
from selflimit.errors import InputError
from selflimit.progress import Progress, silent
from selflimit.structures.lowest.annealing import (
    Landscape,
    anneal,
    landscape_of,
    neighbouring_placements,
    placement_of,
)
from selflimit.structures.lowest.branch_and_bound import search_bounded
from selflimit.structures.lowest.lower_bound import lower_bound
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.electrostatics import electrostatic_energy
from selflimit.structures.orderings.lowest import TIE, RankedOrdering, in_rank_order
from selflimit.structures.orderings.sampling import least_of_orbit, placements_at_random
from selflimit.structures.search.pair_energies import PairEnergy

COOLING_STEPS = 60
"""Temperatures of an anneal, each the same share of the one before."""

QUENCHES = 400
"""Anneals of one step for each site and temperature: they end in many valleys, slow ones mostly in the deepest."""

COLDEST = 1e-3
"""Last temperature as a share of the first, which is the mean size of an exchange's energy."""

STEPS_PER_SITE = 200
"""Exchanges tried for each site at each temperature."""

AGREEING = 5
"""Anneals that must end in the lowest ordering before the search ends."""

KEPT_TIMES = 10
"""Orderings from which exchanges are tried, for each that is kept: the lowest are often not one exchange apart."""

MOST_ANNEALS = 60
"""Anneals after which it ends in any case."""


@dataclass(frozen=True, eq=False)
class Annealed:
    """What the annealing found.

    Attributes
    ----------
    orderings
        The lowest ones, lowest first; the others of their energy that were met as well.
    bound
        No ordering of the cell has a lower energy than this (eV per formula unit); the lowest one's if it is proven.
    is_proven
        Whether branch and bound has shown that these are the lowest ones.
    anneals, agreeing
        Anneals, and how many of them ended within ``TIE`` of the lowest energy.
    """

    orderings: list[RankedOrdering]
    bound: float
    is_proven: bool
    anneals: int
    agreeing: int

    @property
    def gap(self) -> float:
        """Lowest energy that was found minus the bound (eV per formula unit): the most that can be missing."""
        return self.orderings[0].energy - self.bound


def anneal_orderings(
    cell: DisorderedCell,
    keep: int,
    seed: int = 1,
    energy: PairEnergy | None = None,
    progress: Progress = silent,
    superperiodic: bool = True,
) -> Annealed:
    """The ``keep`` orderings of lowest energy that annealing finds, proven by branch and bound where that ends in time.

    Where it does not, the gap to a lower bound says what may be missing.

    Parameters
    ----------
    cell
        From :func:`selflimit.structures.orderings.cells.lay_out`.
    keep
        Number of orderings wanted, at least 1.
    seed
        Same seed, same orderings.
    energy
        Energy model; by default the electrostatic energy of the parent's formal charges.
    progress
        Told how many anneals have agreed.
    superperiodic
        Whether orderings that repeat inside the cell, and so belong to a smaller one, are among them.

    Raises
    ------
    InputError
        ``keep`` below 1, no placement that keeps excluded sites from being filled both, or a charged cell.
    """
    if keep < 1:
        raise InputError(f"expected keep >= 1 orderings, got {keep}")
    model = electrostatic_energy(cell) if energy is None else energy
    empty = np.array([pool.empty for pool in cell.pools], dtype=np.int64)
    landscape = landscape_of(model, cell.pool_of_site, empty[cell.pool_of_site], cell.excluded)
    starts = placements_at_random(cell, seed)
    ends: list[float] = []
    kept = _Lowest(cell, model, landscape, keep, superperiodic)
    for number in range(QUENCHES):
        kept.put(*_annealed(landscape, next(starts), seed * (MOST_ANNEALS + QUENCHES) + number + 1, 1))
    while len(ends) < MOST_ANNEALS and kept.agreeing(ends) < AGREEING:
        labels, reached = _annealed(
            landscape, next(starts), (seed + 1) * (MOST_ANNEALS + QUENCHES) - len(ends), STEPS_PER_SITE
        )
        ends.append(reached / model.units)
        kept.add(labels, reached)
        progress(len(ends) / MOST_ANNEALS, f"{len(ends)} anneals, {kept.agreeing(ends)} ended in the lowest ordering")
    agreeing = kept.agreeing(ends)
    proof = search_bounded(cell, model, kept.ranked(), keep, superperiodic, progress=progress)
    if proof is None:
        counts = [pool.counts for pool in cell.pools]
        bound = lower_bound(model, cell.pool_of_site, counts, empty.tolist(), cell.excluded)
        return Annealed(kept.ranked(), bound, is_proven=False, anneals=len(ends), agreeing=agreeing)
    return Annealed(proof.orderings, proof.bound, proof.is_proven, len(ends), agreeing)


def _annealed(landscape: Landscape, labels: Int8Array, seed: int, steps: int) -> tuple[Int8Array, float]:
    """The placement of lowest energy of one anneal, and its energy (eV).

    Parameters
    ----------
    landscape
        Energies and exclusions.
    labels, seed
        Where it begins, and the seed of its random numbers.
    steps
        Exchanges tried for each site at each temperature.
    """
    placement, lowest = placement_of(landscape, labels, seed), labels.copy()
    _, energies = neighbouring_placements(landscape, labels)
    hottest = float(np.abs(energies - placement.energy[0]).mean()) if len(energies) else 0.0
    if hottest == 0.0:
        # every exchange costs nothing: all placements have this energy
        return labels, float(placement.energy[0])
    temperatures = hottest * COLDEST ** np.linspace(0.0, 1.0, COOLING_STEPS)
    anneal(landscape, placement, temperatures, steps * len(labels), lowest)
    # the running sum has gathered round-off; this is the energy anew
    return lowest, float(placement_of(landscape, lowest, 1).energy[0])


class _Lowest:
    """The lowest orderings so far, each orbit once, and closed under single exchanges.

    Parameters
    ----------
    cell, model, landscape
        What is filled, and its energies.
    keep, superperiodic
        As in :func:`anneal_orderings`.
    """

    def __init__(
        self, cell: DisorderedCell, model: PairEnergy, landscape: Landscape, keep: int, superperiodic: bool
    ) -> None:
        self.moves = cell.translations[:0] if superperiodic else cell.translations[1:]
        self.cell, self.model, self.landscape, self.keep = cell, model, landscape, keep
        self.width = KEPT_TIMES * keep
        self.found: dict[bytes, RankedOrdering] = {}
        self.expanded: set[bytes] = set()

    def agreeing(self, ends: list[float]) -> int:
        """How many anneals ended at the lowest energy (eV per formula unit)."""
        lowest = min((one.energy for one in self.found.values()), default=np.inf)
        return sum(end <= lowest + TIE for end in ends)

    def add(self, labels: Int8Array, energy: float) -> None:
        """Add an ordering, and all that exchanges lead to from it and are among the lowest (energies in eV)."""
        self.put(labels, energy)
        while todo := [key for key in self._lowest() if key not in self.expanded]:
            for key in todo:
                self.expanded.add(key)
                limit = self._limit(self.width)
                near, energies = neighbouring_placements(self.landscape, self.found[key].ordering.labels)
                for row in np.argsort(energies, kind="stable"):
                    # sorted by energy, all that follow are higher
                    if energies[row] / self.model.units > limit:
                        break
                    self.put(near[row], float(energies[row]))

    def ranked(self) -> list[RankedOrdering]:
        """The lowest ones and those that tie with the last."""
        limit = self._limit(self.keep)
        return in_rank_order([one for one in self.found.values() if one.energy <= limit])

    def put(self, labels: Int8Array, energy: float) -> None:
        """Add an ordering of that energy (eV), unless it repeats inside the cell and such ones are not wanted."""
        if any((labels[move] == labels).all() for move in self.moves):
            return
        # one ordering stands for its orbit, or the list would fill with copies of the lowest
        ordering = least_of_orbit(self.cell, labels)
        self.found.setdefault(ordering.labels.tobytes(), RankedOrdering(ordering, energy / self.model.units))

    def _limit(self, number: int) -> float:
        """Energy of the ordering in place ``number`` and its ties (eV per formula unit)."""
        energies = sorted(one.energy for one in self.found.values())
        # ties with the last belong to the list, as in the exhaustive search
        return energies[number - 1] + TIE if len(energies) >= number else np.inf

    def _lowest(self) -> list[bytes]:
        """Those from which exchanges are tried."""
        limit = self._limit(self.width)
        return [key for key, one in self.found.items() if one.energy <= limit]
