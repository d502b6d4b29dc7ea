"""The lowest relaxed orderings of a parent as a document: the closed loop with a force field."""

from collections.abc import Sequence

import numpy as np

from selflimit.documents import FailedRelaxationDoc, LearnedOrderingDoc, LearnedOrderingsDoc, RelaxationDoc
from selflimit.errors import ConvergenceError
from selflimit.progress import Progress, silent
from selflimit.structures.cluster_expansion.closed_loop import LearnedOrderings, learn_orderings
from selflimit.structures.orderings.cell_choice import CellChoice
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.orderings import Ordering
from selflimit.structures.parents.parents import Parent
from selflimit.structures.relaxation.force_fields import DEFAULT_FORCE_FIELD
from selflimit.structures.relaxation.relaxation import DEFAULT_TOLERANCES, Tolerances, relax_each
from selflimit.structures.relaxation.stages import REFINING_DISPLACEMENT, choose_to_refine, loosened


def learned_document(
    parent: Parent,
    cell: CellChoice,
    most: int,
    seed: int = 1,
    force_field: str = DEFAULT_FORCE_FIELD,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    workers: int | None = None,
    progress: Progress = silent,
) -> LearnedOrderingsDoc:
    """The lowest relaxed orderings of a parent in one cell, with at most ``most`` relaxations.

    The orderings that a cluster expansion chooses are relaxed coarsely, in batches; those near the hull are relaxed to
    the tolerance at the end.

    Parameters
    ----------
    parent
        The disordered crystal, with formal charges.
    cell
        As in :func:`selflimit.structures.orderings.cells.lay_out`.
    most, seed
        As in :func:`selflimit.structures.cluster_expansion.closed_loop.learn_orderings`.
    force_field, tolerances, workers
        As in :func:`selflimit.structures.relaxation.relaxation.relax_all`.
    progress
        Told how many orderings are relaxed.

    Raises
    ------
    InputError
        A cell that does not fit, too few relaxations, or an unknown force field.
    ConvergenceError
        Too few relaxations succeeded.
    """
    laid_out = lay_out(parent, cell)
    found: dict[str, RelaxationDoc | FailedRelaxationDoc] = {}

    def relax_coarsely(orderings: Sequence[Ordering], numbers: Sequence[int]) -> list[float]:
        labels = [_label(laid_out.name, parent, number) for number in numbers]
        crystals, degeneracies = [one.structure() for one in orderings], [one.degeneracy for one in orderings]
        outcomes = relax_each(crystals, labels, degeneracies, force_field, loosened(tolerances), workers)
        found.update(zip(labels, outcomes, strict=True))
        return [doc.energy_per_atom if isinstance(doc, RelaxationDoc) else np.nan for doc in outcomes]

    learned = learn_orderings([laid_out], relax_coarsely, most, seed, progress=progress)
    coarse = [doc for doc in found.values() if isinstance(doc, RelaxationDoc)]
    chosen = choose_to_refine(coarse)
    refined = relax_each(
        [doc.structure for doc in chosen],
        [doc.label for doc in chosen],
        [doc.degeneracy for doc in chosen],
        force_field,
        tolerances,
        workers,
        displacement=REFINING_DISPLACEMENT,
    )
    lowest = sorted((one for one in refined if isinstance(one, RelaxationDoc)), key=lambda one: one.energy_per_atom)
    if not lowest:
        raise ConvergenceError(f"none of the {len(chosen)} lowest orderings could be relaxed to the tolerance")
    return LearnedOrderingsDoc(
        parent=parent.name,
        parent_source=parent.source,
        notes=list(parent.notes),
        cell=laid_out.name,
        charges=parent.charges,
        candidates=len(learned.candidates),
        relaxed=_relaxed(learned, laid_out.name, parent),
        lowest=lowest,
        cross_validation_error=learned.expansion.error,
        rounds=learned.rounds,
        is_converged=learned.is_converged,
        level_of_theory=lowest[0].level_of_theory,
    )


def _label(cell: str, parent: Parent, number: int) -> str:
    return f"{parent.name} {cell} candidate {number}"


def _relaxed(learned: LearnedOrderings, cell: str, parent: Parent) -> list[LearnedOrderingDoc]:
    """What became of each ordering that was relaxed."""
    return [
        LearnedOrderingDoc(
            label=_label(cell, parent, number),
            degeneracy=learned.candidates[number].degeneracy,
            coarse_energy_per_atom=None if np.isnan(energy) else float(energy),
            above_hull=None if np.isnan(height) else float(height),
        )
        for number, energy, height in zip(learned.relaxed, learned.energies, learned.heights, strict=True)
    ]
