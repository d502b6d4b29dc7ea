"""Pieces of a self-contained HTML page: headings, tables, embedded pictures and films. It opens without a network."""

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ase.data import chemical_symbols

ELEMENTS = chemical_symbols[1:104]

PAGE_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1b1b1b;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{line-height:1.2;margin-bottom:.2rem} h2{margin-top:2.6rem;border-bottom:1px solid #bbb}
table{border-collapse:collapse;margin:1rem 0;font-size:.86rem;width:100%}
th,td{padding:.28rem .55rem;text-align:left;vertical-align:top;border-bottom:1px solid #ddd}
th{border-bottom:2px solid #555} td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
th.number{text-align:right}
figure{margin:1.4rem 0} figure img{max-width:100%;height:auto} figcaption{font-size:.86rem;color:#444}
.selflimit-legend{columns:18rem;font-size:.86rem;margin:.4rem 0}
caption{text-align:left;font-weight:600;padding:.3rem 0} .scroll{overflow-x:auto} .note{color:#444;font-size:.9rem}
.player img{display:block} .player img[hidden]{display:none}
.controls{display:flex;align-items:center;gap:.7rem;margin:.4rem 0;font-size:.9rem} .controls[hidden]{display:none}
.controls input{flex:1;max-width:36rem} .controls button{font:inherit;min-width:5.5rem;padding:.2rem .6rem}
.controls output{min-width:6rem;font-variant-numeric:tabular-nums}
mark{background:#ffe9a8} nav a{margin-right:1rem} code{font-size:.88em;overflow-wrap:anywhere}
@media print{nav,.controls{display:none} figure,table{break-inside:avoid}}
"""


PLAYER = """
for (const player of document.querySelectorAll(".player")) {
  const frames = [...player.querySelectorAll("img")], slider = player.querySelector("input");
  const button = player.querySelector("button"), label = player.querySelector("output");
  let timer = null;
  const show = (number) => {
    frames.forEach((frame, i) => { frame.hidden = i !== number; });
    slider.value = number;
    label.textContent = slider.ariaValueText = frames[number].alt;
  };
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  const step = () => { if (+slider.value < frames.length - 1) show(+slider.value + 1); else stop(); };
  slider.addEventListener("input", () => { stop(); show(+slider.value); });
  button.addEventListener("click", () => {
    if (timer !== null) { stop(); return; }
    if (+slider.value === frames.length - 1) show(0);
    button.textContent = "Pause";
    timer = setInterval(step, 200);
  });
  show(frames.length - 1);
  player.querySelector(".controls").hidden = false;
}
"""
"""Slider and button of every player on the page. Without scripts the last frame stands there as a picture."""

SYMBOL = "(?:" + "|".join(sorted(ELEMENTS, key=len, reverse=True)) + ")"
COUNT = r"(?:[1-9]\d*(?:\.\d+)?)?"
GROUP = rf"\((?:{SYMBOL}{COUNT})+\){COUNT}"
FORMULA = re.compile(rf"(?<![\w-])(?=[\w()]*\d)(?:{SYMBOL}{COUNT}|{GROUP})+(?![\w/])")


def subscripted(text: str) -> str:
    """Escape ``text`` and set the numbers of chemical formulas as subscripts, 'Li2ZrCl6' -> Li<sub>2</sub>..."""
    return FORMULA.sub(lambda found: re.sub(r"(\d+(?:\.\d+)?)", r"<sub>\1</sub>", found[0]), html.escape(text))


def shown(value: object, digits: int = 5) -> str:
    """A table cell's text: floats with ``digits`` significant digits, everything else as text."""
    if not isinstance(value, float):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"
    return f"{value:.{digits - 1}e}"


@dataclass
class Page:
    """An HTML page under construction; ``text`` gives it whole."""

    title: str
    parts: list[str] = field(default_factory=list)
    chapters: list[tuple[str, str]] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        anchor = re.sub(r"\W+", "-", text.lower()).strip("-")
        self.chapters.append((anchor, text))
        self.parts.append(f'<h2 id="{anchor}">{subscripted(text)}</h2>')

    def paragraph(self, text: str, kind: str = "") -> None:
        """One paragraph of plain text; formulas get subscripts."""
        self.parts.append(f'<p class="{kind}">{subscripted(text)}</p>')

    def table(self, caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]], marked: int = -1) -> None:
        """A table; numbers are right-aligned, a row whose cell ``marked`` is not empty is highlighted."""
        numeric = [all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(columns))]
        kind = [' class="number"' if is_number else "" for is_number in numeric]
        head = "".join(f"<th{k}>{subscripted(c)}</th>" for k, c in zip(kind, columns, strict=True))
        body = "".join(f"<tr>{self._cells(row, kind, marked)}</tr>" for row in rows)
        self.parts.append(
            f'<div class="scroll"><table><caption>{subscripted(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def figure(self, png: Path, caption: str) -> None:
        """A picture, embedded."""
        data = base64.b64encode(png.read_bytes()).decode()
        alt = html.escape(caption)
        self.parts.append(
            f'<figure><img alt="{alt}" src="data:image/png;base64,{data}">'
            f"<figcaption>{subscripted(caption)}</figcaption></figure>"
        )

    def player(self, frames: Sequence[bytes], labels: Sequence[str], caption: str) -> None:
        """A film: WebP pictures of one size, embedded, with a time slider and a button that plays them.

        Parameters
        ----------
        frames
            The pictures.
        labels
            What the slider says at each, e.g. '600 s'.
        caption
            Text below.
        """
        last = len(frames) - 1
        images = "".join(
            f'<img alt="{html.escape(label)}" src="data:image/webp;base64,{base64.b64encode(frame).decode()}"'
            f"{'' if number == last else ' hidden'}>"
            for number, (frame, label) in enumerate(zip(frames, labels, strict=True))
        )
        self.parts.append(
            f'<figure class="player">{images}<div class="controls" hidden><button type="button">Play</button>'
            f'<input type="range" min="0" max="{last}" value="{last}" aria-label="time"><output></output></div>'
            f"<figcaption>{subscripted(caption)}</figcaption></figure>"
        )

    def drawing(self, markup: str, caption: str) -> None:
        """A drawing that is markup of our own making (SVG and its legend), set as it is."""
        self.parts.append(f"<figure>{markup}<figcaption>{subscripted(caption)}</figcaption></figure>")

    def text(self) -> str:
        """The whole page."""
        script = f"<script>{PLAYER}</script>" if any('class="player"' in part for part in self.parts) else ""
        links = "".join(f'<a href="#{anchor}">{html.escape(name)}</a> ' for anchor, name in self.chapters)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{PAGE_STYLE}</style></head>'
            f"<body><h1>{subscripted(self.title)}</h1><nav>{links}</nav>{''.join(self.parts)}{script}</body></html>\n"
        )

    def _cells(self, row: Sequence[object], kind: Sequence[str], marked: int) -> str:
        mark = marked >= 0 and bool(row[marked])
        texts = [subscripted(shown(cell)) for cell in row]
        wrapped = [f"<mark>{text}</mark>" if mark and i == 0 else text for i, text in enumerate(texts)]
        return "".join(f"<td{k}>{text}</td>" for k, text in zip(kind, wrapped, strict=True))
