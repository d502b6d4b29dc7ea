"""Reactions between two electrolytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobflow import Job, Maker

from selflimit.documents import InterfaceReactionDoc, LeftOutPhase
from selflimit.phase_diagrams.electrolyte_interfaces import interface_scan
from selflimit.phase_diagrams.entries.competing_set import Competing
from selflimit.phase_diagrams.rules import MechanicalRules
from selflimit.workflows.running.identical_work import job


@dataclass
class ElectrolyteInterfaceMaker(Maker):
    """Scans between two electrolytes at each K_eff, closed and with a reservoir, linear functional.

    Parameters
    ----------
    name
        Name of the job.
    rules
        Volumes that count, and the working ion.
    k_effs
        Effective bulk moduli (GPa).
    voltage
        Of the reservoir (V vs the working ion's metal).
    """

    name: str = "electrolyte interface"
    rules: MechanicalRules = field(default_factory=MechanicalRules)
    k_effs: tuple[float, ...] = (0.0, 5.0, 10.0, 15.0)
    voltage: float = 0.0

    def make(self, entries: Competing, pair: tuple[str, str], left_out: Sequence[LeftOutPhase]) -> Job:
        """Make the job whose output are the InterfaceReactionDocs of the two formulas.

        Parameters
        ----------
        entries
            Both electrolytes and all that competes with them and their mixtures, of one level of theory (eV,
            Angstrom), or their phases.
        pair
            Formulas of the two electrolytes.
        left_out
            Phases that were not considered, for the documents.
        """
        made: Job = self.scan(entries, pair, left_out)
        made.name = f"interface {' '.join(pair)}"
        return made

    @job
    def scan(
        self, entries: Competing, pair: tuple[str, str], left_out: Sequence[LeftOutPhase]
    ) -> list[InterfaceReactionDoc]:
        """Scan between the two electrolytes, at each K_eff without and with contact to the working ion's metal.

        Parameters
        ----------
        entries, pair, left_out
            As :meth:`make`.
        """
        # mixtures are solved for the linear functional only
        diagram = self.rules.model_copy(update={"model": "linear"}).diagram(entries)
        return [
            interface_scan(diagram, *pair, k_eff=k_eff, voltage=voltage, left_out=left_out)
            for k_eff in self.k_effs
            for voltage in (None, self.voltage)
        ]
