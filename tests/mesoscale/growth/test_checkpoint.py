"""A killed run goes on as if nothing had happened, and never leaves a file that reads as a result."""

import json
import multiprocessing
import random

import numpy as np
import pytest

from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale import (
    ConstantPotential,
    Grid,
    GrowthModel,
    GrowthRun,
    InterfaceParameters,
    Microstructure,
    Numerics,
    Rest,
    load_fields,
)
from selflimit.mesoscale.growth.checkpoint import CheckpointFile

OUTPUTS = [10.0, 20.0, 30.0]


def model(overpotential=-0.1, seed=3, **numerics):
    p = InterfaceParameters(interface_width=1e-6, overpotential=overpotential, noise_amplitude=0.5)
    return GrowthModel(p, Microstructure.fine(Grid((16, 32), 1e-6), seed), Numerics(**numerics))


def grow(folder, resume=True, interval=0.0, case=None):
    return (case or model()).run(30.0, OUTPUTS, folder, resume=resume, checkpoint_interval=interval)


def killed_at_random_moments(folder, draw):
    """Processes that are killed (SIGKILL) after a random time, each later than the one before, until one finishes."""
    kills = 0
    for attempt in range(100):
        process = multiprocessing.get_context("fork").Process(target=grow, args=(folder,))
        process.start()
        process.join(draw.uniform(0.0, 0.1 + 0.1 * attempt))
        if process.exitcode is not None:
            assert process.exitcode == 0
            return kills
        process.kill()
        process.join()
        kills += process.exitcode == -9
        left = {path.name for path in folder.iterdir()} if folder.exists() else set()
        if "growth-fine.npz" not in left:  # killed after the result was there, before the checkpoint was gone
            assert left <= {"growth-fine.checkpoint", "growth-fine.checkpoint.part"}
    raise AssertionError("no process finished")


def alike(folder, first, other, second):
    """Same documents but for the file's hash, which holds the time of writing, and the same bits in all fields."""
    about = [{**doc.model_dump(), "fields": None} for doc in (first, second)]
    fields = [load_fields(place, doc.fields) for place, doc in ((folder, first), (other, second))]
    return about[0] == about[1] and all(np.array_equal(fields[0][name], fields[1][name]) for name in fields[1])


def test_killed_runs_end_bitwise_as_the_uninterrupted_one(tmp_path):
    whole = grow(tmp_path / "whole", resume=False, interval=1e9)
    kills = killed_at_random_moments(tmp_path / "killed", random.Random(1))
    assert kills >= 2
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == [
        "growth-fine.checkpoint",
        "growth-fine.npz",
    ]
    last = stopped(tmp_path / "again", 6)
    resumed = grow(tmp_path / "again")
    assert last.state.time > 0
    assert alike(tmp_path / "again", resumed, tmp_path / "whole", whole)
    stored = [np.load(tmp_path / name / "growth-fine.npz") for name in ("killed", "whole")]
    assert all(np.array_equal(stored[0][name], stored[1][name]) for name in stored[1].files)


class StopError(Exception):
    """Ends a run from its listener, as an interruption would."""


def stopped(folder, steps, case=None):
    """The checkpoint of a run that was stopped after some steps."""
    heard = []

    def listen(fraction, message):
        heard.append(message)
        if len(heard) == steps:
            raise StopError

    case = case or model()
    with pytest.raises(StopError):
        case.run(30.0, OUTPUTS, folder, listen, checkpoint_interval=0.0)
    return read(case, folder)


def read(case, folder):
    begins = case._strip()
    file = CheckpointFile(folder / "growth-fine.checkpoint", case.configuration(begins, [0.0, *OUTPUTS]))
    return GrowthRun.restored(file.load())


def test_the_file_says_what_it_holds(tmp_path):
    stopped(tmp_path, 4)
    with np.load(tmp_path / "growth-fine.checkpoint") as stored:
        header = json.loads(str(stored["header"]))
        assert set(header["arrays"]) == set(stored.files) - {"header"}
        assert all(
            about.split()[:2] == ["x".join(map(str, stored[name].shape)), str(stored[name].dtype)]
            for name, about in header["arrays"].items()
        )
    assert header["arrays"]["run.state.past.0.phi"] == "17x33 float64 V"
    assert header["arrays"]["run.state.mechanics.pressure"] == "16x32 float64 Pa"
    assert {"numpy", "numba", "scipy"} == set(header["libraries"])
    assert header["configuration"]["parameters"]["overpotential"] == -0.1


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"overpotential": -0.2}, "parameters.overpotential: -0.1 there, -0.2 here"),
        ({"seed": 4}, "microstructure.seed: 3 there, 4 here"),
        ({"time_tolerance": 0.02}, "numerics.time_tolerance"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, other, named):
    stopped(tmp_path, 2)
    with pytest.raises(InputError, match=named):
        grow(tmp_path, case=model(**other))
    assert (tmp_path / "growth-fine.checkpoint").is_file()


@pytest.mark.parametrize("steps", [3, None])
def test_a_longer_run_with_other_outputs_is_one_run_bit_by_bit(tmp_path, steps):
    """From a stopped run (after a few steps) and from a finished one."""
    whole = model().run(45.0, [*OUTPUTS, 37.0, 45.0], tmp_path / "whole")
    if steps is None:
        grow(tmp_path / "first")
    else:
        stopped(tmp_path / "first", steps)
    extended = model().run(45.0, [*OUTPUTS, 37.0, 45.0], tmp_path / "first", resume=True)
    assert extended.steps == whole.steps > 10
    assert alike(tmp_path / "first", extended, tmp_path / "whole", whole)
    again = model().run(45.0, [*OUTPUTS, 37.0, 45.0], tmp_path / "first", resume=True)
    assert alike(tmp_path / "first", again, tmp_path / "whole", whole)  # nothing left to do


def test_a_held_potential_goes_on_as_a_schedule_that_begins_with_it(tmp_path):
    held = grow(tmp_path)
    program = [ConstantPotential(-0.1, 30.0), Rest(10.0)]
    longer = model().run(program, [*OUTPUTS, 40.0], tmp_path, resume=True)
    assert longer.times == [*held.times, 40.0]
    assert longer.cell.areal_capacity[: len(held.cell.times)] == held.cell.areal_capacity
    rested = longer.cell.times.index(30.0)
    assert longer.cell.areal_capacity[-1] == pytest.approx(longer.cell.areal_capacity[rested], rel=1e-9)
    with pytest.raises(InputError, match="begins with the 2 segments done"):
        model().run([ConstantPotential(-0.2, 30.0), Rest(10.0)], [*OUTPUTS, 40.0], tmp_path, resume=True)


def test_outputs_that_have_passed_are_refused(tmp_path):
    grow(tmp_path)
    with pytest.raises(InputError, match=r"output times after 30 s.*got \[15.0\]"):
        model().run(30.0, 2, tmp_path, resume=True)


@pytest.mark.parametrize("keep", [0, 100, -100])
def test_a_damaged_checkpoint_is_refused(tmp_path, keep):
    stopped(tmp_path, 2)
    path = tmp_path / "growth-fine.checkpoint"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="delete it"):
        grow(tmp_path)


def test_without_resume_the_old_checkpoint_goes(tmp_path):
    stopped(tmp_path, 2)
    with pytest.raises(StopError):
        model(-0.2).run(30.0, OUTPUTS, tmp_path, _stop)
    assert not (tmp_path / "growth-fine.checkpoint").exists()


def _stop(fraction, message):
    raise StopError


def test_a_failed_run_keeps_its_last_good_state(tmp_path, monkeypatch):
    """The lithium of the fifth step is wrong: the state of the fourth is on the disk, and no result."""
    case = model()
    good = GrowthModel.lithium_error
    monkeypatch.setattr(
        GrowthModel, "lithium_error", lambda self, state: 1.0 if state.time > 5.0 else good(self, state)
    )
    with pytest.raises(ConvergenceError, match=r"lithium inventory.*kept in .*growth-fine.checkpoint"):
        grow(tmp_path, resume=False, interval=1e9, case=case)
    kept = read(case, tmp_path)
    assert 0 < kept.state.time <= 5.0
    assert not (tmp_path / "growth-fine.npz").exists()
    monkeypatch.undo()
    whole = grow(tmp_path / "whole", resume=False, interval=1e9)
    assert alike(tmp_path, grow(tmp_path), tmp_path / "whole", whole)
