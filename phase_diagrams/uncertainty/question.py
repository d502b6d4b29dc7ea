"""What is asked of every sample."""

from dataclasses import dataclass
from typing import Literal

from selflimit.documents import IonVolume
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.competing_set import Competing
from selflimit.phase_diagrams.functionals.registry import find_functional

NOT_COVERED = (
    "an error of the energies that all compounds of an anion share, which moves the voltages of its metals together",
    "phases that are not among the entries",
    "temperature: vibrations, configurational entropy, gas pressures",
)


@dataclass(frozen=True)
class Question:
    """What is asked of every sample.

    Attributes
    ----------
    composition
        Formula of the electrolyte; it need not have an entry.
    k_effs
        Effective bulk moduli (GPa) at which boundaries and products are collected.
    voltages
        Voltages (V) at which products and thresholds K* are collected.
    working_ion
        Element of the reservoir.
    model, ion_volume, gases
        Mechanical functional and volume rules, as :class:`ConstrainedPhaseDiagram`.
    """

    composition: str
    k_effs: tuple[float, ...] = (0.0, 5.0, 10.0, 15.0)
    voltages: tuple[float, ...] = (0.0,)
    working_ion: str = "Li"
    model: str = "linear"
    ion_volume: IonVolume = "expelled"
    gases: Literal["solid", "released"] = "solid"

    def diagram(self, entries: Competing) -> ConstrainedPhaseDiagram:
        """The diagram of one sample; errors as there."""
        return ConstrainedPhaseDiagram(entries, self.working_ion, self.model, self.ion_volume, self.gases)

    @property
    def has_closed_form(self) -> bool:
        """Whether :mod:`~selflimit.phase_diagrams.uncertainty.linear_propagation` holds."""
        return find_functional(self.model).is_linear and self.ion_volume != "released" and self.gases == "solid"

    @property
    def not_covered(self) -> list[str]:
        """Errors that the spread does not contain, the functional and its rules among them."""
        rules = f"ions in the reservoir: {self.ion_volume}; gases: {self.gases}"
        return [*NOT_COVERED, f"the {self.model} functional itself ({rules}), and compressibility"]
