"""Figures of the mesoscale stage: morphology and hydrostatic pressure. Lengths in micrometres, pressures in MPa."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from scipy.ndimage import distance_transform_edt

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc, StressDoc
from selflimit.errors import InputError
from selflimit.units import MICROMETRE, MPA

GrowthFields = dict[str, FloatArray]

PRESSURE_MAP = "cividis"
"""Colour map of the compression: its lightness rises evenly, for grey print and colour-blind readers."""
CONCENTRATION_MAP = "viridis"
"""Colour map of the concentration, chosen likewise and not to be taken for the compression."""
COMPRESSION = "hydrostatic compression −P (MPa)"
ROWS = ("lithium", "pressure:\nelectrolyte, coarse", "pressure:\nelectrolyte, fine")
LITHIUM = "0.15"
"""Grey of lithium."""


def plot_morphology(doc: GrowthDoc, fields: GrowthFields, output: int, ax: Axes) -> Axes:
    """Draw lithium (dark), coarse particles (grey discs) and electrolyte (light grey).

    Parameters
    ----------
    doc, fields
        The growth and its arrays by name.
    output
        Number of the output.
    ax
        Axes to draw on, in micrometres.
    """
    _picture(doc, 1.0 - 0.25 * fields["coarse"] - 0.1 * fields["electrolyte"], ax, "gray", 0.0, 1.0)
    x, y = _nodes(doc)
    ax.contourf(x, y, fields["xi"][output].T, levels=[0.5, np.inf], colors=[LITHIUM])
    _outline_phases(doc, fields, ax)
    return _frame(ax, f"{doc.times[output]:.0f} s")


def plot_pressure(doc: GrowthDoc, fields: GrowthFields, output: int, ax: Axes, limit: float) -> AxesImage:
    """Draw the compression -P (MPa) with the outline of the lithium.

    Parameters
    ----------
    doc, fields, output, ax
        As :func:`plot_morphology`.
    limit
        Upper end of the colour scale (MPa), which begins at 0.
    """
    return _under_the_front(doc, fields, output, ax, -fields["pressure"][output] / MPA, PRESSURE_MAP, limit)


def plot_concentration(doc: GrowthDoc, fields: GrowthFields, output: int, ax: Axes, limit: float) -> AxesImage:
    """Draw the concentration c/c0 with the outline of the lithium.

    Parameters
    ----------
    doc, fields, output, ax
        As :func:`plot_morphology`.
    limit
        Upper end of the colour scale, which begins at 0.
    """
    return _under_the_front(doc, fields, output, ax, fields["c"][output], CONCENTRATION_MAP, limit)


def _under_the_front(
    doc: GrowthDoc, fields: GrowthFields, output: int, ax: Axes, values: FloatArray, cmap: str, limit: float
) -> AxesImage:
    image = _picture(doc, values, ax, cmap, 0.0, limit)
    x, y = _nodes(doc)
    ax.contour(x, y, fields["xi"][output].T, levels=[0.5], colors="white", linewidths=0.6, alpha=0.7)
    _outline_phases(doc, fields, ax)
    _frame(ax, f"{doc.times[output]:.0f} s")
    return image


def plot_growth(runs: Sequence[tuple[GrowthDoc, GrowthFields]], outputs: Sequence[int], figure: Figure) -> list[Axes]:
    """Morphology and compression of each run at the chosen outputs, one colour scale for all.

    Parameters
    ----------
    runs
        Document and fields of each microstructure, e.g. fine and graded: two rows each.
    outputs
        Numbers of the output times: the columns.
    figure
        Empty figure to draw on.

    Returns
    -------
    The panels, row by row.
    """
    limit = pressure_limit([fields["pressure"][list(outputs)] for _, fields in runs])
    grid = figure.subplots(2 * len(runs), len(outputs), squeeze=False, sharex=True, sharey=True)
    for row, (doc, fields) in enumerate(runs):
        for column, output in enumerate(outputs):
            plot_morphology(doc, fields, output, grid[2 * row, column])
            image = plot_pressure(doc, fields, output, grid[2 * row + 1, column], limit)
        grid[2 * row, 0].set_ylabel(f"{doc.microstructure.split(',')[0]}\nlithium")
        grid[2 * row + 1, 0].set_ylabel(f"{doc.microstructure.split(',')[0]}\npressure")
        draw_scale_bar(doc, grid[2 * row, 0])
    bar = figure.colorbar(image, ax=list(grid.ravel()), shrink=0.6, extend="both", label=COMPRESSION)
    bar.locator = MaxNLocator(6)
    bar.update_ticks()
    return list(grid.ravel())


def plot_multiphase(doc: GrowthDoc, fields: GrowthFields, outputs: Sequence[int], figure: Figure) -> list[Axes]:
    """Growth below a second electrolyte: lithium, compression at electrolyte and coarse, at electrolyte and fine.

    Counterpart of the published Fig. 8A-C. One colour scale; what a row does not speak of is left white.

    Parameters
    ----------
    doc, fields
        A growth in a structure with an electrolyte.
    outputs
        Numbers of the output times: the columns.
    figure
        Empty figure to draw on.

    Returns
    -------
    The panels, row by row.

    Raises
    ------
    InputError
        If the structure has no electrolyte.
    """
    if fields["electrolyte"].max() < 0.5:
        raise InputError(f"expected a growth below an electrolyte, got {doc.microstructure}; use plot_growth")
    limit = pressure_limit([fields["pressure"][list(outputs)]])
    panels = figure.subplots(3, len(outputs), squeeze=False, sharex=True, sharey=True)
    hidden = {1: fields["coarse"] + fields["electrolyte"] < 0.5, 2: fields["coarse"] >= 0.5}
    for column, output in enumerate(outputs):
        plot_morphology(doc, fields, output, panels[0, column])
        for row, cells in hidden.items():
            image = plot_pressure(doc, fields, output, panels[row, column], limit)
            _picture(doc, np.where(cells, 1.0, np.nan), panels[row, column], "gray", 0.0, 1.0)
            panels[row, column].set_title("")
    for ax, label in zip(panels[:, 0], ROWS, strict=True):
        ax.set_ylabel(label)
    draw_scale_bar(doc, panels[0, 0])
    figure.colorbar(image, ax=list(panels.ravel()), shrink=0.6, extend="both", label=COMPRESSION)
    return list(panels.ravel())


def plot_front(runs: Sequence[GrowthDoc], ax: Axes) -> Axes:
    """Height of the tip (µm) against time (s), one line per microstructure."""
    for doc, style in zip(runs, ("-o", "--s", "-.^", ":d"), strict=False):
        ax.plot(
            doc.times,
            np.array(doc.tip_height) / MICROMETRE,
            style,
            label=doc.microstructure.split(":")[0],
            markersize=4,
        )
    ax.set_xlabel("time (s)")
    ax.set_ylabel("height of the lithium tip (µm)")
    ax.legend(frameon=False)
    return ax


def plot_cell(doc: GrowthDoc, figure: Figure) -> list[Axes]:
    """Current density (mA/cm^2) and overpotential (mV) against the time (s), one above the other."""
    panels = figure.subplots(2, 1, sharex=True)
    series = (doc.cell.current_density, [1e3 * eta for eta in doc.cell.overpotential])
    for ax, values, label in zip(panels, series, ("current density (mA/cm²)", "overpotential (mV)"), strict=True):
        ax.plot(doc.cell.times, values, color="0.15", linewidth=1.2)
        ax.axhline(0.0, color="0.6", linewidth=0.6)
        ax.set_ylabel(label)
    panels[1].set_xlabel("time (s)")
    return list(panels)


def plot_interface_stress(doc: StressDoc, fields: GrowthFields, figure: Figure) -> list[Axes]:
    """Phases, compression without and with the reaction strain (one scale), and the sweep of the retained fraction.

    Parameters
    ----------
    doc
        Static stress.
    fields
        Its fields.
    figure
        Empty figure to draw on.

    Returns
    -------
    The four panels.
    """
    panels = figure.subplots(1, 4, gridspec_kw={"width_ratios": [1, 1, 1, 1.1]})
    _plot_phases(doc, fields, panels[0])
    limit = pressure_limit([fields["pressure_without_reaction"], fields["pressure"]])
    for ax, name, title in zip(
        panels[1:3], ("pressure_without_reaction", "pressure"), ("lithium only", "with reaction products"), strict=True
    ):
        image = plot_static_pressure(doc, fields, name, ax, limit)
        ax.set_title(title, fontsize="medium")
    figure.colorbar(image, ax=list(panels[1:3]), shrink=0.7, extend="both", label=COMPRESSION)
    plot_sweep(doc, panels[3])
    return list(panels)


def plot_static_pressure(doc: StressDoc, fields: GrowthFields, name: str, ax: Axes, limit: float) -> AxesImage:
    """Draw the compression -P (MPa) of one field with the outlines of phases and zone.

    Parameters
    ----------
    doc, fields
        The static stress and its arrays by name.
    name
        Name of the pressure field.
    ax, limit
        As :func:`plot_pressure`.
    """
    image = _picture(doc, -fields[name] / MPA, ax, PRESSURE_MAP, 0.0, limit)
    _outline_zone(doc, fields, ax)
    _frame(ax, "")
    return image


def plot_sweep(doc: StressDoc, ax: Axes) -> Axes:
    """Compression at the tip (MPa) against the retained fraction of the reaction strain; square: applied."""
    points = sorted((float(r), tip) for r, tip in doc.retained_fraction_sweep.items() if float(r) > 0)
    ax.loglog(*zip(*points, strict=True), "-o", color="0.2", markersize=4)
    applied = min(points, key=lambda point: abs(point[1] - doc.tip_compression))
    ax.plot(*applied, "s", color="#d55e00", markersize=8, label=f"applied: {applied[1]:.0f} MPa at {applied[0]:.3g}")
    ax.axhline(doc.tip_compression_without_reaction, color="0.5", linestyle="--", linewidth=1, label="no reaction")
    ax.set_xlabel("retained fraction of the reaction strain")
    ax.set_ylabel("compression at the tip (MPa)")
    ax.legend(frameon=False, fontsize="small")
    ax.set_box_aspect(1.3)
    return ax


def pressure_limit(pressures: Sequence[FloatArray]) -> float:
    """Upper end (MPa, two digits) of one colour scale for several pressure fields (Pa): 99.8th percentile of -P."""
    top = max(float(np.percentile(-pressure, 99.8)) for pressure in pressures) / MPA
    digits = 10.0 ** np.floor(np.log10(max(top, 1e-6)))
    return float(np.ceil(2.0 * top / digits) * digits / 2.0)


def _plot_phases(doc: StressDoc, fields: GrowthFields, ax: Axes) -> None:
    grey = 1.0 - 0.1 * fields["electrolyte"] - 0.25 * fields["coarse"] - 0.85 * fields["lithium"] - 0.5 * fields["zone"]
    _picture(doc, grey, ax, "gray", 0.0, 1.0)
    _outline_zone(doc, fields, ax)
    width, height = _extent(doc)[1::2]
    x, y = label_spot(doc, fields["zone"])
    # the zone is too small for its name, which stands beside and above it, clear of the electrolyte's edge on which the
    # zone lies; the other names leave the place between, or the line to the zone would cross them
    beside, above = (0.8 if x < 0.6 * width else 0.2) * width, min(y + 0.15 * height, 0.92 * height)
    across, up = np.meshgrid(*_centres(doc), indexing="ij")
    taken = ((across - x) * (beside - x) > 0) & (up > y - 0.12 * height) & (up < above + 0.12 * height)
    for name, label, colour in (
        ("electrolyte", "electrolyte", "black"),
        ("coarse", "coarse", "black"),
        ("lithium", "Li", "white"),
    ):
        ax.text(*label_spot(doc, np.where(taken, 0.0, fields[name])), label, color=colour, ha="center", va="center")
    ax.annotate(
        "reaction\nzone",
        xy=(x, y),
        xytext=(beside, above),
        ha="center",
        va="center",
        arrowprops={"arrowstyle": "-", "color": "0.2"},
    )
    _frame(ax, "phases")
    draw_scale_bar(doc, ax, "white", 0.07)


def label_spot(doc: GrowthDoc | StressDoc, fraction: FloatArray) -> tuple[float, float]:
    """Where a label stands deepest in a phase, in micrometres; the middle of the places that are about as deep."""
    depth = distance_transform_edt(np.pad(fraction > 0.5, 1))[1:-1, 1:-1]
    deepest = np.argwhere(depth >= 0.9 * depth.max())
    x, y = (deepest[len(deepest) // 2] + 0.5) * doc.spacing / MICROMETRE
    return float(x), float(y)


def _outline_zone(doc: StressDoc, fields: GrowthFields, ax: Axes) -> None:
    """Outline lithium, zone, coarse particles and electrolyte, black on white so that it shows on any shade."""
    x, y = _centres(doc)
    for name, style in (("lithium", "-"), ("zone", "--"), ("coarse", ":"), ("electrolyte", ":")):
        ax.contour(x, y, fields[name].T, levels=[0.5], colors="white", linewidths=1.6, linestyles=style)
        ax.contour(x, y, fields[name].T, levels=[0.5], colors="black", linewidths=0.7, linestyles=style)


def _outline_phases(doc: GrowthDoc, fields: GrowthFields, ax: Axes) -> None:
    x, y = _centres(doc)
    for name in ("coarse", "electrolyte"):
        if fields[name].max() > 0.5:
            ax.contour(x, y, fields[name].T, levels=[0.5], colors="0.55", linewidths=0.8, linestyles="--")


def _picture(doc: GrowthDoc | StressDoc, cells: FloatArray, ax: Axes, cmap: str, low: float, high: float) -> AxesImage:
    """Cell field with the shades ``cmap`` between ``low`` and ``high``, y upwards, lengths in micrometres."""
    return ax.imshow(
        cells.T,
        origin="lower",
        extent=_extent(doc),
        cmap=cmap,
        vmin=low,
        vmax=high,
        interpolation="nearest" if cmap == "gray" else "bilinear",
    )


def _extent(doc: GrowthDoc | StressDoc) -> tuple[float, float, float, float]:
    return 0.0, doc.grid_shape[0] * doc.spacing / MICROMETRE, 0.0, doc.grid_shape[1] * doc.spacing / MICROMETRE


def _nodes(doc: GrowthDoc | StressDoc) -> tuple[FloatArray, FloatArray]:
    x, y = (np.arange(n + 1) * doc.spacing / MICROMETRE for n in doc.grid_shape)
    return np.asarray(x), np.asarray(y)


def _centres(doc: GrowthDoc | StressDoc) -> tuple[FloatArray, FloatArray]:
    x, y = ((np.arange(n) + 0.5) * doc.spacing / MICROMETRE for n in doc.grid_shape)
    return np.asarray(x), np.asarray(y)


def _frame(ax: Axes, title: str) -> Axes:
    ax.set_title(title, fontsize="medium")
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def draw_scale_bar(doc: GrowthDoc | StressDoc, ax: Axes, colour: str = "black", level: float = 0.94) -> None:
    """Draw a bar of a round length, about a quarter of the width, with its length in micrometres.

    Parameters
    ----------
    doc
        Says how large the picture is.
    ax
        Axes in micrometres.
    colour
        Of bar and text; white gets a black rim.
    level
        Height of the bar as a share of the picture's.
    """
    width, height = (n * doc.spacing / MICROMETRE for n in doc.grid_shape)
    length = bar_length(width)
    x, y = 0.95 * width - length, level * height
    rim = [withStroke(linewidth=4.0, foreground="black")] if colour == "white" else []  # seen on any shade
    ax.plot([x, x + length], [y, y], color=colour, linewidth=2.5, solid_capstyle="butt", path_effects=rim)
    middle, below, said = x + 0.5 * length, y - 0.02 * height, f"{length} µm"
    ax.text(middle, below, said, color=colour, ha="center", va="top", fontsize="small", path_effects=rim)


def bar_length(width: float) -> int:
    """A round length (µm), about a quarter of ``width`` (µm).

    >>> bar_length(64.0), bar_length(3.0)
    (20, 1)
    """
    return max((step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if step <= 0.35 * width), default=1)
