"""Disordered parents from the user's own CIF files."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from pymatgen.core import Composition, Element, Structure
from pymatgen.io.cif import CifParser

from selflimit.errors import InputError
from selflimit.structures.parents import LABEL, OCCUPANCY_DIGIT, Parent, is_ordered, occupancies


def parent_from_cif(
    path: str | Path,
    pools: Sequence[Sequence[str]] | None = None,
    charges: Mapping[str, float] | None = None,
) -> Parent:
    """Disordered parent from a CIF file.

    Parameters
    ----------
    path
        CIF file; its first data block is read, its cell counts as the conventional cell.
    pools
        Groups of site labels that share one composition. Default: each disordered label is a pool of its own.
    charges
        Formal charges (e) by species. Default: the file's oxidation numbers, else pymatgen's most probable guess
        from the composition.

    Raises
    ------
    InputError
        Missing or malformed file, unknown element, occupancy above 1, charges that cannot be guessed, or what
        :class:`~selflimit.structures.parents.Parent` refuses.
    """
    path = Path(path)
    structure = _read(path)
    chosen = pools if pools is not None else _one_pool_per_label(structure)
    return Parent(
        name=path.stem,
        structure=structure,
        pools=tuple(tuple(pool) for pool in chosen),
        charges=dict(charges) if charges is not None else _formal_charges(path, structure),
        source=f"CIF file {path.name}",
    )


def _read(path: Path) -> Structure:
    if not path.is_file():
        raise InputError(f"expected a CIF file, found none at {path}; check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parser = CifParser(str(path), occupancy_tolerance=1.0)
            _check_elements(path, parser)
            # check_occu=False: occupancies above 1 reach our own check, which names the site
            structure = parser.parse_structures(primitive=False, check_occu=False, on_error="raise")[0]
            _check_operations(path, parser)
    except InputError:
        raise
    except Exception as cause:  # the parser raises whatever the malformed text provokes
        raise InputError(
            f"{path.name} is not a readable CIF file ({_one_line(cause)}); check cell and atom loop"
        ) from cause
    structure.add_site_property(LABEL, [site.label for site in structure])
    return structure


def _check_elements(path: Path, parser: CifParser) -> None:
    blocks = list(parser.as_dict().values())
    symbols = [symbol for block in blocks for symbol in block.get("_atom_site_type_symbol", [])]
    for symbol in symbols:
        letters = "".join(letter for letter in symbol if letter.isalpha())
        if not Element.is_valid_symbol(letters):
            raise InputError(f"{path.name}: expected chemical elements, got {symbol!r}; correct _atom_site_type_symbol")


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


def _one_pool_per_label(structure: Structure) -> list[list[str]]:
    return [[label] for label in sorted({site.properties[LABEL] for site in structure if not is_ordered(site)})]


def _formal_charges(path: Path, structure: Structure) -> dict[str, float]:
    species = {species for site in structure for species in site.species}
    written = {str(one): getattr(one, "oxi_state", None) for one in species}
    if all(charge is not None for charge in written.values()) and any(written.values()):
        return {text: float(charge) for text, charge in written.items() if charge is not None}
    return _guessed_charges(path, structure)


def _guessed_charges(path: Path, structure: Structure) -> dict[str, float]:
    composition = _integer_composition(structure)
    guesses = composition.oxi_state_guesses(max_sites=-1)
    if not guesses:
        raise InputError(
            f"{path.name}: found no neutral oxidation states of {composition.formula}; "
            "give charges={'Li': 1, ...} (--charge Li=1 ...)"
        )
    names = {name for site in structure for name in occupancies(site)}
    return {name: float(guesses[0][_letters(name)]) for name in names}


def _integer_composition(structure: Structure) -> Composition:
    """Smallest multiple of the cell's composition that is integer to within the rounding of the occupancies."""
    amounts = structure.composition.element_composition.get_el_amt_dict()
    forgiven = 1e-6 + OCCUPANCY_DIGIT * len(structure)
    for multiple in range(1, 13):
        rounded = {element: round(multiple * amount) for element, amount in amounts.items()}
        if all(abs(rounded[element] - multiple * amount) <= multiple * forgiven for element, amount in amounts.items()):
            return Composition({element: amount for element, amount in rounded.items() if amount})
    return Composition({element: max(1, round(amount)) for element, amount in amounts.items()})


def _letters(name: str) -> str:
    return "".join(letter for letter in name if letter.isalpha())
