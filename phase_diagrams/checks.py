"""Numbers and options a user gives, checked: what was expected, what came."""

import math
from collections.abc import Sequence

from selflimit.errors import InputError

Range = tuple[float, float]


def require_one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    """``value`` of the option ``name`` has to be one of ``allowed``."""
    if value not in allowed:
        raise InputError(f"expected {name} to be one of {', '.join(map(repr, allowed))}, got {value!r}")


def require_non_negative(**values: float) -> None:
    """Voltages (V) and moduli (``k_eff``, GPa), by name, have to be finite and at least 0."""
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            unit = "GPa" if name == "k_eff" else "V; below 0 V the ion's metal plates"
            raise InputError(f"expected a finite {name} >= 0, got {value} {unit}; give a value of at least 0")


def increasing(limits: Range, name: str) -> Range:
    """``limits`` as (low, high) with low < high, both finite."""
    low, high = limits
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"expected {name} as (low, high) with low < high, got {limits}")
    return float(low), float(high)
