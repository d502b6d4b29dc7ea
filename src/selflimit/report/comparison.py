"""The first table of a run's report: the paper's numbers beside ours, and whether ours are calibrated or predicted."""

from collections.abc import Sequence

from selflimit.documents import ConstrictionDoc, GrowthDoc, StressDoc, products_text
from selflimit.report.content import ReportContent
from selflimit.report.diagram_tables import confidence_rows
from selflimit.report.tables import Row, TableRows

PUBLISHED_ELECTROLYTE = "Li2ZrCl6"
"""The electrolyte whose diagram and interface stress the paper prints."""
PUBLISHED_LAYERS = (
    ("fine", "fine layer, mean compression at the front (MPa)", "about 7", "calibrated: ratio of fine to coarse K"),
    (
        "graded", "graded layer, peak compression (MPa)", "up to 20",
        "literature K, given to lithium at coarse particles after seeing results",
    ),
)  # fmt: skip
"""Layer, quantity, the paper's value, and how ours came about."""


def beside_paper(formula: str, rows: TableRows) -> tuple[str, list[str], TableRows]:
    """Give heading, columns and rows of the comparison; without the paper's column where it has no such electrolyte.

    >>> beside_paper("Li3N", [["products", "LiCl + Zr", "Li3N", "predicted"]])
    ('In short', ['quantity', 'here', 'how'], [['products', 'Li3N', 'predicted']])
    """
    if formula == PUBLISHED_ELECTROLYTE:
        return "Beside the paper", ["quantity", "paper", "here", "how"], rows
    return "In short", ["quantity", "here", "how"], [[row[0], *row[2:]] for row in rows]


def comparison_rows(content: ReportContent) -> TableRows:
    """List quantity, the paper's value, ours, and how ours came about."""
    first, last = content.decompositions[0], content.decompositions[-1]
    rows: TableRows = [
        [f"products under Li, K_eff {doc.k_eff:g} GPa", said, products_text(doc.products), "predicted"]
        for doc, said in ((first, "LiCl + Zr (0 GPa)"), (last, "LiCl + ZrCl2 (15 GPa)"))
    ]
    rows += [
        ["K_eff at which the products under Li change (GPa)", "between 0 and 15", *threshold]
        for threshold in threshold_values(content)
    ]
    return [*rows, *confidence_rows(content.uncertainties), *layer_rows(content.growths), *tip_rows(content.stresses)]


def threshold_values(content: ReportContent) -> TableRows:
    """List critical K_eff (GPa) under the working ion's metal, and how it was obtained, one row per source."""
    found = {f"predicted: {content.constriction.level_of_theory.label}": threshold_of(content.constriction)}
    # beside the run its own shipped entries, because the threshold hangs on energies and volumes
    found |= {f"{doc.level_of_theory.label}, volumes: {doc.volumes}": doc.critical_k_eff for doc in content.reference}
    return [["none below 50" if value is None else value, how] for how, value in found.items()]


def threshold_of(doc: ConstrictionDoc) -> float | None:
    """Find the K_eff (GPa) at which the products first change their formulas; None: nowhere in the range."""
    first = {product.formula for product in doc.segments[0].products}
    return next((s.k_eff_low for s in doc.segments if {p.formula for p in s.products} != first), None)


def layer_rows(growths: Sequence[GrowthDoc]) -> TableRows:
    """List the compression (MPa) in the layers that the paper has too: at the front of the fine one, else its peak."""
    grown = {doc.microstructure.split(",")[0]: doc for doc in growths}
    # the paper gives the fine layer's pressure at the front, the graded one's where it is largest, at coarse particles
    pressures = {name: d.interface_compression if name == "fine" else d.peak_compression for name, d in grown.items()}
    return [[said, paper, max(pressures[name]), how] for name, said, paper, how in PUBLISHED_LAYERS if name in grown]


def tip_rows(stresses: Sequence[StressDoc]) -> TableRows:
    """List the compression (MPa) at the tip, as computed and by the paper's rule for the zone's expansion."""
    computed: TableRows = [
        [
            f"tip with decomposition products, K_eff {doc.decomposition.k_eff:g} GPa (MPa)", "up to 40",
            doc.tip_compression, "calibrated: retained fraction",
        ]
        for doc in stresses
    ]  # fmt: skip
    twice = "the same, zone expanding twice as much as lithium at coarse particles"
    by_rule: list[Row] = [
        [
            f"{twice} ({doc.decomposition.k_eff:g} GPa)", "up to 40", tip_by_published_rule(doc),
            "the paper's rule; linear in the strain",
        ]
        for doc in first_of_each_reaction(stresses)
    ]  # fmt: skip
    return [*computed, *by_rule]


def tip_by_published_rule(doc: StressDoc) -> float:
    """Scale the compression at the tip (MPa) to a zone that expands twice as much as lithium at coarse particles.

    Linear elasticity makes it a rescaling of the computed one.
    """
    expansion = [row.value for row in doc.parameters if row.symbol.startswith("K_coarse ")]
    wanted = 2.0 * sum(expansion) / len(expansion)
    from_reaction = doc.tip_compression - doc.tip_compression_without_reaction
    return doc.tip_compression_without_reaction + from_reaction * wanted / doc.zone_eigenstrain


def first_of_each_reaction(stresses: Sequence[StressDoc]) -> list[StressDoc]:
    """Pick the first document of each reaction: where K_eff does not change the products, one picture does."""
    # a dictionary keeps the last of equal keys: backwards that is the first
    return list({doc.decomposition.reaction: doc for doc in reversed(stresses)}.values())[::-1]
