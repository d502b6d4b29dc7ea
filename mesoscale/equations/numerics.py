"""Settings of how a growth is computed, and by which equations."""

from dataclasses import dataclass

from selflimit.mesoscale.equations.sharp_limit import FormName


@dataclass(frozen=True)
class Numerics:
    """How a run is computed; but for ``front``, which says by which equations, none of it is physics.

    Attributes
    ----------
    order
        Order in time of the front: 2 for BDF2, 1 for backward Euler.
    time_tolerance
        Largest estimated error of xi that a step may make; larger ones are rejected.
    first_step, longest_step, shortest_step
        Time steps (s).
    sweep_tolerance
        Largest change of xi that another sweep of a step would still make, as estimated.
    most_sweeps
        Sweeps after which a step counts as too long.
    newton_tolerance
        Largest Newton update of xi that counts as converged.
    overshoot_tolerance
        How far xi may leave [0, 1]; a step that goes further is rejected. The run reports how far it went.
    concentration_rtol, potential_rtol, mechanics_rtol
        Relative residuals of the linear solves; the first two bound the errors of the lithium and charge balances.
    mechanics_change
        The stress is solved anew when xi has changed by more than this anywhere since its last solve.
    balance_tolerance
        Largest relative imbalance of the lithium and of the charge.
    frozen_concentration
        Keep c = 1, as in a single-ion conductor.
    allow_unresolved
        Compute on a grid with dx > w although the front is pinned or slowed there; the document says so.
    front
        'single-ion' for a solid electrolyte, in which only Li+ moves: c = 1, the metal has one potential and the
        electrolyte's is Ohm's; 'published' for the published equations, in which salt is used up and one potential
        stands for both; 'sharp' for these with a front that moves as one without width does.
    """

    order: int = 2
    time_tolerance: float = 0.01
    first_step: float = 0.5
    longest_step: float = 60.0
    shortest_step: float = 1e-6
    sweep_tolerance: float = 0.01
    most_sweeps: int = 20
    newton_tolerance: float = 1e-4
    overshoot_tolerance: float = 0.02
    concentration_rtol: float = 1e-9
    potential_rtol: float = 1e-7
    mechanics_rtol: float = 1e-5
    mechanics_change: float = 0.03
    balance_tolerance: float = 1e-4
    frozen_concentration: bool = False
    allow_unresolved: bool = False
    front: FormName = "single-ion"

    def __post_init__(self) -> None:
        """In a single-ion conductor c = 1."""
        if self.front == "single-ion":
            object.__setattr__(self, "frozen_concentration", True)
