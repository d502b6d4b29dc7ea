"""The picture that ``plot()`` of a document of this stage makes, on given axes or on a figure of its own.

Every function takes the document, the folder of its fields (these kinds have none) and the axes; it returns the axes.
"""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from selflimit.documents import InterfaceReactionDoc, LayerScreenDoc, PredominanceDoc, StabilityDoc, UncertaintyDoc
from selflimit.phase_diagrams.pictures.layers import plot_layers
from selflimit.phase_diagrams.pictures.profiles import plot_predominance, plot_profile
from selflimit.phase_diagrams.pictures.uncertainty_and_interfaces import (
    plot_boundary_bands,
    plot_interface,
    plot_product_probabilities,
)


def draw_profiles(docs: Sequence[StabilityDoc], ax: Axes | None) -> Axes:
    """Draw the decomposition products against voltage, one lane for each K_eff."""
    return plot_profile(docs, _axes(ax, 2.0 + 0.9 * len(docs)))


def draw_screen(doc: LayerScreenDoc, _folder: Path, ax: Axes | None) -> Axes:
    """Draw what layers release against metal and electrolyte.

    Parameters
    ----------
    doc
        The screen.
    _folder
        Not needed: the document holds all that is drawn.
    ax
        Axes to draw on; None: those of a new figure.
    """
    return plot_layers(doc, _axes(ax, 1.6 + 0.5 * len(doc.layers)))


def draw_stability(doc: StabilityDoc, _folder: Path, ax: Axes | None) -> Axes:
    """Draw the decomposition products against voltage as one lane.

    Parameters
    ----------
    doc
        The profile.
    _folder
        Not needed: the document holds all that is drawn.
    ax
        Axes to draw on; None: those of a new figure.
    """
    return plot_profile([doc], _axes(ax, 3.0))


def draw_predominance(doc: PredominanceDoc, _folder: Path, ax: Axes | None) -> Axes:
    """Draw the voltage-K_eff map.

    Parameters
    ----------
    doc
        The map.
    _folder, ax
        As :func:`draw_stability`.
    """
    return plot_predominance(doc, _axes(ax, 5.2))


def draw_uncertainty(doc: UncertaintyDoc, _folder: Path, ax: Axes | None) -> Axes:
    """Draw the bands of the boundaries; where one K_eff was sampled only, the probabilities of the products.

    Parameters
    ----------
    doc
        The sampled uncertainty.
    _folder, ax
        As :func:`draw_stability`.
    """
    if len({band.k_eff for band in doc.boundaries}) > 1:
        return plot_boundary_bands(doc, _axes(ax, 5.2))
    return plot_product_probabilities(doc, doc.products[0].voltage, _axes(ax, 4.4))


def draw_interface_reactions(doc: InterfaceReactionDoc, _folder: Path, ax: Axes | None) -> Axes:
    """Draw the reaction energy of the mixture against its mixing ratio.

    Parameters
    ----------
    doc
        One scan between two electrolytes.
    _folder, ax
        As :func:`draw_stability`.
    """
    return plot_interface([doc], _axes(ax, 5.2))


def _axes(given: Axes | None, height: float) -> Axes:
    """The axes given, or those of a figure of their own, ``height`` inches high."""
    made: Axes = given or Figure(figsize=(10.0, height), layout="constrained").subplots()
    return made
