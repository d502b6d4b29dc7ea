"""Energies that no crystal has: typing errors, energies per atom, and references that do not belong to the set."""

from collections import defaultdict
from collections.abc import Sequence

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.errors import InputError
from selflimit.phase_diagrams.phases import Phase, phase_from_entry

LOWEST_FORMATION = -6.0
"""Formation energies below this (eV/atom) are none: CaF2, per atom among the most stable of compounds, has -4.2
(-1225.9 kJ/mol, NIST-JANAF Thermochemical Tables, 4th ed. (1998), doi:10.18434/T42S31)."""
UNBOUND = 1.0
"""Compounds that lie this far (eV/atom) above their elements are not made."""
FAR_POLYMORPHS = 0.5
"""Polymorphs further apart than this (eV/atom) are worth a second look."""
SAME_CELL_ENERGY = 0.02
"""Relative difference of the energies of two cells of different size that says that they are energies per atom."""


def require_plausible_energies(entries: Sequence[ComputedStructureEntry]) -> list[str]:
    """Refuse energies that cannot be, and return sentences on those that are only strange.

    Parameters
    ----------
    entries
        All entries of a set, energies in eV.

    Raises
    ------
    InputError
        Energies per atom instead of per cell, or a formation energy out of range; the message names the entry.
    """
    phases = [phase_from_entry(entry) for entry in entries]
    _require_energies_of_cells(list(zip(phases, entries, strict=True)))
    lowest: dict[str, float] = {}
    for phase in phases:
        if len(phase.amounts) == 1:
            (symbol,) = phase.amounts
            lowest[symbol] = min(lowest.get(symbol, phase.energy_per_atom), phase.energy_per_atom)
    formation = {
        index: (phase.energy - sum(n * lowest[e] for e, n in phase.amounts.items())) / phase.atoms
        for index, phase in enumerate(phases)
        if len(phase.amounts) > 1 and phase.amounts.keys() <= lowest.keys()
    }
    for index, energy in formation.items():
        if energy < LOWEST_FORMATION:
            raise InputError(
                f"entry {phases[index].entry_id} ({phases[index].formula}) has a formation energy of {energy:.2f} "
                f"eV/atom, expected no less than {LOWEST_FORMATION:g}: check its energy (eV per cell) and "
                "those of its elements"
            )
    _require_bound(phases, formation)
    return _far_polymorphs(phases)


def _require_energies_of_cells(pairs: Sequence[tuple[Phase, ComputedStructureEntry]]) -> None:
    """Refuse cells of different size whose energies are the same: they are energies per atom."""
    of_formula: dict[str, list[tuple[Phase, ComputedStructureEntry]]] = defaultdict(list)
    for phase, entry in pairs:
        of_formula[phase.formula].append((phase, entry))
    for members in of_formula.values():
        (small, one), *_ = members = sorted(members, key=lambda pair: float(pair[1].composition.num_atoms))
        for phase, other in members[1:]:
            larger = float(other.composition.num_atoms) > 1.5 * float(one.composition.num_atoms)
            if larger and abs(other.energy - one.energy) <= SAME_CELL_ENERGY * abs(one.energy):
                raise InputError(
                    f"entries {small.entry_id} and {phase.entry_id} ({phase.formula}) have nearly the same energy, "
                    f"{one.energy:.3f} and {other.energy:.3f} eV, in cells of {one.composition.num_atoms:g} and "
                    f"{other.composition.num_atoms:g} atoms: expected energies of the cells, these look "
                    "like energies per atom; multiply them by the atoms in the cell"
                )


def _require_bound(phases: Sequence[Phase], formation: dict[int, float]) -> None:
    """Refuse sets in which most compounds lie far above their elements: some energies are of another scale."""
    best: dict[str, int] = {}
    for index in formation:
        formula = phases[index].formula
        if formula not in best or formation[index] < formation[best[formula]]:
            best[formula] = index
    unbound = [index for index in best.values() if formation[index] > UNBOUND]
    if unbound and 2 * len(unbound) > len(best):
        worst = max(unbound, key=lambda index: formation[index])
        raise InputError(
            f"entry {phases[worst].entry_id} ({phases[worst].formula}) lies {formation[worst]:.2f} eV/atom above its "
            f"elements, and so do most compounds ({len(unbound)} of {len(best)} formulas by more than {UNBOUND:g}); "
            "expected energies of cells in eV, of one method: these look like energies per atom, or the elements' are "
            "of another method"
        )


def _far_polymorphs(phases: Sequence[Phase]) -> list[str]:
    """Sentences on polymorphs that are further apart than ``FAR_POLYMORPHS``, one for each formula."""
    of_formula: dict[str, list[Phase]] = defaultdict(list)
    for phase in phases:
        of_formula[phase.formula].append(phase)
    found = []
    for formula, members in sorted(of_formula.items()):
        low, high = (end(members, key=lambda phase: phase.energy_per_atom) for end in (min, max))
        if (apart := high.energy_per_atom - low.energy_per_atom) > FAR_POLYMORPHS:
            found.append(
                f"Check {formula}: {low.entry_id} lies {apart:.2f} eV/atom below another crystal, {high.entry_id}."
            )
    return found
