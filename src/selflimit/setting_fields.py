"""How a setting of a run is described: its option, its quantity, its help; and what makes values of texts."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from selflimit.errors import InputError
from selflimit.plausible import require_plausible
from selflimit.suggestions import did_you_mean

Stage = Literal["crystal", "energies", "phase diagram", "interface"]
Takes = Literal["one", "two", "some", "repeated", "flag"]


@dataclass(frozen=True)
class Setting:
    """How one setting is asked for.

    Attributes
    ----------
    stage
        The stage that it belongs to.
    help
        What it means, in words; the default is added.
    option
        Its option; '': it has none.
    takes
        One value, two, some, one with each repetition, or none.
    convert
        What makes a value of a text.
    quantity
        Name in :data:`selflimit.plausible.QUANTITIES`; '': no number.
    choices
        The values that there are; empty: any.
    metavar
        What stands for the value in the help.
    shown_default
        The default in words; '': as it is.
    """

    stage: Stage
    help: str
    option: str
    takes: Takes
    convert: Callable[[str], Any]
    quantity: str
    choices: tuple[str, ...]
    metavar: str | None
    shown_default: str

    def check(self, value: Any) -> None:
        """Refuse a value that makes no sense.

        Raises
        ------
        InputError
            The message names the option, what was expected and what came.
        """
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        for one in values:
            if self.choices and one not in self.choices:
                known = ", ".join(filter(None, self.choices))
                raise InputError(f"{self.option}: expected {known}, got {one!r}{did_you_mean(str(one), self.choices)}")
            if self.quantity:
                try:
                    require_plausible(self.quantity, one)
                except InputError as fault:
                    raise InputError(f"{self.option}: {fault}") from None


def setting(
    default: Any,
    stage: Stage,
    help_text: str,
    *,
    option: str | None = None,
    takes: Takes = "one",
    convert: Callable[[str], Any] = str,
    quantity: str = "",
    choices: Sequence[str] = (),
    metavar: str | None = None,
    shown_default: str = "",
) -> Any:
    """A field of a configuration; parameters as in :class:`Setting`, ``option`` None: made from the field's name."""
    about = (stage, help_text, option, takes, convert, quantity, tuple(choices), metavar, shown_default)
    if isinstance(default, dict):
        return field(default_factory=dict, metadata={"setting": about})
    return field(default=default, metadata={"setting": about})


def describe_settings(configuration: type) -> Mapping[str, Setting]:
    """Field of a configuration -> how it is asked for, in order."""
    return MappingProxyType({one.name: _described(one) for one in fields(configuration)})


def _described(one: "Field[Any]") -> Setting:
    stage, text, option, *rest = one.metadata["setting"]
    return Setting(stage, text, "--" + one.name.replace("_", "-") if option is None else option, *rest)


def split_labels(text: str) -> tuple[str, ...]:
    """Site labels of one pool.

    >>> split_labels("Li1,Li2")
    ('Li1', 'Li2')
    """
    return tuple(text.split(","))


def _number(text: str) -> float:
    """A number, or a fraction such as '1/3'."""
    return float(Fraction(text)) if "/" in text else float(text)


def read_charges(pairs: Sequence[str]) -> dict[str, float]:
    """Formal charges (e) from texts like 'Zr=4'.

    >>> read_charges(["Fe3+=3", "Fe=8/4", "Cl=-1"])
    {'Fe3+': 3.0, 'Fe': 2.0, 'Cl': -1.0}

    Raises
    ------
    InputError
        A text that is not a species, '=' and a number.
    """
    try:
        return {species: _number(charge) for species, charge in (pair.split("=") for pair in pairs)}
    except (ValueError, ZeroDivisionError):
        raise InputError(f"--charge: expected e.g. Zr=4, got {' '.join(pairs)}") from None


def read_occupancies(texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Occupancies from texts like 'Li1=Li:0.5,Na:1/3', or 'Li1:0.25' for what the site holds anyway.

    >>> read_occupancies(["Li=Li:0.5,Na:1/4", "Fe1:1/2"])
    {'Li': {'Li': 0.5, 'Na': 0.25}, 'Fe1': {'': 0.5}}

    Raises
    ------
    InputError
        A text of another form, a site twice, or a species twice on a site.
    """
    try:
        # the species of 'Li1:0.25' is the site's own, which only the crystal knows
        written = [(text if "=" in text else text.replace(":", "=:", 1)).split("=") for text in texts]
        parts = [(site, content.split(",")) for site, content in written]
        found = {
            site: {s: _number(amount) for s, amount in (part.split(":") for part in content)} for site, content in parts
        }
    except (ValueError, ZeroDivisionError):
        raise InputError(f"--occupancy: expected e.g. Li1=Li:0.5,Na:1/4, got {' '.join(texts)}") from None
    if len(found) < len(parts) or any(len(found[site]) < len(content) for site, content in parts):
        raise InputError(f"--occupancy: expected each site, and each species once, got {' '.join(texts)}")
    return found


SCHEDULE_PARTS = {
    "hold": ("V", "s"),
    "pass": ("mA/cm^2", "s"),
    "plate": ("mA/cm^2", "mAh/cm^2"),
    "strip": ("mA/cm^2", "mAh/cm^2"),
    "rest": ("s",),
}
"""Kind of a part -> the units of its numbers: overpotential or current density, then time or areal capacity."""
EXAMPLE = (
    "hold:-0.1:2100 (V, s), plate:0.5:1 or strip:0.5:1 (mA/cm^2, mAh/cm^2), pass:-0.5:3600 (mA/cm^2, s), rest:600 (s)"
)


class SchedulePart(NamedTuple):
    """One part of a schedule."""

    kind: str
    """A key of ``SCHEDULE_PARTS``."""
    numbers: tuple[float, ...]
    """Its numbers, in the units that ``SCHEDULE_PARTS`` tells."""


def read_part(text: str) -> SchedulePart:
    """One part of a schedule from its text.

    >>> read_part("hold:-0.1:2100")
    SchedulePart(kind='hold', numbers=(-0.1, 2100.0))

    Raises
    ------
    InputError
        No such kind, or other numbers than it takes.
    """
    kind, *given = text.split(":")
    if kind not in SCHEDULE_PARTS:
        raise InputError(f"--schedule: expected {EXAMPLE}, got {text!r}{did_you_mean(kind, tuple(SCHEDULE_PARTS))}")
    try:
        numbers = tuple(float(one) for one in given)
    except ValueError:
        numbers = ()
    if len(numbers) != len(SCHEDULE_PARTS[kind]) or not all(map(math.isfinite, numbers)):
        raise InputError(
            f"--schedule: expected {kind} with {' and '.join(SCHEDULE_PARTS[kind])}, got {text!r}; e.g. {EXAMPLE}"
        )
    if numbers[-1] <= 0.0 or (kind in ("plate", "strip") and numbers[0] <= 0.0):
        raise InputError(
            f"--schedule: expected positive {SCHEDULE_PARTS[kind][-1]} and currents of plate and strip, got {text!r}"
        )
    if kind == "hold" and abs(numbers[0]) >= 1.0:
        raise InputError(f"--schedule: expected an overpotential below 1 V, got {text!r}; it is in V")
    return SchedulePart(kind, numbers)
