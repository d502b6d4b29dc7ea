"""Cluster expansions against energies that are sums over clusters, and the closed loop against relaxing everything."""

import itertools

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from selflimit.errors import ConvergenceError, InputError
from selflimit.structures import learn_orderings, parent_cell, parent_from_structure
from selflimit.structures.cluster_expansion.closed_loop import candidates_of
from selflimit.structures.cluster_expansion.clusters import find_clusters
from selflimit.structures.cluster_expansion.fit import fit_energies, variables_of
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.electrostatics import electrostatic_energy
from selflimit.structures.orderings.sampling import placements_at_random


@pytest.fixture(scope="module")
def cell():
    return lay_out(parent_cell("LZC-E").with_pools([["M1", "M2"], ["Li1", "Li2"]]), "conventional")


def test_counts_are_those_of_all_subsets_and_do_not_depend_on_the_placement_of_an_orbit(cell):
    clusters = find_clusters([cell], 4.0)
    labels = next(placements_at_random(cell, 3))
    images = labels[cell.permutations]
    assert np.ptp(clusters.count(cell, images), axis=0).max() == 0
    distances = cell.structure.distance_matrix[np.ix_(cell.active, cell.active)]
    filled = [i for i, rank in enumerate(labels) if cell.pools[cell.pool_of_site[i]].species[rank] != "vacancy"]
    triplets = [
        one
        for one in itertools.combinations(filled, 3)
        if max(distances[a, b] for a, b in itertools.combinations(one, 2)) <= 4.0
    ]
    counts = clusters.count(cell, labels[None])[0] * cell.n_cells
    by_size = [counts[clusters.size == size].sum() for size in (1, 2, 3)]
    assert by_size == [len(filled), len(filled) * (len(filled) - 1) / 2, len(triplets)]
    # points: one orbit for each of the four Wyckoff positions
    assert (clusters.size == 1).sum() == 4


def test_energies_of_clusters_are_found_again(cell):
    clusters, candidates = find_clusters([cell], 4.0), candidates_of([cell], 1)
    counts = clusters.count(cell, np.array([one.labels for one in candidates]))
    true = np.random.default_rng(1).normal(size=len(clusters.size)) * np.exp(-clusters.reach / 2)
    energies = -3.0 + 0.01 * counts @ true
    variables = variables_of(counts, np.zeros(len(counts)))
    learned, left = np.arange(0, len(counts), 2), np.arange(1, len(counts), 2)
    expansion = fit_energies(clusters, variables[learned], energies[learned])
    predicted, deviation = expansion.predict(variables[left])
    # half of the orderings fix nearly all combinations of clusters that occur
    assert np.abs(predicted - energies[left]).mean() < 0.1 * energies.std()
    assert expansion.error < 0.2 * energies.std()
    assert (deviation >= 0).all()
    fitted, at_data = expansion.predict(variables[learned])
    assert at_data.max() <= deviation.max()
    assert np.abs(fitted - energies[learned]).max() < 0.05 * energies.std()


def test_the_error_is_that_of_leaving_out_one_at_a_time(cell):
    clusters, candidates = find_clusters([cell], 4.0), candidates_of([cell], 1)[:12]
    variables = variables_of(clusters.count(cell, np.array([one.labels for one in candidates])), np.zeros(12))
    energies = np.random.default_rng(2).normal(size=12)
    expansion = fit_energies(clusters, variables, energies)
    # the same prior and noise, each ordering left out by hand
    covariance, errors = np.linalg.inv(expansion.inverse), []
    for i in range(12):
        others = [k for k in range(12) if k != i]
        solved = np.linalg.solve(covariance[np.ix_(others, others)], energies[others])
        errors.append(energies[i] - covariance[i, others] @ solved)
    assert expansion.error == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-4)


def hidden_energies(cell, candidates, seed):
    """Electrostatics, short-ranged pairs and triplets, and what no cluster explains (eV per atom)."""
    model, random = electrostatic_energy(cell), np.random.default_rng(seed)
    labels = np.array([one.labels for one in candidates])
    clusters = find_clusters([cell], 4.0)
    own = random.normal(size=len(clusters.size)) * np.exp(-clusters.reach / 2)
    return 0.02 * model(labels) + 0.004 * clusters.count(cell, labels) @ own + 2e-4 * random.normal(size=len(labels))


@pytest.mark.parametrize("seed", range(10))
def test_the_lowest_is_found_with_a_fifth_of_the_relaxations(cell, seed):
    candidates = candidates_of([cell], 1)
    energies, asked = hidden_energies(cell, candidates, 5), []

    def relax(_, numbers):
        asked.extend(numbers)
        return energies[list(numbers)]

    found = learn_orderings([cell], relax, most=len(candidates) // 5, seed=seed)
    assert len(asked) == len(set(asked)) == len(found.relaxed) <= len(candidates) // 5
    assert found.relaxed[int(np.nanargmin(found.energies))] == int(energies.argmin())
    assert found.heights.min() == 0
    assert found.expansion.error < 3e-3


def test_a_failed_relaxation_is_left_out_and_too_many_are_refused(cell):
    candidates = candidates_of([cell], 1)
    energies = hidden_energies(cell, candidates, 5)

    def relax(_, numbers):
        return [np.nan if number % 5 == 0 else energies[number] for number in numbers]

    found = learn_orderings([cell], relax, most=12)
    assert np.isnan(found.energies).sum() == sum(number % 5 == 0 for number in found.relaxed)
    with pytest.raises(ConvergenceError, match="at least 3 are needed"):
        learn_orderings([cell], lambda _, numbers: [np.nan for _ in numbers], most=12)
    with pytest.raises(InputError, match="expected at least 4 relaxations"):
        learn_orderings([cell], relax, most=3)


def test_several_compositions_of_one_supercell_share_an_expansion():
    # Li on a quarter, half and three quarters of the sites: a range of compositions of one framework, charges off
    cells = [lay_out(neutral_parent(share), "2x2x3") for share in (0.25, 0.5, 0.75)]
    candidates = candidates_of(cells, 1)
    random = np.random.default_rng(3)
    clusters = find_clusters(cells, 4.0)
    own = random.normal(size=len(clusters.size)) * np.exp(-clusters.reach / 2)
    energies = np.array([0.05 * clusters.count(one.cell, one.labels[None])[0] @ own for one in candidates])

    found = learn_orderings(cells, lambda _, numbers: energies[list(numbers)], most=len(candidates) // 4)
    for one in cells:
        of_cell = [number for number, candidate in enumerate(candidates) if candidate.cell is one]
        seen = [number for number in found.relaxed if found.candidates[number].cell is one]
        assert min(energies[seen]) == pytest.approx(min(energies[of_cell]), abs=1e-9)
    with pytest.raises(InputError, match="cells of one supercell"):
        find_clusters([cells[0], lay_out(neutral_parent(0.5), "1x1x2")])


def neutral_parent(share):
    content, positions = [{"Li": share}, "Cl"], [[0, 0, 0], [0, 0.5, 0.5]]
    framework = Structure.from_spacegroup("P4/mmm", Lattice.tetragonal(3.1, 4.4), content, positions)
    return parent_from_structure(framework, "range", "test", charges={"Li": 0, "Cl": 0})
