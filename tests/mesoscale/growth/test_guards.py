"""Guards against results that the grid makes: fronts and particles that it does not resolve, and pinned fronts."""

import math

import numpy as np
import pytest

from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale import (
    PUBLISHED_MODEL,
    Front,
    Grid,
    GrowthModel,
    InterfaceParameters,
    Microstructure,
    Moment,
    Numerics,
    needles,
)
from selflimit.mesoscale.equations import balances
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations.state import Mechanics, State
from selflimit.mesoscale.growth import guards

STIFF = InterfaceParameters(exchange_current=30.0, surface_mobility=2.5e-6, noise_amplitude=0.0)
W = STIFF.interface_width


def flat(spacing, **numerics):
    grid = Grid((2, 64), spacing)
    return GrowthModel(
        STIFF, Microstructure.fine(grid), Numerics(front="published", frozen_concentration=True, **numerics)
    )


def test_unresolved_fronts_are_refused_unless_allowed_and_then_marked(tmp_path):
    with pytest.raises(InputError, match=r"dx = 1e-06 m and w = 5e-07 m"):
        flat(2 * W)
    document = flat(2 * W, allow_unresolved=True).run(1.0, 1, tmp_path)
    assert document.spacing_over_width == 2.0
    assert any("dx = 2.00 w" in note for note in document.notes)
    assert flat(W).run(1.0, 1, tmp_path).notes == []


@pytest.mark.parametrize(("radius", "cells"), [(2.0, 4), (3.0, 6), (9.0, 18)])
def test_cells_across_a_disc(radius, cells):
    x, y = Grid((32, 32), 1.0).cell_centres()
    found = guards.cells_across((np.hypot(x - 16, y - 16) < radius).astype(float))
    assert cells - 2.2 < found <= cells  # distances run between cell centres: up to 2 (+ the staircase) too few


def test_cells_across_takes_the_thinnest_particle_and_the_least_thickness():
    fraction = np.zeros((32, 32))
    fraction[2:12, 2:12], fraction[20:30, 5:8] = 1.0, 1.0
    assert guards.cells_across(fraction) == 3.0
    assert guards.cells_across(np.zeros((4, 4))) == math.inf


def test_unresolved_particles_are_noted_in_the_document(tmp_path):
    graded = Microstructure.graded(Grid((64, 64), 1e-6), radius=3e-6, gap=2e-6, clearance=12e-6)
    p = InterfaceParameters(interface_width=1e-6)
    notes = GrowthModel(p, graded).run(1.0, 1, tmp_path).notes
    assert len(notes) == 1
    assert "unresolved particles" in notes[0]
    assert guards.check_resolution(Microstructure.graded(Grid((64, 96), 1e-6)), p, False) == []


def test_a_pinned_front_stops_the_run_or_is_noted():
    start = needles(Grid((2, 64), 1.5 * W), W, count=0, strip=10 * W)
    run = flat(1.5 * W, allow_unresolved=True).evolve(start, [0.0, 400.0])
    assert any("pinned front" in note for note in run.notes)
    resolved = flat(0.9 * W)
    moving = resolved.evolve(needles(Grid((2, 64), 0.9 * W), W, count=0, strip=10 * W), [0.0, 200.0])
    assert moving.notes == ()
    with pytest.raises(ConvergenceError, match="pinned front"):
        guards.check_pinning(1.0, 1e-12, 1e-14, 1e-12, 0.9, False)
    assert guards.check_pinning(1.0, 1e-12, 1e-14, 1e-11, 0.9, False) == []  # held by its drives, which cancel


@pytest.mark.parametrize("stretched", [1.0, 3.0])
def test_steepness_is_that_of_the_profile_over_its_width(stretched):
    grid = Grid((2, 400), 0.25 * W)
    xi = 0.5 * (1.0 - np.tanh((grid.node_coordinates()[1] - 50 * W) / (2.0 * stretched * W)))
    found = balances.steepness(grid, InterfaceParameters(interface_width=W), xi)
    assert found == pytest.approx(1.0 / stretched, rel=1e-3)  # trapezoidal sums of a smooth profile


def test_stress_that_spreads_the_front_is_not_taken_for_the_grid(tmp_path):
    """C = 200: lithium dissolves where it is compressed and deposits ahead of itself; a finer grid does not help."""
    p = InterfaceParameters(**{**PUBLISHED_MODEL, "mechanical_correction": 200.0})
    layer = Microstructure.fine(Grid((48, 96), p.interface_width), 1)
    with pytest.raises(ConvergenceError, match=r"spread front.*less mechanical_correction"):
        GrowthModel(p, layer, Numerics(front="published")).run(600.0, 1, tmp_path)


def ball(grid, radius, centre):
    """Order parameter of a disc or a sphere of lithium."""
    distance = np.sqrt(sum((x - c) ** 2 for x, c in zip(grid.node_coordinates(), centre, strict=True)))
    return 0.5 * (1 - np.tanh((distance - radius) / (2 * W)))


def test_total_curvature_of_discs_spheres_and_wrinkles():
    """Gauss-Bonnet in the plane, whatever the shape; 8 pi R of a sphere. Within 1 % at dx = w/2."""
    plane = Grid((64, 96), 0.5 * W)
    front = Front(plane, STIFF)
    assert front.total_curvature(ball(plane, 8 * W, (16 * W, 24 * W))) == pytest.approx(-2 * math.pi, rel=0.02)
    assert front.total_curvature(1 - ball(plane, 8 * W, (16 * W, 24 * W))) == pytest.approx(2 * math.pi, rel=0.02)
    assert front.total_curvature(ball(plane, 8 * W, (0.0, 0.0))) == pytest.approx(-math.pi / 2, rel=0.02)
    wrinkled = needles(plane, W, count=1, spread=0.0, strip=10 * W, length=8 * W)
    assert abs(front.total_curvature(wrinkled)) < 0.02 * 2 * math.pi
    space = Grid((32, 32, 32), 0.5 * W)
    octant = Front(space, STIFF).total_curvature(ball(space, 8 * W, (0.0, 0.0, 0.0)))
    assert octant == pytest.approx(-8 * math.pi * 8 * W / 8, rel=0.02)


def test_curvature_does_not_count_where_lithium_cannot_go():
    """A flat front whose right half is closed: the jump to the closed half is no front."""
    grid = Grid((32, 64), 0.5 * W)
    closed = (grid.cell_centres()[0] > 0.5 * grid.size[0]).astype(float)
    xi = needles(grid, W, count=0, strip=16 * W) * (grid.node_coordinates()[0] <= 0.5 * grid.size[0])
    assert abs(Front(grid, STIFF, 1 - closed).total_curvature(xi)) < 1e-9
    assert abs(Front(grid, STIFF).total_curvature(xi)) > 0.5  # a corner of pi/2 where it would count


def test_driven_growth_of_an_island_is_that_of_the_solved_equation():
    """Without charge transfer a disc shrinks by 2 pi L_sigma kappa of its area per time, whatever its radius."""
    grid = Grid((128, 128), 0.5 * W)
    model = GrowthModel(STIFF, Microstructure.fine(grid))
    xi, dt = ball(grid, 20 * W, (32 * W, 32 * W)), 1e-2
    zero = np.zeros(grid.nodes)
    charge = ec.Charge(zero, zero)
    for _ in range(20):  # settles the sampled profile
        before, xi = xi, model.equations.front.step(xi, zero, charge, zero, dt, 1e-10, xi).xi
    found = grid.integrate(xi - before) / dt
    # eta so that the Butler-Volmer term vanishes at c = 1; (w/R)^2 and (dx/w)^2/12 corrections are below 3 %.
    assert found == pytest.approx(
        balances.driven_growth(model.equations.front, xi, zero + 1, ec.charge_transfer(STIFF, zero))[0], rel=0.05
    )


def test_driven_growth_of_a_flat_front_is_its_velocity():
    grid = Grid((2, 160), 0.25 * W)
    xi = needles(grid, W, count=0, strip=20 * W)
    charge = ec.charge_transfer(STIFF, np.full(grid.nodes, -0.1))
    growth, exchanged = balances.driven_growth(Front(grid, STIFF), xi, np.ones(grid.nodes), charge)
    assert exchanged == pytest.approx(growth, rel=1e-3)  # nothing dissolves
    assert growth == pytest.approx(STIFF.planar_velocity(-0.1) * grid.size[0], rel=1e-3)  # quadrature of a smooth bump
    assert balances.front_length(grid, STIFF, xi) == pytest.approx(grid.size[0], rel=1e-3)


def test_stored_current_of_a_source_is_the_source():
    """A potential without a drop carries no current: all that growth takes is missing."""
    grid, rate = Grid((4, 16), W), np.zeros((5, 17))
    rate[:, 8] = 1e-3
    stored = balances.stored_current(Front(grid, STIFF), 0 * rate, 0 * rate, rate)
    assert stored == pytest.approx(-96485.33212 * 7.64e4 * 1e-3 * 4 * W * W)


@pytest.mark.parametrize("taken", [0.5, 0.99])
def test_lithium_that_has_filled_the_layer_is_not_taken_for_a_pinned_front(taken):
    """What moves then are the last corners, against the wall of the electrolyte."""
    grid = Grid((16, 64), W)
    front, y = Front(grid, STIFF), grid.node_coordinates()[1]
    xi = 0.5 * (1.0 - np.tanh((y - taken * grid.size[1]) / (2.0 * W)))
    still = State((Moment(9.0, xi, xi, xi),), Mechanics(xi, xi, 1), xi, xi, asked=1.0, reached=-0.1, exchanged=1.0)
    if taken < 0.9:
        with pytest.raises(ConvergenceError, match="pinned front"):
            guards.watch_motion(front, still, 0.0, False)
        young, notes = guards.watch_motion(front, still, 9.0 - 1e-9, False)  # its profile has not relaxed yet
        assert (young.asked, notes) == (0.0, [])
    else:
        after, notes = guards.watch_motion(front, still, 0.0, False)
        assert (after.asked, after.exchanged, notes) == (0.0, 0.0, [])
