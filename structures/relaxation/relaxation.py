"""Force-field relaxations of one crystal, and of batches that can be stopped; no job manager is imported here.

Cells and positions relax together, without symmetry constraints, from a small random displacement and strain.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.filters import FrechetCellFilter
from pymatgen.core import Structure
from threadpoolctl import threadpool_limits

from selflimit.documents import ElasticDoc, FailedRelaxationDoc, RelaxationDoc
from selflimit.errors import ConvergenceError, InputError
from selflimit.plausible import require_plausible
from selflimit.progress import Progress, silent
from selflimit.structures.relaxation.batches import compute_batch
from selflimit.structures.relaxation.elastic_constants import elastic_constants
from selflimit.structures.relaxation.force_fields import DEFAULT_FORCE_FIELD, ForceField, recall_force_field
from selflimit.structures.relaxation.minimisation import minimise, residuals

INITIAL_DISPLACEMENT = 0.02
"""Standard deviation (Angstrom) of the displacement that takes a crystal off a symmetric saddle point: small against
bond lengths, large enough that an unstable mode of 0.5 eV/Angstrom^2 exceeds the force tolerance."""

STRAINED_CELLS = 12
"""Relaxations that one tensor of elastic constants takes."""


@dataclass(frozen=True)
class Tolerances:
    """When a relaxation counts as converged, and when it has gone astray.

    Attributes
    ----------
    max_force
        Largest force on an atom at the end (eV/Angstrom).
    max_stress
        Largest component of the stress at the end (GPa).
    max_steps
        Optimiser steps after which the relaxation is given up.
    max_volume_change
        Relative change of volume beyond which the cell has run away, dimensionless.

    Raises
    ------
    InputError
        A force or stress that is implausible in its unit.
    """

    max_force: float = 0.005
    max_stress: float = 0.03
    max_steps: int = 500
    max_volume_change: float = 0.35

    def __post_init__(self) -> None:
        for name in ("max_force", "max_stress"):
            require_plausible(name, getattr(self, name))


DEFAULT_TOLERANCES = Tolerances()
"""Forces of 0.005 eV/Angstrom and stresses of 0.03 GPa."""


def relax(
    structure: Structure,
    label: str,
    force_field: ForceField,
    degeneracy: int = 1,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    displacement: float = INITIAL_DISPLACEMENT,
) -> RelaxationDoc:
    """Relax cell and positions of an ordered crystal.

    Parameters
    ----------
    structure
        Ordered crystal (Angstrom).
    label, degeneracy
        Carried over to the document.
    force_field, tolerances
        What relaxes it, and when it counts as converged.
    displacement
        Standard deviation of the random displacement at the start (Angstrom).

    Raises
    ------
    InputError
        A disordered crystal, or elements that the force field does not cover.
    ConvergenceError
        Tolerances not met within ``max_steps``, a runaway cell, or a force field that fails or returns NaN.
    """
    _require_ordered(structure, label)
    force_field.require(structure.symbol_set, label)
    atoms = _atoms(structure, force_field)
    steps = _relax_cell(atoms, label, tolerances, displacement)
    relaxed = Structure(atoms.cell.array, atoms.get_chemical_symbols(), atoms.positions, coords_are_cartesian=True)
    formula, units = relaxed.composition.get_reduced_formula_and_factor()
    max_force, max_stress = residuals(atoms)
    energy = float(atoms.get_potential_energy())
    return RelaxationDoc(
        label=label,
        formula=formula,
        structure=relaxed,
        energy=energy,
        energy_per_atom=energy / len(atoms),
        volume=relaxed.volume,
        volume_per_formula=relaxed.volume / units,
        volume_change=relaxed.volume / structure.volume - 1,
        max_force=max_force,
        max_stress=max_stress,
        steps=steps,
        degeneracy=degeneracy,
        level_of_theory=force_field.level,
    )


def relax_all(
    structures: Sequence[Structure],
    labels: Sequence[str],
    degeneracies: Sequence[int],
    force_field: str = DEFAULT_FORCE_FIELD,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    workers: int | None = None,
    progress: Progress = silent,
    journal: Path | None = None,
) -> list[RelaxationDoc]:
    """Relax a batch of crystals of which none may fail; results in the order given.

    Parameters
    ----------
    structures, labels, degeneracies
        Crystals, what each is, and their degeneracies (1 for ordered crystals); of equal length.
    force_field
        Name as in :func:`selflimit.structures.relaxation.force_fields.load_force_field`.
    workers
        Processes, each with one thread and one load of the model. Default: 2 where the batch is worth it and there are
        two cores, else 1. Scripts that start more than one need the usual ``if __name__ == "__main__":``.
    journal
        File that keeps each crystal as it is finished: the same batch, started again, goes on from there. None: none.

    Raises
    ------
    InputError
        Lists of different lengths, an unknown force field, elements that it does not cover.
    ConvergenceError
        Relaxations that failed, all of them named.
    """
    found = relax_each(structures, labels, degeneracies, force_field, tolerances, workers, progress, journal)
    failures = [doc.message for doc in found if isinstance(doc, FailedRelaxationDoc)]
    if failures:
        raise ConvergenceError("; ".join(failures))
    return [doc for doc in found if isinstance(doc, RelaxationDoc)]


def relax_each(
    structures: Sequence[Structure],
    labels: Sequence[str],
    degeneracies: Sequence[int],
    force_field: str = DEFAULT_FORCE_FIELD,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    workers: int | None = None,
    progress: Progress = silent,
    journal: Path | None = None,
    displacement: float = INITIAL_DISPLACEMENT,
) -> list[RelaxationDoc | FailedRelaxationDoc]:
    """Relax a batch of crystals, each for itself: one that fails takes no other with it.

    Parameters are those of :func:`relax_all` and :func:`relax`. A crystal whose relaxation does not converge or runs
    away comes back as FailedRelaxationDoc with the message.

    Raises
    ------
    InputError
        As :func:`relax_all`; raised before any relaxation begins.
    """
    if not len(structures) == len(labels) == len(degeneracies):
        raise InputError(
            f"expected as many labels and degeneracies as structures, got {len(structures)} structures, "
            f"{len(labels)} labels, {len(degeneracies)} degeneracies"
        )
    items = list(zip(structures, labels, degeneracies, strict=True))
    # every crystal is checked before the first is relaxed: a batch takes hours
    loaded = recall_force_field(force_field)
    for structure, label, _ in items:
        _require_ordered(structure, label)
        loaded.require(structure.symbol_set, label)
    task = partial(_relax_item, force_field=force_field, tolerances=tolerances, displacement=displacement)
    settings = {"level": loaded.level.model_dump(), "tolerances": asdict(tolerances), "displacement": displacement}
    inputs = [
        {"task": "relax", "structure": structure.as_dict(), "label": label, "degeneracy": degeneracy, **settings}
        for structure, label, degeneracy in items
    ]
    return compute_batch(task, items, inputs, [len(one) for one in structures], workers, progress, journal)


def strain_all(
    relaxations: Sequence[RelaxationDoc],
    force_field: str = DEFAULT_FORCE_FIELD,
    workers: int | None = None,
    progress: Progress = silent,
    journal: Path | None = None,
) -> list[ElasticDoc]:
    """Elastic constants of a batch of relaxed crystals; results in the order given.

    Parameters
    ----------
    relaxations
        Relaxed by the same force field.
    force_field, workers, journal
        As in :func:`relax_all`.

    Raises
    ------
    LevelOfTheoryError
        From :func:`selflimit.structures.relaxation.elastic_constants.elastic_constants`.
    ConvergenceError
        Crystals that have no elastic constants, all of them named.
    """
    found = strain_each(relaxations, force_field, workers, progress, journal)
    failures = [doc.message for doc in found if isinstance(doc, FailedRelaxationDoc)]
    if failures:
        raise ConvergenceError("; ".join(failures))
    return [doc for doc in found if isinstance(doc, ElasticDoc)]


def strain_each(
    relaxations: Sequence[RelaxationDoc],
    force_field: str = DEFAULT_FORCE_FIELD,
    workers: int | None = None,
    progress: Progress = silent,
    journal: Path | None = None,
) -> list[ElasticDoc | FailedRelaxationDoc]:
    """Elastic constants of each crystal for itself: an unstable one comes back as FailedRelaxationDoc.

    Parameters and LevelOfTheoryError are those of :func:`strain_all`.
    """
    costs = [STRAINED_CELLS * len(relaxed.structure) for relaxed in relaxations]
    task = partial(_elastic_item, force_field=force_field)
    level = recall_force_field(force_field).level.model_dump()
    inputs = [
        {"task": "strain", "label": relaxed.label, "relaxed": relaxed.model_dump(mode="json"), "level": level}
        for relaxed in relaxations
    ]
    return compute_batch(task, list(relaxations), inputs, costs, workers, progress, journal)


def _require_ordered(structure: Structure, label: str) -> None:
    if not structure.is_ordered:
        raise InputError(
            f"{label}: expected an ordered crystal, got partial occupancies; enumerate its orderings first"
        )


def _atoms(structure: Structure, force_field: ForceField) -> Atoms:
    symbols = [site.specie.symbol for site in structure]
    return Atoms(
        symbols, structure.cart_coords, cell=structure.lattice.matrix, pbc=True, calculator=force_field.calculator
    )


def _relax_cell(atoms: Atoms, label: str, tolerances: Tolerances, displacement: float) -> int:
    """Relax cell and positions in place; the number of steps."""
    initial_volume = atoms.get_volume()

    def is_done() -> bool:
        _check_sane(atoms, initial_volume, label, tolerances)
        return _converged(atoms, tolerances)

    converged, steps = minimise(FrechetCellFilter(atoms), is_done, tolerances.max_steps, displacement)
    if converged:
        return steps
    force, stress = residuals(atoms)
    raise ConvergenceError(
        f"{label}: not converged after {steps} steps: force {force:.3g} eV/A (tolerance {tolerances.max_force:g}), "
        f"stress {stress:.3g} GPa (tolerance {tolerances.max_stress:g}); raise max_steps or start elsewhere"
    )


def _converged(atoms: Atoms, tolerances: Tolerances) -> bool:
    force, stress = residuals(atoms)
    return force <= tolerances.max_force and stress <= tolerances.max_stress


def _check_sane(atoms: Atoms, initial_volume: float, label: str, tolerances: Tolerances) -> None:
    if not np.isfinite([atoms.get_potential_energy(), *residuals(atoms)]).all():
        raise ConvergenceError(f"{label}: the force field returned NaN or infinity; it does not know this structure")
    change = atoms.get_volume() / initial_volume - 1
    if abs(change) > tolerances.max_volume_change:
        raise ConvergenceError(
            f"{label}: the cell runs away: volume change {change:+.0%} (limit {tolerances.max_volume_change:.0%}); "
            "try another force field, start nearer to the minimum, or raise max_volume_change"
        )


def _relax_item(
    item: tuple[Structure, str, int], force_field: str, tolerances: Tolerances, displacement: float
) -> RelaxationDoc | FailedRelaxationDoc:
    structure, label, degeneracy = item
    loaded = recall_force_field(force_field)
    try:
        with threadpool_limits(limits=1):  # of what was imported since the force field was loaded, too
            return relax(structure, label, loaded, degeneracy, tolerances, displacement)
    except ConvergenceError as failure:
        return FailedRelaxationDoc(label=label, message=str(failure), level_of_theory=loaded.level)


def _elastic_item(relaxed: RelaxationDoc, force_field: str) -> ElasticDoc | FailedRelaxationDoc:
    loaded = recall_force_field(force_field)
    try:
        with threadpool_limits(limits=1):
            return elastic_constants(relaxed, loaded)
    except ConvergenceError as failure:
        return FailedRelaxationDoc(label=relaxed.label, message=str(failure), level_of_theory=loaded.level)
