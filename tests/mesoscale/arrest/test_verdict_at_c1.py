"""The verdict that decides: outcomes by hand, probabilities by another sampling, indices by an exact case."""

import math

import numpy as np
import pytest
from decompositions import lithium_decomposition
from hypothesis import given, settings
from hypothesis import strategies as st

from selflimit.documents import UncertainQuantity
from selflimit.documents.arrest import ENDS, HARMLESS
from selflimit.errors import InputError
from selflimit.mesoscale import (
    ELECTRONIC_CONDUCTIVITY,
    KNOWN_RANGES,
    LITHIUM_CREEP,
    ArrestSettings,
    InterfaceParameters,
    arrival_charge,
    charge_transfer_overpotential,
    crack_pressure,
    critical_slot_width,
    judge_arrest,
    plug_pressure,
    plug_wall_stress,
    reaction_per_charge,
    stall_pressure,
)
from selflimit.mesoscale.arrest.arrest import ranges_with
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME
from selflimit.mesoscale.arrest.outcomes import Conditions, judge_samples, outcomes_of, wall_stress
from selflimit.mesoscale.arrest.sampling import draw_samples, from_axis, influences_of

DECOMPOSITION = lithium_decomposition(decomposition_volume=12.4)
QUICK = {"samples": 1024, "index_samples": 128, "seeds": 0}


def conditions(current=2.0):
    return Conditions(current, reaction_per_charge(DECOMPOSITION), 12e9, 0.3, 7.2e5, 100e-6)


def one_sample(**changes):
    """A thin layer that lithium reaches, at a bond that holds, whose film insulates and lets every ion through."""
    table = {**KNOWN_RANGES, "electronic_conductivity": ELECTRONIC_CONDUCTIVITY["insulate"]}
    given = {name: quantity.central for name, quantity in table.items()}
    given |= {"half_cycle": 3600.0, "retained": 0.3, "confinement": 0.0, "bond_strength": 2.0}
    given |= {"layer_thickness": 60e-6, "electronic_conductivity": 1e-12, "ionic_conductivity": 1e-2} | changes
    return {name: np.array([value]) for name, value in given.items()}


def outcome_of(current=2.0, **changes):
    judged = judge_samples(one_sample(**changes), conditions(current))
    return next(name for name, where in judged.outcomes.items() if where[0]), judged


def test_without_a_film_the_pressures_are_those_of_the_closed_forms():
    name, judged = outcome_of()
    assert name == "stalls"
    assert judged.stall[0] == pytest.approx(stall_pressure(2.0, 60e-6, 0.05, 300.0), rel=1e-12)
    assert judged.tip[0] == pytest.approx(judged.stall[0], rel=1e-3)  # sigma_e/sigma_i = 1e-10
    assert judged.crack[0] == pytest.approx(crack_pressure(0.15e6, 3e-6), rel=1e-12)
    assert judged.margin[0] == pytest.approx(judged.crack[0] / judged.tip[0], rel=1e-12)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "stalls"),
        ({"slot_width": 1e-5}, "extrudes"),
        (
            {"slot_width": 1e-5, "electronic_conductivity": 1e-10, "ionic_conductivity": 1e-8, "volume_error": -0.062},
            "passivates",
        ),
        ({"flaw": 3e-5, "pitch": 2e-5, "retained": 0.05}, "cracks"),
        ({"flaw": 3e-5, "bond_strength": 0.5}, "spreads"),
        ({"retained": 0.0}, "turns back"),
        ({"layer_thickness": 600e-6}, "crosses"),
        ({"current": 200.0, "bond_strength": 0.2}, "crosses"),  # charge transfer alone presses 127 MPa
        ({"electronic_conductivity": 1e3, "volume_error": -0.1}, "is consumed"),
    ],
)
def test_each_outcome_has_its_conditions(changes, expected):
    """Each is reached from the stalled layer by the change of the quantities that it hangs on."""
    changes = dict(changes)
    assert outcome_of(changes.pop("current", 2.0), **changes)[0] == expected


@given(st.tuples(*[st.floats(-0.5, 0.5)] * 6), st.booleans())
def test_every_sample_has_one_outcome_and_is_harmless_where_the_margin_says_so(logs, is_weaker):
    short, number, intact, left, blocking, fills = (np.array([10.0**log]) for log in logs)
    sorted_out = outcomes_of(short, number, intact, left, blocking, np.array([is_weaker]), fills)
    found = [name for name, where in sorted_out.items() if where[0]]
    assert len(found) == 1
    margin = max(short[0], min(max(number[0], blocking[0]), intact[0], left[0]))
    if not math.isclose(margin, 1.0, rel_tol=1e-9):
        assert (margin > 1.0) == (found[0] in HARMLESS)


def test_what_stays_behind_adds_up_and_ends_with_the_foil():
    """i t (1 + r (n - 1)) with n = 100 cycles of 2 h; of a foil of 1 um no more than its 7.4 kC/m^2."""
    sample = one_sample(retained=0.01)
    assert judge_samples(sample, conditions()).plated[0] == pytest.approx(7200.0 * (1.0 + 0.01 * 99.0))
    thin = Conditions(2.0, reaction_per_charge(DECOMPOSITION), 12e9, 0.3, 7.2e5, 1e-6)
    assert judge_samples(one_sample(), thin).plated[0] == pytest.approx(7200.0 + 1e-6 / LITHIUM_CHARGE_VOLUME)


def test_lithium_is_between_bulk_and_pillar():
    """q = 0 is the creep law, q = 1 the pillar's 105 MPa at 1 um over sqrt(3), q = 1/2 their geometric mean."""
    bulk, half, full = (
        wall_stress(one_sample(size_effect=q, slot_width=1e-6), np.array([2.7e-10]), 300.0)[0] for q in (0.0, 0.5, 1.0)
    )
    assert bulk == pytest.approx(plug_wall_stress(2.7e-10, 1e-6), rel=1e-12)
    assert full == pytest.approx(105e6 / math.sqrt(3.0), rel=1e-12)
    assert half == pytest.approx(math.sqrt(bulk * full), rel=1e-12)


@pytest.mark.parametrize("size_effect", [0.0, 0.4])
def test_the_critical_current_is_where_the_criterion_turns(size_effect):
    """At the current that is stated, either N_s or crack over stall pressure is one; both are above it below."""
    for changes in ({"slot_width": 1e-5}, {"flaw": 1e-5}):
        sample = one_sample(size_effect=size_effect, **changes)
        limit = judge_samples(sample, conditions(2.0)).critical_current[0]
        below, above = (judge_samples(sample, conditions(limit * factor)) for factor in (0.98, 1.02))
        assert min(below.extrusion_number[0], below.crack[0] / below.stall[0]) > 1.0
        assert min(above.extrusion_number[0], above.crack[0] / above.stall[0]) < 1.0


def test_probabilities_are_those_of_another_sampling():
    """Plain random numbers, another seed and another code of the triangle; three standard errors of 20 000 samples."""
    doc = judge_arrest(
        DECOMPOSITION,
        InterfaceParameters(),
        ArrestSettings(currents=(0.5,), given={"layer_thickness": [6e-5]}, **QUICK),
    )
    rng, count = np.random.default_rng(7), 20_000
    for branch in doc.currents[0].branches:
        sample = {}
        for name, q in ranges_with({"layer_thickness": [6e-5]}, branch.products).items():
            ends = [math.log10(v) if q.scale == "logarithmic" else v for v in (q.low, q.central, q.high)]
            drawn = rng.triangular(*ends, count) if q.high > q.low else np.full(count, ends[1])
            sample[name] = 10.0**drawn if q.scale == "logarithmic" else drawn
        judged = judge_samples(sample, Conditions(5.0, reaction_per_charge(DECOMPOSITION), 12e9, 0.3, 7.2e5, 100e-6))
        for outcome, where in judged.outcomes.items():
            share = where.mean()
            error = 3.0 * math.sqrt(share * (1.0 - share) * (1.0 / count + 1.0 / 1024)) + 1e-3
            assert branch.probabilities[outcome] == pytest.approx(share, abs=error), (branch.products, outcome)


def quantity(name, low, high, scale="linear"):
    middle = 0.5 * (low + high) if scale == "linear" else math.sqrt(low * high)
    return UncertainQuantity(
        name=name,
        symbol=name,
        unit="1",
        low=low,
        central=middle,
        high=high,
        scale=scale,
        confidence="assumed",
        source="made",
    )


def test_indices_of_a_sum_are_its_variances():
    """Independent quantities that add have first-order and total indices V_i/V; a product adds what they share.

    The variance of a symmetric triangle of width b is b^2/24.
    """
    ranges = {"a": quantity("a", 0.0, 2.0), "b": quantity("b", 0.0, 1.0), "c": quantity("c", -1.0, 1.0)}

    def results(s):
        return s["a"] + s["b"] + 0.0 * s["c"], (s["a"] - 1.0) * s["c"]

    found = {one.name: one for one in influences_of(results, ranges, 4096, 1)}
    assert found["a"].margin == pytest.approx(0.8, abs=0.02)
    assert found["b"].margin == pytest.approx(0.2, abs=0.02)
    assert found["b"].margin_total == pytest.approx(0.2, abs=0.02)
    assert found["c"].margin_total == pytest.approx(0.0, abs=0.02)
    assert [found[name].pressure for name in "ac"] == pytest.approx([0.0, 0.0], abs=0.03)  # all of it is interaction
    assert list(found) == ["a", "b", "c"]


def test_nothing_decides_where_everything_is_given():
    given = {
        name: [q.central]
        for name, q in {**KNOWN_RANGES, "electronic_conductivity": ELECTRONIC_CONDUCTIVITY["insulate"]}.items()
    }
    doc = judge_arrest(DECOMPOSITION, InterfaceParameters(), ArrestSettings(given=given, **QUICK))
    for verdict in doc.currents:
        assert max(verdict.probabilities.values()) == 1.0
        assert verdict.branches[0].decides == "nothing: every quantity is given"
    assert all(q.confidence == "given" for q in doc.ranges)


def test_the_published_cells_get_an_answer_at_each_current():
    doc = judge_arrest(DECOMPOSITION, InterfaceParameters(), ArrestSettings(**QUICK))
    assert [verdict.current for verdict in doc.currents] == [0.2, 0.5, 20.0]
    for verdict in doc.currents:
        assert verdict.answer in ENDS
        assert verdict.answer.upper() in verdict.statement
        assert sum(verdict.probabilities.values()) == pytest.approx(1.0)
        assert [branch.products for branch in verdict.branches] == ["insulate", "conduct"]
        assert all(sum(branch.probabilities.values()) == pytest.approx(1.0) for branch in verdict.branches)
    assert doc.search.formulas == ["Li2ZrCl6"]
    assert doc.search.k_eff == 0.0
    assert type(doc).model_validate(doc.model_dump(mode="json")) == doc
    for shown in (repr(doc), doc._repr_html_()):  # the summary answers
        assert f"0.2: {doc.currents[0].answer} {doc.currents[0].probabilities[doc.currents[0].answer]:.2f}" in shown
        assert "5-95 %" in shown


@pytest.mark.filterwarnings("error")
def test_an_electrolyte_that_does_not_react_stalls_or_cracks_only():
    inert = lithium_decomposition(ion_uptake=0.0, reaction_energy=0.0, decomposition_volume=0.0)
    doc = judge_arrest(inert, InterfaceParameters(), ArrestSettings(given={"layer_thickness": [6e-5]}, **QUICK))
    assert doc.reaction_voltage == 0.0
    assert "takes up no lithium" in doc.not_covered[-1]
    for verdict in doc.currents:
        first, second = (branch.probabilities for branch in verdict.branches)
        assert first == second
        assert first["is consumed"] == first["passivates"] == 0.0
        assert min(first.values()) >= 0.0


def test_the_central_state_is_by_the_closed_forms():
    given = {"layer_thickness": [6e-5]}
    state = (
        judge_arrest(DECOMPOSITION, InterfaceParameters(), ArrestSettings(currents=(0.2,), given=given, **QUICK))
        .currents[0]
        .central
    )
    assert state.critical_slot_width == pytest.approx(critical_slot_width(2.0, 0.05), rel=1e-6, abs=0.0)
    stress = plug_wall_stress(2.0 * LITHIUM_CHARGE_VOLUME, 1e-6)
    assert state.plug_pressure * 1e6 == pytest.approx(plug_pressure(stress, 6e-5, 1e-6), rel=1e-9)
    assert state.leak == pytest.approx(state.extrusion_number**-LITHIUM_CREEP.exponent, rel=1e-9)
    assert stall_pressure(2.0, state.critical_thickness, 0.05, 300.0) == pytest.approx(
        min(state.crack_pressure, state.bond_pressure) * 1e6, rel=1e-9
    )
    assert state.crack_pressure * 1e6 == pytest.approx(crack_pressure(0.15e6, 3e-6) + 10e6, rel=1e-9)
    assert state.arrival * 36e3 == pytest.approx(arrival_charge(6e-5, 1e-6, 1e-4, 0.05, 300.0), rel=1e-9)
    assert state.charge_transfer_pressure * 1e6 == pytest.approx(
        charge_transfer_overpotential(2.0, 300.0) / LITHIUM_CHARGE_VOLUME
    )


def test_every_range_has_a_source_and_its_ends_in_order():
    for table in (KNOWN_RANGES, ELECTRONIC_CONDUCTIVITY):
        for q in table.values():
            assert q.low <= q.central <= q.high
            assert q.low < q.high
            assert len(q.source) > 20


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_samples_lie_in_their_ranges(seed):
    drawn = draw_samples(KNOWN_RANGES, 64, seed)
    for name, q in KNOWN_RANGES.items():
        assert q.low * (1.0 - 1e-9) - 1e-12 <= drawn[name].min() <= drawn[name].max() <= q.high * (1.0 + 1e-9)
    assert from_axis(KNOWN_RANGES["slot_width"], np.array([-6.0])) == pytest.approx([1e-6])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"slotwidth": [1e-6]}, "expected quantities among .*slot_width.*got slotwidth"),
        ({"slot_width": [2e-6, 1e-6]}, "widest slot: expected one value or the lower .* in m, got 2e-06, 1e-06"),
        ({"slot_width": []}, "got none"),
    ],
)
def test_ranges_that_are_none_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        ranges_with(given, "insulate")
