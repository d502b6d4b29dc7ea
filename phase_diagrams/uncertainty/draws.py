r"""Samples of the competing phases: energies and volumes drawn from the errors that are assumed of them.

.. math:: E_j \to E_j + N_j\,\sigma_E\,\big(\sqrt{\rho}\,z_{M(j)} + \sqrt{1-\rho}\,z_{f(j)}\big), \quad
   v_j \to \bar v_j\,e^{t_{c(j)} z'_{c(j)} + s_j z''_j}, \quad z, z', z'' \sim \mathcal N(0,1)

with N_j atoms per formula unit of the composition f, whose metals beside the working ion are M. Polymorphs share the
energy error of their composition, because what calculations get wrong is the bond, far more than the small difference
between polymorphs; elements have none, being the reference. Volumes have an error that all phases of a class share,
and their own (:mod:`selflimit.phase_diagrams.uncertainty.volume_errors`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from pymatgen.core import Composition

from selflimit.arrays import FloatArray
from selflimit.documents import CompetingPhase, CompetingPhasesDoc, EnergyError, VolumeSpread
from selflimit.phase_diagrams.entries.volumes import EXPERIMENT


class VolumeDraws(Protocol):
    """Where the volumes of a sample come from."""

    def volumes(self, random: np.random.Generator) -> FloatArray:
        """Draw a volume for each phase (Angstrom^3 per formula unit), shape (phases,)."""


@dataclass(frozen=True)
class Distributed:
    """Volumes drawn from a distribution for each phase, with what phases share."""

    spreads: tuple[VolumeSpread, ...]
    """Distribution of each phase's volume."""

    @cached_property
    def groups(self) -> list[str]:
        """Names of what is shared, in order."""
        return sorted({spread.shared_by for spread in self.spreads if spread.shared_by})

    def volumes(self, random: np.random.Generator) -> FloatArray:
        """Draw a volume for each phase (Angstrom^3 per formula unit), shape (phases,)."""
        common = dict(zip(self.groups, random.standard_normal(len(self.groups)), strict=True))
        own = random.standard_normal(len(self.spreads))
        logarithms = [
            spread.shared_deviation * common.get(spread.shared_by, 0.0) + spread.relative_deviation * z
            for spread, z in zip(self.spreads, own, strict=True)
        ]
        return np.array([spread.centre for spread in self.spreads]) * np.exp(logarithms)


@dataclass(frozen=True)
class OneSource:
    """All volumes of a sample are of one source, drawn among all; where it has none, the phase's own."""

    phases: tuple[CompetingPhase, ...]
    """With their volumes by source."""

    @cached_property
    def sources(self) -> list[str]:
        """Names of the sources, in order."""
        return sorted({source for phase in self.phases for source in phase.volumes})

    def volumes(self, random: np.random.Generator) -> FloatArray:
        """Draw a volume for each phase (Angstrom^3 per formula unit), shape (phases,)."""
        source = self.sources[int(random.integers(len(self.sources)))]
        return np.array([phase.volumes.get(source, phase.volume) for phase in self.phases])


def experiment_within(phases: Sequence[CompetingPhase], deviation: float) -> Distributed:
    """Experimental volumes, where there are any, each with an error of its own; else the phases' own volumes.

    Parameters
    ----------
    phases
        With their volumes by source (Angstrom^3 per formula unit).
    deviation
        Standard deviation of ln(volume).
    """
    return Distributed(
        tuple(
            VolumeSpread(
                formula=p.formula,
                entry_id=p.entry_id,
                volumes=dict(p.volumes),
                centre=p.volumes.get(EXPERIMENT, p.volume),
                relative_deviation=deviation,
                basis=f"experiment, else its own, ± {100 * deviation:g} %",
            )
            for p in phases
        )
    )


@dataclass(frozen=True)
class ErrorModel:
    """What is assumed of the errors of energies and volumes."""

    energy: EnergyError
    """Of formation energies."""
    volume: VolumeDraws
    """Of volumes."""

    def sample(
        self, competing: CompetingPhasesDoc, working_ion: str, random: np.random.Generator
    ) -> CompetingPhasesDoc:
        """Draw one sample.

        Numbers are drawn for each set of metals, each composition, and the volumes, in the order of the phases.

        Parameters
        ----------
        competing
            The phases as they are without errors.
        working_ion
            Symbol of the working ion: not one of the metals that share an error.
        random
            Gives the numbers.
        """
        metals = {p.formula: metals_of(p.formula, working_ion) for p in competing.phases}
        by_metals = {key: random.standard_normal() for key in dict.fromkeys(metals.values())}
        by_formula = {formula: random.standard_normal() for formula in metals}
        shared = self.energy.shared_within_metal
        volumes = self.volume.volumes(random)
        phases = []
        for phase, volume in zip(competing.phases, volumes, strict=True):
            share = shared if metals[phase.formula] else 0.0
            normal = math.sqrt(share) * by_metals[metals[phase.formula]]
            normal += math.sqrt(1.0 - share) * by_formula[phase.formula]
            error = self.energy.standard_deviation * atoms_with_error(phase.formula) * normal
            phases.append(phase.model_copy(update={"energy": phase.energy + error, "volume": float(volume)}))
        return competing.model_copy(update={"phases": phases})


@lru_cache(maxsize=4096)
def metals_of(formula: str, working_ion: str) -> str:
    """Metals of a compound beside the working ion, whose errors its compounds share; empty: there are none.

    >>> metals_of("Li2ZrCl6", "Li"), metals_of("LiCl", "Li")
    ('Zr', '')
    """
    symbols = [e.symbol for e in Composition(formula).elements if e.is_metal and e.symbol != working_ion]
    return "-".join(sorted(symbols))


@lru_cache(maxsize=4096)
def atoms_with_error(formula: str) -> float:
    """Atoms per formula unit, each with the energy error; 0 for elements: an error of theirs only moves the zero.

    >>> atoms_with_error("LiCl"), atoms_with_error("Cl2")
    (2.0, 0.0)
    """
    composition = Composition(formula)
    return 0.0 if len(composition) == 1 else float(composition.num_atoms)
