"""Self-contained SVG drawings whose parts show a text while they are pointed at, for HTML pages and as files.

No scripts and nothing from a network: the text of the part under the pointer (or under the keyboard's focus) is shown
by a style rule, and ``<title>`` gives it to tooltips and screen readers. The markup is in ``templates/``.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from selflimit.templates import templates_of

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
WIDTH = 760
"""Width of every drawing (CSS pixels)."""
LEFT, RIGHT, TOP = 64, 16, 14
"""Margins beside and above what is drawn (CSS pixels)."""
LETTER = 12
"""Type size (CSS pixels)."""

SvgShape = tuple[str, dict[str, Any]]
"""Name of a macro in ``templates/shapes.svg``, and its arguments."""


def write_svg(title: str, height: float, shapes: Sequence[SvgShape]) -> str:
    """Write one ``<svg>`` element that is as wide as every drawing.

    Parameters
    ----------
    title
        What the drawing shows, for screen readers.
    height
        Height of the drawing (CSS pixels).
    shapes
        What is drawn; later ones lie on earlier ones.
    """
    template = templates_of(__package__).get_template("drawing.svg")
    return template.render(title=title, width=WIDTH, height=height, letter=LETTER, shapes=shapes)


def write_legend(items: Iterable[tuple[str, str]]) -> str:
    """Write colours and what they stand for as a numbered HTML list."""
    return templates_of(__package__).get_template("legend.html").render(items=list(items))


def write_readably(text: str) -> str:
    """Set a formula or reaction with subscripts; numbers that follow no element or bracket are coefficients.

    >>> write_readably("Li2ZrCl6 + 4 Li -> 6 LiCl + Zr")
    'Li₂ZrCl₆ + 4 Li → 6 LiCl + Zr'
    """
    marked = re.sub(r"(?<=[A-Za-z)])\d+", lambda digits: digits.group().translate(SUBSCRIPTS), text)
    return marked.replace("->", "→")


def place_text(x: float, y: float, text: str, kind: str) -> SvgShape:
    """Place one line of text of a style class at a pixel.

    Parameters
    ----------
    x, y
        Where it is anchored (pixels).
    text
        The line.
    kind
        Its class in the style sheet.
    """
    return "text", {"x": x, "y": y, "text": text, "kind": kind}


def group_pointed(shapes: Sequence[SvgShape], lines: Sequence[str], y: float) -> SvgShape:
    """Group shapes with the lines that are shown while they are pointed at.

    Parameters
    ----------
    shapes
        What is pointed at.
    lines
        What is shown, from top to bottom.
    y
        Height at which the first line is shown (pixels).
    """
    return "pointed", {"shapes": shapes, "lines": lines, "x": LEFT, "y": y}


def write_points(points: Iterable[tuple[float, float]]) -> str:
    """Write pixels as SVG has them, to a hundredth of a pixel.

    >>> write_points([(1.0, 2.0), (3.14159, 4.0)])
    '1.00,2.00 3.14,4.00'
    """
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
