"""The paper's simulations by name: geometry, materials and what else sets one apart from the others.

Layers that differ in their particles only (Fig. 5; Fig. 1B and C) share every parameter but the eigenstrain per
particle class, as published. Geometries are ours: the paper's domains are not stated. Parameters and their sources:
:class:`selflimit.mesoscale.parameters.InterfaceParameters`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

DURATION = 2100.0
"""Model time of the paper's growth simulations (s): their last pictures."""

PUBLISHED_MODEL: Mapping[str, Any] = MappingProxyType(
    {
        "mechanical_correction": 80.0,
        "lithium_modulus": 4.9e9,
        "lithium_poisson": 0.36,
        "sources": {
            "mechanical_correction": "calibrated: lithium must leave coarse particles alone, also beside a soft "
            "electrolyte, C >= |eta| F/(P v_m), 82 at 9 MPa; of 30, 60, 80, 100 the smallest that does",
            **dict.fromkeys(
                ("lithium_modulus", "lithium_poisson"), "solid electrolyte with fillers, public MOOSE input"
            ),
        },
    }
)
"""Parameters that the published equations are computed with where they differ from the default.

Under one potential of -0.1 V stress stops lithium only with a correction factor of tens; with the measured elastic
constants of lithium, twice as stiff, the published 20 MPa would need smaller expansions than the published ones.
"""

PresetStep = Literal["growth", "stress", "stress, published expansion"]


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
        Parameters that differ from the default: those of the published model.
    duration
        Model time (s).
    """

    name: str
    figure: str
    summary: str
    layer: str
    step: PresetStep = "growth"
    electrolyte: str = "Li2ZrCl6"
    particle: str = "Li3N"
    values: Mapping[str, Any] = field(default_factory=lambda: PUBLISHED_MODEL)
    duration: float = DURATION


def _interfaces(name: str, figures: tuple[str, str], electrolyte: str, particle: str) -> tuple[Preset, Preset, Preset]:
    """Both steps of the multiphase simulation for one pair of materials, and step 2 with the published expansion."""
    pair, step = f"{particle} | {electrolyte}", f"{name}-step2"
    reached, stressed = f"lithium reaches {pair} through the channel", f"stress at {pair} with the products"
    rule = f"{stressed}, if the zone expands twice as much as lithium at coarse particles"
    return (
        Preset(f"{name}-step1", figures[0], reached, "channel", "growth", electrolyte, particle),
        Preset(step, figures[1], stressed, "channel", "stress", electrolyte, particle),
        Preset(f"{step}-published", figures[1], rule, "channel", "stress, published expansion", electrolyte, particle),
    )


def _control(name: str, figure: str, summary: str, layer: str) -> Preset:
    """Long enough for lithium to cross the fine layer, which takes longest."""
    return Preset(name, figure, summary, layer, duration=3000.0)


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset("fig5-fine", "Fig. 5A, B; Movie S1", "dendrites in a layer of fine particles", "fine"),
            Preset("fig5-graded", "Fig. 5C, D; Movie S2", "the same with coarse particles, bypassed", "graded"),
            *_interfaces("fig8", ("Fig. 8A-C; Movies S5-S7", "Fig. 8D"), "Li2ZrCl6", "Li3N"),
            _control(
                "fig1b-control", "Fig. 1B", "fine layer on the electrolyte: its surface fails", "fine on electrolyte"
            ),
            _control("fig1c-graded", "Fig. 1C", "graded layer on the electrolyte: confined", "graded on electrolyte"),
            *_interfaces("lgps", ("figs S10, S11", "figs S10, S11"), "Li10GeP2S12", "Li3N"),
            *_interfaces("lpscl", ("figs S18-S20", "figs S18-S20"), "Li2ZrCl6", "Li6PS5Cl"),
        )
    }
)
"""Name -> preset."""


def find_preset(name: str) -> Preset:
    """The preset of that name.

    Raises
    ------
    InputError
        Unknown name.
    """
    if name not in PRESETS:
        raise InputError(f"expected a preset ({', '.join(PRESETS)}), got {name!r}{did_you_mean(name, PRESETS)}")
    return PRESETS[name]
