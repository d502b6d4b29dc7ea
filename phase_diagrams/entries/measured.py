"""Formation energies beside measured ones: what tells that the energy of an element is not of the set."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from pymatgen.core import Composition

from selflimit.phase_diagrams.entries.bundled import bundled_text
from selflimit.phase_diagrams.phases import Phase
from selflimit.units import EV_TO_KJ_PER_MOL

TOO_BOUND = 0.3
"""Compounds that are bound by more than this (eV/atom) beyond what is measured are worth a second look: no common
functional overbinds like that (PBE without corrections, the worst, underbinds; Wang et al. 2021,
doi:10.1038/s41598-021-94550-5)."""
TOO_LOOSE = 0.9
"""The same for compounds that are bound too little (eV/atom): PBE without corrections misses up to 0.7 in oxides."""
UNEVEN_ANION, UNEVEN_ANION_GGA, UNEVEN_METAL = 0.2, 0.35, 0.8
"""Where two compounds of one anion are off by amounts that differ by more than these (eV per anion, and eV per metal
atom), the anion does not explain it. PBE scatters more: the Materials Project's LiCl and ZrCl4 are 0.25 apart."""


def compare_with_measured(
    phases: Sequence[Phase], formation: Mapping[int, float], called: Sequence[str], uneven: float = UNEVEN_ANION
) -> list[str]:
    """Sentences on simple solids that are bound much more or less than measured.

    An element that is too high by some energy makes each of its compounds so much more stable per atom of it. Errors
    that come with the anion, as those of GGA do, are the same in all its compounds, and cancel between two of them.

    Parameters
    ----------
    phases
        All phases.
    formation
        Place in them -> formation energy (eV/atom).
    called
        What the sentences call them.
    uneven
        By how much compounds of one anion may differ (eV per anion).
    """
    measured = measured_formation()
    best: dict[str, int] = {}
    for place in sorted(formation, key=lambda place: formation[place]):
        best.setdefault(phases[place].formula, place)
    off = {place: formation[place] - measured[formula] for formula, place in best.items() if formula in measured}
    far = [place for place, error in off.items() if not -TOO_BOUND <= error <= TOO_LOOSE]
    found = [
        f"Check {called[place]}: {phases[place].formula} has a formation energy of {formation[place]:.2f} eV/atom, "
        f"measured are {measured[phases[place].formula]:.2f}; its energy, or that of "
        f"{' or '.join(sorted(phases[place].amounts))}, is not of this set."
        for place in sorted(far, key=lambda place: -abs(off[place]))
    ]
    return found or _uneven(phases, off, called, uneven)


def _uneven(phases: Sequence[Phase], off: Mapping[int, float], called: Sequence[str], uneven: float) -> list[str]:
    """Sentences on pairs of compounds of one anion that are off by different amounts.

    Parameters
    ----------
    phases
        All phases.
    off
        Place -> computed less measured formation energy (eV/atom).
    called
        What the sentences call them.
    uneven
        By how much they may differ (eV per anion).
    """
    found = []
    for first, second in combinations(sorted(off, key=lambda place: phases[place].formula), 2):
        (metal, anion), (other, same) = _ions(phases[first]), _ions(phases[second])
        if anion != same or metal == other:
            continue
        per_anion = [off[p] * phases[p].atoms / phases[p].amounts[anion] for p in (first, second)]
        apart = abs(per_anion[0] - per_anion[1])
        valence = max(phases[p].amounts[anion] / phases[p].amounts[m] for p, m in ((first, metal), (second, other)))
        if apart > uneven and apart * valence > UNEVEN_METAL:
            found.append(
                f"Check {metal} and {other}: {called[first]} ({phases[first].formula}) and {called[second]} "
                f"({phases[second].formula}) differ from measured formation energies by {per_anion[0]:.2f} and "
                f"{per_anion[1]:.2f} eV per {anion}; the energy of one of these elements is not of this set."
            )
    return found


def _ions(phase: Phase) -> tuple[str, str]:
    """Metal and anion of a binary compound."""
    metal, anion = sorted(phase.amounts, key=lambda symbol: Composition(symbol).elements[0].X)
    return metal, anion


@lru_cache(maxsize=1)
def measured_formation() -> dict[str, float]:
    """Reduced formula -> measured formation enthalpy of simple solids (eV/atom)."""
    table = json.loads(bundled_text("formation_enthalpies.json"))["formation_enthalpy"]
    return {formula: value / EV_TO_KJ_PER_MOL / Composition(formula).num_atoms for formula, value in table.items()}
