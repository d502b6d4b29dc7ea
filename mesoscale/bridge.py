"""What the atoms' documents give the continuum: moduli in Pa, mixtures of them, and where each number comes from."""

from typing import NamedTuple

from selflimit.documents import DecompositionDoc, ElasticDoc
from selflimit.errors import InputError
from selflimit.isotropic import Isotropic
from selflimit.units import ANGSTROM, ELEMENTARY_CHARGE, GPA


def hill_mixture(parts: list[tuple[float, ElasticDoc]]) -> Isotropic:
    """Hill average of a mixture: mean of Voigt (uniform strain) and Reuss (uniform stress) bulk and shear moduli.

    Parameters
    ----------
    parts
        Volume (any one unit) and elastic constants of each phase.

    Raises
    ------
    InputError
        If there is no phase.
    """
    if not parts:
        raise InputError(
            "expected at least one product phase with its volume, got none; the reaction zone needs moduli"
        )
    total = sum(volume for volume, _ in parts)
    bulk = _hill([(volume / total, phase.bulk_modulus) for volume, phase in parts]) * GPA
    shear = _hill([(volume / total, phase.shear_modulus) for volume, phase in parts]) * GPA
    return Isotropic.from_bulk_and_shear(bulk, shear)


def _hill(parts: list[tuple[float, float]]) -> float:
    voigt = sum(fraction * modulus for fraction, modulus in parts)
    reuss = 1.0 / sum(fraction / modulus for fraction, modulus in parts)
    return 0.5 * (voigt + reuss)


def linear_strain(volume_change: float) -> float:
    """Linear strain (1 + dV/V0)^(1/3) - 1 of a relative change of volume.

    >>> round(linear_strain(0.331), 12)
    0.1
    """
    return float((1.0 + volume_change) ** (1.0 / 3.0) - 1.0)


def in_pascal(constants: ElasticDoc) -> Isotropic:
    """Elastic constants of a document, which has them in GPa, in Pa."""
    return Isotropic(constants.youngs_modulus * GPA, constants.poisson_ratio)


def phase_moduli(phase: str, constants: Isotropic) -> dict[str, float]:
    """Fields of the parameters (Pa, 1) that hold the constants of a phase.

    >>> phase_moduli("zone", Isotropic(4.8e10, 0.25))
    {'zone_modulus': 48000000000.0, 'zone_poisson': 0.25}
    """
    return {f"{phase}_modulus": constants.youngs_modulus, f"{phase}_poisson": constants.poisson_ratio}


def require_elastic(formulas: list[str], elastic: dict[str, ElasticDoc]) -> None:
    """Refuse elastic constants that lack one of the formulas.

    Raises
    ------
    InputError
        The message names those that are missing.
    """
    missing = sorted(set(formulas) - set(elastic))
    if missing:
        raise InputError(
            f"expected elastic constants of {', '.join(sorted(set(formulas)))}, got none of {', '.join(missing)}; "
            "compute them with the elastic step of the workflow or give an ElasticDoc"
        )


def bridge_sources(decomposition: DecompositionDoc, elastic: dict[str, ElasticDoc], particle: str) -> dict[str, str]:
    """Where each parameter that the atoms give comes from, by its field.

    Parameters
    ----------
    decomposition
        Reaction of the electrolyte.
    elastic
        Elastic constants by formula.
    particle
        Formula of the particle layer.
    """
    host = elastic[decomposition.formula]
    made = {
        "particle": f"elastic constants of {particle}, {elastic[particle].level_of_theory.label}",
        "electrolyte": f"elastic constants of {host.formula}, {host.level_of_theory.label}",
        "zone": f"Hill mixture of the products of {decomposition.reaction}",
    }
    moduli = {f"{phase}_{kind}": source for phase, source in made.items() for kind in ("modulus", "poisson")}
    strain = f"(1 + dV/V0)^(1/3) - 1 of {decomposition.reaction}, {decomposition.level_of_theory.label}"
    return moduli | {"reaction_strain": strain}


class ReactionPerCharge(NamedTuple):
    """What one coulomb of the reaction of an electrolyte with lithium does."""

    voltage: float
    """E, reaction energy per electron: the voltage of a cell of metal and electrolyte (V)."""
    consumed_volume: float
    """V0/(z F), volume of the electrolyte that reacts (m^3/C)."""
    swelling: float
    """dV/(z F), volume of the products less that of the electrolyte (m^3/C); Li+ comes through the electrolyte."""


def reaction_per_charge(decomposition: DecompositionDoc) -> ReactionPerCharge:
    """Voltage and volumes of a decomposition per charge, in SI.

    z lithium atoms are taken up per formula unit: E = -(reaction energy)/(z e), against the metal's potential.

    Raises
    ------
    InputError
        If the reaction takes up no lithium: then no current goes with it.
    """
    z = decomposition.ion_uptake
    if not z > 0.0:
        raise InputError(
            f"expected a reaction of {decomposition.formula} that takes up {decomposition.working_ion}, got "
            f"{decomposition.reaction} with {z:g} per formula unit; give a decomposition at a lower voltage"
        )
    per_coulomb = ANGSTROM**3 / (z * ELEMENTARY_CHARGE)
    return ReactionPerCharge(
        voltage=decomposition.voltage - decomposition.reaction_energy / z,
        consumed_volume=decomposition.electrolyte_volume * per_coulomb,
        swelling=decomposition.decomposition_volume * per_coulomb,
    )
