"""Crystals of two electrolytes and what competes with them, as CIF files: a diagram without any key or download.

    python examples/crystals_without_a_key.py my-crystals
    selflimit diagram Li3YCl6 --crystals my-crystals/Li3YCl6
    selflimit diagram Li7La3Zr2O12 --crystals my-crystals/Li7La3Zr2O12

Each crystal is its space group, cell and sites, as published; a force field relaxes them before they compete. Crystals
of Li, Zr, Cl2, LiCl and others ship with the package and are added by themselves. What is not here does not compete.
"""

import sys
from pathlib import Path

import gemmi
import numpy as np
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

HALF = {"Li": 0.5}
SAME = 1e-3
"""Sites whose fractional coordinates agree so far are one."""
CRYSTALS = {
    "Li3YCl6": {
        # Y on two of the sites that it is found on, Li on 6h, and half on 6g (after Schlem et al., Adv. Energy Mater.
        # 10, 1903719 (2020), doi:10.1002/aenm.201903719): disordered, its lowest ordering is found
        "Li3YCl6": (
            "P-3m1", Lattice.hexagonal(11.209, 6.047), [HALF, "Li", "Y", "Y", "Cl", "Cl", "Cl"],
            [[0, 0.326, 0], [0, 0.326, 0.5], [0, 0, 0], [1 / 3, 2 / 3, 0.487], [0.10837, 0.21674, 0.7765],
             [0.12546, 0.56273, 0.7506], [0.21025, 0.42050, 0.2784]],
        ),
        # Spedding, Daane and Herrmann, Acta Cryst. 9, 559 (1956), doi:10.1107/S0365110X5600156X
        "Y": ("P63/mmc", Lattice.hexagonal(3.6474, 5.7306), ["Y"], [[1 / 3, 2 / 3, 0.25]]),
        # Templeton and Carter, J. Phys. Chem. 58, 940 (1954), doi:10.1021/j150521a002
        "YCl3": (
            "C2/m", Lattice.monoclinic(6.92, 11.94, 6.44, 111.0), ["Y", "Cl", "Cl"],
            [[0, 0.166, 0], [0.211, 0, 0.247], [0.229, 0.179, 0.760]],
        ),
        # the layers of ZrCl
        "YCl": ("R-3m:H", Lattice.hexagonal(3.75, 27.5), ["Y", "Cl"], [[0, 0, 0.2139], [0, 0, 0.3855]]),
    },
    "Li7La3Zr2O12": {
        # Awaka, Kijima, Hayakawa and Akimoto, J. Solid State Chem. 182, 2046 (2009), doi:10.1016/j.jssc.2009.05.020
        "Li7La3Zr2O12": (
            "I41/acd:2", Lattice.tetragonal(13.134, 12.663),
            ["La", "La", "Zr", "Li", "Li", "Li", "O", "O", "O"],
            [[0, 0.25, 0.125], [0.1270, 0, 0.25], [0, 0, 0], [0, 0.25, 0.375], [0.1813, 0.4313, 0.125],
             [0.0796, 0.0863, 0.8099], [-0.0335, 0.0546, 0.1528], [0.0531, 0.8524, 0.5341], [0.1498, 0.0269, 0.4458]],
        ),
        "La": ("P63/mmc", Lattice.hexagonal(3.774, 12.171), ["La", "La"], [[0, 0, 0], [1 / 3, 2 / 3, 0.25]]),
        # Meier and Helmholdt, Phys. Rev. B 29, 1387 (1984), doi:10.1103/PhysRevB.29.1387
        "O2": ("C2/m", Lattice.monoclinic(5.403, 3.429, 5.086, 132.53), ["O"], [[0.055, 0, 0.163]]),
        "Li2O": ("Fm-3m", Lattice.cubic(4.619), ["Li", "O"], [[0.25, 0.25, 0.25], [0, 0, 0]]),
        # Cota and de la Mora, Acta Cryst. B 61, 133 (2005), doi:10.1107/S0108768105003629
        "Li2O2": (
            "P63/mmc", Lattice.hexagonal(3.183, 7.726), ["Li", "Li", "O"],
            [[0, 0, 0], [1 / 3, 2 / 3, 0.75], [1 / 3, 2 / 3, 0.150]],
        ),
        "La2O3": (
            "P-3m1", Lattice.hexagonal(3.937, 6.130), ["La", "O", "O"],
            [[1 / 3, 2 / 3, 0.2454], [1 / 3, 2 / 3, 0.6471], [0, 0, 0]],
        ),
        # Howard, Hill and Reichert, Acta Cryst. B 44, 116 (1988), doi:10.1107/S0108768187010279
        "ZrO2": (
            "P21/c", Lattice.monoclinic(5.1505, 5.2116, 5.3173, 99.23), ["Zr", "O", "O"],
            [[0.2754, 0.0395, 0.2083], [0.0700, 0.3317, 0.3447], [0.4496, 0.7569, 0.4792]],
        ),
        "La2Zr2O7": (
            "Fd-3m:2", Lattice.cubic(10.805), ["La", "Zr", "O", "O"],
            [[0.5, 0.5, 0.5], [0, 0, 0], [0.3313, 0.125, 0.125], [0.375, 0.375, 0.375]],
        ),
        # ideal places of the rock salt that it is an ordering of (Hodeau et al., J. Solid State Chem. 45, 170 (1982))
        "Li2ZrO3": (
            "C2/c", Lattice.monoclinic(5.422, 9.022, 5.419, 112.7), ["Zr", "Li", "Li", "O", "O"],
            [[0, 0.087, 0.25], [0, 0.417, 0.25], [0, 0.75, 0.25], [0.25, 0.25, 0.5], [0.27, 0.58, 0.49]],
        ),
        # oxygen on a third of the octahedra of hexagonal zirconium
        "Zr3O": ("R-3c:H", Lattice.hexagonal(5.6, 15.5), ["Zr", "O"], [[1 / 3, 0, 0.25], [0, 0, 0]]),
    },
}  # fmt: skip
"""Electrolyte -> name of a file -> space group, lattice (Angstrom), species and fractional sites."""


def crystal_of(group: str, lattice: Lattice, species: list, sites: list) -> Structure:
    """All atoms of a crystal from one site of each orbit, by the operations of the space group in its setting."""
    operations = gemmi.SpaceGroup(group).operations()
    atoms = []
    for kind, site in zip(species, sites, strict=True):
        orbit = []
        for operation in operations:
            place = np.array(operation.apply_to_xyz(list(site))) % 1
            if all(np.linalg.norm((place - other + 0.5) % 1 - 0.5) > SAME for other in orbit):
                orbit.append(place)
        atoms += [(kind, place) for place in orbit]
    return Structure(lattice, [kind for kind, _ in atoms], [place for _, place in atoms])


def write_crystals(folder: Path) -> None:
    """Write one folder of CIF files for each electrolyte."""
    for electrolyte, crystals in CRYSTALS.items():
        place = folder / electrolyte
        place.mkdir(parents=True, exist_ok=True)
        for name, (group, lattice, species, sites) in crystals.items():
            crystal = crystal_of(group, lattice, species, sites)
            CifWriter(crystal, symprec=0.001).write_file(place / f"{name}.cif")


if __name__ == "__main__":
    write_crystals(Path(sys.argv[1] if len(sys.argv) > 1 else "my-crystals"))
