"""The convex bound and the branch and bound against all placements, and against the exhaustive search."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from selflimit.structures import lowest_orderings, parent_cell, parent_from_structure
from selflimit.structures.lowest.binary_form import binary_form
from selflimit.structures.lowest.bounded_search import branch_of, next_placements, tables_of
from selflimit.structures.lowest.branch_and_bound import search_bounded
from selflimit.structures.lowest.convex_bound import convex_bound
from selflimit.structures.lowest.invariant_matrices import blocks_of_orbits, invariant_spaces, pair_orbits
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.electrostatics import electrostatic_energy
from selflimit.structures.orderings.lowest import RankedOrdering
from selflimit.structures.orderings.sampling import sample_in
from selflimit.structures.search.pair_energies import PairEnergy

POOL = np.array([0, 0, 0, 0, 1, 1, 1])
EXCLUDED = np.array([[0, 4], [1, 2]])


def random_model(seed):
    random = np.random.default_rng(seed)
    pair = random.normal(size=(7, 3, 7, 3))
    return PairEnergy(random.normal(), random.normal(size=(7, 3)), pair + pair.transpose(2, 3, 0, 1), 2.0)


def all_placements(counts, empty):
    rows = [sorted(set(itertools.permutations([s for s, n in enumerate(row) for _ in range(n)]))) for row in counts]
    placed = np.array([sum(parts, ()) for parts in itertools.product(*rows)], dtype=np.int8)
    filled = placed != np.array(empty)[POOL]
    return placed[~(filled[:, EXCLUDED[:, 0]] & filled[:, EXCLUDED[:, 1]]).any(axis=1)]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), empties=st.sampled_from([(2, 1), (0, 1), (2, -1)]))
def test_bound_and_search_against_all_placements(seed, empties):
    model, counts = random_model(seed), [(1, 1, 2), (1, 2)]
    placed = all_placements(counts, empties)
    if not len(placed):
        return
    energies = model(placed) * model.units
    form = binary_form(model, POOL, counts, empties, EXCLUDED)
    numbers = np.column_stack([np.ones(len(placed)), placed[:, form.site[1:]] == form.rank[1:]])
    # the form is the energy, and the three parts of the bound add up to it
    assert np.einsum("nv,vw,nw->n", numbers, form.matrix, numbers) == pytest.approx(energies)
    bound = convex_bound(form, np.arange(7, dtype=np.int32)[None], POOL)
    parts = np.einsum("nv,vw,nw->n", numbers, bound.convex + bound.repulsion, numbers)
    assert bound.bound + parts == pytest.approx(energies, abs=1e-6)
    assert np.linalg.eigvalsh(bound.convex)[0] > 0
    assert bound.repulsion.min() >= 0
    # and every placement below a limit is found, once
    limit = float(np.median(energies))
    empty = np.array(empties)[POOL]
    tables = tables_of(form, bound, POOL, empty, EXCLUDED)
    table = np.array([(*row, *(tables.number.shape[1] - len(row)) * (0,)) for row in counts])
    branch, found = branch_of(tables, table, bound.bound), np.empty((len(placed) + 1, 7), dtype=np.int8)
    number = next_placements(tables, branch, limit + 1e-6, 10**9, found)
    assert branch.depth[0] == -1
    expected = {row.tobytes() for row in placed[energies <= limit + 1e-6]}
    assert {row.tobytes() for row in found[:number]} == expected
    assert number == len(expected)


@pytest.mark.parametrize("name", ["LZC-A", "LZC-D"])
def test_blocks_show_the_eigenvalues_of_invariant_matrices(name):
    permutations = lay_out(parent_cell(name), "2x1x1").permutations
    orbits, random = pair_orbits(permutations), np.random.default_rng(1)
    entries = random.normal(size=orbits.max() + 1)
    matrix = entries[orbits] + entries[orbits].T
    assert (matrix[permutations[:, :, None], permutations[:, None, :]] == matrix).all()
    # eigenvalues of the matrix itself, each once, are those of its blocks
    blocks = [np.einsum("o,oij->ij", entries, blocks_of_orbits(space, orbits)) for space in invariant_spaces(orbits)]
    of_blocks = np.concatenate([np.linalg.eigvalsh(block + block.T) for block in blocks])
    whole = np.linalg.eigvalsh(matrix)
    assert all(np.abs(of_blocks - value).min() < 1e-8 for value in whole)
    assert all(np.abs(whole - value).min() < 1e-8 for value in of_blocks)
    assert len(of_blocks) < len(whole)


@pytest.mark.parametrize(("name", "cell"), [("LZC-A", "2x1x1"), ("LZC-E", "2x1x2"), ("LZC-C", "2x1x1")])
@pytest.mark.parametrize("superperiodic", [True, False])
def test_the_lowest_are_those_of_the_exhaustive_search(name, cell, superperiodic):
    filled = lay_out(parent_cell(name), cell)
    model = electrostatic_energy(filled)
    exact = lowest_orderings(filled, 10, superperiodic=superperiodic)
    # a poor list to begin with, so that everything has to be found
    drawn = [one for one in sample_in(filled, 40, 1) if superperiodic or is_primitive(filled, one.labels)]
    known = [RankedOrdering(one, float(model(one.labels[None])[0])) for one in drawn]
    found = search_bounded(filled, model, sorted(known, key=lambda one: one.energy)[:10], 10, superperiodic)
    assert found.is_proven
    assert [one.ordering.labels.tolist() for one in found.orderings] == [one.ordering.labels.tolist() for one in exact]
    assert [one.ordering.degeneracy for one in found.orderings] == [one.ordering.degeneracy for one in exact]


def is_primitive(cell, labels):
    return not any((labels[move] == labels).all() for move in cell.translations[1:])


def test_a_search_that_is_cut_short_says_so_and_gives_a_bound():
    filled = lay_out(parent_cell("LZC-E"), "2x1x2")
    model = electrostatic_energy(filled)
    exact = lowest_orderings(filled, 3)
    cut = search_bounded(filled, model, exact, 3, most_branches=100)
    assert not cut.is_proven
    assert exact[0].energy - 2.0 < cut.bound < exact[0].energy
    assert cut.branches == 100


def test_the_bound_of_a_crystal_with_split_sites_is_close():
    crystal = Structure.from_spacegroup(
        "F-43m",
        Lattice.cubic(9.859),
        [{"Li": 0.5}, "P", "S", "S", "Cl"],
        [[0.183, 0.183, 0.024], [0, 0, 0.5], [0.1187, -0.1187, 0.6187], [0.25, 0.25, 0.75], [0, 0, 0]],
    )
    filled = lay_out(parent_from_structure(crystal, "argyrodite", "textbook", exclude_within=2.0), "conventional")
    model, exact = electrostatic_energy(filled), lowest_orderings(filled, 3)
    found = search_bounded(filled, model, exact, 3)
    assert found.is_proven
    assert [one.ordering.labels.tolist() for one in found.orderings] == [one.ordering.labels.tolist() for one in exact]
