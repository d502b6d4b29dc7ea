"""Samples against the exact distribution on cells small enough to enumerate."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from selflimit.errors import InputError
from selflimit.structures import parent_cell, sample_orderings
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.orderings import enumerate_in
from selflimit.structures.orderings.sampling import least_of_orbit, sample_in


@pytest.mark.parametrize(("name", "cell"), [("LZC-A", "2x1x1"), ("LZC-D", "conventional")])
@pytest.mark.parametrize("weights", ["uniform", "degeneracy"])
def test_single_draws_follow_the_stated_distribution(name, cell, weights):
    filled = lay_out(parent_cell(name), cell)
    known = {o.labels.tobytes(): o.degeneracy for block in enumerate_in(filled) for o in block}
    draws = Counter(sample_in(filled, 1, seed, weights)[0].labels.tobytes() for seed in range(1500))
    share = np.array([1.0 if weights == "uniform" else degeneracy for degeneracy in known.values()])
    observed = np.array([draws[key] for key in known])
    assert observed.sum() == 1500  # every draw is one of the enumerated representatives
    # fixed seeds: a failure at this level is a defect, not bad luck
    assert chisquare(observed, 1500 * share / share.sum()).pvalue > 1e-3


def test_sample_has_no_repeats_and_exhausts_a_small_cell():
    filled = lay_out(parent_cell("LZC-A"), "2x1x1")
    found = sample_in(filled, 49, seed=3)
    known = {o.labels.tobytes(): o.degeneracy for block in enumerate_in(filled) for o in block}
    assert {o.labels.tobytes(): o.degeneracy for o in found} == known


def test_cells_beyond_enumeration():
    # 10^37 orderings: the composition is right, the representative is the least of its orbit, the seed decides
    found = sample_orderings(parent_cell("LZC-C"), 3, seed=1, cell="2x2x2")
    again = sample_orderings(parent_cell("LZC-C"), 3, seed=1, cell="2x2x2")
    assert count_in(found[0].cell).distinct > 10**30
    for one, other in zip(found, again, strict=True):
        assert one.structure().composition == one.cell.composition
        assert (one.labels == other.labels).all()
        assert (least_of_orbit(one.cell, one.labels).labels == one.labels).all()


def test_bad_input():
    parent = parent_cell("LZC-A")
    with pytest.raises(InputError, match="1 to 49 distinct orderings, got 50"):
        sample_orderings(parent, 50, 1, "2x1x1")
    with pytest.raises(InputError, match="expected weights"):
        sample_orderings(parent, 1, 1, "2x1x1", "boltzmann")
