"""The level of theory that entries state by the type of their runs and their corrections, and what contradicts it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pymatgen.core.entries import ComputedStructureEntry

from selflimit.documents import LEVEL_KEY, LevelOfTheory, level_of, with_level
from selflimit.errors import LevelOfTheoryError
from selflimit.phase_diagrams.runs.setups import FUNCTIONAL_NAMES, contradiction_in, read_run_type, setup_of

MP_GGA = LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020")
"""Materials Project GGA energies with the MP2020 corrections (Wang et al., Sci. Rep. 11, 15496 (2021),
doi:10.1038/s41598-021-94550-5)."""
KNOWN_METHODS = frozenset(FUNCTIONAL_NAMES.values())
"""Functionals that a model's name can begin with; others are words of the user's."""
STRAY_CORRECTION = 1e-8
"""Corrections below this (eV) are zero."""
SAME_CUTOFF = 1.0
"""Plane-wave cutoffs that differ by less (eV) are one, rounded differently."""
SAME_U = 1e-3
"""As for cutoffs (eV)."""
MIXING = "mixing adjustment"
"""In the name of what puts energies of two functionals on one scale."""

Named = Sequence[tuple[ComputedStructureEntry, str]]
"""Entries, each with what messages call it."""


def give_levels(named: Named, level: LevelOfTheory | None) -> None:
    """Write the level of theory into entries that state none (in place): of their runs, else the ``level`` given.

    Parameters
    ----------
    named
        All entries of a set.
    level
        What the user says of entries that say nothing.

    Raises
    ------
    LevelOfTheoryError
        An entry states no level and none was given; entries contradict each other, themselves, or the level given.
    """
    require_one_level(named)
    corrected = any(_is_mp2020(entry) for entry, _ in named)
    is_hubbard = any(setup_of(entry).is_hubbard for entry, _ in named)
    for entry, name in named:
        if level is not None:
            _require_as_given(entry, level, name)
        if LEVEL_KEY not in entry.parameters:
            stated = stated_level(entry, corrected, is_hubbard) or level
            if stated is None:
                raise LevelOfTheoryError(
                    f"{name} states no level of theory: no run_type, no level_of_theory in its parameters; say it for "
                    "all that state none, with --level FUNCTIONAL (such as PBE, r2SCAN) or read_entries(path, "
                    "LevelOfTheory(...))"
                )
            with_level(entry, stated)
        level_of(entry)
    _require_equal_levels(named)


def stated_level(entry: ComputedStructureEntry, corrected: bool, is_hubbard: bool = False) -> LevelOfTheory | None:
    """Level of theory by the type of the run; None: not stated.

    Parameters
    ----------
    entry
        Its parameters tell the type of its run.
    corrected, is_hubbard
        Whether entries of the set list MP2020 corrections, and whether a U acts in some: elements have none of their
        own.
    """
    setup = setup_of(entry)
    if setup.functional is None:
        return None
    if corrected and setup.method == "PBE":
        return MP_GGA
    plus_u = "+U" if is_hubbard or setup.is_hubbard else ""
    dispersion = f"+{setup.dispersion}" if setup.dispersion else ""
    return LevelOfTheory(method="DFT", model=f"{setup.functional}{plus_u}{dispersion}")


def require_one_level(named: Named) -> None:
    """Refuse sets whose runs and corrections contradict each other, or the level that they state.

    Raises
    ------
    LevelOfTheoryError
        Runs of different types, potentials, cutoffs or U; corrections where none are stated, that are made for another
        functional, or that are listed for some compounds and missing for others; the message names an entry.
    """
    _require_alike(named, "functional", _method_of)
    for entry, name in named:
        _require_consistent(entry, name)
    corrected = any(_is_mp2020(entry) for entry, _ in named)
    if corrected:
        _require_all_corrected(named)
        return  # the corrections bridge GGA and GGA+U, and are fitted to the sets that the Materials Project uses
    _require_alike(named, "Hubbard U (eV)", _u_of_each, SAME_U)
    _require_alike(named, "PAW set", lambda entry: setup_of(entry).potentials)
    _require_alike(named, "plane-wave cutoff (eV)", _cutoff_of, SAME_CUTOFF)


def _method_of(entry: ComputedStructureEntry) -> dict[str, str]:
    method = setup_of(entry).method
    return {"": method} if method else {}


def _cutoff_of(entry: ComputedStructureEntry) -> dict[str, float]:
    cutoff = setup_of(entry).cutoff
    return {"": cutoff} if cutoff else {}


def _u_of_each(entry: ComputedStructureEntry) -> dict[str, float | str]:
    """Element -> U (eV), zero where none acts; of runs of no stated type nothing is known."""
    setup = setup_of(entry)
    if setup.functional is None and not setup.is_hubbard:
        return {}
    unstated: float | str = "not stated" if setup.is_hubbard and not setup.hubbard else 0.0
    return {element.symbol: setup.hubbard.get(element.symbol, unstated) for element in entry.elements}


def _require_alike(
    named: Named, what: str, read: Callable[[ComputedStructureEntry], Mapping[str, Any]], tolerance: float = 0.0
) -> None:
    """Refuse entries whose setups differ in something that decides energies.

    Parameters
    ----------
    named
        All entries of a set.
    what
        How messages call it.
    read
        What is compared, by name; what is not stated is left out.
    tolerance
        Up to which numbers are one.
    """
    stated: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    for entry, name in named:
        for key, value in read(entry).items():
            stated[key].append((value, name))
    for key, found in sorted(stated.items()):
        values = [value for value, _ in found]
        usual = max(values, key=values.count)
        odd = next(((v, n) for v, n in found if v != usual and not _is_close(v, usual, tolerance)), None)
        if odd:
            about = f" of {key}" if key else ""
            remedy = " (`selflimit import --corrections MP2020` bridges GGA and GGA+U)" if read is _u_of_each else ""
            raise LevelOfTheoryError(
                f"expected runs of one {what}{about}, got {', '.join(sorted({str(v) for v in values}))}: {odd[1]} is "
                f"{odd[0]}, most are {usual}; such energies are not put on one hull, compute all phases with "
                f"one{remedy}"
            )


def _is_close(one: Any, other: Any, tolerance: float) -> bool:
    return isinstance(one, float | int) and isinstance(other, float | int) and abs(one - other) <= tolerance


def _require_as_given(entry: ComputedStructureEntry, level: LevelOfTheory, name: str) -> None:
    """Refuse a level that the user states against what the entry says."""
    setup = setup_of(entry)
    stated = level_of(entry) if LEVEL_KEY in entry.parameters else stated_level(entry, _is_mp2020(entry))
    if stated is None:
        return
    given, own = _method_in(level), setup.method or _method_in(stated)
    if given != own:
        raise LevelOfTheoryError(
            f"{name} is {stated.label}, but {level.label} was given for it (--level); --level says what files do not: "
            "leave it out, or correct the file"
        )


def _method_in(level: LevelOfTheory) -> str | None:
    """Functional and dispersion that a level's model begins with.

    >>> _method_in(MP_GGA)
    'PBE'
    """
    return read_run_type(level.model.split(" ")[0].rstrip(",")).method if level.method == "DFT" else level.model


def _require_equal_levels(named: Named) -> None:
    """Refuse entries of different levels, by name."""
    levels = [level_of(entry) for entry, _ in named]
    usual = max(levels, key=levels.count)
    odd = next((place for place, level in enumerate(levels) if level != usual), None)
    if odd is not None:
        raise LevelOfTheoryError(
            f"expected entries of one level of theory, got {named[odd][1]} of {levels[odd].label}, most are of "
            f"{usual.label}; compute all phases with one method, or read them apart"
        )


def _is_mp2020(entry: ComputedStructureEntry) -> bool:
    """Whether an entry lists corrections of the MP2020 scheme."""
    return any(str(adjustment.name).startswith("MP2020") for adjustment in entry.energy_adjustments)


def _require_consistent(entry: ComputedStructureEntry, name: str) -> None:
    if fault := contradiction_in(entry):
        raise LevelOfTheoryError(f"{name} {fault}; correct what is not true")
    _require_known_corrections(entry, name)
    if LEVEL_KEY not in entry.parameters:
        return
    level, setup = level_of(entry), setup_of(entry)
    if level.corrections == "none" and abs(entry.correction) > STRAY_CORRECTION:
        raise LevelOfTheoryError(
            f"{name} states corrections 'none', but its energy has one of {entry.correction:.3f} eV; state 'MP2020', "
            "or write the uncorrected energies of all phases"
        )
    if level.method == "force field" and setup.functional is not None:
        raise LevelOfTheoryError(
            f"{name} states the force field {level.model}, but its run is of type {setup.method}; correct what is not "
            "true"
        )
    stated = _method_in(level)
    if stated in KNOWN_METHODS and setup.method not in (None, stated):
        raise LevelOfTheoryError(
            f"{name} states the level of theory {level.label}, but its run is of type {setup.method}; correct what is "
            "not true"
        )


def _require_known_corrections(entry: ComputedStructureEntry, name: str) -> None:
    """Refuse corrections that are not made for the run, or whose meaning is not known."""
    names = [str(one.name) for one in entry.energy_adjustments if abs(one.value) > STRAY_CORRECTION]
    if any(MIXING in one for one in names):
        raise LevelOfTheoryError(
            f"{name} was put on the scale of another functional by a mixing scheme; ask the Materials Project for one "
            "functional (thermo_types GGA_GGA+U, or R2SCAN), or give uncorrected energies of one"
        )
    method = setup_of(entry).method
    if _is_mp2020(entry) and method not in (None, "PBE"):
        raise LevelOfTheoryError(
            f"{name} lists corrections of MP2020, which are made for GGA and GGA+U, but its run is of type {method}; "
            "take them out"
        )
    if LEVEL_KEY not in entry.parameters and (unknown := [one for one in names if not one.startswith("MP2020")]):
        raise LevelOfTheoryError(
            f"{name} has a correction of {entry.correction:.3f} eV of which only {unknown[0]!r} is said; expected "
            "corrections listed as MP2020's: write uncorrected energies, or the level of theory into each entry"
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
