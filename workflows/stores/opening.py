"""Where results are kept: a folder on disk by default, MongoDB by one setting.

The embedded default is maggma's MontyStore on sqlite: it persists, answers Mongo-style queries and survives
several writers (measured; JSONStore and in-memory stores do not).
"""

import re
from pathlib import Path

from jobflow import JobStore
from maggma.stores import MongoStore
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from selflimit.errors import InputError
from selflimit.settings import Settings
from selflimit.workflows.stores.embedded import EmbeddedStore, ReadOnlyStore, is_writable, take_snapshot

COLLECTIONS = {"outputs": "uuid", "data": "blob_uuid"}
"""Job documents, and the additional store ``data`` for large files; each with what tells its documents apart."""

SEARCH = "output.search."
"""Where a job's document has the keys of :class:`selflimit.documents.SearchKeys`."""

INDEXES = {
    "outputs": (
        "metadata.selflimit.flow",
        "metadata.provenance.inputs_hash",
        "completed_at",
        "output.schema_version",
        *(SEARCH + key for key in ("level", "voltage_low", "voltage_high")),
    ),
    "data": ("blob_uuid",),
}
"""Fields with an index of their own; job documents have one of (uuid, index) as well."""

DATED = ("metadata.tags", "output.@class", *(SEARCH + key for key in ("formulas", "chemsys", "k_eff")))
"""Fields asked for by one value; their index goes on with the date: the newest are found however many have it."""

UNAUTHORISED = 13
"""MongoDB's error code for what an account may not do."""


def is_mongo_uri(where: str) -> bool:
    """Whether ``where`` is a MongoDB URI rather than a folder."""
    return where.startswith(("mongodb://", "mongodb+srv://"))


def redact(where: str) -> str:
    """``where`` without passwords, for messages and provenance."""
    without = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", where, flags=re.DOTALL)
    return re.sub(
        r"(tlsCertificateKeyFilePassword=|AWS_SESSION_TOKEN:)[^&,\s]*", r"\1***", without, flags=re.IGNORECASE
    )


def open_store(where: str, *, must_exist: bool = False) -> JobStore:
    """Connect to the JobStore at ``where``.

    Parameters
    ----------
    where
        A folder, made when it is not there, or a MongoDB URI.
    must_exist
        For reading: refuse a folder that no run has written to, instead of making an empty one; of one that may not be
        written to, a snapshot is read.

    Raises
    ------
    InputError
        The folder is missing (with ``must_exist``), is not a folder, is damaged or, without ``must_exist``, may not be
        written to; or the server does not answer.
    """
    try:
        store = _mongo(where) if is_mongo_uri(where) else _on_disk(Path(where), must_exist)
        store.connect()
        if is_mongo_uri(where):
            _index(store)
    except (PyMongoError, ValueError, UnicodeError) as error:  # the driver checks addresses with all three
        if not is_mongo_uri(where):
            raise
        # what follows the first comma is the driver's picture of all its servers
        reason = redact(str(error)).split(",")[0]
        raise InputError(
            f"no MongoDB answered at {redact(where)} ({reason}); start the server, correct SELFLIMIT_STORE, "
            "or give a folder instead"
        ) from None
    return store


def connected(store: JobStore | str | Path) -> JobStore:
    """Give a store as it is, or connect to the one in a folder or at a MongoDB URI, which has to be there.

    Raises
    ------
    InputError
        As :func:`open_store` with ``must_exist``.
    """
    return store if isinstance(store, JobStore) else open_store(str(store), must_exist=True)


def collections_of(store: JobStore) -> tuple[MongoStore, MongoStore]:
    """The store's job documents and its files, in the order of ``COLLECTIONS``.

    Raises
    ------
    InputError
        The store has no additional store ``data``.
    """
    additional: dict[str, MongoStore] = store.additional_stores  # type: ignore[has-type]
    if "data" not in additional:
        raise InputError(
            "expected a JobStore with an additional store 'data' for files, got one without; "
            "add it to the job manager's project, or use selflimit.workflows.stores.opening.open_store"
        )
    outputs: MongoStore = store.docs_store  # type: ignore[assignment]
    return outputs, additional["data"]


def _on_disk(folder: Path, must_exist: bool) -> JobStore:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected the store {folder} to be a folder, got a file; choose another with SELFLIMIT_STORE")
    if must_exist and not (folder / "monty.storage.cfg").exists():
        raise InputError(f"no results at {folder}; make some with `selflimit run`, or name the store with --store")
    if must_exist and not is_writable(folder):
        snapshot = take_snapshot(folder)  # sqlite and montydb write beside what they read
        parts: list[EmbeddedStore] = [ReadOnlyStore(folder, snapshot, name, key) for name, key in COLLECTIONS.items()]
    else:
        folder.mkdir(parents=True, exist_ok=True)
        parts = [EmbeddedStore(name, str(folder.resolve()), key=key) for name, key in COLLECTIONS.items()]
    outputs, data = parts
    return JobStore(outputs, additional_stores={"data": data})


def _mongo(uri: str) -> JobStore:
    settings = Settings()
    database = parse_uri(uri)["database"] or settings.database
    wait = {"serverSelectionTimeoutMS": int(1000 * settings.store_timeout)}
    outputs, data = (
        MongoStore(database, name, uri=uri, key=key, mongoclient_kwargs=wait) for name, key in COLLECTIONS.items()
    )
    return JobStore(outputs, additional_stores={"data": data})


def _index(store: JobStore) -> None:
    """Make the indexes, unless the account may only read: then its owner made them when the first run was stored."""
    for name, collection in zip(COLLECTIONS, collections_of(store), strict=True):
        wanted: list[tuple[tuple[str, int], ...]] = [((field, ASCENDING),) for field in INDEXES[name]]
        if name == "outputs":
            wanted.append((("uuid", ASCENDING), ("index", DESCENDING)))
            wanted += [((field, ASCENDING), ("completed_at", ASCENDING)) for field in DATED]
        try:
            # a job manager makes some of them itself, with other options: making those again would be refused
            there = {tuple(index["key"].items()) for index in collection._collection.list_indexes()}
            missing = [IndexModel(list(keys)) for keys in wanted if keys not in there]
            if missing:
                collection._collection.create_indexes(missing)
        except OperationFailure as error:
            if error.code != UNAUTHORISED:
                raise
