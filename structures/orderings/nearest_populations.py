"""Whole, charge-neutral numbers of atoms near to refined occupancies: for cells that the occupancies do not fit."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

from selflimit.errors import InputError
from selflimit.structures.orderings.populations import VACANCY, mean_content
from selflimit.structures.parents.occupancies import occupancies
from selflimit.structures.parents.parents import LABEL, Parent

TRIED_AROUND = 2
"""Atoms of a species more or fewer than refined that are tried in each pool."""

LARGEST_DEVIATION = 0.1
"""Largest change of an occupancy that is accepted unless another is asked for, dimensionless."""


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


def nearest_populations(
    parent: Parent, n_cells: int, charges: Mapping[str, float] | None = None, max_deviation: float = LARGEST_DEVIATION
) -> list[Population]:
    """Whole atoms in every pool whose total charge is zero, with the least squared change of the occupancies.

    >>> from selflimit.structures import parent_cell
    >>> [one.counts for one in nearest_populations(parent_cell("LZC-E"), n_cells=2, max_deviation=0.2)]
    [{'Zr': 2, 'vacancy': 0}, {'Zr': 0, 'vacancy': 4}, {'Li': 4, 'vacancy': 2}]

    Parameters
    ----------
    parent
        The disordered crystal.
    n_cells
        Primitive cells.
    charges
        Formal charges (e) by species; default: the parent's.
    max_deviation
        Largest change of an occupancy.

    Raises
    ------
    InputError
        No charges, or no neutral populations within ``max_deviation``.
    """
    known = dict(charges or parent.charges)
    if not known:
        raise InputError(f"{parent.name}: the nearest neutral populations need formal charges; give charges")
    total: dict[float, tuple[float, list[Population]]] = {round(_ordered_charge(parent, n_cells, known), 6): (0.0, [])}
    for labels in parent.pools:
        content = {name: n_cells * amount for name, amount in mean_content(parent, labels).items()}
        options = list(_options(labels, content, max_deviation))
        longer: dict[float, tuple[float, list[Population]]] = {}
        for (charge, (cost, chosen)), option in product(total.items(), options):
            added = sum(known[name] * count for name, count in option.counts.items() if name != VACANCY)
            key, sites = round(charge + added, 6), sum(option.counts.values())
            value = cost + sites * sum(change**2 for change in option.deviations.values())
            if value < longer.get(key, (float("inf"), []))[0]:
                longer[key] = (value, [*chosen, option])
        total = longer
    if 0.0 not in total:
        raise InputError(
            f"{parent.name}: no neutral populations of {n_cells} primitive cells within {max_deviation:g} of the "
            "occupancies; take a larger cell, or accept a larger deviation"
        )
    return total[0.0][1]


def _ordered_charge(parent: Parent, n_cells: int, charges: Mapping[str, float]) -> float:
    """Charge of the sites outside all pools (e)."""
    sites = [parent.structure[i] for i in parent.primitive.origin]
    ordered = [site for site in sites if parent.pool_of(site.properties[LABEL]) < 0]
    return n_cells * sum(charges[next(iter(occupancies(site)))] for site in ordered)


def _options(labels: tuple[str, ...], content: Mapping[str, float], max_deviation: float) -> Iterator[Population]:
    """Whole atoms that fill the pool, within the deviation."""
    sites = round(sum(content.values()))
    names = [name for name in content if name != VACANCY]
    for counts in product(
        *(range(max(0, int(content[n]) - TRIED_AROUND), int(content[n]) + TRIED_AROUND + 2) for n in names)
    ):
        whole = {**dict(zip(names, counts, strict=True)), VACANCY: sites - sum(counts)}
        changes = {name: (whole[name] - content[name]) / sites for name in whole}
        if whole[VACANCY] >= 0 and max(map(abs, changes.values())) <= max_deviation:
            yield Population(labels, whole, changes)
