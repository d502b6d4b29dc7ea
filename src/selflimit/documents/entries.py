"""Entries that came from elsewhere: their energy and crystal, what the run was that gave them, and where they stood."""

import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents.records import Crystal, Document, LevelOfTheory, Record, level_of, with_level


class RunSetup(Record):
    """What decides whether two DFT energies may stand on one hull, as the files of the run say it."""

    functional: str | None = Field(None, description="Exchange and correlation, e.g. 'r2SCAN'; None: not stated")
    dispersion: str = Field("", description="Correction of the dispersion, e.g. 'D3(BJ)'; empty: none")
    is_hubbard: bool = Field(False, description="Whether a Hubbard U acts")
    hubbard: dict[str, float] = Field(default_factory=dict, description="Element -> U (eV), where it is not zero")
    potentials: dict[str, str] = Field(
        default_factory=dict, description="Element -> title of its PAW set; empty: not stated"
    )
    cutoff: float | None = Field(None, gt=0, description="Plane-wave cutoff (eV); None: not stated")
    k_spacing: float | None = Field(
        None, gt=0, description="Widest distance of k-points, 2 pi included (1/Angstrom); None: not stated"
    )

    @property
    def method(self) -> str | None:
        """Functional and dispersion in one word, without U; None: not stated.

        >>> RunSetup(functional="PBE", dispersion="D3(BJ)", is_hubbard=True).method
        'PBE+D3(BJ)'
        """
        if self.functional is None:
            return None
        return f"{self.functional}+{self.dispersion}" if self.dispersion else self.functional


class EntryDoc(Document):
    """One entry that was brought along: checked, with its level of theory, and where it came from."""

    label: str = Field(description="Name of the entry where it came from, or of its file; says nothing about it")
    formula: str = Field(description="Reduced formula")
    structure: Crystal = Field(description="Crystal; lattice in Angstrom")
    energy: float = Field(description="Energy of the cell with its corrections (eV)")
    correction: float = Field(description="Corrections in it (eV)")
    energy_per_atom: float = Field(description="Energy per atom (eV/atom)")
    volume_per_formula: float = Field(gt=0, description="Volume per formula unit (Angstrom^3)")
    max_force: float | None = Field(ge=0, description="Largest force at the end (eV/Angstrom); None: not stated")
    max_stress: float | None = Field(ge=0, description="Largest stress component at the end (GPa); None: not stated")
    setup: RunSetup = Field(description="What the run was")
    source: str = Field(description="File or database that it was read from")
    level_of_theory: LevelOfTheory = Field(description="How the energy was obtained")
    written: str = Field(description="The entry as pymatgen writes it, JSON, without its crystal")

    @classmethod
    def of(cls, entry: ComputedStructureEntry, setup: RunSetup, source: str) -> Self:
        """Make the document of an entry.

        Parameters
        ----------
        entry
            With its level of theory; energy in eV, lengths in Angstrom.
        setup
            What its run was.
        source
            Where it was read.
        """
        formula, units = entry.composition.get_reduced_formula_and_factor()
        data = entry.as_dict()
        data.pop("structure")
        return cls(
            label=formula if entry.entry_id is None else str(entry.entry_id),
            formula=formula,
            structure=entry.structure,
            energy=float(entry.energy),
            correction=float(entry.correction),
            energy_per_atom=float(entry.energy) / float(entry.composition.num_atoms),
            volume_per_formula=entry.structure.volume / units,
            max_force=entry.data.get("max_force"),
            max_stress=entry.data.get("max_stress"),
            setup=setup,
            source=source,
            level_of_theory=level_of(entry),
            written=json.dumps(data, default=str),  # text, or a store would make objects of its parts
        )

    def entry(self) -> ComputedStructureEntry:
        """Make pymatgen's entry of it, with the corrections that it lists and its level of theory."""
        data = {**json.loads(self.written), "structure": self.structure.as_dict()}
        return with_level(entry_class(data).from_dict(data), self.level_of_theory)


def entry_class(data: Mapping[str, Any]) -> type[ComputedStructureEntry]:
    """Class of an entry's plain data; every name but that of Gibbs energies is read as the usual one."""
    if data.get("@class") != "GibbsComputedStructureEntry":
        return ComputedStructureEntry
    from pymatgen.analysis.compatibility.computed_entries import GibbsComputedStructureEntry  # seconds of imports

    return GibbsComputedStructureEntry
