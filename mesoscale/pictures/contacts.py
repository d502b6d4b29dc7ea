"""Figure of what happens at the less stable electrolyte: contact, pressure, lithium and product against time."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selflimit.documents import GrowthDoc
from selflimit.errors import InputError

PLATED, STRIPPED = "0.93", "0.8"
"""Greys behind half-cycles in which lithium is plated and stripped."""


def plot_contacts(doc: GrowthDoc, figure: Figure) -> list[Axes]:
    """Contact, compression (MPa), lithium (mmol per m of depth) and film (nm) against time (s), one above the other.

    Half-cycles are shaded, plating lightly, stripping darker, and their ends are marked with a dot.

    Parameters
    ----------
    doc
        The growth.
    figure
        Empty figure to draw on.

    Returns
    -------
    The panels.

    Raises
    ------
    InputError
        If the growth has no readings, as one of an earlier version.
    """
    read = doc.contacts
    if not read.times:
        raise InputError(
            f"expected a growth with readings of its contact, got {doc.microstructure} without; grow it anew"
        )
    rows = [
        ("share of the electrolyte\ntouched", [("", read.contact)], [one.contact for one in doc.half_cycles]),
        (
            "compression (MPa)",
            [("largest", read.peak_pressure), ("mean at the contact", read.contact_pressure)],
            [one.contact_pressure for one in doc.half_cycles],
        ),
        (
            "lithium\n(mmol/m)",
            [("in the layer", [1e3 * n for n in read.lithium]), ("extruded", [1e3 * n for n in read.extruded])],
            [1e3 * one.lithium for one in doc.half_cycles],
        ),
        ("product (nm)", [("", [1e3 * x for x in read.film])], [1e3 * one.film for one in doc.half_cycles]),
    ]
    shown = rows if max(read.film) > 0.0 else rows[:-1]
    panels = list(np.atleast_1d(figure.subplots(len(shown), 1, sharex=True)))
    for ax, (label, lines, ends) in zip(panels, shown, strict=True):
        _shade(doc, ax)
        for (name, values), style in zip(lines, ("-", "--"), strict=False):
            ax.plot(read.times, values, style, color="0.15", linewidth=1.2, label=name)
        ax.plot([one.end for one in doc.half_cycles], ends, "o", color="0.15", markersize=3.5)
        ax.set_ylabel(label)
        ax.set_ylim(bottom=0.0)
        if lines[0][0]:
            ax.legend(frameon=False, fontsize="small")
    panels[-1].set_xlabel("time (s)")
    panels[0].set_title(doc.microstructure.split(":")[0], fontsize="medium")
    return panels


def _shade(doc: GrowthDoc, ax: Axes) -> None:
    begin = 0.0
    for half in doc.half_cycles:
        ax.axvspan(begin, half.end, color=PLATED if half.kind == "plating" else STRIPPED, linewidth=0.0)
        begin = half.end
