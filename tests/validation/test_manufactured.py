"""Manufactured solutions: the discretisation must show its design order, 2 in the largest error."""

from itertools import product

import numpy as np
import pytest

from selflimit.mesoscale import Grid, solve_elastic, solve_scalar


def scalar_error(cells, dimension):
    """u = prod cos(n pi x_n) with k = 2 + prod x, r = 1 + x_0, no flux on any side."""
    grid = Grid((cells,) * dimension, 1.0 / cells)
    x, centre = np.stack(grid.node_coordinates()), np.stack(grid.cell_centres())
    waves = np.pi * np.arange(1, dimension + 1)
    c, s = (f(waves[(...,) + (None,) * dimension] * x) for f in (np.cos, np.sin))
    exact = c.prod(axis=0)
    mixed = sum(  # grad k . grad u
        np.delete(x, n, axis=0).prod(axis=0) * -waves[n] * s[n] * np.delete(c, n, axis=0).prod(axis=0)
        for n in range(dimension)
    )
    load = (2.0 + x.prod(axis=0)) * (waves**2).sum() * exact - mixed + (1.0 + x[0]) * exact
    nowhere = np.zeros(grid.nodes, dtype=bool)
    k, rhs = 2.0 + centre.prod(axis=0), load * grid.node_volumes()
    return np.abs(solve_scalar(grid, k, 1.0 + x[0], rhs, nowhere, np.zeros(grid.nodes)).x - exact).max()


def elastic_error(cells, dimension):
    """u_a = prod_b sin((1 + [a = b]) pi x_b), lam = 2, mu = 1, clamped."""
    grid, lam, mu = Grid((cells,) * dimension, 1.0 / cells), 2.0, 1.0
    x = np.stack(grid.node_coordinates())
    n = np.pi * (1.0 + np.eye(dimension))  # wave number of u_a along b

    def derivative(a, *axes):
        factors = []
        for b in range(dimension):
            order = axes.count(b)
            factors.append(n[a, b] ** order * np.sin(n[a, b] * x[b] + 0.5 * np.pi * order))
        return np.prod(factors, axis=0)

    exact, force = np.zeros((*grid.nodes, dimension)), np.zeros((*grid.nodes, dimension))
    for a in range(dimension):
        exact[..., a] = derivative(a)
    for a, b in product(range(dimension), repeat=2):
        force[..., a] -= (lam + mu) * derivative(b, a, b) + mu * derivative(a, b, b)
    fixed = np.zeros(exact.shape, dtype=bool)
    for axis in range(dimension):
        np.moveaxis(fixed, axis, 0)[[0, -1]] = True
    one, rhs = np.ones(grid.shape), force * grid.node_volumes()[..., None]
    return np.abs(solve_elastic(grid, lam * one, mu * one, rhs, fixed, np.zeros_like(rhs)).x - exact).max()


@pytest.mark.parametrize("error", [scalar_error, elastic_error])
@pytest.mark.parametrize(("dimension", "sizes", "band"), [(2, (16, 32, 64), 0.05), (3, (8, 16, 32), 0.15)])
def test_second_order(rate, error, dimension, sizes, band):
    observed = rate(sizes, [error(cells, dimension) for cells in sizes])
    # the next term of the error expansion is O(h^4): (pi h)^2 of the leading one, more on the coarser grids of 3-D
    assert observed == pytest.approx(2.0, abs=band)
