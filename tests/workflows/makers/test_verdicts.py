"""Arrest as a job; points of a design map: counted, resumed, one job each; the spread of the pressure at the tip."""

import json
import signal
import subprocess
import sys
import time
from argparse import Namespace

import psutil
import pytest
from decompositions import lithium_decomposition
from jobflow import Flow, job, run_locally

from selflimit.cli import verdict as verdict_commands
from selflimit.coupling import ReactionZone, close_loop, spread_pressure
from selflimit.documents import DesignPoint, DesignPointDoc, ElasticDoc, EnergyError
from selflimit.errors import InputError
from selflimit.mesoscale import (
    ArrestSettings,
    DesignSettings,
    Grid,
    InterfaceParameters,
    Microstructure,
    design_point,
    judge_arrest,
)
from selflimit.mesoscale.verdict.design_map import design_map, design_points, judged_here
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.phase_diagrams.entries.volumes import volume_sources
from selflimit.report import verdict_tables
from selflimit.workflows import ArrestMaker, DesignMapMaker
from selflimit.workflows.running.local import jobs_in_order


@job
def as_output(value):
    return value


SETTINGS = DesignSettings(grid_cells=(32, 32), crossings=0.1, outputs=2)
WIDE = InterfaceParameters(interface_width=1e-6)
IMPOSSIBLE = DesignPoint(coarse_fraction=0.95, radius=4e-6, overpotential=-0.1, correction=30, seed=1)


@pytest.fixture(scope="module")
def short():
    """A real growth that ends long before the electrolyte."""
    return design_point(IMPOSSIBLE.model_copy(update={"coarse_fraction": 0.0}), SETTINGS, WIDE)


def test_a_point_is_grown_and_judged(short):
    assert short.failure == "" and short.cpu_seconds > 0
    found = short.verdict
    assert found.self_limiting is None and found.coverage == [0.0, 0.0, 0.0]
    # 0.1 of the time in which a flat front crosses the 20 um below the electrolyte
    assert found.duration == pytest.approx(0.1 * 20e-6 / WIDE.planar_velocity(-0.1))
    values = {row.symbol: row.value for row in found.parameters}
    assert values["eta"] == -0.1 and values["C"] == 30


def test_a_packing_that_does_not_fit_is_a_failure_not_an_error():
    found = design_point(IMPOSSIBLE, SETTINGS, WIDE)
    assert found.verdict is None and "particles" in found.failure


def with_answer(short, seed, localised, arrested, coarse=0.2):
    """The short growth with an invented decision."""
    wins = None if localised is None else localised and arrested
    ratio, coverage = (None if arrested is None else 1.2 if arrested else 0.6), [0.0, 0.0, 0.4 if localised else 1.0]
    changed = {
        "localised": localised, "arrested": arrested, "self_limiting": wins, "stress_ratio": ratio, "coverage": coverage
    }  # fmt: skip
    point = short.point.model_copy(update={"seed": seed, "coarse_fraction": coarse})
    return short.model_copy(update={"point": point, "verdict": short.verdict.model_copy(update=changed)})


def detached(short, seed):
    """An invented decision that is not trusted."""
    doc = with_answer(short, seed, True, True)
    return doc.model_copy(update={"verdict": doc.verdict.model_copy(update={"self_limiting": None})})


def test_packings_are_counted_with_their_interval(short):
    failed = DesignPointDoc(point=IMPOSSIBLE.model_copy(update={"coarse_fraction": 0.2, "seed": 5}), verdict=None,
                            failure="no room", cpu_seconds=0.0)  # fmt: skip
    docs = [
        with_answer(short, 1, True, True), with_answer(short, 2, True, True), with_answer(short, 3, True, False),
        with_answer(short, 4, None, None), detached(short, 6), failed, with_answer(short, 1, False, False, coarse=0.0),
    ]  # fmt: skip
    fine, graded = design_map(docs, SETTINGS, WIDE).cells
    assert (fine.coarse_fraction, fine.probability, fine.coverage) == (0.0, 0.0, 1.0)
    counted = (graded.self_limiting, graded.packings, graded.localised, graded.not_reached, graded.failed)
    assert counted == (2, 3, 3, 1, 1) and graded.artefacts == 1
    # Wilson, z = 1.96, 2 of 3: (2 + z^2/2 -+ z sqrt(2/3 + z^2/4)) / (3 + z^2)
    assert (graded.low, graded.high) == (pytest.approx(0.2077, abs=1e-4), pytest.approx(0.9385, abs=1e-4))
    assert graded.stress_ratio == pytest.approx((3 * 1.2 + 0.6) / 4)  # the artefact arrived too


def test_all_combinations_first_seed_first():
    points = design_points([0.0, 0.2], [4e-6], [-0.1, -0.05], [30.0], [1, 2])
    assert len(points) == 8 and [point.seed for point in points] == [1] * 4 + [2] * 4
    with pytest.raises(InputError, match="overpotential"):
        design_points([0.0], [4e-6], [0.1], [30.0], [1])


def test_finished_points_are_kept_and_not_run_again(tmp_path):
    points = [IMPOSSIBLE, IMPOSSIBLE.model_copy(update={"seed": 2})]
    heard = []
    first = judged_here(points, SETTINGS, WIDE, tmp_path, 1, lambda share, text: heard.append(share))
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(files) == 2 and heard == [0.5, 1.0]
    assert judged_here(points, SETTINGS, WIDE, tmp_path, 1) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    with pytest.raises(InputError, match="0 workers"):
        judged_here(points, SETTINGS, WIDE, tmp_path, 0)


def is_at_work(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_map_that_is_stopped_leaves_no_process_behind(tmp_path, number, code):
    command = [
        sys.executable,
        "-m",
        "selflimit.cli.main",
        "design-map",
        "--front",
        "published",
        "--workers",
        "2",
        "--folder",
        str(tmp_path / "map"),
    ]
    said = tmp_path / "said"
    with said.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        top, workers = psutil.Process(process.pid), []
        while len(workers) < 2:
            assert process.poll() is None
            workers = [child for child in top.children() if "spawn_main" in str(child.cmdline())]
            time.sleep(0.05)
        psutil.wait_procs(workers, timeout=2)  # at work, or about to be: the default map takes an hour
        process.send_signal(number)
        try:
            assert process.wait(20) == code, "points that are under way are not waited for"
            end = time.monotonic() + 20
            while any(is_at_work(worker) for worker in workers):
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            for left in (worker for worker in workers if worker.is_running()):
                left.kill()
            process.kill()
    assert ("selflimit: terminated; run the same command again" in said.read_text()) == (code == 143)
    assert "Traceback" not in said.read_text()


def test_one_job_per_point_and_one_that_collects():
    points = design_points([0.0, 0.2], [4e-6], [-0.1], [30.0, 60.0], [1, 2])
    flow = DesignMapMaker(settings=SETTINGS).make(points, WIDE)
    steps = jobs_in_order(flow)
    assert len(steps) == len(points) + 1 and len({job.name for job in steps}) == len(steps)
    assert set(steps[-1].input_uuids) == {job.uuid for job in steps[:-1]}
    assert all(not job.input_uuids for job in steps[:-1]), "points wait for nothing"


def asked(**changes):
    values = {
        "grid_cells": [32, 32], "crossings": 1.0, "zone_depth": 6.0, "gap": 3.0, "largest_coverage": 0.5,
        "least_stress_ratio": 1.0, "parameters": None, "interface_width": 1.0, "coarse_fraction": 0.2, "radius": 4.0,
        "overpotential": -0.1, "correction": 30.0, "seed": 3, "front": "published",
    }  # fmt: skip
    return Namespace(**(values | changes))


def test_the_command_line_speaks_in_micrometres(tmp_path):
    settings = verdict_commands.settings_of(asked())
    assert (settings.zone_depth, settings.gap) == (pytest.approx(6e-6), pytest.approx(3e-6))
    assert verdict_commands.point_of(asked()).radius == pytest.approx(4e-6)
    assert verdict_commands.read_parameters(asked()).interface_width == pytest.approx(1e-6)
    kept = tmp_path / "parameters.json"
    kept.write_text(InterfaceParameters(retained_fraction=0.1).model_dump_json())
    assert verdict_commands.read_parameters(asked(parameters=str(kept))).retained_fraction == 0.1
    kept.write_text("[1]")
    for changes, match in (
        ({"parameters": str(tmp_path / "none.json")}, "no such file"),
        ({"parameters": str(kept)}, "got a list"),
        ({"interface_width": -1.0}, "interface_width"),
    ):
        with pytest.raises(InputError, match=match):
            verdict_commands.read_parameters(asked(**changes))
    with pytest.raises(InputError, match=r"--largest-coverage.*got 2"):
        verdict_commands.settings_of(asked(largest_coverage=2.0))
    with pytest.raises(InputError, match="coarse_fraction"):
        verdict_commands.point_of(asked(coarse_fraction=1.0))


def test_tables_show_what_decides(short):
    rows = {row[0]: row[1:] for row in verdict_tables.verdict_rows([short.verdict, short.verdict])}
    assert rows["self-limiting"] == ("not reached", "not reached")
    assert rows["covered surface at the end"] == ("0.00", "0.00")
    made = design_map([with_answer(short, 1, True, True), with_answer(short, 2, True, False)], SETTINGS, WIDE)
    (row,) = verdict_tables.cell_rows(made)
    assert dict(zip(verdict_tables.CELL_COLUMNS, row, strict=True))["self-limiting"] == "1/2"


BULK = {"Li2ZrCl6": 12.4, "LiCl": 38.0, "Zr": 89.5, "ZrCl": 18.5, "ZrCl2": 15.3, "ZrCl3": 4.9, "ZrCl4": 10.0}
"""GPa, as in test_closed_loop.py."""


@pytest.fixture(scope="module")
def electrolyte():
    return electrolyte_entries(["Li2ZrCl6"], source="force-field")


def surroundings(electrolyte, **parameters):
    elastic = {
        formula: ElasticDoc(
            label=formula, formula=formula, tensor=[[0.0] * 6] * 6, bulk_modulus=bulk, shear_modulus=bulk / 2,
            youngs_modulus=9 * bulk / 7, poisson_ratio=2 / 7, level_of_theory=electrolyte.level_of_theory,
        )
        for formula, bulk in BULK.items()
    }  # fmt: skip
    structure = Microstructure.interface(Grid((32, 48), 2e-6))
    return ReactionZone(structure, InterfaceParameters(**parameters), elastic, 8e-6, 2e-6)


def spread(electrolyte, error, sources, samples=20, volume_model="scattered"):
    found = EnergyError(standard_deviation=error, source="test")
    zone = surroundings(electrolyte)
    return spread_pressure(
        electrolyte.entries, "Li2ZrCl6", 0.0, zone, found, sources, samples, volume_model=volume_model
    )


def test_without_errors_every_sample_is_the_closed_loop(electrolyte):
    label = electrolyte.level_of_theory.label
    own = {key: {label: volumes[label]} for key, volumes in volume_sources(electrolyte.entries).items()}
    doc = spread(electrolyte, 0.0, own)
    assert doc.low.value == doc.median.value == doc.high.value == pytest.approx(doc.without_errors)
    assert doc.median.standard_error == pytest.approx(0.0, abs=1e-9)
    loop = close_loop(ConstrainedPhaseDiagram(electrolyte.entries), "Li2ZrCl6", 0.0, surroundings(electrolyte), ())
    assert doc.without_errors - doc.lithium == pytest.approx(loop.fixed_points[0].pressure, rel=1e-6)


def test_errors_of_volumes_become_a_spread_of_pressures(electrolyte):
    doc = spread(electrolyte, 0.024, volume_sources(electrolyte.entries), 60)
    assert doc.low.value < doc.median.value < doc.high.value
    assert sum(group.share for group in doc.products) == pytest.approx(1.0)
    # dV/V0 of LiCl + Zr has an error of some 4 %, most of it the electrolyte's volume: as large as dV/V0 itself
    assert doc.high.value - doc.low.value > 0.3 * abs(doc.median.value)
    with pytest.raises(InputError, match="20 samples"):
        spread(electrolyte, 0.0, volume_sources(electrolyte.entries), 10)


def test_arrest_is_one_job_whose_document_any_runner_stores(tmp_path, monkeypatch):
    """Under jobflow's own runner, from a decomposition that another job found."""
    monkeypatch.chdir(tmp_path)
    maker = ArrestMaker(settings=ArrestSettings(currents=(0.5,), samples=64, index_samples=8, seeds=1))
    found = as_output([lithium_decomposition()])
    judged = maker.make(found.output[0], WIDE)
    done = run_locally(Flow([found, judged]), ensure_success=True)
    output = done[judged.uuid][1].output
    assert output == judge_arrest(lithium_decomposition(), WIDE, maker.settings)
    assert ArrestMaker.from_dict(json.loads(json.dumps(maker.as_dict()))) == maker
