"""Segments cover their range without gap or overlap, whatever the entries and however soft or stiff the surrounding."""

from itertools import pairwise

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from selflimit.phase_diagrams import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.functionals.registry import FUNCTIONALS
from selflimit.phase_diagrams.stretches import Stretch, join_stretches

K_EFFS = st.one_of(st.just(0.0), st.floats(1e-12, 1e-6), st.floats(0.1, 50.0), st.floats(100.0, 1000.0))
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def a_compound(entries):
    """The first formula, in alphabetical order, that holds all elements; else the first compound."""
    compounds = sorted(e.composition.reduced_formula for e in entries if len(e.composition) > 1)
    assume(compounds)
    return next((f for f in compounds if sum(c.isupper() for c in f) == 3), compounds[0])


def assert_shared(ends, low, high):
    assert (ends[0][0], ends[-1][1]) == (low, high)
    assert all(begin < end for begin, end in ends)
    assert all(before[1] == after[0] for before, after in pairwise(ends))


@MANY
@given(
    seed=st.integers(0, 2**32 - 1),
    coarse=st.booleans(),
    compounds=st.integers(3, 25),
    model=st.sampled_from(sorted(FUNCTIONALS)),
    k_eff=K_EFFS,
)
@example(seed=321, coarse=True, compounds=15, model="linear", k_eff=4.322452484831052e-10)  # was 2e-10 V apart
def test_neighbouring_voltage_segments_share_their_boundary(random_entries, seed, coarse, compounds, model, k_eff):
    entries = random_entries(seed, compounds=compounds, coarse=coarse)
    diagram = ConstrainedPhaseDiagram(entries, model=model)
    found = diagram.profile(a_compound(entries), k_eff).segments
    assert_shared([(s.voltage_low, s.voltage_high) for s in found], 0.0, 6.0)
    if model == "linear":
        bare = diagram.hull_products(a_compound(entries), k_eff).segments
        assert_shared([(s.voltage_low, s.voltage_high) for s in bare], 0.0, 6.0)


@MANY
@given(
    seed=st.integers(0, 2**32 - 1),
    coarse=st.booleans(),
    model=st.sampled_from(sorted(FUNCTIONALS)),
    voltage=st.one_of(st.floats(0.0, 6.0), st.floats(0.0, 1e-9)),
    top=st.sampled_from([1e-7, 0.3, 50.0, 1000.0]),
)
def test_neighbouring_constriction_segments_share_their_boundary(random_entries, seed, coarse, model, voltage, top):
    entries = random_entries(seed, compounds=15, coarse=coarse)
    diagram = ConstrainedPhaseDiagram(entries, model=model)
    found = diagram.constriction_profile(a_compound(entries), voltage, (0.0, top)).segments
    assert_shared([(s.k_eff_low, s.k_eff_high) for s in found], 0.0, top)


def test_a_range_narrower_than_any_stretch_is_one_stretch(chloride_entries):
    """Twice round-off wide: there is still a ground state."""
    for model in FUNCTIONALS:
        diagram = ConstrainedPhaseDiagram(chloride_entries, model=model)
        (one,) = diagram.profile("Li2ZrCl6", 5.0, (1.0, 1.0 + 5e-10)).segments
        assert (one.voltage_low, one.voltage_high) == (1.0, 1.0 + 5e-10)


def test_a_corner_found_several_times_is_one_boundary():
    """Four lines through one point, in the order and with the round-off in which they may come."""
    parts = [Stretch(0.0, 1.0, "A"), Stretch(1.0, 1.0 + 3e-10, "B"), Stretch(1.0 + 3e-10, 1.0 + 1e-10, "C")]
    joined = join_stretches([*parts, Stretch(1.0 + 1e-10, 2.0, "D")], 0.0, 2.0)
    assert [(part.low, part.high, part.state) for part in joined] == [(0.0, 1.0 + 1e-10, "A"), (1.0 + 1e-10, 2.0, "D")]
