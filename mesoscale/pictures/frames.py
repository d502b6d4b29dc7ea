"""One moment of a growth as a frame of a film: same size, layout and colour scales at all times."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from selflimit.arrays import UInt8Array
from selflimit.documents import GrowthDoc
from selflimit.mesoscale.pictures.plotting import (
    GrowthFields,
    draw_scale_bar,
    plot_concentration,
    plot_morphology,
    plot_pressure,
    pressure_limit,
)

PANEL_HEIGHT = 3.3
"""Height of a panel (inches)."""
GAP, ABOVE, BELOW = 0.22, 0.52, 0.72
"""Space beside, above and below the panels (inches)."""
FRAME_DOTS_PER_INCH = 110


class Scales(NamedTuple):
    """Upper ends of the colour scales, which begin at 0, for all times and all growths that are compared."""

    compression: float
    """Hydrostatic compression -P (MPa)."""
    concentration: float
    """Concentration c/c0 (1)."""


def common_scales(runs: Sequence[GrowthFields]) -> Scales:
    """Scales for every output of every growth: nearly all of the compression, and most of the concentration.

    Li+ piles up in small places, many times as high as elsewhere; a scale for those would show nothing of the rest.
    """
    highest = max(float(np.percentile(fields["c"], 95.0)) for fields in runs)
    return Scales(pressure_limit([fields["pressure"] for fields in runs]), max(1.0, float(np.ceil(10 * highest) / 10)))


def plot_frame(doc: GrowthDoc, fields: GrowthFields, output: int, scales: Scales, figure: Figure) -> list[Axes]:
    """Lithium and particles, compression, and concentration at output number ``output``.

    Parameters
    ----------
    doc, fields
        A growth in a plane; of one in three dimensions its
        :func:`~selflimit.mesoscale.pictures.plotting.middle_section`.
    output
        Number of the output time.
    scales
        Colour scales.
    figure
        Empty figure; its size is set.

    Returns
    -------
    The three panels.
    """
    width = float(np.clip(PANEL_HEIGHT * doc.grid_shape[0] / doc.grid_shape[1], 1.7, 6.0))
    size = 3 * width + 4 * GAP, ABOVE + PANEL_HEIGHT + BELOW
    figure.set_size_inches(*size)
    boxes = [((GAP + i * (width + GAP)) / size[0], width / size[0]) for i in range(3)]
    panels = [figure.add_axes((x, BELOW / size[1], w, PANEL_HEIGHT / size[1])) for x, w in boxes]
    plot_morphology(doc, fields, output, panels[0])
    draw_scale_bar(doc, panels[0])
    images = [
        plot_pressure(doc, fields, output, panels[1], scales.compression),
        plot_concentration(doc, fields, output, panels[2], scales.concentration),
    ]
    for ax, title in zip(panels, ("lithium", "pressure", "Li⁺"), strict=True):
        ax.set_title("")
        ax.set_title(title, fontsize="medium", loc="left", pad=4)
    for image, (x, w), label in zip(images, boxes[1:], ("compression −P (MPa)", "concentration c/c₀"), strict=True):
        _colour_bar(figure, image, (x, 0.42 / size[1], w, 0.12 / size[1]), label)
    figure.text(boxes[0][0], 1 - 0.10 / size[1], doc.microstructure.split(":")[0], va="top", fontsize="medium")
    figure.text(1 - boxes[0][0], 1 - 0.10 / size[1], f"{doc.times[output]:.0f} s", va="top", ha="right", weight="bold")
    return panels


def draw_frames(doc: GrowthDoc, fields: GrowthFields, outputs: Sequence[int], scales: Scales) -> list[UInt8Array]:
    """Draw outputs as pictures, each of shape (rows, columns, 3) with even numbers of rows and columns.

    Parameters
    ----------
    doc, fields
        The growth and its arrays.
    outputs
        Numbers of the outputs.
    scales
        Colour scales, the same for all frames.
    """
    return [_drawn(doc, fields, output, scales) for output in outputs]


def _drawn(doc: GrowthDoc, fields: GrowthFields, output: int, scales: Scales) -> UInt8Array:
    figure = Figure(dpi=FRAME_DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    plot_frame(doc, fields, output, scales, figure)
    canvas.draw()
    picture = np.asarray(canvas.buffer_rgba())[..., :3]
    # H.264 with halved colour resolution takes even numbers only
    return np.ascontiguousarray(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2])


def _colour_bar(figure: Figure, image: AxesImage, box: tuple[float, float, float, float], label: str) -> None:
    bar = figure.colorbar(image, cax=figure.add_axes(box), orientation="horizontal", extend="max")
    bar.set_label(label, fontsize="medium", labelpad=1)
    bar.ax.tick_params(labelsize="small", pad=1)
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
