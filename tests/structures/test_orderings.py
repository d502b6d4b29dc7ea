"""Counts against published and independent values, and the invariants of any enumeration."""

import math

import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures import orderings
from selflimit.structures.cells import lay_out
from selflimit.structures.orderings import count_orderings, enumerate_orderings
from selflimit.structures.parents import Parent, parent_cell


def binary_parent(lattice: Lattice, positions: list[list[float]], occupancy: float, labels: list[str]) -> Parent:
    """Lithium and vacancies on ``positions``; neutral because lithium is given no charge."""
    structure = Structure(lattice, [{"Li": occupancy}] * len(positions), positions, site_properties={"label": labels})
    return Parent("toy", structure, (tuple(dict.fromkeys(labels)),), {"Li": 0.0}, "made in the test")


# raw and distinct counts that several independent programs agree on (supercell, icet, bsym, SHRY for these models)
PUBLISHED = [
    ("LZC-A", "primitive", 3, 2),
    ("LZC-A", "conventional", 15, 6),
    ("LZC-A", "2x1x1", 495, 49),
    ("LZC-A", "1x1x2", 495, 77),
    ("LZC-A", "3x1x1", 18_564, 870),
    ("LZC-C", "conventional", 13_860, 3_532),
    ("LZC-E", "2x1x2", 94_140_288, 2_942_874),
]


@pytest.mark.parametrize(("name", "cell", "raw", "distinct"), PUBLISHED)
def test_count_equals_published_values(name, cell, raw, distinct):
    assert count_orderings(parent_cell(name), cell) == (raw, distinct)


@pytest.mark.parametrize(("name", "cell"), [(name, cell) for name, cell, raw, _ in PUBLISHED if raw < 20_000])
def test_enumeration_meets_burnside_and_degeneracies_sum_to_multinomial(name, cell):
    found = list(enumerate_orderings(parent_cell(name), cell))
    count = count_orderings(parent_cell(name), cell)
    assert len(found) == count.distinct
    assert sum(ordering.degeneracy for ordering in found) == count.raw


def test_a_million_placements_are_enumerated():
    # 735,471 placements; Burnside's count is the second method
    count = count_orderings(parent_cell("LZC-A"), "2x1x2")
    assert sum(1 for _ in enumerate_orderings(parent_cell("LZC-A"), "2x1x2")) == count.distinct


def test_orderings_are_pairwise_inequivalent():
    # pymatgen's matcher shares no code with the permutation group; tolerances far below any atomic distance
    matcher = StructureMatcher(ltol=1e-3, stol=1e-3, angle_tol=0.1, primitive_cell=False, attempt_supercell=False)
    found = [ordering.structure() for ordering in enumerate_orderings(parent_cell("LZC-A"), "conventional")]
    assert len(matcher.group_structures(found)) == 6


def test_binary_necklaces():
    # a chain of n sites along one axis of a long cell: orderings are bracelets, counted by the classical formula
    # (sum over rotations and reflections of fixed colourings), here n = 6 with 3 beads: 3 bracelets
    lattice = Lattice.orthorhombic(3.0, 20.0, 21.0)
    chain = binary_parent(lattice, [[0, 0, 0]], 0.5, ["A"])
    assert count_orderings(chain, "6x1x1") == (20, 3)
    assert [o.degeneracy for o in enumerate_orderings(chain, "6x1x1")] == [6, 12, 2]


def test_simple_cubic_square_layer():
    # two vacancies' positions on a 2x2 torus: nearest or diagonal neighbours, 2 distinct of C(4,2) = 6
    square = binary_parent(Lattice.tetragonal(3.0, 20.0), [[0, 0, 0]], 0.5, ["A"])
    assert sorted(o.degeneracy for o in enumerate_orderings(square, "2x2x1")) == [2, 4]


@settings(max_examples=15, deadline=None)
@given(
    shift=st.tuples(*[st.floats(-1, 1)] * 3),
    n=st.integers(2, 4),
    shape=st.sampled_from([(1, 1), (2, 1), (1, 2), (2, 2)]),
)
def test_count_ignores_origin_and_choice_of_vectors(shift, n, shape):
    lattice = Lattice.hexagonal(3.2, 9.0)
    plain = binary_parent(lattice, [[0, 0, 0]], 0.5, ["A"])
    moved = binary_parent(lattice, [list(shift)], 0.5, ["A"])
    matrix = np.array([[2 * shape[0], 0, 0], [0, shape[1], 0], [0, 0, 1]])
    sheared = matrix.copy()
    sheared[1] += (n - 2) * matrix[0]  # another basis of the same superlattice
    assert count_orderings(plain, matrix.tolist()) == count_orderings(moved, sheared.tolist())


@settings(max_examples=10, deadline=None)
@given(occupied=st.integers(1, 5))
def test_exchanging_atoms_and_vacancies_keeps_the_count(occupied):
    # C(6, k) = C(6, 6 - k) and the group does not care which species is called vacancy
    lattice = Lattice.hexagonal(3.2, 9.0)
    counts = [
        count_orderings(binary_parent(lattice, [[0, 0, 0]], k / 6, ["A"]), "3x2x1") for k in (occupied, 6 - occupied)
    ]
    assert counts[0] == counts[1]
    assert counts[0].raw == math.comb(6, occupied)


@pytest.mark.parametrize("cell", ["conventional", "2x1x1", "1x2x1", [[1, 1, 0], [-1, 1, 0], [0, 0, 1]]])
def test_permutations_are_those_of_spglib_on_the_supercell(cell):
    # the group is built from the primitive cell; spglib's own search on the supercell is the second method
    filled = lay_out(parent_cell("LZC-A"), cell)
    kinds = [hash(site.species) for site in filled.structure]
    table = {kind: i for i, kind in enumerate(dict.fromkeys(kinds))}
    whole = (filled.structure.lattice.matrix, filled.structure.frac_coords, [table[kind] for kind in kinds])
    symmetry = spglib.get_symmetry(whole, symprec=1e-3)
    expected = set()
    positions = filled.structure.frac_coords[filled.active]
    for rotation, translation in zip(symmetry["rotations"], symmetry["translations"], strict=True):
        apart = (positions @ rotation.T + translation)[:, None] - positions[None]
        expected.add(tuple(np.abs(apart - np.round(apart)).sum(-1).argmin(1)))
    assert {tuple(row) for row in filled.permutations} == expected


def test_more_than_64_sites_in_a_pool():
    # one atom on 72 equivalent sites is one ordering, 72-fold; two atoms: Burnside against the enumeration
    lattice = Lattice.hexagonal(3.2, 9.0)
    one = list(enumerate_orderings(binary_parent(lattice, [[0, 0, 0]], 1 / 72, ["A"]), "6x6x2"))
    assert [o.degeneracy for o in one] == [72]
    two = binary_parent(lattice, [[0, 0, 0]], 2 / 72, ["A"])
    assert len(list(enumerate_orderings(two, "6x6x2"))) == count_orderings(two, "6x6x2").distinct


def test_pools_keep_their_own_composition():
    for ordering in enumerate_orderings(parent_cell("LZC-D"), "conventional"):
        labels = ordering.structure().site_properties["label"]
        assert labels.count("M2") == 2  # half of the four 4g holes, whatever 4h and 2d do
        assert labels.count("Li1") + labels.count("Li2") == 2
        assert ordering.structure().composition.reduced_formula == "Li2ZrCl6"


def test_ordered_crystal_has_one_ordering():
    salt = Structure(
        Lattice.cubic(5.13), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]], site_properties={"label": ["A", "B"]}
    )
    parent = Parent("ordered", salt, (), {"Li": 1, "Cl": -1}, "made in the test")
    assert count_orderings(parent, "conventional") == (1, 1)
    (only,) = enumerate_orderings(parent, "conventional")
    assert only.structure().composition == salt.composition


def test_non_integer_composition_names_cells_that_fit():
    with pytest.raises(InputError, match=r"pool M1, got 1\.750 Zr, 0\.250 vacancy; cells of 8 primitive cells fit"):
        enumerate_orderings(parent_cell("LZC-E"), "conventional")


@pytest.mark.parametrize("cell", ["cubic", "2x2", [[1, 0, 0], [0, 1, 0]], [[0.5, 0, 0], [0, 1, 0], [0, 0, 1]], "0x1x1"])
def test_unknown_cell_is_refused(cell):
    with pytest.raises(InputError, match="expected cell"):
        count_orderings(parent_cell("LZC-A"), cell)


def test_too_many_orderings_are_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(orderings, "RAW_LIMIT", 400)
    with pytest.raises(InputError, match=r"495 placements .* choose a smaller cell"):
        enumerate_orderings(parent_cell("LZC-A"), "2x1x1")
