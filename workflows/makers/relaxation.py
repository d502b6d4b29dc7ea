"""Jobs that relax crystals and compute elastic constants with a force field: one job per batch.

A job that is stopped and run again in its folder goes on after the last crystal that was finished.
"""

from dataclasses import dataclass
from pathlib import Path

from jobflow import Job, Maker
from pymatgen.core import Structure

from selflimit.documents import RelaxationDoc
from selflimit.progress import current_progress
from selflimit.structures.relaxation.force_fields import DEFAULT_FORCE_FIELD
from selflimit.structures.relaxation.journal import JOURNAL
from selflimit.structures.relaxation.relaxation import Tolerances, relax, relax_all, strain_all, strain_each
from selflimit.structures.relaxation.stages import relax_in_stages
from selflimit.workflows.running.identical_work import job

__all__ = [
    "ForceFieldElasticMaker",
    "ForceFieldRelaxMaker",
    "StagedRelaxMaker",
    "Tolerances",
    "relax",
    "relax_all",
    "strain_all",
]


def relax_again(relaxations: list[RelaxationDoc], force_field: str, workers: int | None) -> list[RelaxationDoc]:
    """Relax the same crystals by ``force_field``, under their labels.

    Parameters
    ----------
    relaxations
        Crystals as another calculator relaxed them (Angstrom).
    force_field
        Name of a force field.
    workers
        Processes at a time; None: one per core.

    Raises
    ------
    ConvergenceError
        From :func:`~selflimit.structures.relaxation.relaxation.relax`.
    """
    return relax_all(
        [relaxed.structure for relaxed in relaxations],
        [relaxed.label for relaxed in relaxations],
        [relaxed.degeneracy for relaxed in relaxations],
        force_field,
        workers=workers,
        journal=Path(JOURNAL),
    )


@dataclass
class ForceFieldRelaxMaker(Maker):
    """Job that relaxes a list of crystals with one force field; output: list[RelaxationDoc] in order.

    Parameters
    ----------
    name
        Name of the job.
    force_field
        Name as in :func:`selflimit.structures.relaxation.force_fields.load_force_field`.
    max_force, max_stress, max_steps, max_volume_change
        As in :class:`~selflimit.structures.relaxation.relaxation.Tolerances` (eV/Angstrom, GPa).
    workers
        Processes; 0 stands for 2 where the batch is worth it and there are two cores, else 1.
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
        """Relax ``structures``; output: list[RelaxationDoc].

        Parameters
        ----------
        structures
            Crystals (Angstrom), or a reference to them.
        labels, degeneracies
            Name and number of equivalent orderings of each crystal, in the same order.
        """
        batch = (structures, labels, degeneracies, self.force_field, self.tolerances)
        return relax_all(*batch, self.workers or None, current_progress(), Path(JOURNAL))  # type: ignore[return-value]

    @property
    def tolerances(self) -> Tolerances:
        """The tolerances in one."""
        return Tolerances(self.max_force, self.max_stress, self.max_steps, self.max_volume_change)


@dataclass
class StagedRelaxMaker(ForceFieldRelaxMaker):
    """Job that relaxes orderings in two stages; output: what became of each, in order.

    Parameters are those of :class:`ForceFieldRelaxMaker`; the tolerances are those of the second stage.
    """

    name: str = "staged force-field relaxations"

    @job
    def make(self, structures: list[Structure], labels: list[str], degeneracies: list[int]) -> Job:
        """Relax ``structures``; output: list of RelaxationDoc, CoarseRelaxationDoc and FailedRelaxationDoc.

        Parameters
        ----------
        structures
            Crystals (Angstrom), or a reference to them.
        labels, degeneracies
            Name and number of equivalent orderings of each crystal, in the same order.
        """
        batch = (structures, labels, degeneracies, self.force_field, self.tolerances)
        return relax_in_stages(*batch, self.workers or None, current_progress(), Path(JOURNAL))  # type: ignore[return-value]


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
    keep_failures
        Put a FailedRelaxationDoc in the place of a crystal that is unstable, instead of failing for all.
    workers
        Processes; 0 stands for 2 where the batch is worth it and there are two cores, else 1.
    """

    name: str = "force-field elastic constants"
    force_field: str = DEFAULT_FORCE_FIELD
    relax_first: bool = False
    keep_failures: bool = False
    workers: int = 0

    @job
    def make(self, relaxations: list[RelaxationDoc]) -> Job:
        """Elastic constants of ``relaxations``; output: list[ElasticDoc]."""
        strained = relax_again(relaxations, self.force_field, self.workers or None) if self.relax_first else relaxations
        compute = strain_each if self.keep_failures else strain_all
        return compute(strained, self.force_field, self.workers or None, current_progress(), Path(JOURNAL))  # type: ignore[return-value]
