"""The folders say what is in them: small rooms, short files, one home for each name, no circles."""

import ast
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import grimp
import homonyms
import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = homonyms.modules()
MODULES_IN_A_ROOM = 15
LINES_IN_A_FILE = 400
EXAMPLES = 60
"""Docstrings with an example (``>>>``) at least."""
HOMONYMS = 10
PARTS = ("structures", "phase_diagrams", "mesoscale", "workflows", "cli", "report", "coupling", "documents")
KNOWN_TO_BE_LONG = {"tests/structures/orderings/test_orderings.py"}
ONLY_IN = {
    # images.py reads a picture of a microstructure
    r"^(?:from|import) (?:matplotlib|PIL)\b": r"/pictures/|^src/selflimit/report/|layers/images\.py$",
    r"^\s*(?:from|import) mp_api\b": r"^phase_diagrams/entries/",
    r"^(?:from|import) (?:torch|chgnet|mace)\b": r"^structures/relaxation/",
    r"^\s*(?:from|import) (?:atomate2|custodian|jobflow_remote|fireworks|maggma|montydb|pymongo)\b": r"^workflows/",
    r"^\s*(?:from|import) jobflow\b": r"^workflows/|^src/selflimit/cli/",
}
"""Import of a package -> the rooms that may have it; without ``\\s*``: elsewhere only inside functions."""


def named(path):
    return str(path.relative_to(ROOT))


def test_a_room_holds_at_most_fifteen_modules():
    rooms = Counter(named(path.parent) for path in MODULES if path.name != "__init__.py")
    assert len(rooms) > 20
    assert {room: n for room, n in rooms.items() if n > MODULES_IN_A_ROOM} == {}


def test_files_are_short():
    folders = ("tests", "tools", "examples", "benchmarks")
    every = [*MODULES, *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    lines = {named(path): path.read_text().count("\n") for path in every}
    assert {name: n for name, n in lines.items() if n > LINES_IN_A_FILE and name not in KNOWN_TO_BE_LONG} == {}


def test_no_module_is_loaded_by_its_file():
    loader = "spec_from_file" + "_location"
    folders = ("tests", "tools", "examples", "benchmarks")
    every = [*MODULES, *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    assert [named(path) for path in every if loader in path.read_text()] == []


def test_tests_lie_in_the_rooms_of_what_they_test():
    elsewhere = {"support", "validation"}
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    folders = {folder for folder in folders if folder.parts and folder.parts[0] not in elsewhere}
    rooms = {path.parent.relative_to(ROOT) for path in MODULES}
    rooms |= {room.relative_to("src/selflimit") for room in rooms if room.is_relative_to("src/selflimit")}
    assert len(folders) > 15
    assert folders - rooms == set()


def test_files_that_the_documentation_names_are_there():
    folders = ("structures", "phase_diagrams", "mesoscale", "workflows", "src", "tests", "tools", "examples")
    every = [path for folder in (*folders, "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    known = [f"/{named(path)}" for path in every]
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    written = {(named(page), name) for page in pages for name in re.findall(r"`([\w/]+\.py)\b", page.read_text())}
    assert len(written) > 50
    assert {(page, name) for page, name in written if not any(path.endswith(f"/{name}") for path in known)} == set()


def test_a_name_has_one_home():
    found = homonyms.homonyms()
    assert len(found) <= HOMONYMS, "\n".join(f"{name}: {' '.join(where)}" for name, where in found.items())


def test_several_definitions_in_one_module_are_one_home(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("def f(): ...\ndef f(): ...\n_hidden = 1\nA: int = 2\nclass B: ...\n")
    assert homonyms.public_names(module) == {"f", "A", "B"}


def test_one_alias_for_each_kind_of_array():
    alias = re.compile(r"^\w+(?:: TypeAlias)? = (?:np\.typing\.|npt\.)?NDArray\[(.*)\]$", re.M)
    dtypes = {named(path): alias.findall(path.read_text()) for path in MODULES}
    own = dtypes.pop("src/selflimit/arrays.py")
    assert len(own) == len(set(own)) > 5
    assert {name: found for name, found in dtypes.items() if found} == {}


@pytest.mark.parametrize(("statement", "rooms"), ONLY_IN.items())
def test_large_packages_stay_in_their_rooms(statement, rooms):
    importing = [named(path) for path in MODULES if re.search(statement, path.read_text(), re.M)]
    assert importing
    assert [name for name in importing if not re.search(rooms, name)] == []


def test_public_functions_show_examples():
    """tools/check.py runs them."""
    documented = (ast.FunctionDef, ast.ClassDef, ast.Module)
    nodes = [node for path in MODULES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, documented)]
    assert sum(">>> " in (ast.get_docstring(node) or "") for node in nodes) >= EXAMPLES


@pytest.fixture(scope="module")
def imports():
    return grimp.build_graph("selflimit")


def circles(graph):
    """Pairs of neighbours in one folder that import each other -> the modules that do."""
    found = {}
    for part in PARTS:
        for one, other in combinations(sorted(graph.find_children(f"selflimit.{part}")), 2):
            there, back = imported(graph, one, other), imported(graph, other, one)
            if there and back:
                found[one, other] = there, back
    return found


def imported(graph, importer, target):
    """Direct imports from a package or module into another, in words."""
    modules, inside = graph.find_descendants(importer) | {importer}, graph.find_descendants(target) | {target}
    return sorted(
        f"{module} -> {found}"
        for module in modules
        for found in graph.find_modules_directly_imported_by(module) & inside
    )


def test_neighbours_do_not_import_each_other(imports):
    assert circles(imports) == {}


def test_a_circle_is_seen():
    graph = grimp.ImportGraph()
    for module in ("a", "b", "a.x", "b.y"):
        graph.add_module(f"selflimit.structures.{module}")
    graph.add_module("selflimit.structures")
    for part in PARTS:
        graph.add_module(f"selflimit.{part}")
    graph.add_import(importer="selflimit.structures.a.x", imported="selflimit.structures.b.y")
    assert circles(graph) == {}
    graph.add_import(importer="selflimit.structures.b", imported="selflimit.structures.a")
    assert list(circles(graph)) == [("selflimit.structures.a", "selflimit.structures.b")]
