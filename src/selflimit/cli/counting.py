"""What `selflimit orderings --count` does; nothing compiled and no force field is imported for it."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from selflimit.cli.printing import print_json, print_line, print_table
from selflimit.run_settings import RunConfiguration, settings_given
from selflimit.structures.orderings.cell_shapes import cells_to_fill
from selflimit.structures.orderings.cells import CellChoice, DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.parents.parents import Parent
from selflimit.workflows.makers.parents import read_parent

COUNT_COLUMNS = ["cell", "sites that order", "group", "orderings", "symmetry-distinct"]


def count_asked_for(asked: Namespace) -> None:
    """Print the exact numbers of orderings."""
    parent = parent_asked_for(asked)
    laid_out = list(cells_asked_for(parent, asked))
    counts = [count_in(cell, not asked.skip_superperiodic) for cell in laid_out]
    rows = [
        [cell.name, len(cell.active), len(cell.permutations), *found]
        for cell, found in zip(laid_out, counts, strict=True)
    ]
    total = ["all", "", "", sum(found.raw for found in counts), sum(found.distinct for found in counts)]
    if asked.json:
        keys = ("cell", "active_sites", "group_order", "raw", "distinct")
        cells = [dict(zip(keys, r, strict=True)) for r in rows]
        print_json({**described(parent), "cells": cells})
    else:
        shown = [*rows, total] if len(rows) > 1 else rows
        print_table(
            f"{parent.name}: orderings", COUNT_COLUMNS, [[*row[:3], f"{row[3]:,}", f"{row[4]:,}"] for row in shown]
        )


def described(parent: Parent) -> dict[str, Any]:
    """What is told of the crystal beside numbers: its name, what was made of its file, and what excludes each other."""
    return {"parent": parent.name, "notes": parent.notes, "exclude_within": parent.exclude_within}


def parent_asked_for(asked: Namespace) -> Parent:
    """The crystal asked for; what was made of its file is printed beside a table."""
    parent = read_parent(RunConfiguration(**settings_given(vars(asked))))
    if not asked.json:
        for note in parent.notes:
            print_line(f"note: {note}")
    return parent


def cells_asked_for(parent: Parent, asked: Namespace) -> Iterator[DisorderedCell]:
    """The cells asked for: the given ones, or all shapes of a size or up to it."""
    for_search = not asked.count
    if asked.up_to is not None:
        yield from cells_to_fill(parent, up_to=asked.up_to, for_search=for_search)
        return
    if asked.n_cells is not None:
        yield from cells_to_fill(parent, n_cells=asked.n_cells, for_search=for_search)
        return
    choices: Sequence[CellChoice] = asked.cells
    for choice in choices:
        yield from cells_to_fill(parent, choice, for_search=for_search)
