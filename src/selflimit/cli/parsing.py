"""From the words of the command line to what is asked: every fault is one line with the nearest valid word."""

import re
from argparse import SUPPRESS, Action, ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NoReturn

from selflimit import __version__
from selflimit.cli.modes.modes import Mode, chosen_mode, refuse_idle
from selflimit.cli.options.checks import settle_run
from selflimit.cli.options.readers import READERS
from selflimit.cli.terminal.defaults_file import default_words
from selflimit.cli.verbs import VERBS
from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

DESCRIPTION = """\
From a disordered electrolyte crystal to the stress at its self-limiting lithium interface:
orderings -> relaxation -> mechanically constrained phase diagram -> phase field -> report.

Defaults of a folder stand in its file selflimit.toml, a table for each verb: [run] with keep = 5.
Tab completion: eval "$(selflimit completion bash)"."""

RANGES = {"voltage_range": False, "k_eff_range": False, "voltage": True}
"""Options with the two ends of a range, and whether these may be equal."""


class OneLineParser(ArgumentParser):
    """A parser whose errors are raised, in one line, and name the nearest choice; -1e-1 is a number to it."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self._negative_number_matcher = re.compile(r"-\.?\d")  # argparse's own knows no exponents before Python 3.14

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print with the usage."""
        remedy = "" if message.endswith("?") else f"; see {self.prog} --help"
        raise InputError(message.removeprefix("argument ") + remedy)

    def _check_value(self, action: Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            meant = did_you_mean(str(value), known)
            raise ArgumentError(action, f"expected {' or '.join(known)}, got {value!r}{meant}")


def make_parsers() -> tuple[ArgumentParser, dict[str, ArgumentParser]]:
    """The whole command line, and the options of each verb."""
    raw = RawDescriptionHelpFormatter
    top = OneLineParser(prog="selflimit", description=DESCRIPTION, formatter_class=raw)
    top.add_argument("--version", action="version", version=f"selflimit {__version__}")
    top.add_argument("-v", "--verbose", action="store_true", help="say what each step does and when, on standard error")
    top.add_argument("-q", "--quiet", action="store_true", help="say nothing but results, warnings and errors")
    top.add_argument("--traceback", action="store_true", help="show Python's traceback with an error")
    added = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs: dict[str, ArgumentParser] = {}
    for verb in VERBS:
        made = added.add_parser(
            verb.name, help=verb.text, description=verb.text, epilog=verb.example, formatter_class=raw
        )
        for add_options in verb.options:
            add_options(made)
        for action in made._actions:
            action.type = READERS.get(action.dest, action.type)
        verbs[verb.name] = made
    return top, verbs


def parse(arguments: Sequence[str]) -> tuple[Namespace, Mode]:
    """What is asked, and the mode of the verb that is meant.

    Parameters
    ----------
    arguments
        The words after ``selflimit``.

    Returns
    -------
    Namespace
        Values of all options; ``given`` has the names of those on the command line.
    Mode
        What carries it out.

    Raises
    ------
    InputError
        A misspelt verb, option or value, a number out of range, an option that would be ignored.
    """
    top, verbs = make_parsers()
    place = next((number for number, word in enumerate(arguments) if not word.startswith("-")), len(arguments))
    require_known_options(top, arguments[:place], verbs)
    if place < len(arguments):
        require_known_verb(arguments[place])
        require_known_options(verbs[arguments[place]], arguments[place + 1 :], verbs)
        own = verbs[arguments[place]]._option_string_actions
        typed = list(arguments[place + 1 :])
        added = default_words(arguments[place], verbs, own, typed)
        arguments = [*arguments[: place + 1], *typed, *added]
    asked, left = top.parse_known_args(arguments)
    made, verb = verbs[asked.verb], next(verb for verb in VERBS if verb.name == asked.verb)
    written = {action.dest: written_option(action) for action in made._actions}
    refuse_words(made, left)
    asked.given = given_options(made, arguments[place + 1 :])
    settle_run(asked)
    refuse_idle(made.prog, verb.modes, verb.conditions, asked, written)
    for name in RANGES.keys() & asked.given:
        require_increasing(written[name], getattr(asked, name), may_be_equal=RANGES[name])
    mode = chosen_mode(verb.modes, asked)
    mode.check(asked)
    return asked, mode


def given_options(made: ArgumentParser, arguments: Sequence[str]) -> frozenset[str]:
    """Names of the options that stand on the command line, with their default value or another.

    The defaults of ``made`` are gone afterwards.
    """
    for action in made._actions:
        # without a default, an option is in the namespace only if it was written
        action.default = SUPPRESS
    made._defaults.clear()
    return frozenset(vars(made.parse_args(arguments)))


def require_known_verb(word: str) -> None:
    """Refuse a word that is no verb.

    Raises
    ------
    InputError
        The message names the nearest verb.
    """
    names = [verb.name for verb in VERBS]
    if word not in names:
        raise InputError(f"expected a verb ({', '.join(names)}), got {word!r}{did_you_mean(word, names)}")


def require_known_options(made: ArgumentParser, words: Sequence[str], verbs: Mapping[str, ArgumentParser]) -> None:
    """Refuse a word that looks like an option and is none of this parser.

    Parameters
    ----------
    made
        The parser.
    words
        What follows the verb.
    verbs
        The parsers of all verbs, for the message.

    Raises
    ------
    InputError
        The message names the nearest option, or the verbs that have such a one.
    """
    known = made._option_string_actions
    end = words.index("--") if "--" in words else len(words)
    for before, word in pairwise(["", *words[:end]]):
        name = word.partition("=")[0]
        if re.match(r"--?[A-Za-z]", name) and not any(option.startswith(name) for option in known):
            value = f"; as a value write {before}={word}" if before in known and not name.startswith("--") else ""
            raise InputError(f"{made.prog} has no option {name}{value or _elsewhere(name, made, verbs)}")


def refuse_words(made: ArgumentParser, words: Sequence[str]) -> None:
    """Refuse words for which a verb has no place; a folder, for instance, is an option of those that start a run.

    Raises
    ------
    InputError
        There are such words.
    """
    if words:
        folder = f"; a run folder is given as --folder {words[0]}" if "--folder" in made._option_string_actions else ""
        raise InputError(f"`{made.prog}` has no place for {' '.join(words)}{folder}; see {made.prog} --help")


def require_increasing(option: str, ends: Sequence[float], may_be_equal: bool = False) -> None:
    """Refuse a range whose first end is not the lower one.

    >>> require_increasing("--voltage-range", [3.0, 1.0])
    Traceback (most recent call last):
    ...
    selflimit.errors.InputError: --voltage-range: expected the lower end first, got 3.0 to 1.0; did you mean 1.0 3.0?

    Parameters
    ----------
    option
        How the option is written.
    ends
        The two ends as they were given.
    may_be_equal
        Whether one value is a range.

    Raises
    ------
    InputError
        The ends are in the wrong order, or equal.
    """
    low, high = ends
    if high < low:
        raise InputError(f"{option}: expected the lower end first, got {low} to {high}; did you mean {high} {low}?")
    if high == low and not may_be_equal:
        raise InputError(f"{option}: expected two ends that differ, got {low} twice")


def written_option(action: Action) -> str:
    """How an option is written, or how the help calls an argument."""
    return action.option_strings[0] if action.option_strings else str(action.metavar or action.dest)


def _elsewhere(name: str, made: ArgumentParser, verbs: Mapping[str, ArgumentParser]) -> str:
    """Where there is such an option, else the nearest of this parser."""
    if owners := [verb for verb, other in verbs.items() if name in other._option_string_actions]:
        return f"; it belongs to {', '.join(owners)}"
    return did_you_mean(f"--{name.lstrip('-')}", made._option_string_actions) or f"; see {made.prog} --help"
