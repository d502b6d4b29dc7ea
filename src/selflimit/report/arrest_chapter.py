"""The verdict at C = 1 in words and tables: the same on the terminal and in the report, where it comes first."""

from selflimit.documents.arrest import ENDS, ArrestDoc, BranchVerdict, CurrentVerdict, Spread
from selflimit.documents.arrest_map import ArrestMapDoc, PackingSpread
from selflimit.report.html_page import Page
from selflimit.units import MICROMETRE

OUTCOME_COLUMNS = (
    "mA/cm²", "products", *ENDS, "whole", "margin (5, 50, 95 %)",
    "tip (MPa; 5, 50, 95 %)", "crack (µm; 5, 50, 95 %)", "decides",
)  # fmt: skip
STATE_COLUMNS = (
    "mA/cm²", "N_s", "leak", "stall (MPa)", "of it charge transfer", "plug (MPa)", "crack (MPa)", "bond (MPa)",
    "slot (µm)", "stalls up to (µm)", "whole up to a layer of (µm)", "layer asks for (V)", "arrives at (mAh/cm²)",
    "plated (mAh/cm²)",
)  # fmt: skip
RANGE_COLUMNS = ("quantity", "symbol", "unit", "low", "central", "high", "confidence", "source")
INFLUENCE_COLUMNS = ("mA/cm²", "products", "quantity", "of the margin", "with interactions", "of the tip pressure")
SHOWN_INFLUENCES = 3
"""Quantities that are listed for each verdict."""
MAP_COLUMNS = (
    "coarse",
    "slot (µm)",
    "layer (µm)",
    "critical current (mA/cm²)",
    "mA/cm²",
    "arrives at (mAh/cm²)",
    "then",
    "fails in",
)
MAP_MEANING = (
    "Below the capacity of arrival, per half-cycle, lithium turns back at any current. Above it the layer stays whole "
    "up to its critical current. Medians of the packings, in brackets the smallest and the largest."
)
HONESTY = (
    "Probabilities are shares of samples over stated ranges, many of which are assumed: they say what is not known, "
    "and are no prediction. No number was fitted, but the bond and what stripping leaves behind got their ranges with "
    "the published cells known; the stress term has its thermodynamic weight, C = 1. Whether the "
    "products conduct electrons is not known, so both cases are computed and counted alike."
)

Texts = tuple[str, ...]


def arrest_lines(doc: ArrestDoc) -> list[str]:
    """Answer for each current in a line, then what a layer bears and what decides: what stands first everywhere."""
    limit, capacity = doc.critical_current, doc.critical_capacity
    return [
        *(verdict.statement for verdict in doc.currents),
        *(f"{answer.capitalize()}: {ENDS[answer]}." for answer in dict.fromkeys(one.answer for one in doc.currents)),
        f"Lithium arrives from {capacity.median:.2g} mAh/cm2 per half-cycle on ({capacity.low:.2g} to "
        f"{capacity.high:.2g}, 5-95 %); where it does, the layer bears {limit.median:.2g} mA/cm2 ({limit.low:.2g} to "
        f"{limit.high:.2g}) without products.",
        *(
            f"Resolved layers with channels drawn at random that agree at {one.current:g} mA/cm2: {one.agreement}."
            for one in doc.currents
        ),
        *(f"What decides at {one.current:g} mA/cm2: {deciding(one)}." for one in doc.currents),
    ]


def deciding(verdict: CurrentVerdict) -> str:
    """The three quantities that decide at one current, with their mean index of both branches of the products."""
    mean: dict[str, float] = {}
    for one in (one for branch in verdict.branches for one in branch.influences):
        mean[one.name] = mean.get(one.name, 0.0) + one.margin_total / len(verdict.branches)
    first = sorted(mean, key=lambda name: -mean[name])[:SHOWN_INFLUENCES]
    return ", ".join(f"{name} ({mean[name]:.2f})" for name in first) or "nothing: every quantity is given"


def outcome_rows(doc: ArrestDoc) -> list[Texts]:
    """List one row per current and branch of the products."""
    return [_probabilities(verdict, branch) for verdict in doc.currents for branch in verdict.branches]


def state_rows(doc: ArrestDoc) -> list[Texts]:
    """List the numbers of the criterion at the most probable values, one row per current."""
    return [
        (
            f"{verdict.current:g}", f"{s.extrusion_number:.3g}", f"{s.leak:.2g}", f"{s.stall_pressure:.3g}",
            f"{s.charge_transfer_pressure:.2g}", f"{s.plug_pressure:.3g}", f"{s.crack_pressure:.3g}",
            f"{s.bond_pressure:.3g}", f"{s.slot_width / MICROMETRE:.3g}", f"{s.critical_slot_width / MICROMETRE:.3g}",
            f"{s.critical_thickness / MICROMETRE:.3g}", f"{s.layer_voltage:.2g}", f"{s.arrival:.2g}", f"{s.plated:.2g}",
        )
        for verdict in doc.currents
        for s in (verdict.central,)
    ]  # fmt: skip


def influence_rows(doc: ArrestDoc) -> list[Texts]:
    """List the quantities that decide, by their total Sobol index for the margin."""
    return [
        (
            f"{verdict.current:g}", branch.products, one.name,
            f"{one.margin:.2f}", f"{one.margin_total:.2f}", f"{one.pressure:.2f}",
        )
        for verdict in doc.currents
        for branch in verdict.branches
        for one in branch.influences[:SHOWN_INFLUENCES]
    ]  # fmt: skip


def range_rows(doc: ArrestDoc) -> list[Texts]:
    """List every range with its source and confidence."""
    return [
        (q.name, q.symbol, q.unit, f"{q.low:.3g}", f"{q.central:.3g}", f"{q.high:.3g}", q.confidence, q.source)
        for q in doc.ranges
    ]


def map_rows(doc: ArrestMapDoc) -> list[Texts]:
    """List one row per design and current of a map."""
    return [
        (
            f"{row.coarse_fraction:g}", f"{row.slot_width / MICROMETRE:g}", f"{row.layer_thickness / MICROMETRE:g}",
            _packings(row.critical_current, "none"), f"{cell.current:g}", _packings(cell.arrival, "> foil"),
            ", ".join(f"{name} {count}" for name, count in cell.outcomes.items()), f"{cell.fails}/{row.packings}",
        )
        for row in doc.rows
        for cell in row.cells
    ]  # fmt: skip


def add_arrest_details(page: Page, doc: ArrestDoc) -> None:
    """Add shares, numbers of the criterion, sensitivities and ranges."""
    for line in arrest_lines(doc):
        page.paragraph(line)
    caption = f"Lithium that has reached {doc.formula}: shares of {doc.samples} samples"
    page.table(caption, OUTCOME_COLUMNS, outcome_rows(doc))
    page.paragraph(HONESTY, "note")
    page.table("At the most probable values, products left out", STATE_COLUMNS, state_rows(doc))
    page.table("Share of the spread (first-order and total Sobol indices)", INFLUENCE_COLUMNS, influence_rows(doc))
    page.table("Ranges, their sources and what they are worth", RANGE_COLUMNS, range_rows(doc))
    page.paragraph("; ".join(f"{name}: {text}" for name, text in ENDS.items()) + ".", "note")
    page.paragraph(f"In no probability: {'; '.join(doc.not_covered)}.", "note")


def _probabilities(verdict: CurrentVerdict, branch: BranchVerdict) -> Texts:
    shares = (f"{branch.probabilities[name]:.2f}" for name in ENDS)
    return (
        f"{verdict.current:g}", f"{branch.products} electrons", *shares, f"{branch.harmless:.2f}",
        _range(branch.margin), _range(branch.tip_pressure), _range(branch.crack_depth, MICROMETRE), branch.decides,
    )  # fmt: skip


def _packings(spread: PackingSpread | None, otherwise: str) -> str:
    return f"{spread.median:.2g} ({spread.low:.2g}-{spread.high:.2g})" if spread else otherwise


def _range(spread: Spread, unit: float = 1.0) -> str:
    return " - ".join(_short(value / unit) for value in (spread.low, spread.median, spread.high))


def _short(value: float) -> str:
    return f"{value:.0f}" if 100.0 <= value < 1e6 else f"{value:.2g}"
