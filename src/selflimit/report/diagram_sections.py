"""What a run's report and the page of a diagram both show of it: the map, the curves, and the uncertainty."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from selflimit.documents import (
    DecompositionDoc,
    PredominanceDoc,
    PredominanceRegion,
    StabilityDoc,
    UncertaintyDoc,
    VoltageSegment,
    products_text,
)
from selflimit.phase_diagrams.functionals.registry import find_functional
from selflimit.phase_diagrams.pictures import profiles as pictures
from selflimit.phase_diagrams.pictures.palette import Styles, assemblages, lines_of, styles_of
from selflimit.phase_diagrams.pictures.shares import plot_product_shares, sampled_assemblages
from selflimit.report import diagram_tables
from selflimit.report.figures import draw_figure
from selflimit.report.html_page import Page
from selflimit.report.interactive.curves import plot_energies, plot_strains
from selflimit.report.interactive.diagrams import list_areas, plot_map, plot_shares

CURVES_INCHES, MAP_INCHES = 4.4, 5.2
"""Height of the curves against voltage, and of the map (inches)."""


def shared_styles(
    formula: str,
    profiles: Sequence[StabilityDoc],
    maps: Sequence[PredominanceDoc],
    found: Sequence[UncertaintyDoc],
) -> Styles:
    """Give each set of products of an electrolyte one colour and hatch, for all its figures.

    Parameters
    ----------
    formula
        The electrolyte, which stays white.
    profiles, maps, found
        Every document whose products are drawn.
    """
    parts: list[VoltageSegment | PredominanceRegion] = [part for doc in profiles for part in doc.segments]
    parts += [region for doc in maps for region in doc.regions]
    names = assemblages(parts)
    return styles_of([*names, *(name for name in sampled_assemblages(found) if name not in names)], formula)


def draw_diagrams(
    doc: PredominanceDoc | None,
    profiles: Sequence[StabilityDoc],
    found: Sequence[UncertaintyDoc],
    styles: Styles,
) -> dict[str, Figure]:
    """Draw 'energy', 'strain', 'map' where there is one, and 'shares' where products were sampled.

    Parameters
    ----------
    doc, profiles, found
        Map, profiles and sampled products of one electrolyte.
    styles
        Colour and hatch of each set of products.
    """
    drawn = {
        "energy": draw_figure(lambda ax: pictures.plot_reaction_energy(profiles, ax), 9.0, CURVES_INCHES),
        "strain": draw_figure(lambda ax: pictures.plot_reaction_strain(profiles, ax), 9.0, CURVES_INCHES),
    }
    if doc is not None:
        drawn["map"] = draw_figure(lambda ax: pictures.plot_predominance(doc, ax, styles), 10.0, MAP_INCHES)
    if found:
        drawn["shares"] = draw_figure(lambda ax: plot_product_shares(found, styles, ax), 9.0, CURVES_INCHES)
    return drawn


def add_product_map(
    page: Page, doc: PredominanceDoc, profiles: Sequence[StabilityDoc], styles: Styles, twin: Path
) -> None:
    """Add the voltage-K_eff map.

    Parameters
    ----------
    page
        The page, which is added to.
    doc, profiles
        The map, and the profiles whose K_eff are marked in it.
    styles
        Colour and hatch of each set of products.
    twin
        The static picture.
    """
    page.plot(plot_map(doc, styles, lines_of(profiles)), twin, map_finding(doc), list_areas(doc, styles))


def add_shares(page: Page, found: Sequence[UncertaintyDoc], styles: Styles, twin: Path) -> None:
    """Add the probability of the products.

    Parameters
    ----------
    page
        The page, which is added to.
    found
        Sampled uncertainties.
    styles, twin
        As :func:`add_product_map`.
    """
    page.plot(plot_shares(found, styles), twin, shares_finding(found[0]))


def add_curves(
    page: Page, profiles: Sequence[StabilityDoc], reactions: Sequence[DecompositionDoc], figures: Mapping[str, Path]
) -> None:
    """Add reaction energy and strain against voltage.

    Parameters
    ----------
    page
        The page, which is added to.
    profiles, reactions
        One of each for every K_eff.
    figures
        Static pictures 'energy' and 'strain'.
    """
    page.plot(plot_energies(profiles), figures["energy"], energy_finding(reactions))
    page.plot(plot_strains(profiles), figures["strain"], strain_finding(reactions))


def map_finding(doc: PredominanceDoc) -> str:
    """Say what forms at the lowest voltage, and from which K_eff on something else."""
    at = doc.voltage_range[0]
    edge = sorted(
        (min(k for v, k in region.vertices if v == at), region)
        for region in doc.regions
        if sum(v == at for v, _ in region.vertices) > 1
    ) if doc.regions else []  # fmt: skip
    if not edge:
        return f"Products of {doc.formula} against voltage and K_eff; point at an area for its reaction."
    names = [(low, products_text(region.products)) for low, region in edge]
    steps = [names[0][1], *(f"{name} from {low:.3g} GPa on" for low, name in names[1:])]
    return f"At {at:g} V {doc.formula} becomes {', '.join(steps)}; point at an area for its reaction."


def shares_finding(doc: UncertaintyDoc) -> str:
    """Say how sure the products are at the highest K_eff."""
    top = max(row.k_eff for row in doc.products)
    best = max((row for row in doc.products if row.k_eff == top), key=lambda row: row.probability)
    models = f" ({best.model_range[0]:.2f} to {best.model_range[1]:.2f} over error models)" if best.model_range else ""
    return (
        f"At {top:g} GPa {' + '.join(best.products)} has a probability of {best.probability:.2f}{models} by "
        f"{doc.level_of_theory.label}, over errors of {1000 * doc.energy_error.standard_deviation:.2g} meV/atom and of "
        "volumes."
    )


def energy_finding(reactions: Sequence[DecompositionDoc]) -> str:
    """Say how much energy constriction takes from the reaction."""
    first, last = reactions[0], reactions[-1]
    return (
        f"At {first.voltage:g} V the reaction releases {-first.reaction_energy:.2f} eV per formula unit at "
        f"{first.k_eff:g} GPa and {-last.reaction_energy:.2f} eV at {last.k_eff:g} GPa, mechanical work included."
    )


def strain_finding(reactions: Sequence[DecompositionDoc]) -> str:
    """Say how far the products swell."""
    first, last = reactions[0], reactions[-1]
    then = f", {100 * last.reaction_strain:+.1f} % at {last.k_eff:g} GPa" if last.reaction != first.reaction else ""
    return (
        f"At {first.voltage:g} V the products take {100 * first.reaction_strain:+.1f} % of the electrolyte's volume "
        f"more{then}; expelled ions count unless the rules say otherwise."
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
