"""All checks: format and lint, types, import direction, the built wheel, the oldest and newest versions, the tests.

The tests are those in tests/ and the examples (``>>>``) in the docstrings of the package. Ends with pytest's summary.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = (
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("import direction", [str(BIN / "lint-imports")]),
    ("wheel", [sys.executable, "tools/check_wheel.py"]),
    ("oldest and newest versions", [sys.executable, "tools/check_versions.py"]),
    (
        "tests",
        [sys.executable, "-m", "pytest", "-n", "2", "--doctest-modules", "src/selflimit", "tests", *sys.argv[1:]],
    ),
)


def main() -> int:
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
