"""What every interactive figure shares: type size, axes with titles, labels at the curves instead of a legend.

A figure is Plotly's own plain data, checked by :mod:`plotly.graph_objects` when it is made. Plotly's scripts are
inside its Python package and go into a page once.
"""

import base64
import gzip
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

LETTER = 13
"""Type size (CSS pixels): on a phone the page does not shrink its figures, so this is what a reader sees."""
FIGURE_HEIGHT = 420
"""Height of a figure (CSS pixels)."""
NARROW_AXES = 330.0
"""Width of the axes on a phone (CSS pixels)."""
WIDE_AXES = 760.0
"""Width of the axes on a screen (CSS pixels)."""
LETTER_WIDTH = 0.56
"""Width of a letter over the type size: sans-serif, a little more than the mean."""
DASHES = {"-": "solid", "--": "dash", "-.": "dashdot", ":": "dot"}
"""Dash as matplotlib writes it -> as Plotly does."""
MARKER_SYMBOLS = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
}
"""Marker as matplotlib writes it -> as Plotly does."""
SUBSCRIPTS = str.maketrans("0123456789.", "₀₁₂₃₄₅₆₇₈₉.")

PlotlyFigure = dict[str, Any]
"""``data`` and ``layout`` of a figure, as ``Plotly.newPlot`` takes them."""


def make_figure(
    traces: Sequence[Any],
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    annotations: Sequence[Mapping[str, Any]] = (),
    narrow: Sequence[Mapping[str, Any]] | None = None,
    **layout: object,
) -> PlotlyFigure:
    """Put traces on titled axes; the figure takes the width of the page.

    >>> make_figure([], {"title": "Voltage (V)"}, {"title": "Energy (eV)"})["layout"]["xaxis"]["title"]["text"]
    'Voltage (V)'

    Parameters
    ----------
    traces
        Traces of :mod:`plotly.graph_objects`.
    x, y
        Axes; each has a ``title`` with its unit.
    annotations
        Labels inside the figure on a wide screen.
    narrow
        Labels on a phone; None: the same.
    **layout
        Anything else of Plotly's layout.
    """
    settings: dict[str, Any] = {
        "font": {"size": LETTER, "family": "system-ui, sans-serif", "color": "#1b1b1b"},
        "height": FIGURE_HEIGHT,
        "margin": {"l": 64, "r": 16, "t": 16, "b": 56},
        "showlegend": False,
        "plot_bgcolor": "#ffffff",
        "hoverlabel": {"font": {"size": LETTER}, "align": "left"},
        "xaxis": _axis(x),
        "yaxis": _axis(y),
        "annotations": [dict(one) for one in annotations],
        "meta": {"narrow": [dict(one) for one in (annotations if narrow is None else narrow)]},
        **layout,
    }
    figure: PlotlyFigure = go.Figure(data=list(traces), layout=settings, skip_invalid=False).to_plotly_json()
    # the default template is 7 kB of settings that the layout above replaces
    figure["layout"].pop("template", None)
    return figure


def _axis(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "showline": True, "linecolor": "#555555", "ticks": "outside", "zeroline": False, "gridcolor": "#e6e6e6",
        "fixedrange": False, **given,
    }  # fmt: skip


def packed_plotly() -> str:
    """Pack Plotly's scripts, gzip in base64: 2.0 instead of 4.8 MB; the browser unpacks them."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()


def write_readably(text: str) -> str:
    """Set the numbers of formulas as subscripts, and an arrow, in letters that every label takes.

    >>> write_readably("Li2ZrCl6 + 4 Li -> 6 LiCl + Zr")
    'Li₂ZrCl₆ + 4 Li → 6 LiCl + Zr'
    """
    words = text.replace("->", "→").split(" ")
    return " ".join(word if word.replace(".", "").isdigit() else word.translate(SUBSCRIPTS) for word in words)


def name_products(names: Sequence[str]) -> str:
    """Name a set of products.

    >>> name_products(("LiCl", "ZrCl2"))
    'LiCl + ZrCl₂'
    """
    return " + ".join(map(write_readably, names))


def make_label(x: float, y: float | str, text: str, **given: object) -> dict[str, Any]:
    """Make a label on a white ground, centred at a point of the axes unless ``given`` says otherwise.

    Parameters
    ----------
    x, y
        Where it stands, in the units of the axes, or the name of a row.
    text
        What it says.
    **given
        Anything else of Plotly's annotations.
    """
    return {
        "x": x, "y": y, "text": text, "showarrow": False, "bgcolor": "rgba(255,255,255,0.88)", "borderpad": 1,
        "xanchor": "center", "yanchor": "middle", "font": {"size": LETTER}, **given,
    }  # fmt: skip


def label_bars(bars: Sequence[tuple[float, float, str, str]], width: float) -> list[dict[str, Any]]:
    """Make the labels of horizontal bars whose name fits into them.

    Parameters
    ----------
    bars
        Left end and length (shares of the axis), row, and name of each bar.
    width
        Width of the axes (CSS pixels).
    """
    wide_enough = (bar for bar in bars if bar[1] * width > LETTER_WIDTH * LETTER * len(bar[3]) + 6)
    return [make_label(left + length / 2, row, name) for left, length, row, name in wide_enough]


def voltage_title(ion: str) -> str:
    """Title of the axis of voltages against the metal of the working ion."""
    return f"Voltage (V vs {ion}/{ion}⁺)"


def spread_labels(values: Sequence[float], least: float) -> list[float]:
    """Move labels apart, so that neighbours are at least ``least`` apart, as little as that takes and in their order.

    >>> spread_labels([1.0, 1.1, 5.0], 0.5)
    [0.8, 1.3, 5.0]

    Parameters
    ----------
    values
        Where the labels would stand.
    least
        Smallest distance, in the same unit.
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    clusters: list[tuple[float, list[int]]] = []
    for i in order:
        clusters.append((values[i], [i]))
        # labels that touch become one cluster around their common middle
        while len(clusters) > 1 and _low(clusters[-1], least) - _high(clusters[-2], least) < least - 1e-12:
            (_, after), (_, before) = clusters.pop(), clusters.pop()
            members = before + after
            clusters.append((sum(values[m] for m in members) / len(members), members))
    placed = dict.fromkeys(order, 0.0)
    for middle, members in clusters:
        for number, member in enumerate(members):
            placed[member] = round(middle + least * (number - (len(members) - 1) / 2), 12)
    return [placed[i] for i in range(len(values))]


def _low(cluster: tuple[float, list[int]], least: float) -> float:
    return cluster[0] - least * (len(cluster[1]) - 1) / 2


def _high(cluster: tuple[float, list[int]], least: float) -> float:
    return cluster[0] + least * (len(cluster[1]) - 1) / 2
