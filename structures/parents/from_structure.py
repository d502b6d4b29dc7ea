"""Disordered parents from crystals: a pymatgen Structure, or a POSCAR and the occupancies of its sites."""

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from pymatgen.core import Composition, Element, Structure

from selflimit.errors import InputError
from selflimit.plausible import require_plausible
from selflimit.structures.parents.occupancies import OCCUPANCY_DIGIT, is_ordered, occupancies, with_fractions
from selflimit.structures.parents.parents import LABEL, SYMPREC, Parent, closest_atoms, excess_charge
from selflimit.structures.parents.symmetry import orbits
from selflimit.suggestions import did_you_mean

MOST_STATES = 300_000
"""Combinations of oxidation states, and terms in their sums, up to which they are guessed: a second or so."""

Occupancies = Mapping[str, Mapping[str, float]]
"""Site label or element -> species -> occupancy; what is missing to 1 is vacancy."""


def parent_from_structure(
    structure: Structure,
    name: str,
    source: str,
    occupied: Occupancies | None = None,
    pools: Sequence[Sequence[str]] | None = None,
    charges: Mapping[str, float] | None = None,
    symprec: float = SYMPREC,
) -> Parent:
    """Disordered parent from a crystal, whose cell counts as the conventional cell.

    >>> from pymatgen.core import Lattice
    >>> alloy = Structure(Lattice.cubic(3.9), [{"Na": 0.5, "K": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    >>> parent_from_structure(alloy, "alloy", "made up").charges["K"]
    1.0

    Sites are labelled by their property 'label', or else by element and orbit: Li1, Li2, ... Rounded occupancies such
    as 0.333 are taken as the fractions they stand for; ``notes`` of the parent says which.

    Parameters
    ----------
    structure
        Crystal with or without partial occupancies (Angstrom).
    name, source
        Name on results, and where the crystal comes from.
    occupied
        Occupancies that replace those of the crystal, by site label or, for all its sites, by element:
        ``{"Li": {"Li": 0.5}}``.
    pools
        Groups of site labels that share one composition. Default: each orbit of disordered sites is a pool of its own.
    charges
        Formal charges (e) by species. Default: the crystal's oxidation states, else pymatgen's most probable guess from
        the composition; where neither is neutral there are none, a note says so, and electrostatics is refused.
    symprec
        Distance within which symmetry is found (Angstrom).

    Raises
    ------
    InputError
        An unknown label in ``occupied``, a tolerance out of range, or what
        :class:`~selflimit.structures.parents.parents.Parent` refuses.
    """
    require_plausible("symprec", symprec)
    labels = _labels(structure, symprec)
    filled = _occupied(structure, labels, occupied or {}, name)
    exact, notes = with_fractions(filled, labels)
    labels, split = _one_orbit_per_label(exact, labels, symprec)
    exact.add_site_property(LABEL, labels)
    formal, doubt = (dict(charges), ()) if charges is not None else _inferred_charges(exact)
    return Parent(
        name=name,
        structure=exact,
        pools=tuple(tuple(pool) for pool in (pools if pools is not None else _orbit_pools(exact, symprec))),
        charges=formal,
        source=source,
        symprec=symprec,
        notes=(*notes, *split, *doubt),
    )


def parent_from_poscar(
    path: str | Path,
    occupied: Occupancies,
    pools: Sequence[Sequence[str]] | None = None,
    charges: Mapping[str, float] | None = None,
    symprec: float = SYMPREC,
) -> Parent:
    """Disordered parent from a POSCAR, which knows no occupancies, and the occupancies of its sites.

    Sites are labelled by element and orbit: Li1 is the first orbit of lithium in the file.

    Parameters
    ----------
    path
        The file.
    occupied, pools, charges, symprec
        As in :func:`parent_from_structure`.

    Raises
    ------
    InputError
        Missing or malformed file, or as :func:`parent_from_structure`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"expected a POSCAR file, found none at {path}; check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            structure = Structure.from_str(path.read_text(encoding="utf-8"), fmt="poscar")
    except Exception as cause:  # the parser raises whatever the malformed text provokes
        raise InputError(f"{path.name} is not a readable POSCAR ({cause}); check cell and positions") from cause
    return parent_from_structure(structure, path.stem, f"POSCAR file {path.name}", occupied, pools, charges, symprec)


def _labels(structure: Structure, symprec: float) -> list[str]:
    """The crystal's own labels, or element and number of the orbit."""
    own = structure.site_properties.get(LABEL)
    if own is not None and all(own):
        return [str(label) for label in own]
    number: dict[int, str] = {}
    used: dict[str, int] = {}
    for i, orbit in enumerate(orbits(structure, symprec).tolist()):
        if orbit not in number:
            letters = "".join(species.symbol for species in structure[i].species)
            used[letters] = used.get(letters, 0) + 1
            number[orbit] = f"{letters}{used[letters]}"
    return [number[orbit] for orbit in orbits(structure, symprec).tolist()]


def _occupied(structure: Structure, labels: Sequence[str], occupied: Occupancies, name: str) -> Structure:
    elements = {species.symbol for site in structure for species in site.species}
    if unknown := sorted(set(occupied) - set(labels) - elements):
        raise InputError(
            f"{name}: occupancies for unknown sites {unknown}{did_you_mean(unknown[0], {*labels, *elements})}; the "
            f"sites are {sorted(set(labels))}, the elements {sorted(elements)}"
        )
    if strange := sorted({s for content in occupied.values() for s in content if not Element.is_valid_symbol(s)}):
        raise InputError(
            f"{name}: expected chemical elements in the occupancies, got {strange}"
            f"{did_you_mean(strange[0], (element.symbol for element in Element))}"
        )
    filled = structure.copy()
    for i, label in enumerate(labels):
        element = next(iter(structure[i].species)).symbol
        content = occupied.get(label, occupied.get(element))
        if content is not None:
            amounts = content.values()
            if not (amounts and all(amount > 0 for amount in amounts) and sum(amounts) <= 1 + OCCUPANCY_DIGIT):
                raise InputError(
                    f"{name}: expected occupancies above 0 that sum to at most 1, got {dict(content)} on {label}"
                )
            filled[i] = Composition(content)  # type: ignore[assignment]
    return filled


def _one_orbit_per_label(
    structure: Structure, labels: Sequence[str], symprec: float
) -> tuple[list[str], tuple[str, ...]]:
    """Labels such that no two orbits share one: a pool names its sites by label."""
    by_label: dict[str, dict[int, None]] = {}
    orbit = orbits(structure, symprec).tolist()
    for label, own in zip(labels, orbit, strict=True):
        by_label.setdefault(label, {})[own] = None
    shared = {label: list(members) for label, members in by_label.items() if len(members) > 1}
    made = [
        f"{label}.{shared[label].index(own) + 1}" if label in shared else label
        for label, own in zip(labels, orbit, strict=True)
    ]
    notes = [
        f"label {label} covers {len(members)} orbits; they are called {label}.1 to {label}.{len(members)}"
        for label, members in shared.items()
    ]
    return made, tuple(notes)


def _orbit_pools(structure: Structure, symprec: float) -> list[list[str]]:
    """One pool for each orbit of disordered sites: the labels that occur in it."""
    pools: dict[int, dict[str, None]] = {}
    for site, orbit in zip(structure, orbits(structure, symprec).tolist(), strict=True):
        if not is_ordered(site):
            pools.setdefault(orbit, {})[site.properties[LABEL]] = None
    return [list(pool) for pool in pools.values()]


def _inferred_charges(structure: Structure) -> tuple[dict[str, float], tuple[str, ...]]:
    """The crystal's oxidation states, or a guess, and a note; no charges where neither makes the cell neutral.

    Counting and enumerating need no charges, so their absence is told, not refused; electrostatics refuses it.
    """
    if pair := closest_atoms(structure):
        return {}, (f"no formal charges: full sites {pair[0]} and {pair[1]} are {pair[2]:.3f} A apart; move them",)
    species = {species for site in structure for species in site.species}
    written = {str(one): getattr(one, "oxi_state", None) for one in species}
    if all(charge is not None for charge in written.values()) and any(written.values()):
        known = {text: float(charge) for text, charge in written.items() if charge is not None}
        total = excess_charge(structure, known)
        if total == 0.0:
            return known, ()
        return {}, (f"no formal charges: the oxidation states of the file sum to {total:+.4g} e; give charges",)
    composition = _integer_composition(structure)
    if _states_to_try(composition) > MOST_STATES:
        return {}, (f"no formal charges: {composition.formula} is too large to guess oxidation states; give charges",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # elements without electronegativity
        guesses = composition.oxi_state_guesses(max_sites=-1)
    names = {one for site in structure for one in occupancies(site)}
    charges = {one: float(guesses[0][_letters(one)]) for one in names} if guesses else {}
    if not guesses or excess_charge(structure, charges) != 0.0:
        return {}, (f"no formal charges: found no neutral oxidation states of {composition.formula}; give charges",)
    return charges, ()


def _states_to_try(composition: Composition) -> int:
    """Work of pymatgen's guess: ways to give each element's atoms their common states, and the terms it sums up."""
    kinds = [
        (round(amount), len(element.icsd_oxidation_states or element.oxidation_states or (0,)))
        for element, amount in composition.reduced_composition.items()
    ]
    ways = [(number, math.comb(number + states - 1, states - 1)) for number, states in kinds]
    return max(math.prod(way for _, way in ways), sum(number * way for number, way in ways))


def _integer_composition(structure: Structure) -> Composition:
    """Smallest multiple of the cell's composition that is integer to within the rounding of the occupancies."""
    amounts = structure.composition.element_composition.get_el_amt_dict()
    forgiven = 1e-6 + OCCUPANCY_DIGIT * len(structure)
    for multiple in range(1, 13):
        rounded = {element: round(multiple * amount) for element, amount in amounts.items()}
        if all(abs(rounded[element] - multiple * amount) <= multiple * forgiven for element, amount in amounts.items()):
            return Composition({element: amount for element, amount in rounded.items() if amount})
    return Composition({element: max(1, round(amount)) for element, amount in amounts.items()})


def _letters(name: str) -> str:
    return "".join(letter for letter in name if letter.isalpha())
