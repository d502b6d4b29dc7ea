"""Tab completion: a script for the shell, made from the options themselves."""

from argparse import Namespace

import shtab

from selflimit.cli.parsing import make_parsers


def print_completion(asked: Namespace) -> None:
    """Print the script that completes verbs, options and choices in the shell that was named."""
    print(shtab.complete(make_parsers()[0], asked.shell))  # noqa: T201
