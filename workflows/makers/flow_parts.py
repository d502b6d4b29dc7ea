"""What the Makers share: names of jobs, and the shape of what relaxes crystals."""

from typing import Any, Protocol, TypeVar

from jobflow import Flow, Job

Work = TypeVar("Work", bound=Job | Flow)


class RelaxMaker(Protocol):
    """Relaxes a list of crystals; output: list[RelaxationDoc], or what became of each."""

    def make(self, structures: Any, labels: Any, degeneracies: Any) -> Job | Flow:
        """Job or flow whose output is the list of relaxations, in order."""
        ...


def named(work: Work, name: str) -> Work:
    """``work`` under a new name."""
    work.name = name
    return work


def relax_found(maker: RelaxMaker, candidates: Job, name: str) -> Job | Flow:
    """Relax the crystals that the job ``candidates`` finds; its output is a CandidatesDoc."""
    found = candidates.output
    return named(maker.make(found.structures, found.labels, found.degeneracies), name)
