"""From a disordered parent to its lowest relaxed ordering."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from jobflow import Flow, Maker, OutputReference
from monty.json import MSONable

from selflimit.documents import (
    CandidatesDoc,
    LearnedOrderingsDoc,
    OrderingEnergiesDoc,
    OrderingsDoc,
    RelaxationDoc,
)
from selflimit.progress import current_progress
from selflimit.run_settings import RunConfiguration
from selflimit.structures.cluster_expansion.documents import learned_document
from selflimit.structures.lowest.documents import orderings_document
from selflimit.structures.parents.parents import Parent
from selflimit.structures.relaxation.duplicates import ENERGY_TIE
from selflimit.structures.relaxation.force_fields import DEFAULT_FORCE_FIELD
from selflimit.structures.relaxation.ordering_energies import Outcome, ordering_energies, ordering_labels
from selflimit.structures.relaxation.relaxation import DEFAULT_TOLERANCES
from selflimit.workflows.makers.calculators import calculators_of
from selflimit.workflows.makers.flow_parts import RelaxMaker, named, relax_found
from selflimit.workflows.makers.relaxation import StagedRelaxMaker
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.stores.size_limit import require_storable


@dataclass
class OrderingOutputs(MSONable):
    """References to what the stage finds."""

    orderings: list[OutputReference]
    """One OrderingsDoc per cell."""
    relaxations: OutputReference
    """What became of each ordering, in order."""
    ordering_energies: OutputReference
    """OrderingEnergiesDoc."""
    electrolyte: OutputReference
    """RelaxationDoc of the lowest ordering."""


@dataclass
class OrderingMaker(Maker):
    """From a disordered parent to its lowest relaxed ordering.

    Parameters
    ----------
    name
        Name of the flow.
    cells
        Cells to fill: 'primitive', 'conventional' or a supercell of the conventional cell such as '2x1x1'.
    keep
        Orderings to relax per cell, lowest electrostatic energy first.
    relax_maker
        What relaxes them.
    compared_makers
        What relaxes them as well, to see how far the rankings agree: another force field, or VASP.
    temperature
        Of the Boltzmann weights (K).
    anneal
        Seed of an annealing that takes the place of the exhaustive search for the lowest; 0: none does.
    """

    name: str = "orderings"
    cells: tuple[str, ...] = ("primitive", "conventional")
    keep: int = 8
    relax_maker: RelaxMaker = field(default_factory=StagedRelaxMaker)
    compared_makers: tuple[RelaxMaker, ...] = ()
    temperature: float = 300.0
    anneal: int = 0

    @classmethod
    def of(cls, settings: RunConfiguration) -> Self:
        """The Maker of a run."""
        relax_maker = calculators_of(settings).orderings
        return cls(cells=settings.cells, keep=settings.keep, relax_maker=relax_maker, anneal=settings.anneal)

    def make(self, parent: Parent) -> Flow:
        """Flow whose output are the stage's :class:`OrderingOutputs`."""
        found = [named(self.rank(parent, cell), f"orderings {cell}") for cell in self.cells]
        orderings = [step.output for step in found]
        chosen = named(orderings_to_relax(orderings), "orderings to relax")
        relaxations = relax_found(self.relax_maker, chosen, "relax orderings")
        others = [
            relax_found(maker, chosen, f"compared relaxations {number}")
            for number, maker in enumerate(self.compared_makers)
        ]
        best = named(lowest_ordering(relaxations.output), "lowest ordering")
        compared = [other.output for other in others]
        energies = named(self.compare(orderings, relaxations.output, compared), "energies of orderings")
        outputs = OrderingOutputs(orderings, relaxations.output, energies.output, best.output)
        return Flow([*found, chosen, relaxations, *others, best, energies], output=outputs, name=self.name)

    @job(output_schema=OrderingsDoc)
    def rank(self, parent: Parent, cell: str) -> OrderingsDoc:
        """Symmetry-distinct orderings of ``parent`` in one cell, the lowest by electrostatics.

        A search of more than some seconds keeps its state in the working directory, where a resumed run finds it.
        """
        state = Path.cwd() / f"search-{cell}.npz"
        found = orderings_document(parent, cell, self.keep, current_progress(), state, self.anneal)
        require_storable(found, len(found.orderings))
        return found

    @job(output_schema=OrderingEnergiesDoc)
    def compare(
        self, found: Sequence[OrderingsDoc], outcomes: Sequence[Outcome], compared: Sequence[Sequence[Outcome]]
    ) -> OrderingEnergiesDoc:
        """Merge duplicates among the relaxed orderings and give energies above the hull, weights, rank agreement.

        Parameters
        ----------
        found
            What the searches found: one document per composition.
        outcomes
            Relaxations, coarse relaxations and failures of all their orderings, energies in eV.
        compared
            The same orderings relaxed by each of the other force fields.
        """
        return ordering_energies(found, outcomes, compared, self.temperature)


@dataclass
class LearnedOrderingsMaker(Maker):
    """The lowest relaxed orderings of a disordered parent, with few relaxations that a cluster expansion chooses.

    Parameters
    ----------
    name
        Name of the job.
    cell
        Cell to fill, as in :class:`OrderingMaker`.
    most
        Relaxations at most.
    seed
        Of the orderings to begin with.
    force_field
        Name as in :func:`selflimit.structures.load_force_field`.
    max_force
        Force tolerance of the last relaxations (eV/Angstrom).
    """

    name: str = "learned orderings"
    cell: str = "conventional"
    most: int = 20
    seed: int = 1
    force_field: str = DEFAULT_FORCE_FIELD
    max_force: float = DEFAULT_TOLERANCES.max_force

    @job(output_schema=LearnedOrderingsDoc)
    def make(self, parent: Parent) -> LearnedOrderingsDoc:
        """Search, relax, learn, and so on, in one job."""
        found = learned_document(
            parent,
            self.cell,
            self.most,
            self.seed,
            self.force_field,
            replace(DEFAULT_TOLERANCES, max_force=self.max_force),
            progress=current_progress(),
        )
        require_storable(found, len(found.lowest))
        return found


@job(output_schema=CandidatesDoc)
def orderings_to_relax(found: Sequence[OrderingsDoc]) -> CandidatesDoc:
    """The orderings of all cells in one list; labels tell parent, cell and rank.

    Raises
    ------
    InputError
        More than can be stored when they are relaxed.
    """
    kept = [pair for doc in found for pair in zip(ordering_labels(doc), doc.orderings, strict=True)]
    made = CandidatesDoc(
        structures=[item.structure for _, item in kept],
        labels=[label for label, _ in kept],
        degeneracies=[item.degeneracy for _, item in kept],
    )
    require_storable(made, len(kept))
    return made


@job(output_schema=RelaxationDoc)
def lowest_ordering(outcomes: Sequence[Outcome]) -> RelaxationDoc:
    """The converged relaxation of lowest energy; of those that tie with it the one of the smallest cell."""
    relaxations = [doc for doc in outcomes if isinstance(doc, RelaxationDoc)]
    lowest = min(relaxed.energy_per_atom for relaxed in relaxations)
    tied = [relaxed for relaxed in relaxations if relaxed.energy_per_atom <= lowest + ENERGY_TIE]
    return min(tied, key=lambda relaxed: (len(relaxed.structure), relaxed.energy_per_atom))
