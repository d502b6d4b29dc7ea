"""The report's chapter on self-limitation: the closed loop, errors in MPa, and the verdict on the layers."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from selflimit.documents.self_limitation import ClosedLoopDoc, DesignPointDoc, PressureSpreadDoc, VerdictDoc
from selflimit.report import tables
from selflimit.report.figures import FigureFiles, draw_figure
from selflimit.report.html_page import Page
from selflimit.report.pictures.loops import plot_loop
from selflimit.report.verdict_tables import (
    LOOP_COLUMNS,
    RETAINED_FRACTION_COLUMNS,
    layer_label,
    loop_rows,
    retained_fraction_rows,
    verdict_rows,
)

SPREAD_COLUMNS = ("products", "share of the samples", "median dV/V0", "median compression (MPa)")


def draw_loops(loops: Sequence[ClosedLoopDoc]) -> dict[str, Figure]:
    """Draw 'loop-N' for number N if its answer comes in branches, which is so with the linear functional."""
    return {
        f"loop-{number}": draw_figure(lambda ax, doc=loops[number]: plot_loop(doc, ax), 7.0, 4.4)  # type: ignore[misc]
        for number in branched(loops)
    }


def branched(loops: Sequence[ClosedLoopDoc]) -> list[int]:
    """Find the numbers of the loops that have branches."""
    return [number for number, doc in enumerate(loops) if doc.branches]


def add_self_limitation(
    page: Page,
    loops: Sequence[ClosedLoopDoc],
    spreads: Sequence[PressureSpreadDoc],
    verdicts: Sequence[DesignPointDoc],
    figures: FigureFiles,
) -> None:
    """Add everything that the option for the closed loop brings; nothing where it was not asked for.

    Parameters
    ----------
    page
        The page it goes to.
    loops, spreads, verdicts
        One loop per functional, compressions with errors, the layer beside the uniform fine one.
    figures
        Those that :func:`draw_loops` made.
    """
    add_loops(page, loops, figures)
    for spread in spreads:
        add_spread(page, spread)
    add_verdicts(page, verdicts)


def add_loops(page: Page, loops: Sequence[ClosedLoopDoc], figures: FigureFiles) -> None:
    """Add the fixed points of products and constriction, by each functional.

    Parameters
    ----------
    page
        The page, which is added to.
    loops
        Closed loops of one electrolyte, the linear functional first; empty: nothing is added.
    figures
        PNG file of each figure, by name.
    """
    if not loops:
        return
    page.paragraph(
        "Products decide how stiff the reaction zone is and how far it swells; zone and surroundings decide the "
        "effective modulus against which it swells; that modulus decides the products. A fixed point is where the "
        "three agree. The phase diagram sees r K_eff (linear) or r² K_eff (elastic). The retained fraction r is "
        "calibrated unless it was given, and every compression by the reaction is proportional to it."
    )
    for number in branched(loops):
        said = "Answer of the zone to the modulus that the phase diagram sees, by products; circle: fixed point."
        page.figure(figures[f"loop-{number}"], said)
    for loop in loops:
        page.table(f"Fixed points, {loop.functional} functional", LOOP_COLUMNS, loop_rows(loop))
        page.paragraph(loop.statement)
    page.table(
        "At other retained fractions, linear functional", RETAINED_FRACTION_COLUMNS, retained_fraction_rows(loops[0])
    )


def add_spread(page: Page, spread: PressureSpreadDoc) -> None:
    """Add the compression at the tip as a distribution."""
    page.table(
        "Compression of the reaction zone with errors of energies and volumes",
        ("by lithium alone (MPa)", "without errors (MPa)", "5 % (MPa)", "median (MPa)", "95 % (MPa)", "samples"),
        [
            (
                spread.lithium,
                spread.without_errors,
                *(f"{e.value:.3g} ± {e.standard_error:.1g}" for e in (spread.low, spread.median, spread.high)),
                spread.samples,
            )
        ],
    )
    rows: tables.TableRows = [[" + ".join(p.products), p.share, p.median_strain, p.median] for p in spread.products]
    page.table("The samples by their products", SPREAD_COLUMNS, rows)
    page.paragraph(f"Not in the spread: {'; '.join(spread.not_covered)}.", "note")


def add_verdicts(page: Page, verdicts: Sequence[DesignPointDoc]) -> None:
    """Add the layer beside the uniform fine one under the same conditions."""
    judged: list[tuple[str, VerdictDoc]] = [
        (layer_label(doc), doc.verdict) for doc in verdicts if doc.verdict is not None
    ]
    if judged:
        columns = ["", *(name for name, _ in judged)]
        page.table("Verdict", columns, verdict_rows([verdict for _, verdict in judged]))
        c = judged[0][1].criterion
        page.paragraph(
            f"Self-limiting: at most {c.largest_coverage:g} of the electrolyte's surface covered at the end, and a "
            f"stress overpotential of at least {c.least_stress_ratio:g} times the applied one. Neither threshold "
            "follows from the model; one packing is one sample. The correction factor C is calibrated, unless it was "
            "given, on lithium going round coarse particles; a graded layer that stays localised is no prediction.",
            "note",
        )
    for name, verdict in judged:
        page.paragraph(f"{name}: {verdict.reason}.")
    for doc in verdicts:
        if doc.failure:
            page.paragraph(f"{layer_label(doc)}: {doc.failure}", "note")
