"""Every notebook of the documentation runs, and stays below a minute of processor time; each checks its own numbers."""

import ast
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.py"))
QUICK = {"02_own_crystal", "03_own_entries", "10_query_results", "11_submit_to_slurm"}
"""Those that the default tests run; the others take ten to thirty seconds each."""
LONGEST = 60.0
"""Processor time (s) that a notebook may take."""


def test_there_is_a_notebook_for_each_task():
    assert len(NOTEBOOKS) >= 12


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_its_title_and_checks_a_number(path):
    text = path.read_text()
    assert text.startswith("# %% [markdown]\n# # ")
    tree = ast.parse(text)
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree)), "a number that nobody checks goes stale"


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path.stem in QUICK else pytest.mark.slow, id=path.stem) for path in NOTEBOOKS],
)
def test_a_notebook_runs_within_a_minute(path, tmp_path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr[-2000:]
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < LONGEST
