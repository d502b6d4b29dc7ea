"""Recompute the tables of docs/theory/arrest.md and write them there: `python tools/arrest_tables.py`.

The table of the design map is made of docs/arrest-map.json, which `selflimit design-map` writes (minutes).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np

from selflimit import __version__
from selflimit.documents import ArrestMapDoc, BranchVerdict, DecompositionDoc
from selflimit.mesoscale import (
    LITHIUM_CREEP,
    ArrestSettings,
    ChannelLayer,
    InterfaceParameters,
    arrival_charge,
    charge_transfer_overpotential,
    crack_pressure,
    critical_slot_width,
    draw_widths,
    extrusion_number,
    extrusion_stress,
    fill_channels,
    film_thickness,
    judge_arrest,
    reaction_per_charge,
    solve_channels,
    stall_pressure,
    swelling_pressure,
)
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, electrolyte_entries
from selflimit.units import MILLIAMPERE_HOUR_PER_CM2

PAGE = Path(__file__).resolve().parent.parent / "docs" / "theory" / "arrest.md"
MAP = Path(__file__).resolve().parent.parent / "docs" / "arrest-map.json"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
THIN, CONDUCTIVITY, EXCHANGE, PITCH = 60e-6, 0.05, 300.0, 100e-6
HELD = 0.05
"""A tip with less than this share of the mean current density counts as stalled."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def channels() -> str:
    rows = []
    for current, width in ((2.0, 1e-6), (2.0, 10e-6), (5.0, 1e-6), (5.0, 3e-6), (200.0, 0.3e-6)):
        layer = ChannelLayer(current, THIN, np.array([width]), PITCH, CONDUCTIVITY, EXCHANGE, cells=512)
        state = solve_channels(layer)
        number = extrusion_number(extrusion_stress(current, width), CONDUCTIVITY, width, current)
        stall = stall_pressure(current, THIN, CONDUCTIVITY, EXCHANGE)
        rows.append(
            [
                f"{current / 10:g}", f"{width * 1e6:g}", f"{number:.2g}", f"{number**-LITHIUM_CREEP.exponent:.1e}",
                f"{state.foil:.2f}", f"{state.tip_current[0] / current:.1e}", f"{stall / 1e6:.0f}",
                f"{state.tip_pressure[0] / 1e6:.0f}",
            ]
        )  # fmt: skip
    head = ["mA/cm²", "H (µm)", "N_s", "N_s⁻ⁿ", "share of the foil", "j_tip/i", "P_stall (MPa)", "P_tip (MPa)"]
    return table(head, rows)


def widths() -> str:
    rows = [
        [f"{i / 10:g}", *(f"{critical_slot_width(i, sigma) * 1e6:.2g}" for sigma in (0.036, 0.05, 0.1))]
        for i in (2.0, 5.0, 200.0)
    ]
    return table(["mA/cm²", "σ = 0.036 S/m", "0.05", "0.1"], rows)


def cracks() -> str:
    rows = [
        [f"{toughness / 1e6:g}", *(f"{crack_pressure(toughness, flaw) / 1e6:.0f}" for flaw in (1e-6, 3e-6, 10e-6))]
        for toughness in (0.085e6, 0.15e6, 0.23e6)
    ]
    return table(["K_IC (MPa m^½)", "a = 1 µm", "3", "10"], rows)


def many_channels() -> str:
    rng = np.random.default_rng(1)
    rows = []
    for median, current in product((0.3e-6, 3e-6), (2.0, 5.0, 200.0)):
        slots = np.sort(median * np.exp(0.6 * rng.standard_normal(100)))
        state = solve_channels(ChannelLayer(current, THIN, slots, slots.mean() / 0.02, CONDUCTIVITY, EXCHANGE))
        held, pressure = state.tip_current < HELD * current, state.tip_pressure / 1e6
        whole = [f"{np.mean(held & (pressure < crack)):.2f}" for crack in (40.0, 120.0)]
        rows.append(
            [
                f"{current / 10:g}", f"{median * 1e6:g}", f"{held.mean():.2f}", *whole, f"{state.foil:.2f}",
                f"{pressure.min():.0f}-{pressure.max():.0f}",
            ]
        )  # fmt: skip
    head = [
        "mA/cm²",
        "median H (µm)",
        "stalled",
        "stalled and whole, P_c 40",
        "120 MPa",
        "share of the foil",
        "P_tip (MPa)",
    ]
    return table(head, rows)


def films(decomposition: DecompositionDoc) -> str:
    reaction = reaction_per_charge(decomposition)
    rows = []
    for conductivity in (1e-12, 1e-10, 1e-8, 1e-6, 1e-4):
        hour, test = (film_thickness(t, reaction.voltage, conductivity, 0.0, reaction) * 1e6 for t in (3600.0, 7.2e5))
        rows.append([f"{conductivity:.0e}", f"{hour:.2g}", f"{test:.2g}"])
    eta = charge_transfer_overpotential(2.0, EXCHANGE) + 2.0 * THIN / CONDUCTIVITY
    ratios = (1e-4, 1e-3, 1e-2, 1e-1)
    swelling = [[f"{ratio:.0e}", f"{swelling_pressure(eta, ratio, reaction) / 1e6:.0f}"] for ratio in ratios]
    return "\n\n".join(
        [
            table(["σ_e (S/m)", "x after 1 h (µm)", "after 200 h"], rows),
            table(["σ_e/σ_i", "P at 0.2 mA/cm² (MPa)"], swelling),
        ]
    )


def arrivals() -> str:
    """One channel and five drawn ones, from empty: closed form, and resolved with other cells and steps."""
    length, period = 0.6e-3, 100e-6
    rows = []
    for current in (2.0, 5.0, 200.0):
        bound = arrival_charge(length, 1e-6, period, CONDUCTIVITY, EXCHANGE)
        found = []
        for widths in (np.array([1e-6]), draw_widths(1, 1e-6)):
            for cells, tolerance in ((32, 1e-2), (64, 3e-3)):
                made = ChannelLayer(
                    current, length, widths, period / widths.size, CONDUCTIVITY, EXCHANGE, cells=cells,
                    filled=np.zeros(widths.size),
                )  # fmt: skip
                filling = fill_channels(made, 6.0 * bound, largest_pressure=1e6, tolerance=tolerance)
                found.append(f"{filling.arrivals.min() / MILLIAMPERE_HOUR_PER_CM2:.3g}")
        rows.append([f"{current / 10:g}", f"{bound / MILLIAMPERE_HOUR_PER_CM2:.3g}", *found])
    head = ["mA/cm²", "bound", "one, 32 cells", "64", "five drawn, 32 cells", "64"]
    return table(head, rows)


def verdicts(decomposition: DecompositionDoc) -> str:
    published = ArrestSettings().currents
    short = {"half_cycle": (18.0, 36.0)}
    layers = (
        ("0.5-0.75 mm, published cells", {}, published),
        ("the same, 0.1-0.2 mAh/cm² per half-cycle", short, (20.0,)),
        ("60 µm", {"layer_thickness": (THIN,)}, published),
    )
    rows = []
    for label, given, currents in layers:
        doc = judge_arrest(decomposition, InterfaceParameters(), ArrestSettings(given=given, currents=currents))
        for verdict in doc.currents:
            for branch in verdict.branches:
                shares = [f"{share:.2f}" for share in branch.probabilities.values()]
                drawn = f"{branch.agreeing}/{len(branch.drawn)}"
                rows.append([label, f"{verdict.current:g}", branch.products, *shares, drawn, three(branch)])
        for what, limit, unit in (
            ("bears", doc.critical_current, "mA/cm²"), ("arrives from", doc.critical_capacity, "mAh/cm²")
        ):  # fmt: skip
            said = f"{what} {limit.median:.2g} {unit} ({limit.low:.2g}-{limit.high:.2g})"
            rows.append([label, said, *[""] * (len(shares) + 3)])
    return table(["layer", "mA/cm²", "products", *branch.probabilities, "drawn that agree", "decides"], rows)


def three(branch: BranchVerdict) -> str:
    return ", ".join(f"{one.name} {one.margin_total:.2f}" for one in branch.influences[:3])


def arrived(decomposition: DecompositionDoc) -> str:
    """Of the samples in which lithium arrives: what becomes of it, and how deep the cracks are."""
    rows = []
    doc = judge_arrest(decomposition, InterfaceParameters(), ArrestSettings(seeds=0))
    for verdict in doc.currents:
        for branch in verdict.branches:
            come = 1.0 - branch.probabilities["turns back"]
            shares = [f"{share / come:.2f}" for name, share in branch.probabilities.items() if name != "turns back"]
            rows.append([f"{verdict.current:g}", branch.products, f"{come:.2f}", *shares])
    return table(["mA/cm²", "products", "arrives", *list(branch.probabilities)[1:]], rows)


def design_map() -> str:
    doc = ArrestMapDoc.model_validate_json(MAP.read_text(encoding="utf-8"))
    rows = []
    for row in doc.rows:
        limit = row.critical_current
        arrivals = [
            f"{cell.arrival.median:.2g} ({cell.arrival.low:.2g}-{cell.arrival.high:.2g}), "
            f"{max(cell.outcomes, key=lambda name: cell.outcomes[name])}"
            for cell in row.cells
            if cell.arrival
        ]
        borne = f"{limit.median:.2g} ({limit.low:.2g}-{limit.high:.2g})" if limit else "any"
        rows.append([f"{row.slot_width * 1e6:g}", f"{row.layer_thickness * 1e6:g}", borne, *arrivals])
    currents = [f"arrives at (mAh/cm²), then; {cell.current:g} mA/cm²" for cell in doc.rows[0].cells]
    return table(["slots (µm)", "layer (µm)", "critical current (mA/cm²)", *currents], rows)


def tables() -> str:
    entries = electrolyte_entries(["Li2ZrCl6"], source="force-field").entries
    decomposition = ConstrainedPhaseDiagram(list(entries)).products("Li2ZrCl6", 0.0, 0.0)
    reaction = reaction_per_charge(decomposition)
    parts = {
        "One channel in a layer of 60 µm (σ = 0.05 S/m, i₀ = 300 A/m², s = 100 µm), resolved": channels(),
        "Critical width of a slot (µm)": widths(),
        "Crack pressure (MPa)": cracks(),
        "100 unequal channels (log-normal, 0.6, 2 % of the area) in the same layer, resolved": many_channels(),
        f"Product film: {decomposition.reaction}, E = {reaction.voltage:.2f} V, "
        f"ΔV/V₀ = {decomposition.reaction_strain:.3f}, no resistance of the reaction": films(decomposition),
        "Areal capacity (mAh/cm²) that brings lithium through 0.6 mm: bound for one channel of 1 µm each 100 µm, that "
        "channel resolved, and five channels drawn about 1 µm each 100 µm": arrivals(),
        "Verdict: shares of 4096 samples over the ranges, ten resolved layers with drawn channels, three quantities "
        "that decide with their total Sobol indices": verdicts(decomposition),
        "Design map, packings' median (smallest-largest)": design_map(),
        "Published cells, of the samples in which lithium arrives": arrived(decomposition),
    }  # fmt: skip
    return "\n\n".join(f"**{title}**\n\n{text}" for title, text in parts.items())


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    made = f"Computed by selflimit {__version__} on {date.today():%Y-%m-%d}."
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n\n{tables()}\n{END}{after}", encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
