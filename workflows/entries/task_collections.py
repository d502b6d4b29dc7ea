"""Task documents and entries in MongoDB, as atomate2, jobflow and builders keep them."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from selflimit.errors import InputError
from selflimit.settings import Settings
from selflimit.workflows.stores.opening import redact

USUAL = ("outputs", "tasks", "entries", "thermo")
"""Collections that are looked for, in this order: of jobflow, atomate's builders, and of entries."""
READABLE: dict[str, Any] = {
    "$or": [
        {"output.calcs_reversed": {"$exists": True}},
        {"calcs_reversed": {"$exists": True}},
        {"entries": {"$exists": True}},
        {"structure": {"$exists": True}, "energy": {"$exists": True}},
    ]
}
"""Documents that are task documents, alone or as outputs of jobs, thermo documents, or entries."""


def read_collection(uri: str, collection: str | None, query: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Read the task documents, thermo documents and entries of a database.

    Parameters
    ----------
    uri
        ``mongodb://.../DATABASE``.
    collection
        Its collection; None: the first of ``USUAL`` that holds such documents.
    query
        What they have to meet beside, in MongoDB's words.

    Returns
    -------
    tuple of list and str
        Plain documents, and where they stood, without password.

    Raises
    ------
    InputError
        No such server, database or collection, or nothing in it that can be read.
    """
    wait = int(1000 * Settings().store_timeout)
    try:
        name = parse_uri(uri)["database"]
        if not name:
            raise InputError(f"expected a URI with a database, such as mongodb://host/atomate2, got {redact(uri)}")
        with closing(MongoClient(uri, serverSelectionTimeoutMS=wait)) as client:
            database = client[name]
            there = database.list_collection_names()
            if collection is not None and collection not in there:
                raise InputError(
                    f"{redact(uri)} has no collection {collection!r}; it has {', '.join(sorted(there)) or 'none'}"
                )
            for one in [collection] if collection else [one for one in USUAL if one in there]:
                found = list(database[one].find({"$and": [READABLE, dict(query)]} if query else READABLE, {"_id": 0}))
                if found:
                    return found, f"{redact(uri)}, collection {one}"
    except (PyMongoError, ValueError, UnicodeError) as error:
        if isinstance(error, InputError):
            raise
        reason = redact(str(error)).split(",")[0]
        raise InputError(f"no documents from {redact(uri)} ({reason}); start the server, or correct the URI") from None
    raise InputError(
        f"{redact(uri)} holds no task documents, thermo documents or entries that meet the query in "
        f"{collection or ' or '.join(USUAL)}; it has {', '.join(sorted(there)) or 'no collection'}: name one with "
        "--collection"
    )
