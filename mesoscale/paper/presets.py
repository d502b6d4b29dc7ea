"""One simulation of the paper as a preset: geometry, materials, and what sets it apart from the others.

Geometries are ours: the paper's domains are not stated. The presets themselves:
:mod:`selflimit.mesoscale.paper.simulations`. Parameters and their sources:
:class:`selflimit.mesoscale.parameters.InterfaceParameters`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from selflimit.mesoscale.equations.sharp_limit import FormName
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.growth.start import Start
from selflimit.mesoscale.layers.initial_lithium import needles
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.layers.named_layers import LAYERS
from selflimit.units import MICROMETRE

DURATION = 2100.0
"""Model time of the paper's growth simulations (s): their last pictures."""

PresetStep = Literal["growth", "stress", "stress, published expansion"]

READING: Mapping[str, Any] = MappingProxyType(
    {
        "exchange_current": 2600.0,
        "capillarity": 1.0e-14,
        "electrolyte_conductivity": 0.05,
        "sources": {
            "exchange_current": "RT/(F i0) = 0.1 Ohm cm^2 at clean garnet, Krauskopf et al. 2019, "
            "doi:10.1021/acsami.9b02537; none measured for Li3N",
            "capillarity": "ten times i0 f gamma v_m/(F^2 c_s): what w = 0.5 um carries, the same at every w",
            "electrolyte_conductivity": "half of Li3N crystals (Alpen et al. 1977, Appl. Phys. Lett. 30, 621), as "
            "assumed for pressed powder; a layer's model time is inverse to it",
        },
    }
)
"""Parameters of the readings where they differ from the default: kinetics of a clean interface, so that a front is fed
by the field and branches, and one surface tension at every width."""


@dataclass(frozen=True)
class Preset:
    """One simulation of the paper.

    Attributes
    ----------
    name
        What to ask for.
    figure
        Figure of the paper.
    summary
        One line on what it shows.
    layer
        The microstructure, a key of :data:`selflimit.mesoscale.layers.named_layers.LAYERS`.
    step
        'growth', or the static stress with decomposition products: with their computed strain, or with the published
        rule that the zone expands twice as much as lithium at coarse particles.
    electrolyte, particle
        Formulas of the less lithium-stable electrolyte and of the particle layer.
    values
        Parameters that differ from the default.
    duration
        Model time (s).
    front
        Equations of the growth, as in ``Numerics``.
    size
        Width and height of the domain (m).
    width
        Interface width w, and edge of a cell (m).
    is_closed
        Whether coarse particles are dense grains, which lithium goes round.
    has_one_modulus
        Whether the second electrolyte has the elastic constants of the particles, as the paper writes its stiffness.
    needle
        Mean length (m) of the only needle to begin with; 0: the layer's own needles.
    """

    name: str
    figure: str
    summary: str
    layer: str
    step: PresetStep = "growth"
    electrolyte: str = "Li2ZrCl6"
    particle: str = "Li3N"
    values: Mapping[str, Any] = field(default_factory=lambda: READING)
    duration: float = DURATION
    front: FormName = "single-ion"
    size: tuple[float, float] = (64.0 * MICROMETRE, 96.0 * MICROMETRE)
    width: float = 0.5 * MICROMETRE
    is_closed: bool = True
    has_one_modulus: bool = False
    needle: float = 0.0

    def grid(self, width: float | None = None, cells: tuple[int, ...] | None = None) -> Grid:
        """Return the domain at an interface width (m), the preset's own if None, or of as many cells."""
        spacing = width or self.width
        return Grid(cells or tuple(round(side / spacing) for side in self.size), spacing)

    def build(self, grid: Grid, seed: int) -> Microstructure:
        """Return the layer on a grid, with the seed of its packing, needles and noise."""
        layer = LAYERS[self.layer](grid, seed)
        return replace(layer, closed=self.is_closed) if layer.coarse.any() else layer

    def start(self, layer: Microstructure, width: float) -> Start | None:
        """Return the lithium to begin with at an interface width (m); None: the layer's own."""
        if not self.needle:
            return None
        xi, share = needles(layer.grid, width, layer.seed, count=1, length=self.needle), layer.open_share
        if share is not None:
            # the foot of the needle's profile may reach into a dense grain
            xi = np.where(layer.grid.to_nodes(share) > 0.0, xi, 0.0)
        return Start(xi, np.ones(layer.grid.nodes), np.zeros(layer.grid.nodes))
