"""The Materials Project's corrections of GGA and GGA+U energies, added to runs that have none."""

from typing import Any

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.errors import LevelOfTheoryError
from selflimit.phase_diagrams.runs.setups import setup_of


def correct_by_mp2020(entry: ComputedStructureEntry, name: str) -> ComputedStructureEntry:
    """Copy of an entry with the MP2020 corrections (Wang et al. 2021, doi:10.1038/s41598-021-94550-5).

    Parameters
    ----------
    entry
        Of a run with the Materials Project's PAW sets and U; energy of the cell in eV. It stays as it is.
    name
        What messages call it.

    Raises
    ------
    LevelOfTheoryError
        A calculation that the corrections are not made for.
    """
    from pymatgen.analysis.compatibility import (  # seconds of imports
        CompatibilityError,
        MaterialsProject2020Compatibility,
    )

    named = type(entry).from_dict(entry.as_dict())
    setup = setup_of(entry)
    if setup.method == "PBE":  # the only functional they are made for, under the name that the scheme has for it
        named.parameters["run_type"] = "GGA+U" if setup.is_hubbard else "GGA"
    try:
        found: Any = MaterialsProject2020Compatibility().process_entry(named, inplace=False, on_error="raise")
    except (CompatibilityError, ValueError, KeyError) as cause:
        raise LevelOfTheoryError(
            f"the MP2020 corrections do not apply to {name} ({cause}); use the Materials Project's PAW sets and U "
            "values, or leave the energies without corrections"
        ) from cause
    corrected: ComputedStructureEntry = found
    return corrected
