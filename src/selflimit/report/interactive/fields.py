"""Growth and stress as a reader can point at them: tip heights, and pressure with the outlines of phases."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from contourpy import contour_generator

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc, StressDoc
from selflimit.mesoscale.pictures.plotting import PRESSURE_MAP, bar_length, pressure_limit
from selflimit.phase_diagrams.pictures.palette import LINE_COLOURS, LINES, MARKERS
from selflimit.report.interactive.layout import (
    DASHES,
    MARKER_SYMBOLS,
    PlotlyFigure,
    make_figure,
    make_label,
    name_products,
    spread_labels,
)
from selflimit.units import MICROMETRE, MPA

COARSEST = 96
"""Cells along an axis of a pressure map in the page; finer fields are averaged over pairs of cells."""
OUTLINES = {"lithium": ("solid", "white"), "zone": ("dot", "white"), "electrolyte": ("dash", "#bbbbbb")}
"""Phase -> dash and colour of its outline."""

HIDDEN = dict.fromkeys(("showticklabels", "showgrid", "showline", "zeroline"), False)
"""What an axis of a picture does not show."""

Fields = Mapping[str, FloatArray]


def plot_fronts(runs: Sequence[GrowthDoc]) -> PlotlyFigure:
    """Draw the height of the highest lithium (µm) against time (s), one curve for each layer."""
    traces, ends = [], []
    for number, doc in enumerate(runs):
        heights = [height / MICROMETRE for height in doc.tip_height]
        ends.append(heights[-1])
        traces.append(
            go.Scatter(
                x=doc.times, y=heights, mode="lines+markers", name=doc.microstructure.split(":")[0],
                line={"color": LINE_COLOURS[number % len(LINE_COLOURS)], "dash": DASHES[LINES[number % len(LINES)]]},
                marker={"symbol": MARKER_SYMBOLS[MARKERS[number % len(MARKERS)]], "size": 7},
                hovertemplate="%{x:.0f} s: %{y:.1f} µm",
            )
        )  # fmt: skip
    places = spread_labels(ends, 0.07 * max(max(trace.y) for trace in traces))
    labels = [
        {
            "x": 0.98, "xref": "x domain", "y": place, "xanchor": "right", "yanchor": "bottom", "showarrow": False,
            "text": f'<span style="color:{trace.line.color}">{trace.name}</span>', "bgcolor": "rgba(255,255,255,0.8)",
        }
        for place, trace in zip(places, traces, strict=True)
    ]  # fmt: skip
    time = {"title": "Time (s)", "range": [0, 1.04 * max(doc.times[-1] for doc in runs)]}
    height = {"title": "Height of the lithium tip (µm)", "rangemode": "tozero"}
    return make_figure(traces, time, height, labels)


def plot_stresses(found: Sequence[tuple[StressDoc, Fields]]) -> PlotlyFigure:
    """Draw the hydrostatic compression (MPa) without reaction and with each set of products, on one scale.

    Parameters
    ----------
    found
        Static stresses of one interface with different products, and their fields.
    """
    first, fields = found[0]
    panels = [("lithium alone", first, fields, "pressure_without_reaction")]
    panels += [(_products(doc), doc, own, "pressure") for doc, own in found]
    limit = pressure_limit([own[name] for _, _, own, name in panels])
    traces: list[Any] = []
    layout: dict[str, Any] = {"margin": {"l": 12, "r": 12, "t": 40, "b": 70}}
    labels = []
    share = 1.0 / len(panels)
    for number, (title, doc, own, name) in enumerate(panels):
        suffix = "" if number == 0 else str(number + 1)
        traces += [_pressures(doc, own[name], limit, suffix), *_outlines(doc, own, suffix)]
        ends = [number * share + 0.01, (number + 1) * share - 0.01]
        plain: dict[str, Any] = {"ticks": "", "constrain": "domain", **HIDDEN}
        layout[f"xaxis{suffix}"] = {"domain": ends, "anchor": f"y{suffix}", **plain}
        layout[f"yaxis{suffix}"] = {"anchor": f"x{suffix}", "scaleanchor": f"x{suffix}", **plain}
        labels.append(make_label(sum(ends) / 2, 1.0, title, xref="paper", yref="paper", yanchor="bottom"))
        labels += _scale_bar(doc, suffix)
        traces.append(_bar(doc, suffix))
    given = {"x": layout.pop("xaxis"), "y": layout.pop("yaxis")}
    bar = {
        "title": {"text": "compression −P (MPa)", "side": "top"},
        "orientation": "h",
        "y": -0.02,
        "yanchor": "top",
        "thickness": 12,
    }
    layout["coloraxis"] = {"colorscale": PRESSURE_MAP, "cmin": 0, "cmax": limit, "colorbar": bar}
    return make_figure(traces, given["x"], given["y"], labels, height=560, hovermode="closest", **layout)


def _products(doc: StressDoc) -> str:
    return name_products([product.formula for product in doc.decomposition.products])


def _pressures(doc: StressDoc, pressure: FloatArray, limit: float, suffix: str) -> Any:
    values, spacing = -pressure / MPA, doc.spacing / MICROMETRE
    while max(values.shape) > COARSEST and all(n % 2 == 0 for n in values.shape):
        pairs = values.reshape(values.shape[0] // 2, 2, values.shape[1] // 2, 2)
        values, spacing = pairs.mean(axis=(1, 3)), 2 * spacing
    return go.Heatmap(
        z=[[float(f"{value:.3g}") for value in row] for row in values.T], x0=0.5 * spacing, dx=spacing,
        y0=0.5 * spacing, dy=spacing, coloraxis="coloraxis", hovertemplate="%{z:.3g} MPa<extra></extra>",
        xaxis=f"x{suffix}", yaxis=f"y{suffix}",
    )  # fmt: skip


def _outlines(doc: StressDoc, fields: Fields, suffix: str) -> list[Any]:
    """Outlines of the phases, where each fills half of a cell."""
    x, y = ((np.arange(n) + 0.5) * doc.spacing / MICROMETRE for n in doc.grid_shape)
    drawn = []
    for name, (dash, colour) in OUTLINES.items():
        pieces = contour_generator(x, y, fields[name].T).lines(0.5)
        along = [[None if np.isnan(v) else round(float(v), 3) for v in _joined(pieces, axis)] for axis in (0, 1)]
        drawn.append(
            go.Scatter(
                x=along[0], y=along[1], mode="lines", line={"color": colour, "dash": dash, "width": 1.2},
                hoverinfo="skip", xaxis=f"x{suffix}", yaxis=f"y{suffix}",
            )
        )  # fmt: skip
    return drawn


def _joined(pieces: Sequence[Any], axis: int) -> FloatArray:
    """One coordinate of all pieces, with gaps between them."""
    gaps = [np.append(piece[:, axis], np.nan) for piece in pieces]
    return np.concatenate(gaps) if gaps else np.array([])


def _bar(doc: StressDoc, suffix: str) -> Any:
    """Scale bar at the lower right, a round length."""
    width, length = doc.grid_shape[0] * doc.spacing / MICROMETRE, _bar_length(doc)
    return go.Scatter(
        x=[0.95 * width - length, 0.95 * width], y=[0.04 * width, 0.04 * width], mode="lines", hoverinfo="skip",
        line={"color": "white", "width": 4}, xaxis=f"x{suffix}", yaxis=f"y{suffix}",
    )  # fmt: skip


def _scale_bar(doc: StressDoc, suffix: str) -> list[dict[str, Any]]:
    """The length of the bar in words."""
    width, length = doc.grid_shape[0] * doc.spacing / MICROMETRE, _bar_length(doc)
    at = {"xref": f"x{suffix}", "yref": f"y{suffix}", "yanchor": "bottom"}
    look = {"font": {"color": "white"}, "bgcolor": "rgba(0,0,0,0.45)"}
    return [make_label(0.95 * width - 0.5 * length, 0.05 * width, f"{length} µm", **at, **look)]


def _bar_length(doc: StressDoc) -> int:
    return bar_length(doc.grid_shape[0] * doc.spacing / MICROMETRE)
