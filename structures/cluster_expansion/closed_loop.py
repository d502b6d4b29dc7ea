"""The lowest relaxed orderings with few relaxations: relax some, learn cluster energies, search, relax, and so on.

Each round relaxes the orderings that the expansion puts lowest, and one whose energy might be low for all it knows
(lower confidence bound: D. D. Cox and S. John, IEEE Int. Conf. Systems, Man and Cybernetics 1992, 1241). The loop ends
when ``PATIENCE`` rounds have found nothing lower and nothing lower is predicted within the error of the expansion.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError, InputError
from selflimit.progress import Progress, silent
from selflimit.structures.cluster_expansion.clusters import TRIPLET_REACH, Clusters, find_clusters
from selflimit.structures.cluster_expansion.fit import ClusterExpansion, fit_energies, variables_of
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.electrostatics import electrostatic_energy
from selflimit.structures.orderings.orderings import Ordering, enumerate_in
from selflimit.structures.orderings.sampling import sample_in
from selflimit.structures.relaxation.ordering_energies import above_hull

MOST_CANDIDATES = 50_000
"""Orderings of a cell that are all candidates; of more, so many are drawn."""

CONFIDENCE = 2.0
"""Standard deviations below its energy at which an ordering is still hoped for."""

NEW_ON_HULL = 1e-4
"""Energy (eV per atom) by which an ordering must lie below the lowest one to be new: above what is rounding."""

PATIENCE = 2
"""Rounds without anything new after which the loop ends."""

FEWEST_ENERGIES = 3
"""Energies from which an expansion is learned, at least."""

Oracle = Callable[[Sequence[Ordering], Sequence[int]], Sequence[float]]
"""Relaxed energies (eV per atom) of orderings, given with their numbers; nan where the relaxation failed."""


@dataclass(frozen=True, eq=False)
class LearnedOrderings:
    """What the loop found.

    Attributes
    ----------
    candidates
        All orderings that were candidates.
    relaxed
        Numbers of those that were relaxed, in the order in which they were.
    energies
        Their relaxed energies (eV per atom), nan where a relaxation failed, shape (n_relaxed,).
    heights
        Energies above the hull of all relaxed ones (eV per atom), nan where a relaxation failed, shape (n_relaxed,).
    expansion
        The last expansion.
    rounds
        Fits that were made.
    is_converged
        Whether ``PATIENCE`` rounds found nothing lower and nothing lower is predicted; else the relaxations ran out.
    """

    candidates: list[Ordering]
    relaxed: list[int]
    energies: FloatArray
    heights: FloatArray
    expansion: ClusterExpansion
    rounds: int
    is_converged: bool


def candidates_of(cells: Sequence[DisorderedCell], seed: int) -> list[Ordering]:
    """All orderings of the cells, or a uniform sample of those with more than ``MOST_CANDIDATES``."""
    found: list[Ordering] = []
    for cell in cells:
        if count_in(cell).distinct <= MOST_CANDIDATES:
            found += [ordering for block in enumerate_in(cell) for ordering in block]
        else:
            found += sample_in(cell, MOST_CANDIDATES, seed)
    return found


def learn_orderings(
    cells: Sequence[DisorderedCell],
    relax: Oracle,
    most: int,
    seed: int = 1,
    batch: int = 3,
    triplet_reach: float = TRIPLET_REACH,
    progress: Progress = silent,
) -> LearnedOrderings:
    """The lowest relaxed orderings of a supercell, found with at most ``most`` relaxations.

    Parameters
    ----------
    cells
        One supercell with one or several compositions (alloys, ranges of a composition), with formal charges.
    relax
        What gives relaxed energies.
    most
        Relaxations, at least 4.
    seed
        Of the sample to begin with: same seed, same relaxations.
    batch
        Orderings that are relaxed together.
    triplet_reach
        Largest distance inside a triplet (Angstrom).
    progress
        Told how many orderings are relaxed.

    Raises
    ------
    InputError
        ``most`` or ``batch`` too small, or cells of different supercells.
    ConvergenceError
        Fewer than three relaxations succeeded.
    """
    if most < 4 or batch < 1:
        raise InputError(f"expected at least 4 relaxations, in batches of at least 1, got {most} and {batch}")
    clusters = find_clusters(cells, triplet_reach)
    candidates = candidates_of(cells, seed)
    variables = _variables(candidates, clusters)
    known = _Known(candidates, relax, most)
    known.relax(_diverse(variables, max(4, batch), seed), progress)
    rounds, unchanged = 0, 0
    while True:
        expansion = fit_energies(clusters, variables[known.numbers], known.energies_of_numbers())
        rounds += 1
        chosen = _choose(expansion, variables, known, batch)
        is_converged = not chosen or (unchanged >= PATIENCE and not _is_lower_expected(expansion, variables, known))
        if is_converged or len(known.relaxed) >= most:
            break
        before = known.lowest()
        known.relax(chosen, progress)
        is_new = any(energy < before.get(cell, np.inf) - NEW_ON_HULL for cell, energy in known.lowest().items())
        unchanged = 0 if is_new else unchanged + 1
    relaxed, energies = list(known.relaxed), np.array(list(known.relaxed.values()))
    return LearnedOrderings(candidates, relaxed, energies, _heights(candidates, known), expansion, rounds, is_converged)


class _Known:
    """What has been relaxed so far.

    Parameters
    ----------
    candidates, relax, most
        As in :func:`learn_orderings`.
    """

    def __init__(self, candidates: Sequence[Ordering], relax: Oracle, most: int) -> None:
        self.candidates, self.oracle, self.most = candidates, relax, most
        self.relaxed: dict[int, float] = {}

    @property
    def numbers(self) -> list[int]:
        """Candidates with an energy."""
        return [number for number, energy in self.relaxed.items() if np.isfinite(energy)]

    def energies_of_numbers(self) -> FloatArray:
        """Their energies (eV per atom)."""
        return np.array([self.relaxed[number] for number in self.numbers])

    def lowest(self) -> dict[int, float]:
        """Lowest energy of each cell, by the cell's identity (eV per atom)."""
        found: dict[int, float] = {}
        for number in self.numbers:
            cell = id(self.candidates[number].cell)
            found[cell] = min(found.get(cell, np.inf), self.relaxed[number])
        return found

    def relax(self, chosen: Sequence[int], progress: Progress) -> None:
        """Relax more candidates, as many as may still be.

        Raises
        ------
        ConvergenceError
            There are fewer than three energies afterwards.
        """
        new = list(chosen)[: self.most - len(self.relaxed)]
        energies = self.oracle([self.candidates[number] for number in new], new)
        self.relaxed |= dict(zip(new, map(float, energies), strict=True))
        progress(len(self.relaxed) / self.most, f"{len(self.relaxed)} of {len(self.candidates):,} orderings relaxed")
        if len(self.numbers) < FEWEST_ENERGIES:
            raise ConvergenceError(
                f"{len(self.numbers)} of {len(self.relaxed)} relaxations succeeded, at least {FEWEST_ENERGIES} are "
                "needed to learn from; check the crystal or take another force field"
            )


def _variables(candidates: Sequence[Ordering], clusters: Clusters) -> FloatArray:
    """Variables of all candidates, shape (n, n_variables)."""
    cells = {id(one.cell): one.cell for one in candidates}
    counts, electrostatic = np.empty((len(candidates), len(clusters.size))), np.empty(len(candidates))
    for key, cell in cells.items():
        rows = [number for number, one in enumerate(candidates) if id(one.cell) == key]
        labels = np.array([candidates[number].labels for number in rows])
        counts[rows] = clusters.count(cell, labels)
        model = electrostatic_energy(cell)
        electrostatic[rows] = model(labels) * model.units / cell.composition.num_atoms
    return variables_of(counts, electrostatic - electrostatic.min())


def _diverse(variables: FloatArray, number: int, seed: int) -> list[int]:
    """Candidates far apart in their clusters, one of them drawn: each farthest from those before."""
    # variables in units of their spread, so that none hides the others
    spread = variables.std(axis=0)
    scaled = variables[:, spread > 0] / spread[spread > 0]
    chosen = [int(np.random.default_rng(seed).integers(len(variables)))]
    distance = np.full(len(variables), np.inf)
    while len(chosen) < min(number, len(variables)):
        distance = np.minimum(distance, ((scaled - scaled[chosen[-1]]) ** 2).sum(axis=1))
        distance[chosen] = -1.0
        chosen.append(int(distance.argmax()))
    return chosen


def _choose(expansion: ClusterExpansion, variables: FloatArray, known: _Known, batch: int) -> list[int]:
    """Of each cell the candidates that are predicted lowest, the last of them by its lower confidence bound."""
    energies, deviations = expansion.predict(variables)
    cells = np.array([id(one.cell) for one in known.candidates])
    chosen: list[int] = []
    for cell in dict.fromkeys(cells.tolist()):
        left = [int(number) for number in np.flatnonzero(cells == cell) if int(number) not in known.relaxed]
        by_energy = sorted(left, key=lambda number: energies[number])[: max(1, batch - 1)]
        hopeful = sorted(set(left) - set(by_energy), key=lambda n: energies[n] - CONFIDENCE * deviations[n])
        chosen += (by_energy + hopeful)[:batch]
    return chosen


def _is_lower_expected(expansion: ClusterExpansion, variables: FloatArray, known: _Known) -> bool:
    """Whether an ordering that is not relaxed may, within the expansion's error, be lower than all of its cell."""
    energies, _ = expansion.predict(variables)
    lowest = known.lowest()
    cells = [id(one.cell) for one in known.candidates]
    return any(
        energies[number] - expansion.error < lowest.get(cell, np.inf)
        for number, cell in enumerate(cells)
        if number not in known.relaxed
    )


def _heights(candidates: Sequence[Ordering], known: _Known) -> FloatArray:
    """Energies above the hull of all that were relaxed (eV per atom), nan where a relaxation failed."""
    compositions = [candidates[number].cell.composition.element_composition for number in known.numbers]
    above = dict(zip(known.numbers, above_hull(compositions, known.energies_of_numbers().tolist()), strict=True))
    return np.array([above.get(number, np.nan) for number in known.relaxed])
