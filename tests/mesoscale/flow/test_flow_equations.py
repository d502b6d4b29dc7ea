"""Growth with lithium that flows: stall, extrusion, film, re-dissolution, loss of contact, and what is conserved."""

from dataclasses import replace

import numpy as np
import pytest

from selflimit.errors import InputError
from selflimit.mesoscale import (
    ChannelLayer,
    ConstantCurrent,
    ConstantPotential,
    FixedReaction,
    Grid,
    GrowthModel,
    InterfaceParameters,
    LithiumFlow,
    Microstructure,
    Numerics,
    ProductFilm,
    ReactionPerCharge,
    Start,
    film_thickness,
    needles,
    solve_channels,
    stall_pressure,
    swelling_pressure,
)
from selflimit.mesoscale.growth.schedule import all_segments
from selflimit.progress import silent

UM = 1e-6
REACTION = ReactionPerCharge(voltage=1.48, consumed_volume=3.4e-10, swelling=2.1e-11)
TIP = 16
"""Number of the nodes at the contact of a column."""
QUIET = {"noise_amplitude": 0.0}


def filled(grid, coarse, electrolyte, flow, **values):
    """A model whose open part is lithium all through: nothing moves but charge and volume."""
    layer = Microstructure("particles", 1, grid, coarse, electrolyte, closed=True)
    model = GrowthModel(InterfaceParameters(**QUIET, **values), layer, Numerics(allow_unresolved=True), flow=flow)
    return model, np.where(model.equations.front.is_open, 1.0, 0.0)


def column(flow, **values):
    """Lithium up to a closed electrolyte, from side to side: no front, no way back but through the foil."""
    grid = Grid((2, 32), 0.5 * UM)
    electrolyte = np.zeros(grid.shape)
    electrolyte[:, TIP:] = 1.0
    return filled(grid, 0.0 * electrolyte, electrolyte, flow, **values)


def advanced(model, xi, schedule):
    segments = all_segments(schedule)
    run = model.begin(xi, 0.0)
    return model.advance(run, [0.0, sum(s.duration for s in segments)], silent, segments=segments)


def test_rigid_lithium_stalls_at_the_pressure_of_its_overpotential():
    """P = F eta/v_m, 74 MPa at 10 mV: no current is left."""
    model, xi = column(LithiumFlow(creep=None), overpotential=-0.01)
    run = model.evolve(xi, [0.0, 60.0])
    expected = stall_pressure(0.0, 300.0, 16 * UM, 0.1) + 0.01 / 1.3474e-10
    assert run.state.contacts.pressure[:, TIP] == pytest.approx(expected, rel=1e-3)
    assert abs(run.history[-1][1]) < 1e-4  # A/m^2, of 60 in the beginning
    assert run.state.contacts.extruded == 0.0


@pytest.mark.parametrize(("correction", "pressure"), [(2.0, 37.1e6), (0.5, 148.4e6)])
def test_the_weight_of_stress_divides_the_stall_pressure(correction, pressure):
    model, xi = column(LithiumFlow(creep=None), overpotential=-0.01, mechanical_correction=correction)
    state = model.evolve(xi, [0.0, 60.0]).state
    assert state.contacts.pressure[0, TIP] == pytest.approx(pressure, rel=1e-3)


def slotted(current, width, flow):
    """Half a slot between dense grains, from a foil of one cell to its tip at 40 um; the field is resolved in 2-D."""
    grid = Grid((8, 128), 0.5 * UM)
    open_cells = np.zeros(grid.shape, dtype=bool)
    open_cells[:, 0] = True
    open_cells[: round(0.5 * width / grid.spacing), :81] = True
    model, xi = filled(grid, np.where(open_cells, 0.0, 1.0), np.zeros(grid.shape), flow)
    return model, xi, advanced(model, xi, [ConstantCurrent(current, 1800.0)])


@pytest.mark.parametrize(("current", "width"), [(2.0, 1.0), (5.0, 1.0), (5.0, 3.0), (20.0, 3.0)])
def test_a_slot_has_the_pressure_of_the_layer_model(current, width):
    """Against the mean-field channel of ``solve_channels``, an independent solver: stalled, leaking and extruding.

    That one has its foil at z = 0; here it lies one cell above it, across which the pressure of its flow falls.
    """
    width *= UM
    flow = LithiumFlow(fine_slot=width, coarse_slot=width)
    p = InterfaceParameters()
    layer = ChannelLayer(
        current=current, length=40 * UM, widths=np.array([width]), pitch=8 * UM, cells=160,
        conductivity=p.electrolyte_conductivity * (1.0 - width / (8 * UM)), exchange_current=p.exchange_current,
    )  # fmt: skip
    expected = solve_channels(layer)
    model, _, run = slotted(current, width, flow)
    pressure = run.state.contacts.pressure[0]
    for height in (20 * UM, 40 * UM):
        found = pressure[1 + round(height / (0.5 * UM))] - pressure[1]
        assert found == pytest.approx(np.interp(height, expected.height, expected.pressure[0]), rel=0.05)
    assert model.lithium_error(run.state) < 1e-9
    assert model.charge_error(run.state) < 1e-9


def test_a_leaking_column_gives_the_foil_what_is_plated():
    """Steady extrusion: what leaves at the foil is the current's volume, and P is that of the plug."""
    flow = LithiumFlow(fine_slot=3 * UM, coarse_slot=3 * UM)
    model, xi = column(flow)
    run = advanced(model, xi, [ConstantCurrent(5.0, 3600.0)])
    now = run.state.contacts
    plated = 5.0 / model.equations.charge_per_volume * 3600.0 * UM
    stored = (now.pressure * model.equations.front.volumes).sum() / 1.095e10
    assert now.plated == pytest.approx(plated, rel=1e-6)
    assert now.extruded == pytest.approx(plated - stored, rel=1e-6)
    assert run.state.overpotential == pytest.approx(run.history[-2][2], rel=1e-3)


def test_a_film_grows_by_deal_and_grove_in_the_resolved_model():
    """sigma_e so small that the field carries nothing: drive E + eta, r of the reaction; no width enters."""
    film = ProductFilm(FixedReaction(REACTION), electronic_conductivity=1e-9, resistance=5.0)
    model, xi = column(LithiumFlow(creep=None, film=film), overpotential=-0.002)
    run = model.evolve(xi, [0.0, 3600.0])
    eta = -run.state.phi[0, TIP]
    expected = film_thickness(3600.0, 1.48 + eta, 1e-9, 5.0, REACTION)
    now = run.state.contacts
    assert now.film[:, TIP] == pytest.approx(expected, rel=1e-4)
    assert now.reacted == pytest.approx(expected * UM, rel=1e-4)
    assert now.reaction_charge == pytest.approx(now.reacted / REACTION.consumed_volume)
    assert now.swollen == pytest.approx(now.reaction_charge * REACTION.swelling)


@pytest.mark.parametrize("ratio", [1e-4, 1e-3, 1e-2, 1e-1])
def test_a_swelling_film_is_limited_by_lithium_that_dissolves_again(ratio):
    """At rest w J_i + (dV/(z F)) J_e = 0: ``swelling_pressure`` at the overpotential of the contact."""
    film = ProductFilm(
        FixedReaction(REACTION), electronic_conductivity=1e-6 * ratio, ionic_conductivity=1e-6, first_thickness=5e-8
    )
    model, xi = column(LithiumFlow(creep=None, film=film), overpotential=-0.0014)
    run = model.evolve(xi, [0.0, 3600.0])
    expected = swelling_pressure(-run.state.phi[0, TIP], ratio, REACTION)
    assert run.state.contacts.pressure[0, TIP] == pytest.approx(expected, rel=0.02)  # 1/(n F c_s) is 0.7 % above v_m/F


def test_stripping_relieves_the_pressure_and_then_takes_the_contact():
    model, xi = column(LithiumFlow())
    plated = advanced(model, xi, [ConstantCurrent(5.0, 100.0)])
    both = advanced(model, xi, [ConstantCurrent(5.0, 100.0), ConstantCurrent(-50.0, 80.0)])
    assert plated.state.contacts.pressure[:, TIP].min() > 3e6
    assert both.state.contacts.pressure[:, TIP].max() < 1e5
    assert both.state.xi[0, TIP] < 0.5 < plated.state.xi[0, TIP]
    assert model.charge_error(both.state) < 1e-6
    assert model.lithium_error(both.state) < 1e-6


def small_layer():
    grid = Grid((24, 48), UM)
    layer = Microstructure.layered(
        grid,
        1,
        coarse_fraction=0.15,
        radius=4 * UM,
        gap=3 * UM,
        clearance=8 * UM,
        electrolyte_height=24 * UM,
    )
    return InterfaceParameters(interface_width=UM), replace(layer, closed=True)


def test_before_any_contact_it_is_a_single_ion_conductor_bit_by_bit():
    p = InterfaceParameters(interface_width=UM, coarse_expansion=(0.0, 0.0, 0.0))
    layer = Microstructure.fine(Grid((24, 48), UM), 1)
    xi = layer.initial_lithium(UM)
    plain, flowing = (GrowthModel(p, layer, flow=flow).evolve(xi, [0.0, 20.0]) for flow in (None, LithiumFlow()))
    assert np.array_equal(plain.state.xi, flowing.state.xi)
    assert np.array_equal(plain.state.phi, flowing.state.phi)
    assert plain.history == flowing.history
    assert plain.state.contacts is None


def nearly_there(layer):
    """Lithium to 1.5 um below the electrolyte of the small layer, round its closed particles."""
    xi = needles(layer.grid, UM, count=0, strip=22.5 * UM)
    xi = np.where(layer.grid.to_nodes(layer.open_share) > 0.0, xi, 0.0)
    return Start(xi, np.ones_like(xi), np.zeros_like(xi))


def test_lithium_charge_and_volume_balance_through_plating_and_stripping(tmp_path):
    """A graded layer, a film that conducts a little, and both halves of a cycle."""
    film = ProductFilm(FixedReaction(REACTION), electronic_conductivity=1e-7)
    p, layer = small_layer()
    model = GrowthModel(p, layer, flow=LithiumFlow(film=film))
    schedule = [ConstantPotential(-0.1, 20.0), ConstantCurrent(-50.0, 3.0)]
    doc = model.run(schedule, [20.0, 23.0], tmp_path, start=nearly_there(layer))
    assert doc.lithium_balance_error < 1e-6
    assert doc.charge_balance_error < 1e-6
    assert doc.peak_compression[1] > 5.0
    assert doc.peak_compression[2] < doc.peak_compression[1]


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    film = ProductFilm(FixedReaction(REACTION))
    p, layer = small_layer()
    model, start = GrowthModel(p, layer, flow=LithiumFlow(film=film)), nearly_there(layer)
    whole = model.run(15.0, [10.0, 15.0], tmp_path / "whole", start=start)
    model.run(15.0, [10.0], tmp_path / "parts", start=start)
    parts = model.run(15.0, [10.0, 15.0], tmp_path / "parts", resume=True, start=start)
    assert parts.fields.sha256 == whole.fields.sha256
    assert whole.peak_compression[-1] > 1.0


def test_flow_is_refused_with_equations_without_an_overpotential_of_its_own():
    p, layer = small_layer()
    with pytest.raises(InputError, match="single-ion"):
        GrowthModel(p, layer, Numerics(front="sharp"), flow=LithiumFlow())
