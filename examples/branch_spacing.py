"""How far apart the crests of a growing front stand, against its surface tension and its numerical width.

A flat front in a single-ion conductor at -0.1 V, 5 um of lithium in a box of 128 x 40 um, begins with cosines of 8 to
256 um whose amplitudes of 0.02 um are random, the same for every width. After 420 s the spacing is that of the mean
wavenumber of its waves, weighted with their squares. Wavelengths grow by the dispersion relation of
docs/theory/phase-field.md, fastest at lambda_max, which is drawn beside them: it depends on the surface tension T and
not on the width w.

Run ``python branch_spacing.py [--quick] [--out FOLDER]``; writes spacing.csv and spacing.png.
"""

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from selflimit.mesoscale import Grid, GrowthModel, InterfaceParameters, Microstructure, Numerics
from selflimit.units import MICROMETRE

SIDES = (128.0 * MICROMETRE, 40.0 * MICROMETRE)
SHORTEST = 8.0 * MICROMETRE
DURATION = 420.0
TENSIONS = (1.7e-14, 3.4e-14, 6.8e-14, 1.36e-13)


class Spacing(NamedTuple):
    """What one front grew to."""

    width: float
    """w (m)."""
    tension: float
    """T (m^2/s)."""
    seed: int
    """Of the amplitudes."""
    spacing: float
    """2 pi over the mean wavenumber (m)."""
    fastest: float
    """lambda_max (m)."""
    height: float
    """Mean height of the front (m)."""


def grow(width: float, tension: float, seed: int) -> Spacing:
    """Grow one front of that width (m) and surface tension (m^2/s)."""
    p = InterfaceParameters(
        interface_width=width, capillarity=tension, mechanical_correction=0.0, fine_ratio=0.0, noise_amplitude=0.0
    )
    grid = Grid((round(SIDES[0] / width), round(SIDES[1] / width)), width)
    x, y = grid.node_coordinates()
    wavenumbers = np.pi * np.arange(1, int(2 * SIDES[0] / SHORTEST) + 1) / SIDES[0]
    waves = np.cos(wavenumbers[:, None] * x[:, 0])
    amplitudes = 0.02 * MICROMETRE * np.random.default_rng(seed).normal(size=wavenumbers.size)
    front = 5.0 * MICROMETRE + amplitudes @ waves
    start = 0.5 * (1.0 - np.tanh((y - front[:, None]) / (2.0 * width)))
    numerics = Numerics(mechanics_change=3.0, time_tolerance=0.005, allow_unresolved=True)
    model = GrowthModel(p, Microstructure.fine(grid), numerics)
    heights = model.evolve(start, [0.0, DURATION]).state.xi.sum(axis=1) * width
    power = np.trapezoid(heights * waves, x[:, 0], axis=1) ** 2
    mean = float((power * wavenumbers).sum() / power.sum())
    return Spacing(width, tension, seed, 2.0 * np.pi / mean, model.equations.tension.wavelength, float(heights.mean()))


def draw(found: list[Spacing], path: Path) -> None:
    """Draw spacing against surface tension, a colour for each width, and lambda_max."""
    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    ax = figure.add_subplot()
    for width, marker in zip(sorted({one.width for one in found}), "osD^", strict=False):
        of_width = [one for one in found if one.width == width]
        tensions = sorted({one.tension for one in of_width})
        spacings = [[one.spacing / MICROMETRE for one in of_width if one.tension == t] for t in tensions]
        ax.errorbar(
            tensions, [np.mean(s) for s in spacings], [np.std(s) for s in spacings], marker=marker, linestyle="none",
            capsize=3, label=f"w = {width / MICROMETRE:g} µm", fillstyle="none",
        )  # fmt: skip
    fastest = sorted({(one.tension, one.fastest / MICROMETRE) for one in found})
    ax.plot(*zip(*fastest, strict=True), color="0.4", label="λ_max, half-way to the far electrolyte")
    ax.set(xscale="log", xlabel="surface tension T (m²/s)", ylabel="spacing of crests (µm)", ylim=(0.0, None))
    ax.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main(quick: bool = False, out: Path | None = None) -> list[Spacing]:
    """Grow all fronts: in ``quick`` two widths, one tension, one seed."""
    widths = (1.0, 0.5) if quick else (1.0, 0.5, 0.25)
    tensions, seeds = (TENSIONS[:1], (1,)) if quick else (TENSIONS, (1, 2, 3))
    found = [grow(w * MICROMETRE, t, seed) for w in widths for t in tensions for seed in seeds]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        with (out / "spacing.csv").open("w", newline="") as file:
            csv.writer(file).writerows([Spacing._fields, *found])
        draw(found, out / "spacing.png")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two widths, one tension, one seed")
    parser.add_argument("--out", type=Path, default=Path("branch-spacing"), help="default: %(default)s")
    given = parser.parse_args()
    for one in main(given.quick, given.out):
        print(f"w {one.width:.3g} m, T {one.tension:.3g} m^2/s, seed {one.seed}: {one.spacing:.4g} m")
