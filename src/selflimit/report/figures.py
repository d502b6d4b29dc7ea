"""Figures of the pages: each on a canvas of its own, all written at one resolution."""

from collections.abc import Callable, Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

DOTS_PER_INCH = 160

FigureFiles = dict[str, Path]
"""Name of a figure -> its PNG file."""


def draw_figure(draw: Callable[[Axes], object], width: float, height: float) -> Figure:
    """Draw one plot on a figure of its own, which is ``width`` by ``height`` inches before it is trimmed.

    >>> draw_figure(lambda ax: ax.set_xlabel("Voltage (V)"), 6.0, 4.0).axes[0].get_xlabel()
    'Voltage (V)'

    Parameters
    ----------
    draw
        Draws on the axes that it is given.
    width, height
        Size of the canvas (inches).
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    draw(figure.subplots())
    return figure


def save_figures(figures: Mapping[str, Figure], folder: Path) -> FigureFiles:
    """Write figures into ``folder/figures`` and say which file holds which; spaces in names become hyphens."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    files = {name: folder / "figures" / f"{name.replace(' ', '-')}.png" for name in figures}
    for name, figure in figures.items():
        figure.savefig(files[name], dpi=DOTS_PER_INCH, bbox_inches="tight")
    return files
