"""The report's pictures and films of lithium growth."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.pictures import plotting
from selflimit.mesoscale.pictures.contacts import plot_contacts
from selflimit.mesoscale.pictures.frames import common_scales, draw_frames
from selflimit.mesoscale.pictures.movies import encode_webp
from selflimit.mesoscale.pictures.sections import middle_section
from selflimit.mesoscale.pictures.volumes import plot_volume
from selflimit.report.figures import FigureFiles, draw_figure
from selflimit.report.html_page import Page
from selflimit.report.interactive.fields import plot_fronts
from selflimit.units import MICROMETRE

MOST_FRAMES = 40
"""Frames of a film in the page: about 0.5 MB."""


def draw_growths(growths: Sequence[GrowthDoc], folder: Path) -> dict[str, Figure]:
    """Draw every figure of the growths by name; field files are looked for in ``folder``.

    'growth-N' shows number N, 'front' all of them, 'multiphase-N' number N if it ends at a second electrolyte,
    'contacts-N' if lithium flows or is cycled, 'volume-N' if it is in three dimensions.
    """
    runs = [middle_section(doc, load_fields(folder, doc.fields)) for doc in growths]
    layers = {f"growth-{number}": draw_layers([run]) for number, run in enumerate(runs)}
    figures = {**layers, "front": draw_figure(lambda ax: plotting.plot_front(growths, ax), 9.0, 4.0)}
    for number, (doc, fields) in enumerate(runs):
        if fields["electrolyte"].max() > 0.5:
            figures[f"multiphase-{number}"] = draw_multiphase(doc, fields)
    for number, doc in enumerate(growths):
        if doc.flow is not None or doc.half_cycles:
            figures[f"contacts-{number}"] = draw_contacts(doc)
        if len(doc.grid_shape) == 3:
            figures[f"volume-{number}"] = draw_volume(doc, load_fields(folder, doc.fields))
    return figures


def add_growths(page: Page, growths: Sequence[GrowthDoc], figures: FigureFiles, folder: Path) -> None:
    """Add figures and films of the growths, those that :func:`draw_growths` made.

    Parameters
    ----------
    page
        The page, which is added to.
    growths
        The growths, one after another in the order in which they were drawn.
    figures
        PNG file of each figure, by name.
    folder
        Where the fields of the growths are.
    """
    add_films(page, growths, figures, folder)
    page.plot(plot_fronts(growths), figures["front"], front_finding(growths))
    for number, doc in enumerate(growths):
        for kind, said in (
            (
                "multiphase",
                "lithium, pressure at electrolyte and coarse, at electrolyte and fine particles (Fig. 8A-C)",
            ),
            ("contacts", "contact, pressure, lithium and product against time; half-cycles shaded"),
            ("volume", "three dimensions at the end"),
        ):
            if f"{kind}-{number}" in figures:
                page.figure(figures[f"{kind}-{number}"], f"{doc.microstructure}: {said}.")


def film_finding(doc: GrowthDoc) -> str:
    """Say where the lithium is in the end, and how large the compression gets and when."""
    peak = max(doc.peak_compression)
    when = doc.times[doc.peak_compression.index(peak)]
    return (
        f"{doc.microstructure.split(':')[0]}: the tip is at {doc.tip_height[-1] / MICROMETRE:.3g} µm after "
        f"{doc.times[-1]:g} s, and the compression peaks at {peak:.3g} MPa at {when:.0f} s; lithium is dark."
    )


def front_finding(growths: Sequence[GrowthDoc]) -> str:
    """Say how far lithium gets in each layer."""
    far = [f"{d.tip_height[-1] / MICROMETRE:.3g} µm in the layer '{d.microstructure.split(',')[0]}'" for d in growths]
    return f"After {growths[0].times[-1]:g} s lithium is at {', '.join(far)}; one packing is one sample."


def add_films(page: Page, growths: Sequence[GrowthDoc], figures: FigureFiles, folder: Path) -> None:
    """Add a film of each growth with its time slider, all on one colour scale (counterparts of movies S1 to S7).

    Parameters
    ----------
    page
        The page, which is added to.
    growths
        One film each.
    figures
        Static pictures 'growth-N', which stand for the films on paper.
    folder
        Where their fields are.
    """
    runs = [middle_section(doc, load_fields(folder, doc.fields)) for doc in growths]
    scales = common_scales([fields for _, fields in runs])
    for number, (doc, fields) in enumerate(runs):
        last = len(doc.times) - 1
        outputs = sorted({round(i * last / (MOST_FRAMES - 1)) for i in range(MOST_FRAMES)})
        pictures = [encode_webp(picture) for picture in draw_frames(doc, fields, outputs, scales)]
        page.player(
            pictures,
            [f"{doc.times[output]:.0f} s" for output in outputs],
            film_finding(doc),
            figures[f"growth-{number}"],
        )


def draw_layers(runs: Sequence[tuple[GrowthDoc, dict[str, FloatArray]]]) -> Figure:
    """Draw morphology and pressure of every layer at four times, on one colour scale."""
    figure = Figure(figsize=(10.0, 5.5 * len(runs)), layout="constrained")
    plotting.plot_growth(runs, four_outputs(min(len(doc.times) for doc, _ in runs)), figure)
    return figure


def draw_multiphase(doc: GrowthDoc, fields: dict[str, FloatArray]) -> Figure:
    """Draw a growth below the second electrolyte at four times."""
    figure = Figure(figsize=(10.0, 9.0), layout="constrained")
    plotting.plot_multiphase(doc, fields, four_outputs(len(doc.times)), figure)
    return figure


def draw_contacts(doc: GrowthDoc) -> Figure:
    """Draw contact, pressure, lithium and product against time."""
    figure = Figure(figsize=(8.0, 7.0), layout="constrained")
    plot_contacts(doc, figure)
    return figure


def draw_volume(doc: GrowthDoc, fields: dict[str, FloatArray]) -> Figure:
    """Draw a growth in three dimensions at its end."""
    figure = Figure(figsize=(10.0, 8.0), layout="constrained")
    plot_volume(doc, fields, len(doc.times) - 1, figure)
    return figure


def four_outputs(count: int) -> list[int]:
    """Pick up to four outputs by their numbers, the last one and every n-th before it, so that they are evenly spaced.

    >>> four_outputs(9), four_outputs(8), four_outputs(2)
    ([2, 4, 6, 8], [1, 3, 5, 7], [0, 1])
    """
    # quarters of the time where these are outputs; of 7 intervals rounded quarters would be 2, 2, 1 and 2 apart.
    # The start is left out where enough else is there: nothing has grown
    spacing = max(1, min(round((count - 1) / 4), (count - 2) // 3))
    return list(range(count - 1, -1, -spacing))[:4][::-1]
