"""What a run's report and the page of a diagram both show of it: profiles, the map, and the uncertainty."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes

from selflimit.documents import PredominanceDoc, StabilityDoc, UncertaintyDoc
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.pictures import profiles as plotting
from selflimit.phase_diagrams.pictures.interactive_curves import (
    draw_reaction_energy_svg,
    draw_reaction_strain_svg,
    draw_staircase_svg,
)
from selflimit.phase_diagrams.pictures.interactive_map import draw_predominance_svg, write_predominance_legend
from selflimit.report import diagram_tables
from selflimit.report.html_page import Page

PROFILE_PLOTS: Mapping[str, Callable[[Sequence[StabilityDoc], Axes], object]] = {
    "stability": plotting.plot_profile,
    "strain": plotting.plot_reaction_strain,
    "energy": plotting.plot_reaction_energy,
}
"""Kind of figure of the profiles -> what draws it."""
PROFILE_DRAWINGS = {
    "stability": (draw_staircase_svg, "The same; point at a step for its reaction, energies and strain."),
    "energy": (draw_reaction_energy_svg, "The same; point at a piece for its reaction."),
    "strain": (draw_reaction_strain_svg, "The same; point at a piece for its reaction."),
}
"""Kind of figure -> what draws it to be pointed at, and the caption."""


def add_profiles(page: Page, kind: str, profiles: Sequence[StabilityDoc], png: Path, caption: str) -> None:
    """Add one picture of the profiles, and the same to be pointed at.

    Parameters
    ----------
    page
        The page it goes to.
    kind
        'stability', 'energy' or 'strain'.
    profiles
        One per K_eff.
    png
        The picture.
    caption
        Text below the picture.
    """
    draw, said = PROFILE_DRAWINGS[kind]
    page.figure(png, caption)
    page.drawing(draw(profiles), said)


def add_map(page: Page, doc: PredominanceDoc) -> None:
    """Add the interactive voltage-K_eff map with its legend."""
    borders = "exact borders" if find_functional(doc.functional).has_straight_borders else "borders traced to 1e-6 V"
    survives = any({product.formula for product in region.products} == {doc.formula} for region in doc.regions)
    page.drawing(
        draw_predominance_svg(doc) + write_predominance_legend(doc),
        f"Products of {doc.formula} against voltage and K_eff ({doc.functional} functional, {borders}). Point at a "
        f"region for its reaction; numbers are those of the list.{' White: the electrolyte itself.' * survives}",
    )


def add_uncertainty(page: Page, found: Sequence[UncertaintyDoc]) -> None:
    """Add K* with its spread, source by source, and the products' probabilities; what the spread does not contain."""
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
    doc, error = found[0], found[0].energy_error
    page.paragraph(
        f"{doc.samples} exact diagrams with volumes drawn from their sources and energies with "
        f"{1000 * error.standard_deviation:g} meV/atom ({error.source}). Not covered: {'; '.join(doc.not_covered)}.",
        "note",
    )


def add_shifts(page: Page, rigid: Sequence[StabilityDoc], compressible: Sequence[StabilityDoc]) -> None:
    """Add how far each limit moves where the phases are compressible; nothing under the linear functional.

    Parameters
    ----------
    page
        The page, which is added to.
    rigid, compressible
        Profiles of one electrolyte at the same K_eff (GPa), with rigid and with compressible phases.
    """
    if find_functional(rigid[0].functional).has_pressure:
        rows = diagram_tables.shift_rows(rigid, compressible)
        page.table("Limits with rigid and with compressible phases", diagram_tables.SHIFT_COLUMNS, rows)
        page.paragraph(diagram_tables.shift_statement(rigid, compressible))
