"""The orderings of lowest energy, found without storing the others: the energy is summed up along the search.

Each position that is filled adds its energy in the field of those filled before and updates the field on those to come;
the energies inside the last positions are tabulated once. Whether an ordering is the least of its orbit is asked only
of those whose energy is low enough.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from selflimit.arrays import FloatArray, Int8Array, IntArray
from selflimit.errors import InputError
from selflimit.progress import Progress, silent
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.electrostatics import electrostatic_energy
from selflimit.structures.orderings.orderings import Ordering, walk_in
from selflimit.structures.orderings.search_checkpoint import SearchState, search_key
from selflimit.structures.orderings.search_cost import check_size
from selflimit.structures.search.pair_energies import PairEnergy
from selflimit.structures.search.partial_energies import fields_of
from selflimit.structures.search.walk import Walk, is_over, next_orderings, resume_walk

TIE = 1e-5
"""Orderings closer than this (eV per formula unit) count as tied: far above the rounding of the sums (1e-10), far
below any difference that formal charges could mean."""

ASYMMETRY = 1e-3
"""Difference between equivalent placements (eV per formula unit) that rounded coordinates can make."""

IMAGES_TRIED = 256
"""Equivalent placements that the symmetry of a given energy is tried on."""

MOST_TIES = 100_000
"""Orderings that may tie with the last one that is kept; with more the energies do not tell orderings apart."""

BLOCKS_PER_CALL = 50_000
"""Blocks of completions after which the compiled search reports: about 0.2 s."""

MOST_SEARCHED = 1_000_000_000
"""Distinct orderings beyond which the search is refused: one to ten minutes on one core."""


@dataclass(frozen=True, eq=False)
class RankedOrdering:
    """An ordering with its energy (eV per formula unit)."""

    ordering: Ordering
    energy: float


@dataclass(eq=False)
class _Kept:
    """The lowest orderings so far, and room for candidates behind them."""

    labels: Int8Array
    degeneracies: IntArray
    energies: FloatArray
    number: int

    def arrays(self) -> tuple[Int8Array, IntArray, FloatArray]:
        """Found ones and room behind them."""
        return self.labels, self.degeneracies, self.energies

    def found(self) -> tuple[Int8Array, IntArray, FloatArray]:
        """Only the found ones."""
        return self.labels[: self.number], self.degeneracies[: self.number], self.energies[: self.number]


def lowest_orderings(
    cell: DisorderedCell,
    keep: int,
    energy: PairEnergy | None = None,
    most: int = MOST_SEARCHED,
    progress: Progress = silent,
    checkpoint: Path | None = None,
    superperiodic: bool = True,
) -> list[RankedOrdering]:
    """The ``keep`` symmetry-distinct orderings of lowest energy, lowest first, exactly.

    >>> from selflimit.structures import parent_cell
    >>> from selflimit.structures.orderings.cells import lay_out
    >>> [f"{one.energy:.3f}" for one in lowest_orderings(lay_out(parent_cell("LZC-A")), keep=2)]  # eV per formula unit
    ['-98.139', '-98.132']

    Ties are kept: orderings within ``TIE`` of the last one kept are returned as well, so the list can be longer than
    ``keep``. Among orderings of one energy (to ``TIE``) the more degenerate come first, then the lexicographic order.

    Parameters
    ----------
    cell
        From :func:`selflimit.structures.orderings.cells.lay_out`.
    keep
        Number of orderings wanted, at least 1.
    energy
        Energy model; by default the electrostatic energy of the parent's formal charges.
    most
        Refuse more distinct orderings than this.
    progress
        Told the fraction of the placements that have been passed.
    checkpoint
        File (.npz) that keeps the state of a search that takes longer than ``CHECKPOINT_INTERVAL``, so that the same
        call goes on after an interruption; it is removed at the end. Default: none.
    superperiodic
        Whether orderings that repeat inside the cell, and so belong to a smaller one, are among them.

    Raises
    ------
    InputError
        ``keep`` below 1, more than ``most`` orderings, more than ``MOST_TIES`` ties, a charged cell, or an energy model
        of another shape or lower symmetry than the cell.
    """
    if keep < 1:
        raise InputError(f"expected keep >= 1 orderings, got {keep}")
    check_size(cell.parent, count_in(cell).distinct, most, len(cell.permutations))
    model = electrostatic_energy(cell) if energy is None else energy
    if energy is not None:
        _check_shapes(cell, model)
        _check_symmetry(cell, model)
    walk = walk_in(cell, superperiodic)
    fields = fields_of(model, walk.completions)
    kept, limit = _room(2 * keep + 1024, len(cell.active)), np.inf
    state = SearchState(checkpoint, search_key(cell, keep, model, superperiodic)) if checkpoint else None
    if state and (saved := state.load()):
        kept, limit = _compress(_Kept(*saved.kept), keep, TIE * model.units)
        resume_walk(walk, saved.depth, saved.tried)
    while not is_over(walk):
        kept.number = next_orderings(walk, fields, limit, *kept.arrays(), kept.number, BLOCKS_PER_CALL)
        kept, limit = _compress(kept, keep, TIE * model.units)
        progress(passed_fraction(walk), f"{kept.number} lowest orderings, {passed_fraction(walk):.0%} searched")
        if state:
            state.save_if_due(walk, kept.found())
    if state:
        state.remove()
    return in_rank_order(
        [
            RankedOrdering(Ordering(cell, row.copy(), int(degeneracy)), float(value / model.units))
            for row, degeneracy, value in zip(*kept.found(), strict=True)
        ]
    )


def _check_shapes(cell: DisorderedCell, model: PairEnergy) -> None:
    n_active = len(cell.active)
    n_species = max((len(pool.species) for pool in cell.pools), default=1)
    expected = (n_active, n_species), (n_active, n_species, n_active, n_species)
    if (model.site.shape, model.pair.shape) != expected:
        raise InputError(
            f"expected site and pair energies of shapes {expected[0]} and {expected[1]} for this cell, got "
            f"{model.site.shape} and {model.pair.shape}"
        )


def _check_symmetry(cell: DisorderedCell, model: PairEnergy) -> None:
    """An energy that differs between equivalent placements has no lowest ordering: try one placement's images."""
    pools = [np.repeat(np.arange(len(pool.counts)), pool.counts) for pool in cell.pools]
    random = np.random.default_rng(0)
    placement = np.concatenate([np.empty(0, dtype=int), *map(random.permutation, pools)]).astype(np.int8)
    tried = random.permutation(len(cell.permutations))[:IMAGES_TRIED]
    energies = model(placement[cell.permutations[tried]])
    if np.ptp(energies) > ASYMMETRY:
        raise InputError(
            f"expected equal energies for equivalent placements, got {np.ptp(energies):.3g} eV per formula unit "
            "between some; make the site and pair energies symmetric under cell.permutations"
        )


def _room(size: int, n_active: int) -> _Kept:
    return _Kept(np.empty((size, n_active), dtype=np.int8), np.empty(size, dtype=np.int64), np.empty(size), 0)


def _compress(kept: _Kept, keep: int, tie: float) -> tuple[_Kept, float]:
    """The lowest and their ties, with room for as many candidates again; and the highest energy of interest."""
    energies = kept.energies[: kept.number]
    limit = float(np.partition(energies, keep - 1)[keep - 1] + tie) if kept.number >= keep else np.inf
    low = np.flatnonzero(energies <= limit)
    if len(low) > keep + MOST_TIES:
        raise InputError(
            f"more than {MOST_TIES} orderings have the same energy as the one in place {keep}: this energy does not "
            "tell the orderings apart; enumerate or sample them, or give another energy"
        )
    room = _room(max(len(kept.energies), 2 * len(low) + 1024), kept.labels.shape[1])
    room.labels[: len(low)], room.degeneracies[: len(low)] = kept.labels[low], kept.degeneracies[low]
    room.energies[: len(low)], room.number = energies[low], len(low)
    return room, limit


def in_rank_order(ranked: list[RankedOrdering]) -> list[RankedOrdering]:
    """Lowest first; groups of one energy by degeneracy, then labels."""
    by_energy = sorted(ranked, key=lambda one: one.energy)
    group, groups = 0, []
    for before, one in zip([None, *by_energy], by_energy, strict=False):
        group += before is not None and one.energy - before.energy > TIE
        groups.append(group)
    order = sorted(
        zip(groups, by_energy, strict=True),
        key=lambda item: (item[0], -item[1].ordering.degeneracy, item[1].ordering.labels.tobytes()),
    )
    return [one for _, one in order]


def passed_fraction(walk: Walk) -> float:
    """Fraction of all placements that lie before the walk's branch in lexicographic order."""
    if is_over(walk):
        return 1.0
    left = [row.copy() for row in walk.problem.counts]
    below = 0.0
    share = 1.0
    for position in range(int(walk.branch.depth[0])):
        k, rank = walk.problem.pool[position], walk.branch.ranks[position]
        size = left[k].sum()
        below += share * left[k][:rank].sum() / size
        share *= left[k][rank] / size
        left[k][rank] -= 1
    return min(1.0, below)
