"""What a diagram is asked under: how the surroundings resist, whose volume counts, and how errors are sampled."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from pymatgen.core import Composition
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import EnergyError, Functional, IonVolume, MakerSetting, ProductsDoc, UncertaintyDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams.diagram import ConstrainedPhaseDiagram
from selflimit.phase_diagrams.entries.competing_set import Competing, competing_phases
from selflimit.phase_diagrams.entries.sources import competing_entries, with_experimental_volumes
from selflimit.phase_diagrams.uncertainty.error_models import REACTION_ERROR
from selflimit.phase_diagrams.uncertainty.question import Question
from selflimit.phase_diagrams.uncertainty.sampling import sample_uncertainty


class MechanicalRules(MakerSetting):
    """How the surroundings resist, and whose volume counts."""

    model: Functional = Field("linear", description="Mechanical functional")
    ion_volume: IonVolume = Field("expelled", description="Which ions exchanged with the reservoir have a volume")
    gases: Literal["solid", "released"] = Field("solid", description="Whether gases stay confined")
    working_ion: str = Field("Li", description="Element of the reservoir")
    compressible: bool = Field(False, description="Whether volumes depend on the pressure, with the known bulk moduli")

    @property
    def is_default(self) -> bool:
        """Whether only the ion differs from the default: under these rules an electrolyte without entry can be asked.

        >>> MechanicalRules(working_ion="Na").is_default, MechanicalRules(model="elastic").is_default
        (True, False)
        """
        return self == MechanicalRules(working_ion=self.working_ion)

    def diagram(self, entries: Competing) -> ConstrainedPhaseDiagram:
        """The diagram of the distinct phases among ``entries`` under these rules; errors as there."""
        found = competing_phases(entries, with_moduli=self.compressible)
        moduli = {p.entry_id: p.bulk_modulus for p in found.phases if p.bulk_modulus} if self.compressible else None
        return ConstrainedPhaseDiagram(
            found, self.working_ion, self.model, self.ion_volume, self.gases, bulk_moduli=moduli
        )

    def question(self, formula: str, k_effs: Sequence[float], voltage: float) -> Question:
        """Return what is asked of every sample.

        Parameters
        ----------
        formula
            Formula of the electrolyte.
        k_effs
            Effective bulk moduli (GPa).
        voltage
            V vs the working ion's metal.
        """
        return Question(formula, tuple(k_effs), (voltage,), self.working_ion, self.model, self.ion_volume, self.gases)


class Sampling(MakerSetting):
    """How errors become distributions."""

    energy_error: EnergyError = Field(REACTION_ERROR, description="Assumed error of the energies")
    samples: int = Field(300, ge=20, description="Exact diagrams drawn")
    seed: int = Field(1, ge=0, description="Seed of the random numbers")

    def of(self, entries: Competing, question: Question) -> UncertaintyDoc:
        """Sample ``entries`` with all their bundled volumes; errors as :func:`sample_uncertainty`."""
        return sample_uncertainty(entries, question, self.energy_error, samples=self.samples, seed=self.seed)


def dft_entries(formula: str, working_ion: str) -> list[ComputedStructureEntry]:
    """The bundled DFT entries of the elements of ``formula`` and the working ion; empty where none are bundled."""
    try:
        return competing_entries(chemical_system_of(formula, working_ion))
    except InputError:
        return []


def dft_products(
    formula: str, working_ion: str, k_effs: Sequence[float], voltage_range: tuple[float, float]
) -> list[ProductsDoc]:
    """Products by the bundled DFT energies, once with DFT and once with experimental volumes.

    Parameters
    ----------
    formula
        The electrolyte, which has no entry among them.
    working_ion
        Element of the reservoir.
    k_effs
        Effective bulk moduli (GPa).
    voltage_range
        Voltages (V against the ion's metal).
    """
    entries = dft_entries(formula, working_ion)
    if not entries:
        return []
    sources = {"PBE (ZrCl, ZrCl4: estimates)": entries, "experiment": with_experimental_volumes(entries)}
    return [
        ConstrainedPhaseDiagram(found, working_ion).hull_products(formula, k_eff, voltage_range, volumes)
        for volumes, found in sources.items()
        for k_eff in k_effs
    ]


def chemical_system_of(formula: str, working_ion: str) -> str:
    """Elements of ``formula`` and the working ion, alphabetical.

    >>> chemical_system_of("Li2ZrCl6", "Li")
    'Cl-Li-Zr'
    """
    return "-".join(sorted({*Composition(formula).chemical_system.split("-"), working_ion}))
