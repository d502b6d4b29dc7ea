"""How a run or a job ends when it is asked to: with every process it has started; what is finished is kept."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


@contextmanager
def ended_with_its_workers() -> Iterator[None]:
    """Ctrl-C and SIGTERM end what runs in here, and with it every process it has started.

    Files and documents are whole or not there at any moment, so the same command goes on afterwards.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C.
    SystemExit
        SIGTERM, as a batch system sends it; the exit code is 143.
    """
    if threading.current_thread() is not threading.main_thread():  # only that one may set handlers
        yield
        return
    before = {number: signal.signal(number, _end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> None:
    """Processes first: Python would wait for the workers to finish what they are at, and VASP would stay behind."""
    import psutil  # type: ignore[import-untyped]  # comes with custodian; not wanted at import

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "resource_tracker" not in " ".join(child.cmdline()):  # Python's own: it ends with this one, after it
                child.kill()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.stderr.write("selflimit: terminated; run the same command again, or `selflimit resume`, to go on\n")
    raise SystemExit(128 + number)


@contextmanager
def ended_by_a_warning() -> Iterator[None]:
    """SIGTERM, with which a batch system warns before it kills, ends a job in order: growths keep their last state.

    Nothing changes where somebody else handles the signal, a local run among them, or in another thread.

    Raises
    ------
    SystemExit
        SIGTERM; the exit code is 143.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
