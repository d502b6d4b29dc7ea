"""Occupancies: what a site holds, and which fraction a rounded number stands for."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from pymatgen.core import Composition, Structure
from pymatgen.core.sites import PeriodicSite

OCCUPANCY_DIGIT = 5e-4
"""Half the last digit of an occupancy written with three decimals, as CIF files do: the rounding that the checks on
integer composition and on neutrality forgive per site where no fraction is recognised."""

DENOMINATORS_BY_DIGITS = {2: (3, 6), 3: (3, 6, 7, 9, 11, 12), 4: (3, 6, 7, 9, 11, 12, 14, 15, 18, 24)}
"""Denominators that a number of so many decimals is tried for. Only fractions without a finite decimal form are looked
for: 0.25 or 0.875 are exact as they stand. With two decimals 0.17 may be 1/6, but 0.14 for 1/7 or 0.11 for 1/9 is too
likely a refined value; more decimals than four count as four."""


def occupancies(site: PeriodicSite) -> dict[str, float]:
    """Occupancy of each species on ``site``, keyed by the species' text; vacancy is what is missing to 1."""
    return {str(species): float(amount) for species, amount in site.species.items()}


def is_ordered(site: PeriodicSite) -> bool:
    """Whether one species fills ``site`` (to within the rounding of a written occupancy)."""
    amounts = list(site.species.values())
    return len(amounts) == 1 and amounts[0] > 1 - OCCUPANCY_DIGIT


def as_fraction(occupancy: float) -> Fraction | None:
    """The fraction that a rounded or truncated decimal stands for, e.g. 1/3 for 0.333; None if it is taken as it is.

    >>> as_fraction(0.333), as_fraction(0.875)
    (Fraction(1, 3), None)
    """
    written = Decimal(repr(float(occupancy)))
    digits = -int(written.as_tuple().exponent)
    unit = Decimal(1).scaleb(-digits)
    for denominator in DENOMINATORS_BY_DIGITS.get(min(digits, 4), ()):
        numerator = round(occupancy * denominator)
        exact = Fraction(numerator, denominator)
        error = abs(Fraction(written) - exact)
        is_truncated = Fraction(written) < exact and error < Fraction(unit)
        if 0 < exact < 1 and exact.denominator == denominator and (error <= Fraction(unit) / 2 or is_truncated):
            return exact
    return None


def with_fractions(structure: Structure, labels: Sequence[str]) -> tuple[Structure, tuple[str, ...]]:
    """``structure`` with rounded occupancies replaced by the fractions they stand for, and one note for each kind.

    Parameters
    ----------
    labels
        Label of each site, for the notes.
    """
    notes: dict[str, None] = {}
    exact = structure.copy()
    for i, (site, label) in enumerate(zip(structure, labels, strict=True)):
        content = {}
        for species, amount in site.species.items():
            fraction = as_fraction(float(amount))
            if fraction is not None and abs(float(fraction) - float(amount)) > 1e-12:
                notes[f"{label}: occupancy {float(amount):g} of {species} taken as {fraction}"] = None
            content[species] = float(amount) if fraction is None else float(fraction)
        if sum(content.values()) <= 1 + 1e-9:
            exact[i] = Composition(content)  # type: ignore[assignment]
    return exact, tuple(notes)
