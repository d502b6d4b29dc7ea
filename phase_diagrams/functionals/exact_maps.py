r"""The exact voltage-K_eff map of an electrolyte's ground states.

**Linear functional.** :math:`\Phi(\varphi, K)` is the minimum of functions linear in both, so its map is the lower
envelope of planes (:mod:`~selflimit.phase_diagrams.geometry.envelope`): convex polygons, straight borders, triple
points.

**Elastic functionals.** The ground state at (:math:`\varphi`, K) is that of the linear functional's map at
(:math:`\varphi`, p) with the self-consistent pressure :math:`p = K (V - V_0)/V_0`, so the elastic map is an exact image
of the linear one over voltage and pressure. With the strain :math:`\epsilon_A = (V_A - V_0)/V_0` of each assemblage

* a cell of A becomes the region :math:`(\varphi, K \epsilon_A) \in` cell: one assemblage at its own pressure;
* a border :math:`p_{AB}(\varphi)` becomes the region :math:`K \epsilon_B \le p_{AB}(\varphi) \le K \epsilon_A`, over
  the border's voltages: A and B coexist.

Both are convex polygons again, and nothing has to be traced.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.phase_diagrams.checks import Range
from selflimit.phase_diagrams.functionals.pressure_balance import Surrounding
from selflimit.phase_diagrams.geometry.envelope import Cell, Plane, clip, lower_envelope, rectangle
from selflimit.phase_diagrams.geometry.tiling import SAME_CORNER, Border, Region, Tiling, tiled
from selflimit.phase_diagrams.linear_programme import Assemblage, Candidates, Parametric, ground_state
from selflimit.units import GPA_ANGSTROM3_TO_EV

PRESSURE_MARGIN = 1.01
"""Pressures up to this multiple of the largest are mapped."""


def linear_cells(candidates: Candidates, voltages: Range, pressures: Range) -> list[Cell]:
    """Find the polygons of the linear functional over voltage and constriction.

    Parameters
    ----------
    candidates
        Phases that may take part.
    voltages, pressures
        Ends of the two axes (V and GPa).
    """
    slopes = np.vstack([candidates.energy, candidates.ion, GPA_ANGSTROM3_TO_EV * candidates.volume])

    def solve(voltage: float, pressure: float, start: tuple[int, ...]) -> Assemblage:
        return ground_state(candidates, [slopes[0] + voltage * slopes[1] + pressure * slopes[2]], start)

    def plane_of(assemblage: Assemblage) -> Plane:
        return Plane(slopes[:, list(assemblage.basis)] @ assemblage.amounts, assemblage)

    return lower_envelope(solve, plane_of, rectangle(voltages, pressures), candidates.references)


def linear_map(candidates: Candidates, voltages: Range, k_effs: Range) -> Tiling:
    """The map of the linear functional; ties within a whole region follow the rule of ``Candidates.ties``.

    Parameters
    ----------
    candidates
        Phases that may take part.
    voltages, k_effs
        Ends of the two axes (V and GPa).
    """
    regions = [
        Region(cell.corners, (_by_tie_rule(candidates, cell),)) for cell in linear_cells(candidates, voltages, k_effs)
    ]
    return tiled(regions, rectangle(voltages, k_effs))


def elastic_map(candidates: Candidates, surrounding: Surrounding, voltages: Range, k_effs: Range) -> Tiling:
    """The map of the elastic functional; of ``surrounding`` only the volumes are used.

    Parameters
    ----------
    candidates
        Phases that may take part.
    surrounding
        What the products swell against; its modulus is not used.
    voltages, k_effs
        Ends of the two axes (V and GPa).
    """
    frame = rectangle(voltages, k_effs)
    unit = replace(surrounding, modulus=1.0)

    def strain(assemblage: Assemblage) -> float:
        return unit.pressure(assemblage.total(candidates.volume))

    lowest, highest = _pressures(candidates, strain, voltages, k_effs[1])
    pressures = (lowest if surrounding.pulls else 0.0, highest)
    cells = linear_cells(candidates, voltages, pressures)
    flat = tiled([Region(c.corners, (_by_tie_rule(candidates, c),)) for c in cells], rectangle(voltages, pressures))
    alone = [Region(_alone(frame, r.corners, strain(r.assemblages[0])), r.assemblages) for r in flat.regions]
    pairs = [_pair(frame, flat, border, strain) for border in flat.borders]
    return tiled([region for region in (*alone, *pairs) if len(region.corners) > 2], frame)


def _by_tie_rule(candidates: Candidates, cell: Cell) -> Assemblage:
    """The cell's assemblage by the tie rule, which its middle decides for all of it."""
    voltage, constriction = cell.corners.mean(axis=0)
    cost = candidates.energy + voltage * candidates.ion + constriction * GPA_ANGSTROM3_TO_EV * candidates.volume
    return ground_state(candidates, [cost, *candidates.ties], cell.plane.assemblage.basis)


def _pressures(
    candidates: Candidates, strain: Callable[[Assemblage], float], voltages: Range, stiffest: float
) -> Range:
    """Pressures (GPa) that can arise: V(p) falls, so none exceeds what the strain at zero pressure asks for."""
    free = Parametric(candidates, candidates.energy, candidates.ion).stretches(*voltages)
    largest = PRESSURE_MARGIN * stiffest * max(abs(strain(stretch.state)) for stretch in free)
    return -max(largest, 1.0), max(largest, 1.0)


def _alone(frame: FloatArray, cell: FloatArray, strain: float) -> FloatArray:
    """Where (voltage, K strain) lies in ``cell``: one half-plane for each of its sides."""
    kept = frame
    for begin, end in zip(cell, np.roll(cell, -1, axis=0), strict=True):
        across, up = (end - begin) / np.hypot(*(end - begin))
        if len(kept) > 2:
            kept = clip(kept, up * (kept[:, 0] - begin[0]) - across * (strain * kept[:, 1] - begin[1]))
    return kept


def _pair(frame: FloatArray, flat: Tiling, border: Border, strain: Callable[[Assemblage], float]) -> Region:
    """Where the two assemblages of a border of the voltage-pressure map coexist."""
    pair = sorted((flat.regions[index].assemblages[0] for index in border.regions), key=strain, reverse=True)
    (left, at_left), (right, at_right) = sorted(border.ends.tolist())
    kept = np.empty((0, 2))
    if right - left > SAME_CORNER * np.ptp(frame[:, 0]):
        slope = (at_right - at_left) / (right - left)
        kept = clip(frame, left - frame[:, 0])
        kept = clip(kept, kept[:, 0] - right)
        for sign, assemblage in zip((1.0, -1.0), pair, strict=True):
            excess = sign * (at_left + slope * (kept[:, 0] - left) - kept[:, 1] * strain(assemblage))
            if excess.min() > -SAME_CORNER:  # not even anywhere: this assemblage is at rest with nothing of the other
                return Region(np.empty((0, 2)), (pair[0], pair[1]))
            kept = clip(kept, excess)
    return Region(kept, (pair[0], pair[1]))
