"""A batch's finished crystals, kept in a file as they are finished: a batch that was stopped goes on from there.

The file holds one JSON object per line, each with the hash of what was computed and the document that came of it. A
line is written in one stroke and flushed to the disk, so a process that dies loses at most the crystals it was at.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from monty.json import MontyEncoder

from selflimit.documents import Document, ElasticDoc, FailedRelaxationDoc, RelaxationDoc
from selflimit.errors import InputError
from selflimit.versions import git_revision, package_versions

JOURNAL = "finished-crystals.jsonl"
"""Name of the file, in the folder of the job."""

BATCH_KINDS: dict[str, type[Document]] = {
    kind.__name__: kind for kind in (ElasticDoc, FailedRelaxationDoc, RelaxationDoc)
}
"""Documents that a batch consists of, by name."""


def content_hash(content: Any) -> str:
    """SHA-256 (hexadecimal) of what a crystal is computed from, and by which versions of this and other packages.

    Parameters
    ----------
    content
        JSON data; arrays and pymatgen's objects may be in it.
    """
    text = json.dumps([content, _origin()], cls=MontyEncoder, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _origin() -> tuple[dict[str, str], str]:
    """Versions and revision: with others, a crystal might come out differently."""
    return package_versions(), git_revision()


class Journal:
    """Finished crystals of batches.

    Parameters
    ----------
    path
        The file, made at the first crystal; None: nothing is kept.

    Raises
    ------
    InputError
        A line that is not of this kind, other than a last one that was cut off while it was written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._found: dict[str, Document] = {}
        if path is not None and path.exists():
            self._found = dict(_entries(path))

    def find(self, key: str) -> Document | None:
        """The document kept under ``key``, from :func:`content_hash`, or None."""
        return self._found.get(key)

    def keep(self, key: str, document: Document) -> None:
        """Add a finished crystal; on return it is on the disk."""
        if self.path is None:
            return
        self._found[key] = document
        line = json.dumps(
            {"key": key, "kind": type(document).__name__, "document": document.model_dump(mode="json")},
            separators=(",", ":"),
        )
        with self.path.open("ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _entries(path: Path) -> Iterator[tuple[str, Document]]:
    """Keys and documents of a journal; a last line that was cut off is cut away, so that the next begins anew."""
    content = path.read_bytes()
    whole, newline, rest = content.rpartition(b"\n")
    if rest:
        with path.open("r+b") as file:
            file.truncate(len(whole) + len(newline))
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = json.loads(line)
            yield str(entry["key"]), BATCH_KINDS[entry["kind"]].model_validate(entry["document"])
        except (ValueError, KeyError, TypeError, RecursionError) as fault:
            raise InputError(
                f"{path}, line {number}: expected a finished crystal, got {type(fault).__name__}: "
                f"{str(fault).splitlines()[0][:80]}; delete the file, and all crystals of the batch are computed again"
            ) from None
