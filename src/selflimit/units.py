"""Units and physical constants: the only place where numbers change scale.

Inside: eV, Angstrom and GPa in the atomistic stages (structures, phase diagrams); SI (m, s, Pa, J, mol) in the
mesoscale stage. Constants are CODATA 2018 exact values (the SI defining constants, doi:10.1103/RevModPhys.93.025010).
"""

ELEMENTARY_CHARGE = 1.602176634e-19
"""Elementary charge e (C), exact."""
AVOGADRO = 6.02214076e23
"""Avogadro constant (1/mol), exact."""
BOLTZMANN = 1.380649e-23
"""Boltzmann constant (J/K), exact."""
FARADAY = ELEMENTARY_CHARGE * AVOGADRO
"""Faraday constant F = e N_A (C/mol)."""
GAS_CONSTANT = BOLTZMANN * AVOGADRO
"""Molar gas constant R = k_B N_A (J/(mol K))."""

GPA_ANGSTROM3_TO_EV = 1e9 * 1e-30 / ELEMENTARY_CHARGE
"""1 GPa Angstrom^3 = 6.241509e-3 eV: mechanical work of a pressure on an atomic volume."""
EV_PER_ANGSTROM3_TO_GPA = 1.0 / GPA_ANGSTROM3_TO_EV
"""1 eV/Angstrom^3 = 160.2177 GPa."""
EV_TO_KJ_PER_MOL = ELEMENTARY_CHARGE * AVOGADRO * 1e-3
"""1 eV per formula unit = 96.4853 kJ/mol."""

GPA = 1e9
"""One gigapascal in Pa."""
MPA = 1e6
"""One megapascal in Pa."""
ANGSTROM = 1e-10
"""One Angstrom in m."""
MICROMETRE = 1e-6
"""One micrometre in m."""
MILLIAMPERE_PER_CM2 = 10.0
"""One mA/cm^2 in A/m^2."""
MILLIAMPERE_HOUR_PER_CM2 = 3.6e4
"""One mAh/cm^2 in C/m^2."""
