"""Move results from one store to another, embedded or MongoDB, without loss.

Documents are copied as they are, identifiers included, and compared by the bytes of their BSON. A copy that was killed
is finished by the same call. Files go first: a document is never there without the files it speaks of.
"""

import hashlib
from collections import Counter
from typing import Any

import bson
from jobflow import JobStore
from maggma.stores import MemoryStore, MongoStore
from pymongo.errors import BulkWriteError

from selflimit.documents import Record
from selflimit.errors import InputError
from selflimit.progress import Progress, silent
from selflimit.workflows.stores.opening import COLLECTIONS, collections_of

BATCH_BYTES = 2**24
"""Bytes of documents that are held in memory at a time."""

LARGEST = 16 * 2**20
"""Bytes of a document that MongoDB takes (its limit, https://www.mongodb.com/docs/manual/reference/limits/)."""

KEYS_OF_COLLECTIONS = {"outputs": ("uuid", "index"), "data": ("blob_uuid",)}
"""What tells the documents of a collection apart."""

REASONS = {
    "differs": "is another one in the target",
    "too large": f"has more than the {LARGEST // 2**20} MiB that MongoDB takes",
}
"""Why a document is left out."""

DUPLICATE = 11000
"""MongoDB's error code for an identifier that is there already."""


class Copied(Record):
    """What a copy did, in documents of both collections."""

    copied: int
    already_there: int
    replaced: int


def copy_store(source: JobStore, target: JobStore, *, replace: bool = False, progress: Progress = silent) -> Copied:
    """Copy every job document and every file of ``source`` that ``target`` has not.

    Parameters
    ----------
    source, target
        Connected JobStores, e.g. from :func:`selflimit.workflows.stores.opening.open_store`; ``source`` is not changed.
    replace
        Overwrite documents of ``target`` that differ from those of ``source``.
    progress
        Hears the share of the documents that are done.

    Raises
    ------
    InputError
        Documents of ``target`` differ, or documents are too large for MongoDB. All others are copied by then, and the
        message counts and names what was left.
    """
    copy = _Copy(replace, progress, sum(one.count({}) for one in collections_of(source)))
    names = list(COLLECTIONS)
    for number in reversed(range(len(names))):  # files, then the documents that speak of them
        copy.collection(names[number], collections_of(source)[number], collections_of(target)[number])
    if copy.left:
        raise InputError(
            f"{len(copy.left)} documents were not copied, everything else was: {'; '.join(copy.left[:3])}"
            f"{' and more' if len(copy.left) > 3 else ''}. Documents that differ are overwritten with --replace"
        )
    return Copied(copied=copy.counts["new"], already_there=copy.counts["same"], replaced=copy.counts["differs"])


class _Copy:
    """One copy under way: what it did, and what it had to leave."""

    def __init__(self, replace: bool, progress: Progress, total: int) -> None:
        self.replace, self.progress, self.total = replace, progress, total
        self.counts: Counter[str] = Counter()
        self.left: list[str] = []

    def collection(self, name: str, source: MongoStore, target: MongoStore) -> None:
        """Copy one collection in batches of bounded size.

        Parameters
        ----------
        name
            Key of ``COLLECTIONS``.
        source, target
            Collections of that name; only ``target`` is written to.
        """
        # digests, not documents: a store may be larger than the memory
        there = {_key(name, doc): _digest(doc) for doc in target._collection.find({})}
        batch: list[dict[str, Any]] = []
        size = 0
        for doc in source._collection.find({}):
            verdict, length = _verdict(name, doc, target, there)
            self.counts[verdict] += 1
            if verdict == "new":
                batch.append(doc)
                size += length
            elif verdict == "differs" and self.replace:
                _replace(name, target, doc)
            elif verdict != "same":
                self.left.append(f"{_named(name, doc)} {REASONS[verdict]}")
            if size > BATCH_BYTES:
                self._write(target, batch)
                batch, size = [], 0
        self._write(target, batch)

    def _write(self, target: MongoStore, batch: list[dict[str, Any]]) -> None:
        if batch:
            _insert(target, batch)
        done = sum(self.counts.values())
        self.progress(done / max(1, self.total), f"{done} of {self.total} documents")


def _verdict(name: str, doc: dict[str, Any], target: MongoStore, there: dict[Any, bytes]) -> tuple[str, int]:
    """What is to be done with ``doc``, a key of ``REASONS`` or 'new' or 'same', and its length (bytes)."""
    length, known = len(bson.encode(doc)), there.get(_key(name, doc))
    if known == _digest(doc):
        return "same", length
    if length > LARGEST and not isinstance(target, MemoryStore):  # embedded stores are MemoryStores by class
        return "too large", length
    return ("new" if known is None else "differs"), length


def _key(name: str, doc: dict[str, Any]) -> tuple[Any, ...]:
    """What tells ``doc`` from the others; a foreign document has its identifier only."""
    key = tuple(doc.get(field) for field in KEYS_OF_COLLECTIONS[name])
    return key if None not in key else ("_id", str(doc["_id"]))


def _digest(doc: dict[str, Any]) -> bytes:
    # a job that both stores were given has two identifiers and is the same document all the same
    content = {key: value for key, value in doc.items() if key != "_id"}
    return hashlib.sha256(bson.encode(content)).digest()


def _named(name: str, doc: dict[str, Any]) -> str:
    return f"{'job' if name == 'outputs' else 'file'} {' '.join(map(str, _key(name, doc)))}"


def _insert(target: MongoStore, batch: list[dict[str, Any]]) -> None:
    try:
        # unordered, so that the documents after a duplicate are inserted too
        target._collection.insert_many(batch, ordered=False)
    except BulkWriteError as error:
        if any(fault["code"] != DUPLICATE for fault in error.details["writeErrors"]):
            raise  # duplicates: another copy of the same source was faster


def _replace(name: str, target: MongoStore, doc: dict[str, Any]) -> None:
    content = {key: value for key, value in doc.items() if key != "_id"}
    target._collection.replace_one({field: doc[field] for field in KEYS_OF_COLLECTIONS[name]}, content)
