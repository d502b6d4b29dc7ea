"""Annealed orderings against the exhaustive search; the lower bound and the energies against all placements."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures import (
    anneal_orderings,
    lowest_orderings,
    orderings_document,
    parent_cell,
    parent_from_structure,
)
from selflimit.structures.lowest.annealing import anneal, landscape_of, neighbouring_placements, placement_of
from selflimit.structures.lowest.lower_bound import lower_bound
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.search.pair_energies import PairEnergy


def labels_of(ranked):
    return [one.ordering.labels.tolist() for one in ranked]


@pytest.mark.parametrize(("name", "cell"), [("LZC-A", "2x1x1"), ("LZC-E", "2x1x2"), ("LZC-C", "2x1x1")])
@pytest.mark.parametrize("seed", [1, 2])
def test_annealing_finds_the_ten_of_the_exhaustive_search(name, cell, seed):
    filled = lay_out(parent_cell(name), cell)
    found = anneal_orderings(filled, 10, seed)
    assert labels_of(found.orderings) == labels_of(lowest_orderings(filled, 10))
    assert found.is_proven
    assert found.bound == found.orderings[0].energy
    assert found.gap == 0


def test_sites_that_exclude_each_other():
    # split sites of argyrodite, one Li in each pair: the exhaustive search leaves out the same placements
    crystal = Structure.from_spacegroup(
        "F-43m",
        Lattice.cubic(9.859),
        [{"Li": 0.5}, "P", "S", "S", "Cl"],
        [[0.183, 0.183, 0.024], [0, 0, 0.5], [0.1187, -0.1187, 0.6187], [0.25, 0.25, 0.75], [0, 0, 0]],
    )
    filled = lay_out(parent_from_structure(crystal, "argyrodite", "textbook", exclude_within=2.0), "conventional")
    assert labels_of(anneal_orderings(filled, 3, 1).orderings) == labels_of(lowest_orderings(filled, 3))


def random_problem(seed, n=6):
    """Two pools of three sites with random energies and one excluded pair across them."""
    random = np.random.default_rng(seed)
    pair = random.normal(size=(n, 3, n, 3))
    pair = pair + pair.transpose(2, 3, 0, 1)
    model = PairEnergy(random.normal(), random.normal(size=(n, 3)), pair, 2.0)
    pool, counts, empty = np.array([0, 0, 0, 1, 1, 1]), [(1, 1, 1), (1, 2, 0)], [2, 1]
    return model, pool, counts, empty, np.array([[0, 3], [1, 2]])


def every_placement(pool, counts, empty, excluded):
    rows = [sorted(set(itertools.permutations([s for s, n in enumerate(row) for _ in range(n)]))) for row in counts]
    for parts in itertools.product(*rows):
        labels = np.array(sum(parts, ()), dtype=np.int8)
        filled = labels != np.array(empty)[pool]
        if not (filled[excluded[:, 0]] & filled[excluded[:, 1]]).any():
            yield labels


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_bound_is_below_all_placements_and_neighbours_have_their_energies(seed):
    model, pool, counts, empty, excluded = random_problem(seed)
    allowed = list(every_placement(pool, counts, empty, excluded))
    energies = model(np.array(allowed))
    assert lower_bound(model, pool, counts, empty, excluded) <= energies.min() + 1e-9
    landscape = landscape_of(model, pool, np.array(empty)[pool], excluded)
    known = {labels.tobytes(): energy for labels, energy in zip(allowed, energies, strict=True)}
    near, found = neighbouring_placements(landscape, allowed[0])
    apart = [(labels != allowed[0]).sum() for labels in allowed]
    one_exchange = {
        labels.tobytes()
        for labels, n in zip(allowed, apart, strict=True)
        if n == 2 and len(set(pool[labels != allowed[0]])) == 1
    }
    assert {row.tobytes() for row in near} == one_exchange
    assert [known[row.tobytes()] * model.units for row in near] == pytest.approx(found.tolist())


def test_the_bound_is_exact_where_pairs_are_alike():
    # every two ions repel alike: the least site energies decide, and each ion's half of its pairs adds up
    _, pool, counts, empty, _ = random_problem(0)
    random, is_ion = np.random.default_rng(2), np.arange(3) != np.array(empty)[pool][:, None]
    pair = 0.7 * (is_ion[:, :, None, None] & is_ion[None, None])
    model, no_pairs = PairEnergy(0.3, random.normal(size=(6, 3)), pair, 1.0), np.empty((0, 2), dtype=np.int64)
    energies = model(np.array(list(every_placement(pool, counts, empty, no_pairs))))
    assert lower_bound(model, pool, counts, empty, no_pairs) == pytest.approx(energies.min())


def test_an_anneal_keeps_its_books():
    model, pool, counts, empty, excluded = random_problem(5)
    landscape = landscape_of(model, pool, np.array(empty)[pool], excluded)
    allowed = list(every_placement(pool, counts, empty, excluded))
    placement, lowest = placement_of(landscape, allowed[0], 3), allowed[0].copy()
    best = anneal(landscape, placement, np.geomspace(5, 0.01, 30), 500, lowest)
    again = placement_of(landscape, placement.labels, 1)
    assert placement.energy[0] == pytest.approx(again.energy[0], abs=1e-9)
    assert placement.field == pytest.approx(again.field, abs=1e-9)
    assert placement.blocked.tolist() == again.blocked.tolist()
    assert placement.labels.tobytes() in {labels.tobytes() for labels in allowed}
    assert best / model.units == pytest.approx(model(np.array(allowed)).min())
    assert model(lowest[None])[0] == pytest.approx(best / model.units)


def test_the_document_tells_what_is_not_proven(monkeypatch):
    monkeypatch.setattr("selflimit.structures.lowest.monte_carlo.search_bounded", lambda *_, **__: None)
    document = orderings_document(parent_cell("LZC-A"), "2x1x1", keep=2, anneal=7)
    assert document.lower_bound < document.orderings[0].electrostatic_energy
    assert orderings_document(parent_cell("LZC-A"), "2x1x1", keep=2).lower_bound is None
    with pytest.raises(InputError, match="expected keep >= 1"):
        anneal_orderings(lay_out(parent_cell("LZC-A")), 0)
