"""One VASP calculation as a job: atomate2's, under custodian, with failures that a user can act on.

What this adds to atomate2: handlers that know nothing of other crystals (atomate2 shares one set per process, and they
count the repairs they have tried). A calculation that its wall time stopped is an error, not a result (it ended before
its last step, which pymatgen takes for convergence); the next attempt in its folder continues from its last crystal.
"""

import copy
import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from atomate2 import SETTINGS
from atomate2.utils.path import strip_hostname
from atomate2.vasp.jobs.base import BaseVaspMaker, vasp_job
from atomate2.vasp.jobs.mp import MPGGARelaxMaker, MPGGAStaticMaker
from atomate2.vasp.run import DEFAULT_HANDLERS
from jobflow import Response
from monty.io import zopen
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar

from selflimit.errors import ConvergenceError, InputError
from selflimit.workflows.running.identical_work import job

WALL_TIME_REACHED = "Walltime reached"
"""What custodian's WalltimeHandler reports."""

VASP_FILES = re.compile(
    r"[A-Z0-9]+(\.(orig|spec))?(\.gz)?|(vasprun\.xml|vaspout\.h5|vasp\.out|std_err\.txt|custodian\.json|error\.\d+\.tar)(\.gz)?"
)
"""Names of what VASP and custodian write; job managers keep files of other names in the same folder."""

OUTPUT_TAIL = 200
"""Characters of VASP's output and of its standard error that a message shows."""


@dataclass
class VaspRelaxation(MPGGARelaxMaker):
    """Job of one relaxation; output: emmet's TaskDoc. Fields are those of atomate2's MPGGARelaxMaker."""

    @job(decorator=vasp_job)
    def make(self, structure: Structure, prev_dir: str | Path | None = None) -> Response[Any]:
        """Relax ``structure`` in the current directory, as :func:`calculate`."""
        return calculate(self, structure, prev_dir)


@dataclass
class VaspStatic(MPGGAStaticMaker):
    """Job of one static calculation; output: emmet's TaskDoc. Fields are those of atomate2's MPGGAStaticMaker."""

    @job(decorator=vasp_job)
    def make(self, structure: Structure, prev_dir: str | Path | None = None) -> Response[Any]:
        """Energy, forces and stress of ``structure`` in the current directory, as :func:`calculate`."""
        return calculate(self, structure, prev_dir)


def calculate(maker: BaseVaspMaker, structure: Structure, prev_dir: str | Path | None) -> Response[Any]:
    """Run VASP in the current directory; what an earlier attempt left there is set aside.

    Parameters
    ----------
    maker
        Inputs and settings.
    structure
        Crystal (Angstrom); where the wall time stopped an earlier attempt, its last crystal takes the place.
    prev_dir
        Folder of the calculation before, or None.

    Returns
    -------
    Response
        Its output is emmet's TaskDoc.

    Raises
    ------
    InputError
        The VASP command is not there, or the folder is that of the calculation before.
    ConvergenceError
        The wall time was reached, custodian could not repair a failure, or inputs or outputs are missing.
    """
    folder = Path.cwd()
    _require_command(SETTINGS.VASP_CMD)
    _require_own_folder(folder, prev_dir)
    start = find_continuation(folder, structure)
    set_aside(folder)
    handlers = [copy.deepcopy(handler) for handler in DEFAULT_HANDLERS]
    own = replace(maker, run_vasp_kwargs={**maker.run_vasp_kwargs, "handlers": handlers})
    try:
        run: Any = BaseVaspMaker.make  # a jobflow job, of which this is one already
        response: Response[Any] = run.original(own, start, prev_dir)
    except Exception as cause:  # of the inputs, custodian, VASP or its files: the folder says more
        raise ConvergenceError(_failure(structure, folder, cause)) from cause
    if isinstance(maker, VaspRelaxation) and has_reached_wall_time(folder):  # a static calculation has one ionic step
        raise ConvergenceError(_out_of_time(structure, folder))
    return response


def has_reached_wall_time(folder: Path) -> bool:
    """Whether custodian stopped the calculation in ``folder`` because its wall time was ending."""
    return any(WALL_TIME_REACHED in correction["errors"] for correction in _corrections(folder))


def find_continuation(folder: Path, structure: Structure) -> Structure:
    """The last crystal in ``folder`` where the wall time stopped a relaxation of ``structure``, else ``structure``."""
    found = [path for path in (folder / "CONTCAR", folder / "CONTCAR.gz") if path.exists()]
    if not found or not has_reached_wall_time(folder):
        return structure
    last = Poscar.from_file(found[0], check_for_potcar=False).structure
    if last.species != [site.specie for site in structure]:
        return structure
    return Structure(last.lattice, structure.species, last.frac_coords, site_properties=structure.site_properties)


def set_aside(folder: Path) -> None:
    """Move what an earlier attempt left in ``folder`` into ``attempt-<n>``: VASP would stop at once at its STOPCAR."""
    left = [path for path in folder.iterdir() if path.is_file() and VASP_FILES.fullmatch(path.name)]
    if left:
        aside = folder / f"attempt-{len(list(folder.glob('attempt-*'))) + 1}"
        aside.mkdir()
        for path in left:
            shutil.move(path, aside / path.name)


def _require_command(command: str) -> None:
    program = shlex.split(os.path.expandvars(command))[0]
    if shutil.which(program) is None:
        raise InputError(
            f"the VASP command {command!r} is not to be found ({program} is on no PATH of this machine); "
            "set VASP_CMD in ~/.atomate2.yaml or ATOMATE2_VASP_CMD, see docs/howto/vasp.md"
        )


def _require_own_folder(folder: Path, prev_dir: str | Path | None) -> None:
    if prev_dir is not None and Path(strip_hostname(prev_dir)).resolve() == folder.resolve():
        raise InputError(
            f"every VASP calculation needs a folder of its own, but {folder} is that of the one before; "
            "with jobflow's run_locally set create_folders=True"
        )


def _corrections(folder: Path) -> list[dict[str, Any]]:
    """What custodian's handlers found and did; nothing where it wrote no log."""
    found = [path for path in (folder / "custodian.json", folder / "custodian.json.gz") if path.exists()]
    if not found:
        return []
    with zopen(found[0], "rt", encoding="utf-8") as log:
        runs = json.load(log)
    return [correction for run in runs for correction in run["corrections"]]


def _failure(structure: Structure, folder: Path, cause: Exception) -> str:
    tried = [", ".join(correction["errors"]) for correction in _corrections(folder)]
    errors = f"; custodian found, in this order: {'; '.join(tried)}" if tried else ""
    return (
        f"the VASP calculation of {structure.composition.reduced_formula} in {folder} failed "
        f"({type(cause).__name__}: {_first_line(cause)}){errors}{_last_words(folder)}. Finished calculations are kept: "
        "remove the cause and resume"
    )


def _out_of_time(structure: Structure, folder: Path) -> str:
    return (
        f"the VASP calculation of {structure.composition.reduced_formula} in {folder} reached its wall time and was "
        "stopped after an ionic step. Finished calculations are kept: resume with more time, and this one continues "
        "from its last crystal"
    )


def _last_words(folder: Path) -> str:
    said = [words for name in ("vasp.out", "std_err.txt") if (words := _tail(folder / name))]
    return f"; VASP's last words: {' | '.join(said)}" if said else ""


def _tail(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    return " | ".join(line.strip() for line in lines if line.strip())[-OUTPUT_TAIL:]


def _first_line(cause: Exception) -> str:
    return next(iter(str(cause).splitlines()), "no message")[:300]
