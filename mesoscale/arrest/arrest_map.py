"""The design map at C = 1: what layers with drawn channels bear, over slot width, thickness, coarse particles, current.

A design is one job for all its currents. Two numbers come out that a cell can test: the areal capacity of a half-cycle
that fills the first channel, below which lithium turns back, and the current up to which a layer with full channels
stays whole. Coarse particles are closed: they leave the share 1 - f of the layer to the channels.
"""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError
from scipy.optimize import brentq

from selflimit.arrays import FloatArray
from selflimit.documents import MakerSetting
from selflimit.documents.arrest import Fate
from selflimit.documents.arrest_map import (
    ArrestMapCell,
    ArrestMapDoc,
    ArrestMapRow,
    ChannelDesign,
    ChannelDesignDoc,
    PackingSpread,
)
from selflimit.errors import InputError
from selflimit.mesoscale.arrest.arrest import ranges_with
from selflimit.mesoscale.arrest.channel import ChannelLayer
from selflimit.mesoscale.arrest.channel_balance import solve_channels
from selflimit.mesoscale.arrest.drawn_channels import CHANNELS, LENGTH_ERROR, RESOLVED_CELLS, draw_widths
from selflimit.mesoscale.arrest.filling import fill_channels
from selflimit.mesoscale.arrest.kinetics import (
    LITHIUM_CHARGE_VOLUME,
    ROOM_TEMPERATURE,
    charge_transfer_overpotential,
)
from selflimit.mesoscale.arrest.outcomes import TOLERATED_LEAK
from selflimit.mesoscale.arrest.stall import crack_pressure
from selflimit.mesoscale.kept_designs import judge_and_keep
from selflimit.progress import Progress, silent
from selflimit.units import MICROMETRE, MILLIAMPERE_HOUR_PER_CM2, MILLIAMPERE_PER_CM2, MPA

SOUGHT_BETWEEN = (1e-3, 1e3)
"""Currents between which a critical one is sought (mA/cm^2)."""


class ArrestMapSettings(MakerSetting):
    """What all designs of a map share."""

    currents: tuple[float, ...] = Field(
        (0.1, 0.2, 0.5, 2.0, 20.0), min_length=1, description="Current densities (mA/cm^2)"
    )
    channel_share: float = Field(
        0.05, gt=0, lt=1, description="Share of the fine regions that channels take: an assumption"
    )
    given: dict[str, tuple[float, ...]] = Field(
        default_factory=dict, description="Quantity of KNOWN_RANGES -> a better value than the most probable one (SI)"
    )
    foil: float = Field(100e-6, gt=0, description="Lithium foil (m): no more is plated")
    cells: int = Field(RESOLVED_CELLS, ge=8, description="Cells along the layer and each channel")
    step_error: float = Field(LENGTH_ERROR, gt=0, lt=1, description="Relative error of a length that a step may make")
    temperature: float = Field(ROOM_TEMPERATURE, gt=0, description="T (K)")

    def value(self, name: str) -> float:
        """Most probable value of a quantity, or the one given (SI)."""
        return ranges_with(self.given, "insulate")[name].central

    @property
    def bond(self) -> float:
        """Pressure that opens the bond to the layer (Pa)."""
        return crack_pressure(self.value("bond_strength") * self.value("toughness"), self.value("flaw"))

    @property
    def crack(self) -> float:
        """Pressure that opens a crack in the electrolyte (Pa)."""
        return crack_pressure(self.value("toughness"), self.value("flaw"), self.value("confinement"))


def channel_designs(
    slot_widths: Sequence[float], thicknesses: Sequence[float], coarse_fractions: Sequence[float], seeds: Sequence[int]
) -> list[ChannelDesign]:
    """Combine all values, the first seed of every design first, so that a stopped run has a whole map.

    Parameters
    ----------
    slot_widths
        Median widths of the channels (m).
    thicknesses
        Of the layer (m).
    coarse_fractions
        Share of the coarse particles, 0 to 1.
    seeds
        One drawing of the channels each.

    Raises
    ------
    InputError
        A value out of range.
    """
    try:
        return [
            ChannelDesign(slot_width=h, layer_thickness=thick, coarse_fraction=f, seed=s)
            for s, h, thick, f in product(seeds, slot_widths, thicknesses, coarse_fractions)
        ]
    except ValidationError as fault:
        first = fault.errors()[0]
        raise InputError(f"design map, {first['loc'][0]}: {first['msg']}, got {first['input']!r}") from None


def judge_design(design: ChannelDesign, settings: ArrestMapSettings) -> ChannelDesignDoc:
    """Fill one layer at every current, and find the current that it bears.

    Parameters
    ----------
    design
        The layer and the seed of its channels.
    settings
        Currents, channels, numerics.
    """
    begin = time.process_time()
    widths = draw_widths(design.seed, design.slot_width, CHANNELS)
    arrivals, outcomes = [], []
    for current in settings.currents:
        arrivals.append(_arrival(design, widths, current, settings))
        outcomes.append(_outcome(design, widths, current, settings))
    return ChannelDesignDoc(
        design=design,
        widths=widths.tolist(),
        currents=list(settings.currents),
        critical_current=critical_current_of(design, settings),
        arrivals=arrivals,
        outcomes=outcomes,
        cpu_seconds=time.process_time() - begin,
    )


def critical_current_of(design: ChannelDesign, settings: ArrestMapSettings) -> float | None:
    """Current density (mA/cm^2) at which the tip that presses most opens bond or electrolyte; None: none does.

    Parameters
    ----------
    design
        The layer, all channels full.
    settings
        Channels and numerics.
    """
    widths, bears = draw_widths(design.seed, design.slot_width, CHANNELS), min(settings.bond, settings.crack)

    def too_much(log_current: float) -> float:
        layer = layer_of(design, widths, float(np.exp(log_current)), settings)
        return float(np.log(solve_channels(layer).tip_pressure.max() / bears))

    low, high = np.log(SOUGHT_BETWEEN)
    if too_much(high) < 0.0:
        return None
    return float(np.exp(brentq(too_much, low, high, xtol=1e-3))) if too_much(low) < 0.0 else SOUGHT_BETWEEN[0]


def layer_of(
    design: ChannelDesign, widths: FloatArray, current: float, settings: ArrestMapSettings, filled: float | None = None
) -> ChannelLayer:
    """The layer of a design, its channels full or filled up to a height.

    Parameters
    ----------
    design
        Thickness and coarse particles.
    widths
        Of its channels (m).
    current
        Current density (mA/cm^2).
    settings
        Share of the channels, numerics.
    filled
        Height (m); None: full.
    """
    share = settings.channel_share * (1.0 - design.coarse_fraction)
    return ChannelLayer(
        current=current * MILLIAMPERE_PER_CM2,
        length=design.layer_thickness,
        widths=widths,
        pitch=float(widths.mean()) / share,
        conductivity=settings.value("conductivity"),
        exchange_current=settings.value("exchange_current"),
        temperature=settings.temperature,
        cells=settings.cells,
        filled=None if filled is None else np.full(widths.size, filled),
    )


def collect_designs(docs: Iterable[ChannelDesignDoc], settings: ArrestMapSettings) -> ArrestMapDoc:
    """Put the packings of each design together.

    Parameters
    ----------
    docs
        What was found for each.
    settings
        Those of all.
    """
    found = list(docs)
    designs: dict[tuple[float, float, float], list[ChannelDesignDoc]] = {}
    for doc in found:
        d = doc.design
        designs.setdefault((d.coarse_fraction, d.slot_width, d.layer_thickness), []).append(doc)
    names = ("conductivity", "exchange_current", "toughness", "flaw", "bond_strength", "confinement")
    table = ranges_with(settings.given, "insulate")
    return ArrestMapDoc(
        rows=[_row(packings) for _, packings in sorted(designs.items())],
        channel_share=settings.channel_share,
        bears=min(settings.bond, settings.crack) / MPA,
        values=[table[name] for name in names],
        cells=settings.cells,
        step_error=settings.step_error,
        seeds=sorted({doc.design.seed for doc in found}),
        cpu_seconds=sum(doc.cpu_seconds for doc in found),
    )


def design_label(design: ChannelDesign) -> str:
    """Short name of a design, for jobs and files.

    >>> design_label(ChannelDesign(slot_width=1e-6, layer_thickness=6e-5, coarse_fraction=0.4, seed=1))
    'f0.4-H1um-L60um-seed1'
    """
    return (
        f"f{design.coarse_fraction:g}-H{design.slot_width / MICROMETRE:g}um-L{design.layer_thickness / MICROMETRE:g}um"
        f"-seed{design.seed}"
    )


def designs_judged_here(
    designs: Sequence[ChannelDesign],
    settings: ArrestMapSettings,
    folder: Path,
    workers: int,
    progress: Progress = silent,
) -> list[ChannelDesignDoc]:
    """All designs, in worker processes of one thread each; finished ones are kept in ``folder`` and not run again.

    Parameters
    ----------
    designs
        What to judge.
    settings
        As :func:`judge_design`.
    folder
        Where each document goes at once, as '<settings>-<design>.json'.
    workers
        Processes.
    progress
        Listener.

    Raises
    ------
    InputError
        If there are no designs or no workers.
    """
    labels = [design_label(design) for design in designs]
    tasks = {name: partial(judge_design, design, settings) for name, design in zip(labels, designs, strict=True)}
    found = judge_and_keep(tasks, ChannelDesignDoc, (settings,), folder, workers, progress)
    return [found[name] for name in labels]


def _arrival(design: ChannelDesign, widths: FloatArray, current: float, settings: ArrestMapSettings) -> float | None:
    layer = layer_of(design, widths, current, settings, filled=0.0)
    # any pressure ends the filling: the first channel is full
    filling = fill_channels(layer, settings.foil / LITHIUM_CHARGE_VOLUME, 0.0, settings.step_error)
    first = float(filling.arrivals.min())
    return first / MILLIAMPERE_HOUR_PER_CM2 if np.isfinite(first) else None


def _outcome(design: ChannelDesign, widths: FloatArray, current: float, settings: ArrestMapSettings) -> Fate:
    state = solve_channels(layer_of(design, widths, current, settings))
    if state.tip_pressure.max() >= min(settings.bond, settings.crack):
        spread = charge_transfer_overpotential(
            current * MILLIAMPERE_PER_CM2, settings.value("exchange_current"), settings.temperature
        )
        yields = settings.crack < max(settings.bond, spread / LITHIUM_CHARGE_VOLUME)
        return "cracks" if yields else "spreads"
    leaks = state.tip_current > TOLERATED_LEAK * current * MILLIAMPERE_PER_CM2
    return "extrudes" if leaks.any() else "stalls"


def _row(packings: Sequence[ChannelDesignDoc]) -> ArrestMapRow:
    design = packings[0].design
    return ArrestMapRow(
        slot_width=design.slot_width,
        layer_thickness=design.layer_thickness,
        coarse_fraction=design.coarse_fraction,
        packings=len(packings),
        critical_current=_spread([doc.critical_current for doc in packings]),
        cells=[_cell(number, current, packings) for number, current in enumerate(packings[0].currents)],
    )


def _cell(number: int, current: float, packings: Sequence[ChannelDesignDoc]) -> ArrestMapCell:
    outcomes = [doc.outcomes[number] for doc in packings]
    return ArrestMapCell(
        current=current,
        outcomes={name: outcomes.count(name) for name in dict.fromkeys(outcomes)},
        arrival=_spread([doc.arrivals[number] for doc in packings]),
        fails=sum(name in ("spreads", "cracks") for name in outcomes),
    )


def _spread(values: Sequence[float | None]) -> PackingSpread | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return PackingSpread(low=min(known), median=float(np.median(known)), high=max(known))
