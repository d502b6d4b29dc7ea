"""All ways to finish a placement on its last positions, one bit each, and which of them are least in their orbit.

Comparing a placement with its image under a group element goes digit by digit along the positions; logic on 64-bit
words does it for all completions of a walked beginning at once.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from selflimit.arrays import Int8Array, Int32Array, IntArray
from selflimit.structures.search.compiling import called
from selflimit.structures.search.group_tree import BEGIN, CHILD, ELEMENT, SHARED, Tree
from selflimit.structures.search.multinomial import multinomial

Numbers = tuple[int, ...]

LARGEST_TABLE = 8192
"""Completions tabulated at most, over all contents that the last positions can have: a table is made in 0.3 ms."""

SMALLEST_TABLE = 128
"""Completions that are always worth a table; in between about one for each distinct placement, so that small cells do
not spend their time on it."""

LARGEST_BLOCK = 512
"""Completions of one content at most (a multiple of 64): walking further cuts more of them than larger blocks save."""


class Completions(NamedTuple):
    """All strings over the last positions, sorted by the content (species counts) that they use up.

    The completions of content ``key`` are ``rows[first[key]:first[key + 1]]`` and, as bits, the words from
    ``word[key]`` to ``word[key + 1]``: bit j of ``digits[w, position * bits + digit]`` is that binary digit of
    completion j, bit j of ``members[w]`` says that there is a completion j. The key of a content is the sum of
    ``stride[pool * n_species + species]`` over its atoms.
    """

    stride: IntArray
    first: IntArray
    word: IntArray
    rows: Int8Array
    digits: IntArray
    members: IntArray


class Scratch(NamedTuple):
    """Working memory for one word: completions still equal at each open node, all digits, orders of stabilisers."""

    equal: IntArray
    digits: IntArray
    stabiliser: IntArray


def scratch_for(n_elements: int, n_positions: int, bits: int) -> Scratch:
    """Working memory for the 64 completions of a word.

    Parameters
    ----------
    n_elements, n_positions
        Of the group: elements other than the identity, and positions.
    bits
        Binary digits of a species rank.
    """
    sizes = (n_elements + 2, n_positions * bits, 64)
    return Scratch(*(np.empty(size, dtype=np.int64) for size in sizes))


def completions_for(pool: Numbers, counts: tuple[Numbers, ...], order: int) -> Completions:
    """The tables for a group of this order; kept, because the shapes of a size share them.

    Parameters
    ----------
    pool
        Pool of each position; pools are contiguous.
    counts
        Positions that each species rank fills, for each pool; as many ranks in each.
    """
    return kept_table(pool[len(pool) - completed_positions(pool, counts, order) :], counts)


@lru_cache(maxsize=4)
def kept_table(pool: Numbers, counts: tuple[Numbers, ...]) -> Completions:
    """:func:`tabulate` for the last positions, of these pools."""
    n_species = max(map(len, counts), default=1)
    contents = np.array(counts, dtype=np.int64).reshape(-1, n_species)
    return tabulate(np.array(pool, dtype=np.int64), contents, rank_bits(n_species))


def rank_bits(n_species: int) -> int:
    """Binary digits of a species rank."""
    return max(1, (n_species - 1).bit_length())


@lru_cache(maxsize=64)
def completed_positions(pool: Numbers, counts: tuple[Numbers, ...], order: int) -> int:
    """How many of the last positions are tabulated rather than walked.

    Parameters
    ----------
    pool, counts, order
        As in :func:`completions_for`.
    """
    number, table = 0, min(LARGEST_TABLE, max(SMALLEST_TABLE, math.prod(map(multinomial, counts)) // order))
    choices = [[count for count in row if count > 0] for row in counts]
    while number < len(pool):
        strings, largest = 1, 1.0
        for k, limits in enumerate(choices):
            size = pool[len(pool) - number - 1 :].count(k)
            strings *= len(limits) ** size
            largest *= _largest_multinomial(size, limits)
        if strings > table or largest > LARGEST_BLOCK:
            break
        number += 1
    return number


def _largest_multinomial(size: int, limits: list[int]) -> float:
    """Most arrangements that ``size`` positions can have, species s on at most ``limits[s]`` of them."""
    content = [0] * len(limits)
    ways = 1.0
    for placed in range(1, size + 1):
        species = min((s for s, limit in enumerate(limits) if content[s] < limit), key=content.__getitem__)
        content[species] += 1
        ways *= placed / content[species]
    return ways


def tabulate(pool: IntArray, counts: IntArray, bits: int) -> Completions:
    """All strings over positions of the pools ``pool``, no species used more often than ``counts`` allows.

    Parameters
    ----------
    pool
        Pool of each of the last positions, shape (n_last,).
    counts
        Positions that each species fills in each whole pool, shape (n_pools, n_species).
    bits
        Binary digits of a species rank.
    """
    sizes = np.bincount(pool, minlength=len(counts)).reshape(-1, 1) if len(counts) else np.zeros((0, 1))
    choices = np.where(counts > 0, np.minimum(sizes, counts) + 1, 1).astype(np.int64)
    stride = np.concatenate([[1], np.cumprod(choices.ravel())]).astype(np.int64)
    stride, n_keys = stride[:-1].reshape(counts.shape), int(stride[-1])
    strings, keys = _strings(pool, counts, stride)
    in_order = np.argsort(keys, kind="stable")
    rows, keys = strings[in_order], keys[in_order]
    first = np.searchsorted(keys, np.arange(n_keys + 1))
    word = np.concatenate([[0], np.cumsum((np.diff(first) + 63) // 64)])
    place = np.arange(len(rows)) - first[keys]
    bit = np.uint64(1) << (place % 64).astype(np.uint64)
    filled, begin = np.unique(word[keys] + place // 64, return_index=True)
    members = np.zeros(word[-1], dtype=np.uint64)
    members[filled] = np.bitwise_or.reduceat(bit, begin)
    binary = (rows[:, :, None] >> np.arange(bits - 1, -1, -1, dtype=np.int8)) & 1
    digits = np.zeros((word[-1], len(pool) * bits), dtype=np.uint64)
    ones = binary.reshape(len(rows), -1).astype(np.uint64) * bit[:, None]
    digits[filled] = np.bitwise_or.reduceat(ones, begin, axis=0)
    return Completions(stride.ravel(), first, word, rows, digits.view(np.int64), members.view(np.int64))


def _strings(pool: IntArray, counts: IntArray, stride: IntArray) -> tuple[Int8Array, IntArray]:
    """All strings in lexicographic order, shape (n_strings, n_last), and the keys of their contents."""
    n_species = (counts > 0).sum(axis=1)[pool].tolist()  # a pool's species are the first of its ranks
    number = np.arange(math.prod(n_species))
    strings = np.empty((len(number), len(pool)), dtype=np.int8)
    for position in reversed(range(len(pool))):
        number, strings[:, position] = np.divmod(number, n_species[position])
    fits, keys = np.ones(len(strings), dtype=bool), np.zeros(len(strings), dtype=np.int64)
    for k, s in zip(*np.nonzero(counts), strict=True):
        used = (strings[:, pool == k] == s).sum(axis=1)
        fits &= used <= counts[k, s]
        keys += stride[k, s] * used
    return np.ascontiguousarray(strings[fits]), keys[fits]


@called
def find_least(  # noqa: C901
    table: IntArray,
    members: int,
    word: int,
    tree: Tree,
    ranks: Int8Array,
    walked: int,
    queue: Int32Array,
    n_waiting: int,
    unseen: Int32Array,
    bits: int,
    scratch: Scratch,
) -> int:  # pragma: no cover - compiled
    """The completions of a word, as bits, that are least in their orbit; the orders of their stabilisers in scratch.

    Of those that were equal to their images so far, strings with digit 1 here and 0 in the image are not least, those
    with 0 here and 1 there are decided, the others go on, at last to the node's children, where its elements part.

    Parameters
    ----------
    table, members
        ``digits`` of the completions, and those of the word that count, as bits.
    ranks, walked
        The beginning: ranks of the first positions, and how many.
    queue, n_waiting
        Comparisons that are still open: nodes and how many positions are compared already, shape (2,) each; the last
        row of a branch's queue.
    unseen
        Nodes still to be looked at: working memory.
    """
    permutations, nodes, excludes = tree
    stack, digits, stabiliser = scratch
    for p in range(walked):  # the beginning is the same in all strings
        for digit in range(bits):
            digits[p * bits + digit] = -((ranks[p] >> (bits - 1 - digit)) & 1)  # the bits of -1 are all 1
    for digit in range(table.shape[1]):
        digits[walked * bits + digit] = table[word, digit]
    for j in range(64):
        stabiliser[j] = 1
    least = members
    i, number, p = 0, 0, 0
    while least != 0 and (number > 0 or i < n_waiting):
        equal = least
        if number > 0:
            number -= 1
            v, equal = unseen[number], stack[number] & least
            p = nodes[v, BEGIN]
        else:
            v, p = queue[walked, i, 0], queue[walked, i, 1]
            i += 1
        element, end = nodes[v, ELEMENT], nodes[v, SHARED]
        while p < end and equal != 0:
            here, there = p * bits, permutations[element, p] * bits
            for digit in range(bits):
                mine, image = digits[here + digit], digits[there + digit]
                least &= ~(equal & mine & ~image)
                equal &= ~(mine ^ image)
            p += 1
        for child in range(nodes[v, CHILD], nodes[v + 1, CHILD] if equal != 0 else 0):
            unseen[number], stack[number] = child, equal
            number += 1
        if equal != 0 and end == permutations.shape[1]:
            for j in range(64):
                stabiliser[j] += (equal >> j) & 1
            least &= ~equal if excludes[element] else -1
    return least
