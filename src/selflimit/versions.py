"""Versions of the packages that can change a number, and the git revision of the source tree."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from selflimit import __version__

PACKAGES = (
    "numpy", "scipy", "numba", "pymatgen", "spglib", "ase", "torch", "chgnet", "mace-torch",
    "jobflow", "maggma", "atomate2", "custodian", "matplotlib",
)  # fmt: skip
"""Packages whose version can change a number or a file."""

NO_CHECKOUT = "not a git checkout"
"""Revision of an installed package."""


def package_versions() -> dict[str, str]:
    """Installed versions of the packages that matter; absent ones are left out."""
    found = {"selflimit": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_revision() -> str:
    """Git revision of the source tree the package runs from, or 'not a git checkout'.

    An installed package may lie inside somebody's repository, whose revision says nothing about it.
    """
    here = Path(__file__).resolve()
    if _git(here.parent, "ls-files", "--error-unmatch", here.name) is None:
        return NO_CHECKOUT
    return _git(here.parent, "describe", "--always", "--dirty", "--abbrev=40") or NO_CHECKOUT


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers; None where it refuses, or is not installed."""
    try:
        asked = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()
