"""What many answers say together: bands of boundaries, probabilities of products, K* with its spread.

Quantiles carry the standard error of the sampling, from bootstrap resampling (Efron, Ann. Statist. 7, 1 (1979),
doi:10.1214/aos/1176344552); shares carry sqrt(p(1-p)/N) and Wilson's interval (J. Am. Stat. Assoc. 22, 209 (1927),
doi:10.1080/01621459.1927.10502953).
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from selflimit.documents import (
    BoundaryBand,
    ErrorModelShare,
    Estimate,
    ProductProbability,
    SourceThreshold,
    ThresholdBand,
    ThresholdChange,
)
from selflimit.phase_diagrams.uncertainty.question import Question
from selflimit.phase_diagrams.uncertainty.staircase import Boundary, Staircase, Threshold

QUANTILES = (0.05, 0.5, 0.95)
NORMAL_95 = 1.959963984540054
"""Standard deviations to either side that hold 95 % of a normal distribution."""
RAREST_BOUNDARY = 0.05
"""Boundaries in a smaller share of the samples are not listed."""
RESAMPLES = 200
"""Bootstrap resamples for the standard error of a quantile: its own relative error is about 1/sqrt(2*200) = 5 %."""

Deviation = Callable[[Boundary, float], float | None]


@dataclass(frozen=True)
class SampledAnswer:
    """What one diagram says: a staircase for each modulus, a threshold for each voltage."""

    staircases: tuple[Staircase, ...]
    thresholds: tuple[Threshold, ...]


def boundary_bands(
    question: Question,
    plain: SampledAnswer,
    drawn: Sequence[SampledAnswer],
    deviation: Deviation,
    random: np.random.Generator,
) -> list[BoundaryBand]:
    """Collect the boundaries of all samples by the products on their two sides.

    Parameters
    ----------
    question
        Moduli (GPa).
    plain, drawn
        The answers without errors, and of all samples.
    deviation
        Standard deviation (V) of a boundary at a modulus by linear propagation; None: it has no closed form.
    random
        Numbers of the bootstrap.
    """
    bands = []
    for i, k_eff in enumerate(question.k_effs):
        found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[float]] = {}
        for answer in drawn:
            for boundary in answer.staircases[i].boundaries:
                found.setdefault(boundary.names, []).append(boundary.voltage)
        without_errors = {boundary.names: boundary for boundary in plain.staircases[i].boundaries}
        # a boundary that a few samples have gives no quantiles
        common = {names: at for names, at in found.items() if len(at) >= RAREST_BOUNDARY * len(drawn)}
        for names in sorted(common, key=lambda n: (np.median(common[n]), n)):
            low, median, high = quantile_estimates(common[names], random)
            bands.append(
                BoundaryBand(
                    k_eff=k_eff,
                    below=list(names[0]),
                    above=list(names[1]),
                    probability=len(common[names]) / len(drawn),
                    low=low,
                    median=median,
                    high=high,
                    linear_deviation=deviation(without_errors[names], k_eff) if names in without_errors else None,
                )
            )
    return bands


def product_probabilities(question: Question, drawn: Sequence[SampledAnswer]) -> list[ProductProbability]:
    """Count the products at every voltage and modulus of the question, most probable first."""
    found = []
    for voltage in question.voltages:
        for i, k_eff in enumerate(question.k_effs):
            counts = Counter(answer.staircases[i].products_at(voltage) for answer in drawn)
            for names, count in counts.most_common():
                low, high = wilson_interval(count, len(drawn))
                found.append(
                    ProductProbability(
                        voltage=voltage,
                        k_eff=k_eff,
                        products=list(names),
                        probability=count / len(drawn),
                        standard_error=share_error(count / len(drawn), len(drawn)),
                        low=low,
                        high=high,
                    )
                )
    return found


def with_model_ranges(
    found: Sequence[ProductProbability], by_model: Sequence[ErrorModelShare]
) -> list[ProductProbability]:
    """Add to each probability its range over all error models; products that only others give follow with 0."""
    others: dict[tuple[float, float, tuple[str, ...]], dict[str, float]] = {}
    models = {row.model for row in by_model}
    for other in by_model:
        others.setdefault((other.voltage, other.k_eff, tuple(other.products)), {})[other.model] = other.probability
    ranged = []
    for row in found:
        shares = others.get((row.voltage, row.k_eff, tuple(row.products)), {})
        values = [row.probability, *(shares.get(model, 0.0) for model in models)]
        ranged.append(row.model_copy(update={"model_range": (min(values), max(values))}))
    return ranged


def threshold_band(
    voltage: float,
    plain: Threshold,
    drawn: Sequence[Threshold],
    side_by_side: list[SourceThreshold],
    deviation: float | None,
    random: np.random.Generator,
) -> ThresholdBand:
    """Collect K* of all samples.

    Parameters
    ----------
    voltage
        V vs the working ion's metal.
    plain, drawn
        K* (GPa) without errors, and of all samples.
    side_by_side
        K* with the volumes of one source each.
    deviation
        Standard deviation of K* (GPa) by linear propagation; None: it has no closed form.
    random
        Numbers of the bootstrap.
    """
    # one beyond the range counts as its end: quantiles below stay what they are, and one at the end is not reported
    values = [plain.largest if found.k_eff is None else found.k_eff for found in drawn]
    low, median, high = (e if e.value < plain.largest else None for e in quantile_estimates(values, random))
    counts = Counter((found.below, found.above) for found in drawn)
    return ThresholdBand(
        voltage=voltage,
        largest=plain.largest,
        beyond=sum(found.k_eff is None for found in drawn) / len(drawn),
        low=low,
        median=median,
        high=high,
        linear_deviation=deviation,
        changes=[
            ThresholdChange(
                below=list(below),
                above=list(above),
                probability=count / len(drawn),
                standard_error=share_error(count / len(drawn), len(drawn)),
            )
            for (below, above), count in counts.most_common()
        ],
        sources=side_by_side,
    )


def share_error(share: float, samples: int) -> float:
    """The standard error of a share among independent samples, dimensionless.

    >>> share_error(0.5, 100)
    0.05
    """
    return math.sqrt(share * (1 - share) / samples)


def wilson_interval(count: int, samples: int) -> tuple[float, float]:
    """The 95 % interval of a share, of which ``count`` among ``samples`` were seen (Wilson 1927).

    >>> low, high = wilson_interval(50, 100)
    >>> round(low, 4), round(high, 4)
    (0.4038, 0.5962)
    """
    # scipy.stats has it too, at a second of imports
    share, z2 = count / samples, NORMAL_95**2 / samples
    middle, half = share + z2 / 2, NORMAL_95 * math.sqrt(share * (1 - share) / samples + z2 / (4 * samples))
    return max((middle - half) / (1 + z2), 0.0), min((middle + half) / (1 + z2), 1.0)


def quantile_estimates(values: Sequence[float], random: np.random.Generator) -> list[Estimate]:
    """5 %, 50 % and 95 % quantiles (order statistics) with bootstrap standard errors, in the unit of the values."""
    data = np.asarray(values)
    resampled = random.choice(data, size=(RESAMPLES, data.size))
    spread = np.std(np.quantile(resampled, QUANTILES, axis=1, method="inverted_cdf"), axis=1)
    # order statistics, so that a quantile is a value that a sample had, and never a mean of two kinds of products
    found = np.quantile(data, QUANTILES, method="inverted_cdf")
    return [Estimate(value=float(v), standard_error=float(e)) for v, e in zip(found, spread, strict=True)]
