"""Result documents as table rows: the same rows on the terminal and in the report."""

from collections.abc import Sequence

from selflimit.documents import (
    DecompositionDoc,
    Document,
    ElasticDoc,
    GrowthDoc,
    InterfaceReactionDoc,
    LeftOutPhase,
    OrderingEnergiesDoc,
    OrderingsDoc,
    ParameterRow,
    PhaseAmount,
    PredominanceDoc,
    ProductsDoc,
    RelaxationDoc,
    StabilityDoc,
    StressDoc,
    ThresholdBand,
    UncertaintyDoc,
)
from selflimit.units import MICROMETRE

Row = list[object]
Rows = list[Row]

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
    "tip without (MPa)",
    "peak (MPa)",
]
PRODUCT_COLUMNS = ["volumes", "K_eff (GPa)", "voltage (V vs Li)", "products"]
EFFORT_COLUMNS = ["particle layer", "grid", "dx / w", "steps", "rejected", "Newton", "multigrid", "Li balance error"]
REACTION_COLUMNS = ["K_eff (GPa)", "voltage (V vs Li)", "reaction", "energy (eV/fu)", "dV/V0 (%)"]
WINDOW_COLUMNS = ["K_eff (GPa)", "voltage (V vs Li)", "what holds there"]
THRESHOLD_COLUMNS = [
    "energies",
    "voltage (V vs Li)",
    "5 %",
    "median",
    "95 %",
    "first change of products",
    "probability",
]
SOURCE_COLUMNS = ["energies", "volumes of one source", "K* (GPa)", "first change of products"]
PROBABILITY_COLUMNS = ["energies", "voltage (V vs Li)", "K_eff (GPa)", "products", "probability", "95 % interval"]
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
SWEEP_COLUMNS = ["K_eff (GPa)", "retained fraction", "tip compression (MPa)"]
RESULT_COLUMNS = ["kind", "formula", "K_eff (GPa)", "what", "level of theory"]
PARAMETER_COLUMNS = ["parameter", "symbol", "value", "unit", "calibrated", "source"]
NO_EXCHANGE = 1e-9
"""Uptakes below this (ions per formula unit) are zero."""
RAREST = 0.02
"""Changes and products below this probability are not listed."""


def ordering_rows(found: Sequence[OrderingsDoc]) -> Rows:
    """One row per ordering kept."""
    return [
        [doc.cell, rank, item.degeneracy, item.electrostatic_energy, _above(doc, rank)]
        for doc in found
        for rank, item in enumerate(doc.orderings)
    ]


def ordering_energy_rows(found: OrderingEnergiesDoc) -> Rows:
    """One row per crystal of every cell, lowest first."""
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


def agreement_rows(found: OrderingEnergiesDoc) -> Rows:
    """One row per pair of rankings of every cell; correlations are empty where there are too few orderings."""
    return [
        [ensemble.cell, pair.cheap, pair.true, pair.count, _rounded(pair.spearman), _rounded(pair.kendall), pair.needed]
        for ensemble in found.ensembles
        for pair in ensemble.agreements
    ]


def failure_rows(found: OrderingEnergiesDoc) -> Rows:
    """One row per ordering without an energy."""
    return [[doc.label, doc.message] for doc in found.failures]


def _rounded(correlation: float | None) -> object:
    return "" if correlation is None else round(correlation, 2)


def relaxation_rows(relaxations: Sequence[RelaxationDoc]) -> Rows:
    """One row per relaxed crystal; above the lowest of its formula in meV/atom."""
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


def stability_rows(profiles: Sequence[StabilityDoc]) -> Rows:
    """One row per voltage segment of every K_eff."""
    return [
        [
            doc.k_eff,
            _span(part.voltage_low, part.voltage_high),
            mixture(part.products),
            part.ion_uptake,
            part.reaction_energy_low,
            part.decomposition_volume,
            100.0 * part.reaction_strain,
        ]
        for doc in profiles
        for part in doc.segments
    ]


def reaction_rows(profiles: Sequence[StabilityDoc]) -> Rows:
    """One row per voltage segment of every K_eff, with its balanced reaction; the energy at the lower voltage."""
    return [
        [doc.k_eff, _span(part.voltage_low, part.voltage_high), part.reaction, part.reaction_energy_low]
        + [100.0 * part.reaction_strain]
        for doc in profiles
        for part in doc.segments
    ]


def window_rows(profiles: Sequence[StabilityDoc]) -> Rows:
    """The stability window at every K_eff; without one, the voltages at which the products exchange no working ion."""
    return [[doc.k_eff, *_window(doc)] for doc in profiles]


def _window(doc: StabilityDoc) -> Row:
    if doc.stability_low is not None and doc.stability_high is not None:
        return [_span(doc.stability_low, doc.stability_high), "stable"]
    kept = [part for part in doc.segments if abs(part.ion_uptake) < NO_EXCHANGE]
    if not kept:
        return ["none", f"decomposes with exchange of {doc.working_ion} at every voltage"]
    reactions = " | ".join(dict.fromkeys(part.reaction for part in kept))
    said = f"range without {doc.working_ion} exchange, not a stability window: {reactions}"
    return [_span(kept[0].voltage_low, kept[-1].voltage_high), said]


def threshold_rows(found: Sequence[UncertaintyDoc]) -> Rows:
    """K* (GPa) with its spread; one row per change of products, of every level of theory."""
    return [
        [doc.level_of_theory.label, band.voltage, *_quantiles(band), _change(change.below, change.above)]
        + [_share(change.probability, change.standard_error)]
        for doc in found
        for band in doc.thresholds
        for change in band.changes
        if change.probability >= RAREST
    ]


def source_rows(found: Sequence[UncertaintyDoc]) -> Rows:
    """K* (GPa) with the volumes of each source alone."""
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


def probability_rows(found: Sequence[UncertaintyDoc]) -> Rows:
    """Products at each K_eff with their probability."""
    return [
        [doc.level_of_theory.label, row.voltage, row.k_eff, " + ".join(row.products)]
        + [_share(row.probability, row.standard_error), f"{row.low:.2f} to {row.high:.2f}"]
        for doc in found
        for row in doc.products
        if row.probability >= RAREST
    ]


def _quantiles(band: ThresholdBand) -> Row:
    beyond = f"above {band.largest:g}"
    return [f"{e.value:.1f} ± {e.standard_error:.1f}" if e else beyond for e in (band.low, band.median, band.high)]


def _share(probability: float, standard_error: float) -> str:
    return f"{probability:.2f} ± {standard_error:.2f}"


def _change(below: Sequence[str], above: Sequence[str]) -> str:
    return f"{' + '.join(below)} to {' + '.join(above) or 'none'}"


def interface_rows(scans: Sequence[InterfaceReactionDoc]) -> Rows:
    """One row per kink of every scan; x is the share of the atoms in the first electrolyte."""
    return [
        [doc.k_eff, reservoir(doc), kink.mixing_ratio, kink.reaction, kink.reaction_energy_per_atom]
        + [kink.mixing_energy_per_atom, 100.0 * kink.reaction_strain]
        for doc in scans
        for kink in doc.kinks
    ]


def reservoir(doc: InterfaceReactionDoc) -> str:
    """'closed', or the voltage of the reservoir."""
    return "closed" if doc.voltage is None else f"{doc.voltage:g} V"


def left_out_rows(phases: Sequence[LeftOutPhase]) -> Rows:
    """One row per phase that does not compete."""
    return [[phase.formula, phase.reason] for phase in phases]


def _span(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def decomposition_rows(reactions: Sequence[DecompositionDoc]) -> Rows:
    """One row per K_eff."""
    return [
        [d.k_eff, d.voltage, d.reaction, d.reaction_energy, d.decomposition_volume, 100.0 * d.reaction_strain]
        for d in reactions
    ]


def elastic_rows(constants: Sequence[ElasticDoc]) -> Rows:
    """One row per crystal."""
    return [[d.label, d.bulk_modulus, d.shear_modulus, d.youngs_modulus, d.poisson_ratio] for d in constants]


def growth_rows(growths: Sequence[GrowthDoc]) -> Rows:
    """One row per output time of every layer."""
    return [
        [doc.microstructure, time, tip / MICROMETRE, peak, mean]
        for doc in growths
        for time, tip, peak, mean in zip(
            doc.times, doc.tip_height, doc.peak_compression, doc.interface_compression, strict=True
        )
    ]


def stress_rows(stresses: Sequence[StressDoc]) -> Rows:
    """One row per decomposition."""
    return [
        [
            doc.decomposition.k_eff,
            mixture(doc.decomposition.products),
            doc.zone_eigenstrain,
            doc.tip_compression,
            doc.tip_compression_without_reaction,
            doc.peak_compression,
        ]
        for doc in stresses
    ]


def product_rows(found: Sequence[ProductsDoc]) -> Rows:
    """One row per voltage segment of every volume source and K_eff."""
    return [
        [doc.volumes, doc.k_eff, _span(part.voltage_low, part.voltage_high), mixture(part.products)]
        for doc in found
        for part in doc.segments
    ]


def effort_rows(growths: Sequence[GrowthDoc]) -> Rows:
    """One row per layer."""
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


def sweep_rows(stresses: Sequence[StressDoc]) -> Rows:
    """One row per retained fraction of every decomposition."""
    return [
        [doc.decomposition.k_eff, float(fraction), pressure]
        for doc in stresses
        for fraction, pressure in doc.retained_fraction_sweep.items()
    ]


def parameter_rows(parameters: Sequence[ParameterRow]) -> Rows:
    """One row per parameter; the fifth cell is 'calibrated' or empty."""
    return [
        [row.name, row.symbol, row.value, row.unit, "calibrated" if row.calibrated else "", row.source]
        for row in parameters
    ]


def result_rows(found: Sequence[Document]) -> Rows:
    """One row per document of any kind."""
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
    """The one line that tells a document from its like."""
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
        return f"{doc.first} | {doc.second}, {reservoir(doc)}: {len(doc.kinks) - 2} mixing reactions"
    if isinstance(doc, UncertaintyDoc):
        return "; ".join(
            f"K* at {band.voltage:g} V: {' | '.join(map(str, _quantiles(band)))} GPa" for band in doc.thresholds
        )
    return str(getattr(doc, "label", getattr(doc, "parent", "")))


def _peak(doc: GrowthDoc | StressDoc) -> float:
    return max(doc.peak_compression) if isinstance(doc, GrowthDoc) else doc.peak_compression


def mixture(products: Sequence[PhaseAmount]) -> str:
    """Products as text, e.g. '6 LiCl + Zr'."""
    return " + ".join(part.formula if part.amount == 1 else f"{part.amount:.4g} {part.formula}" for part in products)


def _above(doc: OrderingsDoc, rank: int) -> float:
    return round(1000.0 * (doc.orderings[rank].electrostatic_energy - doc.orderings[0].electrostatic_energy), 3)
