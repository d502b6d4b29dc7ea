"""In how many ways sites can be filled where some exclude each other, exactly, and one of these ways drawn at random.

The sites are passed one after the other: of those passed it only matters which ones with neighbours still to come are
filled (vertex elimination, R. Dechter, Artif. Intell. 113, 41 (1999), doi:10.1016/S0004-3702(99)00059-4). For each such
state the ways to fill the rest are a polynomial with one variable for each species, whose exponents count atoms. It is
kept as one integer, its value where each variable is a power of two beyond any coefficient (L. Kronecker, J. reine
angew. Math. 92, 1 (1882), doi:10.1515/crll.1882.92.1).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from selflimit.errors import InputError

MOST_STATES = 500_000
"""States of the sites passed, all steps together, that are kept at most: seconds, and some hundred MB."""


class Node(NamedTuple):
    """Sites that hold the same.

    Attributes
    ----------
    pool
        Which pool they count in.
    sites
        How many sites of that pool they are.
    neighbours
        Numbers of the nodes that they exclude; with its own number among them a node stays empty.
    """

    pool: int
    sites: int
    neighbours: frozenset[int]


class PoolCounts(NamedTuple):
    """What a pool holds: sites that each species takes, by rank, and the rank of the empty site, -1 if it has none."""

    counts: tuple[int, ...]
    empty: int


@dataclass(frozen=True)
class AtomFilling:
    """All ways to fill nodes with the atoms of their pools so that of two that exclude each other one stays empty.

    Attributes
    ----------
    nodes
        What is filled.
    pools
        What they are filled with.
    """

    nodes: tuple[Node, ...]
    pools: tuple[PoolCounts, ...]

    def count(self) -> int:
        """Number of ways.

        >>> pair = (Node(0, 1, frozenset({1})), Node(0, 1, frozenset({0})))
        >>> AtomFilling(pair, (PoolCounts((1, 1), 1),)).count(), AtomFilling(pair, (PoolCounts((2, 0), 1),)).count()
        (2, 0)

        Raises
        ------
        InputError
            More than ``MOST_STATES`` states.
        """
        return self._ways(0, 0, self._all_atoms)

    def draw(self, generator: random.Random) -> list[int]:
        """Rank of the species on each node; every way is equally probable. There must be one.

        Raises
        ------
        InputError
            More than ``MOST_STATES`` states.
        """
        ranks = [-1] * len(self.nodes)
        state, left = 0, self._all_atoms
        for step, node in enumerate(self._order):
            number = generator.randrange(self._ways(step, state, left))
            for rank, atoms, after in self._choices(step, state):
                ways = self._ways(step + 1, after, left - atoms)
                if number < ways:
                    ranks[node], state, left = rank, after, left - atoms
                    break
                number -= ways
        return ranks

    def _ways(self, step: int, state: int, left: int) -> int:
        """Ways to fill the nodes from this step on with the atoms left, whose number is coded as an exponent."""
        if left < 0:
            return 0
        # all coefficients of a polynomial are one long integer, whose sums are as fast as numbers get in Python
        polynomial = self._polynomials[step].get(state, 0)
        return (polynomial >> (left * self._bits)) & ((1 << self._bits) - 1)

    @cached_property
    def _bits(self) -> int:
        """Binary digits of a coefficient: more than those of the number of all fillings."""
        most = max((len(pool.counts) for pool in self.pools), default=1)
        return len(self.nodes) * max(1, (most - 1).bit_length()) + 1

    @cached_property
    def _weights(self) -> list[list[int]]:
        """What one atom of each species of each pool adds to an exponent; 0 for the empty site."""
        sites = [0] * len(self.pools)
        for node in self.nodes:
            sites[node.pool] += node.sites
        weights, unit = [], 1
        for k, pool in enumerate(self.pools):
            row = []
            for rank in range(len(pool.counts)):
                row.append(0 if rank == pool.empty else unit)
                # a number system of its own for each species, so that no sum of atoms carries over to the next
                unit *= 1 if rank == pool.empty else sites[k] + 1
            weights.append(row)
        return weights

    @cached_property
    def _all_atoms(self) -> int:
        filled = {node.pool for node in self.nodes}
        return sum(
            weight * count for k in filled for weight, count in zip(self._weights[k], self.pools[k].counts, strict=True)
        )

    @cached_property
    def _order(self) -> list[int]:
        """Nodes in the order in which they are passed: as few as possible with neighbours on both sides."""
        order: list[int] = []
        left, border = set(range(len(self.nodes))), set[int]()
        while left:
            # staying beside what is passed keeps few ends open, and the states are all fillings of the open ends
            near = {one for node in border for one in self.nodes[node].neighbours & left} or left
            node = min(near, key=lambda one: (len(self.nodes[one].neighbours & left - {one}), one))
            order.append(node)
            left.discard(node)
            border = {one for one in {*border, node} if self.nodes[one].neighbours & left}
        return order

    @cached_property
    def _kept(self) -> list[int]:
        """For each step the nodes, as bits, that are passed then and still have neighbours to come."""
        kept, passed = [0], 0
        left = set(range(len(self.nodes)))
        for node in self._order:
            left.discard(node)
            passed |= 1 << node
            kept.append(sum(1 << one for one in self._order[: len(kept)] if self.nodes[one].neighbours & left))
        return kept

    def _choices(self, step: int, state: int) -> Iterator[tuple[int, int, int]]:
        """What the node of a step can hold: rank of the species, its atoms as an exponent, and the state after it."""
        number = self._order[step]
        node, pool = self.nodes[number], self.pools[self.nodes[number].pool]
        is_free = number not in node.neighbours and not any(state >> one & 1 for one in node.neighbours)
        for rank, count in enumerate(pool.counts):
            if rank == pool.empty:
                # what has no neighbours to come is forgotten: it can exclude nothing any more
                yield rank, 0, state & self._kept[step + 1]
            elif is_free and count >= node.sites:
                filled = (state | 1 << number) & self._kept[step + 1]
                yield rank, node.sites * self._weights[node.pool][rank], filled

    @cached_property
    def _polynomials(self) -> list[dict[int, int]]:
        """For each step and state the ways to fill the rest."""
        reached: list[set[int]] = [{0}]
        for step in range(len(self._order)):
            reached.append({after for state in reached[-1] for _, _, after in self._choices(step, state)})
            if sum(map(len, reached)) > MOST_STATES:
                raise InputError(
                    f"{len(self.nodes)} sites exclude each other in a net too dense to count exactly; take a smaller "
                    "cell, or a smaller distance of exclusion"
                )
        # from the end backwards, so that a draw can weigh each choice by what may follow it
        found: list[dict[int, int]] = [dict.fromkeys(reached[-1], 1)]
        for step in reversed(range(len(self._order))):
            found.append(
                {
                    state: sum(
                        found[-1][after] << (atoms * self._bits) for _, atoms, after in self._choices(step, state)
                    )
                    for state in reached[step]
                }
            )
        return found[::-1]
