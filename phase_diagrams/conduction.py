"""Do the products of a reaction conduct electrons? Then the reaction goes on; if not, they passivate.

A layer between the metal and an electrolyte grows as long as ions and electrons pass it: products among which one
conducts electrons form a mixed conductor, insulating ones end the reaction at a thin layer (Wenzel et al., Solid State
Ionics 278, 98 (2015), doi:10.1016/j.ssi.2015.06.001).

A semiconductor of gap E conducts by itself with about e mu sqrt(N_c N_v) exp(-E/2kT), with 100 cm^2/(V s) and 2.5e19
per cm^3 at 300 K 4e4 S/m exp(-E/0.052 eV): at 1 eV 2e-4 S/m, which lets 2 mA/cm^2 through a micrometre at 0.1 V. So
products of less than 1 eV conduct. Semilocal functionals make gaps too small by about a half, so that half of it is
asked of those.

The band gap is the one that the entry states, else a bundled one. Without either, elements and compounds of metals
alone conduct, molecules of nonmetals do not, and neither do salts whose ions all have closed shells; of the rest
nothing is known, and that is said.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product

from pymatgen.core import Composition, Element

from selflimit.documents import Conduction, PhaseAmount
from selflimit.phase_diagrams.entries.bundled import bundled_text
from selflimit.phase_diagrams.phases import Phase

CONDUCTING_GAP = {"experiment": 1.0, "computed": 0.5}
"""Band gap (eV) below which a phase counts as a conductor of electrons, by where the gap comes from."""
ANION_CHARGES = {"N": -3, "P": -3, "O": -2, "S": -2, "Se": -2, "F": -1, "Cl": -1, "Br": -1, "I": -1}
"""Charges of anions with closed shells. Heavier ones are left out: Mg3Bi2 counts right, and is a semimetal."""
MOLECULAR = frozenset({"H", "N", "O", "F", "Cl", "Br", "I", "S", "He", "Ne", "Ar", "Kr", "Xe"})
"""Elements of molecules or single atoms, insulating as solids."""
STATED, CLOSED, METALS, MOLECULES = (
    "band gap of the entry",
    "closed shells: every ion has the electrons of a noble gas, a filled d shell or a lone pair, so that none are left",
    "metals alone: metallic",
    "molecules of a nonmetal: insulating",
)


def conduction_of(products: Sequence[PhaseAmount], phases: Iterable[Phase] = ()) -> Conduction:
    """Tell whether electrons pass through products.

    >>> zirconium = PhaseAmount(formula="Zr", entry_id="mp-131", amount=1.0, volume=23.4)
    >>> salt = PhaseAmount(formula="LiCl", entry_id="mp-22905", amount=6.0, volume=34.2)
    >>> conduction_of([salt, zirconium]).character, conduction_of([salt]).character
    ('mixed conductor', 'insulating')

    Parameters
    ----------
    products
        The phases that form, with their volumes (Angstrom^3).
    phases
        Phases whose entries may state band gaps (eV).
    """
    stated = {phase.entry_id: phase.band_gap for phase in phases if phase.band_gap is not None}
    found = {p.formula: _known(p.formula, stated.get(p.entry_id)) for p in products}
    conducting = sorted(name for name, (conducts, _, _) in found.items() if conducts)
    unknown = sorted(name for name, (conducts, _, _) in found.items() if conducts is None)
    whole = sum(p.amount * p.volume for p in products)
    return Conduction(
        character="mixed conductor" if conducting else "unknown" if unknown else "insulating",
        conducting=conducting,
        unknown=unknown,
        conducting_share=sum(p.amount * p.volume for p in products if p.formula in conducting) / whole,
        gaps={name: gap for name, (_, gap, _) in found.items() if gap is not None},
        sources={name: source for name, (_, _, source) in found.items() if source},
    )


def _known(formula: str, stated: float | None) -> tuple[bool | None, float | None, str]:
    """Whether a phase conducts (None: not known), its band gap (eV; None: no number), and the source."""
    if stated is not None:
        return stated < CONDUCTING_GAP["computed"], stated, STATED
    if (row := _bundled_gaps().get(formula)) is not None:
        gap, kind, source = row
        return gap < CONDUCTING_GAP[kind], gap, source
    return _by_composition(formula)


@lru_cache(maxsize=4096)
def _by_composition(formula: str) -> tuple[bool | None, float | None, str]:
    elements = Composition(formula).elements
    if all(Element(e.symbol).is_metal for e in elements):
        return True, 0.0, METALS
    if len(elements) == 1 and elements[0].symbol in MOLECULAR:
        return False, None, MOLECULES
    return (False, None, CLOSED) if has_closed_shells(formula) else (None, None, "")


def has_closed_shells(formula: str) -> bool:
    """Whether the ions of a salt can all have closed shells, each element in one charge.

    Cations give all their valence electrons; those of the p block may keep a lone pair.

    >>> [has_closed_shells(f) for f in ("LiCl", "Li3PS4", "GeS", "ZrCl4", "ZrCl2", "Zr")]
    [True, True, True, True, False, False]
    """
    composition = Composition(formula)
    elements = [Element(e.symbol) for e in composition.elements]
    most = max(elements, key=lambda e: e.X)
    choices = [_charges(e, is_most_negative=e == most) for e in elements]
    amounts = [composition[e] for e in elements]
    states = (zip(amounts, charges, strict=True) for charges in product(*choices))
    return any(abs(sum(n * q for n, q in state)) < 1e-8 for state in states)


def _charges(element: Element, is_most_negative: bool) -> list[int]:
    """Charges at which the ion of an element has closed shells; empty: none that this rule knows."""
    anion = [ANION_CHARGES[element.symbol]] if element.symbol in ANION_CHARGES else []
    if is_most_negative:
        return anion
    group = element.group
    given = group if group <= 12 else group - 10
    if element.is_lanthanoid or element.is_actinoid:
        return [3]
    if group in (8, 9, 10, 11) or (3 < group < 8 and element.symbol not in ("Ti", "Zr", "Hf", "Nb", "Ta", "V")):
        return [1] if element.symbol in ("Cu", "Ag", "Au") else []
    if group == 12:
        return [2]
    lone_pair = [given - 2] if group >= 13 and given > 3 else []
    return [*anion, given, *lone_pair]


@lru_cache(maxsize=1)
def _bundled_gaps() -> dict[str, tuple[float, str, str]]:
    """Reduced formula -> band gap (eV), 'experiment' or 'computed', source."""
    rows = json.loads(bundled_text("band_gaps.json"))["gaps"]
    return {formula: (row["gap"], row["kind"], row["source"]) for formula, row in rows.items()}
