"""PFHub benchmark 8 (homogeneous nucleation), part (a): one seed below, at and above the critical radius.

Problem statement: PFHub, https://pages.nist.gov/pfhub/benchmarks/benchmark8.ipynb (read in repository usnistgov/pfhub,
commit 4044ad5), after Wu et al. 2021, doi:10.1016/j.commatsci.2021.110371:

    d(phi)/dt = lap(phi) - g'(phi) + Df p'(phi),   g = phi^2 (1 - phi)^2,   p = phi^3 (10 - 15 phi + 6 phi^2)
    F = int 1/2 |grad phi|^2 + g - Df p,   phi(t = 0) = 1/2 [1 - tanh((r - r0)/sqrt(2))]

on 100 x 100 with the seed in the middle and periodic boundaries, Df = sqrt(2)/30 (so r* = 5), r0 = 0.99, 1 and 1.01 r*,
until t = 200. Asked for: solid fraction and F at about 100 times, phi at t = 200, and for 1.01 r* the L2 error at
t = 200 of at least three meshes, each half as coarse as the one before, against the finest.

The equation is the one of ``selflimit.mesoscale.equations.front`` with W = L_sigma = kappa = 1 and a constant charge
transfer that amounts to Df. One seed in the middle is its own mirror image in every side, so periodic boundaries carry
no flux: the solver's. The study of meshes takes one quarter of the square for the same reason.

Parts (b) and (c): ``benchmark8_many_seeds``.

Run ``python benchmark8.py [--quick] [--out FOLDER]``; writes data_1.csv to data_3.csv (time, fraction, energy),
phase_field_1.csv to phase_field_3.csv (x, y, phi) and convergence.csv.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from marching import march, write_table

from selflimit.arrays import FloatArray
from selflimit.mesoscale import Charge, Difference, Front, Grid, InterfaceParameters, switch
from selflimit.units import FARADAY

SIDE, END, CRITICAL = 100.0, 200.0, 5.0
DRIVE = np.sqrt(2.0) / 30.0


def nucleation_front(grid: Grid, drive: float = DRIVE) -> Front:
    """The front with W = kappa = L_sigma = 1 and, at unit concentration and cathodic factor, L_eta = Df."""
    width = 1.0 / np.sqrt(2.0)
    without_units = {"interface_width": width, "surface_energy": width / 3.0, "surface_mobility": 1.0}
    p = InterfaceParameters().model_copy(update=without_units)
    current = drive * 6.0 * FARADAY * p.metal_site_density * width
    return Front(grid, p.model_copy(update={"exchange_current": current}))


def seed(grid: Grid, radius: float, centre: float) -> FloatArray:
    """Diffuse disc of ``radius`` around (centre, centre)."""
    x, y = grid.node_coordinates()
    return np.asarray(0.5 * (1.0 - np.tanh((np.hypot(x - centre, y - centre) - radius) / np.sqrt(2.0))))


def step(front: Front, tolerance: float, difference: Difference, _time: float, guess: FloatArray) -> FloatArray:
    """One step of d(phi)/dt = lap(phi) - g' + Df p', to a last Newton update of ``tolerance``."""
    one, none = np.ones(front.grid.nodes), np.zeros(front.grid.nodes)
    return front.step(difference.base, one, Charge(one, none), none, difference.length, tolerance, guess).xi


def energy(front: Front, phi: FloatArray) -> float:
    """Free energy F."""
    return front.energy(phi) - DRIVE * front.grid.integrate(switch(phi))


def final_field(cells: int, tolerance: float) -> FloatArray:
    """phi at t = 200 of a seed of 1.01 r* in the corner of a quarter with ``cells`` cells a side."""
    front = nucleation_front(Grid((cells, cells), 0.5 * SIDE / cells))
    start = seed(front.grid, 1.01 * CRITICAL, 0.0)
    return list(march(partial(step, front, 1e-7), start, (0.0, END), tolerance, 0.01))[-1][1]


def convergence(meshes: list[int], tolerance: float) -> list[tuple[float, float]]:
    """Mesh size and L2 distance to the finest mesh, over the whole square, without the finest itself."""
    fields = [final_field(cells, tolerance) for cells in meshes]
    rows = []
    for cells, field in zip(meshes[:-1], fields[:-1], strict=True):
        grid = Grid((cells, cells), 0.5 * SIDE / cells)
        stride = meshes[-1] // cells
        rows.append((grid.spacing, 2.0 * np.sqrt(grid.integrate((field - fields[-1][::stride, ::stride]) ** 2))))
    return rows


def main(quick: bool = False, out: Path = Path("pfhub-benchmark8")) -> dict[str, tuple[float, float]]:
    """Write the three series and the study of meshes; return the solid fraction at the start and end of each."""
    cells, tolerance, points = (200, 1e-3, 10) if quick else (400, 2e-5, 200)
    front, found = nucleation_front(Grid((cells, cells), SIDE / cells)), {}
    for number, ratio in enumerate((0.99, 1.0, 1.01), 1):
        start, rows = seed(front.grid, ratio * CRITICAL, 0.5 * SIDE), []
        for time, phi in march(partial(step, front, 1e-7), start, np.linspace(0.0, END, points + 1), tolerance, 0.01):
            rows.append((time, front.grid.integrate(phi) / SIDE**2, energy(front, phi)))
        write_table(out / f"data_{number}.csv", ("time", "fraction", "energy"), rows)
        x, y = (axis.ravel() - 0.5 * SIDE for axis in front.grid.node_coordinates())
        write_table(out / f"phase_field_{number}.csv", ("x", "y", "phi"), zip(x, y, phi.ravel(), strict=True))
        found[f"{ratio} r*"] = rows[0][1], rows[-1][1]
        (_, first, f_first), (_, last, f_last) = rows[0], rows[-1]
        print(f"r0 = {ratio} r*: solid fraction {first:.6f} -> {last:.6f}, F {f_first:.4f} -> {f_last:.4f}")
    meshes = convergence([50, 100] if quick else [50, 100, 200, 400], tolerance)
    write_table(out / "convergence.csv", ("h", "l2_error"), meshes)
    print("L2 distance to the finest mesh: " + ", ".join(f"h = {h:.4g}: {error:.3e}" for h, error in meshes))
    return found


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="PFHub benchmark 8, part (a)")
    arguments.add_argument("--quick", action="store_true", help="coarse meshes, seconds")
    arguments.add_argument("--out", type=Path, default=Path("pfhub-benchmark8"), help="folder of the CSV files")
    main(**vars(arguments.parse_args()))
