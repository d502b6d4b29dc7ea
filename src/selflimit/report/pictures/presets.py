"""Figure and film of one of the paper's simulations."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc, StressDoc
from selflimit.mesoscale.paper.presets import Preset
from selflimit.mesoscale.pictures.movies import write_movie
from selflimit.mesoscale.pictures.plotting import plot_growth, plot_interface_stress
from selflimit.mesoscale.pictures.shapes import plot_shape

RESOLUTION = 300
"""Dots per inch of the figures: print quality."""
SHOWN = (300.0, 600.0, 1200.0, 1300.0, 1800.0, 2100.0)
"""Times (s) in the figure: the paper's; what lies beyond the end of the run is left out."""


def draw(
    preset: Preset, computed: GrowthDoc | StressDoc, fields: Mapping[str, FloatArray], folder: Path, movie: str
) -> list[str]:
    """Write the figure, and the film of a growth, into ``folder``; returns their names.

    Parameters
    ----------
    preset
        The simulation of the paper.
    computed
        What it gave here.
    fields
        Arrays by name, on the grid of ``computed`` (the times of a growth first), in the units that its document
        states.
    folder
        Where the files of ``computed`` are, and the pictures go.
    movie
        Kind of the film and ending of its name: 'webp', 'gif' or 'mp4'.
    """
    name = f"{preset.name}.png"
    if isinstance(computed, StressDoc):
        figure = Figure((12.0, 4.5), layout="constrained")
        plot_interface_stress(computed, dict(fields), figure)
        figure.savefig(folder / name, dpi=RESOLUTION)
        return [name]
    figure = Figure((11.0, 5.0), layout="constrained")
    plot_growth([(computed, dict(fields))], shown_outputs(computed.times), figure)
    figure.savefig(folder / name, dpi=RESOLUTION)
    shapes = Figure((8.0, 5.0), layout="constrained")
    plot_shape(computed, shapes)
    shapes.savefig(folder / f"{preset.name}-shape.png", dpi=RESOLUTION)
    movie_file = write_movie(computed, folder, folder / f"{preset.name}.{movie}")
    return [name, f"{preset.name}-shape.png", movie_file.name]


def shown_outputs(times: list[float]) -> list[int]:
    """Find the outputs nearest to ``SHOWN``, the last one among them, by their numbers.

    >>> shown_outputs([0.0, 290.0, 580.0, 900.0])
    [1, 2, 3]
    """
    near = [int(np.argmin(np.abs(np.array(times) - t))) for t in SHOWN if t <= times[-1]]
    return list(dict.fromkeys([*near, len(times) - 1]))
