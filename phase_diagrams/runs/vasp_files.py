"""Entries in VASP's own output: one vasprun.xml, with the inputs beside it where they are kept."""

import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from monty.io import zopen
from pymatgen.core.entries import ComputedStructureEntry
from pymatgen.io.vasp import Incar, Vasprun

from selflimit.errors import ConvergenceError, InputError, LevelOfTheoryError, MissingDependencyError
from selflimit.phase_diagrams.runs.convergence import (
    Residuals,
    find_largest,
    require_dense_k_points,
    require_relaxed,
    widest_k_spacing,
)
from selflimit.phase_diagrams.runs.setups import CUTOFF_KEY, DISPERSION_KEY, K_SPACING_KEY, OF_IVDW, PAW_KINDS

VASPRUN = re.compile(r"vasprun(\.xml)?(\.(?P<step>[A-Za-z]\w*?))??(\.xml)?(\.(gz|bz2|xz))?$")
"""vasprun.xml, compressed, or of a step as custodian names them (vasprun.xml.relax2.gz)."""
DECIDING_TAGS = ("GGA", "METAGGA", "LHFCALC", "AEXX", "HFSCREEN", "IVDW", "LUSE_VDW", "LDAU", "ENCUT")
"""INCAR tags that decide the energy; the INCAR beside a run must not contradict it."""


def is_vasprun(path: Path) -> bool:
    """Whether a file is called as a vasprun.xml is.

    >>> [is_vasprun(Path(name)) for name in ("vasprun.xml.gz", "vasprun.xml.relax2.gz", "vasp.out", "vasprun.xml")]
    [True, True, False, True]
    """
    return path.name.startswith("vasprun") and VASPRUN.match(path.name) is not None


def last_step(paths: list[Path]) -> Path:
    """Of several steps of one folder the one that counts: without a name, else 'static', else the last relaxation."""

    def rank(path: Path) -> tuple[int, str]:
        found = VASPRUN.match(path.name)
        step = (found["step"] if found else None) or ""
        return ({"": 2, "static": 1}.get(step, 0), step)

    return max(paths, key=rank)


def entry_in_run(path: Path, tolerances: Residuals) -> ComputedStructureEntry:
    """Entry of one finished VASP run, with what decides its level of theory in its parameters.

    Parameters
    ----------
    path
        A vasprun.xml, compressed or not. An INCAR or POTCAR beside it, of the same ending, must not contradict it.
    tolerances
        What is accepted as relaxed.

    Returns
    -------
    ComputedStructureEntry
        Energy of the cell in eV, without corrections; lattice in Angstrom.

    Raises
    ------
    InputError
        No VASP output.
    ConvergenceError
        The run was cut off, did not converge, is not relaxed, or is no ground state of a crystal.
    LevelOfTheoryError
        The files of the run contradict each other.
    """
    run = _parsed(path)
    name = f"{path} ({run.final_structure.composition.reduced_formula})"
    _require_ground_state(run, name)
    _require_converged(run, name)
    step = run.ionic_steps[-1]
    if "forces" not in step or "stress" not in step:
        raise ConvergenceError(f"{name} holds no forces and stress of its last step; run it with ISIF = 2 or 3")
    force, stress = find_largest(step["forces"], step["stress"])
    require_relaxed(name, force, stress, tolerances)
    settings = vasp_settings(run.parameters, run.incar)
    spacing = _spacing(run)
    require_dense_k_points(name, spacing)
    _require_same_inputs(path, run, settings, name)
    entry: Any = run.get_computed_entry(entry_id=path.parent.name or path.stem)
    hubbard = {symbol: float(u) for symbol, u in run.hubbards.items()}
    entry.parameters |= {
        "run_type": run_type_of_settings(settings, run.potcar_symbols, any(hubbard.values())),
        "hubbards": hubbard,
        DISPERSION_KEY: dispersion_of(settings),
        CUTOFF_KEY: float(settings.get("ENCUT") or settings.get("ENMAX") or 0.0) or None,
        K_SPACING_KEY: spacing,
    }
    entry.data |= {"max_force": force, "max_stress": stress}
    made: ComputedStructureEntry = entry
    return made


def _parsed(path: Path) -> Vasprun:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of potentials that are not beside it, and of what is checked below
            run = Vasprun(str(path), parse_dos=False, parse_eigen=False, parse_potcar_file=False)
            if run.ionic_steps and run.final_structure:
                return run
    except (SyntaxError, EOFError) as error:  # faults of XML, whichever parser pymatgen uses
        raise ConvergenceError(
            f"{path} is cut off ({error}): the run did not end; continue it, or leave it out"
        ) from error
    except OSError as error:
        raise InputError(f"cannot read {path} ({error})") from error
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        reason = next(iter(str(error).splitlines()), "no message")[:200]
        raise InputError(f"{path} is no output of VASP that can be read ({type(error).__name__}: {reason})") from error
    raise ConvergenceError(f"{path} holds no finished step; run it again, or leave it out")


def _require_ground_state(run: Vasprun, name: str) -> None:
    """Refuse runs whose energy is not that of a crystal at rest."""
    settings = vasp_settings(run.parameters, run.incar)
    if settings.get("ML_LMLFF") or str(settings.get("ML_MODE", "")).strip().lower() == "run":
        raise LevelOfTheoryError(f"{name} has energies of VASP's machine-learned force field; give a run of DFT")
    if int(settings.get("IBRION", -1)) == 0 and int(settings.get("NSW", 0)) > 0:
        raise ConvergenceError(f"{name} is molecular dynamics (IBRION = 0); give a relaxation or a static run")
    if int(settings.get("ICHARG", 0)) >= 10:
        raise ConvergenceError(
            f"{name} was not made self-consistent (ICHARG = {settings['ICHARG']}), as for a band structure; give the "
            "static run that it started from"
        )
    if str(settings.get("ALGO", "")).lower().startswith(("gw", "evgw", "scgw", "chi", "none", "nothing")):
        raise ConvergenceError(f"{name} has no self-consistent total energy (ALGO = {settings['ALGO']})")


def _require_converged(run: Vasprun, name: str) -> None:
    nelm, nsw = run.parameters.get("NELM"), run.parameters.get("NSW")
    if not run.converged_electronic:
        raise ConvergenceError(
            f"{name} did not converge: its last step took all of its {nelm} electronic iterations (NELM); run it again"
        )
    if not run.converged_ionic:
        raise ConvergenceError(
            f"{name} did not converge: it took all of its {nsw} ionic steps (NSW); continue it from its CONTCAR"
        )


def vasp_settings(parameters: Mapping[str, Any], incar: Mapping[str, Any]) -> dict[str, Any]:
    """VASP's settings, those of the INCAR before the others; some versions pad names and words with blanks."""
    both = {**parameters, **incar}
    return {str(key).strip(): value.strip() if isinstance(value, str) else value for key, value in both.items()}


def dispersion_of(settings: Mapping[str, Any]) -> str:
    """Name of the dispersion correction in VASP's settings; empty: none.

    >>> dispersion_of({"IVDW": 12}), dispersion_of({"LVDW": True}), dispersion_of({})
    ('D3(BJ)', 'D2', '')
    """
    number = int(settings.get("IVDW") or 0)
    if number:
        return OF_IVDW.get(number, f"IVDW {number}")
    return "D2" if settings.get("LVDW") else ""


def run_type_of_settings(settings: Mapping[str, Any], titles: list[str], is_hubbard: bool) -> str:
    """Type of the run as emmet names it; without a functional in the settings, that of the potentials counts.

    Parameters
    ----------
    settings
        VASP's settings, as :func:`vasp_settings` gives them.
    titles
        Titles of the potentials.
    is_hubbard
        Whether a U that is not zero acts.

    Raises
    ------
    MissingDependencyError
        emmet is not installed.
    """
    try:
        from emmet.core.vasp.calc_types import run_type  # half a second of imports
    except ImportError as error:
        raise MissingDependencyError(
            "reading VASP runs needs the emmet-core package; install it with: pip install 'selflimit[workflows]'"
        ) from error
    # VASP says '--' where it means nothing; emmet would take a missing tag for LDA
    cleaned = {**settings, "GGA": settings.get("GGA") or "--", "METAGGA": settings.get("METAGGA") or "--"}
    head = str(run_type(cleaned).value).split("+")[0]
    if head == "GGA" and titles:
        head = PAW_KINDS.get(titles[0].split()[0], head)
    if settings.get("LUSE_VDW") and not head.endswith(("vdW", "vdW-DF2", "rVV10")):
        head += "-vdW"  # parameters of the kernel that emmet knows no name for
    return f"{head}+U" if is_hubbard else head


def _spacing(run: Vasprun) -> float | None:
    """Widest distance of k-points (1/Angstrom); None: they are no mesh."""
    with suppress(AttributeError, ValueError, TypeError, IndexError):
        mesh = [int(number) for number in run.kpoints.kpts[0]]
        if len(run.kpoints.kpts) == 1 and len(mesh) == 3 and min(mesh) > 0:
            return widest_k_spacing(run.final_structure, mesh)
    return None


def _require_same_inputs(path: Path, run: Vasprun, settings: Mapping[str, Any], name: str) -> None:
    """Refuse inputs beside the run that are another run's."""
    ending = path.name.removeprefix("vasprun").removeprefix(".xml")
    incar, potcar = (path.with_name(kind + ending) for kind in ("INCAR", "POTCAR"))
    if incar.is_file():
        beside = vasp_settings({}, Incar.from_str(_text(incar)))
        for tag in DECIDING_TAGS:
            if tag in beside and str(beside[tag]).upper() != str(settings.get(tag, "--")).upper():
                raise LevelOfTheoryError(
                    f"{name} was run with {tag} = {settings.get(tag, 'nothing')}, but {incar.name} beside it has "
                    f"{str(beside[tag]).upper()}: they are not of one run; take out what is not"
                )
    if potcar.is_file():
        titles = [" ".join(line.split("=")[1].split()) for line in _text(potcar).splitlines() if "TITEL" in line]
        if titles and titles != [" ".join(title.split()) for title in run.potcar_symbols]:
            raise LevelOfTheoryError(
                f"{name} was run with {', '.join(run.potcar_symbols)}, but {potcar.name} beside it holds "
                f"{', '.join(titles)}: they are not of one run; take out what is not"
            )


def _text(path: Path) -> str:
    with zopen(path, "rt", encoding="utf-8") as file:
        return str(file.read())
