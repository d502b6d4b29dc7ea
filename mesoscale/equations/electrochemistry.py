"""Charge transfer at the lithium front, and the transport of charge and Li+ towards it.

Order parameter xi: 1 in lithium, 0 in the electrolyte. Deposition needs eta = phi + eta_m < 0. The kinetics are
those of Chen et al. 2015, J. Power Sources 300, 376, doi:10.1016/j.jpowsour.2015.09.055, with the stress term of the
published graded-layer model.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from selflimit.arrays import BoolArray, FloatArray
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.mechanics.stress import cell_gradient, direction, weak_divergence
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.solver.solve import Solution, solve_scalar
from selflimit.units import FARADAY


def switch(xi: FloatArray) -> FloatArray:
    """h(xi) = xi^3 (6 xi^2 - 15 xi + 10), with h = 0 below 0 and 1 above 1."""
    x = np.clip(xi, 0.0, 1.0)
    return np.asarray(x * x * x * ((6.0 * x - 15.0) * x + 10.0))


def switch_slope(xi: FloatArray) -> FloatArray:
    """h'(xi) = 30 xi^2 (1 - xi)^2, zero outside [0, 1]."""
    x = np.clip(xi, 0.0, 1.0)
    return np.asarray(30.0 * x**2 * (1.0 - x) ** 2)


def switch_curvature(xi: FloatArray) -> FloatArray:
    """h''(xi) = 60 xi (1 - xi) (1 - 2 xi), zero outside [0, 1]."""
    x = np.clip(xi, 0.0, 1.0)
    return np.asarray(60.0 * x * (1.0 - x) * (1.0 - 2.0 * x))


class Charge(NamedTuple):
    """Butler-Volmer factors at every node, without the switch h'(xi): rate = L_eta (cathodic c - anodic)."""

    cathodic: FloatArray
    """exp(-alpha f eta), dimensionless, shape ``nodes``."""
    anodic: FloatArray
    """exp((1 - alpha) f eta), dimensionless, shape ``nodes``."""


def mechanical_overpotential(p: InterfaceParameters, pressure: FloatArray) -> FloatArray:
    """eta_m = -C P v_m/(nF) (V) of the hydrostatic pressure P = tr(sigma)/3 (Pa): compression opposes deposition."""
    return -p.mechanical_correction * pressure * p.metal_molar_volume / (p.charge_number * FARADAY)


def nernst_overpotential(p: InterfaceParameters, concentration: FloatArray) -> FloatArray:
    """Overpotential (V) at which a front stands still at the concentration c, eta = (RT/nF) ln c."""
    return np.asarray(np.log(concentration) / p.inverse_thermal_voltage)


def charge_transfer(p: InterfaceParameters, overpotential: FloatArray) -> Charge:
    """Butler-Volmer factors at the total overpotential eta (V), shape ``nodes``."""
    x = p.inverse_thermal_voltage * overpotential
    return Charge(np.exp(-p.transfer_coefficient * x), np.exp((1.0 - p.transfer_coefficient) * x))


def activity(p: InterfaceParameters, concentration: FloatArray) -> FloatArray:
    """Concentration that drives charge transfer, c up to saturation, dimensionless."""
    return np.minimum(concentration, p.saturation)


def mix(xi: FloatArray, metal: float, electrolyte: float) -> FloatArray:
    """X_eff = h X_Li + (1 - h) X_SSE, in the unit of ``metal`` and the shape of ``xi``.

    Parameters
    ----------
    xi
        Front, any shape.
    metal, electrolyte
        The property of lithium and of electrolyte, in one unit.
    """
    h = switch(xi)
    return np.asarray(h * metal + (1.0 - h) * electrolyte)


def metal_conductivity(p: InterfaceParameters) -> float:
    """Conductivity of lithium that is solved (S/m): at most ``conductivity_cap`` times the electrolyte's."""
    return min(p.metal_conductivity, p.conductivity_cap * p.electrolyte_conductivity)


def ends(grid: Grid) -> tuple[BoolArray, BoolArray]:
    """Masks of the nodes on the electrode and on the far electrolyte, the ends of the last axis, shape ``nodes``."""
    bottom, top = np.zeros(grid.nodes, dtype=np.bool_), np.zeros(grid.nodes, dtype=np.bool_)
    bottom[..., 0], top[..., -1] = True, True
    return bottom, top


def potential(
    grid: Grid,
    p: InterfaceParameters,
    conductivity: FloatArray,
    growth_rate: FloatArray,
    guess: FloatArray,
    rtol: float,
    threads: int = 1,
) -> Solution:
    """Electric potential from div(sigma_eff grad phi) = n F c_s d(xi)/dt.

    The source is the growth that happened, so charge balances to the solver's tolerance. It is not linearised: with
    this sign (the published one) the derivative d(source)/d(phi) would take away from the operator instead of adding to
    it; the metal's conductivity makes it a perturbation of 1e-3, so the plain iteration with the front converges.

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters; phi = overpotential on the electrode and 0 at the far electrolyte.
    conductivity
        Conductivity sigma_eff per cell (S/m), shape ``shape``.
    growth_rate
        d(xi)/dt (1/s), shape ``nodes``.
    guess
        First guess of phi (V), shape ``nodes``.
    rtol
        Relative residual of the linear solve.
    threads
        Number of threads; the result does not depend on it.

    Raises
    ------
    ConvergenceError
        If the linear solve misses ``rtol``.
    """
    bottom, top = ends(grid)
    x0 = np.where(bottom, p.overpotential, np.where(top, 0.0, guess))
    load = -p.charge_number * FARADAY * p.metal_site_density * growth_rate * grid.node_volumes()
    return solve_scalar(grid, conductivity, np.zeros(grid.nodes), load, bottom | top, x0, rtol, threads=threads)


def supply_along(
    grid: Grid, p: InterfaceParameters, lacking: FloatArray, xi: FloatArray, c: FloatArray, phi: FloatArray
) -> FloatArray:
    """Rate of c (1/s) by a diffusivity that is smaller along the front than through it, shape ``nodes``.

    It is -div[(1 - n n).(lacking) exp(-f phi) grad s], s = c exp(f phi), and moves Li+ without making any.

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters.
    lacking
        Diffusivity through the front less that along it (m^2/s), shape ``nodes``.
    xi, c, phi
        Order parameter, concentration and potential (V), shape ``nodes``.
    """
    boltzmann = np.exp(-p.inverse_thermal_voltage * phi)
    normal, slope = direction(cell_gradient(grid, xi)), cell_gradient(grid, c / boltzmann)
    along = slope - (slope * normal).sum(axis=-1, keepdims=True) * normal
    flux = grid.to_cells(lacking * boltzmann)[..., None] * along
    return weak_divergence(grid, flux) / grid.node_volumes()


class Sink(NamedTuple):
    """Consumption of Li+ by growth, written so that c stays positive: d(xi)/dt = slope c - rest."""

    slope: FloatArray
    """Coefficient of c (1/s), >= 0, shape ``nodes``."""
    rest: FloatArray
    """Part without c (1/s), >= 0, shape ``nodes``."""


def consumption(growth_rate: FloatArray, cathodic_slope: FloatArray, concentration: FloatArray) -> Sink:
    """Linearise d(xi)/dt in c, with non-negative slope and rest (Patankar's rule).

    The slope is the kinetics' d(rate)/dc, raised to rate/c where the rest would be negative.

    Parameters
    ----------
    growth_rate
        d(xi)/dt (1/s), any shape.
    cathodic_slope
        Derivative of the rate by c (1/s), same shape.
    concentration
        c in units of c_0, same shape.
    """
    # surface tension moves the front without asking for c; its share would make the rest negative
    slope = np.maximum(cathodic_slope, growth_rate / np.maximum(concentration, 1e-12))
    return Sink(slope, np.maximum(slope * concentration - growth_rate, 0.0))


def concentration(
    grid: Grid,
    p: InterfaceParameters,
    diffusivity: FloatArray,
    phi: FloatArray,
    previous: FloatArray,
    sink: Sink,
    dt: float,
    guess: FloatArray,
    rtol: float,
    threads: int = 1,
) -> Solution:
    """Normalised Li+ concentration after a backward-Euler step of length dt.

    dc/dt = div[D (grad c + f c grad phi)] - (c_s/c_0) (slope c - rest). With c = s exp(-f phi) (Slotboom's variable)
    the flux is D exp(-f phi) grad s: a symmetric operator whose matrix keeps c >= 0 on square cells.

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters; c = 1 at the far electrolyte, no flux elsewhere.
    diffusivity, phi
        Diffusivity D (m^2/s) and potential (V), shape ``nodes``.
    previous
        Concentration at the beginning of the step, shape ``nodes``.
    sink
        Consumption by growth.
    dt
        Time step (s).
    guess
        First guess of c, shape ``nodes``.
    rtol
        Relative residual of the linear solve.
    threads
        Number of threads; the result does not depend on it.

    Raises
    ------
    ConvergenceError
        If the linear solve misses ``rtol``.
    """
    boltzmann = np.exp(-p.inverse_thermal_voltage * phi)
    ratio = p.metal_site_density / p.bulk_concentration
    # the mean over a cell of the product, not the product of means: the factor varies by e within one at -0.1 V
    spread = grid.to_cells(diffusivity * boltzmann)
    _, top = ends(grid)
    load = (previous / dt + ratio * sink.rest) * grid.node_volumes()
    x0 = np.where(top, 1.0, guess) / boltzmann
    reaction = (1.0 / dt + ratio * sink.slope) * boltzmann
    found = solve_scalar(grid, spread, reaction, load, top, x0, rtol, threads=threads)
    return replace(found, x=found.x * boltzmann)
