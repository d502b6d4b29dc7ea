"""One time step of front, Li+, potential and stress together.

Second order in time for the front (BDF2); the concentration by backward Euler, the highest order that keeps c >= 0 for
every step, and at no loss: it is quasi-steady, its storage 1/76 = c_0/c_s of the front's. Sweeps through the
equations are repeated until the front no longer moves, so there is no splitting error beyond ``sweep_tolerance``.
Equations and numerics: docs/theory/phase-field.md.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale.equations import balances
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations.capillarity import (
    FlatFront,
    FrontTension,
    depleting_front,
    front_tension,
    published_tension,
    stable_front,
)
from selflimit.mesoscale.equations.current_control import Aim, has_settled, shift_to, steered
from selflimit.mesoscale.equations.front import Front
from selflimit.mesoscale.equations.numerics import Numerics
from selflimit.mesoscale.equations.sharp_limit import FrontForm, front_form
from selflimit.mesoscale.equations.state import ContactState, Effort, Mechanics, State
from selflimit.mesoscale.equations.step_length import Difference, Moment, backward_difference, extrapolate, local_error
from selflimit.mesoscale.equations.terms import STILL, Seen, Term, TermSetting, directed_exchange, made_terms
from selflimit.mesoscale.layers.microstructure import Microstructure, phase_lame
from selflimit.mesoscale.mechanics.elasticity import MechanicalState, equilibrium, roller_box
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.solver.anderson import expected_change, next_iterate, seen_contraction
from selflimit.mesoscale.solver.hierarchy import Hierarchy
from selflimit.mesoscale.solver.solve import elastic_hierarchy

STALE = 6
"""Iterations of a stress solve after which its multigrid cycle is made anew: making it costs as much as four, and a
fresh one needs three."""
STEERED = 1e-3
"""Newton's tolerance at a given current over the usual one: 1e-4 of xi is 10 % of the overpotential at 0.2 mA/cm^2."""
ABSURD = 10.0
"""Potential (V) that only an iteration gone astray reaches: beyond, Boltzmann's factor is no number any more."""
NEAR = 1e-3
"""Difference of the overpotential, in RT/nF, over which the kinetics' slope is taken."""


@dataclass(frozen=True)
class CoupledEquations:
    """The four equations of one microstructure on its grid."""

    parameters: InterfaceParameters
    microstructure: Microstructure
    numerics: Numerics = field(default_factory=Numerics)
    threads: int = 1
    more_terms: tuple[Term, ...] = ()
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def form(self) -> FrontForm:
        """How the front's width enters what it conducts and its kinetics."""
        return front_form(self.numerics.front, transport=not self.numerics.frozen_concentration)

    @cached_property
    def front(self) -> Front:
        """The order-parameter equation where lithium may go: not into the second electrolyte, which consumes it."""
        kept = self.parameters.model_copy(update={"surface_mobility": self.tension.mobility})
        return Front(self.microstructure.grid, kept, self.microstructure.open_share, self.threads, self.form)

    @cached_property
    def tension(self) -> FrontTension:
        """Surface tension and mobility of the front, judged where it is half-way to the far electrolyte."""
        n, p, grid = self.numerics, self.parameters, self.microstructure.grid
        flat = self.flat_front(0.5 * grid.size[-1])
        if n.front == "published":
            return published_tension(p, flat)
        return front_tension(p, grid.spacing, flat, n.allow_unresolved)

    def flat_front(self, distance: float) -> FlatFront:
        """A flat front ``distance`` (m) from the far electrolyte, at the parameters' overpotential."""
        p = self.parameters
        return stable_front(p) if self.numerics.frozen_concentration else depleting_front(p, distance)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """What moves the front besides charge transfer and the energy of its profile."""
        capillarity = None if self.numerics.front == "published" else self.tension.capillarity
        return made_terms(TermSetting(self.front, self.microstructure.seed, capillarity)) + self.more_terms

    def conductivity(self, xi: FloatArray) -> FloatArray:
        """Electric conductivity per cell (S/m)."""
        return self.front.form.conductivity(self.parameters, xi, self.microstructure.grid.to_cells)

    def initial_state(self, xi: FloatArray, time: float, effort: Effort, c: FloatArray | None = None) -> State:
        """State of order parameter ``xi`` before any growth: c = 1 - h unless given, Ohm's potential, its stress."""
        grid, eta = self.microstructure.grid, self.parameters.overpotential
        if c is None or self.numerics.frozen_concentration:
            c = np.ones_like(xi) if self.numerics.frozen_concentration else 1.0 - ec.switch(xi)
        phi = self._still_potential(xi, eta, np.zeros_like(xi), effort)
        mechanics = self._mechanics(xi, np.zeros((*grid.nodes, grid.dimension)), xi)
        effort.multigrid += mechanics.iterations
        return State((Moment(time, xi, c, phi),), mechanics, xi, xi, overpotential=eta)

    def driven_by(self, state: State, overpotential: float, effort: Effort) -> State:
        """``state`` at the moment when another overpotential (V) is put on the metal: no history, Ohm's potential."""
        phi = self._still_potential(state.xi, overpotential, state.phi, effort)
        now = Moment(state.time, state.xi, state.c, phi)
        return replace(state, past=(now,), overpotential=overpotential, contraction=1.0)

    def _still_potential(self, xi: FloatArray, overpotential: float, guess: FloatArray, effort: Effort) -> FloatArray:
        """Potential (V) of the front ``xi`` that does not move, shape ``nodes``."""
        grid, p, n = self.microstructure.grid, self._at(overpotential), self.numerics
        found = ec.potential(grid, p, self.conductivity(xi), np.zeros_like(xi), guess, n.potential_rtol, self.threads)
        effort.multigrid += found.iterations
        return found.x

    def _at(self, overpotential: float) -> InterfaceParameters:
        """The parameters at another overpotential (V)."""
        p = self.parameters
        return p if p.overpotential == overpotential else p.model_copy(update={"overpotential": overpotential})

    def stress(self, xi: FloatArray, guess: FloatArray, hierarchy: Hierarchy | None = None) -> MechanicalState:
        """Mechanical equilibrium with lithium at h(xi): C = h C_Li + (1 - h) C_host, eps0 = K(x) h(xi)."""
        grid, rtol = self.microstructure.grid, self.numerics.mechanics_rtol
        return equilibrium(
            grid,
            *self._lame(xi),
            self.microstructure.expansion(self.parameters) * grid.to_cells(ec.switch(xi))[..., None],
            roller_box(grid),
            guess,
            rtol,
            threads=self.threads,
            hierarchy=hierarchy,
        )

    def _mechanics(self, xi: FloatArray, guess: FloatArray, near: FloatArray) -> Mechanics:
        """What is kept of the stress at ``xi``, by the multigrid cycle for the front ``near``."""
        found = self.stress(xi, guess, self._stress_cycle(near))
        return Mechanics(found.displacement, found.pressure, found.iterations)

    def _stress_cycle(self, xi: FloatArray) -> Hierarchy:
        """The multigrid cycle for the stress of fronts near ``xi``; the last one is kept."""
        if self._made.get("at") is not xi:
            grid = self.microstructure.grid
            self._made.clear()  # before the next is made, which needs the memory
            cycle = elastic_hierarchy(grid, *self._lame(xi), roller_box(grid), self.threads)
            self._made.update(at=xi, cycle=cycle)
        kept: Hierarchy = self._made["cycle"]
        return kept

    def _lame(self, xi: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Lame constants per cell (Pa)."""
        grid, p, structure = self.microstructure.grid, self.parameters, self.microstructure
        h = grid.to_cells(ec.switch(xi))
        lam, mu = (
            h * a + (1.0 - h) * b for a, b in zip(phase_lame(p, "lithium"), structure.host_moduli(p), strict=True)
        )
        return lam, mu

    def overpotential(self, phi: FloatArray, mechanics: Mechanics) -> FloatArray:
        """Total overpotential phi + eta_m (V), shape ``nodes``."""
        return phi + self._opposing(mechanics)

    def _opposing(self, mechanics: Mechanics) -> FloatArray:
        """eta_m (V), shape ``nodes``."""
        return self.front.to_open_nodes(ec.mechanical_overpotential(self.parameters, mechanics.pressure))

    def _drives(self, sweep: "Sweep", begin: float) -> FloatArray:
        """What the front is driven by and answers to: c, the logarithm alpha f eta_m by which stress slows it, and dt
        times the rates of the lagged terms, where there are any.

        All of the size of 1, so that the sweeps can be mixed in one norm; shape ``(2 or 3,) + nodes``.
        """
        p, now = self.parameters, sweep.now
        opposing = self._opposing(sweep.mechanics)
        drives = [now.c, p.transfer_coefficient * p.inverse_thermal_voltage * opposing]
        rates = self._rates(Seen(self.front, begin, now, now.phi + opposing), lagged=True)
        return np.stack(drives if rates is None else [*drives, (now.time - begin) * rates])

    def _rates(self, seen: Seen, lagged: bool) -> FloatArray | None:
        """Sum (1/s) of the lagged terms or of the others, shape ``nodes``; None where there are none."""
        rates = [term.rate(seen) for term in self.terms if term.lagged is lagged]
        return np.sum(rates, axis=0) if rates else None

    def _charge(self, eta: FloatArray, xi: FloatArray) -> ec.Charge:
        """Butler-Volmer factors, times the factor of each direction of the front ``xi``."""
        return directed_exchange(self.front, xi, ec.charge_transfer(self.parameters, eta))

    def step(self, state: State, dt: float, effort: Effort, metal: float | None = None) -> tuple[State, float]:
        """State after a step of length ``dt`` (s), and the estimated error of its order parameter.

        Parameters
        ----------
        state
            The state before.
        dt
            Length (s).
        effort
            Where the work is counted.
        metal
            Integral of xi (m^2; m^3 in 3-D) that a given current asks for at the end: the overpotential is found. None
            where ``state.overpotential`` is held.

        Raises
        ------
        ConvergenceError
            If a solve or the sweeps miss their tolerance or xi leaves [0, 1]: the step is too long.
        """
        n, end = self.numerics, state.time + dt
        difference = backward_difference(state.past, dt, n.order)
        sweep = self._predicted(state, end, effort)
        load = self._explicit_rate(state, sweep)
        acting = ec.switch_slope(sweep.now.xi) > STILL  # elsewhere there is nothing to bring into agreement
        drives = self._drives(sweep, state.time)
        seen, found, changes = [drives[:, acting]], [], list[float]()
        for _ in range(n.most_sweeps):
            before, sweep = sweep.now.xi, self._sweep(state, sweep, drives, difference, load, dt, effort, metal)
            del drives  # room for the stress
            sweep = self._restressed(sweep, effort)
            # the front alone is watched: where it rests, so do c, phi and stress, which follow it at once
            changes.append(float(np.max(np.abs(sweep.now.xi - before))))
            settled = metal is None or (len(changes) > 1 and has_settled(sweep.shift, sweep.overpotential))
            if settled and expected_change(changes, state.contraction) < n.sweep_tolerance:
                new = replace(
                    self._next_state(state, sweep, dt), contraction=seen_contraction(changes, state.contraction)
                )
                return new, local_error(state.past, end, difference, sweep.now.xi)
            drives = self._drives(sweep, state.time)
            found.append(drives[:, acting])
            drives[:, acting] = next_iterate(seen, found)
            # mixing extrapolates, and a negative c would let the front dissolve into it
            drives[0] = np.maximum(drives[0], 0.0)
            seen.append(drives[:, acting])
        raise ConvergenceError(
            f"growth: sweeps did not settle to {n.sweep_tolerance} in {n.most_sweeps} at dt = {dt} s, shorten the step"
        )

    def _predicted(self, state: State, end: float, effort: Effort) -> "Sweep":
        """Extrapolation of the last two moments, inside the bounds, and its stress."""
        xi, c, phi = (extrapolate(state.past[:2], end, name) for name in ("xi", "c", "phi"))
        # a straight line through two moments may leave the bounds that the fields themselves keep
        c = state.c if self.numerics.frozen_concentration else np.maximum(c, 0.0)
        guess = Moment(end, np.clip(xi, 0.0, 1.0), c, phi)
        begun = Sweep(guess, state.mechanics, state.stressed, state.preconditioned, 0.0, state.overpotential, 0.0)
        return self._restressed(begun, effort)

    def _explicit_rate(self, state: State, predicted: "Sweep") -> FloatArray:
        """Rate (1/s) of the terms that are computed once, at the predicted end of the step."""
        eta = self.overpotential(predicted.now.phi, predicted.mechanics)
        rates = self._rates(Seen(self.front, state.time, predicted.now, eta), lagged=False)
        return np.zeros_like(state.xi) if rates is None else rates

    def _sweep(
        self,
        state: State,
        last: "Sweep",
        seen: FloatArray,
        difference: Difference,
        load: FloatArray,
        dt: float,
        effort: Effort,
        metal: float | None,
    ) -> "Sweep":
        """Once through the equations.

        The front moves at the drives ``seen`` and the last phi; c is solved with the growth linearised in c, and the
        linearised growth of the change in c is added to the front, so that c + (c_s/c_0) xi is conserved; then phi.
        At a given current the overpotential is shifted by what the lithium still misses.
        The stress is left to ``_restressed``.
        """
        n, grid = self.numerics, self.microstructure.grid
        effort.sweeps += 1
        xi, c, inflow, shift = self._moved(state, last.now, seen, difference, load, dt, effort, metal)
        eta = state.overpotential if metal is None else float(last.now.phi.flat[0]) + shift
        sigma, rate = self.conductivity(xi), (xi - state.xi) / dt
        potential = ec.potential(grid, self._at(eta), sigma, rate, last.now.phi, n.potential_rtol, self.threads)
        effort.multigrid += potential.iterations
        if not np.max(np.abs(potential.x)) < ABSURD:
            raise ConvergenceError(f"growth: the potential left +-{ABSURD:g} V at dt = {dt} s, shorten the step")
        now = Moment(last.now.time, xi, c, potential.x)
        return last._replace(now=now, inflow=inflow, overpotential=eta, shift=shift)

    def _moved(
        self,
        state: State,
        last: Moment,
        seen: FloatArray,
        difference: Difference,
        load: FloatArray,
        dt: float,
        effort: Effort,
        metal: float | None,
    ) -> tuple[FloatArray, FloatArray, float, float]:
        """Order parameter and concentration after the step, the inflow of Li+ that they belong to, and the shift of the
        overpotential (V) that they need."""
        n, p, grid = self.numerics, self.parameters, self.microstructure.grid
        (driving, slowing, *lagged), (base, h, _), phi = seen, difference, last.phi
        eta = phi + slowing / (p.transfer_coefficient * p.inverse_thermal_voltage)
        charge, load = self._charge(eta, last.xi), sum((moved / dt for moved in lagged), load)
        tolerance = n.newton_tolerance * (1.0 if metal is None else STEERED)
        moved = self.front.step(base, driving, charge, load, h, tolerance, last.xi)
        effort.newton += moved.newton
        aim = None if metal is None else self._aim(metal, eta, driving, moved.xi, h / dt)
        del charge  # as large as the fields
        if n.frozen_concentration:
            shift = 0.0 if aim is None else shift_to(aim, grid, moved.xi, 0.0 * phi, -aim.fall, dt)
            return (moved.xi if aim is None else moved.xi - dt * shift * aim.fall), last.c, 0.0, shift
        sink = ec.consumption((moved.xi - state.xi) / dt, moved.cathodic_slope * (h / dt), driving)
        spread = self.front.form.diffusivity(p, moved.xi)
        before, lacking = state.c, self.front.form.along(p, moved.xi)
        if lacking is not None:
            before = before + dt * ec.supply_along(grid, p, lacking, moved.xi, driving, phi)

        def solve(sink: ec.Sink) -> FloatArray:
            found = ec.concentration(grid, p, spread, phi, before, sink, dt, last.c, n.concentration_rtol, self.threads)
            effort.multigrid += found.iterations
            return found.x

        if aim is None:
            c, shift = solve(sink), 0.0
            xi = state.xi + dt * (sink.slope * c - sink.rest)
        else:
            rate, c, shift = steered(aim, grid, state.xi, sink, solve, dt)
            xi = state.xi + dt * rate
        return xi, c, balances.inflow(self.front, moved.xi, c, phi), shift

    def _aim(self, metal: float, eta: FloatArray, c: FloatArray, xi: FloatArray, share: float) -> Aim:
        """What a given current asks for; ``share`` of the kinetics' rate is the step's."""
        p, thermal = self.parameters, 1.0 / self.parameters.inverse_thermal_voltage
        low, high = (
            self.front.form.exchange(p, self._charge(eta + side * thermal, xi), c).net for side in (-NEAR, NEAR)
        )
        slope = self.front.kinetics * ec.switch_slope(xi) * (low - high) / (2.0 * NEAR * thermal)
        return Aim(metal, share * np.maximum(slope, 0.0), thermal)

    def _restressed(self, sweep: "Sweep", effort: Effort) -> "Sweep":
        xi = sweep.now.xi
        if np.max(np.abs(xi - sweep.stressed)) < self.numerics.mechanics_change:
            return sweep
        near = xi if sweep.mechanics.iterations > STALE else sweep.preconditioned
        mechanics = self._mechanics(xi, sweep.mechanics.displacement, near)
        effort.multigrid += mechanics.iterations
        return sweep._replace(mechanics=mechanics, stressed=xi, preconditioned=near)

    def _unbalanced(self, now: Moment, rate: FloatArray) -> float:
        """Current that appears and is not taken by growth at the ``rate`` (1/s) (A per m of depth; A in 3-D)."""
        return balances.stored_current(self.front, now.xi, now.phi, rate)

    def _next_state(self, state: State, sweep: "Sweep", dt: float) -> State:
        n, p, grid, now = self.numerics, self.parameters, self.microstructure.grid, sweep.now
        overshoot = max(-float(now.xi.min()), float(now.xi.max()) - 1.0, 0.0)
        if overshoot > n.overshoot_tolerance:
            raise ConvergenceError(
                f"growth: xi left [0, 1] by {overshoot:.2g}, allowed {n.overshoot_tolerance}, at dt = {dt} s"
            )
        before = balances.inventory(grid, p, state.xi, state.c)
        lost = balances.inventory(grid, p, now.xi, now.c) - before - sweep.inflow * dt
        stored = dt * self._unbalanced(now, (now.xi - state.xi) / dt)
        eta = self.overpotential(now.phi, sweep.mechanics)
        driven, exchanged = balances.driven_growth(self.front, now.xi, now.c, self._charge(eta, now.xi))
        rates = self._rates(Seen(self.front, state.time, now, eta), lagged=True)
        moved = 0.0 if rates is None else grid.integrate(rates)
        return replace(
            state,
            past=(now, *state.past[:1], *(moment.order_parameter_only() for moment in state.past[1:2])),
            mechanics=sweep.mechanics,
            stressed=sweep.stressed,
            preconditioned=sweep.preconditioned,
            lithium_imbalance=state.lithium_imbalance + (0.0 if n.frozen_concentration else lost),
            charge_imbalance=state.charge_imbalance + stored,
            asked=state.asked + (driven + moved) * dt,
            exchanged=state.exchanged + (exchanged + abs(moved)) * dt,
            reached=state.reached + grid.integrate(now.xi - state.xi),
            overshoot=max(state.overshoot, overshoot),
            overpotential=sweep.overpotential,
        )


class Sweep(NamedTuple):
    """Where the sweeps of a step have got to."""

    now: Moment
    """The fields at the end of the step."""
    mechanics: Mechanics
    stressed: FloatArray
    """Order parameter that ``mechanics`` belongs to."""
    preconditioned: FloatArray
    """Order parameter that the stress' multigrid cycle belongs to."""
    inflow: float
    """Li+ through the top that ``now.c`` belongs to (m^2/s)."""
    overpotential: float
    """Overpotential (V) that ``now.phi`` belongs to."""
    shift: float
    """What a given current has shifted it by in this sweep (V)."""
    contacts: ContactState | None = None
    """Pressure and film where lithium flows."""
