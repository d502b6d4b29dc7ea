"""Which relaxed crystals are the same: orderings often relax to one crystal, or are one in cells of two sizes."""

from collections.abc import Sequence

from pymatgen.analysis.structure_matcher import StructureMatcher

from selflimit.documents import RelaxationDoc

ENERGY_TIE = 1e-4
"""Energies per atom (eV/atom) closer than this are the same crystal relaxed in two cells: the default tolerances leave
0.02 to 0.2 meV/atom (measured with CHGNet r2scan on the zirconium chlorides)."""

LENGTH_TOLERANCE = 0.1
"""Relative difference of lattice lengths within which crystals match; pymatgen's 0.2 is for unrelaxed cells."""

SITE_TOLERANCE = 0.15
"""Displacement of sites, in units of (volume per atom)^(1/3), within which crystals match: 0.4 Angstrom in Li2ZrCl6,
where another octahedral hole is 3 Angstrom away."""

ANGLE_TOLERANCE = 3.0
"""Difference of lattice angles (degrees) within which crystals match."""


def find_duplicates(relaxations: Sequence[RelaxationDoc], energy_tolerance: float = ENERGY_TIE) -> dict[str, str]:
    """The crystals that are another one over again.

    Energies are compared first, crystals (pymatgen's StructureMatcher, volumes not rescaled) only where those agree.

    Parameters
    ----------
    relaxations
        Relaxed crystals, of any cell size and composition.
    energy_tolerance
        Largest difference of the energies of equal crystals (eV/atom).

    Returns
    -------
    dict
        Label of a duplicate -> label of the crystal that stands for it: the smallest cell, of these the lowest energy.
    """
    matcher = StructureMatcher(LENGTH_TOLERANCE, SITE_TOLERANCE, ANGLE_TOLERANCE, scale=False)
    found: dict[str, str] = {}
    kept: list[RelaxationDoc] = []
    for doc in sorted(relaxations, key=lambda doc: (len(doc.structure), doc.energy_per_atom)):
        near = (other for other in kept if _alike(doc, other, energy_tolerance))
        twin = next((other for other in near if matcher.fit(doc.structure, other.structure)), None)
        if twin is None:
            kept.append(doc)
        else:
            found[doc.label] = twin.label
    return found


def _alike(one: RelaxationDoc, other: RelaxationDoc, energy_tolerance: float) -> bool:
    return one.formula == other.formula and abs(one.energy_per_atom - other.energy_per_atom) <= energy_tolerance
