"""Constants of materials from measurements, as named alternatives to the defaults of the parameters."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

MASIAS = "Masias et al. 2019, J. Mater. Sci. 54, 2585, doi:10.1007/s10853-018-2971-3"

LITHIUM_MEASURED: Mapping[str, Any] = MappingProxyType(
    {
        "lithium_modulus": 7.82e9,
        "lithium_poisson": 0.381,
        "sources": dict.fromkeys(("lithium_modulus", "lithium_poisson"), MASIAS + ", bulk lithium at room temperature"),
    }
)
"""Young's modulus (Pa) and Poisson's ratio of lithium: ``InterfaceParameters(**LITHIUM_MEASURED)``.

The default of 4.9 GPa and 0.36 is that of a published simulation; its bulk modulus of 5.8 GPa is half of the measured
11 GPa, and so is the pressure of confined lithium.
"""
