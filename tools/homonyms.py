"""List the public names that more than one module of the package defines: `python tools/homonyms.py`.

Several definitions of one name in one module, as `typing.overload` asks for, count as one.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("structures", "phase_diagrams", "mesoscale", "workflows")


def modules() -> list[Path]:
    """All modules of the package, each once: the stages in their folders at the root, the rest below src."""
    found = [path for stage in STAGES for path in (ROOT / stage).rglob("*.py")]
    package = ROOT / "src" / "selflimit"
    own = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in STAGES]
    return sorted([*found, *own])


def public_names(path: Path) -> set[str]:
    """Public functions, classes and assigned names at the level of one module."""
    return {name for node in ast.parse(path.read_text()).body for name in defined_by(node) if not name.startswith("_")}


def defined_by(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def homonyms() -> dict[str, list[str]]:
    """Name -> the modules that define it, where there is more than one."""
    homes = defaultdict(list)
    for path in modules():
        for name in public_names(path):
            homes[name].append(str(path.relative_to(ROOT)))
    return {name: sorted(where) for name, where in sorted(homes.items()) if len(where) > 1}


if __name__ == "__main__":
    for name, where in homonyms().items():
        print(f"{name}: {' '.join(where)}")
