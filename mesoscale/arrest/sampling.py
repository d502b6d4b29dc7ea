"""Samples over ranges, and how much each quantity has in the spread of a result."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import qmc, sobol_indices, triang

from selflimit.arrays import FloatArray
from selflimit.documents.arrest import Influence, UncertainQuantity

Ranges = Mapping[str, UncertainQuantity]
"""Name of a quantity -> its range."""

LOGARITHMIC = "logarithmic"


def is_varied(quantity: UncertainQuantity) -> bool:
    """Whether a quantity has a range at all."""
    return quantity.high > quantity.low


def axis_of(quantity: UncertainQuantity) -> "triang":
    """Triangular distribution of a quantity, of its decimal logarithm where its scale says so."""
    low, central, high = (to_axis(quantity, value) for value in (quantity.low, quantity.central, quantity.high))
    return triang((central - low) / (high - low), loc=low, scale=high - low)


def to_axis(quantity: UncertainQuantity, value: float) -> float:
    """Where a value (in the quantity's unit) lies on the axis of its distribution."""
    return float(np.log10(value)) if quantity.scale == LOGARITHMIC else value


def from_axis(quantity: UncertainQuantity, place: FloatArray) -> FloatArray:
    """Values (in the quantity's unit) of places on the axis of its distribution."""
    return np.power(10.0, place) if quantity.scale == LOGARITHMIC else place


def draw_samples(ranges: Ranges, samples: int, seed: int) -> dict[str, FloatArray]:
    """Draw all quantities together by a scrambled Sobol sequence; shape ``(samples,)`` each, in their units.

    >>> from selflimit.mesoscale.arrest.known_ranges import KNOWN_RANGES
    >>> widths = draw_samples(KNOWN_RANGES, 256, seed=1)["slot_width"]
    >>> bool(1e-7 < widths.min() < widths.max() < 1e-5)
    True

    Parameters
    ----------
    ranges
        Of independent quantities.
    samples
        A power of two, for which the sequence is balanced.
    seed
        Of the scrambling.
    """
    varied = [name for name, quantity in ranges.items() if is_varied(quantity)]
    points = qmc.Sobol(max(len(varied), 1), rng=seed).random(samples).T
    places = {name: axis_of(ranges[name]).ppf(row) for name, row in zip(varied, points, strict=False)}
    return {
        name: from_axis(quantity, places[name]) if name in places else np.full(samples, quantity.central)
        for name, quantity in ranges.items()
    }


def influences_of(
    results: Callable[[dict[str, FloatArray]], tuple[FloatArray, FloatArray]], ranges: Ranges, samples: int, seed: int
) -> list[Influence]:
    """First-order and total Sobol indices (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018), largest total first.

    Parameters
    ----------
    results
        Logarithms of margin and pressure from samples of all quantities.
    ranges
        Of independent quantities.
    samples
        Base samples, a power of two; the results are asked for this many times the number of quantities and two.
    seed
        Of the samples.
    """
    varied = [name for name, quantity in ranges.items() if is_varied(quantity)]
    if not varied:
        return []

    def of_places(places: FloatArray) -> FloatArray:
        drawn = {name: from_axis(ranges[name], row) for name, row in zip(varied, places, strict=True)}
        given = {name: np.full(places.shape[1], q.central) for name, q in ranges.items() if name not in drawn}
        return np.stack(results(drawn | given))

    dists = [axis_of(ranges[name]) for name in varied]
    indices = sobol_indices(func=of_places, n=samples, dists=dists, rng=seed)
    first, total = np.nan_to_num(indices.first_order), np.nan_to_num(indices.total_order)  # 0/0: nothing varies
    found = [
        Influence(name=ranges[name].name, margin=first[0, i], margin_total=total[0, i], pressure=first[1, i])
        for i, name in enumerate(varied)
    ]
    return sorted(found, key=lambda one: -one.margin_total)
