"""The parts of the compiled walk: the tree of the group, completions of the last sites, and where a walk goes on."""

import itertools

import numpy as np

from selflimit.structures import parent_cell
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.search.group_tree import BEGIN, CHILD, ELEMENT, SHARED, tree_of
from selflimit.structures.search.last_sites import tabulate
from selflimit.structures.search.partial_energies import no_fields
from selflimit.structures.search.walk import is_over, next_orderings, resume_walk, walk_over


def test_tree_holds_every_element_once_with_its_first_images():
    # each node's elements agree on its first positions and on no more; the leaves are the elements
    permutations = lay_out(parent_cell("LZC-A"), "2x1x1").permutations
    tree = tree_of(permutations, excluding=3)
    assert len(tree.permutations) == len(permutations) - 1
    assert sorted(tree.permutations[tree.excludes].tolist()) == sorted(permutations[1:3].tolist())
    leaves = []

    def elements(v):
        children = range(tree.nodes[v, CHILD], tree.nodes[v + 1, CHILD])
        below = [g for child in children for g in elements(child)] or [int(tree.nodes[v, ELEMENT])]
        leaves.extend([] if len(children) else below)
        images, shared = tree.permutations[below], int(tree.nodes[v, SHARED])
        assert (images[:, :shared] == images[0, :shared]).all()
        assert shared == images.shape[1] or len(np.unique(images[:, shared])) == len(children) > 1
        assert all(tree.nodes[child, BEGIN] == shared for child in children)
        return below

    elements(0)
    assert sorted(leaves) == list(range(len(permutations) - 1))


def test_completions_are_all_strings_that_fit():
    # two pools, the second with three species; the strings by itertools, sorted by content first
    pool, counts = np.array([0, 0, 0, 1, 1]), np.array([[1, 4, 0], [1, 2, 1]])
    strings = itertools.product(range(2), range(2), range(2), range(3), range(3))
    expected = [s for s in strings if s[:3].count(0) <= 1 and s[3:].count(0) <= 1 and s[3:].count(2) <= 1]
    table = tabulate(pool, counts, 2)
    assert sorted(map(tuple, table.rows.tolist())) == expected
    assert sum(int(word).bit_count() for word in table.members.view(np.uint64)) == len(expected)
    # one species on more sites than numpy has dimensions
    assert tabulate(np.zeros(70, dtype=np.int64), np.array([[70]]), 1).rows.shape == (1, 70)


def test_a_walk_put_where_another_one_was_goes_on_like_it():
    """Without symmetry every rank occurs on every position, the first included."""
    identity, pool, counts = np.arange(18, dtype=np.int32)[None], np.zeros(18, dtype=np.int64), [(9, 9)]

    def next_block(walk):
        labels, other = np.empty((8192, 18), dtype=np.int8), (np.empty(8192, dtype=np.int64), np.empty(8192))
        return labels[: next_orderings(walk, no_fields(), np.inf, labels, *other, 0, 1)]

    walk, begins = walk_over(identity, pool, counts), set()
    while not is_over(walk):
        again = walk_over(identity, pool, counts)
        resume_walk(again, int(walk.branch.depth[0]), walk.branch.tried[:-1].copy())
        block = next_block(walk)
        np.testing.assert_array_equal(next_block(again), block)
        begins.update(block[:, 0].tolist())
    assert begins == {0, 1}
