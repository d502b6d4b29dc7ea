"""A voltage-K_eff map with curved borders, traced: the inclusion functional, and compressible phases.

At each voltage all critical K_eff are closed forms or roots (:mod:`~selflimit.phase_diagrams.functionals.over_k_eff`).
Voltages are split until neighbours show the same ground states in the same order, or are 1e-8 V apart. Between two such
voltages each critical K_eff is a smooth function of the voltage, which is followed with straight pieces that stray from
it by less than ``TOLERANCE`` volts. Ground states that are met at no voltage of the finest step and at none of the
critical voltages of five K_eff would be missed: islands narrower than 1/64 of the voltage range inside a map.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from selflimit.arrays import FloatArray
from selflimit.phase_diagrams.checks import Range
from selflimit.phase_diagrams.functionals.over_k_eff import ElasticModuli, Filling, PressureWalk
from selflimit.phase_diagrams.geometry.tiling import Border, Region, Tiling, drop_repeats, polygon_area
from selflimit.phase_diagrams.linear_programme import support_of
from selflimit.phase_diagrams.stretches import Stretch

TOLERANCE = 5e-7
"""Straight pieces stray from a border by less than this (V)."""
FLAT = 1e-7
"""Where a border is level: by less than this fraction of the K_eff range."""
FINEST = 1e-8
"""Voltages at which ground states enter or leave are found to this (V)."""
FIRST_VOLTAGES = 64
"""Voltages at most this fraction of the range apart are looked at."""
SAME_JUNCTION = 1e-6
"""Corners within this fraction of the map's sides are one junction."""

Point = tuple[float, float]
Label = tuple[frozenset[int], ...]


@dataclass(frozen=True)
class _Look:
    """All ground states at one voltage."""

    voltage: float
    walk: PressureWalk
    stretches: list[Stretch[Filling]]

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """Phases of each ground state, softest surrounding first."""
        return tuple(support_of(part.state) for part in self.stretches)


@dataclass(frozen=True)
class _Run:
    """Voltages over which the ground states have the same order, and the borders between them as polylines."""

    low: float
    high: float
    look: _Look
    borders: list[list[Point]]


def traced_map(moduli: ElasticModuli, voltages: Range, k_effs: Range, marks: Iterable[float]) -> Tiling:
    """The map of one electrolyte.

    Parameters
    ----------
    moduli
        Its ground states at one voltage.
    voltages, k_effs
        Ranges (V, GPa).
    marks
        Voltages (V) near which ground states are known to change.

    Raises
    ------
    ConvergenceError
        A crossing of two assemblages was not found.
    InputError
        Compressible phases under a tension that none of them bears.
    """

    def look(voltage: float) -> _Look:
        walk = moduli.walk(voltage, k_effs[1])
        return _Look(voltage, walk, moduli.stretches(voltage, walk, *k_effs))

    first = np.linspace(*voltages, FIRST_VOLTAGES + 1).tolist()
    # known changes are looked at from both sides, however narrow what lies between two of them
    beside = [mark + side * FINEST for mark in marks for side in (-1, 1)]
    starts = sorted({*first, *(voltage for voltage in beside if voltages[0] < voltage < voltages[1])})
    looks = [look(voltage) for voltage in starts]
    chain = [looks[0]]
    for left, right in pairwise(looks):
        chain += [*_between(look, left, right), right]
    runs = [_run(moduli, group, ends, k_effs) for group, ends in _grouped(chain, voltages)]
    return _assembled(runs, voltages, k_effs)


def _between(look: Callable[[float], _Look], left: _Look, right: _Look) -> list[_Look]:
    """Looks between two that differ, on both sides of each change."""
    if left.labels == right.labels or right.voltage - left.voltage <= FINEST:
        return []
    middle = look(0.5 * (left.voltage + right.voltage))
    return [*_between(look, left, middle), middle, *_between(look, middle, right)]


def _grouped(chain: Sequence[_Look], voltages: Range) -> list[tuple[_Look, Range]]:
    """A look in the middle of each run, with the ends of the run (V)."""
    groups: list[list[_Look]] = []
    for one in chain:
        if groups and groups[-1][0].labels == one.labels:
            groups[-1].append(one)
        else:
            groups.append([one])
    ends = (voltages[0], voltages[1])
    wide = [g for g in groups if g[-1].voltage - g[0].voltage > 2 * FINEST] or groups[:1]
    seams = [ends[0], *(0.5 * (a[-1].voltage + b[0].voltage) for a, b in pairwise(wide)), ends[1]]
    return [(group[len(group) // 2], seam) for group, seam in zip(wide, pairwise(seams), strict=True)]


def _run(moduli: ElasticModuli, look: _Look, ends: Range, k_effs: Range) -> _Run:
    found: dict[float, list[float]] = {}

    def borders(voltage: float) -> list[float]:
        if voltage not in found:
            parts = moduli.ordered(voltage, look.walk, *k_effs)
            begins = {support_of(part.state): part.low for part in parts}
            never = begins.get((), k_effs[1])  # beyond the map, or the grain stays whole before
            found[voltage] = [begins.get(label, never) for label in look.labels[1:]]
        return found[voltage]

    count = len(look.stretches) - 1
    inside = (ends[0] + FINEST, ends[1] - FINEST)  # at the very ends two borders may meet
    span = k_effs[1] - k_effs[0]
    lines = [_line(lambda v, i=i: borders(v)[i], inside, span) for i in range(count)]  # type: ignore[misc]
    return _Run(*ends, look, [[(ends[0], line[0][1]), *line[1:-1], (ends[1], line[-1][1])] for line in lines])


def _line(border: Callable[[float], float], ends: Range, span: float) -> list[Point]:
    """Straight pieces that follow a border from end to end."""

    def pieces(left: Point, right: Point) -> list[Point]:
        (v1, k1), (v2, k2) = left, right
        inner = [(v, border(v)) for v in (v1 + (v2 - v1) * share for share in (0.25, 0.5, 0.75))]
        stray = max(abs(k - (k1 + (k2 - k1) * (v - v1) / (v2 - v1))) for v, k in inner)
        if stray <= max(TOLERANCE * abs(k2 - k1) / (v2 - v1), FLAT * span) or v2 - v1 < 4 * FINEST:
            return [left]
        return [*pieces(left, inner[1]), *pieces(inner[1], right)]

    first, last = ((v, border(v)) for v in ends)
    return [*pieces(first, last), last]


def _assembled(runs: Sequence[_Run], voltages: Range, k_effs: Range) -> Tiling:
    """Regions of the same ground state joined across runs, with their borders and junctions."""
    runs = _snapped(runs)
    seams = [_seam(a, b, k_effs) for a, b in zip([None, *runs], [*runs, None], strict=True)]
    loops: dict[int, list[Point]] = {}
    fillings: list[Filling] = []
    for run, left, right in zip(runs, seams[:-1], seams[1:], strict=True):
        flat = [[(run.low, k), (run.high, k)] for k in k_effs]
        lines = [flat[0], *run.borders, flat[1]]
        for (below, above), part in zip(pairwise(lines), run.look.stretches, strict=True):
            rise = [(run.high, k) for k in right if below[-1][1] < k < above[-1][1]]
            fall = [(run.low, k) for k in left[::-1] if below[0][1] < k < above[0][1]]
            loops[len(fillings)] = drop_repeats([*below, *rise, *above[::-1], *fall])
            fillings.append(part.state)
    return _tiling(_joined(loops, fillings), voltages, k_effs)


def _snapped(runs: Sequence[_Run]) -> list[_Run]:
    """The same border on both sides of a seam made to meet there."""
    found = list(runs)
    for index, (left, right) in enumerate(pairwise(runs)):
        names = [list(pairwise(run.look.labels)) for run in (left, right)]
        same = [(i, names[1].index(name)) for i, name in enumerate(names[0]) if names[1].count(name) == 1]
        borders = [list(line) for line in found[index + 1].borders]
        for i, j in same:
            borders[j][0] = found[index].borders[i][-1]
        found[index + 1] = _Run(right.low, right.high, right.look, borders)
    return found


def _seam(left: _Run | None, right: _Run | None, k_effs: Range) -> list[float]:
    """All K_eff (GPa) at which borders end on either side of a voltage."""
    at_left = [line[-1][1] for line in left.borders] if left else []
    at_right = [line[0][1] for line in right.borders] if right else []
    return sorted({*at_left, *at_right, *k_effs})


def _edges(loop: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(loop, [*loop[1:], loop[0]], strict=True))


def _joined(loops: dict[int, list[Point]], fillings: Sequence[Filling]) -> list[Region]:
    """Neighbours with the same ground state as one region: the edges that they share are dropped."""
    owner = {edge: index for index, loop in loops.items() for edge in _edges(loop)}
    group = list(range(len(fillings)))

    def root(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    labels = [support_of(filling) for filling in fillings]
    for (begin, end), index in owner.items():
        other = owner.get((end, begin))
        if other is not None and labels[other] == labels[index]:
            group[root(index)] = root(other)
    outlines: dict[int, dict[Point, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for (begin, end), index in owner.items():
        other = owner.get((end, begin))
        if other is None or root(other) != root(index):
            outlines[root(index)][begin].append(end)
    return [
        Region(np.array(loop), fillings[index]) for index, following in outlines.items() for loop in _chained(following)
    ]


def _chained(following: dict[Point, list[Point]]) -> list[list[Point]]:
    """Closed loops from directed edges."""
    loops = []
    while following:
        begin = next(iter(following))
        loop, point = [begin], following[begin].pop()
        while point != begin:
            loop.append(point)
            point = following[point].pop()
        for corner in loop:
            if corner in following and not following[corner]:
                del following[corner]
        loops.append(loop)
    return loops


def _tiling(regions: Sequence[Region], voltages: Range, k_effs: Range) -> Tiling:
    """Borders and junctions of regions whose shared edges are the same points."""
    solid = sorted((r for r in regions if polygon_area(r.corners) > 0), key=lambda r: tuple(r.corners.mean(axis=0)))
    owner: dict[tuple[Point, Point], int] = {}
    for index, region in enumerate(solid):
        owner |= dict.fromkeys(_edges([(float(v), float(k)) for v, k in region.corners]), index)
    shared = ((edge, index, owner.get(edge[::-1])) for edge, index in owner.items())
    borders = [Border((i, j), np.array(edge)) for edge, i, j in shared if j is not None and i < j]
    return Tiling(tuple(solid), tuple(borders), tuple(_junctions(solid, voltages, k_effs)))


def _junctions(regions: Sequence[Region], voltages: Range, k_effs: Range) -> list[tuple[FloatArray, tuple[int, ...]]]:
    """Points inside the map where three or more regions meet, to ``SAME_JUNCTION``."""
    frame = np.array([voltages, k_effs])
    every = np.concatenate([region.corners for region in regions])
    owners = np.repeat(np.arange(len(regions)), [len(region.corners) for region in regions])
    places = (every - frame[:, 0]) / np.ptp(frame, axis=1)
    found: list[tuple[FloatArray, tuple[int, ...]]] = []
    taken = np.zeros(len(every), dtype=bool)
    for index, near in enumerate(cKDTree(places).query_ball_point(places, SAME_JUNCTION)):
        meeting = sorted(set(owners[near].tolist()))
        inside = places[index].min() > SAME_JUNCTION and places[index].max() < 1 - SAME_JUNCTION
        if len(meeting) > 2 and inside and not taken[near].any():
            found.append((every[index], tuple(meeting)))
        if len(meeting) > 2:
            taken[near] = True
    return sorted(found, key=lambda junction: tuple(junction[0]))
