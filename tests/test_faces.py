"""The face of each stage: what it exports is documented, and documentation and examples use nothing else."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STAGES = [
    stage
    for stage in ("structures", "phase_diagrams", "mesoscale", "workflows")
    if (ROOT / stage / "__init__.pyi").exists()
]
DEEP = re.compile(r"^\s*(?:from|import) selflimit\.(?:structures|phase_diagrams|mesoscale|workflows)\.[\w.]+", re.M)
DEEP_IMPORTS = {"README.md": 0, "docs": 0, "examples": 0, "tools": 0, "benchmarks": 12}
"""Imports past the faces that are left: solver internals in benchmarks and examples, the workflows' names in docs."""


def documented():
    """Stage -> the names that docs/index.md lists for it, in its order."""
    text = (ROOT / "docs" / "index.md").read_text()
    lists = re.findall(r"^\* `selflimit\.(\w+)`: ((?:.+\n)(?:  .+\n)*)", text, re.M)
    return {stage: re.findall(r"`(\w+)`", names) for stage, names in lists}


@pytest.mark.parametrize("stage", STAGES)
def test_exported_names_are_the_documented_ones(stage):
    exported = importlib.import_module(f"selflimit.{stage}").__all__
    assert sorted(exported) == sorted(documented()[stage]), "docs/index.md, 'What each stage exports', lists them"


@pytest.mark.parametrize("stage", STAGES)
def test_each_exported_name_is_there(stage):
    module = importlib.import_module(f"selflimit.{stage}")
    assert all(getattr(module, name) is not None for name in module.__all__)
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("stage", STAGES)
def test_a_face_loads_nothing_before_it_is_asked(stage):
    ask = (
        f"import selflimit.{stage}, sys; "
        f"print([m for m in sys.modules if m.startswith('selflimit.{stage}.') or m in ('numba', 'pymatgen', 'torch')])"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


@pytest.mark.parametrize("place", DEEP_IMPORTS)
def test_documentation_and_examples_import_from_the_faces(place):
    path = ROOT / place
    files = [path] if path.is_file() else [file for end in ("*.py", "*.md") for file in sorted(path.rglob(end))]
    found = [f"{file.relative_to(ROOT)}: {line.strip()}" for file in files for line in DEEP.findall(file.read_text())]
    assert files
    assert len(found) <= DEEP_IMPORTS[place], "\n".join(found)
