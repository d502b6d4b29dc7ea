"""A screen of layers as a flow: one job for each, and one that ranks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LayerDoc, LayerScreenDoc, UnscreenedLayer
from selflimit.phase_diagrams import MechanicalRules, rank_layers, screen_layer
from selflimit.workflows.running.identical_work import job


@dataclass
class LayerScreenMaker(Maker):
    """Screens layers between metal and electrolyte.

    Parameters
    ----------
    name
        Name of the flow.
    rules
        Volumes that count, and the working ion.
    k_effs
        Effective bulk moduli (GPa).
    voltage
        Of the reservoir (V against the working ion's metal).
    """

    name: str = "screen"
    rules: MechanicalRules = field(default_factory=MechanicalRules)
    k_effs: tuple[float, ...] = (0.0, 5.0, 10.0, 15.0)
    voltage: float = 0.0

    def make(
        self,
        electrolyte: str,
        entries: Mapping[str, Sequence[ComputedStructureEntry]],
        not_screened: Sequence[UnscreenedLayer] = (),
    ) -> Flow:
        """Flow with a job for each layer; its output is the LayerScreenDoc.

        Parameters
        ----------
        electrolyte
            Its formula.
        entries
            Formula of a layer -> all that competes, of one level of theory (eV, Angstrom).
        not_screened
            Layers for which there are none.
        """
        jobs: list[Job] = [self.screen(list(of), electrolyte, layer) for layer, of in entries.items()]
        for made, layer in zip(jobs, entries, strict=True):
            made.name = f"layer {layer}"
        ranked = self.rank([one.output for one in jobs], list(not_screened))
        ranked.name = "ranking"
        return Flow([*jobs, ranked], output=ranked.output, name=f"{self.name} {electrolyte}")

    @job(output_schema=LayerDoc)
    def screen(self, entries: Sequence[ComputedStructureEntry], electrolyte: str, layer: str) -> LayerDoc:
        """What one layer becomes.

        Parameters
        ----------
        entries
            All that competes (eV, Angstrom).
        electrolyte, layer
            Formulas.
        """
        diagram = self.rules.model_copy(update={"model": "linear"}).diagram(entries)
        return screen_layer(diagram, electrolyte, layer, self.k_effs, self.voltage)

    @job(output_schema=LayerScreenDoc)
    def rank(self, layers: Sequence[LayerDoc], not_screened: Sequence[UnscreenedLayer]) -> LayerScreenDoc:
        """The layers in order.

        Parameters
        ----------
        layers
            Documents of the layers, or references to them.
        not_screened
            Layers without an answer.
        """
        return rank_layers(layers, not_screened)
