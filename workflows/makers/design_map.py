"""A design map as a flow: one job per point, for a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobflow import Flow, Maker

from selflimit.documents.self_limitation import DesignMapDoc, DesignPoint, DesignPointDoc
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
