"""The design map: one growth and one verdict per point, in worker processes here.

A point is a coarse fraction, a particle radius, an overpotential, a correction factor and a seed. Points know nothing
of each other, so any number of them can run at once; repeated seeds of one design give its probability.
"""

import tempfile
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from statistics import fmean

from pydantic import Field, ValidationError
from scipy.stats import binomtest

from selflimit.documents import MakerSetting
from selflimit.documents.self_limitation import (
    Criterion,
    DesignCell,
    DesignMapDoc,
    DesignPoint,
    DesignPointDoc,
    VerdictDoc,
)
from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale.equations.numerics import Numerics
from selflimit.mesoscale.equations.sharp_limit import FormName
from selflimit.mesoscale.equations.single_ion import fed_front
from selflimit.mesoscale.field_files import load_fields
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.growth.grow import grow_lithium
from selflimit.mesoscale.kept_designs import judge_and_keep
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.verdict.verdict import judge
from selflimit.progress import Progress, silent
from selflimit.units import MICROMETRE


class DesignSettings(MakerSetting):
    """What all points of a map share: the domain, how long to grow, and the criterion."""

    grid_cells: tuple[int, ...] = Field(
        (64, 96), description="Cells along each axis; their edge is the interface width"
    )
    crossings: float = Field(
        4.0,
        gt=0,
        description="Model time over the time in which a flat stress-free front crosses the layer, at c = 1 or by Ohm",
    )
    outputs: int = Field(16, ge=2, description="States that are judged, at equal intervals")
    gap: float = Field(2.0 * MICROMETRE, gt=0, description="Least width of a fine channel (m)")
    clearance: float = Field(8.0 * MICROMETRE, gt=0, description="Least distance of a particle from the electrode (m)")
    electrolyte_height: float = Field(12.0 * MICROMETRE, gt=0, description="Thickness of the electrolyte (m)")
    zone_depth: float = Field(6.0 * MICROMETRE, gt=0, description="Depth of the reaction zone (m)")
    front: FormName = Field("published", description="Equations of the growth, as in Numerics")
    time_tolerance: float = Field(0.05, gt=0, description="Largest error of the order parameter that a step may make")
    criterion: Criterion = Field(default_factory=Criterion, description="Thresholds of the verdict")


def design_point(
    point: DesignPoint, settings: DesignSettings, parameters: InterfaceParameters, progress: Progress = silent
) -> DesignPointDoc:
    """Grow in one layer and judge it.

    Parameters
    ----------
    point
        The layer and its conditions. The share of the electrolyte's surface that lies on coarse particles is their
        volume fraction, as in any section through a random packing (Delesse 1847).
    settings
        Domain, duration, criterion.
    parameters
        All other parameters; the point's overpotential and correction factor replace theirs.
    progress
        Listener.

    Returns
    -------
    The verdict, or why there is none: a packing that does not fit, a solve that does not converge.
    """
    begin = time.process_time()
    try:
        verdict, failure = verdict_on(point, settings, parameters, progress), ""
    except (InputError, ConvergenceError) as fault:
        verdict, failure = None, str(fault)
    return DesignPointDoc(point=point, verdict=verdict, failure=failure, cpu_seconds=time.process_time() - begin)


def verdict_on(
    point: DesignPoint, settings: DesignSettings, parameters: InterfaceParameters, progress: Progress = silent
) -> VerdictDoc:
    """Judge one point.

    Parameters
    ----------
    point
        The design and the seed of its packing.
    settings
        Domain, duration and criterion.
    parameters
        Of the interface (SI); overpotential and correction factor are the point's.
    progress
        Listener.

    Raises
    ------
    InputError
        An impossible packing or grid.
    ConvergenceError
        The growth, or a solve, misses its tolerance.
    """
    s = settings
    changed = {"overpotential": point.overpotential, "mechanical_correction": point.correction}
    p = parameters.model_copy(update=changed)
    structure = Microstructure.layered(
        Grid(s.grid_cells, p.interface_width), point.seed, point.coarse_fraction, point.radius, s.gap, s.clearance,
        s.electrolyte_height, point.coarse_fraction,
    )  # fmt: skip
    # a front that has covered the electrolyte cannot go on, which the guard takes for a pinned one: noted, not refused
    numerics = Numerics(time_tolerance=s.time_tolerance, allow_unresolved=True, front=s.front)
    thickness = structure.grid.size[-1] - s.electrolyte_height
    duration = s.crossings * thickness / crossing_velocity(p, s.front, thickness)
    with tempfile.TemporaryDirectory() as folder:  # the fields of thousands of points are not kept
        growth = grow_lithium(p, structure, duration, s.outputs, Path(folder), progress, numerics)
        xi = load_fields(Path(folder), growth.fields)["xi"]
    return judge(growth, xi, structure, p, duration, s.criterion, s.zone_depth)


def crossing_velocity(p: InterfaceParameters, front: FormName, thickness: float) -> float:
    """Velocity (m/s) by which the time for a layer is counted.

    That of a flat front without stress: at c = 1 where salt is used up, which no such front exceeds, and half-way
    through the layer where Ohm's law feeds it.

    Parameters
    ----------
    p
        Parameters of the interface.
    front
        Equations of the growth.
    thickness
        Of the layer (m).
    """
    if front == "single-ion":
        return fed_front(p, 0.5 * thickness).velocity
    return p.planar_velocity(p.overpotential)


def design_points(
    coarse_fractions: Sequence[float],
    radii: Sequence[float],
    overpotentials: Sequence[float],
    corrections: Sequence[float],
    seeds: Sequence[int],
) -> list[DesignPoint]:
    """Combine all values, the first seed of every design first, so that a stopped run has a whole map.

    Radii in m, overpotentials in V.

    Parameters
    ----------
    coarse_fractions
        Share of the coarse particles, 0 to 1.
    radii
        Of the coarse particles (m).
    overpotentials
        Potential of the metal against the far electrolyte (V).
    corrections
        Correction factors C of the stress overpotential.
    seeds
        One packing each.

    Raises
    ------
    InputError
        A value out of range.
    """
    try:
        return [
            DesignPoint(coarse_fraction=f, radius=r, overpotential=v, correction=c, seed=s)
            for s, f, r, v, c in product(seeds, coarse_fractions, radii, overpotentials, corrections)
        ]
    except ValidationError as fault:
        first = fault.errors()[0]
        raise InputError(f"design map, {first['loc'][0]}: {first['msg']}, got {first['input']!r}") from None


def design_map(
    points: Iterable[DesignPointDoc], settings: DesignSettings, parameters: InterfaceParameters
) -> DesignMapDoc:
    """Find the probability of self-limitation per design, with the binomial interval of its packings.

    Parameters
    ----------
    points
        What was found at each point.
    settings, parameters
        Those of all points.
    """
    found = list(points)
    designs: dict[tuple[float, float, float, float], list[DesignPointDoc]] = {}
    for doc in found:
        p = doc.point
        designs.setdefault((p.coarse_fraction, p.radius, p.overpotential, p.correction), []).append(doc)
    return DesignMapDoc(
        cells=[_cell(*design, docs) for design, docs in sorted(designs.items())],
        criterion=settings.criterion,
        crossings=settings.crossings,
        grid_shape=settings.grid_cells,
        spacing=parameters.interface_width,
        seeds=sorted({doc.point.seed for doc in found}),
        retained_fraction=parameters.retained_fraction,
        cpu_seconds=sum(doc.cpu_seconds for doc in found),
    )


def _cell(
    coarse_fraction: float, radius: float, overpotential: float, correction: float, docs: Sequence[DesignPointDoc]
) -> DesignCell:
    verdicts = [doc.verdict for doc in docs if doc.verdict is not None]
    reached = [verdict for verdict in verdicts if verdict.localised is not None]
    judged = [verdict for verdict in reached if verdict.self_limiting is not None]
    wins = sum(verdict.self_limiting is True for verdict in judged)
    interval = binomtest(wins, len(judged)).proportion_ci(method="wilson") if judged else None
    return DesignCell(
        coarse_fraction=coarse_fraction,
        radius=radius,
        overpotential=overpotential,
        correction=correction,
        packings=len(judged),
        artefacts=len(reached) - len(judged),
        self_limiting=wins,
        localised=sum(verdict.localised is True for verdict in judged),
        not_reached=len(verdicts) - len(reached),
        failed=len(docs) - len(verdicts),
        probability=wins / len(judged) if judged else None,
        low=max(float(interval.low), 0.0) if interval else None,
        high=min(float(interval.high), 1.0) if interval else None,
        coverage=_mean([verdict.coverage[-1] for verdict in reached]),
        detached=_mean([verdict.detached for verdict in reached]),
        stress_ratio=_mean([verdict.stress_ratio for verdict in reached]),
        critical_correction=_mean([verdict.critical_correction for verdict in reached]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def point_label(point: DesignPoint) -> str:
    """Short name of a point, for jobs and files.

    >>> point_label(DesignPoint(coarse_fraction=0.4, radius=5e-6, overpotential=-0.1, correction=80.0, seed=1))
    'f0.4-r5um--0.1V-C80-seed1'
    """
    return (
        f"f{point.coarse_fraction:g}-r{point.radius / MICROMETRE:g}um-{point.overpotential:g}V-C{point.correction:g}"
        f"-seed{point.seed}"
    )


def judged_here(
    points: Sequence[DesignPoint],
    settings: DesignSettings,
    parameters: InterfaceParameters,
    folder: Path,
    workers: int,
    progress: Progress = silent,
) -> list[DesignPointDoc]:
    """All points, in worker processes of one thread each; finished ones are kept in ``folder`` and not run again.

    Parameters
    ----------
    points
        What to judge.
    settings, parameters
        As :func:`design_point`.
    folder
        Where each point's document goes at once, as '<settings>-<point>.json'.
    workers
        Processes.
    progress
        Listener.

    Raises
    ------
    InputError
        If there are no points or no workers.
    """
    labels = [point_label(point) for point in points]
    tasks = {
        name: partial(design_point, point, settings, parameters) for name, point in zip(labels, points, strict=True)
    }
    found = judge_and_keep(tasks, DesignPointDoc, (settings, parameters), folder, workers, progress)
    return [found[name] for name in labels]
