"""The verbs about stored results: find them, and move them to another store."""

import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selflimit.cli.printing import print_csv, print_json, print_line, print_table, progress_bar, write_plainly
from selflimit.report import tables
from selflimit.settings import Settings
from selflimit.workflows.running.repairing import repair_store
from selflimit.workflows.stores.copying import copy_store
from selflimit.workflows.stores.opening import open_store, redact
from selflimit.workflows.stores.results import Filters, results

CSV_FIELDS = ("kind", "formula", "k_eff", "level", "date", "job")
"""Columns of CSV where no fields are asked for."""


def query(asked: Namespace) -> None:
    """Print what the store holds: whole documents as table or JSON, or chosen fields as table, JSON or CSV."""
    store = open_store(asked.store or Settings().store, must_exist=True)
    format_ = "json" if asked.json else asked.format
    fields = [name.strip() for name in asked.fields.split(",")] if asked.fields else None
    how: dict[str, Any] = {"sort": asked.sort, "limit": asked.limit}
    with _warnings_in_one_line():
        if fields or format_ == "csv":
            names = fields or list(CSV_FIELDS)
            _show_rows(names, results(store, fields=names, **how, **_filters(asked)), format_)
            return
        found = results(store, **how, **_filters(asked))
    if format_ == "json":
        print_json(write_plainly(found))
    else:
        print_table(f"{len(found)} documents", tables.RESULT_COLUMNS, tables.result_rows(found))


def copy_results(asked: Namespace) -> None:
    """Copy one store into another, and print how many documents that were."""
    [to] = asked.targets
    source, target = open_store(asked.source, must_exist=True), open_store(to)
    with progress_bar("copy") as progress:
        done = copy_store(source, target, replace=asked.replace, progress=progress)
    if asked.json:
        print_json(done.model_dump())
    else:
        counts = f"{done.copied} documents copied, {done.already_there} were there, {done.replaced} replaced"
        print_line(f"{redact(asked.source)} -> {redact(to)}: {counts}")


def repair_results(asked: Namespace) -> None:
    """Build a damaged store anew, and print from what."""
    done = repair_store(asked.source, [Path(run) for run in asked.targets])
    if asked.json:
        print_json(done.model_dump())
        return
    print_line(
        f"{done.store}: built anew from {done.read} documents and pieces of files of the damaged store and "
        f"{done.restored} outputs of run folders; the damaged one is kept as {done.damaged}"
    )
    if done.incomplete:
        print_line(
            f"their files are in no run folder, `selflimit resume` runs them again: {', '.join(done.incomplete)}"
        )


def _filters(asked: Namespace) -> Filters:
    voltage = (asked.voltage[0], asked.voltage[1]) if asked.voltage else None
    return Filters(
        kind=asked.kind, formula=asked.formula, chemsys=asked.chemsys, k_eff=asked.k_eff, voltage=voltage,
        level=asked.level, since=asked.since, until=asked.until, tag=asked.tag,
    )  # fmt: skip


def _show_rows(names: list[str], rows: list[dict[str, Any]], format_: str) -> None:
    if format_ == "json":
        print_json(rows)
    elif format_ == "csv":
        print_csv(names, rows)
    else:
        print_table(f"{len(rows)} results", names, [[_cell(row[name]) for name in names] for row in rows])


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


@contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Print what was left out on standard error, in the words of the error messages."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        yield
    for one in heard:
        if issubclass(one.category, UserWarning):
            sys.stderr.write(f"selflimit: {one.message}\n")
