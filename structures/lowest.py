"""The orderings of lowest energy, found without storing the others: the energy is summed up along the search.

Each position that is filled adds its energy in the field of those filled before and updates the field on those to come;
the energies inside the last positions are tabulated once. Whether an ordering is the least of its orbit is asked only
of those whose energy is low enough.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from selflimit.documents import OrderingDoc, OrderingsDoc
from selflimit.errors import InputError
from selflimit.progress import Progress, silent
from selflimit.structures.cells import CellChoice, DisorderedCell, lay_out
from selflimit.structures.counting import count_in
from selflimit.structures.electrostatics import electrostatic_energy
from selflimit.structures.orderings import Ordering, check_size, walk_in
from selflimit.structures.pair_energies import PairEnergy
from selflimit.structures.parents import Parent
from selflimit.structures.search import Walk, advance, content_key, is_over, mark_least, resume, write_placement
from selflimit.structures.search_state import SearchState, search_key

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

MOST = 20_000_000_000
"""Distinct orderings beyond which the search is refused: an hour or two on one core."""


@dataclass(frozen=True, eq=False)
class RankedOrdering:
    """An ordering with its energy (eV per formula unit)."""

    ordering: Ordering
    energy: float


class Fields(NamedTuple):
    """The energy along a branch.

    Attributes
    ----------
    pair
        J of :class:`~selflimit.structures.pair_energies.PairEnergy` (eV).
    field
        Energy of each species on each position, given the positions filled at each depth (eV), shape
        (n_walked + 1, n_positions, n_species).
    energy
        Energy of the positions filled at each depth (eV), shape (n_walked + 1,).
    inside
        Energy of the pairs among the last positions, for each completion (eV).
    lowest_inside
        The lowest of them for each content, shape (n_contents,).
    valid
        Positions up to which ``field`` and ``energy`` are those of the branch, shape (1,).
    """

    pair: NDArray[np.float64]
    field: NDArray[np.float64]
    energy: NDArray[np.float64]
    inside: NDArray[np.float64]
    lowest_inside: NDArray[np.float64]
    valid: NDArray[np.int64]


@dataclass(eq=False)
class _Kept:
    """The lowest orderings so far, and room for candidates behind them."""

    labels: NDArray[np.int8]
    degeneracies: NDArray[np.int64]
    energies: NDArray[np.float64]
    number: int

    def arrays(self) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.float64]]:
        """Found ones and room behind them."""
        return self.labels, self.degeneracies, self.energies

    def found(self) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.float64]]:
        """Only the found ones."""
        return self.labels[: self.number], self.degeneracies[: self.number], self.energies[: self.number]


def lowest_orderings(
    cell: DisorderedCell,
    keep: int,
    energy: PairEnergy | None = None,
    most: int = MOST,
    progress: Progress = silent,
    checkpoint: Path | None = None,
) -> list[RankedOrdering]:
    """The ``keep`` symmetry-distinct orderings of lowest energy, lowest first, exactly.

    Ties are kept: orderings within ``TIE`` of the last one kept are returned as well, so the list can be longer than
    ``keep``. Among orderings of one energy (to ``TIE``) the more degenerate come first, then the lexicographic order.

    Parameters
    ----------
    cell
        From :func:`selflimit.structures.cells.lay_out`.
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
    walk = walk_in(cell)
    fields = _fields(walk, model)
    kept, limit = _room(2 * keep + 1024, len(cell.active)), np.inf
    state = SearchState(checkpoint, search_key(cell, keep, model)) if checkpoint else None
    if state and (saved := state.load()):
        kept, limit = _compress(_Kept(*saved.kept), keep, TIE * model.units)
        resume(walk, saved.depth, saved.tried)
    while not is_over(walk):
        kept.number = next_low(walk, fields, limit, *kept.arrays(), kept.number, BLOCKS_PER_CALL)
        kept, limit = _compress(kept, keep, TIE * model.units)
        progress(passed_fraction(walk), f"{kept.number} lowest orderings, {passed_fraction(walk):.0%} searched")
        if state:
            state.save_if_due(walk, kept.found())
    if state:
        state.remove()
    return _sorted(
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
    energies = model(placement[cell.permutations[:IMAGES_TRIED]])
    if np.ptp(energies) > ASYMMETRY:
        raise InputError(
            f"expected equal energies for equivalent placements, got {np.ptp(energies):.3g} eV per formula unit "
            "between some; make the site and pair energies symmetric under cell.permutations"
        )


def _fields(walk: Walk, model: PairEnergy) -> Fields:
    rows, walked = walk.completions.rows, len(walk.branch.tried) - 1
    field = np.zeros((walked + 1, *model.site.shape))
    field[0] = model.site
    energy = np.zeros(walked + 1)
    energy[0] = model.constant
    inside = np.zeros(len(rows))
    for i in range(rows.shape[1]):
        for j in range(i):
            inside += model.pair[walked + i, rows[:, i], walked + j, rows[:, j]]
    first = walk.completions.first
    lowest = [inside[a:b].min() if b > a else np.inf for a, b in pairwise(first)]
    return Fields(
        np.ascontiguousarray(model.pair), field, energy, inside, np.array(lowest), np.zeros(1, dtype=np.int64)
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


def _sorted(ranked: list[RankedOrdering]) -> list[RankedOrdering]:
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


@njit(cache=True, no_cfunc_wrapper=True)  # type: ignore[untyped-decorator]
def next_low(
    walk: Walk,
    fields: Fields,
    limit: float,
    labels: NDArray[np.int8],
    degeneracies: NDArray[np.int64],
    energies: NDArray[np.float64],
    number: int,
    blocks: int,
) -> int:  # pragma: no cover - compiled
    """Append the next orderings with energies up to ``limit`` (eV); how many there are then.

    Stops after ``blocks`` blocks, or where the next block may not fit.
    """
    problem, completions, branch, _ = walk
    first, walked, valid = completions.first, len(branch.tried) - 1, fields.valid
    field, energy, ranks = fields.field, fields.energy, branch.ranks
    for _ in range(blocks):
        valid[0] = min(valid[0], advance(problem, branch))
        if branch.depth[0] < 0:
            break
        key = content_key(completions.stride, branch.left)
        if number + first[key + 1] - first[key] > len(labels):
            break
        _add_positions(fields.pair, field, energy, ranks, valid[0], walked)
        valid[0] = walked
        if energy[walked] + fields.lowest_inside[key] + _lowest(field, walked) <= limit:
            number = _low_in_block(walk, fields, key, limit, labels, degeneracies, energies, number)
        branch.depth[0] = walked - 1
    return number


@njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[untyped-decorator]
def _low_in_block(
    walk: Walk,
    fields: Fields,
    key: int,
    limit: float,
    labels: NDArray[np.int8],
    degeneracies: NDArray[np.int64],
    energies: NDArray[np.float64],
    number: int,
) -> int:  # pragma: no cover - compiled
    """Append the low orderings among the completions of the branch; how many there are then."""
    order, walked, rows, field = walk.problem.order, len(walk.branch.tried) - 1, walk.completions.rows, fields.field
    begin, n_positions, has_stabiliser, is_marked = walk.completions.first[key], field.shape[1], False, False
    for j in range(walk.completions.first[key + 1] - begin):
        energy = fields.energy[walked] + fields.inside[begin + j]
        for i in range(walked, n_positions):
            energy += field[walked, i, rows[begin + j, i - walked]]
        if energy > limit:
            continue
        if not is_marked:
            has_stabiliser, is_marked = mark_least(walk, key), True
        if (walk.scratch.least[j >> 6] >> np.uint64(j & 63)) & np.uint64(1):
            write_placement(walk.branch.ranks, walked, rows, begin + j, labels, number)
            degeneracies[number] = order // (walk.scratch.stabiliser[j] if has_stabiliser else 1)
            energies[number] = energy
            number += 1
    return number


@njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _add_positions(
    pair: NDArray[np.float64],
    field: NDArray[np.float64],
    energy: NDArray[np.float64],
    ranks: NDArray[np.int8],
    begin: int,
    end: int,
) -> None:  # pragma: no cover - compiled
    """Energy and field with the positions from ``begin`` to ``end`` filled one after the other."""
    for position in range(begin, end):
        rank = ranks[position]
        energy[position + 1] = energy[position] + field[position, position, rank]
        for i in range(position + 1, field.shape[1]):
            for s in range(field.shape[2]):
                field[position + 1, i, s] = field[position, i, s] + pair[position, rank, i, s]


@njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _lowest(field: NDArray[np.float64], walked: int) -> float:  # pragma: no cover - compiled
    """Lower bound of the energy of the last positions in the field: each takes its best species."""
    bound = 0.0
    for i in range(walked, field.shape[1]):
        best = field[walked, i, 0]
        for s in range(1, field.shape[2]):
            best = min(best, field[walked, i, s])
        bound += best
    return bound


def orderings_document(
    parent: Parent,
    cell: CellChoice = "primitive",
    keep: int = 10,
    progress: Progress = silent,
    checkpoint: Path | None = None,
) -> OrderingsDoc:
    """Count the orderings of ``parent`` in ``cell``, find those of lowest electrostatic energy, and document them.

    Parameters
    ----------
    cell
        'primitive', 'conventional', 'AxBxC' or an integer 3x3 matrix of the conventional cell.
    keep
        Orderings kept, lowest electrostatic energy first; ties of the last one are kept too.
    checkpoint
        As in :func:`lowest_orderings`.

    Raises
    ------
    InputError
        A cell or composition that does not fit, too many orderings, or ``keep`` below 1.
    """
    return lowest_document(lay_out(parent, cell), keep, MOST, progress, checkpoint)


def lowest_document(
    cell: DisorderedCell, keep: int, most: int = MOST, progress: Progress = silent, checkpoint: Path | None = None
) -> OrderingsDoc:
    """:func:`orderings_document` of a cell that is laid out."""
    count = count_in(cell)
    progress(0.0, f"{count.raw:,} orderings, {count.distinct:,} symmetry-distinct")
    ranked = lowest_orderings(cell, keep, most=most, progress=progress, checkpoint=checkpoint)
    return OrderingsDoc(
        parent=cell.parent.name,
        parent_source=cell.parent.source,
        notes=list(cell.parent.notes),
        formula=cell.composition.element_composition.reduced_formula,
        cell=cell.name,
        raw_count=count.raw,
        distinct_count=count.distinct,
        orderings=[
            OrderingDoc(
                structure=one.ordering.structure(), degeneracy=one.ordering.degeneracy, electrostatic_energy=one.energy
            )
            for one in ranked
        ],
    )
