"""Conversions between the moduli of an isotropic solid: exact for round numbers, and inverse to each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selflimit.errors import InputError
from selflimit.isotropic import Isotropic, bulk_modulus, first_lame, lame

moduli = st.floats(1e-3, 1e3)


def test_a_cauchy_solid_has_equal_lame_constants():
    # nu = 1/4 is lam = mu; E = 75 gives lam = mu = 30 and K = 50, all exact in binary arithmetic
    assert Isotropic.from_bulk_and_shear(50.0, 30.0) == (75.0, 0.25)
    assert tuple(float(m) for m in lame(75.0, 0.25)) == (30.0, 30.0)
    assert bulk_modulus(30.0, 30.0) == 50.0
    assert first_lame(50.0, 30.0) == 30.0


@given(bulk=moduli, shear=moduli)
def test_moduli_come_back_through_youngs_modulus(bulk, shear):
    solid = Isotropic.from_bulk_and_shear(bulk, shear)
    assert solid.youngs_modulus == pytest.approx(3.0 * bulk * (1.0 - 2.0 * solid.poisson_ratio), rel=1e-6, abs=1e-12)
    assert solid.youngs_modulus == pytest.approx(2.0 * shear * (1.0 + solid.poisson_ratio), rel=1e-12)
    if solid.poisson_ratio >= 0.0:
        lam, mu = lame(*solid)
        # the distance of nu from 1/2 is what is left of two numbers near it: a factor 3K/mu of round-off
        assert float(mu) == pytest.approx(shear, rel=1e-12)
        assert float(lam) == pytest.approx(first_lame(bulk, shear), rel=1e-14 * (1.0 + bulk / shear), abs=1e-12 * shear)


def test_arrays_are_taken_elementwise():
    lam, mu = lame(np.array([75.0, 2.6]), np.array([0.25, 0.3]))
    np.testing.assert_allclose(bulk_modulus(lam, mu), [50.0, 2.6 / (3 * 0.4)], rtol=1e-15)
    np.testing.assert_allclose(first_lame(bulk_modulus(lam, mu), mu), lam, rtol=1e-15)


@pytest.mark.parametrize(("young", "nu"), [(0.0, 0.3), (np.inf, 0.3), (-1.0, 0.3), (1.0, 0.5), (1.0, -0.1)])
def test_impossible_moduli_are_refused(young, nu):
    with pytest.raises(InputError, match="must"):
        lame(young, nu)
