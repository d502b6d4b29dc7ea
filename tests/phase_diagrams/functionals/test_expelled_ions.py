"""Ions that leave the constrained region take their metal's volume, ions that come to it bring none."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.path import Path
from pymatgen.core import Composition, Element
from scipy.optimize import linprog

from selflimit.documents import EnergyError
from selflimit.phase_diagrams import (
    ConstrainedPhaseDiagram,
    competing_entries,
    electrolyte_entries,
    sample_uncertainty,
    with_experimental_volumes,
)
from selflimit.phase_diagrams.uncertainty.linear_propagation import boundary_deviation
from selflimit.phase_diagrams.uncertainty.question import Question
from selflimit.phase_diagrams.uncertainty.staircase import trace_staircase

GPA_A3 = 1e-21 / 1.602176634e-19  # eV; SI defining constant of the electronvolt
EXACT = 1e-9  # eV, V, GPa: what the product promises
ELEMENTS = ("Li", "Zr", "Cl", "P", "S")
SHIPPED = ["Li2ZrCl6", "Li10GeP2S12", "Li6PS5Cl", "Li3N", "LiCl", "Li2S", "Li3P", "Li3PS4"]


def box(entry):
    """Li (20 A^3), S (30 A^3), Li2S (47 A^3, -4.2 eV)."""
    return [entry("Li3", 0, 60, "Li"), entry("S", 0, 30, "S"), entry("Li2S", -4.2, 47, "Li2S")]


def by_linprog(entries, formula, voltage, k_eff, forbidden=()):
    """Reaction energy (eV/fu) by a linear programme of the entries alone, with the metal as one more column.

    Columns are counted in atoms, so that all are of one size; the optimal vertex is solved once more, because HiGHS
    stops at 1e-10.
    """
    unit = Composition(formula)
    metal = min((e for e in entries if e.composition.reduced_formula == "Li"), key=lambda e: e.energy_per_atom)
    mu = metal.energy_per_atom - voltage
    own = min(
        (e for e in entries if e.composition.reduced_formula == formula),
        key=lambda e: (round(e.energy_per_atom, 9), e.structure.volume / len(e.structure)),
    )
    closed = [e for e in unit if e != Element("Li")]
    pool = [
        e for e in entries if set(e.composition) <= {*unit, Element("Li")} and e.composition.reduced_formula != "Li"
    ]
    pool = [e for e in pool if e.composition.reduced_formula not in forbidden]

    def grand(e):
        return e.energy - mu * e.composition["Li"] + k_eff * GPA_A3 * e.structure.volume

    size = np.array([e.composition.num_atoms for e in pool])
    share = np.array([[e.composition[c] for e in pool] for c in [*closed, Element("Li")]]) / size
    price = k_eff * GPA_A3 * metal.structure.volume / len(metal.structure)
    cost = np.append([grand(e) for e in pool] / size, [price, 0.0])  # the last: lithium from the reservoir
    exchange = np.zeros((len(share), 2))
    exchange[-1] = 1.0, -1.0
    balance, demand = np.hstack([share, exchange]), np.array([unit[c] for c in [*closed, Element("Li")]])
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(cost, A_eq=balance, b_eq=demand, method="highs-ds", options=tight)
    there = found.x > 1e-8
    amounts = np.linalg.lstsq(balance[:, there], demand, rcond=None)[0]
    assert np.abs(balance[:, there] @ amounts - demand).max() < 1e-10
    return cost[there] @ amounts - grand(own) * unit.num_atoms / own.composition.num_atoms


def ternary(entries):
    return next(
        e.composition.reduced_formula for e in reversed(entries) if len(set(e.composition) - {Element("Li")}) > 1
    )


def assert_equals_linprog(random_entries, seed, voltage, k_eff, count, coarse):
    entries = random_entries(seed, ELEMENTS[:count], compounds=25, coarse=coarse)
    formula = ternary(entries)
    found = ConstrainedPhaseDiagram(entries).products(formula, voltage, k_eff)
    expected = by_linprog(entries, formula, voltage, k_eff)
    assert found.reaction_energy == pytest.approx(expected, abs=EXACT)
    own = next(p for p in ConstrainedPhaseDiagram(entries).phases if p.formula == formula)
    metal = found.rules.ion_volume == "expelled" and max(-found.ion_uptake, 0.0)
    lithium = min((e for e in entries if e.composition.reduced_formula == "Li"), key=lambda e: e.energy_per_atom)
    volume = sum(p.amount * p.volume for p in found.products) + metal * lithium.structure.volume
    assert found.decomposition_volume == pytest.approx(volume - own.volume, abs=1e-7)


CASES = {
    "seed": st.integers(0, 2**32 - 1),
    "voltage": st.floats(0, 6),
    "k_eff": st.floats(0, 50),
    "count": st.integers(3, 5),
    "coarse": st.booleans(),
}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**CASES)
def test_equals_a_linear_programme_with_one_more_column(random_entries, **case):
    assert_equals_linprog(random_entries, **case)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**CASES)
def test_equals_a_linear_programme_in_a_thousand_cases(random_entries, **case):
    assert_equals_linprog(random_entries, **case)


@pytest.mark.parametrize("model", ["linear", "elastic", "inclusion"])
def test_expelled_ions_take_their_metals_volume(entry, model):
    """Li2S -> S + 2 Li: dV = 30 + 2 x 20 - 47."""
    doc = ConstrainedPhaseDiagram(box(entry), model=model).products("Li2S", 5.0, 3.0)
    assert doc.reaction == "Li2S -> S + 2 Li"
    assert [p.formula for p in doc.products] == ["S"]
    assert doc.decomposition_volume == pytest.approx(23, abs=EXACT)
    work = 3 * GPA_A3 * (23 if model == "linear" else 23**2 / (2 * 47))
    assert doc.reaction_energy == pytest.approx(4.2 - 2 * 5.0 + work, abs=EXACT)
    assert doc.pressure == (None if model == "linear" else pytest.approx(3 * 23 / 47, abs=EXACT))
    assert doc.rules.ion_volume == "expelled"


@pytest.mark.parametrize("model", ["linear", "elastic"])
def test_ions_that_are_taken_up_bring_none(entry, model):
    """S + 2 Li -> Li2S: dV = 47 - 30; with the volume of two lithium atoms removed it would be -23."""
    doc = ConstrainedPhaseDiagram(box(entry), model=model).products("S", 0.5, 3.0)
    assert doc.reaction == "S + 2 Li -> Li2S"
    assert doc.decomposition_volume == pytest.approx(17, abs=EXACT)
    work = 3 * GPA_A3 * (17 if model == "linear" else 17**2 / (2 * 30))
    assert doc.reaction_energy == pytest.approx(-4.2 + 2 * 0.5 + work, abs=EXACT)


@pytest.mark.parametrize("model", ["elastic", "inclusion"])
def test_products_that_shrink_leave_a_void_and_do_not_pull(entry, model):
    """Li2S -> S + 2 Li with small sulphur: dV = 2 + 2 x 20 - 47 < 0, no pressure and no work at any modulus."""
    entries = [entry("Li", 0, 20, "Li"), entry("S", 0, 2, "S"), entry("Li2S", -4.2, 47, "Li2S")]
    for k_eff in (1.0, 30.0):
        diagram = ConstrainedPhaseDiagram(entries, model=model)
        doc = diagram.products("Li2S", 2.2, k_eff)
        assert doc.pressure == 0.0
        assert doc.decomposition_volume == pytest.approx(2 + 2 * 20 - 47, abs=EXACT)
        assert doc.reaction_energy == pytest.approx(4.2 - 2 * 2.2, abs=EXACT)
        assert diagram.profile("Li2S", k_eff).stability_high == pytest.approx(2.1, abs=EXACT)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), model=st.sampled_from(["linear", "elastic", "inclusion"]))
def test_maps_agree_with_single_points(random_entries, seed, model):
    entries = random_entries(seed, compounds=12)
    formula, diagram = ternary(entries), ConstrainedPhaseDiagram(entries, model=model)
    doc = diagram.predominance(formula, (0.0, 6.0), (0.0, 30.0))
    outlines = [Path(region.vertices) for region in doc.regions]
    for voltage, k_eff in np.random.default_rng(seed).uniform((0, 0), (6, 30), (15, 2)):
        (found,) = (r for r, line in zip(doc.regions, outlines, strict=True) if line.contains_point((voltage, k_eff)))
        point = diagram.products(formula, voltage, k_eff)
        whole = model == "inclusion" and point.reaction_energy >= 0
        reaction = " | ".join(part.reaction for part in point.coexisting) or point.reaction
        assert found.reaction == (f"{formula} -> {formula}" if whole else reaction)


def test_borders_carry_the_metals_volume(entry):
    """Li2S -> S + 2 Li moves up by K (30 + 2 x 20 - 47)/2 with K."""
    (border,) = ConstrainedPhaseDiagram(box(entry)).predominance("Li2S").boundaries
    for k_eff in (0.0, 7.0):
        assert border.voltage(k_eff) == pytest.approx(2.1 + k_eff * GPA_A3 * 23 / 2, abs=EXACT)


def test_errors_of_the_metals_volume_reach_the_boundary(entry):
    """By hand: n sigma = sqrt((3 x 0.02)^2 + K^2 [(30 x 0.1)^2 + (47 x 0.1)^2 + (2 x 20 x 0.1)^2]), n = 2."""
    entries, error = box(entry), EnergyError(standard_deviation=0.02, source="test")
    sources = {e.entry_id: {"one": e.structure.volume / n * 0.9317, "two": e.structure.volume / n * 1.0733}
               for e, n in zip(entries, (3, 1, 1), strict=True)}  # fmt: skip
    question = Question("Li2S", k_effs=(5.0,), voltages=(2.0,))
    doc = sample_uncertainty(entries, question, error, sources, samples=400, volume_model="scattered")
    deviation = doc.volumes[0].relative_deviation  # of ln(1.0733/0.9317)/sqrt(2) = 0.1
    assert deviation == pytest.approx(0.1, abs=1e-4)
    (found,) = trace_staircase(question.diagram(entries), "Li2S", 5.0, (0.0, 6.0)).boundaries
    sigma = boundary_deviation(found, 5.0, error, doc.volumes)
    work = 5.0 * GPA_A3 * deviation
    by_hand = np.sqrt((3 * 0.02) ** 2 + work**2 * (30**2 + 47**2 + (2 * 20) ** 2)) / 2
    assert sigma == pytest.approx(by_hand, rel=1e-6)
    (band,) = doc.boundaries
    # the samples say the same: their quantiles are 1.645 deviations away, which 400 samples give to some 10 %
    assert (band.high.value - band.low.value) / (2 * 1.645) == pytest.approx(sigma, rel=0.2)


# --- what the rule says of real electrolytes -----------------------------------------------------------------------


@pytest.mark.parametrize("formula", SHIPPED)
def test_no_ion_leaves_against_its_own_metal(formula):
    """At 0 V the reservoir is the metal: expelling an ion gains nothing and takes room."""
    entries = electrolyte_entries([formula], source="force-field").entries
    for segment in ConstrainedPhaseDiagram(entries).constriction_profile(formula, 0.0, (0.0, 50.0)).segments:
        assert segment.ion_uptake >= 0.0


@pytest.mark.parametrize("formula", ["Li3N", "LiCl"])
def test_binary_end_members_stay_whole_at_the_metal(formula):
    """Without a volume of the metal, Li3N turns into LiN3 + 8 Li above 14 GPa."""
    entries = electrolyte_entries([formula], source="force-field").entries
    found = ConstrainedPhaseDiagram(entries).constriction_profile(formula, 0.0, (0.0, 50.0)).segments
    assert {p.formula for segment in found for p in segment.products} == {formula}
    if formula == "Li3N":
        assert ConstrainedPhaseDiagram(entries, ion_volume="none").critical_k_eff("Li3N", 0.0) < 15.0


def test_zirconium_turns_into_its_chloride_where_it_did(mp_entries):
    """Only ions that are taken up are involved: 18.1, 16.7 and 13.6 GPa (docs/theory), as without the rule."""
    shipped = electrolyte_entries(["Li2ZrCl6"], source="force-field").entries
    wanted = {18.10: shipped, 16.73: mp_entries, 13.55: with_experimental_volumes(mp_entries)}
    for k_eff, entries in wanted.items():
        for rule in ("expelled", "none"):
            diagram = ConstrainedPhaseDiagram(entries, ion_volume=rule)
            critical = diagram.hull_products("Li2ZrCl6", 0.0).critical_k_eff
            assert critical == pytest.approx(k_eff, abs=0.005)


def test_window_of_an_argyrodite_at_20_gpa():
    """Published for Li5.5PS4.5Cl1.5: 0.80 to 4.30 V at 20 GPa (Gil-Gonzalez et al. 2022); Li7P3S11 up to 3.7 V."""
    entries = electrolyte_entries(["Li6PS5Cl"], source="force-field").entries
    segments = ConstrainedPhaseDiagram(entries).profile("Li6PS5Cl", 20.0).segments
    kept = [s for s in segments if s.ion_uptake == 0.0]
    assert kept[0].voltage_low == pytest.approx(0.80, abs=0.15)
    assert kept[-1].voltage_high >= 3.4


def test_without_constriction_all_rules_agree():
    entries = competing_entries("Li-Zr-Cl", "force-field")
    found = [ConstrainedPhaseDiagram(entries, ion_volume=r).profile("Li2ZrCl6", 0.0) for r in ("expelled", "none")]
    assert [s.reaction for s in found[0].segments] == [s.reaction for s in found[1].segments]
    low = [[s.voltage_low for s in doc.segments] for doc in found]
    assert low[0] == pytest.approx(low[1], abs=EXACT)
