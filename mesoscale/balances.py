"""What must balance over a run: lithium against its inflow, charge against its currents, motion against its drive."""

import math

import numpy as np
from numpy.typing import NDArray

from selflimit.mesoscale import electrochemistry as ec
from selflimit.mesoscale.grid import Array, Grid
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import FARADAY


def inventory(grid: Grid, p: InterfaceParameters, xi: Array, c: Array) -> float:
    """Lithium in the domain, int c + (c_s/c_0) xi (m^2, in units of c_0 per m of depth)."""
    return grid.integrate(c + p.metal_site_density / p.bulk_concentration * xi)


def inflow(grid: Grid, p: InterfaceParameters, xi: Array, c: Array, phi: Array) -> float:
    """Li+ that enters through the top (m^2/s, in units of c_0): the discrete operator's own boundary flux."""
    boltzmann = np.exp(-p.inverse_thermal_voltage * phi)
    slotboom = c / boltzmann
    diffusivity = ec.mixture(xi[:, -2:], p.metal_diffusivity, p.electrolyte_diffusivity) * boltzmann[:, -2:]
    return _through(_cells(diffusivity), slotboom[:, -1] - slotboom[:, -2])


def stored_current(grid: Grid, p: InterfaceParameters, xi: Array, phi: Array, growth_rate: Array) -> float:
    """Charge that appears per time and is not taken by growth (A per m of depth); 0 where charge balances.

    Net current through both ends, by the discrete operator, minus n F c_s int d(xi)/dt; the growth of the nodes on the
    ends is carried by the ends.
    """
    metal = min(p.metal_conductivity, p.conductivity_cap * p.electrolyte_conductivity)
    sigma = ec.mixture(xi, metal, p.electrolyte_conductivity)
    top = _through(_cells(sigma[:, -2:]), phi[:, -1] - phi[:, -2])
    bottom = _through(_cells(sigma[:, :2]), phi[:, 1] - phi[:, 0])
    taken = (grid.node_volumes() * growth_rate)[:, 1:-1].sum()
    return top - bottom - p.charge_number * FARADAY * p.metal_site_density * float(taken)


def driven_growth(grid: Grid, p: InterfaceParameters, xi: Array, c: Array, eta: Array) -> float:
    """Growth of the lithium's area (m^2/s) that charge transfer and surface tension ask for on an ideal grid.

    Integrating the equation of xi, the double well drops out of a front with the symmetric profile, and surface tension
    acts through the turning of the contour only, 2 pi times its Euler characteristic (Gauss-Bonnet): 0 for a front from
    side to side, however wrinkled. What a front falls behind this, the grid holds it.
    """
    charge = ec.charge_transfer(p, eta)
    reaction = p.reaction_coefficient * ec.switch_slope(xi) * (charge.cathodic * c - charge.anodic)
    tension = p.surface_mobility * p.gradient_coefficient
    return grid.integrate(reaction) - 2.0 * math.pi * tension * euler_characteristic(xi >= 0.5)


def euler_characteristic(inside: NDArray[np.bool_]) -> float:
    """Pieces minus holes of a set of nodes, shape ``nodes``: vertices - edges + squares.

    What lies on a side counts half and in a corner a quarter, as if the domain were mirrored there.
    """
    along_x, along_y = inside[1:] & inside[:-1], inside[:, 1:] & inside[:, :-1]
    rim_x, rim_y = (np.where(np.isin(np.arange(n), (0, n - 1)), 0.5, 1.0) for n in inside.shape)
    vertices = rim_x @ inside @ rim_y
    edges = (along_x @ rim_y).sum() + (rim_x @ along_y).sum()
    return float(vertices - edges + (along_x[:, 1:] & along_x[:, :-1]).sum())


def front_length(grid: Grid, p: InterfaceParameters, xi: Array) -> float:
    """Length of the front (m): int xi (1 - xi) / w, exact for the profile 1/2 [1 - tanh(x/2w)]."""
    return grid.integrate(np.clip(xi * (1.0 - xi), 0.0, None)) / p.interface_width


def _cells(nodal: Array) -> Array:
    """Mean of the four corners of one row of cells, from the nodes on both sides of it, shape (n, 2)."""
    return np.asarray(0.25 * (nodal[:-1, 0] + nodal[:-1, 1] + nodal[1:, 0] + nodal[1:, 1]))


def _through(coefficient: Array, rise: Array) -> float:
    """Q1 flux across one row of square cells, of a nodal rise over the row."""
    return float(0.5 * coefficient @ (rise[:-1] + rise[1:]))
