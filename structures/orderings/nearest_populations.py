"""Whole, charge-neutral numbers of atoms near to refined occupancies: for cells that the occupancies do not fit."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from selflimit.errors import InputError, RemediableError
from selflimit.structures.orderings.populations import (
    VACANCY,
    PoolContent,
    fitting_sizes,
    in_order,
    mean_content,
    whole_contents,
)
from selflimit.structures.parents.occupancies import occupancies
from selflimit.structures.parents.parents import LABEL, Parent

TRIED_AROUND = 6
"""Atoms of a species more or fewer than refined that are tried in each pool, at most."""

MOST_OPTIONS = 20_000
"""Contents of a pool that are tried: with many species fewer atoms around the refined ones."""

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

    @property
    def cost(self) -> float:
        """Squared change of the occupancies, summed over sites and species."""
        return sum(self.counts.values()) * sum(change**2 for change in self.deviations.values())


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
    reached: dict[float, tuple[float, list[Population]]] = {
        round(_ordered_charge(parent, n_cells, known), 6): (0.0, [])
    }
    for labels in parent.pools:
        content = {name: n_cells * amount for name, amount in mean_content(parent, labels).items()}
        options = _best_by_charge(_options(labels, content, max_deviation), known)
        longer: dict[float, tuple[float, list[Population]]] = {}
        for (charge, (cost, chosen)), (added, option) in product(reached.items(), options.items()):
            key, value = round(charge + added, 6), cost + option.cost
            if value < longer.get(key, (math.inf, []))[0]:
                longer[key] = (value, [*chosen, option])
        reached = longer
    if 0.0 not in reached:
        raise InputError(
            f"{parent.name}: no neutral populations of {n_cells} primitive cells within {max_deviation:g} of the "
            "occupancies; take a larger cell, or accept a larger deviation"
        )
    return reached[0.0][1]


def _best_by_charge(options: Iterator[Population], charges: Mapping[str, float]) -> dict[float, Population]:
    """Of the contents of one charge (e) the nearest."""
    best: dict[float, Population] = {}
    for option in options:
        charge = round(sum(charges[name] * count for name, count in option.counts.items() if name != VACANCY), 6)
        if charge not in best or option.cost < best[charge].cost:
            best[charge] = option
    return best


def _ordered_charge(parent: Parent, n_cells: int, charges: Mapping[str, float]) -> float:
    """Charge of the sites outside all pools (e)."""
    sites = [parent.structure[i] for i in parent.primitive.origin]
    ordered = [site for site in sites if parent.pool_of(site.properties[LABEL]) < 0]
    return n_cells * sum(charges[next(iter(occupancies(site)))] for site in ordered)


def _options(labels: tuple[str, ...], content: Mapping[str, float], max_deviation: float) -> Iterator[Population]:
    """Whole atoms that fill the pool, within the deviation."""
    sites = round(sum(content.values()))
    names = [name for name in content if name != VACANCY]
    around = max(1, min(TRIED_AROUND, int(MOST_OPTIONS ** (1 / max(1, len(names))) / 2) - 1))
    for counts in product(*(range(max(0, int(content[n]) - around), int(content[n]) + around + 2) for n in names)):
        whole = {**dict(zip(names, counts, strict=True)), VACANCY: sites - sum(counts)}
        changes = {name: (whole[name] - content[name]) / sites for name in whole}
        if whole[VACANCY] >= 0 and max(map(abs, changes.values())) <= max_deviation + 1e-9:
            yield Population(labels, whole, changes)


MULTIPLES = (2, 3, 4, 6)
"""Multiples of the conventional cell along its shortest axis that are tried, those above the first only if need be."""


class CellProposal(NamedTuple):
    """A cell whose nearest populations change the occupancies little.

    Attributes
    ----------
    cell
        'primitive', 'conventional' or a doubled conventional cell.
    n_cells
        Primitive cells in it.
    deviation
        Largest change of an occupancy, dimensionless.
    """

    cell: str
    n_cells: int
    deviation: float


def propose_cell(parent: Parent, max_deviation: float = LARGEST_DEVIATION) -> CellProposal | None:
    """The smallest of the primitive, the conventional and the doubled cell within the deviation, else the nearest one.

    The conventional cell is doubled along its shortest axis, and multiplied further only where no smaller cell can be
    neutral. None if none of them can.

    >>> from selflimit.structures import parent_cell
    >>> propose_cell(parent_cell("LZC-E"))
    CellProposal(cell='primitive', n_cells=1, deviation=0.125)

    Parameters
    ----------
    parent
        The disordered crystal, with formal charges.
    max_deviation
        Largest change of an occupancy that is wanted.
    """
    per_conventional = round(parent.structure.volume / parent.primitive.lattice.volume)
    shortest = min(range(3), key=lambda axis: parent.structure.lattice.abc[axis])
    found = [_proposal(parent, "primitive", 1), _proposal(parent, "conventional", per_conventional)]
    for multiple in MULTIPLES:
        name = "x".join(str(multiple) if axis == shortest else "1" for axis in range(3))
        if multiple == MULTIPLES[0] or not any(found):
            found.append(_proposal(parent, name, multiple * per_conventional))
    return _best(found, max_deviation)


def _proposal(parent: Parent, cell: str, n_cells: int) -> CellProposal | None:
    """The cell with the deviation of its nearest populations, None if it has no neutral ones."""
    try:
        populations = nearest_populations(parent, n_cells, max_deviation=1.0)
    except InputError:
        return None
    changes = (abs(change) for one in populations for change in one.deviations.values())
    return CellProposal(cell, n_cells, max(changes, default=0.0))


def _best(proposals: Sequence[CellProposal | None], max_deviation: float) -> CellProposal | None:
    """The first within the deviation, else the one that deviates least."""
    found = [one for one in proposals if one is not None]
    within = [one for one in found if one.deviation <= max_deviation]
    return within[0] if within else min(found, key=lambda one: one.deviation, default=None)


def pool_contents(parent: Parent, n_cells: int, where: str) -> list[PoolContent]:
    """Whole atoms of every pool in a cell: the refined ones, or the nearest where the parent lets them be rounded.

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
    RemediableError
        A composition that does not fit, with the cell and the deviation that would.
    """
    try:
        if not parent.max_deviation:
            return whole_contents(parent, n_cells, where)
        nearest = nearest_populations(parent, n_cells, max_deviation=parent.max_deviation)
    except InputError as misfit:
        raise with_remedy(parent, misfit) from None
    return [in_order(one.labels, one.counts) for one in nearest]


def with_remedy(parent: Parent, misfit: InputError) -> InputError:
    """The same refusal with what can be done: a cell, and the deviation of its nearest populations."""
    proposal = propose_cell(parent, parent.max_deviation or LARGEST_DEVIATION) if parent.charges else None
    if proposal is None:
        return misfit if parent.max_deviation else RemediableError(f"{misfit}, or --nearest", ("--nearest",))
    wanted = max(LARGEST_DEVIATION, math.ceil(1000 * proposal.deviation) / 1000)
    larger = ("--max-deviation", f"{wanted:g}") if wanted > LARGEST_DEVIATION else ()
    return RemediableError(
        f"{misfit}, or take the nearest whole, neutral populations (--nearest, max_deviation={wanted:g}): in the "
        f"{proposal.cell} cell no occupancy changes by more than {proposal.deviation:.3f}",
        ("--nearest", "--cell", proposal.cell, *larger),
    )


def sizes_to_fill(parent: Parent, largest: int) -> list[int]:
    """Numbers of primitive cells, up to ``largest``, whose pools can be filled as the parent lets them."""
    if not parent.max_deviation:
        return fitting_sizes(parent, largest)
    sizes = []
    for n_cells in range(1, largest + 1):
        try:
            nearest_populations(parent, n_cells, max_deviation=parent.max_deviation)
        except InputError:
            continue
        sizes.append(n_cells)
    return sizes
