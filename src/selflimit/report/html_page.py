"""A self-contained HTML page: chapters, tables, embedded pictures and films. It opens without a network.

What each part looks like is in ``templates/parts.html``, the page around them in ``templates/page.html``.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import chemical_symbols
from markupsafe import Markup, escape
from PIL import Image

from selflimit.mesoscale.pictures.movies import encode_webp
from selflimit.phase_diagrams.pictures.palette import HATCHES, Style
from selflimit.report.answers import ReportAnswer
from selflimit.report.interactive.layout import PlotlyFigure, packed_plotly
from selflimit.templates import templates_of

SYMBOL = "(?:" + "|".join(sorted(chemical_symbols[1:104], key=len, reverse=True)) + ")"
COUNT = r"(?:[1-9]\d*(?:\.\d+)?)?"
GROUP = rf"\((?:{SYMBOL}{COUNT})+\){COUNT}"
FORMULA = re.compile(rf"(?<![\w-])(?=[\w()]*\d)(?:{SYMBOL}{COUNT}|{GROUP})+(?![\w/])")
TYPESETTING = (
    (re.compile(r"\bK_eff\b"), "K<sub>eff</sub>"),
    (re.compile(r"\bdV/V0\b"), "ΔV/V<sub>0</sub>"),
    (re.compile(r"(?<=[a-z])\^(-?\d)"), r"<sup>\1</sup>"),
    (re.compile(r"(?<=mA/cm)2\b"), "²"),
)
"""What stands for a symbol or a power of a unit -> how it is set."""
TWIN_WIDTH = 1100
"""Pixels across a static picture in the page."""


def set_subscripts(text: str) -> Markup:
    """Escape a text; set numbers of its chemical formulas, symbols and powers of units.

    >>> print(set_subscripts("Li2ZrCl6 at < 2 V, 3 mA/cm^2"))
    Li<sub>2</sub>ZrCl<sub>6</sub> at &lt; 2 V, 3 mA/cm<sup>2</sup>
    """
    # escaped first: what comes from a file must not become markup
    safe = FORMULA.sub(lambda found: re.sub(r"(\d+(?:\.\d+)?)", r"<sub>\1</sub>", found[0]), escape(text))
    for written, markup in TYPESETTING:
        safe = written.sub(markup, safe)
    return Markup(safe)


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
        self.chapters.append((anchor_of(text), text))
        self._add("heading", text=text, anchor=anchor_of(text))

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
            One cell per column each; of equal rows one is shown, without rows there is no table.
        marked
            A row is highlighted where its cell of this number is not empty; None: no row is.
        """
        # a row that says what another says, and a column in which nothing stands, say nothing
        told = list({tuple(map(str, row)): row for row in rows}.values())
        full = [i for i in range(len(columns)) if any(str(row[i]).strip() for row in told)]
        if told and full:
            numeric = [all(isinstance(row[i], (int, float)) for row in told) for i in full]
            self._add(
                "table", caption=caption, columns=[columns[i] for i in full], numeric=numeric,
                rows=[[row[i] for i in full] for row in told], marked=full.index(marked) if marked in full else None,
            )  # fmt: skip

    def figure(self, png: Path, caption: str) -> None:
        """Add a picture, which is embedded."""
        self._add("figure", data=_base64(png.read_bytes()), caption=caption)

    def plot(self, figure: PlotlyFigure, twin: Path, caption: str, key: Sequence[tuple[str, str, Style]] = ()) -> None:
        """Add a figure that can be pointed at.

        Parameters
        ----------
        figure
            Its data and layout.
        twin
            PNG picture of the same, for paper and where there are no scripts.
        caption
            One sentence that says what is found.
        key
            Number, name and style of what is numbered in the figure.
        """
        listed = [(number, name, style, HATCHES.index(style.hatch)) for number, name, style in key]
        self._add("plot", figure=figure, twin=_base64(shrink(twin)), caption=caption, key=listed)

    def answers(self, answers: Sequence[ReportAnswer]) -> None:
        """Add the four answers of the first screen."""
        self._add("answers", answers=answers)

    @contextmanager
    def folded(self, text: str) -> Iterator[None]:
        """Fold what is added inside: the reader sees ``text`` and opens it."""
        self._add("fold", text=text, anchor=anchor_of(text))
        yield
        self._add("unfold")

    def player(self, frames: Sequence[bytes], labels: Sequence[str], caption: str, twin: Path | None = None) -> None:
        """Add a film: embedded pictures with a time slider and a button that plays them.

        Parameters
        ----------
        frames
            WebP pictures of one size.
        labels
            What the slider says at each, e.g. '600 s'.
        caption
            Text below the film.
        twin
            PNG picture that stands for the film on paper; None: its last frame.
        """
        named = [(label, _base64(frame)) for label, frame in zip(labels, frames, strict=True)]
        self._add("player", frames=named, caption=caption, twin="" if twin is None else _base64(shrink(twin)))

    def text(self) -> str:
        """Write the whole page."""
        templates = templates_of("selflimit.report", set_subscripts, write_cell)
        page = templates.get_template("page.html")
        kinds = [kind for kind, _ in self.parts]
        return page.render(
            title=self.title, parts=self.parts, chapters=self.chapters,
            nav_at=kinds.index("answers") + 1 if "answers" in kinds else 0,
            plotly=packed_plotly() if "plot" in kinds else "",
        ) + "\n"  # fmt: skip

    def _add(self, kind: str, /, **about: object) -> None:
        self.parts.append((kind, about))


def anchor_of(text: str) -> str:
    """Make an address within the page.

    >>> anchor_of("Stress at the interface")
    'stress-at-the-interface'
    """
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def shrink(png: Path) -> bytes:
    """Make of a picture one that is small enough to stand beside its interactive twin, as WebP."""
    with Image.open(png) as picture:
        size = TWIN_WIDTH, max(1, round(TWIN_WIDTH * picture.height / picture.width))
        small = picture.convert("RGB") if picture.width <= TWIN_WIDTH else picture.convert("RGB").resize(size)
        return encode_webp(np.asarray(small))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
