"""Files written in one stroke, and known by their hash."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
