"""What the paper prints of its simulations, beside the same quantities of ours.

A value is 'calibrated' where a parameter was chosen to meet it, and 'predicted' else.
"""

from collections.abc import Mapping

from selflimit.arrays import FloatArray
from selflimit.documents import ComparisonRow, StressDoc
from selflimit.mesoscale.paper import published_equations, readings
from selflimit.mesoscale.paper.histories import GrowthHistory
from selflimit.mesoscale.paper.presets import Preset
from selflimit.units import MPA

RULE = "the zone expands twice as much as lithium at coarse particles"


def compare_growth(preset: Preset, history: GrowthHistory) -> list[ComparisonRow]:
    """Published and computed values of a growth; of other materials than the paper's pair no numbers are published."""
    rows = (
        readings.ROWS_BY_PRESET[preset.name](preset, history)
        if preset.front == "single-ion"
        else published_equations.ROWS_BY_LAYER[preset.layer](history)
    )
    if _is_published_pair(preset):
        return rows
    unnumbered = {"published": _unnumbered(preset), "low": None, "high": None, "condition": "", "basis": "predicted"}
    return [row.model_copy(update=unnumbered) for row in rows]


def compare_stress(preset: Preset, doc: StressDoc, fields: Mapping[str, FloatArray]) -> list[ComparisonRow]:
    """Published and computed values of the static stress with decomposition products.

    Parameters
    ----------
    preset, doc
        The simulation and what it gave.
    fields
        Its fields: 'pressure' (Pa) and 'zone', shape ``grid.shape``.
    """
    is_paper, is_rule = _is_published_pair(preset), preset.step != "stress"
    published = "up to 40 (Fig. 8D)" if is_paper else _unnumbered(preset)
    band = {"low": 30.0, "high": 40.0} if is_paper else {}
    remark = f"zone strain set by the rule that {RULE}" if is_rule else _retained(doc)
    given = {"unit": "MPa", "published": published, "basis": "predicted", **band}
    condition = f"{RULE}, the paper's rule" if is_rule else ""
    in_zone = -fields["pressure"][fields["zone"] > 0.5] / MPA
    rows = [
        ComparisonRow(
            quantity="mean compression of the reaction zone at the tip", value=doc.tip_compression, remark=remark,
            condition=condition, **given,
        ),
        ComparisonRow(
            quantity="largest compression in the reaction zone", value=float(in_zone.max()), condition=condition,
            **given,
        ),
        ComparisonRow(
            quantity="the same zone without the reaction's expansion, mean", unit="MPa",
            published="about 20 (Fig. 8C, 2100 s)", low=15.0, high=25.0, value=doc.tip_compression_without_reaction,
            basis="predicted", remark="mean over the zone, which lies in the electrolyte",
        ),
    ]  # fmt: skip
    return rows if is_paper else rows[:2]


def _retained(doc: StressDoc) -> str:
    """What share of the decomposition's strain is taken to build stress, and what other shares would give."""
    sweep = ", ".join(f"{float(r):.3g}: {value:.0f}" for r, value in doc.retained_fraction_sweep.items())
    reaction = doc.decomposition
    return (
        f"decomposition volumes, rule '{reaction.rules.ion_volume}', dV/V0 {reaction.reaction_strain:.3f}; "
        f"which share of it builds stress is not known (share: MPa): {sweep}"
    )


def _is_published_pair(preset: Preset) -> bool:
    return preset.electrolyte == "Li2ZrCl6" and preset.particle == "Li3N"


def _unnumbered(preset: Preset) -> str:
    return f"shown in {preset.figure}, no number in the main text"
