"""Populations for which there is room where sites exclude each other: an integer linear programme, solved by HiGHS.

A choice of contents and one allowed placement of its ions are found together (Q. Huangfu and J. A. J. Hall, Math. Prog.
Comp. 10, 119 (2018), doi:10.1007/s12532-017-0130-5, as in scipy.optimize.milp).
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from selflimit.arrays import IntArray
from selflimit.structures.orderings.populations import Population, find_members
from selflimit.structures.parents.excluded_pairs import pairs_in_supercell
from selflimit.structures.parents.parents import Parent

LONGEST = 30.0
"""Seconds after which the best choice so far is taken, and none counts as no choice."""

CHARGE_ERROR = 1e-6
"""Total charge (e) that counts as none."""


def choose_with_room(
    parent: Parent,
    superlattice: IntArray,
    options: Sequence[Sequence[Population]],
    charges: Sequence[Sequence[float]],
    charge: float,
) -> list[Population] | None:
    """One option of each pool, neutral together, nearest, and with a placement of its ions; None if there are none.

    Parameters
    ----------
    parent
        The disordered crystal, with its excluded pairs.
    superlattice
        Hermite normal form of the cell, shape (3, 3).
    options, charges
        Contents of each pool that are tried, and their charges (e).
    charge
        Of all sites outside the pools (e).
    """
    if not all(options):
        return None
    n_cells = int(np.prod(np.diag(superlattice)))
    sites, pool = _sites_of_pools(parent, n_cells)
    begin = len(sites) + np.cumsum([0, *map(len, options)])
    every = [
        (k, one, q) for k, pool_options in enumerate(options) for one, q in zip(pool_options, charges[k], strict=True)
    ]
    of_option = np.array([k for k, _, _ in every])
    place = len(sites) + np.arange(len(every))
    n = int(begin[-1])
    n_pools = len(options)
    # each pool takes one option, and as many of its sites are filled as that has ions
    one_each = coo_array((np.ones(len(every)), (of_option, place)), shape=(n_pools, n))
    ions = np.array([-float(one.ions) for _, one, _ in every])
    filled = coo_array(
        (
            np.concatenate([np.ones(len(sites)), ions]),
            (np.concatenate([pool, of_option]), np.concatenate([np.arange(len(sites)), place])),
        ),
        shape=(n_pools, n),
    )
    neutral = coo_array(([q for _, _, q in every], (np.zeros(len(every), dtype=int), place)), shape=(1, n))
    constraints = [
        LinearConstraint(one_each, 1, 1),
        LinearConstraint(filled, 0, 0),
        LinearConstraint(neutral, -charge - CHARGE_ERROR, -charge + CHARGE_ERROR),
    ]
    pairs = _excluded_positions(parent, superlattice, sites)
    if len(pairs):
        row = np.repeat(np.arange(len(pairs)), 2)
        both = coo_array((np.ones(2 * len(pairs)), (row, pairs.ravel())), shape=(len(pairs), n))
        constraints.append(LinearConstraint(both, -np.inf, 1))
    cost = np.concatenate([np.zeros(len(sites)), [one.cost for _, one, _ in every]])
    found = milp(
        cost, constraints=constraints, integrality=np.ones(n), bounds=Bounds(0, 1), options={"time_limit": LONGEST}
    )
    if found.x is None:
        return None
    return [every[i][1] for i in np.flatnonzero(found.x[len(sites) :] > 0.5)]


def _sites_of_pools(parent: Parent, n_cells: int) -> tuple[IntArray, IntArray]:
    """Sites of the supercell that belong to a pool, and the pool of each, shape (n,)."""
    members = [find_members(parent, labels) for labels in parent.pools]
    copies = [(found[:, None] * n_cells + np.arange(n_cells)).ravel() for found in members]
    return np.concatenate(copies), np.repeat(np.arange(len(copies)), [len(one) for one in copies])


def _excluded_positions(parent: Parent, superlattice: IntArray, sites: IntArray) -> IntArray:
    """Pairs of places in ``sites`` of which at most one holds an ion, shape (n_pairs, 2)."""
    everywhere = np.arange(len(parent.primitive.positions))
    position = np.full(len(everywhere) * int(np.prod(np.diag(superlattice))), -1)
    position[sites] = np.arange(len(sites))
    found: IntArray = position[pairs_in_supercell(parent.excluded_pairs, everywhere, superlattice)]
    return found
