"""Formal charges of a crystal: those it carries, else the states of its elements that make it neutral.

Every element has one common oxidation state first. Of several neutral sets the most ionic one is taken, in which the
electrons are on the more electronegative elements. Where no set is neutral a transition or rare-earth metal may have a
mean charge between two of its states.
"""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from pymatgen.core import Structure, get_el_sp

from selflimit.arrays import FloatArray
from selflimit.structures.parents.occupancies import OCCUPANCY_DIGIT
from selflimit.structures.parents.parents import excess_charge, find_closest_atoms

MOST_SETS = 500_000
"""Sets of oxidation states that are tried: a fraction of a second."""

NEARLY_NEUTRAL = 0.05
"""Share of the positive charge by which refined occupancies may miss neutrality for the states to be named all the
same."""


def infer_charges(
    structure: Structure, nearly: bool = False, given: Mapping[str, float] | None = None
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Formal charges (e) by species, and a note; no charges where none make the cell neutral.

    Counting and enumerating need no charges, so their absence is told, not refused; electrostatics refuses it.

    >>> from pymatgen.core import Lattice
    >>> row = Structure(Lattice.orthorhombic(14, 3, 3), 3 * ["Fe"] + 4 * ["O"], [[i / 7, 0, 0] for i in range(7)])
    >>> infer_charges(row)[1]
    ('Fe has a mean charge of +2.667 e',)

    Parameters
    ----------
    structure
        The crystal.
    nearly
        Whether common states that come nearest to neutrality will do where none make the cell neutral: for populations
        that are to be made neutral.
    """
    if pair := find_closest_atoms(structure):
        return {}, (f"no formal charges: full sites {pair[0]} and {pair[1]} are {pair[2]:.3f} A apart; move them",)
    species = {one for site in structure for one in site.species}
    written = {str(one): getattr(one, "oxi_state", None) for one in species}
    if all(charge is not None for charge in written.values()) and any(written.values()):
        known = {text: float(charge) for text, charge in written.items() if charge is not None}
        total = excess_charge(structure, known)
        return (
            (known, ()) if nearly or not total else ({}, (f"no formal charges: those written sum to {total:+.4g} e",))
        )
    told = dict(given or {})
    # each species of a known charge for itself, each element of the others as one
    unit = {one: str(one) if str(one) in told else one.symbol for one in species}
    amounts: dict[str, float] = {}
    for one, amount in structure.composition.items():
        amounts[unit[one]] = amounts.get(unit[one], 0.0) + float(amount)
    rounded = Counter(unit[one] for site in structure for one, amount in site.species.items() if amount < 1)
    found, note = _neutral_states(amounts, rounded, nearly, told)
    return {str(one): found[unit[one]] for one in species} if found else {}, (note,) if note else ()


def _neutral_states(
    amounts: Mapping[str, float], rounded: Mapping[str, int], nearly: bool, given: Mapping[str, float]
) -> tuple[dict[str, float], str]:
    """A charge for each element, and what there is to say of them.

    Parameters
    ----------
    amounts, rounded
        Atoms of each element in the cell, and how many rounded occupancies they are the sum of.
    nearly, given
        As in :func:`infer_charges`.
    """
    elements = list(amounts)
    number = np.array(list(amounts.values()))
    common = [_states(text, given, get_el_sp(text).common_oxidation_states) for text in elements]
    every = [_states(text, given, get_el_sp(text).icsd_oxidation_states) for text in elements]
    # rare states only where the usual ones make nothing neutral: with all of the ICSD many sets would
    for choices in (common, every):
        sets = _ionic(_sets(choices), elements)
        forgiven = 1e-6 + OCCUPANCY_DIGIT * np.abs(sets) @ [rounded[element] for element in elements]
        neutral = sets[np.abs(sets @ number) <= forgiven]
        if len(neutral):
            return dict(zip(elements, _most_ionic(neutral, elements, number).tolist(), strict=True)), ""
    if nearly and (best := _nearest_states(elements, number, _ionic(_sets(common), elements))):
        return best
    if mixed := _mixed(elements, number, common, every):
        return mixed
    return {}, _nearly(elements, number, _ionic(_sets(common), elements))


def _states(text: str, given: Mapping[str, float], states: Sequence[int]) -> tuple[float, ...]:
    """The given state of an element or ion, else the states that are known."""
    if text in given:
        return (given[text],)
    return tuple(states) or tuple(get_el_sp(text).oxidation_states) or (0,)


def _sets(choices: Sequence[Sequence[float]]) -> FloatArray:
    """One state for each element in all ways, shape (n_sets, n_elements); none if they are too many."""
    if np.prod([float(len(states)) for states in choices]) > MOST_SETS:
        return np.empty((0, len(choices)))
    grid = np.meshgrid(*choices, indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=-1).astype(float)


def _ionic(sets: FloatArray, elements: Sequence[str]) -> FloatArray:
    """Those without a positive element that is more electronegative than a negative one."""
    attraction = _electronegativities(elements)
    least_negative = np.where(sets < 0, attraction, np.inf).min(axis=1, initial=np.inf)
    ionic: FloatArray = sets[np.where(sets > 0, attraction, -np.inf).max(axis=1, initial=-np.inf) <= least_negative]
    return ionic


def _electronegativities(elements: Sequence[str]) -> FloatArray:
    """On Pauling's scale, 0 where there is none, shape (n_elements,)."""
    with warnings.catch_warnings():
        # pymatgen warns of noble gases, which have no value and count as 0
        warnings.simplefilter("ignore")
        known: FloatArray = np.nan_to_num(np.array([get_el_sp(element).X for element in elements], dtype=float))
    return known


def _most_ionic(sets: FloatArray, elements: Sequence[str], number: FloatArray) -> FloatArray:
    """The set whose negative charges are on the most electronegative elements."""
    attraction = _electronegativities(elements)
    best: FloatArray = sets[(sets @ (attraction * number)).argmin()]
    return best


def _mixed(
    elements: Sequence[str], number: FloatArray, common: Sequence[Sequence[float]], every: Sequence[Sequence[float]]
) -> tuple[dict[str, float], str] | None:
    """One metal of several states at the mean that makes the rest neutral."""
    for i, element in enumerate(elements):
        metal = get_el_sp(element)
        if not (metal.is_transition_metal or metal.is_rare_earth) or len(every[i]) == 1:
            continue
        low, high = min(every[i]), max(every[i])
        sets = _sets([states if j != i else (0,) for j, states in enumerate(common)])
        sets[:, i] = -(sets @ number) / number[i]
        within = _ionic(sets[(sets[:, i] >= low) & (sets[:, i] <= high)], elements)
        if len(within):
            best = _most_ionic(within, elements, number)
            return dict(zip(elements, best.tolist(), strict=True)), f"{element} has a mean charge of {best[i]:+.4g} e"
    return None


def _nearest_states(
    elements: Sequence[str], number: FloatArray, sets: FloatArray
) -> tuple[dict[str, float], str] | None:
    """The set of states with the least total charge, the most ionic of several; None if there are no sets."""
    if not len(sets):
        return None
    total = np.abs(sets @ number)
    best = _most_ionic(sets[total <= total.min() + 1e-9], elements, number)
    states = ", ".join(f"{element} {state:+g}" for element, state in zip(elements, best, strict=True))
    note = f"the refined occupancies sum to {best @ number:+.3g} e with {states}: populations are made neutral"
    return dict(zip(elements, best.tolist(), strict=True)), note


def _nearly(elements: Sequence[str], number: FloatArray, sets: FloatArray) -> str:
    """Why there are no charges: the states that come nearest to neutrality."""
    formula = " ".join(f"{element}{amount:.4g}" for element, amount in zip(elements, number, strict=True))
    near = sets[np.abs(sets @ number) <= NEARLY_NEUTRAL * (np.maximum(sets, 0) @ number)]
    if not len(near):
        return f"no formal charges: found no neutral oxidation states of {formula}; give charges"
    best = near[np.abs(near @ number).argmin()]
    states = ", ".join(f"{element} {state:+g}" for element, state in zip(elements, best, strict=True))
    total = f"{best @ number:+.3g} e"
    return f"no formal charges: the occupancies sum to {total} with {states}; correct them or give charges"
