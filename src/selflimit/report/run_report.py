"""The report of a run: one self-contained HTML page with every table, figure and parameter, chapter by chapter."""

from collections.abc import Sequence
from pathlib import Path

from selflimit.documents import OrderingEnergiesDoc, RelaxationDoc, ReportDoc
from selflimit.files import sha256, write_atomically
from selflimit.report import diagram_tables, tables
from selflimit.report.answers import answer_all, write_title
from selflimit.report.arrest_chapter import add_arrest_details
from selflimit.report.comparison import beside_paper, comparison_rows
from selflimit.report.content import ReportContent
from selflimit.report.diagram_sections import add_shifts, add_uncertainty
from selflimit.report.figure_chapters import add_figures, draw_twins
from selflimit.report.figures import FigureFiles, save_figures
from selflimit.report.html_page import Page
from selflimit.report.self_limitation_chapter import add_self_limitation, draw_loops
from selflimit.versions import package_versions


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
    page = Page(write_title(content.arrest))
    figures = draw_all(content, folder)
    page.answers(answer_all(content))
    add_summary(page, content)
    add_figures(page, content, figures, folder)
    add_details(page, content, figures)
    path = folder / "report.html"
    write_atomically(path, page.text())
    return ReportDoc(
        path=path.name,
        sha256=sha256(path),
        figures=[str(png.relative_to(folder)) for png in figures.values()],
    )


def draw_all(content: ReportContent, folder: Path) -> FigureFiles:
    """Draw the static picture of every figure into ``folder/figures``."""
    return save_figures(draw_twins(content, folder) | draw_loops(content.closed_loops), folder)


def add_summary(page: Page, content: ReportContent) -> None:
    """Add what was computed, and at which level of theory."""
    best = content.electrolyte
    page.paragraph(
        f"{best.formula} from the disordered parent {content.parent}. Energies and volumes of every phase: "
        f"{best.level_of_theory.label}. Elastic constants: {content.elastic[0].level_of_theory.label}. "
        f"Lowest ordering: {best.label}, "
        f"{best.energy_per_atom:.4f} eV/atom, {best.volume_per_formula:.1f} Å³ per formula unit.",
        "note",
    )


def add_details(page: Page, content: ReportContent, figures: FigureFiles) -> None:
    """Add everything that most readers do not need to open, each chapter folded.

    Parameters
    ----------
    page
        The page, which is added to.
    content
        All documents of the run.
    figures
        PNG file of each figure, by name.
    """
    page.heading("Details")
    heading, columns, rows = beside_paper(content.electrolyte.formula, comparison_rows(content))
    with page.folded(heading):
        add_comparison(page, columns, rows)
    with page.folded("The verdict: shares, what decides, ranges"):
        add_arrest_details(page, content.arrest)
    with page.folded("Phase diagram: reactions, limits, other sources"):
        add_diagram(page, content)
    with page.folded("Orderings and their energies"):
        add_orderings(page, content)
    with page.folded("Growth and stress in numbers"):
        add_growth_and_stress(page, content)
    if content.closed_loops or content.verdicts:
        with page.folded("Closed loop, and growth judged by contact and stress"):
            add_self_limitation(page, content.closed_loops, content.spreads, content.verdicts, figures)
    with page.folded("Parameters and their sources"):
        add_parameters(page, content)
    with page.folded("Provenance"):
        add_provenance(page, content)


def add_comparison(page: Page, columns: Sequence[str], rows: tables.TableRows) -> None:
    """Add the paper's numbers beside ours.

    Parameters
    ----------
    page
        The page, which is added to.
    columns, rows
        The table.
    """
    page.table("Published numbers and ours" if "paper" in columns else "Ours", columns, rows)
    page.paragraph(
        "K_eff in the linear functional is an index of constriction, not a pressure that is reached. Volumes and "
        "energies of different sources move a threshold by some GPa; read the trend, not the digits. Whether the "
        "electrolyte itself survives constriction hangs on its own volume: a few per cent in V0, the spread of "
        "force fields, decide.",
        "note",
    )


def add_orderings(page: Page, content: ReportContent) -> None:
    """Add counts, the electrostatic ranking, and the force field's ranking."""
    page.paragraph(content.orderings[0].parent_source)
    counts = [[doc.cell, doc.raw_count, doc.distinct_count, len(doc.orderings)] for doc in content.orderings]
    page.table("Symmetry-distinct orderings", ["cell", "raw", "distinct (Burnside)", "relaxed"], counts)
    page.table("Ranked by electrostatics", tables.ORDERING_COLUMNS, tables.ordering_rows(content.orderings))
    converged = [doc for doc in content.relaxations if isinstance(doc, RelaxationDoc)]
    page.table("Relaxed", tables.RELAXATION_COLUMNS, tables.relaxation_rows(converged))
    add_ensembles(page, content.ordering_energies)


def add_ensembles(page: Page, found: OrderingEnergiesDoc) -> None:
    """Add energies above the lowest, weights, merged duplicates; how the rankings agree."""
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


def add_diagram(page: Page, content: ReportContent) -> None:
    """Add the constrained phase diagram in numbers, and the DFT energies beside it."""
    profiles = content.stabilities
    page.paragraph(diagram_tables.electrolyte_statement(profiles[0]))
    page.table(
        "Under lithium, at the lowest voltage", tables.DECOMPOSITION_COLUMNS,
        tables.decomposition_rows(content.decompositions),
    )  # fmt: skip
    if profiles:
        page.paragraph(diagram_tables.conduction_statement(profiles))
    page.table("All voltages", tables.STABILITY_COLUMNS, tables.stability_rows(profiles))
    add_shifts(page, profiles, content.compressible)
    page.table("Competing phases, relaxed", tables.RELAXATION_COLUMNS, tables.relaxation_rows(content.competing))
    add_reference(page, content)


def add_reference(page: Page, content: ReportContent) -> None:
    """Add the products by the bundled DFT energies, which lack the electrolyte itself."""
    if not content.reference:
        page.paragraph(
            "No products by DFT energies: none of the chemical system are bundled, or the rules are not the default "
            "ones: others need an entry of the electrolyte itself.",
            "note",
        )
        return
    level = content.reference[0].level_of_theory.label
    page.table(f"Products by {level} energies", tables.PRODUCT_COLUMNS, tables.product_rows(content.reference))
    page.paragraph(
        "The electrolyte's own energy is not in the bundled DFT set, so this table has products only: what its "
        "elements form, whether or not the electrolyte reacts there. The volumes decide the critical voltages: "
        "compare the two sources.",
        "note",
    )
    add_uncertainty(page, content.uncertainties)


def add_growth_and_stress(page: Page, content: ReportContent) -> None:
    """Add growth and static stress in numbers."""
    page.paragraph(
        "Times and shapes follow the calibrated kinetics. The time step alone moves an arrival by some 7 %, and one "
        "packing is one sample: that one layer's tip is ahead of the other's is no prediction.",
        "note",
    )
    page.table("Growth", tables.GROWTH_COLUMNS, tables.growth_rows(content.growths))
    page.table("Current and overpotential", tables.CURRENT_COLUMNS, tables.current_rows(content.growths))
    if half_cycles := tables.half_cycle_rows(content.growths):
        page.table("Half-cycles", tables.HALF_CYCLE_COLUMNS, half_cycles)
    if flows := tables.flow_rows(content.growths):
        page.table("Lithium that flows, and its product", tables.FLOWING_COLUMNS, flows)
        page.paragraph(next(doc.flow.statement for doc in content.growths if doc.flow is not None) + ".", "note")
    page.table("Numerical effort and balance", tables.EFFORT_COLUMNS, tables.effort_rows(content.growths))
    page.table("Static stress", tables.STRESS_COLUMNS, tables.stress_rows(content.stresses))
    page.table(
        "Compression at the tip against the retained fraction of the reaction strain", tables.EXPANSION_SWEEP_COLUMNS,
        tables.expansion_sweep_rows(content.stresses),
    )  # fmt: skip
    page.table("Elastic constants", tables.ELASTIC_COLUMNS, tables.elastic_rows(content.elastic))


def add_parameters(page: Page, content: ReportContent) -> None:
    """Add every parameter with its source; calibrated ones are marked."""
    page.paragraph("Marked rows are calibrated: chosen to meet a published result, never a prediction.")
    shared = content.growths[0].parameters if content.growths else []
    page.table("Growth and interface", tables.PARAMETER_COLUMNS, tables.parameter_rows(shared), marked=4)
    for doc in content.stresses:
        # most are the same, and thirty rows for each stress would hide those that are not
        own = [row for row in doc.parameters if row not in shared]
        name = f"Interface at K_eff {doc.decomposition.k_eff:g} GPa, where different"
        page.table(name, tables.PARAMETER_COLUMNS, tables.parameter_rows(own), marked=4)


def add_provenance(page: Page, content: ReportContent) -> None:
    """Add versions and hashes; the run folder's provenance.json has the rest."""
    level = content.electrolyte.level_of_theory
    rows: tables.TableRows = [[name, number] for name, number in package_versions().items()]
    rows.append([f"weights of {level.model} (SHA-256)", level.weights_sha256 or "none: DFT"])
    page.table("Versions", ["what", "version"], rows)
    page.paragraph(
        "provenance.json in the run folder lists the configuration, every job and the hash of every file. "
        "Crystals: contains data from the Materials Project (materialsproject.org, doi:10.1063/1.4812323), CC BY 4.0."
    )
