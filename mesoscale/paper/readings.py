"""The paper's values beside those of our readings in a single-ion conductor at C = 1.

Bands are those of the paper's words: 'about 7' is 6 to 8, 'about 10, ~18, about 20' are 8.5 to 11.5, 15.5 to 20.5 and
18 to 22. Where the paper shows a picture without a number (a needle, a branched dendrite) the band is ours.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from selflimit.documents import ComparisonRow
from selflimit.mesoscale.paper.histories import COVERED, GrowthHistory
from selflimit.mesoscale.paper.presets import Preset

NEEDLE_TIME, BRANCHED_TIME = 300.0, 1500.0
"""When lithium is a needle still, and a tree already (s)."""
IF_CLOSED = "coarse particles are closed to lithium, which is put in"
IF_FAST = "kinetics is as fast as at clean garnet and surface tension as small as w carries"
KINETICS_TRIED = (
    "by i0, taken among values that were tried: lithium did not branch at 300 and 900 A/m^2, at 3000 it did"
)
IF_SYSTEM = "K belongs to the system and the electrolyte is as stiff as the particles"

RowsOf = Callable[[Preset, GrowthHistory], list[ComparisonRow]]


def _branches(run: GrowthHistory, figure: str, least: float, until: float) -> ComparisonRow:
    return ComparisonRow(
        quantity=f"tips per needle until {until:.0f} s", unit="1", published=f"branched ({figure})", low=least,
        value=run.tips(until), basis="calibrated", condition=IF_FAST, remark=KINETICS_TRIED,
    )  # fmt: skip


def _fine(preset: Preset, run: GrowthHistory) -> list[ComparisonRow]:
    return [
        ComparisonRow(
            quantity=f"tips per needle until {NEEDLE_TIME:.0f} s", unit="1", published="a needle (Fig. 5A)", low=1.0,
            high=1.0, value=run.tips(NEEDLE_TIME), basis="predicted",
        ),
        _branches(run, "Fig. 5A", 4.0, BRANCHED_TIME),
        ComparisonRow(
            quantity=f"solidity until {BRANCHED_TIME:.0f} s", unit="1", published="substantial branching (Fig. 5A)",
            high=0.5, value=run.solidity(BRANCHED_TIME), basis="predicted", condition=IF_FAST,
            remark="area of the tree over that of its convex hull",
        ),
        ComparisonRow(
            quantity="xi inside the metal", unit="1", published="lithium is filled (Fig. 5A)", low=0.95,
            value=run.doc.shape.filling[-1], basis="predicted",
        ),
        ComparisonRow(
            quantity=f"mean compression in the lithium, {BRANCHED_TIME:.0f} s", unit="MPa",
            published="about 7 (Fig. 5B)", low=6.0, high=8.0, value=run.in_lithium(_last(run, BRANCHED_TIME)),
            basis="calibrated", remark="by K_fine/K_coarse, on the ratio of the published 7 and 20",
        ),
    ]  # fmt: skip


def _control(preset: Preset, run: GrowthHistory) -> list[ComparisonRow]:
    return [
        ComparisonRow(
            quantity=f"tips per needle until {BRANCHED_TIME:.0f} s", unit="1", published="control, no published value",
            value=run.tips(BRANCHED_TIME), basis="predicted",
            remark="with all of the profile's own surface tension: branching is decided by that number",
        ),
        ComparisonRow(
            quantity=f"solidity until {BRANCHED_TIME:.0f} s", unit="1", published="control, no published value",
            value=run.solidity(BRANCHED_TIME), basis="predicted",
        ),
    ]  # fmt: skip


def _graded(preset: Preset, run: GrowthHistory) -> list[ComparisonRow]:
    until = 1800.0 if preset.duration <= 3000.0 else preset.duration
    coarse = run.structure.coarse
    return [
        _branches(run, "Fig. 5C", 3.0, until),
        ComparisonRow(
            quantity="share of the coarse particles that lithium takes", unit="1", published="bypassed (Fig. 5C)",
            low=0.0, high=0.1, value=run.taken(coarse), basis="predicted",
            condition=IF_CLOSED if preset.is_closed else "",
            remark=f"of the fine ones {run.taken(1.0 - coarse):.2f}"
            + ("" if preset.is_closed else "; the stress of C = 1 makes lithium lag in them, it does not keep it out"),
        ),
        ComparisonRow(
            quantity=f"largest compression, 1200 to {until:.0f} s", unit="MPa", published="up to 20 (Fig. 5D)",
            low=15.0, high=20.0, value=run.peak(min(1200.0, run.doc.times[-2]), until), basis="predicted",
            remark="K_coarse is the literature's, with lithium as measured",
        ),
    ]  # fmt: skip


def _channel(preset: Preset, run: GrowthHistory) -> list[ComparisonRow]:
    condition = IF_SYSTEM if preset.has_one_modulus else ""
    tips = [
        ComparisonRow(
            quantity=f"mean compression of the whole open interface, {time:.0f} s", unit="MPa",
            published=f"about {value:.0f} (Fig. 8C)", low=value - off, high=value + off,
            value=run.at_open_surface(time), basis="predicted", condition=condition,
            remark="covered or not, mean of both sides",
        )
        for time, value, off in ((1200.0, 10.0, 1.5), (1300.0, 18.0, 2.5), (2100.0, 20.0, 2.0))
    ]  # fmt: skip
    return [
        ComparisonRow(
            quantity="lithium reaches the electrolyte", unit="s", published="1200 (Fig. 8A)", low=1100.0, high=1300.0,
            value=run.arrival(), basis="calibrated", remark="by the conductivity",
        ),
        ComparisonRow(
            quantity="lithium covers the electrolyte's open surface", unit="s", published="1300 (Fig. 8A)", low=1200.0,
            high=1400.0, value=run.first_time(COVERED), basis="predicted",
        ),
        *tips,
        ComparisonRow(
            quantity="compression transmitted by coarse particles, 2100 s", unit="MPa", published="> 1 (Fig. 8B)",
            low=1.0, value=run.transmitted(2100.0), basis="predicted",
        ),
    ]  # fmt: skip


def _on_electrolyte(low: float, high: float, published: str, condition: str) -> RowsOf:
    def rows(preset: Preset, run: GrowthHistory) -> list[ComparisonRow]:
        return [
            ComparisonRow(
                quantity="share of the electrolyte's surface that lithium covers in the end", unit="1",
                published=published, low=low, high=high, value=run.contacts[-1].coverage, basis="predicted",
                condition=condition,
                remark=f"{run.contacts[-1].coarse_share:.2f} of the surface lies on coarse particles",
            )
        ]  # fmt: skip

    return rows


def _last(run: GrowthHistory, time: float) -> float:
    """The time (s), or the end of a run that ended before."""
    return min(time, run.doc.times[-1])


ROWS_BY_PRESET: Mapping[str, RowsOf] = MappingProxyType(
    {
        "fig5-fine": _fine,
        "fig5-fine-smooth": _control,
        "fig5-graded": _graded,
        "fig5-graded-open": _graded,
        "fig5-graded-large": _graded,
        **dict.fromkeys(("fig8-step1", "fig8-step1-local", "lgps-step1", "lpscl-step1"), _channel),
        "fig1b-control": _on_electrolyte(0.9, 1.0, "all of it deteriorates (Fig. 1B)", ""),
        "fig1c-graded": _on_electrolyte(0.0, 0.7, "localised (Fig. 1C)", IF_CLOSED),
    }
)
"""Preset -> rows of its comparison."""
