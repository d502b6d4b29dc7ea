"""The whole chain: orderings, relaxation, constrained phase diagram, growth and stress, report."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from jobflow import Flow, Maker, OutputReference
from monty.json import MSONable
from pymatgen.core import Composition

from selflimit.documents import ReportDoc
from selflimit.errors import InputError
from selflimit.report.content import ReportContent
from selflimit.run_settings import RunConfiguration
from selflimit.structures.parents.parents import Parent
from selflimit.workflows.makers.flow_parts import named
from selflimit.workflows.makers.interface import InterfaceMaker, InterfaceOutputs
from selflimit.workflows.makers.orderings import OrderingMaker, OrderingOutputs
from selflimit.workflows.makers.phase_diagram import DiagramOutputs, PhaseDiagramMaker
from selflimit.workflows.running.identical_work import job
from selflimit.workflows.stores.files import IN_DATA, with_files, write_files


@dataclass
class RunOutputs(MSONable):
    """References to everything that a run finds."""

    ordering: OrderingOutputs
    competing: OutputReference
    """RelaxationDocs of the competing phases."""
    diagram: DiagramOutputs
    interface: InterfaceOutputs
    report: OutputReference
    """ReportDoc, its page with it."""


@dataclass
class SelfLimitMaker(Maker):
    """The whole chain: orderings, relaxation, constrained phase diagram, growth and stress, report.

    Parameters
    ----------
    name
        Name of the flow.
    ordering_maker, diagram_maker, interface_maker
        The stages.
    """

    name: str = "selflimit"
    ordering_maker: OrderingMaker = field(default_factory=OrderingMaker)
    diagram_maker: PhaseDiagramMaker = field(default_factory=PhaseDiagramMaker)
    interface_maker: InterfaceMaker = field(default_factory=InterfaceMaker)

    @classmethod
    def of(cls, settings: RunConfiguration) -> Self:
        """The Maker of a run: one force field, or VASP, for every relaxation."""
        return cls(
            ordering_maker=OrderingMaker.of(settings),
            diagram_maker=PhaseDiagramMaker.of(settings),
            interface_maker=InterfaceMaker.of(settings),
        )

    def make(self, parent: Parent) -> Flow:
        """Flow from a disordered parent to the report; its subflows are the stages, in order.

        Its output are the :class:`RunOutputs`. It runs under any runner: files go from job to job through the store.

        Raises
        ------
        InputError
            The crystal exchanges another ion than lithium; :meth:`connect` makes the flow for its first stages.
        """
        require_lithium(parent.formula, self.interface_maker.rules.working_ion)
        return self.connect(parent)

    def connect(self, parent: Parent) -> Flow:
        """Connect the stages as :meth:`make` does, for a run of the first stages, which hold for every ion."""
        first = self.ordering_maker.make(parent)
        ordering: OrderingOutputs = first.output
        second = self.diagram_maker.make(ordering.electrolyte, parent.formula)
        competing, diagram = second.output["competing"], second.output["diagram"]
        electrolyte = second.output.get("electrolyte", ordering.electrolyte)  # the user's own entry, if there are any
        third = self.interface_maker.make(electrolyte, competing, diagram.decompositions)
        interface: InterfaceOutputs = third.output
        content = {"parent": parent.name, "competing": competing, **vars(ordering), **vars(diagram), **vars(interface)}
        written = named(write_run_report(content), "report")
        last = Flow([written], written.output, name="report")
        outputs = RunOutputs(ordering, competing, diagram, interface, written.output)
        return Flow([first, second, third, last], outputs, name=self.name)


def require_lithium(formula: str, working_ion: str) -> None:
    """Refuse growth and stress of another ion before the hours of relaxations that come first.

    >>> require_lithium("Li2ZrCl6", "Li")

    Raises
    ------
    InputError
        The message says what can be done for such a crystal.
    """
    # the mesoscale stage has molar volume, moduli and yield strength of this metal alone
    if working_ion != "Li" or "Li" not in Composition(formula):
        raise InputError(
            "growth and stress know lithium metal alone; expected an electrolyte that exchanges Li, got "
            f"{formula} with {working_ion} exchanged. `selflimit orderings` works for it, and `selflimit diagram "
            f"{formula} --entries FILE` with your own entries; with MP_API_KEY set, also `selflimit diagram --parent "
            "FILE --phases mp-api`"
        )


@job(output_schema=ReportDoc, data=IN_DATA)
def write_run_report(content: dict[str, Any]) -> ReportDoc:
    """The HTML report, written to the working directory; the fields that it draws are written there first."""
    from selflimit.report.run_report import write_report  # the plotting library takes seconds to import

    here = Path.cwd()
    write_files(content, here)
    return with_files(write_report(ReportContent(**content), here), here)
