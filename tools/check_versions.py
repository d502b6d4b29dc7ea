"""The tests that need no force field, with the oldest versions that pyproject.toml allows and on a newer Python.

Two more environments beside .venv, both without torch: `.venv-lowest` (this Python, the lowest version of each direct
dependency) and `.venv-newer` (NEWER_PYTHON where it is installed, the newest versions). A run fails when a test fails,
and when fewer tests pass than it has: tests that skip where a package is missing must not empty the run.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
NEWER_PYTHON = "3.13"
EXTRAS = "workflows,plots,remote,fireworks,test"
TESTS = (
    "tests/test_package.py",
    "tests/test_faces.py",
    "tests/structures/parents",
    "tests/structures/orderings/test_ordering_files.py",
    "tests/phase_diagrams/entries",
    "tests/phase_diagrams/functionals",
    "tests/phase_diagrams/pictures",
    "tests/phase_diagrams/test_diagram.py",
    "tests/mesoscale/test_grid.py",
    "tests/mesoscale/test_parameters.py",
    "tests/workflows/makers/test_chain_of_makers.py",
    "tests/workflows/makers/test_vasp_inputs.py",
    "tests/workflows/stores",
)
PASSED_AT_LEAST = 450


def main() -> int:
    failed = [name for name, python, options in environments() if not passes(name, python, options)]
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return len(failed)


def environments() -> Iterator[tuple[str, str, Sequence[str]]]:
    """Folder of each environment, its interpreter, and how its packages are chosen."""
    yield ".venv-lowest", sys.executable, ("--resolution", "lowest-direct")
    newer = installed_python(NEWER_PYTHON)
    if newer:
        yield ".venv-newer", newer, ()
    else:
        print(f"no Python {NEWER_PYTHON} here: its tests are left out", flush=True)


def installed_python(version: str) -> str | None:
    """A working interpreter of that version, on the path or among pyenv's; None: there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [f"python{version}", *(str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python")))]
    return next((found for found in candidates if is_python(found, version)), None)


def is_python(candidate: str, version: str) -> bool:
    ask = [candidate, "-c", "import sys; print('{}.{}'.format(*sys.version_info))"]
    try:
        return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip() == version
    except OSError:
        return False


def passes(name: str, python: str, options: Sequence[str]) -> bool:
    print(f"== {name}: Python and packages as chosen, without force fields", flush=True)
    own = set_up(ROOT / name, python, options)
    with TemporaryDirectory() as folder:
        record = Path(folder) / "tests.xml"
        chosen = ["-n", "2", "-q", "-m", "not slow and not force_field", f"--junit-xml={record}", *TESTS]
        code = subprocess.run([own, "-m", "pytest", *chosen], cwd=ROOT, check=False).returncode
        counts = {key: int(value) for key, value in suite(record).attrib.items() if value.isdigit()}
    passed = counts["tests"] - counts["skipped"] - counts["failures"] - counts["errors"]
    if passed < PASSED_AT_LEAST:
        print(f"{name}: {passed} tests passed, expected at least {PASSED_AT_LEAST}", flush=True)
    return code == 0 and passed >= PASSED_AT_LEAST


def set_up(environment: Path, python: str, options: Sequence[str]) -> str:
    """Interpreter of the environment, which is made or brought up to date with pyproject.toml."""
    own, stamp, wanted = environment / "bin" / "python", environment / ".ready", (ROOT / "pyproject.toml").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return str(own)
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--clear", "--python", python, str(environment)], check=True)
    install = [*uv, "pip", "install", "--python", str(own), *options, "--editable", f"{ROOT}[{EXTRAS}]"]
    subprocess.run(install, check=True)
    stamp.write_text(wanted)
    return str(own)


def suite(record: Path) -> ElementTree.Element:
    found = ElementTree.parse(record).getroot().find("testsuite")
    if found is None:
        raise SystemExit(f"pytest wrote no results to {record}")
    return found


if __name__ == "__main__":
    sys.exit(main())
