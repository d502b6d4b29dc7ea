"""The energy of a placement along the search: each filled position acts on those to come.

Each position that is filled adds its energy in the field of those filled before and updates the field on those to come;
the energies inside the last positions are tabulated once.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from selflimit.structures.compiling import inlined
from selflimit.structures.completions import Completions
from selflimit.structures.pair_energies import PairEnergy


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


def fields_of(model: PairEnergy, completions: Completions) -> Fields:
    """Tables and working memory for the energy ``model`` along a search with these ``completions``."""
    rows = completions.rows
    walked = len(model.site) - rows.shape[1]
    field = np.zeros((walked + 1, *model.site.shape))
    field[0] = model.site
    energy = np.zeros(walked + 1)
    energy[0] = model.constant
    inside = np.zeros(len(rows))
    for i in range(rows.shape[1]):
        for j in range(i):
            inside += model.pair[walked + i, rows[:, i], walked + j, rows[:, j]]
    first = completions.first
    lowest = [inside[a:b].min() if b > a else np.inf for a, b in pairwise(first)]
    return Fields(
        np.ascontiguousarray(model.pair), field, energy, inside, np.array(lowest), np.zeros(1, dtype=np.int64)
    )


def no_fields() -> Fields:
    """For a search that asks for no energies: they are 0."""
    nothing = np.empty(0)
    return Fields(np.empty((0,) * 4), np.empty((0,) * 3), nothing, nothing, nothing, np.zeros(1, dtype=np.int64))


@inlined
def lowest_energy(
    fields: Fields, ranks: NDArray[np.int8], walked: int, key: int
) -> float:  # pragma: no cover - compiled
    """Bring the fields up to the branch; lower bound of the energies of its completions of content ``key`` (eV)."""
    bound = 0.0
    if len(fields.energy) > 0:
        _add_positions(fields.pair, fields.field, fields.energy, ranks, fields.valid[0], walked)
        fields.valid[0] = walked
        bound = fields.energy[walked] + fields.lowest_inside[key] + _lowest_outside(fields.field, walked)
    return bound


@inlined
def energy_with(fields: Fields, walked: int, rows: NDArray[np.int8], row: int) -> float:  # pragma: no cover - compiled
    """Energy of the branch with the completion ``rows[row]`` (eV)."""
    energy = 0.0
    if len(fields.energy) > 0:
        energy = fields.energy[walked] + fields.inside[row]
        for i in range(rows.shape[1]):
            energy += fields.field[walked, walked + i, rows[row, i]]
    return energy


@inlined
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


@inlined
def _lowest_outside(field: NDArray[np.float64], walked: int) -> float:  # pragma: no cover - compiled
    """Lower bound of the energy of the last positions in the field: each takes its best species."""
    bound = 0.0
    for i in range(walked, field.shape[1]):
        best = field[walked, i, 0]
        for s in range(1, field.shape[2]):
            if field[walked, i, s] < best:
                best = field[walked, i, s]
        bound += best
    return bound
