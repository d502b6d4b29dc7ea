"""How many atoms of each species the pools of a cell hold."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from selflimit.arrays import IntArray
from selflimit.errors import InputError
from selflimit.structures.parents.occupancies import OCCUPANCY_DIGIT, occupancies
from selflimit.structures.parents.parents import LABEL, Parent

VACANCY = "vacancy"
"""Name of the empty site among the species of a pool."""

INTEGER_TOLERANCE_LIMIT = 0.05
"""Largest deviation of a pool's atom count from an integer that is ever put down to rounded occupancies."""

LARGEST_NEARBY_CELL = 24
"""Primitive cells up to which fitting cells are looked for when a composition is not integer."""

PoolContent = tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]
"""Labels of a pool, its species, and how many sites each takes."""


class Population(NamedTuple):
    """Whole atoms of one pool.

    Attributes
    ----------
    labels
        The pool's sites.
    counts
        Sites that each species takes, 'vacancy' included.
    deviations
        Occupancy minus the refined one, for each species, dimensionless.
    """

    labels: tuple[str, ...]
    counts: dict[str, int]
    deviations: dict[str, float]

    @property
    def cost(self) -> float:
        """Squared change of the occupancies, summed over sites and species."""
        return sum(self.counts.values()) * sum(change**2 for change in self.deviations.values())

    @property
    def ions(self) -> int:
        """Sites that are filled."""
        return sum(count for name, count in self.counts.items() if name != VACANCY)


def fitting_sizes(parent: Parent, largest: int = LARGEST_NEARBY_CELL) -> list[int]:
    """Numbers of primitive cells, up to ``largest``, in which every pool holds whole atoms.

    >>> from selflimit.structures import parent_cell
    >>> fitting_sizes(parent_cell("LZC-E"), largest=24)
    [8, 16, 24]
    """
    contents = [mean_content(parent, labels) for labels in parent.pools]
    return [n for n in range(1, largest + 1) if all(_is_integer(content, n) for content in contents)]


def find_members(parent: Parent, labels: Sequence[str]) -> IntArray:
    """Primitive sites of the pool of these labels, shape (n_sites,)."""
    found = [s for s, i in enumerate(parent.primitive.origin) if parent.structure[i].properties[LABEL] in labels]
    return np.array(found, dtype=np.int64)


def whole_contents(parent: Parent, n_cells: int, where: str) -> list[PoolContent]:
    """Whole atoms of every pool in a cell.

    Parameters
    ----------
    parent
        The disordered crystal.
    n_cells
        Primitive cells.
    where
        Which cell, for the message.

    Raises
    ------
    InputError
        A composition that does not fit.
    """
    contents = []
    for labels in parent.pools:
        content = mean_content(parent, labels)
        if not _is_integer(content, n_cells):
            raise InputError(_misfit(parent, labels, content, n_cells, where))
        contents.append(in_order(labels, {name: round(n_cells * amount) for name, amount in content.items()}))
    return contents


def in_order(labels: tuple[str, ...], counts: Mapping[str, int]) -> PoolContent:
    """Content of a pool with the rarest species first, so that a search prunes earlier; those of no atom left out.

    Parameters
    ----------
    labels
        The pool's sites.
    counts
        Sites that each species takes, 'vacancy' included.
    """
    kept = dict(sorted(((name, count) for name, count in counts.items() if count), key=lambda item: item[1]))
    return labels, tuple(kept), tuple(kept.values())


def mean_content(parent: Parent, labels: Sequence[str]) -> dict[str, float]:
    """Atoms of each species and vacancies on the pool's sites of one primitive cell."""
    sites = [parent.structure[parent.primitive.origin[s]] for s in find_members(parent, labels)]
    content: dict[str, float] = dict.fromkeys(sorted({name for site in sites for name in occupancies(site)}), 0.0)
    for site in sites:
        for name, amount in occupancies(site).items():
            content[name] += amount
    content[VACANCY] = len(sites) - sum(content.values())
    return content


def _is_integer(content: dict[str, float], n_cells: int) -> bool:
    n_sites = sum(content.values()) * n_cells
    forgiven = min(1e-6 + OCCUPANCY_DIGIT * n_sites, INTEGER_TOLERANCE_LIMIT)
    return all(abs(n_cells * amount - round(n_cells * amount)) <= forgiven for amount in content.values())


def _misfit(parent: Parent, labels: Sequence[str], content: dict[str, float], n_cells: int, where: str) -> str:
    amounts = ", ".join(f"{n_cells * amount:.3f} {name}" for name, amount in content.items() if amount > 1e-6)
    primitive = parent.primitive
    sizes = fitting_sizes(parent)
    per_conventional = len(parent.structure) // len(primitive.positions)
    advice = (
        f"cells of {', '.join(map(str, sizes[:4]))} primitive cells fit "
        f"(the conventional cell holds {per_conventional})"
        if sizes
        else f"no cell up to {LARGEST_NEARBY_CELL} primitive cells fits"
    )
    return (
        f"{parent.name}, {where}: expected whole atoms in pool {'+'.join(labels)}, got {amounts}; {advice}, or let "
        "sites share the composition (pools=..., --pool)"
    )
