"""All binary superstructures of the face-centred cubic lattice with up to five atoms, counted by composition."""

from pymatgen.core import Lattice, Structure

from selflimit.structures import count_orderings, parent_from_structure


def superstructures(n_cells: int) -> int:
    """Distinct orderings of two species on all shapes of ``n_cells`` sites that belong to no smaller cell."""
    total = 0
    for k in range(1, n_cells):
        atoms = Structure.from_spacegroup(
            "Fm-3m", Lattice.cubic(4.0), [{"Cu": k / n_cells, "Au": 1 - k / n_cells}], [[0, 0, 0]]
        )
        parent = parent_from_structure(atoms, "CuAu", "example", charges={})
        total += count_orderings(parent, n_cells=n_cells, superperiodic=False).distinct
    return total


def main() -> dict[int, int]:
    """Number of superstructures by number of sites."""
    return {n: superstructures(n) for n in range(2, 6)}


if __name__ == "__main__":
    for n, number in main().items():
        print(f"{n} sites: {number} superstructures")
