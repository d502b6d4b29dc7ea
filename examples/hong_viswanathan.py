"""The dendrite model of Hong and Viswanathan (2018) on its own grid, and on one that resolves its interface.

Z. Hong and V. Viswanathan, Phase-field simulations of lithium dendrite growth with open-source software, ACS Energy
Lett. 3, 1737 (2018), doi:10.1021/acsenergylett.8b01009. Numbers from the input file published with it (lengths in um,
energies in 2.5e6 J/m^3): barrier W = 2.4, gradient coefficient kappa = 0.3, mobility L_sigma = 6.25, rate L_eta = 0.001
1/s, D = 317.9 um^2/s, conductivities 1e6 and 1.19 S/m, nF/RT = 38.69 1/V, overpotential -0.45 V, noise 0.04, 200 x 200
um in 200 x 200 linear elements, front at x = 20 um with the profile of w = sqrt(kappa/2W) = 0.25 um; until 400 s.

So dx = 4 w. This script runs the problem as published (``published``, its first 60 s), and a square of 32 um at
the same dx (``coarse``) and at dx = w (``resolved``), where both are affordable; all else, noise too, is the same.
docs/theory/hong-viswanathan.md discusses the difference, and how the equations differ from the published ones.

Run ``python hong_viswanathan.py [--quick] [--out FOLDER]``; writes one CSV a case and fronts.png.
"""

import argparse
import csv
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale import Grid, GrowthModel, GrowthRun, InterfaceParameters, Microstructure, Numerics, tip_height
from selflimit.progress import Progress
from selflimit.units import FARADAY, MICROMETRE

ENERGY, SITE_DENSITY, WIDTH = 2.5e6, 7.64e4, 0.25 * MICROMETRE
BARRIER, GRADIENT, RATE = 2.4 * ENERGY, 0.3 * ENERGY * MICROMETRE**2, 1.0e-3


class Case(NamedTuple):
    """One run."""

    side: float
    """Edge of the square (um)."""
    cells: int
    """Cells a side."""
    strip: float
    """Height of the front at the start (um)."""
    duration: float
    """Model time (s); the run ends before when lithium comes near the other electrode."""


CASES = {
    "published": Case(200.0, 200, 20.0, 60.0),  # 400 s published; a second of it costs some 10 s of one core
    "coarse": Case(32.0, 32, 5.0, 5.0),
    "resolved": Case(32.0, 128, 5.0, 5.0),
}


def parameters() -> InterfaceParameters:
    """The published numbers in the invariants of this package."""
    source = "Hong and Viswanathan 2018, published input file"
    values = {
        "overpotential": -0.45,
        "interface_width": float(np.sqrt(GRADIENT / (2.0 * BARRIER))),
        "surface_energy": float(np.sqrt(2.0 * GRADIENT * BARRIER)) / 6.0,
        "exchange_current": 6.0 * FARADAY * SITE_DENSITY * RATE * WIDTH,
        "surface_mobility": 6.25 / ENERGY,
        "noise_amplitude": 0.04,
        "metal_site_density": SITE_DENSITY,
        "metal_conductivity": 1.0e6,
        "electrolyte_conductivity": 1.19,
        "electrolyte_diffusivity": 317.9 * MICROMETRE**2,
        "metal_diffusivity": 1.0e-14,  # published: 0
        "mechanical_correction": 0.0,  # published: no mechanics
        "saturation": 1.0e9,  # published: none
    }
    return InterfaceParameters(**values, sources=dict.fromkeys(values, source))


def model(case: Case) -> GrowthModel:
    """The growth model of one case; the stress, which has no effect here, is solved only at the start."""
    grid = Grid((case.cells, case.cells), case.side / case.cells * MICROMETRE)
    numerics = Numerics(allow_unresolved=True, mechanics_change=2.0, first_step=0.01, longest_step=2.0)
    return GrowthModel(parameters(), Microstructure.fine(grid, seed=1), numerics)


def grown(case: Case, outputs: int, progress: Progress) -> GrowthRun:
    """The run of one case with its states at ``outputs`` equal intervals."""
    growth = model(case)
    y = growth.microstructure.grid.node_coordinates()[1]
    xi = 0.5 * (1.0 - np.tanh((y - case.strip * MICROMETRE) / (2.0 * WIDTH)))
    return growth.evolve(xi, np.linspace(0.0, case.duration, outputs + 1), progress)


def series(case: Case, run: GrowthRun) -> list[tuple[float, float, float, float]]:
    """Time (s), tip and mean height of the lithium (um), and length of the front over the width of the domain."""
    grid, rows = model(case).microstructure.grid, []
    for state in run.outputs:
        steep = np.hypot(*np.gradient(state.xi, grid.spacing))
        tip, mean = tip_height(grid.spacing, state.xi), grid.integrate(state.xi) / grid.size[0]
        rows.append((state.time, tip / MICROMETRE, mean / MICROMETRE, grid.integrate(steep) / grid.size[0]))
    return rows


def draw(path: Path, fields: dict[str, tuple[Case, FloatArray]]) -> None:
    """Lithium at the last output of each case."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * len(fields), 3.8), layout="constrained")
    for axes, (name, (case, xi)) in zip(np.atleast_1d(figure.subplots(1, len(fields))), fields.items(), strict=True):
        extent = (0.0, case.side, 0.0, case.side)
        image = axes.imshow(xi.T, origin="lower", extent=extent, cmap="cividis", vmin=0.0, vmax=1.0)
        axes.set(title=f"{name}: dx = {case.side / case.cells / (WIDTH / MICROMETRE):.0f} w", xlabel="x (µm)")
    np.atleast_1d(figure.axes)[0].set_ylabel("y (µm)")
    figure.colorbar(image, ax=figure.axes, label="order parameter ξ (1 = lithium)", shrink=0.8)
    figure.savefig(path, dpi=150)


def said_in_one_line(fraction: float, message: str) -> None:
    """Progress on one line of a terminal."""
    print(f"  {100.0 * fraction:.1f} %, {message}", end="\r" if fraction < 1.0 else "\n", file=sys.stderr, flush=True)


def main(
    quick: bool = False, out: Path = Path("hong-viswanathan"), cases: tuple[str, ...] = tuple(CASES)
) -> dict[str, list[tuple[float, float, float, float]]]:
    """Run the cases, write their series and the figure, and return the series."""
    out.mkdir(parents=True, exist_ok=True)
    found, fields = {}, {}
    for name in cases:
        case = CASES[name]._replace(duration=0.5) if quick else CASES[name]
        try:
            run = grown(case, 2 if quick else 50, said_in_one_line)
        except ConvergenceError as fault:
            print(f"{name}: stopped, {fault}")
            continue
        found[name], fields[name] = series(case, run), (case, run.state.xi)
        with (out / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["time_s", "tip_um", "mean_height_um", "front_length_over_width"])
            writer.writerows([f"{value:.6g}" for value in row] for row in found[name])
        time, tip, mean, length = found[name][-1]
        print(f"{name}: tip {tip:.2f} um, mean {mean:.2f} um, front {length:.2f} widths long after {time:.2f} s,")
        print(f"  {run.effort.steps} steps ({run.effort.rejected} rejected). {'; '.join(run.notes)}")
    draw(out / "fronts.png", fields)
    return found


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Hong and Viswanathan 2018, unresolved and resolved")
    arguments.add_argument("--quick", action="store_true", help="the first half second, seconds")
    arguments.add_argument("--out", type=Path, default=Path("hong-viswanathan"), help="folder of the results")
    arguments.add_argument("--cases", nargs="+", choices=list(CASES), default=tuple(CASES))
    main(**vars(arguments.parse_args()))
