"""Build sdist and wheel from the sdist, install the wheel into a clean environment, compare with the repository.

Guards the mapping in pyproject.toml: sdist and wheel must hold every tracked module, stub, template and data file of
the package; in the wheel each stage lies under `selflimit.`, and nothing under the bare stage names.
"""

import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("structures", "phase_diagrams", "mesoscale", "workflows")


def tracked() -> dict[str, str]:
    """Path in the wheel -> path in the repository of each tracked file of the package."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    own = {f.removeprefix("src/"): f for f in listed if f.startswith("src/selflimit/")}
    links = {f"selflimit/{stage}" for stage in STAGES}
    stages = {f"selflimit/{f}": f for f in listed if f.split("/")[0] in STAGES}
    return {inside: f for inside, f in own.items() if inside not in links} | stages


def in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {f for f in archive.namelist() if ".dist-info/" not in f}


def in_sdist(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {f.partition("/")[2] for f in archive.getnames()}


def build(folder: Path) -> tuple[Path, Path]:
    """The sdist, and the wheel built from it."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        sdist, wheel = build(Path(name))
        wanted, shipped = tracked(), in_wheel(wheel)
        missing = {"wheel": set(wanted) - shipped, "sdist": set(wanted.values()) - in_sdist(sdist)}
        if any(missing.values()) or shipped - set(wanted):
            for where, files in missing.items():
                print(f"missing from the {where}:", sorted(files))
            print("not tracked but shipped:", sorted(shipped - set(wanted)))
            return 1
        clean = Path(name) / "clean"
        venv.create(clean, with_pip=True)
        # --version answers from the standard library and the lazy faces alone; what else it imported would fail here.
        subprocess.run([clean / "bin" / "pip", "install", "-q", "--no-deps", wheel, "lazy_loader"], check=True)
        said = subprocess.run([clean / "bin" / "selflimit", "--version"], capture_output=True, text=True, check=True)
        print(f"wheel and sdist hold {len(shipped)} files; clean environment says: {said.stdout.strip()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
