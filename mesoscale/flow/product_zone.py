"""Where the product is: the electrolyte within the film's thickness of a contact, as a phase on the grid.

This is the order parameter of the reaction zone, psi_4, read off the film and not solved for: a layer of the thickness
x(s) behind each point s of the contact. It is what the film's own constriction is computed from, and what is drawn.
"""

import numpy as np
from scipy.spatial import cKDTree

from selflimit.arrays import BoolArray, FloatArray
from selflimit.isotropic import Isotropic, lame
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.mechanics.effective_modulus import effective_modulus

FILM_RTOL = 1e-5
"""Relative residual of the elastic solve for the film's modulus."""


def product_zone(grid: Grid, electrolyte: FloatArray, touched: BoolArray, film: FloatArray) -> FloatArray:
    """Share of each cell that is product, shape ``grid.shape``.

    Parameters
    ----------
    grid
        The grid.
    electrolyte
        Volume fraction of the less stable electrolyte per cell.
    touched
        Where lithium lies on it, a mask of the nodes.
    film
        Thickness of the product at each node (m), shape ``grid.nodes``.
    """
    zone = np.zeros(grid.shape)
    if not touched.any():
        return zone
    nodes = np.stack([axis[touched] for axis in grid.node_coordinates()], axis=-1)
    cells = electrolyte > 0.0
    centres = np.stack([axis[cells] for axis in grid.cell_centres()], axis=-1)
    distance, nearest = cKDTree(nodes).query(centres)
    deep = (film[touched][nearest] - distance) / grid.spacing + 0.5
    zone[cells] = np.clip(deep, 0.0, 1.0) * electrolyte[cells]
    return zone


def film_modulus(grid: Grid, lam: FloatArray, mu: FloatArray, zone: FloatArray, products: Isotropic) -> float:
    """Effective modulus (Pa) with which the layer resists the swelling of a zone of products; 0 without a zone.

    Parameters
    ----------
    grid
        The grid.
    lam, mu
        Lame constants per cell (Pa) without products.
    zone
        Share of each cell that is product.
    products
        Moduli of the products.
    """
    if zone.sum() == 0.0:
        return 0.0
    own = lame(products.youngs_modulus, products.poisson_ratio)
    lam, mu = (host + (float(part) - host) * zone for host, part in zip((lam, mu), own, strict=True))
    return effective_modulus(grid, lam, mu, zone, rtol=FILM_RTOL).k_eff
