"""What is given of lithium that flows and of the product at its contact."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from selflimit.errors import InputError
from selflimit.isotropic import Isotropic, bulk_modulus
from selflimit.mesoscale.arrest.creep import LITHIUM_CREEP, Creep
from selflimit.mesoscale.arrest.known_ranges import ELECTRONIC_CONDUCTIVITY, KNOWN_RANGES
from selflimit.mesoscale.bridge import ReactionPerCharge
from selflimit.mesoscale.equations.state import FilmAssemblage
from selflimit.mesoscale.layers.microstructure import phase_lame
from selflimit.mesoscale.parameters import InterfaceParameters

WIDEST_SLOT = 1e-3
"""Width (m) beyond which a slot is none."""
LARGEST_STACK_PRESSURE = 1e9
"""Pressure (Pa) on the stack beyond which the unit is wrong."""


def metal_stiffness(p: InterfaceParameters) -> float:
    """Bulk modulus K of lithium (Pa), by which confined lithium stores what is plated: its own, in a rigid host.

    It sets how fast a pressure builds up, within seconds, and not how far.
    """
    return float(bulk_modulus(*phase_lame(p, "lithium")))


class FilmConditions(NamedTuple):
    """What decides on the products at a contact."""

    voltage: float
    """Voltage of the electrolyte there (V against lithium)."""
    thickness: float
    """Mean thickness of the film (m)."""
    pressure: float
    """Mean pressure of the lithium there (Pa)."""
    contact: float
    """Share of the electrolyte's surface that lithium touches."""
    k_eff: Callable[[Isotropic], float]
    """Effective modulus (Pa) of a film of such moduli (Pa) in the layer as it is; 0 without contact."""

    def stamped(self, found: FilmAssemblage) -> FilmAssemblage:
        """What was found, with the conditions that it was asked for."""
        return found._replace(
            local_voltage=self.voltage, thickness=self.thickness, pressure=self.pressure, contact=self.contact
        )


class FilmReaction(Protocol):
    """What the film is made of while the layer grows."""

    def react(self, asked: FilmConditions) -> FilmAssemblage:
        """The products under these conditions."""
        ...


@dataclass(frozen=True)
class FixedReaction:
    """One reaction, whatever the voltage and the constriction.

    Attributes
    ----------
    reaction
        Its voltage and volumes per charge.
    """

    reaction: ReactionPerCharge

    def react(self, asked: FilmConditions) -> FilmAssemblage:
        """The reaction."""
        return asked.stamped(FilmAssemblage(*self.reaction))


@dataclass(frozen=True)
class ProductFilm:
    """The product that forms where lithium touches the less stable electrolyte.

    Attributes
    ----------
    reaction
        What reacts to what.
    electronic_conductivity, ionic_conductivity
        sigma_e and sigma_i of the product (S/m). Default: the central values of the table of known ranges for a
        product that insulates; neither is known for a chloride.
    resistance
        r of the reaction itself (Ohm m^2); the rest of the circuit is resolved.
    first_thickness
        Thickness of the film where lithium first touches (m). Without one the current through a bare film has no bound.

    Raises
    ------
    InputError
        If a number has the wrong sign.
    """

    reaction: FilmReaction
    electronic_conductivity: float = ELECTRONIC_CONDUCTIVITY["insulate"].central
    ionic_conductivity: float = KNOWN_RANGES["ionic_conductivity"].central
    resistance: float = 0.0
    first_thickness: float = 0.0

    def __post_init__(self) -> None:
        for name in ("electronic_conductivity", "ionic_conductivity"):
            if not (value := getattr(self, name)) > 0.0:
                raise InputError(f"expected a positive {name} of the film, got {value} S/m")
        for name, unit in (("resistance", "Ohm m^2"), ("first_thickness", "m")):
            if not (value := getattr(self, name)) >= 0.0:
                raise InputError(f"expected {name} of the film of at least 0, got {value} {unit}")


@dataclass(frozen=True)
class LithiumFlow:
    """Lithium as a metal that creeps through slots between the particles, in place of an elastic one that expands.

    Attributes
    ----------
    fine_slot, coarse_slot
        Width H of the slots among fine particles and within 1 um of coarse ones (m). Default: the central value of the
        widest slot of the table of known ranges, which is assumed.
    stack_pressure
        Pressure on the foil (Pa).
    creep
        Law of the metal; None: it does not flow.
    film
        The product at the less stable electrolyte; None: nothing reacts.

    Raises
    ------
    InputError
        If a width or the pressure makes no sense.
    """

    fine_slot: float = KNOWN_RANGES["slot_width"].central
    coarse_slot: float = KNOWN_RANGES["slot_width"].central
    stack_pressure: float = 0.0
    creep: Creep | None = LITHIUM_CREEP
    film: ProductFilm | None = None

    def __post_init__(self) -> None:
        for name in ("fine_slot", "coarse_slot"):
            if not 0.0 < (width := getattr(self, name)) < WIDEST_SLOT:
                raise InputError(f"expected {name} between 0 and {WIDEST_SLOT:g} m, got {width} m")
        if not 0.0 <= self.stack_pressure < LARGEST_STACK_PRESSURE:
            raise InputError(
                f"expected a stack_pressure from 0 to {LARGEST_STACK_PRESSURE:g} Pa, got {self.stack_pressure} Pa"
            )
