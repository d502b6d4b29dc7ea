"""The report: one self-contained HTML page with every table, figure, parameter and number beside the paper's."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field

from selflimit.documents import (
    CoarseRelaxationDoc,
    ConstrictionDoc,
    DecompositionDoc,
    ElasticDoc,
    FailedRelaxationDoc,
    GrowthDoc,
    OrderingEnergiesDoc,
    OrderingsDoc,
    ParameterRow,
    PredominanceDoc,
    ProductsDoc,
    Record,
    RelaxationDoc,
    ReportDoc,
    StabilityDoc,
    StressDoc,
    UncertaintyDoc,
    products_text,
)
from selflimit.documents.self_limitation import ClosedLoopDoc, DesignPointDoc, PressureSpreadDoc
from selflimit.files import sha256, write_atomically
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.pictures import plotting as mesoscale_plots
from selflimit.phase_diagrams.pictures import profiles as diagram_plots
from selflimit.phase_diagrams.pictures.interactive_curves import reaction_energy_svg, reaction_strain_svg, staircase_svg
from selflimit.report import diagram_tables, tables
from selflimit.report.diagram_page import map_section, uncertainty_section
from selflimit.report.growth_chapter import growth_figures, growth_section
from selflimit.report.html_page import Page
from selflimit.report.self_limitation_chapter import loop_figures, self_limitation_chapter
from selflimit.versions import package_versions

REPORT_DOTS_PER_INCH = 160
PUBLISHED_ELECTROLYTE = "Li2ZrCl6"
"""The electrolyte whose diagram and interface stress the paper prints."""


class ReportContent(Record):
    """Everything the report shows: the documents of one run, by stage."""

    parent: str = Field(description="Name of the disordered parent")
    orderings: list[OrderingsDoc] = Field(description="One per cell")
    relaxations: list[RelaxationDoc | CoarseRelaxationDoc | FailedRelaxationDoc] = Field(
        description="What became of each ordering"
    )
    ordering_energies: OrderingEnergiesDoc = Field(description="The relaxed orderings as ensembles")
    electrolyte: RelaxationDoc = Field(description="The lowest ordering")
    competing: list[RelaxationDoc] = Field(description="All competing phases, relaxed")
    stabilities: list[StabilityDoc] = Field(description="One per K_eff")
    constriction: ConstrictionDoc = Field(description="Products against K_eff at the lowest voltage")
    predominance: PredominanceDoc = Field(description="Products against voltage and K_eff")
    uncertainties: list[UncertaintyDoc] = Field(description="Spread of K*; empty: no DFT energies are bundled")
    reference: list[ProductsDoc] = Field(description="Products by the bundled DFT energies; empty: none are bundled")
    decompositions: list[DecompositionDoc] = Field(description="One per K_eff, at the lowest voltage")
    elastic: list[ElasticDoc] = Field(description="Electrolyte, particles, products")
    growths: list[GrowthDoc] = Field(description="One per particle layer")
    stresses: list[StressDoc] = Field(description="One per decomposition that was put into the interface")
    closed_loops: list[ClosedLoopDoc] = Field([], description="One per functional; empty: not asked for")
    spreads: list[PressureSpreadDoc] = Field([], description="Errors in MPa at the tip; empty: not asked for")
    verdicts: list[DesignPointDoc] = Field([], description="Fine and graded layer; empty: not asked for")


def write_report(content: ReportContent, folder: Path) -> ReportDoc:
    """Draw all figures into ``folder/figures`` and write ``folder/report.html``.

    Parameters
    ----------
    content
        The run's documents; field files are looked for below ``folder``.
    folder
        The run folder.

    Raises
    ------
    InputError
        A field file is missing or not the one that its document names.
    """
    page = Page(f"{content.electrolyte.formula}: self-limiting lithium interface")
    figures = draw_all(content, folder)
    summary(page, content)
    ordering_chapter(page, content)
    diagram_chapter(page, content, figures)
    mesoscale_chapter(page, content, figures, folder)
    self_limitation_chapter(page, content.closed_loops, content.spreads, content.verdicts, figures)
    parameter_chapter(page, content)
    provenance_chapter(page, content)
    path = folder / "report.html"
    write_atomically(path, page.text())
    return ReportDoc(
        path=path.name,
        sha256=sha256(path),
        figures=[str(png.relative_to(folder)) for png in figures.values()],
    )


def draw_all(content: ReportContent, folder: Path) -> dict[str, Path]:
    """Draw every figure of the report.

    Returns
    -------
    dict[str, Path]
        Name of the figure -> PNG file in ``folder/figures``.
    """
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    drawn = {name: diagram_figure(plot, content.stabilities) for name, plot in DIAGRAM_PLOTS.items()}
    drawn |= growth_figures(content.growths, folder)
    drawn |= {f"stress-{number}": stress_figure(doc, folder) for number, doc in enumerate(distinct(content.stresses))}
    drawn |= loop_figures(content.closed_loops)
    files = {name: folder / "figures" / f"{name}.png" for name in drawn}
    for name, figure in drawn.items():
        figure.savefig(files[name], dpi=REPORT_DOTS_PER_INCH, bbox_inches="tight")
    return files


def summary(page: Page, content: ReportContent) -> None:
    """The first screen: what was computed, at which level of theory, and the paper's numbers beside ours."""
    best = content.electrolyte
    page.paragraph(
        f"{best.formula} from the disordered parent {content.parent}. Energies and volumes of every phase: "
        f"{best.level_of_theory.label}. Elastic constants: {content.elastic[0].level_of_theory.label}. "
        f"Lowest ordering: {best.label}, "
        f"{best.energy_per_atom:.4f} eV/atom, {best.volume_per_formula:.1f} Å³ per formula unit."
    )
    heading, columns, rows = beside_paper(best.formula, comparison_rows(content))
    page.heading(heading)
    page.table("Published numbers and ours" if "paper" in columns else "Ours", columns, rows)
    page.paragraph(
        "K_eff in the linear functional is an index of constriction, not a pressure that is reached. Volumes and "
        "energies of different sources move a threshold by some GPa; read the trend, not the digits. Whether the "
        "electrolyte itself survives constriction hangs on its own volume: a few per cent in V0, the spread of "
        "force fields, decide.",
        "note",
    )


def beside_paper(formula: str, rows: tables.TableRows) -> tuple[str, list[str], tables.TableRows]:
    """Heading, columns and rows of the comparison; without the paper's column for an electrolyte it did not compute."""
    if formula == PUBLISHED_ELECTROLYTE:
        return "Beside the paper", ["quantity", "paper", "here", "how"], rows
    return "In short", ["quantity", "here", "how"], [[row[0], *row[2:]] for row in rows]


def comparison_rows(content: ReportContent) -> tables.TableRows:
    """Quantity, paper, ours, and whether ours is calibrated or predicted."""
    first, last = content.decompositions[0], content.decompositions[-1]
    rows: tables.TableRows = [
        [f"products under Li, K_eff {doc.k_eff:g} GPa", said, products_text(doc.products), "predicted"]
        for doc, said in ((first, "LiCl + Zr (0 GPa)"), (last, "LiCl + ZrCl2 (15 GPa)"))
    ]
    rows += [
        ["K_eff at which the products under Li change (GPa)", "between 0 and 15", *threshold]
        for threshold in thresholds(content)
    ]
    rows += diagram_tables.confidence_rows(content.uncertainties)
    layers = {doc.microstructure.split(",")[0]: doc for doc in content.growths}
    if "fine" in layers:
        pressure = max(layers["fine"].interface_compression)
        rows.append(
            [
                "fine layer, mean compression at the front (MPa)",
                "about 7",
                pressure,
                "calibrated: ratio of fine to coarse K",
            ]
        )
    if "graded" in layers:
        pressure = max(layers["graded"].peak_compression)
        rows.append(
            [
                "graded layer, peak compression (MPa)",
                "up to 20",
                pressure,
                "literature K, given to the coarse class after seeing results; kinetics calibrated",
            ]
        )
    for doc in content.stresses:
        name = f"tip with decomposition products, K_eff {doc.decomposition.k_eff:g} GPa (MPa)"
        rows.append([name, "up to 40", doc.tip_compression, "calibrated: retained fraction"])
    for doc in distinct(content.stresses):
        name = (
            f"the same, zone expanding twice as much as lithium at coarse particles ({doc.decomposition.k_eff:g} GPa)"
        )
        rows.append([name, "up to 40", tip_by_published_rule(doc), "the paper's rule; linear in the strain"])
    return rows


def tip_by_published_rule(doc: StressDoc) -> float:
    """Tip compression (MPa) if the zone's eigenstrain were twice the mean one of lithium at coarse particles.

    Linear elasticity makes it a rescaling of the computed one.
    """
    expansion = [row.value for row in doc.parameters if row.symbol.startswith("K_coarse ")]
    wanted = 2.0 * sum(expansion) / len(expansion)
    from_reaction = doc.tip_compression - doc.tip_compression_without_reaction
    return doc.tip_compression_without_reaction + from_reaction * wanted / doc.zone_eigenstrain


def thresholds(content: ReportContent) -> list[list[object]]:
    """Critical K_eff (GPa) under the working ion's metal and how it was obtained, one row per source."""
    segments = content.constriction.segments
    first = {product.formula for product in segments[0].products}
    ours = next((s.k_eff_low for s in segments if {p.formula for p in s.products} != first), "none below 50")
    sources: dict[str, object] = {f"predicted: {content.constriction.level_of_theory.label}": ours}
    for doc in content.reference:
        key = f"{doc.level_of_theory.label}, volumes: {doc.volumes}"
        sources[key] = "none below 50" if doc.critical_k_eff is None else doc.critical_k_eff
    return [[value, how] for how, value in sources.items()]


def ordering_chapter(page: Page, content: ReportContent) -> None:
    """Counts, electrostatic ranking, and the force field's ranking."""
    page.heading("Orderings")
    page.paragraph(content.orderings[0].parent_source)
    counts = [[doc.cell, doc.raw_count, doc.distinct_count, len(doc.orderings)] for doc in content.orderings]
    page.table("Symmetry-distinct orderings", ["cell", "raw", "distinct (Burnside)", "relaxed"], counts)
    page.table("Ranked by electrostatics", tables.ORDERING_COLUMNS, tables.ordering_rows(content.orderings))
    converged = [doc for doc in content.relaxations if isinstance(doc, RelaxationDoc)]
    page.table("Relaxed", tables.RELAXATION_COLUMNS, tables.relaxation_rows(converged))
    ensemble_section(page, content.ordering_energies)


def ensemble_section(page: Page, found: OrderingEnergiesDoc) -> None:
    """Energies above the lowest, weights, merged duplicates; how the rankings agree."""
    first = found.ensembles[0]
    page.table(
        f"Relaxed orderings, Boltzmann weights at {first.temperature:g} K",
        tables.ORDERING_ENERGY_COLUMNS, tables.ordering_energy_rows(found),
    )  # fmt: skip
    page.paragraph(
        "Weights are those of whole cells, so each cell is an ensemble of its own, of the orderings that were relaxed: "
        + "; ".join(
            f"{one.cell}: {one.configurations} of {one.all_configurations} configurations, mean energy "
            f"{one.mean_energy:.4f} eV and entropy {one.configurational_entropy:.3f} k_B per formula unit"
            for one in found.ensembles
        )
        + ". An ordering of stage 'coarse' was ranked and not converged.",
        "note",
    )
    page.table("How the rankings agree", tables.AGREEMENT_COLUMNS, tables.agreement_rows(found))
    if found.failures:
        page.table("Orderings without an energy", tables.FAILURE_COLUMNS, tables.failure_rows(found))


def diagram_chapter(page: Page, content: ReportContent, figures: dict[str, Path]) -> None:
    """The constrained phase diagram: figure, reactions, and the DFT energies beside it."""
    page.heading("Mechanically constrained phase diagram")
    page.figure(figures["stability"], "Decomposition products against voltage at each K_eff (counterpart of Fig. 7).")
    page.drawing(staircase_svg(content.stabilities), "The same; point at a step for its reaction, energies and strain.")
    page.table(
        "Under lithium, at the lowest voltage", tables.DECOMPOSITION_COLUMNS,
        tables.decomposition_rows(content.decompositions),
    )  # fmt: skip
    page.table("All voltages", tables.STABILITY_COLUMNS, tables.stability_rows(content.stabilities))
    map_section(page, content.predominance)
    page.figure(figures["strain"], "Reaction strain dV/V0 against voltage, without the lithium reservoir's volume.")
    page.drawing(reaction_strain_svg(content.stabilities), "The same; point at a piece for its reaction.")
    page.figure(figures["energy"], "Reaction energy against voltage, mechanical work included.")
    page.drawing(reaction_energy_svg(content.stabilities), "The same; point at a piece for its reaction.")
    page.table("Competing phases, relaxed", tables.RELAXATION_COLUMNS, tables.relaxation_rows(content.competing))
    reference_section(page, content)


def reference_section(page: Page, content: ReportContent) -> None:
    """Products by the bundled DFT energies, which lack the electrolyte itself."""
    if not content.reference:
        page.paragraph(f"No DFT energies of the chemical system of {content.electrolyte.formula} are bundled.", "note")
        return
    level = content.reference[0].level_of_theory.label
    page.table(f"Products by {level} energies", tables.PRODUCT_COLUMNS, tables.product_rows(content.reference))
    page.paragraph(
        "The electrolyte's own energy is not in the bundled DFT set, so this table has products only: what its "
        "elements form, whether or not the electrolyte reacts there. The volumes decide the critical voltages: "
        "compare the two sources.",
        "note",
    )
    uncertainty_section(page, content.uncertainties)


def mesoscale_chapter(page: Page, content: ReportContent, figures: dict[str, Path], folder: Path) -> None:
    """Growth and static stress."""
    page.heading("Growth in the particle layers")
    growth_section(page, content.growths, figures, folder)
    page.paragraph(
        "Times and shapes follow the calibrated kinetics. The time step alone moves an arrival by some 7 %, and one "
        "packing is one sample: that one layer's tip is ahead of the other's is no prediction.",
        "note",
    )
    page.table("Growth", tables.GROWTH_COLUMNS, tables.growth_rows(content.growths))
    page.table("Numerical effort and balance", tables.EFFORT_COLUMNS, tables.effort_rows(content.growths))
    page.heading("Stress at the interface")
    for number, doc in enumerate(distinct(content.stresses)):
        made = products_text(doc.decomposition.products)
        caption = f"Static hydrostatic pressure with the products {made} in place (counterpart of Fig. 8D)."
        page.figure(figures[f"stress-{number}"], caption)
    page.table("Static stress", tables.STRESS_COLUMNS, tables.stress_rows(content.stresses))
    page.table(
        "Compression at the tip against the retained fraction of the reaction strain", tables.EXPANSION_SWEEP_COLUMNS,
        tables.expansion_sweep_rows(content.stresses),
    )  # fmt: skip
    page.table("Elastic constants", tables.ELASTIC_COLUMNS, tables.elastic_rows(content.elastic))


def parameter_chapter(page: Page, content: ReportContent) -> None:
    """Every parameter with its source; calibrated ones are marked."""
    page.heading("Parameters")
    page.paragraph("Marked rows are calibrated: chosen to meet a published result, never a prediction.")
    shared = content.growths[0].parameters if content.growths else []
    page.table("Growth and interface", tables.PARAMETER_COLUMNS, tables.parameter_rows(shared), marked=4)
    for doc in content.stresses:
        own = differing(doc.parameters, shared)
        name = f"Interface at K_eff {doc.decomposition.k_eff:g} GPa, where different"
        page.table(name, tables.PARAMETER_COLUMNS, tables.parameter_rows(own), marked=4)


def distinct(stresses: Sequence[StressDoc]) -> list[StressDoc]:
    """The first document of each reaction: where K_eff does not change the products, one picture does."""
    return list({doc.decomposition.reaction: doc for doc in reversed(stresses)}.values())[::-1]


def differing(rows: Sequence[ParameterRow], others: Sequence[ParameterRow]) -> list[ParameterRow]:
    """Rows that are not among ``others``."""
    return [row for row in rows if row not in others]


def provenance_chapter(page: Page, content: ReportContent) -> None:
    """Versions and hashes; the run folder's provenance.json has the rest."""
    page.heading("Provenance")
    level = content.electrolyte.level_of_theory
    rows: tables.TableRows = [[name, number] for name, number in package_versions().items()]
    rows.append([f"weights of {level.model} (SHA-256)", level.weights_sha256 or "none: DFT"])
    page.table("Versions", ["what", "version"], rows)
    page.paragraph(
        "provenance.json in the run folder lists the configuration, every job and the hash of every file. "
        "Crystals: contains data from the Materials Project (materialsproject.org, doi:10.1063/1.4812323), CC BY 4.0."
    )


def diagram_figure(plot: object, profiles: list[StabilityDoc]) -> Figure:
    """One plot of the phase-diagram stage on a figure of its own."""
    figure = Figure(figsize=(9.0, 4.8), layout="constrained")
    axes: Axes = figure.subplots()
    plot(profiles, axes)  # type: ignore[operator]
    return figure


def stress_figure(doc: StressDoc, folder: Path) -> Figure:
    """Phases and hydrostatic pressure at the interface."""
    figure = Figure(figsize=(10.0, 5.0), layout="constrained")
    mesoscale_plots.plot_interface_stress(doc, load_fields(folder, doc.fields), figure)
    return figure


DIAGRAM_PLOTS = {
    "stability": diagram_plots.plot_profile,
    "strain": diagram_plots.plot_reaction_strain,
    "energy": diagram_plots.plot_reaction_energy,
}
