"""The page of one diagram of given entries, and the map and the uncertainty as the run's report shows them too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
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
from selflimit.phase_diagrams.pictures import profiles as plotting
from selflimit.phase_diagrams.pictures import uncertainty_and_interfaces as interface_plotting
from selflimit.phase_diagrams.pictures.interactive_curves import (
    interface_svg,
    reaction_energy_svg,
    reaction_strain_svg,
    staircase_svg,
)
from selflimit.phase_diagrams.pictures.interactive_map import predominance_legend, predominance_svg
from selflimit.report import diagram_tables, tables
from selflimit.report.html_page import Page

FIGURE_DOTS_PER_INCH = 160
LANE_INCHES = 1.2
"""Height of one lane of the staircase (inches)."""
LEGEND_LINE = 0.23
"""Height of one line of a legend (inches)."""
Figures = dict[str, Path]


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
    figures: Figures = {}
    for one in study.electrolytes:
        figures |= electrolyte_chapter(page, one, folder)
    for pair, scans in study.interfaces.items():
        figures |= interface_chapter(page, pair, scans, folder)
    left_out_chapter(page, study.left_out)
    path = folder / "diagram.html"
    write_atomically(path, page.text())
    drawn = [str(png.relative_to(folder)) for png in figures.values()]
    return ReportDoc(path=path.name, sha256=sha256(path), figures=drawn)


def electrolyte_chapter(page: Page, one: ElectrolyteDiagram, folder: Path) -> Figures:
    """Everything about one electrolyte; returns its figures."""
    page.heading(one.formula)
    figures = electrolyte_figures(one, folder)
    page.table("Stability", diagram_tables.WINDOW_COLUMNS, diagram_tables.window_rows(one.profiles))
    for doc in one.maps:
        map_section(page, doc)
    page.figure(figures[f"stability {one.formula}"], "Decomposition products against voltage at each K_eff.")
    page.drawing(staircase_svg(one.profiles), "The same; point at a step for its reaction, energies and strain.")
    page.table(
        "Reactions over all voltages, energies at the lower one", diagram_tables.REACTION_COLUMNS,
        diagram_tables.reaction_rows(one.profiles),
    )  # fmt: skip
    page.table("At the lowest voltage", tables.DECOMPOSITION_COLUMNS, tables.decomposition_rows(one.decompositions))
    page.figure(figures[f"energy {one.formula}"], "Reaction energy against voltage, mechanical work included.")
    page.drawing(reaction_energy_svg(one.profiles), "The same; point at a piece for its reaction.")
    page.figure(figures[f"strain {one.formula}"], "Reaction strain dV/V0 against voltage.")
    page.drawing(reaction_strain_svg(one.profiles), "The same; point at a piece for its reaction.")
    if one.profiles[0].functional != "linear":
        rows = diagram_tables.shift_rows(one.profiles, one.compressible)
        page.table("Limits with rigid and with compressible phases", diagram_tables.SHIFT_COLUMNS, rows)
        page.paragraph(diagram_tables.shift_statement(one.profiles, one.compressible))
    uncertainty_section(page, one.uncertainties)
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


def electrolyte_figures(one: ElectrolyteDiagram, folder: Path) -> Figures:
    """All pictures of one electrolyte."""
    profiles = list(one.profiles)
    formed = {frozenset(p.formula for p in part.products) for doc in profiles for part in doc.segments}
    drawn = {
        "stability": figure(lambda ax: plotting.plot_profile(profiles, ax), LANE_INCHES * len(profiles), len(formed)),
        "energy": figure(lambda ax: plotting.plot_reaction_energy(profiles, ax), 4.4),
        "strain": figure(lambda ax: plotting.plot_reaction_strain(profiles, ax), 4.4),
    }
    for doc in one.maps:
        drawn["map"] = map_figure(doc)
    for number, spread in enumerate(one.uncertainties):
        drawn |= {f"{kind} {number}": made for kind, made in uncertainty_figures(spread).items()}
    return saved({figure_name(name, one.formula): made for name, made in drawn.items()}, folder)


def figure_name(name: str, formula: str) -> str:
    """Name of an electrolyte's figure: kind, formula, and the number where there are several."""
    kind, *number = name.split(" ")
    return " ".join([kind, formula, *number])


def map_figure(doc: PredominanceDoc) -> Figure:
    """The voltage-K_eff map on a figure of its own."""
    return figure(lambda ax: plotting.plot_predominance(doc, ax), 5.2, len(doc.regions))


def uncertainty_figures(doc: UncertaintyDoc) -> dict[str, Figure]:
    """Bands of the boundaries and probabilities of the products; bands need two K_eff."""
    voltage = doc.thresholds[0].voltage
    drawn = {"probabilities": figure(lambda ax: interface_plotting.plot_product_probabilities(doc, voltage, ax), 4.4)}
    if len({band.k_eff for band in doc.boundaries}) > 1:
        shown = {(*b.below, "|", *b.above) for b in doc.boundaries if b.probability >= interface_plotting.LIKELY}
        drawn["bands"] = figure(lambda ax: interface_plotting.plot_boundary_bands(doc, ax), 5.2, len(shown))
    return drawn


def interface_chapter(
    page: Page, pair: tuple[str, str], scans: Sequence[InterfaceReactionDoc], folder: Path
) -> Figures:
    """Reactions between two electrolytes: the curve at the lowest and highest K_eff, and all kinks."""
    page.heading(f"Interface {' | '.join(pair)}")
    ends = {min(doc.k_eff for doc in scans), max(doc.k_eff for doc in scans)}
    shown = [doc for doc in scans if doc.k_eff in ends]
    picture = figure(lambda ax: interface_plotting.plot_interface(shown, ax), 6.4)
    figures = saved({f"interface {' '.join(pair)}": picture}, folder)
    page.paragraph(diagram_tables.mixing_statement(scans))
    page.figure(
        next(iter(figures.values())),
        f"Reaction energy of the mixture against the share x of its atoms in {pair[0]}, linear functional.",
    )
    page.drawing(interface_svg(shown), "The same; point at a kink for its reaction.")
    page.table(
        "Kinks: the pure electrolytes, and mixing reactions of fixed stoichiometry",
        diagram_tables.INTERFACE_COLUMNS, diagram_tables.interface_rows(scans),
    )  # fmt: skip
    return figures


def left_out_chapter(page: Page, phases: Sequence[LeftOutPhase]) -> None:
    """Known phases that do not compete; every result holds without them."""
    if phases:
        page.heading("Phases left out")
        page.paragraph(
            "Known or reported phases that are not among the entries. Every result above holds without them."
        )
        page.table("Left out", diagram_tables.LEFT_OUT_COLUMNS, diagram_tables.left_out_rows(phases))


def map_section(page: Page, doc: PredominanceDoc) -> None:
    """The interactive voltage-K_eff map with its legend."""
    borders = "borders traced to 1e-6 V" if doc.functional == "inclusion" else "exact borders"
    survives = any({product.formula for product in region.products} == {doc.formula} for region in doc.regions)
    page.drawing(
        predominance_svg(doc) + predominance_legend(doc),
        f"Products of {doc.formula} against voltage and K_eff ({doc.functional} functional, {borders}). Point at a "
        f"region for its reaction; numbers are those of the list.{' White: the electrolyte itself.' * survives}",
    )


def uncertainty_section(page: Page, found: Sequence[UncertaintyDoc]) -> None:
    """K* with its spread, source by source, and the products' probabilities; what the spread does not contain."""
    if not found:
        return
    page.table(
        "K_eff (GPa) at which the products first change, with sampling errors", diagram_tables.THRESHOLD_COLUMNS,
        diagram_tables.threshold_rows(found),
    )  # fmt: skip
    page.table(
        "The same with the volumes of one source", diagram_tables.SOURCE_COLUMNS, diagram_tables.source_rows(found)
    )
    page.table(
        "Products and their probability", diagram_tables.PROBABILITY_COLUMNS, diagram_tables.probability_rows(found)
    )
    page.paragraph(uncertainty_statement(found[0]), "note")


def uncertainty_statement(doc: UncertaintyDoc) -> str:
    """What was sampled, and what not."""
    error = doc.energy_error
    return (
        f"{doc.samples} exact diagrams with volumes drawn from their sources and energies with "
        f"{1000 * error.standard_deviation:g} meV/atom ({error.source}). Not covered: "
        f"{'; '.join(doc.not_covered)}."
    )


def figure(draw: Callable[[Axes], object], height: float, lines: int = 0) -> Figure:
    """One plot on a figure of its own, at least ``height`` inches high, with room for the lines of its legend."""
    made = Figure(figsize=(10.0, max(height, 1.2 + LEGEND_LINE * lines)), layout="constrained")
    draw(made.subplots())
    return made


def saved(figures: dict[str, Figure], folder: Path) -> Figures:
    """Write figures to ``folder/figures``; name -> PNG file."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    files = {name: folder / "figures" / f"{name.replace(' ', '-')}.png" for name in figures}
    for name, made in figures.items():
        made.savefig(files[name], dpi=FIGURE_DOTS_PER_INCH, bbox_inches="tight")
    return files
