"""Curves against the voltage, and the reaction energy of a mixture, as a reader can point at them."""

from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go

from selflimit.documents import InterfaceReactionDoc, StabilityDoc, VoltageSegment
from selflimit.errors import InputError
from selflimit.phase_diagrams.pictures.palette import LINE_COLOURS, LINES, MARKERS, LineStyle, lines_of
from selflimit.phase_diagrams.pictures.profiles import strain_ends
from selflimit.report.interactive.layout import (
    DASHES,
    MARKER_SYMBOLS,
    PlotlyFigure,
    make_figure,
    make_label,
    spread_labels,
    voltage_title,
    write_readably,
)

LABEL_SHARE = 0.055
"""Labels at the ends of curves are at least this share of the axis apart."""
THINNEST, THICKER = 2.0, 1.4
"""Width of the last curve, and what each earlier one is wider (CSS pixels), so that equal curves are all seen."""

Points = list[tuple[float, float]]


def plot_energies(docs: Sequence[StabilityDoc]) -> PlotlyFigure:
    """Draw the reaction energy, mechanical work included, against voltage, one curve for each K_eff.

    Parameters
    ----------
    docs
        Profiles of one electrolyte over one voltage range (V), one for each K_eff (GPa).

    Raises
    ------
    InputError
        No profiles, or of several electrolytes.
    """
    return _plot_curves(docs, energy_ends, "Reaction energy (eV per formula unit)", "eV per formula unit")


def plot_strains(docs: Sequence[StabilityDoc]) -> PlotlyFigure:
    """Draw the reaction strain dV/V0 (%) against voltage, one curve for each K_eff.

    Parameters and errors as :func:`plot_energies`.
    """
    return _plot_curves(docs, strain_ends, "Reaction strain ΔV/V₀ (%)", "%")


def energy_ends(part: VoltageSegment, _k_eff: float) -> Points:
    """Voltage and reaction energy (eV per formula unit) at both ends."""
    return [(part.voltage_low, part.reaction_energy_low), (part.voltage_high, part.reaction_energy_high)]


def _plot_curves(
    docs: Sequence[StabilityDoc], ends_of: Callable[[VoltageSegment, float], Points], title: str, unit: str
) -> PlotlyFigure:
    if len({doc.formula for doc in docs}) != 1:
        raise InputError(f"expected profiles of one electrolyte, got {sorted({doc.formula for doc in docs}) or 'none'}")
    looks, ordered = lines_of(docs), sorted(docs, key=lambda doc: doc.k_eff)
    traces = [
        _curve(doc, looks[doc.k_eff], ends_of, unit, THINNEST + THICKER * (len(ordered) - 1 - number))
        for number, doc in enumerate(ordered)
    ]
    ends = [docs[0].segments[0].voltage_low, docs[0].segments[-1].voltage_high]
    return make_figure(
        traces,
        {"title": voltage_title(docs[0].working_ion), "range": ends},
        {"title": title, "zeroline": True, "zerolinecolor": "#888888"},
        _label_curves(traces),
        margin={"l": 64, "r": 76, "t": 30, "b": 56},
        hovermode="closest",
    )


def _curve(
    doc: StabilityDoc, look: LineStyle, ends_of: Callable[[VoltageSegment, float], Points], unit: str, width: float
) -> Any:
    points = [(point, part) for part in doc.segments for point in ends_of(part, doc.k_eff)]
    said = [
        f"{write_readably(part.reaction)}<br>{part.voltage_low:.3f} to {part.voltage_high:.3f} V: {value:.3g} {unit}"
        f"<br>K_eff {doc.k_eff:g} GPa"
        for (_, value), part in points
    ]
    return go.Scatter(
        x=[voltage for (voltage, _), _ in points], y=[value for (_, value), _ in points], mode="lines+markers",
        line={"color": look.colour, "dash": DASHES[look.dash], "width": width},
        marker={"symbol": MARKER_SYMBOLS[look.marker], "size": 7, "color": look.colour}, hovertext=said,
        hoverinfo="text", meta={"k_eff": doc.k_eff}, name=f"{doc.k_eff:g} GPa",
    )  # fmt: skip


def _label_curves(traces: Sequence[Any]) -> list[dict[str, Any]]:
    """K_eff at the end of each curve, moved apart; of curves that end together, where each makes its last step."""
    ends = [(trace.x[-1], trace.y[-1]) for trace in traces]
    values = [value for trace in traces for value in trace.y]
    least = LABEL_SHARE * max(max(values) - min(values), 1e-9)
    if len(traces) > 1 and max(y for _, y in ends) - min(y for _, y in ends) < least:
        ends = [_last_step(trace) for trace in traces]
    placed = spread_labels([y for _, y in ends], least)
    return [
        make_label(
            x, y, f'<span style="color:{trace.line.color}">{trace.name}</span>',
            xanchor="left", xshift=6, bgcolor="rgba(255,255,255,0.7)",
        )
        for trace, (x, _), y in zip(traces, ends, placed, strict=True)
    ]  # fmt: skip


def _last_step(trace: Any) -> tuple[float, float]:
    """Middle of the last step of a curve, else its end."""
    steps = [
        (x, 0.5 * (y + after))
        for x, y, later, after in zip(trace.x, trace.y, trace.x[1:], trace.y[1:], strict=False)
        if x == later and y != after
    ]
    return steps[-1] if steps else (trace.x[-1], trace.y[-1])


def plot_mixing(docs: Sequence[InterfaceReactionDoc]) -> PlotlyFigure:
    """Draw the reaction energy of a mixture against its mixing ratio; pointing at a kink tells its reaction.

    Parameters
    ----------
    docs
        Scans of one pair of electrolytes (eV/atom), e.g. closed and at a voltage, at several K_eff.

    Raises
    ------
    InputError
        No scans, or scans of several pairs.
    """
    if len({(doc.first, doc.second) for doc in docs}) != 1:
        raise InputError(f"expected scans of one pair of electrolytes, got {len(docs)} scans of several or none")
    first, second = write_readably(docs[0].first), write_readably(docs[0].second)
    return make_figure(
        [_scan(doc, number) for number, doc in enumerate(docs)],
        {"title": f"Share x of the atoms in {first}; the others in {second}", "range": [0, 1]},
        {"title": "Reaction energy (eV/atom)", "zeroline": True, "zerolinecolor": "#888888"},
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        margin={"l": 64, "r": 16, "t": 70, "b": 56}, hovermode="closest",
    )  # fmt: skip


def _scan(doc: InterfaceReactionDoc, number: int) -> Any:
    colour, dash = LINE_COLOURS[number % len(LINE_COLOURS)], DASHES[LINES[number % len(LINES)]]
    state = f"{'closed' if doc.voltage is None else f'{doc.voltage:g} V'}, {doc.k_eff:g} GPa"
    said = [
        f"{write_readably(kink.reaction)}<br>x = {kink.mixing_ratio:.3f}: {kink.reaction_energy_per_atom:.4f} eV/atom, "
        f"ΔV/V₀ = {100 * kink.reaction_strain:+.1f} %<br>{state}"
        for kink in doc.kinks
    ]
    return go.Scatter(
        x=[kink.mixing_ratio for kink in doc.kinks], y=[kink.reaction_energy_per_atom for kink in doc.kinks],
        mode="lines+markers", line={"color": colour, "dash": dash}, name=state, hovertext=said, hoverinfo="text",
        marker={"symbol": MARKER_SYMBOLS[MARKERS[number % len(MARKERS)]], "size": 8},
    )  # fmt: skip
