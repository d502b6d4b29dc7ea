"""Does this layer self-limit? Coverage, velocity and stress of one growth, judged by a stated criterion.

A layer is self-limiting if lithium that reaches the less stable electrolyte

(a) stays localised: at most a given share of the electrolyte's surface is covered at the end of the growth, and
(b) is arrested: the stress overpotential eta_m = -C P v_m/(nF) of the lithium at that surface, deposition and products'
    expansion together, is at least as large as the applied overpotential, so that Butler-Volmer's rate is not
    positive.

Neither follows from the other. That the growth itself comes to rest is no evidence: the electrolyte is closed to
lithium in the model, so lithium stops wherever it has filled the space that is open to it. A layer that lithium has not
crossed by the end gets no verdict, and neither does a growth with much lithium that is detached from the electrode: an
artefact of strong stress terms in diffuse fronts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc
from selflimit.documents.self_limitation import Criterion, SeriesModulus, VerdictDoc, ZoneGeometry
from selflimit.mesoscale.equations.electrochemistry import mechanical_overpotential
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.mechanics.effective_modulus import EffectiveModulus, modulus_at_tip
from selflimit.mesoscale.mechanics.static_stress import interface_stress
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.verdict.contact import Contact, detached_share
from selflimit.units import FARADAY, GPA, MICROMETRE, MPA

ZONE_DEPTH = 6.0 * MICROMETRE
"""Default depth of the reaction zone (m): an assumption, the same as in the static stress; the docs have its sweep."""


@dataclass(frozen=True)
class StressAtContact:
    """Compression of the lithium that touches the electrolyte, and what the zone feels (Pa; compression positive).

    Attributes
    ----------
    lithium
        Of the lithium's own expansion.
    reaction
        Of the products' expansion in the zone.
    modulus
        Effective modulus of the zone.
    """

    lithium: float
    reaction: float
    modulus: EffectiveModulus


def stress_at_contact(
    structure: Microstructure, xi: FloatArray, contact: Contact, p: InterfaceParameters, depth: float = ZONE_DEPTH
) -> StressAtContact:
    """Static stress at the covered surface with the reaction's products in place.

    Parameters
    ----------
    structure
        The layer with its electrolyte.
    xi
        Order parameter, shape ``grid.nodes``.
    contact
        Where it touches.
    p
        Parameters; the zone expands by ``p.zone_eigenstrain`` along each axis.
    depth
        Depth of the reaction zone (m).

    Raises
    ------
    InputError
        If lithium does not touch the electrolyte or the zone is thinner than two cells.
    ConvergenceError
        If a linear solve misses its tolerance.
    """
    phases = contact.phases(structure, xi, depth)
    solved = interface_stress(structure.grid, phases, p)
    reaction = p.zone_eigenstrain * solved.zone.pressure
    return StressAtContact(
        lithium=-contact.mean_over_covered(solved.lithium.pressure),
        reaction=-contact.mean_over_covered(reaction),
        modulus=modulus_at_tip(phases, structure.grid, p),
    )


def judge(
    growth: GrowthDoc,
    order_parameters: FloatArray,
    structure: Microstructure,
    p: InterfaceParameters,
    duration: float,
    criterion: Criterion,
    depth: float = ZONE_DEPTH,
) -> VerdictDoc:
    """The verdict on one growth.

    Parameters
    ----------
    growth
        Its document.
    order_parameters
        Order parameter at the output times, shape ``(times, *grid.nodes)``.
    structure, p
        What was grown in, with which parameters.
    duration
        Model time that was asked for (s).
    criterion
        Thresholds.
    depth
        Depth of the reaction zone (m).

    Raises
    ------
    InputError
        If the structure has no electrolyte.
    ConvergenceError
        If a linear solve misses its tolerance.
    """
    contacts = [Contact.of(structure, xi) for xi in order_parameters]
    coverage = [contact.coverage for contact in contacts]
    reached = next((i for i, share in enumerate(coverage) if share >= criterion.reached), None)
    last = contacts[-1]
    at_contact = stress_at_contact(structure, order_parameters[-1], last, p, depth) if last.coverage > 0 else None
    # the velocity is that until the arrival: then the electrolyte is in the way
    end, detached = len(coverage) - 1 if reached is None else reached, detached_share(order_parameters[-1])
    thickness = structure.grid.size[-1] * (1.0 - float(structure.electrolyte.mean()))
    return VerdictDoc(
        geometry=zone_geometry(structure, depth),
        coarse_fraction=structure.coarse_fraction,
        coarse_contact=last.coarse_share,
        parameters=p.rows(),
        criterion=criterion,
        duration=duration,
        times=growth.times,
        coverage=coverage,
        coverage_fine=[contact.coverage_fine for contact in contacts],
        coverage_coarse=[contact.coverage_coarse for contact in contacts],
        arrival=None if reached is None else growth.times[reached],
        penetration=growth.tip_height[-1] / thickness,
        detached=detached,
        tip_velocity=(growth.tip_height[end] - growth.tip_height[0]) / (growth.times[end] - growth.times[0]),
        planar_velocity=p.planar_velocity(p.overpotential),
        notes=growth.notes,
        **(
            _undecided(coverage)
            if reached is None or at_contact is None
            else _decision(coverage, detached, at_contact, p, criterion)
        ),
    )


def zone_geometry(structure: Microstructure, depth: float) -> ZoneGeometry:
    """The document's record of a zone and its surroundings."""
    plane = structure.grid.dimension == 2
    return ZoneGeometry(
        microstructure=structure.describe(),
        grid_shape=structure.grid.shape,
        spacing=structure.grid.spacing,
        depth=depth,
        constraint="plane strain" if plane else "three dimensions",
    )


def series_modulus(found: EffectiveModulus) -> SeriesModulus:
    """The document's record of an effective modulus, in GPa."""
    rigid = np.isinf(found.surroundings)
    return SeriesModulus(
        k_eff=found.k_eff / GPA, zone=found.zone / GPA, surroundings=None if rigid else found.surroundings / GPA
    )


def _undecided(coverage: Sequence[float]) -> dict[str, Any]:
    unknown = (
        "compression_lithium", "compression_reaction", "zone_modulus", "stress_overpotential", "stress_ratio",
        "velocity_ratio", "critical_correction", "localised", "arrested", "self_limiting",
    )  # fmt: skip
    reason = f"no verdict: lithium covers {coverage[-1]:.2f} of the electrolyte's surface, it has not arrived"
    return dict.fromkeys(unknown) | {"reason": reason}


def _decision(
    coverage: Sequence[float], detached: float, stress: StressAtContact, p: InterfaceParameters, criterion: Criterion
) -> dict[str, Any]:
    compression = stress.lithium + stress.reaction
    opposing = float(mechanical_overpotential(p, np.array(-compression)))
    ratio = opposing / abs(p.overpotential)
    localised, arrested = coverage[-1] <= criterion.largest_coverage, ratio >= criterion.least_stress_ratio
    trusted = detached <= criterion.largest_detached
    reason = _reason(coverage[-1], ratio, localised, arrested, criterion)
    return {
        "compression_lithium": stress.lithium / MPA,
        "compression_reaction": stress.reaction / MPA,
        "zone_modulus": series_modulus(stress.modulus),
        "stress_overpotential": opposing,
        "stress_ratio": ratio,
        "velocity_ratio": p.planar_velocity(p.overpotential + opposing) / p.planar_velocity(p.overpotential),
        "critical_correction": critical_correction(p, compression),
        "localised": localised,
        "arrested": arrested,
        "self_limiting": localised and arrested if trusted else None,
        "reason": reason if trusted else f"{_untrusted(detached, criterion)}; else {reason}",
    }


def critical_correction(p: InterfaceParameters, compression: float) -> float | None:
    """Correction factor C from which eta_m outweighs the applied overpotential at a compression (Pa).

    C* = |eta| n F/(compression v_m); None: no compression.

    >>> critical_correction(InterfaceParameters(), compression=9e6)
    82.466...
    """
    if compression <= 0.0:
        return None
    return abs(p.overpotential) * p.charge_number * FARADAY / (compression * p.metal_molar_volume)


def _untrusted(detached: float, criterion: Criterion) -> str:
    return (
        f"no verdict: {detached:.2f} of the lithium is not connected to the electrode, at most "
        f"{criterion.largest_detached:g} allowed; the stress term is stronger than a diffuse front can follow"
    )


def _reason(coverage: float, ratio: float, localised: bool, arrested: bool, criterion: Criterion) -> str:
    spread = f"{'localised' if localised else 'spread'}: {coverage:.2f} of the surface covered, "
    spread += f"at most {criterion.largest_coverage:g} allowed"
    stop = f"{'arrested' if arrested else 'not arrested'}: eta_m is {ratio:.2f} of the applied overpotential, "
    stop += f"at least {criterion.least_stress_ratio:g} needed"
    return f"{'self-limiting' if localised and arrested else 'not self-limiting'}; {spread}; {stop}"
