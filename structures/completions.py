"""All ways to finish a placement on its last positions, one bit each, and which of them are least in their orbit.

Comparing a placement with its image under a group element goes digit by digit along the positions; logic on 64-bit
words does it for all completions of a walked beginning at once.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from selflimit.structures.group_tree import Tree

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Four = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

LARGEST_TABLE = 8192
"""Completions tabulated at most, over all contents that the last positions can have: a table is made in 0.3 ms."""

SMALLEST_TABLE = 128
"""Completions that are always worth a table; in between a quarter of the placements, so that small cells do not
spend their time on it."""

LARGEST_BLOCK = 512
"""Completions of one content at most: on average they fill four words, which stay in registers."""


class Completions(NamedTuple):
    """All strings over the last positions, sorted by the content (species counts) that they use up.

    The completions of content ``key`` are ``rows[first[key]:first[key + 1]]`` and, as bits, the words from
    ``word[key]`` to ``word[key + 1]``, a multiple of four: bit j of ``digits[w, position * bits + digit]`` is that
    binary digit of completion j, bit j of ``members[w]`` says that there is a completion j. The key of a content is
    the sum of ``stride[pool, species]`` over its atoms.
    """

    stride: Ints
    first: Ints
    word: Ints
    rows: NDArray[np.int8]
    digits: Words
    members: Words


class Scratch(NamedTuple):
    """Working memory: completions that are least, those still equal at each open node, all digits, stabilisers."""

    least: Words
    equal: Words
    digits: Words
    stabiliser: Ints


class Waiting(NamedTuple):
    """Comparisons that go on in the completions.

    Attributes
    ----------
    node, compared
        Nodes of the group's tree, and how many positions are compared already, in the last rows.
    number
        How many there are.
    open
        Nodes still to be looked at: working memory.
    """

    node: NDArray[np.int32]
    compared: NDArray[np.int16]
    number: int
    open: NDArray[np.int32]


def scratch_for(completions: Completions, n_elements: int, n_positions: int, bits: int) -> Scratch:
    """Working memory for the largest block of ``completions``."""
    widest = max(4, int(np.diff(completions.word).max()))
    return Scratch(
        np.zeros(widest, dtype=np.uint64),
        np.zeros(4 * (n_elements + 2), dtype=np.uint64),
        np.zeros(max(4, n_positions * bits * widest), dtype=np.uint64),
        np.ones(64 * widest, dtype=np.int64),
    )


def completed_positions(pool: Ints, counts: Ints) -> int:
    """How many of the last positions are tabulated rather than walked."""
    number, table = 0, min(LARGEST_TABLE, max(SMALLEST_TABLE, _placements(counts) // 4))
    choices = [[int(c) for c in row if c > 0] for row in counts]
    while number < len(pool):
        sizes = np.bincount(pool[len(pool) - number - 1 :], minlength=len(counts)).tolist()
        strings, largest = 1, 1.0
        for size, limits in zip(sizes, choices, strict=True):
            strings *= len(limits) ** size
            largest *= _largest_multinomial(size, limits)
        if strings > table or largest > LARGEST_BLOCK:
            break
        number += 1
    return number


def _placements(counts: Ints) -> int:
    return math.prod(math.factorial(sum(row)) // math.prod(map(math.factorial, row)) for row in counts.tolist())


def _largest_multinomial(size: int, limits: list[int]) -> float:
    """Most arrangements that ``size`` positions can have, species s on at most ``limits[s]`` of them."""
    content = [0] * len(limits)
    ways = 1.0
    for placed in range(1, size + 1):
        species = min((s for s, limit in enumerate(limits) if content[s] < limit), key=content.__getitem__)
        content[species] += 1
        ways *= placed / content[species]
    return ways


def tabulate(pool: Ints, counts: Ints, bits: int) -> Completions:
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
    strings = _strings(pool, counts)
    keys = np.zeros(len(strings), dtype=np.int64)
    for position, k in enumerate(pool):
        keys += stride[:-1].reshape(counts.shape)[k][strings[:, position]]
    in_order = np.argsort(keys, kind="stable")
    rows, keys = strings[in_order], keys[in_order]
    first = np.searchsorted(keys, np.arange(stride[-1] + 1))
    word = np.concatenate([[0], np.cumsum((np.diff(first) + 255) // 256 * 4)])
    place = np.arange(len(rows)) - first[keys]
    bit = np.uint64(1) << (place % 64).astype(np.uint64)
    into = word[keys] + place // 64
    filled, begin = np.unique(into, return_index=True)
    members = np.zeros(word[-1], dtype=np.uint64)
    members[filled] = np.bitwise_or.reduceat(bit, begin)
    binary = (rows[:, :, None] >> np.arange(bits - 1, -1, -1, dtype=np.int8)) & 1
    digits = np.zeros((word[-1], len(pool) * bits), dtype=np.uint64)
    ones = binary.reshape(len(rows), -1).astype(np.uint64) * bit[:, None]
    digits[filled] = np.bitwise_or.reduceat(ones, begin, axis=0)
    return Completions(stride[:-1].reshape(counts.shape), first, word, np.ascontiguousarray(rows), digits, members)


def _strings(pool: Ints, counts: Ints) -> NDArray[np.int8]:
    """All strings in lexicographic order, shape (n_strings, n_last)."""
    strings = np.empty((1, 0), dtype=np.int8)
    for position, k in enumerate(pool):
        before = strings[:, np.flatnonzero(pool[:position] == k)]
        longer = []
        for rank in np.flatnonzero(counts[k]):
            kept = strings[(before == rank).sum(axis=1) < counts[k, rank]]
            longer.append(np.column_stack([kept, np.full(len(kept), rank, dtype=np.int8)]))
        strings = np.concatenate(longer)
    return strings[np.lexsort(strings.T[::-1])] if strings.shape[1] else strings


@njit(cache=True)  # type: ignore[untyped-decorator]
def spread_digits(
    completions: Completions, key: int, ranks: NDArray[np.int8], walked: int, bits: int, digits: Words
) -> None:  # pragma: no cover - compiled
    """Write the binary digits of the whole strings: on the first ``walked`` positions all have the same."""
    first, width = completions.word[key], completions.word[key + 1] - completions.word[key]
    for p in range(walked):
        for digit in range(bits):
            one = np.uint64(0) - np.uint64((ranks[p] >> (bits - 1 - digit)) & 1)
            for w in range(width):
                digits[(p * bits + digit) * width + w] = one
    begin = walked * bits * width
    for i in range(completions.digits.shape[1]):
        for w in range(width):
            digits[begin + i * width + w] = completions.digits[first + w, i]


@njit(cache=True)  # type: ignore[untyped-decorator]
def find_least(
    completions: Completions, key: int, tree: Tree, waiting: Waiting, bits: int, scratch: Scratch
) -> bool:  # pragma: no cover - compiled
    """Mark in ``scratch.least`` the completions that are least in their orbit; True if some have a stabiliser.

    ``scratch.digits`` must hold the digits of the whole strings.
    """
    width = completions.word[key + 1] - completions.word[key]
    for j in range(completions.first[key + 1] - completions.first[key]):
        scratch.stabiliser[j] = 1
    has_stabiliser = False
    for w in range(0, width, 4):
        least = _four(completions.members, completions.word[key] + w)
        for i in range(waiting.number):
            least, is_fixed = _compare(least, i, w, width, tree, waiting, bits, scratch)
            has_stabiliser |= is_fixed
            if _is_empty(least):
                break
        _store(scratch.least, w, least)
    return has_stabiliser


@njit(cache=True)  # type: ignore[untyped-decorator]
def _compare(
    least: Four, i: int, w: int, width: int, tree: Tree, waiting: Waiting, bits: int, scratch: Scratch
) -> tuple[Four, bool]:  # pragma: no cover - compiled
    """Compare four words of completions with their images under all elements of node number i of those that wait.

    Of the completions that were equal so far, those with digit 1 here and 0 in the image are not least, those with 0
    here and 1 there are decided, the others go on, to the node's children once its elements part.
    """
    digits, n_positions, is_fixed = scratch.digits, tree.permutations.shape[1], False
    waiting.open[0], number, p = waiting.node[-1, i], 1, np.int64(waiting.compared[-1, i])
    _store(scratch.equal, 0, least)
    while number > 0:
        number -= 1
        v = waiting.open[number]
        image = tree.permutations[tree.element[v]]
        equal = _both(_four(scratch.equal, 4 * number), least)
        while p < tree.shared[v] and not _is_empty(equal):
            here, there = p * bits * width + w, np.int64(image[p]) * bits * width + w
            for digit in range(bits):
                mine, others = _four(digits, here + digit * width), _four(digits, there + digit * width)
                least = _without(least, _both(equal, _without(mine, others)))
                equal = _where_same(equal, mine, others)
            p += 1
        if not _is_empty(equal):
            for c in range(tree.child[v], tree.child[v + 1]):
                waiting.open[number] = c
                _store(scratch.equal, 4 * number, equal)
                number += 1
            if tree.shared[v] == n_positions:
                _count(scratch.stabiliser, 64 * w, equal)
                is_fixed = True
        if number > 0:
            p = tree.begin[waiting.open[number - 1]]
    return least, is_fixed


@njit(cache=True)  # type: ignore[untyped-decorator]
def _four(words: Words, i: int) -> Four:  # pragma: no cover - compiled
    return words[i], words[i + 1], words[i + 2], words[i + 3]


@njit(cache=True)  # type: ignore[untyped-decorator]
def _store(words: Words, i: int, four: Four) -> None:  # pragma: no cover - compiled
    words[i], words[i + 1], words[i + 2], words[i + 3] = four


@njit(cache=True)  # type: ignore[untyped-decorator]
def _both(a: Four, b: Four) -> Four:  # pragma: no cover - compiled
    return a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]


@njit(cache=True)  # type: ignore[untyped-decorator]
def _without(a: Four, b: Four) -> Four:  # pragma: no cover - compiled
    return a[0] & ~b[0], a[1] & ~b[1], a[2] & ~b[2], a[3] & ~b[3]


@njit(cache=True)  # type: ignore[untyped-decorator]
def _where_same(a: Four, b: Four, c: Four) -> Four:  # pragma: no cover - compiled
    return a[0] & ~(b[0] ^ c[0]), a[1] & ~(b[1] ^ c[1]), a[2] & ~(b[2] ^ c[2]), a[3] & ~(b[3] ^ c[3])


@njit(cache=True)  # type: ignore[untyped-decorator]
def _is_empty(a: Four) -> bool:  # pragma: no cover - compiled
    return bool((a[0] | a[1] | a[2] | a[3]) == np.uint64(0))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _count(numbers: Ints, begin: int, four: Four) -> None:  # pragma: no cover - compiled
    """Add 1 to the numbers of the bits that are set."""
    for i in range(4):
        for j in range(64):
            numbers[begin + 64 * i + j] += np.int64((four[i] >> np.uint64(j)) & np.uint64(1))
