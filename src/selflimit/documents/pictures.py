"""Which function draws which kind of document. Documents know the stages by name only: they are loaded when asked."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from selflimit.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURES = {
    "GrowthDoc": "selflimit.mesoscale.pictures.overviews:plot_growth_overview",
    "InterfaceReactionDoc": "selflimit.phase_diagrams.pictures.default_pictures:draw_interface_reactions",
    "LayerScreenDoc": "selflimit.phase_diagrams.pictures.default_pictures:draw_screen",
    "PredominanceDoc": "selflimit.phase_diagrams.pictures.default_pictures:draw_predominance",
    "StabilityDoc": "selflimit.phase_diagrams.pictures.default_pictures:draw_stability",
    "StressDoc": "selflimit.mesoscale.pictures.overviews:plot_stress_overview",
    "UncertaintyDoc": "selflimit.phase_diagrams.pictures.default_pictures:draw_uncertainty",
}
"""Kind of document -> 'module:function' that draws it, called with document, folder of its fields, and axes."""


def picture_of(document: object, folder: Path, ax: "Axes | None") -> "Figure":
    """Draw a document in the way that suits its kind.

    Parameters
    ----------
    document
        A document of a kind in ``PICTURES``.
    folder
        Folder of its field files, where it has any.
    ax
        Axes to draw on; None: a figure of its own.

    Raises
    ------
    InputError
        Its kind has no picture.
    MissingDependencyError
        The plotting library is not installed.
    """
    kind = type(document).__name__
    if kind not in PICTURES:
        raise InputError(f"expected a document with a picture ({', '.join(PICTURES)}), got {kind}; print it instead")
    figure: Figure = load_drawing(PICTURES[kind])(document, folder, ax).figure.canvas.figure  # also in a part of one
    return figure


def load_drawing(reference: str) -> Callable[..., "Axes"]:
    """The function 'module:function' that draws something, imported now.

    Raises
    ------
    MissingDependencyError
        The plotting library is not installed.
    """
    module, _, function = reference.partition(":")
    try:
        draw: Callable[..., Axes] = getattr(import_module(module), function)
    except ModuleNotFoundError as cause:
        if cause.name is None or cause.name.split(".")[0] not in ("matplotlib", "PIL"):
            raise
        raise MissingDependencyError(f"{cause.name} is not installed; pip install 'selflimit[plots]'") from cause
    return draw
