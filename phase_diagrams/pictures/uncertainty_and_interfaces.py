"""Pictures of uncertainty and of interfaces between electrolytes.

Every function draws on the axes it is given and returns them. Lines differ in dash and marker as well as in colour, so
they are told apart in grey and by colour-blind readers.
"""

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from selflimit.documents import BoundaryBand, InterfaceKink, InterfaceReactionDoc, ThresholdBand, UncertaintyDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams.pictures.palette import LINE_COLOURS, LINES, MARKERS
from selflimit.phase_diagrams.pictures.profiles import write_formula

LIKELY = 0.1
"""Bands that exist in a smaller share of the samples at every K_eff are not drawn."""
RAREST_DRAWN = 0.02
"""Products below this probability at every K_eff are not drawn."""
LABEL_WIDTH = 46
"""Characters in one line of a reaction's label."""
SMALLEST_GAIN = 0.02
"""A kink is numbered if the curve would rise there by more than this share of its depth without it."""
SAME_POINT_ON_AXES = 0.03
"""Numbers closer than this (shares of the axes) stand for the same point."""
REACTION_POINTS = 8.0
"""Type size of the reactions (points)."""


def plot_boundary_bands(doc: UncertaintyDoc, ax: Axes) -> Axes:
    """Voltage boundaries against K_eff: median as a line, 5 to 95 % of the samples as a band.

    A band is drawn where its boundary exists in at least a tenth of the samples; the legend gives the largest share.

    Parameters
    ----------
    doc
        Sampled at two K_eff (GPa) at least.
    ax
        Axes to draw on; the legend stands to the right.

    Raises
    ------
    InputError
        Fewer than two K_eff, or no boundary that is likely enough.
    """
    groups = _groups(doc.boundaries)
    if len({band.k_eff for band in doc.boundaries}) < 2 or not groups:
        raise InputError(
            "expected boundaries at two K_eff (GPa) at least; sample more, e.g. Question(k_effs=(0, 5, 10))"
        )
    for index, (names, bands) in enumerate(groups.items()):
        _draw_band(ax, names, bands, index)
    ax.set_xlabel(r"Effective bulk modulus $K_\mathrm{eff}$ (GPa)")
    ax.set_ylabel(f"Voltage (V vs {doc.working_ion}/{doc.working_ion}$^+$)")
    ax.set_ylim(bottom=0.0)
    ax.margins(x=0.0)
    ax.set_title(f"{write_formula(doc.formula)}: boundaries, median and 5-95 % of {doc.samples} samples")
    ax.legend(
        title="Products below | above (share of samples)", loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False
    )
    return ax


def plot_product_probabilities(doc: UncertaintyDoc, voltage: float, ax: Axes) -> Axes:
    """Probability of each set of products against K_eff at one voltage (V), with its 95 % interval.

    Parameters
    ----------
    doc
        The sampled uncertainty.
    voltage
        One of the sampled voltages (V).
    ax
        Axes to draw on.

    Raises
    ------
    InputError
        The document was not sampled at that voltage.
    """
    rows = [row for row in doc.products if row.voltage == voltage]
    if not rows:
        raise InputError(f"no products at {voltage} V; sampled were {sorted({row.voltage for row in doc.products})} V")
    k_effs = sorted({row.k_eff for row in rows})
    likely = dict.fromkeys(tuple(row.products) for row in rows if row.probability >= RAREST_DRAWN)
    for index, names in enumerate(likely):
        found = {row.k_eff: row for row in rows if tuple(row.products) == names}
        shares = [found[k].probability if k in found else 0.0 for k in k_effs]
        lower = [share - found[k].low if k in found else 0.0 for k, share in zip(k_effs, shares, strict=True)]
        upper = [found[k].high - share if k in found else 0.0 for k, share in zip(k_effs, shares, strict=True)]
        ax.errorbar(k_effs, shares, yerr=[lower, upper], label=_joined(names), capsize=3, markersize=5, **_look(index))
    for threshold in doc.thresholds:
        if threshold.voltage == voltage:
            _mark_sources(ax, threshold)
    ax.set_xlabel(r"Effective bulk modulus $K_\mathrm{eff}$ (GPa)")
    ax.set_ylabel("Probability")
    ax.set_ylim(-0.03, 1.12)
    ax.set_title(f"{write_formula(doc.formula)} at {voltage:g} V: products, {doc.samples} samples")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)
    return ax


def plot_interface(docs: Sequence[InterfaceReactionDoc], ax: Axes) -> Axes:
    """Reaction energy per atom against the mixing ratio; pronounced kinks carry their reaction's number.

    Parameters
    ----------
    docs
        Scans of one pair of electrolytes: closed or at voltages, at several K_eff.
    ax
        Axes to draw on; at least 6 inches high for four scans.

    Raises
    ------
    InputError
        No scans, or of different pairs.
    """
    pairs = {(doc.first, doc.second) for doc in docs}
    if len(pairs) != 1:
        raise InputError(f"expected scans of one pair of electrolytes, got {sorted(pairs) or 'none'}")
    first, second = pairs.pop()
    for index, doc in enumerate(docs):
        points = [(kink.mixing_ratio, kink.reaction_energy_per_atom) for kink in doc.kinks]
        ax.plot(*zip(*points, strict=True), label=_conditions(doc), markersize=5, **_look(index))
    ax.axhline(0.0, color="black", linewidth=0.6)
    ax.set_xlim(0.0, 1.0)
    ax.margins(y=0.12)
    ax.set_xlabel(f"Share x of the atoms in {write_formula(first)}; the others in {write_formula(second)}")
    ax.set_ylabel("Reaction energy (eV/atom)")
    ax.set_title(f"{write_formula(first)} | {write_formula(second)}")
    ax.legend(loc="best", frameon=False)
    numbers = _numbered_kinks(ax, docs)
    text = "\n".join(_reaction_lines(number, reaction) for reaction, number in numbers.items())
    ax.text(1.03, 1.0, text, transform=ax.transAxes, va="top", fontsize=REACTION_POINTS, linespacing=1.35)
    return ax


def _groups(bands: Sequence[BoundaryBand]) -> dict[tuple[str, str], list[BoundaryBand]]:
    """Boundary -> its bands over K_eff, for those that are likely somewhere, lowest voltage first."""
    found: dict[tuple[str, str], list[BoundaryBand]] = {}
    for band in sorted(bands, key=lambda b: b.k_eff):
        if band.probability >= LIKELY:
            found.setdefault((_joined(band.below), _joined(band.above)), []).append(band)
    return dict(sorted(found.items(), key=lambda item: item[1][0].median.value))


def _draw_band(ax: Axes, names: tuple[str, str], bands: Sequence[BoundaryBand], index: int) -> None:
    look = _look(index)
    k_effs = [band.k_eff for band in bands]
    share = max(band.probability for band in bands)
    ax.plot(
        k_effs, [b.median.value for b in bands], label=f"{names[0]} | {names[1]} ({share:.0%})", markersize=4, **look
    )
    if len(bands) == 1:
        band = bands[0]
        ax.plot([band.k_eff] * 2, [band.low.value, band.high.value], color=look["color"], linewidth=4, alpha=0.25)
    else:
        lows, highs = [b.low.value for b in bands], [b.high.value for b in bands]
        ax.fill_between(k_effs, lows, highs, color=look["color"], alpha=0.16, linewidth=0.0)


def _look(index: int) -> dict[str, Any]:
    """Colour, dash and marker of one line."""
    return {
        "color": LINE_COLOURS[index % len(LINE_COLOURS)],
        "linestyle": LINES[index % len(LINES)],
        "marker": MARKERS[index % len(MARKERS)],
    }


def _joined(formulas: Sequence[str]) -> str:
    return " + ".join(write_formula(formula) for formula in formulas)


def _mark_sources(ax: Axes, threshold: ThresholdBand) -> None:
    """K* with each source's volumes, as ticks above the curves."""
    for index, row in enumerate(threshold.sources):
        if row.k_eff is not None:
            mark = MARKERS[index % len(MARKERS)]
            label = f"$K^*$ {row.k_eff:.1f} GPa, volumes:\n{row.source}"
            ax.plot([row.k_eff], [1.06], marker=mark, color="#666666", linestyle="none", fillstyle="none", label=label)


def _conditions(doc: InterfaceReactionDoc) -> str:
    reservoir = "closed" if doc.voltage is None else f"{doc.voltage:g} V"
    return f"{reservoir}, $K_\\mathrm{{eff}}$ = {doc.k_eff:g} GPa"


def _numbered_kinks(ax: Axes, docs: Sequence[InterfaceReactionDoc]) -> dict[str, int]:
    """Write numbers at the pronounced kinks, one for each reaction; reaction -> number."""
    numbers: dict[str, int] = {}
    written: list[tuple[float, float]] = []
    low, high = ax.get_ylim()
    for doc in docs:
        for kink in _pronounced(doc):
            number = numbers.setdefault(kink.reaction, len(numbers) + 1)
            here = kink.mixing_ratio, (kink.reaction_energy_per_atom - low) / (high - low)
            if all(abs(here[0] - x) + abs(here[1] - y) > SAME_POINT_ON_AXES for x, y in written):
                written.append(here)
                at = kink.mixing_ratio, kink.reaction_energy_per_atom
                ax.annotate(str(number), at, xytext=(0, -12), textcoords="offset points", ha="center", fontsize=8)
    return numbers


def _reaction_lines(number: int, reaction: str) -> str:
    """Number and reaction, wrapped, with subscripts."""
    tied = re.sub(r"(\d) (?=[A-Z])", "\\1\N{NO-BREAK SPACE}", reaction.replace("->", "→"))  # coefficient with formula
    wrapped = textwrap.wrap(tied, LABEL_WIDTH, break_long_words=False)
    lines = [" ".join(word if word.isdigit() else write_formula(word) for word in line.split()) for line in wrapped]
    return f"{number}   " + "\n      ".join(lines)


def _pronounced(doc: InterfaceReactionDoc) -> list[InterfaceKink]:
    """Inner kinks whose removal would lift the curve by more than a share of its depth."""
    depth = max(abs(kink.reaction_energy_per_atom) for kink in doc.kinks)
    found = []
    for before, here, after in zip(doc.kinks, doc.kinks[1:], doc.kinks[2:], strict=False):
        share = (here.mixing_ratio - before.mixing_ratio) / (after.mixing_ratio - before.mixing_ratio)
        chord = (1 - share) * before.reaction_energy_per_atom + share * after.reaction_energy_per_atom
        if chord - here.reaction_energy_per_atom > SMALLEST_GAIN * depth:
            found.append(here)
    return found
