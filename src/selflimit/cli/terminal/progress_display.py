"""What a person sees: the progress of a run, and results as tables. Standard output stays free for results."""

import logging
import time
from collections.abc import Sequence

from jobflow import Job
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from selflimit.progress import Progress as Listening
from selflimit.workflows.running.local import JobRecord, Listener

EXPECTED_SECONDS = {
    "relax competing phases": 25.0,
    "uncertainty": 8.0,
    "relax particle": 3.0,
    "relax orderings": 25.0,
    "elastic constants": 13.0,
    "growth fine": 50.0,
    "growth graded": 55.0,
    "report": 6.0,
}
"""Rough seconds per job on two cores, only to estimate the time left; jobs not named take about one."""


LOG = logging.getLogger(__name__)
MEASURABLE = 0.05
"""Share of a job from which its own pace tells how long the rest takes."""


def remaining(fraction: float, elapsed: float, expected: float) -> float:
    """Seconds left of a job: by its own pace once that can be measured, else by what such a job takes.

    >>> remaining(0.25, 30.0, 50.0), remaining(0.0, 1.0, 50.0)
    (90.0, 50.0)

    Parameters
    ----------
    fraction
        Share that is done.
    elapsed
        Seconds that it took.
    expected
        Seconds that such a job takes on this machine.
    """
    if fraction < MEASURABLE:
        return expected * (1.0 - fraction)
    return elapsed * (1.0 - fraction) / fraction


def estimate_seconds(job_name: str) -> float:
    """Rough seconds that a job of this name takes (s)."""
    return EXPECTED_SECONDS.get(job_name, 1.0)


class Display(Listener):
    """Shows stage, message and time left; plain lines where the output is no terminal.

    Parameters
    ----------
    names
        Names of the jobs to come, in order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.console = Console(stderr=True)
        self.names = list(names)
        self.done = 0
        self.waiting = sum(estimate_seconds(name) for name in names)
        self.begin = time.monotonic()
        self.spent = 0.0
        self.budget = 0.0
        self.bars = Progress(
            TextColumn("[bold]{task.fields[stage]}"),
            BarColumn(bar_width=12),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.description}"),
            TextColumn("{task.fields[left]}"),
            console=self.console,
            transient=True,
        )
        self.task: TaskID | None = None

    def __enter__(self) -> "Display":
        """Start drawing."""
        if self.console.is_terminal and LOG.isEnabledFor(logging.INFO):
            self.bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop drawing."""
        self.bars.stop()

    def start(self, job: Job) -> Listening:
        """Announce a job and return who hears its progress."""
        stage = f"[{self.done + 1}/{len(self.names)}] {job.name}"
        if not self.console.is_terminal:
            self._line(f"{stage} ...")
            return lambda fraction, message: None
        LOG.debug("%s: about %.0f s expected", stage, estimate_seconds(job.name) * self._pace())
        self.task = self.bars.add_task("", total=1.0, stage=stage.replace("[", "\\["), left="")
        task = self.task

        begin = time.monotonic()

        def hear(fraction: float, message: str) -> None:
            here = remaining(fraction, time.monotonic() - begin, estimate_seconds(job.name) * self._pace())
            left = self._left(here, job.name)
            self.bars.update(task, completed=fraction, description=message[:32], left=f"about {left} left")

        hear(0.0, "")
        return hear

    def finish(self, job: Job, record: JobRecord) -> None:
        """Cross the job off and learn from the time it took."""
        self.done += 1
        self.waiting -= estimate_seconds(job.name)
        # work that was not done here says nothing of how fast this machine is
        if not record.reused:
            self.spent += record.seconds
            self.budget += estimate_seconds(job.name)
        if self.task is not None:
            self.bars.remove_task(self.task)
            self.task = None
        took = "already done" if record.reused else f"{record.seconds:.1f} s"
        self._line(f"[{self.done}/{len(self.names)}] {job.name}: {took}")

    def _line(self, text: str) -> None:
        LOG.info(text)

    def _pace(self) -> float:
        """Seconds that this machine has taken for each that was expected."""
        # the first seconds, imports and compilation, say nothing of the pace
        return self.spent / self.budget if self.budget > 5.0 else 1.0

    def _left(self, here: float, name: str) -> str:
        """Time left: of this job, and what is still expected of the others, scaled by how this machine has done.

        Parameters
        ----------
        here
            Seconds left of this job.
        name
            Its name.
        """
        seconds = here + self._pace() * (self.waiting - estimate_seconds(name))
        return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
