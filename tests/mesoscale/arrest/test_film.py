"""The film's growth and its pressure against integrators of ordinary differential equations."""

import math

import numpy as np
import pytest
from decompositions import lithium_decomposition
from scipy.constants import physical_constants
from scipy.integrate import solve_ivp

from selflimit.errors import InputError
from selflimit.mesoscale import ReactionPerCharge, film_current, film_thickness, reaction_per_charge, swelling_pressure
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME

FARADAY = physical_constants["Faraday constant"][0]
AVOGADRO = physical_constants["Avogadro constant"][0]
VOLUME, ELECTRONS, CHANGE = 1.30e-4, 4, 0.062 * 1.30e-4
REACTION = ReactionPerCharge(1.5, VOLUME / (ELECTRONS * FARADAY), CHANGE / (ELECTRONS * FARADAY))


@pytest.mark.parametrize(("conductivity", "resistance"), [(1e-10, 0.0), (1e-10, 1e3), (1e-6, 1e-2), (1.0, 1e-3)])
def test_the_film_grows_as_an_integrator_finds(conductivity, resistance):
    """LSODA; without a resistance the rate is infinite at x = 0, so the square x^2/2 is integrated there."""
    times = np.array([1.0, 3.6e3, 7.2e5])
    found = film_thickness(times, 1.5014, conductivity, resistance, REACTION)

    def rate(time, x):
        return REACTION.consumed_volume * film_current(np.maximum(x, 0.0), 1.5014, conductivity, resistance)

    if resistance:
        solved = solve_ivp(rate, (0.0, times[-1]), [0.0], "LSODA", times, rtol=1e-10, atol=1e-18).y[0]
    else:
        solved = np.sqrt(2.0 * REACTION.consumed_volume * conductivity * 1.5014 * times)
    assert found == pytest.approx(solved, rel=1e-6, abs=0.0)


def test_early_growth_is_linear_and_late_growth_parabolic():
    """Orders in time between two halvings, far from the cross-over at t = (r sigma_e)^2/k."""
    thickness = [float(film_thickness(t, 1.5, 1e-6, 1e2, REACTION)) for t in (1.0, 2.0, 1e13, 2e13)]
    assert math.log2(thickness[1] / thickness[0]) == pytest.approx(1.0, abs=1e-3)
    assert math.log2(thickness[3] / thickness[2]) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("ratio", [1e-3, 1e-2, 1e-1])
def test_the_tip_comes_to_rest_at_the_swelling_pressure(ratio):
    """Pressure and thickness integrated together until what swells dissolves as much lithium."""
    ionic, stiffness, length, eta = 1e-6, 5e9, 60e-6, 1.4e-3
    w = LITHIUM_CHARGE_VOLUME

    def change(time, state):
        pressure, x = state
        electronic = film_current(x, 1.5 + eta, ratio * ionic, 0.0)
        plated = ionic * (eta - w * pressure) / x
        return [
            stiffness / length * (w * plated + REACTION.swelling * electronic),
            REACTION.consumed_volume * electronic,
        ]

    # settling takes x L/(K w^2 sigma_i), a day for 0.1 um, and longer as the film grows: as exp(-sqrt(t/t0))
    solved = solve_ivp(change, (0.0, 1e10), [0.0, 5e-9], "LSODA", rtol=1e-8, atol=[1.0, 1e-14])
    assert solved.y[0, -1] == pytest.approx(swelling_pressure(eta, ratio, REACTION), rel=1e-6)


def test_a_shrinking_film_lowers_the_pressure():
    shrinking = REACTION._replace(swelling=-REACTION.swelling)
    alone = 1.4e-3 / LITHIUM_CHARGE_VOLUME
    assert swelling_pressure(1.4e-3, 1e-2, shrinking) < alone < swelling_pressure(1.4e-3, 1e-2, REACTION)


def test_a_decomposition_per_charge():
    """Formula units per coulomb are 1/(z F) mol; a voltage adds z e V to the reaction's energy and changes nothing."""
    found = reaction_per_charge(lithium_decomposition())
    assert found.voltage == pytest.approx(1.5)
    assert found.consumed_volume == pytest.approx(200e-30 * AVOGADRO / (4 * FARADAY), rel=1e-9, abs=0.0)
    assert found.swelling == pytest.approx(27e-30 * AVOGADRO / (4 * FARADAY), rel=1e-9, abs=0.0)
    assert reaction_per_charge(
        lithium_decomposition(voltage=0.4, reaction_energy=-6.0 + 4 * 0.4)
    ).voltage == pytest.approx(1.5)


def test_a_reaction_that_takes_up_no_lithium_is_refused():
    with pytest.raises(InputError, match=r"takes up Li.*0 per formula unit.*lower voltage"):
        reaction_per_charge(lithium_decomposition(ion_uptake=0.0))
