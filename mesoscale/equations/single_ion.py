"""A single-ion conductor: c = 1 everywhere, the metal at one potential, the electrolyte's potential by Ohm's law.

What the front reacts to is psi, the metal's potential less the electrolyte's: -div(sigma grad psi) = n F c_s d(xi)/dt
with psi the overpotential at the far electrolyte. The growth is linearised in psi: it falls as psi rises, which screens
the field, so the equation is solved at once with the kinetics whatever the step. Field lines end on tips.

With sigma = (1 - xi) sigma_SSE a front with the source |d(xi)/dy| v carries (1 - xi) of the current at xi: psi is
linear through it, its mean weighted with h' is that at the sharp front, and along the front it conducts as an
electrolyte that ends at xi = 1/2. No constant is needed for the first order in the width.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import brentq

from selflimit.arrays import FloatArray
from selflimit.mesoscale.equations import balances
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations.capillarity import SUPPLIED, FlatFront
from selflimit.mesoscale.equations.current_control import shift_to
from selflimit.mesoscale.equations.sharp_limit import CellMean, FrontForm, SharpForm
from selflimit.mesoscale.equations.state import Effort, State
from selflimit.mesoscale.equations.step_length import Difference, Moment
from selflimit.mesoscale.equations.time_step import STEERED, CoupledEquations, Sweep
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.solver.solve import Solution, solve_scalar
from selflimit.units import FARADAY

MOST_GUESSES = 8
"""Newton iterations for the potential at the beginning; it converges as the square, and the steps do not need more."""
SETTLED_GUESS = 1e-3
"""Change of the potential, over the overpotential, below which the beginning has its potential."""
LEFT = 1e-4
"""Conductivity in the metal over the electrolyte's; the metal has no ions, and none enter it from the electrode."""


@dataclass(frozen=True)
class SingleIonForm(SharpForm):
    """A front in a single-ion conductor."""

    transport: bool = False

    def conductivity(self, p: InterfaceParameters, xi: FloatArray, to_cells: CellMean) -> FloatArray:
        """Mean over a cell of (1 - xi) sigma_SSE (S/m)."""
        share = 1.0 - (1.0 - LEFT) * np.clip(xi, 0.0, 1.0)
        return np.asarray(p.electrolyte_conductivity * to_cells(share))


def electrode_potential(
    grid: Grid,
    p: InterfaceParameters,
    conductivity: FloatArray,
    rate: FloatArray,
    fall: FloatArray,
    last: FloatArray,
    rtol: float,
    threads: int = 1,
) -> Solution:
    """The metal's potential less the electrolyte's (V), with growth at the rate ``rate - fall (psi - last)``.

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters; psi = overpotential at the far electrolyte, no flux elsewhere.
    conductivity
        Conductivity per cell (S/m), shape ``shape``.
    rate
        d(xi)/dt (1/s) at the potential ``last``, shape ``nodes``.
    fall
        What it falls by per V (1/(s V)), >= 0, shape ``nodes``.
    last
        Potential (V) of the last sweep, shape ``nodes``.
    rtol
        Relative residual of the linear solve.
    threads
        Number of threads; the result does not depend on it.
    """
    _, top = ec.ends(grid)
    charge = p.charge_number * FARADAY * p.metal_site_density
    load = charge * (rate + fall * last) * grid.node_volumes()
    # the guess carries the boundary value, which the solver leaves as it is
    x0 = np.where(top, p.overpotential, last)
    return solve_scalar(grid, conductivity, charge * fall, load, top, x0, rtol, threads=threads)


def unbalanced_current(
    grid: Grid,
    p: InterfaceParameters,
    xi: FloatArray,
    psi: FloatArray,
    growth_rate: FloatArray,
    contrast: FloatArray | None = None,
) -> float:
    """Current through the top, by the discrete operator, less that of the growth (A per m of depth; A in 3-D).

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters of the interface.
    xi, psi
        Front and potential (V), shape ``grid.shape``.
    growth_rate
        d(xi)/dt (1/s), same shape.
    contrast
        Conductivity of each cell over that of the grains, shape ``grid.shape``; None: 1.
    """
    end = slice(-2, None)
    in_cells = SingleIonForm().conductivity(p, xi[..., end], partial(balances.mean_in_layer, grid))
    if contrast is not None:
        in_cells = in_cells * contrast[..., -1]
    taken = (grid.node_volumes() * growth_rate)[..., :-1].sum()
    entering = -balances.current_through(grid, in_cells, psi[..., end])
    return entering - p.charge_number * FARADAY * p.metal_site_density * float(taken)


class SingleIonEquations(CoupledEquations):
    """The coupled equations in a single-ion conductor: phi is the metal's potential less the electrolyte's."""

    @property
    def form(self) -> FrontForm:
        """Electrolyte that ends at xi = 1/2."""
        return SingleIonForm()

    def flat_front(self, distance: float) -> FlatFront:
        """A flat front that the field feeds: k_r is the kinetics' conductance over sigma."""
        return fed_front(self.parameters, distance)

    def _still_potential(self, xi: FloatArray, overpotential: float, guess: FloatArray, effort: Effort) -> FloatArray:
        """That of the current which the front ``xi`` takes, by Newton's method; stress is left to the steps."""
        p, grid, psi = self._at(overpotential), self.microstructure.grid, np.full_like(xi, overpotential)
        sigma, one, weight = self.conductivity(xi), np.ones_like(xi), self.front.kinetics * ec.switch_slope(xi)
        for _ in range(MOST_GUESSES):
            rate = weight * self.front.form.exchange(p, self._charge(psi, xi), one).net
            fall = self._aim(0.0, psi, one, xi, 1.0).fall
            found = electrode_potential(grid, p, sigma, rate, fall, psi, self.numerics.potential_rtol, self.threads)
            effort.multigrid += found.iterations
            change, psi = float(np.max(np.abs(found.x - psi))), found.x
            if change < SETTLED_GUESS * abs(overpotential):
                break
        return psi

    def _unbalanced(self, now: Moment, rate: FloatArray) -> float:
        """Current through the top less that of the growth."""
        p, grid = self.parameters, self.microstructure.grid
        return unbalanced_current(grid, p, now.xi, now.phi, rate, self._contrast(p.boundary_conduction))

    def conductivity(self, xi: FloatArray) -> FloatArray:
        """Ionic conductivity per cell (S/m), that of grain boundaries by their share."""
        contrast = self._contrast(self.parameters.boundary_conduction)
        return super().conductivity(xi) * (1.0 if contrast is None else contrast)

    def _charge(self, eta: FloatArray, xi: FloatArray) -> ec.Charge:
        """Butler-Volmer factors of each direction, those of grain boundaries by their share."""
        charge, contrast = super()._charge(eta, xi), self._contrast(self.parameters.boundary_exchange)
        if contrast is None:
            return charge
        factor = self.microstructure.grid.to_nodes(contrast)
        return ec.Charge(factor * charge.cathodic, factor * charge.anodic)

    def _contrast(self, ratio: float) -> FloatArray | None:
        """A property of each cell over that of the grains, shape ``grid.shape``; None where there is no contrast."""
        boundaries = self.microstructure.boundaries
        return None if boundaries is None or ratio == 1.0 else 1.0 + (ratio - 1.0) * boundaries

    def _sweep(
        self,
        state: State,
        last: Sweep,
        seen: FloatArray,
        difference: Difference,
        load: FloatArray,
        dt: float,
        effort: Effort,
        metal: float | None,
    ) -> Sweep:
        """Once through the equations; the potential is solved with the growth linearised in it."""
        effort.sweeps += 1
        n, p, grid, phi = self.numerics, self.parameters, self.microstructure.grid, last.now.phi
        (c, slowing, *lagged), (base, h, _) = seen, difference
        eta = phi + slowing / (p.transfer_coefficient * p.inverse_thermal_voltage)
        charge, load = self._charge(eta, last.now.xi), sum((moved / dt for moved in lagged), load)
        # what Newton leaves is charge that the potential answers to, so it is held tighter than with salt
        moved = self.front.step(base, c, charge, load, h, STEERED * n.newton_tolerance, last.now.xi)
        effort.newton += moved.newton
        # without a given current only the fall of the growth with psi is used of it
        aim = self._aim(metal or 0.0, eta, c, moved.xi, h / dt)
        sigma, rate = self.conductivity(moved.xi), (moved.xi - state.xi) / dt

        def solve(held: float) -> FloatArray:
            found = electrode_potential(
                grid, self._at(held), sigma, rate, aim.fall, phi, n.potential_rtol, self.threads
            )
            effort.multigrid += found.iterations
            return found.x

        held, shift = (state.overpotential if metal is None else float(phi.flat[-1])), 0.0
        psi = solve(held)
        if metal is not None:
            per_volt = (solve(held + aim.thermal) - psi) / aim.thermal
            shift = shift_to(aim, grid, state.xi, rate - aim.fall * (psi - phi), -aim.fall * per_volt, dt)
            psi = psi + shift * per_volt
        xi = state.xi + dt * (rate - aim.fall * (psi - phi))
        return last._replace(now=last.now._replace(xi=xi, phi=psi), overpotential=held + shift, shift=shift)


def fed_front(p: InterfaceParameters, distance: float) -> FlatFront:
    """A flat front ``distance`` (m) from the far electrolyte, which Ohm's law feeds.

    Its response is k_r = (di/d eta)/sigma, the inverse of Wagner's length: a crest of height a meets a potential that
    is by i a/sigma lower, to which the kinetics answers, and its neighbours are fed by so much less.
    """
    i, f, alpha = planar_current(p, distance), p.inverse_thermal_voltage, p.transfer_coefficient
    there = f * (p.overpotential + i * distance / p.electrolyte_conductivity)
    answers = alpha * np.exp(-alpha * there) + (1.0 - alpha) * np.exp((1.0 - alpha) * there)
    conductance = p.exchange_current * f * float(answers)
    velocity = i / (p.charge_number * FARADAY * p.metal_site_density)
    return FlatFront(velocity, conductance / p.electrolyte_conductivity, SUPPLIED)


def planar_current(p: InterfaceParameters, distance: float) -> float:
    """Current density (A/m^2) of a flat front ``distance`` (m) from the far electrolyte, positive where it plates.

    i = i0 [exp(-alpha f eta) - exp((1 - alpha) f eta)] with eta the overpotential less the drop: eta + i L/sigma.

    Of -0.1 V the front keeps -0.0145 V at 50 um: 600 A/m^2 sinh(f 0.0145 V/2).

    >>> round(planar_current(InterfaceParameters(), 50e-6))
    171
    """
    f, alpha, eta, drop = (
        p.inverse_thermal_voltage, p.transfer_coefficient, p.overpotential, distance / p.electrolyte_conductivity
    )  # fmt: skip

    def surplus(i: float) -> float:
        there = f * (eta + i * drop)
        return float(p.exchange_current * (np.exp(-alpha * there) - np.exp((1.0 - alpha) * there)) - i)

    # what the drop alone would let through: charge transfer takes its part, so the root lies below
    most = abs(eta) / drop
    return float(brentq(surplus, -most, most)) if eta != 0.0 else 0.0
