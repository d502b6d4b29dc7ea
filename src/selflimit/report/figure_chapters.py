"""The figures of a run's report, one of each kind, each with a sentence that says what is found."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from pymatgen.core import Structure

from selflimit.documents import ArrestDoc, StressDoc, products_text
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.pictures import plotting
from selflimit.phase_diagrams.pictures.palette import Styles
from selflimit.report.comparison import first_of_each_reaction
from selflimit.report.content import ReportContent
from selflimit.report.diagram_sections import (
    CURVES_INCHES,
    add_curves,
    add_product_map,
    add_shares,
    draw_diagrams,
    shared_styles,
)
from selflimit.report.figures import FigureFiles, draw_figure
from selflimit.report.growth_chapter import add_growths, draw_growths
from selflimit.report.html_page import Page
from selflimit.report.interactive.crystals import plot_crystals
from selflimit.report.interactive.fields import plot_stresses
from selflimit.report.interactive.verdicts import plot_outcomes
from selflimit.report.pictures.crystals import draw_structures
from selflimit.report.pictures.outcomes import plot_outcome_bars


def report_styles(content: ReportContent) -> Styles:
    """Give each set of products of a run one colour and hatch, for all its figures."""
    return shared_styles(
        content.electrolyte.formula, content.stabilities, [content.predominance], content.uncertainties
    )


def draw_twins(content: ReportContent, folder: Path) -> dict[str, Figure]:
    """Draw the static picture of every figure by its name."""
    styles = report_styles(content)
    drawn = draw_diagrams(content.predominance, content.stabilities, content.uncertainties, styles)
    drawn["crystals"] = draw_structures(shown_crystals(content))
    drawn["stress"] = draw_stress_panels(first_of_each_reaction(content.stresses)[-1], folder)
    drawn["outcomes"] = draw_figure(lambda ax: plot_outcome_bars(content.arrest, ax), 9.0, CURVES_INCHES)
    return drawn | draw_growths(content.growths, folder)


def draw_stress_panels(doc: StressDoc, folder: Path) -> Figure:
    """Draw phases and hydrostatic pressure at the interface."""
    figure = Figure(figsize=(10.0, 5.0), layout="constrained")
    plotting.plot_interface_stress(doc, load_fields(folder, doc.fields), figure)
    return figure


def add_figures(page: Page, content: ReportContent, figures: FigureFiles, folder: Path) -> None:
    """Add every figure of the run.

    Parameters
    ----------
    page
        The page, which is added to.
    content
        All documents of the run.
    figures
        PNG file of each figure, by name.
    folder
        Where the fields of growths and stresses are.
    """
    styles = report_styles(content)
    page.heading("What forms")
    add_product_map(page, content.predominance, content.stabilities, styles, figures["map"])
    if content.uncertainties:
        add_shares(page, content.uncertainties, styles, figures["shares"])
    page.plot(plot_crystals(shown_crystals(content)), figures["crystals"], crystals_finding(content))
    page.heading("How strongly it reacts, and swells")
    add_curves(page, content.stabilities, content.decompositions, figures)
    page.heading("How lithium grows")
    add_growths(page, content.growths, figures, folder)
    page.heading("What presses at the tip")
    reactions = first_of_each_reaction(content.stresses)
    runs = [(doc, load_fields(folder, doc.fields)) for doc in reactions]
    page.plot(plot_stresses(runs), figures["stress"], stress_finding(reactions))
    page.heading("Does it limit itself?")
    page.plot(plot_outcomes(content.arrest), figures["outcomes"], outcome_finding(content.arrest))


def outcome_finding(doc: ArrestDoc) -> str:
    """Say which current the layer bears, and what the shares are worth."""
    limit = doc.critical_current
    return (
        f"Without products lithium stalls up to {limit.median:.2g} mA/cm² ({limit.low:.2g} to {limit.high:.2g}, "
        f"5-95 %); bars are shares of {doc.samples} samples over stated ranges, some assumed, and no prediction."
    )


def shown_crystals(content: ReportContent) -> dict[str, Structure]:
    """Pick the crystals to turn: the lowest ordering, and what it reacts to under lithium at any K_eff."""
    known = {doc.label: doc.structure for doc in content.competing}
    formed = {p.entry_id: p.formula for doc in content.decompositions for p in doc.products}
    shown = {f"{content.electrolyte.formula}: lowest ordering": content.electrolyte.structure}
    return shown | {f"{formula}: product": known[entry] for entry, formula in formed.items() if entry in known}


def crystals_finding(content: ReportContent) -> str:
    """Say which crystal it is, and how large."""
    best = content.electrolyte
    return (
        f"The lowest ordering of {best.formula} ({best.label}) takes {best.volume_per_formula:.1f} Å³ per formula "
        "unit; drag to turn it, or choose a product."
    )


def stress_finding(reactions: Sequence[StressDoc]) -> str:
    """Say what the products add to the pressure of the lithium."""
    made = [f"{doc.tip_compression:.3g} MPa with {products_text(doc.decomposition.products)}" for doc in reactions]
    return (
        f"At the tip stand {reactions[0].tip_compression_without_reaction:.2g} MPa by lithium alone and "
        f"{', '.join(made)} in place; the share of the strain that is kept is calibrated."
    )
