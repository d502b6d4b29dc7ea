"""PFHub benchmark 7 (Allen-Cahn with a manufactured solution), part (a): orders of accuracy in space and in time.

Problem statement: PFHub, https://pages.nist.gov/pfhub/benchmarks/benchmark7.ipynb (read in repository usnistgov/pfhub,
commit cecb594):

    d(eta)/dt = -[4 eta (eta - 1)(eta - 1/2) - kappa lap(eta)] + S,   0 <= x <= 1,  0 <= y <= 1/2,  0 <= t <= 8
    eta_sol = 1/2 [1 - tanh((y - a)/sqrt(2 kappa))],   a = 1/4 + A1 t sin(B1 x) + A2 sin(B2 x + C2 t)
    kappa = 0.0004, A1 = 0.0075, B1 = 8 pi, A2 = 0.03, B2 = 22 pi, C2 = 0.0625 pi

periodic in x, eta = 1 at y = 0 and eta = 0 at y = 1/2, and eta_sol(t = 0) at the start. Asked for: the L2 error at
t = 8 for at least three meshes and three constant time steps with errors between 1e-4 and 5e-3, and the orders.

The equation is the one of ``selflimit.mesoscale.equations.front`` with W = L_sigma = 1 and no charge transfer; S is its
explicit load. The solver's boundaries carry no flux. In x the domain is therefore continued by 1/2 at both ends, and
after every step the margins get the values of their periodic images: what the far ends do wrong in a step of effective
length h decays with exp(-1/2/sqrt(kappa h)), 1e-8 for the longest one here. In y the front stays five widths away from
both sides, where no flux and the given values differ by 1e-5 (``beyond`` continues y too: the error changes in the
fourth digit, see tests).

Errors in time between 1e-4 and 5e-3 need steps of 0.7 to 3, of the order of the interface's own time 1/W = 1: there
the observed order is still below 2. ``temporal_part`` is the distance to the solution with a quarter of the shortest
step on the same mesh, at steps below 1/4: the asymptotic order, without the error in space.

Parts (b) and (c): ``benchmark7_cost``.

Run ``python benchmark7.py [--quick] [--out FOLDER]``; writes spatial.csv, temporal.csv and temporal_part.csv.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from marching import write_table

from selflimit.arrays import FloatArray
from selflimit.mesoscale import Charge, Front, Grid, InterfaceParameters, Moment, backward_difference, extrapolate

A1, B1, A2, B2 = 0.0075, 8.0 * np.pi, 0.03, 22.0 * np.pi
HEIGHT, END = 0.5, 8.0


@dataclass(frozen=True)
class Problem:
    """The manufactured problem; parts (b) and (c) have other ``kappa`` and ``c2``."""

    kappa: float = 0.0004
    c2: float = 0.0625 * np.pi

    def position(self, x: FloatArray, t: float) -> FloatArray:
        """Where the interface is, a(x, t)."""
        return np.asarray(0.25 + A1 * t * np.sin(B1 * x) + A2 * np.sin(B2 * x + self.c2 * t))

    def profile(self, x: FloatArray, y: FloatArray, t: float) -> FloatArray:
        """tanh(z), z = (y - a)/sqrt(2 kappa)."""
        return np.asarray(np.tanh((y - self.position(x, t)) / np.sqrt(2.0 * self.kappa)))

    def solution(self, x: FloatArray, y: FloatArray, t: float) -> FloatArray:
        """The manufactured solution."""
        return 0.5 * (1.0 - self.profile(x, y, t))

    def source(self, x: FloatArray, y: FloatArray, t: float) -> FloatArray:
        """S = sech^2(z)/(4 sqrt(kappa)) [sqrt(2)(a_t - kappa a_xx) - 2 sqrt(kappa) tanh(z) a_x^2]."""
        phase = B2 * x + self.c2 * t
        slope = A1 * B1 * t * np.cos(B1 * x) + A2 * B2 * np.cos(phase)
        bend = -A1 * B1**2 * t * np.sin(B1 * x) - A2 * B2**2 * np.sin(phase)
        speed = A1 * np.sin(B1 * x) + A2 * self.c2 * np.cos(phase)
        tanh = self.profile(x, y, t)
        drive = np.sqrt(2.0) * (speed - self.kappa * bend) - 2.0 * np.sqrt(self.kappa) * tanh * slope**2
        return np.asarray(drive * (1.0 - tanh**2) / (4.0 * np.sqrt(self.kappa)))


@dataclass(frozen=True)
class Strip:
    """The grid: ``cells`` per unit length, ``margin`` cells more at both ends of x, ``rows`` cells of y around 1/4."""

    cells: int
    margin: int
    rows: int

    @property
    def grid(self) -> Grid:
        """Grid of the solver."""
        return Grid((self.cells + 2 * self.margin, self.rows), 1.0 / self.cells)

    @property
    def axes(self) -> tuple[FloatArray, FloatArray]:
        """x and y of the nodes, of the shapes (n, 1) and (1, m)."""
        nx, ny = self.grid.nodes
        x, y = np.arange(nx) - self.margin, np.arange(ny) - 0.5 * self.rows
        return x[:, None] / self.cells, 0.5 * HEIGHT + y[None, :] / self.cells

    def periodic(self, field: FloatArray) -> FloatArray:
        """The field with the margins renewed by their periodic images."""
        inner = field[self.margin : self.margin + self.cells]
        return np.pad(inner, ((self.margin, self.margin + 1), (0, 0)), mode="wrap")

    def published(self, field: FloatArray) -> FloatArray:
        """The part on 0 <= x < 1, 0 <= y <= 1/2; x = 1 is x = 0."""
        inside = np.abs(self.axes[1][0] - 0.5 * HEIGHT) < 0.5 * HEIGHT + 1e-9
        return field[self.margin : self.margin + self.cells, inside]


def error_at_end(problem: Problem, strip: Strip, steps: int, tolerance: float = 1e-7) -> FloatArray:
    """Error of eta at t = 8 on the published domain, after ``steps`` equal steps."""
    grid, (x, y) = strip.grid, strip.axes
    width = np.sqrt(problem.kappa / 2.0)  # with W = 1; gamma = w W/3
    without_units = {"interface_width": width, "surface_energy": width / 3.0, "surface_mobility": 1.0}
    p = InterfaceParameters().model_copy(update=without_units)
    one, zero = np.ones(grid.nodes), np.zeros(grid.nodes)
    front, none = Front(grid, p), Charge(zero, zero)
    past = [Moment(0.0, problem.solution(x, y, 0.0), one, one)]
    for time in np.linspace(0.0, END, steps + 1)[1:]:
        difference = backward_difference(past, time - past[0].time, 2)
        guess, load = extrapolate(past[:2], time, "xi"), problem.source(x, y, time)
        found = front.step(difference.base, one, none, load, difference.length, tolerance, guess)
        past = [Moment(time, strip.periodic(found.xi), one, one), past[0]]
    return strip.published(past[0].xi - problem.solution(x, y, END))


def whole_domain(cells: int, beyond: int = 0) -> Strip:
    """All of 0 <= y <= 1/2 and ``beyond`` cells more on both sides; 1/2 more at both ends of x."""
    return Strip(cells, cells // 2, cells // 2 + 2 * beyond)


def l2_norm(error: FloatArray) -> float:
    """sqrt(sum error^2 dx dy)."""
    return float(np.sqrt((error**2).sum()) / len(error))


def order(sizes: FloatArray, errors: FloatArray) -> float:
    """Least-squares slope of log(error) over log(size)."""
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


def main(quick: bool = False, out: Path = Path("pfhub-benchmark7")) -> dict[str, float]:
    """Write and print the tables of part (a); return the observed orders of accuracy."""
    meshes, fine_steps = ((96, 128, 192), 64) if quick else ((128, 192, 256, 384, 512, 768), 128)
    counts, fine_mesh = ((4, 8), 256) if quick else ((3, 4, 6, 8, 12), 512)
    part_counts, part_mesh = (32, 64, 128), 64 if quick else 128
    problem, part_strip = Problem(), whole_domain(part_mesh)
    last = error_at_end(problem, part_strip, 4 * part_counts[-1])
    tables = {
        "spatial": [(1.0 / cells, l2_norm(error_at_end(problem, whole_domain(cells), fine_steps))) for cells in meshes],
        "temporal": [(END / steps, l2_norm(error_at_end(problem, whole_domain(fine_mesh), steps))) for steps in counts],
        "temporal_part": [(END / n, l2_norm(error_at_end(problem, part_strip, n) - last)) for n in part_counts],
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
