"""The design map at C = 1: critical currents by the closed form, packings counted, designs kept, one job each."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from selflimit.documents import ArrestMapDoc, ChannelDesign
from selflimit.errors import InputError
from selflimit.mesoscale import (
    ArrestMapSettings,
    arrival_charge,
    channel_designs,
    collect_designs,
    critical_current,
    draw_widths,
    judge_design,
    plot_arrest_map,
)
from selflimit.mesoscale.arrest.arrest_map import critical_current_of, designs_judged_here, layer_of
from selflimit.report.arrest_chapter import MAP_COLUMNS, map_rows
from selflimit.workflows import ArrestMapMaker
from selflimit.workflows.running.local import jobs_in_order

QUICK = ArrestMapSettings(currents=(0.5, 20.0), cells=16, step_error=3e-2)
THIN = ChannelDesign(slot_width=0.3e-6, layer_thickness=30e-6, coarse_fraction=0.4, seed=1)


@pytest.fixture(scope="module")
def judged():
    return [judge_design(design, QUICK) for design in channel_designs([0.3e-6], [30e-6, 60e-6], [0.4], [1, 2])]


def test_narrow_channels_bear_the_current_of_the_closed_form():
    """Slots of 0.3 um stall, so the limit is (v_m/F) P/(R_ct + L/sigma); the foil has 1 - a of the area; order 1."""
    exact = critical_current(QUICK.bond, 30e-6, QUICK.value("conductivity"), QUICK.value("exchange_current"))
    errors = []
    for cells in (64, 128, 256):
        found = critical_current_of(THIN, QUICK.model_copy(update={"cells": cells}))
        errors.append(found * 10.0 / exact - 1.0)
    assert abs(errors[-1]) < 0.02
    assert abs(errors[-1] - errors[-2]) < abs(errors[-2] - errors[-3])


def test_the_channels_take_their_share_of_what_coarse_particles_leave():
    layer = layer_of(THIN, draw_widths(1, 0.3e-6), 0.5, QUICK)
    assert layer.areas.sum() == pytest.approx(0.05 * 0.6, rel=1e-12)


def test_arrivals_are_beyond_the_bound_and_failures_above_the_critical_current(judged):
    for doc in judged:
        for current, arrival, outcome in zip(doc.currents, doc.arrivals, doc.outcomes, strict=True):
            assert (outcome in ("spreads", "cracks")) == (current > doc.critical_current)
            pitch = np.mean(doc.widths) / (0.05 * 0.6)
            alone = [
                arrival_charge(doc.design.layer_thickness, width, pitch, 0.05, 300.0) / 36e3 for width in doc.widths
            ]
            # one channel of five leads, so what it needs alone is a fifth and more; the kinetics bends at 20 mA/cm2
            assert arrival > 0.2 * min(alone)


def test_packings_are_put_together(judged):
    doc = collect_designs(judged, QUICK)
    assert [row.layer_thickness for row in doc.rows] == [30e-6, 60e-6]
    for row, first in zip(doc.rows, (0, 1), strict=True):
        both = [judged[first].critical_current, judged[first + 2].critical_current]
        assert (row.critical_current.low, row.critical_current.high) == (min(both), max(both))
        assert row.critical_current.median == pytest.approx(np.mean(both))
        assert [sum(cell.outcomes.values()) for cell in row.cells] == [2, 2]
    assert ArrestMapDoc.model_validate(doc.model_dump(mode="json")) == doc
    assert all(len(row) == len(MAP_COLUMNS) for row in map_rows(doc))
    figure = Figure()
    limits, arrivals, cells = plot_arrest_map(doc, figure)
    assert [limits.get_xscale(), arrivals.get_yscale()] == ["log", "log"]
    assert len(cells.texts) == 4


def test_finished_designs_are_kept_and_not_run_again(tmp_path, judged):
    designs = [THIN]
    found = designs_judged_here(designs, QUICK, tmp_path, 1)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert found[0].arrivals == judged[0].arrivals
    assert designs_judged_here(designs, QUICK, tmp_path, 1) == found
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    with pytest.raises(InputError, match="0 workers"):
        designs_judged_here(designs, QUICK, tmp_path, 0)


def test_one_job_per_design_and_one_that_collects():
    designs = channel_designs([0.3e-6, 1e-6], [60e-6], [0.0], [1, 2])
    assert [design.seed for design in designs] == [1, 1, 2, 2]
    steps = jobs_in_order(ArrestMapMaker(settings=QUICK).make(designs))
    assert len(steps) == 5
    assert len({job.name for job in steps}) == 5
    assert set(steps[-1].input_uuids) == {job.uuid for job in steps[:-1]}


def test_impossible_designs_are_refused():
    with pytest.raises(InputError, match=r"design map, coarse_fraction.*got 1\.0"):
        channel_designs([1e-6], [6e-5], [1.0], [1])
