"""SIGTERM, with which a batch system warns before it kills: a job keeps its last state and ends."""

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
from jobflow import run_locally

from selflimit.mesoscale import Grid, GrowthModel, InterfaceParameters, Microstructure, load_fields
from selflimit.workflows.running.ending import ended_by_a_warning, ended_with_its_workers
from selflimit.workflows.running.identical_work import job


def grow(folder, warned_after=0):
    """A growth, checkpoint only where it ends; the process gets its warning after so many steps."""
    steps = []

    def listener(_fraction, _message):
        steps.append(1)
        if len(steps) == warned_after:
            os.kill(os.getpid(), signal.SIGTERM)

    p = InterfaceParameters(interface_width=1e-6, overpotential=-0.1)
    model = GrowthModel(p, Microstructure.fine(Grid((16, 32), 1e-6), 3))
    return model.run(30.0, [15.0, 30.0], folder, listener, resume=True, checkpoint_interval=1e9)


def exit_code(function, *arguments):
    process = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    process.start()
    process.join()
    return process.exitcode


def as_a_job(folder):
    @job
    def growing():
        grow(folder, warned_after=5)

    run_locally(growing(), raise_immediately=True)


def test_a_warned_growth_keeps_its_last_step_and_goes_on_bit_by_bit(tmp_path):
    assert exit_code(as_a_job, tmp_path / "warned") == 128 + signal.SIGTERM
    assert [path.name for path in (tmp_path / "warned").iterdir()] == ["growth-fine.checkpoint"]
    whole, resumed = grow(tmp_path / "whole"), grow(tmp_path / "warned")
    assert resumed.model_dump(exclude={"fields"}) == whole.model_dump(exclude={"fields"}), "steps and all"
    fields = [load_fields(tmp_path / name, doc.fields) for name, doc in (("whole", whole), ("warned", resumed))]
    assert all(np.array_equal(fields[0][name], fields[1][name]) for name in fields[0])


def test_who_handles_the_signal_already_keeps_it(tmp_path):
    def warned_inside():
        with ended_with_its_workers():
            before = signal.getsignal(signal.SIGTERM)
            with ended_by_a_warning():
                assert signal.getsignal(signal.SIGTERM) is before
            (Path(tmp_path) / "checked").touch()
        with ended_by_a_warning():
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    assert exit_code(warned_inside) == 0
    assert (tmp_path / "checked").exists()
