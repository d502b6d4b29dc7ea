"""Stands in for VASP in tests: reads and writes VASP's files, with energies of a pair potential.

SYNTHETIC: nothing that it writes is a result of DFT. It honours NSW, IBRION, ISIF, EDIFF, EDIFFG and STOPCAR, so that
custodian, pymatgen, emmet and atomate2 run on it as they are. Run as a program it works in the current directory. The
folder of the environment variable VASP_LIKE_FOLDER gets one line per start in ``runs.log``; each line of
``faults-<formula>`` there is what goes wrong in one start with that crystal.
"""

import os
import sys
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

RADII = {"Li": 1.28, "Cl": 1.02, "Zr": 1.75}
"""Covalent radii (Angstrom; Cordero et al. 2008, doi:10.1039/b801115j): where pairs are bound most."""
REACH = 6.0
"""Cutoff of the pair potential (Angstrom)."""
STEEPNESS = 1.5
"""Of the Morse potential (1/Angstrom)."""
DEPTH = 0.8
"""Of the bond between unlike atoms (eV), at the sum of their covalent radii."""
LIKE = 0.5
"""Attraction between like atoms over that between unlike ones."""
STIFFNESS = 40.0
"""With which the minimisation begins (eV/Angstrom^2)."""
LONGEST_STEP = 0.15
"""Of the minimisation (Angstrom)."""
FIRST_STEPS = 2
"""Ionic steps before ZBRENT fails."""
PAUSE = 1.0
"""Seconds that a slow ionic step takes."""
SLOW_STEP = 400.0
"""Seconds that a slow ionic step says it takes."""
ZBRENT = "ZBRENT: fatal error in bracketing\n please rerun with smaller EDIFF, or copy CONTCAR\n to POSCAR and continue"
SUBSPACE = "WARNING: Sub-Space-Matrix is not hermitian in DAV            1  -1.2E-02"
HARRIS = "ERROR: Spin polarized Harris functional dynamics is a good joke."


@dataclass(frozen=True)
class Crystal:
    """Lattice rows (Angstrom), symbols and Cartesian positions (Angstrom)."""

    cell: np.ndarray
    symbols: list[str]
    positions: np.ndarray

    @property
    def volume(self) -> float:
        return abs(float(np.linalg.det(self.cell)))

    @property
    def fractional(self) -> np.ndarray:
        return self.positions @ np.linalg.inv(self.cell)


@dataclass(frozen=True)
class Step:
    """An ionic step: energy (eV), forces (eV/Angstrom), stress (eV/Angstrom^3, tension positive)."""

    crystal: Crystal
    energy: float
    forces: np.ndarray
    stress: np.ndarray


def pair_morse(crystal: Crystal) -> Step:
    """Morse pairs, like ones bound less; smooth at the cutoff."""
    heights = crystal.volume / np.linalg.norm(np.cross(crystal.cell[[1, 2, 0]], crystal.cell[[2, 0, 1]]), axis=1)
    spread = np.ptp(crystal.fractional, axis=0)
    reach = np.ceil(REACH / heights + spread).astype(int)
    shifts = np.array(list(product(*(range(-n, n + 1) for n in reach)))) @ crystal.cell
    bonds = (crystal.positions[None, :, None] - crystal.positions[:, None, None]) + shifts
    lengths = np.linalg.norm(bonds, axis=-1)
    first, second, _ = near = np.nonzero((lengths < REACH) & (lengths > 1e-8))
    bonds, lengths = bonds[near], lengths[near]
    radii, kinds = np.array([RADII[symbol] for symbol in crystal.symbols]), np.array(crystal.symbols)
    pull = np.where(kinds[first] == kinds[second], LIKE, 1.0)
    decay = np.exp(-STEEPNESS * (lengths - radii[first] - radii[second]))
    cut = 1 - (lengths / REACH) ** 2
    morse, slope = DEPTH * decay * (decay - 2 * pull), -2 * STEEPNESS * DEPTH * decay * (decay - pull)
    along = (slope * cut**3 - morse * 6 * cut**2 * lengths / REACH**2)[:, None] * bonds / lengths[:, None]
    forces = np.zeros((len(kinds), 3))
    np.add.at(forces, first, along)
    # every pair is met twice
    return Step(crystal, 0.5 * float((morse * cut**3).sum()), forces, 0.5 * along.T @ bonds / crystal.volume)


def deformed(start: Crystal, coordinates: np.ndarray) -> Crystal:
    """``start`` at the coordinates: deformation less 1 times the number of atoms, then undeformed positions."""
    deformation = np.eye(3) + coordinates[:9].reshape(3, 3) / len(start.symbols)
    positions = coordinates[9:].reshape(-1, 3) @ deformation.T
    return Crystal(start.cell @ deformation.T, start.symbols, positions)


def gradient(step: Step, coordinates: np.ndarray, moves_cell: bool) -> np.ndarray:
    """Derivative of the energy by the coordinates of :func:`deformed`."""
    deformation = np.eye(3) + coordinates[:9].reshape(3, 3) / len(step.forces)
    in_cell = step.crystal.volume * step.stress @ np.linalg.inv(deformation).T / len(step.forces)
    return np.concatenate([(in_cell * moves_cell).ravel(), -(step.forces @ deformation).ravel()])


def quasi_newton(start: Crystal, moves_cell: bool):
    """Ionic steps of a BFGS minimisation, without end."""
    hessian = STIFFNESS * np.eye(9 + 3 * len(start.symbols))
    at = np.concatenate([np.zeros(9), start.positions.ravel()])
    step = pair_morse(start)
    slope = gradient(step, at, moves_cell)
    while True:
        yield step
        curvatures, modes = np.linalg.eigh(hessian)
        move = -modes @ (modes.T @ slope / np.abs(curvatures))
        move *= min(1.0, LONGEST_STEP / max(np.abs(move).max(), 1e-12))
        at = at + move
        step = pair_morse(deformed(start, at))
        before, slope = slope, gradient(step, at, moves_cell)
        if abs(move @ (slope - before)) > 1e-12:
            pushed = hessian @ move
            hessian += np.outer(slope - before, slope - before) / (move @ (slope - before))
            hessian -= np.outer(pushed, pushed) / (move @ pushed)


def read_poscar() -> Crystal:
    lines = Path("POSCAR").read_text().splitlines()
    cell = float(lines[1]) * np.array([[float(word) for word in line.split()] for line in lines[2:5]])
    symbols = [s for s, n in zip(lines[5].split(), lines[6].split(), strict=True) for _ in range(int(n))]
    fractional = np.array([[float(word) for word in line.split()[:3]] for line in lines[8 : 8 + len(symbols)]])
    return Crystal(cell, symbols, fractional @ cell)


def write_poscar(name: str, crystal: Crystal) -> None:
    """In the order given; VASP's own, of one block per kind, is the POSCAR's already."""
    kinds = list(dict.fromkeys(crystal.symbols))
    rows = [" ".join(f"{value:.12f}" for value in row) for row in [*crystal.cell, *crystal.fractional]]
    counts = " ".join(str(crystal.symbols.count(kind)) for kind in kinds)
    Path(name).write_text("\n".join(["SYNTHETIC", "1.0", *rows[:3], " ".join(kinds), counts, "Direct", *rows[3:], ""]))


def read_incar() -> dict[str, str]:
    lines = [line.split("#")[0] for line in Path("INCAR").read_text().splitlines()]
    return {k.strip().upper(): v.strip() for k, v in (line.split("=", 1) for line in lines if "=" in line)}


def read_mesh() -> list[int]:
    """Divisions of the k-point mesh."""
    return [int(word) for word in Path("KPOINTS").read_text().splitlines()[3].split()[:3]]


def potential_titles() -> list[str]:
    """Titles of the PAW sets; where only their names are given, a date that says that none was read."""
    if Path("POTCAR").exists():
        lines = Path("POTCAR").read_text().splitlines()
        return [line.split("=")[1].strip() for line in lines if "TITEL" in line]
    return [f"PAW_PBE {name} 00Syn0000" for name in Path("POTCAR.spec").read_text().split()]


class Run:
    """Ionic steps so far, and the files that show them."""

    def __init__(self, crystal: Crystal, incar: dict[str, str], is_slow: bool) -> None:
        self.incar, self.is_slow = incar, is_slow
        self.steps: list[Step] = []
        n, nsw = len(crystal.symbols), int(incar.get("NSW", 0))
        ibrion = int(incar.get("IBRION", -1))
        Path("OUTCAR").write_text(HEADER.format(n=n, nelect=8 * n, nsw=nsw, ibrion=ibrion))
        Path("OSZICAR").write_text("")

    def add(self, step: Step) -> None:
        time.sleep(PAUSE * self.is_slow)
        self.steps.append(step)
        with Path("OSZICAR").open("a") as oszicar:
            oszicar.write(ELECTRONIC.format(energy=step.energy, number=len(self.steps)))
        with Path("OUTCAR").open("a") as outcar:
            outcar.write(IONIC.format(energy=step.energy, seconds=SLOW_STEP if self.is_slow else 0.01))
        write_poscar("CONTCAR", step.crystal)

    def is_converged(self) -> bool:
        """VASP's criteria: energy change below EDIFFG (default 10 EDIFF), or forces below -EDIFFG."""
        limit = float(self.incar.get("EDIFFG", 10 * float(self.incar.get("EDIFF", 1e-4))))
        if limit < 0:
            return bool(np.linalg.norm(self.steps[-1].forces, axis=1).max() < -limit)
        return len(self.steps) > 1 and abs(self.steps[-1].energy - self.steps[-2].energy) < limit

    def is_over(self) -> bool:
        stop = Path("STOPCAR").read_text().upper() if Path("STOPCAR").exists() else ""
        asked = "LSTOP" in stop or "LABORT" in stop
        return asked or len(self.steps) >= max(1, int(self.incar.get("NSW", 0))) or self.is_converged()

    def write_end(self) -> None:
        with Path("OUTCAR").open("a") as outcar:
            outcar.write(FOOTER)
        from vasp_like_xml import write_vasprun  # beside this program

        write_vasprun(self.steps, self.incar, read_mesh(), potential_titles())
        for name in ("CHGCAR", "WAVECAR", "EIGENVAL", "DOSCAR", "PCDAT", "IBZKPT", "CHG", "XDATCAR"):
            Path(name).touch()  # VASP leaves an empty WAVECAR where LWAVE is false


def die(message: str) -> None:
    print(message, flush=True)  # noqa: T201 -- as VASP does
    sys.exit(1)


def next_fault(folder: Path, formula: str) -> str:
    """What goes wrong this time; 'none' where nothing is planned."""
    with (folder / "runs.log").open("a") as log:
        log.write(f"{formula} NSW={read_incar().get('NSW', '0')} {Path.cwd()}\n")
    plan = folder / f"faults-{formula}"
    planned = plan.read_text().splitlines() if plan.exists() else []
    plan.write_text("\n".join(planned[1:]))
    return planned[0] if planned else "none"


def formula_of(crystal: Crystal) -> str:
    kinds = list(dict.fromkeys(crystal.symbols))
    counts = [crystal.symbols.count(kind) for kind in kinds]
    return "".join(
        f"{kind}{'' if n == min(counts) else n // min(counts)}" for kind, n in zip(kinds, counts, strict=True)
    )


def main() -> None:
    crystal, incar = read_poscar(), read_incar()
    fault = next_fault(Path(os.environ["VASP_LIKE_FOLDER"]), formula_of(crystal))
    print(" running on    1 total cores\n SYNTHETIC: a pair potential stands in for VASP", flush=True)  # noqa: T201
    if fault == "killed":  # as the kernel does when memory is short
        os.kill(os.getpid(), 9)
    if fault in ("subspace", "harris"):
        die({"subspace": SUBSPACE, "harris": HARRIS}[fault])
    run = Run(crystal, incar, is_slow=fault == "slow")
    for step in quasi_newton(crystal, moves_cell=int(incar.get("ISIF", 2)) == 3):
        run.add(step)
        if fault == "zbrent" and len(run.steps) == FIRST_STEPS:
            die(ZBRENT)
        if run.is_over():
            break
    run.write_end()


HEADER = """ vasp.6.4.2 20Jul23 (SYNTHETIC: a pair potential, not VASP) complex

 executed on             LinuxPair date 2026.01.01  00:00:00
 running on    1 total cores
   k-points           NKPTS =      1   k-points in BZ     NKDIM =      1   number of bands    NBANDS=      8
   number of dos      NEDOS =    301   number of ions     NIONS ={n:7d}
   ISPIN  =      2    spin polarized calculation?
   NSW    = {nsw:6d}    number of steps for IOM
   IBRION = {ibrion:6d}    ionic relax: 0-MD 1-quasi-New 2-CG
   total plane-waves  NPLWV =   4096
   NELECT = {nelect:12.4f}    total number of electrons

"""

ELECTRONIC = """       N       E                     dE             d eps       ncg     rms          rms(c)
DAV:   1    {energy:.12E}    0.0E+00   0.0E+00   100   0.1E-05    0.1E-05
DAV:   2    {energy:.12E}    0.0E+00   0.0E+00   100   0.1E-05
  {number:2d} F= {energy:.8E} E0= {energy:.8E}  d E =0.0E+00  mag=     0.0000
"""

IONIC = """
 E-fermi :   0.0000     XC(G=0):  -1.0000     alpha+bet : -1.0000

    total drift:                                0.000000      0.000000      0.000000

  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)
  ---------------------------------------------------
  free  energy   TOTEN  = {energy:18.8f} eV

  energy  without entropy= {energy:18.8f}  energy(sigma->0) = {energy:18.8f}

     LOOP+:  cpu time {seconds:9.4f}: real time {seconds:9.4f}
"""

FOOTER = """
 General timing and accounting informations for this job:
 ========================================================

                  Total CPU time used (sec):        1.000
                            User time (sec):        1.000
                          System time (sec):        0.000
                         Elapsed time (sec):        1.000

                   Maximum memory used (kb):       10000.
                   Average memory used (kb):           0.
"""


if __name__ == "__main__":
    main()
