"""What must balance over a run: lithium against its inflow, charge against its currents, motion against its drive."""

from functools import partial, reduce

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations.front import Front
from selflimit.mesoscale.grid import Grid, mean_of_neighbours
from selflimit.mesoscale.mechanics.stress import cell_gradient, magnitude
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import FARADAY


def inventory(grid: Grid, p: InterfaceParameters, xi: FloatArray, c: FloatArray) -> float:
    """Lithium in the domain, int c + (c_s/c_0) xi (m^2, in units of c_0 per m of depth; m^3 in three dimensions).

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters of the interface.
    xi
        Front, shape ``grid.shape``.
    c
        Li+ in units of c_0, same shape.
    """
    return grid.integrate(c + p.metal_site_density / p.bulk_concentration * xi)


def inflow(front: Front, xi: FloatArray, c: FloatArray, phi: FloatArray) -> float:
    """Li+ that enters through the top (m^2/s in units of c_0; m^3/s in 3-D), by the discrete operator.

    Parameters
    ----------
    front
        The front, with its grid and parameters.
    xi, c, phi
        Front, Li+ (units of c_0) and potential (V), shape ``grid.shape``.
    """
    grid, p = front.grid, front.p
    xi, c, phi = (field[..., -2:] for field in (xi, c, phi))
    boltzmann = np.exp(-p.inverse_thermal_voltage * phi)
    return current_through(grid, mean_in_layer(grid, front.form.diffusivity(p, xi) * boltzmann), c / boltzmann)


def stored_current(front: Front, xi: FloatArray, phi: FloatArray, growth_rate: FloatArray) -> float:
    """Charge that appears per time and is not taken by growth (A per m of depth; A in 3-D); 0 where charge balances.

    Net current through both ends, by the discrete operator, minus n F c_s int d(xi)/dt; the growth of the nodes on the
    ends is carried by the ends.

    Parameters
    ----------
    front
        The front, with its grid and parameters.
    xi, phi
        Front and potential (V), shape ``grid.shape``.
    growth_rate
        d(xi)/dt (1/s), same shape.
    """
    grid, p = front.grid, front.p
    bottom, top = (
        current_through(grid, front.form.conductivity(p, xi[..., end], partial(mean_in_layer, grid)), phi[..., end])
        for end in (slice(None, 2), slice(-2, None))
    )
    taken = (grid.node_volumes() * growth_rate)[..., 1:-1].sum()
    return top - bottom - p.charge_number * FARADAY * p.metal_site_density * float(taken)


def driven_growth(front: Front, xi: FloatArray, c: FloatArray, charge: ec.Charge) -> tuple[float, float]:
    """Growth of the lithium (m^2/s; m^3/s in 3-D) that charge transfer and tension ask for on an ideal grid.

    Integrating the equation of xi, the double well drops out of a front with the symmetric profile, and surface tension
    acts through the curvature of its contours only. What a front falls behind this, the grid holds it.

    Parameters
    ----------
    front
        The front, with its grid and parameters.
    xi, c
        Front and Li+ (units of c_0), shape ``grid.shape``.
    charge
        Butler-Volmer factors at the nodes.

    Returns
    -------
    The growth, and the lithium exchanged for it, deposition and dissolution added up.
    """
    p = front.p
    reaction = front.kinetics * ec.switch_slope(xi) * front.form.exchange(p, charge, c).net
    tension = p.surface_mobility * p.gradient_coefficient * front.total_curvature(xi)
    return front.grid.integrate(reaction) + tension, front.grid.integrate(np.abs(reaction)) + abs(tension)


def open_share_left(front: Front, xi: FloatArray) -> float:
    """Share of the space open to lithium that it has not taken, where ``xi`` has the shape ``nodes``."""
    volumes = front.volumes * front.is_open
    return float(1.0 - (xi * volumes).sum() / volumes.sum())


def front_length(grid: Grid, p: InterfaceParameters, xi: FloatArray) -> float:
    """Length of the front (m; m^2 in 3-D): int xi (1 - xi) / w, exact for the profile 1/2 [1 - tanh(x/2w)].

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters; their ``interface_width`` is w.
    xi
        Front, shape ``grid.shape``.
    """
    return grid.integrate(np.clip(xi * (1.0 - xi), 0.0, None)) / p.interface_width


def steepness(grid: Grid, p: InterfaceParameters, xi: FloatArray) -> float:
    """Mean slope of the front over that of the profile: int |grad xi| / int xi (1 - xi)/w, 1 for the profile.

    Parameters
    ----------
    grid
        The grid.
    p
        Parameters; their ``interface_width`` is w.
    xi
        Front, shape ``grid.shape``.
    """
    # of the contours, int |grad xi| counts the length whatever the profile
    slope = magnitude(cell_gradient(grid, xi)).sum() * grid.cell_volume
    return float(slope) / front_length(grid, p, xi)


def mean_in_layer(grid: Grid, nodal: FloatArray) -> FloatArray:
    """Cell means in one layer of cells, of nodal values on both sides of it, shape (..., 2)."""
    return reduce(mean_of_neighbours, range(grid.dimension - 1), nodal.mean(axis=-1))


def current_through(grid: Grid, in_cells: FloatArray, potential: FloatArray) -> float:
    """Q1 flux along the last axis through one layer of cells, the potential on both sides of it, shape (..., 2).

    Parameters
    ----------
    grid
        The grid.
    in_cells
        Conductivity of the cells of the layer, shape that of the layer.
    potential
        Potential at its two sides, shape (..., 2).
    """
    rise = reduce(mean_of_neighbours, range(grid.dimension - 1), potential[..., 1] - potential[..., 0])
    return grid.spacing ** (grid.dimension - 2) * float((in_cells * rise).sum())
