"""Growth of lithium through a particle layer: front, Li+, potential and stress in time.

Backward Euler for the front and the concentration, one after the other within a step, with the charge and the lithium
of the front handed over exactly; quasi-static mechanics. Equations and numerics: docs/theory/phase-field.md.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from selflimit.documents import GrowthDoc
from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale import electrochemistry as ec
from selflimit.mesoscale.elasticity import MechanicalState, equilibrium, roller_box
from selflimit.mesoscale.fields import save_fields
from selflimit.mesoscale.front import Front
from selflimit.mesoscale.grid import Array
from selflimit.mesoscale.microstructure import Microstructure, phase_lame
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.progress import Progress, silent
from selflimit.units import MPA

RELAXATION = 2.0 / 3.0
"""Share of a new concentration that the next sweep's front sees. The plain iteration alternates about its limit with a
factor of -0.5 (measured at 300 A/m^2; the growing front amplifies its own consumption), which this share cancels."""


@dataclass(frozen=True)
class Numerics:
    """How a run is computed; none of it is physics.

    Attributes
    ----------
    target_change
        Change of xi per step that the step length aims at; steps above 1.5 times it are rejected.
    first_step, longest_step, shortest_step
        Time steps (s).
    sweeps
        Passes through front, concentration and potential per step.
    newton_tolerance
        Largest Newton update of xi that counts as converged.
    concentration_rtol, potential_rtol, mechanics_rtol
        Relative residuals of the linear solves; that of the concentration bounds the error of the lithium balance.
    mechanics_change
        The stress is solved anew when xi has changed by more than this anywhere since its last solve.
    balance_tolerance
        Largest relative imbalance of the lithium inventory.
    frozen_concentration
        Keep c = 1: the limit of a single-ion conductor.
    allow_unresolved
        Compute on a grid with dx > w although the front is pinned or slowed there.
    """

    target_change: float = 0.15
    first_step: float = 0.5
    longest_step: float = 60.0
    shortest_step: float = 1e-6
    sweeps: int = 2
    newton_tolerance: float = 1e-5
    concentration_rtol: float = 1e-9
    potential_rtol: float = 1e-7
    mechanics_rtol: float = 1e-5
    mechanics_change: float = 0.1
    balance_tolerance: float = 1e-4
    frozen_concentration: bool = False
    allow_unresolved: bool = False


class State(NamedTuple):
    """Everything that a step needs of the one before. Arrays of shape ``nodes`` unless said otherwise."""

    time: float
    """Time (s)."""
    xi: Array
    """Order parameter."""
    c: Array
    """Normalised Li+ concentration."""
    phi: Array
    """Electric potential (V)."""
    mechanics: MechanicalState
    """Displacement and stress."""
    stressed: Array
    """Order parameter that ``mechanics`` belongs to."""
    imbalance: float
    """Lithium that appeared from nowhere since the beginning (m^2, in units of c_0 per m of depth)."""


@dataclass
class Effort:
    """Work of a run, counted."""

    steps: int = 0
    rejected: int = 0
    newton: int = 0
    multigrid: int = 0


@dataclass(frozen=True)
class GrowthModel:
    """Growth of lithium in one microstructure.

    Parameters
    ----------
    parameters
        Physical parameters.
    microstructure
        Particle classes on their grid.
    numerics
        Steps and tolerances.

    Raises
    ------
    InputError
        If the grid does not resolve the front (dx > w) and ``numerics.allow_unresolved`` is not set.
    """

    parameters: InterfaceParameters
    microstructure: Microstructure
    numerics: Numerics = field(default_factory=Numerics)

    def __post_init__(self) -> None:
        """Check that the grid resolves the front."""
        dx, w = self.microstructure.grid.spacing, self.parameters.interface_width
        if dx > w * (1.0 + 1e-9) and not self.numerics.allow_unresolved:
            raise InputError(
                f"expected dx <= w to resolve the front, got dx = {dx:.3g} m and w = {w:.3g} m (the front pins at "
                "1.33 w); refine the grid, widen interface_width or set allow_unresolved"
            )

    @property
    def front(self) -> Front:
        """The order-parameter equation on this grid."""
        return Front(self.microstructure.grid, self.parameters)

    def run(
        self, duration: float, outputs: Sequence[float] | int, folder: Path, progress: Progress = silent
    ) -> GrowthDoc:
        """Grow for ``duration`` from a strip with needles, or until lithium comes near the far electrolyte.

        Parameters
        ----------
        duration
            Model time (s).
        outputs
            Output times (s) between 0 and ``duration``, or how many equal intervals to write (0 included).
        folder
            Where the fields go, as 'growth-<microstructure>.npz'.
        progress
            Listener.

        Raises
        ------
        InputError
            If the duration or an output time makes no sense.
        ConvergenceError
            If the step falls below ``shortest_step`` or lithium is not conserved.
        """
        times = output_times(duration, outputs)
        xi = self.microstructure.initial_lithium(self.parameters.interface_width)
        states, effort = self.evolve(xi, times, progress)
        return self._document(states, effort, folder)

    def evolve(self, xi: Array, times: Sequence[float], progress: Progress = silent) -> tuple[list[State], Effort]:
        """States at ``times`` (s, ascending, the first is the beginning) from the order parameter ``xi``.

        Ends early, with the state of that moment, when lithium comes near the far electrolyte (``short_circuit``).
        """
        effort, front = Effort(), self.front
        states = [self.initial_state(xi, times[0], effort)]
        dt = self.numerics.first_step
        for goal in times[1:]:
            state = states[-1]
            while state.time < goal * (1.0 - 1e-12):
                state, dt = self._next(front, state, dt, goal, effort)
                if self.short_circuit(state):
                    return [*states, state], effort
                progress((state.time - times[0]) / (times[-1] - times[0]), f"{state.time:.0f} s, step {effort.steps}")
            states.append(state)
        return states, effort

    def short_circuit(self, state: State) -> bool:
        """Whether lithium is within ten interface widths of the top, where c = 1 and phi = 0 are held."""
        height, w = self.microstructure.grid.size[1], self.parameters.interface_width
        return tip_height(self.microstructure.grid.spacing, state.xi) > height - 10.0 * w

    def initial_state(self, xi: Array, time: float, effort: Effort) -> State:
        """State of order parameter ``xi`` before any growth: c = 1 - h, potential of Ohm's law, its stress."""
        grid, p = self.microstructure.grid, self.parameters
        c = np.ones_like(xi) if self.numerics.frozen_concentration else 1.0 - ec.switch(xi)
        phi = ec.potential(grid, p, xi, np.zeros_like(xi), np.zeros_like(xi), self.numerics.potential_rtol)
        mechanics = self.stress(xi, np.zeros((*grid.nodes, 2)))
        effort.multigrid += phi.iterations + mechanics.iterations
        return State(time, xi, c, phi.x, mechanics, xi, 0.0)

    def stress(self, xi: Array, guess: Array) -> MechanicalState:
        """Mechanical equilibrium with lithium at h(xi): C = h C_Li + (1 - h) C_host, eps0 = K(x) h(xi)."""
        grid, p, structure = self.microstructure.grid, self.parameters, self.microstructure
        h = grid.to_cells(ec.switch(xi))
        lithium, host = phase_lame(p, "lithium"), structure.host_moduli(p)
        lam, mu = (h * a + (1.0 - h) * b for a, b in zip(lithium, host, strict=True))
        eigenstrain = structure.expansion(p) * h[..., None]
        return equilibrium(grid, lam, mu, eigenstrain, roller_box(grid), guess, self.numerics.mechanics_rtol)

    def _next(self, front: Front, state: State, dt: float, goal: float, effort: Effort) -> tuple[State, float]:
        """One accepted step towards ``goal``, and the length to try next; fails below the shortest step."""
        n = self.numerics
        while True:
            left = goal - state.time
            length = left if dt >= left else min(dt, max(0.5 * left, n.shortest_step))
            try:
                new = self.step(front, state, length, effort)
                change = float(np.max(np.abs(new.xi - state.xi)))
            except ConvergenceError:
                new, change = state, np.inf
            if change <= 1.5 * n.target_change:
                effort.steps += 1
                self._check_balance(new)
                grown = length * float(np.clip(n.target_change / max(change, 1e-12), 0.5, 1.25))
                return new, min(max(grown, dt if length < dt else 0.0), n.longest_step)
            effort.rejected += 1
            dt = 0.5 * length
            if dt < n.shortest_step:
                raise ConvergenceError(
                    f"growth: step fell to {dt} s at {state.time} s; relax the tolerances or the noise"
                )

    def step(self, front: Front, state: State, dt: float, effort: Effort) -> State:
        """State after a backward-Euler step of length ``dt`` (s).

        Each sweep moves the front at the last c and phi, solves c with the growth linearised in c, adds the linearised
        growth of the change in c to the front (so that c + (c_s/c_0) xi is conserved), and solves phi.
        """
        n, p, grid = self.numerics, self.parameters, self.microstructure.grid
        eta_m = grid.to_nodes(ec.mechanical_overpotential(p, state.mechanics.pressure))
        load = self._explicit_rate(front, state, eta_m, dt, effort.steps)
        xi, c, phi = state.xi, state.c, state.phi
        seen = c
        for _ in range(n.sweeps):
            seen = seen + RELAXATION * (c - seen)
            moved = front.step(state.xi, seen, ec.charge_transfer(p, phi + eta_m), load, dt, n.newton_tolerance, xi)
            xi, rate = moved.xi, (moved.xi - state.xi) / dt
            if not n.frozen_concentration:
                sink = ec.consumption(rate, moved.cathodic_slope, seen)
                found = ec.concentration(grid, p, xi, phi, state.c, sink, dt, c, n.concentration_rtol)
                c, rate = found.x, sink.slope * found.x - sink.rest
                xi = state.xi + dt * rate
                effort.multigrid += found.iterations
            inflow = self._inflow(moved.xi, c, phi)
            potential = ec.potential(grid, p, xi, rate, phi, n.potential_rtol)
            phi = potential.x
            effort.newton += moved.newton
            effort.multigrid += potential.iterations
        new = state._replace(time=state.time + dt, xi=xi, c=c, phi=phi)
        lost = self.inventory(new) - self.inventory(state) - inflow * dt
        return self._restress(new._replace(imbalance=state.imbalance + lost), effort)

    def _explicit_rate(self, front: Front, state: State, eta_m: Array, dt: float, step: int) -> Array:
        p = self.parameters
        rate = np.zeros_like(state.xi)
        if p.noise_amplitude > 0:
            charge = ec.charge_transfer(p, state.phi + eta_m)
            rate = rate + front.noise_rate(state.xi, charge, self.microstructure.seed, step, dt)
        return rate + front.anisotropy_rate(state.xi) if p.anisotropy > 0 else rate

    def _restress(self, state: State, effort: Effort) -> State:
        if float(np.max(np.abs(state.xi - state.stressed))) < self.numerics.mechanics_change:
            return state
        mechanics = self.stress(state.xi, state.mechanics.displacement)
        effort.multigrid += mechanics.iterations
        return state._replace(mechanics=mechanics, stressed=state.xi)

    def inventory(self, state: State) -> float:
        """Lithium in the domain, int c + (c_s/c_0) xi (m^2, in units of c_0 per m of depth)."""
        ratio = self.parameters.metal_site_density / self.parameters.bulk_concentration
        return self.microstructure.grid.integrate(state.c + ratio * state.xi)

    def _inflow(self, xi: Array, c: Array, phi: Array) -> float:
        """Li+ that enters through the top (m^2/s, in units of c_0): the discrete operator's own boundary flux."""
        p = self.parameters
        boltzmann = np.exp(-p.inverse_thermal_voltage * phi)
        slotboom = c / boltzmann
        last = ec.mixture(xi[:, -2:], p.metal_diffusivity, p.electrolyte_diffusivity) * boltzmann[:, -2:]
        diffusivity = 0.25 * (last[:-1, 0] + last[:-1, 1] + last[1:, 0] + last[1:, 1])
        rise = slotboom[:, -1] - slotboom[:, -2]
        return float(0.5 * diffusivity @ (rise[:-1] + rise[1:]))

    def balance_error(self, state: State) -> float:
        """Imbalance of the lithium inventory relative to the lithium that is metal; 0 where c is frozen."""
        if self.numerics.frozen_concentration:
            return 0.0
        ratio = self.parameters.metal_site_density / self.parameters.bulk_concentration
        return abs(state.imbalance) / (ratio * self.microstructure.grid.integrate(state.xi))

    def _check_balance(self, state: State) -> None:
        error, allowed = self.balance_error(state), self.numerics.balance_tolerance
        if error > allowed:
            raise ConvergenceError(
                f"growth: lithium inventory off by {error:.2e} at {state.time:.1f} s, "
                f"allowed {allowed:.1e}; tighten concentration_rtol"
            )

    def _document(self, states: list[State], effort: Effort, folder: Path) -> GrowthDoc:
        structure, p = self.microstructure, self.parameters
        grid, area = structure.grid, [structure.grid.integrate(state.xi) for state in states]
        arrays = stacked(states) | {"coarse": (structure.coarse, "1"), "electrolyte": (structure.electrolyte, "1")}
        return GrowthDoc(
            microstructure=f"{structure.name}, seed {structure.seed}",
            grid_shape=grid.shape,
            spacing=grid.spacing,
            spacing_over_width=grid.spacing / p.interface_width,
            parameters=p.rows(),
            times=[state.time for state in states],
            tip_height=[tip_height(grid.spacing, state.xi) for state in states],
            deposited=[p.metal_site_density * (a - area[0]) for a in area],
            peak_compression=[float(-state.mechanics.pressure.min()) / MPA for state in states],
            interface_compression=[front_compression(self, state) / MPA for state in states],
            lithium_balance_error=max(self.balance_error(state) for state in states),
            steps=effort.steps,
            rejected_steps=effort.rejected,
            newton_iterations=effort.newton,
            multigrid_iterations=effort.multigrid,
            fields=save_fields(folder, f"growth-{structure.name}.npz", arrays),
        )


def output_times(duration: float, outputs: Sequence[float] | int) -> list[float]:
    """Output times (s), beginning with 0.

    Raises
    ------
    InputError
        If ``duration`` is not positive, or a time is not ascending within (0, duration].
    """
    if not (np.isfinite(duration) and duration > 0):
        raise InputError(f"expected a positive duration, got {duration} s")
    wanted = list(np.linspace(0, duration, outputs + 1)) if isinstance(outputs, int) else [0.0, *outputs]
    times = [float(t) for i, t in enumerate(wanted) if i == 0 or t > 0]
    if len(times) < 2 or any(b <= a for a, b in itertools.pairwise(times)) or times[-1] > duration:
        raise InputError(f"expected ascending output times within 0 and {duration} s, got {wanted}")
    return times


def tip_height(spacing: float, xi: Array) -> float:
    """Highest point of the contour xi = 1/2 (m), by linear interpolation along the columns; 0 without lithium."""
    ix, iy = np.nonzero((xi[:, :-1] >= 0.5) & (xi[:, 1:] < 0.5))
    if ix.size == 0:
        return 0.0
    low, high = xi[ix, iy], xi[ix, iy + 1]
    return float(spacing * np.max(iy + (low - 0.5) / (low - high)))


def front_compression(model: GrowthModel, state: State) -> float:
    """Mean of -P over the front (Pa), weighted with xi (1 - xi)."""
    weight = model.microstructure.grid.to_cells(np.clip(state.xi * (1.0 - state.xi), 0.0, None))
    return float(-(weight * state.mechanics.pressure).sum() / weight.sum())


def stacked(states: list[State]) -> dict[str, tuple[Array, str]]:
    """Fields of all states as (array, unit), time first."""
    return {
        "time": (np.array([state.time for state in states]), "s"),
        "xi": (np.stack([state.xi for state in states]), "1"),
        "c": (np.stack([state.c for state in states]), "1"),
        "phi": (np.stack([state.phi for state in states]), "V"),
        "pressure": (np.stack([state.mechanics.pressure for state in states]), "Pa"),
    }


def with_numerics(model: GrowthModel, **changes: float | int | bool) -> GrowthModel:
    """The same model with other numerics, e.g. ``with_numerics(model, sweeps=5)``."""
    return replace(model, numerics=replace(model.numerics, **changes))  # type: ignore[arg-type]
