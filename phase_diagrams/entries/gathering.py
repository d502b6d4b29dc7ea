"""Entries gathered from files and folders: what was read, what was refused and why, what was passed over."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import EntryDoc, LevelOfTheory
from selflimit.errors import ConvergenceError, InputError, LevelOfTheoryError, SelflimitError
from selflimit.phase_diagrams.entries.entry_files import Item, items_in_file, name_items, read_item
from selflimit.phase_diagrams.entries.plausibility import require_plausible_energies
from selflimit.phase_diagrams.entries.run_levels import give_levels
from selflimit.phase_diagrams.runs.convergence import Residuals
from selflimit.phase_diagrams.runs.corrections import correct_by_mp2020
from selflimit.phase_diagrams.runs.setups import setup_of
from selflimit.phase_diagrams.runs.task_documents import is_ground_state, task_in
from selflimit.phase_diagrams.runs.vasp_files import entry_in_run, is_vasprun, last_step

JSON_ENDINGS = (".json", ".json.gz", ".json.bz2")
OWN_ENTRIES = "entries.json"
"""Name of the file of entries that an import leaves in its folder."""
MOST_TOLD = 5
"""Faults that one message names."""
SAME_LENGTH = 1e-3
"""Cells whose lengths (Angstrom) agree so far are one crystal, of a relaxation and its static run."""

FAULTS = (InputError, ConvergenceError, LevelOfTheoryError)


@dataclass
class Gathered:
    """What files hold; entries of one set, with what messages call each and where it stood."""

    entries: list[ComputedStructureEntry] = field(default_factory=list)
    """Energies in eV, lattices in Angstrom."""
    names: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    faults: list[SelflimitError] = field(default_factory=list)
    """Why others were refused."""
    passed_over: list[str] = field(default_factory=list)
    """What is no energy of a crystal at rest, or another step of the same crystal."""

    def add(self, read: Callable[[], ComputedStructureEntry], name: str, source: str) -> None:
        """Add what ``read`` gives, or why it was refused.

        Parameters
        ----------
        read
            Reads one entry.
        name
            What messages call it.
        source
            Where it stood.
        """
        try:
            entry = read()
        except FAULTS as fault:
            self.faults.append(fault)
            return
        self.entries.append(entry)
        self.names.append(name)
        self.sources.append(source)

    def keep(self, places: Sequence[int]) -> None:
        """Keep only the entries at these places."""
        for name in ("entries", "names", "sources"):
            held = getattr(self, name)
            setattr(self, name, [held[place] for place in places])


def gather_files(paths: Sequence[Path], tolerances: Residuals) -> Gathered:
    """Gather the entries of files, and of folders with everything below them.

    Parameters
    ----------
    paths
        JSON files, vasprun.xml files, or folders. In a folder that holds a vasprun.xml that run alone counts; in
        others, JSON files of entries or task documents do.
    tolerances
        What is accepted as relaxed.

    Raises
    ------
    InputError
        No such file, or a folder with nothing to read.
    """
    found = Gathered()
    for path in paths:
        for file in files_in(path):
            if is_vasprun(file):
                found.add(lambda file=file: entry_in_run(file, tolerances), str(file), str(file))  # type: ignore[misc]
                continue
            try:
                items = items_in_file(file)
            except FAULTS as fault:
                found.faults.append(fault)
                continue
            add_items(found, items, str(file), tolerances)
    return found


def gather_documents(data: Any, where: str, tolerances: Residuals) -> Gathered:
    """Gather the entries and task documents in plain data, e.g. of a database.

    Parameters
    ----------
    data
        A list of documents.
    where
        What messages call the place.
    tolerances
        What is accepted as relaxed.
    """
    found = Gathered()
    add_items(found, name_items(data, where), where, tolerances)
    return found


def add_items(found: Gathered, items: Sequence[Item], source: str, tolerances: Residuals) -> None:
    """Add entries and task documents to what was found.

    Parameters
    ----------
    found
        What was found so far.
    items
        Plain data, each with its name.
    source
        Where they stood.
    tolerances
        What is accepted as relaxed.
    """
    static: list[int] = []
    relaxed: list[int] = []
    for item, name in items:
        task = task_in(item)
        if task is not None and not is_ground_state(task):
            found.passed_over.append(f"{name}: {task.get('task_type')} is no energy of a crystal at rest")
            continue
        before = len(found.entries)
        found.add(lambda item=item, name=name: read_item(item, name, tolerances), name, source)  # type: ignore[misc]
        if task is not None and len(found.entries) > before:
            (static if str(task.get("task_type")).endswith("Static") else relaxed).append(before)
    _leave_out_first_steps(found, static, relaxed)


def settle(
    found: Gathered, level: LevelOfTheory | None, corrections: str = "none", leave_out: bool = False
) -> list[str]:
    """Check the entries against each other, and give each its level of theory; returns what is strange about them.

    Parameters
    ----------
    found
        What was gathered; its entries get their levels in place.
    level
        Of entries that state none.
    corrections
        'MP2020' adds these to energies that list none.
    leave_out
        Go on without what was refused.

    Raises
    ------
    InputError, ConvergenceError, LevelOfTheoryError
        Entries were refused, and are not to be left out; the kind is that of the first. Or the set is no set.
    """
    if found.faults and not leave_out:
        raise type(found.faults[0])(told(found.faults))
    if not found.entries:
        raise InputError(f"no entry could be read: {told(found.faults)}" if found.faults else "no entries were found")
    if corrections == "MP2020":
        pairs = zip(found.entries, found.names, strict=True)
        found.entries = [e if e.energy_adjustments else correct_by_mp2020(e, name) for e, name in pairs]
    give_levels(list(zip(found.entries, found.names, strict=True)), level)
    return require_plausible_energies(found.entries, found.names)


def documents_of(found: Gathered) -> list[EntryDoc]:
    """Documents of settled entries."""
    pairs = zip(found.entries, found.sources, strict=True)
    return [EntryDoc.of(entry, setup_of(entry), source) for entry, source in pairs]


def told(faults: Sequence[SelflimitError]) -> str:
    """The first faults in one line, and how many there are."""
    shown = "; ".join(str(fault) for fault in faults[:MOST_TOLD])
    more = len(faults) - MOST_TOLD
    return shown if more <= 0 else f"{shown}; and {more} more"


def files_in(path: Path) -> list[Path]:
    """The files of a path that are read, in an order that does not depend on the system."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"cannot read entries from {path} (no such file or folder)")
    if (path / OWN_ENTRIES).is_file():
        return [path / OWN_ENTRIES]
    of_folder: dict[Path, list[Path]] = defaultdict(list)
    for file in sorted(path.rglob("*")):
        if file.is_file():
            of_folder[file.parent].append(file)
    chosen: list[Path] = []
    for files in of_folder.values():
        runs = [file for file in files if is_vasprun(file)]
        chosen += [last_step(runs)] if runs else [file for file in files if file.name.endswith(JSON_ENDINGS)]
    if not chosen:
        raise InputError(f"{path} holds nothing to read; expected vasprun.xml files or JSON files of entries in it")
    return chosen


def _leave_out_first_steps(found: Gathered, static: Sequence[int], relaxed: Sequence[int]) -> None:
    """Leave out relaxations whose crystal a static run has again: its energy is the better one."""
    lengths = {place: (found.entries[place].composition.formula, found.entries[place].structure.lattice.parameters)
               for place in (*static, *relaxed)}  # fmt: skip
    twice = {
        place
        for place in relaxed
        if any(
            lengths[place][0] == lengths[other][0]
            and max(abs(a - b) for a, b in zip(lengths[place][1], lengths[other][1], strict=True)) < SAME_LENGTH
            for other in static
        )
    }
    found.passed_over += [f"{found.names[place]}: a static run has the same crystal" for place in sorted(twice)]
    found.keep([place for place in range(len(found.entries)) if place not in twice])
