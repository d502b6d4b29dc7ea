"""Ground states and the voltage-K_eff map as records of the documents."""

from collections.abc import Callable
from typing import Any

from selflimit.documents import (
    CoexistingAssemblage,
    Conduction,
    ConstrictionSegment,
    DecompositionDoc,
    Polymorph,
    PredominanceBoundary,
    PredominanceRegion,
    TriplePoint,
    VoltageSegment,
)
from selflimit.phase_diagrams.chemical_system import Electrolyte
from selflimit.phase_diagrams.conduction import conduction_of
from selflimit.phase_diagrams.functionals.constriction import Constriction, StableAssemblage
from selflimit.phase_diagrams.geometry.tiling import Border, Region, Tiling
from selflimit.phase_diagrams.linear_programme import SMALLEST_AMOUNT, Candidates
from selflimit.phase_diagrams.reaction import Reaction
from selflimit.units import GPA_ANGSTROM3_TO_EV


def record_voltages(
    low: StableAssemblage,
    middle: StableAssemblage,
    high: StableAssemblage,
    strain_range: Callable[[StableAssemblage], tuple[float, float] | None],
) -> VoltageSegment:
    """Record one ground state over its voltages.

    Parameters
    ----------
    low, middle, high
        How it is at their beginning, middle and end (V).
    strain_range
        Reaction strains of a ground state over near polymorphs.
    """
    return VoltageSegment(
        voltage_low=low.voltage,
        voltage_high=high.voltage,
        pressure_low=low.pressure,
        pressure_high=high.pressure,
        coexisting=_coexistence(low, high),
        strain_range=strain_range(middle),
        **_shared(low, middle, high),
    )


def record_moduli(low: StableAssemblage, middle: StableAssemblage, high: StableAssemblage) -> ConstrictionSegment:
    """Record one ground state over its moduli.

    Parameters
    ----------
    low, middle, high
        How it is at their beginning, middle and end (GPa).
    """
    return ConstrictionSegment(k_eff_low=low.k_eff, k_eff_high=high.k_eff, **_shared(low, middle, high))


def _shared(low: StableAssemblage, middle: StableAssemblage, high: StableAssemblage) -> dict[str, Any]:
    """The fields that both kinds of segments have."""
    return {
        "products": middle.reaction.products(),
        "conduction": _conduction(middle.reaction),
        "ion_uptake": middle.reaction.ion_uptake,
        "reaction": middle.reaction.text(),
        "reaction_energy_low": low.energy,
        "reaction_energy_high": high.energy,
        "decomposition_volume": middle.reaction.volume_change,
        "reaction_strain": middle.reaction.strain,
    }


def _conduction(reaction: Reaction) -> Conduction | None:
    """Whether the products conduct electrons; None: there is no reaction."""
    return None if reaction.keeps_formula else conduction_of(reaction.products(), reaction.candidates.phases)


def _coexistence(low: StableAssemblage, high: StableAssemblage) -> list[CoexistingAssemblage]:
    """The two assemblages that coexist, with their shares at both ends; empty: there is one assemblage."""
    if len(low.parts) == 1:
        return []
    return [
        CoexistingAssemblage(products=found.products(), reaction=found.text(), share_low=share, share_high=share_high)
        for (found, share), (_, share_high) in zip(low.parts, high.parts, strict=True)
    ]


def record_crystals(electrolyte: Electrolyte) -> dict[str, Any]:
    """The electrolyte's crystal, and the distances of its polymorphs from it."""
    own = electrolyte.phase
    return {
        "formula": electrolyte.formula,
        "electrolyte_volume": electrolyte.volume,
        "electrolyte_entry": own.entry_id,
        "polymorphs": [
            Polymorph(entry_id=p.entry_id, energy=p.energy_per_atom - own.energy_per_atom, volume=p.volume)
            for p in electrolyte.polymorphs
        ],
    }


def record_decomposition(
    found: StableAssemblage, strain_range: tuple[float, float] | None, shared: dict[str, Any]
) -> DecompositionDoc:
    """Record the ground state at one voltage and K_eff.

    Parameters
    ----------
    found
        The ground state, of voltage in V and K_eff in GPa.
    strain_range
        Reaction strains over near polymorphs, dimensionless; None: nothing reacts.
    shared
        The fields that all documents have.
    """
    reaction, own = found.reaction, found.reaction.electrolyte
    grand_potential = reaction.grand_potential(found.voltage, found.energy)
    return DecompositionDoc(
        **shared,
        voltage=found.voltage,
        k_eff=found.k_eff,
        products=reaction.products(),
        ion_uptake=reaction.ion_uptake,
        reaction=reaction.text(),
        reaction_energy=found.energy,
        reaction_energy_per_atom=found.energy / own.atoms,
        strain_range=strain_range,
        conduction=_conduction(reaction),
        grand_potential=grand_potential,
        grand_potential_per_atom=grand_potential / own.atoms,
        pressure=found.pressure,
        coexisting=_coexistence(found, found),
        decomposition_volume=reaction.volume_change,
        reaction_strain=reaction.strain,
    )


def record_map(constriction: Constriction, tiling: Tiling, is_linear: bool) -> dict[str, Any]:
    """Regions of the map with products and reactions, their borders with equations, and triple points.

    Parameters
    ----------
    constriction
        What tiled the map.
    tiling
        The map over voltage (V) and K_eff (GPa).
    is_linear
        Whether the functional is; then a border's equation is the balance of its two assemblages, else the line through
        its ends.
    """
    candidates = constriction.candidates
    return {
        "regions": [_region(constriction, region) for region in tiling.regions],
        "boundaries": [
            _boundary(border, _balance_equation(tiling, border, candidates) if is_linear else _line(border))
            for border in tiling.borders
        ],
        "triple_points": [
            TriplePoint(voltage=float(point[0]), k_eff=float(point[1]), regions=list(regions))
            for point, regions in tiling.junctions
        ],
    }


def _region(constriction: Constriction, region: Region) -> PredominanceRegion:
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


def _boundary(border: Border, equation: tuple[float, float, float]) -> PredominanceBoundary:
    (energy, uptake, stiffness), ends = equation, border.ends.tolist()
    return PredominanceBoundary(
        regions=border.regions, ends=(tuple(ends[0]), tuple(ends[1])), energy=energy, uptake=uptake, stiffness=stiffness
    )


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
