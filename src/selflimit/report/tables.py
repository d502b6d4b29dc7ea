"""Result documents as table rows: the same rows on the terminal and in the report."""

from collections.abc import Sequence

from selflimit.documents import (
    DecompositionDoc,
    Document,
    ElasticDoc,
    GrowthDoc,
    InterfaceReactionDoc,
    OrderingEnergiesDoc,
    OrderingsDoc,
    ParameterRow,
    PredominanceDoc,
    ProductsDoc,
    RelaxationDoc,
    StabilityDoc,
    StressDoc,
    UncertaintyDoc,
    products_text,
)
from selflimit.units import MICROMETRE

Row = list[object]
TableRows = list[Row]

ORDERING_COLUMNS = ["cell", "rank", "degeneracy", "electrostatic energy (eV/fu)", "above lowest (meV/fu)"]
ORDERING_ENERGY_COLUMNS = [
    "cell",
    "ordering",
    "stage",
    "above hull (meV/fu)",
    "degeneracy",
    "weight",
    "also relaxed to it",
]
AGREEMENT_COLUMNS = ["cell", "ranked by", "against", "orderings", "Spearman", "Kendall", "to relax for the minimum"]
FAILURE_COLUMNS = ["ordering", "what went wrong"]
RELAXATION_COLUMNS = [
    "crystal",
    "formula",
    "energy (eV/atom)",
    "above lowest (meV/atom)",
    "volume (Å³/fu)",
    "volume change (%)",
    "max force (eV/Å)",
    "steps",
]
STABILITY_COLUMNS = [
    "K_eff (GPa)",
    "voltage (V vs Li)",
    "products",
    "Li taken up",
    "reaction energy (eV/fu)",
    "dV (Å³/fu)",
    "dV/V0 (%)",
]
DECOMPOSITION_COLUMNS = [
    "K_eff (GPa)",
    "voltage (V vs Li)",
    "reaction",
    "reaction energy (eV/fu)",
    "dV (Å³/fu)",
    "dV/V0 (%)",
]
ELASTIC_COLUMNS = ["crystal", "K (GPa)", "G (GPa)", "E (GPa)", "Poisson ratio"]
CURRENT_COLUMNS = ["layer", "time (s)", "current (mA/cm^2)", "overpotential (V)", "capacity (mAh/cm^2)"]
GROWTH_COLUMNS = [
    "particle layer",
    "time (s)",
    "tip height (µm)",
    "peak compression (MPa)",
    "mean compression at the front (MPa)",
]
STRESS_COLUMNS = [
    "K_eff (GPa)",
    "products",
    "zone eigenstrain",
    "tip with reaction (MPa)",
    "over polymorphs (MPa)",
    "tip without (MPa)",
    "peak (MPa)",
]
PRODUCT_COLUMNS = ["volumes", "K_eff (GPa)", "voltage (V vs Li)", "products"]
EFFORT_COLUMNS = ["particle layer", "grid", "dx / w", "steps", "rejected", "Newton", "multigrid", "Li balance error"]
EXPANSION_SWEEP_COLUMNS = ["K_eff (GPa)", "retained fraction", "tip compression (MPa)"]
RESULT_COLUMNS = ["kind", "formula", "K_eff (GPa)", "what", "level of theory"]
PARAMETER_COLUMNS = ["parameter", "symbol", "value", "unit", "calibrated", "source"]


def ordering_rows(found: Sequence[OrderingsDoc]) -> TableRows:
    """List one row per ordering kept."""
    return [
        [doc.cell, rank, item.degeneracy, item.electrostatic_energy, _above(doc, rank)]
        for doc in found
        for rank, item in enumerate(doc.orderings)
    ]


def ordering_energy_rows(found: OrderingEnergiesDoc) -> TableRows:
    """List one row per crystal of every cell, lowest first."""
    return [
        [
            ensemble.cell,
            one.label,
            one.stage,
            round(1000.0 * one.above_hull, 2),
            one.degeneracy,
            float(f"{one.weight:.3g}"),
            ", ".join(one.merged),
        ]
        for ensemble in found.ensembles
        for one in ensemble.orderings
    ]


def agreement_rows(found: OrderingEnergiesDoc) -> TableRows:
    """List one row per pair of rankings of every cell; correlations are empty where there are too few orderings."""
    return [
        [ensemble.cell, pair.cheap, pair.true, pair.count, _rounded(pair.spearman), _rounded(pair.kendall), pair.needed]
        for ensemble in found.ensembles
        for pair in ensemble.agreements
    ]


def failure_rows(found: OrderingEnergiesDoc) -> TableRows:
    """List one row per ordering without an energy."""
    return [[doc.label, doc.message] for doc in found.failures]


def _rounded(correlation: float | None) -> object:
    return "" if correlation is None else round(correlation, 2)


def relaxation_rows(relaxations: Sequence[RelaxationDoc]) -> TableRows:
    """List one row per relaxed crystal; above the lowest of its formula in meV/atom."""
    lowest: dict[str, float] = {}
    for doc in relaxations:
        lowest[doc.formula] = min(doc.energy_per_atom, lowest.get(doc.formula, doc.energy_per_atom))
    return [
        [
            doc.label,
            doc.formula,
            doc.energy_per_atom,
            round(1000.0 * (doc.energy_per_atom - lowest[doc.formula]), 2),
            doc.volume_per_formula,
            100.0 * doc.volume_change,
            doc.max_force,
            doc.steps,
        ]
        for doc in sorted(relaxations, key=lambda doc: (doc.formula, doc.energy_per_atom))
    ]


def stability_rows(profiles: Sequence[StabilityDoc]) -> TableRows:
    """List one row per voltage segment of every K_eff."""
    return [
        [
            doc.k_eff,
            span(part.voltage_low, part.voltage_high),
            products_text(part.products),
            part.ion_uptake,
            part.reaction_energy_low,
            part.decomposition_volume,
            100.0 * part.reaction_strain,
        ]
        for doc in profiles
        for part in doc.segments
    ]


def span(low: float, high: float) -> str:
    """Write a range of voltages (V), to 1 mV or as finely as its ends differ.

    >>> span(0.0, 1.2345), span(1.20001, 1.20002)
    ('0.000 to 1.234', '1.20001 to 1.20002')
    """
    digits = next((d for d in (3, 4, 5) if f"{low:.{d}f}" != f"{high:.{d}f}"), 6)
    return f"{low:.{digits}f} to {high:.{digits}f}"


def decomposition_rows(reactions: Sequence[DecompositionDoc]) -> TableRows:
    """List one row per K_eff."""
    return [
        [d.k_eff, d.voltage, d.reaction, d.reaction_energy, d.decomposition_volume, 100.0 * d.reaction_strain]
        for d in reactions
    ]


def elastic_rows(constants: Sequence[ElasticDoc]) -> TableRows:
    """List one row per crystal."""
    return [[d.label, d.bulk_modulus, d.shear_modulus, d.youngs_modulus, d.poisson_ratio] for d in constants]


def growth_rows(growths: Sequence[GrowthDoc]) -> TableRows:
    """List one row per output time of every layer."""
    return [
        [doc.microstructure, time, tip / MICROMETRE, peak, mean]
        for doc in growths
        for time, tip, peak, mean in zip(
            doc.times, doc.tip_height, doc.peak_compression, doc.interface_compression, strict=True
        )
    ]


def current_rows(growths: Sequence[GrowthDoc]) -> TableRows:
    """One row per output time of every layer: what the last step before it passed."""
    return [
        [doc.microstructure, time, current, overpotential, capacity]
        for doc in growths
        for time, current, overpotential, capacity in zip(
            doc.cell.times, doc.cell.current_density, doc.cell.overpotential, doc.cell.areal_capacity, strict=True
        )
        if time in doc.times
    ]


def stress_rows(stresses: Sequence[StressDoc]) -> TableRows:
    """List one row per decomposition."""
    return [
        [
            doc.decomposition.k_eff,
            products_text(doc.decomposition.products),
            doc.zone_eigenstrain,
            doc.tip_compression,
            "" if doc.tip_compression_range is None else "{:.1f} to {:.1f}".format(*doc.tip_compression_range),
            doc.tip_compression_without_reaction,
            doc.peak_compression,
        ]
        for doc in stresses
    ]


def product_rows(found: Sequence[ProductsDoc]) -> TableRows:
    """List one row per voltage segment of every volume source and K_eff."""
    return [
        [doc.volumes, doc.k_eff, span(part.voltage_low, part.voltage_high), products_text(part.products)]
        for doc in found
        for part in doc.segments
    ]


def effort_rows(growths: Sequence[GrowthDoc]) -> TableRows:
    """List one row per layer."""
    return [
        [
            doc.microstructure,
            "x".join(map(str, doc.grid_shape)),
            doc.spacing_over_width,
            doc.steps,
            doc.rejected_steps,
            doc.newton_iterations,
            doc.multigrid_iterations,
            doc.lithium_balance_error,
        ]
        for doc in growths
    ]


def expansion_sweep_rows(stresses: Sequence[StressDoc]) -> TableRows:
    """List one row per retained fraction of every decomposition."""
    return [
        [doc.decomposition.k_eff, float(fraction), pressure]
        for doc in stresses
        for fraction, pressure in doc.retained_fraction_sweep.items()
    ]


def parameter_rows(parameters: Sequence[ParameterRow]) -> TableRows:
    """List one row per parameter; the fifth cell is 'calibrated' or empty."""
    return [
        [row.name, row.symbol, row.value, row.unit, "calibrated" if row.calibrated else "", row.source]
        for row in parameters
    ]


def result_rows(found: Sequence[Document]) -> TableRows:
    """List one row per document of any kind."""
    return [
        [
            type(doc).__name__,
            getattr(doc, "formula", ""),
            getattr(doc, "k_eff", ""),
            gist(doc),
            theory.label if (theory := getattr(doc, "level_of_theory", None)) else "",
        ]
        for doc in found
    ]


def gist(doc: Document) -> str:
    """Write the one line that tells a document from its like."""
    if isinstance(doc, DecompositionDoc):
        return f"{doc.voltage:g} V: {doc.reaction}"
    if isinstance(doc, StabilityDoc):
        return f"{len(doc.segments)} voltage segments"
    if isinstance(doc, GrowthDoc | StressDoc):
        return f"{doc.microstructure}, peak {_peak(doc):.3g} MPa"
    if isinstance(doc, RelaxationDoc):
        return f"{doc.label}: {doc.energy_per_atom:.4f} eV/atom"
    if isinstance(doc, PredominanceDoc):
        return f"map of {len(doc.regions)} regions up to {doc.k_eff_range[1]:g} GPa"
    if isinstance(doc, InterfaceReactionDoc):
        return f"{doc.first} | {doc.second}, {len(doc.kinks) - 2} mixing reactions"
    if isinstance(doc, UncertaintyDoc):
        return f"{len(doc.boundaries)} boundaries, {doc.samples} samples"
    return str(next((getattr(doc, name) for name in ("label", "parent", "summary") if hasattr(doc, name)), ""))


def _peak(doc: GrowthDoc | StressDoc) -> float:
    return max(doc.peak_compression) if isinstance(doc, GrowthDoc) else doc.peak_compression


def _above(doc: OrderingsDoc, rank: int) -> float:
    return round(1000.0 * (doc.orderings[rank].electrostatic_energy - doc.orderings[0].electrostatic_energy), 3)


HALF_CYCLE_COLUMNS = [
    "layer", "half-cycle", "until (s)", "capacity (mAh/cm^2)", "contact", "largest P (MPa)", "P at contact (MPa)",
    "lithium (mmol/m)", "extruded (mmol/m)", "product (nm)",
]  # fmt: skip
FLOWING_COLUMNS = [
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
