"""What a job was made from, written into its document; and identical work found again by the hash of its inputs.

Every job of this package is made by :func:`job`, so that its document says so under any runner: in this process, in
jobflow-remote or FireWorks, with jobflow's own. The hash is of the job's function and its arguments with all references
resolved, as canonical JSON. What changes from run to run without changing a number (identifiers of jobs, versions) is
not in it: versions are compared when work is to be reused.
"""

import hashlib
import json
import socket
from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any, overload

import jobflow
from jobflow import CURRENT_JOB, Job, JobStore
from monty.json import jsanitize

from selflimit.versions import git_revision, package_versions
from selflimit.workflows.running.ending import ended_by_a_warning
from selflimit.workflows.stores.files import has_content, write_files

PROVENANCE = "provenance"
"""Key of a job's metadata, and so of its document: ``metadata.provenance``."""

DECIDING = ("chgnet", "mace-torch", "atomate2")
"""Packages that hold the physics beside this one: their versions must agree for work to be reused."""

SAME_NUMBERS: tuple[frozenset[str], ...] = (frozenset({"0.1.0"}),)
"""Groups of versions of this package whose results agree; a version in no group agrees with itself only."""

NOT_INPUTS = frozenset({"@version", "package_version", "schema_version", "search"})
"""Fields of arguments that say who wrote them, or repeat others."""


@overload
def job(method: Callable[..., Any]) -> Callable[..., Job]: ...
@overload
def job(
    *, decorator: Callable[..., Any] = jobflow.job, **settings: Any
) -> Callable[[Callable[..., Any]], Callable[..., Job]]: ...
def job(
    method: Callable[..., Any] | None = None, *, decorator: Callable[..., Any] = jobflow.job, **settings: Any
) -> Callable[..., Any]:
    """Decorator as :func:`jobflow.job`, whose jobs write into their documents what they were made from.

    ``metadata.provenance`` gets the parents when a job is made: a job manager puts values in the place of references
    before it runs the job. Hash of the inputs, versions, git revision and host follow where and when it runs.

    Parameters
    ----------
    method
        Function, or a Maker's method.
    decorator
        What makes the job: jobflow's decorator, or another one such as atomate2's ``vasp_job``.
    **settings
        Of that decorator, e.g. ``output_schema``.
    """
    if method is None:
        return lambda function: _traced(function, decorator, settings)
    return _traced(method, decorator, settings)


def _traced(
    function: Callable[..., Any], decorator: Callable[..., Any], settings: dict[str, Any]
) -> Callable[..., Job]:
    @wraps(function)
    def stamped(*args: Any, **kwargs: Any) -> Any:
        running = CURRENT_JOB.job
        if running is not None:  # the bare function may be called by whoever wants its result
            _write(running, lambda: _hash_of(running))  # its references are resolved by now
        with ended_by_a_warning():
            return function(*args, **kwargs)

    make = decorator(stamped, **settings)

    @wraps(make)
    def made(*args: Any, **kwargs: Any) -> Job:
        new: Job = make(*args, **kwargs)
        new.metadata[PROVENANCE] = {"parents": _parents(new)}
        return new

    return made


def inputs_hash(job: Job, store: JobStore) -> str:
    """SHA-256 (hexadecimal) of what ``job`` computes: its function and its arguments.

    Parameters
    ----------
    job
        Unchanged; a Maker's method counts with the Maker's fields.
    store
        A connected JobStore that holds the outputs the arguments refer to.
    """
    return _hash_of(job.resolve_args(store=store, inplace=False))


def stamp(job: Job, store: JobStore) -> None:
    """Write into ``job.metadata`` what it is made from; jobflow stores that with the output.

    ``metadata.provenance`` gets the hash of the inputs, the parents' uuids, versions, git revision and host. A job that
    replaces another one keeps that one's hash: it gives the result that was asked for there.
    """
    job.metadata.setdefault(PROVENANCE, {}).setdefault("parents", _parents(job))  # of another package's jobs
    _write(job, lambda: inputs_hash(job, store))


def find_identical(store: JobStore, digest: str) -> dict[str, Any] | None:
    """The stored job document of the same work by compatible versions, or None.

    Parameters
    ----------
    store
        A connected JobStore.
    digest
        From :func:`inputs_hash`.
    """
    query = {f"metadata.{PROVENANCE}.inputs_hash": digest}
    # a job that replaced itself has a document per index, and only the last ones have the output
    found = (doc for doc in store.query(query, sort={"index": -1}) if doc.get("output") is not None)
    return next((doc for doc in found if is_compatible(doc["metadata"][PROVENANCE])), None)


def is_compatible(provenance: Mapping[str, Any]) -> bool:
    """Whether what was computed by those versions would come out the same here.

    An unreleased state of the source is compatible with exactly itself, and with nothing while it is being changed.
    """
    there, here = provenance["versions"], package_versions()
    revision = _revision()
    group = next((group for group in SAME_NUMBERS if here["selflimit"] in group), frozenset({here["selflimit"]}))
    return (
        there["selflimit"] in group
        and all(there.get(name) == here.get(name) for name in DECIDING)
        and provenance["git_revision"] == revision
        and not revision.endswith("-dirty")
    )


def reuse_output(job: Job, store: JobStore, folder: Path) -> bool:
    """Take over the output of identical work for ``job``, files included; False: there is none, it must run.

    Parameters
    ----------
    job
        A stamped job.
    store
        A connected JobStore; gets a document of the job's own uuid, with the same output.
    folder
        Where the job would have left its files.
    """
    found = find_identical(store, job.metadata[PROVENANCE]["inputs_hash"])
    if found is None or job.index > 1:
        return False
    if not has_content(store, found["output"]):
        return False
    write_files(store.get_output(found["uuid"], load=True), folder)
    provenance = {**found["metadata"][PROVENANCE], "reused_from": found["uuid"]}
    kept = {"output": found["output"], "completed_at": found["completed_at"]}
    own = {"uuid": job.uuid, "index": job.index, "name": job.name, "hosts": job.hosts}
    store.docs_store.update({**own, **kept, "metadata": {**job.metadata, PROVENANCE: provenance}}, ["uuid", "index"])
    return True


def _parents(job: Job) -> list[str]:
    return sorted(set(job.input_uuids))


def _write(job: Job, digest: Callable[[], str]) -> None:
    before = job.metadata.get(PROVENANCE, {})
    job.metadata[PROVENANCE] = {
        "inputs_hash": before.get("inputs_hash") or digest(),
        "parents": before.get("parents", []),
        "versions": package_versions(),
        "git_revision": _revision(),
        "host": socket.gethostname(),
    }


def _hash_of(job: Job) -> str:
    content = {"function": job.function, "args": job.function_args, "kwargs": job.function_kwargs}
    plain = _inputs(jsanitize(content, strict=True, enum_values=True))
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _inputs(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _inputs(value) for key, value in data.items() if key not in NOT_INPUTS}
    return [_inputs(part) for part in data] if isinstance(data, list | tuple) else data


@cache
def _revision() -> str:
    return git_revision()
