"""Disordered parents from crystals: a pymatgen Structure, or a POSCAR and the occupancies of its sites."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pymatgen.core import Composition, Element, Structure

from selflimit.errors import InputError
from selflimit.plausible import require_plausible
from selflimit.structures.parents.charges import infer_charges
from selflimit.structures.parents.occupancies import OCCUPANCY_DIGIT, is_ordered, with_fractions
from selflimit.structures.parents.parents import CLOSEST_IONS, LABEL, SYMPREC, Parent, require_cell
from selflimit.structures.parents.symmetry import orbits
from selflimit.suggestions import did_you_mean

LARGEST_VOLUME = 1e9
"""Cubic Angstrom: far beyond any crystal, and small enough for a neighbour search."""

Occupancies = Mapping[str, Mapping[str, float]]
"""Site label or element -> species -> occupancy; what is missing to 1 is vacancy. An empty text as species is the one
that the site holds anyway."""


def parent_from_structure(
    structure: Structure,
    name: str,
    source: str,
    occupied: Occupancies | None = None,
    pools: Sequence[Sequence[str]] | None = None,
    charges: Mapping[str, float] | None = None,
    symprec: float = SYMPREC,
    exclude_within: float = 0.0,
    alternatives: Sequence[Sequence[str]] = (),
    max_deviation: float = 0.0,
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
        Formal charges (e) by species or element. Default, and for what is not given: the crystal's oxidation states,
        else neutral states of its elements (:func:`selflimit.structures.parents.charges.infer_charges`); where there
        are none a note says so, and electrostatics is refused.
    symprec
        Distance within which symmetry is found (Angstrom).
    exclude_within
        Of two disordered sites that are closer than this (Angstrom) at most one holds an ion; 0: sites are filled
        independently, and a note says where they are closer than ``CLOSEST_IONS``.
    alternatives
        Groups of site labels that exclude each other wherever they are closer than ``CLOSEST_IONS``.
    max_deviation
        Largest change of an occupancy with which pools are rounded to whole, neutral atoms; 0: they are not.

    Raises
    ------
    InputError
        An unknown label in ``occupied``, a tolerance out of range, or what
        :class:`~selflimit.structures.parents.parents.Parent` refuses.
    """
    require_plausible("symprec", symprec)
    require_cell(name, structure)
    labels = _labels(structure, symprec)
    filled = _occupied(structure, labels, occupied or {}, name)
    exact, notes = with_fractions(filled, labels)
    labels, split = _one_orbit_per_label(exact, labels, symprec)
    exact.add_site_property(LABEL, labels)
    groups = tuple(tuple(one for one in dict.fromkeys(labels) if _stem(one) in group) for group in alternatives)
    formal, doubt = _formal_charges(exact, charges or {}, nearly=max_deviation > 0)
    return Parent(
        name=name,
        structure=exact,
        pools=tuple(tuple(pool) for pool in (pools if pools is not None else _orbit_pools(exact, symprec))),
        charges=formal,
        source=source,
        symprec=symprec,
        notes=(*notes, *split, *_note_if_ordered(exact), *doubt, *_close_neighbours(exact, exclude_within, groups)),
        exclude_within=exclude_within,
        alternatives=groups,
        max_deviation=max_deviation,
    )


def parent_from_poscar(
    path: str | Path,
    occupied: Occupancies,
    pools: Sequence[Sequence[str]] | None = None,
    charges: Mapping[str, float] | None = None,
    symprec: float = SYMPREC,
    exclude_within: float = 0.0,
    max_deviation: float = 0.0,
) -> Parent:
    """Disordered parent from a POSCAR, which knows no occupancies, and the occupancies of its sites.

    Sites are labelled by element and orbit: Li1 is the first orbit of lithium in the file.

    Parameters
    ----------
    path
        The file.
    occupied, pools, charges, symprec, exclude_within, max_deviation
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
    source = f"POSCAR file {path.name}"
    return parent_from_structure(
        structure, path.stem, source, occupied, pools, charges, symprec, exclude_within, (), max_deviation
    )


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
    if strange := sorted({s for content in occupied.values() for s in content if s and not _is_species(s)}):
        raise InputError(
            f"{name}: expected chemical elements or ions in the occupancies, got {strange}"
            f"{did_you_mean(strange[0], (element.symbol for element in Element))}"
        )
    filled = structure.copy()
    for i, label in enumerate(labels):
        element = next(iter(structure[i].species)).symbol
        content = occupied.get(label, occupied.get(element))
        if content is not None:
            own = [str(one) for one in structure[i].species]
            if "" in content and len(own) != 1:
                raise InputError(
                    f"{name}: {label} holds {' and '.join(own)}; say which, e.g. --occupancy {label}={own[0]}:0.5"
                )
            content = {species or own[0]: amount for species, amount in content.items()}
            amounts = content.values()
            if not (amounts and all(amount > 0 for amount in amounts) and sum(amounts) <= 1 + OCCUPANCY_DIGIT):
                raise InputError(
                    f"{name}: expected occupancies above 0 that sum to at most 1, got {dict(content)} on {label}"
                )
            filled[i] = Composition(content)  # type: ignore[assignment]
    return filled


def _is_species(text: str) -> bool:
    """Whether a text is an element or an ion such as 'Fe3+'."""
    element = text.rstrip("+-0123456789.")
    return Element.is_valid_symbol(element) and (text == element or text[-1] in "+-")


def _formal_charges(
    structure: Structure, given: Mapping[str, float], nearly: bool
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Charges by species, the given ones and what they leave open, and a note.

    Parameters
    ----------
    structure
        The crystal.
    given
        Charges (e) by species or element.
    nearly
        As in :func:`selflimit.structures.parents.charges.infer_charges`.

    Raises
    ------
    InputError
        A charge of a species that is not there.
    """
    species = {str(one): one.symbol for site in structure for one in site.species}
    if unknown := sorted(set(given) - species.keys() - set(species.values())):
        raise InputError(
            f"charges for {unknown}, which are not in the crystal{did_you_mean(unknown[0], species)}; its species are "
            f"{sorted(species)}"
        )
    known = {text: given.get(text, given.get(symbol)) for text, symbol in species.items()}
    told = {text: float(charge) for text, charge in known.items() if charge is not None}
    if len(told) == len(species):
        return told, ()
    found, doubt = infer_charges(structure, nearly, told)
    if told and not found:
        left = sorted(species.keys() - told.keys())
        raise InputError(f"no formal charge for {left}: {'; '.join(doubt)}; give theirs too (--charge, charges=...)")
    return found, doubt


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


def _note_if_ordered(structure: Structure) -> tuple[str, ...]:
    """What there is to say of a crystal without disorder."""
    full = all(is_ordered(site) for site in structure)
    return ("the crystal is ordered: every site is full, and there is one ordering",) if full else ()


def _stem(label: str) -> str:
    """A label without the number that :func:`_one_orbit_per_label` adds."""
    return label.rpartition(".")[0] or label


def _close_neighbours(
    structure: Structure, exclude_within: float, alternatives: Sequence[Sequence[str]]
) -> tuple[str, ...]:
    """What there is to say of partly occupied sites that are closer than any two ions are."""
    if not 0.0 < structure.volume < LARGEST_VOLUME:
        return ()  # the neighbour search would fail on it; Parent refuses such a cell with a message
    group = {label: number for number, labels in enumerate(alternatives) for label in labels}
    first, second, _, distances = structure.get_neighbor_list(CLOSEST_IONS)
    marked: dict[str, None] = {}
    for k in np.argsort(distances):
        pair = structure[first[k]], structure[second[k]]
        names = [site.properties[LABEL] for site in pair]
        if distances[k] < exclude_within or any(sum(one.species.values()) >= 1 - OCCUPANCY_DIGIT for one in pair):
            continue
        if group.get(names[0], -1) == group.get(names[1], -2):
            marked[" and ".join(sorted(set(names)))] = None
            continue
        return (
            f"sites {' and '.join(sorted(names))} are partly occupied, {distances[k]:.2f} A apart, and filled "
            f"independently; --exclude-within {CLOSEST_IONS:g} (exclude_within={CLOSEST_IONS:g}) fills one at most",
        )
    return tuple(f"the file marks sites {names} as alternatives: close ones hold at most one ion" for names in marked)


def _orbit_pools(structure: Structure, symprec: float) -> list[list[str]]:
    """One pool for each orbit of disordered sites: the labels that occur in it."""
    pools: dict[int, dict[str, None]] = {}
    for site, orbit in zip(structure, orbits(structure, symprec).tolist(), strict=True):
        if not is_ordered(site):
            pools.setdefault(orbit, {})[site.properties[LABEL]] = None
    return [list(pool) for pool in pools.values()]
