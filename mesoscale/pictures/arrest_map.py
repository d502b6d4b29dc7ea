"""Figure of the design map at C = 1: critical current, capacity of arrival, and from which capacity a layer fails."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from selflimit.documents.arrest_map import ArrestMapCell, ArrestMapDoc, ArrestMapRow, PackingSpread
from selflimit.units import MICROMETRE

MAP_COLOURS = "cividis"
"""Lightness rises evenly: for grey print and colour-blind readers."""
SLOT_MARKERS = "os^Dv<>p"
HOLDS_GREY = "0.9"
"""Grey of cells in which the layer stays whole."""


def plot_arrest_map(doc: ArrestMapDoc, figure: Figure, coarse_fraction: float | None = None) -> list[Axes]:
    """Critical current and capacity of arrival against thickness, and the map of one slot width.

    Points are medians of the packings, bars go from the smallest to the largest. The cells of the map tell the areal
    capacity of a half-cycle (mAh/cm^2) from which the layer fails; grey ones hold at any capacity.

    Parameters
    ----------
    doc
        The map.
    figure
        Empty figure to draw on.
    coarse_fraction
        Which of the map's; None: its first.

    Returns
    -------
    The three panels.
    """
    fraction = doc.rows[0].coarse_fraction if coarse_fraction is None else coarse_fraction
    rows = [row for row in doc.rows if row.coarse_fraction == fraction]
    slots = sorted({row.slot_width for row in rows})
    currents = [cell.current for cell in rows[0].cells]
    shown = currents[len(currents) // 3]
    limits, arrivals, cells = figure.subplots(1, 3, width_ratios=(1.0, 1.0, 1.15))
    for number, slot in enumerate(slots):
        of_slot = [row for row in rows if row.slot_width == slot]
        _draw(limits, number, len(slots), of_slot, [row.critical_current for row in of_slot])
        _draw(arrivals, number, len(slots), of_slot, [_at(row, shown).arrival for row in of_slot])
    limits.set_ylabel("critical current (mA/cm²)")
    limits.set_title("whole at any capacity below", fontsize="medium")
    arrivals.set_ylabel("areal capacity of a half-cycle (mAh/cm²)")
    arrivals.set_title(f"lithium turns back below, {shown:g} mA/cm²", fontsize="medium")
    for ax in (limits, arrivals):
        ax.set(xscale="log", yscale="log", xlabel="thickness of the layer (µm)")
        thicknesses = sorted({row.layer_thickness / MICROMETRE for row in rows})
        ax.set_xticks(thicknesses, [f"{value:g}" for value in thicknesses])
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("{x:.2g}")
        ax.grid(True, which="both", alpha=0.2)
    limits.legend(title="slots (median)", fontsize="small")
    _draw_cells(figure, cells, [row for row in rows if row.slot_width == slots[len(slots) // 3]])
    figure.supxlabel(
        f"{len(doc.seeds)} packings; coarse fraction {fraction:g}; channels take {doc.channel_share:g} of the fine "
        f"regions; bond or electrolyte bear {doc.bears:.0f} MPa; C = 1",
        fontsize="small",
    )
    return [limits, arrivals, cells]


def _at(row: ArrestMapRow, current: float) -> ArrestMapCell:
    return next(cell for cell in row.cells if cell.current == current)


def _draw(
    ax: Axes, number: int, slots: int, rows: Sequence[ArrestMapRow], values: Sequence[PackingSpread | None]
) -> None:
    known = [(row.layer_thickness / MICROMETRE, value) for row, value in zip(rows, values, strict=True) if value]
    if known:
        middle = [value.median for _, value in known]
        bars = [[value.median - value.low for _, value in known], [value.high - value.median for _, value in known]]
        ax.errorbar(
            [x for x, _ in known], middle, yerr=bars, capsize=3, linewidth=1.2,
            marker=SLOT_MARKERS[number % len(SLOT_MARKERS)],
            color=colormaps[MAP_COLOURS](0.85 * number / max(slots - 1, 1)),
            label=f"{rows[0].slot_width / MICROMETRE:g} µm",
        )  # fmt: skip


def _draw_cells(figure: Figure, ax: Axes, rows: Sequence[ArrestMapRow]) -> None:
    currents = [cell.current for cell in rows[0].cells]
    shades = np.full((len(currents), len(rows)), np.nan)
    known = [cell.arrival.median for row in rows for cell in row.cells if cell.arrival]
    norm = LogNorm(min(known, default=0.1), max(known, default=1.0) * 1.01)
    for column, row in enumerate(rows):
        for line, cell in enumerate(row.cells):
            if cell.fails and cell.arrival:
                shades[line, column] = cell.arrival.median
            dark = cell.fails and cell.arrival and norm(cell.arrival.median) < 0.55
            ax.text(
                column, line, _words(cell, row.packings), ha="center", va="center", fontsize=7,
                color="white" if dark else "black",
            )  # fmt: skip
    ax.set_facecolor(HOLDS_GREY)
    image = ax.imshow(shades, origin="lower", aspect="auto", cmap=MAP_COLOURS, norm=norm)
    ax.set_xticks(range(len(rows)), [f"{row.layer_thickness / MICROMETRE:g}" for row in rows])
    ax.set_yticks(range(len(currents)), [f"{current:g}" for current in currents])
    ax.set(xlabel="thickness of the layer (µm)", ylabel="current (mA/cm²)")
    ax.set_title(f"slots of {rows[0].slot_width / MICROMETRE:g} µm", fontsize="medium")
    bar = figure.colorbar(image, ax=ax, label="fails from this capacity on (mAh/cm²)")
    bar.ax.yaxis.set_major_formatter("{x:g}")
    bar.ax.yaxis.set_minor_formatter("{x:.2g}")


def _words(cell: ArrestMapCell, packings: int) -> str:
    most = max(cell.outcomes, key=lambda name: cell.outcomes[name])
    if not cell.fails:
        return most
    capacity = f"{cell.arrival.median:.2g}" if cell.arrival else "> foil"
    return capacity if cell.fails == packings else f"{capacity}\n{cell.fails}/{packings}"
