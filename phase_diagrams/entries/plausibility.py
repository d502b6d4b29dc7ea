"""Energies that no crystal has: typing errors, energies per atom, and references that do not belong to the set."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LEVEL_KEY
from selflimit.errors import InputError
from selflimit.phase_diagrams.entries.measured import UNEVEN_ANION, UNEVEN_ANION_GGA, compare_with_measured
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


def require_plausible_energies(entries: Sequence[ComputedStructureEntry], names: Sequence[str] = ()) -> list[str]:
    """Refuse energies that cannot be, and return sentences on those that are only strange.

    Parameters
    ----------
    entries
        All entries of a set, energies in eV.
    names
        What messages call them; empty: by their identifiers.

    Raises
    ------
    InputError
        Energies per atom instead of per cell, or a formation energy out of range; the message names the entry.
    """
    phases = [phase_from_entry(entry) for entry in entries]
    called = list(names) or [f"entry {phase.entry_id} ({phase.formula})" for phase in phases]
    _require_energies_of_cells(phases, entries, called)
    formation = _formation_energies(phases)
    for index, energy in formation.items():
        if energy < LOWEST_FORMATION:
            raise InputError(
                f"{called[index]} has a formation energy of {energy:.2f} eV/atom, expected no less than "
                f"{LOWEST_FORMATION:g}: check its energy (eV per cell) and those of its elements"
            )
    _require_bound(phases, formation, called)
    is_gga = any(entry.parameters.get(LEVEL_KEY, {}).get("model", "").startswith("PBE") for entry in entries)
    scatter = UNEVEN_ANION_GGA if is_gga else UNEVEN_ANION
    return [*_far_polymorphs(phases, called), *compare_with_measured(phases, formation, called, scatter)]


def _formation_energies(phases: Sequence[Phase]) -> dict[int, float]:
    """Place of a compound -> its formation energy (eV/atom), where all its elements have entries."""
    lowest: dict[str, float] = {}
    for phase in phases:
        if len(phase.amounts) == 1:
            (symbol,) = phase.amounts
            lowest[symbol] = min(lowest.get(symbol, phase.energy_per_atom), phase.energy_per_atom)
    return {
        index: (phase.energy - sum(n * lowest[e] for e, n in phase.amounts.items())) / phase.atoms
        for index, phase in enumerate(phases)
        if len(phase.amounts) > 1 and phase.amounts.keys() <= lowest.keys()
    }


def _require_energies_of_cells(
    phases: Sequence[Phase], entries: Sequence[ComputedStructureEntry], called: Sequence[str]
) -> None:
    """Refuse cells of different size whose energies are the same: they are energies per atom.

    Parameters
    ----------
    phases, entries
        The same, in the same order.
    called
        What messages call them.
    """
    of_formula: dict[str, list[int]] = defaultdict(list)
    for place, phase in enumerate(phases):
        of_formula[phase.formula].append(place)
    for members in of_formula.values():
        small, *others = sorted(members, key=lambda place: float(entries[place].composition.num_atoms))
        for place in others:
            one, other = entries[small], entries[place]
            larger = float(other.composition.num_atoms) > 1.5 * float(one.composition.num_atoms)
            if larger and abs(other.energy - one.energy) <= SAME_CELL_ENERGY * abs(one.energy):
                raise InputError(
                    f"{called[small]} and {called[place]} of {phases[place].formula} have nearly the same energy, "
                    f"{one.energy:.3f} and {other.energy:.3f} eV, in cells of {one.composition.num_atoms:g} and "
                    f"{other.composition.num_atoms:g} atoms: expected energies of the cells, these look "
                    "like energies per atom; multiply them by the atoms in the cell"
                )


def _require_bound(phases: Sequence[Phase], formation: Mapping[int, float], called: Sequence[str]) -> None:
    """Refuse sets in which most compounds lie far above their elements: some energies are of another scale.

    Parameters
    ----------
    phases
        All phases.
    formation
        Place -> formation energy (eV/atom).
    called
        What messages call them.
    """
    best: dict[str, int] = {}
    for index in formation:
        formula = phases[index].formula
        if formula not in best or formation[index] < formation[best[formula]]:
            best[formula] = index
    unbound = [index for index in best.values() if formation[index] > UNBOUND]
    if unbound and 2 * len(unbound) > len(best):
        worst = max(unbound, key=lambda index: formation[index])
        raise InputError(
            f"{called[worst]} of {phases[worst].formula} lies {formation[worst]:.2f} eV/atom above its "
            f"elements, and so do most compounds ({len(unbound)} of {len(best)} formulas by more than {UNBOUND:g}); "
            "expected energies of cells in eV, of one method: these look like energies per atom, or the elements' are "
            "of another method"
        )


def _far_polymorphs(phases: Sequence[Phase], called: Sequence[str]) -> list[str]:
    """Sentences on polymorphs that are further apart than ``FAR_POLYMORPHS``, one for each formula."""
    of_formula: dict[str, list[int]] = defaultdict(list)
    for place, phase in enumerate(phases):
        of_formula[phase.formula].append(place)
    found = []
    for formula, members in sorted(of_formula.items()):
        low, high = (end(members, key=lambda place: phases[place].energy_per_atom) for end in (min, max))
        if (apart := phases[high].energy_per_atom - phases[low].energy_per_atom) > FAR_POLYMORPHS:
            found.append(
                f"Check {formula}: {called[low]} lies {apart:.2f} eV/atom below another crystal, {called[high]}."
            )
    return found
