"""The energy of a placement along the search: each filled position acts on those to come.

Each position that is filled adds its energy in the field of those filled before and updates the field on those to come;
the energies inside the last positions are tabulated once.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray, Int8Array, IntArray
from selflimit.structures.search.compiling import inlined
from selflimit.structures.search.last_sites import Completions
from selflimit.structures.search.pair_energies import PairEnergy


class PartialEnergies(NamedTuple):
    """The energy along a branch; species s on position p is number ``p * n_species + s``.

    Attributes
    ----------
    pair
        J of :class:`~selflimit.structures.search.pair_energies.PairEnergy` (eV), shape (n_positions * n_species,)
        twice.
    field
        Energy of each species on each position, given the positions filled at each depth (eV), shape
        (n_walked + 1, n_positions * n_species).
    energy
        Energy of the positions filled at each depth (eV), shape (n_walked + 1,).
    inside
        Energy of the pairs among the last positions, for each completion (eV).
    lowest_inside
        The lowest of them for each content, shape (n_contents,).
    valid
        Positions up to which ``field`` and ``energy`` are those of the branch, shape (1,).
    """

    pair: FloatArray
    field: FloatArray
    energy: FloatArray
    inside: FloatArray
    lowest_inside: FloatArray
    valid: IntArray


def fields_of(model: PairEnergy, completions: Completions) -> PartialEnergies:
    """Tables and working memory for the energy ``model`` along a search with these ``completions``."""
    rows = completions.rows
    walked = len(model.site) - rows.shape[1]
    field = np.zeros((walked + 1, model.site.size))
    field[0] = model.site.ravel()
    energy = np.zeros(walked + 1)
    energy[0] = model.constant
    inside = np.zeros(len(rows))
    for i in range(rows.shape[1]):
        for j in range(i):
            inside += model.pair[walked + i, rows[:, i], walked + j, rows[:, j]]
    first = completions.first
    lowest = [inside[a:b].min() if b > a else np.inf for a, b in pairwise(first)]
    pair = np.ascontiguousarray(model.pair).reshape(model.site.size, model.site.size)
    return PartialEnergies(pair, field, energy, inside, np.array(lowest), np.zeros(1, dtype=np.int64))


def no_fields() -> PartialEnergies:
    """For a search that asks for no energies: they are 0."""
    table, nothing = np.empty((0, 0)), np.empty(0)
    return PartialEnergies(table, table, nothing, nothing, nothing, np.zeros(1, dtype=np.int64))


@inlined
def lowest_energy(
    fields: PartialEnergies, ranks: Int8Array, n_species: int, walked: int, key: np.int64
) -> float:  # pragma: no cover - compiled
    """Bring the fields up to the branch; lower bound of the energies of its completions of content ``key`` (eV).

    Each of the last positions takes the species of lowest energy in the field.

    Parameters
    ----------
    fields
        Tables and working memory.
    ranks, walked
        Species rank on each position, shape (n_positions,), and how many of the first ones are filled.
    n_species
        Ranks in each pool.
    key
        Content of the completions.
    """
    pair, field, energy, valid = fields.pair, fields.field, fields.energy, fields.valid
    bound = 0.0
    if len(energy) > 0:
        for p in range(valid[0], walked):
            here, later = p * n_species + ranks[p], (p + 1) * n_species
            energy[p + 1] = energy[p] + field[p, here]
            for i in range(later, field.shape[1]):
                field[p + 1, i] = field[p, i] + pair[here, i]
        valid[0] = walked
        bound = energy[walked] + fields.lowest_inside[key]
        for first in range(walked * n_species, field.shape[1], n_species):
            best = field[walked, first]
            for i in range(first + 1, first + n_species):
                if field[walked, i] < best:
                    best = field[walked, i]
            bound += best
    return bound


@inlined
def energy_with(
    fields: PartialEnergies, n_species: int, walked: int, rows: Int8Array, row: int
) -> float:  # pragma: no cover - compiled
    """Energy of the branch with one of its completions (eV).

    Parameters
    ----------
    fields, n_species, walked
        As in :func:`lowest_energy`, which has brought them up to the branch.
    rows, row
        All completions, shape (n_completions, n_last), and the number of this one.
    """
    energy = 0.0
    if len(fields.energy) > 0:
        energy = fields.energy[walked] + fields.inside[row]
        for p in range(rows.shape[1]):
            energy += fields.field[walked, (walked + p) * n_species + rows[row, p]]
    return energy
