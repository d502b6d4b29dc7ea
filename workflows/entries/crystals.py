"""Crystals of a folder, relaxed by a force field into entries: one job each, so that an interrupted batch goes on."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from selflimit.documents import FailedRelaxationDoc, RelaxationDoc
from selflimit.errors import InputError
from selflimit.files import sha256
from selflimit.phase_diagrams.entries.bundled import bundled_catalogue, bundled_structure
from selflimit.progress import current_progress
from selflimit.structures import orderings_document, parent_from_cif, relax_each
from selflimit.structures.relaxation.force_fields import DEFAULT_FORCE_FIELD
from selflimit.structures.relaxation.relaxation import Tolerances
from selflimit.workflows.running.identical_work import job

CRYSTALS = ("*.cif", "POSCAR*", "CONTCAR*", "*.vasp", "*.json")
"""Names of files that hold a crystal."""


@dataclass
class CrystalBatchMaker(Maker):
    """Relaxes crystals with one force field, one job each; output: what became of each, in order.

    Parameters
    ----------
    name
        Name of the flow.
    force_field
        Name as in :func:`selflimit.structures.load_force_field`.
    max_force
        Force tolerance (eV/Angstrom).
    """

    name: str = "crystals"
    force_field: str = DEFAULT_FORCE_FIELD
    max_force: float = field(default=Tolerances.max_force)

    def make(self, structures: Sequence[Structure], labels: Sequence[str]) -> Flow:
        """Make the flow; its output are references to lists of one document each.

        Parameters
        ----------
        structures
            Ordered crystals (Angstrom).
        labels
            Their names.
        """
        jobs: list[Job] = [self.relax_one(*of) for of in zip(structures, labels, strict=True)]
        for made, label in zip(jobs, labels, strict=True):
            made.name = f"relax {label}"
        return Flow([*jobs], output=[made.output for made in jobs], name=self.name)

    @job
    def relax_one(self, structure: Structure, label: str) -> Job:
        """Relax one crystal (Angstrom) under its label; output: a list of one RelaxationDoc or FailedRelaxationDoc."""
        tolerances = Tolerances(max_force=self.max_force)
        return relax_each([structure], [label], [1], self.force_field, tolerances, 1, current_progress())  # type: ignore[return-value]


Outcomes = list[RelaxationDoc | FailedRelaxationDoc]


def crystals_in(folder: Path) -> dict[str, Structure]:
    """Crystals of a folder's files by their names; a disordered CIF stands for its lowest ordering by electrostatics.

    Raises
    ------
    InputError
        No folder, or nothing in it; a file that is no crystal; a disordered one whose orderings cannot be searched.
    """
    if not folder.is_dir():
        raise InputError(f"expected a folder of crystals (CIF, POSCAR), found none at {folder}")
    files = sorted({path for pattern in CRYSTALS for path in folder.glob(pattern) if path.is_file()})
    if not files:
        raise InputError(f"{folder} holds no crystals; expected files named {', '.join(CRYSTALS)} in it")
    found = {}
    for path in files:
        crystal = _crystal_in(path)
        found[f"{crystal.composition.reduced_formula} {path.stem}"] = crystal
    return found


def bundled_within(elements: set[str]) -> dict[str, Structure]:
    """Bundled crystals that hold no other elements, known orderings of electrolytes among them, by label."""
    return {p.label: bundled_structure(p.label) for p in bundled_catalogue().phases if p.elements <= elements}


def hashes_in(folder: Path) -> dict[str, str]:
    """SHA-256 of the crystal files of a folder, by name."""
    files = {path for pattern in CRYSTALS for path in folder.glob(pattern) if path.is_file()}
    return {path.name: sha256(path) for path in sorted(files)}


def _crystal_in(path: Path) -> Structure:
    if path.suffix == ".cif":
        return _of_cif(path)
    try:
        if path.suffix == ".json":
            return Structure.from_dict(json.loads(path.read_text(encoding="utf-8")))
        return Structure.from_str(path.read_text(encoding="utf-8"), fmt="poscar")
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path} is no crystal that can be read ({type(error).__name__}: {reason})") from error


def _of_cif(path: Path) -> Structure:
    """The crystal of a CIF; of a disordered one the lowest ordering of its primitive cell."""
    ordered = _ordered_in(path)
    if ordered is not None:
        ordered.remove_oxidation_states()
        return ordered.get_primitive_structure()
    try:
        document = orderings_document(parent_from_cif(path), "primitive", keep=1)
    except InputError as fault:
        raise InputError(
            f"{path} is disordered, and its lowest ordering cannot be found ({fault}); order it with "
            f"`selflimit orderings --parent {path} --keep 1 --cifs FOLDER` and the options named there, and put that "
            "CIF in its place"
        ) from None
    return document.orderings[0].structure


def _ordered_in(path: Path) -> Structure | None:
    """The crystal of an ordered CIF; None: it is not, or the stricter reader has to say what is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of coordinates rounded to thirds
            found = Structure.from_file(path)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError):
        return None
    return found if found.is_ordered else None
