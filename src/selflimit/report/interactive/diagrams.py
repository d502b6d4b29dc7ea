"""The voltage-K_eff map and the probability of products, as a reader can point at them."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from selflimit.documents import PredominanceDoc, PredominanceRegion, ProductProbability, UncertaintyDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams.geometry.tiling import find_middle, polygon_area
from selflimit.phase_diagrams.pictures.palette import LineStyle, ProductNames, Style, Styles, assemblages, formulas_of
from selflimit.phase_diagrams.pictures.shares import lowest_products, sampled_assemblages
from selflimit.report.interactive.layout import (
    FIGURE_HEIGHT,
    LETTER,
    LETTER_WIDTH,
    NARROW_AXES,
    WIDE_AXES,
    PlotlyFigure,
    label_bars,
    make_figure,
    make_label,
    name_products,
    voltage_title,
    write_readably,
)

MOST_NAMED = 8
"""Areas of the map that get a name of their own, the largest; the others are told by pointing at them."""
K_EFF_TITLE = "K<sub>eff</sub> (GPa)"
INSIDE = FIGURE_HEIGHT - 72
"""Height of the axes (CSS pixels)."""


def plot_map(doc: PredominanceDoc, styles: Styles, lines: dict[float, LineStyle]) -> PlotlyFigure:
    """Draw the products against voltage and K_eff; pointing at an area tells its reaction and strain.

    Parameters
    ----------
    doc
        The map; voltages in V, K_eff in GPa.
    styles
        Colour and hatch of each set of products.
    lines
        K_eff (GPa) that other figures show, which are marked at the left edge in their colours.

    Raises
    ------
    InputError
        The map has no regions.
    """
    if not doc.regions:
        raise InputError("expected a map with regions, got none")
    areas = [_area(region, styles[formulas_of(region)]) for region in doc.regions]
    marks = [_mark(doc, k_eff, look) for k_eff, look in lines.items() if k_eff <= doc.k_eff_range[1]]
    return make_figure(
        [*areas, *_borders(doc), *marks],
        {"title": voltage_title(doc.working_ion), "range": list(doc.voltage_range)},
        {"title": K_EFF_TITLE, "range": list(doc.k_eff_range)},
        _names(doc, WIDE_AXES),
        _names(doc, NARROW_AXES),
        hovermode="closest",
    )


def named_areas(doc: PredominanceDoc) -> list[ProductNames]:
    """Find the sets of products that get a name: the largest areas, in the order of their colours."""
    size: dict[ProductNames, float] = {}
    for region in doc.regions:
        size[formulas_of(region)] = size.get(formulas_of(region), 0.0) + polygon_area(region.vertices)
    largest = sorted(size, key=lambda name: -size[name])[:MOST_NAMED]
    return [name for name in assemblages(doc.regions) if name in largest]


def list_areas(doc: PredominanceDoc, styles: Styles) -> list[tuple[str, str, Style]]:
    """List number, name and style of each named area: the key below the map."""
    return [(f"{n}", name_products(name), styles[name]) for n, name in enumerate(named_areas(doc), start=1)]


def _area(region: PredominanceRegion, style: Style) -> Any:
    corners = [*region.vertices, region.vertices[0]]
    middle = " in the middle" if region.coexisting else ""
    said = [
        *map(write_readably, region.reaction.split(" | ")),
        f"ΔV/V₀ = {100 * region.reaction_strain:+.1f} %{middle}",
    ]
    return go.Scatter(
        x=[voltage for voltage, _ in corners], y=[k_eff for _, k_eff in corners], mode="lines", fill="toself",
        fillcolor=style.colour, fillpattern=pattern_of(style), line={"color": style.colour, "width": 0.8},
        text="<br>".join(said), hoveron="fills", hoverinfo="text", meta={"products": list(formulas_of(region))},
    )  # fmt: skip


def pattern_of(style: Style) -> dict[str, Any]:
    """Write a hatch as Plotly takes it; without one the area is plain."""
    return {"shape": style.hatch, "fgcolor": style.ink, "bgcolor": style.colour, "size": 9, "solidity": 0.18}


def _borders(doc: PredominanceDoc) -> list[Any]:
    """Borders between areas of different products, as one trace with gaps."""
    apart = [one for one in doc.boundaries if len({formulas_of(doc.regions[index]) for index in one.regions}) == 2]
    x, y = ([v for one in apart for v in (one.ends[0][axis], one.ends[1][axis], None)] for axis in (0, 1))
    return [go.Scatter(x=x, y=y, mode="lines", line={"color": "#333333", "width": 1}, hoverinfo="skip")]


def _mark(doc: PredominanceDoc, k_eff: float, look: LineStyle) -> Any:
    """One K_eff as a short thick line at the left edge, in the colour of its curves."""
    low, high = doc.voltage_range
    return go.Scatter(
        x=[low, low + 0.015 * (high - low)], y=[k_eff, k_eff], mode="lines", line={"color": look.colour, "width": 7},
        hoverinfo="text", text=f"the curves below: K_eff {k_eff:g} GPa", cliponaxis=False, meta={"k_eff": k_eff},
    )  # fmt: skip


def _names(doc: PredominanceDoc, width: float) -> list[dict[str, Any]]:
    """Names inside the areas where they fit, else the number that the key explains."""
    numbers = {name: number for number, name in enumerate(named_areas(doc), start=1)}
    largest: dict[ProductNames, PredominanceRegion] = {}
    for region in sorted(doc.regions, key=lambda region: polygon_area(region.vertices)):
        largest[formulas_of(region)] = region
    return [_name(doc, largest[name], (name_products(name), f"{n}"), width) for name, n in numbers.items()]


def _name(doc: PredominanceDoc, region: PredominanceRegion, texts: Sequence[str], width: float) -> dict[str, Any]:
    x, y = find_middle(region.vertices)
    fits = [text for text in texts if _is_inside(doc, region, text, width)]
    return make_label(x, y, (fits or texts[-1:])[0])


def _is_inside(doc: PredominanceDoc, region: PredominanceRegion, text: str, width: float) -> bool:
    """Whether a text around the middle of an area stays in it on axes ``width`` pixels wide."""
    (left, right), (low, high) = doc.voltage_range, doc.k_eff_range
    x, y = find_middle(region.vertices)
    half = 0.5 * (LETTER_WIDTH * LETTER * len(text) + 4) * (right - left) / width
    up = 0.6 * LETTER * (high - low) / INSIDE
    return all(_holds(region.vertices, x + i * half, y + j * up) for i in (-1, 1) for j in (-1, 1))


def _holds(corners: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a polygon holds a point: a ray from it crosses an odd number of edges."""
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    crossed = (x < ax + (y - ay) * (bx - ax) / (by - ay) for (ax, ay), (bx, by) in pairs if (ay > y) != (by > y))
    return sum(crossed) % 2 == 1


def plot_shares(found: Sequence[UncertaintyDoc], styles: Styles) -> PlotlyFigure:
    """Draw the probability of each set of products at each K_eff, as bars that add up to one.

    Parameters
    ----------
    found
        Sampled uncertainties of one electrolyte, one per level of theory.
    styles
        Colour and hatch of each set of products.
    """
    rows = list(dict.fromkeys(_row(doc, row.k_eff, found) for doc in found for row in lowest_products(doc)))
    bars, filled, labels = [], dict.fromkeys(rows, 0.0), []
    for name in sampled_assemblages(found):
        mine = [(doc, row) for doc in found for row in lowest_products(doc) if tuple(sorted(row.products)) == name]
        bars.append(_share(name, mine, found, styles[name]))
        for doc, row in mine:
            place = _row(doc, row.k_eff, found)
            labels.append((filled[place], row.probability, place, name_products(name)))
            filled[place] += row.probability
    axis = {"title": "K<sub>eff</sub>", "type": "category", "categoryorder": "array", "categoryarray": rows}
    return make_figure(
        bars, {"title": "Probability", "range": [0, 1]}, {**axis, "automargin": True},
        label_bars(labels, WIDE_AXES), label_bars(labels, NARROW_AXES), barmode="stack", height=110 + 52 * len(rows),
    )  # fmt: skip


def _share(
    name: ProductNames,
    rows: Sequence[tuple[UncertaintyDoc, ProductProbability]],
    found: Sequence[UncertaintyDoc],
    style: Style,
) -> Any:
    """The bars of one set of products.

    Parameters
    ----------
    name
        The products.
    rows
        Document and probability of each bar.
    found
        All documents, which decide how the rows are named.
    style
        Colour and hatch.
    """
    said = [
        f"{name_products(name)}<br>probability {row.probability:.2f} ({row.low:.2f} to {row.high:.2f}, 95 %)<br>"
        f"{doc.level_of_theory.label}, {doc.samples} samples"
        for doc, row in rows
    ]
    return go.Bar(
        y=[_row(doc, row.k_eff, found) for doc, row in rows], x=[row.probability for _, row in rows],
        orientation="h", name=name_products(name), meta={"products": list(name)}, hovertext=said, hoverinfo="text",
        marker={"color": style.colour, "pattern": pattern_of(style), "line": {"color": "#333", "width": 0.8}},
    )  # fmt: skip


def _row(doc: UncertaintyDoc, k_eff: float, found: Sequence[UncertaintyDoc]) -> str:
    # a category that reads like a number would be taken for a place on the axis
    return f"{k_eff:g} GPa" if len(found) == 1 else f"{k_eff:g} GPa<br>{doc.level_of_theory.label}"
