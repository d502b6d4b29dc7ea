"""Growth of lithium through a particle layer: front, Li+, potential and stress in time.

Steps of adaptive length through the coupled equations, watched by guards and kept in a checkpoint. Equations and
numerics: docs/theory/phase-field.md.
"""

import hashlib
import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc
from selflimit.errors import ConvergenceError, InputError
from selflimit.mesoscale.equations.numerics import Numerics
from selflimit.mesoscale.equations.profile import bring_into_motion
from selflimit.mesoscale.equations.single_ion import SingleIonEquations
from selflimit.mesoscale.equations.state import Effort, State
from selflimit.mesoscale.equations.step_length import LARGEST_RATIO, next_length
from selflimit.mesoscale.equations.terms import Term
from selflimit.mesoscale.equations.time_step import CoupledEquations
from selflimit.mesoscale.flow.contacts import ContactAreas, contact_areas
from selflimit.mesoscale.flow.equations import FlowEquations
from selflimit.mesoscale.flow.settings import LithiumFlow
from selflimit.mesoscale.growth import cell, guards, readings
from selflimit.mesoscale.growth.checkpoint import CheckpointFile
from selflimit.mesoscale.growth.description import charge_error, describe_growth, lithium_error, tip_height
from selflimit.mesoscale.growth.growth_run import GrowthRun, Output, times_to_come
from selflimit.mesoscale.growth.schedule import Schedule, Segment, all_segments, total_time
from selflimit.mesoscale.growth.start import Start
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.progress import Progress, silent


@dataclass(frozen=True)
class GrowthModel:
    """Growth of lithium in one microstructure.

    Parameters
    ----------
    parameters
        Physical parameters.
    microstructure
        Particle classes on their grid.
    numerics
        Steps and tolerances.
    threads
        Number of threads; the result does not depend on it.
    terms
        What else moves the front; see ``equations.terms``.
    flow
        Lithium that flows, and the product at its contact, in place of elastic stress; None: the elastic stress.

    Raises
    ------
    InputError
        If the grid does not resolve the front (dx > w), or its surface tension is too small for its width, and
        ``numerics.allow_unresolved`` is not set; or if an anisotropy makes no sense.
    """

    parameters: InterfaceParameters
    microstructure: Microstructure
    numerics: Numerics = field(default_factory=Numerics)
    threads: int = 1
    terms: tuple[Term, ...] = ()
    flow: LithiumFlow | None = None

    def __post_init__(self) -> None:
        """Check that the grid resolves the front and carries its surface tension."""
        self._resolution()
        guards.check_boundaries(self.microstructure, self.parameters, self.numerics.front)
        guards.require_single_ion(self.flow is not None, self.numerics.front)
        _ = self.equations.terms

    def _resolution(self) -> list[str]:
        """Notes on what grid and width do not resolve."""
        notes = guards.check_resolution(self.microstructure, self.parameters, self.numerics.allow_unresolved)
        tension = self.equations.tension
        return notes if tension.is_resolved else [*notes, f"unresolved shape: {tension.statement()}"]

    @cached_property
    def equations(self) -> CoupledEquations:
        """The equations on this grid."""
        if self.flow is not None:
            return FlowEquations(
                self.parameters, self.microstructure, self.numerics, self.threads, self.terms, flow=self.flow
            )
        made = SingleIonEquations if self.numerics.front == "single-ion" else CoupledEquations
        return made(self.parameters, self.microstructure, self.numerics, self.threads, self.terms)

    @cached_property
    def areas(self) -> ContactAreas:
        """Where lithium may lie on what it cannot enter."""
        return contact_areas(self.microstructure)

    def run(
        self,
        duration: float | Schedule,
        outputs: Sequence[float] | int,
        folder: Path,
        progress: Progress = silent,
        resume: bool = False,
        checkpoint_interval: float = 60.0,
        start: Start | None = None,
    ) -> GrowthDoc:
        """Grow for ``duration`` from a strip with needles, or until lithium comes near the far electrolyte.

        Parameters
        ----------
        duration
            Model time (s) at the parameters' overpotential, or a schedule of potentials, currents and rests.
        outputs
            Output times (s) between 0 and the end, or how many equal intervals to write (0 included).
        folder
            Where the fields go, as 'growth-<microstructure>.npz', and the checkpoint, as 'growth-<...>.checkpoint'.
        progress
            Listener.
        resume
            Go on from the checkpoint in ``folder``, if there is one, of a run that was interrupted or has finished. The
            duration may be longer, the schedule have more segments, the outputs to come be others; where none of these
            differs before the checkpoint, the result is that of one run, bit by bit. Otherwise a checkpoint there is
            replaced.
        checkpoint_interval
            Wall-clock time between checkpoints (s): the most that a killed run loses.
        start
            Fields to begin from instead of a strip with needles.

        Raises
        ------
        InputError
            If the duration or an output time makes no sense, or the checkpoint is damaged or of another run.
        ConvergenceError
            If the step falls below ``shortest_step``, lithium or charge is not conserved, or the front is pinned. The
            last good state is in the checkpoint.
        """
        segments = () if isinstance(duration, float | int) else all_segments(duration)
        times = output_times(total_time(duration), outputs)
        begins = start.checked(self.microstructure.grid) if start is not None else self._strip()
        path = folder / f"growth-{self.microstructure.name}.checkpoint"
        file = CheckpointFile(path, self.configuration(begins, times), checkpoint_interval)
        if resume and path.is_file():
            begun = GrowthRun.restored(file.load())
            times = times_to_come(begun, times)
            begun = cell.continue_schedule(begun, segments, self.parameters.overpotential)
        else:
            file.remove()
            begun = self.begin(begins.xi, times[0], None if start is None else begins.c, rests=bool(segments))
        run = self.advance(begun, times, progress, file, segments)
        file.save(run)
        return describe_growth(self.equations, run, folder)

    def _strip(self) -> Start:
        """The fields of a strip with needles."""
        xi = self.microstructure.initial_lithium(self.parameters.interface_width)
        return Start(xi, np.zeros(0), np.zeros(0))

    def evolve(self, xi: FloatArray, times: Sequence[float], progress: Progress = silent) -> GrowthRun:
        """Grow from the order parameter ``xi``, with outputs at ``times`` (s, ascending, the first is the beginning);
        ends early, with the state of that moment, when lithium comes near the far electrolyte (``short_circuit``)."""
        return self.advance(self.begin(xi, times[0]), times, progress)

    def begin(self, xi: FloatArray, begin: float, c: FloatArray | None = None, rests: bool = False) -> GrowthRun:
        """A run at the time ``begin`` (s), at the order parameter ``xi``, with the profile of a front that moves under
        the parameters' overpotential or ``rests``, and concentration ``c``, shape ``nodes``."""
        effort = Effort()
        xi = bring_into_motion(self.equations, xi, None, None if rests else self.parameters.overpotential)
        state = self.equations.initial_state(xi, begin, effort, c)
        # a first step cannot be compared with any before it, so it must not take the front farther than its width
        p, n = self.parameters, self.numerics
        fastest = abs(p.planar_velocity(p.overpotential)) / p.interface_width
        first = max(n.shortest_step, n.first_step / max(1.0, n.first_step * fastest))
        return GrowthRun((Output.of(state),), state, first, effort, tuple(self._resolution()))

    def advance(
        self,
        run: GrowthRun,
        times: Sequence[float],
        progress: Progress,
        file: CheckpointFile | None = None,
        segments: Sequence[Segment] = (),
    ) -> GrowthRun:
        """``run`` at the last of ``times`` (s) or the end of its segments; keep it in ``file``, also if it fails."""
        saved = time.monotonic()
        try:
            while len(run.outputs) < len(times) and not (len(run.outputs) > 1 and self._is_short(run)):
                if segments and (reason := self._left(run)) is not None:
                    run = cell.add_note(run, reason)
                    if len(run.leg.done) == len(segments):
                        return self._at_end(run)
                    run = cell.enter_segment(self.equations, run, segments[len(run.leg.done)])
                    continue
                run = self._next(run, times[len(run.outputs)])
                done = (run.state.time - times[0]) / (times[-1] - times[0])
                progress(done, f"{run.state.time:.0f} s, step {run.effort.steps}")
                if file is not None and time.monotonic() - saved > file.interval:
                    file.save(run)
                    saved = time.monotonic()
        except (ConvergenceError, KeyboardInterrupt, SystemExit) as fault:
            if file is not None:
                file.save(run)  # the last whole step: a run is replaced, never changed
            if file is None or not isinstance(fault, ConvergenceError):
                raise
            raise ConvergenceError(f"{fault}. The state at {run.state.time:.1f} s is kept in {file.path}") from fault
        return cell.add_note(run, self._left(run) or "")

    def _left(self, run: GrowthRun) -> str | None:
        """Why the run's segment is over, '' if there was none or its time is; None if it is not."""
        tip = tip_height(self.microstructure.grid.spacing, run.state.xi)
        return cell.find_end(run, tip, self.parameters) if run.leg.done else ""

    def _at_end(self, run: GrowthRun) -> GrowthRun:
        """``run`` with its last state among the outputs."""
        if run.outputs[-1].time == run.state.time:
            return run
        return replace(run, outputs=(*run.outputs, Output.of(run.state)))

    def _is_short(self, run: GrowthRun) -> bool:
        """Whether lithium is near the far electrolyte and not on its way back."""
        stripping = bool(run.leg.done) and run.leg.done[-1].current < 0.0
        return self.short_circuit(run.state) and not stripping

    @property
    def longest_step(self) -> float:
        """Longest time step (s).

        The concentration is of first order in time. Where nothing else limits the step of a sharp front, a quarter of
        the time in which Li+ diffuses through the domain does: without it a slow front is 3 % too slow.
        """
        n, p = self.numerics, self.parameters
        if n.front == "published" or n.frozen_concentration:
            return n.longest_step
        return min(n.longest_step, 0.25 * self.microstructure.grid.size[-1] ** 2 / p.electrolyte_diffusivity)

    def short_circuit(self, state: State) -> bool:
        """Whether lithium is within ten interface widths of the top, where c = 1 and phi = 0 are held."""
        height, w = self.microstructure.grid.size[-1], self.parameters.interface_width
        return tip_height(self.microstructure.grid.spacing, state.xi) > height - 10.0 * w

    def configuration(self, start: Start, times: Sequence[float]) -> dict[str, Any]:
        """All that the result depends on, as JSON types; arrays by their SHA-256. The schedule is in the run's legs."""
        structure = self.microstructure
        return {
            "parameters": self.parameters.model_dump(mode="json"),
            "numerics": asdict(self.numerics),
            "terms": [repr(term) for term in self.terms],
            "flow": repr(self.flow),
            "microstructure": {"name": structure.name, "seed": structure.seed, "closed": structure.closed},
            "grid": {"shape": list(structure.grid.shape), "spacing": structure.grid.spacing},
            "fields": {
                name: hashlib.sha256(array.tobytes()).hexdigest()
                for name, array in (
                    ("coarse", structure.coarse),
                    ("boundaries", np.zeros(0) if structure.boundaries is None else structure.boundaries),
                    ("electrolyte", structure.electrolyte),
                    ("xi", start.xi),
                    ("c", start.c),
                )
            },
            "output times": list(times),
        }

    def _next(self, run: GrowthRun, goal: float) -> GrowthRun:
        """The run after one accepted step towards ``goal`` (s); fails below the shortest step."""
        n, dt, effort = self.numerics, run.dt, replace(run.effort)
        while True:
            length = towards(cell.goal_within(run.leg, goal) - run.state.time, dt, n.shortest_step)
            metal = cell.wanted_metal(self.microstructure.grid, self.parameters, run.leg, run.state.time + length)
            try:
                new, error = self.equations.step(run.state, length, effort, metal)
            except ConvergenceError as fault:
                new, error, reason = run.state, np.inf, str(fault)
            else:
                reason = f"error of xi {error:.2g}, allowed {n.time_tolerance}"
            if error <= n.time_tolerance:
                effort.steps += 1
                grown = next_length(length, error, n.time_tolerance, min(n.order, len(new.past) - 1))
                later = min(max(grown, dt if length < dt else 0.0), LARGEST_RATIO * length, self.longest_step)
                grid, first = self.microstructure.grid, self.microstructure.grid.integrate(run.outputs[0].xi)
                moved, before = replace(run, state=new, dt=later, effort=effort), cell.passed_metal(grid, run.state)
                noted = cell.record_step(moved, grid, self.parameters, before, first)
                return self._watched(readings.read_step(noted, grid, self.areas), goal)
            effort.rejected += 1
            dt = 0.5 * length if np.isinf(error) else next_length(length, error, n.time_tolerance, n.order)
            if dt < n.shortest_step:
                said = guards.describe_drive(self.equations, run.state)
                raise ConvergenceError(f"growth: step fell to {dt:.2g} s at {run.state.time:.1f} s ({reason}); {said}")

    def _watched(self, run: GrowthRun, goal: float) -> GrowthRun:
        """``run`` after its guards, with an output where the goal or the top is reached."""
        state, n = run.state, self.numerics
        for name, error, remedy in (
            ("lithium", self.lithium_error(state), "tighten concentration_rtol"),
            ("charge", self.charge_error(state), "tighten potential_rtol"),
        ):
            guards.check_balance(state.time, name, error, n.balance_tolerance, remedy)
        if not cell.has_given_current(run.leg):
            state, said = guards.watch_motion(self.equations.front, state, run.outputs[0].time, n.allow_unresolved)
            run = replace(run, state=state, notes=tuple(dict.fromkeys([*run.notes, *said])))
        if state.time < goal * (1.0 - 1e-12) and not self._is_short(run):
            return run
        return replace(run, outputs=(*run.outputs, Output.of(state)))

    def lithium_error(self, state: State | Output) -> float:
        """Imbalance of the lithium inventory relative to the lithium that is metal; 0 where c is frozen."""
        return lithium_error(self.parameters, self.microstructure.grid, state)

    def charge_error(self, state: State | Output) -> float:
        """Imbalance of the charge relative to the charge of the lithium that is metal."""
        return charge_error(self.parameters, self.microstructure.grid, state)


def towards(left: float, dt: float, shortest: float) -> float:
    """Length (s) of a step that aims at ``dt`` with ``left`` to go, without leaving a sliver for the next one.

    Parameters
    ----------
    left
        Time (s) left to the next output.
    dt
        Step (s) that accuracy allows.
    shortest
        Shortest step (s).
    """
    return left if dt >= left else min(dt, max(0.5 * left, shortest))


def output_times(duration: float, outputs: Sequence[float] | int) -> list[float]:
    """Output times (s), beginning with 0.

    Raises
    ------
    InputError
        If ``duration`` is not positive, or a time is not ascending within (0, duration].
    """
    if not (np.isfinite(duration) and duration > 0):
        raise InputError(f"expected a positive duration, got {duration} s")
    wanted = list(np.linspace(0, duration, outputs + 1)) if isinstance(outputs, int) else [0.0, *outputs]
    times = [float(t) for i, t in enumerate(wanted) if i == 0 or t > 0]
    if len(times) < 2 or any(b <= a for a, b in itertools.pairwise(times)) or times[-1] > duration:
        raise InputError(f"expected ascending output times within 0 and {duration} s, got {wanted}")
    return times
