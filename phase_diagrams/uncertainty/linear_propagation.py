r"""Linear propagation of errors to one boundary: the independent check of the sampling.

At the boundary of assemblages A (below) and B (above), with :math:`\Delta n_j = n_j^A - n_j^B` and the ion uptake
difference n, the voltage is :math:`ne\varphi = -\sum_j \Delta n_j (E_j + K v_j)`, so the independent errors of
:mod:`selflimit.phase_diagrams.uncertainty.sampling` give

.. math:: (n e\,\sigma_\varphi)^2 = \sum_f \Big(\sigma_E \sum_{j \in f} \Delta n_j N_j\Big)^2
   + \sum_j \big(K\,\Delta n_j v_j s_j\big)^2 .

At a threshold, :math:`K^* = -(\Delta E + n e\varphi)/\Delta V` with :math:`\Delta V = \sum_j \Delta n_j v_j`, and the
same sum at K = K* divided by :math:`|\Delta V|` is its deviation; with B the metal's assemblage at 0 V this is the
closed form :math:`K^* = n e \varphi(0)/(V_B - V_A)`. First order in the errors: it holds while they bring no other
phase into the ground state. The metal of expelled ions is one of the phases, where its volume counts.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from pymatgen.core import Composition

from selflimit.documents import EnergyError, VolumeSpread
from selflimit.errors import InputError
from selflimit.phase_diagrams.uncertainty.staircase import Boundary, StaircaseStep, Threshold
from selflimit.units import GPA_ANGSTROM3_TO_EV


def boundary_deviation(boundary: Boundary, k_eff: float, error: EnergyError, spreads: Sequence[VolumeSpread]) -> float:
    """Return the standard deviation (V) of a boundary's voltage.

    Parameters
    ----------
    boundary
        The assemblages on its two sides.
    k_eff
        Effective bulk modulus (GPa).
    error
        Standard deviation of the energies.
    spreads
        Distributions of the volumes (Angstrom^3).

    Raises
    ------
    InputError
        Both sides hold the same amount of working ions, so that no voltage separates them.
    """
    ions = _total_ions(boundary.below, boundary.working_ion) - _total_ions(boundary.above, boundary.working_ion)
    if abs(ions) < 1e-9:
        raise InputError("both assemblages hold the same amount of working ions: no voltage separates them")
    return _energy_deviation(boundary.below, boundary.above, k_eff, error, spreads) / abs(ions)


def threshold_deviation(found: Threshold, error: EnergyError, spreads: Sequence[VolumeSpread]) -> float | None:
    """Return the standard deviation (GPa) of K*; None: there is no threshold.

    Parameters
    ----------
    found
        K* (GPa) with the assemblages below and above it.
    error, spreads
        As :func:`boundary_deviation`.
    """
    if found.k_eff is None or found.upper is None:
        return None
    change = _total_volume(found.lower) - _total_volume(found.upper)
    deviation = _energy_deviation(found.lower, found.upper, found.k_eff, error, spreads)
    return deviation / (GPA_ANGSTROM3_TO_EV * abs(change))


def _energy_deviation(
    lower: StaircaseStep, upper: StaircaseStep, k_eff: float, error: EnergyError, spreads: Sequence[VolumeSpread]
) -> float:
    """Standard deviation (eV/fu) of the energy difference of two assemblages, mechanical work included."""
    relative = {spread.entry_id: spread.relative_deviation for spread in spreads}
    by_formula: dict[str, float] = defaultdict(float)
    work = 0.0
    for sign, step in ((1, lower), (-1, upper)):
        for product in step.products:
            composition = Composition(product.formula)
            by_formula[product.formula] += (
                0.0 if len(composition) == 1 else sign * product.amount * composition.num_atoms
            )
    for entry_id, (amount, volume) in _volumes(lower, upper).items():
        work += (k_eff * GPA_ANGSTROM3_TO_EV * amount * volume * relative[entry_id]) ** 2
    return math.sqrt(sum((error.standard_deviation * atoms) ** 2 for atoms in by_formula.values()) + work)


def _volumes(lower: StaircaseStep, upper: StaircaseStep) -> dict[str, tuple[float, float]]:
    """Entry -> (difference of its amounts, its volume per fu)."""
    found: dict[str, tuple[float, float]] = {}
    for sign, step in ((1, lower), (-1, upper)):
        for product in step.counted:
            amount = found.get(product.entry_id, (0.0, 0.0))[0]
            found[product.entry_id] = (amount + sign * product.amount, product.volume)
    return found


def _total_volume(step: StaircaseStep) -> float:
    return sum(product.amount * product.volume for product in step.counted)


def _total_ions(step: StaircaseStep, working_ion: str) -> float:
    """Working ions in all products (per fu of the electrolyte)."""
    return sum(product.amount * Composition(product.formula)[working_ion] for product in step.products)
