"""The picture that ``plot()`` of a growth or a static stress makes, on given axes or on a figure of its own.

Every function takes the document, the folder of its field file and the axes; it returns the axes, or the first ones.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selflimit.documents import GrowthDoc, StressDoc
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.pictures.plotting import plot_growth, plot_interface_stress, plot_morphology, plot_sweep
from selflimit.mesoscale.pictures.sections import middle_section

PANELS = 4
"""Times at which a growth is shown."""


def draw_growth(doc: GrowthDoc, folder: Path, ax: Axes | None) -> Axes:
    """Draw lithium and compression at four times, in three dimensions on the middle section; on axes the lithium's end.

    Raises
    ------
    InputError
        The field file is not in ``folder``, or it is not the one of the document.
    """
    section, fields = middle_section(doc, load_fields(folder, doc.fields))
    last = len(doc.times) - 1
    if ax is not None:
        return plot_morphology(section, fields, last, ax)
    figure = Figure(figsize=(10.0, 5.5), layout="constrained")
    outputs = sorted({round(last * (i + 1) / PANELS) for i in range(PANELS)})
    return plot_growth([(section, fields)], outputs, figure)[0]


def draw_stress(doc: StressDoc, folder: Path, ax: Axes | None) -> Axes:
    """Draw phases, compression without and with the reaction, and the sweep of the retained fraction; on axes the last.

    Raises
    ------
    InputError
        The field file is not in ``folder``, or it is not the one of the document.
    """
    if ax is not None:
        return plot_sweep(doc, ax)
    figure = Figure(figsize=(10.0, 5.0), layout="constrained")
    return plot_interface_stress(doc, load_fields(folder, doc.fields), figure)[0]
