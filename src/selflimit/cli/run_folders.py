"""Is it a run folder, a submitted flow, or nothing that is known? Answered before anything heavy is imported."""

import re
from collections.abc import Iterator
from pathlib import Path

from selflimit.errors import InputError
from selflimit.suggestions import did_you_mean

CONFIGURATION = "configuration.json"
"""What makes a folder a run folder, as in :mod:`selflimit.workflows.running.folder`."""
STORE_SETTINGS = "monty.storage.cfg"
"""What makes a folder a store."""
IDENTIFIER = re.compile(r"[0-9a-fA-F][0-9a-fA-F-]*|0[0-9A-HJKMNP-TV-Z]+")
"""How a flow's identifier begins: a UUID, or a ULID (github.com/ulid/spec), which is base 32 and begins with 0."""


def is_run_folder(run: str) -> bool:
    """Whether ``run`` is the folder of a run rather than the beginning of a flow's identifier.

    >>> is_run_folder("3f2a91")
    False

    Raises
    ------
    InputError
        A folder that holds no run; or no folder, and nothing that an identifier could be.
    """
    if Path(run).exists():
        require_run_folder(run)
        return True
    if not IDENTIFIER.fullmatch(run):
        raise InputError(
            f"{run} is neither a run folder nor the beginning of a submitted flow's uuid (0-9, a-f)"
            f"{did_you_mean(run, run_folders())}" + _listed(run_folders())
        )
    return False


def require_run_folder(folder: str) -> None:
    """Refuse a folder that holds no run.

    Raises
    ------
    InputError
        The message names the folders here that do.
    """
    if not (Path(folder) / CONFIGURATION).is_file():
        raise InputError(
            f"{folder} holds no run; make one with `selflimit run --folder {folder}`"
            f"{did_you_mean(folder, run_folders())}" + _listed(run_folders())
        )


def require_flow(run: str) -> None:
    """Refuse what can be no beginning of a flow's identifier.

    Raises
    ------
    InputError
        It is a run folder, whose results are at hand, or a word.
    """
    if is_run_folder(run):
        raise InputError(f"expected the uuid of a submitted flow, got the run folder {run}; its results are in it")


def require_results(where: str) -> None:
    """Refuse a folder that no run has written results to; a database is asked only when it is opened.

    Raises
    ------
    InputError
        The message names the folders here that hold results.
    """
    if "://" not in where and not (Path(where) / STORE_SETTINGS).is_file():
        found = sorted(path.parent.name for path in Path().glob(f"*/{STORE_SETTINGS}"))
        raise InputError(
            f"no results at {where}; make some with `selflimit run`, or name the store with --store"
            f"{did_you_mean(where, found)}" + _listed(found)
        )


def run_folders() -> list[str]:
    """Names of the run folders in the folder of work."""
    return sorted(_folders_here())


def _folders_here() -> Iterator[str]:
    for path in Path().glob(f"*/{CONFIGURATION}"):
        yield path.parent.name


def _listed(names: list[str]) -> str:
    return f" (here are: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''})" if names else ""
