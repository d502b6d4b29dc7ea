"""Cost per symmetry-distinct ordering, of the lowest ten, and of icet and bsym on the same cells, in one run.

    python benchmarks/orderings.py

CPU seconds of one core, the least of some repetitions after a first call that compiles; laying out the cell and the
Ewald sum are included where the line says so. icet and bsym are measured where they are installed.
"""

import importlib.util
import resource
import time

import numpy as np
from pymatgen.core import Lattice, Structure

from selflimit.structures.cells import lay_out
from selflimit.structures.counting import count_in
from selflimit.structures.lowest import lowest_orderings
from selflimit.structures.orderings import enumerate_in
from selflimit.structures.parents import Parent, parent_cell


def crystal(group, lattice, sites):
    structure = Structure.from_spacegroup(
        group,
        lattice,
        [c for c, _ in sites.values()],
        [x for _, x in sites.values()],
        site_properties={"label": list(sites)},
    )
    pools = tuple((label,) for label, (content, _) in sites.items() if isinstance(content, dict))
    return Parent(group, structure, pools, {}, "benchmark")


def alloy(a, b, share):
    return {a: share, b: 1 - share}


CUBE, HEXAGON = Lattice.cubic(4.0), Lattice.hexagonal(3.0, 4.9)
CASES = [
    ("LZC-C", parent_cell("LZC-C"), "conventional"),
    ("LZC-A", parent_cell("LZC-A"), "4x1x1"),
    ("LZC-E", parent_cell("LZC-E"), "2x1x2"),
    ("LZC-D", parent_cell("LZC-D"), "2x1x2"),
    ("LZC-trigonal", parent_cell("LZC-trigonal"), "1x1x2"),
    ("LZC-A", parent_cell("LZC-A"), "5x1x1"),
    ("LZC-A", parent_cell("LZC-A"), "2x2x1"),
    (
        "quaternary tetragonal",
        crystal(
            "P4/mmm", Lattice.tetragonal(4, 5), {"A": ({"Fe": 0.25, "Ni": 0.25, "Co": 0.25, "Mn": 0.25}, [0, 0, 0])}
        ),
        "2x2x3",
    ),
    (
        "rock salt, both sides",
        crystal(
            "Fm-3m", CUBE, {"A": (alloy("Fe", "Ni", 0.25), [0, 0, 0]), "X": (alloy("O", "F", 0.5), [0.5, 0.5, 0.5])}
        ),
        "1x1x4",
    ),
    (
        "garnet 24c, half",
        crystal("Ia-3d", Lattice.cubic(12), {"A": (alloy("Fe", "Ni", 0.5), [1 / 8, 0, 1 / 4])}),
        "conventional",
    ),
    (
        "garnet 16a, ternary",
        crystal("Ia-3d", Lattice.cubic(12), {"A": ({"Fe": 0.25, "Ni": 0.25, "Co": 0.5}, [0, 0, 0])}),
        "conventional",
    ),
    ("fcc, ternary", crystal("Fm-3m", CUBE, {"A": ({"Fe": 0.25, "Ni": 0.5, "Co": 0.25}, [0, 0, 0])}), "2x2x1"),
    ("hexagonal layer", crystal("P6/mmm", HEXAGON, {"A": (alloy("Fe", "Ni", 0.4), [0, 0, 0])}), "5x5x1"),
    (
        "perovskite, oxygen third",
        crystal(
            "Pm-3m",
            CUBE,
            {"Ba": ("Ba", [0, 0, 0]), "Ti": ("Ti", [0.5, 0.5, 0.5]), "X": (alloy("F", "O", 1 / 3), [0.5, 0.5, 0])},
        ),
        "2x2x2",
    ),
    ("simple cubic, third", crystal("Pm-3m", CUBE, {"A": (alloy("Fe", "Ni", 1 / 3), [0, 0, 0])}), "3x3x3"),
    ("fcc, 12 of 32", crystal("Fm-3m", CUBE, {"A": (alloy("Fe", "Ni", 0.375), [0, 0, 0])}), "2x2x2"),
]


def cpu(function, repetitions):
    least = np.inf
    for _ in range(repetitions):
        begin = time.process_time()
        function()
        least = min(least, time.process_time() - begin)
    return least


def enumeration():
    print("| cell | group order | distinct orderings | ns per distinct ordering |\n|---|---|---|---|")
    classes = {32: [], 64: [], 10**9: []}
    for name, parent, choice in CASES:
        cell = lay_out(parent, choice)
        count = count_in(cell)
        found = sum(len(block) for block in enumerate_in(cell))
        assert found == count.distinct
        seconds = cpu(lambda cell=cell: sum(len(block) for block in enumerate_in(cell)), 2 if found > 3e5 else 5)
        order = len(cell.permutations)
        classes[min(limit for limit in classes if order <= limit)].append(1e9 * seconds / found)
        print(f"| {name} {choice} | {order} | {found:,} | {1e9 * seconds / found:.0f} |", flush=True)
    medians = [f"{np.median(costs):.0f} ns" for costs in classes.values()]
    print(f"\nmedian for group orders up to 32 / up to 64 / above: {' / '.join(medians)}")


def lowest():
    print("\n| lowest 10 by electrostatics | distinct | laying out + Ewald sum + search (s) |\n|---|---|---|")
    for name, choice in (("LZC-E", "2x1x2"), ("LZC-A", "5x1x1"), ("LZC-trigonal", "1x1x2"), ("LZC-C", "2x1x1")):
        cell = lay_out(parent_cell(name), choice)
        lowest_orderings(cell, 10)
        seconds = cpu(lambda name=name, choice=choice: lowest_orderings(lay_out(parent_cell(name), choice), 10), 2)
        print(f"| {name} {choice} | {count_in(cell).distinct:,} | {seconds:.2f} |", flush=True)


def peers():
    cell = lay_out(parent_cell("LZC-A"), "3x1x1")
    ours = cpu(lambda: sum(len(block) for block in enumerate_in(cell)), 20) / count_in(cell).distinct
    print("\n| the same cells in | us per structure | ratio |\n|---|---|---|")
    print(f"| selflimit | {1e6 * ours:.2f} | 1 |")
    if importlib.util.find_spec("bsym"):
        from bsym.interface.pymatgen import unique_structure_substitutions

        (pool,) = cell.pools
        sites = cell.structure.copy()
        for i in cell.active:
            sites[int(i)] = "X0+"
        amounts = dict(zip(["Li", "Mg"], pool.counts, strict=True))
        seconds = cpu(lambda: unique_structure_substitutions(sites, "X", amounts, verbose=False), 1)
        theirs = seconds / count_in(cell).distinct
        print(f"| bsym, LZC-A 3x1x1 | {1e6 * theirs:.0f} | {theirs / ours:,.0f} |")
    if importlib.util.find_spec("icet"):
        from icet.tools.structure_enumeration import enumerate_structures
        from pymatgen.io.ase import AseAtomsAdaptor

        primitive = crystal("Fm-3m", CUBE, {"A": ("Au", [0, 0, 0])}).structure.get_primitive_structure()
        atoms = AseAtomsAdaptor.get_atoms(primitive, msonable=False)
        number = sum(1 for _ in enumerate_structures(atoms, [8], ["Au", "Pd"]))
        theirs = cpu(lambda: sum(1 for _ in enumerate_structures(atoms, [8], ["Au", "Pd"])), 1) / number
        print(f"| icet, fcc binary, shapes of 8 cells | {1e6 * theirs:.0f} | {theirs / ours:,.0f} |")


if __name__ == "__main__":
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    enumeration()
    lowest()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory above the imports' {before:.0f} MiB: {peak - before:.0f} MiB")
    peers()
