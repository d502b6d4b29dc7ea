"""How far a growth has got: what its checkpoint keeps and its document is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.equations.state import ContactState, Effort, Mechanics, State
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
    lithium_imbalance, charge_imbalance, overshoot
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
    """

    outputs: tuple[Output, ...]
    state: State
    dt: float
    effort: Effort
    notes: tuple[str, ...] = ()
    history: tuple[tuple[float, float, float, float], ...] = ()
    leg: Leg = Leg()

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> "GrowthRun":
        """The run of a checkpoint's dictionaries and lists."""
        outputs, state = tuple(Output(**output) for output in saved["outputs"]), _restored_state(saved["state"])
        notes, history = tuple(saved["notes"]), tuple((t, i, eta, q) for t, i, eta, q in saved["history"])
        done = tuple(Segment(**part) for part in saved["leg"].pop("done"))
        return cls(
            outputs, state, saved["dt"], Effort(**saved["effort"]), notes, history, Leg(**saved["leg"], done=done)
        )


def _restored_state(saved: dict[str, Any]) -> State:
    past = tuple(Moment(**moment) for moment in saved["past"])
    contacts = None if saved["contacts"] is None else ContactState(**saved["contacts"])
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
