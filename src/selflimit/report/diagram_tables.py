"""Tables of the constrained phase diagrams: the same rows on the terminal and in the reports."""

from collections.abc import Sequence
from itertools import pairwise

from selflimit.documents import (
    Conduction,
    ElectrolyteDocument,
    InterfaceReactionDoc,
    LeftOutPhase,
    StabilityDoc,
    ThresholdBand,
    UncertaintyDoc,
    products_text,
)
from selflimit.phase_diagrams.entries.bundled import bundled_catalogue
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.report.tables import Row, TableRows, span

REACTION_COLUMNS = [
    "K_eff (GPa)",
    "voltage (V)",
    "reaction",
    "energy (eV/fu)",
    "dV/V0 (%)",
    "over polymorphs (%)",
    "electrons",
]
WINDOW_COLUMNS = ["K_eff (GPa)", "voltage (V)", "what holds there"]
THRESHOLD_COLUMNS = [
    "energies",
    "voltage (V)",
    "5 %",
    "median",
    "95 %",
    "first change of products",
    "probability",
]
SOURCE_COLUMNS = ["energies", "volumes of one source", "K* (GPa)", "first change of products"]
PROBABILITY_COLUMNS = [
    "energies",
    "voltage (V)",
    "K_eff (GPa)",
    "products",
    "probability",
    "95 % interval",
    "over error models",
]
SHIFT_COLUMNS = ["K_eff (GPa)", "limit between", "rigid (V)", "compressible (V)", "moved by (mV)"]
INTERFACE_COLUMNS = [
    "K_eff (GPa)",
    "reservoir",
    "share x",
    "reaction",
    "energy (eV/atom)",
    "of it by mixing (eV/atom)",
    "dV/V0 (%)",
]
LEFT_OUT_COLUMNS = ["phase", "why it is left out"]
NO_EXCHANGE = 1e-9
"""Uptakes below this (ions per formula unit) are zero."""
VOLUMES = {"anchored": "volumes around experiment", "scattered": "volumes of several sources"}
"""Model of the volumes' errors -> what was drawn."""
RAREST_LISTED = 0.02
"""Changes and products below this probability are not listed."""


def reaction_rows(profiles: Sequence[StabilityDoc]) -> TableRows:
    """List one row per voltage segment of every K_eff, with its balanced reaction; the energy at the lower voltage."""
    return [
        [
            doc.k_eff,
            span(part.voltage_low, part.voltage_high),
            part.reaction,
            round(part.reaction_energy_low, 9) + 0.0,  # at the voltage of a change it is 0 but for round-off
            100.0 * part.reaction_strain,
            percent_range(part.strain_range),
            conduction_text(part.conduction),
        ]
        for doc in profiles
        for part in doc.segments
    ]


def percent_range(ends: tuple[float, float] | None) -> str:
    """A range in per cent; empty: there is none.

    >>> percent_range((0.053, 0.1041)), percent_range(None)
    ('5.3 to 10.4', '')
    """
    return "" if ends is None else f"{100.0 * ends[0]:.1f} to {100.0 * ends[1]:.1f}"


def conduction_text(found: Conduction | None) -> str:
    """Say whether electrons pass through products, and what is not known; empty: nothing reacts."""
    if found is None:
        return ""
    if found.conducting:
        share = f"{100.0 * found.conducting_share:.0f} % of the volume"
        return f"{found.character}: {', '.join(found.conducting)} ({share})"
    return f"unknown: {', '.join(found.unknown)}" if found.unknown else found.character


def conduction_statement(profiles: Sequence[StabilityDoc]) -> str:
    """Say at which K_eff the products against the metal let the reaction go on, and where they end it."""
    under_metal = [(doc.k_eff, doc.segments[0]) for doc in profiles if doc.segments[0].conduction]
    said = [f"{k:g} GPa: {products_text(part.products)}, {conduction_text(part.conduction)}" for k, part in under_metal]
    if not said:
        return "At the lowest voltage nothing reacts."
    return (
        f"Do electrons pass the products at the lowest voltage? {'; '.join(said)}. Through a mixed conductor the "
        "reaction goes on, insulating products passivate. A conductor of less than some 16 % of the volume need not "
        "connect."
    )


def electrolyte_statement(doc: ElectrolyteDocument) -> str:
    """Say whose volume V0 is, where its crystal comes from, and how far the other polymorphs are."""
    start = {phase.label: f", from a crystal {phase.origin}" for phase in bundled_catalogue().phases}
    source = f"{doc.level_of_theory.label}{start.get(doc.electrolyte_entry, '')}"
    said = f"V0 = {doc.electrolyte_volume:.2f} Å³ per {doc.formula}, of {doc.electrolyte_entry} ({source})."
    if not doc.polymorphs:
        return f"{said} No other crystal of it is among the entries."
    others = [f"{p.entry_id} ({1000.0 * p.energy:+.1f} meV/atom, {p.volume:.2f} Å³)" for p in doc.polymorphs]
    return f"{said} Its other crystals compete: {', '.join(others)}."


def window_rows(profiles: Sequence[StabilityDoc]) -> TableRows:
    """List the stability window at every K_eff; without one, the voltages without exchange of the working ion."""
    return [[doc.k_eff, *_window(doc)] for doc in profiles]


def _window(doc: StabilityDoc) -> Row:
    if doc.stability_low is not None and doc.stability_high is not None:
        stable = [part.products for part in doc.segments if {p.formula for p in part.products} == {doc.formula}]
        others = dict.fromkeys(p.entry_id for found in stable for p in found if p.entry_id != doc.electrolyte_entry)
        said = f"stable, as another polymorph: {', '.join(others)}" if others else "stable"
        return [span(doc.stability_low, doc.stability_high), said]
    kept = [part for part in doc.segments if abs(part.ion_uptake) < NO_EXCHANGE]
    if not kept:
        return ["none", f"decomposes with exchange of {doc.working_ion} at every voltage"]
    reactions = " | ".join(dict.fromkeys(part.reaction for part in kept))
    said = f"range without {doc.working_ion} exchange, not a stability window: {reactions}"
    return [span(kept[0].voltage_low, kept[-1].voltage_high), said]


def shift_rows(rigid: Sequence[StabilityDoc], compressible: Sequence[StabilityDoc]) -> TableRows:
    """List every critical voltage with rigid and with compressible phases, and how far it moves."""
    soft = {doc.k_eff: critical_voltages(doc) for doc in compressible}
    rows: TableRows = []
    for doc in rigid:
        if doc.k_eff not in soft:
            continue
        hard = critical_voltages(doc)
        for change in [*hard, *(found for found in soft[doc.k_eff] if found not in hard)]:
            first, second = hard.get(change), soft[doc.k_eff].get(change)
            moved = "" if first is None or second is None else f"{1000.0 * (second - first):+.1f}"
            both = ("none" if voltage is None else f"{voltage:.3f}" for voltage in (first, second))
            rows.append([doc.k_eff, _change(*change), *both, moved])
    return rows


def shift_statement(rigid: Sequence[StabilityDoc], compressible: Sequence[StabilityDoc]) -> str:
    """Say how far compressibility moves the limits, and where there is no result."""
    rows = shift_rows(rigid, compressible)
    moved = [abs(float(str(row[-1]))) for row in rows if row[-1]]
    computed = {doc.k_eff for doc in compressible}
    if torn := [f"{doc.k_eff:g}" for doc in rigid if doc.k_eff > 0 and doc.k_eff not in computed]:
        return f"No compressible result at {', '.join(torn)} GPa: products that shrink would be torn (beyond B/B')."
    if not moved:
        return "No limit is there both with rigid and with compressible phases."
    lost = len(rows) - len(moved)
    also = f" {lost} limits are there in one of the two only." if lost else ""
    return f"Compressibility moves the limits by up to {max(moved):.1f} mV.{also}"


def critical_voltages(doc: StabilityDoc) -> dict[tuple[tuple[str, ...], tuple[str, ...]], float]:
    """Map products below and above (formulas) to the voltage (V) in between; an inclusion's window has two."""
    names = [tuple(sorted({product.formula for product in part.products})) for part in doc.segments]
    pairs = zip(pairwise(names), doc.segments[1:], strict=True)
    found = {(below, above): part.voltage_low for (below, above), part in pairs if below != above}
    if (
        find_functional(doc.functional).is_all_or_nothing
        and doc.stability_low is not None
        and doc.stability_high is not None
    ):
        found[("decomposed",), (doc.formula,)] = doc.stability_low
        found[(doc.formula,), ("decomposed",)] = doc.stability_high
    return found


def threshold_rows(found: Sequence[UncertaintyDoc]) -> TableRows:
    """List K* (GPa) with its spread, one row per change of products, of every level of theory."""
    return [
        [
            doc.level_of_theory.label,
            band.voltage,
            *_quantiles(band),
            _change(change.below, change.above),
            _share(change.probability, change.standard_error),
        ]
        for doc in found
        for band in doc.thresholds
        for change in band.changes
        if change.probability >= RAREST_LISTED
    ]


def source_rows(found: Sequence[UncertaintyDoc]) -> TableRows:
    """List K* (GPa) with the volumes of each source alone."""
    return [
        [
            doc.level_of_theory.label,
            row.source,
            "none" if row.k_eff is None else row.k_eff,
            _change(row.below, row.above),
        ]
        for doc in found
        for band in doc.thresholds
        for row in band.sources
    ]


def probability_rows(found: Sequence[UncertaintyDoc]) -> TableRows:
    """List the products at each K_eff with their probability."""
    return [
        [
            doc.level_of_theory.label,
            row.voltage,
            row.k_eff,
            " + ".join(row.products),
            _share(row.probability, row.standard_error),
            f"{row.low:.2f} to {row.high:.2f}",
            "" if row.model_range is None else f"{row.model_range[0]:.2f} to {row.model_range[1]:.2f}",
        ]
        for doc in found
        for row in doc.products
        if row.probability >= RAREST_LISTED
    ]


def confidence_rows(found: Sequence[UncertaintyDoc]) -> TableRows:
    """List quantity, the paper's statement, ours with its spread, how: K*, and the products at the ends of K_eff."""
    rows: TableRows = []
    for doc in found:
        error = 1000 * doc.energy_error.standard_deviation
        how = f"{doc.samples} samples: {doc.level_of_theory.label} ± {error:g} meV/atom, {VOLUMES[doc.volume_model]}"
        for band in doc.thresholds:
            low, median, high = _quantiles(band)
            rows.append(
                ["the same with its spread (GPa)", "between 0 and 15", f"{median}; 5 to 95 %: {low} to {high}", how]
            )
        k_effs = [row.k_eff for row in doc.products]
        for k_eff in sorted({min(k_effs), max(k_effs)}):
            likely = [row for row in doc.products if row.k_eff == k_eff and row.probability >= RAREST_LISTED]
            said = "; ".join(f"{' + '.join(r.products)} {_share(r.probability, r.standard_error)}" for r in likely)
            rows.append([f"probability of the products under Li, K_eff {k_eff:g} GPa", "", said, how])
    return rows


def _quantiles(band: ThresholdBand) -> Row:
    beyond = f"above {band.largest:g}"
    return [f"{e.value:.1f} ± {e.standard_error:.1f}" if e else beyond for e in (band.low, band.median, band.high)]


def _share(probability: float, standard_error: float) -> str:
    return f"{probability:.2f} ± {standard_error:.2f}"


def _change(below: Sequence[str], above: Sequence[str]) -> str:
    return f"{' + '.join(below)} to {' + '.join(above)}" if above else f"none: {' + '.join(below)} stays"


def interface_rows(scans: Sequence[InterfaceReactionDoc]) -> TableRows:
    """List one row per kink of every scan; x is the share of the atoms in the first electrolyte."""
    return [
        [
            doc.k_eff,
            reservoir(doc),
            kink.mixing_ratio,
            kink.reaction,
            kink.reaction_energy_per_atom,
            kink.mixing_energy_per_atom,
            100.0 * kink.reaction_strain,
        ]
        for doc in scans
        for kink in doc.kinks
    ]


def mixing_statement(scans: Sequence[InterfaceReactionDoc]) -> str:
    """Say at which K_eff and reservoirs the electrolytes react with each other.

    >>> mixing_statement([])
    'At no K_eff do they react with each other: a mixture releases what each releases on its own.'
    """
    reacting = [f"{doc.k_eff:g} GPa {reservoir(doc)}" for doc in scans if len(doc.kinks) > 2]
    if not reacting:
        return "At no K_eff do they react with each other: a mixture releases what each releases on its own."
    return f"They react with each other at {', '.join(reacting)}."


def reservoir(doc: InterfaceReactionDoc) -> str:
    """Name the reservoir: 'closed', or its voltage."""
    return "closed" if doc.voltage is None else f"{doc.voltage:g} V"


def left_out_rows(phases: Sequence[LeftOutPhase]) -> TableRows:
    """List one row per phase that does not compete."""
    return [[phase.formula, phase.reason] for phase in phases]
