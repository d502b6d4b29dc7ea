"""Cost per symmetry-distinct ordering, of the lowest ten, and of icet, SHRY and bsym on the same cases, in one run.

    python benchmarks/orderings.py [--shry PYTHON]

CPU seconds of one core, the least of some repetitions after a first call that compiles; laying out the cell and the
Ewald sum are included where the line says so. icet and bsym are measured where they are installed; SHRY needs an older
pymatgen, so it is run by the interpreter PYTHON of an environment of its own (pip install shry).
"""

import argparse
import importlib.util
import resource
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from pymatgen.core import Lattice, Structure

from selflimit.structures import Parent, count_orderings, lowest_orderings, parent_cell
from selflimit.structures.orderings.cell_shapes import cells_to_fill
from selflimit.structures.orderings.cells import lay_out
from selflimit.structures.orderings.counting import count_in
from selflimit.structures.orderings.orderings import enumerate_in


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
TERNARY = {"Fe": 0.25, "Ni": 0.25, "Co": 0.5}
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
        crystal("Ia-3d", Lattice.cubic(12), {"A": (TERNARY, [0, 0, 0])}),
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
    (
        "simple cubic, ternary",
        crystal("Pm-3m", CUBE, {"A": ({"Fe": 1 / 9, "Ni": 2 / 9, "Co": 2 / 3}, [0, 0, 0])}),
        "3x3x3",
    ),
    ("simple cubic, half", crystal("Pm-3m", CUBE, {"A": (alloy("Fe", "Ni", 0.5), [0, 0, 0])}), "2x3x4"),
    ("bcc, third", crystal("Im-3m", CUBE, {"A": (alloy("Fe", "Ni", 1 / 3), [0, 0, 0])}), "2x2x3"),
    ("fcc, quarter", crystal("Fm-3m", CUBE, {"A": (alloy("Fe", "Ni", 0.25), [0, 0, 0])}), "2x2x2"),
    ("fcc, 12 of 32", crystal("Fm-3m", CUBE, {"A": (alloy("Fe", "Ni", 0.375), [0, 0, 0])}), "2x2x2"),
    ("fcc, half", crystal("Fm-3m", CUBE, {"A": (alloy("Fe", "Ni", 0.5), [0, 0, 0])}), "2x2x2"),
    ("hexagonal layer, ternary", crystal("P6/mmm", HEXAGON, {"A": (TERNARY, [0, 0, 0])}), "4x4x1"),
    ("hcp, quarter", crystal("P6_3/mmc", HEXAGON, {"A": (alloy("Fe", "Ni", 0.25), [1 / 3, 2 / 3, 0.25])}), "4x4x1"),
    (
        "layered oxide, half",
        crystal(
            "R-3m",
            Lattice.hexagonal(2.8, 14.0),
            {"A": (alloy("Li", "Na", 0.5), [0, 0, 0.5]), "B": ("Co", [0, 0, 0]), "O": ("O", [0, 0, 0.26])},
        ),
        "4x2x1",
    ),
    (
        "rutile, oxygen quarter",
        crystal(
            "P4_2/mnm",
            Lattice.tetragonal(4.6, 2.96),
            {"A": ("Ti", [0, 0, 0]), "O": (alloy("F", "O", 0.25), [0.305, 0.305, 0])},
        ),
        "2x2x2",
    ),
    (
        "fluorite, quarter empty",
        crystal("Fm-3m", CUBE, {"A": ("Zr", [0, 0, 0]), "X": ({"O": 0.75}, [0.25, 0.25, 0.25])}),
        "2x2x1",
    ),
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


SHRY = """
import sys, time
from pymatgen.core import Structure
from shry import Substitutor
crystal = Structure.from_file(sys.argv[1])
begin = time.process_time()
number = sum(1 for _ in Substitutor(crystal).make_patterns())
print(number, time.process_time() - begin)
"""

SHRY_CASES = (
    "hexagonal layer, ternary",
    "fcc, ternary",
    "simple cubic, third",
    "layered oxide, half",
    "garnet 24c, half",
    "simple cubic, half",
)
"""Cases without vacancies, small enough to wait for."""


def peers(shry):
    """CPU time per structure of the other programs and the ratio to ours on the same case, set-up included."""
    print("\n| program and case | structures | theirs (us each) | ours (us each) | ratio |\n|---|---|---|---|---|")
    rows = [*(shry_rows(shry) if shry else []), *icet_rows(), *bsym_rows()]
    for name in dict.fromkeys(row[0] for row in rows):
        ratios = [theirs / ours for program, _, _, theirs, ours in rows if program == name]
        print(f"median ratio, {name}: {np.median(ratios):,.0f}")


def told(program, case, number, theirs, ours):
    print(
        f"| {program}, {case} | {number:,} | {1e6 * theirs / number:,.0f} | {1e6 * ours / number:.3f} "
        f"| {theirs / ours:,.0f} |",
        flush=True,
    )
    return program, case, number, theirs, ours


def shry_rows(python):
    for name, parent, choice in CASES:
        if name not in SHRY_CASES:
            continue
        cell = lay_out(parent, choice)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cell.json"
            plain = cell.structure.copy()
            plain.remove_site_property("label")
            plain.to(str(path), fmt="json")
            answer = subprocess.run(
                [python, "-c", SHRY, str(path)], capture_output=True, text=True, check=True, timeout=3600
            ).stdout.split()
        number, theirs = int(answer[-2]), float(answer[-1])
        assert number == count_in(cell).distinct, (name, number)
        ours = cpu(lambda cell=cell: sum(len(block) for block in enumerate_in(cell)), 5)
        yield told("SHRY", f"{name} {choice}", number, theirs, ours)


def icet_rows():
    if not importlib.util.find_spec("icet"):
        return
    from icet.tools.structure_enumeration import enumerate_structures
    from pymatgen.io.ase import AseAtomsAdaptor

    for group, lattice, position, n_cells in (
        ("Fm-3m", CUBE, [0, 0, 0], 8),
        ("Fm-3m", CUBE, [0, 0, 0], 12),
        ("Fm-3m", CUBE, [0, 0, 0], 16),
        ("Fm-3m", CUBE, [0, 0, 0], 18),
        ("P6_3/mmc", HEXAGON, [1 / 3, 2 / 3, 0.25], 8),
        ("P6_3/mmc", HEXAGON, [1 / 3, 2 / 3, 0.25], 9),
    ):
        primitive = crystal(group, lattice, {"A": ("Au", position)}).structure.get_primitive_structure()
        atoms = AseAtomsAdaptor.get_atoms(primitive, msonable=False)
        begin = time.process_time()
        number = sum(1 for _ in enumerate_structures(atoms, [n_cells], ["Au", "Pd"], {"Au": (0.5, 0.5)}))
        theirs = time.process_time() - begin
        parent = crystal(group, lattice, {"A": (alloy("Au", "Pd", 0.5), position)})
        assert number == count_orderings(parent, n_cells=n_cells, superperiodic=False).distinct, (group, number)
        case = f"{group}, half, shapes of {n_cells} cells"
        yield told("icet", case, number, theirs, cpu(lambda p=parent, n=n_cells: all_shapes(p, n), 7))
        whole = cpu(lambda p=parent, n=n_cells: all_shapes(replace(p), n), 7)  # a copy has to find its space group
        yield told("icet (our space group found anew)", case, number, theirs, whole)


def all_shapes(parent, n_cells):
    return sum(len(block) for cell in cells_to_fill(parent, n_cells=n_cells) for block in enumerate_in(cell, False))


def bsym_rows():
    if not importlib.util.find_spec("bsym"):
        return
    from bsym.interface.pymatgen import unique_structure_substitutions

    cell = lay_out(parent_cell("LZC-A"), "3x1x1")
    (pool,) = cell.pools
    sites = cell.structure.copy()
    for i in cell.active:
        sites[int(i)] = "X0+"
    amounts = dict(zip(["Li", "Mg"], pool.counts, strict=True))
    theirs = cpu(lambda: unique_structure_substitutions(sites, "X", amounts, verbose=False), 1)
    ours = cpu(lambda: sum(len(block) for block in enumerate_in(cell)), 20)
    yield told("bsym", "LZC-A 3x1x1", count_in(cell).distinct, theirs, ours)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shry", default="", help="interpreter of an environment with SHRY")
    asked = parser.parse_args()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    enumeration()
    lowest()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory above the imports' {before:.0f} MiB: {peak - before:.0f} MiB")
    peers(asked.shry)
