"""Counts against published and independent values, and the invariants of any enumeration."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
import spglib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from selflimit.errors import InputError
from selflimit.structures import Parent, count_orderings, enumerate_orderings, parent_cell
from selflimit.structures.orderings.cell_shapes import cells_to_fill
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.orderings import enumerate_in
from selflimit.structures.orderings.populations import fitting_sizes
from selflimit.structures.orderings.search_cost import estimate_search
from selflimit.structures.search.last_sites import kept_table
from selflimit.structures.search.site_order import position_orders

GROUPS = ["P-1", "C2/m", "Pnma", "I-42d", "P4/mmm", "R-3m", "P3_121", "P6_3/mmc", "Pm-3m", "Fd-3m"]

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


def all_of(blocks):
    return [ordering for block in blocks for ordering in block]


def number_and_sum(blocks):
    """How many orderings, and the sum of their degeneracies."""
    totals = [(len(block), int(block.degeneracies.sum())) for block in blocks]
    return tuple(sum(column) for column in zip(*totals, strict=True))


@pytest.mark.parametrize(("name", "cell", "raw", "distinct"), PUBLISHED)
def test_counts_are_the_published_ones_and_the_enumeration_meets_them(name, cell, raw, distinct):
    # Burnside's count and the enumeration share the group, but no algorithm; degeneracies sum to the multinomial
    assert count_orderings(parent_cell(name), cell) == (raw, distinct)
    assert number_and_sum(enumerate_orderings(parent_cell(name), cell)) == (distinct, raw)


def placements_by_brute_force(cell):
    """Orbits of all placements under the permutations, by plain sets: {least image: size}."""
    pools = [
        set(itertools.permutations([s for s, n in enumerate(pool.counts) for _ in range(n)])) for pool in cell.pools
    ]
    placements = {sum(parts, ()) for parts in itertools.product(*pools)}
    orbits = {}
    while placements:
        one = placements.pop()
        images = {tuple(one[i] for i in row) for row in cell.permutations.tolist()}
        placements -= images
        orbits[min(images)] = len(images)
    return orbits


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(group=st.sampled_from(GROUPS), seed=st.integers(0, 10**6))
def test_random_crystals_of_all_systems_meet_brute_force(random_parents, group, seed):
    cell = lay_out(random_parents(group, seed, most_sites=8), "conventional")
    found = {tuple(o.labels.tolist()): o.degeneracy for o in all_of(enumerate_in(cell))}
    assert found == placements_by_brute_force(cell)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(group=st.sampled_from(GROUPS), seed=st.integers(0, 10**6))
def test_random_crystals_meet_burnside_in_larger_cells(random_parents, group, seed):
    parent = random_parents(group, seed)
    size = next(n for n in fitting_sizes(parent) if n > 1)
    for cell in itertools.islice(cells_to_fill(parent, n_cells=size), 3):
        count = count_in(cell)
        if count.raw < 3_000_000:
            assert number_and_sum(enumerate_in(cell)) == (count.distinct, count.raw)
            without = number_and_sum(enumerate_in(cell, superperiodic=False))
            assert without == tuple(reversed(count_in(cell, superperiodic=False)))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(group=st.sampled_from(GROUPS), seed=st.integers(0, 10**6))
def test_group_is_that_of_spglib_on_the_supercell(random_parents, group, seed):
    # the group is built by integers from the primitive cell; spglib's own search on the supercell is the second way
    parent = random_parents(group, seed)
    filled = next(iter(cells_to_fill(parent, n_cells=next(n for n in fitting_sizes(parent) if n > 1))))
    kinds = [str(sorted(site.species.as_dict().items())) for site in filled.structure]
    table = {kind: i for i, kind in enumerate(dict.fromkeys(kinds))}
    whole = (filled.structure.lattice.matrix, filled.structure.frac_coords, [table[kind] for kind in kinds])
    symmetry = spglib.get_symmetry(whole, symprec=0.01)
    positions = filled.structure.frac_coords[filled.active]
    expected = set()
    for rotation, translation in zip(symmetry["rotations"], symmetry["translations"], strict=True):
        apart = (positions @ rotation.T + translation)[:, None] - positions[None]
        apart -= np.round(apart)
        expected.add(tuple(np.linalg.norm(apart @ filled.structure.lattice.matrix, axis=-1).argmin(1)))
    assert {tuple(row) for row in filled.permutations} == expected


def test_orderings_are_pairwise_inequivalent():
    # pymatgen's matcher shares no code with the permutation group; tolerances far below any atomic distance
    matcher = StructureMatcher(ltol=1e-3, stol=1e-3, angle_tol=0.1, primitive_cell=False, attempt_supercell=False)
    found = [o.structure() for o in all_of(enumerate_orderings(parent_cell("LZC-A"), "2x1x1"))]
    assert len(matcher.group_structures(found)) == 49


def test_binary_necklaces(parent_of):
    # a chain of n sites along one axis of a long cell: orderings are bracelets, counted by the classical formula
    # (sum over rotations and reflections of fixed colourings), here n = 6 with 3 beads: 3 bracelets
    chain = parent_of("Pmmm", Lattice.orthorhombic(3.0, 20.0, 21.0), {"A": ({"Li": 0.5}, [0, 0, 0])})
    assert count_orderings(chain, "6x1x1") == (20, 3)
    assert sorted(o.degeneracy for o in all_of(enumerate_orderings(chain, "6x1x1"))) == [2, 6, 12]


# number of binary superstructures of n sites, superperiodic ones and relabelled ones left out, from the tables of
# Hart and Forcade, doi:10.1103/PhysRevB.77.224115
DERIVATIVE = [
    ("Fm-3m", [2, 3, 12, 14, 50]),
    ("Im-3m", [2, 3, 12, 14, 50]),
    ("Pm-3m", [3, 3, 15, 14]),
]


@pytest.mark.parametrize(("group", "published"), DERIVATIVE)
def test_derivative_structures_of_the_cubic_lattices(parent_of, group, published):
    found = []
    for n in range(2, 2 + len(published)):
        total = 0.0
        for k in range(1, n):
            parent = parent_of(group, Lattice.cubic(4.0), {"A": ({"Fe": k / n, "Ni": 1 - k / n}, [0, 0, 0])})
            total += count_orderings(parent, n_cells=n, superperiodic=False).distinct
            if 2 * k == n:  # exchanging the species gives the same structure, not one of another composition
                total += self_complementary(parent, n)
        found.append(total / 2)
    assert found == published


def test_superperiodic_orderings_of_eight_cells(parent_of):
    # shapes whose translations have subgroups of order 4 and 8: the count by Moebius inversion against the enumeration
    parent = parent_of("Fm-3m", Lattice.cubic(4.0), {"A": ({"Fe": 0.5, "Ni": 0.5}, [0, 0, 0])})
    count = count_orderings(parent, n_cells=8, superperiodic=False)
    assert number_and_sum(enumerate_orderings(parent, n_cells=8, superperiodic=False)) == (count.distinct, count.raw)


def self_complementary(parent, n):
    """Distinct orderings of equal composition that exchanging the two species leaves equivalent to themselves."""
    number = 0
    for block in enumerate_orderings(parent, n_cells=n, superperiodic=False):
        for ordering in block:
            images = (1 - ordering.labels)[block.cell.permutations]
            number += bool((images == ordering.labels).all(axis=1).any())
    return number


def test_shapes_are_counted_once_and_stand_for_all():
    # sigma(n)-like number of superlattices of index n in three dimensions: 35 for n = 4 (A. Schneider's a(n) = sum over
    # divisors d of n of d sigma(d)), whatever the symmetry
    shapes = list(cells_to_fill(parent_cell("LZC-E").with_pools([["M1"], ["M2"], ["Li1", "Li2"]]), n_cells=8))
    divisors = [d for d in range(1, 9) if 8 % d == 0]
    expected = sum(d * sum(e for e in range(1, d + 1) if d % e == 0) for d in divisors)
    assert sum(cell.shapes for cell in shapes) == expected
    assert all(cell.n_cells == 8 for cell in shapes)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shift=st.tuples(*[st.floats(-1, 1)] * 3),
    n=st.integers(2, 4),
    shape=st.sampled_from([(1, 1), (2, 1), (1, 2), (2, 2)]),
)
def test_count_ignores_origin_and_choice_of_vectors(shift, n, shape):
    lattice = Lattice.hexagonal(3.2, 9.0)
    plain, moved = (
        Parent(
            "toy",
            Structure(lattice, [{"Li": 0.5}], [at], site_properties={"label": ["A"]}),
            (("A",),),
            {"Li": 0},
            "test",
        )
        for at in ([0, 0, 0], list(shift))
    )
    matrix = np.array([[2 * shape[0], 0, 0], [0, shape[1], 0], [0, 0, 1]])
    sheared = matrix.copy()
    sheared[1] += (n - 2) * matrix[0]  # another basis of the same superlattice
    assert count_orderings(plain, matrix.tolist()) == count_orderings(moved, sheared.tolist())


@pytest.mark.parametrize("occupied", range(1, 6))
def test_exchanging_atoms_and_vacancies_keeps_the_count(parent_of, occupied):
    lattice = Lattice.hexagonal(3.2, 9.0)
    counts = [
        count_orderings(parent_of("P6/mmm", lattice, {"A": ({"Li": k / 6}, [0, 0, 0])}), "3x2x1")
        for k in (occupied, 6 - occupied)
    ]
    assert counts[0] == counts[1]
    assert counts[0].raw == math.comb(6, occupied)


def test_pools_that_symmetry_exchanges(parent_of):
    # two labels on one orbit, each a pool of its own: equivalent pools of equal content are exchanged, counted by hand:
    # a ring of 4 sites A B A B with one atom on each of the two pools: 4 placements, neighbours always: 1 distinct
    lattice = Lattice.orthorhombic(3.0, 20.0, 21.0)
    structure = Structure(
        lattice, [{"Li": 0.5}, {"Li": 0.5}], [[0, 0, 0], [0.5, 0, 0]], site_properties={"label": ["A", "B"]}
    )
    parent = Parent("ring", structure, (("A",), ("B",)), {"Li": 0.0}, "test")
    assert count_orderings(parent, "2x1x1") == (4, 1)
    assert number_and_sum(enumerate_orderings(parent, "2x1x1")) == (1, 4)
    # pools of unequal content are not exchanged, and operations that would mix them are no symmetry
    assert count_orderings(parent, "2x1x1", pools=[["A", "B"]]) == (6, 2)


def test_more_than_64_sites_in_a_pool(parent_of):
    # one atom on 72 equivalent sites is one ordering, 72-fold; three atoms: Burnside against the enumeration
    lattice = Lattice.hexagonal(3.2, 9.0)
    one = parent_of("P6/mmm", lattice, {"A": ({"Li": 1 / 72}, [0, 0, 0])})
    assert [o.degeneracy for o in all_of(enumerate_orderings(one, "6x6x2"))] == [72]
    three = parent_of("P6/mmm", lattice, {"A": ({"Li": 3 / 72}, [0, 0, 0])})
    assert number_and_sum(enumerate_orderings(three, "6x6x2")) == (
        count_orderings(three, "6x6x2").distinct,
        math.comb(72, 3),
    )


def test_blocks_stream_in_order_and_go_on_after_any_of_them():
    cell = lay_out(parent_cell("LZC-C"), "2x1x1")
    blocks = list(itertools.islice(enumerate_in(cell), 6))
    assert all(block.labels.dtype == np.int8 for block in blocks)
    rows = np.concatenate([block.labels for block in blocks])
    assert (rows[1:] != rows[:-1]).any(axis=1).all()
    assert all(a.tobytes() < b.tobytes() for a, b in itertools.pairwise(rows))
    for k in (1, 3):
        again = next(iter(enumerate_in(cell, after=blocks[k].labels[-1])))
        size = min(len(again), len(blocks[k + 1]))
        assert (again.labels[:size] == blocks[k + 1].labels[:size]).all()
        assert (again.degeneracies[:size] == blocks[k + 1].degeneracies[:size]).all()


def test_resumed_enumeration_is_complete():
    cell = lay_out(parent_cell("LZC-A"), "3x1x2")
    count = count_in(cell)
    first = list(itertools.islice(enumerate_in(cell), 5))
    rest = list(enumerate_in(cell, after=first[-1].labels[-1]))
    assert number_and_sum([*first, *rest]) == (count.distinct, count.raw)


def test_any_order_of_positions_gives_the_same_orbits(monkeypatch):
    # the order decides the time only
    plain = number_and_sum(enumerate_orderings(parent_cell("LZC-D"), "conventional"))
    monkeypatch.setattr(
        "selflimit.structures.search.site_order.position_orders",
        lambda permutations, begin, pool: np.tile(np.arange(len(pool)), (len(begin) - 1, 1)),
    )
    assert number_and_sum(enumerate_orderings(parent_cell("LZC-D"), "conventional")) == plain


def test_sites_are_filled_pool_after_pool_in_each_of_several_groups():
    # the turns of a ring of six sites, and those of one ring of three
    rings = [*[(np.arange(6) + k) % 6 for k in range(6)], *[[*((np.arange(3) + k) % 3), 3, 4, 5] for k in range(3)]]
    orders = position_orders(np.array(rings, dtype=np.int32), np.array([0, 6, 9]), np.array([1, 0, 1, 0, 1, 0]))
    assert [sorted(order[:3]) for order in orders] == [[1, 3, 5]] * 2
    assert [sorted(order[3:]) for order in orders] == [[0, 2, 4]] * 2


def test_pools_keep_their_own_composition():
    for ordering in all_of(enumerate_orderings(parent_cell("LZC-D"), "conventional")):
        labels = ordering.structure().site_properties["label"]
        assert labels.count("M2") == 2  # half of the four 4g holes, whatever 4h and 2d do
        assert labels.count("Li1") + labels.count("Li2") == 2
        assert ordering.structure().composition.reduced_formula == "Li2ZrCl6"
        assert ordering.structure().composition == ordering.cell.composition


def test_ordered_crystal_has_one_ordering():
    salt = Structure(
        Lattice.cubic(5.13), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]], site_properties={"label": ["A", "B"]}
    )
    parent = Parent("ordered", salt, (), {"Li": 1, "Cl": -1}, "made in the test")
    assert count_orderings(parent, "conventional") == (1, 1)
    (only,) = all_of(enumerate_orderings(parent, "conventional"))
    assert only.structure().composition == salt.composition


def test_progress_ends_at_the_exact_total():
    heard = []
    list(enumerate_orderings(parent_cell("LZC-A"), "3x1x1", progress=lambda part, text: heard.append((part, text))))
    assert heard[-1] == (1.0, "870 of 870 orderings")


def test_non_integer_composition_names_cells_that_fit():
    with pytest.raises(InputError, match=r"pool M1, got 1\.750 Zr, 0\.250 vacancy; cells of 8, 16, 24 primitive cells"):
        enumerate_orderings(parent_cell("LZC-E"), "conventional")
    with pytest.raises(InputError, match=r"3 primitive cells: expected whole atoms in pool M1"):
        count_orderings(parent_cell("LZC-E"), n_cells=3)
    with pytest.raises(InputError, match="at least 1 primitive cell, got 0"):
        count_orderings(parent_cell("LZC-A"), n_cells=0)


@pytest.mark.parametrize(
    "cell", ["cubic", "2x2", [[1, 0, 0], [0, 1, 0]], [[0.5, 0, 0], [0, 1, 0], [0, 0, 1]], "0x1x1", [[1, "a"], 2]]
)
def test_unknown_cell_is_refused(cell):
    with pytest.raises(InputError, match="expected cell"):
        count_orderings(parent_cell("LZC-A"), cell)


def test_absurd_enumerations_are_refused_before_the_work_with_advice():
    # 12,870^... : 4 x 4 x 4 cells of model C hold 10^150 orderings; the count still takes milliseconds
    assert count_orderings(parent_cell("LZC-C"), "4x4x4").distinct > 10**100
    with pytest.raises(InputError, match=r"distinct orderings.*smaller cell.*sample.*--most"):
        enumerate_orderings(parent_cell("LZC-C"), "4x4x4")
    with pytest.raises(InputError, match="more than the 40 that are searched through"):
        enumerate_orderings(parent_cell("LZC-A"), "2x1x1", most=40)


def test_groups_of_order_above_a_thousand_meet_burnside(parent_of):
    # simple cubic, 9 of 27: order 1296; garnet 16a, three species: order 768 and two binary digits
    cubic = parent_of("Pm-3m", Lattice.cubic(4.0), {"A": ({"Fe": 1 / 3, "Ni": 2 / 3}, [0, 0, 0])})
    garnet = parent_of("Ia-3d", Lattice.cubic(12.0), {"A": ({"Fe": 0.25, "Ni": 0.25, "Co": 0.5}, [0, 0, 0])})
    for cell in (lay_out(cubic, "3x3x3"), lay_out(garnet, "conventional")):
        count = count_in(cell)
        assert number_and_sum(enumerate_in(cell)) == (count.distinct, count.raw)


def test_estimates_bound_the_memory_and_grow_with_the_count(parent_of):
    cubic = parent_of("Pm-3m", Lattice.cubic(4.0), {"A": ({"Fe": 1 / 3, "Ni": 2 / 3}, [0, 0, 0])})
    for parent, cell in ((cubic, "3x3x3"), (parent_cell("LZC-A"), "4x1x1")):
        filled = lay_out(parent, cell)
        number_and_sum(enumerate_in(filled))  # compiled
        kept_table.cache_clear()
        tracemalloc.start()
        number_and_sum(enumerate_in(filled))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        estimate = estimate_search([filled])
        assert peak < estimate.memory < 10 * peak  # a bound, and no mere worst case
        assert estimate.stored == count_in(filled).distinct * (len(filled.active) + 8)  # int8 labels, int64 degeneracy
    small, large = (estimate_search(cells_to_fill(parent_cell("LZC-C"), cell, None)) for cell in ("2x1x1", "6x4x4"))
    assert small.seconds < 60 < 3600 < large.seconds < float("inf")
    assert "on one core" in str(small)
