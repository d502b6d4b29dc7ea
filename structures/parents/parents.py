"""Disordered parent cells: which sites share their atoms with which, and what each species' formal charge is."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from html import escape
from importlib.resources import files
from textwrap import shorten
from typing import Any

import numpy as np
from monty.json import MSONable
from pymatgen.core import Composition, Lattice, Structure

from selflimit.arrays import IntArray
from selflimit.errors import InputError, RemediableError
from selflimit.plausible import require_plausible
from selflimit.structures.parents.excluded_pairs import excluded_pairs
from selflimit.structures.parents.occupancies import OCCUPANCY_DIGIT, is_ordered, occupancies
from selflimit.structures.parents.symmetry import PrimitiveCell, find_primitive_cell, space_group
from selflimit.suggestions import did_you_mean

LABEL = "label"
"""Site property that holds the site's label in its parent."""

SYMPREC = 0.01
"""Default distance (Angstrom) within which symmetry is found: above the rounding of coordinates with three decimals in
cells of 10 A, far below any distance between atoms."""

OVERLAP = 0.15
"""Sites closer than this (Angstrom) are one site given twice: diffraction with Mo K alpha radiation resolves half its
wavelength, 0.36 A, and split positions are not refined at less than half of that."""

CLOSEST_IONS = 1.8
"""Distance (Angstrom) below which two ions of one sublattice do not sit: Li-Li contacts begin above 2 Angstrom."""

LEAST_HEIGHT = 0.3
"""Distance (Angstrom) of two faces of a cell below which it is none: atoms repeat at their own distance at least."""
LARGEST_BOX = 1e7
"""Volume (cubic Angstrom) of the box around a cell beyond which it is refused: two hundred Angstrom along each edge."""
ATOMS_TOO_CLOSE = 0.5
"""Distance (Angstrom) below which two sites that are both fully occupied cannot be atoms: H2's bond is 0.74 A. Some
published structures have such sites; their orderings can be counted, but they have no energy."""


MOST_POOLS_SHOWN = 6
"""Pools that a parent's text names."""


@dataclass(frozen=True)
class Parent(MSONable):
    """A crystal with partially occupied sites; what is missing from a site's occupancy is vacancy.

    Parameters
    ----------
    name
        Name on results, e.g. 'LZC-A'.
    structure
        Conventional cell with partial occupancies (Angstrom). Every site carries the property 'label'.
    pools
        Groups of site labels that share one composition: within a pool every way to place its atoms and vacancies is
        an ordering, between pools atoms never move.
    charges
        Formal charge (e) of each species, keyed by its text, e.g. ``{"Li": 1, "Zr": 4, "Cl": -1}``; empty if none are
        known, which only electrostatics needs. Crystals with atoms on top of each other may have none.
    source
        Where cell and occupancies come from.
    symprec
        Distance within which symmetry is found (Angstrom).
    notes
        What was made of the input, e.g. which rounded occupancies were taken as fractions.
    exclude_within
        Of two sites of the pools that are closer than this (Angstrom) at most one holds an ion; 0: sites are filled
        independently.
    alternatives
        Groups of labels that exclude each other wherever they are closer than ``CLOSEST_IONS``: a CIF file's disorder
        assemblies.
    max_deviation
        Largest change of an occupancy (dimensionless) with which the pools are rounded to whole atoms, neutral
        together, in every cell; then ``charges`` need not make the refined occupancies neutral. 0: refined occupancies
        are kept, and a cell that they do not fit is refused.

    Raises
    ------
    InputError
        An implausible tolerance, an unlabelled site, an unknown or repeated label in ``pools``, a disordered
        site in no pool, an occupancy above 1, overlapping sites, a species without a charge, or a charged cell.
    """

    name: str
    structure: Structure
    pools: tuple[tuple[str, ...], ...]
    charges: dict[str, float]
    source: str
    symprec: float = SYMPREC
    notes: tuple[str, ...] = ()
    exclude_within: float = 0.0
    alternatives: tuple[tuple[str, ...], ...] = ()
    max_deviation: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "pools", tuple(tuple(pool) for pool in self.pools))  # lists after JSON
        object.__setattr__(self, "alternatives", tuple(tuple(group) for group in self.alternatives))
        object.__setattr__(self, "notes", tuple(self.notes))
        require_plausible("symprec", self.symprec)
        require_plausible("exclude_within", self.exclude_within)
        require_plausible("max_deviation", self.max_deviation)
        _check_occupancies(self.name, self.structure)
        _check_distances(self.name, self.structure, OVERLAP if not self.charges else ATOMS_TOO_CLOSE)
        _check_pools(self.name, self.structure, self.pools)
        _check_charges(self.name, self.structure, self.charges)
        if not self.max_deviation:
            _check_neutral(self.name, self.structure, self.charges)

    @property
    def formula(self) -> str:
        """Reduced formula of the composition, e.g. 'Li2ZrCl6'; partial occupancies are taken as fractions."""
        amounts = {
            e: Fraction(a).limit_denominator(100) for e, a in self.structure.composition.element_composition.items()
        }
        common = math.lcm(*(amount.denominator for amount in amounts.values()))
        return Composition({e: int(amount * common) for e, amount in amounts.items()}).reduced_formula

    @cached_property
    def primitive(self) -> PrimitiveCell:
        """Primitive cell and space group of the whole disordered crystal.

        Raises
        ------
        InputError
            From :func:`selflimit.structures.parents.symmetry.find_primitive_cell`.
        """
        marks = [self.pool_of(site.properties[LABEL]) for site in self.structure]
        return find_primitive_cell(self.structure, self.symprec, marks)

    @cached_property
    def excluded_pairs(self) -> IntArray:
        """Sites of :attr:`primitive` of which at most one holds an ion, in both directions, shape (n_pairs, 5).

        A row holds two sites, and the cell of the second one as seen from that of the first.
        """
        labels = [self.structure[i].properties[LABEL] for i in self.primitive.origin]
        pooled = [label if self.pool_of(label) >= 0 else "" for label in labels]
        return excluded_pairs(self.primitive, pooled, self.exclude_within, self.alternatives, CLOSEST_IONS)

    def with_pools(self, pools: Sequence[Sequence[str]]) -> "Parent":
        """The same crystal with other pools.

        Raises
        ------
        InputError
            Unknown or repeated labels, or a disordered site in no pool.
        """
        return replace(self, pools=tuple(tuple(pool) for pool in pools))

    def __repr__(self) -> str:
        return "\n".join([f"Parent {self.name}", *(f"  {heading}: {text}" for heading, text in self._rows())])

    def _repr_html_(self) -> str:
        rows = [f"<tr><th>{heading}</th><td>{escape(text)}</td></tr>" for heading, text in self._rows()]
        return f"<table><caption>{escape(self.name)}</caption>{''.join(rows)}</table>"

    def _rows(self) -> list[tuple[str, str]]:
        """What the crystal is, as headings and texts, eight at most."""
        number, symbol = space_group(self.structure, self.symprec)
        more = len(self.pools) - MOST_POOLS_SHOWN
        return [
            ("formula", f"{self.formula}, {len(self.structure)} sites, {self.structure.volume:.4g} A^3"),
            ("space group", f"{symbol} ({number})"),
            *(("pool", self._pool_text(pool)) for pool in self.pools[:MOST_POOLS_SHOWN]),
            *([("pools", f"{more} more")] if more > 0 else []),
            ("source", shorten(self.source, 100, placeholder=" ...")),
            *([("notes", shorten("; ".join(self.notes), 100, placeholder=" ..."))] if self.notes else []),
        ]

    def _pool_text(self, pool: tuple[str, ...]) -> str:
        sites = [site for site in self.structure if site.properties[LABEL] in pool]
        amounts: Counter[str] = Counter()
        for site in sites:
            amounts.update(occupancies(site))
        shares = [f"{species} {_written(amount / len(sites))}" for species, amount in amounts.items()]
        return f"{'+'.join(pool)}: {', '.join(shares)} on {len(sites)} sites"

    def pool_of(self, label: str) -> int:
        """Index of the pool that holds ``label``; -1 for a site outside all pools."""
        return next((k for k, pool in enumerate(self.pools) if label in pool), -1)


def _written(share: float) -> str:
    """A share as the simple fraction that it is, or with four digits."""
    fraction = Fraction(share).limit_denominator(24)
    return str(fraction) if abs(fraction - share) < 1e-9 else f"{share:.4g}"


def known_parents() -> list[str]:
    """Names of the bundled parents, e.g. 'LZC-A'.

    >>> known_parents()
    ['LZC-A', 'LZC-C', 'LZC-D', 'LZC-E', 'LZC-trigonal', 'Li3InCl6']
    """
    return sorted(_bundled()["models"])


def parent_cell(name: str = "LZC-A") -> Parent:
    """Bundled model of a disordered halide electrolyte, conventional cell.

    No refined coordinates of disordered Li2ZrCl6 are public. 'LZC-A', '-C', '-D', '-E' share the framework of
    isostructural C2/m Li3InCl6 (ICSD 89617) scaled to Li2ZrCl6's volume and differ in where Zr and Li may sit: 'LZC-A'
    orders Zr on 2a, 'LZC-C' mixes all octahedral holes, 'LZC-D' puts Li on 4g too, 'LZC-E' has the Zr disorder of the
    indium compound. 'LZC-trigonal' is the P-3m1 form of the Li3YCl6 type; 'Li3InCl6' is the indium compound itself.

    >>> parent_cell("LZC-A").with_pools([["Li1", "Li2"]])
    Parent LZC-A
      formula: Li2ZrCl6, 20 sites, 412 A^3
      space group: C2/m (12)
      pool: Li1+Li2: Li 2/3 on 6 sites
      source: Zr ordered on 2a, Li spread over 4h and 2d. Framework and Wyckoff positions of isostructural ...

    Raises
    ------
    InputError
        No model of that name.
    """
    data = _bundled()
    if name not in data["models"]:
        raise InputError(
            f"expected a bundled parent ({', '.join(known_parents())}), got {name!r}"
            f"{did_you_mean(name, known_parents()) or '; or give a CIF file'}"
        )
    model = data["models"][name]
    framework = data["frameworks"][model["framework"]]
    structure = _from_wyckoff(framework, model["occupancies"])
    elements = {element for site in model["occupancies"].values() for element in site}
    return Parent(
        name=name,
        structure=structure,
        pools=tuple(tuple(pool) for pool in model["pools"]),
        charges={element: charge for element, charge in data["charges"].items() if element in elements},
        source=f"{model['about']}. {framework['source']}",
    )


def _bundled() -> dict[str, Any]:
    text = files("selflimit.structures").joinpath("data", "parents.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _from_wyckoff(framework: dict[str, Any], occupied: dict[str, dict[str, str]]) -> Structure:
    lattice = Lattice.from_parameters(**framework["lattice"])
    species = [
        Composition({element: float(Fraction(text)) for element, text in site.items()}) for site in occupied.values()
    ]
    positions = [framework["positions"][label] for label in occupied]
    return Structure.from_spacegroup(
        framework["space_group"], lattice, species, positions, site_properties={LABEL: list(occupied)}
    )


def _check_occupancies(name: str, structure: Structure) -> None:
    for site in structure:
        if LABEL not in site.properties:
            raise InputError(f"{name}: site {site} has no label; set the site property {LABEL!r} on every site")
        total = sum(site.species.values())
        if total > 1 + OCCUPANCY_DIGIT:
            raise InputError(
                f"{name}: expected occupancies that sum to at most 1, got {total:.4g} on site "
                f"{site.properties[LABEL]}; correct the occupancies"
            )


def find_closest_atoms(structure: Structure, reach: float = ATOMS_TOO_CLOSE) -> tuple[str, str, float] | None:
    """Labels and distance (Angstrom) of two sites within ``reach`` that cannot both be there; None if there are none.

    Those are sites closer than ``OVERLAP``, and two full ones closer than ``ATOMS_TOO_CLOSE``.
    """
    first, second, _, distances = structure.get_neighbor_list(reach)
    for k in np.argsort(distances):
        sites = structure[first[k]], structure[second[k]]
        if distances[k] < OVERLAP or all(is_ordered(site) for site in sites):
            return sites[0].properties[LABEL], sites[1].properties[LABEL], float(distances[k])
    return None


def require_cell(name: str, structure: Structure) -> None:
    """Refuse a cell whose neighbours could not be looked for: the search fills the box around it with cubes.

    Parameters
    ----------
    name
        Begins the message.
    structure
        The crystal (Angstrom).

    Raises
    ------
    InputError
        It is too flat, or too large, for any crystal.
    """
    lattice = structure.lattice
    box = float(np.prod(np.abs(lattice.matrix).sum(axis=0)))
    areas = [float(np.linalg.norm(np.cross(lattice.matrix[i - 1], lattice.matrix[i - 2]))) for i in range(3)]
    flat = min((lattice.volume / area if area > 0.0 else 0.0) for area in areas)
    if not (flat >= LEAST_HEIGHT and box <= LARGEST_BOX):
        a, b, c = lattice.abc
        raise InputError(
            f"{name}: expected a cell of a crystal, got edges of {a:.3g}, {b:.3g} and {c:.3g} A and a volume of "
            f"{lattice.volume:.3g} A^3; correct the lattice"
        )


def _check_distances(name: str, structure: Structure, reach: float) -> None:
    require_cell(name, structure)
    pair = find_closest_atoms(structure, reach)
    if pair:
        raise InputError(
            f"{name}: sites {pair[0]} and {pair[1]} overlap, {pair[2]:.3f} A apart; give sites that share a position "
            "as one site with several occupancies, or correct the positions"
        )


def _check_pools(name: str, structure: Structure, pools: tuple[tuple[str, ...], ...]) -> None:
    labels = {site.properties[LABEL] for site in structure}
    counted = Counter(label for pool in pools for label in pool)
    if unknown := sorted(set(counted) - labels):
        raise InputError(
            f"{name}: pool names unknown sites {unknown}{did_you_mean(unknown[0], labels)}; the sites are "
            f"{sorted(labels)}"
        )
    if repeated := sorted(label for label, times in counted.items() if times > 1):
        raise InputError(f"{name}: sites {repeated} are in more than one pool; give each site one pool")
    open_sites = {site.properties[LABEL] for site in structure if not is_ordered(site)} - set(counted)
    if open_sites:
        raise InputError(f"{name}: disordered sites {sorted(open_sites)} are in no pool; add them to pools={pools}")


def excess_charge(structure: Structure, charges: dict[str, float]) -> float:
    """Total formal charge of the cell (e); 0 if it is within what rounded occupancies can make."""
    content = [(species, amount) for site in structure for species, amount in occupancies(site).items()]
    total = sum(charges[species] * amount for species, amount in content)
    forgiven = 1e-6 + OCCUPANCY_DIGIT * sum(abs(charges[species]) for species, amount in content if amount < 1)
    return total if abs(total) > forgiven else 0.0


def _check_charges(name: str, structure: Structure, charges: dict[str, float]) -> None:
    if not charges:
        return
    species = {species for site in structure for species in occupancies(site)}
    if missing := sorted(species - set(charges)):
        meant = "".join(did_you_mean(word, missing) for word in sorted(set(charges) - species)[:1])
        raise InputError(f"{name}: no formal charge for {missing}{meant}; give charges={{species: charge in e}}")
    if strange := {one: charge for one, charge in charges.items() if not math.isfinite(charge)}:
        raise InputError(f"{name}: expected formal charges in e, got {strange}")


def _check_neutral(name: str, structure: Structure, charges: dict[str, float]) -> None:
    if charges and (total := excess_charge(structure, charges)):
        raise RemediableError(
            f"{name}: expected a neutral cell, got a total charge of {total:+.4g} e; check charges {dict(charges)} "
            "and occupancies, or let the populations be made neutral (--nearest, max_deviation=0.1)",
            ("--nearest",),
        )
