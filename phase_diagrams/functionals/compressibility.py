"""Volume and enthalpy of a phase under pressure (Murnaghan, PNAS 30, 244 (1944), doi:10.1073/pnas.30.9.244).

A bulk modulus B + B' p that grows linearly with pressure gives v(p) and the mechanical part of the enthalpy in closed
form. It stays positive down to the tensile limit p = -B/B', so the energy is convex in the volume everywhere the phase
exists; the Birch-Murnaghan form is not convex in tension. A phase without bulk modulus is rigid.
"""

from dataclasses import dataclass

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.phase_diagrams.chemical_system import ChemicalSystem
from selflimit.phase_diagrams.linear_programme import Candidates


class TensileLimitError(InputError):
    """A phase would be pulled beyond -B/B', where Murnaghan's form ends."""


@dataclass(frozen=True)
class Compression:
    """Bulk moduli of P phases and the volumes they act on."""

    modulus: FloatArray
    """B (GPa), shape (P,)."""
    derivative: FloatArray
    """B', dimensionless, shape (P,)."""
    volume: FloatArray
    """Zero-pressure volume that is compressed (Angstrom^3/fu), shape (P,)."""
    fixed: FloatArray
    """Volume that counts but is not compressed: the reservoir's ions (Angstrom^3/fu), shape (P,)."""

    def volumes(self, pressure: float) -> FloatArray:
        """v(p) = v0 (1 + B' p/B)^(-1/B') (Angstrom^3/fu), shape (P,); ``pressure`` in GPa."""
        return np.asarray(self.fixed + self.volume * np.exp(-self._hardening(pressure) / self.derivative))

    def enthalpies(self, pressure: float) -> FloatArray:
        """Integral of v dp from 0 to ``pressure`` (GPa): v0 B/(B' - 1) [(1 + B' p/B)^(1 - 1/B') - 1]; GPa A^3, (P,)."""
        rise = np.expm1((1.0 - 1.0 / self.derivative) * self._hardening(pressure))  # stiff phases: no cancellation
        return np.asarray(self.fixed * pressure + self.volume * self.modulus / (self.derivative - 1.0) * rise)

    def _hardening(self, pressure: float) -> FloatArray:
        """log(1 + B' p/B), shape (P,)."""
        change = self.derivative * pressure / self.modulus
        if change.min() <= -1.0:
            weakest = int(change.argmin())
            limit = -self.modulus[weakest] / self.derivative[weakest]
            raise TensileLimitError(
                f"the pressure of {pressure:.3g} GPa is beyond the tensile limit of {limit:.3g} GPa of a phase with "
                f"bulk modulus {self.modulus[weakest]:g} GPa; lower k_eff, or leave the bulk moduli out"
            )
        return np.asarray(np.log1p(change))


def compressibility_in(system: ChemicalSystem, candidates: Candidates) -> Compression | None:
    """Compressibility of the competing phases by the rules of their system; None: they are rigid.

    Raises
    ------
    InputError
        A phase has no bulk modulus: a rigid phase among soft ones would be favoured for no reason.
    """
    moduli, phases = system.rules.bulk_moduli, candidates.phases
    if not moduli:
        return None
    missing = sorted({phase.entry_id for phase in phases} - moduli.keys())
    if missing:
        raise InputError(
            f"no bulk modulus for {', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''} "
            f"({len(missing)} of {len(phases)} phases); give one for each, with its source"
        )
    found = [moduli[phase.entry_id] for phase in phases]
    own = np.array([phase.volume * (1.0 - system.escapes(phase)) for phase in phases])
    exchanged = len(candidates.volume) - len(phases)  # columns of ions, whose volume is not compressed
    volume = np.append(own, np.zeros(exchanged))
    return Compression(
        modulus=np.array([b.modulus for b in found] + [1.0] * exchanged),  # of no volume: any number does
        derivative=np.array([b.derivative for b in found] + [4.0] * exchanged),
        volume=volume,
        fixed=candidates.volume - volume,
    )
