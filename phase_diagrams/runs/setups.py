"""What an entry says of the run that gave it, in the words of pymatgen, emmet and the Materials Project alike."""

import re
from collections.abc import Mapping
from typing import Any

from pymatgen.core import Element
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import RunSetup

FUNCTIONAL_NAMES = {
    "GGA": "PBE", "PBE": "PBE", "PE": "PBE", "R2SCAN": "r2SCAN", "SCAN": "SCAN", "RSCAN": "rSCAN", "PBESOL": "PBEsol",
    "PS": "PBEsol", "HSE06": "HSE06", "HSE": "HSE06", "HSE03": "HSE03", "PBE0": "PBE0", "HFCUS": "PBE0",
    "PBEO OR OTHER HYBRID FUNCTIONAL": "PBE0", "LDA": "LDA", "REVPBE": "revPBE", "RPBE": "RPBE", "AM05": "AM05",
}  # fmt: skip
"""Type of a run, in capitals -> functional; other types are named as they are."""
DISPERSIONS = {
    "DFT-D2": "D2", "DFT-D3": "D3(0)", "DFT-D3-BJ": "D3(BJ)", "NO-CORRECTION": "", "TS": "TS", "TS-H": "TS-H",
    "MBD": "MBD", "DDSC": "dDsC",
}  # fmt: skip
"""pymatgen's names of VASP's IVDW, in capitals -> name."""
OF_IVDW = {1: "D2", 10: "D2", 11: "D3(0)", 12: "D3(BJ)", 13: "D4", 2: "TS", 20: "TS", 21: "TS-H", 202: "MBD", 4: "dDsC"}
"""VASP's IVDW -> name (VASP wiki, IVDW)."""
CUTOFF_KEY, K_SPACING_KEY, DISPERSION_KEY = "cutoff", "k_spacing", "dispersion"
"""Keys of an entry's parameters for what pymatgen's entries do not have: eV, 1/Angstrom, a name of ``OF_IVDW``."""
PAW_KINDS = {"PAW_PBE": "PBE", "PAW_GGA": "PW91", "PAW": "LDA", "US": "LDA"}
"""First word of a potential's title -> functional it was made with."""
SMALLEST_U = 1e-6
"""A U below this (eV) is none."""


def read_run_type(text: str) -> RunSetup:
    """Functional, dispersion and U in the type of a run.

    >>> read_run_type("PBE+U+vdW-DFT-D3-BJ").method
    'PBE+D3(BJ)'
    >>> read_run_type("GGA_U").is_hubbard, read_run_type("R2SCAN").functional
    (True, 'r2SCAN')
    """
    plain = re.sub(r"_U\b", "+U", text.strip().removeprefix("RunType.")).replace("revPBE+Pad", "revPBE-Pad")
    head, *parts = plain.split("+")
    functional, dispersion = FUNCTIONAL_NAMES.get(head.upper(), head), ""
    for part in parts:
        if part.upper().startswith("VDW-"):
            dispersion = DISPERSIONS.get(part[4:].upper(), part[4:])
        elif part.upper() == "RVV10":
            functional = f"{functional}-rVV10"
        elif part.upper() != "U":
            dispersion = part
    return RunSetup(functional=functional, dispersion=dispersion, is_hubbard="U" in map(str.upper, parts))


def setup_of(entry: ComputedStructureEntry) -> RunSetup:
    """What an entry's parameters (and data) say of its run; nothing is filled in that they do not say."""
    said: dict[str, Any] = {**(entry.data or {}), **entry.parameters}
    run_type = said.get("run_type")
    read = read_run_type(str(run_type)) if run_type else RunSetup()
    hubbard = {symbol: float(u) for symbol, u in (said.get("hubbards") or {}).items() if abs(float(u)) > SMALLEST_U}
    return read.model_copy(
        update={
            "dispersion": read.dispersion or str(said.get(DISPERSION_KEY) or ""),
            "is_hubbard": read.is_hubbard or bool(hubbard) or bool(said.get("is_hubbard")),
            "hubbard": hubbard,
            "potentials": potentials_of(said),
            "cutoff": said.get(CUTOFF_KEY),
            "k_spacing": said.get(K_SPACING_KEY),
        }
    )


def potentials_of(said: Mapping[str, Any]) -> dict[str, str]:
    """Element -> title of its potential, from pymatgen's ``potcar_spec`` or ``potcar_symbols``; empty: not stated.

    >>> potentials_of({"potcar_symbols": ["PAW_PBE Li_sv 10Sep2004"]})
    {'Li': 'PAW_PBE Li_sv 10Sep2004'}
    """
    specs = [spec.get("titel") for spec in said.get("potcar_spec") or [] if isinstance(spec, Mapping)]
    titles = [str(title) for title in specs if title] or [str(title) for title in said.get("potcar_symbols") or []]
    return {symbol: title for title in titles if (symbol := potential_element(title))}


def potential_element(title: str) -> str | None:
    """Element that a potential is for; None: its title names none.

    >>> potential_element("PAW_PBE Zr_sv 04Jan2005"), potential_element("PBE Cl")
    ('Zr', 'Cl')
    """
    words = [word.split("_")[0] for word in title.split()[1:2] or title.split()]
    return next((word for word in words if Element.is_valid_symbol(word)), None)


def contradiction_in(entry: ComputedStructureEntry) -> str | None:
    """What in one entry's own words cannot be true together, as the rest of a sentence; None: nothing."""
    said: dict[str, Any] = {**(entry.data or {}), **entry.parameters}
    setup = setup_of(entry)
    run_type = said.get("run_type")
    if run_type and said.get("hubbards") is not None and read_run_type(str(run_type)).is_hubbard != bool(setup.hubbard):
        return f"is of type {run_type}, but its Hubbard U are {setup.hubbard or 'all zero'}"
    if said.get("is_hubbard") is False and setup.hubbard:
        return f"says that no Hubbard U acts, but lists {setup.hubbard}"
    return _potentials_contradict(entry, setup)


def _potentials_contradict(entry: ComputedStructureEntry, setup: RunSetup) -> str | None:
    elements = {element.symbol for element in entry.elements}
    if setup.potentials and setup.potentials.keys() != elements:
        return (
            f"lists potentials of {', '.join(sorted(setup.potentials))}, but its crystal holds "
            f"{', '.join(sorted(elements))}"
        )
    kinds = {PAW_KINDS[first]: title for title in setup.potentials.values() if (first := title.split()[0]) in PAW_KINDS}
    if len(kinds) > 1:
        return f"mixes potentials made with {' and '.join(sorted(kinds))} ({', '.join(sorted(kinds.values()))})"
    if setup.functional not in (None, "LDA") and "LDA" in kinds:
        return f"is of functional {setup.functional}, but its potentials were made with LDA ({kinds['LDA']})"
    if setup.functional == "LDA" and "PBE" in kinds:
        return f"is of functional LDA, but its potentials were made with PBE ({kinds['PBE']})"
    return None
