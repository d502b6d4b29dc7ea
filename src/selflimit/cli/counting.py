"""What `selflimit orderings --count` does; nothing compiled and no force field is imported for it."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from selflimit.cli.printing import print_json, print_line, print_table
from selflimit.run_settings import RunConfiguration, settings_given
from selflimit.structures.orderings.cell_choice import CellChoice
from selflimit.structures.orderings.cell_shapes import cells_to_fill
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.nearest_populations import propose_cell
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
        keys = ("cell", "active_sites", "group_order", "raw", "distinct", "deviations")
        cells = [dict(zip(keys, [*r, cell.deviations], strict=True)) for r, cell in zip(rows, laid_out, strict=True)]
        print_json({**described(parent), "cells": cells})
    else:
        shown = [*rows, total] if len(rows) > 1 else rows
        for cell in laid_out:
            for line in told_deviations(cell):
                print_line(line)
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


def _choices(parent: Parent, asked: Namespace) -> Sequence[CellChoice]:
    """The given cells; the one whose nearest populations are proposed if none is given and they are asked for."""
    given: Sequence[CellChoice] = asked.cells
    if not asked.nearest or "cells" in asked.given or not parent.charges:
        return given
    proposal = propose_cell(parent, asked.max_deviation)
    if proposal is None:
        return given
    if not asked.json:
        print_line(f"{proposal.cell}: chosen, no occupancy changes by more than {proposal.deviation:.3f}")
    return [proposal.cell]


def told_deviations(cell: DisorderedCell) -> Iterator[str]:
    """One line for each pool whose occupancies were rounded."""
    for pool, changes in zip(cell.pools, cell.deviations, strict=True):
        if any(abs(change) > 1e-9 for change in changes.values()):
            atoms = ", ".join(f"{count} {name}" for name, count in zip(pool.species, pool.counts, strict=True))
            by = ", ".join(f"{name} {change:+.4f}" for name, change in changes.items() if abs(change) > 5e-5)
            yield f"{cell.name}: {'+'.join(pool.labels)} holds {atoms}; occupancies change by {by}"


def cells_asked_for(parent: Parent, asked: Namespace) -> Iterator[DisorderedCell]:
    """The cells asked for: the given ones, or all shapes of a size or up to it."""
    for_search = not asked.count
    if asked.up_to is not None:
        yield from cells_to_fill(parent, up_to=asked.up_to, for_search=for_search)
        return
    if asked.n_cells is not None:
        yield from cells_to_fill(parent, n_cells=asked.n_cells, for_search=for_search)
        return
    for choice in _choices(parent, asked):
        yield from cells_to_fill(parent, choice, for_search=for_search)
