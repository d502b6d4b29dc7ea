"""What the Makers share: names of jobs, and the shape of what relaxes crystals."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from jobflow import Flow, Job

from selflimit.documents import DecompositionDoc, ElasticDoc, FailedRelaxationDoc, Functional
from selflimit.workflows.running.identical_work import job

LOOPS: tuple[Functional, ...] = ("linear", "elastic")
"""Functionals of the closed loop."""

Work = TypeVar("Work", bound=Job | Flow)


class RelaxMaker(Protocol):
    """Relaxes a list of crystals; output: list[RelaxationDoc], or what became of each."""

    def make(self, structures: Any, labels: Any, degeneracies: Any) -> Job | Flow:
        """Make a job or flow whose output is the list of relaxations, in order.

        Parameters
        ----------
        structures
            Crystals (Angstrom), or a reference to a list of them.
        labels, degeneracies
            Name and number of equivalent orderings of each crystal, or references to such lists.
        """
        ...


def named(work: Work, name: str) -> Work:
    """``work`` under a new name."""
    work.name = name
    return work


def relax_found(maker: RelaxMaker, candidates: Job, name: str) -> Job | Flow:
    """Relax the crystals that the job ``candidates`` finds; its output is a CandidatesDoc.

    Parameters
    ----------
    maker
        What relaxes crystals.
    candidates
        Job whose output is a CandidatesDoc: crystals (Angstrom), labels and degeneracies.
    name
        Name of the relaxation's job or flow.
    """
    found = candidates.output
    return named(maker.make(found.structures, found.labels, found.degeneracies), name)


@job
def usable_constants(outcomes: Sequence[ElasticDoc | FailedRelaxationDoc]) -> list[ElasticDoc]:
    """The elastic constants of the crystals that have any; a product among the others is refused where it is needed."""
    return [doc for doc in outcomes if isinstance(doc, ElasticDoc)]


def first_and_last(decompositions: Sequence[DecompositionDoc]) -> list[DecompositionDoc]:
    """The first and the last decomposition, which are put into the interface; one where there is only one."""
    return [*decompositions[:1], *decompositions[1:][-1:]]
