"""Plausible ranges: every unit is told apart from the table's own, and everything inside the range passes."""

from functools import partial
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, TypeAdapter, ValidationError

from selflimit.errors import InputError
from selflimit.plausible import KNOWN_UNITS, QUANTITIES, convert, require_plausible

WITH_RANGE = [name for name, quantity in QUANTITIES.items() if not quantity.is_whole]


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("k_eff", 1.5e10, "did you mean 15 (1.5e+10 Pa)?"),
        ("k_eff", 15000.0, "did you mean 15 (15000 MPa)?"),
        ("k_eff", -5.0, "did you mean 5?"),
        ("radius", 5e-6, "did you mean 5 (5e-06 m)?"),
        ("interface_width", 500.0, "did you mean 0.5 (500 nm)?"),
        ("temperature", 25.0, "did you mean 298.15 (25 Celsius)?"),
        ("overpotential", -100.0, "did you mean -0.1 (-100 mV)?"),
        ("overpotential", 100.0, "did you mean -0.1 (-100 mV)?"),
        ("overpotential", 0.1, "did you mean -0.1?"),
        ("voltage", 4200.0, "did you mean 4.2 (4200 mV)?"),
        ("wall_time", 24, "did you mean 86400 (24 h)?"),
        ("max_force", 5.0, "did you mean 0.005 (5 meV/Angstrom)?"),
        ("energy_error", 24.0, "did you mean 0.024 (24 meV/atom)?"),
        ("coarse_fraction", 40.0, "did you mean 0.4 (40 %)?"),
    ],
)
def test_the_unit_that_was_meant(name, value, meant):
    with pytest.raises(InputError) as refused:
        require_plausible(name, value)
    assert str(refused.value).endswith(meant)
    assert QUANTITIES[name].unit.replace("share", "") in str(refused.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", WITH_RANGE)
def test_what_is_no_number_never_passes(name, value):
    with pytest.raises(InputError, match="expected"):
        require_plausible(name, value)


def test_in_python_lengths_are_in_metres_and_micrometres_are_recognised():
    assert require_plausible("radius", 5e-6, unit="m") == 5e-6
    with pytest.raises(InputError, match=r"did you mean 5e-06 \(5 micrometre\)"):
        require_plausible("radius", 5.0, unit="m")


def test_a_value_with_a_meaning_of_its_own():
    assert require_plausible("wall_time", 0) == 0
    assert require_plausible("samples", 0) == 0


def test_as_a_validator_of_a_model():
    kelvin = TypeAdapter(Annotated[float, AfterValidator(partial(require_plausible, "temperature"))])
    assert kelvin.validate_python(300.0) == 300.0
    with pytest.raises(ValidationError, match=r"298\.15 \(25 Celsius\)"):
        kelvin.validate_python(25.0)


@pytest.mark.parametrize("name", QUANTITIES)
def test_the_usual_value_is_in_its_range(name):
    low, high, usual = QUANTITIES[name].ends_and_usual()
    assert low <= usual <= high


@given(st.sampled_from(sorted(KNOWN_UNITS)), st.sampled_from(sorted(KNOWN_UNITS)), st.floats(-1e9, 1e9))
def test_there_and_back(unit, other, value):
    if KNOWN_UNITS[unit].dimension == KNOWN_UNITS[other].dimension:
        back = convert(convert(value, unit, other), other, unit)
        assert back == pytest.approx(
            value, rel=1e-9, abs=1e-9 * (KNOWN_UNITS[other].factor / KNOWN_UNITS[unit].factor + 300)
        )
    else:
        with pytest.raises(InputError, match="is a unit of"):
            convert(value, unit, other)
