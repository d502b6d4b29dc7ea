"""The level of theory that entries state by the type of their runs and their corrections, and what contradicts it."""

from collections.abc import Sequence
from functools import lru_cache

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LEVEL_KEY, LevelOfTheory, level_of
from selflimit.errors import LevelOfTheoryError

MP_GGA = LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020")
"""Materials Project GGA energies with the MP2020 corrections (Wang et al., Sci. Rep. 11, 15496 (2021),
doi:10.1038/s41598-021-94550-5)."""
OF_RUN_TYPE = {"GGA": "PBE", "PBE": "PBE", "GGA+U": "PBE+U", "PBE+U": "PBE+U", "R2SCAN": "r2SCAN"}
"""Type of a run, in capitals -> functional; other types (SCAN, PBEsol, HSE06) are named as they are."""
ONE_LEVEL = ({"GGA", "GGA+U", "PBE", "PBE+U"},)
"""Types of runs that the MP2020 corrections bring to one scale."""
STRAY_CORRECTION = 1e-8
"""Corrections below this (eV) are zero."""

Named = Sequence[tuple[ComputedStructureEntry, str]]
"""Entries, each with what messages call it."""


def run_type_of(entry: ComputedStructureEntry) -> str | None:
    """Type of the run in capitals (``GGA``, ``GGA+U``, ``R2SCAN``), from parameters or data; None: not stated."""
    found = entry.parameters.get("run_type") or (entry.data or {}).get("run_type")
    return str(found).upper().replace("_", "+") if found else None


def stated_level(entry: ComputedStructureEntry, corrected: bool) -> LevelOfTheory | None:
    """Level of theory by the type of the run; None: not stated.

    ``corrected`` says whether entries of the set list corrections; elements have none of their own.
    """
    run_type = run_type_of(entry)
    if run_type is None:
        return None
    if corrected and run_type in ONE_LEVEL[0]:
        return MP_GGA
    return LevelOfTheory(method="DFT", model=OF_RUN_TYPE.get(run_type, str(entry.parameters.get("run_type", run_type))))


def require_one_level(named: Named) -> None:
    """Refuse sets whose runs and corrections contradict each other, or the level that they state.

    Raises
    ------
    LevelOfTheoryError
        Runs of different types, corrections where none are stated, or corrections that are listed for some compounds
        and missing for others; the message names an entry.
    """
    _require_one_run_type(named)
    for entry, name in named:
        if LEVEL_KEY in entry.parameters:
            _require_consistent(entry, name)
    if any(str(adjustment.name).startswith("MP2020") for entry, _ in named for adjustment in entry.energy_adjustments):
        _require_all_corrected(named)


def _require_one_run_type(named: Named) -> None:
    types = {name: found for entry, name in named if (found := run_type_of(entry)) is not None}
    kinds = set(types.values())
    if len(kinds) < 2 or any(kinds <= group for group in ONE_LEVEL):
        return
    usual = max(kinds, key=list(types.values()).count)
    odd = next(name for name, found in types.items() if found != usual)
    raise LevelOfTheoryError(
        f"expected runs of one type, got {', '.join(sorted(kinds))}: {odd} is {types[odd]}, most are {usual}; energies "
        "of different functionals are not put on one hull, compute all phases with one"
    )


def _require_consistent(entry: ComputedStructureEntry, name: str) -> None:
    level, run_type = level_of(entry), run_type_of(entry)
    if level.corrections == "none" and abs(entry.correction) > STRAY_CORRECTION:
        raise LevelOfTheoryError(
            f"{name} states corrections 'none', but its energy has one of {entry.correction:.3f} eV; state 'MP2020', "
            "or write the uncorrected energies of all phases"
        )
    if level.method == "force field" and run_type is not None:
        raise LevelOfTheoryError(
            f"{name} states the force field {level.model}, but its run is of type {run_type}; correct what is not true"
        )


def _require_all_corrected(named: Named) -> None:
    """Refuse compounds whose anion's correction is missing where others list theirs.

    An energy may hold its correction without listing it. What a level states so is believed where the energy as it is
    lies nearer to those of the corrected phases than with one more correction.
    """
    whole = [entry for entry, _ in named if not missing_correction(entry)]
    for entry, name in named:
        expected = missing_correction(entry)
        if not expected:
            continue
        if LEVEL_KEY in entry.parameters and not _is_raw(entry, expected, whole):
            continue
        raise LevelOfTheoryError(
            f"{name} lists no correction, where MP2020 has {expected:.3f} eV for its anions and other entries list "
            "theirs: half of the set is corrected; correct all energies, or none"
        )


def missing_correction(entry: ComputedStructureEntry) -> float:
    """MP2020's anion correction (eV) that a compound should list and does not; 0: nothing is missing.

    The correction goes to the most electronegative element, as pymatgen's ``MaterialsProject2020Compatibility`` has it;
    oxides are left out, whose correction depends on the bond.
    """
    if len(entry.composition) == 1 or abs(entry.correction) > STRAY_CORRECTION:
        return 0.0
    anion = max(entry.composition, key=lambda element: element.X)
    return _anion_corrections().get(anion.symbol, 0.0) * float(entry.composition[anion])


@lru_cache(maxsize=1)
def _anion_corrections() -> dict[str, float]:
    """Element -> correction (eV/atom) of the MP2020 scheme; elements whose keys are kinds of oxides are not in it."""
    from pymatgen.analysis.compatibility import MaterialsProject2020Compatibility  # seconds of imports

    return {str(key): float(value) for key, value in MaterialsProject2020Compatibility().comp_correction.items()}


def _is_raw(entry: ComputedStructureEntry, missing: float, others: Sequence[ComputedStructureEntry]) -> bool:
    """Whether an entry lies nearer to the hull of the others with its ``missing`` correction (eV) than without it."""
    from pymatgen.analysis.phase_diagram import PhaseDiagram  # half a second of imports, for a rare question

    inside = [other for other in others if set(other.composition) <= set(entry.composition)]
    try:
        hull = PhaseDiagram(inside)
        above = hull.get_decomp_and_e_above_hull(entry, allow_negative=True, check_stable=False)[1] or 0.0
    except ValueError:  # an element has no entry: nothing to compare with
        return True
    return abs(above + missing / float(entry.composition.num_atoms)) < abs(above)
