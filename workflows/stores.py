"""Where results are kept: a folder on disk by default, MongoDB by one setting.

The embedded default is maggma's MontyStore on sqlite: it persists, answers Mongo-style queries and survives
several writers (measured; JSONStore and in-memory stores do not).
"""

import re
from pathlib import Path

from jobflow import JobStore
from maggma.stores import MongoStore, MontyStore
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from selflimit.errors import InputError
from selflimit.settings import Settings

COLLECTIONS = ("outputs", "data")
"""Job documents, and the additional store ``data`` for large fields."""


def is_mongo_uri(where: str) -> bool:
    """Whether ``where`` is a MongoDB URI rather than a folder."""
    return where.startswith(("mongodb://", "mongodb+srv://"))


def redacted(where: str) -> str:
    """``where`` without its password, for messages and provenance."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", where)


def open_store(where: str, *, must_exist: bool = False) -> JobStore:
    """Connect to the JobStore at ``where``.

    Parameters
    ----------
    where
        A folder, made when it is not there, or a MongoDB URI.
    must_exist
        Refuse a folder that no run has written to, instead of making an empty one.

    Raises
    ------
    InputError
        The folder is missing (with ``must_exist``) or is not a folder, or the server does not answer.
    """
    try:
        store = _mongo(where) if is_mongo_uri(where) else _on_disk(Path(where), must_exist)
        store.connect()
        if is_mongo_uri(where):
            _index(store)
    except PyMongoError as error:
        reason = redacted(str(error)).split(",")[0]
        raise InputError(
            f"no MongoDB answered at {redacted(where)} ({reason}); start the server, correct SELFLIMIT_STORE, "
            "or give a folder instead"
        ) from None
    return store


def _on_disk(folder: Path, must_exist: bool) -> JobStore:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected the store {folder} to be a folder, got a file; choose another with SELFLIMIT_STORE")
    if must_exist and not (folder / "monty.storage.cfg").exists():
        raise InputError(f"no results at {folder}; make some with `selflimit run`, or name the store with --store")
    folder.mkdir(parents=True, exist_ok=True)
    outputs, data = (MontyStore(name, database_path=str(folder.resolve())) for name in COLLECTIONS)
    return JobStore(outputs, additional_stores={"data": data})


def _mongo(uri: str) -> JobStore:
    settings = Settings()
    database = parse_uri(uri)["database"] or settings.database
    wait = {"serverSelectionTimeoutMS": int(1000 * settings.store_timeout)}
    outputs, data = (MongoStore(database, name, uri=uri, mongoclient_kwargs=wait) for name in COLLECTIONS)
    return JobStore(outputs, additional_stores={"data": data})


def _index(store: JobStore) -> None:
    """Indexes that reference resolving and ``results`` rely on (without them both scan)."""
    for key in ("uuid", "index", "output.@class", "output.formula", "output.k_eff"):
        store.docs_store.ensure_index(key)
    store.additional_stores["data"].ensure_index("blob_uuid")  # type: ignore[has-type]
