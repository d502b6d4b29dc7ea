"""PFHub benchmark 7 (Allen-Cahn with a manufactured solution), part (a): orders of accuracy in space and in time.

Problem statement: PFHub, https://pages.nist.gov/pfhub/benchmarks/benchmark7.ipynb (read in repository usnistgov/pfhub,
commit cecb594):

    d(eta)/dt = -[4 eta (eta - 1)(eta - 1/2) - kappa lap(eta)] + S,   0 <= x <= 1,  0 <= y <= 1/2,  0 <= t <= 8
    eta_sol = 1/2 [1 - tanh((y - a)/sqrt(2 kappa))],   a = 1/4 + A1 t sin(B1 x) + A2 sin(B2 x + C2 t)
    kappa = 0.0004, A1 = 0.0075, B1 = 8 pi, A2 = 0.03, B2 = 22 pi, C2 = 0.0625 pi

periodic in x, eta = 1 at y = 0 and eta = 0 at y = 1/2, and eta_sol(t = 0) at the start. Asked for: the L2 error at
t = 8 for at least three meshes and three constant time steps with errors between 1e-4 and 5e-3, and the orders.

The equation is the one of ``selflimit.mesoscale.front`` with W = L_sigma = 1 and no charge transfer; S is its explicit
load. The solver's boundaries carry no flux. In x the domain is therefore continued periodically by 1/2 on both sides:
what the far ends do wrong reaches the published domain with exp(-(1/2)^2/(4 kappa t)) = 3e-9. In y the front stays
five widths away from both sides, where no flux and the given values differ by 1e-5 (``beyond`` continues y too: the
error changes in the fourth digit, see tests).

Errors in time between 1e-4 and 5e-3 need steps of 0.7 to 3, of the order of the interface's own time 1/W = 1: there
the observed order is still below 2. ``temporal_part`` is the distance to the solution with a quarter of the shortest
step on the same mesh, at steps below 1/4: the asymptotic order, without the error in space.

Run ``python benchmark7.py [--quick] [--out FOLDER]``; writes spatial.csv, temporal.csv and temporal_part.csv.
"""

import argparse
from pathlib import Path

import numpy as np
from marching import write_table

from selflimit.mesoscale.electrochemistry import Charge
from selflimit.mesoscale.front import Front
from selflimit.mesoscale.grid import Array, Grid
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.time_stepping import Moment, backward_difference, extrapolate

KAPPA, A1, B1, A2, B2, C2 = 0.0004, 0.0075, 8.0 * np.pi, 0.03, 22.0 * np.pi, 0.0625 * np.pi
END = 8.0
MARGIN = 0.5


def solution(x: Array, y: Array, t: float) -> Array:
    """The manufactured solution."""
    return np.asarray(0.5 * (1.0 - np.tanh((y - position(x, t)) / np.sqrt(2.0 * KAPPA))))


def position(x: Array, t: float) -> Array:
    """Where the interface is, a(x, t)."""
    return np.asarray(0.25 + A1 * t * np.sin(B1 * x) + A2 * np.sin(B2 * x + C2 * t))


def source(x: Array, y: Array, t: float) -> Array:
    """S = sech^2(z)/(4 sqrt(kappa)) [sqrt(2)(a_t - kappa a_xx) - 2 sqrt(kappa) tanh(z) a_x^2]."""
    z = (y - position(x, t)) / np.sqrt(2.0 * KAPPA)
    slope = A1 * B1 * t * np.cos(B1 * x) + A2 * B2 * np.cos(B2 * x + C2 * t)
    bend = -A1 * B1**2 * t * np.sin(B1 * x) - A2 * B2**2 * np.sin(B2 * x + C2 * t)
    speed = A1 * np.sin(B1 * x) + A2 * C2 * np.cos(B2 * x + C2 * t)
    drive = np.sqrt(2.0) * (speed - KAPPA * bend) - 2.0 * np.sqrt(KAPPA) * np.tanh(z) * slope**2
    return np.asarray(drive / np.cosh(z) ** 2 / (4.0 * np.sqrt(KAPPA)))


def error_at_end(cells: int, steps: int, beyond: float = 0.0) -> Array:
    """Error of eta at t = 8 on the published domain, with ``cells`` per unit length and ``steps`` equal steps."""
    grid = Grid((2 * cells, round((0.5 + 2.0 * beyond) * cells)), 1.0 / cells)
    x, y = (axis - shift for axis, shift in zip(grid.node_coordinates(), (MARGIN, beyond), strict=True))
    width = np.sqrt(KAPPA / 2.0)  # with W = 1; gamma = w W/3
    p = InterfaceParameters(interface_width=width, surface_energy=width / 3.0, surface_mobility=1.0)
    front, none, one = Front(grid, p), Charge(np.zeros_like(x), np.zeros_like(x)), np.ones_like(x)
    past = [Moment(0.0, solution(x, y, 0.0), one, one)]
    for time in np.linspace(0.0, END, steps + 1)[1:]:
        difference = backward_difference(past, time - past[0].time, 2)
        guess = extrapolate(past[:2], time, "xi")
        found = front.step(difference.base, one, none, source(x, y, time), difference.length, 1e-7, guess)
        past = [Moment(time, found.xi, one, one), past[0]]
    left, low = round(MARGIN * cells), round(beyond * cells)
    error = past[0].xi - solution(x, y, END)
    return np.asarray(error[left : left + cells, low : low + cells // 2 + 1])  # x = 1 is x = 0


def l2_norm(error: Array) -> float:
    """sqrt(sum error^2 dx dy)."""
    return float(np.sqrt((error**2).sum()) / len(error))


def order(sizes: Array, errors: Array) -> float:
    """Least-squares slope of log(error) over log(size)."""
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


def main(quick: bool = False, out: Path = Path("pfhub-benchmark7")) -> dict[str, float]:
    """Write and print the tables of part (a); return the observed orders of accuracy."""
    meshes, fine_steps = ((96, 128, 192), 64) if quick else ((128, 192, 256, 384, 512, 768), 128)
    counts, fine_mesh = ((4, 8), 256) if quick else ((3, 4, 6, 8, 12), 512)
    part_counts, part_mesh = (32, 64, 128), 64 if quick else 128
    last = error_at_end(part_mesh, 4 * part_counts[-1])
    tables = {
        "spatial": [(1.0 / cells, l2_norm(error_at_end(cells, fine_steps))) for cells in meshes],
        "temporal": [(END / steps, l2_norm(error_at_end(fine_mesh, steps))) for steps in counts],
        "temporal_part": [(END / n, l2_norm(error_at_end(part_mesh, n) - last)) for n in part_counts],
    }
    for name, table in tables.items():
        write_table(out / f"{name}.csv", ("h" if name == "spatial" else "dt", "l2_error"), table)
        print(f"{name}: " + ", ".join(f"{size:.5g}: {error:.3e}" for size, error in table))
    found = {name: order(*np.array(table).T) for name, table in tables.items()}
    print("observed orders: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))
    return found


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="PFHub benchmark 7, part (a)")
    arguments.add_argument("--quick", action="store_true", help="coarse meshes, seconds")
    arguments.add_argument("--out", type=Path, default=Path("pfhub-benchmark7"), help="folder of the CSV files")
    main(**vars(arguments.parse_args()))
