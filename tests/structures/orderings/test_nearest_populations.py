"""Whole and neutral numbers of atoms near to the refined ones."""

import itertools

import pytest
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures import parent_cell, parent_from_structure
from selflimit.structures.orderings.nearest_populations import nearest_populations

CHARGES = {"Li": 1, "Zr": 4, "Nb": 5, "O": -2}


def refined(lithium, niobium):
    """An oxide whose refined occupancies are not neutral: Li on a cubic corner, Nb for Zr in the centre."""
    content = [{"Li": lithium}, {"Zr": 1 - niobium, "Nb": niobium}, "O", "O"]
    positions = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0.25], [0, 0.5, 0.75]]
    return parent_from_structure(Structure(Lattice.tetragonal(4, 5), content, positions), "oxide", "test")


def test_the_least_change_is_found_among_all():
    parent, n = refined(0.27, 0.30), 4
    found = nearest_populations(parent, n, {**CHARGES, "Zr": 3, "Nb": 4}, max_deviation=0.3)
    best = min(
        ((li - n * 0.27) ** 2 * 2 + (nb - n * 0.30) ** 2 * 2, li, nb)
        for li, nb in itertools.product(range(n + 1), repeat=2)
        if li + 4 * nb + 3 * (n - nb) == 4 * n
    )
    by_pool = {name: count for one in found for name, count in one.counts.items()}
    assert (by_pool["Li"], by_pool["Nb"]) == best[1:]


def test_populations_that_fit_are_unchanged():
    found = nearest_populations(parent_cell("LZC-E"), 8)
    assert all(abs(change) < 1e-12 for one in found for change in one.deviations.values())


def test_refusals():
    with pytest.raises(InputError, match=r"within 0\.01 of the occupancies; take a larger cell"):
        nearest_populations(parent_cell("LZC-E"), 1, max_deviation=0.01)
    with pytest.raises(InputError, match="need formal charges"):
        metal = Structure(Lattice.cubic(4), [{"Na": 0.5, "K": 0.4}], [[0, 0, 0]])
        nearest_populations(parent_from_structure(metal, "metal", "test"), 2)
