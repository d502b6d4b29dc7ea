"""Energies of orderings that are sums over sites and pairs of sites; electrostatics is one of them.

E = constant + sum_i h(i, s_i) + sum_{i<j} J(i, s_i; j, s_j),    s_i the species on active site i.
"""

from dataclasses import dataclass

import numpy as np

from selflimit.arrays import FloatArray, Int8Array


@dataclass(frozen=True, eq=False)
class PairEnergy:
    """An energy model of the orderings of one cell.

    Attributes
    ----------
    constant
        Energy of the ordered rest (eV).
    site
        h: energy of each species of its pool on each active site (eV), shape (n_active, n_species).
    pair
        J: energy of each pair (eV), shape (n_active, n_species, n_active, n_species), symmetric; entries of a site
        with itself are not used.
    units
        Formula units in the cell: energies are given per formula unit.
    """

    constant: float
    site: FloatArray
    pair: FloatArray
    units: float

    def __call__(self, labels: Int8Array) -> FloatArray:
        """Energies (eV per formula unit) of labels of shape (n, n_active)."""
        sites = np.arange(self.site.shape[0])
        energies = self.constant + self.site[sites, labels].sum(axis=1)
        for i in sites:
            for j in sites[:i]:
                energies += self.pair[i, labels[:, i], j, labels[:, j]]
        per_unit: FloatArray = energies / self.units
        return per_unit
