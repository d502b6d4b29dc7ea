"""Verdicts as jobs: arrest at C = 1 in one job, design maps with one job per design or growth, for a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobflow import Flow, Job, Maker

from selflimit.documents import ArrestDoc, ArrestMapDoc, ChannelDesign, ChannelDesignDoc, DecompositionDoc
from selflimit.documents.self_limitation import DesignMapDoc, DesignPoint, DesignPointDoc
from selflimit.mesoscale.arrest.arrest import ArrestSettings, judge_arrest
from selflimit.mesoscale.arrest.arrest_map import (
    ArrestMapSettings,
    collect_designs,
    design_label,
    judge_design,
)
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.workflows.running.identical_work import job

if TYPE_CHECKING:  # growths bring the compiled solver, which takes a second to import; arrest has none
    from selflimit.mesoscale.verdict.design_map import DesignSettings


def _usual_settings() -> DesignSettings:
    from selflimit.mesoscale.verdict.design_map import DesignSettings

    return DesignSettings()


@job(output_schema=DesignPointDoc)
def judge_point(point: DesignPoint, settings: DesignSettings, parameters: InterfaceParameters) -> DesignPointDoc:
    """Judge one point of a design map.

    Parameters
    ----------
    point, settings, parameters
        As :func:`selflimit.mesoscale.verdict.design_map.design_point`.
    """
    from selflimit.mesoscale.verdict.design_map import design_point

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
    from selflimit.mesoscale.verdict.design_map import design_map

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
    settings: DesignSettings = field(default_factory=_usual_settings)

    def make(self, points: Sequence[DesignPoint], parameters: InterfaceParameters) -> Flow:
        """Flow whose output is the DesignMapDoc."""
        from selflimit.mesoscale.verdict.design_map import point_label

        jobs = [judge_point(point, self.settings, parameters) for point in points]
        for one in jobs:
            one.name = f"design {point_label(one.function_args[0])}"
        collect = collect_map([one.output for one in jobs], self.settings, parameters)
        return Flow([*jobs, collect], collect.output, name=self.name)


@job(output_schema=ChannelDesignDoc)
def judge_one_design(design: ChannelDesign, settings: ArrestMapSettings) -> ChannelDesignDoc:
    """Fill one layer of a design map at every current.

    Parameters
    ----------
    design, settings
        As :func:`selflimit.mesoscale.arrest.arrest_map.judge_design`.
    """
    return judge_design(design, settings)


@job(output_schema=ArrestMapDoc)
def collect_designs_into_map(docs: Sequence[ChannelDesignDoc], settings: ArrestMapSettings) -> ArrestMapDoc:
    """Collect all designs into the map.

    Parameters
    ----------
    docs, settings
        As :func:`selflimit.mesoscale.arrest.arrest_map.collect_designs`.
    """
    return collect_designs(docs, settings)


@dataclass
class ArrestMapMaker(Maker):
    """A design map at C = 1 with one job per layer, for any of jobflow's managers.

    Parameters
    ----------
    name
        Name of the flow.
    settings
        Currents, channels, numerics.
    """

    name: str = "arrest map"
    settings: ArrestMapSettings = field(default_factory=ArrestMapSettings)

    def make(self, designs: Sequence[ChannelDesign]) -> Flow:
        """Flow whose output is the ArrestMapDoc."""
        jobs = [judge_one_design(design, self.settings) for design in designs]
        for one in jobs:
            one.name = f"design {design_label(one.function_args[0])}"
        collect = collect_designs_into_map([one.output for one in jobs], self.settings)
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
