"""Pictures of stability documents: products, reaction energy and strain against voltage, and the voltage-K_eff map.

Every function draws on the axes it is given and returns them. Products carry a colour of the Okabe-Ito palette
(Okabe and Ito, 2008, https://jfly.uni-koeln.de/color/) and a hatch of their own, so they are told apart in grey and by
colour-blind readers.
"""

import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from selflimit.documents import PredominanceDoc, PredominanceRegion, StabilityDoc, VoltageSegment
from selflimit.errors import InputError
from selflimit.phase_diagrams.geometry.tiling import find_middle, polygon_area
from selflimit.phase_diagrams.pictures.palette import (
    LineStyle,
    ProductNames,
    Style,
    Styles,
    assemblages,
    formulas_of,
    lines_of,
    styles_of,
)

HATCH_DENSITY = 3
"""How often a hatch's letter is written: matplotlib then draws its lines that close."""
BAR_HEIGHT = 0.72
"""Height of a lane's bar; lanes are 1 apart."""
LABEL_POINTS = 8.0
"""Type size inside the bars (points)."""


SUBSCRIPT_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def write_formula(formula: str) -> str:
    """Write a formula with subscripts.

    Characters, not matplotlib's mathematics: its parser takes most of the time of a legend with many products.

    >>> write_formula("Li2ZrCl6")
    'Li₂ZrCl₆'
    """
    return re.sub(r"(?<=[A-Za-z)])\d+(?:\.\d+)?", lambda digits: digits[0].translate(SUBSCRIPT_DIGITS), formula)


def plot_profile(docs: Sequence[StabilityDoc], ax: Axes, styles: Styles | None = None) -> Axes:
    """Decomposition products against voltage, one lane for each effective bulk modulus.

    Segments wide enough carry their products; all are in the legend. Segments that differ in a polymorph only are
    drawn as one. The white framed segment is the electrolyte's stability window.

    Parameters
    ----------
    docs
        Stability of one electrolyte at several ``k_eff`` (GPa); lanes from the lowest modulus upwards.
    ax
        Axes to draw on; at least 7 inches wide keeps the labels readable.
    styles
        Colour and hatch of each set of products, so that other figures agree; None: those of these documents.

    Raises
    ------
    InputError
        No documents, or of several electrolytes.
    """
    lanes = _sorted_docs(docs)
    names = assemblages(segment for doc in lanes for segment in doc.segments)
    styles = styles_of(names, lanes[0].formula) if styles is None else styles
    _frame(ax, lanes)
    handles = [_swatch(styles[name], " + ".join(map(write_formula, name))) for name in names]
    ax.legend(handles=handles, title="Products", loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    ax.figure.canvas.figure.draw_without_rendering()  # settles the layout, so that labels are fitted to final sizes
    for lane, doc in enumerate(lanes):
        for low, high, name in _joined(doc.segments):
            _draw_bar(ax, (low, high), lane, styles[name], name)
    return ax


def plot_reaction_energy(docs: Sequence[StabilityDoc], ax: Axes) -> Axes:
    """Grand-potential reaction energy, mechanical work included, against voltage; one line for each ``k_eff``.

    Parameters and errors as :func:`plot_profile`.
    """
    looks = lines_of(docs)
    for doc in _sorted_docs(docs):
        points = [(s.voltage_low, s.reaction_energy_low) for s in doc.segments]
        points.append((doc.segments[-1].voltage_high, doc.segments[-1].reaction_energy_high))
        _draw_line(ax, points, looks[doc.k_eff], doc)
    return _finish_lines(ax, docs[0], "Reaction energy (eV per formula unit)")


def plot_reaction_strain(docs: Sequence[StabilityDoc], ax: Axes) -> Axes:
    """Reaction strain dV/V0 in percent against voltage; one line for each ``k_eff``.

    It is stepped, except where two assemblages coexist in an elastic surrounding. Shaded: the range over polymorphs.

    Parameters and errors as :func:`plot_profile`.
    """
    looks = lines_of(docs)
    for doc in _sorted_docs(docs):
        ends = [point for segment in doc.segments for point in strain_ends(segment, doc.k_eff)]
        _draw_line(ax, ends, looks[doc.k_eff], doc)
        for segment in doc.segments:
            if segment.strain_range is not None:  # the range over polymorphs
                low, high = (100.0 * end for end in segment.strain_range)
                ax.fill_between(
                    [segment.voltage_low, segment.voltage_high],
                    low,
                    high,
                    color=looks[doc.k_eff].colour,
                    alpha=0.1,
                    lw=0,
                )
    if any(segment.strain_range for doc in docs for segment in doc.segments):
        ax.fill_between([], [], color="0.5", alpha=0.2, lw=0, label="shaded: polymorphs")
    return _finish_lines(ax, docs[0], r"Reaction strain $\Delta V/V_0$ (%)")


def plot_predominance(doc: PredominanceDoc, ax: Axes, styles: Styles | None = None) -> Axes:
    """The voltage-K_eff map: one colour and hatch for each set of product formulas.

    Regions that differ in a polymorph only are one area. Names stand inside where they fit, else numbers that the
    legend explains. The white area is the electrolyte itself.

    Parameters
    ----------
    doc
        The map; voltages in V, K_eff in GPa.
    ax
        Axes to draw on; at least 8 inches wide leaves room for the legend.
    styles
        As :func:`plot_profile`.
    """
    names = assemblages(doc.regions)
    styles = styles_of(names, doc.formula) if styles is None else styles
    ax.set_xlim(doc.voltage_range)
    ax.set_ylim(doc.k_eff_range)
    ax.set_xlabel(_voltage_label(doc))
    ax.set_ylabel(r"Effective bulk modulus $K_\mathrm{eff}$ (GPa)")
    ax.set_title(f"Decomposition of {write_formula(doc.formula)}")
    for region in doc.regions:
        style = styles[formulas_of(region)]
        fill = style.colour
        ax.add_patch(Polygon(region.vertices, facecolor=fill, edgecolor=fill, linewidth=0.8))  # no seams
        ax.add_patch(Polygon(region.vertices, facecolor=fill, hatch=hatch_of(style), edgecolor=style.ink, linewidth=0))
    for border in doc.boundaries:
        if len({formulas_of(doc.regions[index]) for index in border.regions}) == 2:
            ax.plot(*zip(*border.ends, strict=True), color="black", linewidth=1.0)
    labels = [f"{number}: {' + '.join(map(write_formula, name))}" for number, name in enumerate(names, start=1)]
    handles = [_swatch(styles[name], label) for name, label in zip(names, labels, strict=True)]
    ax.legend(handles=handles, title="Products", loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    ax.figure.canvas.figure.draw_without_rendering()  # settles the layout, so that labels are fitted to final sizes
    for number, name in enumerate(names, start=1):
        largest = max((r for r in doc.regions if formulas_of(r) == name), key=lambda r: polygon_area(r.vertices))
        _name_region(ax, largest, number, name)
    return ax


def _name_region(ax: Axes, region: PredominanceRegion, number: int, name: tuple[str, ...]) -> None:
    """The first text that fits around the middle of the region: its name, its name stacked, its number, or none."""
    corners = region.vertices
    x, y = find_middle(corners)
    room_x, room_y = _points_per_unit(ax)
    formulas = [write_formula(formula) for formula in name]
    for lines in ([" + ".join(formulas)], formulas, [str(number)]):
        half_x = 0.5 * (max(TextPath((0, 0), li, size=LABEL_POINTS).get_extents().width for li in lines) + 4) / room_x
        half_y = 0.5 * (1.35 * LABEL_POINTS * len(lines) + 2) / room_y
        box = [(x + i * half_x, y + j * half_y) for i in (-1, 1) for j in (-1, 1)]
        if Path(corners).contains_points(box).all():
            style = {"facecolor": "white", "edgecolor": "none", "alpha": 0.88, "pad": 1.0}
            ax.text(
                x, y, "\n".join(lines), ha="center", va="center", fontsize=LABEL_POINTS, linespacing=1.1, bbox=style
            )
            return


def _sorted_docs(docs: Sequence[StabilityDoc]) -> list[StabilityDoc]:
    found = sorted({doc.formula for doc in docs})
    if len(found) != 1:
        raise InputError(f"expected stability documents of one electrolyte, got {found or 'none'}")
    return sorted(docs, key=lambda doc: doc.k_eff)


def _joined(segments: Sequence[VoltageSegment]) -> list[tuple[float, float, tuple[str, ...]]]:
    """Neighbouring segments with the same formulas as one: (low, high, formulas)."""
    joined: list[tuple[float, float, tuple[str, ...]]] = []
    for segment in segments:
        name = formulas_of(segment)
        same = bool(joined) and joined[-1][2] == name
        low = joined.pop()[0] if same else segment.voltage_low
        joined.append((low, segment.voltage_high, name))
    return joined


def _swatch(style: Style, label: str) -> Patch:
    return Patch(facecolor=style.colour, hatch=hatch_of(style), edgecolor=style.ink, linewidth=0.8, label=label)


def hatch_of(style: Style) -> str:
    """Write a hatch as matplotlib takes it, dense enough for a figure.

    >>> hatch_of(Style("#E69F00", "/"))
    '///'
    """
    return HATCH_DENSITY * style.hatch


def strain_ends(part: VoltageSegment, k_eff: float) -> list[tuple[float, float]]:
    """Voltage and strain (%) at both ends; of a coexisting pair, which is in balance, by dV/V0 = p/K_eff."""
    at_low, at_high = part.reaction_strain, part.reaction_strain
    if part.coexisting and part.pressure_low is not None and part.pressure_high is not None:
        at_low, at_high = part.pressure_low / k_eff, part.pressure_high / k_eff
    return [(part.voltage_low, 100 * at_low), (part.voltage_high, 100 * at_high)]


def _draw_bar(ax: Axes, ends: tuple[float, float], lane: int, style: Style, name: ProductNames) -> None:
    corner, width = (ends[0], lane - BAR_HEIGHT / 2), ends[1] - ends[0]
    ax.add_patch(
        Rectangle(
            corner, width, BAR_HEIGHT, facecolor=style.colour, hatch=hatch_of(style), edgecolor=style.ink, linewidth=0
        )
    )
    ax.add_patch(Rectangle(corner, width, BAR_HEIGHT, fill=False, edgecolor="black", linewidth=1.0))
    label = _fitting_label(ax, name, width)
    if label:
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.88, "pad": 1.2}
        ax.text(sum(ends) / 2, lane, label, ha="center", va="center", fontsize=LABEL_POINTS, linespacing=1.1, bbox=box)


def _fitting_label(ax: Axes, name: tuple[str, ...], width: float) -> str:
    """Label in one line, else stacked, else none: whichever fits a bar of ``width`` volts."""
    formulas = [write_formula(formula) for formula in name]
    room_x, room_y = _points_per_unit(ax)
    for lines in ([" + ".join(formulas)], formulas):
        wide = max(TextPath((0, 0), line, size=LABEL_POINTS).get_extents().width for line in lines)
        if wide + 6 < width * room_x and 1.35 * LABEL_POINTS * len(lines) < BAR_HEIGHT * room_y:
            return "\n".join(lines)
    return ""


def _points_per_unit(ax: Axes) -> tuple[float, float]:
    """Points (1/72 inch) per data unit along x and y."""
    box = ax.get_window_extent()
    scale = 72.0 / ax.figure.dpi
    (x_low, x_high), (y_low, y_high) = ax.get_xlim(), ax.get_ylim()
    return scale * box.width / (x_high - x_low), scale * box.height / (y_high - y_low)


def _frame(ax: Axes, lanes: Sequence[StabilityDoc]) -> None:
    ax.set_xlim(lanes[0].segments[0].voltage_low, lanes[0].segments[-1].voltage_high)
    ax.set_ylim(-0.5, len(lanes) - 0.5)
    ax.set_yticks(range(len(lanes)), [f"{doc.k_eff:g}" for doc in lanes])
    ax.set_xlabel(_voltage_label(lanes[0]))
    ax.set_ylabel(r"Effective bulk modulus $K_\mathrm{eff}$ (GPa)")
    ax.set_title(f"Decomposition of {write_formula(lanes[0].formula)}")


def _voltage_label(doc: StabilityDoc | PredominanceDoc) -> str:
    return f"Voltage (V vs {doc.working_ion}/{doc.working_ion}$^+$)"


def _draw_line(ax: Axes, points: Sequence[tuple[float, float]], look: LineStyle, doc: StabilityDoc) -> None:
    voltages, values = zip(*points, strict=True)
    ax.plot(
        voltages,
        values,
        color=look.colour,
        linestyle=look.dash,
        marker=look.marker,
        markersize=4,
        label=f"{doc.k_eff:g}",
    )


def _finish_lines(ax: Axes, doc: StabilityDoc, quantity: str) -> Axes:
    ax.axhline(0.0, color="black", linewidth=0.6)
    ax.set_xlabel(_voltage_label(doc))
    ax.set_ylabel(quantity)
    ax.set_title(write_formula(doc.formula))
    ax.legend(title=r"$K_\mathrm{eff}$ (GPa)", frameon=False)
    return ax
