"""What goes to the terminal: tables, JSON and lines on standard output, a progress bar on standard error."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from selflimit.progress import Progress as Listening
from selflimit.progress import silent

if TYPE_CHECKING:
    from selflimit.documents import Document  # importing it takes seconds, and a table of numbers needs none


@contextmanager
def progress_bar(title: str) -> Iterator[Listening]:
    """Show a bar on standard error for one long function; nothing where the output is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    with Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bars:
        task = bars.add_task(title, total=1.0, text="")
        yield lambda fraction, message: bars.update(task, completed=fraction, text=message)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table to standard output; every column wraps rather than being cut.

    Parameters
    ----------
    title
        What stands above it.
    columns
        Heads of the columns, with their units.
    rows
        Their cells; numbers get six digits.
    """
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row))
    # a file or a pipe has no width; the 80 columns assumed for it would fold the numbers
    width = None if sys.stdout.isatty() else 160
    Console(width=width).print(table)


def write_plainly(documents: "Sequence[Document]") -> list[dict[str, Any]]:
    """Turn documents into JSON data, each with its kind."""
    return [{"kind": type(doc).__name__, **doc.model_dump(mode="json")} for doc in documents]


def print_json(content: Any) -> None:
    """Print JSON to standard output."""
    sys.stdout.write(json.dumps(content, indent=1) + "\n")


def print_csv(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows to standard output as comma-separated values (RFC 4180); what is no text or number as JSON."""
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    for row in rows:
        writer.writerow([json.dumps(row[name]) if isinstance(row[name], list | dict) else row[name] for name in names])


def print_line(text: str) -> None:
    """Print one line to standard output."""
    sys.stdout.write(text + "\n")
