"""Jobs that relax crystals and compute elastic constants with a force field: one job per batch."""

from dataclasses import dataclass

from jobflow import Job, Maker, job
from pymatgen.core import Structure

from selflimit.documents import RelaxationDoc
from selflimit.progress import current_progress
from selflimit.workflows.force_fields import DEFAULT_FORCE_FIELD
from selflimit.workflows.relaxation import Tolerances, elastic_all, relax, relax_all

__all__ = ["ForceFieldElasticMaker", "ForceFieldRelaxMaker", "Tolerances", "elastic_all", "relax", "relax_all"]


def relaxed_again(relaxations: list[RelaxationDoc], force_field: str, workers: int | None) -> list[RelaxationDoc]:
    """The same crystals relaxed by ``force_field``, under their labels.

    Raises
    ------
    ConvergenceError
        From :func:`~selflimit.workflows.relaxation.relax`.
    """
    return relax_all(
        [relaxed.structure for relaxed in relaxations],
        [relaxed.label for relaxed in relaxations],
        [relaxed.degeneracy for relaxed in relaxations],
        force_field,
        workers=workers,
    )


@dataclass
class ForceFieldRelaxMaker(Maker):
    """Job that relaxes a list of crystals with one force field; output: list[RelaxationDoc] in order.

    Parameters
    ----------
    name
        Name of the job.
    force_field
        Name as in :func:`selflimit.workflows.force_fields.load_force_field`.
    max_force, max_stress, max_steps, max_volume_change
        As in :class:`~selflimit.workflows.relaxation.Tolerances` (eV/Angstrom, GPa).
    workers
        Processes; 0 stands for 2, or 1 on a single core.
    """

    name: str = "force-field relaxations"
    force_field: str = DEFAULT_FORCE_FIELD
    max_force: float = Tolerances.max_force
    max_stress: float = Tolerances.max_stress
    max_steps: int = Tolerances.max_steps
    max_volume_change: float = Tolerances.max_volume_change
    workers: int = 0

    @job
    def make(self, structures: list[Structure], labels: list[str], degeneracies: list[int]) -> Job:
        """Relax ``structures``; output: list[RelaxationDoc]."""
        tolerances = Tolerances(self.max_force, self.max_stress, self.max_steps, self.max_volume_change)
        return relax_all(  # type: ignore[return-value]  # the decorator makes it a Job
            structures, labels, degeneracies, self.force_field, tolerances, self.workers or None, current_progress()
        )


@dataclass
class ForceFieldElasticMaker(Maker):
    """Job that computes elastic constants of relaxed crystals; output: list[ElasticDoc] in order.

    Parameters
    ----------
    name
        Name of the job.
    force_field
        The force field that strains the crystals.
    relax_first
        Relax the crystals with it before: for crystals that another level of theory relaxed, e.g. DFT.
    workers
        Processes; 0 stands for 2, or 1 on a single core.
    """

    name: str = "force-field elastic constants"
    force_field: str = DEFAULT_FORCE_FIELD
    relax_first: bool = False
    workers: int = 0

    @job
    def make(self, relaxations: list[RelaxationDoc]) -> Job:
        """Elastic constants of ``relaxations``; output: list[ElasticDoc]."""
        strained = (
            relaxed_again(relaxations, self.force_field, self.workers or None) if self.relax_first else relaxations
        )
        return elastic_all(strained, self.force_field, self.workers or None, current_progress())  # type: ignore[return-value]
