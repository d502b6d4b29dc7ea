"""Ways of using a verb: which options each takes. An option that would be ignored is refused."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from selflimit.errors import InputError

AddOptions = Callable[[ArgumentParser], None]
"""What adds a group of options to a parser."""
Test = Callable[[Namespace], bool]
"""A question to the command line."""


def every(asked: Namespace) -> bool:
    """Whatever the command line says."""
    return True


def check_nothing(asked: Namespace) -> None:
    """Nothing is left to check."""


@dataclass(frozen=True)
class Mode:
    """One way of using a verb.

    Attributes
    ----------
    words
        How messages call it, e.g. 'with --preset'; empty: the only one.
    function
        What carries it out, 'module:function' below selflimit.cli.
    is_meant
        Whether the command line asks for it; the first of a verb's modes for which this holds is taken.
    only
        Names of the options that apply; None: all of the verb's.
    idle
        Names of options that do not apply after all.
    check
        What can be refused before anything heavy is imported.
    """

    words: str
    function: str
    is_meant: Test = every
    only: frozenset[str] | None = None
    idle: frozenset[str] = frozenset()
    check: Callable[[Namespace], None] = check_nothing

    def takes(self, option: str) -> bool:
        """Whether the option of that name applies."""
        return (self.only is None or option in self.only) and option not in self.idle


@dataclass(frozen=True)
class Condition:
    """Options that need another one.

    Attributes
    ----------
    options
        Their names.
    holds
        Whether they apply.
    words
        When they do, e.g. 'with --screen'.
    """

    options: frozenset[str]
    holds: Test
    words: str


def names_of(*groups: AddOptions) -> frozenset[str]:
    """Names under which the options of these groups are kept.

    >>> from selflimit.cli.options.presets import add_preset_options
    >>> sorted(names_of(add_preset_options))
    ['interface_width', 'movie', 'preset', 'vtk']
    """
    parser = ArgumentParser(add_help=False)
    for add_options in groups:
        add_options(parser)
    return frozenset(action.dest for action in parser._actions)


def is_given(*names: str) -> Test:
    """Whether one of these options stands on the command line.

    >>> is_given("count", "write")(Namespace(given={"count"}))
    True
    """
    return lambda asked: not asked.given.isdisjoint(names)


def has_value(name: str, value: object) -> Test:
    """Whether an option has that value, given or by default.

    >>> has_value("force_field", "VASP")(Namespace(force_field="CHGNet-r2scan"))
    False
    """
    return lambda asked: getattr(asked, name) == value


def has_other_value(name: str, value: object) -> Test:
    """Whether an option has another value than that.

    >>> has_other_value("samples", 0)(Namespace(samples=100))
    True
    """
    return lambda asked: getattr(asked, name) != value


def chosen_mode(modes: Sequence[Mode], asked: Namespace) -> Mode:
    """The first mode that the command line asks for; the last of a verb always is."""
    return next(mode for mode in modes if mode.is_meant(asked))


def refuse_idle(
    command: str, modes: Sequence[Mode], conditions: Iterable[Condition], asked: Namespace, written: dict[str, str]
) -> None:
    """Refuse options that stand on the command line and would be ignored.

    Parameters
    ----------
    command
        The command, for the message.
    modes, conditions
        Those of the verb.
    asked
        The command line, with the names of the options on it as ``given``.
    written
        How each option is written, by its name.

    Raises
    ------
    InputError
        The message says in which of the modes, or when, they do apply.
    """
    mode = chosen_mode(modes, asked)
    idle = sorted(name for name in asked.given if not mode.takes(name))
    if idle:
        others = [other.words for other in modes if all(other.takes(name) for name in idle)]
        where = f" {mode.words}" if mode.words else ""
        raise InputError(_refusal([written[name] for name in idle], f"`{command}`{where}", " or ".join(others)))
    for condition in conditions:
        unmet = sorted(condition.options & asked.given)
        if unmet and not condition.holds(asked):
            raise InputError(_refusal([written[name] for name in unmet], f"`{command}` like this", condition.words))


def _refusal(options: Sequence[str], where: str, when: str) -> str:
    does, them = ("does", "it") if len(options) == 1 else ("do", "them")
    only = f", only {when}" if when else ""
    return f"{', '.join(options)} {does} not apply to {where}{only}; leave {them} out"
