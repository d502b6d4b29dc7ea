"""The voltage-K_eff map as records."""

from selflimit.documents import Functional, PredominanceBoundary, PredominanceRegion, TriplePoint
from selflimit.phase_diagrams.functionals.functionals import Constriction
from selflimit.phase_diagrams.geometry.tiling import Border, Region, Tiling
from selflimit.phase_diagrams.linear_programme import SMALLEST_AMOUNT, Candidates
from selflimit.units import GPA_ANGSTROM3_TO_EV


def region_records(tiling: Tiling, constriction: Constriction) -> list[PredominanceRegion]:
    """Each region with its products and reaction."""

    def record(region: Region) -> PredominanceRegion:
        pair = len(region.assemblages) == 2
        whole = constriction.reaction_in(region, (0.5, 0.5) if pair else (1.0,) * len(region.assemblages))
        each = [constriction.reaction_in(region, shares) for shares in ((1.0, 0.0), (0.0, 1.0))] if pair else [whole]
        return PredominanceRegion(
            vertices=[(float(v), float(k)) for v, k in region.corners],
            products=whole.products(),
            ion_uptake=whole.ion_uptake,
            reaction=" | ".join(reaction.text() for reaction in each),
            reaction_strain=whole.strain,
            coexisting=pair,
        )

    return [record(region) for region in tiling.regions]


def boundary_records(tiling: Tiling, candidates: Candidates, functional: Functional) -> list[PredominanceBoundary]:
    """Each border with its closed form: of the two assemblages (linear), else of the line through its ends."""

    def record(border: Border) -> PredominanceBoundary:
        linear = functional == "linear"
        equation = _balance_equation(tiling, border, candidates) if linear else _line(border)
        (energy, uptake, stiffness), ends = equation, border.ends.tolist()
        return PredominanceBoundary(
            regions=border.regions,
            ends=(tuple(ends[0]), tuple(ends[1])),
            energy=energy,
            uptake=uptake,
            stiffness=stiffness,
        )

    return [record(border) for border in tiling.borders]


def junction_records(tiling: Tiling) -> list[TriplePoint]:
    """Points inside the map where three or more regions meet."""
    return [
        TriplePoint(voltage=float(point[0]), k_eff=float(point[1]), regions=list(regions))
        for point, regions in tiling.junctions
    ]


def _balance_equation(tiling: Tiling, border: Border, candidates: Candidates) -> tuple[float, float, float]:
    """Differences of the second and the first region: energy (eV), ion uptake, volume times 1 GPa (eV/GPa)."""
    first, second = (tiling.regions[index].assemblages[0] for index in border.regions)
    energy, uptake, growth = (
        second.total(c) - first.total(c) for c in (candidates.energy, candidates.ion, candidates.volume)
    )
    return energy, _zero_if_small(uptake), GPA_ANGSTROM3_TO_EV * _zero_if_small(growth)


def _line(border: Border) -> tuple[float, float, float]:
    """Coefficients of the line through the ends, the larger of the last two being 1 in size."""
    (v1, k1), (v2, k2) = border.ends.tolist()
    scale = max(abs(k2 - k1), abs(v2 - v1))
    uptake, stiffness = (k2 - k1) / scale, (v1 - v2) / scale
    return -(uptake * v1 + stiffness * k1), uptake, stiffness


def _zero_if_small(difference: float) -> float:
    return 0.0 if abs(difference) < SMALLEST_AMOUNT else difference
