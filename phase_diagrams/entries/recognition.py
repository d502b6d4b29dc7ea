"""Which bundled crystal an entry is: told by its structure, because identifiers are labels that anybody may change."""

from collections import defaultdict
from functools import lru_cache

from pymatgen.core import Structure
from pymatgen.core.entries import ComputedStructureEntry
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from selflimit.phase_diagrams.entries.bundled import BundledPhase, bundled_catalogue, bundled_structure
from selflimit.phase_diagrams.phases import GASES

LENGTHS, SITES, ANGLES = 0.3, 0.4, 8.0
"""Residuals of the match: layers and molecules are up to 20 % apart in one method's cell and not in another's. Lengths
relative to the cell's, sites relative to the mean free length, angles in degrees."""
LOOSE_SYMMETRY = 0.1
"""Tolerance (Angstrom) within which relaxed crystals have their symmetry."""


def recognise(entry: ComputedStructureEntry) -> BundledPhase | None:
    """The bundled crystal that an entry's crystal (Angstrom) is, by whatever method relaxed; None: it is none of them.

    Crystals match after scaling to one volume, or have the same space group with equally many atoms in the primitive
    cell, where only one bundled crystal of the formula is like that. Of a gas its one bundled crystal is meant:
    molecules that hardly attract each other pack differently in every method.

    >>> from selflimit.phase_diagrams import competing_entries
    >>> entry = next(e for e in competing_entries("Li-Cl") if e.entry_id == "mp-22905-GGA")
    >>> entry.entry_id = None
    >>> recognise(entry).label
    'LiCl mp-22905'
    """
    known = _known().get(entry.composition.reduced_formula, ())
    from pymatgen.analysis.structure_matcher import StructureMatcher  # a second of imports, for samples only

    matcher = StructureMatcher(ltol=LENGTHS, stol=SITES, angle_tol=ANGLES)
    for phase in known:
        if matcher.fit(bundled_structure(phase.label), entry.structure):
            return phase
    if len(known) == 1 and known[0].formula in GASES:
        return known[0]
    alike = [phase for phase in known if _symmetry(bundled_structure(phase.label)) == _symmetry(entry.structure)]
    return alike[0] if len(alike) == 1 else None


def _symmetry(structure: Structure) -> tuple[int, int]:
    """Number of the space group, and atoms in the primitive cell."""
    found = SpacegroupAnalyzer(structure, LOOSE_SYMMETRY)
    return found.get_space_group_number(), len(found.find_primitive())


@lru_cache(maxsize=1)
def _known() -> dict[str, list[BundledPhase]]:
    """Reduced formula -> its bundled crystals."""
    found = defaultdict(list)
    for phase in bundled_catalogue().phases:
        found[phase.formula].append(phase)
    return dict(found)
