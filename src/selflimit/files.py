"""Files written in one stroke, known by their hash, and read within bounds.

A few kilobytes that somebody else has made can unpack to more than a machine holds, and a name in a file can lead to
any other file.
"""

import bz2
import gzip
import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from selflimit.errors import InputError

if TYPE_CHECKING:
    from selflimit.arrays import AnyArray

MOST_BYTES = 2**29
"""Bytes of arrays, unpacked: 8.1e8 voxels of one byte would be a cube of 800, more than any growth can hold."""

MOST_TEXT = 2**27
"""Bytes of a text, unpacked: a JSON of twenty thousand entries with crystals has 60 MB, and takes ten times as much
memory as Python's objects."""

OPENERS: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""Ending -> what unpacks such files."""


@contextmanager
def opened_whole(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of ``path`` once all is written: a reader sees the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # beside its target, for only within one file system is the replacement one step; the number keeps two writers apart
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    except BaseException:  # an interrupt as well
        partial.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` so that ``path`` holds either its old or its whole new content, never a part."""
    with opened_whole(path) as file:
        file.write(text.encode())


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_inside(folder: Path, name: str) -> Path:
    """``folder / name``, once it is sure that this is below ``folder``: names come from documents and crystal files.

    >>> require_inside(Path("run"), "../other")
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: expected a file name below run, got '../other'; whoever wrote it is not to be trusted

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


def unpack(packed: bytes, most: int, where: str) -> bytes:
    """Data packed by zlib or gzip.

    >>> import zlib
    >>> unpack(zlib.compress(b"labels"), 10, "my.nrrd")
    b'labels'

    Parameters
    ----------
    packed
        The packed bytes.
    most
        Bytes that may come of them.
    where
        The file, for the message.

    Raises
    ------
    InputError
        More comes of them.
    zlib.error, EOFError
        They are damaged.
    """
    found = b""
    while packed:  # several packed pieces may follow each other
        unpacker = zlib.decompressobj(wbits=47)  # either header is recognised
        found += unpacker.decompress(packed, most + 1 - len(found))
        if len(found) > most:
            raise InputError(f"expected at most {most} bytes to unpack in {where}, got more; export it again")
        if not unpacker.eof:
            raise EOFError("the packed data end too early")
        packed = unpacker.unused_data
    return found


def read_bounded(path: Path, most: int = MOST_TEXT) -> bytes:
    """Content of a file, unpacked where its name ends in .gz, .bz2 or .xz.

    Parameters
    ----------
    path
        The file.
    most
        Bytes that may come of it.

    Raises
    ------
    InputError
        More comes of it.
    OSError, EOFError
        It cannot be read, or is damaged.
    """
    with OPENERS.get(path.suffix.lower(), open)(path, "rb") as file:
        content: bytes = file.read(most + 1)
    if len(content) > most:
        raise InputError(f"expected at most {most / 2**20:.0f} MiB in {path}, got more; split it, or take less into it")
    return content


def load_arrays(path: Path, most: int = MOST_BYTES) -> "dict[str, AnyArray]":
    """The arrays of a .npz file, none of them pickled.

    Parameters
    ----------
    path
        The file.
    most
        Bytes of all arrays together.

    Raises
    ------
    InputError
        The archive unpacks to more.
    ValueError, EOFError, OSError, zipfile.BadZipFile
        It is damaged, or none.
    """
    with zipfile.ZipFile(path) as archive:
        require_size(sum(part.file_size for part in archive.infolist()), most, path)
    import numpy as np  # this module is loaded by every command

    with np.load(path, allow_pickle=False) as stored:  # a pickle could run anything
        return {name: stored[name] for name in stored.files}


def require_size(size: int, most: int, path: Path) -> None:
    """Refuse ``size`` bytes of arrays in ``path`` where ``most`` are expected.

    Raises
    ------
    InputError
        There are more.
    """
    if size > most:
        raise InputError(f"expected at most {most:.1e} bytes of arrays in {path}, got {size:.1e}; crop or bin it")


def without_entities(xml: bytes, path: Path) -> bytes:
    """``xml`` once it is sure that it defines no entities, which can stand for any file or grow without bound.

    Raises
    ------
    InputError
        It defines some.
    """
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise InputError(f"expected XML without a document type in {path}, got one; export it again")
    return xml
