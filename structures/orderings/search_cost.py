"""What an enumeration will cost, and which ones are refused, before any work is done."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from selflimit.errors import InputError, RemediableError
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.populations import fitting_sizes
from selflimit.structures.parents.parents import Parent

ORDERINGS_PER_BLOCK = 8192
"""Orderings of a full block: large against a call of the compiled search, small against the memory."""

MOST_ENUMERATED = 5_000_000_000
"""Distinct orderings beyond which an enumeration is refused: minutes to an hour on one core."""

NANOSECONDS = {32: 60.0, 64: 150.0, 100_000: 500.0}
"""CPU time per distinct ordering for group orders up to the key: calibrated, upper ends of what
``benchmarks/orderings.py`` measures on one machine."""

UNCOUNTABLE = 10**100
"""Orderings beyond which estimates no longer grow: floating-point numbers end before the counts do."""

SET_UP = 0.02
"""Seconds to lay a cell out and tabulate its completions, calibrated as ``NANOSECONDS``."""

TABLES = 2 * 2 * 2**20
"""Bytes that the tables of the completions take at most: four that are kept, and the making of one."""


class SearchEstimate(NamedTuple):
    """What an enumeration will cost.

    Attributes
    ----------
    seconds
        CPU time of one core (s).
    memory
        Bytes beside the imports, whatever the number of orderings.
    stored
        Bytes of all labels and degeneracies, where they are kept or written.
    """

    seconds: float
    memory: int
    stored: int

    def __str__(self) -> str:
        time, memory, stored = _duration(self.seconds), _size(self.memory), _size(self.stored)
        return f"about {time} on one core, {memory} of memory, {stored} if kept"


def estimate_search(cells: Iterable[DisorderedCell], superperiodic: bool = True) -> SearchEstimate:
    """CPU time and memory of an enumeration (or a search for the lowest), before it starts.

    >>> from selflimit.structures import parent_cell
    >>> from selflimit.structures.orderings.cell_shapes import cells_to_fill
    >>> print(estimate_search(cells_to_fill(parent_cell("LZC-A"), "2x1x1", for_search=False)))
    about 0.1 s on one core, 4.3 MiB of memory, 980 B if kept

    Parameters
    ----------
    cells
        From :func:`cells_to_fill`.
    superperiodic
        As in :func:`count_orderings`; orderings that are left out are searched through as well.
    """
    estimates = [_estimate(cell, superperiodic) for cell in cells]
    seconds, memory, stored = zip(*estimates, strict=True)
    return SearchEstimate(sum(seconds), max(memory), sum(stored))


def _estimate(cell: DisorderedCell, superperiodic: bool) -> SearchEstimate:
    order, n_active = cell.permutations.shape
    row = n_active + 8
    return SearchEstimate(
        seconds=SET_UP + 1e-9 * _nanoseconds(order) * min(count_in(cell).distinct, UNCOUNTABLE),
        memory=order * (16 * n_active + 128)
        + 2 * ORDERINGS_PER_BLOCK * row
        + TABLES,  # queues, tree, two blocks, tables
        stored=row * min(count_in(cell, superperiodic).distinct, UNCOUNTABLE),
    )


def _nanoseconds(order: int) -> float:
    return NANOSECONDS[min(limit for limit in NANOSECONDS if order <= limit or limit == max(NANOSECONDS))]


def check_size(parent: Parent, distinct: int, most: int, order: int = 64) -> None:
    """Refuse an absurd enumeration, and one of nothing, with advice.

    Parameters
    ----------
    order
        Of the symmetry group, for the estimate of the time.

    Raises
    ------
    InputError
        ``distinct`` above ``most``, or no placement that keeps sites that exclude each other from being filled both.
    """
    if distinct == 0 and (parent.exclude_within > 0 or parent.alternatives):
        raise InputError(
            f"{parent.name}: no placement of all its atoms leaves one of each two sites within "
            f"{parent.exclude_within:g} A empty; take a smaller distance of exclusion (--exclude-within, "
            "exclude_within=...)"
        )
    if distinct > most:
        fitting = ", ".join(map(str, fitting_sizes(parent)[:4]))
        sizes = f"sizes that fit: {fitting} primitive cells" if fitting else "of other occupancies"
        hours = short(distinct * round(_nanoseconds(order)) // (3600 * 10**9))
        raise RemediableError(
            f"{parent.name}: {short(distinct)} distinct orderings, more than the {short(most)} that are searched "
            f"through (about {hours} h on one core); take a smaller cell ({sizes}), "
            "draw a sample (sample_orderings, --sample), anneal the lowest (anneal_orderings, --anneal), or raise the "
            "limit (most=..., --most)",
            ("--no-relax", "--anneal", "1"),
        )


def short(number: int) -> str:
    """A number of orderings as it is told: in full up to twelve digits.

    >>> short(2942874), short(10**20)
    ('2,942,874', '1.00E+20')
    """
    return f"{number:,}" if number < 10**12 else f"{Decimal(number):.2E}"


def _duration(seconds: float) -> str:
    """Two digits and the largest unit that does not make it a fraction."""
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{float(f'{seconds / length:.2g}'):,g} {unit}"
    return f"{max(seconds, 0.1):.1g} s" if seconds < 1 else f"{seconds:.2g} s"


def _size(number: int) -> str:
    """Two digits in binary units."""
    power = min(5, max(0, (number.bit_length() - 1) // 10))
    return f"{float(f'{number / 1024**power:.2g}'):,g} {('B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB')[power]}"
