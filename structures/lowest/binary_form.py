"""An energy of sites and pairs as a quadratic form of numbers that are 0 or 1.

Each species on each site is one number, except one species of each pool, which is there where none of the others is.
With y = (1, x) the energy is E = y^T M y.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from selflimit.arrays import BoolArray, FloatArray, IntArray
from selflimit.structures.search.pair_energies import PairEnergy


class BinaryForm(NamedTuple):
    """The form and what its numbers mean; number 0 is the constant 1.

    Attributes
    ----------
    matrix
        M (eV), symmetric, 0 on the diagonal but for the constant, shape (n + 1, n + 1).
    site, rank
        Site and species rank of each number, -1 for the constant, shape (n + 1,).
    reference
        Rank of the species of each pool that has no numbers.
    classes
        For each pool and rank with numbers: which numbers, and how many of them are 1.
    never
        Which pairs of numbers are never both 1, shape (n + 1, n + 1).
    """

    matrix: FloatArray
    site: IntArray
    rank: IntArray
    reference: tuple[int, ...]
    classes: tuple[tuple[IntArray, int], ...]
    never: BoolArray


def binary_form(
    model: PairEnergy, pool: IntArray, counts: Sequence[Sequence[int]], empty: Sequence[int], excluded: IntArray
) -> BinaryForm:
    """The form of an energy model; parameters as :func:`selflimit.structures.lowest.lower_bound.lower_bound`."""
    # the empty site, whose pairs cost nothing, is what is left; else the most frequent species
    reference = tuple(e if e >= 0 else int(np.argmax(row)) for e, row in zip(empty, counts, strict=True))
    numbers = [(i, s) for i, k in enumerate(pool.tolist()) for s in range(len(counts[k])) if s != reference[k]]
    site, rank = np.array([(-1, -1), *numbers], dtype=np.int64).T
    of_class = [
        (np.flatnonzero((pool[site] == k) & (rank == s) & (site >= 0)), row[s])
        for k, row in enumerate(counts)
        for s in range(len(row))
        if s != reference[k]
    ]
    never = site[:, None] == site
    is_ion = rank != np.array([*empty, -2])[np.where(site >= 0, pool[site], -1)]
    excludes = np.zeros((len(pool), len(pool)), dtype=bool)
    excludes[excluded[:, 0], excluded[:, 1]] = excludes[excluded[:, 1], excluded[:, 0]] = True
    never |= excludes[site[:, None], site] & is_ion[:, None] & is_ion
    np.fill_diagonal(never, val=False)
    never[0] = never[:, 0] = False
    return BinaryForm(
        _matrix(model, site[1:], rank[1:], np.array(reference)[pool]), site, rank, reference, tuple(of_class), never
    )


def _matrix(model: PairEnergy, site: IntArray, rank: IntArray, reference: IntArray) -> FloatArray:
    """M: what each species costs instead of the reference of its site, and each two of them together (eV)."""
    n_sites = len(reference)
    everywhere = np.arange(n_sites)
    pair = np.array(model.pair, dtype=float)
    pair[everywhere, :, everywhere, :] = 0.0
    beside = pair[:, :, everywhere, reference]
    field = (model.site + beside.sum(axis=2))[everywhere, reference]
    among = pair[everywhere, reference][:, everywhere, reference]
    matrix = np.zeros((len(site) + 1, len(site) + 1))
    matrix[0, 0] = model.constant + field.sum() - 0.5 * among.sum()
    own = model.site[site, rank] + beside[site, rank].sum(axis=1) - field[site]
    matrix[0, 1:] = matrix[1:, 0] = 0.5 * own
    instead = beside[site, rank][:, site]
    together = pair[site[:, None], rank[:, None], site, rank] - instead - instead.T + among[site[:, None], site]
    matrix[1:, 1:] = 0.5 * np.where(site[:, None] == site, 0.0, together)
    return matrix
