r"""What is known of a phase's volume: experiment where there is one, else a method with its bias and its error.

A method m gives a crystal of class c (dense, layered, molecular) the volume :math:`v_m` where experiment has v,

.. math:: \ln v_m - \ln v = b_{mc} + t_{mc} + r, \qquad t \sim \mathcal N(0, \tau_{mc}^2), \quad
   r \sim \mathcal N(0, \sigma_{mc}^2),

with the bias b, an error t that all crystals of the class have in common within one chemical family (chlorides,
sulfides, ...), and a residual r of each crystal. They are estimated from the calibration set
(``data/volume_calibration.json``) as a one-way random-effects model whose groups are the families by anion (Searle,
Casella & McCulloch, Variance Components, Wiley 1992, doi:10.1002/9780470316856, chapter 3); tau contains the standard
error of b. In one diagram the compounds of a class are mostly of one anion, so a sample draws one t for each method
and class, and one r for each phase.

Phases with an experimental volume have it as their centre, with ``MEASURED`` of their own: thermal expansion from rest
to 300 K and the scatter of cell measurements. A method that is not calibrated has no bias and the largest errors of
those that are: the class prior.
"""

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pydantic import Field

from selflimit.documents import Bonding, CompetingPhase, Record, VolumeSpread
from selflimit.errors import InputError
from selflimit.phase_diagrams.entries.bundled import bundled_text
from selflimit.phase_diagrams.entries.volumes import EXPERIMENT

MEASURED = 0.01
"""Standard deviation of ln(volume) of an experimental value: cells at 300 K are 0.3 to 1.5 % larger than at rest, and
measurements of one compound differ by some tenths of a per cent."""
CLASSES: tuple[Bonding, ...] = ("dense", "layered", "molecular")


class CalibrationPhase(Record):
    """One crystal of the calibration set, known from experiment and by methods."""

    formula: str = Field(description="Reduced formula")
    crystal: str = Field(description="Which crystal: identifier of the Materials Project, or prototype")
    bonding: Bonding = Field(description="Class")
    family: str = Field(description="Its anion; 'metal': it has none")
    experiment: float = Field(gt=0, description="Experimental volume (Angstrom^3 per atom)")
    source: str = Field(description="Where it comes from")
    volumes: dict[str, float] = Field(description="Method -> volume (Angstrom^3 per atom)")


class MethodError(NamedTuple):
    """How the volumes of one method and class differ from experiment, in ln(volume)."""

    bias: float
    """Mean."""
    shared: float
    """Standard deviation that crystals of a family share, the standard error of the bias with it."""
    residual: float
    """Standard deviation of each crystal."""
    crystals: int
    """Crystals that it is estimated from."""

    @property
    def total(self) -> float:
        """Standard deviation of a new crystal's error."""
        return math.hypot(self.shared, self.residual)


@lru_cache(maxsize=1)
def calibration_set() -> tuple[CalibrationPhase, ...]:
    """The crystals whose volumes are known from experiment and by methods."""
    rows = json.loads(bundled_text("volume_calibration.json"))["phases"]
    return tuple(CalibrationPhase.model_validate(row) for row in rows)


def fit_error(found: Iterable[CalibrationPhase], method: str) -> MethodError:
    """Estimate a method's error from crystals of one class, as a one-way random-effects model over families.

    >>> def crystal(family, ratio):
    ...     return CalibrationPhase(formula="X", crystal="x", bonding="dense", family=family, experiment=10.0,
    ...                             source="made", volumes={"m": 10.0 * math.exp(ratio)})
    >>> error = fit_error([crystal("Cl", 0.02), crystal("Cl", 0.04), crystal("S", 0.06), crystal("S", 0.08)], "m")
    >>> [round(x, 4) for x in error]
    [0.05, 0.0294, 0.0141, 4]

    Parameters
    ----------
    found
        Crystals of one class, at least two of them with a volume of the method.
    method
        Name of the method.
    """
    groups: dict[str, list[float]] = defaultdict(list)
    for phase in found:
        if method in phase.volumes:
            groups[phase.family].append(math.log(phase.volumes[method] / phase.experiment))
    values = [value for group in groups.values() for value in group]
    count, bias = len(values), statistics.fmean(values)
    within, between = _variances(list(groups.values()), bias)
    error_of_mean = statistics.variance(values) / count
    return MethodError(bias, math.sqrt(between + error_of_mean), math.sqrt(within), count)


def _variances(groups: Sequence[Sequence[float]], mean: float) -> tuple[float, float]:
    """Variances within and between groups: mean squares, and their difference over the groups' effective size."""
    count = sum(map(len, groups))
    squares = sum((value - statistics.fmean(group)) ** 2 for group in groups for value in group)
    if len(groups) < 2 or count == len(groups):  # nothing to tell them apart by
        whole = sum((value - mean) ** 2 for group in groups for value in group) / (count - 1)
        return whole, 0.0
    within = squares / (count - len(groups))
    among = sum(len(group) * (statistics.fmean(group) - mean) ** 2 for group in groups) / (len(groups) - 1)
    size = (count - sum(len(group) ** 2 for group in groups) / count) / (len(groups) - 1)
    return within, max(0.0, (among - within) / size)


@lru_cache(maxsize=64)
def method_error(method: str, bonding: Bonding) -> MethodError:
    """The error of a method (label of its level of theory) for a class; of another method the class prior."""
    crystals = [phase for phase in calibration_set() if phase.bonding == bonding]
    known = sorted({name for phase in crystals for name in phase.volumes})
    if method in known:
        return fit_error(crystals, method)
    errors = [fit_error(crystals, name) for name in known]
    # without a calibration even the size of the bias is unknown: it adds to what crystals share
    return MethodError(
        0.0,
        max(math.hypot(error.shared, error.bias) for error in errors),
        max(error.residual for error in errors),
        0,
    )


def anchored_spreads(phases: Sequence[CompetingPhase], method: str, use_experiment: bool = True) -> list[VolumeSpread]:
    """Distribution of each phase's volume: experiment where there is one, else the method less its bias.

    Parameters
    ----------
    phases
        With the class of their crystal.
    method
        Label of the level of theory of their own volumes (Angstrom^3 per formula unit).
    use_experiment
        Whether experimental volumes count.

    Raises
    ------
    InputError
        A phase without class, or a volume that is not a positive finite number.
    """
    return [_anchored(phase, method, use_experiment) for phase in phases]


def _anchored(phase: CompetingPhase, method: str, use_experiment: bool) -> VolumeSpread:
    require_volumes(phase)
    measured = phase.volumes.get(EXPERIMENT)
    if use_experiment and measured:
        return _spread(phase, measured, MEASURED, f"experiment ± {100 * MEASURED:g} %")
    if phase.bonding is None:
        raise InputError(f"no class of the crystal of {phase.entry_id}; collect phases with_volumes=True")
    error = method_error(method, phase.bonding)
    said = (
        f"of {error.crystals} {phase.bonding} crystals"
        if error.crystals
        else f"assumed: the {phase.bonding} crystals' prior"
    )
    return _spread(
        phase,
        phase.volume * math.exp(-error.bias),
        error.residual,
        f"{method} less its bias of {100 * error.bias:+.1f} % ({said})",
        error.shared,
        f"{method}, {phase.bonding}",
    )


def scattered_spreads(phases: Sequence[CompetingPhase]) -> list[VolumeSpread]:
    """Distribution of each phase's volume from the scatter of its sources, each phase for itself.

    The centre is the geometric mean of the sources, the deviation their sample standard deviation in ln(volume). Phases
    with one source get the root mean square of the others' deviations; where all phases have one source there is
    nothing to estimate from, and the deviation is zero.

    Raises
    ------
    InputError
        A phase without volumes, or a volume that is not a positive finite number.
    """
    for phase in phases:
        require_volumes(phase)
    deviations = {
        phase.entry_id: statistics.stdev(map(math.log, phase.volumes.values()))
        for phase in phases
        if len(phase.volumes) > 1
    }
    # variances are what averages, not deviations
    pooled = math.sqrt(statistics.fmean(d * d for d in deviations.values())) if deviations else 0.0
    return [_scattered(phase, deviations.get(phase.entry_id), pooled) for phase in phases]


def _scattered(phase: CompetingPhase, deviation: float | None, pooled: float) -> VolumeSpread:
    values = list(phase.volumes.values())
    centre = values[0] if len(values) == 1 else statistics.geometric_mean(values)
    if deviation is None:
        return _spread(phase, centre, pooled, "one source: the mean deviation of the other phases")
    return _spread(phase, centre, deviation, f"scatter of {len(values)} sources")


def require_volumes(phase: CompetingPhase) -> None:
    """Refuse a phase without volumes, or with one that cannot be.

    Raises
    ------
    InputError
        The message names phase and source.
    """
    if not phase.volumes:
        raise InputError(f"no volume of any source for {phase.entry_id}; give at least the entry's own")
    for source, volume in phase.volumes.items():
        if not (math.isfinite(volume) and volume > 0):
            raise InputError(f"expected a positive volume of {phase.entry_id}, got {volume} Angstrom^3 from {source!r}")


def _spread(
    phase: CompetingPhase, centre: float, own: float, basis: str, shared: float = 0.0, shared_by: str = ""
) -> VolumeSpread:
    return VolumeSpread(
        formula=phase.formula,
        entry_id=phase.entry_id,
        volumes=dict(phase.volumes),
        centre=centre,
        relative_deviation=own,
        shared_deviation=shared,
        shared_by=shared_by,
        basis=basis,
    )
