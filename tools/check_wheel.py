"""Build sdist and wheel from the sdist, install the wheel into a clean environment, compare with the repository.

Guards the mapping in pyproject.toml: the wheel must hold every tracked module and data file of the package, each stage
under `selflimit.`, and nothing under the bare stage names.
"""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("structures", "phase_diagrams", "mesoscale", "workflows")


def tracked() -> set[str]:
    """Paths inside the wheel that the tracked files ask for."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    own = {f.removeprefix("src/") for f in listed if f.startswith("src/selflimit/")}
    own -= {f"selflimit/{stage}" for stage in STAGES}  # the links
    return own | {f"selflimit/{f}" for f in listed if f.split("/")[0] in STAGES}


def build(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        wheel = build(Path(name))
        shipped = {f for f in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in f}
        if shipped != tracked():
            print("missing from the wheel:", sorted(tracked() - shipped))
            print("not tracked but shipped:", sorted(shipped - tracked()))
            return 1
        clean = Path(name) / "clean"
        venv.create(clean, with_pip=True)
        subprocess.run([clean / "bin" / "pip", "install", "-q", "--no-deps", wheel], check=True)
        said = subprocess.run([clean / "bin" / "selflimit", "--version"], capture_output=True, text=True, check=True)
        print(f"wheel holds {len(shipped)} files; clean environment says: {said.stdout.strip()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
