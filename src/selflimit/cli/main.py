"""The command line: parse, hand over, and turn every error a user can act on into one line.

Nothing heavy is imported here: `selflimit --help` and a misspelt word are answered at once. The verbs are in
:mod:`selflimit.cli.verbs`.
"""

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeGuard

from selflimit.cli.modes.modes import Mode
from selflimit.cli.parsing import parse
from selflimit.cli.terminal.logs import split_verbosity, start_logging
from selflimit.errors import MissingDependencyError, RemediableError, SelflimitError

EXIT_INPUT = 2
EXIT_INTERRUPTED = 130


def function_of(mode: Mode) -> Callable[[Namespace], int | None]:
    """What carries out a mode of a verb; imported only now, because it is heavy, and no heavier than it must be.

    Raises
    ------
    MissingDependencyError
        A package that it needs is not installed.
    """
    module, name = mode.function.split(":")
    try:
        function: Callable[[Namespace], int | None] = getattr(import_module(f"selflimit.cli.{module}"), name)
    except ImportError as error:
        raise MissingDependencyError(f"{error.name} is not installed; pip install 'selflimit[run]'") from error
    return function


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0: done; 2: an error the user can act on; 3: done, but some results are still to come; 130: interrupted.
    """
    words, level = split_verbosity(list(sys.argv[1:] if arguments is None else arguments))
    start_logging(level)
    in_full = "--traceback" in words  # before the verb or after it
    try:
        asked, mode = parse([word for word in words if word != "--traceback"])
        return function_of(mode)(asked) or 0
    except SelflimitError as error:
        if in_full:
            raise
        said = " ".join(str(error).split())
        return complain(f"{said}; type: {with_options(words, error.options)}" if is_remediable(error) else said)
    except BrokenPipeError:  # whoever reads, `head` for instance, has enough
        # or Python would fail once more when it empties its buffer at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # disk full, no permission, a file where a folder should be
        if in_full:
            raise
        return complain(f"{error}; nothing finished is lost, mend it and run the same command again")
    except KeyboardInterrupt:
        return complain("interrupted; run the same command again to resume", EXIT_INTERRUPTED)
    return 0


def is_remediable(error: SelflimitError) -> TypeGuard[RemediableError]:
    """Whether the error knows what to type."""
    return isinstance(error, RemediableError)


def with_options(words: Sequence[str], options: Sequence[str]) -> str:
    """The command line with other options, as it is typed.

    >>> with_options(["orderings", "--parent", "a b.cif", "--cell", "primitive"], ["--nearest", "--cell", "2x1x1"])
    "selflimit orderings --parent 'a b.cif' --nearest --cell 2x1x1"

    Parameters
    ----------
    words
        What was typed behind the program's name.
    options
        Options that take the place of the same ones; one that names a cell replaces every choice of cells.
    """
    replaced = {word for word in options if word.startswith("--")}
    if "--cell" in replaced:
        replaced |= {"--n-cells", "--up-to"}
    kept: list[str] = []
    is_dropped = False
    for word in words:
        if word.startswith("--"):
            is_dropped = word.partition("=")[0] in replaced
        if not is_dropped:
            kept.append(word)
    return shlex.join(["selflimit", *kept, *options])


def complain(text: str, code: int = EXIT_INPUT) -> int:
    """Say in one line on standard error what is wrong; returns the exit code."""
    print(f"selflimit: {text}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
