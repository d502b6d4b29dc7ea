"""Energies of clusters from a few relaxed orderings, with the error that cross-validation finds.

Bayesian cluster expansion (T. Mueller and G. Ceder, Phys. Rev. B 80, 024103 (2009), doi:10.1103/PhysRevB.80.024103):
energies of clusters are small a priori, the smaller the larger the cluster is. How small, and how much of the energy no
cluster explains, is what makes the squared errors least where each ordering is left out in turn; for such a linear
model they follow from one fit (C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, MIT
Press 2006, eq. 5.12). The electrostatic energy of formal charges is one of the variables, with a factor that is free.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.structures.cluster_expansion.clusters import Clusters

DECAYS = (1.5, 3.0, 6.0, 12.0)
"""Lengths (Angstrom) over which a cluster's energy is expected to fall by 1/e that are tried."""

TRIPLET_WEIGHTS = (0.0, 0.1, 1.0)
"""Variances of triplet energies as shares of those of pairs that are tried; 0: no triplets."""

NOISES = (1e-4, 1e-2, 1.0)
"""Variances of what no cluster explains, as shares of the rest, that are tried."""

FREE_PARAMETERS = 1e4
"""Variance of the constant and of the electrostatic factor, against 1 for the whole of the clusters: free."""


@dataclass(frozen=True, eq=False)
class ClusterExpansion:
    """A fitted expansion.

    Attributes
    ----------
    weights
        Prior variance of each variable, shape (n_variables,).
    variables, coefficients
        Variables of the fitted orderings, shape (n, n_variables), and the solution of the fit, shape (n,).
    inverse
        Inverse of the covariance of the fitted energies, shape (n, n).
    error
        Root mean square error of energies that are left out one at a time (eV per atom).
    scale
        Variance of the energies that the prior stands for ((eV per atom)^2).
    """

    weights: FloatArray
    variables: FloatArray
    coefficients: FloatArray
    inverse: FloatArray
    error: float
    scale: float

    def predict(self, variables: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Energies and their standard deviations (eV per atom), shapes (n,).

        Parameters
        ----------
        variables
            From :func:`variables_of`, shape (n, n_variables).
        """
        across = (variables * self.weights) @ self.variables.T
        spread = (variables**2) @ self.weights - np.einsum("ij,jk,ik->i", across, self.inverse, across)
        return across @ self.coefficients, np.sqrt(self.scale * np.maximum(spread, 0.0))


def variables_of(counts: FloatArray, electrostatic: FloatArray) -> FloatArray:
    """The constant, the electrostatic energy and the clusters of orderings, shape (n, 2 + n_orbits).

    Parameters
    ----------
    counts
        Filled clusters of each orbit, shape (n, n_orbits).
    electrostatic
        Electrostatic energies (eV per atom), shape (n,).
    """
    return np.column_stack([np.ones(len(counts)), electrostatic, counts])


def fit_energies(clusters: Clusters, variables: FloatArray, energies: FloatArray) -> ClusterExpansion:
    """The expansion whose errors, each ordering left out in turn, are least.

    Parameters
    ----------
    clusters
        What the variables count.
    variables
        From :func:`variables_of`, shape (n, n_variables).
    energies
        Relaxed energies (eV per atom), shape (n,).
    """
    fits = [
        _fit(_prior(clusters, decay, triplets), variables, energies, noise)
        for decay, triplets, noise in product(DECAYS, TRIPLET_WEIGHTS, NOISES)
    ]
    return min(fits, key=lambda one: one.error)


def _prior(clusters: Clusters, decay: float, triplets: float) -> FloatArray:
    """Variance of each variable's factor, 1 in the sum over all clusters."""
    weight = np.exp(-2.0 * clusters.reach / decay) * np.where(clusters.size == 3, triplets, 1.0)
    return np.concatenate([[FREE_PARAMETERS, FREE_PARAMETERS], weight / weight.sum()])


def _fit(weights: FloatArray, variables: FloatArray, energies: FloatArray, noise: float) -> ClusterExpansion:
    """The expansion of one prior."""
    level = float(np.mean(np.diag((variables[:, 2:] * weights[2:]) @ variables[:, 2:].T)))
    covariance = (variables * weights) @ variables.T + noise * max(level, 1e-12) * np.eye(len(energies))
    inverse: FloatArray = np.linalg.inv(covariance).astype(np.float64)
    coefficients = inverse @ energies
    left_out = coefficients / np.diag(inverse)
    scale = float(energies @ coefficients) / len(energies)
    return ClusterExpansion(
        weights, variables, coefficients, inverse, float(np.sqrt(np.mean(left_out**2))), max(scale, 0.0)
    )
