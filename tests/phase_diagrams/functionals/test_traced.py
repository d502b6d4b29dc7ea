"""Maps with curved borders: against the exact map, single points, profiles and closed forms; K_eff at one voltage."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from matplotlib.path import Path
from pymatgen.core import Element

from selflimit.documents import BulkModulus
from selflimit.phase_diagrams import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.functionals.constriction import constrict_electrolyte
from selflimit.phase_diagrams.functionals.traced_maps import traced_map
from selflimit.phase_diagrams.geometry.tiling import polygon_area
from selflimit.phase_diagrams.linear_programme import support_of

GPA_A3 = 1e-21 / 1.602176634e-19  # eV; SI defining constant of the electronvolt
TRACED = 1e-6  # V: what the product promises
EXACT = 1e-9
SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VOLTAGES, MODULI = (0.0, 6.0), (0.0, 30.0)


def electrolyte_of(entries):
    """Some compound of the set that holds two closed elements."""
    return next(
        e.composition.reduced_formula for e in reversed(entries) if len(set(e.composition) - {Element("Li")}) > 1
    )


def box(entry):
    """Li2S (47 A^3, -4.2 eV) against S (30 A^3): oxidised above 2.1 V to S + 2 Li, dV = -17 A^3."""
    return [entry("Li", 0, 20, "Li"), entry("S", 0, 30, "S"), entry("Li2S", -4.2, 47, "Li2S")]


def moduli(entries, seed=0):
    found = np.random.default_rng(seed).uniform(15, 60, len(entries))
    return {e.entry_id: BulkModulus(modulus=b, source="test") for e, b in zip(entries, found, strict=True)}


def said(point, formula):
    """The reaction as a map names it: a grain that gains nothing stays what it is."""
    if point.functional == "inclusion" and point.reaction_energy >= 0:
        return f"{formula} -> {formula}"
    return " | ".join(c.reaction for c in point.coexisting) or point.reaction


def assert_agrees_with_points(diagram, doc, formula, count, seed):
    (left, right), (low, high) = doc.voltage_range, doc.k_eff_range
    covered = sum(polygon_area(np.array(r.vertices)) for r in doc.regions)
    assert covered == pytest.approx((right - left) * (high - low), rel=EXACT)
    outlines = [Path(r.vertices) for r in doc.regions]
    for voltage, k_eff in np.random.default_rng(seed).uniform((left, low), (right, high), (count, 2)):
        (found,) = (r for r, line in zip(doc.regions, outlines, strict=True) if line.contains_point((voltage, k_eff)))
        assert found.reaction == said(diagram.products(formula, voltage, k_eff), formula)


@FEW
@given(seed=SEEDS, coarse=st.booleans())
def test_tracing_finds_the_exact_map(random_entries, seed, coarse):
    """The elastic functional of rigid phases has both: polygons from ratios, and traced borders."""
    entries = random_entries(seed, compounds=12, coarse=coarse)
    diagram = ConstrainedPhaseDiagram(entries, model="elastic")
    formula = electrolyte_of(entries)
    _, functional = constrict_electrolyte(diagram.system, diagram.functional, formula, MODULI[1])
    exact = functional.tiling(VOLTAGES, MODULI)
    ends = [first.voltage for k in (0.0, 15.0, 30.0) for first, *_ in replace(functional, k_eff=k).segments(*VOLTAGES)]
    traced = traced_map(functional._moduli(), VOLTAGES, MODULI, ends)
    for tiling in (exact, traced):
        assert sum(polygon_area(r.corners) for r in tiling.regions) == pytest.approx(180.0, rel=1e-8)
    areas = [{support_of(r.assemblages): polygon_area(r.corners) for r in t.regions} for t in (exact, traced)]
    for label in areas[0].keys() | areas[1].keys():
        # borders of up to 30 GPa, each within 1e-6 V
        assert areas[0].get(label, 0.0) == pytest.approx(areas[1].get(label, 0.0), abs=2 * 30.0 * TRACED)


@FEW
@given(seed=SEEDS, coarse=st.booleans())
@example(seed=3193260, coarse=False)  # assemblages of nearly equal volumes: Newton's steps ended in round-off
def test_inclusion_map_agrees_with_single_points(random_entries, seed, coarse):
    entries = random_entries(seed, compounds=12, coarse=coarse)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries, model="inclusion")
    assert_agrees_with_points(diagram, diagram.predominance(formula, VOLTAGES, MODULI), formula, 25, seed)


@pytest.mark.parametrize("model", ["elastic", "inclusion"])
def test_compressible_map_agrees_with_single_points(chloride_entries, model):
    diagram = ConstrainedPhaseDiagram(chloride_entries, model=model, bulk_moduli=moduli(chloride_entries))
    doc = diagram.predominance("Li2ZrCl6", (0.8, 1.8), (1.0, 9.0))
    assert_agrees_with_points(diagram, doc, "Li2ZrCl6", 30, 1)


@pytest.mark.parametrize(("model", "soft"), [("inclusion", False), ("elastic", True), ("inclusion", True)])
def test_borders_are_where_the_profile_has_them(chloride_entries, model, soft):
    """To 1e-6 V at K_eff that no piece ends at."""
    loose = [e for e in chloride_entries if e.entry_id != "mp-1185319-GGA"]  # without wurtzite LiCl: steeper borders
    diagram = ConstrainedPhaseDiagram(loose, model=model, bulk_moduli=moduli(loose) if soft else None)
    doc = diagram.predominance("Li2ZrCl6", (0.8, 1.8), (1.0, 9.0))
    for k_eff in (2.3, 7.1):
        crossed = [b for b in doc.boundaries if min(e[1] for e in b.ends) < k_eff < max(e[1] for e in b.ends)]
        profile = diagram.profile("Li2ZrCl6", k_eff, (0.8, 1.8))
        wanted = [s.voltage_low for s in profile.segments[1:]]
        if model == "inclusion":  # beyond the limit the grain stays whole, whatever it could decompose into
            wanted = [v for v in wanted if v < profile.stability_low] + [profile.stability_low]
        assert sorted(b.voltage(k_eff) for b in crossed) == pytest.approx(wanted, abs=TRACED)


def test_limit_of_an_inclusion_by_hand(entry):
    """phi(K) = 2.1 V + K dV^2/(2 V0 n), with n = 2 lithium per formula unit; straight, and nothing else is there."""
    doc = ConstrainedPhaseDiagram(box(entry), model="inclusion", ion_volume="none").predominance(
        "Li2S", VOLTAGES, MODULI
    )
    assert [r.reaction for r in doc.regions] == ["Li2S -> Li2S", "Li2S -> S + 2 Li"]
    for border in doc.boundaries:
        for voltage, k_eff in border.ends:
            assert voltage == pytest.approx(2.1 + k_eff * GPA_A3 * 17.0**2 / (2 * 47.0 * 2), abs=1e-7)


# --- against K_eff at one voltage --------------------------------------------------------------------------------


def test_critical_moduli_of_one_assemblage_by_hand(entry):
    """Elastic: complete while G V0 > K dV^2; inclusion: decomposed while G > K dV^2/(2 V0)."""
    gain = 2 * 0.05  # eV at 2.15 V
    complete = gain * 47.0 / (GPA_A3 * 17.0**2)
    for model, wanted in (("elastic", complete), ("inclusion", 2 * complete)):
        found = ConstrainedPhaseDiagram(box(entry), model=model, ion_volume="none").constriction_profile(
            "Li2S", 2.15, MODULI
        )
        assert [s.k_eff_low for s in found.segments] == pytest.approx([0.0, wanted], abs=1e-7)
    assert found.segments[1].reaction == "Li2S -> Li2S"
    assert found.segments[0].reaction_energy_high == pytest.approx(0.0, abs=EXACT)


@FEW
@given(seed=SEEDS, voltage=st.floats(0, 6), coarse=st.booleans(), model=st.sampled_from(["elastic", "inclusion"]))
def test_every_stretch_of_moduli_agrees_with_single_points(random_entries, seed, voltage, coarse, model):
    entries = random_entries(seed, compounds=15, coarse=coarse)
    formula = electrolyte_of(entries)
    diagram = ConstrainedPhaseDiagram(entries, model=model)
    doc = diagram.constriction_profile(formula, voltage, MODULI)
    assert (doc.segments[0].k_eff_low, doc.segments[-1].k_eff_high) == MODULI
    for s in doc.segments:
        for share in (0.01, 0.5, 0.99):
            point = diagram.products(formula, voltage, (1 - share) * s.k_eff_low + share * s.k_eff_high)
            names = {p.entry_id for p in s.products}
            if s.reaction != f"{formula} -> {formula}":
                assert {p.entry_id for p in point.products} == names
            elif model == "inclusion":
                assert point.reaction_energy >= -EXACT


def test_compressible_moduli_agree_with_single_points(chloride_entries):
    diagram = ConstrainedPhaseDiagram(chloride_entries, model="elastic", bulk_moduli=moduli(chloride_entries))
    doc = diagram.constriction_profile("Li2ZrCl6", 1.02, (0.0, 30.0))
    assert len(doc.segments) > 2
    for s in doc.segments:
        for share in (0.01, 0.99):
            point = diagram.products("Li2ZrCl6", 1.02, (1 - share) * s.k_eff_low + share * s.k_eff_high)
            assert {p.entry_id for p in point.products} == {p.entry_id for p in s.products}
