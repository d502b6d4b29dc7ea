"""Errors of volumes and energies: the limits that are known exactly, and the two methods against each other."""

import math

import numpy as np
import pytest

from selflimit.documents import EnergyError
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries, electrolyte_entries, sample_uncertainty
from selflimit.phase_diagrams.entries.competing_set import competing_phases
from selflimit.phase_diagrams.entries.sources import MP_GGA
from selflimit.phase_diagrams.entries.volumes import volume_sources
from selflimit.phase_diagrams.uncertainty.draws import Distributed, ErrorModel
from selflimit.phase_diagrams.uncertainty.error_models import REACTION_ERROR
from selflimit.phase_diagrams.uncertainty.linear_propagation import boundary_deviation, threshold_deviation
from selflimit.phase_diagrams.uncertainty.question import Question
from selflimit.phase_diagrams.uncertainty.staircase import find_threshold, trace_staircase
from selflimit.phase_diagrams.uncertainty.summaries import quantile_estimates
from selflimit.phase_diagrams.uncertainty.volume_errors import scattered_spreads
from selflimit.units import GPA_ANGSTROM3_TO_EV

NONE = EnergyError(standard_deviation=0.0, source="none, for the test")


def volume_spreads(entries, sources):
    return scattered_spreads(competing_phases(entries, with_volumes=True, sources=sources).phases)


def own_volumes(entries):
    """Only the entries' own volumes: no spread."""
    return {str(e.entry_id): {"own": volume_of(e)} for e in entries}


def volume_of(entry):
    return entry.structure.volume / entry.composition.get_reduced_composition_and_factor()[1]


def spread_by(entries, relative):
    """Two sources for each phase, so that ln(volume) has the sample deviation ``relative`` around the own volume."""
    step = math.exp(relative / math.sqrt(2))  # sample deviation of {-s/sqrt2, +s/sqrt2} is s
    return {str(e.entry_id): {"low": volume_of(e) / step, "high": volume_of(e) * step} for e in entries}


@pytest.fixture(scope="module")
def small_errors(mp_entries):
    """Errors so small that no other phase becomes stable: there the linear propagation is exact."""
    error = EnergyError(standard_deviation=2e-4, source="small, for the test")
    return sample_uncertainty(
        mp_entries,
        Question("Li2ZrCl6", k_effs=(0.0, 10.0)),
        error,
        spread_by(mp_entries, 1e-3),
        samples=250,
        seed=3,
        volume_model="scattered",
    )


def test_no_error_gives_the_plain_diagram(mp_entries):
    question = Question("Li2ZrCl6", k_effs=(0.0, 12.0))
    doc = sample_uncertainty(mp_entries, question, NONE, own_volumes(mp_entries), 20, volume_model="scattered")
    diagram = ConstrainedPhaseDiagram(mp_entries)
    for k_eff in question.k_effs:
        plain = trace_staircase(diagram, "Li2ZrCl6", k_eff, (0.0, 5.0)).boundaries
        bands = [band for band in doc.boundaries if band.k_eff == k_eff]
        assert len(bands) == len(plain)
        for band, boundary in zip(bands, plain, strict=True):
            assert (tuple(band.below), tuple(band.above)) == boundary.names
            # 1e-9 V: the sampled cells are the same ones, up to round-off
            for estimate in (band.low, band.median, band.high):
                assert estimate.value == pytest.approx(boundary.voltage, abs=1e-9)
                assert estimate.standard_error == pytest.approx(0.0, abs=1e-12)
            assert band.probability == 1.0
            assert band.linear_deviation == 0.0
    (k_star,) = doc.thresholds
    assert k_star.median.value == pytest.approx(diagram.critical_k_eff("ZrCl4", 0.0), abs=1e-9)
    assert [change.probability for change in k_star.changes] == [1.0]
    assert all(row.probability == 1.0 and row.standard_error == 0.0 for row in doc.products)


@pytest.mark.parametrize("model", ["elastic", "inclusion"])
def test_no_error_gives_the_plain_diagram_of_the_elastic_functionals(chloride_entries, model):
    question = Question("Li2ZrCl6", k_effs=(0.0, 12.0), voltages=(0.0, 1.02), model=model)
    sources = own_volumes(chloride_entries)
    doc = sample_uncertainty(chloride_entries, question, NONE, sources, 20, volume_model="scattered")
    diagram = ConstrainedPhaseDiagram(chloride_entries, model=model)
    for k_eff in question.k_effs:
        plain = trace_staircase(diagram, "Li2ZrCl6", k_eff, (0.0, 5.0)).boundaries
        bands = [band for band in doc.boundaries if band.k_eff == k_eff]
        assert [(tuple(b.below), tuple(b.above)) for b in bands] == [b.names for b in plain]
        # 1e-8 V: the sampled cells are the same ones, up to round-off
        assert [b.median.value for b in bands] == pytest.approx([b.voltage for b in plain], abs=1e-8)
        assert {b.linear_deviation for b in bands} == {None}  # its closed form is the linear functional's
    for band in doc.thresholds:
        wanted = diagram.critical_k_eff("Li2ZrCl6", band.voltage)
        assert (band.median and band.median.value) == (wanted if wanted is None else pytest.approx(wanted, abs=1e-7))
    assert {row.probability for row in doc.products} == {1.0}
    assert any(model in text for text in doc.not_covered)
    if model == "inclusion":  # the grain is whole inside its window
        assert any(band.above == ["Li2ZrCl6"] for band in doc.boundaries)


@pytest.mark.parametrize("model", ["elastic", "inclusion"])
def test_functionals_share_their_draws(chloride_entries, model):
    """Without constriction there is no work: the functionals answer alike, sample by sample."""
    sources = spread_by(chloride_entries, 0.05)
    docs = [
        sample_uncertainty(
            chloride_entries,
            Question("Li2ZrCl6", k_effs=(0.0,), model=name),
            REACTION_ERROR,
            sources,
            20,
            volume_model="scattered",
        )
        for name in ("linear", model)
    ]
    assert [(b.below, b.above, b.probability) for b in docs[0].boundaries] == [
        (b.below, b.above, b.probability) for b in docs[1].boundaries
    ]
    for a, b in zip(*(doc.boundaries for doc in docs), strict=True):
        assert [a.low.value, a.median.value, a.high.value] == pytest.approx(
            [b.low.value, b.median.value, b.high.value], abs=1e-8
        )


def test_elastic_functionals_need_an_entry(mp_entries):
    with pytest.raises(InputError, match="for the linear functional"):
        question = Question("Li2ZrCl6", model="elastic")
        sample_uncertainty(mp_entries, question, NONE, own_volumes(mp_entries), samples=20)


def test_boundaries_agree_with_linear_propagation(small_errors):
    """Normal distributions: the 5-95 % range is 3.2897 standard deviations."""
    checked = [band for band in small_errors.boundaries if band.probability == 1.0 and band.linear_deviation]
    assert len(checked) >= 6
    for band in checked:
        sampled = (band.high.value - band.low.value) / 3.2897
        error = math.hypot(band.high.standard_error, band.low.standard_error) / 3.2897
        assert abs(sampled - band.linear_deviation) < 4 * error, band  # 4 standard errors of the sampling


def test_threshold_agrees_with_linear_propagation(small_errors):
    (found,) = small_errors.thresholds
    sampled = (found.high.value - found.low.value) / 3.2897
    error = math.hypot(found.high.standard_error, found.low.standard_error) / 3.2897
    assert found.linear_deviation > 0.02  # GPa: there is something to compare
    assert abs(sampled - found.linear_deviation) < 4 * error


def test_threshold_deviation_by_hand(entry):
    """Zr against ZrCl2 at 0 V: K* = dE/dV, with errors in ZrCl2 and LiCl only."""
    entries = [
        entry("Li", -2.0, 20.0, "Li"),
        entry("Zr", -8.0, 23.0, "Zr"),
        entry("Cl2", -4.0, 60.0, "Cl2"),
        entry("LiCl", -8.0, 34.0, "LiCl"),
        entry("ZrCl2", -18.0, 64.0, "ZrCl2"),
    ]
    spreads = volume_spreads(entries, spread_by(entries, 0.02))
    error = EnergyError(standard_deviation=0.01, source="test")
    found = find_threshold(ConstrainedPhaseDiagram(entries), "ZrCl2", 0.0)
    # below: Zr + 2 LiCl (- 2 Li), above: ZrCl2
    gain = (-18.0 + 2 * -2.0) - (-8.0 + 2 * -8.0)
    change = 23.0 + 2 * 34.0 - 64.0
    k_star = gain / change / GPA_ANGSTROM3_TO_EV
    assert found.k_eff == pytest.approx(k_star, abs=1e-9)
    energies = (0.01 * 3) ** 2 + (2 * 0.01 * 2) ** 2
    work = sum((k_star * GPA_ANGSTROM3_TO_EV * 0.02 * v) ** 2 for v in (23.0, 2 * 34.0, 64.0))
    by_hand = math.sqrt(energies + work) / (GPA_ANGSTROM3_TO_EV * change)
    assert threshold_deviation(found, error, spreads) == pytest.approx(by_hand, rel=1e-9)
    boundary = trace_staircase(ConstrainedPhaseDiagram(entries), "ZrCl2", 0.0, (0.0, 5.0)).boundaries[0]
    # two lithium atoms separate the sides; without constriction only energies count
    assert boundary_deviation(boundary, 0.0, error, spreads) == pytest.approx(math.sqrt(energies) / 2, rel=1e-9)


def test_draws_have_the_stated_distribution(mp_entries):
    competing = competing_phases(mp_entries, with_volumes=True, sources=spread_by(mp_entries, 0.05))
    error = EnergyError(standard_deviation=0.03, shared_within_metal=0.6, source="test")
    shared = ("LiCl", "ZrCl4")
    spreads = [
        s.model_copy(update={"shared_deviation": 0.04, "shared_by": "class"} if s.formula in shared else {})
        for s in scattered_spreads(competing.phases)
    ]
    model, random = ErrorModel(error, Distributed(tuple(spreads))), np.random.default_rng(5)
    samples = [model.sample(competing, "Li", random).phases for _ in range(400)]
    volumes = np.log([[p.volume / q.volume for p, q in zip(s, competing.phases, strict=True)] for s in samples])
    energies = np.array([[p.energy - q.energy for p, q in zip(s, competing.phases, strict=True)] for s in samples])
    first = {p.formula: i for i, p in reversed(list(enumerate(competing.phases)))}
    for index, phase in enumerate(competing.phases):
        wanted = math.hypot(0.05, 0.04) if phase.formula in shared else 0.05
        # 4.5 standard errors: of the mean s/sqrt(N), of the deviation s/sqrt(2N)
        assert abs(volumes[:, index].mean()) < 4.5 * wanted / 20
        assert abs(volumes[:, index].std(ddof=1) - wanted) < 4.5 * wanted / math.sqrt(800)
    assert np.all(energies[:, first["Zr"]] == 0.0)  # elements are the reference
    for formula, atoms in (("LiCl", 2), ("ZrCl2", 3), ("ZrCl4", 5)):
        per_atom = energies[:, first[formula]] / atoms
        assert abs(per_atom.std(ddof=1) - 0.03) < 4.5 * 0.03 / math.sqrt(800)
    # correlations: 4.5 standard errors of (1 - r^2)/sqrt(N)
    r = np.corrcoef(volumes[:, first["LiCl"]], volumes[:, first["ZrCl4"]])[0, 1]
    assert abs(r - 0.04**2 / (0.04**2 + 0.05**2)) < 4.5 / 20
    r = np.corrcoef(energies[:, first["ZrCl2"]], energies[:, first["ZrCl4"]])[0, 1]
    assert abs(r - 0.6) < 4.5 * (1 - 0.6**2) / 20
    r = np.corrcoef(energies[:, first["LiCl"]], energies[:, first["ZrCl4"]])[0, 1]
    assert abs(r) < 4.5 / 20  # nothing in common


def test_the_papers_threshold_as_a_statement(mp_entries):
    """What is known of K*: the plain values of PBE and of experimental volumes lie inside the spread."""
    sources = volume_sources(mp_entries)
    doc = sample_uncertainty(mp_entries, Question("Li2ZrCl6"), REACTION_ERROR, sources, samples=100)
    (found,) = doc.thresholds
    by_source = {row.source: row.k_eff for row in found.sources}
    assert by_source[MP_GGA.label] == pytest.approx(16.73, abs=0.01)  # the table of the theory page
    assert by_source["experiment"] == pytest.approx(13.55, abs=0.01)
    # experiment is the anchor: its K* is the centre, that of PBE lies above the band
    assert found.low.value < by_source["experiment"] < found.high.value < by_source[MP_GGA.label]
    shares = {(row.k_eff, tuple(row.products)): row.probability for row in doc.products}
    assert shares[0.0, ("LiCl", "Zr")] > 0.95
    for k_eff in (0.0, 5.0, 10.0, 15.0):
        rows = [row for row in doc.products if row.k_eff == k_eff]
        assert sum(row.probability for row in rows) == pytest.approx(1.0, abs=1e-12)  # some products there are
        assert all(row.low <= row.probability <= row.high for row in rows)
    beyond = sum(change.probability for change in found.changes if not change.above)
    assert beyond == pytest.approx(found.beyond, abs=1e-12)
    assert not doc.has_entry


def test_standard_error_of_a_quantile():
    """Median of N normal numbers: sqrt(pi/2)/sqrt(N); 95 % quantile: sqrt(p(1-p)/N)/density (order statistics)."""
    random = np.random.default_rng(11)
    found = [quantile_estimates(random.standard_normal(400), random) for _ in range(40)]
    density = math.exp(-(1.6449**2) / 2) / math.sqrt(2 * math.pi)
    for index, expected in ((1, math.sqrt(math.pi / 2) / 20), (2, math.sqrt(0.05 * 0.95) / 20 / density)):
        stated = np.mean([estimates[index].standard_error for estimates in found])
        assert stated == pytest.approx(
            expected, rel=0.15
        )  # one bootstrap error scatters by 20 to 30 %, 40 are averaged
    assert np.mean([e[1].value for e in found]) == pytest.approx(0.0, abs=4 * 0.063 / math.sqrt(40))  # 4 of its errors


def test_same_seed_same_answer(mp_entries):
    question = Question("ZrCl4", k_effs=(0.0,))
    sources = volume_sources(mp_entries)
    docs = [sample_uncertainty(mp_entries, question, REACTION_ERROR, sources, samples=20, seed=s) for s in (4, 4, 5)]
    assert docs[0] == docs[1]
    assert docs[0].boundaries != docs[2].boundaries


def test_electrolyte_with_an_entry_of_its_own():
    found = electrolyte_entries(["Li3N"], source="force-field")
    sources = volume_sources(found.entries)
    doc = sample_uncertainty(found.entries, Question("Li3N", k_effs=(0.0,)), REACTION_ERROR, sources, samples=40)
    assert doc.has_entry
    edges = [band for band in doc.boundaries if band.below == ["Li3N"]]
    plain = ConstrainedPhaseDiagram(found.entries).profile("Li3N", 0.0).stability_high
    assert min(b.low.value for b in edges) < plain < max(b.high.value for b in edges)


# --- volumes -----------------------------------------------------------------------------------------------------


def test_sources_of_the_bundled_phases(mp_entries):
    sources = volume_sources(mp_entries)
    assert sources["mp-23162-GGA"]["experiment"] == pytest.approx(63.98)
    assert {"CHGNet r2scan", "CHGNet 0.3.0 + D3(BJ)", MP_GGA.label} <= sources["mp-23162-GGA"].keys()
    by_force_field = volume_sources(competing_entries("Li-S", "force-field"))
    assert by_force_field["Li2S mp-1153"].keys() == {"CHGNet r2scan", MP_GGA.label}


def test_spread_of_the_sources(mp_entries):
    sources = {str(e.entry_id): {"own": volume_of(e)} for e in mp_entries}
    sources["mp-23162-GGA"] = {"a": 60.0, "b": 70.0}
    spreads = {s.entry_id: s for s in volume_spreads(mp_entries, sources)}
    known = spreads["mp-23162-GGA"]
    assert known.centre == pytest.approx(math.sqrt(60.0 * 70.0), rel=1e-12)
    assert known.relative_deviation == pytest.approx(math.log(70 / 60) / math.sqrt(2), rel=1e-12)
    assert all(s.relative_deviation == known.relative_deviation for s in spreads.values())  # the others' mean


def test_bad_input(mp_entries):
    sources = own_volumes(mp_entries)
    with pytest.raises(InputError, match="at least 20 samples"):
        sample_uncertainty(mp_entries, Question("ZrCl4"), NONE, sources, samples=5)
    with pytest.raises(InputError, match="no volume of any source for mp-131"):
        sample_uncertainty(mp_entries, Question("ZrCl4"), NONE, {**sources, "mp-131-GGA": {}})
    with pytest.raises(InputError, match=r"positive volume of mp-131-GGA, got -1\.0"):
        sample_uncertainty(mp_entries, Question("ZrCl4"), NONE, {**sources, "mp-131-GGA": {"own": -1.0}})
    with pytest.raises(InputError, match="k_eff"):
        sample_uncertainty(mp_entries, Question("ZrCl4", k_effs=(-1.0,)), NONE, sources)
