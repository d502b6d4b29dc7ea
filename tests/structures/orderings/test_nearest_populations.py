"""Whole and neutral numbers of atoms near to the refined ones."""

import itertools
from dataclasses import replace

import pytest
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError, RemediableError
from selflimit.structures import orderings_document, parent_cell, parent_from_structure
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.nearest_populations import nearest_populations, propose_cell, sizes_to_fill

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


def test_a_parent_that_may_be_rounded_is_laid_out_whole_and_neutral():
    parent = refined(0.27, 0.30)
    rounded = parent_from_structure(
        parent.structure, "oxide", "test", charges={**CHARGES, "Zr": 3, "Nb": 4}, max_deviation=0.3
    )
    with pytest.raises(InputError, match="expected a neutral cell"):
        parent_from_structure(parent.structure, "oxide", "test", charges={**CHARGES, "Zr": 3, "Nb": 4})
    cell = lay_out(rounded, "2x2x1")
    atoms = cell.composition.element_composition
    charge = sum({**CHARGES, "Zr": 3, "Nb": 4}[e] * n for e, n in atoms.as_dict().items())
    assert charge == 0
    for pool, changes in zip(cell.pools, cell.deviations, strict=True):
        counts = dict(zip(pool.species, pool.counts, strict=True))
        for name, change in changes.items():
            refined_share = {"Li": 0.27, "vacancy": 0.73, "Nb": 0.3, "Zr": 0.7}.get(name, 0.0)
            if name != "vacancy" or "Li" in pool.species:
                assert counts.get(name, 0) / 4 - refined_share == pytest.approx(change, abs=1e-12)
    document = orderings_document(rounded, "2x2x1", keep=1)
    assert [one.deviations for one in document.pools] == cell.deviations
    # neutral are Li_x Nb_(4-x) of four cells; refined are 1.08 Li and 1.2 Nb
    assert (atoms["Li"], atoms["Nb"]) == (2, 2)


def test_a_cell_is_proposed_and_the_refusal_says_what_to_type():
    parent = parent_cell("LZC-E")
    # 7/8 Zr on one site of the primitive cell, as near to 1 as to any share of four sites
    assert propose_cell(parent) == ("primitive", 1, 0.125)
    assert propose_cell(replace(refined(0.5, 0.5), charges={"Li": 1, "Zr": 3, "Nb": 4, "O": -2})).cell == "2x1x1"
    with pytest.raises(RemediableError, match=r"primitive cell no occupancy changes by more than 0\.125") as refusal:
        lay_out(parent, "conventional")
    assert refusal.value.options == ("--nearest", "--cell", "primitive", "--max-deviation", "0.125")
    assert lay_out(replace(parent, max_deviation=0.125), "primitive").pools[0].counts == (1,)


def test_sizes_that_can_be_filled_are_those_within_the_deviation():
    parent, within = parent_cell("LZC-E"), []
    for n in range(1, 9):
        populations = nearest_populations(parent, n, max_deviation=1.0)
        if max(abs(change) for one in populations for change in one.deviations.values()) <= 0.1:
            within.append(n)
    assert sizes_to_fill(replace(parent, max_deviation=0.1), 8) == within
    assert 8 in within
    assert 1 not in within


def test_populations_leave_room_for_sites_that_exclude_each_other():
    # a ring of six sites 1 A apart, half filled: within 1.2 A of each other only every other site can be
    ring = Structure(Lattice.orthorhombic(6, 8, 8), 6 * [{"Li": 0.5}], [[i / 6, 0, 0] for i in range(6)])
    ring.append("Cl", [0, 0.5, 0.5])
    ring.add_site_property("label", [*(3 * ["A", "B"]), "Cl"])

    def rounded(n_ions, exclude_within):
        # the anion's charge says how many Li make the cell neutral
        return parent_from_structure(
            ring,
            "ring",
            "test",
            pools=[["A.1", "A.2"], ["B.1", "B.2"]],
            charges={"Li": 1, "Cl": -n_ions},
            exclude_within=exclude_within,
            max_deviation=0.5,
        )

    def lithium(parent):
        cell = lay_out(parent, "conventional")
        assert count_in(cell).raw > 0
        return sorted(dict(zip(pool.species, pool.counts, strict=True)).get("Li", 0) for pool in cell.pools)

    assert lithium(rounded(3, 0.0)) == [1, 2]
    assert lithium(rounded(3, 1.2)) == [0, 3]
    assert lithium(rounded(2, 1.2)) in ([0, 2], [1, 1])  # one of each on opposite sites has room
    with pytest.raises(InputError, match="with room for all ions"):
        lay_out(rounded(4, 1.2), "conventional")
