"""Fixed points of the closed loop: exact where the answer is piecewise constant, and consistent on real entries."""

import html
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selflimit.coupling import ReactionZone, close_loop
from selflimit.coupling.fixed_points import Piece, continuous_fixed_points, fixed_points
from selflimit.coupling.reaction_zone import mix_products
from selflimit.documents import DesignPoint, DesignPointDoc, ElasticDoc, RelaxationDoc, level_of
from selflimit.errors import InputError
from selflimit.mesoscale import Grid, InterfaceParameters, Microstructure
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.report.html_page import Page
from selflimit.report.self_limitation_chapter import add_self_limitation, draw_loops
from selflimit.workflows import InterfaceMaker


def blend(pieces):
    return lambda i, s: (1 - s) * pieces[i].answer + s * pieces[i + 1].answer


def test_one_assemblage_answers_with_its_own_range():
    pieces = [Piece(0, 10, 4.0), Piece(10, 50, 6.0)]
    (point,) = fixed_points(pieces, blend(pieces))
    assert (point.index, point.piece, point.share_upper, point.stable) == (4.0, 0, None, True)
    assert point.margin == 6.0  # to the critical modulus; K cannot fall below 0, so that end does not count


def test_without_one_the_two_coexist_at_the_critical_modulus():
    """Loose products answer 14, stiff ones 8, they change at 10: a third of the zone reacts to the loose ones."""
    pieces = [Piece(0, 10, 14.0), Piece(10, 50, 8.0)]
    (point,) = fixed_points(pieces, blend(pieces))
    assert point.index == 10 and point.share_upper == pytest.approx(2 / 3, abs=1e-5) and point.stable


def test_two_assemblages_that_favour_themselves_are_both_stable_and_their_mixture_is_not():
    pieces = [Piece(0, 10, 8.0), Piece(10, 50, 14.0)]
    found = fixed_points(pieces, blend(pieces))
    assert [(p.index, p.stable) for p in found] == [(8.0, True), (10.0, False), (14.0, True)]
    assert found[1].share_upper == pytest.approx(1 / 3, abs=1e-5)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.floats(0.1, 49.9), min_size=0, max_size=5, unique=True),
    st.lists(st.floats(0.0, 50.0), min_size=6, max_size=6),
)
def test_there_is_always_a_fixed_point_and_iteration_agrees(breaks, answers):
    """Kakutani; and K -> F(K) from anywhere ends in a stable pure point, or alternates, as brute force shows."""
    edges = [0.0, *sorted(breaks), 50.0]
    pieces = [Piece(a, b, k) for a, b, k in zip(edges, edges[1:], answers, strict=False)]
    found = fixed_points(pieces, blend(pieces))
    assert found
    for point in found:
        if point.share_upper is not None:
            assert blend(pieces)(point.piece, point.share_upper) == pytest.approx(point.index, abs=1e-4)

    def answer(k):
        return next(p.answer for p in pieces if k < p.high or p is pieces[-1])

    pure = {p.index for p in found if p.share_upper is None}
    for start in np.linspace(0, 50, 23):
        k = start
        for _ in range(2 * len(pieces)):
            k = answer(k)
        assert answer(k) != k or k in pure
    # stable and unstable ones alternate, as the crossings of any answer with the diagonal do
    inside = [p for p in found if p.share_upper is not None or p.margin > 0]
    if len(inside) == len(found):
        assert [p.stable for p in found] == [i % 2 == 0 for i in range(len(found))]


def test_gaps_are_refused():
    with pytest.raises(InputError, match="follow each other"):
        fixed_points([Piece(0, 1, 1.0), Piece(2, 3, 1.0)], lambda i, s: 0.0)


def test_continuous_answers():
    assert continuous_fixed_points(np.cos, 3.0) == pytest.approx([0.7390851332151607], abs=1e-6)
    assert continuous_fixed_points(lambda k: 2.0, 5.0) == pytest.approx([2.0], abs=1e-6)


GRID = Grid((32, 48), 2e-6)
BULK = {"Li2ZrCl6": 12.4, "LiCl": 38.0, "Zr": 89.5, "ZrCl": 18.5, "ZrCl2": 15.3, "ZrCl3": 4.9, "ZrCl4": 10.0}
"""GPa; the Materials Project and this project's force field, ZrCl4 assumed. Shear: half of it."""


def constants(formula, bulk):
    shear = 0.5 * bulk
    young, nu = 9 * bulk * shear / (3 * bulk + shear), (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear))
    level = electrolyte_entries(["Li2ZrCl6"], source="force-field").level_of_theory
    return ElasticDoc(
        label=formula, formula=formula, tensor=[[0.0] * 6] * 6, bulk_modulus=bulk, shear_modulus=shear,
        youngs_modulus=young, poisson_ratio=nu, level_of_theory=level,
    )  # fmt: skip


@pytest.fixture(scope="module")
def elastic():
    return {formula: constants(formula, bulk) for formula, bulk in BULK.items()}


@pytest.fixture(scope="module")
def entries():
    return electrolyte_entries(["Li2ZrCl6"], source="force-field").entries


def zone(elastic, **parameters):
    return ReactionZone(Microstructure.interface(GRID), InterfaceParameters(**parameters), elastic, 8e-6, 2e-6)


def loop(entries, elastic, model="linear", **parameters):
    diagram = ConstrainedPhaseDiagram(entries, model=model)
    return diagram, close_loop(diagram, "Li2ZrCl6", 0.0, zone(elastic, **parameters), sweep=(0.0, 1.0))


def test_the_loop_is_closed(entries, elastic):
    """At the fixed point the diagram gives the stated products, and the stated products give its modulus."""
    diagram, doc = loop(entries, elastic, retained_fraction=1.0)
    surroundings = zone(elastic, retained_fraction=1.0)
    (point,) = doc.fixed_points
    again = diagram.products("Li2ZrCl6", 0.0, point.index)
    assert again.reaction == point.reaction and again.reaction_strain == pytest.approx(point.reaction_strain)
    assert surroundings.modulus(again.products).k_eff / 1e9 == pytest.approx(point.index)
    assert point.pressure == pytest.approx(3e3 * point.modulus.k_eff * ((1 + again.reaction_strain) ** (1 / 3) - 1))
    assert "one stable fixed point" in doc.statement
    assert all(branch.answer < surroundings.bound for branch in doc.branches)


STIFF = {f"{phase}_modulus": 2e12 for phase in ("particle", "electrolyte", "lithium")}


def test_a_stiff_enough_surrounding_makes_the_products_coexist(entries, elastic):
    """Walls of 2000 GPa confine rigidly: LiCl + Zr then answers far above K*, LiCl + ZrCl2 below it."""
    soft = dict(elastic, ZrCl2=constants("ZrCl2", 1.0), LiCl=constants("LiCl", 20.0))
    diagram, doc = loop(entries, soft, retained_fraction=1.0, **STIFF)
    (point,) = doc.fixed_points
    assert point.kind == "coexistence" and point.stable and 0 < point.share_upper < 1
    assert point.index == pytest.approx(diagram.critical_k_eff("Li2ZrCl6", 0.0))
    surroundings = zone(soft, retained_fraction=1.0, **STIFF)
    assert surroundings.modulus(point.products).k_eff / 1e9 == pytest.approx(point.index, rel=1e-5)
    assert "no assemblage is consistent" in doc.statement
    assert doc.branches[0].next_branch == 1 and doc.branches[1].next_branch == 0  # each calls the other
    assert [branch.low for branch in doc.branches][:2] == [0.0, pytest.approx(point.index)]


def test_retained_fraction_scales_index_and_pressure(entries, elastic):
    _, doc = loop(entries, elastic, retained_fraction=0.1)
    rows = {row.retained_fraction: row for row in doc.retained_fraction_sweep}
    assert sorted(rows) == [0.0, 0.1, 1.0]
    assert rows[0.0].indices == [0.0] and rows[0.0].pressures == [0.0]
    assert rows[0.1].indices[0] == pytest.approx(0.1 * rows[1.0].indices[0])  # the same products at both
    assert rows[0.1].pressures[0] == pytest.approx(0.1 * rows[1.0].pressures[0])


def test_the_elastic_functional_keeps_zirconium(entries, elastic):
    """Its work is quadratic in the strain, so at dV/V0 = 0.06 it is a thirtieth of the linear one at the same K."""
    _, doc = loop(entries, elastic, "elastic", retained_fraction=0.5)
    (point,) = doc.fixed_points
    assert "Zr" in {product.formula for product in point.products}
    assert point.index == pytest.approx(0.5**2 * point.modulus.k_eff)  # of an energy, the strain counts twice
    assert doc.branches == []


def test_mixtures_conserve_amounts():
    diagram = ConstrainedPhaseDiagram(electrolyte_entries(["Li2ZrCl6"], source="force-field").entries)
    loose, tight = (diagram.products("Li2ZrCl6", 0.0, k).products for k in (0.0, 30.0))
    mixed = {p.formula: p.amount for p in mix_products(loose, tight, 0.25)}
    assert mixed == pytest.approx({"LiCl": 5.5, "Zr": 0.75, "ZrCl2": 0.25})


def test_missing_constants_are_named(entries, elastic):
    with pytest.raises(InputError, match=r"ZrCl2 .*elastic step"):
        loop(entries, {k: v for k, v in elastic.items() if k != "ZrCl2"}, **STIFF)


def relaxations(entries):
    """The shipped entries as the chain's relaxations: the electrolyte, and the others."""
    made = [
        RelaxationDoc(
            label=str(e.entry_id), formula=e.reduced_formula, structure=e.structure, energy=e.energy,
            energy_per_atom=e.energy_per_atom, volume=e.structure.volume, volume_per_formula=e.structure.volume,
            volume_change=0.0, max_force=0.0, max_stress=0.0, steps=1, level_of_theory=level_of(e),
        )
        for e in entries
    ]  # fmt: skip
    own = min((doc for doc in made if doc.formula == "Li2ZrCl6"), key=lambda doc: doc.energy_per_atom)
    return own, [doc for doc in made if doc is not own]


def test_the_chains_relaxations_give_the_same_loop(entries, elastic):
    electrolyte, competing = relaxations(entries)
    maker = InterfaceMaker(closed_loop=True, grid_cells=(32, 48), seed=0)
    strained = InterfaceMaker.choose_crystals.original(maker, electrolyte, competing, [], [])
    assert strained[0] is electrolyte and {"LiCl", "Zr", "ZrCl2"} <= {doc.formula for doc in strained}
    assert len({doc.label for doc in strained}) == len(strained)
    p = InterfaceParameters(interface_width=1e-6)
    constants = list(elastic.values())
    doc = InterfaceMaker.close_loop.original(maker, electrolyte, competing, constants, p, "linear")
    surroundings = maker._zone(p, constants)
    direct = close_loop(ConstrainedPhaseDiagram(entries), "Li2ZrCl6", 0.0, surroundings)
    assert [point.reaction for point in doc.fixed_points] == [point.reaction for point in direct.fixed_points]
    assert doc.fixed_points[0].pressure == pytest.approx(direct.fixed_points[0].pressure)


def test_the_report_shows_loops_and_verdicts(entries, elastic, tmp_path):
    _, doc = loop(entries, elastic, retained_fraction=0.1)
    _, quadratic = loop(entries, elastic, "elastic", retained_fraction=0.1)
    ((name, figure),) = draw_loops([quadratic, doc]).items()
    figure.savefig(tmp_path / "loop.png")
    heights = {float(y) for line in figure.axes[0].lines for y in line.get_ydata()}
    assert doc.branches[0].answer in heights and doc.fixed_points[0].index in heights
    no_room = DesignPointDoc(
        point=DesignPoint(coarse_fraction=0.9, radius=9e-6, overpotential=-0.1, correction=80.0, seed=1),
        verdict=None, failure="no room for the particles", cpu_seconds=0.0,
    )  # fmt: skip
    page = Page("test")
    add_self_limitation(page, [quadratic, doc], [], [no_room], {name: tmp_path / "loop.png"})
    text = html.unescape(re.sub("<[^>]*>", "", page.text()))
    assert all(row.reactions[0] in text for row in doc.retained_fraction_sweep)
    assert doc.statement in text and "0.9 coarse: no room for the particles" in text
    untouched = Page("nothing asked for")
    add_self_limitation(untouched, [], [], [], {})
    assert not untouched.parts and not draw_loops([])
