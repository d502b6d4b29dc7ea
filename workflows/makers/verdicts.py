"""Verdicts as jobs: arrest at C = 1 in one job, a design map with one job per point, for a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker

from selflimit.documents import ArrestDoc, DecompositionDoc
from selflimit.documents.self_limitation import DesignMapDoc, DesignPoint, DesignPointDoc
from selflimit.mesoscale.arrest.arrest import ArrestSettings, judge_arrest
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.verdict.design_map import DesignSettings, design_map, design_point, point_label
from selflimit.workflows.running.identical_work import job


@job(output_schema=DesignPointDoc)
def judge_point(point: DesignPoint, settings: DesignSettings, parameters: InterfaceParameters) -> DesignPointDoc:
    """Judge one point of a design map.

    Parameters
    ----------
    point, settings, parameters
        As :func:`selflimit.mesoscale.verdict.design_map.design_point`.
    """
    return design_point(point, settings, parameters)


@job(output_schema=DesignMapDoc)
def collect_map(
    points: Sequence[DesignPointDoc], settings: DesignSettings, parameters: InterfaceParameters
) -> DesignMapDoc:
    """Collect all points into the map.

    Parameters
    ----------
    points, settings, parameters
        As :func:`selflimit.mesoscale.verdict.design_map.design_map`.
    """
    return design_map(points, settings, parameters)


@dataclass
class DesignMapMaker(Maker):
    """A design map with one job per point, for any of jobflow's managers.

    Parameters
    ----------
    name
        Name of the flow.
    settings
        Domain, duration, criterion.
    """

    name: str = "design map"
    settings: DesignSettings = field(default_factory=DesignSettings)

    def make(self, points: Sequence[DesignPoint], parameters: InterfaceParameters) -> Flow:
        """Flow whose output is the DesignMapDoc."""
        jobs = [judge_point(point, self.settings, parameters) for point in points]
        for one in jobs:
            one.name = f"design {point_label(one.function_args[0])}"
        collect = collect_map([one.output for one in jobs], self.settings, parameters)
        return Flow([*jobs, collect], collect.output, name=self.name)


@dataclass
class ArrestMaker(Maker):
    """Job that judges arrest at C = 1: which outcome, how probable over what is not known.

    Parameters
    ----------
    name
        Name of the job.
    settings
        Currents, what is known better than the table says, times, samples.
    """

    name: str = "arrest"
    settings: ArrestSettings = field(default_factory=ArrestSettings)

    @job(output_schema=ArrestDoc)
    def make(self, decomposition: DecompositionDoc, parameters: InterfaceParameters) -> Job:
        """Judge a layer in front of the electrolyte that decomposes; output: ArrestDoc.

        Parameters
        ----------
        decomposition
            Reaction of the electrolyte with lithium, or a reference to it (eV, Angstrom^3).
        parameters
            Elastic constants of the electrolyte (Pa) and the temperature (K), or a reference to them.
        """
        return judge_arrest(decomposition, parameters, self.settings)  # type: ignore[return-value]
