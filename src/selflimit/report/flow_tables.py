"""Rows of what happened at the less stable electrolyte: half-cycles, and the product where lithium flows."""

from collections.abc import Sequence

from selflimit.documents import GrowthDoc
from selflimit.report.tables import TableRows

HALF_CYCLE_COLUMNS = [
    "layer", "half-cycle", "until (s)", "capacity (mAh/cm^2)", "contact", "largest P (MPa)", "P at contact (MPa)",
    "lithium (mmol/m)", "extruded (mmol/m)", "product (nm)",
]  # fmt: skip
FLOW_COLUMNS = [
    "layer", "products", "sigma_e (S/m)", "contact", "P at contact (MPa)", "largest P (MPa)", "product (nm)",
    "retained", "K_eff (GPa)", "reaction", "elements off by",
]  # fmt: skip


def half_cycle_rows(growths: Sequence[GrowthDoc]) -> TableRows:
    """One row for each half-cycle of every layer."""
    return [
        [
            doc.microstructure.split(":")[0], f"{half.number} {half.kind}", half.end, half.capacity, half.contact,
            half.largest_pressure, half.contact_pressure, 1e3 * half.lithium, 1e3 * half.extruded, 1e3 * half.film,
        ]
        for doc in growths
        for half in doc.half_cycles
    ]  # fmt: skip


def flow_rows(growths: Sequence[GrowthDoc]) -> TableRows:
    """One row for each layer with lithium that flows, at its end."""
    rows: TableRows = []
    for doc in growths:
        if doc.flow is None:
            continue
        film, read = doc.flow.film, doc.contacts
        reaction = [] if film is None else [film.retained[-1], film.k_eff[-1], film.equations[-1]]
        rows.append(
            [
                doc.microstructure.split(":")[0], doc.flow.products or "none", doc.flow.electronic_conductivity,
                read.contact[-1], read.contact_pressure[-1], max(read.peak_pressure), 1e3 * read.film[-1],
                *(reaction or [None, None, "nothing reacts"]),
                None if film is None else film.element_balance_error,
            ]
        )  # fmt: skip
    return rows
