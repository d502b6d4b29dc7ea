"""PFHub benchmark 4 (elastic precipitate): the shape that interfacial and elastic energy agree on.

Problem statement: PFHub, https://pages.nist.gov/pfhub/benchmarks/benchmark4.ipynb (read in repository usnistgov/pfhub,
commit 0eca74f), after Jokisaari et al. 2018, doi:10.1016/j.commatsci.2018.03.015:

    d(eta)/dt = div(M grad mu),   mu = f_bulk' + d(f_el)/d(eta) - kappa lap(eta),   div(sigma) = 0
    f_bulk = w sum_j a_j eta^j,   f_el = 1/2 sigma : eps_el,   sigma = C(eta) : eps_el,   eps_el = eps(u) - h(eta) eps_T
    C(eta) = C_matrix (1 - h) + C_precip h,   h = eta^3 (6 eta^2 - 15 eta + 10),   eps_T = 0.005 (11 and 22)
    kappa = 0.29 aJ/nm, w = 0.1 aJ/nm^3, M = 5, cubic C_matrix: C1111, C1122, C1212 = 250, 150, 100 aJ/nm^3

a disc of radius r (a to d) or an ellipse r/0.9, 0.9 r (e to h), r = 20 nm in (400 nm)^2 or 75 nm in (1500 nm)^2, matrix
at eta = 0.0065 or 0.005, no flux, no stress on the outside; C_precip = C_matrix or (c, d, g, h) 1.1 C_matrix; until
equilibrium. Asked for over time: lengths a_10, a_01, a_d from the centre to eta = 1/2, elastic, gradient and total free
energy, and the area int eta dV; at the end: the contour eta = 1/2.

The start is its own mirror image in both axes, and so is what follows: one quarter is solved, with rollers on the axes,
which also are the restraints of the statement, and the energies are counted four times. The angle of a_d is that of
tan = a_01/a_10. The statement gives the profile of the start by its width only (5 nm between 0.05 and 0.95); taken is
1/2 [1 - tanh(d/(2 l))], l = 5 nm/(2 ln 19), d the distance to the circle, or (to first order) to the ellipse.

eta is stepped by ``cahn_hilliard``. The solver's elasticity is isotropic and the benchmark's cubic: displacements come
from conjugate gradients with the cubic Q1 stiffness, preconditioned by the multigrid for the isotropic medium with
lam = C1122 and mu = (C1111 - C1122)/2, from which C1212 differs by a factor of 2: some ten iterations on any grid.

Run ``python benchmark4.py [--variant a] [--quick] [--out FOLDER]``; writes all_data.csv and contour.csv.
"""

import argparse
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
from cahn_hilliard import CahnHilliard
from marching import march, write_table
from numpy.polynomial import Polynomial
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale import Grid, cell_strain, solve_elastic, switch, switch_slope

WELL = 0.1 * Polynomial([0, 0, 8.072789087, -81.24549382, 408.0297321, -1244.129167, 2444.046270, -3120.635139,
                         2506.663551, -1151.003178, 230.2006355])  # fmt: skip
KAPPA, MOBILITY, MISFIT, WIDTH = 0.29, 5.0, 0.005, 5.0
C11, C12, C44 = 250.0, 150.0, 100.0


@dataclass(frozen=True)
class Variant:
    """One of the eight problems."""

    radius: float
    ratio: float
    """a_10 and a_01 are radius/ratio and radius times ratio."""
    stiffening: float
    """C_precip/C_matrix."""

    @property
    def side(self) -> float:
        """Edge of the whole domain (nm)."""
        return 400.0 if self.radius == 20.0 else 1500.0

    @property
    def matrix(self) -> float:
        """Initial order parameter of the matrix."""
        return 0.0065 if self.radius == 20.0 else 0.005


VARIANTS = {
    name: Variant(radius, ratio, stiffening)
    for name, (ratio, stiffening, radius) in zip("abcdefgh", product((1.0, 0.9), (1.0, 1.1), (20.0, 75.0)), strict=True)
}


@dataclass(frozen=True)
class CubicSolid:
    """Plane strain of a cubic solid on the quarter, its stiffness a multiple of C_matrix in every cell."""

    grid: Grid

    @cached_property
    def fixed(self) -> FloatArray:
        """Rollers on the two axes; the other sides are free. Shape ``nodes + (2,)``."""
        fixed = np.zeros((*self.grid.nodes, 2), dtype=bool)
        fixed[0, :, 0], fixed[:, 0, 1] = True, True
        return fixed

    @cached_property
    def incidence(self) -> FloatArray:
        """Unknowns (node, component) of each cell, shape (cells, 8)."""
        number = np.arange(np.prod(self.grid.nodes)).reshape(self.grid.nodes)
        corners = np.stack([number[i : i - 1 or None, j : j - 1 or None].ravel() for i in (0, 1) for j in (0, 1)], -1)
        return (2 * corners[..., None] + np.arange(2)).reshape(len(corners), 8)

    def solve(self, factor: FloatArray, strain: FloatArray, guess: FloatArray) -> FloatArray:
        """Displacement (nm) under the eigenstrain ``strain`` (11 and 22); both fields per cell, shape ``shape``."""
        free = ~self.fixed.ravel()
        stiffness = self._matrix(factor)[free][:, free]
        load = self._load((C11 + C12) * factor * strain).ravel()[free]
        isotropic = [np.broadcast_to(value, self.grid.shape) * factor for value in (C12, 0.5 * (C11 - C12))]

        def precondition(forces: FloatArray) -> FloatArray:
            full = np.zeros(free.size)
            full[free] = forces
            full, none = full.reshape(self.fixed.shape), np.zeros(self.fixed.shape)
            return solve_elastic(self.grid, *isotropic, full, self.fixed, none, 1e-3).x.ravel()[free]

        operator = LinearOperator(stiffness.shape, matvec=precondition, dtype=float)
        x = np.zeros(free.size)
        x[free], failed = cg(stiffness, load, guess.ravel()[free], rtol=1e-6, M=operator, maxiter=60)
        if failed:
            raise ConvergenceError("cubic elasticity did not converge in 60 iterations")
        return x.reshape(guess.shape)

    def _matrix(self, factor: FloatArray) -> sparse.csr_matrix:
        rows, columns = np.repeat(self.incidence, 8, 1).ravel(), np.tile(self.incidence, (1, 8)).ravel()
        values = (factor.ravel()[:, None] * _cubic_element().ravel()).ravel()
        return sparse.coo_matrix((values, (rows, columns))).tocsr()

    def _load(self, stress: FloatArray) -> FloatArray:
        """Nodal forces of an isotropic in-plane stress per cell, shape ``nodes + (2,)``."""
        forces = np.zeros(self.fixed.shape)
        for i, j in product((0, 1), repeat=2):
            at = np.s_[i : i - 1 or None, j : j - 1 or None]
            forces[at] += 0.5 * self.grid.spacing * stress[..., None] * (2.0 * np.array([i, j]) - 1.0)
        return forces


def _cubic_element() -> FloatArray:
    """Q1 stiffness of a square of C_matrix, two Gauss points a side: unknowns (corner, component)."""
    total, gauss = np.zeros((8, 8)), 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0)
    moduli = np.array([[C11, C12, 0.0], [C12, C11, 0.0], [0.0, 0.0, C44]])
    for x, y in product(gauss, repeat=2):
        dx = np.array([y - 1.0, -y, 1.0 - y, y])  # corners 00, 01, 10, 11
        dy = np.array([x - 1.0, 1.0 - x, -x, x])
        b = np.zeros((3, 8))
        b[0, 0::2], b[1, 1::2], b[2, 0::2], b[2, 1::2] = dx, dy, dy, dx
        total += 0.25 * b.T @ moduli @ b
    return total


class Precipitate:
    """Cahn-Hilliard with the elastic part of mu; keeps the last displacement as the next first guess."""

    def __init__(self, variant: Variant, grid: Grid):
        self.variant, self.grid, self.solid = variant, grid, CubicSolid(grid)
        self.displacement = np.zeros((*grid.nodes, 2))
        slope, curvature = WELL.deriv(), WELL.deriv(2)
        self.equation = CahnHilliard(grid, MOBILITY, KAPPA, slope, curvature, self.elastic_slope)

    def start(self) -> FloatArray:
        """The published initial order parameter on the quarter."""
        v, (x, y) = self.variant, self.grid.node_coordinates()
        a, b = v.radius / v.ratio, v.radius * v.ratio
        reach = np.maximum(np.hypot(x / a, y / b), 1e-12)
        distance = (reach - 1.0) * reach / np.maximum(np.hypot(x / a**2, y / b**2), 1e-12)
        profile = 0.5 * (1.0 - np.tanh(distance * np.log(19.0) / WIDTH))
        return np.asarray(v.matrix + (1.0 - v.matrix) * profile)

    def elastic_state(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Elastic strain (11, 22, 2 x 12) and the stress of C_matrix that belongs to it, and C/C_matrix, per cell."""
        h = self.grid.to_cells(switch(eta))
        factor = 1.0 + (self.variant.stiffening - 1.0) * h
        self.displacement = self.solid.solve(factor, MISFIT * h, self.displacement)
        total = cell_strain(self.grid, self.displacement)
        strain = np.stack([total[..., 0] - MISFIT * h, total[..., 1] - MISFIT * h, 2.0 * total[..., 3]])
        normal = [C11 * strain[i] + C12 * strain[1 - i] for i in (0, 1)]
        return strain, np.stack([*normal, C44 * strain[2]]), factor

    def elastic_energy(self, eta: FloatArray) -> float:
        """int f_el over the quarter, at the cell centres."""
        strain, stress, factor = self.elastic_state(eta)
        return float(0.5 * (factor * (strain * stress).sum(axis=0)).sum() * self.grid.cell_volume)

    def elastic_slope(self, eta: FloatArray) -> FloatArray:
        """d(f_el)/d(eta) = h' {1/2 eps_el : (C_precip - C_matrix) : eps_el - sigma : eps_T}."""
        strain, stress, factor = self.elastic_state(eta)
        stiffer = 0.5 * (self.variant.stiffening - 1.0) * (strain * stress).sum(axis=0)
        per_h = stiffer - factor * MISFIT * (stress[0] + stress[1])
        return np.asarray(switch_slope(eta) * self.grid.to_nodes(per_h))

    def measures(self, eta: FloatArray) -> list[float]:
        """a_01, a_10, a_d, elastic, gradient and total free energy, area; of the whole domain."""
        a_10, a_01 = (self._reach(eta, angle) for angle in (0.0, 0.5 * np.pi))
        a_d = self._reach(eta, np.arctan2(a_01, a_10))
        elastic, gradient = 4.0 * self.elastic_energy(eta), 4.0 * self.equation.gradient_energy(eta)
        total = elastic + gradient + 4.0 * self.grid.integrate(WELL(eta))
        return [a_01, a_10, a_d, elastic, gradient, total, 4.0 * self.grid.integrate(eta)]

    def contour(self, eta: FloatArray, points: int = 90) -> list[tuple[float, float]]:
        """The contour eta = 1/2 of the first quadrant, from the [10] to the [01] axis (nm)."""
        angles = np.linspace(0.0, 0.5 * np.pi, points + 1)
        return [(r * np.cos(a), r * np.sin(a)) for a in angles for r in [self._reach(eta, a)]]

    def _reach(self, eta: FloatArray, angle: float) -> float:
        """Distance from the centre to eta = 1/2 along a ray (nm), by bilinear interpolation."""
        distance = np.arange(0.0, 2.0 * self.variant.radius, 0.1 * self.grid.spacing)
        along = _bilinear(
            eta, distance * np.cos(angle) / self.grid.spacing, distance * np.sin(angle) / self.grid.spacing
        )
        last = int(np.flatnonzero(along >= 0.5)[-1])
        step = (along[last] - 0.5) / (along[last] - along[last + 1])
        return float(distance[last] + step * (distance[last + 1] - distance[last]))


def _bilinear(field: FloatArray, i: FloatArray, j: FloatArray) -> FloatArray:
    m, n = i.astype(int), j.astype(int)
    p, q = i - m, j - n
    low = (1.0 - p) * field[m, n] + p * field[m + 1, n]
    return np.asarray((1.0 - q) * low + q * ((1.0 - p) * field[m, n + 1] + p * field[m + 1, n + 1]))


def main(variant: str = "a", quick: bool = False, out: Path = Path("pfhub-benchmark4")) -> dict[str, float]:
    """Write both tables; return the first and last total free energy and the last lengths."""
    problem = VARIANTS[variant]
    # the quarter in cells of 1 nm, 1.17 nm for the larger; the interface is 5 nm wide
    cells = {200.0: 100 if quick else 200, 750.0: 640}[0.5 * problem.side]
    precipitate = Precipitate(problem, Grid((cells, cells), 0.5 * problem.side / cells))
    times = [0.0, *np.geomspace(0.1, 4.0 if quick else 1e5, 6 if quick else 120)]
    columns = ("time", "a_01", "a_10", "a_d", "elastic_free_energy", "gradient_free_energy", "total_free_energy",
               "precipitate_area")  # fmt: skip
    rows, tolerance = [], 1e-2 if quick else 1e-3

    def step(difference, _time, guess):
        return precipitate.equation.step(difference, guess, 1e-5)

    for time, eta in march(step, precipitate.start(), times, tolerance, 1e-3):
        rows.append([time, *precipitate.measures(eta)])
        print(", ".join(f"{name} {value:.6g}" for name, value in zip(columns, rows[-1], strict=True)), flush=True)
        if len(rows) > 40 and _settled(rows):
            break
    write_table(out / "all_data.csv", columns, rows)
    write_table(out / "contour.csv", ("x", "y"), precipitate.contour(eta))
    last = dict(zip(columns, rows[-1], strict=True))
    return {"F at start": rows[0][6], "F at end": last["total_free_energy"], "a_10": last["a_10"], "a_d": last["a_d"]}


def _settled(rows: list[list[float]]) -> bool:
    """Whether the lengths change by less than 1e-4 of themselves while time grows by a factor of ten."""
    earlier = [row for row in rows if row[0] <= 0.1 * rows[-1][0]][-1]
    return bool(np.allclose(earlier[1:4], rows[-1][1:4], rtol=1e-4))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="PFHub benchmark 4")
    arguments.add_argument("--variant", choices=list(VARIANTS), default="a")
    arguments.add_argument("--quick", action="store_true", help="coarse grid and the first 4 time units, seconds")
    arguments.add_argument("--out", type=Path, default=Path("pfhub-benchmark4"), help="folder of the CSV files")
    main(**vars(arguments.parse_args()))
