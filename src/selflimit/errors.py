"""Errors a user can act on. The command line prints their message in one line and exits with code 2."""


class SelflimitError(Exception):
    """Base of every error this package raises on purpose; the message names value and remedy."""


class InputError(SelflimitError, ValueError):
    """An input is missing, malformed or out of range."""


class RemediableError(InputError):
    """An input for which there is a remedy that can be typed.

    Parameters
    ----------
    message
        As of every error.
    options
        Words to put on the command line, e.g. ``("--nearest", "--cell", "primitive")``; an option of theirs takes the
        place of the same option that was given.
    """

    def __init__(self, message: str, options: tuple[str, ...]) -> None:
        super().__init__(message)
        self.options = options


class ConvergenceError(SelflimitError, RuntimeError):
    """A solve or relaxation missed its tolerance; nothing of it is stored as a result."""


class LevelOfTheoryError(SelflimitError, ValueError):
    """Energies of different levels of theory met."""


class MissingDependencyError(SelflimitError, ImportError):
    """An optional package or file is needed that is not there."""
