"""Screening: a cheap calculator relaxes all crystals, those near its hull go on to a costly one, e.g. VASP.

How many go on is known only after the screening, so the jobs are dynamic. The energies of the screening only choose:
they are never mixed with those of the costly calculator.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jobflow import Flow, Job, Maker, Response
from pymatgen.core import Structure

from selflimit.documents import (
    CoarseRelaxationDoc,
    FailedRelaxationDoc,
    RelaxationDoc,
    ScreenedCrystal,
    ScreeningDoc,
)
from selflimit.errors import ConvergenceError, InputError
from selflimit.structures.relaxation.duplicates import find_duplicates
from selflimit.structures.relaxation.ordering_energies import Outcome, Relaxed, above_hull
from selflimit.workflows.makers.flow_parts import named
from selflimit.workflows.makers.relaxation import StagedRelaxMaker
from selflimit.workflows.running.identical_work import job

WINDOW = 0.05
"""eV/atom. Five force fields differ by 0.1 to 0.4 eV per Li2ZrCl6 in its decomposition energy (docs/force-fields.md),
which is 0.01 to 0.04 eV/atom; orderings of one composition are ranked better than that."""


@dataclass
class ScreenedRelaxMaker(Maker):
    """Relaxes a list of crystals cheaply, then those near the hull with another Maker; output: list in order.

    The output holds the second Maker's documents, and a CoarseRelaxationDoc for each crystal that the screening made
    the same as one of these, so that its degeneracy is not lost. Crystals that were not passed on are in the
    ScreeningDoc, the output of the job 'screening'.

    Parameters
    ----------
    name
        Name of the job.
    screen
        Makes the list of outcomes that decides: a force field.
    relax_maker
        Relaxes what is passed on, from the screening's crystals.
    window
        Crystals up to this far above the screening's hull are passed on (eV/atom); the lowest always is.
    most
        Crystals that may be passed on, lowest first.
    """

    relax_maker: Any
    name: str = "screened relaxations"
    screen: Any = field(default_factory=StagedRelaxMaker)
    window: float = WINDOW
    most: int = 20

    def __post_init__(self) -> None:
        if not self.window >= 0:
            raise InputError(f"expected a window of 0 eV/atom or more, got {self.window:g}")
        if self.most < 1:
            raise InputError(f"expected at least 1 crystal that may pass the screening, got {self.most}")

    def make(self, structures: list[Structure], labels: list[str], degeneracies: list[int]) -> Job:
        """Screen and relax ``structures``, which may be references to the output of an earlier job.

        Parameters
        ----------
        structures
            Crystals (Angstrom).
        labels, degeneracies
            Name and number of equivalent orderings of each crystal, in the same order.
        """
        made: Job = screen_first(self, structures, labels, degeneracies)
        made.name = self.name
        return made


@job
def screen_first(
    maker: ScreenedRelaxMaker, structures: list[Structure], labels: list[str], degeneracies: list[int]
) -> Response[Any]:
    """Replace this job by screening, decision, and the job that passes crystals on.

    Parameters
    ----------
    maker
        What screens, what relaxes, and the window between the two.
    structures, labels, degeneracies
        As :meth:`ScreenedRelaxMaker.make`, references resolved.
    """
    screened = maker.screen.make(structures, labels, degeneracies)
    decided = named(decide_screening(screened.output, maker.window, maker.most), "screening")
    passed = pass_on(maker, screened.output, decided.output)
    return Response(replace=Flow([screened, decided, passed], output=passed.output, name=maker.name))


@job
def decide_screening(outcomes: list[Outcome], window: float, most: int) -> ScreeningDoc:
    """Decide which crystals are passed on.

    Parameters
    ----------
    outcomes, window, most
        As :func:`screened_crystals`.
    """
    return screened_crystals(outcomes, window, most)


@job
def pass_on(maker: ScreenedRelaxMaker, outcomes: list[Outcome], decided: ScreeningDoc) -> Response[Any]:
    """Replace this job by the relaxation of what is passed on, and a job that adds its duplicates.

    Parameters
    ----------
    maker
        What relaxes the crystals that are passed on.
    outcomes
        Of the screening, one per crystal.
    decided
        Which of them are passed on.
    """
    passed = {crystal.label for crystal in decided.crystals if crystal.decision == "passed on"}
    chosen = [doc for doc in _relaxed(outcomes) if doc.label in passed]
    relaxed = maker.relax_maker.make(
        [doc.structure for doc in chosen], [doc.label for doc in chosen], [doc.degeneracy for doc in chosen]
    )
    together = add_duplicates(relaxed.output, outcomes, decided)
    return Response(replace=Flow([relaxed, together], output=together.output, name=f"{maker.name}: passed on"))


@job
def add_duplicates(relaxed: list[RelaxationDoc], outcomes: list[Outcome], decided: ScreeningDoc) -> list[Outcome]:
    """Add to the relaxations the screening's duplicates of them.

    Parameters
    ----------
    relaxed, outcomes, decided
        As :func:`relaxations_and_duplicates`.
    """
    return relaxations_and_duplicates(relaxed, outcomes, decided)


def screened_crystals(outcomes: Sequence[Outcome], window: float, most: int) -> ScreeningDoc:
    """Which crystals a screening passes on.

    Parameters
    ----------
    outcomes
        Of the screening; of one or several compositions.
    window, most
        As in :class:`ScreenedRelaxMaker` (eV/atom).

    Raises
    ------
    ConvergenceError
        Every crystal failed.
    """
    relaxed = _relaxed(outcomes)
    if not relaxed:
        failures = [doc.message for doc in outcomes if isinstance(doc, FailedRelaxationDoc)]
        raise ConvergenceError(f"all {len(failures)} crystals failed in the screening, the first: {failures[0]}")
    energies = [_per_atom(doc) for doc in relaxed]
    heights = dict(
        zip([d.label for d in relaxed], above_hull([d.structure.composition for d in relaxed], energies), strict=True)
    )
    twins = _twins(relaxed)
    ranked = sorted((label for label in heights if label not in twins), key=lambda label: heights[label])
    within = [label for label in ranked if heights[label] <= window]
    # the later words replace the earlier ones, so the narrowest decision stands
    decisions = dict.fromkeys(ranked, "outside the window") | dict.fromkeys(within, "cut off")
    decisions |= dict.fromkeys(within[:most], "passed on") | dict.fromkeys(twins, "duplicate")
    return ScreeningDoc(
        window=window,
        most=most,
        crystals=[
            ScreenedCrystal(
                label=doc.label,
                above_hull=heights.get(doc.label),
                decision=decisions.get(doc.label, "failed"),
                same_as=twins.get(doc.label),
            )
            for doc in outcomes
        ],
        level_of_theory=outcomes[0].level_of_theory,
    )


def relaxations_and_duplicates(
    relaxed: Sequence[RelaxationDoc], outcomes: Sequence[Outcome], decided: ScreeningDoc
) -> list[Outcome]:
    """The relaxations, and a CoarseRelaxationDoc for each crystal that the screening made the same as one of them.

    Parameters
    ----------
    relaxed
        Of the crystals that were passed on.
    outcomes, decided
        Of the screening.
    """
    labels = {doc.label for doc in relaxed}
    same_as = {crystal.label: crystal.same_as for crystal in decided.crystals}
    return [
        *relaxed,
        *(_duplicate(doc, same) for doc in _relaxed(outcomes) if (same := same_as[doc.label]) in labels and same),
    ]


def _relaxed(outcomes: Sequence[Outcome]) -> list[Relaxed]:
    return [doc for doc in outcomes if not isinstance(doc, FailedRelaxationDoc)]


def _twins(relaxed: Sequence[Relaxed]) -> dict[str, str]:
    """Label of each duplicate -> label of the crystal that stands for it, which is no duplicate itself."""
    twins = find_duplicates([doc for doc in relaxed if isinstance(doc, RelaxationDoc)])
    coarse = [doc for doc in relaxed if isinstance(doc, CoarseRelaxationDoc) and doc.duplicate_of]
    return twins | {doc.label: twins.get(str(doc.duplicate_of), str(doc.duplicate_of)) for doc in coarse}


def _duplicate(doc: Relaxed, same_as: str) -> CoarseRelaxationDoc:
    return CoarseRelaxationDoc(
        label=doc.label,
        formula=doc.formula,
        structure=doc.structure,
        coarse_energy_per_atom=_per_atom(doc),
        max_force=doc.max_force,
        max_stress=doc.max_stress,
        steps=doc.steps,
        degeneracy=doc.degeneracy,
        duplicate_of=same_as,
        level_of_theory=doc.level_of_theory,
    )


def _per_atom(doc: Relaxed) -> float:
    return doc.energy_per_atom if isinstance(doc, RelaxationDoc) else doc.coarse_energy_per_atom
