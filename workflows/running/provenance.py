"""What made a result: versions, inputs, hashes, hosts. Written beside every run."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selflimit.errors import InputError
from selflimit.files import sha256, write_atomically
from selflimit.versions import git_revision, package_versions
from selflimit.workflows.stores.opening import redact


def environment() -> dict[str, Any]:
    """Versions, revision and machine as they are now."""
    return {
        "versions": package_versions(),
        "git_revision": git_revision(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "command": [Path(sys.argv[0]).name, *map(redact, sys.argv[1:])],
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
