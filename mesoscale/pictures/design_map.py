"""Figure of the design map: probability of self-limitation, coverage and stress ratio, cell by cell."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from selflimit.arrays import FloatArray
from selflimit.documents.self_limitation import DesignCell, DesignMapDoc
from selflimit.errors import InputError
from selflimit.units import MICROMETRE

AXES = {
    "coarse_fraction": ("coarse fraction of the layer", 1.0),
    "radius": ("radius of coarse particles (µm)", MICROMETRE),
    "overpotential": ("overpotential (V)", 1.0),
    "correction": ("mechanical correction factor C", 1.0),
}
"""Axis -> label and unit."""
VALUES = {
    "probability": ("share of packings that self-limit", 1.0),
    "coverage": ("covered share of the electrolyte's surface", 1.0),
    "stress_ratio": ("stress overpotential over applied, η$_m$/|η|", 2.0),
}
"""Value of a cell -> label and upper end of its colour scale."""
COLOUR_MAP = "cividis"
"""Lightness rises evenly: for grey print and colour-blind readers."""
NO_VERDICT = "0.85"
"""Grey of cells without verdict."""


def plot_design_map(doc: DesignMapDoc, figure: Figure, x: str = "coarse_fraction", y: str = "correction") -> list[Axes]:
    """Probability, coverage and stress ratio over two of the four axes.

    Numbers in the cells: self-limiting packings of those that lithium crossed; means of coverage and stress ratio. Grey
    cells have no verdict: lithium did not arrive or is detached; 'failed': no packing fits, or a growth did not
    converge.

    Parameters
    ----------
    doc
        The map; the other two axes must have one value each.
    figure
        Empty figure to draw on.
    x, y
        Names of the axes, keys of ``AXES``.

    Returns
    -------
    The three panels.

    Raises
    ------
    InputError
        If an axis is unknown, or another axis has several values.
    """
    fixed = _fixed_axes(doc, x, y)
    panels = list(figure.subplots(1, len(VALUES), sharey=True))
    for ax, (value, (label, top)) in zip(panels, VALUES.items(), strict=True):
        image = _cells(doc, ax, x, y, value, top)
        bar: Colorbar = figure.colorbar(
            image, ax=ax, location="top", shrink=0.9, extend="max" if top != 1.0 else "neither"
        )
        bar.set_label(label)
        ax.set_xlabel(AXES[x][0])
    panels[0].set_ylabel(AXES[y][0])
    figure.supxlabel("; ".join([*fixed, _threshold(doc)]), fontsize="small")
    return panels


def _fixed_axes(doc: DesignMapDoc, x: str, y: str) -> list[str]:
    unknown = {x, y} - set(AXES)
    if unknown or x == y:
        raise InputError(f"expected two of the axes {', '.join(AXES)}, got {x} and {y}")
    others = [name for name in AXES if name not in (x, y)]
    texts = []
    for name in others:
        values, (label, unit) = _ticks(doc.cells, name), AXES[name]
        if len(values) != 1:
            raise InputError(f"expected one {label} beside {x} and {y}, got {values}; draw one map for each")
        texts.append(f"{label} {values[0] / unit:g}")
    return texts


def _threshold(doc: DesignMapDoc) -> str:
    c = doc.criterion
    return f"self-limiting: coverage ≤ {c.largest_coverage:g} and η$_m$/|η| ≥ {c.least_stress_ratio:g}"


def _ticks(cells: Sequence[DesignCell], name: str) -> list[float]:
    return sorted({float(getattr(cell, name)) for cell in cells})


def _cells(doc: DesignMapDoc, ax: Axes, x: str, y: str, value: str, top: float) -> AxesImage:
    across, up = _ticks(doc.cells, x), _ticks(doc.cells, y)
    shades: FloatArray = np.full((len(up), len(across)), np.nan)
    for cell in doc.cells:
        column, row = across.index(getattr(cell, x)), up.index(getattr(cell, y))
        found = getattr(cell, value)
        shades[row, column] = np.nan if found is None else found
        dark = found is not None and found < 0.55 * top
        ax.text(
            column, row, _text(cell, value), ha="center", va="center", fontsize=7, color="white" if dark else "black"
        )
    ax.set_facecolor(NO_VERDICT)
    image = ax.imshow(shades, origin="lower", aspect="auto", cmap=COLOUR_MAP, vmin=0.0, vmax=top)
    ax.set_xticks(range(len(across)), [f"{tick / AXES[x][1]:g}" for tick in across])
    ax.set_yticks(range(len(up)), [f"{tick / AXES[y][1]:g}" for tick in up])
    return image


def _text(cell: DesignCell, value: str) -> str:
    if value == "probability" and cell.packings:
        return f"{cell.self_limiting}/{cell.packings}"
    if cell.artefacts and value == "probability":
        return "lithium\ndetached"
    if not cell.packings and not cell.artefacts:
        return "not\nreached" if cell.not_reached else "failed"
    found = getattr(cell, value)
    return "" if found is None else f"{found:.2f}"
