"""The published equations' runs beside the paper's values: what was first set beside it, and hangs on the width w."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from selflimit.documents import ComparisonRow
from selflimit.mesoscale.paper.histories import COVERED, GrowthHistory

Basis = Literal["calibrated", "predicted"]


def _fine(run: GrowthHistory) -> list[ComparisonRow]:
    return [
        ComparisonRow(
            quantity="largest compression at lithium among fine particles", unit="MPa", published="about 7 (Fig. 5B)",
            low=6.0, high=8.0, value=run.doc.peak_compression[-1], basis="calibrated", remark="by K_fine/K_coarse",
        ),
        ComparisonRow(
            quantity="mean compression over the front", unit="MPa", published="about 7 (Fig. 5B)", low=6.0, high=8.0,
            value=run.doc.interface_compression[-1], basis="predicted",
        ),
    ]  # fmt: skip


def _graded(run: GrowthHistory) -> list[ComparisonRow]:
    return [
        ComparisonRow(
            quantity="largest compression at coarse particles, 1200 to 1800 s", unit="MPa",
            published="up to 20 (Fig. 5D)", low=15.0, high=20.0, value=run.peak(1200.0, 1800.0), basis="predicted",
            remark="K_coarse is the literature's",
        ),
        ComparisonRow(
            quantity="share of the coarse particles that lithium takes", unit="1", published="bypassed (Fig. 5C)",
            low=0.0, high=0.1, value=run.taken(run.structure.coarse), basis="calibrated",
            remark=f"by the correction factor; of the fine ones {run.taken(1.0 - run.structure.coarse):.2f}",
        ),
    ]  # fmt: skip


def _channel(run: GrowthHistory) -> list[ComparisonRow]:
    tips = [
        ComparisonRow(
            quantity=f"compression of lithium at the electrolyte, {time:.0f} s", unit="MPa",
            published=f"about {value:.0f} (Fig. 8C)", low=0.85 * value, high=1.15 * value,
            value=run.tip_compression(time), basis="predicted",
        )
        for time, value in ((1200.0, 10.0), (1300.0, 18.0), (2100.0, 20.0))
    ]  # fmt: skip
    return [
        ComparisonRow(
            quantity="lithium reaches the electrolyte", unit="s", published="1200 (Fig. 8A)", low=1100.0, high=1300.0,
            value=run.first_time(1e-9), basis="predicted", remark="the layer's thickness is ours",
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


def _on_electrolyte(
    low: float, high: float, published: str, basis: Basis
) -> Callable[[GrowthHistory], list[ComparisonRow]]:
    def rows(run: GrowthHistory) -> list[ComparisonRow]:
        return [
            ComparisonRow(
                quantity="share of the electrolyte's surface that lithium covers in the end", unit="1",
                published=published, low=low, high=high, value=run.contacts[-1].coverage, basis=basis,
                remark=f"{run.contacts[-1].coarse_share:.2f} of the surface lies on coarse particles",
            )
        ]  # fmt: skip

    return rows


ROWS_BY_LAYER: Mapping[str, Callable[[GrowthHistory], list[ComparisonRow]]] = MappingProxyType(
    {
        "fine": _fine,
        "graded": _graded,
        "channel": _channel,
        "fine on electrolyte": _on_electrolyte(0.9, 1.0, "all of it deteriorates (Fig. 1B)", "predicted"),
        # the correction factor was chosen on this very packing
        "graded on electrolyte": _on_electrolyte(0.0, 0.7, "localised (Fig. 1C)", "calibrated"),
    }
)
"""Layer -> rows of its comparison."""
