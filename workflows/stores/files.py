"""Large files in the JobStore's ``data`` store, so that fields of a job on another machine reach the report.

Documents name a file by its SHA-256 (:class:`selflimit.documents.FieldFile`); here its bytes are kept under that hash,
in pieces that MongoDB accepts (a document may have 16 MB). The same bytes are stored once, a put that was killed goes
on where it stopped, and nothing is given out whose hash differs. Binary and not nested lists: an array of 18 MB takes
0.3 s instead of 11 s, and keeps its type.
"""

import base64
import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jobflow import JobStore
from maggma.stores import JSONStore, MongoStore

from selflimit.documents import FieldFile
from selflimit.errors import InputError
from selflimit.files import sha256
from selflimit.workflows.stores.opening import collections_of

PIECE = 8 * 2**20
"""Bytes per piece: half of what a MongoDB document may hold (16 MiB), base64 of it included."""


def put_file(store: JobStore, path: Path) -> FieldFile:
    """Keep the bytes of ``path`` in the ``data`` store; a second put of the same bytes adds nothing.

    Parameters
    ----------
    store
        A connected JobStore with an additional store ``data``; inside a job ``CURRENT_JOB.store`` (the job needs
        ``JobConfig(expose_store=True)``), also on a worker without database.
    path
        The file; the reference keeps its name without the folder.

    Returns
    -------
    FieldFile
        What :func:`get_file` takes. A document's own FieldFile of the same file does as well: the hash decides.

    Raises
    ------
    InputError
        No such file, an archive with pickled objects, or a store without ``data``.
    """
    if not path.is_file():
        raise InputError(f"expected a file to store, got {path}, which is none")
    data, digest, count = _data_store(store), sha256(path), _count(path.stat().st_size)
    reference = FieldFile(path=path.name, sha256=digest, arrays=_arrays(path))
    there = _pieces_there(data, digest, count)
    for number, piece in enumerate(_pieces(path)):
        if _key(digest, number) not in there:
            data.update(_stored(data, digest, number, count, piece), key="blob_uuid")
    return reference


def has_file(store: JobStore, file: FieldFile) -> bool:
    """Whether every piece of ``file`` is in the ``data`` store."""
    data = _data_store(store)
    first = data.query_one({"blob_uuid": _key(file.sha256, 0)}, ["pieces"])
    return first is not None and len(_pieces_there(data, file.sha256, first["pieces"])) == first["pieces"]


def get_file(store: JobStore, file: FieldFile, folder: Path) -> Path:
    """Write ``file`` below ``folder`` as it was put, and return its path; one that is there already stays.

    Parameters
    ----------
    store
        A connected JobStore with an additional store ``data``.
    file
        Reference from :func:`put_file` or from a document.
    folder
        Existing or new folder, the run folder for instance.

    Raises
    ------
    InputError
        The store does not hold the whole file, its bytes have another hash, or its name leads out of ``folder``.
    """
    path = inside(folder, file.path)
    if path.is_file() and sha256(path) == file.sha256:
        return path
    if not has_file(store, file):
        raise InputError(
            f"expected the file {file.path} (SHA-256 {file.sha256}) in the store, found it not or not whole; "
            "copy it from the machine that ran the job, or run the job again"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(_data_store(store), file, path)
    return path


def inside(folder: Path, name: str) -> Path:
    """``folder / name``, once it is sure that this is below ``folder``: names come from documents and crystal files.

    Raises
    ------
    InputError
        An absolute path, one with '..', or one that a link leads out of the folder.
    """
    path = folder / name
    unsafe = not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts
    if unsafe or not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"expected a file name below {folder}, got {name!r}; whoever wrote it is not to be trusted")
    return path


def _write(data: MongoStore, file: FieldFile, path: Path) -> None:
    """Piece by piece into a file beside ``path``, renamed once its hash is right."""
    found = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
        try:
            for piece in _stored_pieces(data, file.sha256):
                found.update(piece)
                part.write(piece)
            part.flush()
            if found.hexdigest() != file.sha256:
                raise InputError(
                    f"expected SHA-256 {file.sha256} of {file.path} in the store, got {found.hexdigest()}; "
                    "the stored file is damaged: put it again, or run the job again"
                )
            Path(part.name).chmod(0o644)  # results are for the group too
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def _stored_pieces(data: MongoStore, digest: str) -> Iterator[bytes]:
    count = data.query_one({"blob_uuid": _key(digest, 0)}, ["pieces"])["pieces"]
    for number in range(count):
        content = data.query_one({"blob_uuid": _key(digest, number)}, ["data"])["data"]
        yield base64.b64decode(content) if isinstance(content, str) else bytes(content)


def _stored(data: MongoStore, digest: str, number: int, count: int, piece: bytes) -> dict[str, Any]:
    """One piece as the store keeps it; a worker's store is a JSON file, which has no bytes."""
    content = base64.b64encode(piece).decode() if _is_text(data) else piece
    return {"blob_uuid": _key(digest, number), "sha256": digest, "piece": number, "pieces": count, "data": content}


def _is_text(data: MongoStore) -> bool:
    return isinstance(data, JSONStore) or not isinstance(data, MongoStore)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for _ in range(_count(path.stat().st_size)):
            yield file.read(PIECE)


def _count(size: int) -> int:
    return max(1, -(-size // PIECE))


def _key(digest: str, number: int) -> str:
    return f"{digest}-{number}"


def _pieces_there(data: MongoStore, digest: str, count: int) -> set[str]:
    if not isinstance(data, MongoStore):
        return set()  # a job manager's store for one job: new, and without queries
    wanted = [_key(digest, number) for number in range(count)]
    return {doc["blob_uuid"] for doc in data.query({"blob_uuid": {"$in": wanted}}, ["blob_uuid"])}


def _data_store(store: JobStore) -> MongoStore:
    return collections_of(store)[1]


def _arrays(path: Path) -> dict[str, str]:
    """Shapes and types of a NumPy archive, from its headers; the units are in the document that speaks of it."""
    if not zipfile.is_zipfile(path):
        return {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: f"{'x'.join(map(str, stored[name].shape))} {stored[name].dtype} ?" for name in stored.files}
    except (ValueError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile) as fault:
        raise InputError(f"expected an archive of plain arrays in {path}, got {fault}; it is not stored") from None
