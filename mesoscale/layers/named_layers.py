"""The layers that have a name: what a run, a preset or a job asks for."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from selflimit.errors import InputError
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.suggestions import did_you_mean
from selflimit.units import MICROMETRE

ELECTROLYTE_HEIGHT = 24.0 * MICROMETRE
"""Thickness of the electrolyte above a layer 'on electrolyte' (m)."""

NARROW = 0.12
"""Width of a narrow channel as a fraction of the domain's: two coarse particles that nearly touch."""
LARGE_RADIUS = 60.0 * MICROMETRE
"""Radius of coarse particles that are as large as the paper's, hundreds of micrometres across (m)."""


def _on_electrolyte(coarse_fraction: float) -> Callable[[Grid, int], Microstructure]:
    def build(grid: Grid, seed: int) -> Microstructure:
        return Microstructure.layered(
            grid, seed, coarse_fraction=coarse_fraction, electrolyte_height=ELECTROLYTE_HEIGHT
        )

    return build


def _large_graded(grid: Grid, seed: int) -> Microstructure:
    return Microstructure.graded(
        grid, seed, coarse_fraction=0.35, radius=LARGE_RADIUS, gap=15.0 * MICROMETRE, clearance=15.0 * MICROMETRE
    )


LAYERS: Mapping[str, Callable[[Grid, int], Microstructure]] = MappingProxyType(
    {
        "fine": Microstructure.fine,
        "graded": Microstructure.graded,
        "fine on electrolyte": _on_electrolyte(0.0),
        "graded on electrolyte": _on_electrolyte(0.4),
        "channel": Microstructure.interface,
        "narrow channel": partial(Microstructure.interface, channel=NARROW),
        "large graded": _large_graded,
    }
)
"""Name -> what builds the layer on a grid, with the seed of packing, needles and noise. 'channel': below the
electrolyte two coarse particles that leave one channel of fine ones; 'large graded': coarse particles of 120 um."""


def build_layer(name: str, parameters: InterfaceParameters, cells: tuple[int, ...], seed: int) -> Microstructure:
    """The layer of that name on the coarsest grid that resolves the front: spacing equal to the interface width.

    Parameters
    ----------
    name
        A key of ``LAYERS``.
    parameters
        Fix the interface width (m).
    cells
        Cells along each axis.
    seed
        Seed of packing, needles and noise.

    Raises
    ------
    InputError
        Unknown layer, or particles that do not fit onto the grid.
    """
    if name not in LAYERS:
        raise InputError(f"expected a layer ({', '.join(LAYERS)}), got {name!r}{did_you_mean(name, LAYERS)}")
    return LAYERS[name](Grid(cells, parameters.interface_width), seed)
