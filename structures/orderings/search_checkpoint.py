"""State of a long search on disk: written atomically, recognised by a hash of everything that the search depends on."""

import hashlib
import os
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from selflimit.arrays import FloatArray, Int8Array, IntArray
from selflimit.errors import InputError
from selflimit.structures.orderings.cells import DisorderedCell
from selflimit.structures.search.pair_energies import PairEnergy
from selflimit.structures.search.walk import Walk

CHECKPOINT_INTERVAL = 5.0
"""Seconds between two saved states: the most that an interruption costs."""

KeptArrays = tuple[Int8Array, IntArray, FloatArray]
"""Labels, degeneracies and energies of the orderings found."""


@dataclass(frozen=True, eq=False)
class SavedSearch:
    """Where a search was: its branch, and what it had found with the number of orderings."""

    depth: int
    tried: Int8Array
    kept: tuple[Int8Array, IntArray, FloatArray, int]


def search_key(cell: DisorderedCell, keep: int, model: PairEnergy, superperiodic: bool = True) -> str:
    """SHA-256 of all that decides the result and the course of a search.

    Parameters
    ----------
    cell
        Where is searched.
    keep
        Number of orderings wanted.
    model
        The energy that ranks them.
    superperiodic
        Whether orderings that repeat inside the cell are among them.
    """
    numbers = [keep, superperiodic, model.constant, model.units, [pool.counts for pool in cell.pools]]
    digest = hashlib.sha256(repr(numbers).encode())
    for array in (cell.basis, cell.permutations, cell.excluded, model.site, model.pair):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


class SearchState:
    """The file that keeps a search.

    Parameters
    ----------
    path
        File to write.
    key
        From :func:`search_key`.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path, self.key = path, key
        self.saved_at = time.monotonic()

    def load(self) -> SavedSearch | None:
        """The saved search; None if there is none.

        Raises
        ------
        InputError
            The file is of another search, or is not one.
        """
        if not self.path.exists():
            return None
        try:
            with np.load(self.path) as data:
                key, arrays = str(data["key"]), [data[name] for name in ("labels", "degeneracies", "energies")]
                depth, tried = int(data["depth"]), data["tried"]
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as cause:
            raise InputError(f"{self.path} is not a saved search ({cause}); remove it or give another path") from cause
        if key != self.key:
            raise InputError(
                f"{self.path} belongs to a search with another crystal, cell, number or energy; remove it or give "
                "another path"
            )
        return SavedSearch(depth, tried, (arrays[0], arrays[1], arrays[2], len(arrays[0])))

    def save_if_due(self, walk: Walk, kept: KeptArrays) -> None:
        """Save the search unless that was done less than ``CHECKPOINT_INTERVAL`` ago."""
        if time.monotonic() - self.saved_at < CHECKPOINT_INTERVAL:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(self.path.name + ".new")
        branch, walked = walk.branch, len(walk.branch.tried) - 1
        with new.open("wb") as file:
            np.savez(
                file,
                key=self.key,
                depth=branch.depth[0],
                tried=branch.tried[:walked],
                labels=kept[0],
                degeneracies=kept[1],
                energies=kept[2],
            )
            file.flush()
            # on the disk before it takes the place of the state before
            os.fsync(file.fileno())
        new.replace(self.path)
        self.saved_at = time.monotonic()

    def remove(self) -> None:
        """Forget the search."""
        self.path.unlink(missing_ok=True)
