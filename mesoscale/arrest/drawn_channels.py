"""The verdict beside the resolved layer: does it hold for channels that are drawn at random, and not one like another?

Each seed draws the widths of some channels in every period of the layer, log-normal about the width of the criterion's
one slot. They fill under current, the first to lead takes what the others would need, and what the electrolyte feels
is the resolved pressure. As long as tops are free the layer depends on the net charge only (stripping retraces
plating), so the charge that n cycles leave in the channels is plated at once.
"""

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents.arrest import DrawnChannels, Fate
from selflimit.mesoscale.arrest.channel import ChannelLayer
from selflimit.mesoscale.arrest.filling import Filling, fill_channels
from selflimit.mesoscale.arrest.outcomes import (
    TOLERATED_LEAK,
    Conditions,
    Samples,
    arrival_of,
    depth_of_crack,
    judge_samples,
)
from selflimit.units import MILLIAMPERE_HOUR_PER_CM2, MPA

CHANNELS = 5
"""Channels in each period: an assumption, as is their spread."""
WIDTH_SPREAD = 0.6
"""Standard deviation of ln H."""
RESOLVED_CELLS = 32
"""Cells along the layer: with 64 the charge of arrival changes by some 2 %."""
LENGTH_ERROR = 1e-2
"""Relative error of a length per step."""


def draw_widths(seed: int, width: float, channels: int = CHANNELS, spread: float = WIDTH_SPREAD) -> FloatArray:
    """Widths (m) of channels, log-normal, narrow ones first, shape ``(channels,)``.

    >>> [f"{1e6 * width:.1f}" for width in draw_widths(1, 1e-6)]
    ['0.5', '1.2', '1.2', '1.6', '1.7']

    Parameters
    ----------
    seed
        Of the random numbers.
    width
        Their median (m).
    channels
        How many.
    spread
        Standard deviation of ln H.
    """
    return np.sort(width * np.exp(spread * np.random.default_rng(seed).standard_normal(channels)))


def fill_drawn(seed: int, s: Samples, at: Conditions) -> tuple[FloatArray, Filling | None]:
    """Fill a layer with drawn channels until something gives way: their widths (m), and what the charge did.

    Nothing is solved, and None comes, where the charge would not even bring up a channel that is alone: beside it,
    others only take current away.

    Parameters
    ----------
    seed
        Of the widths.
    s
        One value of every quantity, shape ``(1,)``; 'slot_width' is the median, 'pitch' the period.
    at
        Current, reaction and times.
    """
    closed, value = judge_samples(s, at), {name: float(values[0]) for name, values in s.items()}
    widths = draw_widths(seed, value["slot_width"])
    alone = [arrival_of({**s, "slot_width": np.array([width])}, at)[0] for width in widths]
    if closed.plated[0] < min(alone) and at.current < value["exchange_current"]:
        return widths, None
    layer = ChannelLayer(
        current=at.current,
        length=value["layer_thickness"],
        widths=widths,
        pitch=value["pitch"] / widths.size,
        conductivity=value["conductivity"],
        exchange_current=value["exchange_current"],
        temperature=at.temperature,
        cells=RESOLVED_CELLS,
        filled=np.zeros(widths.size),
    )
    bears = min(float(closed.crack[0]), float(closed.bond[0]))
    return widths, fill_channels(layer, float(closed.plated[0]), bears, LENGTH_ERROR)


def judge_drawn(seed: int, filled: tuple[FloatArray, Filling | None], s: Samples, at: Conditions) -> DrawnChannels:
    """Say what becomes of the lithium in a layer with drawn channels.

    Parameters
    ----------
    seed
        Of the widths.
    filled
        Widths and filling, by :func:`fill_drawn`; products do not matter for it.
    s
        One value of every quantity, shape ``(1,)``.
    at
        Current, reaction and times.
    """
    widths, filling = filled
    arrival = float(filling.arrivals.min()) if filling else np.inf
    return DrawnChannels(
        seed=seed,
        widths=widths.tolist(),
        arrival=arrival / MILLIAMPERE_HOUR_PER_CM2 if np.isfinite(arrival) else None,
        tip_pressure=float(filling.peak_pressure.max()) / MPA if filling else 0.0,
        outcome=outcome_of(filling, s, at),
    )


def outcome_of(filling: Filling | None, s: Samples, at: Conditions) -> Fate:
    """What the resolved layer ends in; product and depth of a crack are by the closed forms.

    Parameters
    ----------
    filling
        What the charge did; None: not enough by far.
    s
        One value of every quantity, shape ``(1,)``.
    at
        Current, reaction and times.
    """
    closed, thickness = judge_samples(s, at), s["electrolyte_thickness"][0]
    if filling is None or np.isinf(filling.arrivals).all():
        return "turns back"
    breaks = bool(np.isfinite(filling.failed))
    if breaks and closed.electrolyte_yields[0]:
        charge = np.maximum(closed.plated - filling.failed, 0.0)
        return "crosses" if depth_of_crack(s, at, charge, closed.early_film)[0] >= thickness else "cracks"
    if closed.film[0] >= thickness:
        return "is consumed"
    if breaks:
        return "spreads"
    leaks = filling.ended.tip_current[np.isfinite(filling.arrivals)] > TOLERATED_LEAK * at.current
    if not leaks.any():
        return "stalls"
    return "passivates" if closed.blocking[0] >= 1.0 else "extrudes"
