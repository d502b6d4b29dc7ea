"""What a damaged sqlite file still gives: each of its rows for itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import bson
from bson.errors import BSONError
from montydb.storage.sqlite import SQLITE_RECORD_TABLE

GAP = 10_000
"""Row numbers that are tried behind a damaged place before the file counts as read: a page holds a few rows, and one
that holds numbers of others some hundred pages."""

ASKED_ROWS = f"SELECT rowid, k, v FROM [{SQLITE_RECORD_TABLE}] WHERE rowid"
StoredRow = tuple[int, bytes, bytes]


def salvage_rows(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Key and content (BSON) of every document of a file that can still be read whole; none if it is no database.

    Rows are read one after the other; behind a damaged place each is asked for by its number, so that a damaged page
    costs only what is on it.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        for _, key, content in _readable_rows(connection):
            if _is_document(content):
                yield key, content


def _readable_rows(connection: sqlite3.Connection) -> Iterator[StoredRow]:
    number = 0
    while True:
        try:
            for row in connection.execute(f"{ASKED_ROWS} > ? ORDER BY rowid", (number,)):
                number = row[0]
                yield row
            return
        except sqlite3.DatabaseError:
            row = _next_readable(connection, number)
            if row is None:
                return
            number = row[0]
            yield row


def _next_readable(connection: sqlite3.Connection, number: int) -> StoredRow | None:
    """The first row behind ``number`` that can be read; None if there is none within the gap."""
    for later in range(number + 1, number + 1 + GAP):
        try:
            row: StoredRow | None = connection.execute(f"{ASKED_ROWS} = ?", (later,)).fetchone()
        except sqlite3.DatabaseError:
            continue
        if row is not None:
            return row
    return None


def _is_document(content: bytes) -> bool:
    try:
        bson.decode(content)
    except (BSONError, TypeError):
        return False
    return True
