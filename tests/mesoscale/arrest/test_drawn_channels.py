"""Drawn channels: what they end in follows from how they fill, and equal ones agree with the criterion."""

import numpy as np
import pytest
from decompositions import lithium_decomposition

from selflimit.mesoscale import (
    ELECTRONIC_CONDUCTIVITY,
    KNOWN_RANGES,
    ArrestSettings,
    InterfaceParameters,
    draw_widths,
    judge_arrest,
    reaction_per_charge,
)
from selflimit.mesoscale.arrest.drawn_channels import fill_drawn, judge_drawn
from selflimit.mesoscale.arrest.outcomes import Conditions, judge_samples

AT = Conditions(2.0, reaction_per_charge(lithium_decomposition()), 12e9, 0.3, 7.2e5, 100e-6)


def one_sample(**changes):
    table = {**KNOWN_RANGES, "electronic_conductivity": ELECTRONIC_CONDUCTIVITY["insulate"]}
    given = {name: quantity.central for name, quantity in table.items()} | {"layer_thickness": 60e-6} | changes
    return {name: np.array([value]) for name, value in given.items()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "turns back"),  # the bound says so
        ({"retained": 0.012}, "turns back"),  # the filling says so
        ({"retained": 0.1, "bond_strength": 2.0, "slot_width": 0.5e-6}, "stalls"),
        ({"retained": 0.1, "bond_strength": 0.2}, "spreads"),
        ({"retained": 0.1, "bond_strength": 2.0, "flaw": 5e-5, "confinement": 0.0, "pitch": 2e-5}, "cracks"),
        ({"retained": 0.3, "bond_strength": 2.0, "flaw": 5e-5, "confinement": 0.0, "pitch": 5e-4}, "crosses"),
        ({"retained": 0.1, "electronic_conductivity": 1e4}, "is consumed"),
    ],
)
def test_each_outcome_follows_from_how_the_channels_fill(changes, expected):
    sample = one_sample(**changes)
    filled = fill_drawn(1, sample, AT)
    found = judge_drawn(1, filled, sample, AT)
    assert found.outcome == expected
    assert (found.arrival is None) == (expected == "turns back") == (found.tip_pressure == 0.0)
    assert found.widths == pytest.approx(draw_widths(1, sample["slot_width"][0]), rel=1e-12)


def test_widths_are_log_normal():
    widths = draw_widths(3, 2e-6, channels=20_000, spread=0.6)
    logs = np.log(widths / 2e-6)
    assert logs.mean() == pytest.approx(0.0, abs=3 * 0.6 / np.sqrt(20_000))
    assert logs.std() == pytest.approx(0.6, rel=0.02)


def test_where_the_bound_says_no_the_resolved_layer_does_too():
    """The shortest charge that brings one channel up alone is less than what the channels need together."""
    sample = one_sample(retained=0.3)
    _, filling = fill_drawn(2, sample, AT)
    alone = [
        judge_samples({**sample, "slot_width": np.array([width])}, AT).arrival[0] for width in draw_widths(2, 1e-6)
    ]
    assert filling.arrivals.min() > min(alone)


def test_the_document_counts_those_that_agree():
    settings = ArrestSettings(currents=(0.2,), samples=256, index_samples=16, seeds=3)
    doc = judge_arrest(lithium_decomposition(), InterfaceParameters(), settings)
    for branch in doc.currents[0].branches:
        assert [one.seed for one in branch.drawn] == [1, 2, 3]
        assert branch.agreeing == [one.outcome for one in branch.drawn].count(branch.answer) == 3
    assert doc.currents[0].agreement.startswith("3 of 3 if the products insulate")
