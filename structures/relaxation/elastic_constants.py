"""Relaxed-ion elastic constants from small strains.

Each of the six Voigt strains is applied with both signs, the ions relax at fixed cell, and the stiffness is the central
difference of the stresses. The amplitude of 1 % is a compromise: below about 0.5 % the tangents of a machine-learned
energy surface follow its ripples (for LiCl and CHGNet r2scan C33 varies from 26 to 64 GPa along +-2 %); secants
over +-1 % average them, while the cubic terms of the energy cancel in the central difference.
"""

import numpy as np
from ase import Atoms

from selflimit.arrays import FloatArray
from selflimit.documents import ElasticDoc, RelaxationDoc
from selflimit.errors import ConvergenceError, LevelOfTheoryError
from selflimit.isotropic import Isotropic
from selflimit.plausible import require_plausible
from selflimit.structures.relaxation.force_fields import ForceField
from selflimit.structures.relaxation.minimisation import largest_force, minimise
from selflimit.units import EV_PER_ANGSTROM3_TO_GPA

STRAIN_AMPLITUDE = 0.01
"""Amplitude of the engineering strains, dimensionless; the module's text says why."""

MAX_FORCE = 0.003
"""Force tolerance of the ions under strain (eV/Angstrom)."""

MAX_STEPS = 300
"""Steps after which the relaxation of the ions under strain is given up."""

PROBE = 0.002
"""Displacement (Angstrom) along which the ions' stiffness is measured first: it gives forces of 0.01 eV/Angstrom, a
thousand times the noise of single precision."""

VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""Voigt order xx yy zz yz xz xy."""


def elastic_constants(
    relaxed: RelaxationDoc, force_field: ForceField, strain: float = STRAIN_AMPLITUDE, max_force: float = MAX_FORCE
) -> ElasticDoc:
    """Elastic constants of a relaxed crystal, ions relaxed.

    Parameters
    ----------
    relaxed, force_field
        Crystal, and the force field it was relaxed with.
    strain
        Amplitude of the six Voigt strains, dimensionless.
    max_force
        Force tolerance of the ions under strain (eV/Angstrom).

    Raises
    ------
    InputError
        An implausible force tolerance.
    LevelOfTheoryError
        The crystal was relaxed at another level of theory.
    ConvergenceError
        The ions do not settle under strain, or the tensor is not positive definite.
    """
    require_plausible("max_force", max_force)
    if relaxed.level_of_theory != force_field.level:
        raise LevelOfTheoryError(
            f"{relaxed.label} was relaxed with {relaxed.level_of_theory.label}, elastic constants were asked of "
            f"{force_field.level.label}; use one level of theory"
        )
    tensor = stiffness(_atoms(relaxed, force_field), relaxed.label, strain, max_force)
    lowest = np.linalg.eigvalsh(tensor).min()
    if lowest <= 0:
        raise ConvergenceError(
            f"{relaxed.label}: elastically unstable, lowest eigenvalue of the stiffness {lowest:.2f} GPa; relax it "
            "to a lower-symmetry minimum or leave the phase out"
        )
    return _document(relaxed, tensor)


def stiffness(atoms: Atoms, label: str, strain: float = STRAIN_AMPLITUDE, max_force: float = MAX_FORCE) -> FloatArray:
    """Relaxed-ion stiffness C (GPa), Voigt, shape (6, 6), symmetrised.

    Column j is ``(stress(+e_j) - stress(-e_j)) / (2 e)``: the residual stress of the relaxed crystal cancels.

    Parameters
    ----------
    atoms
        The relaxed crystal with its calculator (Angstrom).
    label
        What the crystal is, for messages.
    strain, max_force
        As in :func:`elastic_constants`.

    Raises
    ------
    ConvergenceError
        The ions do not settle under a strain.
    """
    columns = [_response(atoms, pair, label, strain, max_force) for pair in VOIGT]
    tensor = np.array(columns) * EV_PER_ANGSTROM3_TO_GPA
    symmetric: FloatArray = 0.5 * (tensor + tensor.T)
    return symmetric


def _response(atoms: Atoms, pair: tuple[int, int], label: str, strain: float, max_force: float) -> FloatArray:
    """Change of stress per strain (eV/Angstrom^3), shape (6,); the second sign starts from the mirrored first."""
    plus = strain_crystal(atoms, pair, strain)
    start = plus.positions.copy()
    _settle(plus, label, max_force)
    minus = strain_crystal(atoms, pair, -strain)
    minus.positions -= plus.positions - start
    _settle(minus, label, max_force)
    slope: FloatArray = (plus.get_stress() - minus.get_stress()) / (2 * strain)
    return slope


def strain_crystal(atoms: Atoms, pair: tuple[int, int], amplitude: float) -> Atoms:
    """Copy under one engineering strain, fractional coordinates kept.

    Parameters
    ----------
    atoms
        The crystal (Angstrom).
    pair
        One of :data:`VOIGT`.
    amplitude
        The engineering strain, dimensionless.
    """
    deformation = np.eye(3)
    deformation[pair] += amplitude / 2
    deformation[pair[::-1]] += amplitude / 2
    copy = atoms.copy()
    copy.calc = atoms.calc
    copy.set_cell(atoms.cell.array @ deformation, scale_atoms=True)
    return copy


def _settle(atoms: Atoms, label: str, max_force: float) -> None:
    """Relax the ions in place at fixed cell."""
    settled, steps = minimise(atoms, lambda: largest_force(atoms) <= max_force, MAX_STEPS, PROBE)
    if not settled:
        raise ConvergenceError(
            f"{label}: the ions do not settle under strain: force {largest_force(atoms):.3g} eV/A after {steps} steps "
            f"(tolerance {max_force:g}); relax the crystal more tightly first"
        )


def _atoms(relaxed: RelaxationDoc, force_field: ForceField) -> Atoms:
    crystal = relaxed.structure
    symbols = [site.specie.symbol for site in crystal]
    return Atoms(
        symbols, positions=crystal.cart_coords, cell=crystal.lattice.matrix, pbc=True, calculator=force_field.calculator
    )


def _document(relaxed: RelaxationDoc, tensor: FloatArray) -> ElasticDoc:
    from pymatgen.analysis.elasticity import ElasticTensor  # brings a computer algebra with it

    averages = ElasticTensor.from_voigt(tensor)
    bulk, shear = float(averages.k_vrh), float(averages.g_vrh)
    return ElasticDoc(
        label=relaxed.label,
        formula=relaxed.formula,
        tensor=tensor.tolist(),
        bulk_modulus=bulk,
        shear_modulus=shear,
        **Isotropic.from_bulk_and_shear(bulk, shear)._asdict(),
        level_of_theory=relaxed.level_of_theory,
    )
