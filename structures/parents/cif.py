"""Disordered parents from the user's own CIF files: read right, or refused with the contradiction named."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import gemmi
import numpy as np
from pymatgen.core import Composition, Lattice, Species, Structure

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.structures.parents.cif_symbols import ISOTOPES, element_of, stated_charge
from selflimit.structures.parents.cif_symmetry import SAME_SITE, NamedOperations, expand_site, operation_sets
from selflimit.structures.parents.from_structure import Occupancies, parent_from_structure
from selflimit.structures.parents.occupancies import OCCUPANCY_DIGIT
from selflimit.structures.parents.parents import LABEL, SYMPREC, Parent, excess_charge, find_closest_atoms, require_cell
from selflimit.structures.parents.symmetry import check_space_group

FORMULA_ERROR = 0.05
"""Share of an element, and atoms per formula unit, by which a file's formula may differ from its sites: formulas and
occupancies are rounded."""


class CifSite(NamedTuple):
    """One row of the table of atoms.

    Attributes
    ----------
    label, element, charge
        Label, chemical element, and the charge (e) that the file states, None if it states none.
    occupancy
        Share of the site that the element fills.
    position
        Fractional coordinates, shape (3,).
    multiplicity
        Sites in the cell that the file says there are, None if it does not say.
    """

    label: str
    element: str
    charge: float | None
    occupancy: float
    position: FloatArray
    multiplicity: int | None


def parent_from_cif(
    path: str | Path,
    pools: Sequence[Sequence[str]] | None = None,
    charges: Mapping[str, float] | None = None,
    symprec: float = SYMPREC,
    occupied: Occupancies | None = None,
    exclude_within: float = 0.0,
    max_deviation: float = 0.0,
) -> Parent:
    """Disordered parent from a CIF file, whose cell counts as the conventional cell.

    Formal charges are those that the file states, where they make it neutral.

    Parameters
    ----------
    path
        The file: one crystal.
    pools, charges, symprec, occupied, exclude_within, max_deviation
        As in :func:`selflimit.structures.parents.from_structure.parent_from_structure`; labels are the file's. Sites of
        one disorder assembly of the file that are closer than ``CLOSEST_IONS`` exclude each other in any case.

    Raises
    ------
    InputError
        Missing or malformed file, several crystals, unknown element, occupancy below 0 or above 1, sites that
        contradict the stated formula, multiplicities or space group, or what
        :func:`~selflimit.structures.parents.from_structure.parent_from_structure` refuses.
    """
    path = Path(path)
    block = _crystal_block(path)
    lattice, sites = _lattice(path, block), _read_sites(path, block)
    try:
        small = gemmi.make_small_structure_from_block(block)
        tried = operation_sets(small)
    except (ValueError, RuntimeError) as cause:
        raise _unreadable(path, cause) from cause
    orbits, notes = _expand(path, block, tried, lattice, sites)
    states = _states(sites, charges)
    structure = _merged(lattice, [_species(site, states) for site in sites], sites, orbits)
    require_cell(path.name, structure)
    if not charges and not occupied:
        charges, more = _stated_charges(structure, states)
        notes += more
    source = f"CIF file {path.name}"
    parent = parent_from_structure(
        structure,
        path.stem,
        source,
        occupied,
        pools,
        charges,
        symprec,
        exclude_within,
        _assemblies(block),
        max_deviation,
    )
    if small.spacegroup_number:
        check_space_group(parent.structure, small.spacegroup_number, symprec, path.name)
    return replace(parent, notes=(*notes, *parent.notes))


def _crystal_block(path: Path) -> gemmi.cif.Block:
    """The one block of the file that has atoms."""
    if not path.is_file():
        raise InputError(f"expected a CIF file, found none at {path}; check the path")
    try:
        document = gemmi.cif.read_string(path.read_bytes().decode("utf-8-sig", errors="replace"))
    except (ValueError, RuntimeError) as cause:
        raise _unreadable(path, cause) from cause
    blocks = [block for block in document if block.find_values("_atom_site_fract_x")]
    if not blocks:
        raise _unreadable(path, "no atoms")
    if len(blocks) > 1:
        names = ", ".join(block.name for block in blocks)
        raise InputError(f"{path.name} holds {len(blocks)} crystals ({names}); leave one data block in the file")
    return blocks[0]


def _unreadable(path: Path, cause: object) -> InputError:
    what = " ".join(str(cause).split())[:120]
    return InputError(f"{path.name} is not a readable CIF file ({what}); check cell and atom loop")


def _number(path: Path, text: str, what: str) -> float:
    value = gemmi.cif.as_number(text)
    if not np.isfinite(value):
        raise _unreadable(path, f"expected {what}, got {text!r}")
    return float(value)


def _lattice(path: Path, block: gemmi.cif.Block) -> Lattice:
    names = [
        *(f"_cell_length_{axis}" for axis in "abc"),
        *(f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")),
    ]
    parameters = [_number(path, block.find_value(name) or "none", f"a number in {name}") for name in names]
    with np.errstate(all="ignore"):
        lattice = Lattice.from_parameters(*parameters)
    if not (np.isfinite(lattice.matrix).all() and lattice.volume > 0):
        raise _unreadable(path, f"expected the lattice of a crystal, got {parameters}")
    return lattice


def _read_sites(path: Path, block: gemmi.cif.Block) -> list[CifSite]:
    columns = ["fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy", "?symmetry_multiplicity"]
    table = block.find("_atom_site_", columns)
    states = {
        row.str(0): gemmi.cif.as_number(row.str(1)) for row in block.find("_atom_type_", ["symbol", "oxidation_number"])
    }
    known = _formula(block).keys()
    sites = []
    for row in table:
        label, symbol, occupancy, multiplicity = (row.str(i) if row.has(i) else "" for i in (3, 4, 5, 6))
        label = label or symbol
        try:
            element = element_of(symbol, label, known)
        except InputError as fault:
            raise InputError(f"{path.name}: {fault}") from None
        share = 1.0 if occupancy in ("", ".", "?") else gemmi.cif.as_number(occupancy)
        if occupancy.lower() != "nan" and not np.isfinite(share):
            _number(path, occupancy, "a number as occupancy")
        if not share >= 0.0:
            raise InputError(
                f"{path.name}: expected an occupancy from 0 to 1, got {occupancy} on site {label}; correct it"
            )
        stated = [states[key] for key in (symbol, label, (re.match("[A-Za-z]*", label) or [""])[0]) if key in states]
        charge = stated[0] if stated and np.isfinite(stated[0]) else stated_charge(symbol)
        position = np.array([_number(path, row.str(i), f"a coordinate of {label}") for i in range(3)])
        times = int(multiplicity) if multiplicity.isdigit() else None
        if share > 0:
            sites.append(CifSite(label, element, charge, share, position, times))
    if not sites:
        raise _unreadable(path, "no site is occupied")
    return sites


def _assemblies(block: gemmi.cif.Block) -> list[list[str]]:
    """Labels of the sites of each disorder assembly: alternatives, of which one is there at a time."""
    found: dict[str, list[str]] = {}
    for row in block.find("_atom_site_", ["label", "?disorder_assembly", "?disorder_group"]):
        assembly, group = (gemmi.cif.as_string(row[i]) if row.has(i) else "" for i in (1, 2))
        if group not in ("", ".", "?"):
            found.setdefault(assembly, []).append(row.str(0))
    return list(found.values())


def _expand(
    path: Path, block: gemmi.cif.Block, tried: Sequence[NamedOperations], lattice: Lattice, sites: Sequence[CifSite]
) -> tuple[list[FloatArray], list[str]]:
    """The images of every site under the one setting of the space group that agrees with the file, and a note."""
    if not tried:
        raise InputError(
            f"{path.name} lists no symmetry operations, and names no space group that is known; add the loop "
            "_symmetry_equiv_pos_as_xyz"
        )
    faults: list[str] = []
    found: list[tuple[str, list[FloatArray]]] = []
    for setting, operations in tried:
        orbits = [_orbit(site, operations, lattice) for site in sites]
        fault = next(
            (_misfit(site, orbit) for site, orbit in zip(sites, orbits, strict=True) if _misfit(site, orbit)), ""
        )
        fault = fault or _formula_misfit(block, sites, orbits)
        if fault:
            faults.append(fault)
        else:
            found.append((setting, orbits))
    if not found:
        raise InputError(f"{path.name} contradicts itself: {faults[0]}; correct the one that is wrong")
    if len(found) > 1:
        names = ", ".join(setting for setting, _ in found)
        raise InputError(
            f"{path.name} lists no symmetry operations, and its space group can mean {names}; add the loop "
            "_symmetry_equiv_pos_as_xyz"
        )
    setting, orbits = found[0]
    notes = (
        [f"the file lists no symmetry operations: those of {setting} are taken"] if setting not in ("", "P 1") else []
    )
    for site, orbit in zip(sites, orbits, strict=True):
        apart = orbit - site.position
        moved = np.linalg.norm((apart - np.round(apart)) @ lattice.matrix, axis=1).min()
        if moved > SAME_SITE:
            notes.append(f"{site.label} is taken on its special position, {moved:.3f} A from where the file has it")
    return orbits, notes + (["deuterium or tritium is taken as hydrogen"] if _has_isotopes(block) else [])


def _has_isotopes(block: gemmi.cif.Block) -> bool:
    symbols = block.find_values("_atom_site_type_symbol") or block.find_values("_atom_site_label")
    return any(re.match(r"[DT](?![a-z])", symbol) for symbol in symbols)


def _orbit(site: CifSite, operations: list[gemmi.Op], lattice: Lattice) -> FloatArray:
    """The site's images: as many as the file says, if any distance to a special position gives so many."""
    found = list(expand_site(site.position, operations, lattice))
    whole = [orbit for orbit in found if len(operations) % len(orbit) == 0] or found[-1:]
    return next((orbit for orbit in whole if len(orbit) == site.multiplicity), whole[0])


def _misfit(site: CifSite, orbit: FloatArray) -> str:
    if site.multiplicity in (None, len(orbit)):
        return ""
    return f"site {site.label} has multiplicity {site.multiplicity}, its symmetry operations give {len(orbit)} sites"


def _formula(block: gemmi.cif.Block) -> dict[str, float]:
    """Atoms of each element in the file's formula; none if it has no formula that can be read."""
    text = gemmi.cif.as_string(block.find_value("_chemical_formula_sum") or "")
    parts = re.findall(r"([A-Z][a-z]?)\s*(\d*\.?\d*)", text)
    if "".join(text.split()) != "".join(a + b for a, b in parts):
        return {}
    found: defaultdict[str, float] = defaultdict(float)
    for element, amount in parts:
        found[ISOTOPES.get(element, element)] += float(amount or 1)
    return dict(found)


def _formula_misfit(block: gemmi.cif.Block, sites: Sequence[CifSite], orbits: Sequence[FloatArray]) -> str:
    formula, amounts = _formula(block), defaultdict[str, float](float)
    for site, orbit in zip(sites, orbits, strict=True):
        amounts[site.element] += site.occupancy * len(orbit)
    if not formula:
        return ""
    stated = gemmi.cif.as_number(block.find_value("_cell_formula_units_Z") or "?")
    found = sum(amounts.values()) / sum(formula.values())
    # some programs write the content of the cell as formula, and Z beside it
    units = min((stated, 1.0), key=lambda z: abs(found - z)) if np.isfinite(stated) else found
    for element in sorted({*formula, *amounts}):
        expected, got = units * formula.get(element, 0.0), amounts[element]
        if abs(got - expected) > max(FORMULA_ERROR * expected, FORMULA_ERROR * units):
            return f"the formula and Z say {expected:.4g} {element} in the cell, the sites hold {got:.4g}"
    return ""


def _states(sites: Sequence[CifSite], charges: Mapping[str, float] | None) -> dict[str, set[float]]:
    """Charges that the file states for each element; none if it leaves an element out or states only zeros."""
    states: dict[str, set[float]] = {}
    for site in sites:
        if site.charge is None:
            return {}
        states.setdefault(site.element, set()).add(site.charge)
    is_told = charges is None or any(key[-1:] in "+-" for key in charges)
    return states if is_told and any(charge for found in states.values() for charge in found) else {}


def _species(site: CifSite, states: Mapping[str, set[float]]) -> str | Species:
    """The element, or the ion where the file has the element in several states."""
    return Species(site.element, site.charge) if len(states.get(site.element, ())) > 1 else site.element


def _stated_charges(
    structure: Structure, states: Mapping[str, set[float]]
) -> tuple[dict[str, float] | None, list[str]]:
    """The file's charges by species where they make the cell neutral, and a note where they do not."""
    if not states or find_closest_atoms(structure):
        return None, []
    charges = {
        str(one): float(getattr(one, "oxi_state", None) or next(iter(states[one.symbol])))
        for one in structure.composition
    }
    total = excess_charge(structure, charges)
    if total:
        return None, [f"the charges that the file states sum to {total:+.4g} e and are not used"]
    return charges, ["formal charges are those that the file states"]


def _merged(
    lattice: Lattice, species: Sequence[str | Species], sites: Sequence[CifSite], orbits: Sequence[FloatArray]
) -> Structure:
    """The crystal; species on one position share a site, which has the label of the last of them."""
    positions: list[FloatArray] = []
    contents: list[defaultdict[str | Species, float]] = []
    labels: list[str] = []
    for one, site, orbit in zip(species, sites, orbits, strict=True):
        for position in orbit:
            apart = np.array(positions).reshape(-1, 3) - position
            near = np.flatnonzero(np.linalg.norm((apart - np.round(apart)) @ lattice.matrix, axis=1) < SAME_SITE)
            at = int(near[0]) if len(near) else len(positions)
            if at == len(positions):
                positions.append(position)
                contents.append(defaultdict(float))
                labels.append(site.label)
            contents[at][one] += site.occupancy
            labels[at] = site.label
    mixed = [_mixture(content, label) for content, label in zip(contents, labels, strict=True)]
    return Structure(lattice, mixed, positions, site_properties={LABEL: labels})


def _mixture(content: Mapping[str | Species, float], label: str) -> Composition:
    """What shares a site; rounded occupancies that sum to a little more than 1 are scaled."""
    total = sum(content.values())
    if total > 1 + OCCUPANCY_DIGIT:
        raise InputError(
            f"expected occupancies that sum to at most 1, got {total:.4g} on site {label}; correct the occupancies"
        )
    return Composition({one: amount / max(total, 1.0) for one, amount in content.items()})
