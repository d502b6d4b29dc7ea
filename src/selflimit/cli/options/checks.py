"""What a verb can refuse before anything heavy is imported, beyond each option by itself."""

import os
from argparse import Namespace
from pathlib import Path

from selflimit.cli.options.formulas import require_covered_formula, require_shipped_formula
from selflimit.cli.options.known import bundled_parents
from selflimit.cli.options.verdicts import ARREST
from selflimit.cli.run_folders import is_run_folder, require_flow, require_results, require_run_folder
from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

DRAWINGS = (".svg", ".mmd")


def is_parent_a_file(asked: Namespace) -> bool:
    """Whether the crystal comes from a file."""
    return asked.parent not in bundled_parents()


def is_about_a_folder(asked: Namespace) -> bool:
    """Whether a run folder is named rather than a submitted flow.

    Raises
    ------
    InputError
        It is neither.
    """
    if "folder" in asked.given:
        require_run_folder(asked.run)
    return is_run_folder(asked.run)


def settle_run(asked: Namespace) -> None:
    """Let a run folder be named by its place or by --folder, for the verbs that take both.

    Raises
    ------
    InputError
        Two that differ.
    """
    if not hasattr(asked, "run") or "folder" not in asked.given:
        return
    if "run" in asked.given and Path(asked.run) != Path(asked.folder):
        raise InputError(f"expected one run, got {asked.run} and --folder {asked.folder}; leave one of them out")
    asked.run = asked.folder


def check_folder(asked: Namespace) -> None:
    """Refuse a folder without a run."""
    require_run_folder(asked.run)


def check_flow(asked: Namespace) -> None:
    """Refuse what is no submitted flow."""
    require_flow(asked.flow)


def check_store(asked: Namespace) -> None:
    """Refuse a store without results."""
    from selflimit.settings import Settings  # pydantic takes half a second to import

    require_results(asked.store or Settings().store)


def check_copy(asked: Namespace) -> None:
    """Refuse a store to copy from without results, and other than one to copy to."""
    if len(asked.targets) != 1:
        raise InputError(f"store copy: expected one store to copy to, got {len(asked.targets)}")
    require_results(asked.source)


def check_grid(asked: Namespace) -> None:
    """Refuse a grid of one direction, or of four."""
    if len(asked.grid_cells) not in (2, 3):
        raise InputError(f"--grid: expected cells along x and y, or x, y and z, got {len(asked.grid_cells)} numbers")


def check_electrolyte(asked: Namespace) -> None:
    """Refuse an electrolyte of which no entry ships, and ranges of more than two ends or in the wrong order."""
    if not asked.entries:
        require_shipped_formula(asked.electrolyte)
    for option, *_ in ARREST:
        values = getattr(asked, option.replace("-", "_")) or []
        if len(values) > 2 or (len(values) == 2 and values[1] < values[0]):
            given = " ".join(f"{value:g}" for value in values)
            raise InputError(f"--{option}: expected one value, or the lower and the upper end of a range, got {given}")


def check_drawing(asked: Namespace) -> None:
    """Refuse a kind of drawing that is not made."""
    ending = Path(getattr(asked, "out", None) or "flow.svg").suffix
    if ending not in DRAWINGS:
        meant = did_you_mean(ending, DRAWINGS)
        raise InputError(f"--out: expected a file that ends in .svg or .mmd, got {asked.out!r}{meant}")


def check_launchpad(asked: Namespace) -> None:
    """Refuse FireWorks without its launchpad."""
    if asked.launchpad is None:
        raise InputError("--manager fireworks needs --launchpad FILE, the YAML file that `lpad init` writes")


def is_relaxing(asked: Namespace) -> bool:
    """Whether a diagram is one of crystals that are relaxed for it."""
    by_formula = getattr(asked, "formulas", None) or getattr(asked, "formula", None) or asked.verb == "screen"
    return bool(asked.crystals) or not by_formula


def check_formulas(asked: Namespace) -> None:
    """Refuse formulas whose elements the shipped entries do not cover, where shipped entries are asked for."""
    is_shipped = asked.source == "force-field" or (asked.source == "auto" and not os.environ.get("MP_API_KEY"))
    if is_shipped and not (asked.entries or asked.crystals):
        for formula in [*asked.formulas, *asked.formula]:
            require_covered_formula(formula)
