"""The embedded store: a folder with a sqlite file for each collection, read by several processes at once."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from maggma.stores import MontyStore
from montydb.storage.sqlite import CREATE_TABLE, SQLITE_RECORD_TABLE

from selflimit.errors import InputError

DATABASE = "db"
"""Folder of the collections' files, within that of the store."""


class EmbeddedStore(MontyStore):
    """MontyStore on sqlite that can be opened by several processes at once, and after one was killed while opening it.

    Faults of disk and locks come as one clear error, not as sqlite's traceback.
    """

    def connect(self, force_reset: bool = False) -> None:
        """As :meth:`maggma.stores.MontyStore.connect`, one process at a time: it writes its settings at each call."""
        try:
            with self._told(), (Path(self.database_path) / ".lock").open("w") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                super().connect(force_reset)
                self._make_table()
        except PermissionError as fault:
            raise InputError(
                f"the store {self.database_path} may not be written to ({fault.strerror}); queries can read it, for "
                "results give another one by --store or SELFLIMIT_STORE"
            ) from None

    def _make_table(self) -> None:
        """Make file and table in one go, before anybody else opens them: montydb takes a file for a table."""
        path = Path(self.database_path) / self.database_name / f"{self.collection_name}.collection"
        path.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            # with a log written ahead, readers and the one writer do not shut each other out
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(CREATE_TABLE.format(SQLITE_RECORD_TABLE).replace("TABLE", "TABLE IF NOT EXISTS", 1))

    def query(self, *asked: Any, **how: Any) -> Iterator[dict[str, Any]]:
        """As :meth:`maggma.stores.MontyStore.query`."""
        with self._told():
            yield from super().query(*asked, **how)

    def update(self, *given: Any, **how: Any) -> None:
        """As :meth:`maggma.stores.MontyStore.update`; a document is written whole or not at all."""
        with self._told():
            super().update(*given, **how)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise InputError(
                f"the store {self.database_path} could not be used ({error}); {remedy_for(error, self.database_path)}"
            ) from None


class ReadOnlyStore(EmbeddedStore):
    """A snapshot of a store that may not be written to: every query is answered, every change refused.

    Parameters
    ----------
    folder
        The store itself, for messages.
    snapshot
        From :func:`take_snapshot`; deleted with the last store that reads it.
    name, key
        Collection, and what tells its documents apart.
    """

    def __init__(self, folder: Path, snapshot: "TemporaryDirectory[str]", name: str, key: str) -> None:
        super().__init__(name, snapshot.name, key=key)
        self.folder, self.snapshot = folder, snapshot

    def update(self, *given: Any, **how: Any) -> None:
        """Refuse to write.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(f"the store {self.folder} may not be written to; give another one by --store")


def remedy_for(error: sqlite3.Error, folder: str) -> str:
    """What to do about a fault of sqlite in the store ``folder``."""
    said = str(error)
    if "malformed" in said or "not a database" in said or "no such table" in said:
        return f"it is damaged: `selflimit store repair {folder} RUN_FOLDER ...` rebuilds it and keeps what is there"
    if "readonly" in said or "unable to open" in said:
        return "its files may not be written to: see to their permissions, or choose another store with --store"
    return (
        "make room on its disk, or wait for its other users, then run the same command again: what is finished is kept"
    )


def is_writable(folder: Path) -> bool:
    """Whether this process may write to the store in ``folder`` and to all of its files."""
    return all(os.access(path, os.W_OK) for path in (folder, *folder.rglob("*")))


def collection_files(folder: Path) -> list[Path]:
    """The sqlite files of the store in ``folder``."""
    return sorted((folder / DATABASE).glob("*.collection"))


def take_snapshot(folder: Path) -> "TemporaryDirectory[str]":
    """A copy of the store in ``folder``, of one moment where sqlite's locks can be read, in a temporary folder.

    Raises
    ------
    InputError
        A file of the store is damaged, or may not be read.
    """
    snapshot = TemporaryDirectory(prefix="selflimit-store-")
    target = Path(snapshot.name)
    (target / DATABASE).mkdir()
    try:
        shutil.copyfile(folder / "monty.storage.cfg", target / "monty.storage.cfg")
        for path in collection_files(folder):
            _copy_database(path, target / DATABASE / path.name)
    except PermissionError as fault:
        raise InputError(f"the store {folder} may not be read ({fault}); ask its owner for permission") from None
    except sqlite3.Error as error:
        raise InputError(f"the store {folder} could not be read ({error}); {remedy_for(error, str(folder))}") from None
    return snapshot


def _copy_database(path: Path, target: Path) -> None:
    """Copy a sqlite file under sqlite's locks; where those need a file that cannot be made, with its log."""
    name = path.resolve().as_uri()
    try:
        _back_up(f"{name}?mode=ro", target)
    except sqlite3.OperationalError:
        log = path.with_name(path.name + "-wal")
        if not log.exists():
            _back_up(f"{name}?mode=ro&immutable=1", target)
            return
        shutil.copyfile(path, target)
        shutil.copyfile(log, target.with_name(target.name + "-wal"))


def _back_up(uri: str, target: Path) -> None:
    with closing(sqlite3.connect(uri, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
