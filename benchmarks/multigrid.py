"""Iterations and times of the multigrid solvers beside SciPy's sparse direct solver, in the same run.

    python benchmarks/multigrid.py            # 64 to 1024 cells a side, direct solver up to 256
    python benchmarks/multigrid.py 64 128     # these sizes only

The medium is a conductor with thin branches in a poor one (contrast 1e7), and for mechanics the same shape as a soft
metal (5 GPa, nu 0.42) in a stiff matrix (50 GPa, nu 0.30) with an eigenstrain of 1e-3. Times are wall seconds after a
first call that compiles. "difference" is the largest difference to the direct solution over its largest value.
"""

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np

from selflimit.mesoscale.elasticity import eigenstress, lame, nodal_forces, roller_box
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.multigrid import solve_elastic, solve_scalar

DIRECT_UP_TO = 256


def load_oracle():
    path = Path(__file__).parents[1] / "tests" / "mesoscale" / "sparse_oracle.py"
    spec = importlib.util.spec_from_file_location("sparse_oracle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def branches(grid):
    x, y = (c / size for c, size in zip(grid.cell_centres(), grid.size, strict=True))
    metal = y < 0.2 + 0.1 * np.sin(9.0 * x)
    for cx, cy, radius in np.random.default_rng(1).uniform(0.0, 1.0, (12, 3)):
        metal |= np.hypot(x - cx, y - cy) < 0.08 * radius
        metal |= (abs(x - cx + 0.1 * np.sin(10.0 * y + 6.0 * radius)) < 0.01) & (y < 0.8 * cy)
    return metal


def potential(cells):
    grid = Grid((cells, cells), 1e-7)
    fixed, x0 = np.zeros(grid.nodes, dtype=bool), np.zeros(grid.nodes)
    fixed[:, [0, -1]] = True
    x0[:, 0] = -0.1
    return grid, np.where(branches(grid), 1e7, 1.0), np.zeros(grid.nodes), np.zeros(grid.nodes), fixed, x0


def mechanics(cells):
    grid = Grid((cells, cells), 1e-7)
    metal = branches(grid)
    lam, mu = lame(np.where(metal, 5e9, 50e9), np.where(metal, 0.42, 0.3))
    load = nodal_forces(grid, eigenstress(lam, mu, 1e-3 * metal[..., None] * np.ones(3)))
    return grid, lam, mu, load, roller_box(grid), np.zeros((*grid.nodes, 2))


def timed(function, arguments):
    begin = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - begin


def row(name, cells, problem, solve, direct):
    arguments = problem(cells)
    solution, seconds = timed(solve, arguments)
    line = f"{name:10} {cells:5} {solution.iterations:11} {solution.residual:9.1e} {seconds:12.3f}"
    if cells <= DIRECT_UP_TO:
        reference, direct_seconds = timed(direct, arguments)
        line += f" {direct_seconds:9.3f} {np.abs(solution.x - reference).max() / np.abs(reference).max():10.1e}"
    print(line, flush=True)


def main(sizes):
    oracle = load_oracle()
    problems = (
        ("potential", potential, solve_scalar, oracle.direct_scalar),
        ("mechanics", mechanics, solve_elastic, oracle.direct_elastic),
    )
    for name, problem, solve, _ in problems:
        print(f"{name}: first call, with compilation or its cache: {timed(solve, problem(16))[1]:.2f} s")
    print(
        f"{'problem':10} {'cells':>5} {'iterations':>11} {'residual':>9} {'multigrid/s':>12}"
        f" {'direct/s':>9} {'difference':>10}"
    )
    for cells in sizes:
        for name, problem, solve, direct in problems:
            row(name, cells, problem, solve, direct)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [64, 128, 256, 512, 1024])
