"""The interactive figures of a written page, read back as the browser reads them."""

import json
import re

SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def figures_of(page):
    """Data and layout of every figure of the page, in their order."""
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)]


def plain(text):
    """A text with the numbers of formulas and arrows as they are typed."""
    return text.translate(SUBSCRIPTS).replace("→", "->")


def looks(figures, key):
    """What carries ``key`` in its meta -> every look that it has in the figures."""
    found = {}
    for trace in (trace for figure in figures for trace in figure["data"] if key in trace.get("meta", {})):
        name = trace["meta"][key]
        name = tuple(name) if isinstance(name, list) else name
        found.setdefault(name, set()).add(look(trace))
    return found


def look(trace):
    """Colour, and hatch or nothing, of an area, a bar or a line."""
    if "fillpattern" in trace:
        return trace["fillcolor"], trace["fillpattern"]["shape"]
    if trace["type"] == "bar":
        return trace["marker"]["color"], trace["marker"]["pattern"]["shape"]
    return trace["line"]["color"], ""
