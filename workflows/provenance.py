"""What made a result: versions, inputs, hashes, hosts. Written beside every run."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from selflimit import __version__
from selflimit.errors import InputError
from selflimit.mesoscale.fields import sha256
from selflimit.workflows.stores import redacted

PACKAGES = (
    "numpy", "scipy", "numba", "pymatgen", "spglib", "ase", "torch", "chgnet", "mace-torch",
    "jobflow", "maggma", "atomate2", "custodian", "matplotlib",
)  # fmt: skip
"""Packages whose version can change a number or a file."""

NO_CHECKOUT = "not a git checkout"
"""Revision of an installed package."""


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` so that ``path`` holds either its old or its whole new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except BaseException:  # an interrupt as well
        partial.unlink(missing_ok=True)
        raise


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


def environment() -> dict[str, Any]:
    """Versions, revision and machine as they are now."""
    return {
        "versions": package_versions(),
        "git_revision": git_revision(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "command": [Path(sys.argv[0]).name, *map(redacted, sys.argv[1:])],
    }


def write_provenance(folder: Path, configuration: dict[str, Any], jobs: list[dict[str, Any]], store: str) -> Path:
    """Write ``provenance.json``: configuration, environment, jobs with times, and the hash of every file.

    Parameters
    ----------
    folder
        The run folder; every file below it is hashed, hidden ones excepted.
    configuration
        All inputs of the run, as JSON.
    jobs
        One record per job: name, uuid, when it finished, whether it was reused; seconds of a run here; host, versions
        and parents of one that a job manager ran, while the environment is that of whoever writes this file.
    store
        Where the documents are, without password.
    """
    path = folder / "provenance.json"
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != path and not _hidden(p.relative_to(folder)))
    record = {
        "configuration": configuration,
        "environment": environment(),
        "store": store,
        "levels_of_theory": levels_of_theory(folder),
        "jobs": jobs,
        "sha256": {str(p.relative_to(folder)): sha256(p) for p in files},
    }
    write_atomically(path, json.dumps(record, indent=1))
    return path


def recorded_jobs(folder: Path) -> list[dict[str, Any]]:
    """The jobs in the ``provenance.json`` of a run folder; empty where there is none.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = folder / "provenance.json"
    if not path.exists():
        return []
    try:
        jobs = json.loads(path.read_text(encoding="utf-8"))["jobs"]
        return [{**job, "uuid": str(job["uuid"]), "reused": bool(job["reused"])} for job in jobs]
    except (ValueError, LookupError, TypeError, RecursionError) as fault:
        raise InputError(
            f"expected the record of a run in {path}, got {fault!r}; delete it, documents keep theirs"
        ) from None


def levels_of_theory(folder: Path) -> list[dict[str, Any]]:
    """Every level of theory in the folder's documents, each once.

    Raises
    ------
    InputError
        A document in the folder is damaged.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / "documents").glob("*.json")):
        for level in _values(_read(path), "level_of_theory"):
            plain = {key: value for key, value in level.items() if not key.startswith("@")}
            found[json.dumps(plain, sort_keys=True)] = plain
    return list(found.values())


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise InputError(
            f"expected a document in {path}, got no JSON ({fault}); delete the file and run the same command again, "
            "it is written anew from the store"
        ) from None


def _values(data: Any, key: str) -> Iterator[dict[str, Any]]:
    """All objects under ``key``, at any depth of JSON data."""
    if isinstance(data, dict):
        if isinstance(data.get(key), dict):
            yield data[key]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _values(item, key)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
