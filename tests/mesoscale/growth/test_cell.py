"""Given currents: charge to round-off, overpotentials against an independent solution, schedules and their ends."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from selflimit.errors import InputError
from selflimit.mesoscale import (
    ConstantCurrent,
    ConstantPotential,
    Cycle,
    Grid,
    GrowthModel,
    InterfaceParameters,
    Microstructure,
    Numerics,
    Rest,
    Start,
    load_fields,
    needles,
    plate,
    plot_cell,
    strip,
)
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.growth.schedule import all_segments
from selflimit.report.tables import current_rows
from selflimit.units import FARADAY

STRIP = 4e-6


def model(shape=(2, 64), spacing=0.25e-6, width=0.5e-6, correction=0.0, front="sharp", frozen=False, noise=0.0):
    p = InterfaceParameters(interface_width=width, mechanical_correction=correction, noise_amplitude=noise)
    numerics = Numerics(front=front, frozen_concentration=frozen)
    return GrowthModel(p, Microstructure.fine(Grid(shape, spacing), 1), numerics)


def flat(case, height=STRIP):
    xi = needles(case.microstructure.grid, case.parameters.interface_width, count=0, strip=height)
    return Start(xi, 1.0 - ec.switch(xi), np.zeros_like(xi))


def sharp_overpotential(p, current, front, height, times, cells=200):
    """Overpotential (V) of a sharp flat front that takes a given current, by the method of lines from it to the top.

    c_t = D (c_y + f c phi_y)_y with phi linear; Li+ goes into the front at (c_s/c_0 - c) v; Butler-Volmer at its c.
    """
    f, D = p.inverse_thermal_voltage, p.electrolyte_diffusivity
    ratio = p.metal_site_density / p.bulk_concentration
    v = current / (FARADAY * p.metal_site_density)

    def charge_transfer(eta, c, length):
        """Velocity that the kinetics gives, less the given one; the front's c by the flux over half a cell."""
        half = 0.5 * length / cells
        drift = -f * eta / length
        there = (c[0] - half * ratio * v / D) / (1.0 - half * drift)
        half_thermal = 0.5 * f * eta
        return p.exchange_current * (min(there, 1.0) * np.exp(-half_thermal) - np.exp(half_thermal)) - current

    def overpotential(c, length):
        return brentq(charge_transfer, -0.9, 0.02, args=(c, length), xtol=1e-12)

    def slope(t, c):
        length = height - front - v * t
        eta, h = overpotential(c, length), length / cells
        drift = -f * eta / length  # f dphi/dy
        inner = D * ((c[1:] - c[:-1]) / h + drift * 0.5 * (c[1:] + c[:-1]))
        top = D * ((1.0 - c[-1]) / (0.5 * h) + drift)
        there = (c[0] - 0.5 * h * ratio * v / D) / (1.0 - 0.5 * h * drift)
        flux = np.concatenate([[(ratio - there) * v], inner, [top]])
        edges = np.concatenate([[there], 0.5 * (c[1:] + c[:-1]), [1.0]])
        swept = v * (1.0 - np.arange(cells + 1) / cells)  # the mesh moves with the front
        inside = np.diff(flux + swept * edges) + c * v / cells  # its cells shrink
        return inside / h

    found = solve_ivp(slope, (0.0, times[-1]), np.ones(cells), "LSODA", t_eval=times, rtol=1e-7, atol=1e-9)
    return np.array([overpotential(c, height - front - v * t) for t, c in zip(times, found.y.T, strict=True)])


@pytest.mark.parametrize(("current", "duration"), [(0.2, 200.0), (2.0, 100.0), (20.0, 40.0)])
def test_flat_front_overpotential_follows_an_independent_solution(tmp_path, current, duration):
    case = model()
    doc = case.run([ConstantCurrent(10.0 * current, duration)], 2, tmp_path, start=flat(case))
    times, eta = np.array(doc.cell.times), np.array(doc.cell.overpotential)
    late = times > 0.6 * duration  # the tanh profile has taken the shape that it keeps
    expected = sharp_overpotential(case.parameters, 10.0 * current, STRIP, 16e-6, times[late])
    assert eta[late] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("front", ["published", "sharp"])
def test_the_lithium_is_the_charge(tmp_path, front):
    """In a layer with needles, noise and stress; what is off are sums of round-off."""
    case = model((32, 48), 0.5e-6, correction=1.0, front=front, noise=0.04)
    doc = case.run([plate(1.0, 1.0 * 60 / 3600)], 2, tmp_path)
    carried = 10.0 * 60.0 * case.microstructure.grid.size[0]
    assert doc.deposited[-1] * FARADAY == pytest.approx(carried, rel=1e-9)
    cell = doc.cell
    assert cell.areal_capacity[-1] == pytest.approx(1.0 / 60.0, rel=1e-9)
    assert np.array(cell.current_density) == pytest.approx(1.0, rel=1e-6)
    steps = np.diff([0.0, *cell.times])
    assert np.dot(cell.current_density, steps) / 3600.0 == pytest.approx(1.0 / 60.0, rel=1e-9)
    assert max(cell.overpotential) < 0.0
    assert doc.charge_balance_error < 1e-6


def test_plate_rest_strip_returns_the_charge(tmp_path):
    case = model()
    capacity = 2.0 * 100.0 / 3600.0
    doc = case.run(
        [plate(2.0, capacity), Rest(60.0), strip(2.0, capacity)], [100.0, 160.0, 260.0], tmp_path, start=flat(case)
    )
    assert doc.times == [0.0, 100.0, 160.0, 260.0]
    plated, rested, stripped = np.array(doc.deposited[1:]) * FARADAY / (20.0 * 100.0 * case.microstructure.grid.size[0])
    assert (plated, rested) == pytest.approx((1.0, 1.0), rel=1e-6)
    assert abs(stripped) < 1e-6
    assert doc.tip_height[-1] == pytest.approx(STRIP, abs=0.01e-6)
    at_rest = [eta for t, eta in zip(doc.cell.times, doc.cell.overpotential, strict=True) if 150.0 < t <= 160.0]
    assert np.abs(at_rest).max() < 1e-3
    assert doc.cell.overpotential[-1] > 0.0


def test_a_strip_to_empty_ends_with_a_statement(tmp_path):
    case = model(shape=(2, 32), spacing=0.5e-6)
    doc = case.run([strip(2.0, 1.0), Rest(10.0)], 2, tmp_path, start=flat(case))
    assert len(doc.notes) == 1
    assert "stripped at" in doc.notes[0]
    assert "less than 3 w = 1.5 um" in doc.notes[0]
    assert doc.tip_height[-1] == pytest.approx(1.5e-6, abs=0.1e-6)
    assert doc.cell.times[-1] == doc.times[-1] < 1800.0


def test_a_current_ends_at_its_limit(tmp_path):
    case = model(shape=(2, 32), spacing=0.5e-6)
    doc = case.run([plate(20.0, 1.0, limit=0.02)], 2, tmp_path, start=flat(case))
    assert "ended at" in doc.notes[0]
    assert doc.cell.overpotential[-1] < -0.02


def test_rest_keeps_the_lithium_and_says_what_holds_it(tmp_path):
    for correction, count in ((1.0, 0), (80.0, 1)):
        case = model((4, 32), 0.5e-6, correction=correction)
        doc = case.run([Rest(30.0)], 1, tmp_path, start=flat(case))
        there = case.parameters.metal_site_density * case.microstructure.grid.integrate(flat(case).xi)
        assert abs(doc.deposited[-1]) < 1e-6 * there
        assert len(doc.notes) == count
    assert "C = 80" in doc.notes[0]


def test_a_held_potential_is_the_run_at_that_potential(tmp_path):
    case = model(shape=(2, 32), spacing=0.5e-6)
    held = case.run([ConstantPotential(-0.1, 30.0)], 1, tmp_path / "a", start=flat(case))
    free = case.run(30.0, 1, tmp_path / "b", start=flat(case))
    assert held.deposited == pytest.approx(free.deposited, rel=1e-6)
    assert set(held.cell.overpotential) == {-0.1}


def test_a_schedule_goes_on_bit_by_bit_and_refuses_another_past(tmp_path):
    case = model(shape=(2, 32), spacing=0.5e-6)
    parts = [plate(2.0, 2.0 * 20 / 3600), Rest(10.0)]
    case.run(parts, [20.0, 30.0], tmp_path / "a", start=flat(case))
    longer = [*parts, strip(2.0, 2.0 * 10 / 3600)]
    outputs = [20.0, 30.0, 40.0]
    docs = [case.run(longer, outputs, tmp_path / to, resume=True, start=flat(case)) for to in ("a", "b")]
    assert docs[0].cell == docs[1].cell
    fields = [load_fields(tmp_path / to, doc.fields) for to, doc in zip("ab", docs, strict=True)]
    assert all(np.array_equal(fields[0][name], fields[1][name]) for name in fields[0])
    with pytest.raises(InputError, match="begins with the 3 segments done by 40 s"):
        case.run([Rest(50.0)], 1, tmp_path / "a", resume=True, start=flat(case))


def test_a_new_schedule_begins_from_any_fields(tmp_path):
    case = model(shape=(2, 32), spacing=0.5e-6)
    first = case.run([plate(2.0, 2.0 * 20 / 3600)], 1, tmp_path / "a", start=flat(case))
    start = Start.of_output(load_fields(tmp_path / "a", first.fields))
    second = case.run([Rest(5.0)], 1, tmp_path / "b", start=start)
    assert second.tip_height[0] == first.tip_height[-1]
    fields = load_fields(tmp_path / "b", second.fields)
    assert np.array_equal(fields["c"][0], start.c)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"xi": np.zeros((3, 3))}, r"xi of the shape \(3, 33\)"),
        ({"xi": np.full((3, 33), 1.1)}, r"xi within \[-0.02, 1.02\]"),
        ({"c": np.full((3, 33), np.nan)}, "finite c"),
    ],
)
def test_fields_that_cannot_be_are_refused(tmp_path, change, said):
    case = model(shape=(2, 32), spacing=0.5e-6)
    with pytest.raises(InputError, match=said):
        case.run(1.0, 1, tmp_path, start=flat(case)._replace(**change))


def test_units_signs_and_cycles():
    segments = all_segments([Cycle([plate(0.5, 1.0), Rest(60.0), strip(0.5, 1.0)], repeats=2)])
    assert [s.current for s in segments] == [5.0, 0.0, -5.0] * 2
    assert [s.duration for s in segments] == [7200.0, 60.0, 7200.0] * 2
    for wrong in (
        lambda: plate(-1.0, 1.0),
        lambda: strip(1.0, 0.0),
        lambda: all_segments([Rest(0.0)]),
        lambda: all_segments([ConstantPotential(-2.0, 1.0)]),
        lambda: all_segments([Cycle([], 2)]),
        lambda: all_segments([ConstantCurrent(np.nan, 1.0)]),
    ):
        with pytest.raises(InputError):
            wrong()


def test_the_figure_shows_current_and_overpotential(tmp_path):
    case = model(shape=(2, 32), spacing=0.5e-6)
    doc = case.run([plate(2.0, 2.0 * 5 / 3600), strip(1.0, 1.0 * 5 / 3600)], 2, tmp_path, start=flat(case))
    current, overpotential = (ax.lines[0].get_ydata() for ax in plot_cell(doc, Figure()))
    assert (current.max(), current.min()) == pytest.approx((2.0, -1.0), rel=1e-6)
    assert overpotential.min() < 0.0 < overpotential.max()  # mV
    rows = current_rows([doc])
    assert [row[1:3] for row in rows] == [[5.0, pytest.approx(2.0)], [10.0, pytest.approx(-1.0)]]
    assert rows[0][-1] == pytest.approx(2.0 * 5 / 3600, rel=1e-6)
