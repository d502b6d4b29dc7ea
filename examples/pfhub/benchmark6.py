"""PFHub benchmark 6 (electrochemistry: Cahn-Hilliard with Poisson), domain (a).

Problem statement: PFHub, https://pages.nist.gov/pfhub/benchmarks/benchmark6-hackathon.ipynb (read in repository
usnistgov/pfhub, commit 2ffad9e):

    dc/dt = div(M grad[2 rho (c - ca)(cb - c)(ca + cb - 2 c) - kappa lap(c) + k Phi]),   lap(Phi) = -k c/eps
    F = int kappa/2 |grad c|^2 + rho (c - ca)^2 (cb - c)^2 + k c Phi/2
    ca = 0.3, cb = 0.7, kappa = 2, rho = 5, M = 5, k = 0.09, eps = 90
    c(t = 0) = 0.5 + 0.04 {cos(0.2x) cos(0.11y) + [cos(0.13x) cos(0.087y)]^2 + cos(0.025x - 0.15y) cos(0.07x - 0.02y)}

on 100 x 100 until t = 400, no flux of c and mu on all sides, Phi = 0 on the left, sin(y/7) on the right, no field
through bottom and top. Asked for: F over time; c and Phi at t = 400 along x = 50 and along y = 50.

Phi is solved by the scalar multigrid, c by ``cahn_hilliard``; Phi follows c within every Newton iteration.
Domain (b) ends in a half disc: the structured grid has no curved sides.

Run ``python benchmark6.py [--quick] [--out FOLDER]``; writes free_energy.csv, x_cut_plane.csv and y_cut_plane.csv.
"""

import argparse
from pathlib import Path

import numpy as np
from cahn_hilliard import CahnHilliard
from marching import march, write_table

from selflimit.arrays import FloatArray
from selflimit.mesoscale import Grid, solve_scalar

CA, CB, KAPPA, RHO, MOBILITY, COUPLING, PERMITTIVITY = 0.3, 0.7, 2.0, 5.0, 5.0, 0.09, 90.0
SIDE, END = 100.0, 400.0


def chemical_energy(c: FloatArray) -> FloatArray:
    """Density rho (c - ca)^2 (cb - c)^2."""
    return RHO * (c - CA) ** 2 * (CB - c) ** 2


def slope(c: FloatArray) -> FloatArray:
    """f' = 2 rho (c - ca)(cb - c)(ca + cb - 2c)."""
    return 2.0 * RHO * (c - CA) * (CB - c) * (CA + CB - 2.0 * c)


def curvature(c: FloatArray) -> FloatArray:
    """f'' = 2 rho [(ca + cb - 2c)^2 - 2 (c - ca)(cb - c)]."""
    return 2.0 * RHO * ((CA + CB - 2.0 * c) ** 2 - 2.0 * (c - CA) * (CB - c))


def start(grid: Grid) -> FloatArray:
    """The published initial concentration."""
    x, y = grid.node_coordinates()
    cos = np.cos
    waves = cos(0.2 * x) * cos(0.11 * y) + (cos(0.13 * x) * cos(0.087 * y)) ** 2
    return np.asarray(0.5 + 0.04 * (waves + cos(0.025 * x - 0.15 * y) * cos(0.07 * x - 0.02 * y)))


def potential(grid: Grid, c: FloatArray) -> FloatArray:
    """Phi from lap(Phi) = -k c/eps."""
    y = grid.node_coordinates()[1]
    fixed, given = np.zeros(grid.nodes, dtype=bool), np.zeros(grid.nodes)
    fixed[[0, -1]] = True
    given[-1] = np.sin(y[-1] / 7.0)
    load = COUPLING / PERMITTIVITY * c * grid.node_volumes()
    return solve_scalar(grid, np.ones(grid.shape), np.zeros(grid.nodes), load, fixed, given, 1e-9).x


def energy(equation: CahnHilliard, c: FloatArray) -> float:
    """Free energy F."""
    electric = 0.5 * COUPLING * c * potential(equation.grid, c)
    return equation.gradient_energy(c) + equation.grid.integrate(chemical_energy(c) + electric)


def main(quick: bool = False, out: Path = Path("pfhub-benchmark6")) -> dict[str, float]:
    """Write the three tables; return F and the mean concentration at the start and the end."""
    cells, tolerance, end = (64, 3e-3, 10.0) if quick else (128, 1e-3, END)
    grid = Grid((cells, cells), SIDE / cells)
    equation = CahnHilliard(grid, MOBILITY, KAPPA, slope, curvature, lambda c: COUPLING * potential(grid, c))
    times = [0.0, *np.geomspace(1.0, end, 6 if quick else 120)]
    rows = []
    for time, c in march(lambda d, _, guess: equation.step(d, guess, 1e-5), start(grid), times, tolerance, 1e-3):
        rows.append((time, energy(equation, c)))
        print(f"t = {time:.3f}: F = {rows[-1][1]:.5f}, mean c = {grid.integrate(c) / SIDE**2:.12f}")
    write_table(out / "free_energy.csv", ("time", "free_energy"), rows)
    place, middle, phi = grid.spacing * np.arange(cells + 1), cells // 2, potential(grid, c)
    for name, column, cut in (("x_cut_plane", "y", np.s_[middle]), ("y_cut_plane", "x", np.s_[:, middle])):
        columns = (column, "concentration", "potential")
        write_table(out / f"{name}.csv", columns, zip(place, c[cut], phi[cut], strict=True))
    means = [grid.integrate(field) / SIDE**2 for field in (start(grid), c)]
    return {"F at start": rows[0][1], "F at end": rows[-1][1], "drift of the mean": means[1] - means[0]}


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="PFHub benchmark 6, domain (a)")
    arguments.add_argument("--quick", action="store_true", help="coarse grid and the first 10 time units, seconds")
    arguments.add_argument("--out", type=Path, default=Path("pfhub-benchmark6"), help="folder of the CSV files")
    main(**vars(arguments.parse_args()))
