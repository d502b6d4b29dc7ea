"""Sites that exclude each other along the search: a filled position keeps its neighbours empty.

Among the walked positions a neighbour is blocked as soon as a position is filled; of the tabulated completions those
are left out that fill a blocked position or two that exclude each other. A branch is also cut when too few sites are
left: the positions are split into cliques that hold at most one ion each, and only so many of these may stay empty.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from selflimit.arrays import Int8Array, IntArray
from selflimit.structures.search.compiling import inlined
from selflimit.structures.search.last_sites import Completions


class Exclusion(NamedTuple):
    """Positions that exclude each other, and what that leaves along the branch.

    Attributes
    ----------
    begin, neighbours
        Position p excludes the later positions ``neighbours[begin[p]:begin[p + 1]]``, shapes (n_positions + 1,) and
        (n_pairs,). Both are empty if none exclude each other.
    empty
        Rank of the empty site on each position, -1 if its pool has none, shape (n_positions,).
    held
        Rank that each walked position holds, -1 if it is not filled yet, shape (n_positions,).
    blocked
        Filled positions that exclude each position, shape (n_positions,).
    clique, is_open, ions
        Clique of each position, shape (n_positions,); positions still to be decided and ions in each, shape
        (n_cliques,).
    barren
        Cliques that stay empty along the branch, and how many may, shape (2,).
    allowed, filled
        Completions of each word, as bits, that fill no two positions that exclude each other, shape (n_words,); and
        those that fill each of the last positions, shape (n_words, n_last).
    """

    begin: IntArray
    neighbours: IntArray
    empty: IntArray
    held: Int8Array
    blocked: IntArray
    clique: IntArray
    is_open: IntArray
    ions: IntArray
    barren: IntArray
    allowed: IntArray
    filled: IntArray


def exclusion_of(
    pairs: IntArray, pool: IntArray, counts: IntArray, empty: Sequence[int], completions: Completions
) -> Exclusion:
    """Set up the exclusion for a search.

    Parameters
    ----------
    pairs
        Pairs of positions that exclude each other, the lower one first, each once, shape (n_pairs, 2).
    pool
        Pool of each position, shape (n_positions,).
    counts
        Positions that each species fills, shape (n_pools, n_species).
    empty
        Rank of the empty site in each pool, -1 if it has none.
    completions
        Of the last positions.
    """
    if not len(pairs):
        return _nothing()
    # the walk fills positions in order and only looks ahead, so pairs stand at their lower position
    in_order = pairs[np.argsort(pairs[:, 0], kind="stable")]
    begin = np.searchsorted(in_order[:, 0], np.arange(len(pool) + 1))
    of_position = np.array(empty, dtype=np.int64)[pool]
    n_ions = int(counts.sum()) - sum(int(counts[k, rank]) for k, rank in enumerate(empty) if rank >= 0)
    clique = cliques(pairs, len(pool))
    sizes = np.bincount(clique)
    allowed, filled = _of_completions(pairs, of_position, completions)
    return Exclusion(
        begin=begin,
        neighbours=np.ascontiguousarray(in_order[:, 1]),
        empty=of_position,
        held=np.full(len(pool), -1, dtype=np.int8),
        blocked=np.zeros(len(pool), dtype=np.int64),
        clique=clique,
        is_open=sizes.astype(np.int64),
        ions=np.zeros(len(sizes), dtype=np.int64),
        barren=np.array([0, len(sizes) - n_ions], dtype=np.int64),
        allowed=allowed,
        filled=filled,
    )


def _nothing() -> Exclusion:
    """No positions exclude each other."""
    none, table = np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.int64)
    return Exclusion(none, none, none, np.empty(0, dtype=np.int8), none, none, none, none, none, none, table)


def cliques(pairs: IntArray, n_positions: int) -> IntArray:
    """Split positions into cliques of the pairs, large ones first: clique of each position, shape (n_positions,).

    >>> cliques(np.array([[0, 1], [1, 2]]), 4).tolist()
    [0, 0, 1, 2]
    """
    near: list[set[int]] = [set() for _ in range(n_positions)]
    for a, b in pairs.tolist():
        near[a].add(b)
        near[b].add(a)
    # few large cliques prune most: at most one ion in each
    clique, number, left = np.full(n_positions, -1), 0, set(range(n_positions))
    while left:
        grown = [_grown(position, near, left) for position in sorted(left)]
        best = max(grown, key=len)
        clique[best] = number
        left -= set(best)
        number += 1
    return clique


def _grown(position: int, near: Sequence[set[int]], left: set[int]) -> list[int]:
    """A clique around a position, of positions that are left."""
    members, common = [position], near[position] & left
    while common:
        members.append(min(common, key=lambda one: (-len(near[one] & common), one)))
        common &= near[members[-1]]
    return members


def _of_completions(pairs: IntArray, empty: IntArray, completions: Completions) -> tuple[IntArray, IntArray]:
    """``allowed`` and ``filled`` of :class:`Exclusion`."""
    rows, n_words = completions.rows, len(completions.members)
    walked = len(empty) - rows.shape[1]
    is_filled = rows != empty[walked:]
    inside = pairs[pairs[:, 0] >= walked] - walked
    is_allowed = ~(is_filled[:, inside[:, 0]] & is_filled[:, inside[:, 1]]).any(axis=1)
    key = np.repeat(np.arange(len(completions.first) - 1), np.diff(completions.first))
    place = np.arange(len(rows)) - completions.first[key]
    word, bit = completions.word[key] + place // 64, np.uint64(1) << (place % 64).astype(np.uint64)
    allowed, filled = np.zeros(n_words, dtype=np.uint64), np.zeros((n_words, rows.shape[1]), dtype=np.uint64)
    np.bitwise_or.at(allowed, word, np.where(is_allowed, bit, np.uint64(0)))
    np.bitwise_or.at(filled, word, np.where(is_filled, bit[:, None], np.uint64(0)))
    return allowed.view(np.int64), filled.view(np.int64)


@inlined
def release(exclusion: Exclusion, p: int) -> None:  # pragma: no cover - compiled
    """Take back what position ``p`` holds."""
    begin, neighbours, empty, held, blocked, clique, is_open, ions, barren, _, _ = exclusion
    if held[p] >= 0:
        c = clique[p]
        if is_open[c] == 0 and ions[c] == 0:
            barren[0] -= 1
        is_open[c] += 1
        if held[p] != empty[p]:
            ions[c] -= 1
            for i in range(begin[p], begin[p + 1]):
                blocked[neighbours[i]] -= 1
        held[p] = -1


@inlined
def occupy(exclusion: Exclusion, p: int, rank: int) -> bool:  # pragma: no cover - compiled
    """Put a species on position ``p``, the first that is not filled; False if it is blocked or too few sites are left.

    Parameters
    ----------
    exclusion
        Changed in place, whatever is returned.
    p
        The position.
    rank
        Rank of the species.
    """
    begin, neighbours, empty, held, blocked, clique, is_open, ions, barren, _, _ = exclusion
    held[p], c, is_ion = rank, clique[p], rank != empty[p]
    is_open[c] -= 1
    if is_ion:
        ions[c] += 1
        for i in range(begin[p], begin[p + 1]):
            blocked[neighbours[i]] += 1
    if is_open[c] == 0 and ions[c] == 0:
        barren[0] += 1
    return bool(barren[0] <= barren[1] and (not is_ion or blocked[p] == 0))


@inlined
def allowed_of(exclusion: Exclusion, members: int, word: int, walked: int) -> int:  # pragma: no cover - compiled
    """Completions of a word, as bits, that go with the walked positions.

    Parameters
    ----------
    exclusion
        Brought up to the branch.
    members, word
        All completions of the word, as bits, and its number.
    walked
        Positions that are walked.
    """
    left = members
    if len(exclusion.allowed) > 0:
        left &= exclusion.allowed[word]
    for p in range(exclusion.filled.shape[1]):
        if exclusion.blocked[walked + p] > 0:
            left &= ~exclusion.filled[word, p]
    return left
