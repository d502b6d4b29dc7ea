"""The page of one diagram of given entries, and the map and the uncertainty as the run's report shows them too."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from selflimit.documents import (
    DecompositionDoc,
    InterfaceReactionDoc,
    LeftOutPhase,
    PredominanceDoc,
    ReportDoc,
    StabilityDoc,
    UncertaintyDoc,
)
from selflimit.files import sha256, write_atomically
from selflimit.phase_diagrams.pictures.palette import Styles
from selflimit.phase_diagrams.pictures.uncertainty_and_interfaces import LIKELY, plot_boundary_bands, plot_interface
from selflimit.report import diagram_tables, tables
from selflimit.report.diagram_sections import (
    MAP_INCHES,
    add_curves,
    add_product_map,
    add_shares,
    add_shifts,
    add_uncertainty,
    draw_diagrams,
    shared_styles,
)
from selflimit.report.figures import FigureFiles, draw_figure, save_figures
from selflimit.report.html_page import Page
from selflimit.report.interactive.curves import plot_mixing

LEGEND_LINE = 0.23
"""Height of one line of a legend (inches)."""


@dataclass(frozen=True)
class ElectrolyteDiagram:
    """All documents of one electrolyte."""

    formula: str
    """As the user wrote it."""
    profiles: tuple[StabilityDoc, ...]
    """One per K_eff, rigid phases."""
    compressible: tuple[StabilityDoc, ...]
    """One per K_eff with compressible phases; none with the linear functional."""
    decompositions: tuple[DecompositionDoc, ...]
    """One per K_eff, at the lowest voltage."""
    maps: tuple[PredominanceDoc, ...]
    """The voltage-K_eff map."""
    uncertainties: tuple[UncertaintyDoc, ...]
    """One per level of theory; none where none were asked for."""


@dataclass(frozen=True)
class DiagramStudy:
    """What one call of `selflimit diagram` with formulas found."""

    electrolytes: tuple[ElectrolyteDiagram, ...]
    interfaces: dict[tuple[str, str], list[InterfaceReactionDoc]]
    """All scans of each pair of electrolytes."""
    origin: str
    """Where the entries come from."""
    left_out: tuple[LeftOutPhase, ...]
    """Known phases that do not compete."""
    notes: tuple[str, ...]
    """What a reader has to know of this study."""


def write_diagram_report(study: DiagramStudy, folder: Path) -> ReportDoc:
    """Draw all figures into ``folder/figures`` and write ``folder/diagram.html``."""
    page = Page(f"Constrained phase diagram of {' and '.join(one.formula for one in study.electrolytes)}")
    page.paragraph(study.origin)
    for note in study.notes:
        page.paragraph(note, "note")
    figures: FigureFiles = {}
    for one in study.electrolytes:
        figures |= add_electrolyte(page, one, folder)
    for pair, scans in study.interfaces.items():
        figures |= add_interface(page, pair, scans, folder)
    add_left_out(page, study.left_out)
    path = folder / "diagram.html"
    write_atomically(path, page.text())
    drawn = [str(png.relative_to(folder)) for png in figures.values()]
    return ReportDoc(path=path.name, sha256=sha256(path), figures=drawn)


def add_electrolyte(page: Page, one: ElectrolyteDiagram, folder: Path) -> FigureFiles:
    """Add everything about one electrolyte; returns its figures.

    Parameters
    ----------
    page
        The page, which is added to.
    one
        All documents of the electrolyte.
    folder
        Where the figures are written.
    """
    page.heading(one.formula)
    styles = shared_styles(one.formula, one.profiles, one.maps, one.uncertainties)
    named = draw_electrolyte(one, styles)
    files = save_figures({f"{kind} {one.formula}": figure for kind, figure in named.items()}, folder)
    figures = {kind: files[f"{kind} {one.formula}"] for kind in named}
    page.paragraph(diagram_tables.electrolyte_statement(one.profiles[0]))
    for doc in one.maps:
        add_product_map(page, doc, one.profiles, styles, figures["map"])
    if one.uncertainties:
        add_shares(page, one.uncertainties, styles, figures["shares"])
    add_curves(page, one.profiles, one.decompositions, figures)
    for number, spread in enumerate(one.uncertainties):
        if png := figures.get(f"bands {number}"):
            said = "Boundaries against K_eff: median, and the band of 5 to 95 % of the samples."
            page.figure(png, f"{said} Energies: {spread.level_of_theory.label}.")
    page.table("Stability", diagram_tables.WINDOW_COLUMNS, diagram_tables.window_rows(one.profiles))
    page.paragraph(diagram_tables.conduction_statement(one.profiles))
    page.table("At the lowest voltage", tables.DECOMPOSITION_COLUMNS, tables.decomposition_rows(one.decompositions))
    with page.folded(f"{one.formula}: all reactions, and the spread in numbers"):
        page.table(
            "Reactions over all voltages, energies at the lower one", diagram_tables.REACTION_COLUMNS,
            diagram_tables.reaction_rows(one.profiles),
        )  # fmt: skip
        add_shifts(page, one.profiles, one.compressible)
        add_uncertainty(page, one.uncertainties)
    return files


def draw_electrolyte(one: ElectrolyteDiagram, styles: Styles) -> dict[str, Figure]:
    """Draw all pictures of one electrolyte by their kind, with a number where there are several."""
    drawn = draw_diagrams(one.maps[0] if one.maps else None, one.profiles, one.uncertainties, styles)
    for number, spread in enumerate(one.uncertainties):
        if len({band.k_eff for band in spread.boundaries}) > 1:
            lines = {(*b.below, "|", *b.above) for b in spread.boundaries if b.probability >= LIKELY}
            height = max(MAP_INCHES, 1.2 + LEGEND_LINE * len(lines))
            drawn[f"bands {number}"] = draw_figure(
                lambda ax, spread=spread: plot_boundary_bands(spread, ax), 10.0, height  # type: ignore[misc]
            )  # fmt: skip
    return drawn


def add_interface(
    page: Page, pair: tuple[str, str], scans: Sequence[InterfaceReactionDoc], folder: Path
) -> FigureFiles:
    """Reactions between two electrolytes: the curve at the lowest and highest K_eff, and all kinks.

    Parameters
    ----------
    page
        The page, which is added to.
    pair
        Formulas of the two electrolytes.
    scans
        The scans between them, at each K_eff (GPa).
    folder
        Where the figure is written.
    """
    page.heading(f"Interface {' | '.join(pair)}")
    ends = {min(doc.k_eff for doc in scans), max(doc.k_eff for doc in scans)}
    shown = [doc for doc in scans if doc.k_eff in ends]
    picture = draw_figure(lambda ax: plot_interface(shown, ax), 10.0, 6.4)
    figures = save_figures({f"interface {' '.join(pair)}": picture}, folder)
    page.plot(
        plot_mixing(shown), next(iter(figures.values())),
        f"{diagram_tables.mixing_statement(scans).rstrip('.')}; point at a kink for its reaction.",
    )  # fmt: skip
    page.table(
        "Kinks: the pure electrolytes, and mixing reactions of fixed stoichiometry",
        diagram_tables.INTERFACE_COLUMNS, diagram_tables.interface_rows(scans),
    )  # fmt: skip
    return figures


def add_left_out(page: Page, phases: Sequence[LeftOutPhase]) -> None:
    """Add the known phases that do not compete; every result holds without them."""
    if phases:
        page.heading("Phases left out")
        page.paragraph(
            "Known or reported phases that are not among the entries. Every result above holds without them."
        )
        page.table("Left out", diagram_tables.LEFT_OUT_COLUMNS, diagram_tables.left_out_rows(phases))
