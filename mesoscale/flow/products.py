"""What the film is made of: when that is asked anew, and what was made so far."""

from selflimit.mesoscale.equations.state import ContactState, FilmAssemblage
from selflimit.mesoscale.flow.settings import FilmConditions

NOTICED = 0.25
"""Relative change of thickness or pressure after which the products are asked for again."""
THINNEST = 1e-9
"""Thickness (m) below which a film counts as none for that."""
NO_PRESSURE = 1e6
"""Pressure (Pa) below which it counts as none for that: 1 MPa over a strain of 0.06 is an index of 0.02 GPa."""
ANOTHER_CONTACT = 0.1
"""Change of the share of the electrolyte's surface that lithium touches, after which they are asked for again."""
ANOTHER_VOLTAGE = 0.01
"""Change of the voltage at the contact (V), likewise."""


def have_changed(known: FilmAssemblage, asked: FilmConditions) -> bool:
    """Whether the products have to be asked for again: a film a quarter thicker, another contact, pressure or voltage.

    Parameters
    ----------
    known
        What was asked for and found last.
    asked
        The conditions now.
    """
    return (
        abs(asked.thickness - known.thickness) > NOTICED * max(known.thickness, THINNEST)
        or abs(asked.pressure - known.pressure) > NOTICED * max(known.pressure, NO_PRESSURE)
        or abs(asked.contact - known.contact) > ANOTHER_CONTACT
        or abs(asked.voltage - known.local_voltage) > ANOTHER_VOLTAGE
    )


def added_products(begun: ContactState, reacted: float) -> dict[str, float]:
    """What was made so far (mol), with the products of a volume (m^2; m^3 in 3-D) of electrolyte.

    Parameters
    ----------
    begun
        At the beginning of the step.
    reacted
        Electrolyte that reacted in it.
    """
    found, made = begun.assemblage, dict(begun.made)
    if found is None or not found.electrolyte:
        return made
    units = reacted / found.electrolyte_volume
    for formula, amount in ((found.electrolyte, -1.0), *found.amounts.items()):
        made[formula] = made.get(formula, 0.0) + amount * units
    return made
