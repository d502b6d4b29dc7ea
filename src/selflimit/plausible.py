"""Quantities, the unit each is given in and the range in which it makes sense; a number in another unit is recognised.

The bounds are wide: they do not say what is sensible physics, only that outside them the unit, the sign or a power of
ten is wrong. Where the model itself needs a tighter bound, it is checked where the model is.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from types import MappingProxyType

from selflimit.errors import InputError


@dataclass(frozen=True)
class Unit:
    """A unit: its dimension, and what turns a number into SI: ``factor * number + offset``."""

    dimension: str
    factor: float = 1.0
    offset: float = 0.0


KNOWN_UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "m": Unit("length"),
        "mm": Unit("length", 1e-3),
        "micrometre": Unit("length", 1e-6),
        "nm": Unit("length", 1e-9),
        "Angstrom": Unit("length", 1e-10),
        "Pa": Unit("pressure"),
        "MPa": Unit("pressure", 1e6),
        "GPa": Unit("pressure", 1e9),
        "V": Unit("voltage"),
        "mV": Unit("voltage", 1e-3),
        "s": Unit("time"),
        "min": Unit("time", 60.0),
        "h": Unit("time", 3600.0),
        "K": Unit("temperature"),
        "Celsius": Unit("temperature", offset=273.15),
        "eV/atom": Unit("energy per atom"),
        "meV/atom": Unit("energy per atom", 1e-3),
        "eV/Angstrom": Unit("force"),
        "meV/Angstrom": Unit("force", 1e-3),
        "A/m^2": Unit("current density"),
        "mA/cm^2": Unit("current density", 10.0),
        "A/cm^2": Unit("current density", 1e4),
        "J/m^2": Unit("surface energy"),
        "mJ/m^2": Unit("surface energy", 1e-3),
        "S/m": Unit("conductivity"),
        "S/cm": Unit("conductivity", 100.0),
        "m^2/s": Unit("diffusivity"),
        "cm^2/s": Unit("diffusivity", 1e-4),
        "mol/m^3": Unit("concentration"),
        "mol/L": Unit("concentration", 1e3),
        "mol/cm^3": Unit("concentration", 1e6),
        "m^3/mol": Unit("molar volume"),
        "cm^3/mol": Unit("molar volume", 1e-6),
        "m^3/(J s)": Unit("mobility of a front"),
        "eV/nm": Unit("force", 0.1),
        "Pa m^(1/2)": Unit("toughness"),
        "MPa m^(1/2)": Unit("toughness", 1e6),
        "": Unit("number"),
        "share": Unit("share"),
        "%": Unit("share", 1e-2),
    }
)
"""The units that people use; those of one dimension are taken for one another."""


@dataclass(frozen=True)
class Quantity:
    """What a number is to say.

    Attributes
    ----------
    unit
        One of :data:`KNOWN_UNITS`.
    low, high
        Range in which it makes sense, both ends included.
    usual
        A common value; of several units in which a number would make sense, the one that brings it nearest is meant.
    also
        A value outside the range that has a meaning of its own, e.g. 0 for 'no limit'.
    is_whole
        Whether it counts something.
    """

    unit: str
    low: float
    high: float
    usual: float
    also: float | None = None
    is_whole: bool = False

    def in_unit(self, unit: str) -> "Quantity":
        """The same quantity in another unit of its dimension, e.g. a radius in m.

        >>> QUANTITIES["radius"].in_unit("m").high
        0.0001
        """
        low, high, usual = (float(f"{convert(value, self.unit, unit):.12g}") for value in self.ends_and_usual())
        return replace(self, unit=unit, low=low, high=high, usual=usual)

    def ends_and_usual(self) -> tuple[float, float, float]:
        """Lowest, highest and usual value."""
        return self.low, self.high, self.usual

    def holds(self, value: float) -> bool:
        """Whether ``value`` makes sense; NaN and infinities do not."""
        return self.low <= value <= self.high or value == self.also


LENGTH = Quantity("m", 1e-10, 1e-2, 1e-6)
"""A length in a simulated layer, from an atom to a coin."""
DISTANCE = replace(LENGTH, low=0.0)
"""The same for gaps and clearances, which may be closed."""


def _count(high: float, low: float = 1, also: float | None = None) -> Quantity:
    return Quantity("", low, high, max(low, 10), also, is_whole=True)


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "k_eff": Quantity("GPa", 0, 1000, 10),
        "k_eff_range": Quantity("GPa", 0, 1000, 20),
        "pressure": Quantity("GPa", -100, 100, 0.1),
        "youngs_modulus": Quantity("GPa", 0.001, 2000, 20),
        "voltage": Quantity("V", 0, 10, 2),
        "voltage_range": Quantity("V", 0, 10, 2),
        "overpotential": Quantity("V", -1 + 1e-9, -1e-6, -0.1),
        "temperature": Quantity("K", 150, 2000, 300),
        "duration": Quantity("s", 0.01, 1e7, 2000),
        "wall_time": Quantity("s", 60, 1e7, 36000, also=0, is_whole=True),
        "radius": Quantity("micrometre", 0.01, 100, 5),
        "gap": Quantity("micrometre", 0.01, 100, 2),
        "zone_depth": Quantity("micrometre", 0.01, 1000, 6),
        "interface_width": Quantity("micrometre", 0.001, 10, 0.5),
        "symprec": Quantity("Angstrom", 1e-5, 0.5, 0.01),
        "current_densities": Quantity("mA/cm^2", 1e-4, 1e4, 1),
        "current_density": Quantity("mA/cm^2", 1e-4, 1e4, 1),
        "cycles": _count(10_000, 0),
        "layer_thickness": Quantity("micrometre", 0.1, 1e4, 100),
        "electrolyte_thickness": Quantity("micrometre", 0.1, 1e4, 400),
        "stack_pressure": Quantity("MPa", 0, 1000, 5),
        "slot_width": Quantity("micrometre", 0.001, 1000, 1),
        "foil": Quantity("micrometre", 0, 1e4, 100),
        "drawn": _count(1000, 0),
        "channel_share": Quantity("share", 1e-6, 0.9, 0.05),
        "flaw": Quantity("micrometre", 0.001, 1000, 3),
        "conductivity": Quantity("S/m", 1e-6, 100, 0.05),
        "electronic_conductivity": Quantity("S/m", 1e-18, 1e8, 1e-10),
        "ionic_conductivity": Quantity("S/m", 1e-15, 100, 1e-6),
        "exchange_current": Quantity("A/m^2", 1e-3, 1e6, 300),
        "toughness": Quantity("MPa m^(1/2)", 0.001, 100, 0.15),
        "creep_resistance": Quantity("MPa", 0.01, 1000, 1.5),
        "size_effect": Quantity("", 0, 1, 0.5),
        "test_hours": Quantity("h", 1e-3, 1e6, 200),
        "half_cycle": Quantity("h", 1e-3, 1e5, 1),
        "pitch": Quantity("micrometre", 0.01, 1e4, 100),
        "bond_strength": Quantity("", 1e-3, 1e3, 0.6),
        "retained": Quantity("share", 0, 1, 1e-3),
        "confinement": Quantity("MPa", 0, 1000, 10),
        "exclude_within": Quantity("Angstrom", 0.0, 5.0, 1.8),
        "max_deviation": Quantity("share", 0.0, 1.0, 0.1),
        "max_force": Quantity("eV/Angstrom", 1e-5, 1, 0.005),
        "max_stress": Quantity("GPa", 1e-5, 10, 0.03),
        "window": Quantity("eV/atom", 0, 1, 0.05),
        "energy_error": Quantity("eV/atom", 0, 1, 0.024),
        "coarse_fraction": Quantity("share", 0, 0.95, 0.4),
        "largest_coverage": Quantity("share", 1e-6, 1, 0.5),
        "least_stress_ratio": Quantity("", 1e-6, 1e6, 1),
        "correction": Quantity("", 0, 1e6, 80),
        "crossings": Quantity("", 0.01, 1000, 4),
        "grid_cells": _count(8192, low=4),
        "keep": _count(10**6),
        "sample": _count(10**7),
        "learn": _count(10**5, low=4),
        "samples": _count(10**6, low=10, also=0),
        "most": Quantity("", 1, 1e12, 1e9),
        "most_screened": _count(10**6),
        "n_cells": _count(1000),
        "up_to": _count(1000),
        "packings": _count(10**5),
        "workers": _count(1024),
        "limit": _count(10**9),
        "port": _count(65535),
        "seed": _count(2**32 - 1, low=0),
        "anneal": _count(2**32 - 1, low=0),
        "sample_seed": _count(2**32 - 1, low=0),
    }
)
"""Quantities by the name that options and documents give them."""


def convert(value: float, unit: str, to: str) -> float:
    """``value`` in ``unit`` expressed in the unit ``to``.

    >>> convert(25.0, "Celsius", "K")
    298.15

    Parameters
    ----------
    value
        The number, in ``unit``.
    unit, to
        Keys of ``KNOWN_UNITS`` of one dimension.

    Raises
    ------
    InputError
        The units measure different things.
    """
    given, wanted = KNOWN_UNITS[unit], KNOWN_UNITS[to]
    if given.dimension != wanted.dimension:
        raise InputError(f"{unit} is a unit of {given.dimension}, {to} one of {wanted.dimension}")
    return (given.factor * value + given.offset - wanted.offset) / wanted.factor


def require_plausible(name: str, value: float, unit: str | None = None) -> float:
    """``value`` if it makes sense for the quantity of that name.

    Usable as it is in a validator, e.g. ``AfterValidator(partial(require_plausible, "temperature"))``.

    >>> require_plausible("k_eff", 15.0)
    15.0
    >>> require_plausible("k_eff", 1.5e10)
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: expected 0 to 1000 GPa, got 1.5e+10 GPa; did you mean 15 (1.5e+10 Pa)?

    Parameters
    ----------
    name
        One of :data:`QUANTITIES`.
    value
        The number.
    unit
        The unit it is in; None: the unit of the table.

    Raises
    ------
    InputError
        It is out of range; the message has the range with its unit, and what was probably meant.
    """
    check_quantity("", value, QUANTITIES[name] if unit is None else QUANTITIES[name].in_unit(unit))
    return value


def check_quantity(what: str, value: float, quantity: Quantity) -> None:
    """Refuse a number that makes no sense for a quantity, which need not be in the table.

    >>> check_quantity("gap", 2e-6, DISTANCE)
    >>> check_quantity("gap", 2.0, DISTANCE)
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: gap: expected 0 to 0.01 m, got 2 m; did you mean 2e-06 (2 micrometre)?

    Parameters
    ----------
    what
        Name and symbol that the message begins with; none if empty.
    value
        The number in the quantity's unit.
    quantity
        What it is to say.

    Raises
    ------
    InputError
        It is no number or out of range; the message has the range with its unit, and what was probably meant.
    """
    begin = f"{what}: expected" if what else "expected"
    if not isinstance(value, Real):
        raise InputError(f"{begin} {describe_range(quantity)}, got {value!r}")
    if not quantity.holds(value):
        meant = guess_meaning(quantity, value)
        raise InputError(
            f"{begin} {describe_range(quantity)}, got {write_quantity(value, quantity.unit)}"
            + (f"; did you mean {meant}?" if meant else "")
        )


def guess_meaning(quantity: Quantity, value: float) -> str:
    """The number that was probably meant, with what it was taken for; nothing where no other unit makes sense of it.

    >>> guess_meaning(QUANTITIES["radius"], 5e-6)
    '5 (5e-06 m)'
    >>> guess_meaning(QUANTITIES["temperature"], 25.0)
    '298.15 (25 Celsius)'
    >>> guess_meaning(QUANTITIES["overpotential"], 0.1)
    '-0.1'
    """
    if not math.isfinite(value):
        return ""
    if quantity.holds(-value) and value != 0:
        return f"{-value:.6g}"
    found = list(_meanings(quantity, value))
    if not found:
        return ""
    number, taken = min(found, key=lambda one: _distance(one[0], quantity.usual))
    return f"{number:.6g} ({taken})"


def describe_range(quantity: Quantity) -> str:
    """The range of a quantity in words.

    >>> describe_range(QUANTITIES["samples"])
    'a whole number from 10 to 1000000, or 0'
    """
    numbers = f"{_ends(quantity)}" + (f", or {quantity.also:g}" if quantity.also is not None else "")
    if quantity.is_whole:
        unit = f" of {quantity.unit}" if quantity.unit else ""
        return f"a whole number{unit} from {numbers}"
    return write_quantity(numbers, quantity.unit)


def write_quantity(number: float | str, unit: str) -> str:
    """A number and its unit; a share or a pure number has none.

    >>> write_quantity(1.5e10, "GPa"), write_quantity(40.0, "share")
    ('1.5e+10 GPa', '40')
    """
    text = number if isinstance(number, str) else f"{number:.6g}"
    return text if unit in ("", "share") else f"{text} {unit}"


def _ends(quantity: Quantity) -> str:
    if quantity.is_whole:
        return f"{quantity.low:.0f} to {quantity.high:.0f}"
    return f"{quantity.low:.6g} to {quantity.high:.6g}"


def _meanings(quantity: Quantity, value: float) -> Iterator[tuple[float, str]]:
    """What ``value`` would be if it, or its opposite, had been given in another unit, where that makes sense."""
    for name, unit in KNOWN_UNITS.items():
        if unit.dimension != KNOWN_UNITS[quantity.unit].dimension or name == quantity.unit:
            continue
        for given in (value, -value):
            number = convert(given, name, quantity.unit)
            if quantity.low <= number <= quantity.high and number != 0:
                yield number, write_quantity(given, name)
                break


def _distance(number: float, usual: float) -> float:
    """How many powers of ten lie between the sizes of two numbers."""
    return abs(math.log10(abs(number / usual)))
