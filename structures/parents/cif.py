"""Disordered parents from the user's own CIF files."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from pymatgen.core import Element, Structure
from pymatgen.io.cif import CifParser

from selflimit.errors import InputError
from selflimit.structures.parents.from_structure import Occupancies, parent_from_structure
from selflimit.structures.parents.occupancies import OCCUPANCY_DIGIT
from selflimit.structures.parents.parents import LABEL, SYMPREC, Parent
from selflimit.structures.parents.symmetry import check_space_group

NOTHING = 1e-8
"""What pymatgen's parser makes of an occupancy of 0."""


def parent_from_cif(
    path: str | Path,
    pools: Sequence[Sequence[str]] | None = None,
    charges: Mapping[str, float] | None = None,
    symprec: float = SYMPREC,
    occupied: Occupancies | None = None,
) -> Parent:
    """Disordered parent from a CIF file; its first data block is read, its cell counts as the conventional cell.

    Parameters are those of :func:`selflimit.structures.parents.from_structure.parent_from_structure`; labels are the
    file's.

    Raises
    ------
    InputError
        Missing or malformed file, unknown element, occupancy below 0 or above 1, a stated space group that ``symprec``
        loses, or what :func:`~selflimit.structures.parents.from_structure.parent_from_structure` refuses.
    """
    path = Path(path)
    structure, stated = _read(path)
    source = f"CIF file {path.name}"
    _check_sum(path, structure)
    parent = parent_from_structure(structure, path.stem, source, occupied, pools, charges, symprec)
    if stated is not None:
        check_space_group(parent.structure, stated, symprec, path.name)
    return parent


def _check_sum(path: Path, structure: Structure) -> None:
    for site in structure:
        total = sum(site.species.values())
        if total > 1 + OCCUPANCY_DIGIT:
            raise InputError(
                f"{path.name}: expected occupancies that sum to at most 1, got {total:.4g} on site {site.label}; "
                "correct the occupancies"
            )


def _read(path: Path) -> tuple[Structure, int | None]:
    """The crystal with its labels, and the number of the space group that the file states."""
    if not path.is_file():
        raise InputError(f"expected a CIF file, found none at {path}; check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parser = CifParser(str(path), occupancy_tolerance=1.0)
            _check_elements(path, parser)
            _check_occupancies(path, parser)
            # check_occu=False: occupancies above 1 reach our own check, which names the site
            structure = _present(parser.parse_structures(primitive=False, check_occu=False, on_error="raise")[0])
            _check_operations(path, parser)
    except InputError:
        raise
    except Exception as cause:  # the parser raises whatever the malformed text provokes
        raise InputError(
            f"{path.name} is not a readable CIF file ({_one_line(cause)}); check cell and atom loop"
        ) from cause
    structure.add_site_property(LABEL, [site.label for site in structure])
    return structure, _stated_group(parser)


def _check_elements(path: Path, parser: CifParser) -> None:
    blocks = list(parser.as_dict().values())
    symbols = [symbol for block in blocks for symbol in block.get("_atom_site_type_symbol", [])]
    for symbol in symbols:
        letters = "".join(letter for letter in symbol if letter.isalpha())
        if not Element.is_valid_symbol(letters):
            raise InputError(f"{path.name}: expected chemical elements, got {symbol!r}; correct _atom_site_type_symbol")


def _check_occupancies(path: Path, parser: CifParser) -> None:
    """Occupancies that are numbers must not be negative; '?' and '.' count as 1, the format's default."""
    for block in parser.as_dict().values():
        for label, text in zip(block.get("_atom_site_label", []), block.get("_atom_site_occupancy", []), strict=False):
            written = str(text).split("(")[0].strip()
            if written not in ("?", ".") and not float(written) >= 0.0:
                raise InputError(
                    f"{path.name}: expected an occupancy from 0 to 1, got {text} on site {label}; correct the occupancy"
                )


def _present(structure: Structure) -> Structure:
    """The crystal without what has occupancy 0, which the parser keeps as ``NOTHING``."""
    sites = [(site, {s: amount for s, amount in site.species.items() if amount > NOTHING}) for site in structure]
    left = [(site, content) for site, content in sites if content]
    if all(len(content) == len(site.species) for site, content in sites):
        return structure
    if not left:
        raise ValueError("no site is occupied")
    return Structure(
        structure.lattice,
        [content for _, content in left],
        [site.frac_coords for site, _ in left],
        labels=[site.label for site, _ in left],
    )


def _check_operations(path: Path, parser: CifParser) -> None:
    """A file that names a space group but lists no operations would be read as P1, with most of its atoms missing."""
    if not any("Defaulting to P1" in warning for warning in parser.warnings):  # type: ignore[attr-defined]
        return
    block = next(iter(parser.as_dict().values()))
    names = [str(value) for key, value in block.items() if "space_group" in key and ("H-M" in key or "Hall" in key)]
    if any(name.replace(" ", "").strip("'\"") not in ("P1", "") for name in names):
        raise InputError(
            f"{path.name} names the space group {names[0]} but lists no symmetry operations that can be read; "
            "add the loop _symmetry_equiv_pos_as_xyz"
        )


def _one_line(cause: Exception) -> str:
    return (" ".join(str(cause).split()) or type(cause).__name__)[:120]


def _stated_group(parser: CifParser) -> int | None:
    """Number of the space group in the file's first block, if it gives one that can be read."""
    block = next(iter(parser.as_dict().values()))
    for key in ("_space_group_IT_number", "_symmetry_Int_Tables_number"):
        text = str(block.get(key, ""))
        if text.isdigit() and 1 <= int(text) <= 230:
            return int(text)
    return None
