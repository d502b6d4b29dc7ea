"""Disordered parent cells: which sites share their atoms with which, and what each species' formal charge is."""

import json
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from math import lcm
from typing import Any

from monty.json import MSONable
from pymatgen.core import Composition, Lattice, Structure
from pymatgen.core.sites import PeriodicSite

from selflimit.errors import InputError

OCCUPANCY_DIGIT = 5e-4
"""Half the last digit of an occupancy written with three decimals, as CIF files do (0.667 for 2/3): the rounding
that the checks on integer composition and on neutrality forgive per site."""

LABEL = "label"
"""Site property that holds the site's label in its parent."""


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
        Formal charge (e) of each species, keyed by its text, e.g. ``{"Li": 1, "Zr": 4, "Cl": -1}``.
    source
        Where cell and occupancies come from.

    Raises
    ------
    InputError
        An unlabelled site, an unknown or repeated label in ``pools``, a disordered site in no pool, an occupancy above
        1, a species without a charge, or a charged cell.
    """

    name: str
    structure: Structure
    pools: tuple[tuple[str, ...], ...]
    charges: dict[str, float]
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "pools", tuple(tuple(pool) for pool in self.pools))  # lists after JSON
        _check_occupancies(self.name, self.structure)
        _check_pools(self.name, self.structure, self.pools)
        _check_charges(self.name, self.structure, self.charges)

    @property
    def formula(self) -> str:
        """Reduced formula of the composition, e.g. 'Li2ZrCl6'; partial occupancies are taken as fractions."""
        amounts = {
            e: Fraction(a).limit_denominator(100) for e, a in self.structure.composition.element_composition.items()
        }
        common = lcm(*(amount.denominator for amount in amounts.values()))
        return Composition({e: int(amount * common) for e, amount in amounts.items()}).reduced_formula

    def pool_of(self, label: str) -> int:
        """Index of the pool that holds ``label``; -1 for a site outside all pools."""
        return next((k for k, pool in enumerate(self.pools) if label in pool), -1)


def known_parents() -> list[str]:
    """Names of the bundled parents, e.g. 'LZC-A'."""
    return sorted(_bundled()["models"])


def parent_cell(name: str = "LZC-A") -> Parent:
    """Bundled model of disordered C2/m Li2ZrCl6, conventional cell of two formula units.

    No refined coordinates of disordered Li2ZrCl6 are public; all models share the framework of isostructural Li3InCl6
    (ICSD 89617) scaled to Li2ZrCl6's volume and differ in where Zr and Li may sit: 'LZC-A' orders Zr on 2a,
    'LZC-C' mixes all octahedral holes, 'LZC-D' puts Li on 4g too, 'LZC-E' has the Zr disorder of the indium compound.

    Raises
    ------
    InputError
        No model of that name.
    """
    data = _bundled()
    if name not in data["models"]:
        raise InputError(f"expected a bundled parent ({', '.join(known_parents())}), got {name!r}; or give a CIF file")
    model = data["models"][name]
    structure = _from_wyckoff(data, model["occupancies"])
    pools = tuple(tuple(pool) for pool in model["pools"])
    source = f"{model['about']}. {data['source']}"
    return Parent(name, structure, pools, dict(data["charges"]), source)


def occupancies(site: PeriodicSite) -> dict[str, float]:
    """Occupancy of each species on ``site``, keyed by the species' text; vacancy is what is missing to 1."""
    return {str(species): float(amount) for species, amount in site.species.items()}


def is_ordered(site: PeriodicSite) -> bool:
    """Whether one species fills ``site`` (to within the rounding of a written occupancy)."""
    amounts = list(site.species.values())
    return len(amounts) == 1 and amounts[0] > 1 - OCCUPANCY_DIGIT


def _bundled() -> dict[str, Any]:
    text = files("selflimit.structures").joinpath("data", "lzc.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _from_wyckoff(data: dict[str, Any], occupied: dict[str, dict[str, str]]) -> Structure:
    cell = data["lattice"]
    lattice = Lattice.monoclinic(cell["a"], cell["b"], cell["c"], cell["beta"])
    species = [
        Composition({element: float(Fraction(text)) for element, text in site.items()}) for site in occupied.values()
    ]
    positions = [data["positions"][label] for label in occupied]
    return Structure.from_spacegroup(
        data["space_group"], lattice, species, positions, site_properties={LABEL: list(occupied)}
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


def _check_pools(name: str, structure: Structure, pools: tuple[tuple[str, ...], ...]) -> None:
    labels = {site.properties[LABEL] for site in structure}
    counted = Counter(label for pool in pools for label in pool)
    if unknown := sorted(set(counted) - labels):
        raise InputError(f"{name}: pool names unknown sites {unknown}; the sites are {sorted(labels)}")
    if repeated := sorted(label for label, times in counted.items() if times > 1):
        raise InputError(f"{name}: sites {repeated} are in more than one pool; give each site one pool")
    open_sites = {site.properties[LABEL] for site in structure if not is_ordered(site)} - set(counted)
    if open_sites:
        raise InputError(f"{name}: disordered sites {sorted(open_sites)} are in no pool; add them to pools={pools}")


def _check_charges(name: str, structure: Structure, charges: dict[str, float]) -> None:
    content = [(species, amount) for site in structure for species, amount in occupancies(site).items()]
    if missing := sorted({species for species, _ in content} - set(charges)):
        raise InputError(f"{name}: no formal charge for {missing}; give charges={{species: charge in e}}")
    total = sum(charges[species] * amount for species, amount in content)
    forgiven = 1e-6 + OCCUPANCY_DIGIT * sum(abs(charges[species]) for species, amount in content if amount < 1)
    if abs(total) > forgiven:
        raise InputError(
            f"{name}: expected a neutral cell, got a total charge of {total:+.4g} e; check charges {dict(charges)} "
            "and occupancies"
        )
