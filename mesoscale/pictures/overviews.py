"""One look at a growth or a static stress: a single panel with sensible defaults, for notebooks and reports."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc, StressDoc
from selflimit.errors import InputError
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.grid import mean_of_neighbours
from selflimit.mesoscale.pictures.plotting import (
    COMPRESSION,
    draw_scale_bar,
    label_spot,
    plot_pressure,
    plot_static_pressure,
    pressure_limit,
)
from selflimit.mesoscale.pictures.sections import middle_section

HEIGHT = 4.2
"""Height of a new figure (inches)."""
SMALLEST_LABELLED = 0.01
"""Share of the picture from which a phase gets its name written into it."""


def plot_growth_overview(doc: GrowthDoc, folder: Path | str = ".", ax: Axes | None = None, output: int = -1) -> Axes:
    """Compression, the outline of the lithium and the particles at one output time of a growth.

    Parameters
    ----------
    doc
        The growth; one in three dimensions is cut through its middle.
    folder
        Where its field file is.
    ax
        Axes to draw on; None makes a figure of its own, ``ax.figure``.
    output
        Number of the output time, from the end if negative.

    Raises
    ------
    InputError
        If there is no such output, or the field file is missing or changed.
    """
    if not -len(doc.times) <= output < len(doc.times):
        raise InputError(f"expected an output number below {len(doc.times)}, got {output}; the times are {doc.times} s")
    plane, fields = middle_section(doc, load_fields(Path(folder), doc.fields))
    number = output % len(doc.times)
    panel = _panel(plane) if ax is None else ax
    image = plot_pressure(plane, fields, number, panel, pressure_limit([fields["pressure"][number]]))
    lithium = mean_of_neighbours(mean_of_neighbours(fields["xi"][number], 0), 1)
    _finish(plane, {"Li": lithium, "coarse": fields["coarse"], "electrolyte": fields["electrolyte"]}, panel, image)
    panel.set_title(f"{plane.microstructure.split(':')[0]}, {doc.times[number]:.0f} s", fontsize="medium")
    return panel


def plot_stress_overview(doc: StressDoc, folder: Path | str = ".", ax: Axes | None = None) -> Axes:
    """Compression with the decomposition products in place, with the outlines of phases and reaction zone.

    Parameters
    ----------
    doc
        The static stress, in a plane.
    folder
        Where its field file is.
    ax
        Axes to draw on; None makes a figure of its own, ``ax.figure``.

    Raises
    ------
    InputError
        If the stress is in three dimensions, or the field file is missing or changed.
    """
    if len(doc.grid_shape) != 2:
        raise InputError(f"expected a stress in a plane, got cells {doc.grid_shape}; use export_vtk")
    fields, panel = load_fields(Path(folder), doc.fields), _panel(doc) if ax is None else ax
    image = plot_static_pressure(doc, fields, "pressure", panel, pressure_limit([fields["pressure"]]))
    named = {"Li": fields["lithium"], "coarse": fields["coarse"], "electrolyte": fields["electrolyte"]}
    _finish(doc, named | {"reacted": fields["zone"]}, panel, image)
    panel.set_title(f"{doc.tip_compression:.0f} MPa at the tip", fontsize="medium")
    return panel


def _panel(doc: GrowthDoc | StressDoc) -> Axes:
    """The axes of a new figure of the layer's shape."""
    width = float(np.clip(HEIGHT * doc.grid_shape[0] / doc.grid_shape[-1], 2.0, 8.0))
    return Figure((width + 1.6, HEIGHT + 0.4), dpi=150, layout="constrained").subplots()


def _finish(doc: GrowthDoc | StressDoc, phases: dict[str, FloatArray], ax: Axes, image: AxesImage) -> None:
    """Names of the phases where they are, scale bar and colour bar."""
    outline = [withStroke(linewidth=2.0, foreground="black")]
    for name, fraction in phases.items():
        if (fraction > 0.5).mean() >= SMALLEST_LABELLED:
            x, y = label_spot(doc, fraction)
            ax.text(x, y, name, color="white", ha="center", va="center", fontsize="small", path_effects=outline)
    draw_scale_bar(doc, ax, "white", 0.96)
    ax.figure.colorbar(image, ax=ax, shrink=0.8, extend="max", label=COMPRESSION)
