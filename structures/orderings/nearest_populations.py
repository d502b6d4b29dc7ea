"""Whole, charge-neutral numbers of atoms near to refined occupancies: for cells that the occupancies do not fit."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np

from selflimit.arrays import IntArray
from selflimit.errors import InputError, RemediableError
from selflimit.structures.orderings.cell_choice import basis_of
from selflimit.structures.orderings.populations import (
    VACANCY,
    PoolContent,
    Population,
    fitting_sizes,
    in_order,
    mean_content,
    whole_contents,
)
from selflimit.structures.parents.charges import infer_charges
from selflimit.structures.parents.occupancies import occupancies
from selflimit.structures.parents.parents import LABEL, Parent
from selflimit.structures.parents.superlattices import hermite_normal_form

TRIED_AROUND = 6
"""Atoms of a species more or fewer than refined that are tried in each pool, at most."""

MOST_OPTIONS = 20_000
"""Contents of a pool that are tried: with many species fewer atoms around the refined ones."""

LARGEST_DEVIATION = 0.1
"""Largest change of an occupancy that is accepted unless another is asked for, dimensionless."""


def nearest_populations(
    parent: Parent,
    n_cells: int,
    charges: Mapping[str, float] | None = None,
    max_deviation: float = LARGEST_DEVIATION,
    superlattice: IntArray | None = None,
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
    superlattice
        Hermite normal form of the cell, shape (3, 3), in which sites that exclude each other must leave room for all
        ions. Default: primitive cells stacked along the third axis.

    Raises
    ------
    InputError
        No charges, or no neutral populations within ``max_deviation`` for which there is room.
    """
    known = dict(charges or parent.charges)
    if not known:
        raise InputError(f"{parent.name}: the nearest neutral populations need formal charges; give charges")
    charge = _ordered_charge(parent, n_cells, known)
    contents = [
        (labels, {name: n_cells * amount for name, amount in mean_content(parent, labels).items()})
        for labels in parent.pools
    ]
    options = [_options(labels, content, max_deviation) for labels, content in contents]
    if len(parent.excluded_pairs):
        # an optimiser takes longer to import than a count
        from selflimit.structures.orderings.room_for_ions import choose_with_room

        cell = np.diag([1, 1, n_cells]) if superlattice is None else superlattice
        best = [_best_of_each(pool, lambda one: (_charge(one, known), one.ions)) for pool in options]
        found = choose_with_room(parent, cell, best, [[_charge(one, known) for one in pool] for pool in best], charge)
    else:
        best = [_best_of_each(pool, lambda one: _charge(one, known)) for pool in options]
        found = _neutral(best, known, charge)
    if found is None:
        room = " and with room for all ions" if len(parent.excluded_pairs) else ""
        raise InputError(
            f"{parent.name}: no neutral populations of {n_cells} primitive cells within {max_deviation:g} of the "
            f"occupancies{room}; take a larger cell, or accept a larger deviation"
        )
    return found


def _neutral(
    options: Sequence[Sequence[Population]], charges: Mapping[str, float], charge: float
) -> list[Population] | None:
    """One option of each pool, neutral together with ``charge`` (e) and nearest; None if there are none."""
    reached: dict[float, tuple[float, list[Population]]] = {round(charge, 6): (0.0, [])}
    for pool in options:
        longer: dict[float, tuple[float, list[Population]]] = {}
        for (so_far, (cost, chosen)), option in product(reached.items(), pool):
            key, value = round(so_far + _charge(option, charges), 6), cost + option.cost
            if value < longer.get(key, (math.inf, []))[0]:
                longer[key] = (value, [*chosen, option])
        reached = longer
    return reached[0.0][1] if 0.0 in reached else None


def _charge(option: Population, charges: Mapping[str, float]) -> float:
    """Charge of a content (e)."""
    return round(sum(charges[name] * count for name, count in option.counts.items() if name != VACANCY), 6)


def _best_of_each(options: Iterator[Population], key: Callable[[Population], Hashable]) -> list[Population]:
    """Of the contents that are alike in ``key`` the nearest."""
    best: dict[Hashable, Population] = {}
    for option in options:
        alike = key(option)
        if alike not in best or option.cost < best[alike].cost:
            best[alike] = option
    return list(best.values())


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
    shortest = min(range(3), key=lambda axis: parent.structure.lattice.abc[axis])
    found = [_proposal(parent, "primitive"), _proposal(parent, "conventional")]
    for multiple in MULTIPLES:
        name = "x".join(str(multiple) if axis == shortest else "1" for axis in range(3))
        if multiple == MULTIPLES[0] or not any(found):
            found.append(_proposal(parent, name))
    return _best(found, max_deviation)


def _proposal(parent: Parent, cell: str) -> CellProposal | None:
    """The cell with the deviation of its nearest populations, None if it has no neutral ones."""
    superlattice = hermite_normal_form(basis_of(parent, cell)[1])
    n_cells = int(np.prod(np.diag(superlattice)))
    try:
        populations = nearest_populations(parent, n_cells, max_deviation=1.0, superlattice=superlattice)
    except InputError:
        return None
    changes = (abs(change) for one in populations for change in one.deviations.values())
    return CellProposal(cell, n_cells, max(changes, default=0.0))


def _best(proposals: Sequence[CellProposal | None], max_deviation: float) -> CellProposal | None:
    """The first within the deviation, else the one that deviates least."""
    found = [one for one in proposals if one is not None]
    within = [one for one in found if one.deviation <= max_deviation]
    return within[0] if within else min(found, key=lambda one: one.deviation, default=None)


def pool_contents(parent: Parent, n_cells: int, where: str, superlattice: IntArray | None = None) -> list[PoolContent]:
    """Whole atoms of every pool in a cell: the refined ones, or the nearest where the parent lets them be rounded.

    Parameters
    ----------
    parent
        The disordered crystal.
    n_cells
        Primitive cells.
    where
        Which cell, for the message.
    superlattice
        As in :func:`nearest_populations`.

    Raises
    ------
    RemediableError
        A composition that does not fit, with the cell and the deviation that would.
    """
    try:
        if not parent.max_deviation:
            return whole_contents(parent, n_cells, where)
        nearest = nearest_populations(parent, n_cells, max_deviation=parent.max_deviation, superlattice=superlattice)
    except InputError as misfit:
        raise with_remedy(parent, misfit) from None
    return [in_order(one.labels, one.counts) for one in nearest]


def with_remedy(parent: Parent, misfit: InputError) -> InputError:
    """The same refusal with what can be done: a cell, and the deviation of its nearest populations."""
    proposal = propose_cell(parent, parent.max_deviation or LARGEST_DEVIATION) if parent.charges else None
    if proposal is None and parent.max_deviation:
        return _with_other_charges(parent, misfit)
    if proposal is None:
        return RemediableError(f"{misfit}, or --nearest", ("--nearest",))
    wanted = max(LARGEST_DEVIATION, math.ceil(1000 * proposal.deviation) / 1000)
    larger = ("--max-deviation", f"{wanted:g}") if wanted > LARGEST_DEVIATION else ()
    return RemediableError(
        f"{misfit}, or take the nearest whole, neutral populations (--nearest, max_deviation={wanted:g}): in the "
        f"{proposal.cell} cell no occupancy changes by more than {proposal.deviation:.3f}",
        ("--nearest", "--cell", proposal.cell, *larger),
    )


def _with_other_charges(parent: Parent, misfit: InputError) -> InputError:
    """The same refusal with charges for which there are neutral populations, if there are such charges."""
    charges, _ = infer_charges(parent.structure)
    other = replace(parent, charges=charges)
    proposal = propose_cell(other) if charges and charges != parent.charges else None
    if proposal is None:
        return misfit
    states = [f"{species}={charge:.6g}" for species, charge in charges.items()]
    options = [word for state in states for word in ("--charge", state)]
    wanted = max(LARGEST_DEVIATION, math.ceil(1000 * proposal.deviation) / 1000)
    return RemediableError(
        f"{misfit}, or give other charges ({', '.join(states)})",
        ("--cell", proposal.cell, "--max-deviation", f"{wanted:g}", *options),
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
