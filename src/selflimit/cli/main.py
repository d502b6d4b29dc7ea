"""The command line: parse, hand over, and turn every error a user can act on into one line.

Nothing heavy is imported here: `selflimit --help` answers at once. The verbs are in :mod:`selflimit.cli.verbs`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from selflimit import __version__
from selflimit.cli.verbs import VERBS
from selflimit.errors import SelflimitError

EXIT_INPUT = 2
EXIT_INTERRUPTED = 130

DESCRIPTION = """\
From a disordered electrolyte crystal to the stress at its self-limiting lithium interface:
orderings -> relaxation -> mechanically constrained phase diagram -> phase field -> report."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    raw = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(prog="selflimit", description=DESCRIPTION, formatter_class=raw)
    top.add_argument("--version", action="version", version=f"selflimit {__version__}")
    top.add_argument("--traceback", action="store_true", help="show Python's traceback with an error")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        made = verbs.add_parser(
            verb.name, help=verb.text, description=verb.text, epilog=verb.example, formatter_class=raw
        )
        for add_options in verb.options:
            add_options(made)
    return top


def function_of(asked: argparse.Namespace) -> Callable[[argparse.Namespace], None]:
    """What carries out the verb; imported only now, because it is heavy, and no heavier than it must be."""
    where = next(verb.function for verb in VERBS if verb.name == asked.verb)
    if asked.verb == "orderings" and (asked.count or asked.no_relax or asked.sample or asked.write):
        where = "orderings:orderings_only"
    if asked.verb == "interface" and asked.preset:
        where = "preset:run_preset"
    module, name = where.split(":")
    function: Callable[[argparse.Namespace], None] = getattr(import_module(f"selflimit.cli.{module}"), name)
    return function


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 2 an error the user can act on, 130 interrupted."""
    asked = parser().parse_args(arguments)
    try:
        function = function_of(asked)
    except ImportError as error:
        print(f"selflimit: {error.name} is not installed; pip install 'selflimit[run]'", file=sys.stderr)  # noqa: T201
        return EXIT_INPUT
    try:
        function(asked)
    except SelflimitError as error:
        if asked.traceback:
            raise
        print(f"selflimit: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return EXIT_INPUT
    except BrokenPipeError:  # whoever reads, `head` for instance, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # disk full, no permission, a file where a folder should be
        if asked.traceback:
            raise
        print(f"selflimit: {error}; nothing finished is lost, mend it and run the same command again", file=sys.stderr)  # noqa: T201
        return EXIT_INPUT
    except KeyboardInterrupt:
        print("selflimit: interrupted; run the same command again to resume", file=sys.stderr)  # noqa: T201
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
