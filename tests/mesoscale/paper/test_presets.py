"""Presets are resolvable, differ only in what they should, and are measured rightly on fields that are known."""

import numpy as np
import pytest
from made_growths import FRONT

from selflimit.documents import FieldFile, GrowthDoc
from selflimit.errors import InputError
from selflimit.mesoscale import (
    LAYERS,
    PRESETS,
    PUBLISHED_EQUATIONS,
    PUBLISHED_MODEL,
    Grid,
    GrowthHistory,
    Microstructure,
    compare_growth,
    find_preset,
)
from selflimit.mesoscale.growth.shape import describe_shapes
from selflimit.mesoscale.paper.presets import READING

GRID = Grid((64, 96), 1e-6)


def history(structure, times, reach, pressure=None, peak=None):
    """Lithium up to the heights ``reach`` (m) at ``times`` (s), across the whole width or the columns of a slice."""
    height = structure.grid.node_coordinates()[1]
    xi = np.stack([(height <= up).astype(float) for up in reach])
    zero = [0.0] * len(times)
    document = GrowthDoc(
        microstructure="made by hand", grid_shape=structure.grid.shape, spacing=1e-6, spacing_over_width=1.0,
        parameters=[], front=FRONT, times=times, tip_height=reach, deposited=zero, peak_compression=peak or zero,
        interface_compression=zero,
        lithium_balance_error=0, charge_balance_error=0, overshoot=0, steps=1, rejected_steps=0, sweeps=1,
        newton_iterations=1, multigrid_iterations=1, notes=[],
        shape=describe_shapes(structure.grid, xi, 1e-6), fields=FieldFile(path="x", sha256="x", arrays={}),
    )  # fmt: skip
    made = np.zeros((len(times), *structure.grid.shape)) if pressure is None else pressure
    return GrowthHistory(document, {"xi": xi, "pressure": made}, structure)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_microstructure_and_its_materials(name):
    preset = find_preset(name)
    structure = preset.build(preset.grid(2e-6), 1)
    assert (
        structure.electrolyte.any() == ("graded" not in preset.layer and preset.layer != "fine") or "on" in preset.layer
    )
    assert structure.coarse.any() == (preset.layer not in ("fine", "fine on electrolyte"))
    assert structure.closed == (preset.is_closed and structure.coarse.any())
    assert "mechanical_correction" not in preset.values, "no reading takes a C other than 1"
    # calibrated numbers are named; all other values are those of every reading
    own = {key for key in preset.values if key != "sources" and preset.values[key] != READING.get(key)}
    assert own <= {"electrolyte_conductivity", "fine_ratio", "capillarity"}
    assert own <= set(preset.values["sources"])


@pytest.mark.parametrize("name", PUBLISHED_EQUATIONS)
def test_the_published_equations_stay_with_their_own_parameters(name):
    preset = find_preset(name, "published")
    assert (preset.front, preset.is_closed) == ("published", False)
    assert preset.values == PUBLISHED_MODEL  # layers differ in their particles only, as published


def test_there_are_no_presets_of_the_corrected_published_equations():
    with pytest.raises(InputError, match="'single-ion' or 'published', got 'sharp'"):
        find_preset("fig5-fine", "sharp")


def test_unknown_presets_name_the_known():
    with pytest.raises(InputError, match=r"fig5-fine.*got 'fig9'"):
        find_preset("fig9")


def test_times_of_contact_are_interpolated_between_outputs():
    structure = Microstructure.interface(GRID)
    surface = float(np.argmax(structure.electrolyte[0] > 0.5)) * 1e-6
    run = history(structure, [0.0, 100.0, 200.0], [0.0, surface - 5e-6, surface])
    assert run.contacts[0].coverage == 0.0
    assert run.contacts[2].coverage_fine == 1.0
    assert run.first_time(1e-9) == pytest.approx(100.0)  # contact began after the last output without it
    assert run.first_time(0.95) == pytest.approx(195.0)
    assert history(structure, [0.0, 100.0], [0.0, 0.0]).first_time(0.95) is None


def test_pressures_are_read_where_they_are_said_to_be():
    structure = Microstructure.interface(GRID)
    row = int(np.argmax(structure.electrolyte[0] > 0.5))
    pressure = np.zeros((2, *GRID.shape))
    pressure[:, :, row - 1], pressure[:, :, row] = -10e6, -3e6
    run = history(structure, [0.0, 100.0], [row * 1e-6, row * 1e-6], pressure, peak=[1.0, 2.0])
    assert run.tip_compression(50.0) == pytest.approx(10.0)
    assert run.transmitted(100.0) == pytest.approx(3.0)
    assert run.tip_compression(101.0) is None
    assert run.peak(0.0, 50.0) == 1.0
    assert run.peak(20.0, 50.0) is None
    untouched = history(structure, [0.0, 100.0], [0.0, 0.0], pressure)
    assert untouched.tip_compression(50.0) is None


def test_what_lithium_takes_of_a_phase():
    structure = Microstructure.graded(GRID, seed=1)
    taken = history(structure, [0.0], [96e-6]).taken(structure.coarse)
    assert taken == 1.0
    assert history(structure, [0.0], [0.0]).taken(structure.coarse) == 0.0


def test_arrival_is_where_the_highest_lithium_meets_the_electrolyte():
    structure = Microstructure.interface(GRID)
    surface = float(np.argmax(structure.electrolyte[0] > 0.5)) * 1e-6
    run = history(structure, [0.0, 100.0, 200.0], [0.0, surface - 4e-6, surface + 4e-6])
    assert run.arrival() == pytest.approx(150.0)
    assert history(structure, [0.0, 100.0], [0.0, surface - 1e-6]).arrival() is None


def test_the_pressure_of_a_face_is_the_mean_of_its_sides():
    """-10 MPa below all of the surface and -3 MPa above its open part: 6.5 there, whatever lies on coarse particles."""
    structure = Microstructure.interface(GRID)
    row = int(np.argmax(structure.electrolyte[0] > 0.5))
    pressure = np.zeros((2, *GRID.shape))
    pressure[:, :, row - 1], pressure[:, :, row] = -10e6, -3e6
    pressure[:, structure.coarse[:, row - 1] > 0.5, row] = -99e6
    run = history(structure, [0.0, 100.0], [0.0, 0.0], pressure)
    assert run.at_open_surface(60.0) == pytest.approx(6.5)


def test_pressure_in_the_metal_and_the_shape_so_far():
    structure = Microstructure.fine(GRID)
    pressure = np.zeros((2, *GRID.shape))
    pressure[1, :, :40], pressure[1, :, 40:] = -7e6, -99e6
    run = history(structure, [0.0, 100.0], [30e-6, 39e-6], pressure)
    assert run.in_lithium(100.0) == pytest.approx(7.0)
    assert run.tips(100.0) is None, "a flat front has no trunk"
    needle = np.zeros((2, *GRID.nodes))
    needle[:, 30:34, :30] = needle[1, 20:44, 28:30] = 1.0
    shape = describe_shapes(GRID, needle, 1e-6)
    branched = GrowthHistory(run.doc.model_copy(update={"shape": shape}), run.fields, structure)
    assert branched.tips(50.0) == 1.0
    assert branched.tips(100.0) == 2.0
    # a T of 24 x 2 on a leg of 4 x 28 squares; its hull is a rectangle and a trapezium
    hull = 24 * 2 + 0.5 * (24 + 4) * 28
    assert branched.solidity(100.0) == pytest.approx((24 * 2 + 4 * 28) / hull)
    assert branched.solidity(50.0) == pytest.approx(1.0)


def test_outcomes_of_a_reading():
    structure = Microstructure.fine(GRID)
    rows = compare_growth(find_preset("fig5-fine"), history(structure, [0.0, 100.0], [30e-6, 31e-6]))
    said = {row.quantity: row.outcome for row in rows}
    assert said["xi inside the metal"] == "reproduced"
    assert said["tips per needle until 1500 s"] == "not reproduced"
    graded = Microstructure.graded(GRID, 1)
    closed = compare_growth(find_preset("fig5-graded"), history(graded, [0.0, 100.0], [0.0, 0.0]))
    assert "reproduced only if coarse particles are closed" in closed[1].outcome
    opened = compare_growth(find_preset("fig5-graded-open"), history(graded, [0.0, 100.0], [90e-6, 90e-6]))
    assert opened[1].outcome == "not reproduced"


def test_rows_say_when_a_value_lies_outside_its_band():
    structure = Microstructure.fine(GRID)
    rows = compare_growth(find_preset("fig5-fine", "published"), history(structure, [0.0], [0.0], peak=[7.0]))
    assert [row.is_within for row in rows] == [True, False]
    assert [row.basis for row in rows] == ["calibrated", "predicted"]


def test_the_controls_run_until_lithium_has_crossed_the_fine_layer():
    assert PRESETS["fig1b-control"].duration == PRESETS["fig1c-graded"].duration > PRESETS["fig5-fine"].duration


def test_what_the_correction_factor_was_chosen_on_is_called_calibrated():
    graded = LAYERS["graded on electrolyte"](GRID, 1)
    [row] = compare_growth(find_preset("fig1c-graded", "published"), history(graded, [0.0], [0.0]))
    assert row.basis == "calibrated"
    layer = Microstructure.graded(GRID, 1)
    bypassed = compare_growth(find_preset("fig5-graded", "published"), history(layer, [0.0], [0.0]))[1]
    assert bypassed.basis == "calibrated"


def test_numbers_of_another_pair_of_materials_are_not_compared_with():
    structure = Microstructure.interface(GRID, 1)
    pressure = np.full((1, *GRID.shape), -1e6)
    ours, other = (
        compare_growth(find_preset(name), history(structure, [0.0], [96e-6], pressure))
        for name in ("fig8-step1", "lgps-step1")
    )
    assert [row.value for row in ours] == [row.value for row in other]
    assert any("Fig. 8A" in row.published and row.high is not None for row in ours)
    assert all("no number" in row.published and row.low is None and row.high is None for row in other)
    untouched = compare_growth(find_preset("lgps-step1"), history(structure, [0.0], [0.0], pressure))
    assert any(row.value is None for row in untouched)
    assert all(row.is_within for row in untouched)
