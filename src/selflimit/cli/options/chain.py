"""Options of the verbs that run the chain or a part of it, made from the schema of a run."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from selflimit.cli.options.quantities import read_as
from selflimit.phase_diagrams.functionals.registry import FUNCTIONALS
from selflimit.run_settings import SETTINGS, RunConfiguration
from selflimit.setting_fields import Setting, Stage

NUMBER_OF_VALUES: dict[str, dict[str, Any]] = {
    "one": {},
    "two": {"nargs": 2},
    "some": {"nargs": "+"},
    "repeated": {"action": "append"},
    "flag": {"action": "store_true"},
}
"""How :mod:`argparse` is told what a setting takes."""

RUN_FOLDER = "selflimit-run"
"""Where a run keeps its files, and which run is meant, where nothing else is said."""

REGISTERED = {"--model": tuple(FUNCTIONALS)}
"""Option -> the names that its stage registers; the schema lies below the stages and does not know them."""


def add_printing(parser: ArgumentParser) -> None:
    """How the result is printed."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON on standard output")


def add_store(parser: ArgumentParser) -> None:
    """Options of every verb that knows the store."""
    add_printing(parser)
    parser.add_argument(
        "--store", help="folder or MongoDB URI of the results (default: $SELFLIMIT_STORE or selflimit-store)"
    )


def add_folder(parser: ArgumentParser) -> None:
    """Where a run keeps its files."""
    parser.add_argument(
        "--folder",
        default=RUN_FOLDER,
        help="where the files go: run folder (default: %(default)s); of a diagram by formulas "
        "selflimit-diagram/FORMULAS, of a preset selflimit-presets/NAME",
    )


def add_run(parser: ArgumentParser, what: str, default: str | None = RUN_FOLDER, none: str = "") -> None:
    """Which run that was started is meant, by its place or by ``--folder``.

    Parameters
    ----------
    parser
        The verb's.
    what
        What may stand in its place.
    default
        What is meant where nothing is given.
    none
        The default in words; empty: as it is.
    """
    parser.add_argument("run", metavar="RUN", nargs="?", default=default, help=f"{what} (default: {none or default})")
    parser.add_argument("--folder", metavar="RUN", help="the same for a run folder, as with the verbs that start one")


def add_finished_run(parser: ArgumentParser) -> None:
    """Which finished run is meant."""
    add_run(parser, "run folder")


def add_tags(parser: ArgumentParser) -> None:
    """Words to find the results by."""
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="WORD",
        help="word that is stored with every job's document, to find the results by; repeat for more",
    )


def add_reuse(parser: ArgumentParser) -> None:
    """Whether earlier work counts."""
    parser.add_argument(
        "--reuse", action="store_true", help="take over the results of identical work that the store holds already"
    )


def add_run_folder(parser: ArgumentParser) -> None:
    """Options of every verb that runs the chain, or a first part of it, in a folder."""
    for add in (add_store, add_folder, add_tags, add_reuse):
        add(parser)


def add_crystal(parser: ArgumentParser) -> None:
    """Which disordered crystal, and which of its orderings."""
    _add_stage(parser, "crystal")


def add_energies(parser: ArgumentParser) -> None:
    """Where energies come from."""
    _add_stage(parser, "energies")


def add_relaxation(parser: ArgumentParser) -> None:
    """What relaxes crystals: where energies come from, the user's entries excepted, which nothing relaxes."""
    _add_settings(parser, "energies", [name for name in _names_of("energies") if name != "entries"])


def add_diagram_settings(parser: ArgumentParser) -> None:
    """What the phase diagram is asked."""
    _add_stage(parser, "phase diagram")


def add_interface_settings(parser: ArgumentParser) -> None:
    """Growth and interface."""
    _add_stage(parser, "interface")


def add_screen_settings(parser: ArgumentParser) -> None:
    """What a screen of layers is asked, and what relaxes crystals for it."""
    names = ("k_effs", "voltage_range", "ion_volume", "gases", "working_ion", "force_field", "max_force", "entries")
    _add_settings(parser, "phase diagram", names)


def _add_stage(parser: ArgumentParser, stage: Stage) -> None:
    _add_settings(parser, stage, _names_of(stage))


def _names_of(stage: Stage) -> list[str]:
    return [name for name, about in SETTINGS.items() if about.stage == stage]


def _add_settings(parser: ArgumentParser, title: str, names: Sequence[str]) -> None:
    """Add the options of settings of a run, where they have one, under a title."""
    group = parser.add_argument_group(title)
    defaults = RunConfiguration()
    for name in names:
        if (about := SETTINGS[name]).option:
            default = getattr(defaults, name)
            start = [] if about.takes == "repeated" else default
            group.add_argument(about.option, dest=name, default=start, help=_help(about, default), **_how(about))


def _how(about: Setting) -> dict[str, Any]:
    if about.takes == "flag":
        return NUMBER_OF_VALUES["flag"]
    known = REGISTERED.get(about.option, about.choices)
    choices = [choice for choice in known if choice] or None
    read = read_as(about.quantity) if about.quantity else about.convert
    return {"type": read, "metavar": about.metavar, "choices": choices, **NUMBER_OF_VALUES[about.takes]}


def _help(about: Setting, default: Any) -> str:
    said = about.shown_default or (" ".join(map(str, default)) if isinstance(default, tuple) else str(default))
    return about.help if about.takes == "flag" else f"{about.help} (default: {said})".replace("%", "%%")


DIAGRAM_SETTINGS = (add_crystal, add_energies, add_diagram_settings)
"""What the chain is asked up to the phase diagram."""
ALL_SETTINGS = (*DIAGRAM_SETTINGS, add_interface_settings)
"""What the whole chain is asked."""
