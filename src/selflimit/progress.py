"""How long-running functions tell how far they are, without knowing who listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[float, str], None]
"""Called as ``progress(fraction, message)``: fraction done in [0, 1] and what is being done now."""


def silent(fraction: float, message: str) -> None:
    """Listen to nothing: the default of every ``progress`` argument."""


_listener: ContextVar[Progress] = ContextVar("selflimit_progress", default=silent)


@contextmanager
def listening(listener: Progress) -> Iterator[None]:
    """Let ``listener`` hear the progress of every job that runs inside the ``with`` block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def current_progress() -> Progress:
    """Who listens now: what a job hands to the public function it calls."""
    return _listener.get()
