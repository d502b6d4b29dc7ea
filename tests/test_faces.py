"""The face of each stage: what it exports is documented, documentation and examples use nothing else, tests use it."""

import ast
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
FACES = (*STAGES, "documents", "coupling")
DEEP_IMPORTS = {"README.md": 0, "docs": 0, "examples": 0, "tools": 0, "benchmarks": 9}
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


def imported_past_a_face(text):
    """Names that a program imports from a module although the face of its stage exports them, with that module."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and not node.level]
    exported = {f"selflimit.{face}": set(importlib.import_module(f"selflimit.{face}").__all__) for face in FACES}
    return [
        f"{alias.name} from {node.module}"
        for node in nodes
        for face, names in exported.items()
        if node.module.startswith(f"{face}.")
        for alias in node.names
        if alias.name in names
    ]


@pytest.mark.parametrize("folder", ["tests", "tools", "examples", "benchmarks"])
def test_exported_names_are_imported_from_the_faces(folder):
    """What is not exported, a test of internals takes from its module."""
    files = sorted((ROOT / folder).rglob("*.py"))
    found = {str(file.relative_to(ROOT)): imported_past_a_face(file.read_text()) for file in files}
    assert files
    assert {name: past for name, past in found.items() if past} == {}


def test_an_import_past_a_face_is_seen():
    deep = "from selflimit.mesoscale.grid import Grid, mean_of_neighbours"
    assert imported_past_a_face(f"def f():\n    {deep}\nfrom selflimit.mesoscale import Grid") == [
        "Grid from selflimit.mesoscale.grid"
    ]
