"""The disordered parent that a name means: a bundled model, or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from selflimit.errors import InputError
from selflimit.structures.parents.cif import parent_from_cif
from selflimit.structures.parents.from_structure import Occupancies, parent_from_poscar
from selflimit.structures.parents.parents import SYMPREC, Parent, known_parents, parent_cell
from selflimit.suggestions import did_you_mean


def parent_named(
    name: str,
    pools: Sequence[Sequence[str]] = (),
    charges: Mapping[str, float] | None = None,
    occupied: Occupancies | None = None,
    symprec: float = SYMPREC,
    exclude_within: float = 0.0,
    max_deviation: float = 0.0,
) -> Parent:
    """The bundled parent of that name, or the one in the CIF or POSCAR file of that name.

    Parameters
    ----------
    pools, charges, occupied, symprec, exclude_within, max_deviation
        As in :func:`selflimit.structures.parents.from_structure.parent_from_structure`; empty: the parent's own, or the
        default.

    Raises
    ------
    InputError
        Neither a bundled parent nor a readable file; charges or occupancies for a bundled parent.
    """
    if name in known_parents():
        if charges or occupied:
            raise InputError(f"--charge and --occupancy are for files; {name} has its own, see the model's description")
        bundled = replace(
            parent_cell(name), symprec=symprec, exclude_within=exclude_within, max_deviation=max_deviation
        )
        return bundled.with_pools(pools) if pools else bundled
    path = Path(name)
    if not path.is_file():
        raise InputError(
            f"--parent {name!r} is neither a bundled parent ({', '.join(known_parents())}) nor an existing CIF file "
            f"or POSCAR{did_you_mean(name, known_parents())}"
        )
    if path.suffix.lower() in (".cif", ".mcif"):
        return parent_from_cif(path, pools or None, charges or None, symprec, occupied, exclude_within, max_deviation)
    return parent_from_poscar(
        path, occupied or {}, pools or None, charges or None, symprec, exclude_within, max_deviation
    )
