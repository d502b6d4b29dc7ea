"""Batches that are killed and started again: what is finished is not repeated, and the numbers are the same."""

import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from pymatgen.core import Lattice, Structure

from selflimit.documents import FailedRelaxationDoc, LevelOfTheory
from selflimit.errors import InputError
from selflimit.structures import ForceField, relax_each
from selflimit.structures.relaxation import relaxation
from selflimit.structures.relaxation.journal import Journal
from selflimit.structures.relaxation.relaxation import strain_each

CRYSTALS = 25


@pytest.fixture
def log(monkeypatch, tmp_path):
    """A pair potential in the place of every force field; the file names each crystal whose relaxation begins."""
    calculator = LennardJones(epsilon=0.4, sigma=2.5, rc=7.0, ro=5.5, smooth=True)
    level = LevelOfTheory(method="force field", model="pair potential")
    field = ForceField("pair potential", calculator, level, frozenset({"Ar"}))
    monkeypatch.setattr(relaxation, "recall_force_field", lambda name: field)
    begun, undisturbed = tmp_path / "begun", relaxation.relax

    def logged(structure, label, *rest):
        with begun.open("a") as file:
            file.write(label + "\n")
        return undisturbed(structure, label, *rest)

    monkeypatch.setattr(relaxation, "relax", logged)
    return begun


def crystals(number=CRYSTALS):
    lattice = [Lattice.cubic(a) for a in np.linspace(3.7, 4.1, number)]
    sites = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    return [Structure(cell, ["Ar"] * 4, sites) for cell in lattice]


def batch(journal, number=CRYSTALS, **options):
    labels = [f"crystal {i}" for i in range(number)]
    return relax_each(crystals(number), labels, [1] * number, "any", workers=1, journal=journal, **options)


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_batch_killed_five_times_repeats_at_most_one_crystal_per_kill(log, tmp_path):
    """A wall time of a fifth of the batch: kill -9 at a random moment of one of the crystals after every ten."""
    journal, chance, kills = tmp_path / "journal", np.random.default_rng(4), 0
    while True:
        before = lines(journal)
        process = multiprocessing.get_context("fork").Process(target=batch, args=(journal,))
        process.start()
        began = time.monotonic()
        while process.is_alive() and lines(journal) < before + CRYSTALS // 5:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, (time.monotonic() - began) / (CRYSTALS // 5)))
        if not process.is_alive():
            break
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += 1
    assert process.exitcode == 0
    assert 4 <= kills <= 7
    begun = log.read_text().splitlines()
    assert set(begun) == {f"crystal {i}" for i in range(CRYSTALS)}
    assert len(begun) <= CRYSTALS + kills
    log.unlink()
    resumed = batch(journal)
    assert not log.exists(), "everything is there"
    assert resumed == batch(None)


def test_a_line_that_was_cut_off_is_computed_again(log, tmp_path):
    journal = tmp_path / "journal"
    first = batch(journal, 3)
    content = journal.read_bytes()
    for cut in (1, 40, len(content.splitlines()[-1])):
        journal.write_bytes(content[:-cut])
        log.unlink()
        assert batch(journal, 3) == first
        assert len(log.read_text().splitlines()) == 1
        assert journal.read_bytes() == content


def test_a_damaged_line_is_refused_with_its_number(log, tmp_path):
    journal = tmp_path / "journal"
    batch(journal, 3)
    whole = journal.read_text().splitlines(keepends=True)
    for damaged in ("no JSON\n", "[]\n", '{"key": "a"}\n', '{"key": "a", "kind": "GrowthDoc", "document": {}}\n'):
        journal.write_text(whole[0] + damaged + whole[2])
        with pytest.raises(InputError, match=r"line 2: expected a finished crystal.*delete the file"):
            batch(journal, 3)


def test_another_tolerance_crystal_or_label_is_computed(log, tmp_path):
    journal = tmp_path / "journal"
    batch(journal, 3)
    log.unlink()
    loose = relaxation.Tolerances(max_force=0.1)
    assert [doc.max_force <= 0.1 for doc in batch(journal, 3, tolerances=loose)] == [True] * 3
    assert len(log.read_text().splitlines()) == 3
    log.unlink()
    batch(journal, 4)
    assert log.read_text().splitlines() == ["crystal 1", "crystal 2", "crystal 3"], "other lattices, but for the first"


def test_failures_are_kept_as_failures_and_tensors_as_tensors(log, tmp_path):
    journal = tmp_path / "journal"
    few_steps = relaxation.Tolerances(max_force=1e-5, max_stress=1e-4, max_steps=1)
    failed = batch(journal, 2, tolerances=few_steps)
    assert {type(doc) for doc in failed} == {FailedRelaxationDoc}
    assert batch(journal, 2, tolerances=few_steps) == failed
    assert lines(journal) == 2
    relaxed = batch(journal, 2)
    tensors = strain_each(relaxed, "any", workers=1, journal=journal)
    assert strain_each(relaxed, "any", workers=1, journal=journal) == tensors
    assert lines(journal) == 6
    assert {json.loads(line)["kind"] for line in journal.read_text().splitlines()} == {
        "FailedRelaxationDoc", "RelaxationDoc", "ElasticDoc",
    }  # fmt: skip


def test_without_a_journal_nothing_is_written(log, tmp_path):
    batch(None, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["begun"]
    assert Journal(None).find("") is None
