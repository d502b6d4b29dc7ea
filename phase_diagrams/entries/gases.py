"""Gases at a pressure: what a partial pressure does to the energy of an entry."""

import math
from collections.abc import Mapping, Sequence

from pymatgen.core.entries import ComputedStructureEntry, ConstantEnergyAdjustment

from selflimit.documents import level_of, with_level
from selflimit.errors import InputError
from selflimit.phase_diagrams.phases import GASES, parse_formula
from selflimit.units import BOLTZMANN, ELEMENTARY_CHARGE, EV_TO_KJ_PER_MOL

BOLTZMANN_EV = BOLTZMANN / ELEMENTARY_CHARGE
"""Boltzmann constant (eV/K)."""
ROOM = 298.15
"""Temperature (K) of the thermal part of gases whose entries are energies of crystals at rest."""
ENTHALPY_AND_ENTROPY = {
    "H2": (8.467, 130.680), "N2": (8.670, 191.609), "O2": (8.683, 205.147), "F2": (8.825, 202.789),
    "Cl2": (9.181, 223.079),
}  # fmt: skip
"""H(298.15 K) - H(0 K) (kJ/mol) and S at 298.15 K and 1 bar (J/mol/K), NIST-JANAF Thermochemical Tables, 4th ed.
(1998), doi:10.18434/T42S31."""


def with_gas_pressures(
    entries: Sequence[ComputedStructureEntry], pressures: Mapping[str, float]
) -> list[ComputedStructureEntry]:
    r"""Copies of entries in which gases have the chemical potential of a partial pressure.

    .. math:: \mu(T, p) = \mu^\circ(T) + k_B T \ln(p / 1\,\mathrm{bar})

    Gibbs entries hold :math:`\mu^\circ(T)` already. To energies of crystals at rest,
    :math:`H(298) - H(0) - T S` of the gas is added; solids stay as they are, whose thermal part is ten times smaller.
    The level of theory says which gas, pressure and temperature.

    Parameters
    ----------
    entries
        Of one level of theory, energies in eV.
    pressures
        Formula of a gas -> partial pressure (bar).

    Raises
    ------
    InputError
        No gas, no entry of it, no thermal data of it, or a pressure that is not above 0.
    """
    if not pressures:
        return list(entries)
    wanted = {_gas(formula): pressure for formula, pressure in pressures.items()}
    there = {entry.composition.reduced_formula for entry in entries}
    for formula, pressure in wanted.items():
        if not (math.isfinite(pressure) and pressure > 0):
            raise InputError(f"expected a pressure of {formula} above 0 bar, got {pressure:g}")
        if formula not in there:
            raise InputError(f"there is no entry of {formula} that a pressure could act on; leave it out, or add one")
    level = level_of(entries[0])
    temperature = level.temperature or ROOM
    said = ", ".join(f"{formula} at {wanted[formula]:g} bar and {temperature:g} K" for formula in sorted(wanted))
    changed = level.model_copy(update={"model": f"{level.model}, {said}"})
    found = []
    for entry in entries:
        copied = type(entry).from_dict(entry.as_dict())
        if (formula := entry.composition.reduced_formula) in wanted:
            shift = _shift(formula, wanted[formula], level.temperature)
            units = float(entry.composition.get_reduced_formula_and_factor()[1])
            name = f"gas at {wanted[formula]:g} bar"
            copied.energy_adjustments.append(ConstantEnergyAdjustment(units * shift, name=name))
        found.append(with_level(copied, changed))
    return found


def _gas(formula: str) -> str:
    reduced = parse_formula(formula).reduced_formula
    if reduced not in GASES:
        raise InputError(f"expected a gas at 298 K and 1 bar such as O2, got {formula}: a pressure acts on no crystal")
    return reduced


def _shift(formula: str, pressure: float, temperature: float | None) -> float:
    """Change of a molecule's energy (eV); pressure in bar; temperature of Gibbs energies in K, None: at rest."""
    if temperature is not None:
        return BOLTZMANN_EV * temperature * math.log(pressure)
    if formula not in ENTHALPY_AND_ENTROPY:
        raise InputError(f"no thermal data of {formula}, only of {', '.join(ENTHALPY_AND_ENTROPY)}; give Gibbs entries")
    enthalpy, entropy = ENTHALPY_AND_ENTROPY[formula]
    thermal = (enthalpy - ROOM * entropy * 1e-3) / EV_TO_KJ_PER_MOL
    return thermal + BOLTZMANN_EV * ROOM * math.log(pressure)
