"""How far a growth has got: what its checkpoint keeps and its document is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.equations.state import ContactState, Effort, FilmAssemblage, Mechanics, State
from selflimit.mesoscale.equations.step_length import Moment
from selflimit.mesoscale.growth.schedule import Segment


@dataclass(frozen=True)
class Output:
    """What is kept of a state at an output time.

    Attributes
    ----------
    time
        Time (s).
    xi, c, phi
        Order parameter, normalised Li+ concentration and electric potential (V), shape ``nodes``.
    pressure
        Hydrostatic pressure per cell (Pa), shape ``shape``.
    lithium_imbalance, charge_imbalance, overshoot, contacts
        As in ``State``.
    """

    time: float
    xi: FloatArray
    c: FloatArray
    phi: FloatArray
    pressure: FloatArray
    lithium_imbalance: float
    charge_imbalance: float
    overshoot: float
    contacts: ContactState | None = None

    @classmethod
    def of(cls, state: State) -> "Output":
        """What is kept of ``state``."""
        return cls(**{field.name: getattr(state, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class Leg:
    """The segment of a schedule that a run is in.

    Attributes
    ----------
    begin
        When it began (s).
    metal
        Integral of xi at its beginning (m^2; m^3 in 3-D).
    done
        All segments so far, this one included; empty where there is no schedule.
    """

    begin: float = 0.0
    metal: float = 0.0
    done: tuple[Segment, ...] = ()


class Reading(NamedTuple):
    """What is read off a state; lengths, areas and amounts are per m of depth (in 3-D per domain)."""

    contact: float
    """Share of the less stable electrolyte's surface that lithium touches; 0 where there is none."""
    peak: float
    """Largest compression (Pa)."""
    at_contact: float
    """Mean compression at the contact with that electrolyte (Pa)."""
    lithium: float
    """Integral of xi (m^2)."""
    film: float
    """Mean thickness of the product at the contact (m)."""
    thickest: float
    """Largest thickness of the product (m)."""
    voltage: float
    """Mean voltage of that electrolyte at the contact against lithium (V), at least 0."""
    plated: float
    """Lithium plated where it had no room (m^2)."""
    extruded: float
    """Lithium that flowed out through the foil (m^2)."""
    advanced: float
    """Lithium that flowed into free space (m^2)."""
    reacted: float
    """Volume of that electrolyte that has become product (m^2)."""
    reaction_charge: float
    """Charge that the product took (C/m)."""


@dataclass(frozen=True)
class GrowthRun:
    """How far a run has got.

    Attributes
    ----------
    outputs
        What is kept of the output times so far, the beginning included.
    state
        The newest state.
    dt
        Time step to try next (s).
    effort
        Work so far.
    notes
        What makes the result doubtful or ended a part of it, for its document.
    history
        After every step: time (s), current density (A/m^2, positive where it plates), overpotential (V), and the areal
        charge plated since the beginning (C/m^2).
    leg
        Where the schedule has got to.
    readings
        What was read off after every step.
    """

    outputs: tuple[Output, ...]
    state: State
    dt: float
    effort: Effort
    notes: tuple[str, ...] = ()
    history: tuple[tuple[float, float, float, float], ...] = ()
    leg: Leg = Leg()
    readings: tuple[Reading, ...] = ()

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> "GrowthRun":
        """The run of a checkpoint's dictionaries and lists."""
        outputs, state = tuple(_restored_output(one) for one in saved["outputs"]), _restored_state(saved["state"])
        notes, history = tuple(saved["notes"]), tuple((t, i, eta, q) for t, i, eta, q in saved["history"])
        done = tuple(Segment(**part) for part in saved["leg"].pop("done"))
        leg, readings = Leg(**saved["leg"], done=done), tuple(Reading(**one) for one in saved["readings"])
        return cls(outputs, state, saved["dt"], Effort(**saved["effort"]), notes, history, leg, readings)


def _restored_output(saved: dict[str, Any]) -> Output:
    return Output(**{**saved, "contacts": _restored_contacts(saved["contacts"])})


def _restored_contacts(saved: dict[str, Any] | None) -> ContactState | None:
    if saved is None:
        return None
    made_of = None if saved["assemblage"] is None else FilmAssemblage(**saved["assemblage"])
    return ContactState(**{**saved, "assemblage": made_of})


def _restored_state(saved: dict[str, Any]) -> State:
    past = tuple(Moment(**moment) for moment in saved["past"])
    contacts = _restored_contacts(saved["contacts"])
    return State(**{**saved, "past": past, "mechanics": Mechanics(**saved["mechanics"]), "contacts": contacts})


def times_to_come(run: GrowthRun, wanted: Sequence[float]) -> list[float]:
    """Output times (s) of a run that goes on: those it has, then the ``wanted`` ones after its state.

    Raises
    ------
    InputError
        If a wanted time has passed without an output.
    """
    done = [output.time for output in run.outputs]
    # fields of a time that has passed are gone; leaving the time out in silence would be worse than saying so
    missed = [t for t in wanted if t < run.state.time and t not in done]
    if missed:
        raise InputError(
            f"expected output times after {run.state.time:.6g} s, where the checkpoint is, or among the past ones "
            f"{done}, got {missed}; leave these out or begin again without resume"
        )
    return done + [t for t in wanted if t > done[-1]]


def stacked(states: Sequence[Output]) -> dict[str, tuple[FloatArray, str]]:
    """Fields of all outputs as (array, unit), time first."""
    return {
        "time": (np.array([state.time for state in states]), "s"),
        "xi": (np.stack([state.xi for state in states]), "1"),
        "c": (np.stack([state.c for state in states]), "1"),
        "phi": (np.stack([state.phi for state in states]), "V"),
        "pressure": (np.stack([state.pressure for state in states]), "Pa"),
    }
