"""The verdict as bars: which share of the samples ends how, at each current."""

from typing import Any

import plotly.graph_objects as go

from selflimit.documents.arrest import ENDS, ArrestDoc, Fate
from selflimit.phase_diagrams.pictures.palette import Style
from selflimit.report.interactive.diagrams import pattern_of
from selflimit.report.interactive.layout import NARROW_AXES, WIDE_AXES, PlotlyFigure, label_bars, make_figure

FATES: dict[Fate, Style] = {
    "turns back": Style("#0072B2", "."),
    "stalls": Style("#009E73", ""),
    "passivates": Style("#56B4E9", "/"),
    "extrudes": Style("#F0E442", "\\"),
    "spreads": Style("#999999", "+"),
    "is consumed": Style("#E69F00", "x"),
    "cracks": Style("#D55E00", "-"),
    "crosses": Style("#CC79A7", "|"),
}
"""Outcome, all of them, so that the bars are full -> how it is filled: bluish where the electrolyte stays whole."""
WIDE_ENOUGH = 0.2
"""Share from which a bar carries its name."""


def row_names(doc: ArrestDoc) -> list[str]:
    """Name the bars: current density (mA/cm²), and what the products do with electrons."""
    return [f"{one.current:g}, {branch.products}" for one in doc.currents for branch in one.branches]


def plot_outcomes(doc: ArrestDoc) -> PlotlyFigure:
    """Draw the share of the samples that ends in each way, one bar for each current and each case of the products."""
    rows = row_names(doc)
    branches = [branch for one in doc.currents for branch in one.branches]
    bars: list[Any] = []
    labels: list[tuple[float, float, str, str]] = []
    filled = dict.fromkeys(rows, 0.0)
    for fate, style in FATES.items():
        shares = [branch.probabilities.get(fate, 0.0) for branch in branches]
        bars.append(
            go.Bar(
                y=rows, x=shares, orientation="h", name=fate, meta={"fate": fate}, hoverinfo="text",
                hovertext=[f"{fate}: {share:.2f}<br>{ENDS[fate]}" for share in shares],
                marker={"color": style.colour, "pattern": pattern_of(style), "line": {"color": "#333", "width": 0.8}},
            )
        )  # fmt: skip
        labels += [(filled[row], share, row, fate) for row, share in zip(rows, shares, strict=True)]
        filled = {row: filled[row] + share for row, share in zip(rows, shares, strict=True)}
    axis = {"title": "mA/cm², products", "type": "category", "autorange": "reversed", "automargin": True}
    return make_figure(
        bars, {"title": "Share of the samples", "range": [0, 1]}, axis, label_bars(labels, WIDE_AXES),
        label_bars(labels, NARROW_AXES), barmode="stack", height=110 + 46 * len(rows),
    )  # fmt: skip
