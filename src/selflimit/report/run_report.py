"""The report of a run: one self-contained HTML page with every table, figure and parameter, chapter by chapter."""

from pathlib import Path

from matplotlib.figure import Figure

from selflimit.documents import OrderingEnergiesDoc, RelaxationDoc, ReportDoc, StressDoc, products_text
from selflimit.files import sha256, write_atomically
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.pictures import plotting
from selflimit.report import diagram_tables, tables
from selflimit.report.arrest_chapter import add_arrest, add_arrest_details
from selflimit.report.comparison import beside_paper, comparison_rows, first_of_each_reaction
from selflimit.report.content import ReportContent
from selflimit.report.diagram_sections import PROFILE_PLOTS, add_map, add_profiles, add_shifts, add_uncertainty
from selflimit.report.figures import FigureFiles, draw_figure, save_figures
from selflimit.report.growth_chapter import add_growths, draw_growths
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
    page = Page(f"{content.electrolyte.formula}: orderings, phase diagram and stress at the lithium interface")
    figures = draw_all(content, folder)
    add_arrest(page, content.arrest)
    add_summary(page, content)
    add_orderings(page, content)
    add_diagram(page, content, figures)
    add_growth_and_stress(page, content, figures, folder)
    add_self_limitation(page, content.closed_loops, content.spreads, content.verdicts, figures)
    add_arrest_details(page, content.arrest)
    add_parameters(page, content)
    add_provenance(page, content)
    path = folder / "report.html"
    write_atomically(path, page.text())
    return ReportDoc(
        path=path.name,
        sha256=sha256(path),
        figures=[str(png.relative_to(folder)) for png in figures.values()],
    )


def draw_all(content: ReportContent, folder: Path) -> FigureFiles:
    """Draw every figure of the report into ``folder/figures``."""
    drawn = {
        name: draw_figure(lambda ax, plot=plot: plot(content.stabilities, ax), 9.0, 4.8)  # type: ignore[misc]
        for name, plot in PROFILE_PLOTS.items()
    }
    drawn |= draw_growths(content.growths, folder)
    for number, doc in enumerate(first_of_each_reaction(content.stresses)):
        drawn[f"stress-{number}"] = draw_stress_panels(doc, folder)
    return save_figures(drawn | draw_loops(content.closed_loops), folder)


def add_summary(page: Page, content: ReportContent) -> None:
    """Add what was computed, at which level of theory, and the paper's numbers beside ours."""
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


def add_orderings(page: Page, content: ReportContent) -> None:
    """Add counts, the electrostatic ranking, and the force field's ranking."""
    page.heading("Orderings")
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


def add_diagram(page: Page, content: ReportContent, figures: FigureFiles) -> None:
    """Add the constrained phase diagram: figures, reactions, and the DFT energies beside it.

    Parameters
    ----------
    page
        The page, which is added to.
    content
        All documents of the run.
    figures
        PNG file of each figure, by name.
    """
    page.heading("Mechanically constrained phase diagram")
    profiles = content.stabilities
    if profiles:
        page.paragraph(diagram_tables.electrolyte_statement(profiles[0]))
    said = "Decomposition products against voltage at each K_eff (counterpart of Fig. 7)."
    add_profiles(page, "stability", profiles, figures["stability"], said)
    page.table(
        "Under lithium, at the lowest voltage", tables.DECOMPOSITION_COLUMNS,
        tables.decomposition_rows(content.decompositions),
    )  # fmt: skip
    if profiles:
        page.paragraph(diagram_tables.conduction_statement(profiles))
    page.table("All voltages", tables.STABILITY_COLUMNS, tables.stability_rows(profiles))
    add_shifts(page, profiles, content.compressible)
    add_map(page, content.predominance)
    said = "Reaction strain dV/V0 against voltage, with the volume of expelled ions unless the rules say otherwise."
    add_profiles(page, "strain", profiles, figures["strain"], said)
    said = "Reaction energy against voltage, mechanical work included."
    add_profiles(page, "energy", profiles, figures["energy"], said)
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


def add_growth_and_stress(page: Page, content: ReportContent, figures: FigureFiles, folder: Path) -> None:
    """Add growth and static stress.

    Parameters
    ----------
    page
        The page, which is added to.
    content
        All documents of the run.
    figures
        PNG file of each figure, by name.
    folder
        Where the fields of the growths are.
    """
    page.heading("Growth in the particle layers")
    add_growths(page, content.growths, figures, folder)
    page.paragraph(
        "Times and shapes follow the calibrated kinetics. The time step alone moves an arrival by some 7 %, and one "
        "packing is one sample: that one layer's tip is ahead of the other's is no prediction.",
        "note",
    )
    page.table("Growth", tables.GROWTH_COLUMNS, tables.growth_rows(content.growths))
    page.table("Current and overpotential", tables.CURRENT_COLUMNS, tables.current_rows(content.growths))
    page.table("Numerical effort and balance", tables.EFFORT_COLUMNS, tables.effort_rows(content.growths))
    page.heading("Stress at the interface")
    for number, doc in enumerate(first_of_each_reaction(content.stresses)):
        made = products_text(doc.decomposition.products)
        caption = f"Static hydrostatic pressure with the products {made} in place (counterpart of Fig. 8D)."
        page.figure(figures[f"stress-{number}"], caption)
    page.table("Static stress", tables.STRESS_COLUMNS, tables.stress_rows(content.stresses))
    page.table(
        "Compression at the tip against the retained fraction of the reaction strain", tables.EXPANSION_SWEEP_COLUMNS,
        tables.expansion_sweep_rows(content.stresses),
    )  # fmt: skip
    page.table("Elastic constants", tables.ELASTIC_COLUMNS, tables.elastic_rows(content.elastic))


def add_parameters(page: Page, content: ReportContent) -> None:
    """Add every parameter with its source; calibrated ones are marked."""
    page.heading("Parameters")
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
    page.heading("Provenance")
    level = content.electrolyte.level_of_theory
    rows: tables.TableRows = [[name, number] for name, number in package_versions().items()]
    rows.append([f"weights of {level.model} (SHA-256)", level.weights_sha256 or "none: DFT"])
    page.table("Versions", ["what", "version"], rows)
    page.paragraph(
        "provenance.json in the run folder lists the configuration, every job and the hash of every file. "
        "Crystals: contains data from the Materials Project (materialsproject.org, doi:10.1063/1.4812323), CC BY 4.0."
    )


def draw_stress_panels(doc: StressDoc, folder: Path) -> Figure:
    """Draw phases and hydrostatic pressure at the interface."""
    figure = Figure(figsize=(10.0, 5.0), layout="constrained")
    plotting.plot_interface_stress(doc, load_fields(folder, doc.fields), figure)
    return figure
