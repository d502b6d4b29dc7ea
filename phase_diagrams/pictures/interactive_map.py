"""The voltage-K_eff map as a self-contained SVG fragment for HTML pages: pointing at a region shows its reaction."""

from collections.abc import Sequence

from selflimit.documents import PredominanceDoc, PredominanceRegion
from selflimit.errors import InputError
from selflimit.phase_diagrams.geometry.tiling import find_middle, polygon_area
from selflimit.phase_diagrams.pictures.palette import COLOURS, STABLE_COLOUR, assemblages, formulas_of
from selflimit.phase_diagrams.pictures.svg import (
    LEFT,
    LETTER,
    RIGHT,
    TOP,
    WIDTH,
    SvgShape,
    group_pointed,
    place_text,
    write_legend,
    write_points,
    write_readably,
    write_svg,
)

HEIGHT, BOTTOM = 520, 92
"""Height of the drawing and of its margin below the map (CSS pixels)."""


def draw_predominance_svg(doc: PredominanceDoc) -> str:
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
    title = f"Decomposition of {write_readably(doc.formula)} against voltage and effective bulk modulus"
    regions = [_region(doc, region, fills[formulas_of(region)]) for region in doc.regions]
    hint = place_text(LEFT, HEIGHT - 26, "Point at a region, or move with the tab key, to see its reaction.", "resting")
    return write_svg(title, HEIGHT, [*_axes(doc), *regions, *_labels(doc), hint])


def write_predominance_legend(doc: PredominanceDoc) -> str:
    """Colours and numbers of the map's products as an HTML list, the most reduced first."""
    names = assemblages(doc.regions)
    fills = fills_of(names, doc.formula)
    return write_legend((fills[name], " + ".join(map(write_readably, name))) for name in names)


def fills_of(names: Sequence[tuple[str, ...]], electrolyte: str) -> dict[tuple[str, ...], str]:
    """Colour of each set of products; the electrolyte itself is white."""
    others = [name for name in names if name != (electrolyte,)]
    fills = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(others)}
    return {**fills, (electrolyte,): STABLE_COLOUR}


def _place(doc: PredominanceDoc, voltage: float, k_eff: float) -> tuple[float, float]:
    """Pixels of a point of the map."""
    (left, right), (low, high) = doc.voltage_range, doc.k_eff_range
    x = LEFT + (voltage - left) / (right - left) * (WIDTH - LEFT - RIGHT)
    y = HEIGHT - BOTTOM - (k_eff - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    return x, y


def _region(doc: PredominanceDoc, region: PredominanceRegion, fill: str) -> SvgShape:
    corners = write_points(_place(doc, *corner) for corner in region.vertices)
    strain = f"ΔV/V₀ = {100 * region.reaction_strain:+.1f} %{' in the middle' if region.coexisting else ''}"
    lines = [*(write_readably(reaction) for reaction in region.reaction.split(" | ")), strain]
    return group_pointed([("polygon", {"points": corners, "fill": fill})], lines, HEIGHT - 40)


def _labels(doc: PredominanceDoc) -> list[SvgShape]:
    """Names, or their numbers in the legend, inside the regions that are wide enough; the largest of each name only."""
    largest: dict[tuple[str, ...], PredominanceRegion] = {}
    for region in sorted(doc.regions, key=lambda region: polygon_area(region.vertices)):
        largest[formulas_of(region)] = region
    numbers = {name: n for n, name in enumerate(assemblages(doc.regions), start=1)}
    named = ((" + ".join(map(write_readably, name)), f"{numbers[name]}", region) for name, region in largest.items())
    return [label for *texts, region in named for label in _label(doc, texts, region)]


def _label(doc: PredominanceDoc, texts: Sequence[str], region: PredominanceRegion) -> list[SvgShape]:
    """The first of ``texts`` that fits around the middle of the region; none where none does."""
    points = [_place(doc, *corner) for corner in region.vertices]
    x, y = _place(doc, *find_middle(region.vertices))
    for text in texts:
        half = 0.3 * LETTER * len(text)  # a sans-serif letter is about 0.6 of the type size wide
        if all(_inside(points, x + side * half, y + up) for side in (-1, 1) for up in (-LETTER, 4)):
            return [place_text(x, y, text, "name")]
    return []


def _inside(points: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a polygon holds a point: a ray from it crosses an odd number of edges."""
    following = [*points[1:], points[0]]
    crossed = (
        x < ax + (y - ay) * (bx - ax) / (by - ay)
        for (ax, ay), (bx, by) in zip(points, following, strict=True)
        if (ay > y) != (by > y)
    )
    return sum(crossed) % 2 == 1


def _axes(doc: PredominanceDoc) -> list[SvgShape]:
    """Ticks and titles of both axes."""
    (left, right), (low, high) = doc.voltage_range, doc.k_eff_range
    across = [(v, *_place(doc, v, low)) for v in (left + (right - left) * i / 6 for i in range(7))]
    up = [(k, *_place(doc, left, k)) for k in (low + (high - low) * i / 4 for i in range(5))]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        *(place_text(x, y + 16, f"{value:.3g}", "name") for value, x, y in across),
        *(place_text(x - 18, y + 4, f"{value:.3g}", "name") for value, x, y in up),
        place_text((LEFT + WIDTH) / 2, HEIGHT - 58, f"Voltage (V vs {doc.working_ion}/{doc.working_ion}⁺)", "name"),
        ("upright", {"y": middle, "text": "Effective bulk modulus (GPa)"}),
    ]
