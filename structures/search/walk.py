"""The compiled search for symmetry-distinct placements: orderly generation, finished sixty-four placements at a time.

A placement is a string of species ranks over the active sites in a fixed order of positions. Of every orbit of the
symmetry group G the search gives the lexicographically least string: x is kept if ``x <= x o g`` for every g in G
(R. C. Read, Ann. Discrete Math. 2, 107 (1978), doi:10.1016/S0167-5060(08)70325-X). Two things make it fast:

* A depth-first walk fills the positions in order. Each group element waits at the position where its comparison can go
  on, so filling a position looks only at the elements that wait there; one comparison that fails cuts the branch.
* The last few positions are not walked. All their completions are known beforehand, one bit each, and every group
  element that is still undecided is compared with all completions at once by logic on 64-bit words.

The memory is that of one branch. An element that leaves a placement unchanged belongs to its stabiliser, and the orbit
has |G| / |stabiliser| members: the degeneracy needs no second pass.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray, Int8Array, Int16Array, Int32Array, IntArray
from selflimit.errors import InputError
from selflimit.structures.search.compiling import called, compiled, inlined
from selflimit.structures.search.exclusion import Exclusion, allowed_of, exclusion_of, occupy, release
from selflimit.structures.search.group_tree import BEGIN, CHILD, ELEMENT, SHARED, Tree, tree_of
from selflimit.structures.search.last_sites import (
    Completions,
    Scratch,
    completions_for,
    find_least,
    rank_bits,
    scratch_for,
)
from selflimit.structures.search.partial_energies import PartialEnergies, energy_with, lowest_energy, no_fields

MOST_POSITIONS = int(np.iinfo(np.int16).max)
"""Positions that the group's tables number."""

NO_PAIRS = np.empty((0, 2), dtype=np.int64)
"""No positions exclude each other."""


class Problem(NamedTuple):
    """What is placed where.

    Attributes
    ----------
    tree
        The symmetry group.
    pool
        Pool of each position, shape (n_positions,).
    counts
        Positions that each species fills, shape (n_pools, n_species).
    bits
        Binary digits of a species rank.
    order
        Number of distinct permutations, the identity included.
    """

    tree: Tree
    pool: IntArray
    counts: IntArray
    bits: int
    order: int


class Branch(NamedTuple):
    """Where the walk is; every array is changed in place.

    Attributes
    ----------
    depth
        Positions filled, -1 when the walk is over, and how many are to be filled, shape (2,).
    ranks
        Species rank on each filled position, shape (n_positions,).
    tried
        Last rank tried at each depth, -1 before the first, shape (n_walked + 1,).
    left
        Atoms still to be placed, pool after pool, shape (n_pools * n_species,).
    queue, waiting
        Nodes of the group's tree that wait for each position and how far their comparison is, shape
        (n_walked + 1, n_elements + 1, 2), and how many wait, shape (n_walked + 1,). The last row is for all positions
        of the completions.
    trail, mark
        Positions whose queues grew, in order, and the length of that list when each depth was entered.
    open
        Nodes still to be looked at, shape (n_elements + 2,): working memory.
    """

    depth: IntArray
    ranks: Int8Array
    tried: Int8Array
    left: IntArray
    queue: Int32Array
    waiting: IntArray
    trail: Int16Array
    mark: IntArray
    open: Int32Array


class Walk(NamedTuple):
    """Everything the compiled search needs."""

    problem: Problem
    completions: Completions
    branch: Branch
    scratch: Scratch
    exclusion: Exclusion


def walk_over(
    permutations: Int32Array,
    pool: IntArray,
    counts: Sequence[Sequence[int]],
    excluding: int = 1,
    excluded: IntArray = NO_PAIRS,
    empty: Sequence[int] = (),
) -> Walk:
    """Set up the walk over all placements.

    Parameters
    ----------
    permutations
        The distinct permutations of the positions, identity first, shape (order, n_positions).
    pool
        Pool of each position, shape (n_positions,); pools are contiguous.
    counts
        Positions that each species rank fills, for each pool.
    excluding
        Placements are left out if one of the first ``excluding`` permutations but the identity leaves them unchanged.
    excluded
        Pairs of positions of which at most one holds an ion, the lower one first, shape (n_pairs, 2).
    empty
        Rank of the empty site in each pool, -1 if it has none; needed where positions exclude each other.

    Raises
    ------
    InputError
        More than ``MOST_POSITIONS`` positions.
    """
    if len(pool) > MOST_POSITIONS:
        raise InputError(f"expected at most {MOST_POSITIONS} sites that order, got {len(pool)}; take a smaller cell")
    order, most = len(permutations), max(map(len, counts), default=1)
    contents = tuple((*row, *(most - len(row)) * (0,)) for row in counts)
    completions = completions_for(tuple(pool.tolist()), contents, order)
    table = np.array(contents, dtype=np.int64).reshape(-1, most)
    problem = Problem(tree_of(permutations, excluding), pool, table, rank_bits(most), order)
    branch = _root(problem, len(pool) - completions.rows.shape[1])
    scratch = scratch_for(order - 1, len(pool), problem.bits)
    return Walk(problem, completions, branch, scratch, exclusion_of(excluded, pool, table, empty, completions))


def _root(problem: Problem, walked: int) -> Branch:
    n_elements, n_positions = problem.tree.permutations.shape
    branch = Branch(
        depth=np.array([0, walked], dtype=np.int64),
        ranks=np.zeros(n_positions, dtype=np.int8),
        tried=np.full(walked + 1, -1, dtype=np.int8),
        left=problem.counts.flatten(),
        queue=np.empty((walked + 1, n_elements + 1, 2), dtype=np.int32),
        waiting=np.zeros(walked + 1, dtype=np.int64),
        trail=np.empty((walked + 1) * n_elements, dtype=np.int16),
        mark=np.zeros(walked + 2, dtype=np.int64),
        open=np.empty(n_elements + 2, dtype=np.int32),
    )
    branch.queue[0, 0] = 0  # the root of the tree, with nothing compared
    branch.waiting[0] = min(n_elements, 1)
    return branch


@called
def advance_walk(problem: Problem, branch: Branch, exclusion: Exclusion) -> int:  # pragma: no cover - compiled
    """Walk on until the positions are filled that are to be filled, or the walk is over.

    Returns how many of the first positions stayed as they were.
    """
    permutations, nodes, _ = problem.tree
    ranks, tried, left, queue, waiting = branch.ranks, branch.tried, branch.left, branch.queue, branch.waiting
    trail, mark, unseen = branch.trail, branch.mark, branch.open
    n_species, depth, until = problem.counts.shape[1], branch.depth[0], branch.depth[1]
    unchanged: int = depth
    are_excluded = len(exclusion.neighbours) > 0
    while 0 <= depth < until:
        unchanged = depth if depth < unchanged else unchanged
        if are_excluded:
            release(exclusion, depth)
        if not _next_rank(depth, problem.pool[depth] * n_species, n_species, ranks, tried, left, waiting, trail, mark):
            depth -= 1
        elif are_excluded and not occupy(exclusion, depth, ranks[depth]):
            mark[depth + 1] = mark[depth]  # no comparison waits because of this species
        elif _can_be_least(depth, permutations, nodes, ranks, queue, waiting, trail, mark, unseen):
            depth += 1
    branch.depth[0] = depth
    return unchanged


@inlined
def _next_rank(
    depth: int,
    pool: int,
    n_species: int,
    ranks: Int8Array,
    tried: Int8Array,
    left: IntArray,
    waiting: IntArray,
    trail: Int16Array,
    mark: IntArray,
) -> bool:  # pragma: no cover - compiled
    """Put the next species on the position at this depth; False, with the position empty, if none is left."""
    rank = np.int64(tried[depth])
    if rank >= 0:
        left[pool + rank] += 1
        # the comparisons that waited further on because of the species before are taken back
        for i in range(mark[depth], mark[depth + 1]):
            waiting[trail[i]] -= 1
    rank += 1
    while rank < n_species and left[pool + rank] == 0:
        rank += 1
    is_placed = rank < n_species
    tried[depth] = rank if is_placed else -1
    if is_placed:
        ranks[depth] = rank
        left[pool + rank] -= 1
    return bool(is_placed)


@inlined
def _can_be_least(
    depth: int,
    permutations: Int16Array,
    nodes: Int32Array,
    ranks: Int8Array,
    queue: Int32Array,
    waiting: IntArray,
    trail: Int16Array,
    mark: IntArray,
    unseen: Int32Array,
) -> bool:  # pragma: no cover - compiled
    """Go on with the comparisons that waited for the position at this depth; False if one says x > x o g.

    A comparison ends where ranks differ, waits where a position is not filled, and goes on with the node's children
    where its elements part.
    """
    grown, walked, is_least = mark[depth], len(waiting) - 1, True
    i, number, p = 0, 0, 0
    while is_least and (number > 0 or i < waiting[depth]):
        if number > 0:
            number -= 1
            v = unseen[number]
            p = nodes[v, BEGIN]
        else:
            v, p = queue[depth, i, 0], queue[depth, i, 1]
            i += 1
        element, end, image, later = nodes[v, ELEMENT], nodes[v, SHARED], 0, 0
        while p < end:
            image = permutations[element, p]
            later = image if image > p else p
            if later > depth or ranks[p] != ranks[image]:
                break
            p += 1
        if p == end:
            for child in range(nodes[v, CHILD], nodes[v + 1, CHILD]):
                unseen[number] = child
                number += 1
        elif later > depth:
            awaited = later if later < walked else walked
            queue[awaited, waiting[awaited], 0], queue[awaited, waiting[awaited], 1] = v, p
            waiting[awaited] += 1
            trail[grown] = awaited
            grown += 1
        else:
            is_least = ranks[p] < ranks[image]
    mark[depth + 1] = grown
    return is_least


@compiled
def next_orderings(
    walk: Walk,
    fields: PartialEnergies,
    limit: float,
    labels: Int8Array,
    degeneracies: IntArray,
    energies: FloatArray,
    number: int,
    blocks: int,
) -> int:  # pragma: no cover - compiled
    """Append the next distinct placements with energies up to ``limit`` (eV); how many there are then.

    One function for all searches, so that it is compiled once. Stops after ``blocks`` blocks of completions, or where
    the next block may not fit; call until the walk is over.

    Parameters
    ----------
    walk
        Where the search is; it is moved on.
    fields
        Energies along the branch, or :func:`~selflimit.structures.search.partial_energies.no_fields`.
    limit
        Highest energy of interest (eV).
    labels, degeneracies, energies
        Written from row ``number`` on: ranks, shape (n, n_positions), orbit lengths and energies (eV), shape (n,).
    number
        Rows that are written already.
    blocks
        Blocks of completions to look at.
    """
    problem, completions, branch, _, exclusion = walk
    depth, first, walked, valid = branch.depth, completions.first, len(branch.tried) - 1, fields.valid
    for _ in range(blocks):
        unchanged = advance_walk(problem, branch, exclusion)
        if unchanged < valid[0]:
            valid[0] = unchanged
        if depth[0] < walked:
            break
        key = np.int64(0)  # not 0, for which numba compiles all that follows a second time
        for content in range(len(branch.left)):
            key += completions.stride[content] * branch.left[content]
        if number + first[key + 1] - first[key] > len(labels):
            break
        if lowest_energy(fields, branch.ranks, problem.counts.shape[1], walked, key) <= limit:
            number = _append(walk, fields, key, limit, labels, degeneracies, energies, number)
        depth[0] = walked - 1
    return number


@inlined
def _append(
    walk: Walk,
    fields: PartialEnergies,
    key: np.int64,
    limit: float,
    labels: Int8Array,
    degeneracies: IntArray,
    energies: FloatArray,
    number: int,
) -> int:  # pragma: no cover - compiled
    """Append the distinct ones among the completions of the branch; how many there are then."""
    problem, completions, branch, scratch, exclusion = walk
    ranks, rows, walked, n_species = branch.ranks, completions.rows, len(branch.tried) - 1, problem.counts.shape[1]
    begin, word, least, is_marked = completions.first[key], completions.word[key], completions.members[0], False
    for j in range(completions.first[key + 1] - begin):
        if j & 63 == 0:
            is_marked = False
        energy = energy_with(fields, n_species, walked, rows, begin + j)
        if energy > limit:
            continue
        if not is_marked:
            least = find_least(
                completions.digits,
                allowed_of(exclusion, completions.members[word + (j >> 6)], word + (j >> 6), walked),
                word + (j >> 6),
                problem.tree,
                ranks,
                walked,
                branch.queue,
                branch.waiting[walked],
                branch.open,
                problem.bits,
                scratch,
            )
            is_marked = True
        if (least >> (j & 63)) & 1:
            for p in range(walked):
                labels[number, p] = ranks[p]
            for p in range(rows.shape[1]):
                labels[number, walked + p] = rows[begin + j, p]
            degeneracies[number] = problem.order // scratch.stabiliser[j & 63]
            energies[number] = energy
            number += 1
    return number


def is_over(walk: Walk) -> bool:
    """Whether all placements have been walked over."""
    return bool(walk.branch.depth[0] < 0)


def resume_walk(walk: Walk, depth: int, tried: Int8Array) -> None:
    """Put a fresh walk where another one was.

    Parameters
    ----------
    depth, tried
        Of the other walk's branch; ``tried`` has one rank for each position that is walked.
    """
    branch, no_room = walk.branch, np.empty((0, len(walk.branch.ranks)), dtype=np.int8)
    left = branch.left.reshape(walk.problem.counts.shape)
    for position, rank in enumerate(tried[: depth + 1].tolist()):
        if rank < 0:  # nothing tried here yet
            break
        if rank > 0:  # as if the rank before had been tried
            branch.tried[position] = rank - 1
            left[walk.problem.pool[position], rank - 1] -= 1
        branch.depth[1] = position + 1
        next_orderings(walk, no_fields(), np.inf, no_room, np.empty(0, dtype=np.int64), np.empty(0), 0, 1)
    branch.depth[:] = depth, len(tried)
