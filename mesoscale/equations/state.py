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
