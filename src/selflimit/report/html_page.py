"""A self-contained HTML page: chapters, tables, embedded pictures and films. It opens without a network.

What each part looks like is in ``templates/parts.html``, the page around them in ``templates/page.html``.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ase.data import chemical_symbols
from markupsafe import Markup, escape

from selflimit.templates import templates_of

SYMBOL = "(?:" + "|".join(sorted(chemical_symbols[1:104], key=len, reverse=True)) + ")"
COUNT = r"(?:[1-9]\d*(?:\.\d+)?)?"
GROUP = rf"\((?:{SYMBOL}{COUNT})+\){COUNT}"
FORMULA = re.compile(rf"(?<![\w-])(?=[\w()]*\d)(?:{SYMBOL}{COUNT}|{GROUP})+(?![\w/])")


def set_subscripts(text: str) -> Markup:
    """Escape a text and set the numbers of its chemical formulas as subscripts.

    >>> print(set_subscripts("Li2ZrCl6 at < 2 V"))
    Li<sub>2</sub>ZrCl<sub>6</sub> at &lt; 2 V
    """
    # escaped first: what comes from a file must not become markup
    return Markup(FORMULA.sub(lambda found: re.sub(r"(\d+(?:\.\d+)?)", r"<sub>\1</sub>", found[0]), escape(text)))


def write_cell(value: object, digits: int = 5) -> str:
    """Write what a table's cell holds: floats with ``digits`` significant digits, everything else as its text.

    >>> write_cell(12.3456789), write_cell(1.5e-7), write_cell(3), write_cell("Li")
    ('12.346', '1.5000e-07', '3', 'Li')
    """
    if not isinstance(value, float):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"
    return f"{value:.{digits - 1}e}"


@dataclass
class Page:
    """An HTML page to which parts are added from top to bottom; ``text`` writes it.

    >>> page = Page("Stability of Li2ZrCl6")
    >>> page.heading("Reactions")
    >>> page.table("Products", ["formula", "amount"], [["LiCl", 6.0], ["Zr", 1.0]])
    >>> "<h1>Stability of Li<sub>2</sub>ZrCl<sub>6</sub></h1>" in page.text()
    True
    """

    title: str
    parts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Name of the macro in ``parts.html`` that writes the part, and its arguments."""
    chapters: list[tuple[str, str]] = field(default_factory=list)
    """Anchor and title of each chapter, for the links at the top."""

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        anchor = re.sub(r"\W+", "-", text.lower()).strip("-")
        self.chapters.append((anchor, text))
        self._add("heading", text=text, anchor=anchor)

    def paragraph(self, text: str, kind: str = "") -> None:
        """Add a paragraph of plain text; ``kind`` is its class in ``page.css``."""
        self._add("paragraph", text=text, kind=kind)

    def table(
        self, caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]], marked: int | None = None
    ) -> None:
        """Add a table whose columns of numbers are aligned to the right.

        Parameters
        ----------
        caption
            Text above the table.
        columns
            Heads of the columns, with units.
        rows
            One cell per column each.
        marked
            A row is highlighted where its cell of this number is not empty; None: no row is.
        """
        numeric = [all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(columns))]
        self._add("table", caption=caption, columns=columns, rows=rows, numeric=numeric, marked=marked)

    def figure(self, png: Path, caption: str) -> None:
        """Add a picture, which is embedded."""
        self._add("figure", data=_base64(png.read_bytes()), caption=caption)

    def player(self, frames: Sequence[bytes], labels: Sequence[str], caption: str) -> None:
        """Add a film: embedded pictures with a time slider and a button that plays them.

        Parameters
        ----------
        frames
            WebP pictures of one size.
        labels
            What the slider says at each, e.g. '600 s'.
        caption
            Text below the film.
        """
        named = [(label, _base64(frame)) for label, frame in zip(labels, frames, strict=True)]
        self._add("player", frames=named, caption=caption)

    def drawing(self, markup: str, caption: str) -> None:
        """Add a drawing that is markup of our own making (SVG and its legend), set as it is."""
        self._add("drawing", markup=Markup(markup), caption=caption)

    def text(self) -> str:
        """Write the whole page."""
        templates = templates_of("selflimit.report", set_subscripts, write_cell)
        page = templates.get_template("page.html")
        return page.render(title=self.title, parts=self.parts, chapters=self.chapters) + "\n"

    def _add(self, kind: str, /, **about: object) -> None:
        self.parts.append((kind, about))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
