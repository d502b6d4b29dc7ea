"""Find results again, in the embedded store or in MongoDB, with the same filters.

Every filter is put into the database's query; documents carry flat ``search`` keys for it and MongoDB has an index for
each. The filters are then applied to each document once more, because one job may hold a list of documents.
"""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypedDict, Unpack, overload

from jobflow import JobStore
from maggma.core import Sort
from maggma.stores import MemoryStore
from pydantic import ValidationError
from pymatgen.core import Element

from selflimit import documents
from selflimit.documents import SCHEMA_VERSION, Document, SearchKeys
from selflimit.errors import InputError
from selflimit.phase_diagrams.phases import parse_formula
from selflimit.workflows.stores.opening import SEARCH, connected
from selflimit.workflows.stores.result_fields import Found, check_fields, sort_found, stored_fields

KINDS: dict[str, type[Document]] = {
    name: kind
    for name in documents.__all__
    if isinstance(kind := getattr(documents, name), type) and issubclass(kind, Document) and kind is not Document
}
"""Document types by name."""

FIRST_SPAN, SPANS = timedelta(hours=6), 15
"""Of the spans of time in which a limited number of results is looked for: the first goes back so far, each later one
twice as far as the one before; the last goes back eleven years. A server may read a whole span for its last few."""

LAST = "\U0010ffff"
"""The last character there is: ends the range of all texts that begin alike."""


WIDE = 0.5
"""A range of voltages (V) that a large share of the documents may touch: most lie between 0 and 5 V."""


class Filters(TypedDict, total=False):
    """Filters of :func:`results`; None or absent: no filter."""

    kind: str | None
    formula: str | None
    chemsys: str | None
    k_eff: float | None
    voltage: tuple[float, float] | None
    level: str | None
    since: date | str | None
    until: date | str | None
    tag: str | None


@overload
def results(
    store: JobStore | str | Path,
    *,
    fields: None = None,
    sort: str | None = None,
    limit: int | None = None,
    **filters: Unpack[Filters],
) -> list[Document]: ...
@overload
def results(
    store: JobStore | str | Path,
    *,
    fields: Sequence[str],
    sort: str | None = None,
    limit: int | None = None,
    **filters: Unpack[Filters],
) -> list[dict[str, Any]]: ...
def results(
    store: JobStore | str | Path,
    *,
    fields: Sequence[str] | None = None,
    sort: str | None = None,
    limit: int | None = None,
    **filters: Unpack[Filters],
) -> list[Any]:
    """Documents in ``store`` that meet every filter given.

    Parameters
    ----------
    store
        A connected JobStore, or where one is: its folder, or a MongoDB URI.
    fields
        None for whole documents; else the names of what is wanted, and each result is a dictionary of just these:
        'date', 'job', 'kind', 'tags', 'uuid', a search key such as 'chemsys' or 'k_eff', or a field of the document,
        with dots into its parts ('level_of_theory.model'). What a document has not is None.
    sort
        Such a name, with '-' before it for the largest first; '-date' is newest first. None: in no particular order.
        What has no value comes last.
    limit
        Most results to return.
    **filters
        ``kind``: document type, e.g. 'StabilityDoc'. ``formula``: any multiple or spelling means the same.
        ``chemsys``: its elements, and no others, in any order, e.g. 'Li-Zr-Cl'. ``k_eff``: effective bulk modulus
        (GPa). ``voltage``: a range (V vs Li/Li+) that the document's voltages must touch. ``level``: how the label
        of the level of theory begins, e.g. 'CHGNet-r2scan'. ``since``, ``until``: first and last day or ISO time at
        which the job was completed, by the clock of the machine that ran it. ``tag``: one of the tags the run was
        given.

    Returns
    -------
    list of Document, or list of dict where ``fields`` is given

    Raises
    ------
    InputError
        A filter that cannot be met by any document: unknown kind, not a formula, chemical system or date, an empty
        range.

    Warns
    -----
    UserWarning
        Documents were left out because they are damaged or of another schema; the message says how many.
    """
    if limit is not None and limit < 1:
        raise InputError(f"expected a limit of at least 1, got {limit}")
    wanted, store = Wanted.of(filters), connected(store)
    by = None if sort is None else sort.removeprefix("-")
    named = [*(fields or ()), *([] if by is None else [by])]
    check_fields(named, KINDS)
    needed = None if fields is None else named
    if limit is not None and _is_cut_by_date(store, wanted, sort):
        spans = wanted.spans()
        found: Iterator[Found] = chain.from_iterable(_found(store, span, "-date", needed) for span in spans)
    else:
        found = _found(store, wanted, sort, needed)
    if by not in (None, "date"):
        found = iter(sort_found(found, str(sort)))
    if fields is not None:
        return [{name: one.value(name) for name in fields} for one in islice(found, limit)]
    return list(_documents(found, limit))


def iter_results(
    store: JobStore | str | Path, *, fields: Sequence[str] | None = None, **filters: Unpack[Filters]
) -> Iterator[Document | dict[str, Any]]:
    """As :func:`results`, one by one and in no particular order: with MongoDB memory does not grow with their number.

    Parameters
    ----------
    store, fields, **filters
        As :func:`results`.

    Raises
    ------
    InputError
        As :func:`results`, at once.

    Warns
    -----
    UserWarning
        As :func:`results`, after the last.
    """
    wanted, store = Wanted.of(filters), connected(store)
    check_fields(fields or (), KINDS)
    found = _found(store, wanted, None, fields)
    return _documents(found, None) if fields is None else ({name: one.value(name) for name in fields} for one in found)


@dataclass(frozen=True)
class Wanted:
    """The filters, checked and in the spelling of the documents."""

    kind: str | None
    formula: str | None
    chemsys: str | None
    k_eff: float | None
    voltage: tuple[float, float] | None
    level: str | None
    since: str | None
    until: str | None
    tag: str | None
    undated: bool = False

    @classmethod
    def of(cls, filters: Filters) -> "Wanted":
        """Check what the user gave."""
        formula, chemsys, voltage = filters.get("formula"), filters.get("chemsys"), filters.get("voltage")
        kind, since, until = filters.get("kind"), filters.get("since"), filters.get("until")
        if kind is not None and kind not in KINDS:
            raise InputError(f"expected a document type ({', '.join(sorted(KINDS))}), got {kind!r}")
        if voltage is not None and not voltage[0] <= voltage[1]:
            raise InputError(f"expected a voltage range from low to high, got {voltage[0]} to {voltage[1]} V")
        return cls(
            kind=kind,
            formula=None if formula is None else parse_formula(formula).reduced_formula,
            chemsys=None if chemsys is None else _chemsys(chemsys),
            k_eff=filters.get("k_eff"),
            voltage=voltage,
            level=filters.get("level"),
            since=None if since is None else _moment(since),
            until=None if until is None else _moment(until, through=True),
            tag=filters.get("tag"),
        )

    def of_job(self) -> dict[str, Any]:
        """Query of what the job's own record says: tags, date, kind of its output."""
        bounds = {"$gte": self.since, "$lt": self.until}
        dates: dict[str, Any] = {key: value for key, value in bounds.items() if value is not None}
        if self.undated:
            dates = {"$not": {"$type": "string"}}
        query = {"metadata.tags": self.tag, "completed_at": dates or None}
        return {key: value for key, value in query.items() if value is not None}

    def spans(self) -> Iterator["Wanted"]:
        """The same, span of completion dates by span, the newest first; at last what has no date."""
        now, until = datetime.now(), self.until
        for edge in ((now - 2**number * FIRST_SPAN).isoformat() for number in range(SPANS)):
            if edge > (self.since or "") and edge < (until or LAST):
                yield replace(self, since=edge, until=until)
                until = edge
        yield replace(self, until=until)
        if self.since is None and self.until is None:
            yield replace(self, undated=True)

    def of_output(self) -> dict[str, Any]:
        """Query of the search keys, the most selective one first: some servers use the index of the first only."""
        low, high = self.voltage or (None, None)
        query = {
            "formulas": self.formula,
            "chemsys": self.chemsys,
            "k_eff": self.k_eff,
            "level": None if self.level is None else {"$gte": self.level, "$lte": self.level + LAST},
            "voltage_low": None if high is None else {"$gte": -math.inf, "$lte": high},  # bounded: passes over null
            "voltage_high": None if low is None else {"$gte": low, "$lte": math.inf},
        }
        return {SEARCH + key: value for key, value in query.items() if value is not None}

    def met_by(self, search: SearchKeys) -> bool:
        """Whether one document, by its search keys, meets the filters of documents."""
        return (
            (self.formula is None or self.formula in search.formulas)
            and (self.chemsys is None or search.chemsys == self.chemsys)
            and (self.k_eff is None or search.k_eff == self.k_eff)
            and (self.level is None or (search.level or "").startswith(self.level))
            and (self.voltage is None or _touches(search, *self.voltage))
        )


def _touches(search: SearchKeys, low: float, high: float) -> bool:
    return (
        search.voltage_low is not None
        and search.voltage_high is not None
        and search.voltage_low <= high
        and search.voltage_high >= low
    )


def _chemsys(text: str) -> str:
    elements = [part.strip() for part in text.split("-")]
    if not all(Element.is_valid_symbol(element) for element in elements):
        raise InputError(f"expected a chemical system such as 'Li-Zr-Cl', got {text!r}; separate the elements by '-'")
    return "-".join(sorted(set(elements)))


def _moment(given: date | str, *, through: bool = False) -> str:
    """A day or time as jobs write it: local, without zone. ``through``: the first moment that is too late."""
    try:
        moment = given if isinstance(given, date) else datetime.fromisoformat(given.strip())
    except ValueError:
        raise InputError(f"expected a day or time such as 2026-01-31 or 2026-01-31T12:00, got {given!r}") from None
    is_day = not isinstance(moment, datetime) or (isinstance(given, str) and len(given.strip()) <= 10)
    step = timedelta(days=1) if is_day else timedelta(microseconds=1)
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone().replace(tzinfo=None)
    return (moment + step if through else moment).isoformat()


def _is_cut_by_date(store: JobStore, wanted: Wanted, sort: str | None) -> bool:
    """Whether the first results are looked for among the newest jobs: filters that much of the store may meet.

    A server may collect all that meets a filter before it answers. One value has an index with the date; kind, level
    and a wide range leave so much that going through the jobs by date is no detour. Other filters leave little. The
    embedded store reads everything for every query.
    """
    values = [value for value in (wanted.formula, wanted.chemsys, wanted.k_eff, wanted.tag) if value is not None]
    is_narrow = wanted.voltage is not None and wanted.voltage[1] - wanted.voltage[0] < WIDE
    is_one = len(values) == 1 and not (wanted.kind or wanted.level or wanted.voltage)
    by_date = sort in (None, "-date") and not isinstance(store.docs_store, MemoryStore)
    return by_date and (is_one or (not values and not is_narrow))


def _found(store: JobStore, wanted: Wanted, sort: str | None, names: Sequence[str] | None) -> Iterator[Found]:
    """Documents that meet the filters; ``names`` are the fields that are needed of each, None: all.

    Whole records are asked for as they are: without a few small fields of theirs a server copies each, which takes
    three times as long.
    """
    properties: Any = None if names is None else stored_fields(names)
    order: Any = _by_date(sort) or {}  # an empty order is no order; None is the default that their types leave out
    return _in_jobs(store.query(_query(wanted, names), properties, sort=order), wanted, names)


def _by_date(sort: str | None) -> dict[str, Sort | int] | None:
    return {"completed_at": 1 if sort == "date" else -1} if sort in ("date", "-date") else None


def _query(wanted: Wanted, names: Sequence[str] | None) -> dict[str, Any]:
    """The filters as a query. The field that leaves fewest comes first: some servers use one index only."""
    kind = {} if wanted.kind is None else {"output.@class": wanted.kind}
    searched = wanted.of_output()
    any_document = {} if names is None or searched or kind else {"output.schema_version": SCHEMA_VERSION}
    return {**wanted.of_job(), **searched, **kind, **any_document}


def _in_jobs(stored: Iterator[dict[str, Any]], wanted: Wanted, names: Sequence[str] | None) -> Iterator[Found]:
    """Every document in the jobs' outputs, which may be one, or a list of them; other outputs are passed over.

    Where only fields are asked for, documents of another schema are passed over too: a field may mean something else.
    """
    for job in stored:
        output = job.get("output")
        for item in output if isinstance(output, list) else [output]:
            one = _one(item, job)
            if one is not None and _is_wanted(one, wanted, by_fields=names is not None):
                yield one


def _one(item: Any, job: Mapping[str, Any]) -> Found | None:
    kind = item.get("@class") if isinstance(item, dict) else None
    return Found(KINDS[kind], item, job) if isinstance(kind, str) and kind in KINDS else None


def _is_wanted(one: Found, wanted: Wanted, *, by_fields: bool) -> bool:
    if by_fields and one.data.get("schema_version") != SCHEMA_VERSION:
        return False
    if wanted.kind is not None and one.kind.__name__ != wanted.kind:
        return False
    return not wanted.of_output() or (one.search is not None and wanted.met_by(one.search))


def _documents(found: Iterator[Found], limit: int | None) -> Iterator[Document]:
    """Whole documents; those that cannot be read are counted, so that they neither hide the rest nor vanish."""
    read, unreadable, example = 0, 0, ""
    for one in found:
        try:
            yield one.document()
            read += 1
        except ValidationError as fault:
            unreadable += 1
            example = example or f"job {one.stored.get('uuid')}: {fault.errors()[0]['msg']}"
        if read == limit:
            break
    if unreadable:
        warnings.warn(f"{unreadable} documents cannot be read and are left out, e.g. {example}", stacklevel=3)
