r"""Linear propagation of errors to one boundary: the independent check of the sampling.

At the boundary of assemblages A (below) and B (above), with :math:`\Delta n_j = n_j^A - n_j^B` and the ion uptake
difference n, the voltage is :math:`ne\varphi = -\sum_j \Delta n_j (E_j + K v_j)`, so the independent errors of
:mod:`selflimit.phase_diagrams.uncertainty.draws` give

.. math:: (n e\,\sigma_\varphi)^2 = \sigma_E^2 \Big[ (1 - \rho) \sum_f \Big(\sum_{j \in f} \Delta n_j N_j\Big)^2
   + \rho \sum_M \Big(\sum_{j \in M} \Delta n_j N_j\Big)^2 \Big]
   + K^2 \Big[ \sum_j \big(\Delta n_j v_j s_j\big)^2 + \sum_c \Big(\sum_{j \in c} \Delta n_j v_j t_c\Big)^2 \Big] ,

with f the compositions, M the sets of metals beside the working ion (compounds without any share nothing), and c the
classes that share an error of their volumes.

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
from selflimit.phase_diagrams.uncertainty.draws import atoms_with_error, metals_of
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
    sides = boundary.below, boundary.above
    return _energy_deviation(sides, k_eff, error, spreads, boundary.working_ion) / abs(ions)


def threshold_deviation(
    found: Threshold, error: EnergyError, spreads: Sequence[VolumeSpread], working_ion: str = "Li"
) -> float | None:
    """Return the standard deviation (GPa) of K*; None: there is no threshold.

    Parameters
    ----------
    found
        K* (GPa) with the assemblages below and above it.
    error, spreads
        As :func:`boundary_deviation`.
    working_ion
        Symbol of the working ion.
    """
    if found.k_eff is None or found.upper is None:
        return None
    change = _total_volume(found.lower) - _total_volume(found.upper)
    deviation = _energy_deviation((found.lower, found.upper), found.k_eff, error, spreads, working_ion)
    return deviation / (GPA_ANGSTROM3_TO_EV * abs(change))


def _energy_deviation(
    sides: tuple[StaircaseStep, StaircaseStep],
    k_eff: float,
    error: EnergyError,
    spreads: Sequence[VolumeSpread],
    working_ion: str,
) -> float:
    """Standard deviation (eV/fu) of the energy difference of two assemblages, mechanical work included."""
    lower, upper = sides
    by_formula: dict[str, float] = defaultdict(float)
    for sign, step in ((1, lower), (-1, upper)):
        for product in step.products:
            by_formula[product.formula] += sign * product.amount * atoms_with_error(product.formula)
    by_metals: dict[str, float] = defaultdict(float)
    alone = 0.0
    for formula, atoms in by_formula.items():
        metals = metals_of(formula, working_ion)
        share = error.shared_within_metal if metals else 0.0
        by_metals[metals] += math.sqrt(share) * atoms
        alone += (1.0 - share) * atoms**2
    energies = error.standard_deviation**2 * (alone + sum(atoms**2 for atoms in by_metals.values()))
    of_entry = {spread.entry_id: spread for spread in spreads}
    own, shared = 0.0, defaultdict[str, float](float)
    for entry_id, (amount, volume) in _volumes(lower, upper).items():
        spread = of_entry[entry_id]
        own += (amount * volume * spread.relative_deviation) ** 2
        shared[spread.shared_by] += amount * volume * spread.shared_deviation
    volumes = own + sum(part**2 for part in shared.values())
    return math.sqrt(energies + (k_eff * GPA_ANGSTROM3_TO_EV) ** 2 * volumes)


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
