"""Numbers and options a user gives, checked: what was expected, what came, what was probably meant."""

from collections.abc import Sequence

from selflimit.errors import InputError
from selflimit.plausible import QUANTITIES, check_quantity
from selflimit.suggestions import did_you_mean

Range = tuple[float, float]


def require_one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a ``value`` of the option ``name`` that is not one of those ``allowed``.

    >>> require_one_of("gases", "release", ("solid", "released"))
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: expected gases to be one of 'solid', 'released', got 'release'; did you mean released?

    Parameters
    ----------
    name
        Name of the option, for the message.
    value
        What was given.
    allowed
        What may be given.
    """
    if value not in allowed:
        choices = ", ".join(map(repr, allowed))
        raise InputError(f"expected {name} to be one of {choices}, got {value!r}{did_you_mean(value, allowed)}")


def require_quantities(**values: float) -> None:
    """Refuse a ``voltage`` (V) or ``k_eff`` (GPa) out of range or in another unit.

    >>> require_quantities(voltage=2.0, k_eff=15e9)
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: k_eff: expected 0 to 1000 GPa, got 1.5e+10 GPa; did you mean 15 (1.5e+10 Pa)?
    """
    for name, value in values.items():
        check_quantity(name, value, QUANTITIES[name])


def require_range(limits: Range, quantity: str, name: str = "") -> Range:
    """Return the two ends of a range of a quantity, checked: low before high, both plausible.

    >>> require_range((0, 6000), "voltage_range")
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: voltage_range: expected 0 to 10 V, got 6000 V; did you mean 6 (6000 mV)?

    Parameters
    ----------
    limits
        Lower and upper end, in the unit of the quantity.
    quantity
        Key of ``QUANTITIES``.
    name
        What the message calls it; empty: by the quantity's name.
    """
    low, high = limits
    for end in limits:
        check_quantity(name or quantity, end, QUANTITIES[quantity])
    if not low < high:
        unit = QUANTITIES[quantity].unit
        raise InputError(f"expected {name or quantity} ({unit}) as (low, high) with low < high, got {limits}")
    return float(low), float(high)
