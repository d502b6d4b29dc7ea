"""Floating conductors: which bodies they are, what couples them, and that their net current vanishes."""

import numpy as np

from selflimit.mesoscale import Grid, solve_scalar
from selflimit.mesoscale.solver.elements import diffusion_elements
from selflimit.mesoscale.solver.floating_conductors import find_floating_conductors
from selflimit.mesoscale.solver.nodal_vectors import Lines

GRID = Grid((12, 10, 14), 0.5)
ELEMENT = diffusion_elements(3)[0, :, :, 0, 0]


def bodies():
    """Two blocks one cell apart, a single cell that touches one of them by an edge, and a block on the fixed bottom."""
    good = np.zeros(GRID.shape, dtype=bool)
    good[2:5, 2:6, 4:9] = good[6:9, 3:7, 5:8] = good[9, 7, 6] = good[1:4, 6:9, 0:3] = True
    fixed = np.zeros(GRID.nodes, dtype=bool)
    fixed[..., [0, -1]] = True
    return np.where(good, 1e4, 1.0), fixed


def of_bodies():
    k, fixed = bodies()
    mass = np.random.default_rng(0).random(GRID.nodes)
    return k, fixed, mass, find_floating_conductors(GRID, k, mass, ELEMENT, fixed)


def nodal_bodies(conductors):
    return Lines(GRID.nodes, 1).unpack(conductors.body)[..., 0]


def test_bodies_float_unless_a_node_of_theirs_is_fixed():
    body = nodal_bodies(of_bodies()[-1])
    # nodes of the blocks, the larger first; the cell shares the two nodes of its edge
    assert np.bincount(body.ravel())[1:].tolist() == [4 * 5 * 6, 4 * 5 * 4 + 8 - 2]
    assert not body[2, 7, 1]


def test_couplings_are_those_of_the_assembled_matrix(oracle):
    k, _, mass, conductors = of_bodies()
    matrix = oracle.scalar_matrix(GRID.shape, GRID.spacing, k, np.zeros(GRID.nodes)).toarray() + np.diag(mass.ravel())
    body = nodal_bodies(conductors).ravel()
    Z = (body[:, None] == np.arange(1, body.max() + 1)).astype(float)
    # sums of thousands of entries of 1e4 cancel in Z^T A Z: their round-off is 1e-10
    np.testing.assert_allclose(conductors.factor.solve(Z.T @ matrix @ Z), np.eye(2), atol=1e-9)


def test_balance_leaves_no_net_current():
    k, fixed, mass, conductors = of_bodies()
    lines, current = Lines(GRID.nodes, 1), np.random.default_rng(1).normal(size=GRID.nodes) * ~fixed
    potential = lines.zeros(float)
    conductors.balance(lines.pack(current[..., None], float), potential)
    raised, body = lines.unpack(potential)[..., 0], nodal_bodies(conductors)
    entering = currents(k, raised) + mass * raised
    for number in range(1, body.max() + 1):
        inside = body == number
        assert np.ptp(raised[inside]) == 0.0
        # round-off of currents of 1e4
        np.testing.assert_allclose(entering[inside].sum(), current[inside].sum(), atol=1e-9)


def currents(k, potential):
    """A x cell by cell."""
    total, corners = np.zeros(GRID.nodes), list(np.ndindex(2, 2, 2))
    views = [tuple(slice(c, c + n) for c, n in zip(corner, GRID.shape, strict=True)) for corner in corners]
    for a, here in enumerate(views):
        total[here] += GRID.spacing * k * sum(ELEMENT[a, b] * potential[there] for b, there in enumerate(views))
    return total


def test_no_floating_body_is_none():
    k, fixed = bodies()
    assert find_floating_conductors(GRID, k, np.zeros(GRID.nodes), ELEMENT, np.ones_like(fixed)) is None


def test_potentials_of_close_bodies_agree_with_the_direct_solver(oracle):
    k, fixed = bodies()
    grid, k = Grid((16, 16, 16), 0.5), np.pad(np.where(k > 1.0, 1e7, 1.0), [(0, 4), (0, 6), (0, 2)], mode="edge")
    fixed = np.zeros(grid.nodes, dtype=bool)
    fixed[..., [0, -1]] = True
    random = np.random.default_rng(2)
    rhs, x0, zero = random.normal(size=grid.nodes), random.normal(size=grid.nodes), np.zeros(grid.nodes)
    solution = solve_scalar(grid, k, zero, rhs, fixed, x0, rtol=1e-11)
    expected = oracle.direct_scalar(grid, k, zero, rhs, fixed, x0)
    # both solvers do better by 2 digits even at contrast 1e7
    assert np.abs(solution.x - expected).max() <= 1e-8 * np.abs(expected).max()
