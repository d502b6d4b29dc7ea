"""Staircase, reaction energy, reaction strain and interface scan as self-contained SVG: pointing shows the reaction."""

import math
from collections.abc import Callable, Sequence

from selflimit.documents import InterfaceReactionDoc, StabilityDoc, VoltageSegment
from selflimit.errors import InputError
from selflimit.phase_diagrams.pictures.interactive_map import fills_of
from selflimit.phase_diagrams.pictures.palette import COLOURS, assemblages, formulas_of
from selflimit.phase_diagrams.pictures.svg import (
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    SvgShape,
    group_pointed,
    place_text,
    write_points,
    write_readably,
    write_svg,
)

LANE_PIXELS = 46
"""Height of one K_eff's lane (CSS pixels)."""
BELOW = 104
"""Room for the axis and the text of what is pointed at (CSS pixels)."""
CURVES = 340
"""Height of the plane of the interface scan (CSS pixels)."""


def draw_staircase_svg(docs: Sequence[StabilityDoc]) -> str:
    """Products against voltage, one lane per K_eff; pointing at a step shows its reaction.

    Parameters
    ----------
    docs
        Profiles of one electrolyte over one voltage range (V), one for each K_eff (GPa).

    Raises
    ------
    InputError
        No profiles, or profiles of several electrolytes.
    """
    _require_one_electrolyte(docs)
    names = assemblages(part for doc in docs for part in doc.segments)
    fills = fills_of(names, docs[0].formula)
    low, high = docs[0].segments[0].voltage_low, docs[0].segments[-1].voltage_high
    bottom = TOP + LANE_PIXELS * len(docs)
    body = [
        _step(part, fills[formulas_of(part)], (low, high), TOP + LANE_PIXELS * row, bottom)
        for row, doc in enumerate(docs)
        for part in doc.segments
    ]
    lanes = [
        place_text(LEFT / 2, TOP + LANE_PIXELS * (row + 0.6), f"{doc.k_eff:g} GPa", "name")
        for row, doc in enumerate(docs)
    ]
    title = f"Products of {write_readably(docs[0].formula)} against voltage at each K_eff"
    axis = _ticks((low, high), bottom, f"Voltage (V vs {docs[0].working_ion}/{docs[0].working_ion}⁺)")
    return _drawing(title, bottom, [*lanes, *axis, *body])


def draw_reaction_energy_svg(docs: Sequence[StabilityDoc]) -> str:
    """Reaction energy, work included, against voltage, one line per K_eff; pointing at a piece shows its reaction.

    Parameters and errors as :func:`draw_staircase_svg`.
    """
    return _curves(docs, energy_ends, "Reaction energy (eV per formula unit)")


def draw_reaction_strain_svg(docs: Sequence[StabilityDoc]) -> str:
    """Reaction strain dV/V0 in percent against voltage, one line per K_eff; pointing at a piece shows its reaction.

    Parameters and errors as :func:`draw_staircase_svg`.
    """
    return _curves(docs, strain_ends, "Reaction strain ΔV/V₀ (%)")


def energy_ends(part: VoltageSegment, _k_eff: float) -> list[tuple[float, float]]:
    """Voltage and reaction energy (eV per formula unit) at both ends."""
    return [(part.voltage_low, part.reaction_energy_low), (part.voltage_high, part.reaction_energy_high)]


def strain_ends(part: VoltageSegment, k_eff: float) -> list[tuple[float, float]]:
    """Voltage and strain (%) at both ends; of a coexisting pair, which is in balance, by dV/V0 = p/K_eff."""
    at_low, at_high = part.reaction_strain, part.reaction_strain
    if part.coexisting and part.pressure_low is not None and part.pressure_high is not None:
        at_low, at_high = part.pressure_low / k_eff, part.pressure_high / k_eff
    return [(part.voltage_low, 100 * at_low), (part.voltage_high, 100 * at_high)]


def _curves(
    docs: Sequence[StabilityDoc], ends_of: Callable[[VoltageSegment, float], list[tuple[float, float]]], quantity: str
) -> str:
    """One line per K_eff over voltage, each piece with its reaction; earlier lines are wider, so all can be seen."""
    _require_one_electrolyte(docs)
    pieces = [(number, doc, part, ends_of(part, doc.k_eff)) for number, doc in enumerate(docs) for part in doc.segments]
    values = [0.0, *(value for *_, ends in pieces for _, value in ends)]
    least, most = min(values), max(max(values), min(values) + 1e-3)
    low, high = docs[0].segments[0].voltage_low, docs[0].segments[-1].voltage_high
    bottom = TOP + CURVES

    def place(voltage: float, value: float) -> tuple[float, float]:
        x = LEFT + (voltage - low) / (high - low) * (WIDTH - LEFT - RIGHT)
        return x, TOP + 24 + (most - value) / (most - least) * (CURVES - 36)

    body: list[SvgShape] = [("level", {"left": LEFT, "right": WIDTH - RIGHT, "y": place(low, 0.0)[1]})]
    for number, doc, part, ends in pieces:
        line = write_points(place(*end) for end in ends)
        colour, width = COLOURS[number % len(COLOURS)], 2 + 1.5 * (len(docs) - 1 - number)
        drawn: list[SvgShape] = [
            ("polyline", {"points": line, "colour": "transparent", "width": 14}),  # easier to point at
            ("polyline", {"points": line, "colour": colour, "width": width, "kind": "line"}),
        ]
        values_there = " to ".join(f"{value:.3f}" for value in dict.fromkeys(value for _, value in ends))
        said = f"K_eff {doc.k_eff:g} GPa, {part.voltage_low:.3f} to {part.voltage_high:.3f} V: {values_there}"
        body.append(_pointed(drawn, [write_readably(part.reaction), f"{said}; {quantity}"], bottom))
    keys: list[SvgShape] = [
        ("key", {"x": LEFT + 110 * i, "y": TOP + 4, "colour": COLOURS[i % len(COLOURS)], "text": f"{doc.k_eff:g} GPa"})
        for i, doc in enumerate(docs)
    ]
    levels = [
        place_text(LEFT - 30, place(low, value)[1] + 4, f"{value:g}", "name") for value in round_values(least, most)
    ]
    axis = _ticks(
        (low, high), bottom, f"{quantity} against voltage (V vs {docs[0].working_ion}/{docs[0].working_ion}⁺)"
    )
    return _drawing(
        f"{quantity} of {write_readably(docs[0].formula)} against voltage", bottom, [*levels, *axis, *keys, *body]
    )


def _require_one_electrolyte(docs: Sequence[StabilityDoc]) -> None:
    if len({doc.formula for doc in docs}) != 1:
        raise InputError(f"expected profiles of one electrolyte, got {sorted({doc.formula for doc in docs}) or 'none'}")


def draw_interface_svg(docs: Sequence[InterfaceReactionDoc]) -> str:
    """Reaction energy of a mixture against its mixing ratio; pointing at a kink shows its reaction.

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
    least = min(-1e-3, *(kink.reaction_energy_per_atom for doc in docs for kink in doc.kinks))
    bottom = TOP + CURVES

    def place(ratio: float, energy: float) -> tuple[float, float]:
        return LEFT + ratio * (WIDTH - LEFT - RIGHT), TOP + 20 + energy / least * (CURVES - 40)

    body: list[SvgShape] = []
    for number, doc in enumerate(docs):
        colour = COLOURS[number % len(COLOURS)]
        corners = [place(kink.mixing_ratio, kink.reaction_energy_per_atom) for kink in doc.kinks]
        body.append(("polyline", {"points": write_points(corners), "colour": colour, "width": 2}))
        state = "closed" if doc.voltage is None else f"{doc.voltage:g} V"
        key = f"● {state}, {doc.k_eff:g} GPa"
        body.append(("coloured", {"x": LEFT + 150 * number, "y": TOP + 4, "colour": colour, "text": key}))
        for kink, (x, y) in zip(doc.kinks, corners, strict=True):
            energy = f"{state}, K_eff {doc.k_eff:g} GPa, x = {kink.mixing_ratio:.3f}: "
            energy += f"{kink.reaction_energy_per_atom:.4f} eV/atom, ΔV/V₀ = {100 * kink.reaction_strain:+.1f} %"
            dot = ("circle", {"x": x, "y": y, "fill": colour})
            body.append(_pointed([dot], [write_readably(kink.reaction), energy], bottom))
    levels = [place_text(LEFT / 2, place(0.0, e)[1] + 4, f"{e:.3g}", "name") for e in (0.0, least / 2, least)]
    first, second = docs[0].first, docs[0].second
    across = f"Reaction energy (eV/atom) against the share x of the atoms in {write_readably(first)}; the others in "
    axis = _ticks((0.0, 1.0), bottom, across + write_readably(second))
    title = f"Reaction energy (eV/atom) between {write_readably(first)} and {write_readably(second)}"
    return _drawing(title, bottom, [*levels, *axis, *body])


def _step(part: VoltageSegment, fill: str, ends: tuple[float, float], top: float, bottom: float) -> SvgShape:
    left, right = (
        LEFT + (v - ends[0]) / (ends[1] - ends[0]) * (WIDTH - LEFT - RIGHT)
        for v in (part.voltage_low, part.voltage_high)
    )
    lines = [
        write_readably(part.reaction),
        f"{part.voltage_low:.3f} to {part.voltage_high:.3f} V, {part.reaction_energy_low:.3f} to "
        f"{part.reaction_energy_high:.3f} eV per formula unit, ΔV/V₀ = {100 * part.reaction_strain:+.1f} %",
    ]
    end = top + LANE_PIXELS - 4
    corners = f"{left:.2f},{top + 4} {right:.2f},{top + 4} {right:.2f},{end} {left:.2f},{end}"
    return _pointed([("polygon", {"points": corners, "fill": fill})], lines, bottom)


def _pointed(shapes: Sequence[SvgShape], lines: Sequence[str], bottom: float) -> SvgShape:
    return group_pointed(shapes, lines, bottom + 62)


def _ticks(ends: tuple[float, float], bottom: float, title: str) -> list[SvgShape]:
    low, high = ends
    across = [low + (high - low) * i / 6 for i in range(7)]
    step = (WIDTH - LEFT - RIGHT) / 6
    ticks = [place_text(LEFT + step * i, bottom + 16, f"{value:.3g}", "name") for i, value in enumerate(across)]
    return [*ticks, place_text((LEFT + WIDTH) / 2, bottom + 36, title, "name")]


def round_values(low: float, high: float) -> list[float]:
    """Three to eight multiples of 1, 2 or 5 times a power of ten from ``low`` to ``high``, low < high."""
    wide = (high - low) / 3.0 * (1.0 + 1e-9)  # 0.3 / 3 is a little less than 0.1
    power = 10.0 ** math.floor(math.log10(wide))
    step = power * max(factor for factor in (1, 2, 5) if factor * power <= wide)
    return [round(step * i, 12) + 0.0 for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _drawing(title: str, bottom: float, body: Sequence[SvgShape]) -> str:
    hint = place_text(LEFT, bottom + 62, "Point at a part, or move with the tab key, to see its reaction.", "resting")
    return write_svg(title, bottom + BELOW, [*body, hint])
