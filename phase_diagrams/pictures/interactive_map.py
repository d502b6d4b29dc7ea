"""The voltage-K_eff map as a self-contained SVG fragment for HTML pages: hovering a region shows its reaction.

No scripts and nothing from a network: the text of the region under the pointer (or under the keyboard's focus) is shown
by a style rule, and ``<title>`` gives it to tooltips and screen readers.
"""

import re
from collections.abc import Sequence
from html import escape

from selflimit.documents import PredominanceDoc, PredominanceRegion
from selflimit.errors import InputError
from selflimit.phase_diagrams.geometry.tiling import middle_of
from selflimit.phase_diagrams.pictures.palette import COLOURS, STABLE_COLOUR, assemblages, formulas_of

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
WIDTH, HEIGHT = 760, 520
"""Size of the drawing (CSS pixels)."""
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 14, 92
"""Margins around the map (CSS pixels)."""
TEXT = 12
"""Type size (CSS pixels)."""
MAP_STYLE = f"""
.selflimit-map {{ font: {TEXT}px sans-serif; max-width: 100%; height: auto; }}
.selflimit-map polygon {{ stroke: #000; stroke-width: 0.6; }}
.selflimit-map .name {{ pointer-events: none; text-anchor: middle; }}
.selflimit-map .info {{ visibility: hidden; }}
.selflimit-map g:hover > .info, .selflimit-map g:focus > .info {{ visibility: visible; }}
.selflimit-map g:hover > polygon, .selflimit-map g:focus > polygon {{ stroke-width: 3; }}
.selflimit-map g:hover > .line, .selflimit-map g:focus > .line {{ stroke-width: 7; }}
.selflimit-map g:focus {{ outline: none; }}
.selflimit-map .resting {{ fill: #555; }}
.selflimit-map:hover .resting, .selflimit-map:focus-within .resting {{ visibility: hidden; }}
"""


def predominance_svg(doc: PredominanceDoc) -> str:
    """The map as an HTML fragment (one ``<svg>`` element).

    Parameters
    ----------
    doc
        The map; voltages in V, K_eff in GPa.

    Returns
    -------
    str
        Markup that works inside any HTML page and as a file of its own.

    Raises
    ------
    InputError
        The document has no regions.
    """
    if not doc.regions:
        raise InputError("expected a map with regions, got none; make it with ConstrainedPhaseDiagram.predominance")
    names = assemblages(doc.regions)
    fills = fills_of(names, doc.formula)
    title = f"Decomposition of {readable(doc.formula)} against voltage and effective bulk modulus"
    body = [_region(doc, region, fills[formulas_of(region)]) for region in doc.regions]
    hint = text_at(LEFT, HEIGHT - 26, "Point at a region, or move with the tab key, to see its reaction.", "resting")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="selflimit-map" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="group" aria-label="{escape(title)}">',
            f"<style>{MAP_STYLE}</style>",
            *_axes(doc),
            *body,
            *_labels(doc),
            hint,
            "</svg>",
        ]
    )


def predominance_legend(doc: PredominanceDoc) -> str:
    """Colours and numbers of the map's products as an HTML list, the most reduced first."""
    names = assemblages(doc.regions)
    fills = fills_of(names, doc.formula)
    box = "display:inline-block;width:1em;height:1em;border:1px solid #000;margin-right:.4em;vertical-align:-.1em"
    items = (
        f'<li><span style="{box};background:{fills[name]}"></span>{escape(" + ".join(map(readable, name)))}</li>'
        for name in names
    )
    return f'<ol class="selflimit-legend">{"".join(items)}</ol>'


def fills_of(names: Sequence[tuple[str, ...]], electrolyte: str) -> dict[tuple[str, ...], str]:
    """Colour of each set of products; the electrolyte itself is white."""
    others = [name for name in names if name != (electrolyte,)]
    fills = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(others)}
    return {**fills, (electrolyte,): STABLE_COLOUR}


def readable(text: str) -> str:
    """Formula or reaction with subscripts; numbers that do not follow an element or bracket are coefficients."""
    marked = re.sub(r"(?<=[A-Za-z)])\d+", lambda digits: digits.group().translate(SUBSCRIPTS), text)
    return marked.replace("->", "→")


def _place(doc: PredominanceDoc, voltage: float, k_eff: float) -> tuple[float, float]:
    """Pixels of a point of the map."""
    (left, right), (low, high) = doc.voltage_range, doc.k_eff_range
    x = LEFT + (voltage - left) / (right - left) * (WIDTH - LEFT - RIGHT)
    y = HEIGHT - BOTTOM - (k_eff - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    return x, y


def _region(doc: PredominanceDoc, region: PredominanceRegion, fill: str) -> str:
    corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in (_place(doc, *corner) for corner in region.vertices))
    strain = f"ΔV/V₀ = {100 * region.reaction_strain:+.1f} %{' in the middle' if region.coexisting else ''}"
    lines = [*(readable(reaction) for reaction in region.reaction.split(" | ")), strain]
    shown = "".join(text_at(LEFT, HEIGHT - 40 + 16 * row, line, "info") for row, line in enumerate(lines))
    return (
        f'<g tabindex="0"><title>{escape("; ".join(lines))}</title>'
        f'<polygon points="{corners}" fill="{fill}"/>{shown}</g>'
    )


def _labels(doc: PredominanceDoc) -> list[str]:
    """Names, or their numbers in the legend, inside the regions that are wide enough; the largest of each name only."""
    largest: dict[tuple[str, ...], PredominanceRegion] = {}
    for region in sorted(doc.regions, key=_area):
        largest[formulas_of(region)] = region
    numbers = {name: n for n, name in enumerate(assemblages(doc.regions), start=1)}
    return [_label(doc, (" + ".join(map(readable, name)), f"{numbers[name]}"), r) for name, r in largest.items()]


def _label(doc: PredominanceDoc, texts: Sequence[str], region: PredominanceRegion) -> str:
    """The first of ``texts`` that fits around the middle of the region; empty: none does."""
    points = [_place(doc, *corner) for corner in region.vertices]
    x, y = _place(doc, *middle_of(region.vertices))
    for text in texts:
        half = 0.3 * TEXT * len(text)  # a sans-serif letter is about 0.6 of the type size wide
        if all(_inside(points, x + side * half, y + up) for side in (-1, 1) for up in (-TEXT, 4)):
            return text_at(x, y, text, "name")
    return ""


def _inside(points: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a polygon holds a point: a ray from it crosses an odd number of edges."""
    following = [*points[1:], points[0]]
    crossed = (
        x < ax + (y - ay) * (bx - ax) / (by - ay)
        for (ax, ay), (bx, by) in zip(points, following, strict=True)
        if (ay > y) != (by > y)
    )
    return sum(crossed) % 2 == 1


def _area(region: PredominanceRegion) -> float:
    corners = region.vertices
    following = [*corners[1:], corners[0]]
    return 0.5 * sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(corners, following, strict=True))


def _axes(doc: PredominanceDoc) -> list[str]:
    """Ticks and titles of both axes."""
    (left, right), (low, high) = doc.voltage_range, doc.k_eff_range
    across = [(v, *_place(doc, v, low)) for v in (left + (right - left) * i / 6 for i in range(7))]
    up = [(k, *_place(doc, left, k)) for k in (low + (high - low) * i / 4 for i in range(5))]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        *(text_at(x, y + 16, f"{value:.3g}", "name") for value, x, y in across),
        *(text_at(x - 18, y + 4, f"{value:.3g}", "name") for value, x, y in up),
        text_at((LEFT + WIDTH) / 2, HEIGHT - 58, f"Voltage (V vs {doc.working_ion}/{doc.working_ion}⁺)", "name"),
        f'<text class="name" transform="translate(14 {middle}) rotate(-90)">Effective bulk modulus (GPa)</text>',
    ]


def text_at(x: float, y: float, text: str, kind: str) -> str:
    """One line of text of a style class at a pixel."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
