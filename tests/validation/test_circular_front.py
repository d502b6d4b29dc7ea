"""Discs of lithium that a solid electrolyte feeds, against the sharp front: an ordinary differential equation.

Around a front of radius R in an electrolyte that ends at a conductor of radius R_out Ohm's law gives the drop
i R ln(R_out/R)/sigma, or i R^2 (1/R - 1/R_out)/sigma in space; Butler-Volmer's kinetics and surface tension make
dR/dt = v(eta + drop) - (d - 1) T/R, and the current is that of all growth, i = n F c_s dR/dt.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from selflimit.mesoscale import Grid, GrowthModel, InterfaceParameters, Microstructure, Numerics
from selflimit.units import FARADAY

UM = 1e-6
SIDE, START, CONDUCTOR, TENSION, END = 24 * UM, 5 * UM, 16 * UM, 8e-14, 150.0


def sharp_radii(p, dimension, start, times):
    """Radii (m) of the sharp front at ``times`` (s)."""
    charge = FARADAY * p.metal_site_density

    def velocity(_, radius):
        r = radius[0]
        far = r * np.log(CONDUCTOR / r) if dimension == 2 else r**2 * (1 / r - 1 / CONDUCTOR)

        def surplus(v):
            there = p.overpotential + charge * v * far / p.electrolyte_conductivity
            kinetic = 2.0 * p.exchange_current / charge * np.sinh(-0.5 * p.inverse_thermal_voltage * there)
            return kinetic - (dimension - 1) * TENSION / r - v

        return [brentq(surplus, -1e-6, 1e-6, xtol=1e-18)]

    return solve_ivp(velocity, (0.0, times[-1]), [start], t_eval=times, rtol=1e-9, atol=1e-15).y[0]


def radius_of(integral, width, dimension):
    """Radius (m) of the contour xi = 1/2: the profile's variance pi^2 w^2/3 is more than the contour holds."""
    spread = (np.pi * width) ** 2 / 3.0
    if dimension == 2:
        return float(np.sqrt(4.0 * integral / np.pi - spread))
    return float(brentq(lambda r: r**3 + 3.0 * r * spread - 6.0 * integral / np.pi, 1e-7, 1e-4))


def advance_error(width, dimension):
    """Advance of the front over the sharp one's, less 1, a quarter or an eighth of it in the corner of the box.

    Beyond the conductor's radius the electrolyte conducts 10^4 times as well, which holds it at the far potential. The
    profile is kept tight (L_sigma), so that what is left is of the width.
    """
    p = InterfaceParameters(
        interface_width=width, overpotential=-0.05, capillarity=TENSION, surface_mobility=2e-7,
        boundary_conduction=1e4, mechanical_correction=0.0, noise_amplitude=0.0, fine_ratio=0.0,
    )  # fmt: skip
    grid = Grid((round(SIDE / width),) * dimension, width)
    middles = np.meshgrid(*[width * (np.arange(n) + 0.5) for n in grid.shape], indexing="ij")
    conductor = (np.sqrt(sum(x**2 for x in middles)) > CONDUCTOR).astype(float)
    distance = np.sqrt(sum(x**2 for x in grid.node_coordinates()))
    start = 0.5 * (1.0 - np.tanh((distance - START) / (2.0 * width)))
    layer = replace(Microstructure.fine(grid, 1), boundaries=conductor)
    numerics = Numerics(mechanics_change=3.0, time_tolerance=0.003, sweep_tolerance=0.003)
    outputs = GrowthModel(p, layer, numerics).evolve(start, [0.0, END]).outputs
    first, last = (radius_of(grid.integrate(output.xi), width, dimension) for output in outputs)
    exact = sharp_radii(p, dimension, first, [0.0, outputs[-1].time])
    assert outputs[-1].time == END
    assert exact[-1] - first > 6 * UM
    return (last - first) / (exact[-1] - first) - 1.0


def test_a_disc_grows_as_the_sharp_one_and_its_error_halves_with_the_width():
    coarse, fine = (advance_error(width, dimension=2) for width in (UM, 0.5 * UM))
    assert abs(coarse) < 0.06
    assert abs(fine) < 0.03
    assert abs(fine) < 0.55 * abs(coarse)


@pytest.mark.slow
def test_the_error_of_a_disc_is_above_the_first_order_in_the_width():
    middle, fine = (advance_error(width, dimension=2) for width in (0.5 * UM, 0.25 * UM))
    assert abs(fine) < 0.01
    assert abs(fine) < 0.4 * abs(middle)
