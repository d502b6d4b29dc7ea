"""The closed loop: products set the zone's moduli and strain, these set the constriction, and that sets the products.

Constriction is the effective modulus K_eff of the reaction zone in its surroundings, the zone's own compliance in
series (:mod:`selflimit.mesoscale.mechanics.effective_modulus`). The work done against it when the zone grows by dV is
K_eff dV^2/(2 V0), of which only the retained fraction r of the strain counts. So the phase diagram sees the index

    K = r^2 K_eff in the quadratic functionals, where this work is the functional itself, and
    K = r K_eff in the linear one, W = K dV: the published index, an overestimate of the work by 2/(r dV/V0).

With the linear functional the products are constant between critical moduli, so the answer F(K), the index of a zone
with the products of K, is piecewise constant, and its fixed points K = F(K) are read off exactly (:mod:`fixed_points`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from selflimit.coupling.fixed_points import Crossing, Piece, continuous_fixed_points, fixed_points
from selflimit.coupling.reaction_zone import ReactionZone, mix_products
from selflimit.documents import ConstrictionSegment, DecompositionDoc, PhaseAmount
from selflimit.documents.self_limitation import ClosedLoopDoc, FixedPoint, LoopBranch, RetainedFractionRow
from selflimit.mesoscale.bridge import linear_strain
from selflimit.mesoscale.mechanics.effective_modulus import EffectiveModulus, yielding_modulus
from selflimit.mesoscale.mechanics.static_stress import SWEEP
from selflimit.mesoscale.verdict.verdict import series_modulus, zone_geometry
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.progress import Progress, silent
from selflimit.units import GPA, MPA

STEP = 1e-3
"""Relative change of the modulus from which the slope of a continuous answer is read off."""


def close_loop(
    diagram: ConstrainedPhaseDiagram,
    composition: str,
    voltage: float,
    zone: ReactionZone,
    sweep: Sequence[float] = SWEEP,
    yield_strengths: Sequence[float] = (),
    progress: Progress = silent,
) -> ClosedLoopDoc:
    """Every self-consistent pair of products and constriction.

    Parameters
    ----------
    diagram
        The electrolyte and its competing phases; its functional is used.
    composition
        Formula of the electrolyte.
    voltage
        V vs the working ion's metal; 0 where lithium metal touches.
    zone
        The zone in its surroundings.
    sweep
        Retained fractions to report besides the parameters' own.
    yield_strengths
        Of lithium (Pa), for the secant modulus with plastic lithium.
    progress
        Listener.

    Raises
    ------
    InputError
        A product without elastic constants, a structure without electrolyte; or from the diagram.
    ConvergenceError
        If a linear solve misses its tolerance.
    """
    loop = _LinearLoop if diagram.functional.is_linear else _QuadraticLoop
    solver = loop(diagram, composition, voltage, zone)
    retained = zone.parameters.retained_fraction
    progress(0.0, "closed loop")
    points = solver.points(retained)
    rows = [_row(r, solver.points(r)) for r in sorted({*sweep, retained})]
    first = points[0]
    return ClosedLoopDoc(
        formula=solver.formula,
        voltage=voltage,
        functional=diagram.functional.name,
        retained_fraction=retained,
        geometry=zone_geometry(zone.structure, zone.depth),
        branches=solver.branches(retained),
        fixed_points=points,
        statement=loop_statement(points),
        retained_fraction_sweep=rows,
        yielding={f"{y / MPA:g}": _yielding(zone, first, y) for y in yield_strengths},
        parameters=zone.parameters.rows(),
        level_of_theory=diagram.level_of_theory,
    )


@dataclass(frozen=True)
class _LinearLoop:
    """The exact loop of the linear functional."""

    diagram: ConstrainedPhaseDiagram
    composition: str
    voltage: float
    zone: ReactionZone

    @cached_property
    def segments(self) -> list[ConstrictionSegment]:
        """Assemblages from 0 to the stiffest answer that is possible."""
        span = (0.0, self.zone.bound)
        return self.diagram.constriction_profile(self.composition, self.voltage, span).segments

    @cached_property
    def moduli(self) -> list[EffectiveModulus]:
        """Effective modulus of a zone of each assemblage; independent of the retained fraction."""
        return [self.zone.modulus(segment.products) for segment in self.segments]

    @property
    def formula(self) -> str:
        return self.diagram.products(self.composition, self.voltage, 0.0).formula

    def pieces(self, retained: float) -> list[Piece]:
        found = zip(self.segments, self.moduli, strict=True)
        return [Piece(s.k_eff_low, s.k_eff_high, retained * m.k_eff / GPA) for s, m in found]

    def branches(self, retained: float) -> list[LoopBranch]:
        pieces = self.pieces(retained)
        return [
            LoopBranch(
                low=piece.low, high=piece.high, reaction=segment.reaction, products=segment.products,
                reaction_strain=segment.reaction_strain, modulus=series_modulus(modulus), answer=piece.answer,
                # the pieces reach up to the zone's bound, which no answer exceeds, so there always is one
                next_branch=next(i for i, p in enumerate(pieces) if piece.answer <= p.high),
            )
            for piece, segment, modulus in zip(pieces, self.segments, self.moduli, strict=True)
        ]  # fmt: skip

    def points(self, retained: float) -> list[FixedPoint]:
        def mixed(number: int, share: float) -> float:
            return retained * self.zone.modulus(self._blend(number, share)).k_eff / GPA

        return [self._point(crossing, retained) for crossing in fixed_points(self.pieces(retained), mixed)]

    def _blend(self, number: int, share: float) -> list[PhaseAmount]:
        lower, upper = self.segments[number].products, self.segments[number + 1].products
        return mix_products(lower, upper, share)

    def _point(self, crossing: Crossing, retained: float) -> FixedPoint:
        here = self.segments[crossing.piece]
        if crossing.share_upper is None:
            modulus, text = self.moduli[crossing.piece], ALONE.format(here.k_eff_low, here.k_eff_high)
            return self._record(crossing, here.products, here.reaction, here.reaction_strain, modulus, retained, text)
        above, share = self.segments[crossing.piece + 1], crossing.share_upper
        products = self._blend(crossing.piece, share)
        strain = (1.0 - share) * here.reaction_strain + share * above.reaction_strain
        reaction, text = f"{here.reaction} | {above.reaction}", COEXISTING if crossing.stable else SEPARATING
        return self._record(crossing, products, reaction, strain, self.zone.modulus(products), retained, text)

    def _record(
        self,
        crossing: Crossing,
        products: list[PhaseAmount],
        reaction: str,
        strain: float,
        modulus: EffectiveModulus,
        retained: float,
        text: str,
    ) -> FixedPoint:
        return FixedPoint(
            kind="one assemblage" if crossing.share_upper is None else "coexistence",
            index=crossing.index,
            modulus=series_modulus(modulus),
            reaction=reaction,
            products=products,
            share_upper=crossing.share_upper,
            reaction_strain=strain,
            pressure=self.zone.compression(strain, modulus, retained) / MPA,
            stable=crossing.stable,
            margin=crossing.margin if math.isfinite(crossing.margin) else None,
            after_disturbance=text,
        )


ALONE = "while K stays between {:.4g} and {:.4g} GPa the same products answer, so it is gone after one round"
COEXISTING = (
    "more of the assemblage of higher K makes the zone answer with a lower one, which calls the other back, so it dies "
    "out; neither assemblage alone is consistent with its own answer, and a zone of one kind would alternate"
)
SEPARATING = "more of one assemblage makes the zone answer in its favour: it grows until the zone is all of one kind"
CONTINUOUS = "the answer follows K with the slope {:.3g}: it {} from round to round"


@dataclass(frozen=True)
class _QuadraticLoop:
    """The loop of the elastic functionals, whose products, shares included, follow K continuously."""

    diagram: ConstrainedPhaseDiagram
    composition: str
    voltage: float
    zone: ReactionZone

    @property
    def formula(self) -> str:
        return self.at(0.0).formula

    def branches(self, retained: float) -> list[LoopBranch]:
        return []

    def at(self, index: float) -> DecompositionDoc:
        # the difference quotient around a fixed point at 0 asks for a negative one
        return self.diagram.products(self.composition, self.voltage, max(index, 0.0))

    def points(self, retained: float) -> list[FixedPoint]:
        def answer(index: float) -> float:
            return retained**2 * self.zone.modulus(self.at(index).products).k_eff / GPA

        # nothing retained would leave no range to look through
        top = max(retained**2 * self.zone.bound, STEP)
        return [self._point(k, answer, retained) for k in continuous_fixed_points(answer, top)]

    def _point(self, index: float, answer: Callable[[float], float], retained: float) -> FixedPoint:
        step = STEP * max(index, STEP)
        slope = (answer(index + step) - answer(index - step)) / (2.0 * step)
        found = self.at(index)
        modulus = self.zone.modulus(found.products)
        return FixedPoint(
            kind="coexistence" if found.coexisting else "one assemblage",
            index=index,
            modulus=series_modulus(modulus),
            reaction=found.reaction,
            products=found.products,
            share_upper=found.coexisting[1].share_low if found.coexisting else None,
            reaction_strain=found.reaction_strain,
            pressure=self.zone.compression(found.reaction_strain, modulus, retained) / MPA,
            stable=abs(slope) < 1.0,
            margin=None,
            after_disturbance=CONTINUOUS.format(slope, "shrinks" if abs(slope) < 1.0 else "grows"),
        )


def loop_statement(points: Sequence[FixedPoint]) -> str:
    """What the loop settles to, in words."""
    stable = [point for point in points if point.stable]
    alone = [point for point in stable if point.kind == "one assemblage"]
    if len(stable) > 1:
        return f"{len(stable)} stable fixed points: which one is reached depends on where the reaction starts"
    if alone:
        return f"one stable fixed point: {alone[0].reaction} at K = {alone[0].index:.4g} GPa"
    if not stable:
        return "no stable fixed point"
    share, index = stable[0].share_upper or 0.0, stable[0].index
    return (
        f"no assemblage is consistent with its own constriction: two coexist at K = {index:.4g} GPa, {share:.2f} of "
        f"the electrolyte reacts as at higher K ({stable[0].reaction})"
    )


def _row(retained: float, points: Sequence[FixedPoint]) -> RetainedFractionRow:
    return RetainedFractionRow(
        retained_fraction=retained,
        indices=[point.index for point in points],
        reactions=[point.reaction for point in points],
        pressures=[point.pressure for point in points],
        stable=[point.stable for point in points],
    )


def _yielding(zone: ReactionZone, point: FixedPoint, strength: float) -> float:
    """Secant K_eff (GPa) with plastic lithium at the retained strain of a fixed point."""
    swelling = zone.parameters.retained_fraction * linear_strain(point.reaction_strain)
    parameters = zone.with_products(point.products)
    return yielding_modulus(zone.phases, zone.structure.grid, parameters, strength, swelling) / GPA
