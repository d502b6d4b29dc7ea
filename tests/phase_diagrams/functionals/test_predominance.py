"""The voltage-K_eff map: it covers the rectangle once, agrees with single points, and its borders have closed forms."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition, Element

from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram

GPA_A3 = 1e-21 / 1.602176634e-19  # eV; SI defining constant of the electronvolt
EXACT = 1e-9  # eV, V, GPa: what the product promises
SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VOLTAGES, MODULI = (0.0, 6.0), (0.0, 30.0)


def electrolyte_of(entries):
    """Some compound of the set that holds two closed elements."""
    return next(
        e.composition.reduced_formula for e in reversed(entries) if len(set(e.composition) - {Element("Li")}) > 1
    )


def area(vertices):
    x, y = np.array(vertices).T
    return 0.5 * (x @ np.roll(y, -1) - y @ np.roll(x, -1))


def turns(vertices):
    """Cross products of successive sides, relative to the lengths of the sides: none negative in a convex polygon."""
    sides = np.roll(vertices, -1, 0) - np.array(vertices)
    following = np.roll(sides, -1, 0)
    cross = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    return cross / np.hypot(*sides.T) / np.hypot(*following.T)


def assert_tiles(doc):
    """Positive convex areas that sum to the rectangle: with every region inside it, neither gap nor overlap."""
    (left, right), (low, high) = doc.voltage_range, doc.k_eff_range
    areas = [area(r.vertices) for r in doc.regions]
    assert min(areas) > 0
    assert sum(areas) == pytest.approx((right - left) * (high - low), rel=EXACT)
    for r in doc.regions:
        x, y = np.array(r.vertices).T
        assert left <= x.min() and x.max() <= right and low <= y.min() and y.max() <= high
        if area(r.vertices) > 1e-6:  # corners closer than 1e-8 of the map are merged, which bends slivers
            assert turns(r.vertices).min() > -1e-5


def are_equal(some, others, entries):
    """Whether two sets of products have the same atoms, energy and volume, so that neither is better anywhere."""
    per_formula = {e.entry_id: e.energy / e.composition.get_reduced_composition_and_factor()[1] for e in entries}

    def measure(products):
        atoms = sum((one.amount * Composition(one.formula) for one in products), Composition())
        energy, volume = (sum(one.amount * part for one, part in zip(products, parts, strict=True)) for parts in (
            [per_formula[one.entry_id] for one in products], [one.volume for one in products],
        ))  # fmt: skip
        return atoms, energy, volume

    (atoms, energy, volume), (other_atoms, other_energy, other_volume) = measure(some), measure(others)
    same = atoms.almost_equals(other_atoms, rtol=0.0, atol=EXACT)
    return same and abs(energy - other_energy) < EXACT and abs(volume - other_volume) < EXACT


def inner_points(doc, count, rng):
    """Random points inside random regions, with the region, away from its borders."""
    for index in rng.choice(len(doc.regions), min(count, len(doc.regions)), replace=False):
        vertices = np.array(doc.regions[index].vertices)
        weights = rng.dirichlet(np.full(len(vertices), 3.0))
        yield doc.regions[index], weights @ vertices


@FEW
@given(seed=SEEDS, coarse=st.booleans())
def test_linear_map_agrees_with_single_points(random_entries, seed, coarse):
    entries = random_entries(seed, ("Li", "P", "S", "Cl"), compounds=25, coarse=coarse)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries)
    doc = diagram.predominance(formula, VOLTAGES, MODULI)
    assert_tiles(doc)
    for region, (voltage, k_eff) in inner_points(doc, 12, np.random.default_rng(seed)):
        point = diagram.products(formula, voltage, k_eff)
        assert (region.reaction, names(region)) == (point.reaction, names(point))
    for voltage, k_eff in np.random.default_rng(seed).uniform((0, 0), (6, 30), (12, 2)):
        point = diagram.products(formula, voltage, k_eff)
        assert any(names(r) == names(point) and holds(r.vertices, voltage, k_eff) for r in doc.regions)


def names(found):
    return {p.entry_id for p in found.products}


def holds(vertices, voltage, k_eff):
    sides = np.roll(vertices, -1, 0) - np.array(vertices)
    offset = np.array([voltage, k_eff]) - np.array(vertices)
    return (sides[:, 0] * offset[:, 1] - sides[:, 1] * offset[:, 0]).min() > -1e-6


@FEW
@given(seed=SEEDS, k_eff=st.floats(0.1, 29.9), voltage=st.floats(0.1, 5.9), coarse=st.booleans())
def test_cuts_through_the_map_are_the_profiles(random_entries, seed, k_eff, voltage, coarse):
    """Level cuts cross borders at the profile's critical voltages, upright ones at the critical moduli."""
    entries = random_entries(seed, compounds=20, coarse=coarse)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries)
    doc = diagram.predominance(formula, VOLTAGES, MODULI)
    crossed = [b for b in doc.boundaries if min(e[1] for e in b.ends) < k_eff < max(e[1] for e in b.ends)]
    found = sorted(b.voltage(k_eff) for b in crossed)
    expected = [s.voltage_low for s in diagram.profile(formula, k_eff, VOLTAGES).segments[1:]]
    assert found == pytest.approx(expected, abs=EXACT)
    moduli = diagram.constriction_profile(formula, voltage, MODULI).segments
    assert doc.critical_k_effs(voltage) == pytest.approx([s.k_eff_low for s in moduli[1:]], abs=1e-8)  # rounded to 1e-9


def test_large_set(large_set):
    entries = large_set(6, ("Li", "P", "S", "Cl"), 400)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries)
    doc = diagram.predominance(formula, VOLTAGES, MODULI)
    assert_tiles(doc)
    for region, (voltage, k_eff) in inner_points(doc, 40, np.random.default_rng(6)):
        assert region.reaction == diagram.products(formula, voltage, k_eff).reaction


def test_zirconium_border(chloride_entries):
    """Zr | ZrCl2: phi(K) = phi(0) - K dV/(n e), K* = n e phi(0)/dV at 0 V; the triple point with ZrCl ends it."""
    doc = ConstrainedPhaseDiagram(chloride_entries).predominance("Li2ZrCl6")
    expected = ConstrainedPhaseDiagram(chloride_entries).critical_k_eff("Li2ZrCl6", 0.0)
    names = [{p.formula for p in r.products} for r in doc.regions]
    border = next(
        b
        for b in doc.boundaries
        if [names[i] for i in b.regions] == [{"LiCl", "Zr"}, {"LiCl", "ZrCl2"}] and b.ends[0][0] == 0.0
    )
    assert border.uptake == -2.0
    assert border.k_eff(0.0) == pytest.approx(expected, abs=EXACT)
    assert border.voltage(expected / 2) == pytest.approx(-border.energy / border.uptake / 2, abs=EXACT)
    voltage, k_eff = border.ends[1]
    meeting = next(t for t in doc.triple_points if (t.voltage, t.k_eff) == (voltage, k_eff))
    assert [names[i] for i in meeting.regions] == [{"LiCl", "Zr"}, {"LiCl", "ZrCl2"}, {"LiCl", "ZrCl"}]


def test_triple_points_balance_all_their_regions(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries)
    doc = diagram.predominance("Li2ZrCl6")
    assert doc.triple_points
    for point in doc.triple_points:
        borders = [b for b in doc.boundaries if set(b.regions) <= set(point.regions)]
        assert len(borders) >= len(point.regions)
        for b in borders:
            assert b.energy + b.uptake * point.voltage + b.stiffness * point.k_eff == pytest.approx(0, abs=EXACT)


@FEW
@given(seed=SEEDS, coarse=st.booleans())
def test_elastic_map_agrees_with_single_points(random_entries, seed, coarse):
    entries = random_entries(seed, compounds=15, coarse=coarse)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries, model="elastic")
    doc = diagram.predominance(formula, VOLTAGES, (0.5, 30.0))
    assert_tiles(doc)
    for region, (voltage, k_eff) in inner_points(doc, 10, np.random.default_rng(seed)):
        point = diagram.products(formula, voltage, k_eff)
        found = " | ".join(c.reaction for c in point.coexisting) if point.coexisting else point.reaction
        assert region.coexisting == bool(point.coexisting)
        assert region.reaction == found or are_equal(region.products, point.products, entries)


@pytest.mark.parametrize("k_eff", [3.0, 15.0, 19.0])
def test_cuts_through_the_elastic_map_are_the_profile(chloride_entries, k_eff):
    diagram = ConstrainedPhaseDiagram(chloride_entries, model="elastic")
    doc = diagram.predominance("Li2ZrCl6")
    crossed = [b for b in doc.boundaries if min(e[1] for e in b.ends) < k_eff < max(e[1] for e in b.ends)]
    expected = [s.voltage_low for s in diagram.profile("Li2ZrCl6", k_eff).segments[1:]]
    # corners of one map within 1e-8 of its sides are one corner, which tilts short borders by that much
    assert sorted(b.voltage(k_eff) for b in crossed) == pytest.approx(expected, abs=1e-7)


@FEW
@given(seed=SEEDS, shifts=st.tuples(*[st.floats(-5, 5)] * 3))
def test_order_duplicates_and_references_do_not_matter(random_entries, seed, shifts):
    entries = random_entries(seed, compounds=15)
    formula = electrolyte_of(entries)
    mu = dict(zip(("Li", "Zr", "Cl"), shifts, strict=True))
    moved = [
        type(e)(
            e.structure,
            e.energy + sum(n * mu[el.symbol] for el, n in e.composition.items()),
            entry_id=e.entry_id,
            parameters=e.parameters,
        )
        for e in np.random.default_rng(seed).permutation(np.array(entries, dtype=object))
    ]
    first = ConstrainedPhaseDiagram(entries).predominance(formula)
    second = ConstrainedPhaseDiagram(moved + moved[::3]).predominance(formula)
    assert [r.reaction for r in first.regions] == [r.reaction for r in second.regions]
    for a, b in zip(first.regions, second.regions, strict=True):
        assert area(a.vertices) == pytest.approx(area(b.vertices), abs=1e-7)  # corners move by 1e-9 over sides of 20


def test_maps_that_are_refused(chloride_entries):
    for ranges in (((1.0, 1.0), (0.0, 5.0)), ((0.0, 1.0), (5.0, 0.0)), ((-1.0, 1.0), (0.0, 5.0))):
        with pytest.raises(InputError):
            ConstrainedPhaseDiagram(chloride_entries).predominance("Li2ZrCl6", *ranges)
