"""Lithium that creeps through slots: exact solutions of the power law, and what the network keeps."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from selflimit.errors import InputError
from selflimit.mesoscale import (
    LITHIUM_CREEP,
    Grid,
    GrowthModel,
    InterfaceParameters,
    LithiumFlow,
    Microstructure,
    plug_pressure,
    plug_wall_stress,
    relaxed_pressure,
)
from selflimit.mesoscale.flow.network import FlowElements, volume_per_charge, work_per_pressure

UM = 1e-6


def strip_of(cells, length, exponent, strength=1.0):
    """A strip of square cells without dimensions, two cells wide, and its nodes along it."""
    grid = Grid((2, cells), length / cells)
    numbers = np.arange(3 * (cells + 1)).reshape(3, cells + 1)
    corners = np.stack([numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, :-1], numbers[1:, 1:]], axis=-1).reshape(-1, 4)
    return grid, FlowElements(corners, np.full(len(corners), strength), exponent, grid.spacing, 2)


def implicit_step(elements, volumes, before, dt):
    """Backward Euler for dP/dt = div(|grad P|^(n-1) grad P), natural ends, by Newton's method."""
    now, size = before.copy(), len(before)
    for _ in range(100):
        missing = volumes * (now - before) / dt + elements.leaving(now)
        values = elements.tangents(now)
        rows = np.repeat(elements.cells, 4, axis=1).ravel()
        columns = np.tile(elements.cells, (1, 4)).ravel()
        matrix = coo_array((values.ravel(), (rows, columns)), shape=(size, size)).tocsc()
        step = spsolve(matrix + coo_array((volumes / dt, (range(size), range(size)))).tocsc(), -missing)
        now = now + step
        if np.max(np.abs(step)) < 1e-13:
            return now
    raise AssertionError("Newton's method of the test did not settle")


def barenblatt(x, time, n, amount=0.3):
    """The source solution of dP/dt = (|P_x|^(n-1) P_x)_x: G. I. Barenblatt 1952; here by direct substitution.

    P = t^(-a) (C - k |x t^(-a)|^((n+1)/n))_+^(n/(n-1)), a = 1/(2n), k = (n-1)/(n+1) a^(1/n).
    """
    a = 1.0 / (2.0 * n)
    k = (n - 1.0) / (n + 1.0) * a ** (1.0 / n)
    inside = amount - k * np.abs(x * time**-a) ** ((n + 1.0) / n)
    return time**-a * np.maximum(inside, 0.0) ** (n / (n - 1.0))


@pytest.mark.parametrize("n", [3.0, 1.0 / 0.15])
def test_pressure_spreads_as_the_exact_source_solution(n):
    """From t = 1 to 2; halving cells and steps together the error falls at least as h (backward Euler is first order,
    and the edge of the solution is not smooth)."""
    errors = []
    for cells in (32, 64, 128):
        grid, elements = strip_of(cells, 4.0, n)
        x = grid.node_coordinates()[1].ravel()
        volumes, steps = grid.node_volumes().ravel(), cells // 4
        pressure = barenblatt(x, 1.0, n)
        for _ in range(steps):
            pressure = implicit_step(elements, volumes, pressure, 1.0 / steps)
        exact = barenblatt(x, 2.0, n)
        errors.append(np.sum(volumes * np.abs(pressure - exact)) / np.sum(volumes * exact))
    assert errors[-1] < 0.01
    assert np.log2(errors[0] / errors[1]) > 0.9
    assert np.log2(errors[1] / errors[2]) > 0.9


def test_a_confined_pressure_decays_as_the_closed_form():
    """P = T(t) X(x) once its shape is that of slow decay: dT/dt = -c T^n, so T is ``relaxed_pressure`` for some c."""
    n = LITHIUM_CREEP.exponent
    grid, elements = strip_of(24, 1.0, n)
    volumes = grid.node_volumes().ravel()
    held = grid.node_coordinates()[1].ravel() == 0.0  # the foil
    pressure, time, seen = np.where(held, 0.0, 1.0), 0.0, []
    heavy = np.where(held, 1e12, volumes)  # a node of unlimited storage keeps its value
    for dt in np.geomspace(1e-6, 1e3, 120):
        pressure, time = implicit_step(elements, heavy, pressure, dt), time + dt
        seen.append((time, pressure[-1]))
    (t0, p0), (t1, p1), (t2, p2) = seen[-40], seen[-20], seen[-1]
    rate = (p1 ** (1 - n) - p0 ** (1 - n)) / ((n - 1) * (t1 - t0))
    assert p0 / p2 > 1.5
    assert p2 == pytest.approx(relaxed_pressure(p0, rate, n, t2 - t0), rel=0.01)  # steps of a fifth of the time


def network_of(width, spacing=0.5 * UM, shape=(8, 32)):
    p = InterfaceParameters()
    model = GrowthModel(p, Microstructure.fine(Grid(shape, spacing), 1), flow=LithiumFlow(fine_slot=width))
    return p, model.equations.network


def test_a_moving_plug_has_the_pressure_of_its_slot():
    """2 tau L/H with tau that of the speed u: the flux through the network at the gradient 2 tau/H is u."""
    width, speed, length = 1.0 * UM, 1e-9, 16.0 * UM
    p, network = network_of(width)
    pressure = plug_pressure(plug_wall_stress(speed, width), length, width)
    y = network.grid.node_coordinates()[1]
    work = (work_per_pressure(p) * pressure * y / length).ravel()
    elements = network.elements(np.ones(network.grid.nodes, dtype=bool))
    leaving = elements.leaving(work).reshape(network.grid.nodes)
    assert leaving[:, -1].sum() == pytest.approx(speed * network.grid.size[0], rel=1e-9)
    assert np.abs(leaving[:, 1:-1]).max() < 1e-9 * leaving[:, -1].max()
    assert leaving[:, 0].sum() == pytest.approx(-leaving[:, -1].sum(), rel=1e-12)


def test_flow_has_no_preferred_direction():
    """A gradient along the diagonal drives the flux of one along an axis; face by face it would be 7 times less."""
    _, network = network_of(1.0 * UM, shape=(16, 16))
    elements = network.elements(np.ones(network.grid.nodes, dtype=bool))
    x, y = network.grid.node_coordinates()
    gradient = 50.0  # V/m: 0.37 MPa/um
    straight = elements.leaving((gradient * y).ravel()).reshape(x.shape)[:, -1].sum()
    tilted = elements.leaving((gradient * (x + y) / np.sqrt(2.0)).ravel()).reshape(x.shape)
    # through the top goes the part along y of the same flux; the corners also have that of their side
    assert tilted[1:-1, -1].sum() * 16 / 15 == pytest.approx(straight / np.sqrt(2.0), rel=1e-9)


def test_the_tangent_is_the_derivative_of_the_flow():
    _, network = network_of(1.0 * UM, shape=(4, 8))
    elements = network.elements(np.ones(network.grid.nodes, dtype=bool))
    rng = np.random.default_rng(3)
    work, change = 1e-3 * rng.random(45), rng.standard_normal(45)
    dense = np.zeros((45, 45))
    for nodes, matrix in zip(elements.cells, elements.tangents(work), strict=True):
        dense[np.ix_(nodes, nodes)] += matrix
    step = 1e-9
    difference = (elements.leaving(work + step * change) - elements.leaving(work - step * change)) / (2 * step)
    assert dense @ change == pytest.approx(difference, rel=1e-5, abs=1e-9 * np.abs(difference).max())
    assert dense == pytest.approx(dense.T)


def test_slots_are_those_of_the_particle_class():
    grid = Grid((32, 48), UM)
    layer = replace(Microstructure.graded(grid, 1, radius=6 * UM, clearance=8 * UM), closed=True)
    flow = LithiumFlow(fine_slot=0.5 * UM, coarse_slot=2.0 * UM)
    network = GrowthModel(InterfaceParameters(interface_width=UM), layer, flow=flow).equations.network
    assert network.slot_width[layer.at_coarse == 1.0] == pytest.approx(2.0 * UM)
    assert network.slot_width[layer.at_coarse == 0.0] == pytest.approx(0.5 * UM)
    assert np.all(network.strength[layer.coarse == 1.0] == 0.0)  # dense grains


@pytest.mark.parametrize("values", [{"fine_slot": 0.0}, {"coarse_slot": 1.0}, {"stack_pressure": -1.0}])
def test_flow_that_makes_no_sense_is_refused(values):
    with pytest.raises(InputError, match=next(iter(values))):
        LithiumFlow(**values)


def test_volume_and_work_of_a_coulomb():
    """1/(F c_s) = 13.6e-11 m^3/C takes the place, v_m/F = 13.5e-11 V/Pa the drive: 0.7 % apart, as the two are."""
    p = InterfaceParameters()
    assert volume_per_charge(p) == pytest.approx(work_per_pressure(p), rel=0.01)
    assert 20e6 * work_per_pressure(p) == pytest.approx(2.7e-3, rel=0.01)
