"""What a time step needs of the steps before it."""

from dataclasses import dataclass
from typing import NamedTuple

from selflimit.arrays import FloatArray
from selflimit.mesoscale.equations.step_length import Moment


class Mechanics(NamedTuple):
    """What a step needs of the mechanical equilibrium before it; ``CoupledEquations.stress`` gives all of it."""

    displacement: FloatArray
    """Nodal displacement (m), shape ``nodes + (d,)``: where the next solution begins."""
    pressure: FloatArray
    """Hydrostatic pressure per cell (Pa), shape ``shape``: what the front feels."""
    iterations: int
    """Iterations of the linear solver."""


class FilmAssemblage(NamedTuple):
    """What the film at a contact is being made of, and for which conditions that was asked."""

    voltage: float
    """E, reaction energy per electron (V)."""
    consumed_volume: float
    """Electrolyte that reacts per charge (m^3/C)."""
    swelling: float
    """Volume of the products less that of the electrolyte per charge (m^3/C)."""
    equation: str = ""
    """The reaction."""
    electrolyte: str = ""
    """Formula of what reacts; empty: not known."""
    electrolyte_volume: float = 1.0
    """Its molar volume (m^3/mol)."""
    amounts: dict[str, float] = {}  # noqa: RUF012
    """Formula of each product -> mol per mol of the electrolyte."""
    k_eff: float = 0.0
    """Effective modulus of the film in its surroundings (Pa); 0: not asked for."""
    retained: float = 0.0
    """Share of the reaction's strain that the pressure retains."""
    local_voltage: float = 0.0
    """Voltage at the contact (V against lithium) that it was asked for."""
    thickness: float = 0.0
    """Mean thickness of the film (m) then."""
    pressure: float = 0.0
    """Mean pressure at the contact (Pa) then."""
    contact: float = 0.0
    """Share of the electrolyte's surface that lithium touched then."""


class ContactState(NamedTuple):
    """Lithium under pressure that flows, and the product where it touches a closed phase; see ``mesoscale.flow``.

    Volumes and the charge are sums since the beginning, per m of depth (m^2, C/m; m^3 and C in three dimensions).
    """

    pressure: FloatArray
    """Pressure of the lithium (Pa), compression positive, shape ``nodes``; 0 where there is none."""
    film: FloatArray
    """Thickness of the electrolyte that has become product (m), shape ``nodes``; 0 where nothing is touched."""
    entering: FloatArray
    """Volume that flowed into free space in the last step, which moves the front in the next, shape ``nodes``."""
    advance: FloatArray
    """What the flow into free space added to xi in the last step, shape ``nodes``."""
    plated: float = 0.0
    """Lithium plated where it had no room, less what dissolved again under pressure."""
    swollen: float = 0.0
    """Volume by which the product has grown beyond the electrolyte that it was made of."""
    reacted: float = 0.0
    """Volume of the electrolyte that has become product."""
    extruded: float = 0.0
    """Lithium that has flowed out through the foil."""
    advanced: float = 0.0
    """Lithium that has flowed into free space."""
    unbalanced: float = 0.0
    """Volume that appeared from nowhere: of all above and what compression stores."""
    reaction_charge: float = 0.0
    """Charge that the product took."""
    assemblage: FilmAssemblage | None = None
    """What the film is being made of; None: there is none."""
    made: dict[str, float] = {}  # noqa: RUF012
    """Formula of each product -> mol made; of the electrolyte -> mol consumed, negative."""
    elsewhere: float = 0.0
    """Charge that passed and did not move the front, as the lithium that it would have deposited, less the lithium that
    moved the front without charge."""


@dataclass(frozen=True)
class State:
    """Everything that a step needs of the ones before.

    Attributes
    ----------
    past
        The last moments, newest first, at most three; of the third only the order parameter, c and phi are empty.
    mechanics
        Displacement and pressure.
    stressed
        Order parameter that ``mechanics`` belongs to, shape ``nodes``.
    preconditioned
        Order parameter at which the multigrid cycle of the stress was made, shape ``nodes``.
    lithium_imbalance
        Lithium that appeared from nowhere since the beginning (m^2, in units of c_0 per m of depth; m^3 in 3-D).
    charge_imbalance
        Charge that did (C per m of depth; C in 3-D).
    asked, reached
        Growth of the lithium (m^2; m^3 in 3-D) asked for by the kinetics, and that happened, since the last comparison.
    exchanged
        The same with deposition and dissolution added up: where it is much more, the front is held by its drives.
    overshoot
        Farthest that xi has been outside [0, 1].
    contraction
        Change of xi in the second sweep of a step over that in the first, as last seen.
    overpotential
        Potential of the metal against the far electrolyte (V): given, or found for a given current.
    contacts
        Pressure and film where lithium flows; None where it does not.
    """

    past: tuple[Moment, ...]
    mechanics: Mechanics
    stressed: FloatArray
    preconditioned: FloatArray
    lithium_imbalance: float = 0.0
    charge_imbalance: float = 0.0
    asked: float = 0.0
    reached: float = 0.0
    exchanged: float = 0.0
    overshoot: float = 0.0
    contraction: float = 1.0
    overpotential: float = 0.0
    contacts: ContactState | None = None

    @property
    def time(self) -> float:
        """Time (s)."""
        return self.past[0].time

    @property
    def xi(self) -> FloatArray:
        """Order parameter, shape ``nodes``."""
        return self.past[0].xi

    @property
    def c(self) -> FloatArray:
        """Normalised Li+ concentration, shape ``nodes``."""
        return self.past[0].c

    @property
    def phi(self) -> FloatArray:
        """Electric potential (V), shape ``nodes``."""
        return self.past[0].phi

    @property
    def elsewhere(self) -> float:
        """Lithium (m^2; m^3 in 3-D) that the charge so far would have added to the front's, beyond what it did."""
        return 0.0 if self.contacts is None else self.contacts.elsewhere

    @property
    def pressure(self) -> FloatArray:
        """Hydrostatic pressure per cell (Pa), shape ``shape``."""
        return self.mechanics.pressure


@dataclass
class Effort:
    """Work of a run, counted."""

    steps: int = 0
    rejected: int = 0
    sweeps: int = 0
    newton: int = 0
    multigrid: int = 0
