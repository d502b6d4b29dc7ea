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
from selflimit.phase_diagrams.pictures.interactive_curves import draw_interface_svg
from selflimit.phase_diagrams.pictures.profiles import plot_predominance
from selflimit.phase_diagrams.pictures.uncertainty_and_interfaces import (
    LIKELY,
    plot_boundary_bands,
    plot_interface,
    plot_product_probabilities,
)
from selflimit.report import diagram_tables, tables
from selflimit.report.diagram_sections import PROFILE_PLOTS, add_map, add_profiles, add_shifts, add_uncertainty
from selflimit.report.figures import FigureFiles, draw_figure, save_figures
from selflimit.report.html_page import Page

LANE_INCHES = 1.2
"""Height of one lane of the staircase (inches)."""
CURVES_INCHES, MAP_INCHES = 4.4, 5.2
"""Height of the curves against voltage or K_eff, and of planes of voltage and K_eff (inches)."""
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
    figures = draw_electrolyte(one, folder)
    page.paragraph(diagram_tables.electrolyte_statement(one.profiles[0]))
    page.table("Stability", diagram_tables.WINDOW_COLUMNS, diagram_tables.window_rows(one.profiles))
    for doc in one.maps:
        add_map(page, doc)
    said = {
        "stability": "Decomposition products against voltage at each K_eff.",
        "energy": "Reaction energy against voltage, mechanical work included.",
        "strain": "Reaction strain dV/V0 against voltage.",
    }
    add_profiles(page, "stability", one.profiles, figures[f"stability {one.formula}"], said["stability"])
    page.table(
        "Reactions over all voltages, energies at the lower one", diagram_tables.REACTION_COLUMNS,
        diagram_tables.reaction_rows(one.profiles),
    )  # fmt: skip
    page.paragraph(diagram_tables.conduction_statement(one.profiles))
    page.table("At the lowest voltage", tables.DECOMPOSITION_COLUMNS, tables.decomposition_rows(one.decompositions))
    for kind in ("energy", "strain"):
        add_profiles(page, kind, one.profiles, figures[f"{kind} {one.formula}"], said[kind])
    add_shifts(page, one.profiles, one.compressible)
    add_uncertainty(page, one.uncertainties)
    for number, spread in enumerate(one.uncertainties):
        for kind, caption in UNCERTAINTY_CAPTIONS.items():
            if png := figures.get(f"{kind} {one.formula} {number}"):
                page.figure(png, f"{caption} Energies: {spread.level_of_theory.label}.")
    return figures


UNCERTAINTY_CAPTIONS = {
    "bands": "Boundaries against K_eff: median, and the band of 5 to 95 % of the samples.",
    "probabilities": "Probability of the products against K_eff, with 95 % intervals; marks: K* with one source's "
    "volumes.",
}
"""Kind of figure -> its caption."""


def draw_electrolyte(one: ElectrolyteDiagram, folder: Path) -> FigureFiles:
    """Draw all pictures of one electrolyte; they are named by kind, formula, and a number where there are several."""
    formed = {frozenset(p.formula for p in part.products) for doc in one.profiles for part in doc.segments}
    lanes = _high_enough(LANE_INCHES * len(one.profiles), len(formed))
    drawn = {
        f"{kind} {one.formula}": draw_figure(
            lambda ax, plot=plot: plot(one.profiles, ax),  # type: ignore[misc]
            10.0, lanes if kind == "stability" else CURVES_INCHES,
        )
        for kind, plot in PROFILE_PLOTS.items()
    }  # fmt: skip
    for doc in one.maps:
        height = _high_enough(MAP_INCHES, len(doc.regions))
        drawn[f"map {one.formula}"] = draw_figure(lambda ax, doc=doc: plot_predominance(doc, ax), 10.0, height)  # type: ignore[misc]
    for number, spread in enumerate(one.uncertainties):
        for kind, made in draw_spread(spread).items():
            drawn[f"{kind} {one.formula} {number}"] = made
    return save_figures(drawn, folder)


def draw_spread(doc: UncertaintyDoc) -> dict[str, Figure]:
    """Draw probabilities of the products, and bands of the boundaries where two K_eff or more were sampled."""
    voltage = doc.thresholds[0].voltage
    drawn = {"probabilities": draw_figure(lambda ax: plot_product_probabilities(doc, voltage, ax), 10.0, CURVES_INCHES)}
    if len({band.k_eff for band in doc.boundaries}) > 1:
        lines = {(*b.below, "|", *b.above) for b in doc.boundaries if b.probability >= LIKELY}
        height = _high_enough(MAP_INCHES, len(lines))
        drawn["bands"] = draw_figure(lambda ax: plot_boundary_bands(doc, ax), 10.0, height)
    return drawn


def _high_enough(height: float, lines: int) -> float:
    """At least ``height`` inches, with room for the lines of the legend."""
    return max(height, 1.2 + LEGEND_LINE * lines)


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
    page.paragraph(diagram_tables.mixing_statement(scans))
    page.figure(
        next(iter(figures.values())),
        f"Reaction energy of the mixture against the share x of its atoms in {pair[0]}, linear functional.",
    )
    page.drawing(draw_interface_svg(shown), "The same; point at a kink for its reaction.")
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
