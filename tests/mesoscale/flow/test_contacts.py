"""Contacts with closed phases: their area, their kinetics behind a film, and the film of one step."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from selflimit.errors import InputError
from selflimit.mesoscale import (
    FixedReaction,
    Front,
    Grid,
    InterfaceParameters,
    Microstructure,
    Particle,
    ProductFilm,
    ReactionPerCharge,
    film_thickness,
)
from selflimit.mesoscale.flow.advance import spread_advance
from selflimit.mesoscale.flow.contacts import compressed_share, contact_areas, contact_current
from selflimit.mesoscale.flow.film import film_step

UM = 1e-6
REACTION = ReactionPerCharge(voltage=1.48, consumed_volume=3.4e-10, swelling=2.1e-11)


def test_area_of_a_flat_electrolyte_is_its_width():
    layer = Microstructure.layered(Grid((16, 32), UM), 1, coarse_fraction=0.0, electrolyte_height=10 * UM)
    areas = contact_areas(layer)
    assert areas.electrolyte.sum() == pytest.approx(16 * UM)
    assert areas.coarse.sum() == 0.0
    assert np.nonzero(areas.electrolyte.sum(axis=0))[0].tolist() == [22]


def test_area_of_an_electrolyte_in_space():
    layer = Microstructure.layered(Grid((8, 8, 16), UM), 1, coarse_fraction=0.0, electrolyte_height=5 * UM)
    assert contact_areas(layer).electrolyte.sum() == pytest.approx(64 * UM**2)


@pytest.mark.parametrize("cells", [64, 128])
def test_area_of_a_disc_is_its_circumference(cells):
    """Counted by its faces a disc on squares would have 4/pi of it, at any spacing."""
    grid, radius = Grid((cells, cells), 32 * UM / cells), 8 * UM
    layer = Microstructure.of_particles(grid, [Particle((16 * UM, 16 * UM), (radius, radius), 2.0)])
    areas = contact_areas(replace(layer, closed=True))
    assert areas.coarse.sum() == pytest.approx(2 * np.pi * radius, rel=0.02)
    assert areas.electrolyte.sum() == 0.0
    assert contact_areas(layer).total.sum() == 0.0  # open particles are entered


@pytest.mark.parametrize("resistance", [0.0, 1e-6, 1e-2, 1e3])
def test_current_behind_a_film_solves_the_series_of_both(resistance):
    p, drives = InterfaceParameters(), np.array([-1.0, -0.02, -1e-6, 0.0, 1e-4, 0.03, 0.5])

    def kinetics(y):
        return 2 * p.exchange_current * np.sinh(0.5 * p.inverse_thermal_voltage * y)

    found = contact_current(p, drives, np.full(7, resistance))
    for e, j in zip(drives, found.density, strict=True):
        y = brentq(lambda y, e=e: y + resistance * kinetics(y) - e, -1.1, 1.1, xtol=1e-16)
        assert j == pytest.approx(kinetics(y), rel=1e-6, abs=1e-9)
    step = 1e-6
    ahead, behind = (contact_current(p, drives + s, np.full(7, resistance)).density for s in (step, -step))
    assert found.slope == pytest.approx((ahead - behind) / (2 * step), rel=1e-4)


def test_what_dissolves_is_compressed_lithium_while_there_is_any():
    share, slope = compressed_share(InterfaceParameters(), np.array([-1e6, 0.0, 1e4, 20e6]))
    assert share == pytest.approx([0.0, 0.0, 0.5, 1.0], abs=1e-3)
    assert slope[2] == pytest.approx(1 / 4e4)


@pytest.mark.parametrize("resistance", [0.0, 1.0, 1e4])
def test_a_film_at_constant_drive_grows_as_deal_and_grove_in_any_number_of_steps(resistance):
    film = ProductFilm(FixedReaction(REACTION), electronic_conductivity=1e-9, resistance=resistance)
    thickness, charge = np.zeros(1), 0.0
    for dt in np.diff(np.geomspace(1.0, 7.2e5, 8), prepend=0.0):
        step = film_step(film, REACTION, thickness, np.array([-2e-3]), np.ones(1), dt)
        thickness, charge = step.thickness, charge + float(step.density[0]) * dt
    expected = film_thickness(7.2e5, 1.48 - 2e-3, 1e-9, resistance, REACTION)
    assert thickness[0] == pytest.approx(expected, rel=1e-9)
    assert charge * REACTION.consumed_volume == pytest.approx(expected, rel=1e-9)


def test_a_film_answers_to_the_overpotential():
    film = ProductFilm(FixedReaction(REACTION), electronic_conductivity=1e-4, resistance=1e-3)
    at = [film_step(film, REACTION, np.array([1e-8]), np.array([eta]), np.ones(1), 5.0) for eta in (0.1, 0.1001)]
    assert at[0].slope[0] == pytest.approx((at[1].density[0] - at[0].density[0]) / 1e-4, rel=1e-3)


def test_a_reaction_does_not_run_back():
    film = ProductFilm(FixedReaction(REACTION))
    step = film_step(film, REACTION, np.array([1e-8]), np.array([-2.0]), np.ones(1), 100.0)
    assert (step.thickness[0], step.density[0], step.slope[0]) == (1e-8, 0.0, 0.0)


@pytest.mark.parametrize(
    "values", [{"electronic_conductivity": 0.0}, {"ionic_conductivity": -1.0}, {"resistance": -1.0}]
)
def test_a_film_that_makes_no_sense_is_refused(values):
    with pytest.raises(InputError, match=next(iter(values))):
        ProductFilm(FixedReaction(REACTION), **values)


def test_what_enters_free_space_is_handed_to_the_front_and_kept():
    grid, p = Grid((16, 32), 0.5 * UM), InterfaceParameters()
    y = grid.node_coordinates()[1]
    xi = 0.5 * (1 - np.tanh((y - 8 * UM) / (2 * p.interface_width)))
    entering = np.zeros(grid.nodes)
    entering[:, 17] = 1e-15
    grown = spread_advance(Front(grid, p), xi, entering)
    assert grid.integrate(grown) == pytest.approx(entering.sum())
    # a flat front moves as a whole, d(xi) = u |grad xi|, but for the fall of the filter over its width
    assert grown[8] / grown[8].max() == pytest.approx((xi * (1 - xi))[8] / (xi * (1 - xi)).max(), abs=0.1)
