"""Files beside documents: fields, films and pages, and how they travel between jobs through the store.

A job may run on a machine of its own, so each file that a document speaks of goes with it: in pieces that a database
takes, which jobflow keeps in the store's additional part ``data`` and hands to whoever takes the document as an
argument. Binary and not nested lists: an array of 18 MB takes 0.3 s instead of 11 s, and keeps its type.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from jobflow import JobStore
from pydantic import ValidationError

from selflimit.documents import FieldFile, FilePiece, Record, ReportDoc
from selflimit.errors import InputError
from selflimit.files import opened_whole, require_inside, sha256

IN_DATA = "base64_bytes"
"""Field of a document that jobflow puts into the store's ``data``: ``@job(data=IN_DATA)``."""

PIECE = 8 * 2**20
"""Bytes per piece: in base64 11 MB, of the 16 MB that a MongoDB document may have."""

Carrying = TypeVar("Carrying", bound=Record)


def with_files(document: Carrying, folder: Path) -> Carrying:
    """The document with the content of every file that it speaks of, to be the output of a job.

    Parameters
    ----------
    document
        Its files lie below ``folder``, as when they were written.
    folder
        The working directory of the job.

    Raises
    ------
    InputError
        A file is missing, or is not the one the document speaks of.
    """
    if isinstance(document, ReportDoc):
        return document.model_copy(update={"pieces": _pieces(folder, document)})
    found = {
        name: part.model_copy(update={"pieces": _pieces(folder, part)})
        for name, part in document
        if isinstance(part, FieldFile)
    }
    return document.model_copy(update=found)


def write_files(output: Any, folder: Path) -> list[Path]:
    """Write every file that an output carries below ``folder``; one that is there already stays.

    Parameters
    ----------
    output
        Documents, or plain data of such, at any depth, with their files' content.
    folder
        Existing or new folder.

    Returns
    -------
    list of Path
        The files that the output speaks of and that are now there.

    Raises
    ------
    InputError
        The content is missing or has another hash, or a name leads out of ``folder``.
    """
    return [_write(file, folder) for file in files_of(output)]


def files_of(output: Any) -> Iterator[FieldFile]:
    """Every file that an output (documents or plain data) speaks of."""
    if isinstance(output, Record):
        output = output.model_dump()
    if isinstance(output, dict):
        if isinstance(output.get("path"), str) and isinstance(output.get("sha256"), str):
            yield _file(output)
        output = list(output.values())
    if isinstance(output, list | tuple):
        for part in output:
            yield from files_of(part)


def _file(data: dict[str, Any]) -> FieldFile:
    known = {key: data[key] for key in ("path", "sha256", "pieces") if key in data}
    try:
        return FieldFile.model_validate({"arrays": {}, **_without_classes(known)})
    except ValidationError as fault:
        raise InputError(
            f"expected path, hash and pieces of a file in an output, got {fault.errors()[0]['msg']}; run its job again"
        ) from None


def without_content(output: Any) -> Any:
    """Plain data of an output without the content of its files."""
    if isinstance(output, dict):
        return {key: [] if key == "pieces" else without_content(value) for key, value in output.items()}
    return [without_content(part) for part in output] if isinstance(output, list) else output


def has_content(store: JobStore, output: Any) -> bool:
    """Whether the store's ``data`` holds everything that a stored output refers to.

    A job's record is written before the content of its files: one that was killed in between is not finished.
    """
    wanted = set(_references(output))
    if not wanted:
        return True
    data = store.additional_stores["data"]  # type: ignore[has-type]
    there = {blob["blob_uuid"] for blob in data.query({"blob_uuid": {"$in": sorted(wanted)}}, ["blob_uuid"])}
    return wanted <= there


def _pieces(folder: Path, file: FieldFile | ReportDoc) -> list[FilePiece]:
    path = require_inside(folder, file.path)
    if not path.is_file():
        raise InputError(f"expected the file {path} that a document speaks of, found none; run its job again")
    if (found := sha256(path)) != file.sha256:
        raise InputError(f"expected SHA-256 {file.sha256} of {path}, got {found}; run its job again")
    return file_pieces(path)


def file_pieces(path: Path) -> list[FilePiece]:
    """The content of a file in pieces that a database takes."""
    with path.open("rb") as stream:
        parts = iter(lambda: stream.read(PIECE), b"")
        return [FilePiece(base64_bytes=base64.b64encode(part).decode()) for part in parts]


def _write(file: FieldFile, folder: Path) -> Path:
    path = require_inside(folder, file.path)
    if path.is_file() and sha256(path) == file.sha256:
        return path
    content = b"".join(_content(file.pieces, file.path))
    if (found := hashlib.sha256(content).hexdigest()) != file.sha256:
        raise InputError(
            f"expected SHA-256 {file.sha256} of {file.path} in the store, got {found}; the store does not hold the "
            "file, or a damaged one: copy it from the machine that ran the job, or run the job again"
        )
    with opened_whole(path) as whole:
        whole.write(content)
    return path


def _content(pieces: Sequence[FilePiece], name: str) -> Iterator[bytes]:
    for piece in pieces:
        if not isinstance(piece.base64_bytes, str):
            raise InputError(f"expected the bytes of {name} from the store, got a reference; run its job again")
        try:
            yield base64.b64decode(piece.base64_bytes, validate=True)
        except ValueError as fault:
            raise InputError(f"expected the bytes of {name} in base64, got {fault}; run its job again") from None


def _references(output: Any) -> Iterator[str]:
    """Keys of what a stored output refers to in the store's ``data``."""
    if isinstance(output, dict):
        if isinstance(output.get(IN_DATA), dict):
            yield output[IN_DATA]["blob_uuid"]
        output = list(output.values())
    if isinstance(output, list):
        for part in output:
            yield from _references(part)


def _without_classes(data: Any) -> Any:
    """Plain data without monty's names of classes, but for those within a reference to the store."""
    if isinstance(data, dict):
        return {key: _without_classes(value) for key, value in data.items() if not key.startswith("@")}
    return [_without_classes(part) for part in data] if isinstance(data, list) else data
