"""Volumes against experiment: the bands hold what they say, and nobody's volume is without an error."""

import math

import pytest

from selflimit.phase_diagrams import competing_entries
from selflimit.phase_diagrams.entries.competing_set import competing_phases
from selflimit.phase_diagrams.uncertainty.volume_errors import (
    CLASSES,
    MEASURED,
    anchored_spreads,
    calibration_set,
    fit_error,
    method_error,
)

NORMAL_90 = 1.6448536269514722  # standard deviations to either side that hold 90 %


def left_out(method):
    """Whether each experimental volume lies in the 90 % band of the others' bias and errors."""
    for bonding in CLASSES:
        crystals = [c for c in calibration_set() if c.bonding == bonding and method in c.volumes]
        for one in crystals:
            error = fit_error([other for other in crystals if other is not one], method)
            yield abs(math.log(one.volumes[method] / one.experiment) - error.bias) <= NORMAL_90 * error.total


@pytest.mark.parametrize(("method", "fewest"), [("PBE", 60), ("CHGNet r2scan", 50)])
def test_nine_of_ten_left_out_volumes_lie_in_the_bands(method, fewest):
    inside = list(left_out(method))
    assert len(inside) >= fewest
    assert 0.85 <= sum(inside) / len(inside) <= 0.95


def test_a_crystal_is_nobodys_twin_in_the_calibration_set():
    names = [(c.formula, c.crystal) for c in calibration_set()]
    assert len(set(names)) == len(names)


def test_experiment_is_the_anchor_and_the_rest_have_the_class_s_error():
    phases = competing_phases(competing_entries("Li-Zr-Cl", "force-field"), with_volumes=True).phases
    spreads = {s.entry_id: s for s in anchored_spreads(phases, "CHGNet r2scan")}
    own = {p.entry_id: p for p in phases}
    assert spreads["ZrCl2 mp-23162"].centre == pytest.approx(63.98)
    assert spreads["ZrCl2 mp-23162"].relative_deviation == MEASURED
    assert spreads["ZrCl2 mp-23162"].shared_deviation == 0.0
    wurtzite, error = spreads["LiCl mp-1185319"], method_error("CHGNet r2scan", "dense")
    assert wurtzite.centre == pytest.approx(own["LiCl mp-1185319"].volume * math.exp(-error.bias))
    assert (wurtzite.relative_deviation, wurtzite.shared_deviation) == (error.residual, error.shared)


def test_a_method_that_nobody_calibrated_has_the_prior_never_zero():
    for bonding in CLASSES:
        prior = method_error("a code of my own", bonding)
        assert prior.total >= max(method_error(m, bonding).residual for m in ("PBE", "CHGNet r2scan")) > 0
