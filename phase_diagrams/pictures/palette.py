"""Colours of the figures: the palette of Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, told apart by all."""

from collections.abc import Iterable

from selflimit.documents import PredominanceRegion, VoltageSegment

COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2", "#999999")
STABLE_COLOUR = "#FFFFFF"
"""Of the electrolyte itself."""


def formulas_of(part: VoltageSegment | PredominanceRegion) -> tuple[str, ...]:
    """What an assemblage is called: its formulas, sorted."""
    return tuple(sorted({product.formula for product in part.products}))


def assemblages(parts: Iterable[VoltageSegment | PredominanceRegion]) -> list[tuple[str, ...]]:
    """All assemblages in the order in which they take their colours: the most reduced first, then by name.

    Figures of one electrolyte that show the same assemblages then show them in the same colours.
    """
    uptake: dict[tuple[str, ...], float] = {}
    for part in parts:
        name = formulas_of(part)
        uptake[name] = max(part.ion_uptake, uptake.get(name, part.ion_uptake))
    return sorted(uptake, key=lambda name: (-round(uptake[name], 6), name))
