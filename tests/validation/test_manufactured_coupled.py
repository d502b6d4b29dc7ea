"""A manufactured solution of the whole coupled step: front, Li+, potential and displacement at once, with sources.

Every field is smooth, meets the boundary conditions of the model and depends on time; what the equations lack is added
as sources, derived symbolically:

    xi    no flux                                   source in the explicit rate of the front
    c     1 at the top, no flux elsewhere           source in the previous concentration, dt S_c
    phi   given at both ends, no flux at the sides  source in the growth rate that draws current
    u     rollers and clamped ends                  eigenstrain eps(u) - C^-1 : sigma - K h with div(sigma) = 0

Design order: 2 in space; 1 in time for the whole, because the concentration and the growth rate that consumes Li+ and
current are backward differences. With dt ~ dx^2 both show as order 2 in dx.
"""

from functools import cache

import numpy as np
import pytest
import sympy as sp

from selflimit.mesoscale import Grid, InterfaceParameters, Microstructure, Moment
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations import time_step as ce
from selflimit.mesoscale.equations.state import Effort, State
from selflimit.mesoscale.layers.microstructure import grid_axes, phase_lame
from selflimit.mesoscale.mechanics.elasticity import MechanicalState, all_components, equilibrium
from selflimit.mesoscale.mechanics.stress import components
from selflimit.units import FARADAY

P = InterfaceParameters(
    overpotential=-0.02, noise_amplitude=0.0, conductivity_cap=10.0, metal_diffusivity=1.0e-11,
    mechanical_correction=30.0, saturation=1e9,
)  # fmt: skip
"""All terms of one order of magnitude, so that an error in any of them shows; without the kink at saturation."""
SIDE, END = 8.0 * P.interface_width, 1.0
EXACT = ce.Numerics(
    front="published",
    order=2, sweep_tolerance=1e-8, most_sweeps=80, newton_tolerance=1e-9, concentration_rtol=1e-10,
    potential_rtol=1e-10, mechanics_rtol=1e-10, mechanics_change=0.0, overshoot_tolerance=1.0,
)  # fmt: skip
"""Solved far below the discretisation error, which is 1e-4 and more."""


def switch(xi):
    return xi**3 * (6 * xi**2 - 15 * xi + 10)


@cache
def manufactured(dimension):
    """Functions of (x_1 ... x_d, t): fields, sources and the extra eigenstrain, from one symbolic derivation."""
    x, t = sp.symbols(f"x0:{dimension}", real=True), sp.Symbol("t", real=True)
    f, n_f = P.inverse_thermal_voltage, P.charge_number * FARADAY
    wave, beat = sp.pi / SIDE, sp.cos(2 * sp.pi * t / 10)
    y, lateral = x[-1], sp.prod([sp.cos(wave * a) for a in x[:-1]])

    def div(vector):
        return sum(sp.diff(v, a) for v, a in zip(vector, x, strict=True))

    def grad(scalar):
        return [sp.diff(scalar, a) for a in x]

    xi = sp.Rational(1, 2) + sp.Rational(3, 10) * lateral * sp.cos(wave * y) * beat
    phi = P.overpotential * (1 - y / SIDE) + 0.005 * lateral * sp.sin(wave * y) * beat
    slotboom = 1 + sp.Rational(1, 5) * (1 + lateral / 2) * sp.cos(wave * y / 2) * beat
    c, h = slotboom * sp.exp(-f * phi), switch(xi)
    u = [1e-3 * SIDE * beat * _clamped(x, a, wave) for a in range(dimension)]
    sigma = _balanced_stress(x, wave, dimension)
    pressure = sum(sigma[:3]) / 3
    eta = phi - P.mechanical_correction * pressure * P.metal_molar_volume / n_f
    conductivity, diffusivity = (
        h * metal + (1 - h) * rest
        for metal, rest in (
            (P.conductivity_cap * P.electrolyte_conductivity, P.electrolyte_conductivity),
            (P.metal_diffusivity, P.electrolyte_diffusivity),
        )
    )
    alpha, well = P.transfer_coefficient, 2 * xi * (1 - xi) * (1 - 2 * xi)
    kinetics = c * sp.exp(-alpha * f * eta) - sp.exp((1 - alpha) * f * eta)
    reaction = P.reaction_coefficient * 30 * xi**2 * (1 - xi) ** 2 * kinetics
    tension = P.surface_mobility * (P.barrier * well - P.gradient_coefficient * div(grad(xi)))
    flux = [diffusivity * (a + f * c * b) for a, b in zip(grad(c), grad(phi), strict=True)]
    current = [conductivity * a for a in grad(phi)]
    consumed = P.metal_site_density / P.bulk_concentration * sp.diff(xi, t)
    expressions = {
        "xi": xi,
        "c": c,
        "phi": phi,
        "u": sp.Matrix(u),
        "sigma": sp.Matrix(sigma),
        "S_xi": sp.diff(xi, t) + tension - reaction,
        "S_c": sp.diff(c, t) - div(flux) + consumed,
        "S_phi": div(current) / (n_f * P.metal_site_density) - sp.diff(xi, t),
        "strain": sp.Matrix(_extra_strain(x, u, sigma, h, dimension)),
    }
    made = {name: sp.lambdify((*x, t), e, "numpy", cse=True) for name, e in expressions.items()}
    return lambda name, places, time: _evaluated(made[name], places, time)


def _clamped(x, component, wave):
    """Displacement component that is 0 at both ends, and on the lateral sides it is normal to."""
    factors = [sp.sin(wave * a) if i in (component, len(x) - 1) else sp.cos(wave * a) for i, a in enumerate(x)]
    return sp.prod(factors)


def _balanced_stress(x, wave, dimension):
    """Stress from Airy's function of the first and the last coordinate: div(sigma) = 0, no shear on the sides."""
    a, y = x[0], x[-1]
    airy = 2.0e6 * sp.cos(2 * wave * a) * sp.cos(wave * y) / wave**2
    along, across, shear = sp.diff(airy, y, 2), sp.diff(airy, a, 2), -sp.diff(airy, a, y)
    out_of_plane = 1.0e6 * sp.cos(wave * a) * sp.sin(wave * y)
    if dimension == 2:
        return [along, across, out_of_plane, shear]
    return [along, out_of_plane, across, 0, shear, 0]


def _extra_strain(x, u, sigma, h, dimension):
    """eps(u) - C^-1 : sigma - K h: the eigenstrain that makes u the answer."""
    (lam_m, mu_m), (lam_p, mu_p) = phase_lame(P, "lithium"), phase_lame(P, "particle")
    lam, mu, trace = h * lam_m + (1 - h) * lam_p, h * mu_m + (1 - h) * mu_p, sum(sigma[:3])
    pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)][: components(dimension)]
    strains, expansion = [], grid_axes(P.fine_expansion, dimension)
    for (a, b), stress in zip(pairs, sigma, strict=True):
        inside = max(a, b) < dimension
        total = (sp.diff(u[a], x[b]) + sp.diff(u[b], x[a])) / 2 if inside else 0
        elastic = (stress - (lam * trace / (3 * lam + 2 * mu) if a == b else 0)) / (2 * mu)
        strains.append(total - elastic - (float(expansion[a]) * h if a == b else 0))
    return strains


def _evaluated(function, places, time):
    found = np.asarray(function(*places, time))
    if found.dtype == object or found.ndim != len(places) + 2:
        return np.broadcast_to(np.asarray(found, dtype=float), places[0].shape) if found.ndim == len(places) else found
    return np.moveaxis(found[:, 0], 0, -1)


class WithSources(ce.CoupledEquations):
    """The coupled equations plus the manufactured source of the order parameter."""

    def _explicit_rate(self, state, guess):
        grid = self.microstructure.grid
        return manufactured(grid.dimension)("S_xi", grid.node_coordinates(), guess.now.time)


def errors(cells, steps, dimension, monkeypatch):
    """Largest errors of xi, c, phi and u at the end, relative to the largest values of the varying parts."""
    grid = Grid((cells,) * dimension, SIDE / cells)
    nodes, centres, exact = grid.node_coordinates(), grid.cell_centres(), manufactured(dimension)
    end = {}

    def with_source_c(grid, p, diffusivity, phi, previous, sink, dt, *rest):
        return concentration(grid, p, diffusivity, phi, previous + dt * exact("S_c", nodes, end["t"]), sink, dt, *rest)

    def with_source_phi(grid, p, conductivity, growth_rate, *rest):
        return potential(grid, p, conductivity, growth_rate + exact("S_phi", nodes, end["t"]), *rest)

    def with_eigenstrain(grid, lam, mu, eigenstrain, *rest, **options):
        return equilibrium(
            grid, lam, mu, all_components(grid, eigenstrain) + extra(centres, end["t"]), *rest, **options
        )

    def extra(places, time):
        return np.stack([np.broadcast_to(v, grid.shape) for v in np.moveaxis(exact("strain", places, time), -1, 0)], -1)

    concentration, potential = ec.concentration, ec.potential
    with monkeypatch.context() as patch:
        patch.setattr(ec, "concentration", with_source_c)
        patch.setattr(ec, "potential", with_source_phi)
        patch.setattr(ce, "equilibrium", with_eigenstrain)
        equations, dt = WithSources(P, Microstructure.fine(grid), EXACT), END / steps
        past = tuple(Moment(t, *(exact(name, nodes, t) for name in ("xi", "c", "phi"))) for t in (0.0, -dt))
        rest = MechanicalState(exact("u", nodes, 0.0), np.zeros((*grid.shape, components(dimension))), 0, 0.0)
        state = State(past, rest, past[0].xi - 1.0, past[0].xi, overpotential=P.overpotential)
        for step in range(1, steps + 1):
            end["t"] = step * dt
            state, _ = equations.step(state, dt, Effort())
    found = {"xi": state.xi, "c": state.c, "phi": state.phi, "u": state.mechanics.displacement}
    scale = {"xi": 0.3, "c": 0.2, "phi": 0.005, "u": 1e-3 * SIDE}
    return {name: np.abs(found[name] - exact(name, nodes, END)).max() / scale[name] for name in found}


def orders(dimension, sizes, monkeypatch):
    """Observed order of each field between two grids, with a quarter of the time step for half of dx."""
    coarse, fine = (errors(cells, steps, dimension, monkeypatch) for cells, steps in sizes)
    ratio = np.log(sizes[1][0] / sizes[0][0])
    return {name: np.log(coarse[name] / fine[name]) / ratio for name in coarse}


def test_coupled_step_in_the_plane(monkeypatch):
    found = orders(2, ((16, 8), (32, 32)), monkeypatch)
    # xi is 1.6 between 8 and 16, 1.9 here: the next terms of the error are still a tenth
    assert found == pytest.approx(dict.fromkeys(found, 2.0), abs=0.15)


def test_coupled_step_in_space(monkeypatch):
    found = orders(3, ((8, 2), (16, 8)), monkeypatch)
    assert found.pop("xi") == pytest.approx(1.6, abs=0.15)  # 1.6 in the plane on the same two grids, 1.9 on the next
    assert found == pytest.approx(dict.fromkeys(found, 2.0), abs=0.2)


@pytest.mark.slow
def test_coupled_step_in_space_on_finer_grids(monkeypatch):
    found = orders(3, ((16, 8), (32, 32)), monkeypatch)
    assert found == pytest.approx(dict.fromkeys(found, 2.0), abs=0.2)
