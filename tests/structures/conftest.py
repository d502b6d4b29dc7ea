"""Small disordered crystals for the tests of the enumeration."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from selflimit.structures import Parent


def make_parent(group, lattice, sites, pools=None):
    """Parent from a space group and {label: (occupancies, position)}; species carry no charge."""
    structure = Structure.from_spacegroup(
        group,
        lattice,
        [content for content, _ in sites.values()],
        [position for _, position in sites.values()],
        site_properties={"label": list(sites)},
    )
    species = {str(one) for site in structure for one in site.species}
    disordered = [label for label, (content, _) in sites.items() if isinstance(content, dict)]
    return Parent(
        "toy", structure, pools or tuple((label,) for label in disordered), dict.fromkeys(species, 0.0), "test"
    )


@pytest.fixture
def parent_of():
    return make_parent


LATTICES = {
    "P-1": Lattice.from_parameters(4.1, 4.7, 5.3, 81, 97, 104),
    "C2/m": Lattice.monoclinic(5.6, 4.3, 4.9, 109),
    "Pnma": Lattice.orthorhombic(4.2, 5.1, 6.3),
    "I-42d": Lattice.tetragonal(4.4, 6.1),
    "P4/mmm": Lattice.tetragonal(3.1, 4.4),
    "R-3m": Lattice.hexagonal(3.9, 9.7),
    "P3_121": Lattice.hexagonal(4.2, 5.2),
    "P6_3/mmc": Lattice.hexagonal(3.2, 5.2),
    "Pm-3m": Lattice.cubic(3.9),
    "Fd-3m": Lattice.cubic(8.1),
}
"""One space group and cell or more of each crystal system."""


def random_parent(group, seed, most_sites=14):
    """A random crystal of a disordered sublattice and, where there is room, an ordered one."""
    random = np.random.default_rng(seed)
    lattice = LATTICES[group]
    special = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, 0.0, 0.0], [0.0, 0.0, 0.5], [0.21, 0.34, 0.13]]
    position, other = (
        random.random(3).round(3).tolist() if random.random() < 0.4 else special[random.integers(5)] for _ in range(2)
    )
    orbit, orbit_of_other = (Structure.from_spacegroup(group, lattice, ["Na"], [at]) for at in (position, other))
    if not 1 < len(orbit) <= most_sites or closest(orbit) < 0.6:
        position, orbit = next(
            (at, found)
            for at in special
            if 1 < len(found := Structure.from_spacegroup(group, lattice, ["Na"], [at])) <= max(most_sites, 8)
        )
    n_first = int(random.integers(1, len(orbit)))
    content = {"Li": n_first / len(orbit)}
    if random.random() < 0.5 and n_first < len(orbit):
        content["Na"] = 1 / len(orbit)
    sites = {"A": (content, position)}
    together = Structure(
        lattice, ["Na"] * (len(orbit) + len(orbit_of_other)), [*orbit.frac_coords, *orbit_of_other.frac_coords]
    )
    if closest(together) > 0.6:
        sites["B"] = ("Cl", other)
    return make_parent(group, lattice, sites)


def closest(structure):
    """Smallest distance between two sites (Angstrom)."""
    distances = structure.distance_matrix
    return distances[np.triu_indices(len(structure), 1)].min() if len(structure) > 1 else np.inf


@pytest.fixture
def random_parents():
    return random_parent


@pytest.fixture
def lattices():
    return LATTICES
