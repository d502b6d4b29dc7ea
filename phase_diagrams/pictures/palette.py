"""Colours of the figures: the palette of Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, told apart by all.

A set of products and an effective bulk modulus look the same in every figure to which the same styles are given.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.colors import to_rgb

from selflimit.documents import PredominanceRegion, StabilityDoc, VoltageSegment

COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2", "#999999")
HATCHES = ("", "/", "\\", "x", "-", "|", "+", ".")
"""Hatches by the one letter that Plotly and matplotlib share."""
STABLE_COLOUR = "#FFFFFF"
"""Of the electrolyte itself."""
LINE_COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
LINES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

ProductNames = tuple[str, ...]
"""Reduced formulas of a set of products, sorted."""


class Style(NamedTuple):
    """How a set of products is filled: no two of a figure agree in both."""

    colour: str
    """Colour of the area, '#rrggbb'."""
    hatch: str
    """One of ``HATCHES``."""

    @property
    def ink(self) -> str:
        """Colour of the hatch: a darker shade of the area, so that the lines stay behind the label."""
        red, green, blue = (0.62 * channel for channel in to_rgb(self.colour))
        return f"#{int(255 * red):02x}{int(255 * green):02x}{int(255 * blue):02x}"


class LineStyle(NamedTuple):
    """How a curve of one K_eff is drawn."""

    colour: str
    """Colour of the line, '#rrggbb'."""
    dash: str
    """Its dash as matplotlib writes it."""
    marker: str
    """Its marker as matplotlib writes it."""


Styles = dict[ProductNames, Style]


def formulas_of(part: VoltageSegment | PredominanceRegion) -> ProductNames:
    """What an assemblage is called: its formulas, sorted."""
    return tuple(sorted({product.formula for product in part.products}))


def assemblages(parts: Iterable[VoltageSegment | PredominanceRegion]) -> list[ProductNames]:
    """All assemblages in the order in which they take their colours: the most reduced first, then by name.

    Figures of one electrolyte that show the same assemblages then show them in the same colours.
    """
    uptake: dict[ProductNames, float] = {}
    for part in parts:
        name = formulas_of(part)
        uptake[name] = max(part.ion_uptake, uptake.get(name, part.ion_uptake))
    return sorted(uptake, key=lambda name: (-round(uptake[name], 6), name))


def styles_of(names: Sequence[ProductNames], electrolyte: str) -> Styles:
    """Give each assemblage a colour and a hatch; the electrolyte itself stays white.

    >>> styles_of([("LiCl", "Zr"), ("Li2ZrCl6",)], "Li2ZrCl6")[("LiCl", "Zr")]
    Style(colour='#E69F00', hatch='')
    """
    others = [name for name in names if name != (electrolyte,)]
    # after each round through the colours the hatches move on by one, so that 64 sets differ
    styles = {
        name: Style(COLOURS[i % len(COLOURS)], HATCHES[(i + i // len(COLOURS)) % len(HATCHES)])
        for i, name in enumerate(others)
    }
    return {**styles, (electrolyte,): Style(STABLE_COLOUR, "")}


def lines_of(docs: Sequence[StabilityDoc]) -> dict[float, LineStyle]:
    """Give each K_eff (GPa) of the profiles its line, the lowest modulus first."""
    k_effs = sorted({doc.k_eff for doc in docs})
    return {
        k_eff: LineStyle(
            LINE_COLOURS[i % len(LINE_COLOURS)], LINES[i % len(LINES)], MARKERS[i % len(MARKERS)]
        )
        for i, k_eff in enumerate(k_effs)
    }  # fmt: skip
