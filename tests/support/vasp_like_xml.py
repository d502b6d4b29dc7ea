"""vasprun.xml of the program that stands in for VASP in tests. SYNTHETIC: its bands are flat and made up."""

from itertools import product
from typing import Any
from xml.etree import ElementTree

import numpy as np

KBAR = 1 / 1602.1766
"""eV/Angstrom^3 per kbar."""
ABOUT = {
    "program": "vasp",
    "version": "6.4.2",
    "subversion": "SYNTHETIC pair potential, not VASP",
    "date": "2026 01 01",
    "time": "00:00:00",
}
DEFAULTS = {
    "NELM": "60", "NSW": "0", "IBRION": "-1", "ISPIN": "1", "NBANDS": "8", "LMAXMIX": "2", "EDIFFG": "0.001",
    "LDAU": "False", "LHFCALC": "False", "GGA": "--", "LUSE_VDW": "False", "METAGGA": "--",
    "AEXX": "0.0", "HFSCREEN": "0.0", "AGGAX": "1.0", "IVDW": "0",
}  # fmt: skip
"""Parameters that VASP lists whether the INCAR sets them or not."""


def child(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, tag, attributes)
    made.text = text
    return made


def varray(parent: ElementTree.Element, name: str, rows: object) -> None:
    array = child(parent, "varray", name=name)
    for row in np.atleast_2d(np.asarray(rows, dtype=float)):
        child(array, "v", " ".join(f"{value:.10f}" for value in row))


def add_crystal(parent: ElementTree.Element, crystal: Any, **name: str) -> None:
    structure = child(parent, "structure", **name)
    basis = child(structure, "crystal")
    varray(basis, "basis", crystal.cell)
    child(basis, "i", f"{crystal.volume:.8f}", name="volume")
    varray(basis, "rec_basis", np.linalg.inv(crystal.cell).T)
    varray(structure, "positions", crystal.fractional)


def typed(parent: ElementTree.Element, settings: dict[str, str]) -> None:
    """Settings with VASP's types, as both the incar and the parameters have them."""
    for name, value in settings.items():
        words = value.split()
        if value.strip(".").upper() in ("TRUE", "FALSE"):
            child(parent, "i", value.strip(".").upper()[0], type="logical", name=name)
        elif name in ("MAGMOM", "LDAUU", "LDAUJ"):
            pairs = [word.split("*") if "*" in word else ["1", word] for word in words]
            child(parent, "v", " ".join(" ".join([value] * int(count)) for count, value in pairs), name=name)
        elif name in ("LDAUL",):
            child(parent, "v", value, type="int", name=name)
        elif words[0].lstrip("-").isdigit():
            child(parent, "i", value, type="int", name=name)
        elif words[0].lstrip("-.")[:1].isdigit():
            child(parent, "i", f"{float(value):.8E}", name=name)
        else:
            child(parent, "i", value, type="string", name=name)


def atom_information(root: ElementTree.Element, symbols: list[str], titles: list[str]) -> None:
    kinds = list(dict.fromkeys(symbols))
    info = child(root, "atominfo")
    child(info, "atoms", str(len(symbols)))
    child(info, "types", str(len(kinds)))
    rows = child(child(info, "array", name="atoms"), "set")
    for symbol in symbols:
        row = child(rows, "rc")
        child(row, "c", symbol)
        child(row, "c", str(kinds.index(symbol) + 1))
    rows = child(child(info, "array", name="atomtypes"), "set")
    for kind, title in zip(kinds, titles, strict=True):
        row = child(rows, "rc")
        for text in (str(symbols.count(kind)), kind, "1.0", "8.0", title):
            child(row, "c", text)


def k_points(root: ElementTree.Element, mesh: list[int]) -> int:
    """The mesh, unreduced; its number of points."""
    points = [np.array(index) / mesh for index in product(*(range(n) for n in mesh))]
    made = child(root, "kpoints")
    generation = child(made, "generation", param="Gamma")
    child(generation, "v", " ".join(map(str, mesh)), type="int", name="divisions")
    child(generation, "v", "0.0 0.0 0.0", name="usershift")
    varray(made, "kpointlist", points)
    varray(made, "weights", np.full((len(points), 1), 1 / len(points)))
    return len(points)


def eigenvalues(calculation: ElementTree.Element, points: int) -> None:
    """Four filled and four empty flat bands 4 eV apart: an insulator, so that the parsers have a gap to find."""
    spins = child(child(child(calculation, "eigenvalues"), "array"), "set")
    for spin in ("spin 1", "spin 2"):
        one = child(spins, "set", comment=spin)
        for point in range(points):
            bands = child(one, "set", comment=f"kpoint {point + 1}")
            for level, filling in [(-2.0, 1.0)] * 4 + [(2.0, 0.0)] * 4:
                child(bands, "r", f"{level:.4f} {filling:.4f}")


def densities_of_states(calculation: ElementTree.Element) -> None:
    made = child(calculation, "dos")
    child(made, "i", "0.0", name="efermi")
    spins = child(child(child(made, "total"), "array"), "set")
    for spin in ("spin 1", "spin 2"):
        one = child(spins, "set", comment=spin)
        for row in ("-2.0 4.0 4.0", "0.0 0.0 4.0", "2.0 4.0 8.0"):
            child(one, "r", row)


def energies(parent: ElementTree.Element, energy: float) -> None:
    made = child(parent, "energy")
    for name in ("e_fr_energy", "e_wo_entrp", "e_0_energy"):
        child(made, "i", f"{energy:.8f}", name=name)


def write_vasprun(steps: list[Any], incar: dict[str, str], mesh: list[int], titles: list[str]) -> None:
    root = ElementTree.Element("modeling")
    generator = child(root, "generator")
    for name, text in ABOUT.items():
        child(generator, "i", text, type="string", name=name)
    typed(child(root, "incar"), incar)
    points = k_points(root, mesh)
    symbols = steps[0].crystal.symbols
    counts = {"MAGMOM": f"{len(symbols)}*0.6", "NELECT": f"{8.0 * len(symbols)}"}
    typed(child(root, "parameters"), DEFAULTS | counts | incar)
    atom_information(root, symbols, titles)
    add_crystal(root, steps[0].crystal, name="initialpos")
    for number, step in enumerate(steps):
        calculation = child(root, "calculation")
        for _ in range(2):
            energies(child(calculation, "scstep"), step.energy)
        add_crystal(calculation, step.crystal)
        varray(calculation, "forces", step.forces)
        varray(calculation, "stress", -step.stress / KBAR)  # VASP's sign: positive under compression
        energies(calculation, step.energy)
        if number == len(steps) - 1:
            eigenvalues(calculation, points)
            densities_of_states(calculation)
    add_crystal(root, steps[-1].crystal, name="finalpos")
    ElementTree.ElementTree(root).write("vasprun.xml", encoding="ISO-8859-1", xml_declaration=True)
