"""Relaxation of many orderings in two stages: all of them coarsely, then those that may be lowest to the tolerance.

An ordering that stops at the coarse stage is a document of its own kind, so that its energy is never taken for a
converged one. One that fails takes no other with it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ase.units import kB
from pymatgen.core import Structure

from selflimit.documents import CoarseRelaxationDoc, FailedRelaxationDoc, RelaxationDoc
from selflimit.errors import ConvergenceError
from selflimit.progress import Progress, silent
from selflimit.structures.relaxation.duplicates import find_duplicates
from selflimit.structures.relaxation.force_fields import DEFAULT_FORCE_FIELD
from selflimit.structures.relaxation.ordering_energies import Outcome, above_hull
from selflimit.structures.relaxation.relaxation import DEFAULT_TOLERANCES, Tolerances, relax_each

COARSENESS = 10.0
"""Coarse over final force and stress tolerance."""

LOOSEST_FORCE = 1.0
"""Force tolerance of the coarse stage at most (eV/Angstrom)."""

LOOSEST_STRESS = 10.0
"""Stress tolerance of the coarse stage at most (GPa)."""

COARSE_ERROR = 5e-4
"""Error of an energy at the coarse tolerance (eV/atom): for 47 of the 49 orderings of LZC-A 2x1x1 with CHGNet r2scan it
is below 0.43 meV/atom (median 0.14). The other two rearranged afterwards, by 1.3 and 20 meV/atom: a coarse ranking
cannot foresee that."""

THERMAL_WIDTH = 5.0
"""Orderings are refined up to this many k_B T above the lowest, per cell: those beyond weigh less than exp(-5)."""

TEMPERATURE = 300.0
"""Temperature of the thermal width (K)."""

REFINING_DISPLACEMENT = 0.002
"""Displacement at the start of the second stage (Angstrom): it only measures the stiffness."""

LARGEST_FAILED_FRACTION = 0.5
"""Failures beyond this part of the orderings say that the force field does not know the crystals."""


def relax_in_stages(
    structures: Sequence[Structure],
    labels: Sequence[str],
    degeneracies: Sequence[int],
    force_field: str = DEFAULT_FORCE_FIELD,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    workers: int | None = None,
    progress: Progress = silent,
    journal: Path | None = None,
) -> list[Outcome]:
    """Relax orderings to ``COARSENESS`` times the tolerances, then those within the window of the hull to them.

    The window is ``2 COARSE_ERROR`` per atom, for two energies are compared, and ``THERMAL_WIDTH`` k_B T per cell. Of
    orderings that have become the same crystal at the coarse stage one is refined.

    Parameters
    ----------
    structures, labels, degeneracies, force_field, tolerances, workers, journal
        As in :func:`~selflimit.structures.relaxation.relaxation.relax_all`.

    Returns
    -------
    list
        What became of each ordering, in the order given; at least one is a RelaxationDoc.

    Raises
    ------
    InputError
        As :func:`~selflimit.structures.relaxation.relaxation.relax_each`.
    ConvergenceError
        More than half of the orderings failed, or every one that was refined.
    """
    loose = loosened(tolerances)
    first = relax_each(
        structures, labels, degeneracies, force_field, loose, workers, lambda done, what: progress(0.7 * done, what),
        journal,
    )  # fmt: skip
    coarse = [doc for doc in first if isinstance(doc, RelaxationDoc)]
    _require_enough(first, coarse)
    twins = find_duplicates(coarse, 2 * COARSE_ERROR)
    chosen = choose_to_refine([doc for doc in coarse if doc.label not in twins])
    second = relax_each(
        [doc.structure for doc in chosen],
        [doc.label for doc in chosen],
        [doc.degeneracy for doc in chosen],
        force_field,
        tolerances,
        workers,
        lambda done, what: progress(0.7 + 0.3 * done, what),
        journal,
        REFINING_DISPLACEMENT,
    )
    refined = {doc.label: doc for doc in second}
    outcomes = [_outcome(doc, refined, twins) for doc in first]
    _require_enough(second, [doc for doc in outcomes if isinstance(doc, RelaxationDoc)])
    return outcomes


def loosened(tolerances: Tolerances) -> Tolerances:
    """The tolerances of the coarse stage."""
    return replace(
        tolerances,
        max_force=min(COARSENESS * tolerances.max_force, LOOSEST_FORCE),
        max_stress=min(COARSENESS * tolerances.max_stress, LOOSEST_STRESS),
    )


def choose_to_refine(coarse: Sequence[RelaxationDoc]) -> list[RelaxationDoc]:
    """The crystals within the window above the hull."""
    heights = above_hull([doc.structure.composition for doc in coarse], [doc.energy_per_atom for doc in coarse])
    return [
        doc
        for doc, height in zip(coarse, heights, strict=True)
        if height <= 2 * COARSE_ERROR + THERMAL_WIDTH * kB * TEMPERATURE / len(doc.structure)
    ]


def _require_enough(tried: Sequence[Outcome], found: Sequence[RelaxationDoc]) -> None:
    failures = [doc.message for doc in tried if isinstance(doc, FailedRelaxationDoc)]
    if not found or len(failures) > LARGEST_FAILED_FRACTION * len(tried):
        raise ConvergenceError(
            f"{len(failures)} of {len(tried)} relaxations failed: {'; '.join(failures[:3])}"
            f"{'; ...' if len(failures) > 3 else ''}"
        )


def _outcome(
    first: RelaxationDoc | FailedRelaxationDoc,
    refined: dict[str, RelaxationDoc | FailedRelaxationDoc],
    twins: dict[str, str],
) -> Outcome:
    second = refined.get(first.label)
    if isinstance(first, FailedRelaxationDoc):
        return first
    if isinstance(second, RelaxationDoc):
        # each stage counts from where it began
        change = (1 + first.volume_change) * (1 + second.volume_change) - 1
        return second.model_copy(update={"steps": first.steps + second.steps, "volume_change": change})
    # a refinement that failed stands as the failure it is
    return second or CoarseRelaxationDoc(
        label=first.label,
        formula=first.formula,
        structure=first.structure,
        coarse_energy_per_atom=first.energy_per_atom,
        max_force=first.max_force,
        max_stress=first.max_stress,
        steps=first.steps,
        degeneracy=first.degeneracy,
        duplicate_of=twins.get(first.label),
        level_of_theory=first.level_of_theory,
    )
