"""The paper's simulations by name: the readings of them in a single-ion conductor, and the published equations.

A reading takes the paper's words at C = 1 with lithium as measured; nothing of it hangs on the width of the front.
Layers that differ in their particles only share every parameter but the eigenstrain per particle class, as published.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from selflimit.errors import InputError
from selflimit.mesoscale.equations.sharp_limit import FormName
from selflimit.mesoscale.paper.presets import DURATION, READING, Preset
from selflimit.suggestions import did_you_mean
from selflimit.units import MICROMETRE

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

ONE_NEEDLE = (128.0 * MICROMETRE, 96.0 * MICROMETRE)
"""Domain of Fig. 5 (m): one needle, and room for its branches."""
LARGE = (320.0 * MICROMETRE, 240.0 * MICROMETRE)
"""Domain of coarse particles of hundreds of micrometres (m)."""


def _with(base: Mapping[str, Any], sources: Mapping[str, str], **values: Any) -> Mapping[str, Any]:
    """Parameters of a preset that differ from those of another, with their sources."""
    return MappingProxyType({**base, **values, "sources": {**base["sources"], **sources}})


SYSTEM = _with(
    READING,
    {
        "electrolyte_conductivity": "calibrated: lithium reaches the electrolyte at 1200 s (Fig. 8A)",
        "fine_ratio": "the graded system: all of its lithium has the expansion of coarse particles",
    },
    electrolyte_conductivity=0.0335,
    fine_ratio=1.0,
)
"""Fig. 8 in the paper's words: K belongs to the system; the conductivity is calibrated on the arrival alone."""
LOCAL = _with(
    READING,
    {"electrolyte_conductivity": "calibrated: lithium reaches the electrolyte at 1200 s (Fig. 8A)"},
    electrolyte_conductivity=0.0335,
)
"""The same with K by the place: that of coarse particles within 1 um of them, of fine ones elsewhere."""
PROFILE_TENSION = _with(
    READING, {"capillarity": "L_sigma kappa: the tension that the profile alone gives the front"}, capillarity=8.34e-14
)
"""The control of Fig. 5A: nothing taken off the profile's own surface tension."""
COARSER = _with(READING, {"capillarity": "what w = 1 um carries: waves of 12 w"}, capillarity=3.0e-14)
"""The readings where w = 1 um."""


def _interfaces(name: str, figures: tuple[str, str], electrolyte: str, particle: str) -> Iterable[Preset]:
    """Both steps of the multiphase simulation for one pair of materials, and step 2 with the published expansion."""
    pair, step = f"{particle} | {electrolyte}", f"{name}-step2"
    reached, stressed = f"lithium reaches {pair} through the channel", f"stress at {pair} with the products"
    materials: dict[str, Any] = {"electrolyte": electrolyte, "particle": particle}
    is_paper = name == "fig8"
    yield Preset(
        f"{name}-step1", figures[0], f"{reached}, the paper's words", "narrow channel", values=SYSTEM,
        has_one_modulus=True, **materials,
    )  # fmt: skip
    if is_paper:
        yield Preset(
            f"{name}-step1-local", figures[0], f"{reached}, real moduli and K by the place", "narrow channel",
            values=LOCAL, **materials,
        )  # fmt: skip
    yield Preset(step, figures[1], stressed, "narrow channel", "stress", values=SYSTEM, **materials)
    rule = f"{stressed}, if the zone expands twice as much as lithium at coarse particles"
    yield Preset(
        f"{step}-published", figures[1], rule,
        "narrow channel", "stress, published expansion", values=SYSTEM, **materials,
    )  # fmt: skip


def _named(presets: Iterable[Preset]) -> Mapping[str, Preset]:
    return MappingProxyType({preset.name: preset for preset in presets})


NEEDLE: dict[str, Any] = {"size": ONE_NEEDLE, "needle": 8.0 * MICROMETRE}

PRESETS = _named(
    (
        Preset("fig5-fine", "Fig. 5A, B; Movie S1", "a needle that branches among fine particles", "fine", **NEEDLE),
        Preset(
            "fig5-fine-smooth", "Fig. 5A", "the control: the profile's own surface tension", "fine",
            values=PROFILE_TENSION, **NEEDLE,
        ),
        Preset(
            "fig5-graded", "Fig. 5C, D; Movie S2", "a branched dendrite goes round coarse particles", "graded",
            needle=8.0 * MICROMETRE,
        ),
        Preset(
            "fig5-graded-open", "Fig. 5C, D", "the same, coarse particles open to lithium", "graded", is_closed=False,
            needle=8.0 * MICROMETRE,
        ),
        Preset(
            "fig5-graded-large", "Fig. 5C, D", "coarse particles of 120 µm", "large graded", values=COARSER,
            duration=7200.0, size=LARGE, width=1.0 * MICROMETRE, needle=8.0 * MICROMETRE,
        ),
        *_interfaces("fig8", ("Fig. 8A-C; Movies S5-S7", "Fig. 8D"), "Li2ZrCl6", "Li3N"),
        Preset(
            "fig1b-control", "Fig. 1B", "fine layer on the electrolyte: its surface fails", "fine on electrolyte",
            duration=3000.0,
        ),
        Preset(
            "fig1c-graded", "Fig. 1C", "graded layer on the electrolyte: confined", "graded on electrolyte",
            duration=3000.0,
        ),
        *_interfaces("lgps", ("figs S10, S11", "figs S10, S11"), "Li10GeP2S12", "Li3N"),
        *_interfaces("lpscl", ("figs S18-S20", "figs S18-S20"), "Li2ZrCl6", "Li6PS5Cl"),
    )
)  # fmt: skip
"""Name -> reading in a single-ion conductor."""


def _as_published(
    name: str, figure: str, summary: str, layer: str, *, duration: float = DURATION, **given: Any
) -> Preset:
    return Preset(
        name, figure, summary, layer, values=PUBLISHED_MODEL, front="published", is_closed=False, duration=duration,
        **given,
    )  # fmt: skip


def _published_interfaces(name: str, figures: tuple[str, str], electrolyte: str, particle: str) -> Iterable[Preset]:
    pair, step = f"{particle} | {electrolyte}", f"{name}-step2"
    reached, stressed = f"lithium reaches {pair} through the channel", f"stress at {pair} with the products"
    rule = f"{stressed}, if the zone expands twice as much as lithium at coarse particles"
    materials: dict[str, Any] = {"electrolyte": electrolyte, "particle": particle}
    yield _as_published(f"{name}-step1", figures[0], reached, "channel", **materials)
    yield _as_published(step, figures[1], stressed, "channel", step="stress", **materials)
    yield _as_published(
        f"{step}-published", figures[1], rule, "channel", step="stress, published expansion", **materials
    )


PUBLISHED_EQUATIONS = _named(
    (
        _as_published("fig5-fine", "Fig. 5A, B; Movie S1", "dendrites in a layer of fine particles", "fine"),
        _as_published("fig5-graded", "Fig. 5C, D; Movie S2", "the same with coarse particles, bypassed", "graded"),
        *_published_interfaces("fig8", ("Fig. 8A-C; Movies S5-S7", "Fig. 8D"), "Li2ZrCl6", "Li3N"),
        _as_published(
            "fig1b-control", "Fig. 1B", "fine layer on the electrolyte: its surface fails", "fine on electrolyte",
            duration=3000.0,
        ),
        _as_published(
            "fig1c-graded", "Fig. 1C", "graded layer on the electrolyte: confined", "graded on electrolyte",
            duration=3000.0,
        ),
        *_published_interfaces("lgps", ("figs S10, S11", "figs S10, S11"), "Li10GeP2S12", "Li3N"),
        *_published_interfaces("lpscl", ("figs S18-S20", "figs S18-S20"), "Li2ZrCl6", "Li6PS5Cl"),
    )
)  # fmt: skip
"""Name -> simulation with the published equations, whose picture hangs on the width of the front."""

SETS: Mapping[str, Mapping[str, Preset]] = MappingProxyType({"single-ion": PRESETS, "published": PUBLISHED_EQUATIONS})
"""Equations -> their presets."""


def find_preset(name: str, front: FormName = "single-ion") -> Preset:
    """The preset of that name: a reading, or with ``front`` 'published' the published equations.

    Raises
    ------
    InputError
        Unknown name, or equations for which there are no presets.
    """
    if front not in SETS:
        raise InputError(f"expected presets with the front 'single-ion' or 'published', got {front!r}")
    known = SETS[front]
    if name not in known:
        raise InputError(f"expected a preset ({', '.join(known)}), got {name!r}{did_you_mean(name, known)}")
    return known[name]
